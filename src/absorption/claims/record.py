"""The record of a run: a small JSON file that the ledger, the README and the regression test read."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from absorption.claims.claim import TIERS, Claim, Predicate
from absorption.claims.evidence import Evidence
from absorption.claims.provenance import commit, source_hash, versions
from absorption.claims.verdict import Outcome, Verdict, decide, judge
from absorption.runtime.paths import results_dir, write_atomically

LAPTOP = "laptop"
RECORDED_PACKAGES = (
    "numpy",
    "scipy",
    "scikit-learn",
    "sympy",
    "z3-solver",
    "torch",
    "sae-lens",
    "transformers",
)


def record_name(claim_id: str, profile: str) -> str:
    """A record's file name: `<id>.json` from a laptop, `<id>.<profile>.json` from elsewhere."""
    return f"{claim_id}.json" if profile == LAPTOP else f"{claim_id}.{profile}.json"


class RecordError(ValueError):
    """A record file that cannot be read; the message says which and what to do."""


@dataclass(frozen=True)
class Record:
    """A claim, what was measured, and what follows.

    Args:
        claim: What was tested.
        evidence: What was measured.
        outcomes: What became of each predicate, by its name.
        verdicts: One verdict for each tier.
        reasons: Why a tier was not run.
        profile: The set of parameters, such as `laptop`.
        device: Where it ran, as torch names it.
        seeds: Every seed that was used.
        parameters: The notebook's parameters that the numbers depend on.
        versions: Python and the packages that the numbers can depend on.
        source: SHA-256 of the notebook's source text; empty where the source is unknown.
        made: Date and commit of a run that is not a laptop's; a laptop's record holds none, so that
            repeating it changes no byte.
    """

    claim: Claim
    evidence: tuple[Evidence, ...]
    outcomes: dict[str, Outcome]
    verdicts: dict[str, Verdict]
    reasons: dict[str, str]
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

    def __str__(self) -> str:
        """One line a predicate in fixed digits, then one line a tier."""
        by_name = {e.name: e for e in self.evidence}
        lines = [
            f"{self.outcomes[p.name]:<12}  {p.statement}  [{describe(by_name.get(p.evidence))}]{_role(p)}"
            for p in self.claim.predicates
        ]
        return "\n".join([*lines, "", *self.verdict_lines()])

    def verdict_lines(self) -> list[str]:
        """One line a tier: the tier, the verdict and, where it was not run, the reason."""
        return [
            f"{tier}: {verdict}" + (f" ({self.reasons[tier]})" if tier in self.reasons else "")
            for tier, verdict in self.verdicts.items()
        ]

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
            claim = fields["claim"]
            predicates = tuple(Predicate(**p) for p in claim["predicates"])
            record = cls(
                **fields
                | {
                    "claim": Claim(**claim | {"sources": tuple(claim["sources"]), "predicates": predicates}),
                    "evidence": tuple(Evidence(**e) for e in fields["evidence"]),
                    "outcomes": {name: Outcome(outcome) for name, outcome in fields["outcomes"].items()},
                    "verdicts": {tier: Verdict(verdict) for tier, verdict in fields["verdicts"].items()},
                    "seeds": tuple(fields["seeds"]),
                }
            )
            judged = _judged(record.claim, record.evidence, record.reasons)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise RecordError(
                f"{path.name} is not a readable record ({error}); run its notebook again."
            ) from error
        if judged != (record.outcomes, record.verdicts):
            raise RecordError(
                f"{path.name}: its verdicts do not follow from its evidence; run its notebook again."
            )
        return record


def conclude(
    claim: Claim,
    evidence: Iterable[Evidence],
    *,
    seeds: Iterable[int],
    parameters: Mapping[str, Any],
    profile: str,
    device: str,
    not_run: Mapping[str, str] | None = None,
) -> Record:
    """Judge every predicate, write the record and return it.

    Args:
        claim: Declared before the experiment.
        evidence: One for each predicate that was tested; more are recorded for the page to cite.
        seeds: Every seed that was used.
        parameters: The notebook's parameters; they must be JSON.
        profile: `laptop` gives `results/<id>.json`; any other gives `results/<id>.<profile>.json`.
        device: Where it ran.
        not_run: Tier to reason, for each tier that was not run.

    Raises:
        ValueError: a predicate lacks its evidence, two pieces of evidence share a name, or a tier that was
            not run has no reason.
        OSError: the record cannot be written.
    """
    gathered = tuple(evidence)
    reasons = dict(not_run or {})
    outcomes, verdicts = _judged(claim, gathered, reasons)
    record = Record(
        claim=claim,
        evidence=gathered,
        outcomes=outcomes,
        verdicts=verdicts,
        reasons=reasons,
        profile=profile,
        device=device,
        seeds=tuple(int(seed) for seed in seeds),
        parameters=dict(parameters),
        versions=versions(),
        source=source_hash(claim.id),
    )
    if profile != LAPTOP:
        record = replace(record, made={"date": f"{datetime.now(UTC):%Y-%m-%d}", "commit": commit()})
    record.write()
    return record


def load_records(folder: Path | None = None) -> list[Record]:
    """Every record of the results folder, by claim, the laptop's before the others.

    Raises:
        RecordError: a record is damaged or contradicts itself.
    """
    records = [Record.read(path) for path in sorted((folder or results_dir()).glob("*.json"))]
    return sorted(records, key=lambda r: (r.claim.id, r.profile != LAPTOP, r.profile))


def describe(evidence: Evidence | None) -> str:
    """A piece of evidence in fixed digits: value, interval, unit, number of seeds."""
    if evidence is None:
        return "no evidence"
    text = f"{evidence.value:.4g}"
    if evidence.low is not None:
        text += f", interval {evidence.low:.4g} to {evidence.high:.4g}"
    text += f" {evidence.unit}" if evidence.unit else ""
    return text + (f", {evidence.n_seeds} seeds" if evidence.n_seeds else "")


def _judged(
    claim: Claim, evidence: Sequence[Evidence], reasons: Mapping[str, str]
) -> tuple[dict[str, Outcome], dict[str, Verdict]]:
    """Outcomes by predicate and verdicts by tier."""
    by_name = {e.name: e for e in evidence}
    if len(by_name) < len(evidence):
        raise ValueError(f"claim {claim.id}: two pieces of evidence share a name.")
    for tier, reason in reasons.items():
        if tier not in TIERS or not reason.strip():
            raise ValueError(f"claim {claim.id}: not_run needs a tier of {TIERS} and a reason for {tier!r}.")
    missing = {p.evidence for p in claim.predicates if p.tier not in reasons} - set(by_name)
    if missing:
        raise ValueError(f"claim {claim.id}: no evidence named {', '.join(sorted(missing))}.")
    outcomes = {
        p.name: Outcome.NOT_RUN if p.tier in reasons else judge(p, by_name[p.evidence])
        for p in claim.predicates
    }
    verdicts: dict[str, Verdict] = {}
    for tier in TIERS:
        if tier in reasons:
            verdicts[tier] = Verdict.NOT_RUN
        elif tier in claim.tiers:
            verdicts[tier] = decide((p, outcomes[p.name]) for p in claim.predicates if p.tier == tier)
    return outcomes, verdicts


def _role(predicate: Predicate) -> str:
    if predicate.control:
        return " (control)"
    return " (essential)" if predicate.essential else ""
