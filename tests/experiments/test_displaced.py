"""Which worlds lose their rare feature: what is read off the runs."""

import numpy as np
import pytest

from absorption.experiments.combinations import Runs
from absorption.experiments.crowds import crowded_worlds, pair_worlds
from absorption.experiments.displaced import Displaced, Job, jobs, longer, oracle, without_sweet

PAIRS = pair_worlds(2, seed=0)
SPARSITIES = (0.1, 0.2)


def runs(lost, loss, own=1.0, combinations=1.0, l0=1.0):
    """Of two worlds, two λ and two runs."""
    full = {
        name: np.full((2, 2, 2), value)
        for name, value in dict(own=own, combinations=combinations, l0=l0).items()
    }
    return Runs(
        loss=np.array(loss),
        lost=np.array(lost),
        explained=np.ones((2, 2, 2)),
        dead=np.zeros((2, 2, 2)),
        **full,
    )


LOST = [[[0.0, 0.0], [1.0, 0.0]], [[0.0, 0.0], [1.0, 0.0]]]
LOSS = [[[1.0, 2.0], [1.0, 2.0]], [[1.0, 2.0], [2.0, 1.0]]]


@pytest.fixture
def found():
    names = ("pair", "pair, truth", "pair, planted")
    return Displaced(
        {name: Job(PAIRS, 3, SPARSITIES, 2) for name in names},
        {name: runs(LOST, LOSS) for name in names},
        0.2,
    )


def test_the_best_run_is_the_one_of_least_loss(found):
    assert found.best("pair", "displaced").tolist() == [1, 0]
    assert found.best("pair", "displaced", at=0.1).tolist() == [0, 0]
    assert found.single("pair", "displaced").tolist() == [[1, 0], [1, 0]]
    assert found.of_best("pair", "displaced").tolist() == [[0, 1], [0, 0]]


def test_the_pair_is_cheaper_only_where_its_loss_is_lower(found):
    assert found.cheaper.tolist() == [False, False]
    found.runs["pair, planted"].loss[0] -= 0.1
    assert found.cheaper.tolist() == [True, False]


def test_a_rare_feature_may_be_lost_as_derived(found):
    from dataclasses import replace

    common, seldom = pair_worlds(2, seed=0, rare=(0.3, 0.31)), pair_worlds(2, seed=0, rare=(1e-4, 2e-4))
    for worlds, expected in ((common, [False, True]), (seldom, [True, False])):
        asked = {**found.jobs, "pair": replace(found.jobs["pair"], worlds=worlds)}
        assert Displaced(asked, found.runs, 0.2).as_derived.tolist() == expected


def test_a_sweet_spot_has_to_be_found_in_one_half_of_the_runs_and_to_hold_in_the_other():
    assert without_sweet(runs(LOST, LOSS, combinations=0.0)).tolist() == [0, 0]
    assert without_sweet(runs(LOST, LOSS)).tolist() == [1, 1]


def test_every_kind_of_run_is_asked_for():
    asked = jobs(PAIRS, PAIRS, crowded_worlds(2, seed=0), SPARSITIES, 0.2, 8, 2)
    assert {name: job.n_runs for name, job in asked.items() if job.start != "random"} == {
        "pair, truth": 1, "pair, planted": 1, "crowd, truth": 1,
    }  # fmt: skip
    assert [asked[name].n_latents for name in ("pair", "pair, four", "crowd", "crowd, spare")] == [3, 4, 6, 8]
    assert all(asked[f"{kind}, without"].sparsities == [0.0] for kind in ("pair", "crowd"))
    assert asked["crowd, apart"].worlds.p[:, asked["crowd"].worlds.present[:, :5].sum(1) > 1].sum() == 0


def test_twice_the_steps_come_first(monkeypatch):
    def run(job, times, **training):
        return runs(LOST, LOSS, combinations=float(times == 2))

    monkeypatch.setattr(Job, "run", run)
    changed = longer([Job(PAIRS, 3, SPARSITIES, 2)], 0.2)
    assert [values.tolist() for values in changed["longer_lost"]] == [[1, 0], [0, 0]]
    assert [values.tolist() for values in changed["longer_sweet"]] == [[1, 1], [0, 0]]


def test_the_oracle_passes():
    assert oracle(PAIRS, 0.2) == 1
