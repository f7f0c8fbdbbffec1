"""A small model made up for these tests, its archive, and a web server as unreliable as a real one."""

from __future__ import annotations

import hashlib
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from transcription.catalogue import Catalogue, ModelRow
from transcription.store import ModelStore

FILES = {
    "am/final.mdl": b"acoustic" * 40_000,
    "conf/mfcc.conf": b"--sample-frequency=16000\n",
    "graph/words.txt": b"salam 1\n",
}
NAME = "model-of-the-tests"


def make_archive(path: Path, files: dict[str, bytes], folder: str = NAME) -> Path:
    """A zip with these files below a folder, and a file that belongs to nobody."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(f"{folder}/{name}", content)
        archive.writestr("README", b"not of the model")
    return path


def row_of(archive: Path | None, url: str = "https://models.invalid/model.zip", **more: object) -> ModelRow:
    """A row that proves each file, or (with an archive) only the archive."""
    source = {"kind": "zip", "url": url, "folder": NAME}
    if archive:
        source["sha256"] = hashlib.sha256(archive.read_bytes()).hexdigest()
    proofs = {name: "sha256:" + hashlib.sha256(content).hexdigest() for name, content in FILES.items()}
    row = {"name": NAME, "language": "xx", "title": "for tests", "source": [source]}
    row |= {} if archive else {"complete": True, "files": proofs}
    return ModelRow.model_validate(row | more)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """The archive of the tests' model."""
    return make_archive(tmp_path / "model.zip", FILES)


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    """A store that proves each file of the tests' model."""
    return ModelStore(tmp_path / "models", Catalogue([row_of(None)]))


@dataclass
class FileServer:
    """Serves one content at any path; `cuts` says after how many bytes the next answers break off."""

    content: bytes
    tag: str = '"first"'
    cuts: list[int] = field(default_factory=list)
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    status: int = 200
    url: str = ""

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Answer a GET, with a range where the tag still fits."""
        wanted = request.headers["Range"]
        self.asked.append((request.path, wanted))
        if self.status != 200:
            request.send_error(self.status)
            return
        start = 0
        if wanted and request.headers["If-Range"] == self.tag:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        request.send_response(206 if start else 200)
        request.send_header("ETag", self.tag)
        request.send_header("Content-Length", str(len(self.content) - start))
        request.end_headers()
        rest = self.content[start:]
        request.wfile.write(rest[: self.cuts.pop(0)] if self.cuts else rest)


@pytest.fixture
def server(archive: Path) -> Iterator[FileServer]:
    """A web server that carries the archive."""
    state = FileServer(archive.read_bytes())

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.answer(self)

        def log_message(self, format: str, *args: object) -> None:
            pass

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{listener.server_address[1]}"
    thread = threading.Thread(target=listener.serve_forever, daemon=True)
    thread.start()
    yield state
    listener.shutdown()
    listener.server_close()
    thread.join(5)
