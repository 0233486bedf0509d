"""SAEs trained against a meta-SAE that tries to take their rows apart, each at an L0 that is searched; and against one that sees nonsense.

The idea is a comment's below Chanin et al. 2024 (LessWrong): train an SAE and a meta-SAE at once, like a GAN. The null keeps all
of it but what rows share: the adversary sees, and the SAE pays for, rows whose entries are put in an order of each row's own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float, Int64
from numpy import ndarray
from torch import Tensor

from absorption.experiments.families import Families, measured
from absorption.experiments.members import Members
from absorption.measures.hierarchy import measure_pairs, own_latents
from absorption.measures.toy import mcc
from absorption.saes.fit.adversary import taken_apart
from absorption.saes.fit.optimiser import Run
from absorption.saes.losses.objective import population_losses
from absorption.saes.recipe import Recipe, TopK
from absorption.saes.stack import SAEStack

Arm = tuple[float, bool]
"""Weight of the adversary, and whether it sees nonsense."""
FARTHEST = 2.0
"""δ beyond this is cut: a child's row that is all parent has no finite one."""
LOST = 1.0
"""What a pair counts as whose child has no latent that fires: absorbed in full, since its parent was not given back. Its row is
shaped by the adversary alone, and says nothing."""


@dataclass(frozen=True)
class Rivalry:
    """How SAEs and their adversaries are trained.

    Args:
        arms: Weight and kind of each adversary.
        meta_width, meta_k: Of the meta-SAEs.
        steps, lr: Of Adam, for both.
        device: Where.
    """

    arms: tuple[Arm, ...]
    meta_width: int = 5
    meta_k: int = 2
    steps: int = 500
    lr: float = 0.02
    device: str = "cpu"


def rival(
    worlds: Families, how: Rivalry, unit: Float[ndarray, " world"] | None = None
) -> Callable[[Float[ndarray, "value arm world"]], dict[str, Float[ndarray, "value arm world"]]]:
    """What `at_l0` calls: values of λ in, what is true of the SAEs out.

    `delta`, of the median pair: a pair whose child has no latent, or one that never fires, has none, counts as `LOST`, and is left out in
    `defined` (NaN where no pair has one); `undefined` is the share of such pairs. `dead`: the share of latents that never fire. `apart`: the share taken apart. `recall`,
    `unexplained`, `l0`, `mcc`.

    >>> import numpy as np
    >>> from absorption.experiments.families import families
    >>> train = rival(families([0, 1], "apart"), Rivalry(((0.0, False), (0.1, True)), steps=2))
    >>> found = train(np.full((1, 2, 2), 0.1))
    >>> sorted(found), found["delta"].shape
    (['apart', 'dead', 'defined', 'delta', 'l0', 'mcc', 'recall', 'undefined', 'unexplained'], (1, 2, 2))

    Args:
        worlds, how: As named.
        unit: `l0` is given in units of this L0 of each world; of 1 by default.
    """
    d_in, per_world = len(worlds.features), np.ones(len(worlds.seeds)) if unit is None else unit

    def train(pressures: Float[ndarray, "value arm world"]) -> dict[str, Float[ndarray, "value arm world"]]:
        members = Members(value=len(pressures), arm=len(how.arms), world=len(worlds.seeds))
        seeds = [worlds.seeds[world] for world in members.index("world")]
        swept = {"sparsity": members.spread(pressures.copy(), "value", "arm", "world").float()}
        stack = SAEStack(Recipe(sparsity=1.0), d_in, d_in, seeds, sweep=swept, device=how.device)
        meta = SAEStack(
            Recipe(TopK(how.meta_k), decoder_bias=False), d_in, how.meta_width, seeds, device=how.device
        )
        weight = members.spread([weight for weight, _ in how.arms], "arm").float()
        sham = members.spread([sham for _, sham in how.arms], "arm")
        order = orders(worlds.seeds, d_in, sham, members.index("world"))
        p = members.spread(worlds.probabilities, "world")
        fit_rivals(stack, meta, worlds.states, p, weight, order, steps=how.steps, lr=how.lr)
        found = _read(stack, meta, order, worlds, p, members.spread(per_world, "world").float())
        return {name: members.shaped(values) for name, values in found.items()}

    return train


def orders(
    seeds: Sequence[int], d_in: int, sham: Tensor, world: Sequence[int]
) -> Int64[Tensor, "sae d_sae d_in"]:
    """The order in which an adversary sees the entries of each row: as they are, or (sham) in a random one for each row of each world.

    >>> orders([0], 2, torch.tensor([False]), [0]).tolist()
    [[[0, 1], [0, 1]]]
    """
    drawn = [
        torch.rand(d_in, d_in, generator=torch.Generator().manual_seed(seed)).argsort(-1) for seed in seeds
    ]
    plain = torch.arange(d_in).expand(d_in, d_in)
    return torch.stack([drawn[at] if of else plain for of, at in zip(sham.tolist(), world, strict=True)])


def fit_rivals(
    stack: SAEStack,
    meta: SAEStack,
    states: Float[Tensor, "state d_in"],
    p: Float[Tensor, "sae state"],
    weight: Float[Tensor, " sae"],
    order: Int64[Tensor, "sae d_sae d_in"],
    *,
    steps: int,
    lr: float,
) -> None:
    """Each SAE minimises its loss plus `weight` × the share of its rows, as the adversary sees them, that its meta-SAE takes apart.

    Both step in turn, as in `saes.fit.adversary.fit_against`.

    >>> stack, meta = SAEStack(Recipe(sparsity=0.1), 2, 2, [0]), SAEStack(Recipe(TopK(1)), 2, 1, [0])
    >>> half, plain = torch.tensor([[0.5, 0.5]]), orders([0], 2, torch.tensor([False]), [0])
    >>> fit_rivals(stack, meta, torch.eye(2), half, torch.tensor([0.1]), plain, steps=5, lr=0.01)

    Raises:
        FloatingPointError: an SAE diverged.
    """
    x, weights, order, weight = (values.to(stack.W_dec.device) for values in (states, p, order, weight))
    power = float((x.square().sum(-1) * weights).sum(-1).max())
    alike = weights.new_full((1, stack.d_sae), 1 / stack.d_sae)
    run, meta_run = (Run(each, steps, lr, 0.0, 0.3, "adam", of) for each, of in ((stack, power), (meta, 1.0)))

    def seen() -> Tensor:
        return stack.dictionary.gather(2, order)

    def losses(_dead: Tensor | None):
        plain = population_losses(stack, x, weights)
        return replace(plain, total=plain.total + weight * taken_apart(meta, seen()))

    for _ in range(steps):
        rows = seen().detach()
        meta_run.step(lambda _dead, rows=rows: population_losses(meta, rows, alike))
        # The SAE steps against the meta-SAE as it is: gradients of the latter would be thrown away.
        meta.requires_grad_(False)
        run.step(losses)
        meta.requires_grad_(True)
    if bool(run.diverged.any()):
        raise FloatingPointError(f"{int(run.diverged.sum())} of {len(stack)} SAEs diverged; lower lr.")


@torch.no_grad()
def _read(
    stack: SAEStack, meta: SAEStack, order: Tensor, worlds: Families, p: Tensor, unit: Tensor
) -> dict[str, Tensor]:
    found = measured(stack, worlds, p, unit)
    acts = stack.encode(worlds.states.to(stack.W_dec))
    pairs = measure_pairs(
        acts, stack.W_enc, stack.dictionary, worlds.features, worlds.present, p, worlds.pairs
    )
    own = own_latents(stack.dictionary, worlds.features)[:, [child for _, child in worlds.pairs]]
    fires = (acts > 0).any(1).gather(1, own.clamp_min(0))
    each = torch.where(fires, pairs.delta.clamp(-FARTHEST, FARTHEST), torch.nan)
    delta = torch.nan_to_num(each, nan=LOST).quantile(0.5, dim=1)
    defined = each.nanquantile(0.5, dim=1)
    apart = taken_apart(meta, stack.dictionary.gather(2, order.to(stack.W_dec.device)))
    kept = {"l0": found["l0"], "unexplained": found["unexplained"], "recall": 1 - found["holes"]}
    kept |= {"mcc": mcc(stack.dictionary, worlds.features), "undefined": each.isnan().float().mean(1)}
    kept["dead"] = (acts <= 0).all(1).float().mean(-1)
    return kept | {"delta": delta, "defined": defined, "apart": apart}
