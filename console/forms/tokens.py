"""Form tokens: proof that a form came from a page of ours (against cross-site request forgery).

The token is a keyed hash of a random cookie and of the session's cookie, masked anew for every page:
nothing is stored, it works before sign-in too, and it ends with the session.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from typing import Final

from starlette.requests import Request

from casebridge.people.access import COOKIE as SESSION_COOKIE
from console.errors import StaleForm

COOKIE: Final = "line111_form"
FIELD: Final = "form_token"
HEADER: Final = "X-Form-Token"
_SIZE: Final = 32


class FormTokens:
    """Makes and checks tokens with the node's session key."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    def make(self, request: Request) -> str:
        """A token for a page shown in answer to this request."""
        proof = self._proof(request)
        mask = secrets.token_bytes(_SIZE)
        masked = bytes(a ^ b for a, b in zip(proof, mask, strict=True))
        return base64.urlsafe_b64encode(mask + masked).decode()

    def matches(self, request: Request, token: str) -> bool:
        """Whether the token was made for the browser that sends it."""
        try:
            raw = base64.urlsafe_b64decode(token.encode())
        except ValueError:
            return False
        if len(raw) != 2 * _SIZE or not request.cookies.get(COOKIE):
            return False
        proof = bytes(a ^ b for a, b in zip(raw[:_SIZE], raw[_SIZE:], strict=True))
        return hmac.compare_digest(proof, self._proof(request))

    def _proof(self, request: Request) -> bytes:
        seed = getattr(request.state, "form_seed", None) or request.cookies.get(COOKIE, "")
        session = request.cookies.get(SESSION_COOKIE, "")
        return hmac.digest(self._key, f"form|{seed}|{session}".encode(), "sha256")


async def check_form(request: Request) -> None:
    """Dependency of every route that changes something. Raises StaleForm."""
    tokens: FormTokens = request.app.state.form_tokens
    token = request.headers.get(HEADER)
    if token is None:
        value = (await request.form()).get(FIELD)
        token = value if isinstance(value, str) else ""
    if not tokens.matches(request, token):
        raise StaleForm
