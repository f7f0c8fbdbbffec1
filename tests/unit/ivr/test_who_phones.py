"""Who phones, at which number, from which province: asked until it is known, or the call ends gently."""

from __future__ import annotations

import pytest

from persian.identifiers import IdentifierKind, is_valid_identifier, sample_identifier
from tests.unit.ivr.callers import NATIONAL

FOREIGN = sample_identifier("foreign_resident", 3)
LEGAL = "10380284790"


@pytest.mark.parametrize(
    ("keyed", "kind", "identifier"),
    [
        ([NATIONAL], "national_id", NATIONAL),
        (["*" + FOREIGN], "foreign_resident", FOREIGN),
        ([LEGAL], "legal_person", LEGAL),
        (["*", NATIONAL], "national_id", NATIONAL),
        (["1234567890", "", NATIONAL], "national_id", NATIONAL),
        (["123", "", NATIONAL], "national_id", NATIONAL),
    ],
)
async def test_identifiers_of_each_kind_are_accepted(node, caller, keyed, kind, identifier):
    await node.phone(caller("", "1", "2", *keyed, "1", "1", "2"))
    opened = node.opened(node.records()[0])
    assert (opened["identifier_kind"], opened["identifier"]) == (kind, identifier)


async def test_legal_person_whose_first_ten_digits_are_a_national_id_is_understood(node, caller):
    longer = next(
        text
        for number in range(10**6)
        if is_valid_identifier(IdentifierKind.LEGAL_PERSON, text := f"14{number:09d}")
        and is_valid_identifier(IdentifierKind.NATIONAL_ID, text[:10])
    )
    citizen = caller("", "1", "2", longer[:10], "1", "1", "2", interrupts=[longer[10]])
    await node.phone(citizen)
    assert node.opened(node.records()[0])["identifier"] == longer


async def test_no_service_without_a_valid_identifier_after_three_tries(node, caller):
    citizen = caller("", "1", "2", "1111111111", "", "123", "9999999999", "")
    call = await node.phone(citizen)
    assert citizen.heard.count("fa/identity/wrong") == 2
    assert citizen.heard.count("fa/identity/last_try") == 1
    assert citizen.heard[-1] == "fa/identity/goodbye"
    assert not node.records()
    assert call.outcome == "goodbye"


async def test_another_number_is_keyed_in_and_read_back(node, caller):
    citizen = caller("", "1", "2", NATIONAL, "2", "12#", "09121234567#", "1", "2")
    await node.phone(citizen)
    opened = node.opened(node.records()[0])
    assert opened["contact_number"] == "+989121234567"
    assert opened["caller_number"] == "+982188554433"
    assert citizen.heard.count("fa/contact/wrong") == 1
    assert "fa/contact/read_back" in citizen.heard


async def test_caller_with_a_withheld_number_is_asked_for_one(node, caller):
    citizen = caller("", "1", "2", NATIONAL, "02188554433#", "1", "2")
    await node.phone(citizen, number=None)
    assert "fa/contact/offer_caller_id" not in citizen.heard
    assert node.opened(node.records()[0])["contact_number"] == "+982188554433"


async def test_mobile_caller_chooses_the_province_from_a_list_of_pages(node, caller):
    citizen = caller("", "1", "2", NATIONAL, "1", "9", "2", "1", "2")
    await node.phone(citizen, number="+989121234567")
    assert node.records()[0]["province"] == "11"
    assert citizen.heard.count("fa/menu/province") == 1


async def test_caller_who_names_no_province_is_served_all_the_same(node, caller):
    citizen = caller("", "1", "2", NATIONAL, "1", "", "", "", "1", "2")
    await node.phone(citizen, number="+989121234567")
    assert node.records()[0]["province"] is None
