"""Worlds against their definitions, and the errors that name the argument."""

import itertools
import subprocess
import sys

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from absorption.worlds import hierarchies
from absorption.worlds.hierarchies import independent, parent_child, tree
from absorption.worlds.population import Population, directions, random_directions, with_magnitudes

probability = st.floats(0, 1)


@given(st.lists(probability, min_size=1, max_size=6))
def test_independent_features_are_independent(ps):
    world = independent(ps)
    assert len(world.probabilities) == 2 ** len(ps)
    torch.testing.assert_close(world.feature_probabilities, torch.tensor(ps), atol=1e-6, rtol=0)
    both = torch.einsum("s,si,sj->ij", world.probabilities, world.present, world.present)
    for i, j in itertools.combinations(range(len(ps)), 2):
        assert abs(float(both[i, j]) - ps[i] * ps[j]) < 1e-6


def test_parent_child_by_hand():
    world = parent_child(0.2, 0.3, 0.1, cosine=0.6)
    assert world.names == ("parent", "child")
    torch.testing.assert_close(world.probabilities, torch.tensor([0.4, 0.3, 0.2, 0.1]))
    assert world.magnitudes.tolist() == [[0, 0], [1, 0], [1, 1], [0, 1]]
    gram = world.activations @ world.activations.T
    torch.testing.assert_close(gram[2, 2], torch.tensor(3.2))
    torch.testing.assert_close(gram[1, 3], torch.tensor(0.6))
    assert abs(world.true_l0 - 0.8) < 1e-6


@pytest.mark.parametrize("exclusive", [False, True])
def test_tree_children_need_their_parent(exclusive):
    nodes = {
        "animal": (None, 0.5),
        "cat": ("animal", 0.3),
        "dog": ("animal", 0.4),
        "puppy": ("dog", 0.5),
        "blue": (None, 0.2),
    }
    world = tree(nodes, exclusive=exclusive)
    on = dict(zip(world.names, world.present.T.bool(), strict=True))
    p = dict(zip(world.names, world.feature_probabilities.tolist(), strict=True))
    assert not (on["cat"] & ~on["animal"]).any() and not (on["puppy"] & ~on["dog"]).any()
    for name, expected in {"animal": 0.5, "cat": 0.15, "dog": 0.2, "puppy": 0.1, "blue": 0.2}.items():
        assert abs(p[name] - expected) < 1e-6, name
    together = float(world.probabilities[on["cat"] & on["dog"]].sum())
    assert abs(together - (0 if exclusive else 0.5 * 0.3 * 0.4)) < 1e-6
    # blue: 2 × (no animal + cats × (no dog, dog, dog with puppy)), or exclusively (none, cat, dog, puppy)
    assert len(world.probabilities) == 2 * (1 + (4 if exclusive else 2 * 3))


def test_magnitudes_by_quadrature_keep_moments():
    from numpy.polynomial.legendre import leggauss

    nodes, weights = (torch.tensor(x, dtype=torch.float32) for x in leggauss(8))
    world = with_magnitudes(parent_child(0.2, 0.3), "parent", nodes / 2 + 0.5, weights / 2, given="child")
    parent, child = world.magnitudes.T
    given_child = world.probabilities * (child > 0) / 0.2
    for power in range(1, 8):  # uniform on [0, 1]: E mᵖ = 1 / (p + 1)
        assert abs(float((given_child * parent**power).sum()) - 1 / (power + 1)) < 1e-5
    alone = (child == 0) & (parent > 0)
    assert parent[alone].tolist() == [1.0]
    assert abs(float(world.feature_probabilities[0]) - 0.5) < 1e-6


def test_sampling_agrees_with_the_exact_population():
    world = tree({"a": (None, 0.3), "b": ("a", 0.5), "c": (None, 0.1)})
    n = 200_000
    drawn = world.sample(n, torch.Generator().manual_seed(0))
    exact_mean = world.probabilities @ world.activations
    exact_second = torch.einsum("s,si,sj->ij", world.probabilities, world.activations, world.activations)
    tolerance = 5 / n**0.5
    assert (drawn.mean(0) - exact_mean).abs().max() < tolerance
    assert (drawn.T @ drawn / n - exact_second).abs().max() < tolerance
    again = world.sample(n, torch.Generator().manual_seed(0))
    assert torch.equal(drawn, again)
    assert not torch.equal(drawn, world.sample(n, torch.Generator().manual_seed(1)))


@given(n=st.integers(1, 5), extra=st.integers(0, 3), cosine=st.floats(-0.2, 0.95))
def test_directions_have_the_cosine_asked_for(n, extra, cosine):
    rows = directions(n, n + extra, cosine)
    gram = rows @ rows.T
    expected = torch.full((n, n), cosine).fill_diagonal_(1.0)
    torch.testing.assert_close(gram, expected, atol=1e-5, rtol=0)


def test_random_directions_are_unit():
    rows = random_directions(20, 5, torch.Generator().manual_seed(0))
    torch.testing.assert_close(rows.norm(dim=1), torch.ones(20))


def test_merging_leaves_the_world_as_it_is():
    world = parent_child(0.2, 0.3, 0.0)
    merged = world.merged()
    assert len(merged.probabilities) == 3
    torch.testing.assert_close(
        merged.probabilities @ merged.activations, world.probabilities @ world.activations
    )


eye = torch.eye(2)
REFUSED = {
    "p11": lambda: parent_child(-0.1, 0.5),
    "p01": lambda: parent_child(0.1, 0.5, -0.2),
    "p11 [+] p10 [+] p01": lambda: parent_child(0.6, 0.5),
    "cosine": lambda: parent_child(0.1, 0.1, cosine=1.0),
    "d_in": lambda: parent_child(0.1, 0.1, d_in=1),
    "probabilities must sum": lambda: Population(eye, torch.ones(3, 2), torch.tensor([0.2, 0.2, 0.2])),
    "probabilities must not be negative": lambda: Population(
        eye, torch.ones(2, 2), torch.tensor([1.5, -0.5])
    ),
    "magnitudes must not be negative": lambda: Population(eye, -torch.ones(2, 2), torch.tensor([0.5, 0.5])),
    "names": lambda: Population(eye, torch.ones(1, 2), torch.ones(1), ("a", "a")),
    "child without its parent": lambda: tree({"cat": ("animal", 0.5), "animal": (None, 0.5)}),
    "has probability 1.5": lambda: tree({"a": (None, 1.5)}),
    "exclusive children of 'a'": lambda: tree(
        {"a": (None, 0.5), "b": ("a", 0.7), "c": ("a", 0.7)}, exclusive=True
    ),
    "2\\^20": lambda: independent([0.5] * 21),
    "feature 'x'": lambda: with_magnitudes(parent_child(0.1, 0.1), "x", torch.ones(1), torch.ones(1)),
    "weights must sum": lambda: with_magnitudes(
        parent_child(0.1, 0.1), "child", torch.ones(2), torch.ones(2)
    ),
    "nodes make": lambda: with_magnitudes(
        parent_child(0.1, 0.1), "parent", torch.ones(2**20), torch.full((2**20,), 2.0**-20)
    ),
}


@pytest.mark.parametrize("message", REFUSED)
def test_bad_worlds_are_refused_by_name(message):
    with pytest.raises(ValueError, match=message):
        REFUSED[message]()


MISSHAPEN = {
    "probabilities has 3": "Population(torch.eye(2), torch.ones(2, 2), torch.tensor([0.2, 0.2, 0.6]))",
    "magnitudes names 3": "Population(torch.eye(2), torch.ones(2, 3), torch.tensor([0.5, 0.5]))",
    "nodes and weights": "with_magnitudes(parent_child(0.1, 0.1), 'child', torch.ones(2), torch.ones(1))",
}


def test_misshapen_worlds_are_refused_by_name_without_the_type_checker():
    """In a process of its own, where annotations are not checked, as for a user."""
    script = "\n".join(
        [
            "import torch",
            "from absorption.worlds.hierarchies import parent_child",
            "from absorption.worlds.population import Population, with_magnitudes",
            f"for code in {list(MISSHAPEN.values())!r}:",
            "    try:",
            "        eval(code)",
            "    except ValueError as error:",
            "        print(error)",
        ]
    )
    out = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, encoding="utf-8", check=True
    ).stdout
    for line, message in zip(out.splitlines(), MISSHAPEN, strict=True):
        assert message in line


@pytest.mark.parametrize("exclusive", [False, True])
def test_states_are_counted_before_they_are_made(exclusive, monkeypatch):
    nodes = {
        "a": (None, 0.5),
        "b": ("a", 0.3),
        "c": ("a", 0.4),
        "d": ("c", 0.5),
        "e": (None, 0.2),
        "f": ("e", 0.1),
    }
    states = len(tree(nodes, exclusive=exclusive).probabilities)
    monkeypatch.setattr(hierarchies, "MAX_STATES", states)
    assert len(tree(nodes, exclusive=exclusive).probabilities) == states
    monkeypatch.setattr(hierarchies, "MAX_STATES", states - 1)
    with pytest.raises(ValueError, match=f"nodes make {states} states"):
        tree(nodes, exclusive=exclusive)


def test_as_many_states_as_are_allowed_are_allowed(monkeypatch):
    world = parent_child(0.2, 0.3, 0.1)
    for limit in (6, 5):
        monkeypatch.setattr("absorption.worlds.population.MAX_STATES", limit)
        if limit == 6:
            assert (
                len(with_magnitudes(world, "child", torch.ones(2), torch.full((2,), 0.5)).probabilities) == 6
            )
        else:
            with pytest.raises(ValueError, match="nodes make 6 states"):
                with_magnitudes(world, "child", torch.ones(2), torch.full((2,), 0.5))
