"""SAEs of words and of running text, judged on both."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from absorption.experiments import seen_and_judged
from absorption.experiments.bank.fitting import Schedule
from absorption.experiments.bank.judging import judge_stack
from absorption.experiments.bank.table import Table
from absorption.experiments.bank.wanted import WordsIn
from absorption.experiments.bank.yardstick import Yardstick
from absorption.experiments.controls import with_l0
from absorption.experiments.running_text import HalfTable, WholeText
from absorption.experiments.seen_and_judged import ALONE, MET, TEXT, WORDS, OnBoth, Rows, judged_on
from absorption.saes.recipe import BatchTopK, Recipe
from absorption.saes.stack import SAEStack
from absorption.worlds.normalisation import Normalisation

SOURCE = WholeText("SmolLM2-135M-Instruct", 2, n_drawn=1024, seed=3)


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
    of = OnBoth(words, SOURCE, range(2), 64, 4, Schedule(1024), splits=1)

    def kept(_name, _compute, parameters, **_how):
        seed = parameters["fit"][2]
        own = {"letters": 3.0} if parameters["judged"] != TEXT else {"l0": 4.0}
        return {"seed": torch.tensor(seed), "text": torch.tensor("WholeText" in parameters["seen"]), **own}

    monkeypatch.setattr(seen_and_judged, "cached", kept)
    monkeypatch.setattr(seen_and_judged, "cached_at", lambda *_, **__: Path(__file__))
    found = of.found()
    assert found[WORDS, ALONE]["seed"].tolist() == [0, 1] and not found[WORDS, MET]["text"].any()
    assert found[TEXT, MET]["text"].all() and "l0" in found[TEXT, TEXT]
    assert all(isinstance(values, np.ndarray) for values in found[WORDS, TEXT].values())


def test_saes_of_text_are_trained_on_the_draw_and_read_other_rows_by_its_frame(monkeypatch, tmp_path, raw):
    monkeypatch.setenv("ABSORPTION_CACHE", str(tmp_path))
    table = HalfTable(raw.half(), frame=Normalisation.of(raw))
    monkeypatch.setattr(WholeText, "table", property(lambda source: table))
    of = OnBoth(WordsIn("SmolLM2-135M-Instruct", 2), SOURCE, [5], 24, 2, Schedule(512, 64), splits=1)
    (fit,) = of.fits[TEXT]
    assert fit.schedule.compiled and not of.fits[WORDS][0].schedule.compiled
    seen = []

    def looks(job, stack, frame):
        seen.append((stack, frame))
        stack.threshold.fill_(9.0)  # as judging at another L0 does
        return iter([{"explained": 0.5}, {"explained": 0.75}])

    monkeypatch.setattr(seen_and_judged._Job, "looks", looks)
    assert seen_and_judged._Job(of, SOURCE, fit, MET).found() == {"explained": 0.625}
    stack, frame = seen_and_judged._trained(SOURCE, fit)
    assert seen[0][1] is frame
    expected = fit.to(Table(table.frame(table.x.float())))[0]
    torch.testing.assert_close(stack.W_dec, expected.W_dec)
    assert frame is table.frame and stack.threshold.max() < 9.0
