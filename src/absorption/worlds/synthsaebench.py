"""SynthSAEBench-16k from its published settings: what its documentation says of the data, and the same counted on inputs drawn here.

Source of settings and numbers: `docs/synth_sae_bench.md` of SAELens; of the overlap: arXiv:2602.14687. What is left out here is the
orthogonalisation of the features, 100 steps with a rate of 0.0003, which takes many minutes on a few cores.
"""

import logging
from collections.abc import Iterator
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from absorption.worlds.benchmark import CHILDREN, lent, synthetic

PUBLISHED = MappingProxyType({"l0": 34, "common_l0": 25, "overlap": 0.15})
"""Features present on average, in all and among the first `WIDTH`; mean over features of the largest cosine with another one."""
WIDTH, SAMPLES = 4096, 200_000_000
"""Latents of its SAEs, and inputs on which each was trained."""
AT_ONCE = 256
"""Inputs drawn at once."""


def counted(
    n_inputs: int = 2048, n_features: int = 16_384, d_in: int = 768, roots: int = 128, n_overlaps: int = 1024
) -> dict[str, float]:
    """The numbers of `PUBLISHED`, on inputs drawn here; the features are random directions, not orthogonalised.

    >>> found = counted(256, n_features=400, d_in=64, roots=4)
    >>> sorted(found), found["l0"] == found["common_l0"]  # there are fewer features than `WIDTH`
    (['common_l0', 'l0', 'overlap'], True)

    Args:
        n_inputs: How many are counted, a multiple of `AT_ONCE`.
        n_features, d_in: How many features, in how many dimensions.
        roots: Trees of three generations, four children a parent.
        n_overlaps: Features whose largest cosine with any other one is averaged.
    """
    with lent():
        torch.manual_seed(0)
        model = _model(n_features, d_in, roots)
        often = torch.stack(list(_firings(model, n_inputs))).sum(0) / n_inputs
    rows = torch.nn.functional.normalize(model.feature_dict.feature_vectors.detach(), dim=-1)
    cosines = (rows[:n_overlaps] @ rows.T).fill_diagonal_(0).abs()
    return {
        "l0": float(often.sum()),
        "common_l0": float(often[:WIDTH].sum()),
        "overlap": float(cosines.amax(1).mean()),
    }


def _firings(model: Any, n_inputs: int) -> Iterator[Float[Tensor, " feature"]]:
    for _ in range(0, n_inputs, AT_ONCE):
        yield (model.activation_generator.sample(AT_ONCE) > 0).sum(0).double()


def _model(n_features: int, d_in: int, roots: int) -> Any:
    """SAELens' model of the world, quietly."""
    s = synthetic()
    config = s.SyntheticModelConfig(
        n_features,
        d_in,
        firing_probability=s.ZipfianFiringProbabilityConfig(exponent=0.5, max_prob=0.4, min_prob=5e-4),
        hierarchy=_hierarchy(s, roots, scale_children_by_parent=True),
        correlation=s.LowRankCorrelationConfig(rank=25, correlation_scale=0.1),
        mean_firing_magnitudes=s.LinearMagnitudeConfig(start=5.0, end=4.0),
        std_firing_magnitudes=s.FoldedNormalMagnitudeConfig(mean=0.5, std=0.5),
        bias=0.5,
        seed=42,
    )
    speaks = logging.getLogger("sae_lens.synthetic.synthetic_model")
    before, speaks.level = speaks.level, logging.ERROR  # it warns that its own settings clamp probabilities
    try:
        return s.SyntheticModel(config)
    finally:
        speaks.level = before


def _hierarchy(s: Any, roots: int, **more: Any) -> Any:
    return s.HierarchyConfig(roots, CHILDREN, 3, 1.0, compensate_probabilities=True, **more)


def alone_in_synthsaebench(n_features: int = 16_384, roots: int = 128) -> Float[np.ndarray, " parent"]:
    """How often each parent of SynthSAEBench comes without a child, from its published settings; correlations left out.

    SAELens raises every child's probability to make up for the siblings that it excludes, so that hardly a parent comes
    without one.

    >>> float(np.median(alone_in_synthsaebench(400, roots=4)).round(2))
    0.08
    """
    s = synthetic()
    trees = s.generate_hierarchy(n_features, _hierarchy(s, roots), seed=0)
    wanted = s.zipfian_firing_probabilities(n_features, 0.5, 0.4, 5e-4)
    asked = (wanted * trees.compute_probability_correction_factors(wanted)).clamp(max=1.0)
    found, waiting = [], list(trees.roots)
    while waiting:
        children = list(waiting.pop().children)
        if children:
            found.append(float((1 - asked[[child.feature_index for child in children]]).prod()))
            waiting += children
    return np.array(found)
