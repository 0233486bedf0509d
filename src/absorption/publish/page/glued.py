"""Glued numbers that may be words: evidence that is not available stands in a sentence as just that."""

from ast import literal_eval
from contextlib import suppress

from myst_nb.core import variables
from myst_nb.ext.glue import crossref, roles

from absorption.publish.notebook import NOT_AVAILABLE


def number_or_words(text: str, fmt_spec: str) -> str:
    """What `{glue:text}` shows of a glued value: as its format says, or that it is not available."""
    with suppress(SyntaxError, ValueError):
        if literal_eval(text) == NOT_AVAILABLE:
            return NOT_AVAILABLE
    return variables.format_plain_text(text, fmt_spec)


def forgive_what_is_not_available() -> None:
    """MyST-NB has no hook for this: a percentage of words would be a warning, which fails a build."""
    roles.format_plain_text = number_or_words
    crossref.format_plain_text = number_or_words
