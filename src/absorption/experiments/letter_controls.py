"""What the comparison of latents with probes has to say of SAEs whose answer is known, and of letters that mean nothing."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from absorption.experiments.bank import Table
from absorption.experiments.bank.classifying import at_l0, classify_letters, words_of
from absorption.experiments.bank.wanted import Wanted
from absorption.experiments.controls import ROWS, untrained, with_directions
from absorption.experiments.nulls import permuted
from absorption.measures.letters import Words
from absorption.saes.recipe import BatchTopK, Gated, JumpReLU, TopK
from absorption.saes.stack import SAEStack


def letter_controls(wanted: Wanted, l0: float, split: int) -> dict[str, float]:
    """`controls_of` one SAE.

    >>> from unittest.mock import patch
    >>> from absorption.experiments.bank.fitting import Fit, Schedule
    >>> from absorption.experiments.bank.wanted import WordsIn
    >>> from absorption.saes.recipe import Recipe
    >>> one = Wanted(WordsIn("SmolLM2-135M-Instruct", 4), "plain", Fit(Recipe(BatchTopK(2)), 8, 0, Schedule(64)))
    >>> letters = torch.arange(400) % 2
    >>> words = Words.of([""] * 400, letters, torch.ones(400), torch.eye(4)[letters])
    >>> stack = SAEStack(one.fit.recipe, 4, 8, seeds=[0]).requires_grad_(False)
    >>> with patch(f"{__name__}.at_l0", lambda *of: stack), patch(f"{__name__}.words_of", lambda *of: words):
    ...     found = letter_controls(one, 2, split=0)
    >>> found["oracle_gap"], found["shuffled_probe_f1"] < 0.8
    (0.0, True)

    Args:
        wanted: An SAE of the bank, of any architecture.
        l0, split: As for `controls_of`.
    """
    return controls_of([wanted], l0, split)[0]


def controls_of(wanted: Sequence[Wanted], l0: float, split: int) -> list[dict[str, float]]:
    """Means over letters of F1, all choices made on training words, all numbers of held-out ones.

    `oracle_gap`: by how much an SAE that holds the probes' own directions is behind the probes; `untrained_f1`: of the best latents of an
    SAE before training (`before_training`); and with the letters dealt out anew among the words `shuffled_latent_f1` of the trained SAE's
    best latents, and `shuffled_probe_f1` of new probes.

    >>> controls_of([], 16, split=0)
    []

    Args:
        wanted: SAEs of the bank, on the same words and of one seed, which deals the letters out.
        l0: Those of BatchTopK get the threshold at which so many latents fire on an average word; others stay as they were trained.
        split: Seed of the split of the words into training and held-out ones.

    Raises:
        ValueError: SAEs of several sources or seeds.
    """
    if not wanted:
        return []
    if len({(each.source, each.fit.seed) for each in wanted}) > 1:
        raise ValueError(
            "controls are asked of SAEs on the same words and of one seed, which deals the letters out."
        )
    words = words_of(wanted[0], split)
    letters = permuted(words.letters, torch.Generator().manual_seed(wanted[0].fit.seed))
    dealt = Words.of(words.text, letters, words.p, words.x, seed=split)
    return [_controls(each, at_l0(each, l0), words, dealt, l0) for each in wanted]


def _controls(wanted: Wanted, stack: SAEStack, words: Words, dealt: Words, l0: float) -> dict[str, float]:
    known = classify_letters(with_probes(stack, words), words, (1,))
    null = classify_letters(stack, dealt, (1,))
    looks = {
        "oracle_gap": known["probe_f1"] - known["f1"],
        "untrained_f1": classify_letters(before_training(wanted, words.x, l0), words, (1,))["f1"],
        "shuffled_latent_f1": null["f1"],
        "shuffled_probe_f1": null["probe_f1"],
    }
    return {name: float(look.nanmean()) for name, look in looks.items()}


@torch.no_grad()
def with_probes(stack: SAEStack, words: Words) -> SAEStack:
    """The oracle: a copy whose first latents are the letters' probes, raised so that all that matters is above the SAE's threshold.

    >>> from absorption.saes.recipe import Recipe
    >>> letters = torch.arange(400) % 2
    >>> words = Words.of([""] * 400, letters, torch.ones(400), torch.eye(4)[letters])
    >>> z = with_probes(SAEStack(Recipe(Gated()), 4, 8, seeds=[0]), words).encode(words.x[:2])[0, :, :2]
    >>> bool(z[0, 0] > z[0, 1]), bool(z[1, 1] > z[1, 0])
    (True, True)
    """
    offsets = words.probe.bias / words.probe.weight.norm(dim=1) + 1.0
    changed, n = with_directions(stack, words.probe.weight, offsets), len(offsets)
    if isinstance(stack.recipe.activation, Gated):
        # These fire as strongly as their gate opens; what was learned of their strength is of other latents.
        changed.r_mag[0, :n], changed.b_mag[0, :n] = 0.0, changed.b_enc[0, :n]
    return changed


@torch.no_grad()
def before_training(wanted: Wanted, x: Float[Tensor, "word d_in"], l0: float) -> SAEStack:
    """The SAE as it was before training, at this L0 (BatchTopK and TopK: their own).

    Where a weight would have set the L0, the encoder's bias is lowered until no more latents fire on an average word.

    >>> from absorption.experiments.bank.fitting import Fit, Schedule
    >>> from absorption.experiments.bank.wanted import WordsIn
    >>> from absorption.saes.recipe import Recipe
    >>> one = Wanted(WordsIn("SmolLM2-135M-Instruct", 4), "L1", Fit(Recipe(sparsity=0.1), 8, 0, Schedule(64)))
    >>> x = torch.randn(64, 4, generator=torch.Generator().manual_seed(0))
    >>> round(float((before_training(one, x, l0=2).encode(x) > 0).sum(-1).float().mean()), 1)
    2.0

    Args:
        wanted: Of any architecture; it is not trained for this.
        x: The words' activations.
        l0: Latents that fire on an average word.
    """
    fit, activation = wanted.fit, wanted.fit.recipe.activation
    if isinstance(activation, BatchTopK):
        return untrained(Table(x), fit.recipe, fit.d_sae, fit.seed)
    stack = SAEStack(fit.recipe, x.shape[1], fit.d_sae, [fit.seed]).requires_grad_(False)
    if isinstance(activation, TopK):
        return stack
    rows = x[torch.randperm(len(x), generator=torch.Generator().manual_seed(fit.seed))[:ROWS]]
    pre = stack.pre_activations(rows).flatten()
    cut = pre.kthvalue(len(pre) - round(l0 * len(rows))).values
    above = stack.threshold[0, 0] if isinstance(activation, JumpReLU) else 0.0
    stack.b_enc.sub_(cut - above)
    return stack
