"""Persian letters: one spelling for what keyboards, models and people write in several ways.

Arabic yeh and kaf become the Persian letters, presentation forms their letters, digits stay what they
are. The half-space (U+200C) is a letter of its own in Persian: kept for reading, folded for searching.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from persian.digits import to_latin

HALF_SPACE: Final = "\u200c"

_LETTERS: Final = str.maketrans(
    {
        "\u064a": "\u06cc",  # Arabic yeh
        "\u0649": "\u06cc",  # alef maksura
        "\u06d2": "\u06cc",  # yeh barree
        "\u0643": "\u06a9",  # Arabic kaf
        "\u06aa": "\u06a9",  # swash kaf
        "\u0629": "\u0647",  # teh marbuta
        "\u06c1": "\u0647",  # heh goal
        "\u06be": "\u0647",  # heh doachashmee
        "\u06d5": "\u0647",  # ae
        "\u00ac": HALF_SPACE,  # not-sign: half-space of old Persian keyboards
        "\u200b": HALF_SPACE,
        "\u00ad": HALF_SPACE,
        "\u00a0": " ",
    }
)
_FOLDED: Final = str.maketrans(
    {
        "\u0622": "\u0627",
        "\u0623": "\u0627",
        "\u0625": "\u0627",
        "\u0671": "\u0627",  # every alef
        "\u0624": "\u0648",  # waw with hamza
        "\u0626": "\u06cc",  # yeh with hamza
        "\u06c0": "\u0647",  # heh with yeh above
        "\u0621": None,  # a hamza that stands alone is left out as often as written
        HALF_SPACE: " ",
    }
)
_INVISIBLE: Final = re.compile("[\u200d\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\u0640]")
_MARKS: Final = re.compile("[\u064b-\u0655\u0670]")
_HAMZA_ABOVE: Final = "\u0654"
_SPACES: Final = re.compile(r"\s+")
_AROUND_HALF_SPACE: Final = re.compile(f" *{HALF_SPACE}+ *")
_STRAY_HALF_SPACE: Final = re.compile(f"(?<![^\\W\\d_]){HALF_SPACE}|{HALF_SPACE}(?![^\\W\\d_])")
_PRESENTATION_FORMS: Final = re.compile("[\ufb50-\ufdff\ufe70-\ufefc]+")
_NOT_WORD: Final = re.compile(r"[^\w ]|_")

# A transcript comes word by word: prefixes and suffixes that Persian joins with a half-space.
_PREFIX: Final = re.compile("\\b(ن?می) (?=[^\\W\\d_])")
_SUFFIX: Final = re.compile(
    "(?<=[^\\W\\d_]) (ها(?:ی|یی|یم|یت|یش|یمان|یتان|یشان)?|تر(?:ین)?)\\b"
    # after a silent heh only, and not after the short words که, به, چه, نه
    "|(?<=[^\\W\\d_][^\\W\\d_]ه) (ام|ای|اند|ایم|اید)\\b"
)


def normalise(text: str) -> str:
    """One spelling for storing and showing: Persian ی and ک, no marks or invisible signs, tidy spaces.

    The half-space and the hamza over a final heh stay: they are part of correct Persian.
    """
    text = _PRESENTATION_FORMS.sub(lambda found: unicodedata.normalize("NFKC", found.group()), text)
    text = _INVISIBLE.sub("", unicodedata.normalize("NFC", text)).translate(_LETTERS)
    text = text.replace("\u0647" + _HAMZA_ABOVE, "\u06c0")
    text = unicodedata.normalize("NFC", _MARKS.sub("", text))
    text = _SPACES.sub(" ", text).strip()
    text = _AROUND_HALF_SPACE.sub(HALF_SPACE, text)
    return _STRAY_HALF_SPACE.sub("", text)


def search_form(text: str) -> str:
    """What two spellings of the same words share: for the search column and for what was typed.

    Half-spaces become spaces, every alef one alef, punctuation goes, digits are Latin, letters lower case.
    """
    text = normalise(text).translate(_FOLDED)
    text = _NOT_WORD.sub(" ", to_latin(text).lower())
    return _SPACES.sub(" ", text).strip()


def normalise_transcript(text: str) -> str:
    """A recogniser's words as Persian is written: normalised, prefixes and endings on half-spaces.

    "می خواهم" becomes "می‌خواهم", "خیابان های" becomes "خیابان‌های". Words stay in their order; only spaces
    between a word and its prefix or ending change.
    """
    text = _PREFIX.sub(lambda found: found.group(1) + HALF_SPACE, normalise(text))
    return _SUFFIX.sub(lambda found: HALF_SPACE + found.group().lstrip(), text)
