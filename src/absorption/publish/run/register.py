"""Freeze claims before the runs that decide them."""

import json
from collections.abc import Iterable, Sequence

from absorption.claims import Registration
from absorption.claims.registration import complaint, frozen
from absorption.publish.run.declared import declared
from absorption.publish.run.sources import Source
from absorption.runtime.paths import results_dir


def register(sources: Sequence[Source], pilots: Iterable[str] = ()) -> list[str]:
    """Freeze each claim as its source declares it, and say in a line what that made of its predicates.

    Args:
        sources: The notebooks.
        pilots: Ids of further claims whose published runs showed numbers of the same worlds.

    Raises:
        MendableError: a source declares no proper claim.
        RegistrationError: a registration is damaged.
        OSError: a file cannot be written.
    """
    said = []
    for source in sources:
        claim, seeds = declared(source)
        if not complaint(claim, source.design, seeds):
            said.append(f"{source.id}: nothing changed since it was registered")
            continue
        seen = {seed for id in (source.id, *pilots) for seed in seeds_seen(id)}
        made = frozen(claim, source.design, seeds, seen=seen, before=Registration.read(source.id))
        made.write()
        late = [name for name, one in made.predicates.items() if one.post_hoc]
        words = f"{len(made.predicates) - len(late)} of {len(made.predicates)} predicates are registered"
        said.append(f"{source.id}: {words}" + (f", post hoc: {', '.join(late)}" if late else ""))
    return said


def seeds_seen(claim_id: str) -> set[int]:
    """The seeds of every published record of a claim that holds a number, whatever its profile.

    A record of what was not run has seeds as well, but nobody has seen what they give.
    """
    seen: set[int] = set()
    for path in results_dir().glob(f"{claim_id}*.json"):
        record = json.loads(path.read_text(encoding="utf-8"))
        if record.get("evidence"):
            seen |= set(record.get("seeds", ()))
    return seen
