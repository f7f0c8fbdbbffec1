"""An outside SAMAD over HTTP, spoken to by its mapping file."""

from __future__ import annotations

from typing import Any, Final

import httpx
from pydantic import ValidationError

from casebridge.links.samad.interface import (
    NeighbourAway,
    NeighbourRefuses,
    News,
    Step,
    Unreadable,
    check_status,
)
from casebridge.links.samad.mapping import (
    MappingError,
    Operation,
    SamadMapping,
    body_of,
    path_of,
    read_change,
    read_path,
)
from casebridge.links.schemas import SamadChange
from line111.clock import to_text

LONGEST_REPLY: Final = 1024 * 1024
MOST: Final = 1000
"""Changes taken from one message."""


class OutsideSamad:
    """Tells an outside SAMAD of cases and steps, and reads what it answers.

    Args:
        mapping: Its words.
        secret: What `{secret}` in its headers stands for.
        timeout: Seconds for connecting and for each read.
    """

    def __init__(
        self,
        mapping: SamadMapping,
        secret: str,
        *,
        timeout: float = 15.0,
    ) -> None:
        self._mapping = mapping
        self._http = httpx.AsyncClient(
            base_url=mapping.url.rstrip("/"),
            headers={name: text.replace("{secret}", secret) for name, text in mapping.headers.items()},
            timeout=timeout,
            trust_env=False,
            follow_redirects=False,
        )

    async def tell(self, step: Step) -> str | None:
        """Opens the case there where it is not known yet, then tells the step."""
        mapping, values = self._mapping, values_of(step)
        reference = step.reference
        if reference is None:
            reply = await self._send(mapping.create, values)
            found = read_path(reply, mapping.create.reference or "")
            if not isinstance(found, str | int) or not str(found).strip() or len(str(found)) > 128:
                raise NeighbourAway("the reply names no case")
            reference = values["reference"] = str(found)
            if step.action == "registered":
                return reference
        if mapping.update and (not mapping.actions or step.action in mapping.actions):
            await self._send(mapping.update, values)
        return reference

    async def news(self, place: str | None) -> News:
        """Changes since `place`, where the mapping says how to ask for them."""
        changes = self._mapping.changes
        if changes is None or changes.path is None:
            return News(place=place)
        reply = await self._ask("GET", path_of(changes.path, {"place": place or ""}))
        items = read_path(reply, changes.items)
        if not isinstance(items, list):
            raise NeighbourAway("the reply has no list of changes")
        read = tuple(change_of(self._mapping, item) for item in items)
        named = [change.id for change in read if change.id]
        following = read_path(reply, changes.next) if changes.next else (named[-1] if named else place)
        return News(read, str(following)[:256] if following is not None else place)

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    async def _send(self, operation: Operation, values: dict[str, Any]) -> Any:
        try:
            path = path_of(operation.path, values)
        except MappingError as error:
            raise NeighbourRefuses(str(error)) from None
        return await self._ask(
            operation.method,
            path,
            json=body_of(self._mapping, operation, values),
            headers={self._mapping.key_header: f"{values['key']}"},
            good=frozenset(operation.good) or None,
            known=frozenset(operation.known),
        )

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        good: frozenset[int] | None = None,
        known: frozenset[int] = frozenset(),
        **options: Any,
    ) -> Any:
        try:
            async with self._http.stream(method, path, **options) as answer:
                body = b""
                async for chunk in answer.aiter_bytes():
                    body += chunk
                    if len(body) > LONGEST_REPLY:
                        raise NeighbourAway("the reply does not end")
        except httpx.HTTPError as error:
            raise NeighbourAway(type(error).__name__) from None
        if answer.status_code not in known:
            check_status(answer.status_code, answer.headers.get("retry-after"), good=good)
        try:
            return httpx.Response(200, content=body).json() if body.strip() else None
        except ValueError:
            raise NeighbourAway("the reply is no JSON") from None


def change_of(mapping: SamadMapping, item: Any) -> SamadChange | Unreadable:
    """A change as it came, in our words, or what makes no sense."""
    found = read_change(mapping, item)
    try:
        return SamadChange.model_validate(found)
    except ValidationError as error:
        unread = {str(wrong["loc"][0]) for wrong in error.errors()}
        name = None if "id" in unread else found["id"]
        return Unreadable(item, ", ".join(sorted(unread)), name)


def changes_in(mapping: SamadMapping | None, document: Any) -> list[SamadChange]:
    """Changes somebody has sent: one, a list, or what a reply to our asking looks like.

    Raises NeighbourAway where one makes no sense (who has sent it is told at once, and may send the others
    without it), or nobody has said how to read them.
    """
    if mapping is None or mapping.changes is None:
        raise NeighbourAway("the mapping reads no changes")
    items = read_path(document, mapping.changes.items)
    items = document if items is None else items
    read: list[SamadChange] = []
    for item in (items if isinstance(items, list) else [items])[:MOST]:
        change = change_of(mapping, item)
        if isinstance(change, Unreadable):
            raise NeighbourAway(f"a change without a readable {change.unread}")
        read.append(change)
    return read


def values_of(step: Step) -> dict[str, Any]:
    """What the mapping's sources stand for."""
    case, answer = step.case, step.case.answer
    values: dict[str, Any] = case.model_dump(mode="json", exclude={"id", "answer", "objection"})
    return values | {
        "key": str(step.id),
        "action": step.action,
        "at": to_text(step.at),
        "note": step.note,
        "case_id": str(case.id),
        "reference": step.reference,
        "opened_at": to_text(case.opened_at),
        "due_at": to_text(case.due_at) if case.due_at else None,
        "identifier_kind": step.identity.kind,
        "identifier": step.identity.identifier,
        "contact_number": step.identity.contact_number,
        "answer_id": str(answer.id) if answer else None,
        "answer_kind": answer.kind if answer else None,
        "answer_text": answer.text if answer else None,
        "answer_language": answer.language.value if answer else None,
        "answer_at": to_text(answer.at) if answer else None,
    }
