"""The ledger as HTML: whole without a script; `ledger.js` adds sorting and filters."""

from collections.abc import Callable, Iterable
from html import escape

from absorption.claims.claim import TIERS
from absorption.claims.ledger import Line, lines
from absorption.claims.record import Record
from absorption.claims.verdict import Verdict
from absorption.publish.page.bar import bar
from absorption.publish.page.predicates import numbers, reason

HEADINGS = ("Claim", "Verdict", "What was found")
MARK = 'class="ledger table"'


def as_html(records: Iterable[Record], link: Callable[[str], str]) -> str:
    """One row a claim and tier; `link` turns a claim's id into the address of its page."""
    rows = "\n".join(_row(line, link) for line in lines(records))
    head = "".join(f'<th scope="col">{heading}</th>' for heading in HEADINGS)
    return (
        '<div class="ledger-region" role="region" aria-label="Ledger of claims">\n'
        f"<table {MARK}>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>\n</div>"
    )


def badge(verdict: Verdict, sign: str) -> str:
    """The verdict as a pill, told apart by sign and words as well as by colour."""
    return f'<span class="badge-verdict verdict-{verdict.replace(" ", "-")}">{escape(sign)}</span>'


def chips(line: Line) -> str:
    """Tier, registration and, for another profile than the laptop's, what ran."""
    words = [line.tier, line.registered, "" if line.record.profile == "laptop" else line.run]
    return "".join(f'<span class="chip">{escape(word)}</span>' for word in words if word)


def _row(line: Line, link: Callable[[str], str]) -> str:
    claim = line.record.claim
    quotation = claim.quotations[0]
    title = (
        f'<a href="{escape(link(claim.id))}">{escape(claim.title)}</a>'
        f'<q class="ledger-sentence">{escape(quotation.words)}</q>'
    )
    found = line.record.why[line.tier] if line.verdict is Verdict.NOT_RUN else line.record.found
    number = ""
    if line.headline is not None:
        evidence, predicate = line.headline
        number = f'<span class="ledger-number">{bar(evidence, predicate)} {numbers(evidence)}</span>'
    why = line.record.why[line.tier]
    if why and line.verdict is not Verdict.NOT_RUN:
        number += f'<span class="ledger-why">{escape(reason(why, line.verdict))}</span>'
    order = f'data-tier="{TIERS.index(line.tier)}" data-tier-name="{escape(line.tier)}"'
    verdict = f'data-verdict="{list(Verdict).index(line.verdict)}" data-verdict-name="{escape(line.verdict)}"'
    return (
        f'<tr {order} {verdict}><td class="ledger-claim" data-sort="{escape(claim.id)}">{title}</td>'
        f"<td>{badge(line.verdict, line.sign)} {chips(line)}</td>"
        f"<td>{escape(found)}{number}</td></tr>"
    )
