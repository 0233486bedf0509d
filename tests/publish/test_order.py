"""Which notebooks run beside each other."""

import pytest

from absorption.publish.run import order
from absorption.publish.run.order import in_turn, next_of, wall_seconds
from absorption.publish.run.sources import Source
from absorption.runtime.paths import root


def named(*numbers: str) -> list[Source]:
    return [Source(next((root() / "notebooks").glob(f"{number}_*.py"))) for number in numbers]


@pytest.fixture(autouse=True)
def two_cores(monkeypatch):
    monkeypatch.setattr(order, "cores", lambda: 2)


@pytest.mark.parametrize(
    ("waiting", "running", "place"),
    [
        (["01", "02"], [], 0),
        (["02"], ["01"], 0),
        (["10", "02"], ["01"], 1),  # the toy page goes first
        (["10"], ["01"], None),  # until it can be alone
        (["10"], [], 0),
        (["02"], ["10"], None),
        (["03"], ["01", "02"], None),
        ([], [], None),
    ],
)
def test_notebooks_that_read_a_model_run_by_themselves(waiting, running, place):
    assert next_of(named(*waiting), named(*running), None, "laptop") == place


def test_whoever_says_how_many_gets_as_many():
    assert next_of(named("10", "02"), named("01"), 2, "laptop") == 0
    assert next_of(named("02"), named("01"), 1, "laptop") is None


def test_in_small_all_share_the_machine():
    assert next_of(named("10", "02"), named("11"), None, "quick") == 0


@pytest.mark.parametrize(
    ("profile", "jobs", "turns"),
    [
        ("laptop", None, ["03", "02", "01", "10", "12"]),  # what reads a model stays in order, at the end
        ("laptop", 2, ["12", "10", "03", "02", "01"]),
        ("laptop", 1, ["01", "10", "02", "12", "03"]),
        ("quick", None, ["12", "10", "03", "02", "01"]),
    ],
)
def test_the_longest_goes_first_where_several_run_at_once(profile, jobs, turns, monkeypatch):
    monkeypatch.setattr(order, "expected_seconds", lambda _, id: float(id[:2]))
    given = named("01", "10", "02", "12", "03")
    assert in_turn(given, jobs, profile) == named(*turns)


def test_the_time_is_halved_for_those_that_share_two_cores():
    times = list(zip(named("01", "02", "10"), (60.0, 30.0, 100.0), strict=True))
    assert wall_seconds(times, None, "laptop") == 145
    assert wall_seconds(times, 1, "laptop") == 190
