"""The front-end bundle: names with hashes, kept for ever by browsers, sent compressed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response
from starlette.types import Receive, Scope, Send

DIST: Final = Path(__file__).parent / "static" / "dist"
FOR_EVER: Final = "public, max-age=31536000, immutable"
TYPES: Final = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}


class BundleMissing(RuntimeError):
    """The front-end bundle was not built; says how to build it."""


class Bundle:
    """The built files. Raises BundleMissing where they are not there."""

    def __init__(self, folder: Path = DIST) -> None:
        self.folder = folder
        try:
            self.names: dict[str, str] = json.loads((folder / "manifest.json").read_text())
        except FileNotFoundError:
            raise BundleMissing(f"no front-end bundle in {folder}; run `npm ci && npm run build`") from None
        self.files = {path.name for path in folder.iterdir()}

    def url(self, name: str) -> str:
        """Address of a file by its plain name ("app.js")."""
        return f"/static/{self.names[name]}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a file (an ASGI application for `/static`)."""
        name = str(scope["path"]).rpartition("/")[2]
        kind = TYPES.get(Path(name).suffix)
        if scope["method"] not in {"GET", "HEAD"} or kind is None or name not in self.files:
            raise HTTPException(404)
        response = self._file(name, kind, _accepts_gzip(scope))
        await response(scope, receive, send)

    def _file(self, name: str, kind: str, gzip: bool) -> Response:
        headers = {"Cache-Control": FOR_EVER, "X-Content-Type-Options": "nosniff", "Vary": "Accept-Encoding"}
        if gzip and f"{name}.gz" in self.files:
            headers["Content-Encoding"] = "gzip"
            return FileResponse(self.folder / f"{name}.gz", media_type=kind, headers=headers)
        return FileResponse(self.folder / name, media_type=kind, headers=headers)


def _accepts_gzip(scope: Scope) -> bool:
    return any(name == b"accept-encoding" and b"gzip" in value for name, value in scope["headers"])
