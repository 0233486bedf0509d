"""Toy measures against values worked out by hand, and scipy/scikit-learn where they have them."""

import torch

from absorption.measures.toy import absorption_delta, explained_variance, mcc
from absorption.saes import Recipe, SAEStack
from absorption.worlds.hierarchies import parent_child
from absorption.worlds.population import directions


def placed(delta, cosine=0.0):
    """The SAE of the δ-absorption argument, exactly."""
    features = directions(2, cosine=cosine)
    stack = SAEStack(Recipe(decoder="free", encoder_bias=False, decoder_bias=False), 2, 2, seeds=[0])
    f1, f2 = torch.linalg.pinv(features).T  # readers: f_i · feature_j = 1[i = j]
    with torch.no_grad():
        stack.W_enc[0] = torch.stack([f1 - delta * f2, f2], 1)
        stack.W_dec[0] = torch.stack([features[0], features[1] + delta * features[0]])
    return stack, features


def test_delta_of_an_sae_made_by_hand():
    for cosine in (0.0, 0.5, -0.3):
        for delta in (0.0, 0.3, 1.0):
            stack, features = placed(delta, cosine)
            measured = absorption_delta(stack.dictionary.detach(), features)
            torch.testing.assert_close(measured, torch.tensor([delta]), atol=1e-6, rtol=0)
            world = parent_child(0.2, 0.3, cosine=cosine)
            seen = world.merged().activations
            torch.testing.assert_close(stack(seen)[0], seen, atol=1e-6, rtol=0)
            assert abs(float(explained_variance(stack, world.activations, world.probabilities)) - 1) < 1e-5


def test_delta_does_not_depend_on_norm_or_order():
    stack, features = placed(0.4)
    shuffled = stack.dictionary.detach()[:, [1, 0]] * torch.tensor([3.0, 0.2])[:, None]
    torch.testing.assert_close(absorption_delta(shuffled, features), torch.tensor([0.4]))


def test_mcc_matches_features_one_to_one():
    features = torch.eye(3)
    exact = features[[2, 0, 1]][None] * -2
    torch.testing.assert_close(mcc(exact, features), torch.ones(1, dtype=torch.float64))
    twice = torch.eye(3)[[0, 0, 1]][None]  # one feature found twice, one lost
    torch.testing.assert_close(mcc(twice, features), torch.tensor([2 / 3], dtype=torch.float64))
    narrow = torch.eye(3)[:1][None]
    torch.testing.assert_close(mcc(narrow, features), torch.tensor([1 / 3], dtype=torch.float64))


def test_explained_variance_agrees_with_scikit_learn():
    from sklearn.metrics import r2_score

    generator = torch.Generator().manual_seed(0)
    x = torch.randn(200, 5, generator=generator) + 3
    stack = SAEStack(Recipe(), 5, 7, seeds=[0])
    ours = float(explained_variance(stack, x))
    total = r2_score(x.numpy(), stack(x)[0].numpy(), multioutput="variance_weighted")
    assert abs(ours - total) < 1e-5
