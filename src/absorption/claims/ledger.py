"""The ledger: one line a claim, tier and profile, made from the records alone."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from absorption.claims.claim import Predicate, Tier
from absorption.claims.evidence import Evidence
from absorption.claims.record import LAPTOP, Record
from absorption.claims.verdict import Verdict

if TYPE_CHECKING:
    from rich.table import Table

HEADINGS = ("Claim", "Tier", "Verdict", "What was found", "Run")
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
        record: Whose line it is.
        tier: Where the claim was tested.
        first: Whether it is the claim's first line, on which the claim itself stands.
    """

    record: Record
    tier: Tier
    first: bool

    @property
    def verdict(self) -> Verdict:
        """What came of the claim in this tier."""
        return self.record.verdicts[self.tier]

    @property
    def sign(self) -> str:
        """The verdict with a sign, so that it does not depend on colour."""
        return f"{SIGNS[self.verdict]} {self.verdict}"

    @property
    def registered(self) -> str:
        """`registered DATE`, `post hoc`, or nothing for a proof and for what was not run."""
        return "" if self.verdict is Verdict.NOT_RUN else self.record.registered(self.tier)

    @property
    def basis(self) -> str:
        """What was found, and what keeps the verdict from being *supported*."""
        why = self.record.why[self.tier]
        if self.verdict is Verdict.NOT_RUN:
            return why
        return f"{self.record.found} ({why})" if why else self.record.found

    @property
    def headline(self) -> tuple[Evidence, Predicate | None] | None:
        """The one number of the line with the predicate that judges it, where it belongs to this tier."""
        record = self.record
        asked = (*record.claim.predicates, *record.claim.findings)
        of_tier = [one for one in asked if one.tier == self.tier and one.evidence == record.headline]
        evidence = record.get(record.headline)
        if evidence is None or evidence.value is None or not of_tier:
            return None
        return evidence, next((one for one in of_tier if isinstance(one, Predicate)), None)

    @property
    def run(self) -> str:
        """Profile, device and, where recorded, the date."""
        record = self.record
        return ", ".join(p for p in (record.profile, record.device, record.made.get("date", "")) if p)


def lines(records: Iterable[Record]) -> list[Line]:
    """The ledger's lines in the order of the claims; tiers in order, other profiles below the laptop's.

    >>> import os, tempfile
    >>> from unittest.mock import patch
    >>> from absorption.claims import Claim, Quotation, conclude
    >>> words = Quotation("the gap vanishes", "someone2024", "§2")
    >>> small = Predicate("small", "no gap", "gap", "it is real", below=0.02, tier="proof", essential=True)
    >>> claim = Claim("99_gap", "Does the gap vanish?", "The gap vanishes.", (words,), (small,))
    >>> run = {"seeds": [0], "parameters": {}, "profile": "laptop", "device": "cpu"}
    >>> with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, ABSORPTION_RESULTS=folder):
    ...     record = conclude(claim, [Evidence.exactly("gap", 0)], found="None.", headline="gap", **run)
    >>> [(line.tier, line.sign, line.run) for line in lines([record])]
    [('proof', '✓ supported', 'laptop, cpu')]
    """
    made: list[Line] = []
    for record in records:
        for tier in record.verdicts:
            first = not any(line.record.claim.id == record.claim.id for line in made)
            made.append(Line(record, tier, first))
    return made


def as_markdown(records: Iterable[Record], link: Callable[[str], str]) -> str:
    """The ledger as a short Markdown table; `link` turns a claim's id into the address of its page.

    >>> print(as_markdown([], link=lambda claim: f"claims/{claim}.ipynb"))  # of no record, the head alone
    | Claim | Tier | Verdict | What was found | Run |
    | --- | --- | --- | --- | --- |
    """
    rows = [HEADINGS, ("---",) * len(HEADINGS)]
    for line in lines(records):
        claim = line.record.claim
        title = f"[{claim.title}]({link(claim.id)})" if line.first else ""
        verdict = f"{line.sign}, {line.registered}" if line.registered else line.sign
        found = line.record.why[line.tier] if line.verdict is Verdict.NOT_RUN else line.record.found
        rows.append((title, line.tier, verdict, found, line.run))
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |" for row in rows)


def as_table(records: Iterable[Record]) -> "Table":
    """The ledger as a rich table for the terminal.

    >>> [column.header for column in as_table([]).columns]
    ['Claim', 'Tier', 'Verdict', 'What was found', 'Run']
    """
    from rich.table import Table
    from rich.text import Text

    table = Table(*HEADINGS, title="Ledger", show_lines=True)
    for line in lines(records):
        verdict = Text(f"{line.sign}\n{line.registered}".rstrip(), style=COLOURS[line.verdict])
        title = line.record.claim.title if line.first else ""
        table.add_row(Text(title), line.tier, verdict, Text(line.basis), line.run)
    return table


def summary(records: Iterable[Record], profile: str = LAPTOP) -> list[str]:
    """Five lines, one a verdict: how many of a profile's lines of the ledger came out so, and which.

    >>> summary([])[:2]  # of no record
    ['✓ supported      0', '◐ qualified      0']
    """
    ours = lines(record for record in records if record.profile == profile)
    made = []
    for verdict in Verdict:
        found = [f"{line.record.claim.id} ({line.tier})" for line in ours if line.verdict == verdict]
        made.append(f"{SIGNS[verdict]} {verdict:<12} {len(found):>3}  {', '.join(found)}".rstrip())
    return made
