"""What a new intake becomes, given what is known of its code. Pure."""

from __future__ import annotations

from enum import StrEnum

from casebridge.tracking_codes.rules import Block


class Quarantine(StrEnum):
    """Why a told code is not the case's own. The case is kept, found and worked on all the same."""

    NOT_A_CODE = "not_a_code"
    """Its check digit does not fit."""
    NEVER_LEASED = "never_leased"
    """No node was given it (a database restored from a backup, a foreign key)."""
    OTHER_NODE = "other_node"
    """Another node was given it."""
    TAKEN = "taken"
    """Another intake came with it before."""


def judge_code(*, number: int | None, block: Block | None, node: str, taken: bool) -> Quarantine | None:
    """Whether the code an intake told may be its case's tracking code; None: it may."""
    if number is None:
        return Quarantine.NOT_A_CODE
    if block is None:
        return Quarantine.NEVER_LEASED
    if block.node != node:
        return Quarantine.OTHER_NODE
    return Quarantine.TAKEN if taken else None
