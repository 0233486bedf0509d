"""The ledger: a line a claim and tier, from records whose verdicts are known."""

from dataclasses import replace

import pytest
from tiny import CLAIM, DESIGN, SEEDS, run

from absorption.claims import Evidence, Finding, Predicate
from absorption.claims.ledger import as_markdown, as_table, lines, summary
from absorption.claims.registration import frozen

FAR = Predicate("far", "so in the hub", "far", because="why", above=0, tier="hub", essential=True)
NEAR = Predicate("near", "it learned there", "far", because="why", above=0, tier="hub", role="gate")
PROVED = Predicate("proved", "it agrees", "proofs", because="all", above=0.5, tier="proof", essential=True)
TIERS = replace(
    CLAIM, id="98_tiers", title="Small | or not?", predicates=(*CLAIM.predicates, FAR, NEAR, PROVED)
)


@pytest.fixture
def record():
    """Supported where it is proved, post hoc in the toy world, and not run on the hub."""
    return run(Evidence.exactly("proofs", 1), claim=TIERS, not_run={"hub": "no hub can be reached"})


def test_a_line_says_what_came_of_a_tier_and_why(record):
    proof, toy, hub = made = lines([record])
    assert [(line.tier, line.first) for line in made] == [("proof", True), ("toy", False), ("hub", False)]
    assert [line.sign for line in made] == ["✓ supported", "◐ qualified", "– not run"]
    assert [line.registered for line in made] == ["", "post hoc", ""]
    assert [line.run for line in made] == ["laptop, cpu"] * 3
    assert (proof.basis, hub.basis) == ("The gap is 0.01.", "no hub can be reached")
    assert toy.basis == f"The gap is 0.01. ({record.why['toy']})" and record.why["toy"].startswith("post hoc")


def test_every_claim_has_its_first_line(record):
    assert [line.first for line in lines([record, run(), run(profile="gpu")])] == [
        True,
        False,
        False,
        True,
        False,
    ]


def test_the_headline_is_the_evidence_with_what_judges_it_in_its_tier(record):
    _, toy, _ = lines([record])
    assert toy.headline == (record["gap"], CLAIM.predicates[0])
    assert [line.headline for line in lines([record]) if line.tier != "toy"] == [None, None]
    counted = replace(CLAIM, findings=(Finding("how many words", "words"),))
    (line,) = lines([run(Evidence.exactly("words", 7), claim=counted, headline="words")])
    assert line.headline == (Evidence.exactly("words", 7), None)
    lost = Evidence.not_available("words", "no word is judged")
    (line,) = lines([run(lost, claim=counted, headline="words")])
    assert line.headline is None
    nowhere = {"toy": "no time", "hub": "no hub"}
    assert all(line.headline is None for line in lines([run(Evidence.exactly("proofs", 1), claim=TIERS, not_run=nowhere, headline="far")]))  # fmt: skip


def test_a_large_run_shows_its_day():
    record = run(profile="gpu")
    (line,) = lines([record])
    assert line.run == f"gpu, cpu, {record.made['date']}"


def test_the_markdown_table_names_a_claim_once_and_keeps_its_columns(record):
    frozen(CLAIM, DESIGN, SEEDS, seen=(), before=None, date="2026-01-02").write()
    table = as_markdown([record, run()], link=lambda claim: f"claims/{claim}.ipynb").splitlines()
    assert table[2:] == [
        r"| [Small \| or not?](claims/98_tiers.ipynb) | proof | ✓ supported | The gap is 0.01. | laptop, cpu |",
        "|  | toy | ◐ qualified, post hoc | The gap is 0.01. | laptop, cpu |",
        "|  | hub | – not run | no hub can be reached | laptop, cpu |",
        "| [Tiny?](claims/99_tiny.ipynb) | toy | ✓ supported, registered 2026-01-02 | The gap is 0.01. | laptop, cpu |",
    ]


def test_the_terminals_table_has_the_same_lines(record):
    columns = [[str(cell) for cell in column.cells] for column in as_table([record]).columns]
    assert columns == [
        ["Small | or not?", "", ""],
        ["proof", "toy", "hub"],
        ["✓ supported", "◐ qualified\npost hoc", "– not run"],
        [line.basis for line in lines([record])],
        ["laptop, cpu"] * 3,
    ]


def test_the_summary_counts_the_verdicts_of_one_profile(record):
    refuted = run(Evidence.exactly("gap", 0.5), profile="gpu", found="A gap.")
    assert summary([record, refuted, run()]) == [
        "✓ supported      1  98_tiers (proof)",
        "◐ qualified      2  98_tiers (toy), 99_tiny (toy)",
        "✗ refuted        0",
        "? inconclusive   0",
        "– not run        1  98_tiers (hub)",
    ]
    assert summary([record, refuted], profile="gpu")[3] == "? inconclusive   1  99_tiny (toy)"
