"""What each orthogonality scheme costs a step, from 512 to 32,768 latents, and how near its gradient is to the exact one.

Every row times one evaluation with its gradient, at one width; `peer` is the naive sum over all pairs (one n × n matrix
and autograd) where its memory allows, and the exact blocked sum beyond. The note holds the exponent fitted to all
widths of the scheme from 2,048 on (1 is linear in the number of latents), and the cosine of its gradient with the
gradient of the exact mean cos².
"""

import time
from collections.abc import Callable, Iterable

import numpy as np
import torch

from absorption.saes.clock import Clock
from absorption.saes.losses.orthogonality import batch_cost, chunk_cost, listed_cost, multiplications, nearest
from absorption.saes.losses.pairs import cost_within, directions, mean_cost
from absorption.saes.losses.schemes import AllPairs, FrozenBatches, Neighbours, RandomChunks, Scheme
from benchmarks.row import Row

SIZES = (512, 1024, 2048, 4096, 8192, 16384, 32768)
SHOWN = (512, 4096, 32768)
"""Widths with a row of their own; the exponents are fitted to all."""
D_IN, SMALL_D_IN = 64, 16
NAIVE_LIMIT = 8192
"""Latents up to which an n × n matrix and its copies for autograd are held."""
FIT_FROM = 2048
BUDGET = 4.0
"""Seconds after which a measurement is not repeated."""

Cost = Callable[[torch.Tensor], torch.Tensor]


def rows() -> Iterable[Row]:
    """One row a scheme and shown width, then the fourth power in few dimensions, where it too is linear."""
    seconds: dict[str, dict[int, float]] = {}
    agreement: dict[str, dict[int, float]] = {}
    counted = schemes()
    for n in SIZES:
        W = clusters(n, D_IN)
        exact = gradient(mean_cost, W)
        for name, cost in {"naive": naive, **costs(n, W)}.items():
            if name == "naive" and n > NAIVE_LIMIT:
                continue
            took, found = timed(cost, W)
            seconds.setdefault(name, {})[n] = took
            agreement.setdefault(name, {})[n] = float(
                torch.nn.functional.cosine_similarity(found, exact, dim=0)
            )
        seconds.setdefault("remaking the list", {})[n] = clocked(lambda W=W: nearest(W.detach(), 16))
        del W, exact
    kept = seconds.pop("remaking the list")
    for name, of_size in seconds.items():
        if name == "naive":
            continue
        power = exponent(of_size)
        for n in SHOWN:
            took = of_size[n]
            peer, who = (
                (seconds["naive"][n], "naive sum")
                if n in seconds["naive"]
                else (seconds["all pairs, |cos|"][n], "all pairs in blocks")
            )
            aside = f"; remaking its list takes {kept[n]:.3g} s" if name.startswith("neighbours") else ""
            note = (
                f"{D_IN} dimensions; peer: {who}; grows as n^{power:.2f}; gradient's cosine with mean cos² {agreement[name][n]:.3f}; "
                f"{multiplications(counted[name], n, D_IN):.2g} multiplications{aside}"
            )
            yield Row(f"{name}, {n} latents", took, peer, peer / took, None, "s", note)
    yield from few_dimensions()


def schemes() -> dict[str, Scheme]:
    """What is measured."""
    return {
        "cos², Gram": AllPairs(),
        "all pairs, |cos|": AllPairs(exponent=1),
        "all pairs, hinge": AllPairs(hinge=0.3),
        "chunks of 2048, nearest": RandomChunks(2048),
        "chunks of 8192, nearest (OrtSAE)": RandomChunks(8192),
        "chunks of 2048, mean |cos|": RandomChunks(2048, aggregate="mean", exponent=1),
        "neighbours, 16": Neighbours(16, every=10**9),
        "frozen batches, last of 4": FrozenBatches(4),
    }


def costs(n: int, W: torch.Tensor) -> dict[str, Cost]:
    """One evaluation of each scheme; the list of neighbours is there already."""
    step, listed = Clock(0, 1), nearest(W.detach(), 16)

    def of(scheme: Scheme) -> Cost:
        match scheme:
            case RandomChunks():
                return lambda W: chunk_cost(W, scheme, step)
            case Neighbours():
                return lambda W: listed_cost(W, listed, scheme.exponent, scheme.hinge)
            case FrozenBatches():
                return lambda W: batch_cost(W, scheme, 3 * n // 4, n)
            case _:
                return lambda W: mean_cost(W, scheme.exponent, scheme.hinge)

    return {name: of(scheme) for name, scheme in schemes().items()}


def few_dimensions() -> Iterable[Row]:
    """The fourth power by its Gram matrix, beside the same sum pair by pair."""
    by_gram, by_pairs = {}, {}
    for n in SIZES:
        W = clusters(n, SMALL_D_IN)
        by_gram[n], one = timed(lambda W: cost_within(directions(W), 4, 0.0), W)
        # A hinge too small to matter takes the same sum through blocks of pairs.
        by_pairs[n], other = timed(lambda W: cost_within(directions(W), 4, 1e-9), W)
        assert torch.nn.functional.cosine_similarity(one, other, dim=0) > 0.999
    for n in SHOWN:
        yield Row(
            f"cos⁴, {n} latents", by_gram[n], by_pairs[n], by_pairs[n] / by_gram[n], None, "s",
            f"{SMALL_D_IN} dimensions; peer: the same sum in blocks of pairs, n^{exponent(by_pairs):.2f}; ours grows as "
            f"n^{exponent(by_gram):.2f}",
        )  # fmt: skip


def clusters(n: int, d_in: int) -> torch.Tensor:
    """Clusters of eight directions about 45 degrees apart, `[1 n d_in]`, with a gradient."""
    generator = torch.Generator().manual_seed(0)
    centres = directions(torch.randn(1, n // 8, d_in, generator=generator)).repeat_interleave(8, 1)
    return directions(
        centres + 0.65 * d_in**-0.5 * torch.randn(1, n, d_in, generator=generator)
    ).requires_grad_()


def naive(W: torch.Tensor) -> torch.Tensor:
    """The mean of cos² over pairs as one would write it first."""
    unit = directions(W)
    return ((unit @ unit.mT).square().sum() - W.shape[1])[None] / (W.shape[1] * (W.shape[1] - 1))


def gradient(cost: Cost, W: torch.Tensor) -> torch.Tensor:
    """The gradient for W, flat."""
    return torch.autograd.grad(cost(W).sum(), W)[0].flatten()


def timed(cost: Cost, W: torch.Tensor) -> tuple[float, torch.Tensor]:
    """Seconds of one evaluation with its gradient, and that gradient."""
    start = time.perf_counter()
    found = gradient(cost, W)
    first = time.perf_counter() - start
    return (first if first > BUDGET else clocked(lambda: gradient(cost, W))), found


def clocked(work: Callable[[], object]) -> float:
    """Median seconds of up to nine runs, as many as the budget allows."""
    took: list[float] = []
    while len(took) < 9 and sum(took) < BUDGET:
        start = time.perf_counter()
        work()
        took.append(time.perf_counter() - start)
    return sorted(took)[len(took) // 2]


def exponent(of_size: dict[int, float]) -> float:
    """The power of n that fits the seconds, on logarithms."""
    sizes = [n for n in of_size if n >= FIT_FROM]
    return float(np.polyfit(np.log(sizes), np.log([of_size[n] for n in sizes]), 1)[0])
