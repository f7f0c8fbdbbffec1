"""A real Chromium before a real bridge with its screens; intakes come in as they do in life."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.citizens import Citizens
from tests.browser.node import Node
from tests.browser.window import Visit

CHROMIUM: Final = "/usr/bin/chromium"


@pytest.fixture(scope="session")
def node() -> Iterator[Node]:
    """A node with an account for each role (its name is the role)."""
    ports = []
    probes = [socket.socket() for _ in range(2)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
        ports.append(int(probe.getsockname()[1]))
    for probe in probes:
        probe.close()
    home = Path(tempfile.mkdtemp(prefix="l1b-", dir="/tmp"))
    running = Node(home, (ports[0], ports[1]))
    yield running
    running.close()
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def citizens(node: Node) -> Citizens:
    """Callers of that node."""
    folder = node.settings.home / "spoken"
    folder.mkdir()
    return Citizens(node, folder)


@pytest.fixture(scope="module")
def launch() -> Iterator[Callable[..., Browser]]:
    """Starts Chromium, Debian's, with more arguments: `launch("--disable-audio-input")`.

    Ended with each module: Playwright's loop must not run into others' tests.
    """
    running: list[Browser] = []
    with sync_playwright() as playwright:

        def start(*more: str) -> Browser:
            arguments = ["--autoplay-policy=no-user-gesture-required", *more]
            if os.geteuid() == 0:
                arguments.append("--no-sandbox")
            running.append(playwright.chromium.launch(executable_path=CHROMIUM, args=arguments))
            return running[-1]

        yield start
        for one in running:
            one.close()


@pytest.fixture(scope="module")
def browser(launch: Callable[..., Browser]) -> Browser:
    """A Chromium like anybody's."""
    return launch()


@pytest.fixture
def until() -> Callable[..., None]:
    """Waits until an expression is true in a page; `wait_for_function` needs eval, which pages refuse."""

    def wait(page: Page, expression: str, seconds: float = 15) -> None:
        end = time.monotonic() + seconds
        while not page.evaluate(expression):
            assert time.monotonic() < end, f"waited {seconds} s for {expression}"
            page.wait_for_timeout(40)

    return wait


@pytest.fixture
def visit(browser: Browser, node: Node) -> Iterator[Callable[..., Visit]]:
    """Opens a window: `visit("agent", language="fa")`; role None: nobody signed in."""
    visits: list[Visit] = []

    def open_window(
        role: str | None = "agent", language: str = "fa", size: tuple[int, int] = (1366, 768)
    ) -> Visit:
        visits.append(Visit(browser, node, role, language, size))
        return visits[-1]

    yield open_window
    for one in visits:
        one.context.close()
