"""The standard's two forms of one document: XML, and JSON made of it by the Spark convention.

In Spark an element with repeated children becomes a list, an empty one null. Here documents are plain
data, and the XML is made of them: a list's element name is the key, its children's the singular.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from xml.etree.ElementTree import Element, SubElement, tostring

JSON: Final = "application/json; charset=utf-8"
XML: Final = "text/xml; charset=utf-8"
ITEMS: Final = {
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "service_requests": "request",
    "errors": "error",
    "endpoints": "endpoint",
    "formats": "format",
}
"""Name of a list's element = name of each child's."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document of the standard: `name` is the root element, `content` a list or one object."""

    name: str
    content: Sequence[Mapping[str, Any]] | Mapping[str, Any]


def to_json(document: Document) -> bytes:
    """The document as JSON; the root's name does not appear."""
    return json.dumps(document.content, ensure_ascii=False).encode()


def to_xml(document: Document) -> bytes:
    """The document as XML with its declaration."""
    root = Element(document.name)
    _fill(root, document.content)
    text: bytes = tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + text


def _fill(element: Element, content: Any) -> None:
    if isinstance(content, Mapping):
        for name, value in content.items():
            _fill(SubElement(element, name), value)
    elif isinstance(content, list | tuple):
        for item in content:
            _fill(SubElement(element, ITEMS[element.tag]), item)
    elif content is not None:
        element.text = _text(content)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "".join(c for c in str(value) if c >= " " or c in "\n\t")  # XML 1.0 has no other controls
