"""Half-spaces of activation space that mean nothing: what absorption has to be held against.

An arbitrary half-space, the words that lie furthest in a random direction, passes the rule for a probe, and words of it are
"absorbed" about as much as those of a real concept. So every rate stands beside the same rate for two kinds of them:

- *free* ones, in a random direction: isotropic, or shaped like the data, u = Xᵀg;
- *matched* ones, u = c·d + √(1 − c²)·r, tilted away from the decoder direction d of a live latent towards an r shaped like the
  data (here taken orthogonal to d, so that c is the cosine) until that latent serves the half-space only as well as the
  label's own main latent serves the label. They ask whether labels are absorbed more than *any* concept that the SAE
  represents as well.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from absorption.measures.active import ActiveLatents

STEPS = 20
"""Of the bisection, after which c is known to a millionth."""
CLOSE = 0.02
"""How far a matched half-space's F1 may be from its target."""
TRIED = 512
"""Latents that are tried as starting points of matched half-spaces, at most."""


def furthest(
    projections: Float[Tensor, "word half_space"], sizes: Int64[Tensor, " half_space"]
) -> Bool[Tensor, "word half_space"]:
    """The `sizes` words that lie furthest in each direction.

    >>> import torch
    >>> furthest(torch.tensor([[3.0], [1.0], [2.0]]), torch.tensor([2])).T.tolist()
    [[True, False, True]]
    """
    order = projections.T.contiguous().argsort(dim=1, descending=True)
    inside = torch.arange(len(projections)) < sizes[:, None]
    return torch.zeros_like(inside).scatter(1, order, inside).T.contiguous()


def shaped_like(
    x: Float[Tensor, "word d_in"], n: int, generator: torch.Generator
) -> Float[Tensor, "half_space d_in"]:
    """Random directions that lie as the data do, u = Xᵀg with g standard normal, of length one.

    >>> import torch
    >>> shaped_like(torch.tensor([[2.0, 0.0], [1.0, 0.0]]), 1, torch.Generator().manual_seed(0)).abs().tolist()
    [[1.0, 0.0]]
    """
    drawn = torch.randn(n, len(x), generator=generator, dtype=x.dtype)
    return torch.nn.functional.normalize(drawn @ x, dim=1)


def free_directions(
    x: Float[Tensor, "word d_in"], n: int, generator: torch.Generator
) -> Float[Tensor, "half_space d_in"]:
    """Random directions of length one, in turn isotropic and shaped like the (centred) data.

    >>> import torch
    >>> free_directions(torch.eye(3), 4, torch.Generator().manual_seed(0)).norm(dim=1).allclose(torch.ones(4))
    True
    """
    isotropic = torch.nn.functional.normalize(
        torch.randn(n, x.shape[1], generator=generator, dtype=x.dtype), dim=1
    )
    shaped = shaped_like(x, n, generator)
    return torch.where((torch.arange(n) % 2 == 0)[:, None], isotropic, shaped)


@dataclass(frozen=True)
class Matched:
    """Half-spaces served as well as labels are: `direction [half_space d_in]`, the label that each belongs to `[half_space]`,
    the `latent` that it was tilted from, its `cosine` with that latent's direction, and the `f1` that the latent reaches."""

    direction: Float[Tensor, "half_space d_in"]
    of_label: Int64[Tensor, " half_space"]
    latent: Int64[Tensor, " half_space"]
    cosine: Float[Tensor, " half_space"]
    f1: Float[Tensor, " half_space"]


def matched_half_spaces(
    x: Float[Tensor, "word d_in"],
    z: ActiveLatents,
    dictionary: Float[Tensor, "d_sae d_in"],
    train: Int64[Tensor, " train"],
    sizes: Int64[Tensor, " label"],
    targets: Float[Tensor, " label"],
    each: int,
    not_from: Bool[Tensor, " d_sae"],
    generator: torch.Generator,
) -> Matched:
    """`each` half-spaces for every label, as many as can be had: none for a label that no latent can be matched to.

    >>> import torch
    >>> generator = torch.Generator().manual_seed(0)
    >>> x = torch.randn(500, 8, generator=generator)
    >>> z, train = ActiveLatents.of((x - 0.5).relu()), torch.arange(400)
    >>> options = dict(sizes=torch.tensor([100]), targets=torch.tensor([0.7]), each=3, not_from=torch.zeros(8).bool())
    >>> found = matched_half_spaces(x, z, torch.eye(8), train, generator=generator, **options)
    >>> found.of_label.tolist(), bool(((found.f1 - 0.7).abs() <= CLOSE).all())
    ([0, 0, 0], True)

    Args:
        x: Activations of all words, centred.
        z: Of the SAE's latents on the same words.
        dictionary: Decoder directions.
        train: Rows on which F1 is measured, as that of the labels' main latents was.
        sizes: Words of each label, in all.
        targets: F1 of each label's own best latent, cut where it is best, on the training words.
        each: How many a label.
        not_from: Latents that are no starting points: those that stand for a label.
        generator: Of latents and directions.
    """
    training = _Training.of(z, train, len(x))
    from_, ceilings = _starting_points(training, x, dictionary, sizes, targets, not_from, generator)
    of_label, chosen = [], []
    for label, target in enumerate(targets.tolist()):
        able = (ceilings[:, label] >= target).nonzero()[:, 0]
        if len(able):
            again = torch.cat(
                [torch.randperm(len(able), generator=generator) for _ in range(-(-each // len(able)))]
            )
            chosen.append(from_[able[again[:each]]])
            of_label += [label] * each
    if not chosen:
        none = torch.zeros(0, dtype=torch.int64)
        return Matched(x.new_zeros(0, x.shape[1]), none, none, x.new_zeros(0), x.new_zeros(0))
    latent, label = torch.cat(chosen), torch.tensor(of_label)
    away = torch.nn.functional.normalize(dictionary[latent], dim=1)
    r = shaped_like(x, len(latent), generator)
    r = torch.nn.functional.normalize(r - (r * away).sum(1, keepdim=True) * away, dim=1)
    on_d, on_r = ((x @ directions.T).T.contiguous().numpy() for directions in (away, r))
    found = [
        _bisect(training, int(j), on_d[i], on_r[i], int(sizes[own]), float(targets[own]))
        for i, (j, own) in enumerate(zip(latent, label, strict=True))
    ]
    c, f1 = torch.tensor(found, dtype=x.dtype).T
    kept = (f1 - targets[label]).abs() <= CLOSE
    direction = c[:, None] * away + (1 - c.square()).clamp(min=0).sqrt()[:, None] * r
    return Matched(direction[kept], label[kept], latent[kept], c[kept], f1[kept])


@dataclass(frozen=True)
class _Training:
    """On which words each latent is active among the training words, the strongest first; tied ones end together."""

    starts: np.ndarray
    rows: np.ndarray
    ends: np.ndarray
    in_train: np.ndarray
    held_out: np.ndarray

    @classmethod
    def of(cls, z: ActiveLatents, train: Tensor, n_words: int) -> "_Training":
        by_latent = z.rows(train).by_latent
        latent = torch.arange(len(by_latent)).repeat_interleave(by_latent.per_row)
        order = by_latent.values.argsort(descending=True, stable=True)
        order = order[latent[order].argsort(stable=True)]
        values = by_latent.values[order]
        ends = torch.ones(len(values), dtype=torch.bool)
        ends[:-1] = (values[1:] != values[:-1]) | (latent[1:] != latent[:-1])
        rows = train[by_latent.latents[order].long()]
        in_train = torch.zeros(n_words, dtype=torch.bool)
        in_train[train] = True
        held_out = (~in_train).nonzero()[:, 0]
        return cls(by_latent.starts.numpy(), rows.numpy(), ends.numpy(), in_train.numpy(), held_out.numpy())

    def of_latent(self, latent: int) -> slice:
        return slice(int(self.starts[latent]), int(self.starts[latent + 1]))

    def f1(self, latent: int, holds: np.ndarray, actual: np.ndarray) -> np.ndarray:
        """The best F1 of cutting one latent for each set: `holds [entry set]` of its rows, the strongest first, is in it."""
        place = np.arange(1, len(holds) + 1)[:, None]
        ends = self.ends[self.of_latent(latent)]
        return (2 * holds.cumsum(0) / (place + actual))[ends].max(0, initial=0.0)


def _starting_points(
    training: _Training,
    x: Tensor,
    dictionary: Tensor,
    sizes: Tensor,
    targets: Tensor,
    not_from: Tensor,
    generator: torch.Generator,
) -> tuple[Int64[Tensor, " tried"], Float[Tensor, "tried label"]]:
    """Latents that may reach a target, and the F1 that each reaches for its own direction, label by label."""
    active = torch.from_numpy(np.diff(training.starts))
    in_train = training.in_train.mean()
    # With `active` words F1 is at most 2 active / (active + actual).
    needed = (sizes * in_train * targets / (2 - targets)).min()
    able = ((active >= needed) & (active > 0) & ~not_from).nonzero()[:, 0]
    able = able[torch.randperm(len(able), generator=generator)[:TRIED]]
    ceilings = torch.zeros(len(able), len(sizes))
    last = len(x) - sizes.numpy()  # the place of the last word inside, in rising order
    at = 0
    for some in able.split(64):
        for latent, projections in zip(some.tolist(), (dictionary[some] @ x.T).numpy(), strict=True):
            # What lies above the lowest cut, sorted once, answers for every label.
            lowest = np.partition(projections, last.min())[last.min()]
            rising, left_out = (
                np.sort(some[some >= lowest]) for some in (projections, projections[training.held_out])
            )
            cuts = rising[last - len(x)]
            actual = _reaching(rising, cuts) - _reaching(left_out, cuts)
            holds = projections[training.rows[training.of_latent(latent)]][:, None] >= cuts
            ceilings[at] = torch.from_numpy(training.f1(latent, holds, actual))
            at += 1
    return able, ceilings


def _reaching(rising: np.ndarray, cuts: np.ndarray) -> np.ndarray:
    """How many are at each cut or above it."""
    return len(rising) - np.searchsorted(rising, cuts)


def _bisect(
    training: _Training, latent: int, on_d: np.ndarray, on_r: np.ndarray, size: int, target: float
) -> tuple[float, float]:
    """The cosine at which the latent's F1 for the half-space comes down to the target, and that F1."""

    def f1(c: float) -> float:
        projections = c * on_d + (1 - c * c) ** 0.5 * on_r
        holds = projections >= np.partition(projections, -size)[-size]
        actual = np.array([np.count_nonzero(holds & training.in_train)])
        own = holds[training.rows[training.of_latent(latent)]]
        return float(training.f1(latent, own[:, None], actual)[0])

    low, high, reached = 0.0, 1.0, f1(1.0)
    for _ in range(STEPS):
        middle = (low + high) / 2
        value = f1(middle)
        low, high, reached = (low, middle, value) if value >= target else (middle, high, reached)
        if 0 <= reached - target < CLOSE / 10:
            break
    return high, reached
