"""Starting a node's programs, watching them, stopping them: supervisor does the watching.

`up` stays the parent of supervisord. Nothing is left behind: if `up` is killed, the kernel ends
supervisord, and if that is killed, the kernel ends the programs (PR_SET_PDEATHSIG); whatever still
hangs on is found at the next start by a mark in its environment, which unlike a pid is never reused.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from line111 import node_files
from line111.hanging import HangWatch, forget_hanging, note_hanging
from line111.node_files import DIES_WITH_PARENT
from line111.ports import Port, arguments_of, describe, environment_of, holder_of, process_ids
from line111.programs import PROGRAMS, Program
from line111.settings import Settings
from line111.states import State, link_to, states
from line111.supervisor_link import NotUp, Refused

log = logging.getLogger(__name__)

MARK = "LINE111_SUPERVISED_IN"
"""Environment variable by which our own processes are known again: the node's home folder."""

_ORPHAN_SECONDS = 10
_LOOK_AGAIN = 0.3
_FATAL_PAUSE = 10.0
"""Seconds between two rounds of starting a program that does not stay up."""


class AlreadyUp(Exception):
    """This node is running."""


class PortTaken(Exception):
    """A port that a program needs belongs to another process; the text names both."""


class TakenDown(Exception):
    """The node was stopped in peace from elsewhere (`line111 down`, or a signal to its manager)."""


class ManagerDied(Exception):
    """The process manager ended though nobody asked it to."""


class Node:
    """The programs of this node, started by us and ended with us."""

    def __init__(self, settings: Settings, programs: Sequence[Program]) -> None:
        self.settings = settings
        self.programs = list(programs)
        self._manager: subprocess.Popen[bytes] | None = None
        self._fatal_since: dict[str, float] = {}
        self._watch = HangWatch(settings.hung_seconds)

    def start(self, say: Callable[[str], None] = lambda _words: None) -> None:
        """Start them all; returns as soon as the process manager runs (see `wait_until_well`).

        Raises:
            AlreadyUp, PortTaken: nothing was started.
            FileNotFoundError: the set-up is not complete; the text says what is missing.
            ManagerDied: supervisord did not start; its log's last lines are in the text.
        """
        if link_to(self.settings).answers():
            raise AlreadyUp(f"this node is up already (home {self.settings.home})")
        for words in end_orphans(self.settings):
            say(f"ended what an earlier run had left behind: {words}")
        require_free_ports(self.settings, self.programs)
        configuration = node_files.render(self.settings, self.programs)
        forget_hanging(self.settings)
        self._manager = subprocess.Popen(
            [*DIES_WITH_PARENT, sys.executable, "-P", "-m", "supervisor.supervisord", "-c", configuration],
            env=child_environment(self.settings),
            cwd=self.settings.run_dir,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C reaches `up` alone, which then stops all in order
        )
        self._wait_for_manager()

    def wait_until_well(self, seconds: float, report: Callable[[list[State]], None]) -> bool:
        """Ask again and again until all are well; False if some are not after `seconds`.

        Args:
            report: is given the states after each round.
        """
        deadline = time.monotonic() + seconds
        while True:
            now = self.look()
            report(now)
            if all(state.well for state in now):
                return True
            if time.monotonic() > deadline:
                return False
            time.sleep(_LOOK_AGAIN)

    def look(self) -> list[State]:
        """The states now; what has given up is started again, what hangs is ended. Raises ManagerDied."""
        self._require_manager()
        try:
            now = states(self.settings, self.programs)
        except (NotUp, Refused):  # it is on its way down
            if self._manager is not None:
                with suppress(subprocess.TimeoutExpired):
                    self._manager.wait(timeout=_stop_seconds(self.settings))
            self._require_manager()
            raise
        self._revive(now)
        for state in self._watch.hanging(now, time.monotonic()):
            self._end_hanging(state)
        return now

    def stop(self) -> None:
        """End all, last started first, and wait until nothing is left."""
        manager, self._manager = self._manager, None
        if manager is None:
            return
        if manager.poll() is None:
            manager.terminate()
            try:
                manager.wait(timeout=_stop_seconds(self.settings))
            except subprocess.TimeoutExpired:
                manager.kill()
                manager.wait()
        end_orphans(self.settings)

    def _revive(self, now: Iterable[State]) -> None:
        for state in now:
            name = state.program.name
            if state.manager != "FATAL":
                self._fatal_since.pop(name, None)
            elif time.monotonic() - self._fatal_since.setdefault(name, time.monotonic()) > _FATAL_PAUSE:
                del self._fatal_since[name]
                link_to(self.settings).call("startProcess", name, False)

    def _end_hanging(self, state: State) -> None:
        """Supervisor then starts it again, as after any end that nobody asked for.

        With SIGKILL, for what hangs can't end in peace; to its group, as supervisor itself does it.
        """
        name = state.program.name
        with suppress(ProcessLookupError):
            os.killpg(state.pid, signal.SIGKILL)
        times = note_hanging(self.settings, name)
        log.error("%s hung (%s) and was ended, to be started again; number %d", name, state.words, times)

    def _wait_for_manager(self) -> None:
        link = link_to(self.settings)
        for _ in range(100):
            self._require_manager()
            if link.answers():
                return
            time.sleep(0.1)
        self.stop()
        raise ManagerDied(f"the process manager does not answer: {self._log_tail()}")

    def _require_manager(self) -> None:
        if self._manager is None or self._manager.poll() is not None:
            in_peace = self._manager is not None and self._manager.returncode == 0
            self.stop()
            if in_peace:
                raise TakenDown("stopped from elsewhere")
            raise ManagerDied(f"the process manager ended: {self._log_tail()}")

    def _log_tail(self) -> str:
        try:
            lines = (self.settings.log_dir / "supervisord.log").read_text(errors="replace").splitlines()
        except OSError as error:
            return str(error)
        return " / ".join(lines[-3:])


def take_down(settings: Settings) -> bool:
    """Stop the node of this home whoever started it; False if it was not up."""
    try:
        link_to(settings).call("shutdown")
    except NotUp:
        return bool(end_orphans(settings))
    deadline = time.monotonic() + _stop_seconds(settings)
    while ours(settings) and time.monotonic() < deadline:
        time.sleep(0.1)
    end_orphans(settings)
    return True


def restart(settings: Settings, name: str) -> None:
    """End a program in peace and start it again. Raises NotUp, or Refused in supervisor's words."""
    link = link_to(settings)
    if link.call("getProcessInfo", name)["statename"] in ("RUNNING", "STARTING", "BACKOFF"):
        link.call("stopProcess", name)
    link.call("startProcess", name)


def _stop_seconds(settings: Settings) -> int:
    """The time all may take to end in peace, one after the other, and a little more."""
    return sum(program.stop_seconds(settings) for program in PROGRAMS) + 30


def child_environment(settings: Settings) -> dict[str, str]:
    """What our programs find in their environment: ours, and where their settings and home are."""
    environment = {**os.environ, "LINE111_HOME": str(settings.home.absolute()), "PYTHONUNBUFFERED": "1"}
    file = Path(os.environ.get("LINE111_CONFIG", "line111.toml"))
    if file.exists():  # they run in another folder
        environment["LINE111_CONFIG"] = str(file.absolute())
    # Libraries write below HOME; the starting user's is not theirs to write to.
    return {**environment, "HOME": str(settings.run_dir.absolute()), MARK: str(settings.home.absolute())}


def ours(settings: Settings) -> list[int]:
    """Ids of the processes that an `up` of this home has started and that still run."""
    home = str(settings.home.absolute())
    # Asterisk starts with an empty environment; its configuration's path tells whose it is.
    asterisks = str(settings.asterisk_dir.absolute() / "etc" / "asterisk.conf")
    return [
        pid
        for pid in process_ids()
        if environment_of(pid).get(MARK) == home or asterisks in arguments_of(pid)
    ]


def end_orphans(settings: Settings) -> list[str]:
    """End what an `up` of this home has left running; returns plain words for each."""
    found = {pid: describe(pid) for pid in ours(settings)}
    for number, seconds in ((signal.SIGTERM, _ORPHAN_SECONDS), (signal.SIGKILL, 2)):
        left = ours(settings)
        for pid in left:
            _send(pid, number)
        deadline = time.monotonic() + seconds
        while left and time.monotonic() < deadline:
            time.sleep(0.1)
            left = ours(settings)
        if not left:
            break
    return list(found.values())


def require_free_ports(settings: Settings, programs: Iterable[Program]) -> None:
    """Raises PortTaken naming every port that another process has."""
    taken = [
        f"port {port.number}/{port.protocol}, which {program.name} needs, is held by {holder.words}"
        for program, port in _ports(settings, programs)
        if (holder := holder_of(port))
    ]
    if taken:
        raise PortTaken("; ".join(taken))


def _ports(settings: Settings, programs: Iterable[Program]) -> list[tuple[Program, Port]]:
    return [(program, port) for program in programs for port in program.ports(settings)]


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
