"""The list of all looks, and carrying them out."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from line111.doctor import content, machine, node, running
from line111.doctor.finding import Finding, Level, Look, fault
from line111.programs import chosen
from line111.settings import Settings


class Examined(NamedTuple):
    """A finding with the name of what was looked at."""

    name: str
    finding: Finding


def all_looks(settings: Settings) -> list[tuple[str, Look]]:
    """Everything the doctor looks at on this machine, from the ground up."""
    return [
        ("Python", machine.python),
        ("Python packages", machine.python_packages),
        ("Debian programs", machine.commands),
        ("Asterisk's program", machine.asterisk_program),
        ("users", node.users),
        ("rights", node.rights_dropped),
        ("folders", node.folders),
        ("secrets", node.secrets),
        ("disk space", machine.disk_space),
        ("files (inodes)", machine.inodes),
        ("ports", machine.ports),
        ("clock", machine.clock),
        ("TLS certificate", node.certificate),
        ("process manager", running.manager),
        *((program.name, running.asks(program)) for program in chosen(settings)),
        ("database", running.database),
        ("prompts", content.prompts),
        ("speech models", content.speech_models),
        ("proposals", content.proposals),
        ("messages", content.messages),
        ("spool", content.spool),
        ("rejected records", content.rejected),
        ("transcripts", content.transcripts),
    ]


def examine(settings: Settings, looks: Iterable[tuple[str, Look]] | None = None) -> list[Examined]:
    """Look at everything at once; takes as long as the slowest look, in the order of the list."""
    wanted = list(looks if looks is not None else all_looks(settings))
    with ThreadPoolExecutor(max_workers=max(1, len(wanted))) as pool:
        findings = pool.map(lambda look: _look(look, settings), (look for _, look in wanted))
        return [Examined(name, finding) for (name, _), finding in zip(wanted, findings, strict=True)]


def worst(examined: Iterable[Examined]) -> Level:
    """The worst level among them."""
    order = list(Level)
    return max((each.finding.level for each in examined), key=order.index, default=Level.WELL)


def _look(look: Look, settings: Settings) -> Finding:
    """A half-installed machine breaks looks in every possible way; that is a finding too."""
    try:
        return look(settings)
    except Exception as error:
        words = str(error).splitlines()[0] if str(error) else ""
        return fault(
            f"could not be looked at: {type(error).__name__} {words}".rstrip(),
            "run `make setup`, then look again",
        )
