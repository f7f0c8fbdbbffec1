"""The file of providers: what the handbook shows works, what is wrong is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import casebridge
from casebridge.notifications.providers.file import (
    HttpEntry,
    ProviderFileWrong,
    SmppEntry,
    SmtpEntry,
    read_providers,
)
from casebridge.notifications.providers.http_gateway import HttpGateway, field_of

HANDBOOK = Path(casebridge.__file__).parent.parent / "docs" / "notifications.md"


def test_every_example_of_the_handbook_is_a_provider(tmp_path: Path) -> None:
    blocks = re.findall(r"```toml\n(.*?)```", HANDBOOK.read_text(encoding="utf-8"), re.DOTALL)
    file = tmp_path / "providers.toml"
    file.write_text("\n".join(block for block in blocks if "[[provider]]" in block), encoding="utf-8")
    found = read_providers(file)
    assert [type(entry) for entry in found] == [HttpEntry, SmppEntry, SmtpEntry]


def test_without_a_file_messages_are_kept_in_the_outbox() -> None:
    assert [entry.kind for entry in read_providers(None)] == ["outbox", "outbox"]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "provider"),
        ('[[provider]]\nname = "a"\nkind = "pigeon"', "pigeon"),
        ('[[provider]]\nname = "A B"\nkind = "outbox"', "name"),
        ('[[provider]]\nname = "a"\nkind = "outbox"\n' * 2, "same name"),
        ('[[provider]]\nname = "a"\nkind = "smtp"\nhost = "h"\nprot = 25', "prot"),
        ("[[provider", "providers.toml"),
    ],
)
def test_a_wrong_file_is_refused_by_the_name_of_what_is_wrong(text: str, named: str, tmp_path: Path) -> None:
    file = tmp_path / "providers.toml"
    file.write_text(text)
    with pytest.raises(ProviderFileWrong, match=named):
        read_providers(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProviderFileWrong, match=r"none\.toml"):
        read_providers(tmp_path / "none.toml")


def test_fields_are_found_in_answers_of_any_depth() -> None:
    answer = {"messages": [{"id": 7, "status": {"name": "ok"}}]}
    assert field_of(answer, "messages.0.id") == 7
    assert field_of(answer, "messages.0.status.name") == "ok"
    assert field_of(answer, "messages.1.id") is None
    assert field_of(answer, "messages.x") is None
    assert field_of("OK: 12", "body") == "OK: 12"


async def test_a_text_answer_can_be_told_by_a_pattern() -> None:
    entry = HttpEntry.model_validate(
        {
            "name": "a",
            "kind": "http",
            "request": {"url": "http://127.0.0.1:1/"},
            "reply": {
                "sent": [{"field": "body", "pattern": "^OK"}],
                "refused": [{"field": "body", "pattern": "^BAD NUMBER"}],
            },
        }
    )
    gateway = HttpGateway(entry, "")
    assert gateway._meaning(200, b"OK 12").result == "sent"
    assert gateway._meaning(200, b"BAD NUMBER").result == "refused"
    assert gateway._meaning(200, b"try later").result == "failed"
    await gateway.close()
