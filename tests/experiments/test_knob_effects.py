"""Effects of the knobs: which ends are compared, over what, and beside which formula."""

import numpy as np
import pytest

from absorption.experiments.knob_effects import Knobs, by_cooccurrence, by_magnitude, by_sparsity, either_way
from absorption.experiments.knob_laws import Laws, laws, odds
from absorption.experiments.knobs import Draws, Turned

SHAPE = (2, 2, 4, 2, 3)  # world start bound scale λ
BOUNDS, SCALES, SPARSITIES = (0.0, 0.5, 0.8, 1.0), (0.5, 2.0), (0.03, 0.1, 0.3)


def level(n, by=(0.0, 0.0, 0.0)):
    """Levels of n children that grow along bounds, scales and λ, each from end to end by so much."""
    grid = np.meshgrid(*(np.linspace(0, b, k) for b, k in zip(by, SHAPE[2:], strict=True)), indexing="ij")
    return np.broadcast_to(sum(grid)[None, None, ..., None], (*SHAPE, n)).copy()


def turned(values):
    return Turned(
        level=values,
        **{name: np.ones(SHAPE) for name in ("share", "silent", "found", "alive", "explained", "l0")},
    )


@pytest.fixture
def found():
    starts = {"truth": (0.4, -0.2, 0.1), "random": (0.2, 0.1, 0.3)}
    keys = [(kind, n, start) for kind in ("exclusive", "together") for n in (2, 3) for start in starts]
    return Knobs({key: turned(level(key[1], starts[key[2]])) for key in keys}, (2, 3))


def test_effects_are_read_between_the_ends_of_one_knob():
    values = level(2, (0.4, -0.2, 0.1))[:, None]
    assert by_sparsity(values) == pytest.approx([0.1] * 2)
    assert by_cooccurrence(values) == pytest.approx([0.4] * 2)
    assert by_cooccurrence(values, 1) == pytest.approx([0.4 / 3] * 2)
    assert by_magnitude(values) == pytest.approx([-0.2] * 2)
    assert either_way(values) == pytest.approx([0.2] * 2)


def test_children_by_chance_are_left_out_of_the_effect_of_sparsity():
    values = level(2)[:, None]
    values[:, :, :, 0, :, -1] = 1.0
    assert by_sparsity(values) == pytest.approx([0.0] * 2)
    assert by_sparsity(values, [0]) == pytest.approx([1.0] * 2)


def test_a_direction_that_differs_between_starts_has_no_size():
    values = level(2)[:, None]
    values[:, :, 0, :, -1], values[:, :, 1, :, -1] = 0.3, -0.3
    assert either_way(values) == pytest.approx([-0.3] * 2)


def test_a_child_that_is_not_there_is_not_counted(found):
    every = found.of_worlds("truth")
    assert every.shape == (4, 2, 2, 4, 2, 3, 3)
    assert np.isnan(every[:2, ..., 2]).all() and np.isfinite(every[2:]).all()
    assert found.readable("truth") == pytest.approx([1.0] * 4)
    found.runs["together", 2, "truth"].level[0] = np.nan
    assert found.readable("truth") == pytest.approx([0.5, 1.0, 1.0, 1.0])


def test_every_effect_has_its_name(found):
    effects = found.effects()
    assert effects["by_sparsity"] == pytest.approx([0.1] * 4)
    assert effects["by_magnitude"] == pytest.approx([0.2] * 4)
    assert effects["magnitude_exclusive_truth"] == pytest.approx([-0.2] * 4)
    assert effects["halfway_together_random"] == pytest.approx([0.2 / 3] * 4)
    for name in ("by_sparsity_random", "sparsity_always_together_random"):
        assert effects[name] == pytest.approx([0.3] * 4)
    assert len(effects) == 6 + 4 * (3 + 3 + 1)


def test_runs_from_random_weights_may_reach_the_level_from_beside_the_truth(found):
    assert 0 < found.reaches()[0] < 1
    same = Knobs({key: turned(level(key[1])) for key in found.runs}, (2, 3))
    assert same.reaches() == pytest.approx([1.0] * 4)


def test_the_worst_corner_is_the_largest_weight_with_the_weakest_parent(found):
    for runs in found.runs.values():
        runs.explained[..., 0, -1] = 0.5
    assert found.both("explained", end=True)["truth"] == pytest.approx([0.5] * 4)
    assert found.both("explained")["truth"] == pytest.approx([1 - 0.5 / 6] * 4)


def test_more_steps_are_compared_at_the_weakest_parent(found):
    twice = {
        start: found.runs["together", 2, start].level[:, :, :, :1] + 0.5 for start in ("truth", "random")
    }
    twice["truth"][..., -1, :] += 0.2
    changed = found.longer(twice)
    assert changed["longer_sparsity_truth"] == pytest.approx([0.2] * 2)
    assert changed["longer_cooccurrence_random"] == pytest.approx([0.0] * 2)


DRAWS = {n: Draws(np.array([0.4, 0.3]), np.full((2, n), 0.1), np.ones((2, n + 1))) for n in (2, 3)}


def test_by_chance_the_odds_with_a_child_are_those_without():
    with_child, without = odds(DRAWS[2], bound=0.0)
    assert with_child == pytest.approx(without)
    assert (odds(DRAWS[2], bound=0.5)[0] > with_child).all()


def test_the_formulas_are_compared_with_levels_at_every_setting():
    measured = np.concatenate(
        [np.pad(level(n), [(0, 0)] * 5 + [(0, 3 - n)], constant_values=np.nan) for n in (2, 3)]
    )
    found = laws(DRAWS, BOUNDS, SCALES, SPARSITIES, measured)
    assert found.biased.shape == found.plain.shape == found.measured.shape == (4, 3, 2, 3)
    assert found.biased[:, 0] == pytest.approx(np.zeros((4, 2, 3)), abs=1e-9)  # by chance nothing is absorbed
    assert (found.plain[:, 0] > 0).all()


def test_errors_are_those_above_chance_where_the_formula_is_for_small_levels():
    law = np.array([[[[0.0]], [[0.1]], [[0.5]]]])
    found = Laws(law, law + 0.2, np.array([[[[1.0]], [[0.15]], [[0.9]]]]))
    assert {name: error.round(2).tolist() for name, error in found.errors.items()} == {
        "law_error_small": [0.05], "law_error_large": [0.4], "plain_error_small": [0.15],
    }  # fmt: skip
