"""SAEs beside which others are judged: at the same L0, untrained, and the oracle that holds the probes' own directions."""

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from absorption.experiments.bank import Table
from absorption.saes.recipe import BatchTopK, Recipe
from absorption.saes.stack import SAEStack

ROWS = 4096
CLOSE = 0.01
"""Of an L0 that was asked for, how far the one that is reached may be from it."""


@torch.no_grad()
def with_l0(stack: SAEStack, table: Table, l0: float | None = None, seed: int = 0) -> SAEStack:
    """The stack, each BatchTopK member with the threshold at which `l0` latents (its own k) fire on average.

    What training follows is a batch's smallest kept activation, slowly; after few steps it lags behind.

    >>> import torch
    >>> x = torch.randn(64, 4, generator=torch.Generator().manual_seed(0))
    >>> stack = SAEStack(Recipe(activation=BatchTopK(1)), 4, 8, seeds=[0])
    >>> z = with_l0(stack, Table(x), l0=2.0).eval().encode(x)
    >>> round(float((z > 0).sum(-1).float().mean()), 1)
    2.0

    Raises:
        ValueError: the recipe's activation has no threshold that holds for the whole SAE; or no threshold comes within `CLOSE`
            of so many, because fewer latents are above zero, or many are equally strong.
    """
    if not isinstance(stack.recipe.activation, BatchTopK):
        raise ValueError(f"only BatchTopK has one threshold for an SAE; {stack.recipe.activation} has none.")
    drawn = next(table.batches(min(ROWS, len(table.x)), 1, torch.Generator().manual_seed(seed)))
    rows = drawn[0] if isinstance(drawn, tuple) else drawn
    thresholds = stack.threshold.clone()
    for member in range(len(stack)):
        pre = stack.select([member]).pre_activations(rows).flatten()
        wanted = float(stack.k[member]) if l0 is None else l0
        thresholds[member] = _threshold(pre, wanted, len(rows), member)
    stack.threshold.copy_(thresholds)
    return stack


def _threshold(pre: Float[Tensor, " entry"], l0: float, n_rows: int, member: int) -> Float[Tensor, ""]:
    """Above which `l0` entries a row lie on average; an activation is above zero."""
    positive = pre[pre > 0]
    most = len(positive) / n_rows
    if not 0 < l0 <= most * (1 + CLOSE):
        raise ValueError(
            f"an L0 of {l0:g} cannot be reached by SAE {member}: on these rows {most:.4g} latents are above zero on average, so "
            f"any L0 above 0 and up to {most:.4g} can be."
        )
    left_out = len(positive) - round(l0 * n_rows)
    kept = positive.kthvalue(left_out).values if left_out > 0 else pre.new_zeros(())
    below = positive[positive < kept]
    lower = below.max() if len(below) else pre.new_zeros(())
    reached, more = (float((positive > cut).sum()) / n_rows for cut in (kept, lower))
    room = CLOSE * l0 + 1 / n_rows
    if abs(reached - l0) <= room:
        return kept
    if abs(more - l0) <= room:
        return lower
    raise ValueError(
        f"an L0 of {l0:g} cannot be reached by SAE {member}: many latents are equally strong on these rows, and the nearest "
        f"that can be are {reached:.4g} and {more:.4g}."
    )


def untrained(table: Table, recipe: Recipe, d_sae: int, seed: int) -> SAEStack:
    """One BatchTopK SAE as it is before training, k of whose latents fire on the table's rows on average.

    >>> import torch
    >>> x = torch.randn(64, 4, generator=torch.Generator().manual_seed(0))
    >>> z = untrained(Table(x), Recipe(activation=BatchTopK(2)), 8, seed=0).eval().encode(x)
    >>> round(float((z > 0).sum(-1).float().mean()), 1)
    2.0

    Raises:
        ValueError: the recipe's activation has no threshold that holds for the whole SAE.
    """
    stack = SAEStack(recipe, table.x.shape[1], d_sae, [seed]).requires_grad_(False)
    return with_l0(stack, table, seed=seed)


def oracle(
    z: Float[Tensor, "row d_sae"],
    dictionary: Float[Tensor, "d_sae d_in"],
    x: Float[Tensor, "row d_in"],
    directions: Float[Tensor, "label d_in"],
    finds: Bool[Tensor, "row label"],
) -> tuple[Float[Tensor, "row d_sae"], Float[Tensor, "d_sae d_in"]]:
    """Activations and decoder of an SAE that cannot absorb: its first latents are the probes' directions.

    They fire where the probe finds its label, as strongly as x lies along it (at least 0.01); all other rows of the
    decoder are made orthogonal to all of them. Both are copies.

    >>> import torch
    >>> x, finds = torch.tensor([[2.0, 0.0, 0.0], [0.0, 1.0, 0.0]]), torch.tensor([[True], [False]])
    >>> z, dictionary = oracle(torch.zeros(2, 4), torch.ones(4, 3), x, torch.tensor([[5.0, 0.0, 0.0]]), finds)
    >>> z[:, 0], dictionary[0]
    (tensor([2., 0.]), tensor([1., 0., 0.]))

    Args:
        z, dictionary: Of a trained SAE.
        x: The activations that z was made from.
        directions: The probes' weights, of any length, linearly independent.
        finds: Where each probe finds its label.
    """
    unit = torch.nn.functional.normalize(directions, dim=1)
    basis = torch.linalg.qr(unit.T).Q
    z, dictionary = z.clone(), dictionary - dictionary @ basis @ basis.T
    z[:, : len(unit)] = (x @ unit.T).clamp(min=0.01) * finds
    dictionary[: len(unit)] = unit
    return z, dictionary


def planted(
    z: Float[Tensor, "row d_sae"],
    dictionary: Float[Tensor, "d_sae d_in"],
    letters: Int64[Tensor, " row"],
    share: float,
    each: int,
    generator: torch.Generator,
) -> tuple[Float[Tensor, "row d_sae"], Float[Tensor, "d_sae d_in"]]:
    """What `oracle` gave, with absorption planted in it; both are copies.

    On a random `share` of the rows the letter's latent is silent, and one of `each` further latents of the letter, the next
    in the dictionary, fires in its place and writes its direction. With many of them none is worth a main latent.

    >>> import torch
    >>> z, dictionary = torch.tensor([[2.0, 0.0, 9.0], [0.0, 3.0, 9.0]]), torch.eye(3)
    >>> z, dictionary = planted(z[:, [0, 2]], dictionary[[0, 2]], torch.tensor([0, 0]), 1.0, 1, torch.Generator())
    >>> z.tolist(), dictionary.tolist()
    ([[0.0, 2.0], [0.0, 0.0]], [[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]])

    Args:
        z, dictionary: The first latents are the letters' own, in their order; the next `each` times as many are replaced.
        letters: Of every row.
        share: Of the rows, between 0 and 1. each: latents a letter that take it over. generator: draws both.
    """
    n, z, dictionary = int(letters.max()) + 1, z.clone(), dictionary.clone()
    rows = (torch.rand(len(z), generator=generator) < share).nonzero()[:, 0]
    own = letters[rows]
    instead = n + each * own + torch.randint(each, (len(rows),), generator=generator)
    z[:, n : n * (1 + each)] = 0
    z[rows, instead] = z[rows, own]
    z[rows, own] = 0
    dictionary[n : n * (1 + each)] = dictionary[:n].repeat_interleave(each, 0)
    return z, dictionary


@torch.no_grad()
def with_directions(
    stack: SAEStack, directions: Float[Tensor, "label d_in"], offsets: Float[Tensor, " label"]
) -> SAEStack:
    """A copy of the first member whose first latents read and write the given directions, with an L0 of its own.

    Latent i has the pre-activation `unit_i · x + offset_i`, whatever the decoder bias. With the bias of a logistic
    probe over its weight's length, less the cut, and plus the stack's threshold, it fires where the probe passes its cut.

    >>> import torch
    >>> from absorption.saes.recipe import ReLU
    >>> stack = SAEStack(Recipe(activation=ReLU()), 3, 4, seeds=[0])
    >>> changed = with_directions(stack, torch.tensor([[0.0, 0.0, 5.0]]), torch.tensor([-0.5]))
    >>> round(float(changed.pre_activations(torch.tensor([[0.0, 0.0, 2.0]]))[0, 0, 0]), 3)
    1.5

    Args:
        stack: A trained SAE.
        directions: Of any length. offsets: in units of the activations.
    """
    changed, n = stack.select([0]).requires_grad_(False), len(directions)
    unit = torch.nn.functional.normalize(directions, dim=1).to(changed.W_dec)
    changed.W_enc[0, :, :n], changed.W_dec[0, :n] = unit.T, unit
    inside = (changed.b_dec[0] @ changed.W_enc[0])[:n]
    changed.b_enc[0, :n] = offsets.to(changed.W_dec) + inside
    return changed
