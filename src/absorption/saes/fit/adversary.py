"""SAEs trained against a meta-SAE: decoder rows that cannot be taken apart are rewarded.

The idea is Bussmann's, below Chanin et al. 2024 on LessWrong: train an SAE and a meta-SAE at once, like a GAN,
so that absorbing decoder rows, which a meta-SAE takes apart, do not pay.
"""

from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from absorption.runtime.progress import track
from absorption.saes.fit.optimiser import Run
from absorption.saes.fit.report import FitReport
from absorption.saes.losses.objective import population_losses
from absorption.saes.stack import SAEStack


def taken_apart(meta: SAEStack, dictionary: Float[Tensor, "sae d_sae d_in"]) -> Float[Tensor, " sae"]:
    """The share of decoder rows' squared length that each meta-SAE reconstructs (1 if all, below 0 if worse than nothing).

    >>> import torch
    >>> from absorption.saes import Recipe, SAEStack, TopK
    >>> meta = SAEStack(Recipe(TopK(1), tied=True), d_in=2, d_sae=2, seeds=[0])
    >>> meta.W_dec.data = torch.eye(2)[None]
    >>> round(taken_apart(meta, torch.tensor([[[0.6, 0.8]]])).item(), 2)  # one latent of two: 0.8²
    0.64
    """
    left = population_losses(meta, dictionary, _alike(dictionary)).total
    return 1 - left / dictionary.square().sum(-1).mean(-1)


def fit_against(
    stack: SAEStack,
    meta: SAEStack,
    activations: Float[Tensor, "*sae state d_in"],
    probabilities: Float[Tensor, "*worlds state"],
    weight: Float[Tensor, " sae"],
    *,
    steps: int = 4000,
    lr: float = 0.01,
    decay: float = 0.3,
    description: str = "against a meta-SAE",
) -> FitReport:
    """Minimise each SAE's exact loss plus `weight` × the share of its decoder that its meta-SAE takes apart.

    >>> import torch
    >>> from absorption.saes import Recipe, SAEStack, TopK
    >>> stack = SAEStack(Recipe(sparsity=0.1), d_in=2, d_sae=2, seeds=[0])
    >>> meta = SAEStack(Recipe(TopK(1)), d_in=2, d_sae=1, seeds=[0])
    >>> half = torch.tensor([0.5, 0.5])
    >>> fit_against(stack, meta, torch.eye(2), half, weight=torch.tensor([0.1]), steps=5).diverged.tolist()
    [False]

    Both step in turn: the meta-SAE on the rows as they are, then the SAE on its loss with the meta-SAE held.

    Args:
        stack, meta: Trained in place; meta-SAE i belongs to SAE i and has no penalty of its own.
        activations, probabilities: The population, as for `fit_population`.
        weight: Of the adversarial term, one an SAE; 0 is ordinary training.

    Raises:
        ValueError: the two stacks do not match, or the meta-SAEs have a penalty.
    """
    if len(meta) != len(stack) or meta.d_in != stack.d_in:
        raise ValueError("meta must hold one meta-SAE for each SAE, over the same d_in.")
    if meta.terms:
        raise ValueError(f"meta-SAEs must have no penalties, got {sorted(meta.terms)}: use TopK.")
    x, weights = activations.to(stack.W_dec), torch.atleast_2d(probabilities).to(stack.W_dec)
    power = float((x.square().sum(-1) * weights).sum(-1).max())
    run = Run(stack, steps, lr, 0.0, decay, "adam", power)
    meta_run = Run(meta, steps, lr, 0.0, decay, "adam", 1.0)

    def losses(_dead: Tensor | None):
        plain = population_losses(stack, x, weights)
        return replace(plain, total=plain.total + weight * taken_apart(meta, stack.dictionary))

    for _ in track(range(steps), description):
        rows = stack.dictionary.detach()
        meta_run.step(lambda _dead, rows=rows: population_losses(meta, rows, _alike(rows)))
        # The SAE steps against the meta-SAE as it is: gradients of the latter would be thrown away.
        meta.requires_grad_(False)
        run.step(losses)
        meta.requires_grad_(True)
    with torch.no_grad():
        return run.report(population_losses(stack, x, weights), x, weights)


def _alike(dictionary: Float[Tensor, "sae d_sae d_in"]) -> Float[Tensor, "one d_sae"]:
    return dictionary.new_full((1, dictionary.shape[1]), 1 / dictionary.shape[1])
