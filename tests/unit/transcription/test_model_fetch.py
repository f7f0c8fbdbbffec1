"""A model arrives whole, whatever the line does, and only if it is the right one."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from line111 import settings as line111_settings
from transcription.catalogue import Catalogue, ModelRow
from transcription.cli import app
from transcription.fetch import FetchFailed, fetch
from transcription.store import ModelStore


def at(store: ModelStore, url: str) -> ModelRow:
    """The tests' row, to be had at this address."""
    row = store.catalogue.row("xx")
    return row.model_copy(update={"source": [row.source[0].model_copy(update={"url": url})]})


def no_pause(_seconds: float) -> None:
    """Tests need not wait."""


def test_download_that_breaks_goes_on_where_it_stopped(store: ModelStore, server) -> None:
    server.cuts = [100_000, 50_000]
    told: list[tuple[int, int | None]] = []
    model = fetch(
        store,
        at(store, server.url + "/model.zip"),
        pause=no_pause,
        progress=lambda have, of: told.append((have, of)),
    )
    assert model == store.find("xx")
    assert [wanted for _, wanted in server.asked] == [None, "bytes=100000-", "bytes=150000-"]
    assert told[-1] == (len(server.content), len(server.content))
    assert not list((store.folder / ".downloads").iterdir())


def test_download_given_up_is_continued_by_the_next_command(store: ModelStore, server) -> None:
    server.cuts = [10_000] * 5
    row = at(store, server.url + "/model.zip")
    with pytest.raises(FetchFailed, match="try again to continue"):
        fetch(store, row, pause=no_pause)
    assert store.installed() == []
    fetch(store, row, pause=no_pause)
    assert server.asked[-1][1] == "bytes=50000-"
    assert store.find("xx")


def test_archive_that_changed_meanwhile_is_fetched_from_its_beginning(store: ModelStore, server) -> None:
    server.cuts = [10_000] * 5
    row = at(store, server.url + "/model.zip")
    with pytest.raises(FetchFailed):
        fetch(store, row, pause=no_pause)
    server.tag = '"second"'
    assert fetch(store, row, pause=no_pause)


def test_server_without_a_tag_gets_no_range(store: ModelStore, server) -> None:
    server.tag = 'W/"weak"'
    server.cuts = [10_000]
    assert fetch(store, at(store, server.url + "/model.zip"), pause=no_pause)
    assert [wanted for _, wanted in server.asked] == [None, None]


def test_wrong_archive_is_refused_and_not_continued(store: ModelStore, server) -> None:
    row = at(store, server.url + "/model.zip")
    strict = row.model_copy(update={"source": [row.source[0].model_copy(update={"sha256": "0" * 64})]})
    with pytest.raises(FetchFailed, match="nothing was installed"):
        fetch(store, strict, pause=no_pause)
    assert store.installed() == []
    assert not list((store.folder / ".downloads").iterdir())


def test_second_place_is_tried_when_the_first_refuses(store: ModelStore, server) -> None:
    bad = at(store, server.url + "/gone/model.zip")
    good = at(store, server.url + "/here/model.zip")
    row = good.model_copy(update={"source": [*bad.source, *good.source]})
    server.cuts = []
    original = server.answer

    def answer(request) -> None:
        server.status = 404 if request.path.startswith("/gone") else 200
        original(request)

    server.answer = answer
    assert fetch(store, row, pause=no_pause)
    assert [path for path, _ in server.asked] == ["/gone/model.zip", "/here/model.zip"]


def test_every_place_that_failed_is_named_with_its_reason(store: ModelStore, server) -> None:
    server.status = 503
    with pytest.raises(FetchFailed, match=r"/model\.zip: the server answered 503"):
        fetch(store, at(store, server.url + "/model.zip"), pause=no_pause)


def test_mirror_is_asked_instead_of_the_publisher(store: ModelStore, server) -> None:
    row = at(store, "https://publisher.invalid/models/model.zip")
    assert fetch(store, row, mirror=server.url + "/mirror/", pause=no_pause)
    assert server.asked[0][0] == "/mirror/model.zip"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: ModelStore, server) -> Path:
    """A node whose own models.toml knows the tests' model."""
    row = store.catalogue.row("xx")
    lines = ["[[model]]", f'name = "{row.name}"', 'language = "xx"', 'title = "for tests"', "complete = true"]
    lines += ["[[model.source]]", 'kind = "zip"', f'url = "{server.url}/model.zip"', f'folder = "{row.name}"']
    lines += ["[model.files]", *(f'"{name}" = "{proof}"' for name, proof in row.files.items())]
    (tmp_path / "models.toml").write_text("\n".join(lines))
    monkeypatch.setenv("LINE111_HOME", str(tmp_path))
    line111_settings.load_settings.cache_clear()
    yield tmp_path
    line111_settings.load_settings.cache_clear()


def test_operator_fetches_proves_and_removes_a_model(home: Path) -> None:
    run = CliRunner().invoke
    assert "in place" in run(app, ["fetch", "xx"]).output
    assert "nothing to do" in run(app, ["fetch", "xx"]).output
    assert "proved" in run(app, ["verify"]).output
    assert "yes" in run(app, ["list"]).output
    assert "removed" in run(app, ["remove", "xx"]).output
    assert run(app, ["remove", "xx"]).exit_code == 1


def test_operator_without_network_brings_the_archive(home: Path, archive: Path, server) -> None:
    result = CliRunner().invoke(app, ["fetch", "xx", "--file", str(archive)])
    assert result.exit_code == 0, result.output
    assert not server.asked


def test_wrong_name_is_answered_in_one_sentence(home: Path) -> None:
    result = CliRunner().invoke(app, ["fetch", "klingon"])
    assert result.exit_code == 1
    assert "no model is called 'klingon'" in result.output
    assert "Traceback" not in result.output


def test_described_folder_is_a_row_that_can_be_fetched_from_a_file(
    home: Path, tmp_path: Path, archive: Path
) -> None:
    CliRunner().invoke(app, ["fetch", "xx"])
    folder = home / "models" / "model-of-the-tests"
    written = CliRunner().invoke(app, ["describe", str(folder), "--language", "yy", "--name", "other"]).output
    (home / "models.toml").write_text(written)
    line111_settings.load_settings.cache_clear()
    assert CliRunner().invoke(app, ["fetch", "other", "--file", str(archive)]).exit_code == 0
    assert ModelStore(home / "models", Catalogue([])).folder.joinpath("other", "am", "final.mdl").exists()
