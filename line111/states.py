"""How the programs of a node are: what supervisor says of each, and what each answers."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from line111 import node_files
from line111.hanging import ended_for_hanging
from line111.probes import NotWell, Silent
from line111.programs import PROGRAMS, Program
from line111.settings import Settings
from line111.supervisor_link import SupervisorLink


class State(NamedTuple):
    """A program as it is now."""

    program: Program
    manager: str
    """Supervisor's word: RUNNING, STARTING, BACKOFF, STOPPED, FATAL …; ABSENT where it has none."""
    pid: int
    since: int
    """Epoch seconds of its last start; 0 where it never started."""
    well: bool
    words: str
    silent: bool = False
    """It runs, and does not answer at all."""
    hung: int = 0
    """How often it was ended for not answering, since the node is up."""


def link_to(settings: Settings) -> SupervisorLink:
    """The process manager of this node, running or not."""
    return SupervisorLink(node_files.control_socket(settings))


def states(settings: Settings, programs: Iterable[Program] = PROGRAMS) -> list[State]:
    """How each program is. Raises NotUp where the node is not running."""
    told = {info["name"]: info for info in link_to(settings).call("getAllProcessInfo")}
    watched = [program for program in programs if program.name in told]
    hung = ended_for_hanging(settings)
    with ThreadPoolExecutor(max_workers=max(1, len(watched))) as pool:
        found = pool.map(lambda program: _state(settings, program, told[program.name]), watched)
        return [state._replace(hung=hung.get(state.program.name, 0)) for state in found]


def _state(settings: Settings, program: Program, info: dict[str, Any]) -> State:
    word, pid, since = str(info["statename"]), int(info["pid"]), int(info["start"])
    if word not in ("STARTING", "RUNNING"):
        return State(program, word, pid, since, False, str(info["spawnerr"] or info["description"]))
    try:
        return State(program, word, pid, since, True, program.probe(settings))
    except (NotWell, OSError) as error:
        return State(program, word, pid, since, False, str(error), silent=isinstance(error, Silent))
