"""Asterisk's manager interface (AMI): panoramisk, wrapped where it would lose or repeat something.

What was wrong with it and what is done about it: `docs/adr/0005-panoramisk-wrapped.md`.
"""

from call_routing.ami.errors import (
    ActionRefused,
    ActionTimedOut,
    AmiError,
    AmiUnavailable,
    FramingLost,
    UnsafeValue,
)
from call_routing.ami.link import AmiAddress, AmiLink, Tempo

__all__ = [
    "ActionRefused",
    "ActionTimedOut",
    "AmiAddress",
    "AmiError",
    "AmiLink",
    "AmiUnavailable",
    "FramingLost",
    "Tempo",
    "UnsafeValue",
]
