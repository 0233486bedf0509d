"""Training wide TopK and BatchTopK SAEs with a backward pass that touches only the active latents.

The encoder product must be done in full to know which latents are active, and it is the floor: one product
of [batch d_in] with [d_in d_sae]. Everything after it involves k of d_sae latents an input, and is done on
compressed sparse rows. The selection may read a bfloat16 product where that is faster; the activations
themselves are always computed again in the stack's own precision, so loss and gradients are those of the dense path.
"""

from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from absorption.runtime.precision import bfloat16_is_faster
from absorption.saes.fit.sparse_products import (
    Decoded,
    Encoded,
    Pattern,
    PrefixSquares,
    mean_square,
    sampled_product,
)
from absorption.saes.losses.errors import Error, mean_error
from absorption.saes.losses.objective import Losses, Usage, revival_loss, weight_terms
from absorption.saes.losses.penalties import lp_penalty, sized_like
from absorption.saes.losses.schemes import FrozenBatches
from absorption.saes.nesting import prefix_widths
from absorption.saes.recipe import BatchTopK, TopK
from absorption.saes.stack import SAEStack

MARGIN = 0.9
"""Candidates are entries above this fraction of the last cut-off; far wider than bfloat16's rounding (2⁻⁸)."""


class SparseObjective:
    """The recipe's loss on a shared batch, member by member, for TopK and BatchTopK.

    >>> import torch
    >>> from absorption.saes import Recipe, SAEStack, TopK
    >>> from absorption.saes.losses.objective import population_losses
    >>> stack = SAEStack(Recipe(TopK(2)), d_in=4, d_sae=8, seeds=[0], dtype=torch.float64)
    >>> x, uniform = torch.eye(4, dtype=torch.float64), torch.full((1, 4), 0.25, dtype=torch.float64)
    >>> torch.allclose(SparseObjective(stack)(x).total, population_losses(stack, x, uniform).total)
    True

    Args:
        stack: The SAEs.
        error: As for `population_losses`.

    Raises:
        ValueError: the recipe's activation is dense.
    """

    def __init__(self, stack: SAEStack, error: Error | None = None) -> None:
        if not isinstance(stack.recipe.activation, TopK | BatchTopK):
            raise ValueError(
                "sparse training needs an activation that is sparse by construction: TopK or BatchTopK."
            )
        if isinstance(stack.recipe.orthogonality_scheme, FrozenBatches):
            raise ValueError(
                "FrozenBatches keeps latents waiting, which the sparse path does not know of: train it densely."
            )
        self.stack, self.error = stack, error
        self.cutoffs: list[float | None] = [None] * len(stack)

    @staticmethod
    def pays(stack: SAEStack) -> bool:
        """Whether this path is faster than the dense one: few active latents of many."""
        k = stack.recipe.k
        if isinstance(stack.recipe.orthogonality_scheme, FrozenBatches):
            return False
        selects = isinstance(stack.recipe.activation, TopK | BatchTopK)
        return selects and k is not None and stack.d_sae >= 256 and 16 * float(stack.k.max()) <= stack.d_sae

    def __call__(
        self,
        x: Float[Tensor, "*sae batch d_in"],
        dead: Bool[Tensor, "sae d_sae"] | None = None,
        target: Float[Tensor, "*own batch d_out"] | None = None,
    ) -> Losses:
        """As `population_losses` with uniform weights."""
        stack = self.stack
        parameters = zip(
            _members(stack.W_enc),
            _members(stack.b_enc),
            _members(stack.W_dec),
            _members(stack.b_dec),
            strict=True,
        )
        norms = stack.lengths if self._uses_norms() else None
        own = [_of(x, i) for i in range(len(stack))]
        wanted = own if target is None or target is x else [_of(target, i) for i in range(len(stack))]
        results = [
            self._member(i, own[i], wanted[i], *of_member, norms, dead)
            for i, of_member in enumerate(parameters)
        ]
        total, mse, l0, fired, smallest = (torch.stack(column) for column in zip(*results, strict=True))
        return Losses(total + weight_terms(stack), mse, lambda: Usage(l0, fired, smallest))

    def _uses_norms(self) -> bool:
        recipe = self.stack.recipe
        weighted = recipe.weighting == "decoder_norm" and "sparsity" in self.stack.terms
        return recipe.decoder == "normalised" or weighted

    def _member(
        self,
        i: int,
        x: Float[Tensor, "batch d_in"],
        y: Float[Tensor, "batch d_out"],
        W_enc: Float[Tensor, "d_in d_sae"],
        b_enc: Float[Tensor, " d_sae"],
        W_dec: Float[Tensor, "d_sae d_out"],
        b_dec: Float[Tensor, " d_out"],
        norms: Float[Tensor, "sae d_sae"] | None,
        dead: Bool[Tensor, "sae d_sae"] | None,
    ) -> tuple[Tensor, ...]:
        stack, recipe = self.stack, self.stack.recipe
        scale = norms[i] if norms is not None and recipe.decoder == "normalised" else None

        def activations(pattern: Pattern, product: Float[Tensor, " entry"]) -> Float[Tensor, " entry"]:
            pre = product + b_enc.index_select(0, pattern.cols)
            return pre if scale is None else pre * scale.index_select(0, pattern.cols)

        with torch.no_grad():
            # A transcoder reads its inputs as they are.
            read = x if stack.transcodes else x - b_dec
            pattern, product = self._select(i, read, W_enc, b_enc, scale, activations)
        taken = None if stack.transcodes else b_dec
        acts = activations(pattern, Encoded.apply(product, read, taken, W_enc.mT, pattern)).relu()
        # Dividing the activations by the decoder's norms is dividing its rows, for k entries instead of d_in.
        written = acts if scale is None else acts / scale.index_select(0, pattern.cols)
        widths = prefix_widths(recipe, stack.d_sae, stack.clock)
        centred = read if y is x and not stack.transcodes else (y - b_dec).detach()
        total, mse, residual = self._errors(i, written, W_dec, b_dec, y, centred, pattern, widths)
        if "sparsity" in stack.terms:
            weighted = (
                acts * norms[i].index_select(0, pattern.cols) if norms is not None and scale is None else acts
            )
            exponent = recipe.exponent_at(stack.clock.fraction)
            penalty = _by_row(weighted, pattern, exponent, recipe.aggregate).mean()
            if recipe.exponent_end is not None:
                penalty = sized_like(penalty[None], weighted.sum()[None] / len(x))[0]
            total = total + stack.sparsity[i] * penalty
        if dead is not None and bool(dead[i].any()):
            pre = (x if taken is None else x - b_dec) @ W_enc[:, dead[i]] + b_enc[dead[i]]
            pre = pre if scale is None else pre * scale[dead[i]]
            rows = W_dec[dead[i]] if scale is None else W_dec[dead[i]] / scale[dead[i], None]
            alike = x.new_full((len(x),), 1 / len(x))
            total = total + stack.revival[i] * revival_loss(pre, rows, -residual, alike)
        with torch.no_grad():
            firing = pattern.cols[acts > 0]
            fired = torch.zeros(stack.d_sae, dtype=torch.bool, device=x.device).index_fill_(0, firing, True)
            positive = acts[acts > 0]
            smallest = positive.min() if len(positive) else x.new_zeros(())
            return total, mse, x.new_tensor(len(positive) / len(x)), fired, smallest

    def _errors(
        self,
        i: int,
        written: Float[Tensor, " entry"],
        W_dec: Float[Tensor, "d_sae d_out"],
        b_dec: Float[Tensor, " d_out"],
        y: Float[Tensor, "batch d_out"],
        centred: Float[Tensor, "batch d_out"],
        pattern: Pattern,
        widths: tuple[int, ...],
    ) -> tuple[Float[Tensor, ""], Float[Tensor, ""], Float[Tensor, "batch d_out"]]:
        """The levels' weighted errors, the full width's own, and its residual, the last two without gradient."""
        weights = self.stack.level_weights[i]
        if self.error is None:
            total, residual = PrefixSquares.apply(written, W_dec, centred, b_dec, weights, pattern, widths)
            return total, mean_square(residual), residual
        alike, start = y.new_full((1, len(y)), 1 / len(y)), 0
        guess, total, error = b_dec.expand(y.shape), y.new_zeros(()), y.new_zeros(())
        for weight, end in zip(weights, widths, strict=True):
            kept, block = pattern.block(start, end)
            guess = guess + Decoded.apply(written[kept], W_dec[start:end], block)
            error = mean_error(self.error, guess[None], y, alike)[0]
            total, start = total + weight * error, end
        return total, error.detach(), (guess - y).detach()

    def _select(
        self, i: int, x: Tensor, W_enc: Tensor, b_enc: Tensor, scale: Tensor | None, activations: Any
    ) -> tuple[Pattern, Float[Tensor, " entry"]]:
        """The active entries, and x W_enc there: a fast product names candidates, exact activations decide among them."""
        k, (batch, d_sae) = float(self.stack.k[i]), (len(x), self.stack.d_sae)
        weights = W_enc if scale is None else W_enc * scale
        bias = b_enc if scale is None else b_enc * scale
        if x.dtype == torch.float32 and bfloat16_is_faster(x.device.type):
            pre = torch.addmm(bias.bfloat16(), x.bfloat16(), weights.bfloat16())
        else:
            pre = torch.addmm(bias, x, weights)
        if isinstance(self.stack.recipe.activation, TopK):
            spare = min(d_sae, int(k) + int(k) // 4 + 2)
            cols = pre.topk(spare, dim=-1, sorted=False).indices.sort(dim=-1).values
            rows = torch.arange(batch, device=x.device).repeat_interleave(spare)
            candidates = Pattern(rows, cols.flatten(), (batch, d_sae))
        else:
            candidates = self._above_cutoff(i, pre, int(k * batch))
        product = sampled_product(x, W_enc.mT, candidates)
        exact = activations(candidates, product)
        kept = torch.zeros_like(exact, dtype=torch.bool)
        if isinstance(self.stack.recipe.activation, TopK):
            top = exact.view(batch, -1).topk(int(k), sorted=False)
            kept.view(batch, -1).scatter_(-1, top.indices, True)
        else:
            top = exact.topk(min(int(k * batch), len(exact)), sorted=False)
            kept[top.indices] = True
            self.cutoffs[i] = float(top.values.min()) if len(top.values) else None
        return candidates.where(kept), product[kept]

    def _above_cutoff(self, i: int, pre: Float[Tensor, "batch d_sae"], wanted: int) -> Pattern:
        """Entries above the last step's cut-off, less a margin; if those are too few, the largest of all."""
        flat, cutoff = pre.flatten(), self.cutoffs[i]
        found = None
        if cutoff is not None and cutoff > 0:
            found = _above(flat, MARGIN * cutoff)
        if found is None or len(found) < 1.02 * wanted:
            spare = min(len(flat), int(1.1 * wanted) + 16)
            found = flat.float().topk(spare, sorted=False).indices.sort().values
        d_sae = pre.shape[1]
        rows = found.div(d_sae, rounding_mode="floor")
        return Pattern(rows, found - rows * d_sae, (len(pre), d_sae))


def _above(values: Float[Tensor, " n"], cut: float) -> Int[Tensor, " found"]:
    """Where values exceed a positive cut. On a processor NumPy compares and finds several times as fast as torch."""
    if values.dtype == torch.bfloat16:
        # Positive numbers have the order of their bits, and whole numbers are compared twice as fast.
        values, cut = values.view(torch.int16), int(torch.tensor(cut).bfloat16().view(torch.int16))
    if values.device.type == "cpu":
        return torch.from_numpy(np.flatnonzero(values.numpy() > values.numpy().dtype.type(cut)))
    return (values > cut).nonzero()[:, 0]


def _of(x: Float[Tensor, "*sae batch width"], i: int) -> Float[Tensor, "batch width"]:
    """What member i sees: the same as all, or its own."""
    return x if x.ndim == 2 else x[i]


def _members(parameter: Tensor) -> tuple[Tensor, ...]:
    """One tensor a member; of a stack of one without the copy that putting gradients together takes."""
    return parameter.unbind() if len(parameter) > 1 else (parameter.squeeze(0),)


def _by_row(acts: Tensor, pattern: Pattern, exponent: float, aggregate: str) -> Float[Tensor, " batch"]:
    """The L_p penalty of each input from its active entries."""
    powers = lp_penalty(acts[None, :, None], exponent)[0] if exponent != 1 else acts
    sums = acts.new_zeros(pattern.shape[0]).index_add(0, pattern.rows, powers)
    return lp_penalty(sums[None, :, None], 1 / exponent)[0] if aggregate == "norm" and exponent != 1 else sums
