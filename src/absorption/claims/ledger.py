"""The ledger: one line a claim, tier and profile, made from the records alone."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from absorption.claims.record import LAPTOP, Record, describe
from absorption.claims.verdict import Verdict

if TYPE_CHECKING:
    from rich.table import Table

HEADINGS = ("Claim", "Tier", "Verdict", "What decided it", "Run")
SIGNS = {
    Verdict.SUPPORTED: "✓",
    Verdict.QUALIFIED: "◐",
    Verdict.REFUTED: "✗",
    Verdict.INCONCLUSIVE: "?",
    Verdict.NOT_RUN: "–",
}
COLOURS = {
    Verdict.SUPPORTED: "green",
    Verdict.QUALIFIED: "yellow",
    Verdict.REFUTED: "red",
    Verdict.INCONCLUSIVE: "magenta",
    Verdict.NOT_RUN: "bright_black",
}


@dataclass(frozen=True)
class Line:
    """One line of the ledger.

    Args:
        id: The claim's id.
        title: Its title; empty on the further lines of the same claim.
        sentence: The claim itself; empty on the further lines of the same claim.
        tier: Where it was tested.
        verdict: What came of it there.
        basis: The predicate that decided and its number, or why it was not run.
        run: Profile, device and, where recorded, the date.
    """

    id: str
    title: str
    sentence: str
    tier: str
    verdict: Verdict
    basis: str
    run: str

    @property
    def sign(self) -> str:
        """The verdict with a sign, so that it does not depend on colour."""
        return f"{SIGNS[self.verdict]} {self.verdict}"


def lines(records: Iterable[Record]) -> list[Line]:
    """The ledger's lines in the order of the claims; tiers in order, other profiles below the laptop's."""
    made: list[Line] = []
    for record in records:
        claim = record.claim
        for tier, verdict in record.verdicts.items():
            first = not any(line.id == claim.id for line in made)
            made.append(
                Line(
                    claim.id,
                    claim.title if first else "",
                    claim.sentence if first else "",
                    tier,
                    verdict,
                    _basis(record, tier),
                    _run(record),
                )
            )
    return made


def as_html(records: Iterable[Record], link: Callable[[str], str]) -> str:
    """The ledger as an HTML table; `link` turns a claim's id into the address of its page."""
    rows = []
    for line in lines(records):
        claim = ""
        if line.title:
            claim = (
                f'<a href="{escape(link(line.id))}">{escape(line.title)}</a>'
                f'<span class="ledger-sentence">{escape(line.sentence)}</span>'
            )
        badge = f'<span class="verdict verdict-{line.verdict.replace(" ", "-")}">{escape(line.sign)}</span>'
        cells = (claim, escape(line.tier), badge, escape(line.basis), escape(line.run))
        rows.append("".join(f"<td>{cell}</td>" for cell in cells))
    head = "".join(f'<th scope="col">{heading}</th>' for heading in HEADINGS)
    body = "\n".join(f"<tr>{row}</tr>" for row in rows)
    return (
        '<div class="ledger-scroll" tabindex="0" role="region" aria-label="Ledger of claims">\n'
        f'<table class="ledger table">\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>\n</div>'
    )


def as_markdown(records: Iterable[Record], link: Callable[[str], str]) -> str:
    """The ledger as a Markdown table; `link` turns a claim's id into the address of its page."""
    rows = [HEADINGS, ("---",) * len(HEADINGS)]
    for line in lines(records):
        title = f"[{line.title}]({link(line.id)})" if line.title else ""
        rows.append((title, line.tier, line.sign, line.basis, line.run))
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |" for row in rows)


def as_table(records: Iterable[Record]) -> "Table":
    """The ledger as a rich table for the terminal."""
    from rich.table import Table
    from rich.text import Text

    table = Table(*HEADINGS, title="Ledger", show_lines=True)
    for line in lines(records):
        verdict = Text(line.sign, style=COLOURS[line.verdict])
        table.add_row(Text(line.title), line.tier, verdict, Text(line.basis), line.run)
    return table


def _basis(record: Record, tier: str) -> str:
    """The first essential predicate of the tier with its number, or the predicate that spoiled it."""
    if tier in record.reasons:
        return record.reasons[tier]
    predicates = [p for p in record.claim.predicates if p.tier == tier]
    essential = [p for p in predicates if p.essential]
    deciding = {
        Verdict.SUPPORTED: essential,
        Verdict.QUALIFIED: [p for p in predicates if record.outcomes[p.name] != "holds"],
        Verdict.REFUTED: [p for p in essential if record.outcomes[p.name] == "fails"],
        Verdict.INCONCLUSIVE: [
            p for p in predicates if (p.control or p.essential) and record.outcomes[p.name] != "holds"
        ],
    }[record.verdicts[tier]]
    predicate = deciding[0]
    outcome = "" if record.outcomes[predicate.name] == "holds" else f" ({record.outcomes[predicate.name]})"
    return f"{predicate.statement}: {describe(record[predicate.evidence])}{outcome}"


def _run(record: Record) -> str:
    date = record.made.get("date", "")
    return ", ".join(part for part in (record.profile, record.device, date) if part)


def summary(records: Iterable[Record], profile: str = LAPTOP) -> list[str]:
    """Five lines, one a verdict: how many of a profile's lines of the ledger came out so, and which."""
    ours = lines(record for record in records if record.profile == profile)
    made = []
    for verdict in Verdict:
        found = [f"{line.id} ({line.tier})" for line in ours if line.verdict == verdict]
        made.append(f"{SIGNS[verdict]} {verdict:<12} {len(found):>3}  {', '.join(found)}".rstrip())
    return made
