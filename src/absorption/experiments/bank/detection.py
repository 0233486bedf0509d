"""Detectors of absorption that see no labels, scored on an SAE of the bank by what the probes find."""

import numpy as np
import torch
from jaxtyping import Float

from absorption.experiments.bank.fitting import encode_rows
from absorption.experiments.bank.table import Table
from absorption.experiments.bank.wanted import Wanted
from absorption.experiments.bank.yardstick import yardstick
from absorption.experiments.controls import with_l0
from absorption.measures.absorption import main_latents
from absorption.measures.active import ActiveLatents
from absorption.measures.detectors import FiringStatistics, asymmetry, decoder_cosine, exclusion, handover
from absorption.measures.judged import judge

DETECTORS = ("handover", "asymmetry", "decoder cosine", "co-firing")
EVER = 1e-6
"""A latent that fires more rarely is no candidate."""


def detected(wanted: Wanted, l0: float, split: int) -> dict[str, Float[np.ndarray, " pair"]]:
    """Scores of each detector `[pair]`, and under `truth` whether the pair is absorption; higher scores say so.

    Pairs are each rated letter's best latent with every live latent that is no main one; a pair is absorption if
    that latent absorbs a held-out word of the letter in full.

    >>> DETECTORS
    ('handover', 'asymmetry', 'decoder cosine', 'co-firing')

    Args:
        wanted: An SAE on words, trained if it is not in the bank.
        l0: At which it is judged. split: Seed of the split of the words.
    """
    by, n = yardstick(wanted.source, split), yardstick(wanted.source, split).n_letters
    stack = with_l0(wanted.get()[0], Table(by.x), l0)
    dense, dictionary = encode_rows(stack, 0, by.x), stack.dictionary[0]
    z, train, letters = ActiveLatents.of(dense), by.split.train, by.labels[:, :n]
    main, probed = main_latents(z.rows(train), letters[train], n), by.probed.first(n)
    found = judge(
        by.x - stack.b_dec[0], z, dictionary, probed.probe.weight, main.mask, probed.word, probed.label
    )
    absorbing = torch.zeros_like(main.mask)
    absorbing[probed.label[found.full], found.latent[found.full]] = True
    firing = FiringStatistics.of(dense)
    scores = dict(
        zip(
            DETECTORS,
            (
                handover(stack.W_enc[0], dictionary, firing),
                asymmetry(stack.W_enc[0], dictionary),
                decoder_cosine(dictionary),
                exclusion(firing),
            ),
            strict=True,
        )
    )
    candidates = (firing.frequency > EVER) & ~main.mask & by.rated[:, None]
    parents = main.latents[:, 0]
    pairs = {name: score[parents][candidates] for name, score in scores.items()} | {
        "truth": absorbing[candidates]
    }
    return {name: values.numpy() for name, values in pairs.items()}
