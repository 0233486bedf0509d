"""Latents taken out of a model whose answer is known: one of them has absorbed a letter, and one shares it."""

from dataclasses import replace
from unittest.mock import patch

import pytest
import torch
from sklearn.metrics import cohen_kappa_score

from absorption.experiments.ablating import Inside, Silenced, as_near, without
from absorption.experiments.absorbers import POSSIBLE, Absorbers, Design, frozen, in_turn
from absorption.experiments.asked import Asking
from absorption.experiments.bank.wanted import WordsIn
from absorption.experiments.in_place import InPlace, Places, carriers, first_of_each, planted
from absorption.experiments.mediating import Partial, Sets, nearest_to_probes
from absorption.experiments.verdicts import Verdicts, of_oracle
from absorption.experiments.words import ReadWords
from absorption.measures.absorption import carried
from absorption.measures.absorption_causal import Ablations, causal_absorption
from absorption.saes.recipe import Recipe, ReLU
from absorption.saes.stack import SAEStack
from absorption.worlds.language import LanguageModel
from absorption.worlds.normalisation import Normalisation
from absorption.worlds.resuming import Resuming
from absorption.worlds.spelling import Answers
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


class Reading(Resuming):
    """A model whose logit of a letter is STRENGTH times what lies along it, in the stream's own units."""

    def __init__(self, model, prompt):
        super().__init__(model, prompt)
        self.raw = stream()

    def answers(self, token_ids):
        logits = self.edited(token_ids, torch.zeros(len(token_ids), D_IN))
        return Answers(logits, logits.argmax(1))

    def edited(self, token_ids, changes):
        return STRENGTH / SCALE * (self.raw[token_ids] + changes)[:, :26]


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
        patch(f"{here}.Resuming", Reading),
        patch(
            f"{here}.activations_after",
            lambda speller, layers, token_ids: [stream()[token_ids] for _ in layers],
        ),
        patch(f"{here}.Normalisation.of", lambda *args, **options: frame),
    ):
        yield Asking.at([WordsIn("stand-in", 1)], n_examples=2)[0]


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


def silent_words(inside):
    return inside.carried.silent.nonzero()[:, 0]


def judged(inside):
    """Verdicts on all silent words."""
    word = silent_words(inside)
    return Verdicts.of(inside, Silenced.of(inside, word), word)


def test_the_absorber_is_found_and_does_its_work_through_the_letter(inside):
    word = of_s(inside, SILENT)
    assert word.sum() == 1  # by the seed of the split
    assert inside.carried.silent.tolist() == word.tolist()
    made = Silenced.of(inside, silent_words(inside))
    assert made.found.absorbed.tolist() == word.tolist() and made.found.latent[word].tolist() == [D_IN]
    places = Places.of_letters(inside, silent_words(inside))
    found = InPlace.of(inside, places, torch.Generator().manual_seed(0))
    assert found.latent.tolist() == [D_IN] and found.own > 0.9 * STRENGTH
    assert (
        found.spared.abs() < 0.1 * STRENGTH
        and found.random > 0.25 * STRENGTH
        and found.alike.abs() < 0.1 * STRENGTH
    )
    assert found.ahead == pytest.approx(float(found.own - found.alike))
    assert found.left("spared") < 0.1 and not len(found.on(~word).word)


def test_where_main_latents_fire_nothing_stands_in_for_them(inside):
    firing = (~inside.carried.silent & ~of_s(inside, WEAK)).nonzero()[:, 0]
    found = InPlace.of(inside, Places.of_letters(inside, firing))
    assert found.ahead == pytest.approx(0, abs=0.1 * STRENGTH) and not len(found.spared)


def test_few_ablations_give_the_verdicts_of_all(inside):
    """SAEs of random latents, on which any may lead any."""
    generator, n = torch.Generator().manual_seed(1), len(inside.z)
    z = torch.rand(n, 12, generator=generator) * (torch.rand(n, 12, generator=generator) < 0.5)
    dictionary = 0.4 * torch.randn(12, D_IN, generator=generator)
    none = torch.zeros(26, 12, dtype=torch.bool)
    asked = inside.asked
    c = carried(asked.x, z, dictionary, asked.task.probe.weight, asked.letters, none)
    other = replace(inside, z=z, dictionary=dictionary, carried=c)
    runs = Ablations(*(z > 0).nonzero(as_tuple=True))
    effects = -asked.lost(runs.word, runs.changes(z, dictionary))
    for lead in (0.5, 1.0, 2.0):
        made = Silenced.of(other, torch.arange(n), min_lead=lead)
        every = causal_absorption(runs, effects, c.cosine, c.silent, min_lead=lead)
        few = made.found
        assert few.absorbed.tolist() == every.absorbed.tolist() and every.absorbed.any()
        assert few.latent[few.absorbed].tolist() == every.latent[every.absorbed].tolist()
        assert len(made.runs.word) < 0.95 * len(runs.word)


def test_planted_absorption_is_found_and_changes_no_reconstruction(inside):
    word = (~inside.carried.silent).nonzero()[:5, 0]
    changed = planted(inside, word)
    torch.testing.assert_close(changed.z @ changed.dictionary, inside.z @ inside.dictionary)
    assert (changed.carried.silent ^ inside.carried.silent).nonzero()[:, 0].tolist() == word.tolist()
    made = Silenced.of(changed, word)
    assert made.found.absorbed[word].all()
    new = len(inside.dictionary) + torch.arange(5)
    assert made.found.latent[word].tolist() == new.tolist()
    places = Places.of_letters(changed, word)
    assert carriers(changed, places).tolist() == new.tolist()
    assert InPlace.of(changed, places, torch.Generator().manual_seed(0)).left("spared") < 0.1


def test_half_spaces_are_looked_at_where_their_own_latents_are_silent(inside):
    """Latents that fire on half of the words that they used to: their half-spaces have holes."""
    whole, known = inside.whole.clone(), torch.ones(26, dtype=torch.bool)
    whole[::2, 26:] = 0
    broken = replace(inside, whole=whole, z=whole[inside.asked.rows])
    places = Places.of_half_spaces(broken, known, 3, torch.Generator().manual_seed(0))
    assert len(places) and ((inside.asked.x[places.word] * places.direction).sum(1) > 0).all()
    assert not (places.main & (broken.z[places.word] > 0) & ~inside.carried.main[places.word]).any()
    assert (places.main & inside.carried.main[places.word]).any(1).all()
    assert not len(Places.of_half_spaces(broken, ~known, 3, torch.Generator()))


def test_of_each_group_the_first_are_taken():
    group, most = torch.tensor([2, 0, 2, 2, 1]), torch.tensor([1, 0, 2])
    assert first_of_each(group, most).tolist() == [0, 1, 2]
    assert first_of_each(group[:0], most).tolist() == []
    assert in_turn(torch.arange(4), torch.tensor([3, 3, 3, 9]), 3).tolist() == [0, 1, 3]


def test_both_metrics_call_the_word_absorbed_and_the_table_names_it(inside):
    found, word = judged(inside), of_s(inside, SILENT)
    assert found.causal.tolist() == found.full.tolist() == found.either.tolist() == word.tolist()
    s, of_letter = LETTERS.index("s"), int((inside.asked.letters == LETTERS.index("s")).sum())
    for rates in (found.by_causal(), found.by_full()):
        assert rates.rate[s] == pytest.approx(1 / of_letter) and rates.rate.nansum() == rates.rate[s]
    far = Silenced.of(inside, silent_words(inside), min_lead=2 * STRENGTH)
    assert Verdicts.of(inside, far, silent_words(inside)).by_causal().mean() == 0
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
    word = first_of_each(inside.asked.letters, torch.full((26,), 2))
    found = Verdicts.of(inside, Silenced.of(inside, word), word)
    first, second = (torch.zeros_like(found.causal) for _ in range(2))
    at = found.ablated.nonzero()[:, 0]
    first[at[:20]], second[at[10:20]] = True, True
    both = cohen_kappa_score(first[at].numpy(), second[at].numpy())
    assert replace(found, causal=first, full=second).kappa() == pytest.approx(both)
    assert replace(found, causal=first, full=first).kappa() == pytest.approx(1)
    assert replace(found, causal=first, full=torch.zeros_like(first)).kappa() == 0
    assert found.stands_for.max() > 1  # words without ablations are stood for


def test_where_two_latents_share_a_letter_both_count(inside):
    word = of_s(inside, WEAK)
    assert word.sum() == 1  # by the seed of the split
    found = Partial.of(inside, torch.ones_like(word))
    assert found.word.tolist() == word.nonzero()[:, 0].tolist()
    assert 0.1 * STRENGTH < found.other < found.main < 0.9 * STRENGTH and found.alike.abs() < 0.1 * STRENGTH
    torch.testing.assert_close(found.both, found.main + found.other)
    assert not len(Partial.of(inside, ~word).word)


def test_sets_of_latents_do_what_directions_do_but_where_they_are_silent(inside):
    every, generator = torch.arange(len(inside.z)), torch.Generator().manual_seed(0)
    sets, silent, weak = Sets.of(inside, every, generator), of_s(inside, SILENT), of_s(inside, WEAK)
    for lost in (sets.best, sets.nearest, sets.all_main):
        assert not lost[silent].any() and (lost[~silent & ~weak] > 0.9 * STRENGTH).all()
    assert (sets.probe > 0.6 * STRENGTH).all()
    assert sets.alike.abs().max() < 0.1 * STRENGTH and sets.random.abs().mean() < sets.probe.mean() / 2
    assert nearest_to_probes(inside).tolist() == list(range(26))
    own = sets.on(silent)
    assert own.covered("best") == own.share("best") == own.mediated("best") == 0
    assert 0.9 < sets.covered("best") <= 1 and sets.share("best") > sets.covered("best")


DESIGN = Design(silent=5, planted=1, half=2, sets=3)


def test_one_sae_gives_all_numbers(inside):
    """The only hole is one of S; elsewhere main latents do all."""
    one = Absorbers.of(latents(), inside.asked, DESIGN, seed=0)
    of_letter = int((inside.asked.letters == LETTERS.index("s")).sum())
    for name in ("causal", "causal_all", "full", "silent"):
        assert one.numbers[name] == pytest.approx(1 / of_letter / 26)
    assert one.numbers["in_place"] > 0.9 * STRENGTH and one.numbers["left"] < 0.1
    assert one.numbers["planted"] == one.numbers["rated"] == one.numbers["spelled"] == 1
    assert one.numbers["planted_left"] < 0.1 and one.numbers["words"] == 1 == one.numbers["both_words"]
    assert {"oracle", "words", "words_all", "nonsense_words", "weak_words"} == set(one.numbers) - set(
        POSSIBLE
    )
    assert len(one.cases) == 1 == one.words and len(one.letters) == 26 and len(one.sets.word) <= 26 * 3
    assert not len(one.fires.word)  # there no other latent carries anything along S


def test_letters_without_a_latent_are_not_rated_but_counted_beside(inside):
    one = Absorbers.of(latents(), inside.asked, replace(DESIGN, min_f1=1.1), seed=0)
    assert (
        one.numbers["rated"]
        == one.numbers["causal"]
        == one.numbers["in_place"]
        == one.numbers["planted"]
        == 0
    )
    assert one.numbers["causal_all"] > 0 and one.numbers["in_place_all"] > 0.9 * STRENGTH


def test_a_frozen_decoder_is_asked_on_as_many_words(inside):
    found = frozen(latents(), inside.asked, DESIGN, n_words=1)
    assert set(found) < set(POSSIBLE) and found["frozen"] > 0 and found["frozen_place"] > 0.9 * STRENGTH
    assert frozen(latents(), inside.asked, DESIGN, n_words=0)["frozen"] == 0


def test_a_random_direction_is_as_near_as_the_probe():
    rows, probes = torch.randn(5, 8), torch.nn.functional.normalize(torch.randn(5, 8), dim=1)
    near = as_near(probes, rows, torch.randn(40, 8), torch.Generator().manual_seed(0))
    cosine = torch.nn.functional.cosine_similarity
    torch.testing.assert_close(cosine(near, rows), cosine(probes, rows))
    assert cosine(near, probes).abs().max() < 0.999
    torch.testing.assert_close((without(rows, near) * near).sum(1), torch.zeros(5), atol=1e-5, rtol=0)
