"""The metrics of absorption against worlds worked out by hand, a word-by-word oracle, and Chanin et al.'s own law."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from absorption.measures.absorption import (
    SILENT,
    absorption_fraction,
    carried,
    cosines,
    full_absorption,
    letter_rates,
    main_latents,
)
from absorption.measures.absorption_causal import (
    Ablations,
    answer_margin,
    causal_absorption,
    shortlist,
)
from absorption.measures.classification import own_thresholds
from absorption.measures.sparse_probes import fit_sparse_probes


def by_hand(z, main=(0,), angles=(1.0, 0.6, 0.05), total=1.0):
    """One letter, probe e0; three latents whose cosines with it are `angles`; the activation carries `total`."""
    d = torch.tensor([[a, math.sqrt(1 - a * a)] for a in angles])
    mask = torch.zeros(1, 3, dtype=torch.bool)
    mask[0, list(main)] = True
    x = torch.tensor([[total, 3.0]]).expand(len(z), 2)
    directions = torch.tensor([[2.0, 0.0]])  # its length must not matter
    return carried(x, torch.tensor(z), d, directions, torch.zeros(len(z), dtype=torch.int64), mask)


def test_full_absorption_by_hand():
    c = by_hand(
        [
            [1.0, 0.0, 0.0],  # the main latent does its work
            [0.0, 1.0, 0.0],  # silent, and latent 1 carries 0.6 of the total: absorbed
            [0.1, 1.0, 0.0],  # the main latent fires, if weakly: not *full* absorption
            [0.0, 0.5, 0.0],  # it carries 0.3 only
            [0.0, 0.0, 9.0],  # carries 0.45, its cosine of 0.05 is enough
            [0.0, 0.0, 0.0],  # silent, and nothing instead
        ]
    )
    found = full_absorption(c)
    assert found.absorbed.tolist() == [False, True, False, False, True, False]
    assert found.latent[:5].tolist() == [0, 1, 1, 1, 2]
    torch.testing.assert_close(found.share[1:5], torch.tensor([0.6, 0.6, 0.3, 0.45]))
    assert full_absorption(c, min_share=0.25).absorbed.tolist()[3]
    assert not full_absorption(c, min_cosine=0.06).absorbed.tolist()[4]
    for total in (0.0, -1.0):  # no share of what is not there
        nothing = full_absorption(by_hand([[0.0, 1.0, 0.0]], total=total))
        assert not nothing.absorbed.any() and nothing.share.tolist() == [0.0]


def test_fraction_by_hand():
    c = by_hand(
        [
            [1.0, 0.0, 0.0],  # the main latent carries all
            [0.0, 1.0, 0.0],  # it carries nothing: 1
            [0.5, 1.0, 0.0],  # 0.5 is missing, absorbers could carry 0.6: 0.5 / (0.5 + 0.5)
            [0.2, 1.0, 0.0],  # 0.6 / (0.6 + 0.2)
            [0.5, 0.5, 0.0],  # absorbers carry 0.3 of the total: too little
            [0.0, 0.0, 9.0],  # the cosine of 0.05 is below 0.1
            [0.0, 0.0, 0.0],
        ]
    )
    torch.testing.assert_close(absorption_fraction(c), torch.tensor([0.0, 1.0, 0.5, 0.75, 0.0, 0.0, 0.0]))
    assert absorption_fraction(c, min_share=0.3)[4] == pytest.approx(0.3 / 0.8)
    assert absorption_fraction(c, min_cosine=0.04)[5] == 1.0
    assert absorption_fraction(by_hand([[0.0, 1.0, 0.0]], total=-1.0)) == 0.0


def test_at_most_three_latents_absorb():
    angle = 0.5
    d = torch.tensor([[1.0, 0.0]] + 4 * [[angle, math.sqrt(1 - angle**2)]])
    mask = torch.tensor([[True, False, False, False, False]])
    z = torch.tensor([[0.5, 0.25, 0.25, 0.25, 0.25]])
    c = carried(torch.tensor([[1.0, 0.0]]), z, d, torch.tensor([[1.0, 0.0]]), torch.tensor([0]), mask)
    assert absorption_fraction(c, min_share=0.3) == pytest.approx(0.375 / 0.875)
    assert absorption_fraction(c, min_share=0.3, max_latents=4) == pytest.approx(0.5)


def as_published(x, z, d, p, main):
    """SAEBench's calculation for one word, from its definition, latent by latent."""
    p = p / np.linalg.norm(p)
    cos = d @ p
    part, total = z * cos, float(x @ p)
    main_part = part[main].sum()
    top = int(part.argmax())
    is_full = (
        (np.abs(z[main]) < SILENT).all() and cos[top] >= 0.025 and total > 0 and part[top] / total >= 0.4
    )
    others = sorted(
        (part[j] for j in range(len(z)) if not main[j] and cos[j] >= 0.1 and part[j] > 0), reverse=True
    )
    absorbing = sum(others[:3])
    if main_part >= total or absorbing / total < 0.4 or total <= 0:
        return is_full, 0.0
    if main_part <= 0:
        return is_full, 1.0
    absorbed = min(absorbing, total - main_part)
    return is_full, float(np.clip(absorbed / (absorbed + main_part), 0, 1))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_both_agree_with_the_published_calculation(seed):
    g = torch.Generator().manual_seed(seed)
    n, d_sae, d_in, n_letters = 20, 12, 4, 3
    d = torch.nn.functional.normalize(torch.randn(d_sae, d_in, generator=g, dtype=torch.float64), dim=1)
    z = torch.rand(n, d_sae, generator=g, dtype=torch.float64)
    z = z * (torch.rand(n, d_sae, generator=g) < 0.3)
    x = z @ d + 0.1 * torch.randn(n, d_in, generator=g, dtype=torch.float64)
    p = torch.randn(n_letters, d_in, generator=g, dtype=torch.float64)
    letters = torch.randint(n_letters, (n,), generator=g)
    main = torch.rand(n_letters, d_sae, generator=g) < 0.15
    c = carried(x, z, d, p, letters, main)
    full, fraction = full_absorption(c).absorbed, absorption_fraction(c)
    for i, letter in enumerate(letters.tolist()):
        expected = as_published(
            x[i].numpy(), z[i].numpy(), d.numpy(), p[letter].numpy(), main[letter].numpy()
        )
        assert bool(full[i]) == expected[0]
        assert float(fraction[i]) == pytest.approx(expected[1], abs=1e-9)


def test_more_lenient_thresholds_find_no_less():
    g = torch.Generator().manual_seed(0)
    z = torch.rand(200, 8, generator=g) * (torch.rand(200, 8, generator=g) < 0.3)
    d = torch.nn.functional.normalize(torch.randn(8, 3, generator=g), dim=1)
    main = torch.zeros(1, 8, dtype=torch.bool)
    main[0, 0] = True
    c = carried(z @ d, z, d, d[:1], torch.zeros(200, dtype=torch.int64), main)
    for a, b in ((0.2, 0.4), (0.4, 0.8)):
        lenient, strict = full_absorption(c, min_share=a).absorbed, full_absorption(c, min_share=b).absorbed
        assert not (strict & ~lenient).any()
        assert (absorption_fraction(c, min_share=a) >= absorption_fraction(c, min_share=b)).all()
    assert full_absorption(c, min_share=0.2).absorbed.any()


def test_cosines_know_no_length():
    d, p = torch.tensor([[2.0, 0.0], [0.0, -3.0]]), torch.tensor([[0.5, 0.5]])
    torch.testing.assert_close(cosines(d, p), torch.tensor([[0.5**0.5, -(0.5**0.5)]]))


def test_main_latents_are_the_best_and_its_splits():
    g = torch.Generator().manual_seed(0)
    letters = torch.randint(3, (900,), generator=g)
    z = torch.rand(900, 9, generator=g, dtype=torch.float64) * (torch.rand(900, 9, generator=g) < 0.05)
    half = torch.rand(900, generator=g) < 0.5
    size = 1 + torch.rand(900, generator=g, dtype=torch.float64)
    z[:, 4] = size * (letters == 0)
    z[:, 2] = size * ((letters == 1) & half)
    z[:, 7] = size * ((letters == 1) & ~half)
    main = main_latents(z, letters, n_letters=3, k_max=4)
    assert main.n[:2].tolist() == [1, 2]
    assert main.mask[0].nonzero()[:, 0].tolist() == [4]
    assert main.mask[1].nonzero()[:, 0].tolist() == [2, 7]
    assert (main.f1[:2] > 0.99).all() and main.f1[2] < 0.7
    strict = main_latents(z, letters, n_letters=3, rise=0.9, k_max=4)
    assert strict.n.tolist() == main.with_rise(0.9).n.tolist() == [1, 1, 1]
    assert torch.equal(strict.mask, main.with_rise(0.9).mask) and strict.mask.sum(1).tolist() == [1, 1, 1]
    assert torch.equal(strict.f1, main.f1_by_k[0])
    with pytest.raises(ValueError, match=r"rise = 0\.01 needs"):
        main.with_rise(0.01)
    # A letter is tried with one more latent while the last one helped; those that are tried get what all would.
    probes = fit_sparse_probes(z, letters, main.latents, (1, 2, 3, 4))
    f1 = torch.stack([own_thresholds(probes.scores(z, k), letters).f1 for k in (1, 2, 3, 4)])
    tried = ~main.f1_by_k.isnan()
    assert tried.sum(0).tolist() == [min(4, n + 1) for n in main.n.tolist()]
    torch.testing.assert_close(main.f1_by_k[tried], f1[tried])


def test_rates_count_letters_without_a_case_as_zero():
    letters = torch.tensor([0, 0, 0, 0, 1, 1, 2])
    score = torch.tensor([1.0, 0.5, 1.0, 0.0, 0.0, 0.0, 1.0])
    counted = torch.tensor([True, True, False, True, True, True, False])
    candidate = torch.tensor([True, True, True, False, False, False, True])
    rates = letter_rates(score, letters, counted, candidate, n_letters=3)
    assert rates.rate[:2].tolist() == [0.5, 0.0] and rates.rate[2].isnan()
    assert rates.survives.tolist() == [True, False, False]
    assert (rates.mean(), rates.published_mean()) == (0.25, 0.5)
    none = letter_rates(score, letters, counted, torch.zeros(7, dtype=torch.bool), n_letters=3)
    assert none.published_mean() == 0.0


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000))
def test_the_published_mean_is_never_lower(seed):
    g = torch.Generator().manual_seed(seed)
    letters = torch.randint(5, (40,), generator=g)
    candidate = torch.rand(40, generator=g) < 0.2
    score = torch.rand(40, generator=g) * candidate
    rates = letter_rates(score, letters, torch.ones(40, dtype=torch.bool), candidate, 5)
    assert rates.published_mean() >= rates.mean() - 1e-6


def test_margin():
    logits = torch.tensor([[3.0, 1.0, 2.0], [0.0, 0.0, 6.0]])
    assert answer_margin(logits, torch.tensor([0, 1])).tolist() == [1.5, -3.0]


def test_causal_absorption_by_hand():
    word = torch.tensor([0, 0, 1, 1, 2, 2, 3, 4, 4, 5])
    latent = torch.tensor([1, 2, 1, 2, 1, 2, 1, 2, 1, 1])
    effects = torch.tensor([-3.0, 0.5, -3.0, 2.5, -3.0, 4.5, -2.0, -2.0, 0.0, -5.0])
    cosine = torch.full((7, 3), 0.5)
    cosine[4, 2] = 0.01
    silent = torch.tensor([True, True, True, True, True, False, True])
    found = causal_absorption(Ablations(word, latent), effects, cosine, silent)
    # 0: clear; 1: the runner-up is too close; 2: the largest effect raises the margin; 3: a lone latent leads
    # by all of its effect; 4: not aligned; 5: a main latent fires; 6: nothing was ablated.
    assert found.absorbed.tolist() == [True, False, False, True, False, False, False]
    assert found.latent.tolist() == [1, 1, 2, 1, 2, 1, -1]
    torch.testing.assert_close(found.lead, torch.tensor([2.5, 0.5, 1.5, 2.0, 2.0, 5.0, 0.0]))
    again = causal_absorption(Ablations(word, latent), effects, cosine, silent, min_lead=0.5, min_cosine=0.0)
    assert again.absorbed.tolist() == [True, True, False, True, True, False, False]


def test_ablations_take_out_what_a_latent_writes():
    z, d = torch.tensor([[0.0, 2.0], [3.0, 1.0]]), torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    all_of_them = shortlist(z, d, torch.ones(2, 2), at_most=2)
    assert sorted(zip(all_of_them.word.tolist(), all_of_them.latent.tolist(), strict=True)) == [
        (0, 1),
        (1, 0),
        (1, 1),
    ]
    best = shortlist(z, d, torch.tensor([[0.0, 0.0], [0.1, -9.0]]), at_most=1)
    assert (best.word.tolist(), best.latent.tolist()) == ([0, 1], [1, 1])
    assert best.changes(z, d).tolist() == [[0.0, -2.0], [0.0, -1.0]]


def test_the_causal_metric_finds_the_absorber_of_a_linear_model():
    """A model that reads the letter linearly, and a latent that has swallowed the letter on some words."""
    g = torch.Generator().manual_seed(0)
    readout = torch.eye(3)[:2]  # two letters, e0 and e1; e2 is something else
    d = torch.nn.functional.normalize(
        torch.tensor([[1.0, 0, 0], [0, 1.0, 0], [0.7, 0, 0.7], [0, 0, 1.0]]), dim=1
    )
    letters = torch.zeros(40, dtype=torch.int64)
    z = torch.zeros(40, 4)
    swallowed = torch.rand(40, generator=g) < 0.3
    z[:, 0], z[swallowed, 2], z[:, 3] = 3.0 * ~swallowed, 4.0, 0.5
    x, main = z @ d, torch.tensor([[True, False, False, False], [False, True, False, False]])
    ablations = shortlist(z, d, readout[0].expand(40, 3) - readout[1], at_most=4)
    before = answer_margin(x @ readout.T, letters)
    after = (x[ablations.word] + ablations.changes(z, d)) @ readout.T
    effects = answer_margin(after, letters[ablations.word]) - before[ablations.word]
    c = carried(x, z, d, readout, letters, main)
    found = causal_absorption(ablations, effects, c.cosine, c.silent)
    assert torch.equal(found.absorbed, swallowed)
    assert (found.latent[swallowed] == 2).all()
    assert torch.equal(full_absorption(c).absorbed, swallowed)
    torch.testing.assert_close(absorption_fraction(c), swallowed.float())


def test_means_over_letters_weigh_letters_alike():
    letters, everything = torch.tensor([0, 0, 1, 25]), torch.ones(4, dtype=torch.bool)
    rates = letter_rates(torch.tensor([1.0, 0.0, 1.0, 0.0]), letters, everything, letters < 2)
    assert rates.rate.shape == (26,), "without a number there are 26 letters"
    assert (rates.mean(), rates.published_mean()) == (0.5, 0.75)
