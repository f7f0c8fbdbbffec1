"""The menu as data: a TOML file, read whole or refused with every mistake and its line.

A menu is a graph of nodes; each node names a step (code) and gives it its settings.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from ivr.menu_lines import Lines
from ivr.steps import STEPS
from ivr.steps.parameters import Kind, NodeName, Parameters
from ivr.steps.resume import RESUME

DEFAULT_MENU = Path(__file__).parent / "menus" / "default.toml"
_LONGEST_FILE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class MenuError:
    """A mistake in a menu file."""

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


class InvalidMenu(Exception):
    """A menu file that can't be used; `errors` names every mistake found."""

    def __init__(self, errors: list[MenuError]) -> None:
        super().__init__("\n".join(map(str, errors)))
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Node:
    """A place in the conversation: which step, with which settings."""

    name: str
    step: str
    parameters: Parameters


@dataclass(frozen=True, slots=True)
class Menu:
    """A menu without mistakes."""

    start: str
    agent: str
    repeats: int
    default_kind: str
    nodes: Mapping[str, Node]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    format: Literal[1]
    start: NodeName
    agent: NodeName
    repeats: int = Field(default=2, ge=0, le=9)
    default_kind: Kind = "request"
    nodes: dict[Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,40}$")], dict[str, object]] = Field(
        min_length=1
    )


def load_menu(path: Path | None = None) -> Menu:
    """Read a menu file (None: the default menu).

    Raises:
        InvalidMenu: with every mistake, its file and line. OSError: the file can't be read.
    """
    path = path or DEFAULT_MENU
    with path.open("rb") as file:
        content = file.read(_LONGEST_FILE + 1)
    return _Reader(path, content).read()


def check_menu(path: Path | None = None) -> list[MenuError]:
    """Every mistake in a menu file; an empty list where it can be used."""
    try:
        load_menu(path)
    except InvalidMenu as invalid:
        return invalid.errors
    except OSError as error:
        return [MenuError(path or DEFAULT_MENU, 1, f"cannot be read: {error.strerror}")]
    return []


class _Reader:
    def __init__(self, path: Path, content: bytes) -> None:
        self._path = path
        self._content = content
        self._errors: list[MenuError] = []
        self._lines = Lines("")

    def read(self) -> Menu:
        file = self._file()
        nodes = {name: node for name, table in file.nodes.items() if (node := self._node(name, table))}
        if not self._errors:
            self._check_graph(file, nodes)
        if self._errors:
            raise InvalidMenu(sorted(self._errors, key=lambda error: error.line))
        return Menu(file.start, file.agent, file.repeats, file.default_kind, nodes)

    def _file(self) -> _File:
        try:
            if len(self._content) > _LONGEST_FILE:
                raise InvalidMenu([MenuError(self._path, 1, "larger than any menu")])
            text = self._content.decode()
            self._lines = Lines(text)
            return _File.model_validate(tomllib.loads(text))
        except UnicodeDecodeError as error:
            line = self._content.count(b"\n", 0, error.start) + 1
            raise InvalidMenu([MenuError(self._path, line, "not UTF-8")]) from error
        except RecursionError as error:
            raise InvalidMenu([MenuError(self._path, 1, "nested deeper than any menu")]) from error
        except tomllib.TOMLDecodeError as error:
            raise InvalidMenu([self._syntax(str(error))]) from error
        except ValidationError as error:
            self._take(error, ())
            raise InvalidMenu(self._errors) from error

    def _syntax(self, message: str) -> MenuError:
        text, _, place = message.partition(" (at ")
        words = place.split()
        line = int(words[1].rstrip(",")) if words[:1] == ["line"] else self._content.count(b"\n") + 1
        return MenuError(self._path, line, text)

    def _node(self, name: str, table: dict[str, object]) -> Node | None:
        settings = dict(table)
        step = settings.pop("step", None)
        if not isinstance(step, str) or step not in STEPS or step == RESUME:
            known = ", ".join(sorted(STEPS.keys() - {RESUME}))
            self._add(("nodes", name, "step"), f"node {name!r}: step {step!r} is not one of {known}")
            return None
        try:
            return Node(name, step, STEPS[step].parameters.model_validate(settings))
        except ValidationError as error:
            self._take(error, ("nodes", name))
            return None

    def _take(self, error: ValidationError, prefix: tuple[str, ...]) -> None:
        for each in error.errors():
            where = prefix + tuple(str(part) for part in each["loc"] if part != "[key]")
            self._add(where, f"{'.'.join(where)}: {each['msg']}")

    def _check_graph(self, file: _File, nodes: Mapping[str, Node]) -> None:
        for where, target in _targets(file, nodes):
            if target not in nodes:
                self._add(where, f"{'.'.join(where)}: there is no node {target!r}")
        if self._errors:
            return
        edges = {name: [target for _, target in node.parameters.targets()] for name, node in nodes.items()}
        reached = _closure(edges, [file.start, file.agent])
        for name in nodes.keys() - reached:
            self._add(("nodes", name), f"node {name!r}: no caller can get here")
        back: dict[str, list[str]] = {name: [] for name in nodes}
        for name, targets in edges.items():
            for target in targets:
                back[target].append(name)
        ending = _closure(back, [name for name, targets in edges.items() if not targets])
        for name in nodes.keys() - ending:
            self._add(("nodes", name), f"node {name!r}: a caller who gets here never comes to an end")

    def _add(self, where: tuple[str, ...], message: str) -> None:
        self._errors.append(MenuError(self._path, self._lines.of(where), message))


def _targets(file: _File, nodes: Mapping[str, Node]) -> Iterator[tuple[tuple[str, ...], str]]:
    yield ("start",), file.start
    yield ("agent",), file.agent
    for name, node in nodes.items():
        for where, target in node.parameters.targets():
            yield ("nodes", name, *where.split(".")), target


def _closure(edges: Mapping[str, list[str]], begin: list[str]) -> set[str]:
    reached: set[str] = set()
    waiting = list(begin)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(edges[name])
    return reached
