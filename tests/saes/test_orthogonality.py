"""Every scheme against the naive sum over pairs: equal where it is exact, unbiased or bounded where it is not."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from jaxtyping import TypeCheckError
from sklearn.metrics.pairwise import cosine_similarity

from absorption.saes import (
    AllPairs,
    BatchTopK,
    FrozenBatches,
    Neighbours,
    RandomChunks,
    Recipe,
    SAEStack,
    TopK,
    fit_batches,
    fit_population,
)
from absorption.saes.clock import Clock
from absorption.saes.fit.sparse import SparseObjective
from absorption.saes.losses import orthogonality, pairs
from absorption.saes.losses.objective import population_losses
from absorption.saes.losses.orthogonality import (
    batch_cost,
    chunk_cost,
    listed_cost,
    multiplications,
    nearest,
    orthogonality_penalty,
)
from absorption.saes.losses.pairs import cost_between, cost_within, directions, mean_cost, quartic_pays
from absorption.worlds.hierarchies import tree

WORLD = tree({"a": (None, 0.5), "b": ("a", 0.4), "c": (None, 0.3), "d": ("c", 0.5)})
COSTS = [(1, 0.0), (1, 0.3), (2, 0.0), (2, 0.3), (4, 0.0), (4, 0.2), (1.5, 0.0), (3, 0.1)]
SCHEMES = [
    AllPairs(),
    AllPairs(exponent=1),
    AllPairs(exponent=4, hinge=0.2),
    RandomChunks(3),
    RandomChunks(2, aggregate="mean", every=3),
    Neighbours(2, every=7),
    FrozenBatches(2),
]


def dictionary(n=7, d_in=4, n_sae=2, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n_sae, n, d_in, generator=generator, dtype=torch.float64, requires_grad=True)


def naive(W, exponent, hinge, which=lambda i, j: True):
    """Σ over ordered pairs of distinct rows, one by one, for one SAE."""
    total = W.new_zeros(())
    for i, j in itertools.permutations(range(len(W)), 2):
        if which(i, j):
            cosine = torch.nn.functional.cosine_similarity(W[i], W[j], dim=0)
            total = total + (cosine.abs() - hinge).clamp_min(0) ** exponent
    return total


def same_value_and_gradient(ours, W, theirs):
    torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-12)
    weights = torch.tensor([1.0, -2.0], dtype=torch.float64)[: len(W)]
    mine, other = (torch.autograd.grad((value * weights).sum(), W)[0] for value in (ours, theirs))
    torch.testing.assert_close(mine, other, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("n", "d_in"), [(7, 4), (3, 6), (40, 3)])
@pytest.mark.parametrize(("exponent", "hinge"), COSTS)
def test_all_pairs_is_the_naive_sum(exponent, hinge, n, d_in):
    W = dictionary(n, d_in)
    theirs = torch.stack([naive(w, exponent, hinge) for w in W]) / (n * (n - 1))
    same_value_and_gradient(mean_cost(W, exponent, hinge), W, theirs)


def test_the_mean_squared_cosine_is_what_scikit_learn_finds():
    W = dictionary(9, 5, 1)
    cosines = cosine_similarity(W[0].detach().numpy())[~np.eye(9, dtype=bool)]
    for exponent in (1, 2, 4):
        np.testing.assert_allclose(mean_cost(W, exponent)[0].item(), (np.abs(cosines) ** exponent).mean())


@pytest.mark.parametrize("exponent", [2, 4])
def test_gram_forms_and_blocks_agree(exponent, monkeypatch):
    W = dictionary(60, 3)
    assert quartic_pays(60, 3) and not quartic_pays(60, 30)
    assert quartic_pays(26, 4) and not quartic_pays(25, 4)  # n D² < n² d with D = 10
    blocked = lambda u: pairs._BlockedSum.apply(u, u.detach(), exponent, 0.0, True)  # noqa: E731
    same_value_and_gradient(cost_within(directions(W), exponent, 0.0), W, blocked(directions(W)))
    whole = blocked(directions(W))
    monkeypatch.setattr(pairs, "ENTRIES", 2 * 60 * 7)  # nine blocks, the last one of four rows
    same_value_and_gradient(blocked(directions(W)), W, whole)


@pytest.mark.parametrize(("exponent", "hinge"), COSTS)
def test_a_batch_is_kept_apart_from_itself_and_from_the_frozen_ones(exponent, hinge):
    W, scheme = dictionary(), FrozenBatches(3, exponent=exponent, hinge=hinge)
    W_frozen = torch.cat([W[:, :2].detach(), W[:, 2:]], 1)
    touches = lambda i, j: max(i, j) < 5 and max(i, j) >= 2  # noqa: E731
    theirs = torch.stack([naive(w, exponent, hinge, touches) for w in W_frozen]) / (5 * 4)
    same_value_and_gradient(batch_cost(W, scheme, 2, 5), W, theirs)


def test_the_cost_between_batches_gives_the_frozen_one_no_gradient():
    W, fixed = dictionary(), dictionary(3, seed=1)
    cost_between(directions(W), fixed, 2, 0.0).sum().backward()
    assert fixed.grad is None and W.grad.abs().max() > 0


def test_chunks_with_max_are_the_mean_cost_of_the_nearest_in_the_chunk():
    W, scheme, clock = dictionary(8), RandomChunks(3), Clock(5, 10)
    dealt = torch.randperm(8, generator=clock.generator(orthogonality.SEED)).split(3)
    theirs = torch.stack(
        [
            sum(
                max(torch.nn.functional.cosine_similarity(w[i], w[j], dim=0) ** 2 for j in chunk if j != i)
                for chunk in dealt
                for i in chunk
            )
            / 8
            for w in W
        ]
    )
    same_value_and_gradient(chunk_cost(W, scheme, clock), W, theirs)


def test_a_chunk_of_one_and_a_stack_of_one_latent_cost_nothing():
    W = dictionary(3)
    expected = torch.tensor([2 / 3]).double()
    parallel = torch.ones_like(W[:1])
    torch.testing.assert_close(chunk_cost(parallel, RandomChunks(2), Clock(0, 1)), expected)
    for scheme in (RandomChunks(2), RandomChunks(2, aggregate="mean")):
        assert chunk_cost(W[:, :1], scheme, Clock(0, 1)).abs().max() < 1e-12
    assert mean_cost(W[:, :1]).abs().max() < 1e-12
    assert listed_cost(W[:, :1], nearest(W[:, :1], 4), 2, 0.0).abs().max() < 1e-12


@pytest.mark.parametrize(("exponent", "hinge"), [(1, 0.0), (2, 0.0), (4, 0.2)])
def test_chunks_with_mean_are_unbiased_in_value_and_gradient(exponent, hinge):
    W, draws = dictionary(7), 1500
    scheme = RandomChunks(3, aggregate="mean", exponent=exponent, hinge=hinge)
    drawn = []
    for step in range(draws):
        value = chunk_cost(W, scheme, Clock(step, draws))
        drawn.append(
            torch.cat([value[:, None], torch.autograd.grad(value.sum(), W)[0].flatten(1)], 1).detach()
        )
    exact = mean_cost(W, exponent, hinge)
    exact = torch.cat([exact[:, None], torch.autograd.grad(exact.sum(), W)[0].flatten(1)], 1).detach()
    drawn = torch.stack(drawn)
    error = (drawn.mean(0) - exact).abs() / (drawn.std(0) / draws**0.5)
    assert error.max() < 4.5
    assert (drawn[:, 0, 0] - exact[0, 0]).abs().max() > 0.01


def test_chunks_that_hold_everybody_are_exact_and_rarer_steps_weigh_more():
    W = dictionary()
    same_value_and_gradient(chunk_cost(W, RandomChunks(7, aggregate="mean"), Clock(3, 9)), W, mean_cost(W))
    every_step = chunk_cost(W, RandomChunks(99), Clock(5, 9))
    fifth = [chunk_cost(W, RandomChunks(99, every=5), Clock(step, 9)) for step in range(10)]
    assert [bool(cost[0]) for cost in fifth] == [step % 5 == 0 for step in range(10)]
    torch.testing.assert_close(sum(fifth) / 10, every_step)


@given(st.integers(2, 9), st.integers(1, 12), st.integers(0, 10_000))
def test_sampled_maxima_and_lists_never_exceed_what_they_stand_for(n, count, seed):
    W = dictionary(n, 3, seed=seed).detach()
    listed = listed_cost(W, nearest(W, count), 2, 0.0)
    assert (listed <= mean_cost(W) + 1e-12).all()
    if count >= n - 1:
        torch.testing.assert_close(listed, mean_cost(W))
    best = chunk_cost(W, RandomChunks(n), Clock(0, 1))
    assert (chunk_cost(W, RandomChunks(count + 1), Clock(seed, 1)) <= best + 1e-12).all()
    assert (best >= mean_cost(W) - 1e-12).all()


def test_the_list_holds_the_nearest_others():
    W = dictionary(9).detach()
    cosines = torch.stack([torch.tensor(cosine_similarity(w.numpy())) for w in W]).abs()
    cosines.diagonal(dim1=-2, dim2=-1).fill_(-1)
    assert torch.equal(nearest(W, 3), cosines.argsort(dim=-1, descending=True)[..., :3])
    same_value_and_gradient(
        listed_cost(W.requires_grad_(), nearest(W, 8), 1, 0.0), W, mean_cost(W, exponent=1)
    )


@given(st.sampled_from(COSTS), st.integers(2, 8), st.integers(2, 5), st.integers(0, 10_000))
def test_scale_rotation_and_order_do_not_matter(cost, n, d_in, seed):
    generator = torch.Generator().manual_seed(seed)
    W = dictionary(n, d_in, seed=seed).detach()
    scales = torch.rand(2, n, 1, generator=generator, dtype=torch.float64) + 0.1
    signs = torch.randint(0, 2, (2, n, 1), generator=generator) * 2 - 1
    rotation = torch.linalg.qr(torch.randn(d_in, d_in, generator=generator, dtype=torch.float64)).Q
    order = torch.randperm(n, generator=generator)
    before = mean_cost(W, *cost)
    for other in (W * scales, W * signs, W @ rotation, W[:, order]):
        torch.testing.assert_close(mean_cost(other, *cost), before)
    for scheme in (RandomChunks(n), Neighbours(2)):
        price = lambda V, s=scheme: (  # noqa: E731
            chunk_cost(V, s, Clock())
            if isinstance(s, RandomChunks)
            else listed_cost(V, nearest(V, 2), 2, 0.0)
        )
        for other in (W * scales, W @ rotation, W[:, order]):
            torch.testing.assert_close(price(other), price(W))


@given(st.integers(2, 6), st.integers(2, 6))
def test_a_repeated_direction_costs_one_and_a_right_angle_nothing(n, d_in):
    same = torch.ones(1, n, d_in, dtype=torch.float64)
    apart = torch.eye(max(n, d_in), dtype=torch.float64)[None, :n]
    for exponent, hinge in COSTS:
        torch.testing.assert_close(
            mean_cost(same, exponent, hinge), torch.tensor([(1 - hinge) ** exponent]).double()
        )
        assert mean_cost(apart, exponent, hinge).abs().max() < 1e-12


def trained(scheme, seeds=(0, 1), steps=60, **options):
    stack = SAEStack(
        Recipe(sparsity=0.05, orthogonality=0.3, orthogonality_scheme=scheme, **options), 4, 6, seeds,
        dtype=torch.float64,
    )  # fmt: skip
    return stack, fit_population(stack, WORLD.activations, WORLD.probabilities, steps=steps)


@pytest.mark.parametrize("scheme", SCHEMES, ids=str)
def test_a_run_repeats_itself_and_a_member_is_a_solo_run(scheme):
    one, again, alone = trained(scheme)[0], trained(scheme)[0], trained(scheme, seeds=(1,))[0]
    assert torch.equal(one.W_dec, again.W_dec)
    torch.testing.assert_close(one.W_dec[1], alone.W_dec[0])


@pytest.mark.parametrize("scheme", SCHEMES, ids=str)
@pytest.mark.parametrize("decoder", ["free", "unit", "normalised"])
@pytest.mark.parametrize("tied", [False, True])
def test_every_scheme_makes_trained_decoders_more_orthogonal(scheme, decoder, tied):
    if tied and decoder == "normalised":
        return
    plain = SAEStack(Recipe(sparsity=0.05, decoder=decoder, tied=tied, init_norm=0.5), 4, 6, range(6))
    kept_apart = SAEStack(
        Recipe(
            sparsity=0.05, decoder=decoder, tied=tied, init_norm=0.5, orthogonality=2.0, orthogonality_scheme=scheme
        ),
        4, 6, range(6),
    )  # fmt: skip
    for stack in (plain, kept_apart):
        report = fit_population(stack, WORLD.activations, WORLD.probabilities, steps=150)
        assert not report.diverged.any()
    # By the scheme's own cost: with more latents than dimensions mean |cos| is least for copies of the axes,
    # which mean cos² does not tell from any other tight frame.
    ours, before = (
        mean_cost(stack.W_dec, scheme.exponent, scheme.hinge).mean() for stack in (kept_apart, plain)
    )
    assert ours < before


def test_the_default_is_the_mean_squared_cosine():
    stack = SAEStack(Recipe(orthogonality=0.5), 4, 6, [0])
    torch.testing.assert_close(orthogonality_penalty(stack), mean_cost(stack.W_dec))


def test_a_list_is_kept_until_it_is_due_and_follows_its_member():
    stack = SAEStack(Recipe(orthogonality=1.0, orthogonality_scheme=Neighbours(1, every=10)), 4, 6, [0, 1])
    assert stack.neighbours is None
    orthogonality_penalty(stack)
    first = stack.neighbours
    with torch.no_grad():
        stack.W_dec.copy_(torch.randn(stack.W_dec.shape, generator=torch.Generator().manual_seed(3)))
    for step, moved in ((1, False), (9, False), (10, True)):
        stack.clock = Clock(step, 20)
        orthogonality_penalty(stack)
        assert torch.equal(stack.neighbours, first) is not moved
    assert torch.equal(stack.select([1]).neighbours[0], stack.neighbours[1])
    assert "neighbours" not in stack.state_dict()


@pytest.mark.parametrize("options", [{}, {"tied": True}, {"decoder": "free", "activation": TopK(2)}])
def test_a_batch_learns_in_its_time_and_is_then_frozen(options):
    stack = SAEStack(
        Recipe(orthogonality=0.5, orthogonality_scheme=FrozenBatches(3), encoder_decay=0.01, sparsity=0.01)
        if not options
        else Recipe(orthogonality=0.5, orthogonality_scheme=FrozenBatches(3), **options),
        4, 6, [0, 1],
    )  # fmt: skip
    seen, firing = [], []

    def look(stack):
        seen.append(stack.W_dec.detach().clone())
        firing.append(population_losses(stack, WORLD.activations, WORLD.probabilities[None]).usage().fired)
        return torch.zeros(1)

    fit_population(stack, WORLD.activations, WORLD.probabilities, steps=30, every=10, observe=look)
    start, one, two, end = seen
    for before, after, learns in ((start, one, (0, 2)), (one, two, (2, 4)), (two, end, (4, 6))):
        moved = (after - before).abs().amax((0, 2)) > 1e-5
        assert moved.tolist() == [learns[0] <= i < learns[1] for i in range(6)]
    for fired, begun in zip(firing, (2, 4, 6, 6), strict=True):
        assert not fired[:, begun:].any()
    assert firing[-1].any()


def test_the_sparse_path_takes_every_scheme_but_frozen_batches():
    generator = torch.Generator().manual_seed(0)
    batches = [torch.randn(32, 16, generator=generator, dtype=torch.float64) for _ in range(8)]
    for scheme in SCHEMES[:-1]:
        ends = []
        for sparse in (True, False):
            recipe = Recipe(
                BatchTopK(4), orthogonality=0.5, orthogonality_scheme=scheme, decoder="normalised"
            )
            stack = SAEStack(recipe, 16, 64, [0], dtype=torch.float64)
            fit_batches(stack, batches, lr=3e-3, sparse=sparse)
            ends.append(stack.W_dec)
        torch.testing.assert_close(*ends)
    frozen = SAEStack(Recipe(BatchTopK(4), orthogonality_scheme=FrozenBatches(2)), 16, 512, [0])
    assert not SparseObjective.pays(frozen)
    with pytest.raises(ValueError, match="keeps latents waiting"):
        SparseObjective(frozen)


@pytest.mark.parametrize(
    ("scheme", "power"),
    [
        (AllPairs(), 1),
        (AllPairs(exponent=4), 1),
        (AllPairs(exponent=1), 2),
        (RandomChunks(64), 1),
        (RandomChunks(64, aggregate="mean", exponent=1), 1),
        (Neighbours(16, every=10**6), 1),
        (Neighbours(1, every=1), 2),
        (FrozenBatches(4), 1),
        (FrozenBatches(4, exponent=1), 2),
    ],
    ids=str,
)
def test_multiplications_grow_with_the_power_that_is_promised(scheme, power):
    few, many = (multiplications(scheme, n, 8) for n in (2**12, 2**14))
    assert abs(np.log2(many / few) / 2 - power) < 0.15


@pytest.mark.parametrize(
    ("scheme", "n", "d_in", "expected"),
    [
        (AllPairs(), 100, 10, 2 * 100 * 10 * 10),
        (AllPairs(), 8, 10, 2 * 8 * 10 * 8),  # the smaller of the two Gram matrices
        (AllPairs(hinge=0.3), 100, 10, 2 * 100**2 * 10),
        (AllPairs(exponent=1), 100, 10, 2 * 100**2 * 10),
        (AllPairs(exponent=4), 1000, 4, 2 * 1000 * 10**2),  # squares of 4 dimensions have 10
        (AllPairs(exponent=4, hinge=0.1), 1000, 4, 2 * 1000**2 * 4),
        (AllPairs(exponent=4), 100, 10, 2 * 100**2 * 10),  # too few latents for 55
        (RandomChunks(20), 100, 10, 100 * 20 * 10 + 3 * 100 * 10),
        (RandomChunks(20, every=5), 100, 10, (100 * 20 * 10 + 3 * 100 * 10) / 5),
        (RandomChunks(200), 100, 10, 100 * 100 * 10 + 3 * 100 * 10),
        (RandomChunks(20, aggregate="mean"), 100, 10, 5 * 2 * 20 * 10 * 10),
        (RandomChunks(4, aggregate="mean"), 100, 10, 25 * 2 * 4 * 10 * 4),
        (Neighbours(4, every=10), 100, 10, 100**2 * 10 / 10 + 3 * 100 * 4 * 10),
        (FrozenBatches(4), 100, 10, 2 * 25 * 100 + 3 * 25 * 100 + 100 * (0 + 25 + 50 + 75) / 4),
        (FrozenBatches(4, exponent=1), 100, 10, 2 * 25**2 * 10 + 2 * 25 * 10 * (0 + 25 + 50 + 75) / 4),
        (FrozenBatches(4, hinge=0.3), 100, 10, 2 * 25**2 * 10 + 2 * 25 * 10 * (0 + 25 + 50 + 75) / 4),
    ],
    ids=str,
)
def test_multiplications_by_hand(scheme, n, d_in, expected):
    assert multiplications(scheme, n, d_in) == expected


def test_counted_multiplications_are_those_of_the_products(monkeypatch):
    counted = []
    product = torch.Tensor.__matmul__

    def counting(a, b):
        counted.append(a.shape[-2] * a.shape[-1] * b.shape[-1])
        return product(a, b)

    monkeypatch.setattr(torch.Tensor, "__matmul__", counting)
    W = torch.randn(1, 64, 8)
    for scheme, forward in ((AllPairs(), 1 / 2), (AllPairs(exponent=1), 1)):
        counted.clear()
        mean_cost(W, scheme.exponent)
        assert sum(counted) == forward * multiplications(scheme, 64, 8)
    counted.clear()
    mean_cost(W[:, :4])  # fewer latents than dimensions: the other Gram matrix
    assert sum(counted) == multiplications(AllPairs(), 4, 8) / 2


BAD = {
    "at least 1, or its slope": lambda: AllPairs(exponent=0.5),
    "hinge must lie": lambda: AllPairs(hinge=1.0),
    "has no pair": lambda: RandomChunks(1),
    "every must be at least one step, got 0": lambda: RandomChunks(8, every=0),
    "at least 1 neighbour": lambda: Neighbours(0),
    "every must be at least one step, got -1": lambda: Neighbours(4, every=-1),
    "nothing is ever frozen": lambda: FrozenBatches(1),
    "use one of the two": lambda: Recipe(orthogonality_scheme=FrozenBatches(2), nesting=(2, 4)),
    "for dead ones": lambda: Recipe(orthogonality_scheme=FrozenBatches(2), revival=0.1),
    "too few for k = 3": lambda: SAEStack(Recipe(TopK(3), orthogonality_scheme=FrozenBatches(2)), 4, 4, [0]),
    "fewer latents than batches": lambda: SAEStack(Recipe(orthogonality_scheme=FrozenBatches(5)), 4, 4, [0]),
}


@pytest.mark.parametrize("message", BAD)
def test_meaningless_schemes_are_refused(message):
    with pytest.raises(ValueError, match=message):
        BAD[message]()


def test_an_unknown_aggregate_is_refused():
    # By the class itself, or by the type checker that the tests switch on.
    with pytest.raises((ValueError, TypeCheckError), match="max"):
        RandomChunks(8, aggregate="sum")
