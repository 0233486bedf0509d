"""Latents taken out of a model whose answer is known: one of them has absorbed a letter, and one shares it."""

from dataclasses import replace
from unittest.mock import patch

import pytest
import torch
from sklearn.metrics import cohen_kappa_score

from absorption.experiments.ablating import Inside, Silenced, as_near, without
from absorption.experiments.asked import Asking
from absorption.experiments.bank.wanted import WordsIn
from absorption.experiments.mediating import InPlace, Partial, Sets
from absorption.experiments.verdicts import Verdicts, of_oracle
from absorption.experiments.words import ReadWords
from absorption.saes.recipe import Recipe, ReLU
from absorption.saes.stack import SAEStack
from absorption.worlds.language import LanguageModel
from absorption.worlds.normalisation import Normalisation
from absorption.worlds.spelling import Answers, Speller
from absorption.worlds.text import LETTERS, WordList, first_letters

SUFFIXES = [a + b for a in "aeiou" for b in "bdgm"]
TEXT = tuple(letter + suffix for letter in LETTERS for suffix in SUFFIXES)
N = len(SUFFIXES)
D_IN = 26 + N
STRENGTH = 8.0
SILENT, WEAK = 3, 7
"""Suffixes: on words with the first the letter's latent is silent, on those with the second weak, and that of the suffix steps in."""
SCALE = 3.0


def latents():
    """A latent a letter and one a suffix; two of the latter write letters as well, for one letter only (S)."""
    stack = SAEStack(Recipe(activation=ReLU()), D_IN, D_IN + 2, seeds=[0]).requires_grad_(False)
    for part in (stack.W_enc, stack.W_dec, stack.b_enc, stack.b_dec):
        part.zero_()
    for latent in range(D_IN):
        stack.W_enc[0, latent, latent] = stack.W_dec[0, latent, latent] = 1.0
    s = LETTERS.index("s")
    for extra, suffix, taken, given in ((D_IN, SILENT, 1.0, 1.0), (D_IN + 1, WEAK, 0.7, 0.2)):
        stack.W_enc[0, 26 + suffix, s] = -taken  # the letter's latent misses so much of it
        stack.W_enc[0, [s, 26 + suffix], extra] = 1.0
        stack.b_enc[0, extra] = -1.0  # fires on S words with the suffix alone
        stack.W_dec[0, extra, s] = given
        stack.W_dec[0, extra, 26 + suffix] = 1.0
    return stack


class Reading(Speller):
    """A model whose logit of a letter is STRENGTH times what lies along it, in the stream's own units."""

    def __init__(self, model, prompt):
        super().__init__(model, prompt)
        self.raw = stream()

    def activations(self, token_ids):
        return self.raw[token_ids]

    def answers(self, token_ids):
        logits = self.edited(token_ids, torch.zeros(len(token_ids), D_IN))
        return Answers(logits, logits.argmax(1))

    def edited(self, token_ids, changes):
        return STRENGTH / SCALE * (self.raw[token_ids] + changes)[:, :26]

    def gradients(self, token_ids, letters):
        own = torch.nn.functional.one_hot(letters, 26).float()
        return torch.cat([STRENGTH / SCALE * (own * 26 / 25 - 1 / 25), torch.zeros(len(letters), N)], 1)


def stream():
    letters, suffix = first_letters(TEXT), torch.arange(len(TEXT)) % N
    x = torch.zeros(len(TEXT), D_IN)
    x[torch.arange(len(TEXT)), letters] = 1.0
    x[torch.arange(len(TEXT)), 26 + suffix] = 1.0
    return SCALE * x


@pytest.fixture
def asking(monkeypatch, tmp_path):
    monkeypatch.setenv("ABSORPTION_CACHE", str(tmp_path))
    words, raw = WordList(TEXT, torch.arange(len(TEXT)), first_letters(TEXT)), stream()
    even = torch.full((len(TEXT),), 1 / len(TEXT))
    frame = Normalisation(torch.zeros(D_IN), SCALE)
    read = ReadWords(words, torch.ones(len(TEXT), dtype=torch.bool), even, even, raw, frame(raw), frame)

    def tokenizer(text, **options):
        return {"input_ids": [ord(text[-1])]}

    model = LanguageModel("stand-in", "none", 1, D_IN, 0, "float32", tokenizer, torch.nn.Identity())
    here = "absorption.experiments.asked"
    with (
        patch.object(WordsIn, "read", lambda self: read),
        patch(f"{here}.open_model", lambda *args, **options: model),
        patch(f"{here}.Speller", Reading),
        patch(f"{here}.Normalisation.of", lambda *args, **options: frame),
    ):
        yield Asking.of(WordsIn("stand-in", 1), n_examples=2)


@pytest.fixture
def inside(asking):
    return Inside.of(latents(), asking.split(16, per_letter=20))


def of_s(inside, suffix):
    """Judged S words with a suffix."""
    place = inside.asked.rows
    words = [inside.asked.asking.words.words[i] for i in place]
    return torch.tensor([word == "s" + SUFFIXES[suffix] for word in words])


def test_examples_are_not_asked_about_and_all_others_are_spelled(asking):
    asked = asking.split(0, per_letter=3)
    assert len(asking.words) == len(TEXT) - 2 and asking.example("snake").endswith(
        "snake has the first letter:"
    )
    assert asked.right.all() and asked.letters.bincount(minlength=26).max() <= 3
    assert not torch.isin(asked.rows, asked.task.split.train).any()
    torch.testing.assert_close(asked.margin, torch.full_like(asked.margin, STRENGTH))


def test_what_a_word_loses_is_measured_in_the_frame_and_kept(asking):
    asked = asking.split(0, per_letter=3)
    one, half = torch.arange(2), -0.5 * asked.x[:2]
    expected = torch.full((2,), STRENGTH / 2)
    torch.testing.assert_close(asked.lost(one, half), expected)
    with patch.object(Reading, "edited", side_effect=AssertionError("asked again")):
        torch.testing.assert_close(asked.lost(one, half), expected)
    slopes = (asked.gradients(asked.rows[:2]) * asked.x[:2]).sum(1)
    torch.testing.assert_close(slopes, torch.full((2,), STRENGTH))


def test_the_absorber_is_found_and_does_its_work_through_the_letter(inside):
    word = of_s(inside, SILENT)
    assert word.sum() == 1  # by the seed of the split
    assert inside.carried.silent.tolist() == word.tolist()
    made = Silenced.of(inside, per_letter=5)
    assert made.found.absorbed.tolist() == made.ablated.tolist() == word.tolist()
    assert made.found.latent[word].tolist() == [D_IN]
    found = InPlace.of(inside, made, torch.Generator().manual_seed(0))
    assert found.latent.tolist() == [D_IN] and found.own > 0.9 * STRENGTH
    assert (
        found.spared.abs() < 0.1 * STRENGTH
        and found.random > 0.25 * STRENGTH
        and found.alike.abs() < 0.1 * STRENGTH
    )


def test_both_metrics_call_the_word_absorbed_and_the_table_names_it(inside):
    made = Silenced.of(inside, per_letter=5)
    found, word = Verdicts.of(inside, made), of_s(inside, SILENT)
    assert found.causal.tolist() == found.full.tolist() == found.either.tolist() == word.tolist()
    s, of_letter = LETTERS.index("s"), int((inside.asked.letters == LETTERS.index("s")).sum())
    for rates in (found.by_causal(), found.by_full()):
        assert rates.rate[s] == pytest.approx(1 / of_letter) and rates.rate.nansum() == rates.rate[s]
    assert found.by_causal(min_lead=2 * STRENGTH).mean() == found.by_full(min_share=1.01).mean() == 0
    assert found.among(word) == 1 and found.among(~word) == 0
    assert found.narrowness() < 0.1
    [(_, row)] = found.cases()
    assert row["word"] == "s" + SUFFIXES[SILENT] and row["absorbing latent"].startswith(
        f"{D_IN} (s{SUFFIXES[SILENT]}"
    )
    assert (
        row["silent main latent"].startswith(f"{s} (") and row["lost"] == f"{STRENGTH:.1f}" == row["margin"]
    )
    assert row["called absorbed by"] == "both" and of_oracle(inside) == 0


def test_agreement_is_counted_over_words_with_ablations(inside):
    inside.carried.silent[:] = True
    found = Verdicts.of(inside, Silenced.of(inside, per_letter=2))
    first, second = (torch.zeros_like(found.causal) for _ in range(2))
    at = found.made.ablated.nonzero()[:, 0]
    first[at[:20]], second[at[10:20]] = True, True
    both = cohen_kappa_score(first[at].numpy(), second[at].numpy())
    assert replace(found, causal=first, full=second).kappa() == pytest.approx(both)
    assert replace(found, causal=first, full=first).kappa() == pytest.approx(1)
    assert replace(found, causal=first, full=torch.zeros_like(first)).kappa() == 0


def test_where_two_latents_share_a_letter_both_count(inside):
    word = of_s(inside, WEAK)
    assert word.sum() == 1  # by the seed of the split
    found = Partial.of(inside)
    assert found.word.tolist() == word.nonzero()[:, 0].tolist()
    assert 0.1 * STRENGTH < found.other < found.main < 0.9 * STRENGTH and found.alike.abs() < 0.1 * STRENGTH
    torch.testing.assert_close(found.both, found.main + found.other)


def test_sets_of_latents_do_what_directions_do_but_where_they_are_silent(inside):
    sets, silent = (
        Sets.of(inside, per_letter=2, generator=torch.Generator().manual_seed(0)),
        of_s(inside, SILENT),
    )
    weak = of_s(inside, WEAK)
    for lost in (sets.best, sets.by_cause, sets.all_main):
        assert not lost[silent].any() and (lost[~silent & ~weak] > 0.9 * STRENGTH).all()
    assert (sets.probe > 0.6 * STRENGTH).all()
    assert sets.alike.abs().max() < 0.1 * STRENGTH and sets.random.abs().mean() < sets.probe.mean() / 2


def test_so_many_words_in_all_are_taken_letters_in_turn(inside):
    inside.carried.silent[:] = True
    y = inside.asked.letters
    few = Silenced.of(inside, per_letter=2, at_most=30).ablated
    assert (
        few.sum() == 30
        and y[few].bincount(minlength=26).max() == 2
        and len(y[few].unique()) == len(y.unique())
    )
    assert Silenced.of(inside, per_letter=1).ablated.sum() == len(y.unique())


def test_a_random_direction_is_as_near_as_the_probe():
    rows, probes = torch.randn(5, 8), torch.nn.functional.normalize(torch.randn(5, 8), dim=1)
    near = as_near(probes, rows, torch.randn(40, 8), torch.Generator().manual_seed(0))
    cosine = torch.nn.functional.cosine_similarity
    torch.testing.assert_close(cosine(near, rows), cosine(probes, rows))
    assert cosine(near, probes).abs().max() < 0.999
    torch.testing.assert_close((without(rows, near) * near).sum(1), torch.zeros(5), atol=1e-5, rtol=0)
