"""The demonstration's data fits the product."""

from __future__ import annotations

from casebridge.cases.schemas import Status
from line111.call.script import Hear, Press, Say, parse_script
from line111.demo.citizens import citizens


def test_the_citizens_wait_only_for_prompts_the_line_has() -> None:
    from asterisk_conf.prompts.catalogue import catalogue

    for citizen in citizens():
        steps = parse_script(citizen.digits.format(identifier="9990000000"))
        named = {step.prompt for step in steps if isinstance(step, Hear)}
        assert named <= set(catalogue(citizen.language))
        assert Press("9990000000", at_once=True) in steps
        assert Say() in steps


def test_every_citizen_accepts_at_last_and_one_objects_before() -> None:
    from asterisk_conf.prompts.catalogue import catalogue

    for citizen in citizens():
        assert citizen.rounds[-1].leads_to == Status.ACCEPTED
        for round_ in citizen.rounds:
            steps = parse_script(round_.digits.format(identifier=citizen.identifier, code="1234567890"))
            named = {step.prompt for step in steps if isinstance(step, Hear)}
            assert named <= set(catalogue(citizen.language))
            assert (Say() in steps) == bool(round_.says)
            assert round_.answer
    assert "second_review" in [round_.leads_to for citizen in citizens() for round_ in citizen.rounds]


def test_one_citizen_is_persian_and_one_english() -> None:
    assert sorted(citizen.language for citizen in citizens()) == ["en", "fa"]
