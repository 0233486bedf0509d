"""All speeches but a few, of which SAEs see a draw; the few, on which they are judged."""

import pytest
import torch

from absorption.experiments import running_text
from absorption.experiments.bank.fitting import Fit, Schedule
from absorption.experiments.bank.table import Table
from absorption.experiments.running_text import (
    HalfTable,
    HeldOutText,
    WholeText,
    frame_of,
    held_out,
    without_sinks,
)
from absorption.saes.recipe import BatchTopK, Recipe
from absorption.worlds.language import LanguageModel
from absorption.worlds.normalisation import Normalisation, attention_sinks
from absorption.worlds.text import WordList

LENGTH, SPEECHES = 8, tuple(str(100 * n) for n in range(1, 13))
SOURCE = WholeText("SmolLM2-135M-Instruct", 2, n_drawn=120, length=LENGTH, apart=4, seed=3)


def tokenizer(texts, **options):
    """Of a speech that is called 100, 200 …, the tokens from this number on: 13 and one more for every hundred."""
    return {"input_ids": [list(range(int(text), int(text) + 13 + int(text) // 100)) for text in texts]}


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """A model whose activation at a token says which token it is."""
    monkeypatch.setenv("ABSORPTION_CACHE", str(tmp_path))
    of = LanguageModel("tiny", "by hand", 2, 2, 0, "float32", tokenizer, torch.nn.Identity())
    contexts_read = []

    def places(_model, contexts, wanted):
        contexts_read.append(contexts)
        ids = contexts[wanted]
        return torch.stack([ids.float(), torch.full(ids.shape, 900.0)], -1).half()

    monkeypatch.setattr(running_text, "open_model", lambda *_: of)
    monkeypatch.setattr(running_text, "speeches", lambda: SPEECHES)
    monkeypatch.setattr(running_text, "read_places", places)
    running_text._table.cache_clear()
    yield contexts_read
    running_text._table.cache_clear()


def test_speeches_that_are_held_out_are_not_drawn_from(asked):
    assert SOURCE.texts(held_out=True) == ("300", "700", "1100")
    assert sorted((*SOURCE.texts(held_out=True), *SOURCE.texts(held_out=False))) == sorted(SPEECHES)
    seen = SOURCE.table.x[:, 0].long()
    text = held_out(SOURCE)
    assert set((text.tokens // 100).tolist()) == {3, 7, 11}
    assert set((seen // 100).tolist()) == {1, 2, 4, 5, 6, 8, 9, 10, 12}
    assert len(seen) == len(seen.unique()) == 120
    assert torch.equal(seen, SOURCE.table.x[:, 0].long())
    assert len(asked) == 2  # the draw is kept in memory


def test_every_token_that_is_held_out_is_judged_once_and_no_speech_comes_first(asked):
    text = held_out(SOURCE)
    lengths = {300: 16, 700: 20, 1100: 24}
    assert sorted(text.tokens.tolist()) == [first + n for first, m in lengths.items() for n in range(m)]
    assert (text.position == text.tokens % 100 % LENGTH).all()
    assert torch.equal(text.raw[:, 0].long(), text.tokens)
    assert text.tokens.tolist() != sorted(text.tokens.tolist())


def test_tokens_are_counted(asked):
    tokens = sum(13 + n for n in range(1, 13))
    expected = {"speeches": 12, "tokens": tokens, "held_out_speeches": 3, "held_out_tokens": 60}
    assert SOURCE.counts() == expected


def test_more_than_the_speeches_have_is_refused(asked):
    with pytest.raises(ValueError, match="175 places cannot be drawn from the 174"):
        _ = WholeText("SmolLM2-135M-Instruct", 2, n_drawn=175, length=LENGTH, apart=4).table


def test_a_word_is_judged_where_it_has_text_before_it():
    words = WordList(("bear", "elk"), torch.tensor([7, 9]), torch.tensor([1, 4]))
    position = torch.tensor([0, 8, 9, 10])
    text = HeldOutText(torch.tensor([7, 9, 7, 9]), position, torch.zeros(4, 1))
    at, which = text.words(words)
    assert at.tolist() == [1, 2] and which.tolist() == [1, 0]


@pytest.fixture
def rows(monkeypatch):
    monkeypatch.setattr(running_text, "ROWS", 100)
    return (3 * torch.randn(780, 4, generator=torch.Generator().manual_seed(0)) + 5).half()


def test_sinks_are_left_out_and_the_frame_is_that_of_the_rest(rows):
    rows[[3, 300, 779]] = 90.0
    kept = rows.float()[~attention_sinks(rows.float())]
    found = without_sinks(rows)
    assert len(found) <= 777 and torch.equal(found.float(), kept)
    assert found.data_ptr() == rows.data_ptr()
    frame, expected = frame_of(found), Normalisation.of(kept)
    torch.testing.assert_close(frame.mean, expected.mean)
    assert frame.scale == pytest.approx(expected.scale, rel=1e-6)


def test_an_sae_sees_what_it_would_see_in_a_table_of_float32(rows, tmp_path):
    half = HalfTable(rows, frame=frame_of(rows))
    half.keep(tmp_path / "table")
    fit = Fit(Recipe(BatchTopK(1)), 24, 0, Schedule(512, 64))
    plain = Table(half.frame(rows.float()))
    first, *others = [fit._run(table, "") for table in (half, plain, Table.read(tmp_path / "table"))]
    assert all(torch.equal(first[name], other[name]) for other in others for name in first)


def test_a_table_is_known_by_its_rows_and_how_they_are_normalised(rows):
    frame = frame_of(rows)
    known = HalfTable(rows, frame=frame).fingerprint()
    assert known == HalfTable(rows.clone(), frame=frame).fingerprint()
    assert known != HalfTable(rows, frame=Normalisation(frame.mean, 2 * frame.scale)).fingerprint()
    assert known != HalfTable(rows.flip(0), frame=frame).fingerprint()
