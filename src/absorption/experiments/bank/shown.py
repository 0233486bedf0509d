"""SAEs of the bank latent by latent, for the explorer."""

from collections.abc import Sequence
from typing import Any

from absorption.experiments.bank.fitting import encode_rows
from absorption.experiments.bank.judgement import Judgement
from absorption.experiments.bank.table import Table
from absorption.experiments.bank.wanted import Wanted, WordsIn
from absorption.experiments.controls import with_l0
from absorption.measures.letters import by_letter, examine
from absorption.worlds.text import LETTERS


def shown(
    wanted: Sequence[Wanted], found: Sequence[Judgement], l0: float, split: int
) -> list[dict[str, Any]]:
    """What `publish.explorer.Entry` takes, one an SAE: its latents and words letter by letter, on one split.

    >>> shown([], [], l0=16, split=0)
    []

    Args:
        wanted: SAEs on the words of one source. found: What they were judged to do; the rates of letters and of their
            matched half-spaces stand beside each other.
        l0: At which they are judged. split: Seed of the split of the words.
    """
    if not wanted:
        return []
    source = wanted[0].source
    assert isinstance(source, WordsIn)
    words = source.read().task(split)
    entries = []
    for each, judgement in zip(wanted, found, strict=True):
        stack = with_l0(each.get()[0], Table(words.x), l0)
        z, dictionary = encode_rows(stack, 0, words.x), stack.dictionary[0]
        tables = by_letter(words, z, dictionary, examine(words, z, dictionary))
        entries.append(
            {
                "model": f"{source.model}, after block {source.layer}; words alone",
                "recipe": f"{each.recipe}, {each.fit.d_sae} latents",
                "sparsity": f"L0 = {l0:g}",
                "about": {
                    "explained variance": round(judgement.explained, 3),
                    "full absorption": round(judgement.mean("full"), 3),
                    "of matched half-spaces": round(judgement.mean("full", "matched"), 3),
                },
                "letters": dict(zip(LETTERS, tables, strict=True)),
            }
        )
    return entries
