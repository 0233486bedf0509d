"""All of a text inside a model: what is cut, what is drawn, and what is read of it, also after an interruption."""

import pytest
import torch
from transformers import LlamaConfig, LlamaModel

from absorption.worlds import whole_text
from absorption.worlds.language import LanguageModel
from absorption.worlds.residuals import residual_stream
from absorption.worlds.whole_text import cut, drawn, read_places

SIZES = dict(hidden_size=16, intermediate_size=24, num_hidden_layers=4, num_attention_heads=2, vocab_size=90)
LENGTH = 6


def tokenizer(texts, **options):
    """A number a token."""
    return {"input_ids": [[int(number) for number in text.split()] for text in texts]}


@pytest.fixture
def model(monkeypatch, tmp_path):
    """A small one, whose chunks are of two contexts."""
    monkeypatch.setenv("ABSORPTION_CACHE", str(tmp_path / "first"))
    monkeypatch.setattr(whole_text, "CHUNK_TOKENS", 2 * LENGTH)
    torch.manual_seed(0)
    body = LlamaModel(LlamaConfig(**SIZES)).eval().requires_grad_(False)
    return LanguageModel("tiny", "random", 3, 16, 0, "float32", tokenizer, body)


@pytest.fixture
def texts(model):
    return cut(
        model,
        [" ".join(map(str, range(first, first + n))) for first, n in ((1, 25), (30, 6), (40, 8))],
        LENGTH,
    )


def test_every_token_is_in_one_context_and_texts_do_not_run_into_each_other(texts):
    assert texts.contexts[texts.own].tolist() == [*range(1, 26), *range(30, 36), *range(40, 48)]
    assert texts.own.sum(1).tolist() == [6, 6, 6, 6, 1, 6, 6, 2]
    assert texts.n_tokens == 39 and not texts.contexts[~texts.own].any()


def test_no_text_is_refused(model):
    with pytest.raises(ValueError, match="0 texts cannot be cut"):
        cut(model, [], LENGTH)


def test_places_are_drawn_evenly_and_none_twice():
    own = torch.arange(40).view(4, 10) % 10 < 7
    times = sum(drawn(own, 7, torch.Generator().manual_seed(seed)).long() for seed in range(2000))
    assert times[~own].sum() == 0 and times.sum() == 7 * 2000
    assert ((times[own] - 500).abs() < 100).all()  # 500 expected, standard deviation 19
    same = [drawn(own, 7, torch.Generator().manual_seed(3)) for _ in range(2)]
    assert torch.equal(*same)
    with pytest.raises(ValueError, match="29 places cannot be drawn from the 28"):
        drawn(own, 29, torch.Generator())


def test_what_is_read_is_the_plain_reading_at_the_places_that_are_wanted(model, texts):
    plain = residual_stream(model, texts.contexts)
    wanted = drawn(texts.own, 20, torch.Generator().manual_seed(1))
    found = read_places(model, texts.contexts, wanted)
    assert found.shape == (20, 16)
    torch.testing.assert_close(found, plain[wanted].half(), rtol=1e-3, atol=1e-4)
    every = read_places(model, texts.contexts, texts.own)
    torch.testing.assert_close(every, plain[texts.own].half(), rtol=1e-3, atol=1e-4)


def test_what_fills_a_context_up_changes_nothing_before_it(model, texts):
    alone = residual_stream(model, torch.tensor([[46, 47]]))[0]
    found = read_places(model, texts.contexts, texts.own)[-2:]
    torch.testing.assert_close(found, alone.half(), rtol=1e-3, atol=1e-4)


def test_a_reading_that_was_stopped_goes_on_and_gives_the_same_bytes(model, texts, monkeypatch, tmp_path):
    whole = read_places(model, texts.contexts, texts.own)
    monkeypatch.setenv("ABSORPTION_CACHE", str(tmp_path / "second"))
    read, chunks = whole_text._read, []

    def stopped(of, contexts, wanted):
        if contexts[0, 0] == 25:  # the third chunk
            raise KeyboardInterrupt
        return read(of, contexts, wanted)

    monkeypatch.setattr(whole_text, "_read", stopped)
    with pytest.raises(KeyboardInterrupt):
        read_places(model, texts.contexts, texts.own)
    kept = {file.name: file.stat().st_mtime_ns for file in (tmp_path / "second").glob("places-*")}
    assert 2 <= len(kept) < 4

    def counted(of, contexts, wanted):
        chunks.append(int(contexts[0, 0]))
        return read(of, contexts, wanted)

    monkeypatch.setattr(whole_text, "_read", counted)
    again = read_places(model, texts.contexts, texts.own)
    assert again.numpy().tobytes() == whole.numpy().tobytes()
    assert 25 in chunks and len(chunks) == 4 - len(kept)
    assert all((tmp_path / "second" / name).stat().st_mtime_ns == at for name, at in kept.items())


def test_activations_too_large_for_half_precision_are_refused(model, texts):
    model.body.embed_tokens.weight *= 1e7
    with pytest.raises(ValueError, match="too large for half precision"):
        read_places(model, texts.contexts, texts.own)
