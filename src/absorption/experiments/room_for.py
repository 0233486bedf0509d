"""Absorption that is planted in an SAE of the bank, with room made for it: no trained latent is left that tells the letter beside it."""

import torch
from torch import Tensor

from absorption.experiments.bank.controlled import oracle_and_planted
from absorption.experiments.bank.fitting import encode_rows
from absorption.experiments.bank.table import Table
from absorption.experiments.bank.wanted import Wanted, WordsIn
from absorption.experiments.bank.yardstick import Yardstick, yardstick
from absorption.experiments.controls import with_l0
from absorption.measures.active import ActiveLatents
from absorption.measures.sparse_probes import rank_latents
from absorption.saes.stack import SAEStack

SHARE, EACH = 0.2, 8
"""What is planted: this share of each letter's words is taken over by so many latents."""


def control_of(wanted: Wanted, l0: float, split: int, room: bool = True) -> dict[str, float]:
    """An SAE of the bank that holds the probes' own directions: full absorption in it, and once absorption is planted.

    `oracle`: the letter of which most is absorbed in full; `planted`: mean over letters, after `SHARE` of each letter's words was taken
    over by `EACH` other latents (in the first latents of the SAE, where nested ones have what tells letters). `probe_f1`: mean over letters.

    Args:
        wanted: On words. l0: As it is judged. split: Seed of the split of the words, and of what is planted.
        room: Whether the latents that tell a letter best make room for what is planted (`letters_first`). Left in, they tell many of the
            planted words as well, so that a letter has a main latent that fires there.
    """
    assert isinstance(wanted.source, WordsIn)
    by = yardstick(wanted.source, split)
    stack = with_l0(wanted.get()[0], Table(by.x), l0)
    lots = torch.Generator().manual_seed(split)
    changed = letters_first(stack, by, 1 + EACH) if room else stack
    none, some = oracle_and_planted(changed, by, share=SHARE, each=EACH, generator=lots)
    found = {"oracle": none[by.rated].max(), "planted": some[by.rated].mean()}
    found["probe_f1"] = by.probe_f1[: by.n_letters][by.rated].mean()
    return {name: float(value) for name, value in found.items()}


@torch.no_grad()
def letters_first(stack: SAEStack, by: Yardstick, each: int) -> SAEStack:
    """A copy of the first member that begins with each letter's `each` best latents, as an L1 probe ranks them on training words.

    The SAE does what it did; only the numbers of its latents change.

    >>> from absorption.experiments.bank.silence import a_small_sae
    >>> by, stack = a_small_sae()
    >>> changed = letters_first(stack, by, each=2)
    >>> torch.allclose(changed(by.x), stack(by.x), atol=1e-5), bool((changed.W_dec == stack.W_dec).all())
    (True, False)

    Args:
        stack: As it is judged; one threshold for all latents (BatchTopK), or none.
        by: The words and letters.
        each: Latents a letter, first all letters' best ones, then the next.
    """
    train, n = by.split.train, by.n_letters
    z = ActiveLatents.of(encode_rows(stack, 0, by.x)).rows(train)
    ranked = rank_latents(z, by.labels[train, :n], each, n).T.flatten()
    order = torch.tensor(list(dict.fromkeys([*ranked.tolist(), *range(stack.d_sae)])))
    changed = stack.select([0]).requires_grad_(False)
    for name in ("_W_enc", "b_enc", "W_dec"):
        old: Tensor | None = getattr(changed, name)
        if old is not None:  # a tied SAE has no encoder of its own
            old.copy_(old[:, order] if name == "W_dec" else old[..., order])
    return changed
