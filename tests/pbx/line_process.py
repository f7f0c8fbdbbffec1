"""A process of a line under test, started until it serves, killed in the middle of whatever it does."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from tests.waiting import wait_for

T = TypeVar("T")
_READY_SECONDS = 60.0


class Part:
    """A process of the line.

    Args:
        ready: raises, or answers false, until the process serves.
    """

    def __init__(
        self,
        name: str,
        command: list[str],
        environment: dict[str, str],
        log: Path,
        ready: Callable[[], object],
    ) -> None:
        self.name = name
        self.process: subprocess.Popen[bytes] | None = None
        self._command = command
        self._environment = environment
        self._log = log
        self._ready = ready

    def start(self, **variables: str) -> None:
        """Start it and wait until it serves."""
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command, env=self._environment | variables, cwd="/", stdout=log, stderr=log
            )
        wait_for(self._serves, _READY_SECONDS, f"{self.name} to serve")

    def kill(self) -> None:
        """SIGKILL, in the middle of whatever it does."""
        self._end(signal.SIGKILL, 10)

    def stop(self) -> None:
        """SIGTERM, and wait; SIGKILL where that takes too long."""
        self._end(signal.SIGTERM, 20)

    @property
    def log(self) -> str:
        """What it has said since its first start."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    @property
    def lives(self) -> bool:
        """Whether the process is there."""
        return self.process is not None and self.process.poll() is None

    def ended_by(self, number: signal.Signals, seconds: float = 10) -> bool:
        """Whether it ends by this signal within the time."""
        assert self.process is not None
        try:
            return self.process.wait(seconds) == -number
        except subprocess.TimeoutExpired:
            return False

    def _serves(self) -> bool:
        if not self.lives:
            pytest.fail(f"{self.name} ended:\n{self.log[-3000:]}")
        return bool(self._ready())

    def _end(self, number: signal.Signals, seconds: float) -> None:
        process, self.process = self.process, None
        if process is None:
            return
        process.send_signal(number)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
