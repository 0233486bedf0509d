"""Claims, evidence, verdicts and the ledger: numbers, not tensors."""

from absorption.claims.claim import TIERS, Claim, Predicate
from absorption.claims.evidence import Evidence
from absorption.claims.record import Record, RecordError, conclude, load_records
from absorption.claims.verdict import Outcome, Verdict

__all__ = [
    "TIERS",
    "Claim",
    "Evidence",
    "Outcome",
    "Predicate",
    "Record",
    "RecordError",
    "Verdict",
    "conclude",
    "load_records",
]
