"""What the comparison of latents with probes has to say of SAEs whose answer is known, and of letters that mean nothing."""

import torch

from absorption.experiments.bank import Table
from absorption.experiments.bank.classifying import at_l0, classify_letters, words_of
from absorption.experiments.bank.wanted import Wanted
from absorption.experiments.controls import untrained, with_directions
from absorption.experiments.nulls import permuted
from absorption.measures.letters import Words


def letter_controls(wanted: Wanted, l0: float, split: int) -> dict[str, float]:
    """Means over letters of F1, all choices made on training words, all numbers of held-out ones.

    `oracle_gap`: by how much an SAE that holds the probes' own directions is behind the probes; `untrained_f1`: of the best latents of an
    SAE before training; and those of `dealt_out`.

    >>> from unittest.mock import patch
    >>> from absorption.experiments.bank.fitting import Fit, Schedule
    >>> from absorption.experiments.bank.wanted import WordsIn
    >>> from absorption.saes.recipe import BatchTopK, Recipe
    >>> from absorption.saes.stack import SAEStack
    >>> one = Wanted(WordsIn("SmolLM2-135M-Instruct", 4), "plain", Fit(Recipe(BatchTopK(2)), 8, 0, Schedule(64)))
    >>> letters = torch.arange(400) % 2
    >>> words = Words.of([""] * 400, letters, torch.ones(400), torch.eye(4)[letters])
    >>> stack = SAEStack(one.fit.recipe, 4, 8, seeds=[0]).requires_grad_(False)
    >>> with patch(f"{__name__}.at_l0", lambda *of: stack), patch(f"{__name__}.words_of", lambda *of: words):
    ...     found = letter_controls(one, 2, split=0)
    >>> found["oracle_gap"], found["shuffled_probe_f1"] < 0.8
    (0.0, True)

    Args:
        wanted: An SAE of the bank, BatchTopK.
        l0: It gets the threshold at which so many latents fire on an average word.
        split: Seed of the split of the words into training and held-out ones.
    """
    stack, words, fit = at_l0(wanted, l0), words_of(wanted, split), wanted.fit
    # The probe's directions, raised so that all that matters is above the SAE's threshold.
    offsets = words.probe.bias / words.probe.weight.norm(dim=1) + 1.0
    known = classify_letters(with_directions(stack, words.probe.weight, offsets), words, (1,))
    blank = untrained(Table(words.x), fit.recipe, fit.d_sae, fit.seed)
    looks = {
        "oracle_gap": known["probe_f1"] - known["f1"],
        "untrained_f1": classify_letters(blank, words, (1,))["f1"],
    }
    return {name: float(look.nanmean()) for name, look in looks.items()} | dealt_out(wanted, l0, split)


def dealt_out(wanted: Wanted, l0: float, split: int) -> dict[str, float]:
    """F1 with the letters dealt out anew among the words: `shuffled_latent_f1` of the best latents, `shuffled_probe_f1` of new probes.

    >>> from unittest.mock import patch
    >>> from absorption.experiments.bank.fitting import Fit, Schedule
    >>> from absorption.experiments.bank.wanted import WordsIn
    >>> from absorption.saes.recipe import Recipe
    >>> from absorption.saes.stack import SAEStack
    >>> one = Wanted(WordsIn("SmolLM2-135M-Instruct", 4), "L1", Fit(Recipe(), 8, 0, Schedule(64)))
    >>> letters = torch.arange(800) % 4
    >>> words = Words.of([""] * 800, letters, torch.ones(800), torch.eye(4)[letters])
    >>> stack = SAEStack(one.fit.recipe, 4, 8, seeds=[0]).requires_grad_(False)
    >>> with patch(f"{__name__}.at_l0", lambda *of: stack), patch(f"{__name__}.words_of", lambda *of: words):
    ...     {name: f1 < 0.6 for name, f1 in dealt_out(one, 2, split=0).items()}
    {'shuffled_latent_f1': True, 'shuffled_probe_f1': True}

    Args:
        wanted: An SAE of the bank, of any kind; its seed deals the letters out.
        l0: If it is BatchTopK it gets the threshold at which so many latents fire on an average word.
        split: Seed of the split of the words into training and held-out ones.
    """
    words = words_of(wanted, split)
    letters = permuted(words.letters, torch.Generator().manual_seed(wanted.fit.seed))
    dealt = Words.of(words.text, letters, words.p, words.x, seed=split)
    null = classify_letters(at_l0(wanted, l0), dealt, (1,))
    return {
        "shuffled_latent_f1": float(null["f1"].nanmean()),
        "shuffled_probe_f1": float(null["probe_f1"].nanmean()),
    }
