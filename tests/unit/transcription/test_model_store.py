"""Nothing unverified is loaded, and an installation is there whole or not at all."""

from __future__ import annotations

import hashlib
import stat
import subprocess
import zipfile
from pathlib import Path

import pytest

from transcription.catalogue import Catalogue, ModelRow, proves
from transcription.store import SUMS, ArchiveRefused, ModelMissing, ModelStore, ModelUnverified


def files_of() -> dict[str, bytes]:
    return {
        "am/final.mdl": b"acoustic" * 40_000,
        "conf/mfcc.conf": b"--sample-frequency=16000\n",
        "graph/words.txt": b"salam 1\n",
    }


def zipped(path: Path, entries: list[tuple[str | zipfile.ZipInfo, bytes]]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return path


def only_archive_proved(store: ModelStore, archive: Path) -> tuple[ModelStore, ModelRow]:
    source = {"kind": "zip", "url": "https://models.invalid/m.zip", "folder": "model-of-the-tests"}
    source["sha256"] = hashlib.sha256(archive.read_bytes()).hexdigest()
    row = ModelRow.model_validate(
        {"name": "model-of-the-tests", "language": "xx", "title": "t", "source": [source]}
    )
    return ModelStore(store.folder, Catalogue([row])), row


def test_installed_model_is_found_by_its_language_with_every_file(store: ModelStore, archive: Path) -> None:
    store.install(store.catalogue.row("xx"), archive)
    model = store.find("xx")
    assert {name: (model.path / name).read_bytes() for name in files_of()} == files_of()
    assert not (model.path / "README").exists(), "what the row does not prove is not taken"


def test_sums_can_be_checked_without_this_program(store: ModelStore, archive: Path) -> None:
    path = store.install(store.catalogue.row("xx"), archive).path
    subprocess.run(["sha256sum", "--quiet", "-c", SUMS], cwd=path, check=True)


def test_other_users_can_read_an_installed_model_but_not_change_it(store: ModelStore, archive: Path) -> None:
    path = store.install(store.catalogue.row("xx"), archive).path
    for file in [path, *path.rglob("*")]:
        mode = stat.S_IMODE(file.stat().st_mode)
        assert mode == (0o755 if file.is_dir() else 0o644), file


@pytest.mark.parametrize("name", sorted(files_of()))
def test_one_altered_bit_keeps_a_model_from_being_loaded(store: ModelStore, archive: Path, name: str) -> None:
    path = store.install(store.catalogue.row("xx"), archive).path / name
    content = bytearray(path.read_bytes())
    content[0] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelUnverified, match=name):
        store.find("xx")


def test_file_that_went_missing_is_named(store: ModelStore, archive: Path) -> None:
    path = store.install(store.catalogue.row("xx"), archive).path
    (path / "graph/words.txt").unlink()
    with pytest.raises(ModelUnverified, match=r"graph/words\.txt is missing"):
        store.find("xx")


def test_file_that_does_not_belong_keeps_a_model_from_being_loaded(store: ModelStore, archive: Path) -> None:
    path = store.install(store.catalogue.row("xx"), archive).path
    (path / "conf/extra.conf").write_text("--config=/etc/passwd")
    with pytest.raises(ModelUnverified, match=r"extra\.conf does not belong"):
        store.find("xx")


def test_sums_rewritten_with_the_file_do_not_help_where_the_row_knows_better(
    store: ModelStore, archive: Path
) -> None:
    path = store.install(store.catalogue.row("xx"), archive).path
    (path / "graph/words.txt").write_text("altered")
    sums = subprocess.run(["sha256sum", *files_of()], cwd=path, check=True, capture_output=True, text=True)
    (path / SUMS).write_text(sums.stdout)
    with pytest.raises(ModelUnverified, match=r"words\.txt"):
        store.find("xx")


def test_archive_with_a_wrong_file_installs_nothing(store: ModelStore, tmp_path: Path) -> None:
    entries = [(f"model-of-the-tests/{name}", content + b"!") for name, content in files_of().items()]
    with pytest.raises(ModelUnverified):
        store.install(store.catalogue.row("xx"), zipped(tmp_path / "wrong.zip", entries))
    assert [path.name for path in store.folder.iterdir()] == [".lock"]


def test_bad_archive_leaves_the_good_model_in_place(store: ModelStore, archive: Path, tmp_path: Path) -> None:
    good = store.install(store.catalogue.row("xx"), archive)
    half = tmp_path / "half.zip"
    half.write_bytes(archive.read_bytes()[:1000])
    with pytest.raises(ArchiveRefused):
        store.install(store.catalogue.row("xx"), half)
    assert store.find("xx") == good


def test_archive_known_by_its_sum_alone_must_match_to_the_byte(
    store: ModelStore, archive: Path, tmp_path: Path
) -> None:
    strict, row = only_archive_proved(store, archive)
    other = tmp_path / "other.zip"
    other.write_bytes(archive.read_bytes() + b" ")
    with pytest.raises(ArchiveRefused, match="nothing was installed"):
        strict.install(row, other)
    assert strict.install(row, archive).language == "xx"


def test_repacked_archive_is_taken_where_every_file_is_proved(store: ModelStore, tmp_path: Path) -> None:
    entries = [(f"deep/inside/{name}", content) for name, content in files_of().items()]
    assert store.install(store.catalogue.row("xx"), zipped(tmp_path / "repacked.zip", entries)).name


@pytest.mark.parametrize("path", ["../outside", "a/../../outside", "/etc/outside", "..\\outside", SUMS])
def test_path_that_leaves_the_model_is_refused(store: ModelStore, tmp_path: Path, path: str) -> None:
    archive = zipped(tmp_path / "slip.zip", [(f"model-of-the-tests/{path}", b"x")])
    strict, row = only_archive_proved(store, archive)
    with pytest.raises(ArchiveRefused, match="unsafe path"):
        strict.install(row, archive)
    assert not list(tmp_path.rglob("outside"))


def test_link_in_an_archive_is_refused(store: ModelStore, tmp_path: Path) -> None:
    link = zipfile.ZipInfo("model-of-the-tests/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive = zipped(tmp_path / "link.zip", [(link, b"/etc/passwd")])
    strict, row = only_archive_proved(store, archive)
    with pytest.raises(ArchiveRefused, match="other than a file"):
        strict.install(row, archive)


def test_remains_of_a_killed_installation_are_swept_and_never_taken_for_a_model(
    store: ModelStore, archive: Path
) -> None:
    rest = store.folder / ".arriving-killed" / "am"
    rest.mkdir(parents=True)
    (rest / "final.mdl").write_bytes(b"half")
    assert store.installed() == []
    store.install(store.catalogue.row("xx"), archive)
    assert not rest.exists()


def test_new_copy_is_noticed_by_those_who_hold_the_old(store: ModelStore, archive: Path) -> None:
    store.install(store.catalogue.row("xx"), archive)
    before = store.arrivals()
    assert store.arrivals() == before
    store.install(store.catalogue.row("xx"), archive)
    assert store.arrivals() != before


def test_missing_model_names_the_command_that_gets_it(store: ModelStore) -> None:
    with pytest.raises(ModelMissing, match="line111 models fetch xx"):
        store.find("xx")


def test_removed_model_is_gone(store: ModelStore, archive: Path) -> None:
    store.install(store.catalogue.row("xx"), archive)
    store.remove("xx")
    assert store.installed() == []
    with pytest.raises(ModelMissing):
        store.remove("xx")


def test_git_blob_hash_proves_as_git_does(tmp_path: Path) -> None:
    file = tmp_path / "content"
    file.write_bytes(b"voice" * 300_000)
    named = subprocess.run(["git", "hash-object", str(file)], check=True, capture_output=True, text=True)
    assert proves("git-blob:" + named.stdout.strip(), file)
    assert not proves("git-blob:" + "0" * 40, file)
