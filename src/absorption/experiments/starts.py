"""Where training starts: at the truth, beside it, at an absorbed dictionary, or at any weights that a page has worked out.

Noise is drawn from the generator that is passed in, one normal draw for each kind of weight, in the order `W_dec`,
`W_enc`, `b_enc`, `b_dec`, and only for those that are given.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from absorption.saes.stack import SAEStack


@torch.no_grad()
def start_at(
    stack: SAEStack,
    W_dec: Float[Tensor, "... d_sae d_in"],
    W_enc: Float[Tensor, "... d_in d_sae"] | None = None,
    b_enc: Float[Tensor, "... d_sae"] | float | None = None,
    b_dec: Float[Tensor, "... d_in"] | float | None = None,
    *,
    noise: float = 0.0,
    generator: torch.Generator | None = None,
    members: Sequence[int] | Int64[Tensor, " member"] | None = None,
    unit: bool = True,
) -> None:
    """Put members at the given weights, each entry perturbed by `noise` times a standard normal number.

    >>> import torch
    >>> from absorption.saes.recipe import Recipe, ReLU
    >>> stack = SAEStack(Recipe(activation=ReLU()), 2, 2, seeds=[0, 1])
    >>> start_at(stack, W_dec=2 * torch.eye(2), members=[1])
    >>> stack.W_dec[1].tolist()
    [[1.0, 0.0], [0.0, 1.0]]

    Args:
        stack: Changed in place; weights that are not given stay.
        W_dec, W_enc, b_enc, b_dec: One set for all, or one a member. What the recipe does not train (the encoder of
            a tied SAE, a bias that is left out) is ignored and takes no draw.
        noise: Standard deviation, in the units of the weights.
        generator: Of the noise; every member gets its own draw.
        members: Which ones; all by default.
        unit: Bring the decoder's rows to length 1 afterwards.

    Raises:
        ValueError: noise without a generator.
    """
    if noise and generator is None:
        raise ValueError("noise needs a generator: pass generator=torch.Generator().manual_seed(…).")
    at = torch.arange(len(stack)) if members is None else torch.as_tensor(members)
    recipe = stack.recipe
    goals = (
        (stack.W_dec, W_dec, True),
        (stack.W_enc, W_enc, not recipe.tied),
        (stack.b_enc, b_enc, recipe.encoder_bias),
        (stack.b_dec, b_dec, recipe.decoder_bias),
    )
    for weight, goal, is_trained in goals:
        if goal is None or not is_trained:
            continue
        value = torch.as_tensor(goal).cpu().to(torch.float32).expand(len(at), *weight.shape[1:])
        if noise:
            value = value + noise * torch.randn(value.shape, generator=generator)
        weight[at] = value.to(weight)
    if unit:
        stack.W_dec[at] = torch.nn.functional.normalize(stack.W_dec[at], dim=-1)


def start_beside(
    stack: SAEStack,
    features: Float[Tensor, "*sae d_sae d_in"],
    *,
    noise: float,
    generator: torch.Generator,
    members: Sequence[int] | Int64[Tensor, " member"] | None = None,
) -> None:
    """Put members beside the truth: decoder rows at the features, the encoder at `reading(features)`; biases stay.

    >>> import torch
    >>> from absorption.saes.recipe import Recipe, ReLU
    >>> stack = SAEStack(Recipe(activation=ReLU()), 2, 2, seeds=[0])
    >>> start_beside(stack, torch.eye(2), noise=0.01, generator=torch.Generator().manual_seed(0))
    >>> bool((stack.W_dec[0].diagonal() > 0.99).all())  # cosines with the features
    True

    Raises:
        ValueError: not as many features as latents.
    """
    if features.shape[-2] != stack.d_sae:
        raise ValueError(f"{features.shape[-2]} features for {stack.d_sae} latents: give one each.")
    start_at(stack, features, reading(features), noise=noise, generator=generator, members=members)


@torch.no_grad()
def start_towards(
    stack: SAEStack,
    features: Float[Tensor, "d_sae d_in"],
    *,
    own: float,
    members: Sequence[int] | Int64[Tensor, " member"] | None = None,
) -> None:
    """Turn members' random decoder rows towards the truth: feature + `own` × the row as it is, then length 1.

    With rows of length 1, `own` is the length of the random part, and no generator is needed: the stack's seeds
    have drawn it. An untied encoder becomes the transposed decoder, as it is in a random start.

    >>> import torch
    >>> from absorption.saes.recipe import Recipe, ReLU
    >>> stack = SAEStack(Recipe(activation=ReLU()), 2, 2, seeds=[0])
    >>> start_towards(stack, torch.eye(2), own=0.1)
    >>> bool((stack.W_dec[0].diagonal() > 0.99).all())
    True
    """
    at = torch.arange(len(stack)) if members is None else torch.as_tensor(members)
    mixed = features.to(stack.W_dec) + own * stack.W_dec[at]
    stack.W_dec[at] = torch.nn.functional.normalize(mixed, dim=-1)
    if not stack.recipe.tied:
        stack.W_enc[at] = stack.W_dec[at].mT


def reading(features: Float[Tensor, "*sae feature d_in"]) -> Float[Tensor, "*sae d_in feature"]:
    """The linear encoder of the truth: column i gives the coordinate of x along feature i.

    For features that are linearly independent that is the dual basis, exact; in superposition no linear map
    gives coordinates, and it is the transposed features.

    >>> import torch
    >>> features = torch.tensor([[1.0, 0.0], [0.6, 0.8]])
    >>> x = 3 * features[0] + 2 * features[1]
    >>> (x @ reading(features)).round(decimals=2)
    tensor([3., 2.])
    """
    n, d_in = features.shape[-2:]
    if n > d_in:
        return features.mT
    if n == d_in:
        return torch.linalg.inv(features)
    return features.mT @ torch.linalg.inv(features @ features.mT)


def absorbing(
    features: Float[Tensor, "*sae feature d_in"], pairs: Sequence[tuple[int, int]], delta: float = 1.0
) -> tuple[Float[Tensor, "*sae feature d_in"], Float[Tensor, "*sae d_in feature"]]:
    """Decoder and encoder in which each child has absorbed its parent by δ; a child's row has length 1.

    The child's latent writes its feature and δ of the parent's, and the parent's latent holds back δ of the child's
    coordinate, so that reconstruction of states in which a child has its parent stays exact. δ = 0 is the truth.
    Source: the family of page 01 ("Sparsity pays for absorption").

    >>> import torch
    >>> W_dec, W_enc = absorbing(torch.eye(2), [(0, 1)])
    >>> W_dec[1], torch.tensor([1.0, 1.0]) @ W_enc  # child and parent both there: only the child fires
    (tensor([0.7071, 0.7071]), tensor([0.0000, 1.4142]))

    Args:
        features: The true directions, linearly independent.
        pairs: (parent, child), numbers of features; a child may not be a parent as well.
        delta: How much is absorbed.

    Raises:
        ValueError: a feature is parent in one pair and child in another, or the child of two parents.
    """
    parents, children = {parent for parent, _ in pairs}, [child for _, child in pairs]
    if (both := parents.intersection(children)) or len(set(children)) < len(children):
        raise ValueError(
            f"pairs must be two generations, with one parent a child: got {list(pairs)}"
            + (f", where {sorted(both)} are parent and child." if both else ".")
        )
    dual = reading(features)
    W_dec, W_enc = features.clone(), dual.clone()
    for parent, child in pairs:
        written = features[..., child, :] + delta * features[..., parent, :]
        length = written.norm(dim=-1, keepdim=True)
        W_dec[..., child, :] = written / length
        W_enc[..., :, child] = dual[..., :, child] * length
        W_enc[..., :, parent] -= delta * dual[..., :, child]
    return W_dec, W_enc
