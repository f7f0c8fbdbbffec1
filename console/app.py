"""The whole web application: the bridge's API, and the screens mounted beside it.

`create_app(settings)` is what `python -m console` serves.
"""

from __future__ import annotations

from typing import Final

from fastapi import Depends, FastAPI
from starlette.routing import Match, Mount, Route
from starlette.types import Scope

from casebridge import health
from casebridge.app import create_app as create_bridge_app
from casebridge.bridge import Bridge
from casebridge.cartables.access import within_sight
from console.assets import Bundle
from console.failures import install_failures
from console.forms.tokens import FormTokens
from console.headers import PageHeaders
from console.screens import routers
from line111.secrets import read_secret
from line111.settings import Settings

BESIDE: Final = frozenset(route.path for route in health.router.routes if isinstance(route, Route))
"""Paths the bridge has outside its API."""


class Screens(Mount):
    """The mount of the screens: everything but the API, which answers its own 404s, and a few paths.

    It stands first: a screen is not sought among the routes of the API.
    """

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """No match below `/api`."""
        path = str(scope.get("path", ""))
        if path.startswith("/api/") or path in BESIDE:
            return Match.NONE, {}
        return super().matches(scope)


def create_app(settings: Settings) -> FastAPI:
    """Bridge and screens in one application.

    Raises:
        BundleMissing: the front-end bundle was not built.
        FileNotFoundError: a secret is missing; names `line111 setup`.
    """
    app = create_bridge_app(settings)
    screens = create_screens(settings, app.state.bridge)
    app.router.routes.insert(0, Screens("/", app=PageHeaders(screens), name="screens"))
    return app


def create_screens(settings: Settings, bridge: Bridge) -> FastAPI:
    """The screens alone, as an application without an API of its own."""
    screens = FastAPI(title="line111 screens", openapi_url=None, docs_url=None, redoc_url=None)
    screens.state.settings = settings
    screens.state.bridge = bridge
    screens.state.bundle = Bundle()
    screens.state.form_tokens = FormTokens(read_secret(settings, "session_key"))
    screens.mount("/static", screens.state.bundle)
    for router in routers():
        screens.include_router(router, dependencies=[Depends(within_sight)])
    install_failures(screens)
    return screens
