"""What is proposed, why, and when the answer is "I don't know"."""

from __future__ import annotations

from pathlib import Path

import pytest

from casebridge.cases.schemas import Kind
from casebridge.proposals import model as models
from casebridge.proposals.corpus import TARGETS, Corpus, Example, corpus
from casebridge.proposals.evaluation import accuracy, judge, page
from casebridge.proposals.model import Model, learn, learn_into, load, model_at
from casebridge.proposals.reading import read_kind, read_subject
from casebridge.proposals.rules import Chosen, NotLearned, choose, choose_within, readable, reasons_to_tell
from casebridge.proposals.whole import chapter, first_country, show

FIELDS = ("water", "schools", "fuel")


@pytest.fixture(scope="module")
def few() -> Corpus:
    """Some fields of the data: what learns in a moment."""
    whole = corpus()

    def of_them(examples: tuple[Example, ...]) -> tuple[Example, ...]:
        return tuple(example for example in examples if whole.field_of(example.subject) in FIELDS)

    parts = (whole.learned, whole.held_back, whole.held_back_spoken, whole.unseen_spoken)
    return Corpus(*map(of_them, parts), whole.parents, "few")


@pytest.fixture(scope="module")
def model(few: Corpus) -> Model:
    return learn(few)


def test_no_sentence_is_both_learned_from_and_judged_by() -> None:
    whole = corpus()
    learned = {example.text for example in whole.learned}
    assert not learned & {example.text for example in whole.held_back}
    assert not learned & {example.text for example in whole.held_back_spoken}
    assert not learned & {example.text for example in whole.unseen_spoken}
    seen = {example.text for example in (*whole.learned, *whole.held_back, *whole.held_back_spoken)}
    assert not seen & {example.text for example in whole.unseen_spoken}


def test_unseen_sentences_are_labelled_with_subjects_and_kinds_there_are() -> None:
    land = first_country()
    for example in corpus().unseen_spoken:
        assert example.kind in set(Kind)
        assert land.competent(example.subject), example.subject


@pytest.mark.parametrize("language", ["fa", "en"])
def test_every_field_has_sentences_to_learn_from_and_to_judge_by(language: str) -> None:
    whole = corpus()
    learned = {whole.field_of(e.subject) for e in whole.learned if e.language == language and e.kind}
    held_back = {whole.field_of(e.subject) for e in whole.held_back if e.language == language}
    assert learned == held_back
    assert sum(e.language == language and e.kind is not None for e in whole.learned) > 400


def test_a_proposal_is_judged_whole_with_its_agency(model: Model, few: Corpus) -> None:
    land = first_country()
    judged = [show(model, few, land, example) for example in few.unseen_spoken]
    assert {True, False} >= {one.found["agency"] for one in judged} - {None} > set()
    for one in judged:
        if one.found["exact"]:
            assert one.found["agency"], "the subject itself leads to its own agency"
        if one.found["all"]:
            assert one.found["field"]
            assert one.found["kind"]
    assert "| the agency | " in "\n".join(chapter(model, few))


def test_sentences_never_learned_from_are_told_apart(model: Model, few: Corpus) -> None:
    assert accuracy(judge(model, few, "field", few.held_back)) >= 0.8


def test_the_words_that_decided_add_up_to_the_decision(model: Model, few: Corpus) -> None:
    text = few.held_back_spoken[0].text
    best = model.probable("field", [text])[0][0][0]
    decision = model._decisions["field"]
    index = decision.classes.index(best)
    whole = float((model._features.rows([text]) @ decision.weights[index])[0])
    assert sum(share for _, share in model.reasons(text, {"field": best})) == pytest.approx(whole, abs=1e-5)


def test_a_kept_model_proposes_the_same(model: Model, few: Corpus, tmp_path: Path) -> None:
    model.keep(tmp_path / "m.npz")
    kept = load(tmp_path / "m.npz")
    texts = [example.text for example in few.held_back]
    for target in TARGETS:
        pairs = zip(kept.probable(target, texts), model.probable(target, texts), strict=True)
        assert all(dict(one) == pytest.approx(dict(other), abs=1e-6) for one, other in pairs)


def test_a_file_that_is_no_model_is_never_run_and_learned_anew_by_set_up(
    few: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "corpus", lambda: few)
    with pytest.raises(NotLearned):
        model_at(tmp_path)
    assert learn_into(tmp_path)
    (file,) = tmp_path.glob("*.npz")
    file.write_bytes(b"\x80\x04cposix\nsystem\n(S'true'\ntR.")
    with pytest.raises(NotLearned):
        model_at(tmp_path)
    assert learn_into(tmp_path)
    assert not learn_into(tmp_path)
    assert model_at(tmp_path).probable("kind", ["x"])


def test_what_is_not_sure_enough_is_not_proposed() -> None:
    assert choose("kind", [("complaint", 0.49), ("report", 0.48)]) is None
    assert choose("field", [("", 0.9), ("water", 0.05)]) is None
    chosen = choose("field", [("water", 0.5), ("gas", 0.2), ("", 0.2), ("road", 0.01)])
    assert chosen is not None
    assert (chosen.code, chosen.alternatives) == ("water", (("gas", 0.2),))


def test_where_no_subject_is_sure_its_field_is_proposed() -> None:
    field = Chosen("water", 0.8, (("gas", 0.1),))
    assert choose_within(field, [("water_cut", 0.5), ("sewage", 0.5)]) is field
    within = choose_within(field, [("water_cut", 0.75), ("sewage", 0.25)])
    assert (within.code, within.confidence) == ("water_cut", pytest.approx(0.6))
    assert dict(within.alternatives) == {"sewage": pytest.approx(0.2), "gas": 0.1}


def test_a_subject_is_read_with_its_words_and_only_where_the_country_knows_it(model: Model) -> None:
    text = "the water pressure is low and there is no water in our building"
    reading = read_subject(model, text)
    assert reading is not None
    assert reading.chosen.code in {"water", "water_cut"}
    assert "water" in dict(reading.reasons)
    field = read_subject(model, text, lambda code: code == "water")
    assert field is not None
    assert field.chosen.code == "water"
    assert read_subject(model, text, lambda _code: False) is None
    assert read_kind(model, text) is not None


def test_reasons_are_the_words_that_speak_for_it() -> None:
    told = reasons_to_tell([("water", 3.0), ("street", 1.0), ("in", 0.01), ("gas", -2.0)])
    assert [word for word, _ in told] == ["water", "street"]
    assert reasons_to_tell([("gas", -2.0)]) == []


def test_nothing_is_read_into_silence() -> None:
    assert readable([None, ""]) is None
    assert readable(["hello"]) is None
    assert readable(["no water", None, "since monday"]) == "no water since monday"


def test_the_page_tells_how_good_it_is(model: Model, few: Corpus) -> None:
    told = page(model, few)
    assert "**(in use)**" in told
    assert "| fa |" in told
