"""A person at a screen."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, ConsoleMessage, Page

from tests.browser.node import PASSWORD, Node

AXE: Final = Path(__file__).resolve().parent.parent.parent / "node_modules" / "axe-core" / "axe.min.js"
TOO_WIDE: Final = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def check_accessible(page: Page, part: str | None = None) -> None:
    """Axe finds nothing to say against the page, or against this part of it (a CSS selector)."""
    page.evaluate(AXE.read_text() + "; undefined")
    found = page.evaluate("part => axe.run(part || document, { resultTypes: ['violations'] })", part)
    told = [f"{v['id']}: {v['help']} {[n['target'] for n in v['nodes']][:4]}" for v in found["violations"]]
    assert told == [], page.url


def check_width(page: Page) -> None:
    """Nobody has to scroll the page sideways."""
    assert page.evaluate(TOO_WIDE) <= 0, f"{page.url} must not scroll sideways"


class Visit:
    """A person at a screen: a page of their own, signed in, its console's errors kept."""

    def __init__(
        self, browser: Browser, node: Node, role: str | None, language: str, size: tuple[int, int]
    ) -> None:
        self.node = node
        self.context = browser.new_context(
            base_url=node.url, viewport={"width": size[0], "height": size[1]}, timezone_id="Asia/Tehran"
        )
        self.complaints: list[str] = []
        self.page: Page = self.context.new_page()
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.context.add_cookies([{"name": "line111_language", "value": language, "url": node.url}])
        if role:
            self._take_session(role)

    def sign_in(self, role: str, password: str = PASSWORD) -> None:
        """Through the door, as a person does."""
        self.page.goto("/sign-in")
        self.page.fill("#username", role)
        self.page.fill("#password", password)
        self.page.click("form.door-form button.btn-primary")

    def _take_session(self, role: str) -> None:
        """The session this role opened before in this node, or a new one: signing in is slow by design."""
        if role not in self.node.sessions:
            self.sign_in(role)
            self.page.wait_for_url("**/")
            kept = {"line111_session", "line111_form"}
            self.node.sessions[role] = [c for c in self.context.cookies() if c["name"] in kept]
        self.context.add_cookies(self.node.sessions[role])

    def open(self, address: str) -> Page:
        """Goes to an address and waits until the page has settled."""
        self.page.goto(address)
        self.page.wait_for_load_state("load")
        return self.page

    def check_page(self, part: str | None = None) -> None:
        """The page is quiet, accessible (or this part of it is) and no wider than its window."""
        assert self.complaints == [], self.page.url
        check_accessible(self.page, part)
        self.complaints.clear()  # what axe itself does against the page's policy is no fault of the page
        check_width(self.page)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")
