"""Two latents in a world where it is known what they do: one of them has absorbed a letter into a word."""

from dataclasses import replace

import pytest
import torch

from absorption.experiments.in_prompt import InPrompt, judge, read_in_prompt, see, side_by_side
from absorption.experiments.two_latents import TwoLatents, in_their_space, near_words, strongest_others
from absorption.measures.classification import best_cuts
from absorption.measures.letters import Words
from absorption.measures.probes import fit_probe
from absorption.saes.exchange.dictionary import as_dictionary
from absorption.worlds.language import LanguageModel
from absorption.worlds.normalisation import Normalisation
from absorption.worlds.spelling import Answers, Prompt, Speller
from absorption.worlds.text import LETTERS, WordList, first_letters

SUFFIXES = [a + b for a in "aeiou" for b in "bdg"]
TEXT = (*(letter + suffix for letter in LETTERS for suffix in SUFFIXES), "short")
D_IN = 26 + len(SUFFIXES) + 1
S = 18
PROMPT = Prompt(torch.arange(1), torch.arange(1), torch.arange(26))


def world():
    """Each word is its letter's direction plus its own suffix's; raw activations have a mean and a scale of their own."""
    letters = first_letters(TEXT)
    x = torch.zeros(len(TEXT), D_IN)
    x[torch.arange(len(TEXT)), letters] = 1.0
    suffix = torch.tensor([*(list(range(len(SUFFIXES))) * 26), len(SUFFIXES)])
    x[torch.arange(len(TEXT)), 26 + suffix] = 0.7
    raw = 5.0 + 3.0 * x
    frame = Normalisation.of(raw)
    p = torch.full((len(TEXT),), 1 / len(TEXT))
    words = WordList(TEXT, torch.arange(len(TEXT)), letters)
    return InPrompt(PROMPT, words, raw, frame, Words.of(TEXT, letters, p, frame(raw)))


def absorbing():
    """A latent a letter, and a last one that fires on "short" alone, instead of that of S, and points along both."""
    W_enc, W_dec = torch.zeros(D_IN, 27), torch.zeros(27, D_IN)
    for letter in range(26):
        W_enc[letter, letter] = W_dec[letter, letter] = 1.0
    W_enc[D_IN - 1, 26] = 1.0
    W_dec[26, S] = W_dec[26, D_IN - 1] = 1.0
    W_enc[D_IN - 1, S] = -4.0  # silent on "short"
    b_dec = torch.full((D_IN,), 5.0)
    return as_dictionary({"W_enc": W_enc, "W_dec": W_dec, "b_dec": b_dec, "apply_b_dec_to_input": True})


class Reading(Speller):
    """A model whose logit of a letter is what lies along it."""

    def answers(self, token_ids):
        return Answers(self.raw[token_ids][:, :26], torch.zeros(len(token_ids), dtype=torch.int64))

    def edited(self, token_ids, changes):
        return (self.raw[token_ids] + changes)[:, :26]


def test_the_absorber_is_seen_to_do_what_it_does():
    read = world()
    both = TwoLatents.of(absorbing(), read, (S, 26), "short")
    exact = both.exact()
    assert exact["main_activation"] == 0 and exact["absorber_activation"] == pytest.approx(2.1)
    assert exact["main_cosine"] > 0.8 and 0.3 < exact["absorber_cosine"] < exact["main_cosine"]
    assert exact["probe_f1"] > 0.9 and exact["main_f1"] > 0.9
    on = both.z[both.found]
    assert set(read.words.letters[both.found].tolist()) == {S}
    assert all((z[0] > 0) == (TEXT[i] != "short") for z, i in zip(on, both.found.tolist(), strict=True))


def test_the_probe_that_is_asked_about_the_word_was_fitted_without_it():
    """A word whose letter cannot be read off it: only a probe that had seen the word would find it."""
    read = world()
    both = TwoLatents.of(absorbing(), read, (S, 26), "short")
    assert both.probe_margin() > 0
    x = read.task.x.clone()
    x[both.word, S] = x[0, S]  # nothing of S is left, but for what is the word's own
    learned = torch.cat([read.task.split.train, torch.tensor([both.word])]).unique()
    split = replace(read.task.split, train=learned)
    blind = replace(both, read=replace(read, task=replace(read.task, x=x, split=split)))
    assert blind.probe_margin() < 0
    with_it = fit_probe(x[learned], read.task.letters[learned])
    score = with_it.scores(x[both.word][None])[0, S]
    assert score > best_cuts(with_it.scores(x[learned]), read.task.letters[learned])[S]


def test_taking_a_latent_out_changes_the_margin_by_what_it_carries():
    read = world()
    both = TwoLatents.of(absorbing(), read, (S, 26), "short")
    model = LanguageModel("stand-in", "none", 1, D_IN, 0, "float32", None, torch.nn.Identity())
    speller = Reading(model, PROMPT)
    speller.raw = read.raw
    others = strongest_others(both.seen, both.word, both.columns, 3)
    assert others == []
    effects = both.without_each(speller, [0])
    torch.testing.assert_close(effects, torch.tensor([0.0, -2.1, 0.0]))


def test_only_live_latents_are_kept_and_the_rest_is_what_the_sae_says():
    read, dictionary = world(), absorbing()
    few = read.raw[read.words.letters == S]
    seen = see(dictionary, few, always=[2], batch=4)
    assert seen.latents.tolist() == [2, S, 26] and seen.columns([26, 2]) == [2, 0]
    torch.testing.assert_close(seen.z, dictionary.encode(few)[:, [2, S, 26]])
    lost = (few - dictionary.reconstruct(few)).square().sum() / (few - few.mean(0)).square().sum()
    assert seen.explained == pytest.approx(1 - float(lost), abs=1e-5)
    assert seen.l0 == 1.0
    with pytest.raises(ValueError, match="has 27 latents, so no latent 27"):
        see(dictionary, few, always=[27])


def test_what_latents_carry_is_measured_in_the_frame_of_the_probes():
    """The same world in other units gives the same rates."""
    read, dictionary = world(), absorbing()
    seen = see(dictionary, read.raw)
    found = judge(read, seen)
    scaled = InPrompt(PROMPT, read.words, 10 * read.raw, Normalisation.of(10 * read.raw), read.task)
    larger = judge(scaled, type(seen)(seen.latents, 10 * seen.z, seen.rows, seen.explained, seen.l0))
    torch.testing.assert_close(larger.by_full.share, found.by_full.share)
    torch.testing.assert_close(larger.fraction, found.fraction, equal_nan=True)


def test_an_sae_that_is_silent_on_all_words_is_not_judged():
    read = world()
    silent = as_dictionary({"W_enc": torch.zeros(D_IN, 5), "W_dec": torch.ones(5, D_IN)})
    with pytest.raises(ValueError, match="no latent that fires"):
        judge(read, see(silent, read.raw))


def test_permuted_letters_stand_beside_the_true_ones():
    row, other = side_by_side(world(), {"one": absorbing(), "two": absorbing()})
    assert row | {"SAE": "two"} == other
    assert row["main F1"] > 0.9 and row["silent"] < 0.1 and row["probe F1"] > 0.9
    assert row["explained"] < 1 and 0 <= row["full, permuted"] <= 1


def test_cosines_with_the_words_that_a_latent_fires_on():
    read = world()
    both = TwoLatents.of(absorbing(), read, (S, 26), "short")
    x = read.raw - 5.0
    expected = torch.cosine_similarity(x[both.of_letter & (both.z[:, 0] > 0)], both.rows[:1]).mean()
    assert both.near(x)[0] == pytest.approx(float(expected), abs=1e-6)
    assert near_words(x, both.seen, both.columns, both.of_letter)[1] == pytest.approx(
        1.7 / (1.49 * 2) ** 0.5, abs=1e-5
    )
    assert 0 < both.near(x)[2] < 1


def test_coordinates_keep_what_lies_along_the_two_directions():
    generator = torch.Generator().manual_seed(0)
    x, directions = torch.randn(30, 6, generator=generator), torch.randn(2, 6, generator=generator)
    at = in_their_space(x, directions)
    first = directions[0] / directions[0].norm()
    torch.testing.assert_close(at[:, 0], x @ first)
    # Along both directions nothing is lost: the plane's coordinates give back the projections.
    plane = torch.linalg.lstsq(directions.T, x.T).solution.T @ directions
    torch.testing.assert_close(at[:, :2].norm(dim=1), plane.norm(dim=1))
    assert (at[:, 1] * (x @ directions[1] - (x @ first) * (directions[1] @ first)) >= -1e-5).all()


class Tokenizer:
    """Words are tokens; a text's last letter stands for it."""

    def __init__(self, words):
        self.words = words

    def get_vocab(self):
        return {f"▁{word}": i for i, word in enumerate(self.words)}

    def __call__(self, text, **options):
        return {"input_ids": [ord(text[-1])]}


def test_words_are_the_frequent_ones_of_each_letter_without_sinks_and_examples(monkeypatch):
    words = [*TEXT, "snake", "sun", "seven", "the", "and", "apple"]
    model = LanguageModel("stand-in", "none", 1, 26, 0, "float32", Tokenizer(words), torch.nn.Identity())
    sink = words.index("seven")

    def activations(self, ids):
        raw = torch.eye(26)[first_letters([words[i] for i in ids.tolist()])]
        return torch.where(ids[:, None] == sink, 90 * raw, raw)

    monkeypatch.setattr(Speller, "activations", activations)
    read = read_in_prompt(model, n_words=200, n_examples=2, also=["short"])
    kept = read.words.words
    assert "seven" not in kept and {"snake", "sun", "short"} <= set(kept)
    assert read.place("short") == kept.index("short")
    assert "the" not in kept, "the most frequent word is an example of the prompt"
    assert abs(len(kept) - 200) < 26 and len(read.raw) == len(kept) == len(read.task.letters)
    with pytest.raises(ValueError, match="“mamba” is not one token of stand-in"):
        read_in_prompt(model, n_words=200, n_examples=2, also=["mamba"])
