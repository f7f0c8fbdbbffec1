"""The menu as a picture: a graph in Graphviz' language."""

from __future__ import annotations

import json

from ivr.menu import Menu, Node

_COLOURS = {
    "menu": "#dbeafe",
    "language": "#dbeafe",
    "kind": "#dbeafe",
    "identity": "#fef3c7",
    "contact": "#fef3c7",
    "province": "#fef3c7",
    "message": "#dcfce7",
    "follow_up": "#ede9fe",
    "code": "#bbf7d0",
    "goodbye": "#e5e7eb",
    "agent_unavailable": "#fae8ff",
}
_ASKING = {
    "follow_up": "an answer: 1 accept, 2 object, * hear again\n"
    "a question: 1 reply, * hear again\n0: a callback about the case"
}
"""Steps that ask something of their own, whatever a menu file says."""
_CHOOSING = frozenset({"kind", "language"})
"""Steps whose keys choose a value and all lead on to the same node."""


def to_dot(menu: Menu) -> str:
    """The menu as a `digraph`; `dot -Tsvg` draws it."""
    lines = [
        "digraph menu {",
        "  rankdir=TB; nodesep=0.3; ranksep=0.4; bgcolor=white;",
        '  node [shape=box, style="rounded,filled", fillcolor=white, color="#64748b", '
        'fontname="sans-serif", fontsize=11];',
        '  edge [color="#64748b", fontname="sans-serif", fontsize=10];',
        '  call [shape=circle, label="111", fillcolor="#bbf7d0"];',
        f"  call -> {_text(menu.start)};",
    ]
    for node in menu.nodes.values():
        lines += [_node(node), *_edges(node)]
    lines.append(
        f'  zero [shape=plaintext, style="", label="0 anywhere"]; zero -> {_text(menu.agent)} [style=dashed];'
    )
    return "\n".join([*lines, "}"]) + "\n"


def _node(node: Node) -> str:
    said = getattr(node.parameters, "prompts", ())
    name, step = (word.replace("_", " ") for word in (node.name, node.step))
    asked = [_ASKING[node.step]] if node.step in _ASKING else []
    label = "\n".join([name, *([f"({step})"] if step != name else []), *said, *asked])
    colour = _COLOURS.get(node.step, "white")
    return f"  {_text(node.name)} [label={_text(label)}, fillcolor={_text(colour)}];"


def _edges(node: Node) -> list[str]:
    ways: dict[str, list[str]] = {}
    for setting, target in node.parameters.targets():
        ways.setdefault(target, []).append(_way(node, setting))
    return [
        f"  {_text(node.name)} -> {_text(target)} [label={_text(', '.join(filter(None, labels)))}];"
        for target, labels in ways.items()
    ]


def _way(node: Node, setting: str) -> str:
    if setting.startswith("keys."):
        return setting.removeprefix("keys.")
    if setting == "next":
        chosen = getattr(node.parameters, "keys", {}) if node.step in _CHOOSING else {}
        return "\n".join(f"{key} {choice}" for key, choice in chosen.items())
    return setting.replace("_", " ")


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
