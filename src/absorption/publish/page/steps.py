"""What a claim still needs until it stands in the book: the first thing only, in one sentence."""

import re
from collections.abc import Callable

from absorption.publish.page.checks import claim_fault, first_screen, registration_fault
from absorption.publish.page.map import places
from absorption.publish.page.provenance import complaint as stale
from absorption.publish.run.declared import declared
from absorption.publish.run.references import outdated
from absorption.publish.run.sources import Source, profile_parameters
from absorption.publish.run.unwritten import sabotage_file, unwritten
from absorption.runtime.paths import root


def next_step(source: Source) -> str:
    """The first thing that a claim lacks and the command or line that mends it; nothing if it lacks nothing.

    In this order: a claim cell that can be read, what its author has to write, the cited source, the first screen, the
    parameters, the quick profile, the sabotage, the registration, the quick reference, the published page, the map,
    the table of contents.

    Raises:
        RegistrationError: the claim's registration is damaged.
        MendableError: the map or a profile cannot be read.
    """
    return next((words for step in STEPS if (words := step(source))), "")


def _written(source: Source) -> str:
    return next(iter(unwritten(source)), "")


def _cited(source: Source) -> str:
    text = (root() / "book" / "references.bib").read_text(encoding="utf-8")
    keys = set(re.findall(r"^@\w+\{([^,]+),", text, re.MULTILINE))
    for quotation in declared(source)[0].quotations:
        if quotation.source not in keys:
            return f"book/references.bib has no entry {quotation.source}, which {source.id} quotes; add it there."
    return ""


def _parameters(source: Source) -> str:
    if list(source.defaults.items())[-2:] == [("profile", "laptop"), ("device", "auto")]:
        return ""
    return f'notebooks/{source.path.name}: end its parameters with profile = "laptop" and device = "auto".'


def _quick(source: Source) -> str:
    if source.id in profile_parameters("quick"):
        return ""
    return f"profiles/quick.yml has no section {source.id}; add one with smaller parameters, and seeds of its own."


def _sabotage(source: Source) -> str:
    if sabotage_file(source.id).exists():
        return ""
    return f"tests/regression/sabotage/{source.id}.py is missing; write a cell that breaks what the claim rests on."


def _published(source: Source) -> str:
    page = root() / "book" / "claims" / f"{source.id}.ipynb"
    if page.exists():
        return stale(page)
    return f"book/claims/{page.name} is missing; `absorption run {source.id[:2]}` runs the notebook and publishes it."


def _on_map(source: Source) -> str:
    if source.id in {place.claim for place in places(root() / "book" / "map.yml")}:
        return ""
    line = f"- {{claim: {source.id}, column: Toy worlds, rests_on: [01_delta_absorption], how: what it takes from it}}"
    return f"book/map.yml does not hold {source.id}; add a line such as `{line}`."


def _in_contents(source: Source) -> str:
    page = f"book/claims/{source.id}"
    listed = (root() / "_toc.yml").read_text(encoding="utf-8")
    if re.search(rf"^\s*- file: {page}\s*$", listed, re.MULTILINE):
        return ""
    return f"_toc.yml does not hold the page; add `- file: {page}` to the part where a reader should meet it."


STEPS: tuple[Callable[[Source], str], ...] = (
    claim_fault,
    _written,
    _cited,
    first_screen,
    _parameters,
    _quick,
    _sabotage,
    registration_fault,
    outdated,
    _published,
    _on_map,
    _in_contents,
)
