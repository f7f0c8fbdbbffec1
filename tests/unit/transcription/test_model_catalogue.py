"""The rows of models.toml: the product's are provable, a centre's own come first, mistakes are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from line111.settings import Settings
from transcription.catalogue import (
    ROWS_OF_THE_PRODUCT,
    CatalogueInvalid,
    UnknownModel,
    load_catalogue,
    read_rows,
)

OWN_ROW = """
[[model]]
name = "big-fa"
language = "fa"
title = "Persian, big"
source = [{ kind = "zip", url = "https://models.invalid/big-fa.zip", folder = "big-fa", sha256 = "%s" }]
""" % ("0" * 64)


def test_both_languages_of_the_line_have_a_provable_model() -> None:
    rows = {row.language: row for row in read_rows(ROWS_OF_THE_PRODUCT)}
    assert {"fa", "en"} <= set(rows)
    for row in rows.values():
        assert row.complete or all(source.sha256 for source in row.source)


def test_row_of_the_centre_is_preferred_to_ours(tmp_path: Path) -> None:
    (tmp_path / "models.toml").write_text(OWN_ROW)
    catalogue = load_catalogue(Settings(home=tmp_path))
    assert catalogue.row("fa").name == "big-fa"
    assert catalogue.row("vosk-model-small-fa-0.42").language == "fa"


def test_unknown_language_is_answered_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(UnknownModel, match=r"'ku'.*fa .*en "):
        load_catalogue(Settings(home=tmp_path)).row("ku")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("name = ", "nmae = "), "model 1, name"),
        (('language = "fa"', 'language = "Persian"'), "model 1, language"),
        (("https://", "file://"), "model 1, source"),
        (('folder = "big-fa"', 'folder = "../.."'), "no path inside a model"),
        (("0" * 64, "0" * 63), "model 1, source"),
        ((', sha256 = "' + "0" * 64 + '"', ""), "needs a hash for every file"),
        (("title", "title = 1\ntitle"), "models.toml"),
    ],
)
def test_mistake_in_a_row_is_named(tmp_path: Path, change: tuple[str, str], named: str) -> None:
    file = tmp_path / "models.toml"
    file.write_text(OWN_ROW.replace(*change))
    with pytest.raises(CatalogueInvalid, match=named):
        read_rows(file)
