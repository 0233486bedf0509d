"""Claims, evidence, verdicts and the ledger: numbers, not tensors."""

from absorption.claims.claim import TIERS, Claim, Finding, Predicate, Quotation
from absorption.claims.conclude import conclude
from absorption.claims.evidence import Evidence
from absorption.claims.record import Record, RecordError, load_records
from absorption.claims.registration import Registration, RegistrationError
from absorption.claims.verdict import Outcome, Verdict

__all__ = [
    "TIERS",
    "Claim",
    "Evidence",
    "Finding",
    "Outcome",
    "Predicate",
    "Quotation",
    "Record",
    "RecordError",
    "Registration",
    "RegistrationError",
    "Verdict",
    "conclude",
    "load_records",
]
