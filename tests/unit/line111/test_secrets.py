"""Secrets are made once, whole, and never overwritten."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from nacl.public import PrivateKey

from line111.secrets import ensure_secrets, read_secret, redis_url, write_secret
from line111.settings import RedisSettings, Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def contents(settings: Settings) -> dict[str, str]:
    return {path.name: path.read_text() for path in settings.secrets_dir.iterdir()}


def test_a_second_set_up_keeps_every_secret(settings: Settings) -> None:
    assert ensure_secrets(settings)
    before = contents(settings)
    assert ensure_secrets(settings) == []
    assert contents(settings) == before


def test_secrets_are_closed_to_others(settings: Settings) -> None:
    ensure_secrets(settings)
    modes = {path.name: path.stat().st_mode & 0o777 for path in settings.secrets_dir.iterdir()}
    assert modes.pop("sealing_public") == 0o644
    assert set(modes.values()) == {0o600}


def test_no_two_secrets_and_no_two_nodes_are_alike(tmp_path: Path) -> None:
    nodes = [Settings(home=tmp_path / name) for name in ("a", "b")]
    for node in nodes:
        ensure_secrets(node)
    values = [value for node in nodes for value in contents(node).values()]
    assert len(values) == len(set(values))


def test_the_public_half_is_made_again_from_the_private_one(settings: Settings) -> None:
    ensure_secrets(settings)
    (settings.secrets_dir / "sealing_public").unlink()
    assert ensure_secrets(settings) == ["sealing_public"]
    pair = PrivateKey(base64.b64decode(read_secret(settings, "sealing_private")))
    assert base64.b64decode(read_secret(settings, "sealing_public")) == bytes(pair.public_key)


def test_a_node_that_only_seals_is_given_no_private_half(settings: Settings) -> None:
    ensure_secrets(settings)
    (settings.secrets_dir / "sealing_private").unlink()
    assert ensure_secrets(settings) == []
    assert not (settings.secrets_dir / "sealing_private").exists()


def test_a_secret_is_never_overwritten(settings: Settings) -> None:
    ensure_secrets(settings)
    before = contents(settings)
    with pytest.raises(FileExistsError):
        write_secret(settings, "lookup_key", "another")
    assert contents(settings) == before


def test_what_an_interrupted_set_up_left_is_no_secret(settings: Settings) -> None:
    settings.secrets_dir.mkdir()
    (settings.secrets_dir / ".lookup_key.part").write_text("half")
    ensure_secrets(settings)
    assert len(read_secret(settings, "lookup_key")) >= 43


def test_a_missing_secret_names_the_setup_command(settings: Settings) -> None:
    with pytest.raises(FileNotFoundError, match="line111 setup"):
        read_secret(settings, "token_ivr")


def test_redis_elsewhere_is_reached_as_it_was_set(settings: Settings) -> None:
    ensure_secrets(settings)
    assert read_secret(settings, "redis_password") in redis_url(settings)
    elsewhere = settings.model_copy(update={"redis": RedisSettings(url="rediss://other/0")})
    assert redis_url(elsewhere) == "rediss://other/0"
