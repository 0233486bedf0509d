"""SAEBench's choice of main latents, against its steps written out with torch's layers and scikit-learn's regression."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score

from absorption.measures.active import ActiveLatents
from absorption.measures.saebench import VERSION, _Moving, l1_weights, saebench_main_latents


@pytest.fixture(scope="module")
def world():
    """Three labels: the first with one latent, the second split over two, the third with none of its own."""
    generator = torch.Generator().manual_seed(0)
    y = torch.randint(3, (1500,), generator=generator)
    z = torch.rand(1500, 12, generator=generator)
    z = torch.where(z < 0.8, torch.zeros_like(z), z)
    second = torch.rand(1500, generator=generator) < 0.5
    z[:, 0] += 2.0 * (y == 0)
    z[:, 1] += 2.0 * ((y == 1) & second)
    z[:, 2] += 2.0 * ((y == 1) & ~second)
    return z, torch.nn.functional.one_hot(y, 3) > 0


def published_weights(z, labels, epochs, batch):
    """As `train_multi_probe` of sae-bench 0.6.0, with a fixed order of the batches' words."""
    torch.manual_seed(0)
    probe = torch.nn.Linear(z.shape[1], labels.shape[1])
    positive = (len(labels) - labels.sum(0)) / labels.sum(0)
    loss_of = torch.nn.BCEWithLogitsLoss(pos_weight=positive)
    optimiser = torch.optim.Adam(probe.parameters(), lr=0.01, weight_decay=1e-6)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimiser, gamma=(1e-5 / 0.01) ** (1 / epochs))
    for _ in range(epochs):
        for rows in torch.randperm(len(z)).split(batch):
            optimiser.zero_grad()
            loss = loss_of(probe(z[rows]), labels[rows].float())
            (loss + 0.01 * probe.weight.abs().sum(-1).mean()).backward()
            optimiser.step()
        schedule.step()
    return probe.weight.detach()


def test_the_l1_probe_ends_where_the_published_one_does(world):
    z, labels = world
    ours = l1_weights(ActiveLatents.of(z), labels, torch.Generator().manual_seed(1), batch=100)
    theirs = published_weights(z, labels, epochs=50, batch=100)
    # Adam's steps do not settle where the penalty's gradient jumps; which latents stand out is what counts.
    assert (ours - theirs).abs().max() < 0.3 and theirs.abs().max() > 0.9
    assert torch.equal(ours[0].topk(1).indices, theirs[0].topk(1).indices)
    assert set(ours[1].topk(2).indices.tolist()) == set(theirs[1].topk(2).indices.tolist()) == {1, 2}


def test_the_choice_is_that_of_scikit_learns_regressions(world):
    z, labels = world
    train, test = slice(0, 1200), slice(1200, 1500)
    main = saebench_main_latents(
        ActiveLatents.of(z[train]), labels[train], ActiveLatents.of(z[test]), labels[test], torch.Generator().manual_seed(1)
    )  # fmt: skip
    for label in range(3):
        best, n = -100.0, 0
        for k in range(1, 11):
            own = main.latents[label, :k]
            fit = LogisticRegression(max_iter=500, class_weight="balanced")
            fit.fit(z[train][:, own].numpy(), labels[train, label].numpy())
            f1 = f1_score(labels[test, label].numpy(), fit.predict(z[test][:, own].numpy()))
            if k <= main.n[label] + 1:
                np.testing.assert_allclose(main.f1_by_k[k - 1, label], f1, atol=0.005)
            if f1 <= best + 0.03:
                break
            best, n = f1, k
        assert main.n[label] == n
    assert main.latents[0, 0] == 0 and main.n[0] == 1


def test_the_l1_probe_begins_within_the_bounds_of_torchs_linear_map():
    z, labels = torch.rand(20, 400), torch.arange(20)[:, None] < 10
    still = l1_weights(
        ActiveLatents.of(z), labels, torch.Generator().manual_seed(0), epochs=1, rate=1e-9, last_rate=1e-9
    )
    assert 0.049 < still.max() <= 0.05 and -0.05 <= still.min() < -0.049  # 1/√400 either way


@pytest.mark.parametrize(("others", "up"), [(6, 1.0), (8, -1.0)])
def test_the_one_word_of_a_label_weighs_as_much_as_the_seven_others(others, up):
    # Adam's first step is the rate against the sign of the slope: near p = ½ that of 7 z₀ − Σ z of the seven.
    z, labels = torch.zeros(8, 400), torch.arange(8)[:, None] < 1
    z[0, 0], z[1:, 0] = 1.0, others / 7
    w = l1_weights(ActiveLatents.of(z), labels, torch.Generator().manual_seed(0), epochs=1, rate=1.0)
    assert float(w[0, 0]) == pytest.approx(up, abs=0.05)


@pytest.mark.parametrize(("left", "main"), [(11, 1), (14, 2)])
def test_a_second_latent_counts_from_a_rise_of_three_hundredths(left, main):
    # Of 200 words the first latent finds all but `left`, whose F1 is (400 − 2 left)/(400 − left): .972 or .964.
    z, labels = torch.zeros(400, 2), (torch.arange(400) < 200)[:, None]
    z[: 200 - left, 1], z[200 - left : 200, 0] = 1.0, 1.0
    active, labels = ActiveLatents.of(z.repeat(40, 1)), labels.repeat(40, 1)  # enough batches for the ranking
    found = saebench_main_latents(active, labels, active, labels, torch.Generator().manual_seed(0))
    assert found.latents.tolist() == [[1, 0]] and found.n.tolist() == [main]


def test_the_version_is_named():
    assert VERSION == "0.6.0"


def test_steps_are_those_of_torchs_adam_to_the_last_bit():
    generator = torch.Generator().manual_seed(0)
    value = torch.randn(50, 3, generator=generator)
    theirs, own = value.clone(), _Moving.of(value.clone(), decay=1e-2)
    optimiser = torch.optim.Adam([theirs], lr=0.03, weight_decay=1e-2)
    for _ in range(7):
        gradient = torch.randn(50, 3, generator=generator)
        theirs.grad = gradient.clone()
        optimiser.step()
        own.step(gradient, 0.03)
    assert torch.equal(own.value, theirs)
