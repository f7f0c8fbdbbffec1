"""What travels about people."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from casebridge.people.rules import Role
from casebridge.wire import Instant, PlainText, Wire


class Credentials(Wire):
    """Name and password."""

    username: Annotated[PlainText, Field(min_length=1, max_length=64)]
    password: Annotated[str, Field(min_length=1, max_length=256)]


class Session(Wire):
    """Who is signed in, and the token unsafe requests must repeat (`X-CSRF-Token`)."""

    username: str
    display_name: str
    roles: list[Role]
    csrf_token: str
    expires_at: Instant | None = None
