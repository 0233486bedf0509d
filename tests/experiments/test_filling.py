"""Filling the bank: the same bytes whoever trains, only what is missing, and nothing finished is lost."""

import os
import signal
import time
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from types import SimpleNamespace

import psutil
import pytest
import torch

from absorption.experiments.bank import Schedule, Table, filling
from absorption.experiments.bank.filling import UnfilledError, fill
from absorption.experiments.bank.fitting import Fit
from absorption.experiments.bank.needs import Needs
from absorption.experiments.bank.on_dask import DaskExecutor, SchedulerLostError
from absorption.experiments.bank.wanted import Wanted, WordsIn
from absorption.saes import BatchTopK, Recipe, TopK

PLAIN = Recipe(BatchTopK(2))
SHORT = Schedule(samples=640, batch_size=64, lr=1e-2)


@dataclass(frozen=True)
class Made(WordsIn):
    """Activations without a model."""

    model: str = "made"
    layer: int = 1

    @property
    def table(self):
        generator = torch.Generator().manual_seed(self.layer)
        return Table(torch.randn(150, 6, generator=generator), torch.rand(150, generator=generator))


def wanted(seeds, schedule=SHORT, recipe=PLAIN, layer=1):
    return [Wanted(Made(layer=layer), "plain", Fit(recipe, 12, seed, schedule)) for seed in seeds]


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("ABSORPTION_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def kept(cache):
    return {path.name: path.read_bytes() for path in cache.glob("trained-*")}


def test_only_what_is_missing_is_trained_and_each_once(cache):
    said = []
    fill(wanted([0, 1]), ThreadPoolExecutor(1), say=said.append)
    assert said == ["2 of 2 SAEs to train: about 1 minute with 2 cores like these."]
    before = {path: path.stat().st_mtime_ns for path in cache.glob("trained-*")}
    fill(wanted([0, 1, 2, 2]), ThreadPoolExecutor(1), say=said.append)
    assert said[1].startswith("1 of 3 SAEs to train")
    assert {path: path.stat().st_mtime_ns for path in before} == before
    fill(wanted([0, 1, 2]), say=pytest.fail)
    assert len(kept(cache)) == 3 and not list(cache.glob("table-*"))


def test_processes_give_the_bytes_of_one_process_however_many_threads_it_has(cache, monkeypatch, tmp_path):
    fill(wanted([0, 1], layer=2), jobs=2)
    by_processes = kept(cache)
    monkeypatch.setenv("ABSORPTION_CACHE", str(tmp_path / "alone"))
    for each in wanted([0, 1], layer=2):
        each.get()
    assert len(by_processes) == 2 and kept(tmp_path / "alone") == by_processes


def test_a_fit_that_fails_costs_itself_and_is_named(cache):
    impossible = wanted([7], Schedule(samples=10, batch_size=64))
    with pytest.raises(
        UnfilledError, match=r"1 of 3 SAEs were not trained; the first \(made, block 1.*seed 7\): .*"
    ) as e:
        fill([*impossible, *wanted([0, 1])], ThreadPoolExecutor(1))
    assert str(e.value).endswith("2 of 3 are kept, and the same command goes on from there.")
    assert len(kept(cache)) == 2


def test_latents_that_die_are_said():
    said = []
    dying = wanted([0], Schedule(samples=64, batch_size=64), Recipe(TopK(1)))
    dying = [Wanted(each.source, "dying", Fit(Recipe(TopK(1)), 512, 0, each.fit.schedule)) for each in dying]
    fill(dying, ThreadPoolExecutor(1), say=said.append)
    assert "dying" in said[1] and "of the latents of SAE 0 are dead" in said[1]


def test_too_little_memory_is_said_before_anything_is_trained(cache, monkeypatch):
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=0.6 * 2**30))
    with pytest.raises(
        MemoryError, match=r"2 SAEs at once need about 0\.8 GiB, and 0\.6 GiB are free: ask for 1 at once"
    ):
        fill(wanted([0, 1]), jobs=2)
    assert not kept(cache)


def test_memory_counts_activations_weights_and_a_step():
    fit = Fit(Recipe(), d_sae=100, seed=0, schedule=Schedule(100, batch_size=10))
    bare = Needs(fit, rows=0, d_in=0).memory
    assert bare - Needs(Fit(Recipe(), 100, 0, Schedule(100, batch_size=20)), 0, 0).memory == -4 * 6 * 10 * 100
    assert Needs(fit, rows=30, d_in=7).memory - bare == 4 * (30 * 7 + 5 * 2 * 7 * 100)
    tied = Fit(Recipe(tied=True), 100, 0, Schedule(100, batch_size=10))
    assert Needs(fit, 30, 7).memory - Needs(tied, 30, 7).memory == 4 * 5 * 7 * 100


def test_a_process_that_is_killed_is_said_and_the_next_call_goes_on(cache):
    with ProcessPoolExecutor(1) as pool:
        victim = pool.submit(os.getpid).result()
        long = wanted([0, 1], Schedule(samples=64_000_000, batch_size=64))
        submit = pool.submit

        def submit_and_kill(*args):
            future = submit(*args)
            os.kill(victim, signal.SIGKILL)
            return future

        pool.submit = submit_and_kill
        with pytest.raises(
            UnfilledError, match=r"2 of 2 SAEs were not trained.*ended abruptly.*0 of 2 are kept"
        ):
            fill(long, pool)
    fill(wanted([0]), ThreadPoolExecutor(1))
    assert len(kept(cache)) == 1


def test_a_stop_gives_back_what_has_not_begun(monkeypatch):
    class Pool(ThreadPoolExecutor):
        def submit(self, *args):
            return made.setdefault(args[2], Future())

    made: dict[str, Future] = {}
    monkeypatch.setattr(filling, "as_completed", lambda futures: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        fill(wanted([0, 1]), Pool(1))
    assert len(made) == 2 and all(future.cancelled() for future in made.values())


@pytest.fixture
def cluster(tmp_path):
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=3, threads_per_worker=1, dashboard_address=None, local_directory=str(tmp_path / "dask")
    ) as made:  # fmt: skip
        yield made


def while_filling(cluster, cache, jobs, act):
    """Fill with the cluster's executor; `act` once the first SAE is there and others are being trained."""
    from distributed import Client

    with (
        Client(cluster) as client,
        DaskExecutor(client) as executor,
        ThreadPoolExecutor(1) as aside,
    ):
        filling_it = aside.submit(fill, jobs, executor)
        while not kept(cache) and not filling_it.done():
            time.sleep(0.02)
        act()
        filling_it.result(timeout=120)


def test_a_cluster_gives_the_same_bytes_though_a_worker_is_killed(cluster, cache, monkeypatch, tmp_path):
    jobs = wanted(range(8), Schedule(samples=64 * 200, batch_size=64))
    while_filling(
        cluster, cache, jobs, lambda: os.kill(next(iter(cluster.workers.values())).pid, signal.SIGKILL)
    )
    by_cluster = kept(cache)
    monkeypatch.setenv("ABSORPTION_CACHE", str(tmp_path / "alone"))
    for each in jobs:
        each.get()
    assert len(by_cluster) == 8 and kept(tmp_path / "alone") == by_cluster


def test_a_lost_scheduler_costs_nothing_that_is_finished(cluster, cache):
    jobs = wanted(range(8), Schedule(samples=64 * 200, batch_size=64))
    with pytest.raises(
        UnfilledError, match=r"SAEs were not trained.* are kept, and the same command goes on from there"
    ):
        while_filling(cluster, cache, jobs, cluster.close)
    before = kept(cache)
    assert 0 < len(before) < 8
    fill(jobs, ThreadPoolExecutor(1))
    assert len(kept(cache)) == 8 and before.items() <= kept(cache).items()


def test_every_promise_ends_however_the_client_answers():
    """With a client that is told what to say: work that is finished, fails, is given up, or never heard of again."""

    class Work:
        status = "pending"

        def add_done_callback(self, told):
            self.told = told

        def ends(self, status, outcome):
            self.status, self.outcome = status, outcome
            self.told(self)

        def result(self, timeout):
            if isinstance(self.outcome, BaseException):
                raise self.outcome
            return self.outcome

    handed_out = []
    client = SimpleNamespace(
        status="running", submit=lambda fn, *args, pure: handed_out.append(Work()) or handed_out[-1]
    )
    with DaskExecutor(client) as executor:
        good, bad, dropped, unheard = (executor.submit(abs, -1) for _ in range(4))
        handed_out[0].ends("finished", 1)
        handed_out[1].ends("error", ValueError("no"))
        handed_out[2].ends("cancelled", CancelledError())
        assert good.result(0) == 1 and str(bad.exception(0)) == "no"
        assert isinstance(dropped.exception(0), SchedulerLostError) and not unheard.done()
        client.status = "connecting"
        assert isinstance(unheard.exception(10), SchedulerLostError)
        handed_out[3].ends("finished", 1)  # too late, and no error
        with pytest.raises(SchedulerLostError):
            executor.submit(abs, -1)
    with pytest.raises(RuntimeError, match="after shutdown"):
        executor.submit(abs, -1)
