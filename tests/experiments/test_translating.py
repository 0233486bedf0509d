"""Dictionaries that write what they do not read: their data, how they are judged, and tuning by what follows."""

import pytest
import torch
from transformers import LlamaConfig, LlamaModel

from absorption.experiments.bank import translation, tuning, wanted
from absorption.experiments.bank.fitting import Fit, Schedule
from absorption.experiments.bank.judging import judge_stack
from absorption.experiments.bank.table import Table
from absorption.experiments.bank.translating import judge_written, judged_translations
from absorption.experiments.bank.translation import Translation, of_blocks, of_mlp
from absorption.experiments.bank.tuning import judged_tuned, left_after, tuned
from absorption.experiments.bank.wanted import Wanted, WordsIn
from absorption.experiments.bank.yardstick import Yardstick
from absorption.experiments.controls import with_l0
from absorption.experiments.words import read_words
from absorption.saes import BatchTopK, Recipe, SAEStack
from absorption.worlds.language import LanguageModel
from absorption.worlds.text import WordList

D, N, SCHEDULE = 16, 780, Schedule(2048, 64, 0.01)
RECIPE = Recipe(BatchTopK(3), init_norm=1.0)


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("ABSORPTION_CACHE", str(tmp_path))
    return tmp_path


@pytest.fixture
def model(monkeypatch):
    """A random Llama of three blocks, and a vocabulary of 780 words."""
    torch.manual_seed(0)
    sizes = dict(hidden_size=D, intermediate_size=24, num_hidden_layers=4, num_attention_heads=2)
    body = LlamaModel(LlamaConfig(**sizes, vocab_size=N + 1)).eval().requires_grad_(False)
    text = tuple(f"{chr(97 + i % 26)}word" for i in range(N))
    words = WordList(text, torch.arange(1, N + 1), torch.arange(N) % 26)

    def opened(name, layer):
        read = LanguageModel(name, "random", layer, D, 0, "float32", None, body)
        monkeypatch.setattr(LanguageModel, "vocabulary", lambda self: {})
        return read

    bank, frequent = "absorption.experiments.bank", lambda text: torch.arange(N, 0, -1)[: len(text)] / N**2
    for module in (f"{bank}.translation", f"{bank}.tuning", f"{bank}.wanted"):
        monkeypatch.setattr(f"{module}.open_model", opened)
    for module in (f"{bank}.translation", f"{bank}.wanted"):
        monkeypatch.setattr(f"{module}.vocabulary_words", lambda vocabulary: words)
    for module in (f"{bank}.translation", "absorption.experiments.words"):
        monkeypatch.setattr(f"{module}.word_frequencies", frequent)
    for kept in (translation._of_mlp, translation._of_blocks, tuning._followed, wanted._read_words):
        kept.cache_clear()
    return opened


def test_a_transcoder_is_trained_on_what_the_mlp_adds(model):
    of = of_mlp("tiny", 2)
    assert of.x.shape == of.y.shape == (len(of.words.words), D)
    mlp = model("tiny", 2).body.layers[1].mlp
    given, added = translation.mlp_activations(model("tiny", 2), of.words.token_ids)
    torch.testing.assert_close(mlp(given), added)
    for part in (of.x, of.y):
        assert (of.drawn @ part).norm() < 1e-5
        assert float(of.drawn @ part.norm(dim=-1)) == pytest.approx(1, abs=1e-5)
    stack, report = Fit(RECIPE, 32, 5, SCHEDULE).to(of.table)
    assert stack.transcodes and report.mse < (of.drawn @ of.y.square().sum(-1))
    again = Fit(RECIPE, 32, 5, SCHEDULE).to(of.table)[0]
    assert torch.equal(stack.W_dec, again.W_dec)


def test_a_crosscoder_reads_its_layers_side_by_side_each_of_length_one(model):
    of = of_blocks("tiny", (2, 4))
    assert of.spaces == (D, D) and of.y is of.x and of.table.targets is None
    for part in of.x.split(D, -1):
        assert float(of.drawn @ part.norm(dim=-1)) == pytest.approx(1, abs=1e-5)


def test_targets_are_part_of_what_a_table_is(tmp_path):
    table = Table(torch.eye(3), torch.ones(3) / 3, 2 * torch.eye(3)[:, :2])
    assert len(table.fingerprint()) == 3
    for inputs, targets in table.batches(4, 2, torch.Generator().manual_seed(0)):
        torch.testing.assert_close(targets, 2 * inputs[:, :2])
    table.keep(tmp_path / "kept")
    assert torch.equal(Table.read(tmp_path / "kept").targets, table.targets)


def test_what_writes_what_it_reads_is_judged_as_any_sae():
    x = torch.randn(600, 8, generator=torch.Generator().manual_seed(0))
    letters = torch.arange(600) % 26
    words = WordList(tuple("w" for _ in range(600)), torch.arange(600), letters)
    of = Translation(words, torch.full((600,), 1 / 600), x, x)
    stack = SAEStack(RECIPE, 8, 24, seeds=[0]).requires_grad_(False)
    ours = judge_written(stack, of, 3.0, 1)
    theirs = judge_stack(with_l0(stack, Table(x), 3.0), Yardstick.of(x, letters, 1))
    assert ours.keys() == theirs.keys()
    for name in ours:
        torch.testing.assert_close(ours[name], theirs[name], equal_nan=True)


def test_judged_once_and_kept(model, cache):
    of = of_mlp("tiny", 2)
    fits = [Fit(RECIPE, 32, seed, SCHEDULE) for seed in (0, 1)]
    first = judged_translations(fits, of, 3.0, (0,))
    assert len(list(cache.glob("translated-*"))) == 2
    assert [one.l0 for one in first] == [one.l0 for one in judged_translations(fits, of, 3.0, (0,))]
    assert all(abs(one.l0 - 3) < 0.4 for one in first)


def test_tuning_by_what_follows_lowers_what_follows(model, cache):
    source = WordsIn("tiny", 2)
    read = read_words(model("tiny", 2), source_words(), "root")
    each = Wanted(source, "plain", Fit(RECIPE, 32, 3, Schedule(512, 64, 0.01)))
    before, schedule = each.get()[0], Schedule(6400, 64, 0.01)
    by_next, by_itself = tuned(each, 2, schedule), tuned(each, 0, schedule)
    table, error = tuning._by_what_follows(source, 2)
    lost = {name: float(read.drawn @ error(sae(read.x), table.targets)[0]) for name, sae in
            dict(before=before, by_next=by_next, by_itself=by_itself).items()}  # fmt: skip
    assert lost["by_next"] < lost["before"] and lost["by_next"] < lost["by_itself"]
    own = {name: float(read.drawn @ (sae(read.x)[0] - read.x).square().sum(-1)) for name, sae in
           dict(by_next=by_next, by_itself=by_itself).items()}  # fmt: skip
    assert own["by_itself"] < own["by_next"]
    assert len(list(cache.glob("tuned-*"))) == 2
    assert torch.equal(tuned(each, 2, schedule).W_dec, by_next.W_dec)
    next_judged, itself_judged = (judged_tuned([each], blocks, schedule, 3.0, (0,))[0] for blocks in (2, 0))
    assert next_judged.explained < itself_judged.explained
    left = {
        name: left_after(sae, source, 2, 3.0)
        for name, sae in dict(by_next=by_next, by_itself=by_itself).items()
    }
    assert left["by_next"] < left["by_itself"] < 1


def test_what_is_rebuilt_exactly_leaves_nothing_after_the_blocks_and_the_mean_leaves_all(model):
    source = WordsIn("tiny", 2)
    read, both = source.read(), torch.cat([torch.eye(D), -torch.eye(D)])
    stack = SAEStack(Recipe(BatchTopK(D)), D, 2 * D, seeds=[0]).requires_grad_(False)
    stack.W_dec.copy_(both)
    stack.W_enc.copy_(both.T)
    assert left_after(stack, source, 2, float(D)) < 1e-6
    follow, after = tuning._followed(source, 2)
    stack.W_dec.zero_()
    stack.b_dec.copy_(torch.randn(1, D, generator=torch.Generator().manual_seed(0)))
    always = follow((read.frame.undone(stack.b_dec) + read.frame.mean).expand(len(read.raw), D))
    by_hand = ((always - after) ** 2).sum() / ((after - after.mean(0)) ** 2).sum()
    assert left_after(stack, source, 2, float(D)) == pytest.approx(float(by_hand), rel=1e-4)


def source_words():
    return translation.vocabulary_words({})
