"""An MLP's inputs and outputs, and what later blocks make of a stream, against Transformers' own forward pass."""

import pytest
import torch
from torch import nn
from transformers import LlamaConfig, LlamaModel

from absorption.worlds.language import LanguageModel
from absorption.worlds.residuals import word_activations
from absorption.worlds.sublayers import Following, mlp_activations

SIZES = dict(hidden_size=16, intermediate_size=24, num_hidden_layers=4, num_attention_heads=2, vocab_size=30)
WORDS = torch.tensor([3, 8, 21, 5, 9])


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("ABSORPTION_CACHE", str(tmp_path))
    return tmp_path


def model(layer):
    torch.manual_seed(0)
    body = LlamaModel(LlamaConfig(**SIZES)).eval().requires_grad_(False)
    return LanguageModel("tiny", "random", layer, 16, 0, "float32", None, body)


def hidden_states(body):
    tokens = torch.stack([torch.zeros_like(WORDS), WORDS], 1)
    with torch.no_grad():
        return body(tokens, output_hidden_states=True).hidden_states


def test_what_the_mlp_adds_is_what_the_block_adds_after_its_attention(cache):
    read = model(2)
    given, added = mlp_activations(read, WORDS)
    block, before = read.body.layers[1], hidden_states(read.body)[1]
    turned = read.body.rotary_emb(before, torch.arange(2)[None])
    normed = block.input_layernorm(before)
    attended = before + block.self_attn(normed, attention_mask=None, position_embeddings=turned)[0]
    torch.testing.assert_close(given, block.post_attention_layernorm(attended)[:, 1])
    torch.testing.assert_close(attended[:, 1] + added, word_activations(read, WORDS))
    kept = list(cache.glob("mlp-*"))
    assert len(kept) == 1
    torch.testing.assert_close(mlp_activations(read, WORDS)[1], added)
    assert list(cache.glob("mlp-*")) == kept


@pytest.mark.parametrize("blocks", [1, 2])
def test_following_blocks_do_what_the_model_does_and_have_gradients(blocks):
    read = model(3)
    states = hidden_states(read.body)
    stream = states[3 - blocks][:, 1].clone().requires_grad_(True)
    after = Following.of(read, blocks)(stream)
    torch.testing.assert_close(after, states[3][:, 1])
    after.square().sum().backward()
    assert stream.grad.abs().min(0).values.max() > 0
    moved = Following.of(read, blocks)(stream.detach() + 1)
    assert (moved - after.detach()).abs().max() > 0.1


def test_what_cannot_be_followed_is_named():
    for blocks in (0, 3):
        with pytest.raises(ValueError, match="at least one, and one before them"):
            Following.of(model(3), blocks)
    other = LanguageModel("odd", "by hand", 2, 4, 0, "float32", None, nn.ModuleList([nn.Identity()] * 2))
    with pytest.raises(ValueError, match="another way than Llama"):
        Following.of(other, 1)
    with pytest.raises(ValueError, match="no part called mlp"):
        mlp_activations(other, WORDS)
