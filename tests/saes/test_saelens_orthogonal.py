"""The SAELens subclass: same loss and gradient as our recipe, trains in SAELens' own loops, saved and loaded."""

import pytest
import torch
from sae_lens import SAE
from sae_lens.saes.sae import TrainingSAE, TrainStepInput
from sae_lens.synthetic import ActivationGenerator, FeatureDictionary, train_toy_sae

from absorption.saes import AllPairs, RandomChunks, fit_batches
from absorption.saes.clock import Clock
from absorption.saes.exchange.saelens import from_saelens
from absorption.saes.exchange.saelens_orthogonal import (
    OrthogonalBatchTopKTrainingSAE,
    OrthogonalBatchTopKTrainingSAEConfig,
)
from absorption.saes.losses.objective import population_losses
from absorption.saes.losses.pairs import mean_cost

CHOICES = {
    "all": dict(pairs="all", exponent=1.0),
    "hinge": dict(pairs="all", hinge=0.2),
    "chunks": dict(pairs="chunks", chunk_size=9),
    "every other step": dict(pairs="chunks", every=2),
}


def saelens(choice, **options):
    torch.manual_seed(0)
    config = OrthogonalBatchTopKTrainingSAEConfig(
        d_in=12, d_sae=32, k=2.5, dtype="float64", orthogonality=0.7, decoder_init_norm=0.7, **CHOICES[choice]
    )
    sae = OrthogonalBatchTopKTrainingSAE(config)
    with torch.no_grad():
        for parameter in sae.parameters():
            parameter += 0.05 * torch.randn_like(parameter)
    return sae


def batches(n):
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(64, 12, generator=generator, dtype=torch.float64) for _ in range(n)]


def forward(sae, x, step):
    coefficients = {name: value.value for name, value in sae.get_coefficients().items()}
    return sae.training_forward_pass(TrainStepInput(x, coefficients, None, step, is_logging_step=False))


@pytest.mark.parametrize("choice", CHOICES)
def test_same_loss_and_gradients_as_the_recipe(choice):
    sae = saelens(choice)
    stack = from_saelens(sae)
    assert stack.recipe.orthogonality == 0.7
    assert isinstance(
        stack.recipe.orthogonality_scheme, RandomChunks if "chunks" in sae.cfg.pairs else AllPairs
    )
    (x,) = batches(1)
    for step in (0, 1, 2):
        stack.clock = Clock(step, 10)
        theirs, ours = forward(sae, x, step), population_losses(stack, x, x.new_full((1, 64), 1 / 64))
        torch.testing.assert_close(ours.total[0], theirs.loss)
        asked = choice != "every other step" or step % 2 == 0
        assert (theirs.losses["orthogonality_loss"] > 0.01) == asked
        sae.zero_grad()
        stack.zero_grad()
        theirs.loss.backward()
        ours.total.sum().backward()
        torch.testing.assert_close(stack.W_dec.grad[0], sae.W_dec.grad)
        torch.testing.assert_close(stack._W_enc.grad[0], sae.W_enc.grad)


@pytest.mark.parametrize("choice", CHOICES)
def test_same_weights_after_training(choice):
    sae = saelens(choice)
    stack = from_saelens(sae)
    optimizer = torch.optim.Adam(sae.parameters(), lr=3e-3)
    for step, x in enumerate(batches(20)):
        optimizer.zero_grad()
        forward(sae, x, step).loss.backward()
        optimizer.step()
    fit_batches(stack, batches(20), lr=3e-3)
    torch.testing.assert_close(stack.W_dec[0], sae.W_dec, rtol=1e-8, atol=1e-8)


def toy(orthogonality):
    torch.manual_seed(0)
    config = OrthogonalBatchTopKTrainingSAEConfig(
        d_in=10, d_sae=16, k=2, orthogonality=orthogonality, pairs="all"
    )
    sae = OrthogonalBatchTopKTrainingSAE(config)
    features = FeatureDictionary(num_features=10, hidden_dim=10)
    generator = ActivationGenerator(10, torch.full((10,), 0.2))
    train_toy_sae(sae, features, generator, training_samples=60_000, batch_size=256, lr=3e-3)
    return sae


def test_saelens_train_toy_sae_trains_it_unchanged(tmp_path):
    plain, orthogonal = toy(0.0), toy(20.0)
    cost = lambda sae: float(mean_cost(sae.W_dec[None])[0])  # noqa: E731
    assert cost(orthogonal) < 0.8 * cost(plain)
    x = torch.randn(50, 10, generator=torch.Generator().manual_seed(2))

    orthogonal.save_model(tmp_path / "training")
    again = TrainingSAE.load_from_disk(tmp_path / "training")
    assert isinstance(again, OrthogonalBatchTopKTrainingSAE) and again.cfg == orthogonal.cfg
    torch.testing.assert_close(again(x), orthogonal(x))

    orthogonal.save_inference_model(tmp_path / "inference")
    inference = SAE.load_from_disk(tmp_path / "inference")
    assert inference.cfg.architecture() == "jumprelu"
    torch.testing.assert_close(
        inference.encode(x), from_saelens(orthogonal).encode(x)[0], rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize(
    ("message", "options"),
    {
        "must not be negative": dict(orthogonality=-0.1),
        "'all' or 'chunks'": dict(pairs="some"),
        "at least 2": dict(chunk_size=1),
    }.items(),
)
def test_nonsense_is_refused(message, options):
    with pytest.raises(Exception, match=message.replace("'all' or 'chunks'", "all")):
        OrthogonalBatchTopKTrainingSAEConfig(d_in=4, d_sae=8, k=2, **options)
