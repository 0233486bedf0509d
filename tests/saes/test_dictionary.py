"""Dictionaries against SAELens: the same latents and reconstructions, and a decoder in the frame of the activations."""

import pytest
import torch
from sae_lens import (
    SAE,
    AbsTopKSAE,
    AbsTopKSAEConfig,
    BatchTopKTrainingSAE,
    BatchTopKTrainingSAEConfig,
    GatedSAE,
    GatedSAEConfig,
    JumpReLUSAE,
    JumpReLUSAEConfig,
    MatchingPursuitSAE,
    MatchingPursuitSAEConfig,
    MatryoshkaBatchTopKTrainingSAE,
    MatryoshkaBatchTopKTrainingSAEConfig,
    StandardSAE,
    StandardSAEConfig,
    TopKSAE,
    TopKSAEConfig,
)

from absorption.saes import BatchTopK, Recipe, SAEStack
from absorption.saes.exchange.dictionary import as_dictionary

D_IN, D_SAE = 6, 14

BUILDERS = {
    "standard": lambda **kw: StandardSAE(StandardSAEConfig(**kw)),
    "topk": lambda **kw: TopKSAE(TopKSAEConfig(k=3, **kw)),
    "topk, norms divided out": lambda **kw: TopKSAE(
        TopKSAEConfig(k=3, rescale_acts_by_decoder_norm=True, **kw)
    ),
    "batchtopk": lambda **kw: BatchTopKTrainingSAE(BatchTopKTrainingSAEConfig(k=2, **kw)),
    "matryoshka": lambda **kw: MatryoshkaBatchTopKTrainingSAE(
        MatryoshkaBatchTopKTrainingSAEConfig(k=2, matryoshka_widths=[5, D_SAE], **kw)
    ),
    "jumprelu": lambda **kw: JumpReLUSAE(JumpReLUSAEConfig(**kw)),
    "gated": lambda **kw: GatedSAE(GatedSAEConfig(**kw)),
    "matching pursuit": lambda **kw: MatchingPursuitSAE(MatchingPursuitSAEConfig(max_iterations=3, **kw)),
}


def activations(batch=40):
    return 3 * torch.randn(batch, D_IN, generator=torch.Generator().manual_seed(1), dtype=torch.float64) + 1


def built(kind, **options):
    """A SAELens SAE with random weights, in float64."""
    sae = BUILDERS[kind](d_in=D_IN, d_sae=D_SAE, dtype="float64", **options)
    generator = torch.Generator().manual_seed(0)
    for parameter in sae.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
    if kind in ("batchtopk", "matryoshka"):
        sae.topk_threshold.fill_(0.7)
    return sae


def as_saelens_reads_it(sae, folder):
    """A training SAE after SAELens has saved it for inference."""
    if not hasattr(sae, "save_inference_model"):
        return sae
    sae.save_inference_model(folder)
    return SAE.load_from_disk(folder)


@pytest.mark.parametrize("subtracts", [True, False])
@pytest.mark.parametrize("normalisation", ["none", "layer_norm", "constant_norm_rescale"])
@pytest.mark.parametrize("kind", BUILDERS)
def test_it_encodes_and_decodes_as_saelens_does(kind, normalisation, subtracts, tmp_path):
    sae = built(kind, normalize_activations=normalisation, apply_b_dec_to_input=subtracts)
    oracle, x = as_saelens_reads_it(sae, tmp_path), activations()
    dictionary = as_dictionary(sae)
    with torch.no_grad():
        expected = oracle.encode(x)
        # In the units of the activations, a scaled input's latents are scaled back.
        scale = {
            "none": torch.ones(len(x), 1, dtype=x.dtype),
            "layer_norm": x.std(1, keepdim=True),
            "constant_norm_rescale": x.norm(dim=1, keepdim=True) / D_IN**0.5,
        }[normalisation]
        torch.testing.assert_close(dictionary.encode(x), expected * scale, rtol=1e-9, atol=1e-9)
        torch.testing.assert_close(dictionary.reconstruct(x), oracle(x), rtol=1e-9, atol=1e-9)
    assert (expected > 0).any() and (expected == 0).any()


@pytest.mark.parametrize("normalisation", ["none", "layer_norm", "constant_norm_rescale"])
@pytest.mark.parametrize("kind", BUILDERS)
def test_a_latent_adds_its_activation_times_its_row(kind, normalisation):
    dictionary = as_dictionary(built(kind, normalize_activations=normalisation))
    z = dictionary.encode(activations())
    latent = int((z > 0).sum(0).argmax())
    without = z.clone()
    without[:, latent] = 0
    added = dictionary.decode(z) - dictionary.decode(without)
    torch.testing.assert_close(added, z[:, [latent]] * dictionary.W_dec[latent], rtol=1e-9, atol=1e-9)


def test_where_every_input_has_a_scale_only_the_last_batch_is_decoded():
    dictionary = as_dictionary(built("standard", normalize_activations="layer_norm"))
    z = dictionary.encode(activations(8))
    _ = dictionary.encode(activations(5))
    with pytest.raises(ValueError, match="decodes only what it encoded last"):
        dictionary.decode(z)


@pytest.mark.parametrize("normalisation", ["expected_average_only_in", "covariance_whitening"])
def test_statistics_that_are_not_folded_are_asked_for(normalisation):
    sae = built("jumprelu", normalize_activations=normalisation)
    with pytest.raises(ValueError, match="not folded into the weights"):
        as_dictionary(sae)
    if normalisation == "expected_average_only_in":
        sae.fold_activation_norm_scaling_factor(0.5)
        assert as_dictionary(sae).d_sae == D_SAE


def test_what_has_no_such_form_is_refused():
    widths = dict(d_in=D_IN, d_sae=D_SAE)
    with pytest.raises(ValueError, match="architecture 'abstopk' cannot be measured"):
        as_dictionary(AbsTopKSAE(AbsTopKSAEConfig(k=2, **widths)))
    with pytest.raises(ValueError, match="reads attention heads"):
        as_dictionary(StandardSAE(StandardSAEConfig(reshape_activations="hook_z", **widths)))
    with pytest.raises(ValueError, match=r"the stack has 2 SAEs.*select"):
        as_dictionary(SAEStack(Recipe(), d_in=D_IN, d_sae=D_SAE, seeds=[0, 1]))
    with pytest.raises(TypeError, match="str is no SAE"):
        as_dictionary("gemma")


def test_inputs_of_another_width_are_refused():
    dictionary = as_dictionary(built("standard"), name="mine")
    with pytest.raises(ValueError, match=r"mine takes activations of shape \[batch 6\], not \[3, 5\]"):
        dictionary.encode(torch.zeros(3, 5, dtype=torch.float64))
    with pytest.raises(ValueError, match=r"mine takes latents of shape \[batch 14\], not \[3, 5\]"):
        dictionary.decode(torch.zeros(3, 5, dtype=torch.float64))


def test_a_stack_of_one_gives_what_the_stack_gives():
    stack = SAEStack(Recipe(BatchTopK(2)), d_in=D_IN, d_sae=D_SAE, seeds=[3], dtype=torch.float64)
    stack.threshold.fill_(0.05)
    dictionary, x = as_dictionary(stack), activations()
    assert dictionary.architecture == "batchtopk"
    assert torch.equal(dictionary.encode(x), stack.encode(x)[0])
    assert torch.equal(dictionary.reconstruct(x), stack(x)[0])
    assert torch.equal(dictionary.W_dec, stack.dictionary[0]) and not dictionary.W_dec.requires_grad


@pytest.mark.parametrize("subtracts", [True, False])
@pytest.mark.parametrize("kind", ["standard", "topk", "jumprelu"])
def test_plain_tensors_are_what_saelens_makes_of_them(kind, subtracts):
    sae, x = built(kind, apply_b_dec_to_input=subtracts), activations()
    tensors = dict(sae.state_dict()) | {"apply_b_dec_to_input": subtracts}
    dictionary = as_dictionary(tensors | ({"k": 3} if kind == "topk" else {}))
    assert dictionary.architecture == kind
    torch.testing.assert_close(dictionary.encode(x), sae.encode(x).detach())
    torch.testing.assert_close(dictionary.reconstruct(x), sae(x).detach())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"b_dec": torch.ones(4)}, "apply_b_dec_to_input must say whether"),
        ({"threshold": torch.zeros(8), "k": 2}, "give one of them"),
        ({"W_enc": torch.zeros(8, 4)}, r"W_enc must have the shape \[d_in d_sae\] = \[4, 8\]"),
        ({"W_dec": torch.zeros(8)}, r"W_dec must have the shape \[d_sae d_in\], not \[8\]"),
        ({"b_enc": torch.zeros(4)}, r"b_enc must have the shape \[d_sae\] = \[8\]"),
        ({"w_enc": torch.zeros(4, 8)}, "W_enc and W_dec are needed"),
    ],
)
def test_plain_tensors_that_do_not_fit_are_refused(change, message):
    tensors = {"W_enc": torch.ones(4, 8), "W_dec": torch.ones(8, 4)}
    with pytest.raises(ValueError, match=message):
        as_dictionary(tensors | change)
