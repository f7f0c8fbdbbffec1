"""What two sides have agreed on, written into their settings: addresses, names, secrets."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import casebridge.links.samad
from line111.secrets import read_secret, write_secret
from line111.settings import CentreLink, LinksSettings, Settings
from tests.integration.casebridge.links.outside_server import SECRET, OutsideServer

FAST: Final[dict[str, Any]] = {"first_wait_seconds": 0.02, "longest_wait_seconds": 0.2, "pull_seconds": 0.1}


def link_outside(settings: Settings, server: OutsideServer, **more: Any) -> None:
    """Makes settings lead to the outside SAMAD, by the example mapping."""
    text = (Path(casebridge.links.samad.__file__).parent / "example.toml").read_text()
    file = settings.home / "samad.toml"
    file.write_text(text.replace("https://samad.example", server.url))
    write_secret(settings, "link_samad", SECRET)
    settings.links = LinksSettings(samad=file, **(FAST | more))


def link_centres(one: Settings, other: Settings, names: tuple[str, str], **more: Any) -> None:
    """Makes two centres know each other."""
    pairs = ((one, other, names[0], names[1]), (other, one, names[1], names[0]))
    for ours, theirs, name, other_name in pairs:
        write_secret(ours, f"link_{other_name}", SECRET)
        ours.links = LinksSettings(
            centre=name,
            centres={
                other_name: CentreLink(
                    url=theirs.bridge.url,
                    sealing_public=read_secret(theirs, "sealing_public"),
                    secret=f"link_{other_name}",
                )
            },
            **(FAST | more),
        )
