"""Registration: what was frozen when, and whether its numbers had been seen by then."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some
from tiny import CLAIM, DESIGN, SEEDS, run

from absorption.claims import Evidence, Predicate, Quotation, Registration, RegistrationError, Verdict
from absorption.claims.registration import claim_hash, complaint, dates, frozen

FIRST, LATER = "2026-01-01", "2026-02-02"
NUMBERS = some.sets(some.integers(0, 20), min_size=1, max_size=5)


def freeze(claim=CLAIM, design=DESIGN, seeds=SEEDS, seen=(), before=None, date=FIRST) -> Registration:
    made = frozen(claim, design, seeds, seen=seen, before=before, date=date)
    made.write()
    return made


def changed(**fields):
    """The claim with its first predicate changed."""
    first, *others = CLAIM.predicates
    return replace(CLAIM, predicates=(replace(first, **fields), *others))


@given(NUMBERS, NUMBERS)
def test_post_hoc_means_that_a_seed_had_been_seen(seeds, seen):
    made = frozen(CLAIM, DESIGN, seeds, seen=seen, before=None, date=FIRST)
    assert {one.post_hoc for one in made.predicates.values()} == {bool(seeds & seen)}


@given(NUMBERS, NUMBERS)
def test_what_was_seen_once_stays_seen(seeds, seen):
    before = frozen(CLAIM, DESIGN, seeds, seen=seen, before=None, date=FIRST)
    after = frozen(changed(below=0.03), DESIGN, seeds, seen=(), before=before, date=LATER)
    assert after.seen == before.seen
    assert after.predicates["small"].post_hoc == bool(seeds & seen)


def test_an_unchanged_predicate_keeps_its_day_and_a_changed_one_gets_todays():
    before = freeze()
    after = freeze(changed(below=0.03), seen=SEEDS, before=before, date=LATER)
    assert dates(changed(below=0.03)) == {
        "small": (LATER, True), "tall": (FIRST, False), "learned": (FIRST, False), "oracle": (FIRST, False),
    }  # fmt: skip
    assert after.hash != before.hash


@pytest.mark.parametrize("change", [{"design": {"n": 4}}, {"seeds": (0, 1, 2)}])
def test_another_design_or_other_seeds_freeze_everything_anew(change):
    before = freeze()
    after = freeze(**change, seen=SEEDS, before=before, date=LATER)
    assert {(one.date, one.post_hoc) for one in after.predicates.values()} == {(LATER, True)}


def test_fresh_seeds_make_registered_what_was_post_hoc():
    late = freeze(seen=SEEDS)
    again = freeze(seeds=(7, 8), seen=SEEDS, before=late, date=LATER)
    assert not any(one.post_hoc for one in again.predicates.values())


def test_a_reason_worded_better_is_noticed_and_moves_no_day():
    before = freeze()
    better = changed(because="nobody can see less than this")
    assert "differ from registrations/99_tiny.json" in complaint(better, DESIGN, SEEDS)
    assert freeze(better, seen=SEEDS, before=before, date=LATER).predicates == before.predicates


EDITS = {
    "bound": {"claim": changed(below=0.03)},
    "statement": {"claim": changed(statement="the gap is tiny")},
    "evidence": {"claim": changed(evidence="recall")},
    "sentence": {"claim": replace(CLAIM, sentence="Another claim.")},
    "quotation": {"claim": replace(CLAIM, quotations=(Quotation("other words", "someone2024", "§2"),))},
    "design": {"design": {"n": 4}},
    "seeds": {"seeds": (0, 2)},
}


@pytest.mark.parametrize("edit", EDITS)
def test_every_edit_is_noticed(edit):
    freeze()
    assert complaint(CLAIM, DESIGN, SEEDS) == ""
    given = {"claim": CLAIM, "design": DESIGN, "seeds": SEEDS} | EDITS[edit]
    said = complaint(given["claim"], given["design"], given["seeds"])
    assert "absorption register 99" in said and "notebooks/99_tiny.py" in said
    assert claim_hash(given["claim"], given["design"], given["seeds"]) != claim_hash(CLAIM, DESIGN, SEEDS)


def test_without_a_registration_all_is_post_hoc_but_a_proof():
    assert "not registered" in complaint(CLAIM, DESIGN, SEEDS)
    proof = Predicate("proved", "it is proved", "n", because="all", above=0, tier="proof", essential=True)
    claim = replace(CLAIM, predicates=(*CLAIM.predicates, proof))
    days = dates(claim)
    assert days.pop("proved") == ("", False)
    assert set(days.values()) == {("", True)}
    record = run(Evidence.exactly("n", 1), claim=claim)
    assert record.verdicts == {"proof": "supported", "toy": "qualified"}
    assert record.registered("toy") == "post hoc" and record.registered("proof") == ""


def test_post_hoc_caps_the_verdict_and_refutes_nothing():
    freeze(seen=SEEDS)
    assert run().verdicts["toy"] is Verdict.QUALIFIED
    assert run(Evidence.exactly("gap", 0.5)).verdicts["toy"] is Verdict.INCONCLUSIVE
    freeze()
    assert run().verdicts["toy"] is Verdict.SUPPORTED
    assert run(Evidence.exactly("gap", 0.5)).verdicts["toy"] is Verdict.REFUTED


def test_a_registration_survives_the_disk_and_a_damaged_one_is_named(tmp_path):
    made = freeze(design={"range": (0.1, 2), "names": ["a"]})
    read = Registration.read("99_tiny")
    assert read is not None and (read.hash, read.predicates) == (made.hash, made.predicates)
    assert complaint(CLAIM, {"range": (0.1, 2), "names": ["a"]}, SEEDS) == ""
    (tmp_path / "registrations" / "99_tiny.json").write_text("{", encoding="utf-8")
    with pytest.raises(RegistrationError, match=r"registrations/99_tiny.json cannot be read"):
        dates(CLAIM)
