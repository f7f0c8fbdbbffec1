"""What a node seals only the bridge can open (promise 5)."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.public import PrivateKey

from line111.sealing import NotSealedForUs, seal, unseal


def key_pair() -> tuple[str, str]:
    private = PrivateKey.generate()
    return base64.b64encode(bytes(private)).decode(), base64.b64encode(bytes(private.public_key)).decode()


PRIVATE, PUBLIC = key_pair()


@given(st.dictionaries(st.text(), st.none() | st.text() | st.integers() | st.booleans()))
def test_what_was_sealed_is_opened_whole(document: dict[str, object]) -> None:
    assert unseal(seal(document, PUBLIC), PRIVATE) == document


def test_the_same_identifier_sealed_twice_looks_different() -> None:
    assert seal({"identifier": "0012345678"}, PUBLIC) != seal({"identifier": "0012345678"}, PUBLIC)


def test_another_key_opens_nothing() -> None:
    with pytest.raises(NotSealedForUs):
        unseal(seal({"a": 1}, PUBLIC), key_pair()[0])


@given(st.text(max_size=200))
def test_damage_is_named_as_damage(text: str) -> None:
    with pytest.raises(NotSealedForUs):
        unseal(text, PRIVATE)
