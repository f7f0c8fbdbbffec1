"""Prompts that were really synthesised, once for all tests of a worker."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from asterisk_conf.prompts import synthesise
from asterisk_conf.prompts.catalogue import Prompt, catalogue
from line111.settings import Settings

SOME_GROUPS = ("system", "menu", "message", "silence", "digits")


@pytest.fixture(scope="session")
def spoken_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the prompts of a few groups, spoken by voices every Debian has."""
    home = tmp_path_factory.mktemp("spoken")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(synthesise, "catalogue", some_prompts)
        synthesise.build_prompts(Settings(home=home), fetch_voice=False)
    return home


@pytest.fixture
def settings(spoken_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings whose home is a copy of the spoken prompts; builds see the same few groups."""
    monkeypatch.setattr(synthesise, "catalogue", some_prompts)
    shutil.copytree(spoken_once, tmp_path / "home")
    return Settings(home=tmp_path / "home")


def some_prompts(language: str) -> dict[str, Prompt]:
    """A part of the catalogue that is spoken in a few seconds."""
    prompts = catalogue(language)
    return {name: prompt for name, prompt in prompts.items() if name.split("/")[0] in SOME_GROUPS}
