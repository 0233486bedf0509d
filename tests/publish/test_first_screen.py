"""What a claim's page shows first: the bar in a line of text, the table of predicates, the rows of the ledger."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from absorption.claims import Claim, Evidence, Finding, Predicate, Quotation, Record, conclude
from absorption.claims.verdict import Verdict
from absorption.publish.page.bar import WIDTH, bar
from absorption.publish.page.ledger import as_html
from absorption.publish.page.predicates import findings_table, predicates_table, reason
from absorption.publish.page.provenance import _in_runs

NUMBERS = st.floats(-1e6, 1e6, allow_subnormal=False)
CLAIM = Claim(
    id="97_small",
    title="Is it small?",
    sentence="It is small.",
    quotations=(Quotation("it is <small>", "someone2024", "§1"),),
    predicates=(
        Predicate("small", "the gap < 2 points", evidence="gap", below=0.02, because="less is lost in noise", essential=True),
        Predicate("open", "recall is high", evidence="recall", above=0.9, because="a probe reaches it"),
        Predicate("learned", "SAEs explain half", evidence="explained", above=0.5, because="else nothing was learned", role="gate"),
        Predicate("oracle", "the oracle is perfect", evidence="oracle", above=0.99, because="built from the truth", role="control"),
        Predicate("chance", "permuted labels find nothing", evidence="permuted", below=0.1, because="chance", role="null"),
    ),
    findings=(Finding("how many letters split", evidence="splits"), Finding("L0 of all", evidence="l0")),
)  # fmt: skip
EVIDENCE = (
    Evidence("gap", 0.01, 0.005, 0.015, n=5),
    Evidence("recall", 0.92, 0.85, 0.99, n=5, detectable=0.06),
    Evidence("explained", 0.7, 0.6, 0.8, n=5),
    Evidence.exactly("oracle", 1.0),
    Evidence("permuted", 0.02, 0.01, 0.03, n=5),
    Evidence.not_available("splits", "no letter has 20 words"),
    Evidence("l0", 8.1, 8.0, 8.2, n=5, note="on the judged words"),
)


class Counter(HTMLParser):
    """Counts tags, and sees that each is closed in turn."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.append(tag)
        self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def tags(html: str) -> list[str]:
    counter = Counter()
    counter.feed(html)
    assert not counter.open
    return counter.seen


@pytest.fixture
def record(tmp_path, monkeypatch) -> Record:
    monkeypatch.setenv("ABSORPTION_ROOT", str(tmp_path))
    monkeypatch.setenv("ABSORPTION_RESULTS", str(tmp_path / "results"))
    return conclude(
        CLAIM, EVIDENCE, found="The gap is {gap:.0%} & small.", headline="gap", seeds=range(5), parameters={},
        profile="laptop", device="cpu",
    )  # fmt: skip


@given(st.lists(NUMBERS, min_size=3, max_size=3).map(sorted), NUMBERS)
def test_a_bar_keeps_the_order_of_its_numbers_and_stays_inside(numbers, bound):
    low, value, high = numbers
    evidence = Evidence("x", value, low, high, n=2)
    drawn = bar(evidence, Predicate("p", "s", evidence="x", above=bound, because="b"))
    at = {
        kind: float(x) for kind, x in re.findall(r'class="bar-(bound|interval|value)" x1="([-\d.]+)"', drawn)
    }
    end = float(re.search(r'class="bar-interval" x1="[-\d.]+" x2="([-\d.]+)"', drawn)[1])
    assert 0 <= at["interval"] <= at["value"] <= end <= WIDTH
    assert 0 <= at["bound"] <= WIDTH
    low, value, high = evidence.low, evidence.value, evidence.high
    if bound < low:
        assert at["bound"] <= at["interval"]
    if bound > high:
        assert at["bound"] >= end


def test_an_exact_number_has_no_interval_in_its_bar():
    assert "bar-interval" not in bar(Evidence.exactly("x", 1.0))


def test_the_table_says_what_was_required_why_and_what_came_out(record):
    html = predicates_table(record)
    assert tags(html).count("tr") == 1 + len(CLAIM.predicates) + 3
    assert "the gap &lt; 2 points" in html and "less is lost in noise" in html
    assert "0.01 (0.005 to 0.015), 5 seeds" in html and "1, exact" in html
    assert html.index("recall is high") < html.index("had it learned?") < html.index("SAEs explain half")
    assert "would have seen 0.06" in html and html.count("would have seen") == 1
    assert html.count(">✓ holds<") == 4 and html.count(">? open<") == 1


def test_findings_are_folded_and_what_is_not_available_says_why(record):
    html = findings_table(record)
    assert tags(html)[0] == "details"
    assert "not available: no letter has 20 words" in html and "on the judged words" in html


def test_the_ledger_holds_quotation_sentence_number_and_registration(record):
    html = as_html([record], lambda claim: f"{claim}.html")
    tags(html)
    assert "it is &lt;small&gt;" in html and "The gap is 1% &amp; small." in html
    assert 'href="97_small.html"' in html and "post hoc" in html and "interval-bar" in html
    assert 'data-verdict-name="qualified"' in html and 'data-tier-name="toy"' in html


@pytest.mark.parametrize(
    ("why", "words"),
    [
        ("not learned: it explains half", "not learned; required was: it explains half"),
        ("failed, but post hoc: it is so", "failed, but post hoc; required was: it is so"),
        ("inconclusive: a: b", "inconclusive; required was: a: b"),
        ("fails: a; b · inconclusive: c", "fails; required was: a; b · inconclusive; required was: c"),
        ("post hoc: its bounds were frozen late", "post hoc: its bounds were frozen late"),
        ("No hub at x: y", "No hub at x: y"),
        ("", ""),
    ],
)
def test_a_reason_does_not_read_like_its_opposite(why, words):
    assert reason(why) == words


def test_what_refutes_a_claim_is_said_to_fail():
    assert reason("no gap; no hole", Verdict.REFUTED) == "fails; required was: no gap; no hole"
    assert reason("inconclusive: no gap", Verdict.INCONCLUSIVE) == "inconclusive; required was: no gap"
    assert reason("", Verdict.SUPPORTED) == ""


def test_seeds_that_follow_each_other_are_written_as_a_run():
    assert _in_runs([*range(240), 300, 301]) == "0–239, 300, 301"
    assert _in_runs([]) == "" and _in_runs([7]) == "7" and _in_runs([3, 2, 1]) == "3, 2, 1"
