"""A claim: what a source says, and what would have to be seen for it to be true."""

from collections import Counter
from dataclasses import dataclass
from typing import Literal, get_args

Tier = Literal["proof", "toy", "language model", "hub"]
TIERS: tuple[Tier, ...] = get_args(Tier)


@dataclass(frozen=True)
class Predicate:
    """One thing that must be seen, declared before the experiment.

    Args:
        name: Identifier within its claim.
        statement: The predicate in words, as a reader of the page should see it.
        evidence: Name of the evidence whose interval is judged.
        above: The whole interval must lie strictly above this.
        below: The whole interval must lie strictly below this.
        tier: Where it is tested; a claim gets one verdict for each tier that it names.
        essential: The claim is false without it. Other predicates only qualify the claim.
        control: It tests the method and not the claim: an oracle that must pass, a random one that must not.

    Raises:
        ValueError: no bound is given, the bounds exclude every number, the tier is unknown, or a control
            is also called essential.
    """

    name: str
    statement: str
    evidence: str
    above: float | int | None = None
    below: float | int | None = None
    tier: Tier = "toy"
    essential: bool = False
    control: bool = False

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        if self.above is None and self.below is None:
            raise ValueError(f"predicate {self.name}: give above=, below= or both.")
        if self.above is not None and self.below is not None and self.above >= self.below:
            raise ValueError(f"predicate {self.name}: nothing is above {self.above} and below {self.below}.")
        if self.tier not in TIERS:
            raise ValueError(f"predicate {self.name}: tier must be one of {TIERS}, not {self.tier!r}.")
        if self.essential and self.control:
            raise ValueError(f"predicate {self.name} is a control, so it cannot be essential to the claim.")


@dataclass(frozen=True)
class Claim:
    """One sentence of a source and the predicates that decide about it.

    Args:
        id: The notebook's name without its ending, such as `02_absorption_law`.
        title: The page's title.
        sentence: The claim in one sentence.
        sources: Keys in `book/references.bib`.
        predicates: What would have to be seen; at least one essential predicate in each tier.

    Raises:
        ValueError: two predicates share a name, or a tier has no essential predicate.
    """

    id: str
    title: str
    sentence: str
    sources: tuple[str, ...]
    predicates: tuple[Predicate, ...]

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        twice = [name for name, n in Counter(p.name for p in self.predicates).items() if n > 1]
        if twice:
            raise ValueError(f"claim {self.id}: predicates named twice: {', '.join(twice)}.")
        if not self.predicates:
            raise ValueError(f"claim {self.id} has no predicate: what would have to be seen?")
        for tier in self.tiers:
            if not any(p.essential for p in self.predicates if p.tier == tier):
                raise ValueError(f"claim {self.id}: tier {tier!r} needs at least one essential predicate.")

    @property
    def tiers(self) -> tuple[Tier, ...]:
        """The tiers that the predicates name, in the order proof, toy, language model, hub."""
        named = {p.tier for p in self.predicates}
        return tuple(tier for tier in TIERS if tier in named)
