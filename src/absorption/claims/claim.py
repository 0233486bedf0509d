"""A claim: what a source says, and what would have to be seen for it to be true."""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Literal, get_args

Tier = Literal["proof", "toy", "language model", "hub"]
TIERS: tuple[Tier, ...] = get_args(Tier)
TRAINED: tuple[Tier, ...] = ("toy", "language model", "hub")
"""Tiers in which SAEs are judged, so that something has to say whether they had learned."""

Role = Literal["deciding", "gate", "match", "null", "control"]
MOST_DECIDING = 6
LONGEST_QUOTATION = 60  # words: a quotation is short


@dataclass(frozen=True)
class Quotation:
    """The source's own words.

    >>> Quotation("the gap vanishes", "someone2024", "§2").place
    '§2'

    Args:
        words: A short quotation, letter by letter as printed.
        source: Key in `book/references.bib`.
        place: Where it stands there, such as `§5.3` or `last section`.

    Raises:
        ValueError: a field is empty, or the quotation is long.
    """

    words: str
    source: str
    place: str

    def __post_init__(self) -> None:
        """Refuse what nobody could look up."""
        if not (self.words.strip() and self.source.strip() and self.place.strip()):
            raise ValueError("a quotation needs its words, its source and its place in it.")
        if len(self.words.split()) > LONGEST_QUOTATION:
            raise ValueError(f"the quotation “{self.words[:40]}…” has more than {LONGEST_QUOTATION} words.")


@dataclass(frozen=True)
class Predicate:
    """One thing that must be seen, frozen before the run that decides.

    >>> Predicate("small", "the gap is small", "gap", because="nobody sees less", below=0.02).role
    'deciding'

    Args:
        name: Identifier within its claim.
        statement: The predicate in words, as a reader of the page should see it.
        evidence: Name of the evidence whose interval is judged.
        because: Why the bound lies there: the smallest effect that would matter, and to whom.
        above: The whole interval must lie strictly above this.
        below: The whole interval must lie strictly below this.
        tier: Where it is tested; a claim gets one verdict for each tier that it names.
        essential: The claim is false without it. Other deciding predicates only qualify the claim.
        role: `deciding`: about the claim. `gate`: the SAEs that are judged have learned. `match`: what is compared
            differs in nothing else that matters, such as L0. `null`: the same number where everything but the
            thing claimed is kept. `control`: an oracle that must pass, or something untrained that must not.

    Raises:
        ValueError: no bound or no reason is given, the bounds exclude every number, the tier or role is unknown,
            or something else than a deciding predicate is called essential.
    """

    name: str
    statement: str
    evidence: str
    because: str = ""
    above: float | int | None = None
    below: float | int | None = None
    tier: Tier = "toy"
    essential: bool = False
    role: Role = "deciding"

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        if self.above is None and self.below is None:
            raise ValueError(f"predicate {self.name}: give above=, below= or both.")
        if self.above is not None and self.below is not None and self.above >= self.below:
            raise ValueError(f"predicate {self.name}: nothing is above {self.above} and below {self.below}.")
        if self.tier not in TIERS:
            raise ValueError(f"predicate {self.name}: tier must be one of {TIERS}, not {self.tier!r}.")
        if self.role not in get_args(Role):
            raise ValueError(
                f"predicate {self.name}: role must be one of {get_args(Role)}, not {self.role!r}."
            )
        if self.essential and self.role != "deciding":
            raise ValueError(
                f"predicate {self.name} is a {self.role}, so it cannot be essential to the claim."
            )
        if not self.because.strip():
            raise ValueError(f"predicate {self.name}: say in because= why its bound lies where it does.")


@dataclass(frozen=True)
class Finding:
    """A number worth knowing on which no verdict hangs.

    Args:
        statement: What it is, in words.
        evidence: Name of the evidence.
        tier: Where it was measured.
    """

    statement: str
    evidence: str
    tier: Tier = "toy"


@dataclass(frozen=True)
class Claim:
    """One sentence of a source and the predicates that decide about it.

    >>> words = Quotation("the gap vanishes", "someone2024", "§2")
    >>> small = Predicate(
    ...     "small", "the gap is small", "gap", "nobody sees less", below=0.02, tier="proof", essential=True
    ... )
    >>> Claim("99_gap", "Does the gap vanish?", "The gap vanishes.", (words,), (small,)).tiers
    ('proof',)

    Args:
        id: The notebook's name without its ending, such as `02_absorption_law`.
        title: The page's title: a question, since a title is no verdict.
        sentence: The claim in one sentence, with the source's meaning and strength.
        quotations: The source's own words.
        predicates: What would have to be seen: at most six deciding ones, in each tier at least one essential one
            and, where SAEs are trained, at least one gate.
        findings: Numbers that the page reports besides.

    Raises:
        ValueError: one of these rules is broken, two predicates share a name, or the id is no `NN_slug`.
    """

    id: str
    title: str
    sentence: str
    quotations: tuple[Quotation, ...]
    predicates: tuple[Predicate, ...]
    findings: tuple[Finding, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        if not re.fullmatch(r"\d\d_[a-z0-9_]+", self.id):
            raise ValueError(f"claim {self.id!r}: an id is two digits and a slug, such as 02_absorption_law.")
        if not self.quotations:
            raise ValueError(f"claim {self.id} quotes nobody: give the source's words in quotations=.")
        if not self.predicates:
            raise ValueError(f"claim {self.id} has no predicate: what would have to be seen?")
        twice = [name for name, n in Counter(p.name for p in self.predicates).items() if n > 1]
        if twice:
            raise ValueError(f"claim {self.id}: predicates named twice: {', '.join(twice)}.")
        if len(self.deciding) > MOST_DECIDING:
            raise ValueError(
                f"claim {self.id}: {len(self.deciding)} predicates decide, at most {MOST_DECIDING} may; "
                "make the others findings."
            )
        for tier in self.tiers:
            there = [p for p in self.predicates if p.tier == tier]
            if not any(p.essential for p in there):
                raise ValueError(f"claim {self.id}: tier {tier!r} needs at least one essential predicate.")
            if tier in TRAINED and not any(p.role == "gate" for p in there):
                raise ValueError(f"claim {self.id}: tier {tier!r} needs a gate: had its SAEs learned?")

    @property
    def deciding(self) -> tuple[Predicate, ...]:
        """The predicates about the claim itself."""
        return tuple(p for p in self.predicates if p.role == "deciding")

    @property
    def tiers(self) -> tuple[Tier, ...]:
        """The tiers that the predicates name, in the order proof, toy, language model, hub."""
        named = {p.tier for p in self.predicates}
        return tuple(tier for tier in TIERS if tier in named)
