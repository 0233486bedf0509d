"""The table of predicates: what was required and why, what was measured, what came out."""

from html import escape

from absorption.claims import Evidence, Finding, Outcome, Predicate, Record
from absorption.claims.verdict import AFTERWARDS, ASIDE, BETWEEN_REASONS, Verdict
from absorption.publish.page.bar import bar

SIGNS = {
    Outcome.HOLDS: ("✓", "holds"),
    Outcome.FAILS: ("✗", "fails"),
    Outcome.INCONCLUSIVE: ("?", "open"),
    Outcome.NOT_AVAILABLE: ("–", "not available"),
    Outcome.NOT_RUN: ("–", "not run"),
}
NOT_MET = {*ASIDE.values(), AFTERWARDS, *map(str, Outcome)}
"""How a record's reason begins where a predicate did not hold, before the words of that predicate."""
ROLES = {
    "gate": "gates: had it learned?",
    "match": "matches: can they be compared?",
    "null": "nulls",
    "control": "controls",
}


def predicates_table(record: Record) -> str:
    """HTML of a record's predicates: those that decide, then gates, matches, nulls and controls apart.

    A cell's heading stands in `data-label` too, so that a phone can show each row as a card.
    """
    several = len(record.claim.tiers) > 1
    rows = [_row(record, p, several) for p in record.claim.deciding]
    for role, words in ROLES.items():
        others = [p for p in record.claim.predicates if p.role == role]
        if others:
            rows.append(f'<tr class="role"><th colspan="4" scope="rowgroup">{words}</th></tr>')
            rows += [_row(record, p, several) for p in others]
    headings = ("What was required", "because", "measured", "came out")
    head = "".join(f'<th scope="col">{heading}</th>' for heading in headings)
    return f'<table class="predicates"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'


def reason(why: str, verdict: Verdict | None = None) -> str:
    """A record's reason for a verdict, so that nobody takes what was required for what was found.

    `fails: it learned` becomes `fails; required was: it learned`. Of a claim that is refuted the record names only
    what failed, so that all of it becomes `fails; required was: …`.
    """
    if why and verdict is Verdict.REFUTED:
        return f"{Outcome.FAILS}; required was: {why}"
    parts = [part.partition(": ") for part in why.split(BETWEEN_REASONS)]
    return BETWEEN_REASONS.join(
        f"{words}; required was: {required}" if colon and words in NOT_MET else words + colon + required
        for words, colon, required in parts
    )


def findings_table(record: Record) -> str:
    """HTML of the findings, on which no verdict hangs; folded."""
    rows = "".join(_finding(record, finding) for finding in record.claim.findings)
    if not rows:
        return ""
    return (
        '<details class="findings"><summary>Findings on which no verdict hangs</summary>'
        f'<table class="predicates"><thead><tr><th scope="col">What was measured</th><th scope="col">measured</th>'
        f"</tr></thead><tbody>{rows}</tbody></table></details>"
    )


def _row(record: Record, predicate: Predicate, several: bool) -> str:
    outcome = record.outcomes[predicate.name]
    sign, words = SIGNS[outcome]
    tier = f' <span class="chip">{escape(predicate.tier)}</span>' if several else ""
    essential = ' <span class="chip">essential</span>' if predicate.essential else ""
    late = ' <span class="chip">post hoc</span>' if predicate.name in record.post_hoc else ""
    measured = _measured(record.get(predicate.evidence), predicate, outcome)
    kind = "deciding" if predicate.role == "deciding" else "aside"
    return (
        f'<tr class="{kind}"><td data-label="required">{escape(predicate.statement)}{essential}{tier}{late}</td>'
        f'<td data-label="because">{escape(predicate.because)}</td>'
        f'<td data-label="measured">{measured}</td>'
        f'<td class="outcome outcome-{outcome.replace(" ", "-")}" data-label="came out">{sign} {words}</td></tr>'
    )


def _finding(record: Record, finding: Finding) -> str:
    evidence = record.get(finding.evidence)
    return (
        f'<tr class="aside"><td data-label="what">{escape(finding.statement)}</td>'
        f'<td data-label="measured">{_measured(evidence, None, None)}</td></tr>'
    )


def _measured(evidence: Evidence | None, predicate: Predicate | None, outcome: Outcome | None) -> str:
    """The bar, the number with interval or *exact*, what it rests on, and what an open one could have shown."""
    if evidence is None:
        return "not run"
    if evidence.value is None:
        return f"not available: {escape(evidence.unavailable)}"
    text = numbers(evidence)
    if outcome is Outcome.INCONCLUSIVE and evidence.detectable is not None:
        text += f"; would have seen {evidence.detectable:.2g} beyond the bound"
    if evidence.note:
        text += f'<span class="note">{escape(evidence.note)}</span>'
    return f"{bar(evidence, predicate)} {text}"


def numbers(evidence: Evidence) -> str:
    """Such as `.31 (.28 to .34), 5 seeds`, escaped."""
    unit = f" {evidence.unit}" if evidence.unit else ""
    if evidence.exact:
        return escape(f"{evidence.value:.4g}{unit}, exact")
    text = f"{evidence.value:.3g} ({evidence.low:.3g} to {evidence.high:.3g}){unit}"
    return escape(text + (f", {evidence.n} {evidence.of}" if evidence.n else ""))
