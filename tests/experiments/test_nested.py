"""Differences of flat and nested SAEs: at one L0 alone, beyond strangers, and a winner that is scored on other worlds."""

import numpy as np

from absorption.experiments.families import Training, families
from absorption.experiments.matched import Matched
from absorption.experiments.nested import FAULTS, Nested, fewest_faults, gates, named, placed
from absorption.experiments.starts import absorbing

NAN = np.nan


def of(flat, nested, l0=(1.0, 1.0)):
    """A measure of two worlds for a pair whose nested L0s are these."""
    return {
        "flat": {"holes": np.array(flat), "l0": np.ones(2)},
        "nested": {"holes": np.array(nested), "l0": np.array(l0)},
    }


def built(**kinds):
    found = {
        (kind, activation, name): measures
        for kind, activations in kinds.items()
        for activation, pair in activations.items()
        for name, measures in pair.items()
    }
    return Nested(found, {}, one_l0=0.05)


SEEN = built(
    apart={"BatchTopK": of([0.5, 0.5], [0.1, 0.1]), "L1": of([0.9, 0.9], [0.7, 0.7], l0=(1.0, 1.2))},
    strangers={
        "BatchTopK": of([0.3, 0.3], [0.2, 0.2], l0=(1.2, 1.0)),
        "L1": of([0.3, 0.4], [0.4, 0.4], l0=(1.2, 1.0)),
    },
)


def test_only_pairs_at_one_l0_count():
    np.testing.assert_allclose(SEEN.more("apart", "L1", "holes"), [0.2, NAN])
    np.testing.assert_allclose(SEEN.of_both("apart", "holes"), [0.3, 0.4])
    np.testing.assert_allclose(SEEN.alike(["apart"]), [1.0, 0.5])


def test_what_strangers_have_is_taken_off_world_by_world():
    np.testing.assert_allclose(SEEN.of_both("strangers", "holes"), [NAN, 0.05])
    np.testing.assert_allclose(SEEN.beyond("apart", "holes"), [NAN, 0.35])


def test_the_worst_is_the_kind_of_sae_with_the_worst_mean():
    assert SEEN.worst(["apart"], "holes", max).tolist() == [0.9, 0.9]
    assert SEEN.worst(["apart", "strangers"], "holes", min).tolist() == [0.1, 0.1]


def test_searches_get_their_names():
    values = {"holes": np.array([[[0.1, 0.2]], [[0.3, 0.4]]]), "pressure": np.ones((2, 1, 2))}
    matched = Matched(values, {"holes": np.array([[0.3, 0.4]])}, np.zeros((1, 2)))
    ways = {
        "flat": Training("L1", ("flat",), beside=1.0, steps=5),
        "flat, random": Training("L1", ("flat",), steps=5),
        "flat, longer": Training("L1", ("flat",), beside=1.0, steps=6),
        "tied": Training("L1", ("flat",), tied=True, beside=1.0, steps=5),
    }
    seen = named({("apart", 2, how): matched for how in ways.values()}, 0.05, steps=5, first=1)
    assert list(seen.found) == [("apart", "L1", name) for name in ways]
    assert seen.tried["apart", "L1", "tied"]["holes"].tolist() == [[0.1, 0.2]]  # of the first round alone
    assert seen.activations == ("L1",)


def test_the_winner_of_one_half_is_scored_on_the_other():
    holes = {"flat": [0.0, 0.0, 0.9, 0.9], "tied": [0.5, 0.5, 0.1, 0.1]}
    found = {("apart", "L1", name): dict.fromkeys(FAULTS, np.array(values)) for name, values in holes.items()}
    best, faults = fewest_faults(Nested(found, {}, 0.05), "apart", ["flat", "tied"], n=4)
    assert best == "flat, L1"
    np.testing.assert_allclose(faults, [2.7, 2.7])


def test_an_absorbing_dictionary_has_a_hole_on_every_child():
    worlds = families([0, 1], "meeting")
    assert placed(worlds, *absorbing(worlds.features, worlds.pairs))["holes"] == 1.0
    truth = placed(worlds, worlds.features, worlds.features.T)
    assert truth["holes"] == truth["alarms"] == truth["hedging"] == 0.0


def test_a_line_follows_the_mean_l0_whatever_was_tried_first():
    seen = {"l0": np.array([[1.2, 1.4], [0.9, 0.7]]), "holes": np.array([[0.1, 0.3], [0.6, 0.8]])}
    l0, holes = Nested({}, {("apart", "L1", "flat"): seen}, 0.05).line("apart", "L1", "flat", "holes")
    np.testing.assert_allclose(l0, [0.8, 1.3])
    np.testing.assert_allclose(holes, [0.7, 0.2])


def test_gates_are_those_of_the_worst_saes_beside_the_truth():
    values = {"flat": (0.1, 0.9, 0.3), "nested": (0.2, 0.8, 0.1)}
    pair = {
        name: {"l0": np.ones(2)} | {m: np.full(2, of) for m, of in zip(("unexplained", "alone", "alarms"), each, strict=True)}
        for name, each in values.items()
    }  # fmt: skip
    random = {f"{name}, random": each | {"l0": np.array([1.0, 1.0 + (name == "nested")])} for name, each in pair.items()}  # fmt: skip
    found = gates(
        Nested({("apart", "L1", name): of for name, of in (pair | random).items()}, {}, 0.05), ["apart"]
    )
    worst = [float(found[f"{name}_worst"][0]) for name in ("unexplained", "alone", "alarms")]
    assert worst == [0.2, 0.8, 0.3]
    assert (found["alike"].tolist(), found["alike_random"].tolist()) == ([1, 1], [1, 0])
