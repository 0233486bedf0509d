"""What became of parents and their children in small families: absorbed by the latent that is nearest, or by the one that tells best.

Two latents can claim to be a parent's: the one whose decoder row is nearest to it, and the one that tells where the parent is. They differ where a
latent points between a parent and its child; it then has a hole by the first rule and none by the second.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from absorption.experiments.families import Families
from absorption.experiments.members import Members
from absorption.measures.hierarchy import CARRIED, measure_pairs, own_latents, pair_coordinates
from absorption.saes.stack import SAEStack

MEASURES = (
    "absorbed", "stands", "silent", "strange", "overlooked", "recall", "tells", "precision", "delta", "rotated", "unexplained", "l0",
)  # fmt: skip
STANDS = 0.5
"""A latent stands for its parent if it fires on more than this share of the inputs that have the parent and none of its children."""


@torch.no_grad()
def judged(
    stack: SAEStack, worlds: Families, features: Float[Tensor, "world feature d_in"], members: Members
) -> dict[str, Float[Tensor, " sae"]]:
    """Each of `MEASURES`, exactly, means over the pairs of parent and child.

    - `absorbed`: how often, where both are, the parent's own latent is silent and the child's writes 0.4 of the parent, 0 for a latent
      that does not stand for its parent (`STANDS`). `stands`: the share of pairs whose latent does, so that `absorbed` / `stands` is their
      mean. `silent`: how often the own latent is silent there. `strange`: as `absorbed`, each parent with another one's children.
    - `overlooked`: as `absorbed`, but of the latent that *tells* the parent: the one with the largest F1 among those that fire on more than
      `STANDS` of the inputs with the parent and no child, whichever it is. `tells`: the share of pairs that have one. `recall`: how often it fires
      where both are; `precision`: how often the parent is there when it fires.
    - `delta`: absorption δ, where there is one. `rotated`: the share of pairs with a δ of 0.4 or more and a `recall` above 0.95.
    - `unexplained`: share of the variance. `l0`: over the world's own.

    >>> from absorption.experiments.families import families
    >>> from absorption.experiments.starts import start_at
    >>> from absorption.saes.recipe import Recipe
    >>> worlds, stack = families([0], "apart"), SAEStack(Recipe(), 6, 6, seeds=[0])
    >>> start_at(stack, worlds.features, worlds.features.T)
    >>> found = judged(stack, worlds, worlds.features[None], Members(world=1))
    >>> [float(found[name]) for name in ("overlooked", "tells", "recall")]
    [0.0, 1.0, 1.0]
    """
    x = members.spread(worlds.present @ features, "world").to(stack.W_dec)
    acts, dictionary, W_enc = stack.encode(x), stack.dictionary, stack.W_enc
    error = (stack(x) - x).square().sum(-1)
    found = {name: torch.full((len(stack),), torch.nan) for name in MEASURES}
    for w, world in enumerate(worlds.worlds):
        at, p = members.where(world=w), world.probabilities.to(x)
        of_pairs = _of_pairs(acts[at], W_enc[at], dictionary[at], features[w].to(x), worlds, p)
        mean = p @ x[at[0]]
        spread = p @ x[at[0]].square().sum(-1) - mean.square().sum()
        of_pairs["unexplained"] = (error[at] @ p) / spread
        of_pairs["l0"] = ((acts[at] > 0).float().sum(-1) @ p) / world.true_l0
        for name, values in of_pairs.items():
            found[name][at] = values.cpu()
    return found


def _of_pairs(
    acts: Float[Tensor, "sae state d_sae"],
    W_enc: Float[Tensor, "sae d_in d_sae"],
    dictionary: Float[Tensor, "sae d_sae d_in"],
    features: Float[Tensor, "feature d_in"],
    worlds: Families,
    p: Float[Tensor, " state"],
) -> dict[str, Float[Tensor, " sae"]]:
    """What is read of the pairs of one world."""
    present = worlds.present.to(acts)
    parents, children = (list(side) for side in zip(*worlds.pairs, strict=True))
    n_children = len(children) // len(set(parents))
    others = list(zip(parents, children[n_children:] + children[:n_children], strict=True))
    pairs = measure_pairs(acts, W_enc, dictionary, features, present, p, [*worlds.pairs, *others])
    n = len(parents)
    lone = torch.stack(
        [
            (present[:, [c for q, c in worlds.pairs if q == one]].sum(1) == 0) * present[:, one]
            for one in parents
        ],
        1,
    )
    both = present[:, parents] * present[:, children]
    fires = (acts > 0).to(acts)
    own = fires.gather(2, own_latents(dictionary, features)[:, None, parents].expand(-1, len(p), -1))
    stands = share(own, lone, p) > STANDS
    best = _tellers(fires, present[:, parents], lone, p)
    told = fires.gather(2, best[:, None].expand(-1, len(p), -1))
    tells = (share(told, lone, p) > STANDS).to(acts)
    recall, fired = share(told, both, p), (told * p[:, None]).sum(1).clamp_min(1e-9)
    delta = pairs.delta[:, :n]
    return {
        "absorbed": (pairs.absorbed[:, :n] * stands).mean(1),
        "stands": stands.to(acts).mean(1),
        "silent": 1 - share(own, both, p).mean(1),
        "strange": (pairs.absorbed[:, n:] * stands).mean(1),
        "overlooked": (
            share((1 - told) * _carries(acts, dictionary, features, worlds), both, p) * tells
        ).mean(1),
        "recall": recall.mean(1),
        "tells": tells.mean(1),
        "precision": ((told * present[:, parents] * p[:, None]).sum(1) / fired).mean(1),
        "delta": delta.nanmean(1),
        "rotated": ((delta >= CARRIED) & (recall > 0.95)).to(acts).mean(1),
    }


def _carries(
    acts: Float[Tensor, "sae state d_sae"],
    dictionary: Float[Tensor, "sae d_sae d_in"],
    features: Float[Tensor, "feature d_in"],
    worlds: Families,
) -> Float[Tensor, "sae state pair"]:
    """1 where a child's own latent writes 0.4 of its parent."""
    own = own_latents(dictionary, features)[:, [child for _, child in worlds.pairs]]
    rows = dictionary.gather(1, own[..., None].expand(-1, -1, dictionary.shape[-1]))
    of_parent, _ = pair_coordinates(rows, features, worlds.pairs)
    written = acts.gather(2, own[:, None].expand(-1, acts.shape[1], -1)) * of_parent[:, None]
    return (written >= CARRIED).to(acts)


def share(
    fires: Float[Tensor, "sae state pair"], on: Float[Tensor, "state pair"], p: Float[Tensor, " state"]
) -> Float[Tensor, "sae pair"]:
    """How often each latent fires on its states.

    >>> share(torch.tensor([[[1.0], [0.0]]]), torch.ones(2, 1), torch.tensor([0.25, 0.75]))
    tensor([[0.2500]])
    """
    weights = on * p[:, None]
    return (fires * weights).sum(1) / weights.sum(0)


def _tellers(
    fires: Float[Tensor, "sae state d_sae"],
    of_parent: Float[Tensor, "state pair"],
    lone: Float[Tensor, "state pair"],
    p: Float[Tensor, " state"],
) -> Int[Tensor, "sae pair"]:
    """For each parent, of the latents that stand for it the one with the largest F1; of all, where none does."""

    def fired(on: Float[Tensor, "state pair"]) -> Float[Tensor, "sae d_sae pair"]:
        return torch.einsum("ash,sp,s->ahp", fires, on, p)

    hits, ever, there = fired(of_parent), (fires * p[:, None]).sum(1), p @ of_parent
    f1 = 2 * hits / (ever[..., None] + there)
    return (f1 + (fired(lone) / (p @ lone) > STANDS)).argmax(1)
