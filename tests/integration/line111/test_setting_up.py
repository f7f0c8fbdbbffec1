"""Set-up does each thing once, goes on after an interruption, and says how to mend what it cannot do."""

from __future__ import annotations

import os
import pwd
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from line111 import setting_up
from line111.accounts import service_user
from line111.doctor import node, running
from line111.doctor.finding import Level
from line111.setting_up import STEPS, SetUp, Step, StepFailed
from line111.settings import NotificationSettings, Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


def with_providers(settings: Settings, text: str) -> Settings:
    """The same node with a file of providers."""
    file = settings.home.parent / "providers.toml"
    file.write_text(text)
    return settings.model_copy(update={"notifications": NotificationSettings(providers=file)})


def step(script: Path, **changes: object) -> Step:
    """A step of the test: runs a small program of ours."""
    made = Step("a step", script.stem, (), (), lambda s: s.home / "result", "mend it so")
    return made.__class__(**{**made.__dict__, **changes})


def program(folder: Path, name: str, code: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module that `python -m` finds."""
    path = folder / f"{name}.py"
    path.write_text("import os, pathlib, time\nhome = pathlib.Path(os.environ['LINE111_HOME'])\n" + code)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return path


COUNT = "with open(home / 'result', 'a') as file: file.write('x')\n"


def times_done(settings: Settings) -> int:
    path = settings.home / "result"
    return len(path.read_text()) if path.exists() else 0


def test_a_step_is_done_once(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counting = step(program(tmp_path, "counting", COUNT, monkeypatch))
    for _ in range(3):
        SetUp(settings, print).run([counting])
    assert times_done(settings) == 1
    SetUp(settings, print, again=True).run([counting])
    assert times_done(settings) == 2


def test_a_step_whose_result_was_lost_is_done_again(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counting = step(program(tmp_path, "counting", COUNT, monkeypatch))
    SetUp(settings, print).run([counting])
    (settings.home / "result").unlink()
    SetUp(settings, print).run([counting])
    assert times_done(settings) == 1


def test_a_step_is_done_again_when_its_sources_change(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setting_up, "PROJECT", tmp_path)
    source = tmp_path / "source.toml"
    source.write_text("1")
    counting = step(program(tmp_path, "counting", COUNT, monkeypatch), made_from=("source.toml",))
    SetUp(settings, print).run([counting])
    source.write_text("2")
    SetUp(settings, print).run([counting])
    assert times_done(settings) == 2


def test_a_failed_step_stops_set_up_with_its_words_and_the_way_to_mend_it(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = step(
        program(tmp_path, "failing", "raise SystemExit('no voice for this language')", monkeypatch)
    )
    with pytest.raises(StepFailed, match="no voice for this language") as caught:
        SetUp(settings, print).run([failing])
    assert caught.value.mend == "mend it so"


def test_what_cannot_be_had_now_does_not_stop_set_up_and_is_not_asked_for_at_every_start(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = COUNT + "raise SystemExit('the site does not answer')"
    failing = step(program(tmp_path, "failing", code, monkeypatch), may_fail=True)
    said: list[str] = []
    SetUp(settings, said.append).run([failing])
    SetUp(settings, said.append).run([failing])
    assert times_done(settings) == 1
    assert any("the site does not answer" in words for words in said)


def test_each_gateway_gets_a_token_of_its_own_that_a_second_set_up_leaves_as_it_is(
    settings: Settings,
) -> None:
    gateway = 'kind = "http"\nrequest.url = "http://h"\nreply.sent = []\n'
    node = with_providers(settings, "".join(f'[[provider]]\nname = "{name}"\n{gateway}' for name in "ab"))
    SetUp(node, print).run([])
    tokens = {(node.secrets_dir / f"token_provider_{name}").read_text() for name in "ab"}
    assert len(tokens) == 2
    SetUp(node, print).run([])
    assert {(node.secrets_dir / f"token_provider_{name}").read_text() for name in "ab"} == tokens


def test_a_wrong_file_of_providers_stops_set_up_by_its_line(settings: Settings) -> None:
    with pytest.raises(StepFailed, match=r"provider 1 \(line 1\), host: Field required") as caught:
        SetUp(with_providers(settings, '[[provider]]\nname = "m"\nkind = "smtp"\n'), print).run([])
    assert "docs/notifications.md" in caught.value.mend


def test_a_step_without_an_end_is_ended(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = step(program(tmp_path, "slow", "time.sleep(600)", monkeypatch), seconds=1)
    with pytest.raises(StepFailed, match="no end after 1 s"):
        SetUp(settings, print).run([slow])


def test_an_interrupted_step_is_done_again(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setting_up, "_run_room", interrupted)
    counting = step(program(tmp_path, "counting", COUNT, monkeypatch))
    with pytest.raises(KeyboardInterrupt):
        SetUp(settings, print).run([counting])
    monkeypatch.undo()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    SetUp(settings, print).run([counting])
    assert times_done(settings) == 1


def interrupted(*_: object) -> str:
    raise KeyboardInterrupt


@pytest.fixture
def reachable() -> Iterator[Settings]:
    """A node whose home other users can come to, unlike pytest's own folders."""
    with tempfile.TemporaryDirectory(prefix="line111-") as folder:
        Path(folder).chmod(0o755)
        yield Settings(home=Path(folder) / "home")


def test_database_and_first_account_are_made_by_the_user_who_serves_them(reachable: Settings) -> None:
    chosen = [each for each in STEPS if each.name in ("database", "first account")]
    SetUp(reachable, print).run(chosen)
    assert running.database(reachable).level is Level.WELL
    assert node.folders(reachable).level is Level.WELL
    assert node.secrets(reachable).level is Level.WELL
    password = reachable.secrets_dir / "first_operator"
    assert len(password.read_text()) >= 12
    expected = service_user(reachable) or pwd.getpwuid(os.geteuid()).pw_name
    assert (reachable.home / "db" / "line111.sqlite3").owner() == expected
    assert password.owner() == expected


def test_a_home_the_service_user_cannot_come_to_is_run_by_the_starting_user_and_said(
    settings: Settings, tmp_path: Path
) -> None:
    tmp_path.chmod(0o700)
    SetUp(settings, print).run([])
    finding = node.rights_dropped(settings)
    assert finding.level is Level.WARNING
    assert finding.mend
    assert service_user(settings) is None
    assert node.folders(settings).level is Level.WELL


def machine_set_up() -> list[str]:
    """What the set-up of the machine prints, up to where it would go on to set up the node."""
    done = subprocess.run(
        ["bash", "-c", "exec() { echo reached; }; set -- tests; . deploy/setup.sh"],
        cwd=Path(__file__).resolve().parents[3],
        capture_output=True,
        text=True,
        timeout=170,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_the_machines_set_up_does_nothing_where_all_is_done() -> None:
    assert machine_set_up()[-1] == "reached"
    assert machine_set_up() == ["reached"]
