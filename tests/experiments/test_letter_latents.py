"""An SAE in which every letter has its latent, and one in which planted words are absorbed."""

import pytest
import torch

from absorption.experiments.letter_latents import Letters
from absorption.experiments.measure.report import (
    LabelReport,
    MainLatent,
    MeasuredOn,
    MeasuredSAE,
    Report,
    Word,
)
from absorption.experiments.words import ReadWords
from absorption.saes.exchange.dictionary import Dictionary
from absorption.worlds.normalisation import Normalisation
from absorption.worlds.text import WordList, first_letters

TEXT = tuple(f"{chr(97 + i % 26)}{i}" for i in range(260))
SAE = Dictionary("made", "standard", lambda x: x.relu(), lambda z: z, torch.eye(26))


def report(labels=(), words=()) -> Report:
    """What was measured of the SAE, as far as it counts here."""
    sae = MeasuredSAE("made", "standard", 26, 26, (), "00", explained_variance=0.8, l0=8.0, dead=0.0)
    on = MeasuredOn("tiny", "none", 2, "alone", "letters", 260, {}, splits=1, half_spaces=1)
    return Report(sae, on, {}, {}, {}, tuple(labels), tuple(words), {})


@pytest.fixture(scope="module")
def letters() -> Letters:
    words = WordList(TEXT, torch.arange(len(TEXT)), first_letters(TEXT))
    noise = torch.randn(len(TEXT), 26, generator=torch.Generator().manual_seed(0))
    raw = torch.eye(26)[words.letters] + 0.05 * noise
    even = torch.full((len(TEXT),), 1 / len(TEXT))
    frame = Normalisation.of(raw, even)
    return Letters.of(
        ReadWords(words, torch.ones(len(TEXT), dtype=torch.bool), even, even, raw, frame(raw), frame)
    )


def test_a_letters_latent_reads_it_and_writes_nothing(letters):
    changed = letters.each_read(SAE)
    z = changed.encode(letters.read.raw)
    assert z.shape[1] == 52 and changed.W_dec.shape == (52, 26)
    assert (z[:, 26:].argmax(1) == letters.read.words.letters).float().mean() > 0.95
    torch.testing.assert_close(changed.decode(z), SAE.decode(z[:, :26]))


def test_on_planted_words_the_letters_latents_are_silent_and_another_writes_it(letters):
    main = [MainLatent(i, 1, 1.0, 1.0, 1.0, 1.0, ()) for i in range(26)]
    labels = [LabelReport(chr(97 + i), 10, 2, None, {}, {}, (main[i],), (i,), ()) for i in range(26)]
    planted = torch.tensor([3, 30])
    changed = letters.absorbed(SAE, report(labels), planted)
    z = changed.encode(letters.read.raw)
    assert z[3, 3] == 0 and z[30, 4] == 0 and z[29, 3] > 0
    assert z[3, 26] == 1 and z[30, 27] == 1 and z[:, 26:].sum() == 2
    cosine = torch.nn.functional.cosine_similarity(changed.W_dec[26], letters.directions[3], dim=0)
    assert cosine == pytest.approx(1)


def test_planted_words_are_counted_letter_by_letter(letters):
    words = [("a0", "a", True), ("a26", "a", False), ("b1", "b", False), ("c2", "c", True)]
    rows = [Word(0, label, word, True, full, 0.5, 3, 1.0, 0.1, 0.4) for word, label, full in words]
    planted = torch.tensor([0, 1, 26])
    assert letters.called_absorbed(report(words=rows), planted) == pytest.approx((0.5 + 0.0) / 2)
    assert letters.called_absorbed(report(words=rows), planted, are=False) == 1
