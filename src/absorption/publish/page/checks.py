"""What has to be right before a page is built: one sentence for each fault, with its file and the command that mends it."""

import re
from collections import Counter
from collections.abc import Sequence

from absorption.claims import registration
from absorption.publish.errors import MendableError
from absorption.publish.run.declared import declared
from absorption.publish.run.references import outdated
from absorption.publish.run.sources import Source
from absorption.publish.run.unwritten import unwritten

FIRST_SCREEN = (":::{claim}", "```{picture}", "```{predicates}")
_FIRST_CODE = re.compile(r"^# %%(?! *\[markdown\]).*$", re.MULTILINE)


def complaints(sources: Sequence[Source]) -> list[str]:
    """Everything that is wrong with the sources' claims, first screens and quick references.

    Raises:
        RegistrationError: a registration is damaged.
    """
    found = _same_ids(sources)
    for source in sources:
        claim = claim_fault(source) or registration_fault(source)
        found += [
            words
            for words in (claim, *unwritten(source)[:1], first_screen(source), outdated(source))
            if words
        ]
    return found


def _same_ids(sources: Sequence[Source]) -> list[str]:
    """Two files with one number, which no command could tell apart."""
    twice = [number for number, n in Counter(source.id[:2] for source in sources).items() if n > 1]
    named = {number: [s.path.name for s in sources if s.id[:2] == number] for number in twice}
    return [
        f"notebooks/: {' and '.join(names)} share the number {number}; rename one with `git mv`."
        for number, names in named.items()
    ]


def claim_fault(source: Source) -> str:
    """What the claim's own rules refuse: a gate, a reason or a quotation that is missing."""
    try:
        declared(source)
    except MendableError as error:
        return f"{str(error).rstrip('.')}; mend its claim cell, then `absorption register {source.id[:2]}`."
    return ""


def registration_fault(source: Source) -> str:
    """That a readable claim is not the registered one.

    Raises:
        MendableError: the claim cannot be read.
        RegistrationError: its registration is damaged.
    """
    claim, seeds = declared(source)
    return registration.complaint(claim, source.design, seeds)


def first_screen(source: Source) -> str:
    """Claim, headline figure and predicates have to stand before any code, in this order."""
    text = source.path.read_text(encoding="utf-8")
    code = _FIRST_CODE.search(text)
    before = text[: code.start()] if code else text
    at = [before.find(mark) for mark in FIRST_SCREEN]
    for mark, place in zip(FIRST_SCREEN, at, strict=True):
        if place < 0:
            return (
                f"notebooks/{source.path.name}: its first screen has no {mark[3:]}; put it into the first cell, before "
                f"any code, and `absorption run {source.id[:2]}`."
            )
    if at != sorted(at):
        return (
            f"notebooks/{source.path.name}: claim, picture and predicates stand in another order on its first screen; "
            f"mend it and `absorption run {source.id[:2]}`."
        )
    return ""
