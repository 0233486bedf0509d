"""SAEs of words and of running text, judged on both."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from absorption.experiments import running_text, seen_and_judged
from absorption.experiments.bank.fitting import Schedule
from absorption.experiments.bank.judging import judge_stack
from absorption.experiments.bank.table import Table
from absorption.experiments.bank.wanted import TextIn, WordsIn
from absorption.experiments.bank.yardstick import Yardstick
from absorption.experiments.controls import with_l0
from absorption.experiments.running_text import HeldOutText, held_out, read_ahead
from absorption.experiments.seen_and_judged import ALONE, MET, TEXT, WORDS, OnBoth, Rows, judged_on
from absorption.saes.recipe import BatchTopK, Recipe
from absorption.saes.stack import SAEStack
from absorption.worlds.language import LanguageModel
from absorption.worlds.normalisation import Normalisation
from absorption.worlds.text import WordList

LENGTH = 8
SOURCE = TextIn("SmolLM2-135M-Instruct", 2, n_tokens=4 * LENGTH, length=LENGTH, seed=3)


def tokenizer(texts, **options):
    return {"input_ids": [list(range(40)) for _ in texts]}


@pytest.fixture
def model(monkeypatch):
    """A model that reads forty tokens of two texts; its activation at a token says which token it is."""
    of = LanguageModel("tiny", "by hand", 2, 2, 0, "float32", tokenizer, torch.nn.Identity())
    asked = []

    def residuals(_model, contexts):
        asked.append(contexts)
        return torch.stack([contexts.float(), torch.ones_like(contexts).float()], -1)

    monkeypatch.setattr(running_text, "open_model", lambda *_: of)
    monkeypatch.setattr(running_text, "speeches", lambda: ("one", "two"))
    monkeypatch.setattr(running_text, "residual_stream", residuals)
    return asked


def test_held_out_contexts_are_none_of_those_that_are_seen(model):
    """Both texts have the same tokens, so contexts are told by how often each one is there."""
    read_ahead(SOURCE)
    seen = torch.cat(model)
    model.clear()
    text = held_out(SOURCE, 6 * LENGTH)
    every = torch.cat([seen, *model])
    assert seen.shape == (4, LENGTH) and model[0].shape == (6, LENGTH)
    assert every[:, 0].bincount(minlength=40)[::LENGTH].tolist() == [2] * 5
    assert text.position.tolist() == (list(range(LENGTH)) * 6)[: len(text.position)]


def test_more_than_the_text_has_is_refused(model):
    with pytest.raises(ValueError, match="more than"):
        held_out(SOURCE, 7 * LENGTH)


def test_a_word_is_judged_where_it_has_text_before_it():
    words = WordList(("bear", "elk"), torch.tensor([7, 9]), torch.tensor([1, 4]))
    position = torch.tensor([0, 8, 9, 10])
    text = HeldOutText(torch.tensor([7, 9, 7, 9]), position, torch.zeros(4, 1))
    at, which = text.words(words)
    assert at.tolist() == [1, 2] and which.tolist() == [1, 0]


@pytest.fixture
def raw():
    return 3 * torch.randn(780, 4, generator=torch.Generator().manual_seed(0)) + 5


def test_in_the_frame_of_the_words_nothing_but_the_bank_s_judgement_comes_out(raw):
    letters = (raw[:, 0] > 5).long()
    frame = Normalisation.of(raw)
    rows = Rows(Yardstick.of(frame(raw), letters, 0, n_letters=2), raw, frame)
    stack = SAEStack(Recipe(BatchTopK(1)), 4, 24, seeds=[0]).requires_grad_(False)
    found = judged_on(stack, frame, rows, l0=2.0)
    theirs = judge_stack(with_l0(stack, Table(rows.by.x), 2.0), rows.by)
    assert found["letters"] == 2
    assert found["silent"] == pytest.approx(float(theirs["letters.silent"].mean()))
    assert found["explained"] == pytest.approx(float(theirs["explained"]), abs=1e-5)


def test_an_sae_reads_rows_as_it_was_trained_to(raw):
    """Brought into another frame it rebuilds what it rebuilt in its own."""
    rows = Rows.of(raw, (raw[:, 0] > 5).long(), split=0)
    own = Normalisation.of(2 * raw + 1)
    stack = SAEStack(Recipe(BatchTopK(1)), 4, 24, seeds=[0]).requires_grad_(False)
    stack.b_dec.copy_(torch.tensor([[0.1, 0.2, 0.0, -0.1]]))
    there = judged_on(stack, own, rows, l0=2.0)
    here = judged_on(stack, own, replace(rows, frame=own, by=replace(rows.by, x=own(raw))), l0=2.0)
    assert there["explained"] == pytest.approx(here["explained"], abs=1e-4)
    assert there["l0"] == here["l0"]


def test_what_is_found_is_told_by_what_was_seen_and_what_is_judged(monkeypatch):
    words = WordsIn("SmolLM2-135M-Instruct", 2)
    of = OnBoth(words, SOURCE, 64, range(2), 64, 4, Schedule(1024), splits=1)

    def kept(_name, _compute, parameters, **_how):
        seed = parameters["fit"][2]
        own = {"letters": 3.0} if parameters["judged"] != TEXT else {"l0": 4.0}
        return {"seed": torch.tensor(seed), "text": torch.tensor("TextIn" in parameters["seen"]), **own}

    monkeypatch.setattr(seen_and_judged, "cached", kept)
    monkeypatch.setattr(seen_and_judged, "cached_at", lambda *_, **__: Path(__file__))
    found = of.found()
    assert found[WORDS, ALONE]["seed"].tolist() == [0, 1] and not found[WORDS, MET]["text"].any()
    assert found[TEXT, MET]["text"].all() and "l0" in found[TEXT, TEXT]
    assert all(isinstance(values, np.ndarray) for values in found[WORDS, TEXT].values())
