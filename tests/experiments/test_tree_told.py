"""What is said of two-level trees: each number is that of its job, its kind and its world."""

import numpy as np
import pytest

from absorption.experiments.levels import MOST_STEPS
from absorption.experiments.tree_jobs import Job, run_all
from absorption.experiments.tree_told import EVEN, SOURCE, STEPS, every_table, pairs, shares

NAMES = ("pursuit", "nested")
MAIN = {"orthogonal": {}, "correlated": dict(correlation=0.3)}
SPREAD = {EVEN: dict(spread=0.0), SOURCE: {}}
ASIDE = SPREAD | {"tilted": dict(tilts=(-0.5, 0.0, 0.5)), "strangers": dict(hierarchy=False)}


def job(name, kinds, n, steps=1, **how):
    rates = {"pursuit": 0.03, "nested": 0.02}
    return Job.of(name, kinds, range(5, 5 + n), steps, batch_size=20, rates=rates, **how)


@pytest.fixture(scope="module")
def toy():
    jobs = {"pursuit": job("pursuit", MAIN, 3), "nested": job("nested", MAIN, 2)}
    jobs |= {f"{name}, aside": job(name, ASIDE, 2) for name in NAMES}
    jobs |= {f"{name}, crowded": job(name, {"crowded": dict(d_in=12)}, 2) for name in NAMES}
    jobs["nested, long"] = job("nested", {"orthogonal": {}}, 2, steps=2)
    jobs["one or two steps"] = job("pursuit", SPREAD, 2, values=(1, 2))
    jobs["from absorbed"] = job("pursuit", SPREAD, 2, start="absorbed")
    return run_all(jobs)


def test_a_job_has_its_own_rate_and_the_first_seed_for_its_weights(toy):
    how = toy["nested"].job.how
    assert (how.lr, how.seed, how.batch_size) == (0.02, 5, 20)
    assert toy["pursuit"].job.how.lr == 0.03 and toy["from absorbed"].job.how.start == "absorbed"
    assert list(toy["one or two steps"].job.values) == [1, 2]


def test_numbers_are_those_of_their_job_and_kind(toy):
    found = shares(toy, NAMES)
    assert found["constant"].tolist() == toy["pursuit, aside"].of("between", EVEN).tolist()
    assert found["two_steps"].tolist() == toy["one or two steps"].of("between", SOURCE, 1).tolist()
    more = toy["one or two steps"].of("recall", SOURCE, 0, MOST_STEPS)
    assert found["one_step_more"].tolist() == more.tolist()
    assert found["nested_crowded"].tolist() == toy["nested, crowded"].of("between", "crowded").tolist()
    assert len(found["pursuit_orthogonal"]) == 3 and len(found) == 6 + 3 * len(NAMES)


def test_what_is_compared_is_of_the_same_worlds(toy):
    found = pairs(toy, NAMES)
    longer, less = found["pursuit_longer"]
    assert longer.tolist() == toy["pursuit"].of("between", "orthogonal")[:2].tolist()
    assert less.tolist() == toy["pursuit, aside"].of("between", SOURCE).tolist()
    first, third = found["tilted_nested"]
    assert first.tolist() == toy["nested, aside"].of("first", "tilted").tolist()
    assert third.tolist() == toy["nested, aside"].of("third", "tilted").tolist()
    long, short = found["nested_long"]
    assert long.tolist() == toy["nested, long"].of("worse", "orthogonal").tolist() != short.tolist()
    assert list(found) == [
        "nested_long",
        "pursuit_longer",
        "nested_longer",
        "tilted_pursuit",
        "tilted_nested",
    ]


def test_tables_have_a_row_for_every_kind_and_every_number_of_steps(toy):
    found = every_table(toy, NAMES)
    by_kind, by_steps, tilted, starts = found.values()
    kinds = ("orthogonal", "correlated", "crowded", EVEN, "strangers")
    assert set(by_kind) == {(kind, name) for kind in kinds for name in NAMES}
    assert by_kind["crowded", "nested"] == toy["nested, crowded"].means("crowded")
    assert {n for _, _, n in by_steps} == set(STEPS) and (SOURCE, 2, MOST_STEPS) in by_steps
    assert list(tilted) == list(NAMES) and list(starts) == ["random weights", "beside absorbed"]
    assert starts["beside absorbed"][EVEN] == pytest.approx(np.mean(toy["from absorbed"].of("between", EVEN)))
