"""Registration: what was frozen, on which day, and whether its numbers had been seen by then.

A bound that is chosen after the result is no test. So a claim is frozen before the run that decides: a hash over
the claim, its predicates, the design and the seeds is kept in `registrations/<id>.json`, which is committed. A
predicate that is new or changed, or whose design changed, is *registered* if none of its seeds had been used in a
run that somebody saw; otherwise it is *post hoc*, and stays so until it is asked of fresh seeds.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from absorption.claims.claim import Claim, Predicate
from absorption.runtime.paths import registrations_dir, write_atomically


class RegistrationError(ValueError):
    """A registration file that cannot be read; the message says which and what to do."""


@dataclass(frozen=True)
class Frozen:
    """When one predicate was frozen.

    Args:
        hash: Of what it asks.
        date: The day, as YYYY-MM-DD.
        post_hoc: Whether numbers of the same seeds had been seen by then.
    """

    hash: str
    date: str
    post_hoc: bool


@dataclass(frozen=True)
class Registration:
    """A claim as it was frozen.

    Args:
        claim: Its id.
        hash: Over claim, predicates, design and seeds.
        design: The parameters of the run that decides.
        seeds: The seeds of that run.
        seen: Seeds of runs that had been seen before, pilots among them.
        predicates: When each was frozen.
    """

    claim: str
    hash: str
    design: dict[str, Any]
    seeds: tuple[int, ...]
    seen: tuple[int, ...]
    predicates: dict[str, Frozen]

    @classmethod
    def read(cls, claim_id: str) -> "Registration | None":
        """The registration of a claim, or nothing where there is none.

        Raises:
            RegistrationError: the file is damaged.
        """
        path = _path(claim_id)
        if not path.exists():
            return None
        try:
            fields = json.loads(path.read_text(encoding="utf-8"))
            predicates = {name: Frozen(**frozen) for name, frozen in fields["predicates"].items()}
            numbers = {"seeds": tuple(fields["seeds"]), "seen": tuple(fields["seen"])}
            return cls(**fields | numbers | {"predicates": predicates})
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise RegistrationError(
                f"registrations/{path.name} cannot be read ({error}); restore it from the repository's history."
            ) from error

    def write(self) -> None:
        """Write the file whole or not at all.

        Raises:
            OSError: the disk is full or the folder cannot be written.
        """
        text = json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"
        write_atomically(_path(self.claim), lambda temporary: temporary.write_text(text, encoding="utf-8"))


def claim_hash(claim: Claim, design: Mapping[str, Any], seeds: Iterable[int]) -> str:
    """SHA-256 over everything that is frozen.

    >>> from absorption.claims.claim import Quotation
    >>> words = Quotation("the gap vanishes", "someone2024", "§2")
    >>> small = Predicate("small", "no gap", "gap", "it is real", below=0.02, tier="proof", essential=True)
    >>> claim = Claim("99_gap", "Does the gap vanish?", "The gap vanishes.", (words,), (small,))
    >>> claim_hash(claim, {"steps": 5}, seeds=[0]) == claim_hash(claim, {"steps": 6}, seeds=[0])
    False
    """
    return _sha256([asdict(claim), dict(design), [int(seed) for seed in seeds]])


def predicate_hash(predicate: Predicate) -> str:
    """SHA-256 over what a predicate asks; the reason of its bound may be worded better later.

    >>> near, reworded, nearer = (
    ...     predicate_hash(Predicate("small", "no gap", "gap", because=why, below=bound))
    ...     for why, bound in (("it is real", 0.02), ("a gap is real", 0.02), ("it is real", 0.01))
    ... )
    >>> near == reworded, near == nearer
    (True, False)
    """
    asked = asdict(predicate)
    del asked["because"]
    return _sha256(asked)


def frozen(
    claim: Claim,
    design: Mapping[str, Any],
    seeds: Iterable[int],
    *,
    seen: Iterable[int],
    before: Registration | None,
    date: str | None = None,
) -> Registration:
    """The claim frozen now.

    >>> from absorption.claims.claim import Quotation
    >>> words = Quotation("the gap vanishes", "someone2024", "§2")
    >>> small = Predicate("small", "no gap", "gap", "it is real", below=0.02, tier="proof", essential=True)
    >>> claim = Claim("99_gap", "Does the gap vanish?", "The gap vanishes.", (words,), (small,))
    >>> first = frozen(claim, {"n": 3}, seeds=[1], seen=[0], before=None, date="2025-01-31")
    >>> first.predicates["small"].date, first.predicates["small"].post_hoc
    ('2025-01-31', False)

    Args:
        claim: What is frozen.
        design: Its parameters.
        seeds: Of the run that will decide.
        seen: Seeds of runs that somebody has seen.
        before: The registration that this one replaces; a predicate that is still the same keeps its day.
        date: The day, today if left out.
    """
    today = date or f"{datetime.now(UTC):%Y-%m-%d}"
    wanted = tuple(int(seed) for seed in seeds)
    known = set(map(int, seen)) | set(before.seen if before else ())
    same_run = before is not None and (before.seeds, _sha256(before.design)) == (
        wanted,
        _sha256(dict(design)),
    )
    kept = before.predicates if before is not None and same_run else {}
    predicates = {}
    for predicate in claim.predicates:
        asked, old = predicate_hash(predicate), kept.get(predicate.name)
        unchanged = old is not None and old.hash == asked
        predicates[predicate.name] = old if unchanged else Frozen(asked, today, bool(known & set(wanted)))
    whole = claim_hash(claim, design, wanted)
    return Registration(claim.id, whole, dict(design), wanted, tuple(sorted(known)), predicates)


def dates(claim: Claim) -> dict[str, tuple[str, bool]]:
    """For each predicate the day on which it was frozen (empty if it never was) and whether it is post hoc.

    What a proof shows does not depend on when it was asked: predicates of that tier are never post hoc.

    >>> from absorption.claims.claim import Quotation
    >>> words = Quotation("the gap vanishes", "someone2024", "§2")
    >>> small = Predicate("small", "no gap", "gap", "it is real", below=0.02, tier="proof", essential=True)
    >>> dates(Claim("99_gap", "Does the gap vanish?", "The gap vanishes.", (words,), (small,)))
    {'small': ('', False)}

    Raises:
        RegistrationError: the registration's file is damaged.
    """
    registration = Registration.read(claim.id)
    known = registration.predicates if registration else {}
    found = {}
    for predicate in claim.predicates:
        one = known.get(predicate.name)
        if one is None or one.hash != predicate_hash(predicate):
            one = Frozen("", "", True)
        found[predicate.name] = (one.date, one.post_hoc and predicate.tier != "proof")
    return found


def complaint(claim: Claim, design: Mapping[str, Any], seeds: Iterable[int]) -> str:
    """Why the claim is not the registered one, in one sentence; nothing if it is.

    >>> from absorption.claims.claim import Quotation
    >>> words = Quotation("the gap vanishes", "someone2024", "§2")
    >>> small = Predicate("small", "no gap", "gap", "it is real", below=0.02, tier="proof", essential=True)
    >>> claim = Claim("99_gap", "Does the gap vanish?", "The gap vanishes.", (words,), (small,))
    >>> print(complaint(claim, {"n": 3}, seeds=[1]))
    notebooks/99_gap.py: the claim is not registered; `absorption register 99` freezes it as it is now.

    Raises:
        RegistrationError: the registration's file is damaged.
    """
    registration = Registration.read(claim.id)
    again = f"`absorption register {claim.id[:2]}` freezes it as it is now."
    if registration is None:
        return f"notebooks/{claim.id}.py: the claim is not registered; {again}"
    if registration.hash != claim_hash(claim, design, seeds):
        return f"notebooks/{claim.id}.py: claim, design or seeds differ from registrations/{claim.id}.json; {again}"
    return ""


def _path(claim_id: str) -> Path:
    return registrations_dir() / f"{claim_id}.json"


def _sha256(described: Any) -> str:
    text = json.dumps(described, sort_keys=True, ensure_ascii=False, default=list)
    return hashlib.sha256(text.encode()).hexdigest()
