"""Edits that are run from their block on, against runs of the whole model."""

from dataclasses import replace
from unittest.mock import patch

import pytest
import torch

from absorption.worlds import resuming
from absorption.worlds.language import LanguageModel
from absorption.worlds.resuming import Resuming, activations_after
from absorption.worlds.spelling import Prompt, Speller

PROMPT = Prompt(torch.tensor([0, 5, 9]), torch.tensor([2, 3]), torch.arange(3, 29))


@pytest.fixture(scope="module")
def body():
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=90, hidden_size=16, intermediate_size=32, num_hidden_layers=4, num_attention_heads=4, num_key_value_heads=2
    )  # fmt: skip
    made = LlamaForCausalLM(config)
    for parameter in made.parameters():
        parameter.data.mul_(4)  # so that positions and edits matter
    return made.eval().requires_grad_(False)


@pytest.mark.parametrize("layer", [1, 3])
def test_an_edit_is_run_as_in_the_whole_model(body, layer):
    model = LanguageModel("tiny", "random", layer, 16, 0, "float32", None, body)
    words, changes = torch.tensor([40, 41, 40, 77, 41]), torch.randn(5, 16)
    expected = Speller(model, PROMPT).edited(words, changes)
    speller = Resuming(model, PROMPT)
    with patch.object(resuming, "PACKED_WORDS", 2):
        torch.testing.assert_close(speller.edited(words, changes), expected, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(speller.edited(words[:1], changes[:1]), expected[:1], atol=1e-4, rtol=1e-4)
    assert len(body.model.layers) == 4  # the model is left as it was
    assert (expected[0] - expected[2]).abs().max() > 1e-3  # another edit, another answer
    assert speller.edited(words[:0], changes[:0]).shape == (0, 26)


def test_the_first_blocks_are_run_once_a_word(body):
    speller = Resuming(LanguageModel("tiny", "random", 2, 16, 0, "float32", None, body), PROMPT)
    with patch.object(
        Resuming, "_through_first", autospec=True, side_effect=Resuming._through_first
    ) as first:
        for _ in range(3):
            speller.edited(torch.tensor([40, 41]), torch.randn(2, 16))
    assert first.call_count == 1


def test_several_blocks_are_read_in_one_run(body, monkeypatch, tmp_path):
    monkeypatch.setenv("ABSORPTION_CACHE", str(tmp_path))
    words = torch.tensor([40, 41, 77])
    model = LanguageModel("tiny", "random", 2, 16, 0, "float32", None, body)
    read = activations_after(Speller(model, PROMPT), [1, 3], words)
    for layer, found in zip([1, 3], read, strict=True):
        alone = Speller(replace(model, layer=layer), PROMPT).activations(words)
        torch.testing.assert_close(found, alone)
    assert not torch.allclose(*read)
