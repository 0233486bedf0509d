"""The loss of every SAE of a stack on the same inputs, with gradients that never cross between members."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from absorption.saes.activations import JumpReLUFunction, StepFunction, batch_topk, topk_mask
from absorption.saes.losses.errors import DecodingError, Error, mean_error
from absorption.saes.losses.orthogonality import orthogonality_penalty, without_waiting
from absorption.saes.losses.penalties import MeanL1, lp_penalty, sized_like
from absorption.saes.nesting import prefix_widths
from absorption.saes.pursuit import matching_pursuit
from absorption.saes.recipe import BatchTopK, Gated, JumpReLU, MatchingPursuit, TopK
from absorption.saes.stack import SAEStack


@dataclass(frozen=True)
class Usage:
    """How the latents were used on some inputs; what has probability zero does not count."""

    l0: Float[Tensor, " sae"]
    """Mean number of active latents."""
    fired: Bool[Tensor, "sae d_sae"]
    """Which latents fired at least once."""
    smallest: Float[Tensor, " sae"]
    """Smallest positive activation (0 if nothing fired)."""

    @classmethod
    def of(
        cls, acts: Float[Tensor, "sae batch d_sae"], weights: Float[Tensor, "sae_or_one batch"]
    ) -> "Usage":
        """From activations on inputs that are met with these probabilities.

        >>> import torch
        >>> Usage.of(torch.eye(2)[None], torch.tensor([[1.0, 0.0]])).fired.tolist()
        [[True, False]]
        """
        active = where_active(acts, weights)
        l0 = (active.sum(-1) * weights).sum(-1)
        smallest = (acts + (active.reciprocal() - 1)).flatten(1).amin(1)  # 1 / 0 is beyond every activation
        return cls(l0, active.amax(1) > 0, torch.where(smallest.isfinite(), smallest, 0.0))


@dataclass(frozen=True)
class Losses:
    """What one evaluation of the objective gives, an entry a member."""

    total: Float[Tensor, " sae"]
    """What is minimised."""
    mse: Float[Tensor, " sae"]
    """Mean at full width of ‖x − x̂‖², in squared units of x, or of the error that was given."""
    usage: Callable[[], Usage]
    """Computed when asked for: an exact run of thousands of steps needs it once."""
    used: Callable[[], Bool[Tensor, "sae d_sae"]] | None = None
    """Of the usage only which latents fired, where that alone is cheaper."""

    def fired(self) -> Bool[Tensor, "sae d_sae"]:
        """Which latents fired at least once."""
        return self.usage().fired if self.used is None else self.used()


def population_losses(
    stack: SAEStack,
    x: Float[Tensor, "*sae batch d_in"],
    weights: Float[Tensor, "sae_or_one batch"],
    dead: Bool[Tensor, "sae d_sae"] | None = None,
    target: Float[Tensor, "*own batch d_out"] | None = None,
    error: Error | None = None,
) -> Losses:
    """Every term of the recipe's loss.

    >>> import torch
    >>> from absorption.saes import Recipe, SAEStack
    >>> stack = SAEStack(Recipe(tied=True, sparsity=0.5), d_in=2, d_sae=2, seeds=[0])
    >>> stack.W_dec.data = torch.eye(2)[None]
    >>> losses = population_losses(stack, torch.eye(2), torch.full((1, 2), 0.5))
    >>> losses.total.tolist(), losses.mse.tolist(), losses.usage().l0.tolist()
    ([0.5], [0.0], [1.0])

    Args:
        stack: The SAEs.
        x: Inputs, shared or one set a member.
        weights: Probability of each input, shared or one row a member; rows sum to 1.
        dead: Latents that the revival term may use.
        target: What is to be reconstructed; x itself by default.
        error: What a reconstruction costs; by default the squared error (which revival keeps in any case).
    """
    recipe, y = stack.recipe, x if target is None else target
    pre = without_waiting(stack, stack.pre_activations(x))
    acts, penalised = activate(stack, x, pre, weights)
    total = torch.zeros_like(stack.sparsity)
    mse = total
    reconstruction = None
    if error is None and dead is None and recipe.levels == 1:
        mse = DecodingError.apply(acts, stack.dictionary, stack.b_dec, y, weights)
        total = total + stack.level_weights[:, 0] * mse
    else:
        for level, reconstruction in enumerate(prefix_reconstructions(stack, acts)):
            mse = mean_error(error, reconstruction, y, weights)
            total = total + stack.level_weights[:, level] * mse
    if isinstance(recipe.activation, Gated):
        by_gate = penalised @ stack.dictionary + stack.b_dec[:, None]
        total = total + mean_error(error, by_gate, y, weights)
    if "sparsity" in stack.terms:
        total = total + stack.sparsity * sparsity_penalty(stack, penalised, pre, weights)
    total = total + weight_terms(stack)
    if dead is not None:
        assert reconstruction is not None
        total = total + stack.revival * torch.stack(
            [
                revival_loss(pre[i, :, dead[i]], stack.dictionary[i, dead[i]], residual, of_input)
                for i, (residual, of_input) in enumerate(
                    zip(y - reconstruction.detach(), weights.expand(len(stack), -1), strict=True)
                )
            ]
        )
    return Losses(
        total,
        mse.detach(),
        lambda: Usage.of(acts.detach(), weights),
        lambda: where_active(acts.detach(), weights).amax(1) > 0,
    )


def where_active(
    acts: Float[Tensor, "sae batch d_sae"], weights: Float[Tensor, "sae_or_one batch"]
) -> Float[Tensor, "sae batch d_sae"]:
    """1 where a latent is active on an input that has a probability, else 0.

    Of the activations' own kind of number: whole numbers are exact there, and passes over them are vectorised.

    >>> where_active(torch.eye(2)[None], torch.tensor([[1.0, 0.0]])).tolist()
    [[[1.0, 0.0], [0.0, 0.0]]]
    """
    active = (acts > 0).to(acts)
    return active if bool((weights > 0).all()) else active * (weights > 0)[..., None]


def activate(
    stack: SAEStack,
    x: Float[Tensor, "*sae batch d_in"],
    pre: Float[Tensor, "sae batch d_sae"],
    weights: Float[Tensor, "sae_or_one batch"],
) -> tuple[Float[Tensor, "sae batch d_sae"], Float[Tensor, "sae batch d_sae"]]:
    """Activations in training, and what the sparsity penalty falls on (they differ for gated SAEs).

    >>> import torch
    >>> from absorption.saes import Recipe, SAEStack, TopK
    >>> stack, pre = SAEStack(Recipe(TopK(1)), d_in=2, d_sae=2, seeds=[0]), torch.tensor([[[2.0, 1.0]]])
    >>> activate(stack, torch.zeros(1, 2), pre, torch.ones(1, 1))[0].tolist()
    [[[2.0, 0.0]]]
    """
    match stack.recipe.activation:
        case TopK():
            acts = pre.relu() * topk_mask(pre.detach(), stack.k).to(pre)
        case BatchTopK():
            acts = batch_topk(pre.relu(), stack.k, weights)
        case JumpReLU(bandwidth=bandwidth):
            acts = JumpReLUFunction.apply(pre, stack.threshold[:, None], bandwidth)
        case MatchingPursuit(residual_threshold=threshold):
            acts = matching_pursuit(x - stack.b_dec[:, None], stack.dictionary, stack.k, threshold)
        case Gated():
            return stack.gated_magnitudes(pre) * (pre > 0).to(pre), pre.relu()
        case _:
            acts = pre.relu()
    return acts, acts


def prefix_reconstructions(
    stack: SAEStack, acts: Float[Tensor, "sae batch d_sae"]
) -> Iterator[Float[Tensor, "sae batch d_out"]]:
    """The reconstruction of each nesting level from its latents alone; the last one uses all of them.

    >>> import torch
    >>> from absorption.saes import Recipe, SAEStack
    >>> stack = SAEStack(Recipe(nesting=(1, 2)), d_in=2, d_sae=2, seeds=[0])
    >>> stack.W_dec.data = torch.eye(2)[None]
    >>> [level.tolist() for level in prefix_reconstructions(stack, torch.ones(1, 1, 2))]
    [[[[1.0, 0.0]]], [[[1.0, 1.0]]]]
    """
    dictionary, start = stack.dictionary, 0
    reconstruction = stack.b_dec[:, None]
    for end in prefix_widths(stack.recipe, stack.d_sae, stack.clock):
        reconstruction = reconstruction + acts[..., start:end] @ dictionary[:, start:end]
        start = end
        yield reconstruction


def sparsity_penalty(
    stack: SAEStack,
    acts: Float[Tensor, "sae batch d_sae"],
    pre: Float[Tensor, "sae batch d_sae"],
    weights: Float[Tensor, "sae_or_one batch"],
) -> Float[Tensor, " sae"]:
    """The mean over inputs of L0 for JumpReLU, else of the recipe's L_p penalty.

    >>> import torch
    >>> from absorption.saes import Recipe, SAEStack
    >>> stack, acts = SAEStack(Recipe(), d_in=2, d_sae=2, seeds=[0]), torch.tensor([[[3.0, 4.0]]])
    >>> sparsity_penalty(stack, acts, acts, torch.ones(1, 1)).tolist()
    [7.0]
    """
    recipe = stack.recipe
    exponent = recipe.exponent_at(stack.clock.fraction)
    norms = stack.lengths if recipe.weighting == "decoder_norm" else None
    if isinstance(recipe.activation, JumpReLU):
        per_input = StepFunction.apply(pre, stack.threshold[:, None], recipe.activation.bandwidth).sum(-1)
    elif exponent == 1:
        # L1 is linear: averaging over inputs first saves two passes over the activations.
        if norms is None:
            return MeanL1.apply(acts, weights)
        return ((weights[:, None] @ acts)[:, 0] * norms).sum(-1)
    else:
        weighted = acts if norms is None else acts * norms[:, None]
        penalty = (lp_penalty(weighted, exponent, recipe.aggregate) * weights).sum(-1)
        if recipe.exponent_end is None:
            return penalty
        return sized_like(penalty, (weighted.sum(-1) * weights).sum(-1))
    return (per_input * weights).sum(-1)


def weight_terms(stack: SAEStack) -> Float[Tensor, " sae"]:
    """The terms that depend on the weights alone: orthogonality and encoder decay.

    >>> from absorption.saes import Recipe, SAEStack
    >>> stack = SAEStack(Recipe(encoder_decay=0.5), d_in=4, d_sae=8, seeds=[0])
    >>> round(weight_terms(stack).item(), 4)  # rows of length 1 at the start
    4.0
    """
    total = torch.zeros_like(stack.sparsity)
    if "orthogonality" in stack.terms:
        total = total + stack.orthogonality * orthogonality_penalty(stack)
    if "encoder_decay" in stack.terms:
        total = total + stack.encoder_decay * stack.W_enc.square().sum((-1, -2))
    return total


def revival_loss(
    pre: Float[Tensor, "batch dead"],
    dictionary: Float[Tensor, "dead d_in"],
    residual: Float[Tensor, "batch d_in"],
    weights: Float[Tensor, " batch"],
) -> Float[Tensor, ""]:
    """How well the dead latents alone reconstruct what the living ones leave (Gao et al. 2024, app. A.2).

    >>> import torch
    >>> pre, dictionary = torch.tensor([[1.0]]), torch.tensor([[1.0, 0.0]])
    >>> revival_loss(pre, dictionary, residual=torch.tensor([[1.0, 2.0]]), weights=torch.ones(1)).item()
    4.0

    As in SAELens: the d_in/2 largest pre-activations of each input, whatever their sign, and a smaller
    weight while few latents are dead. The mean is taken with the inputs' probabilities `weights`.
    """
    n_dead = pre.shape[1]
    if n_dead == 0:
        return pre.new_zeros(())
    wanted = max(1, residual.shape[1] // 2)
    top = pre.topk(min(wanted, n_dead), dim=-1, sorted=False)
    acts = torch.zeros_like(pre).scatter(-1, top.indices, top.values)
    return min(n_dead / wanted, 1.0) * ((acts @ dictionary - residual.detach()).square().sum(-1) @ weights)
