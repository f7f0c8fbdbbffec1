"""What can go wrong at Asterisk's manager interface."""

from __future__ import annotations


class AmiError(Exception):
    """Anything that went wrong at the manager interface."""


class AmiUnavailable(AmiError):
    """There is no link to Asterisk, or it broke before the answer came.

    `sent` tells whether the action may have been carried out: it is never sent again by us, so the
    caller looks at what is there (CoreShowChannels, QueueStatus) before deciding.
    """

    def __init__(self, reason: str, *, sent: bool = False) -> None:
        super().__init__(reason)
        self.sent = sent


class ActionTimedOut(AmiError):
    """Asterisk did not answer this action in time. It may still be carried out."""

    def __init__(self, action: str, seconds: float) -> None:
        super().__init__(f"no answer to {action} within {seconds:g} s")
        self.action = action


class ActionRefused(AmiError):
    """Asterisk answered with an error; its words are in `reason`."""

    def __init__(self, action: str, reason: str) -> None:
        super().__init__(f"{action} refused: {reason}")
        self.action = action
        self.reason = reason


class UnsafeValue(AmiError, ValueError):
    """A key or value would end its line and so become a command of its own (promise 7)."""

    def __init__(self, key: str) -> None:
        super().__init__(f"carriage return, line feed or zero byte in AMI field {key!r}")


class FramingLost(AmiError):
    """What arrives is no AMI: no greeting, or a message without an end. The link must be closed."""
