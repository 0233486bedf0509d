"""Groups or features: dictionaries that are placed by hand answer the five tests as they must."""

import numpy as np
import pytest
import torch

from absorption.experiments import groupings
from absorption.experiments.factors import factor_worlds, family_worlds, together
from absorption.experiments.grouping_tests import Answers, Asked
from absorption.experiments.learners import Code

N, WIDE = 2, 4
COMMON = factor_worlds(range(N), n_factors=2, d_in=2, rate=(0.2, 0.5))
SEEN, UNSEEN = COMMON.split(0, 1)
FAMILIES, PAIRS = family_worlds(range(N), "apart")
STARTS = together([FAMILIES, FAMILIES.again()])


def everywhere(place, worlds):
    """The same kind of dictionary placed in every world."""
    codes = [place(one) for one in (_only(worlds, i) for i in range(len(worlds.seeds)))]
    return Code(*(torch.cat([getattr(code, part) for code in codes]) for part in ("acts", "rows", "x", "p")))


def _only(worlds, i):
    return type(worlds)(worlds.seeds[i : i + 1], worlds.populations[i : i + 1], worlds.p[i : i + 1])


def joined(*codes):
    return Code(*(torch.cat([getattr(code, part) for code in codes]) for part in ("acts", "rows", "x", "p")))


@pytest.fixture
def answers():
    clusters, features = (everywhere(place, COMMON) for place in (groupings.quantiser, groupings.extractor))
    in_families = everywhere(groupings.extractor, STARTS)
    off = np.array([0.01, 0.2])
    done = {
        "wide": joined(*(clusters,) * 4), "narrow": joined(features, features),
        "long": joined(*(clusters.of(slice(1)),) * 3), "varied": clusters, "untrained": features,
        "L1, frozen": features, "varied, frozen": features, "factors": (features, 0 * off), "factors, frozen": (clusters, off),
        "factors, longer": (features, off), "families": (in_families, np.zeros(4)), "families, frozen": (in_families, np.array([0.0, 0.2, 0.2, 0.2])),
    }  # fmt: skip
    asked = Asked(
        COMMON, COMMON, COMMON, SEEN, UNSEEN, STARTS, PAIRS, n_long=1, n_starts=2, wide=WIDE, one_l0=0.05
    )
    return Answers(asked, done)


def test_the_index_tells_a_quantiser_from_an_extractor(answers):
    assert answers.index["index_wide_common"] == pytest.approx([1] * N)
    assert answers.index["index_true_l0"] == pytest.approx([0] * N, abs=1e-6)
    assert answers.placed == pytest.approx(
        {"oracle_quantiser": 1, "oracle_extractor": 0, "oracle_absorbed": 0}, abs=1e-6
    )


def test_only_pairs_at_one_l0_are_compared(answers):
    assert answers.paired["f1"].tolist() == [[True, False]]
    assert answers.paired["absorption"].tolist() == [[True, False], [False, False]]
    assert len(answers.gaps["f1_gap"]) == len(answers.gaps["absorption_gap"]) == 1
    assert answers.gaps["f1_gap"][0] > 0  # an extractor's latents find factors, a quantiser's do not


def test_what_is_new_is_missed_by_k_means(answers):
    assert (answers.new_k_means > 0.1).all()
    assert answers.new == pytest.approx(
        [0] * N, abs=1e-6
    )  # a latent for each state was placed, the new ones too


def test_every_evidence_has_a_number_a_world(answers):
    samples = {name: values for of in answers.samples.values() for name, values in of.items()}
    assert {len(values) for name, values in samples.items() if not name.startswith("longer")} == {N}
    assert samples["longer_common"] == pytest.approx([0.0])
    assert samples["agreement_wide"] == pytest.approx([1.0] * N) and samples["zones_narrow"] == pytest.approx(
        [1.0] * N
    )
    assert {
        "graded_share",
        "graded_frozen",
        "f1_sae",
        "absorption_frozen",
        "chance_narrow",
        "index_frozen_l1",
    } <= set(samples)


def test_what_trained_saes_miss_is_told_with_the_worst(answers):
    assert set(answers.missed) == {
        "L1, wide",
        "L1, on what T2 showed",
        "L1, magnitudes vary",
        "true L0, factors",
        "true L0, hierarchy",
    }
    assert answers.worst in answers.missed
    assert max(values.max() for values in answers.missed.values()) < 1e-6


def test_the_numbers_of_the_prose_are_those_of_the_table(answers):
    said = answers.for_prose()
    assert said["budget_missed"] == answers.table["true L0, wide"]["missed"]
    assert said["l0_wide"] == pytest.approx(said["l0_quantiser"])  # it is a quantiser
    assert (said["pairs_factors"], said["pairs_families"]) == (1, 1)


def test_a_mean_over_starts_leaves_out_those_that_are_not_kept():
    values, kept = (
        np.array([[1.0, 2.0, 3.0], [5.0, 4.0, 9.0]]),
        np.array([[True, False, True], [True, False, False]]),
    )
    assert groupings.by_world(values, kept).tolist() == [3.0, 3.0]
