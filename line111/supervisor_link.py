"""The running supervisord of a node, spoken to over its Unix socket (supervisor's XML-RPC)."""

from __future__ import annotations

import http.client
import xmlrpc.client
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import SupervisorTransport


class NotUp(Exception):
    """The node is not running, or its process manager does not answer."""


class Refused(Exception):
    """Supervisor would not do what it was asked, in its own words."""


class SupervisorLink:
    """Calls supervisor's API (http://supervisord.org/api.html); one short connection a call."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    def call(self, method: str, *arguments: object) -> Any:
        """One call. Raises NotUp where nobody answers, Refused where supervisor says no."""
        transport = SupervisorTransport(None, None, serverurl=f"unix://{self._socket}")
        proxy = xmlrpc.client.ServerProxy("http://localhost", transport=transport)
        try:
            return getattr(proxy.supervisor, method)(*arguments)
        except xmlrpc.client.Fault as error:
            raise Refused(error.faultString) from None
        except (OSError, xmlrpc.client.ProtocolError, http.client.HTTPException) as error:
            raise NotUp(f"no process manager answers at {self._socket} ({error})") from None
        finally:
            transport.close()

    def answers(self) -> bool:
        """Whether the node is up."""
        try:
            self.call("getPID")
        except NotUp:
            return False
        return True
