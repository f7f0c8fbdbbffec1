"""The command line's sub-commands that belong to the rooms, found only when they are called.

So `line111 --help` starts at once, and a room that cannot be imported on this machine (a library of
its own is missing) stops only its own commands.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup


class Room(NamedTuple):
    """Where a room keeps its commands, and what `line111 --help` says of them."""

    module: str
    help: str


ROOMS = {
    "asterisk": Room("asterisk_conf.cli", "Asterisk of this node: its root and its configuration."),
    "prompts": Room("asterisk_conf.prompts.cli", "What callers hear: build, check, export, import."),
    "models": Room("transcription.cli", "Speech models: list, fetch, verify, take from a file."),
    "spool": Room("ivr.spool_cli", "Records of calls the bridge refused: list, show, send again."),
    "menu": Room("ivr.cli", "The menu a caller walks: check it, draw it."),
    "call": Room("line111.call.cli", "Phone the line as a scripted citizen, over real SIP and RTP."),
    "demo": Room("line111.demo.cli", "Start everything and let two scripted citizens phone 111."),
    "proposals": Room("casebridge.proposals.cli", "Proposals of subject and kind: learn, judge, try."),
    "seed": Room("casebridge.country.cli", "Load the country: places, agencies, subjects, duties."),
    "bridge": Room("casebridge.cli", "The bridge: database migrations, people and their roles."),
}


class RoomsGroup(TyperGroup):
    """The top-level commands, with each room's own below its name."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Our own commands first, then the rooms."""
        return [*super().list_commands(ctx), *ROOMS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """For a room: its name and one line of help (enough for `--help`)."""
        room = ROOMS.get(cmd_name)
        if room is None:
            return super().get_command(ctx, cmd_name)
        return TyperCommand(cmd_name, help=room.help, add_help_option=False)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """For a room that is really called: import it."""
        room = ROOMS.get(args[0])
        if room is None:
            return super().resolve_command(ctx, args)
        command = typer.main.get_command(import_module(room.module).app)
        command.name = args[0]
        return args[0], command, args[1:]
