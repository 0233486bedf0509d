"""The record of a run: a small JSON file that the ledger, the README and the regression test read."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from absorption.claims.claim import Claim, Finding, Predicate, Quotation, Tier
from absorption.claims.evidence import Evidence
from absorption.claims.verdict import Outcome, Verdict, judge_claim
from absorption.runtime.paths import results_dir, write_atomically

LAPTOP = "laptop"
QUICK = "quick"
"""For tests and a first look; its records are never published."""


def record_name(claim_id: str, profile: str) -> str:
    """A record's file name: `<id>.json` from a laptop, `<id>.<profile>.json` from elsewhere.

    >>> record_name("02_absorption_law", "laptop"), record_name("02_absorption_law", "gpu")
    ('02_absorption_law.json', '02_absorption_law.gpu.json')
    """
    return f"{claim_id}.json" if profile == LAPTOP else f"{claim_id}.{profile}.json"


class RecordError(ValueError):
    """A record file that cannot be read; the message says which and what to do."""


@dataclass(frozen=True)
class Record:
    """A claim, what was measured, and what follows.

    >>> import os, tempfile
    >>> from unittest.mock import patch
    >>> from absorption.claims import conclude
    >>> words = Quotation("the gap vanishes", "someone2024", "§2")
    >>> small = Predicate("small", "no gap", "gap", "it is real", below=0.02, tier="proof", essential=True)
    >>> claim = Claim("99_gap", "Does the gap vanish?", "The gap vanishes.", (words,), (small,))
    >>> run = {"seeds": [0], "parameters": {}, "profile": "laptop", "device": "cpu"}
    >>> with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, ABSORPTION_RESULTS=folder):
    ...     made = conclude(claim, [Evidence.exactly("gap", 0)], found="None.", headline="gap", **run)
    ...     read = Record.read(made.path)
    >>> print(read["gap"], read == made, sep="; ")
    0, exact; True

    Args:
        claim: What was tested.
        evidence: What was measured.
        outcomes: What became of each predicate, by its name.
        verdicts: One verdict for each tier.
        why: For each tier what keeps its verdict from being *supported*, or why it was not run; else empty.
        found: What was found, in a plain sentence with at most three numbers.
        headline: Name of the evidence that the ledger shows.
        frozen: The day on which each predicate was frozen; empty for one that never was.
        post_hoc: Predicates frozen only after numbers of the same seeds had been seen.
        profile: The set of parameters, such as `laptop`.
        device: Where it ran, as torch names it.
        seeds: Every seed that was used.
        parameters: The notebook's parameters that the numbers depend on.
        versions: Python and the packages that the numbers can depend on.
        source: SHA-256 of the notebook's source text; empty where the source is unknown.
        made: Date and commit of a large run; a laptop's and a quick one's record hold none, so that
            repeating them changes no byte.
    """

    claim: Claim
    evidence: tuple[Evidence, ...]
    outcomes: dict[str, Outcome]
    verdicts: dict[Tier, Verdict]
    why: dict[Tier, str]
    found: str
    headline: str
    frozen: dict[str, str]
    post_hoc: tuple[str, ...]
    profile: str
    device: str
    seeds: tuple[int, ...]
    parameters: dict[str, Any]
    versions: dict[str, str]
    source: str
    made: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Evidence:
        """The evidence of that name."""
        return next(e for e in self.evidence if e.name == name)

    def get(self, name: str) -> Evidence | None:
        """The evidence of that name, or nothing where a tier was not run."""
        return next((e for e in self.evidence if e.name == name), None)

    def __str__(self) -> str:
        """One line a predicate in fixed digits, then one line a tier."""
        lines = [
            f"{self.outcomes[p.name]:<13}  {p.statement}  [{self.get(p.evidence) or 'no evidence'}]{self._role(p)}"
            for p in self.claim.predicates
        ]
        return "\n".join([*lines, "", *self.verdict_lines()])

    def verdict_lines(self) -> list[str]:
        """One line a tier: the tier, the verdict and, where it is not *supported*, why."""
        return [
            f"{tier}: {verdict}" + (f" ({self.why[tier]})" if self.why[tier] else "")
            for tier, verdict in self.verdicts.items()
        ]

    def registered(self, tier: Tier) -> str:
        """`registered DATE`, `post hoc`, or for a proof nothing: what the tier's predicates are, the worst of them."""
        own = [p.name for p in self.claim.predicates if p.tier == tier]
        if tier == "proof":
            return ""
        if any(name in self.post_hoc for name in own):
            return "post hoc"
        return f"registered {max(self.frozen[name] for name in own)}"

    def not_run(self) -> dict[Tier, str]:
        """The tiers that were not run, and why."""
        return {tier: self.why[tier] for tier, verdict in self.verdicts.items() if verdict is Verdict.NOT_RUN}

    def _role(self, predicate: Predicate) -> str:
        marks = ["essential"] if predicate.essential else []
        marks += [predicate.role] if predicate.role != "deciding" else []
        marks += ["post hoc"] if predicate.name in self.post_hoc else []
        return f" ({', '.join(marks)})" if marks else ""

    @property
    def path(self) -> Path:
        """Where the record lies in the results folder."""
        return results_dir() / record_name(self.claim.id, self.profile)

    def write(self) -> None:
        """Write the record whole or not at all.

        Raises:
            OSError: the disk is full or the folder cannot be written.
        """
        text = json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"
        write_atomically(self.path, lambda temporary: temporary.write_text(text, encoding="utf-8"))

    @classmethod
    def read(cls, path: Path) -> "Record":
        """Read a record and check that its verdicts follow from its own evidence.

        Raises:
            RecordError: the file is damaged, or was edited by hand so that it contradicts itself.
        """
        try:
            fields = json.loads(path.read_text(encoding="utf-8"))
            record = cls(
                **fields
                | {
                    "claim": _read_claim(fields["claim"]),
                    "evidence": tuple(Evidence(**e) for e in fields["evidence"]),
                    "outcomes": {name: Outcome(outcome) for name, outcome in fields["outcomes"].items()},
                    "verdicts": {tier: Verdict(verdict) for tier, verdict in fields["verdicts"].items()},
                    "post_hoc": tuple(fields["post_hoc"]),
                    "seeds": tuple(fields["seeds"]),
                }
            )
            judged = judge_claim(record.claim, record.evidence, record.post_hoc, record.not_run())
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise RecordError(
                f"{path.name} is not a readable record ({error}); run its notebook again."
            ) from error
        if judged != (record.outcomes, record.verdicts, record.why):
            raise RecordError(
                f"{path.name}: its verdicts do not follow from its evidence; run its notebook again."
            )
        return record


def _read_claim(fields: dict[str, Any]) -> Claim:
    """A claim from a record's JSON."""
    parts = {
        "quotations": tuple(Quotation(**q) for q in fields["quotations"]),
        "predicates": tuple(Predicate(**p) for p in fields["predicates"]),
        "findings": tuple(Finding(**f) for f in fields["findings"]),
    }
    return Claim(**fields | parts)


def load_records(folder: Path | None = None) -> list[Record]:
    """Every record of the results folder, by claim, the laptop's before the others.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     load_records(Path(folder))  # nothing was run yet
    []

    Raises:
        RecordError: a record is damaged or contradicts itself.
    """
    records = [Record.read(path) for path in sorted((folder or results_dir()).glob("*.json"))]
    return sorted(records, key=lambda r: (r.claim.id, r.profile != LAPTOP, r.profile))
