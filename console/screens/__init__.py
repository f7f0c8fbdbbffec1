"""The screens, one module each; `routers()` lists them."""

from __future__ import annotations

from fastapi import APIRouter


def routers() -> list[APIRouter]:
    """All screens' routers. The last word on an address has the order here."""
    from console.screens import (
        audit,
        callbacks,
        cartable,
        case,
        cases,
        centre,
        country,
        country_tables,
        delegations,
        door,
        holidays,
        links,
        live,
        notices,
        notifications,
        overview,
        password,
        proposals,
        recordings,
        registration,
        repeats,
        steps,
        way,
    )

    modules = (
        door,
        password,
        overview,
        cartable,
        notices,
        delegations,
        centre,
        registration,
        cases,
        case,
        way,
        steps,
        proposals,
        repeats,
        callbacks,
        recordings,
        links,
        notifications,
        country_tables,
        country,
        holidays,
        audit,
        live,
    )
    return [module.router for module in modules]
