"""Splits and holes of SAEs: a world in which both are known, and the SAEs of the bank from the cache."""

from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
import torch

from absorption.experiments.bank import split_examples, splitting
from absorption.experiments.bank.fitting import Fit, Schedule
from absorption.experiments.bank.split_controls import whole_split_and_taken
from absorption.experiments.bank.split_examples import GROUPS, Shown, shown
from absorption.experiments.bank.splitting import Sortable, rate, sort_words, sorted_out
from absorption.experiments.bank.table import Table
from absorption.experiments.bank.wanted import Wanted, WordsIn
from absorption.measures.absorption import main_latents
from absorption.measures.active import ActiveLatents
from absorption.measures.sorting import Sorting
from absorption.saes.recipe import BatchTopK, Recipe
from absorption.saes.stack import SAEStack
from absorption.worlds.word_kinds import WordKinds

N = 1200


def world() -> Sortable:
    """Two labels, one a word, each along an axis of its own; one way tells odd rows, one nothing."""
    generator = torch.Generator().manual_seed(0)
    label = torch.arange(N) // 2 % 2
    x = torch.nn.functional.one_hot(label, 6).float() + 0.05 * torch.randn(N, 6, generator=generator)
    ways = torch.stack([torch.arange(N) % 2, torch.randint(4, (N,), generator=generator)], 1)
    labels = torch.nn.functional.one_hot(label, 2).bool()
    return Sortable.of(x - x.mean(0), labels, seed=0, ways=WordKinds(("odd", "nothing"), ways))


def test_found_words_are_of_the_label() -> None:
    by = world()
    found = by.found()
    assert bool((found <= by.labels).all()) and float(found.sum()) > 0.95 * N


def test_a_split_by_a_property_and_holes_are_read_off_known_latents() -> None:
    by = world()
    first, odd = by.labels[:, 0], torch.arange(N) % 2 == 1
    hole = first & (torch.arange(N) % 7 == 0)
    z = torch.zeros(N, 4)
    z[:, 0], z[:, 1] = first & ~odd & ~hole, first & odd & ~hole
    z[:, 2], z[:, 3] = hole, by.labels[:, 1]
    dictionary = torch.zeros(4, 6)
    dictionary[:3, 0], dictionary[3, 1] = 1.0, 1.0
    active, train = ActiveLatents.of(z), by.split.train
    main = main_latents(active.rows(train), by.labels[train], 2, k_max=2)
    numbers = rate(by, active, dictionary, torch.zeros(6), main)
    assert numbers["main"].tolist() == [2.0, 1.0]
    assert numbers["split_told"][0] == 1.0 and numbers["split_way"][0] == 0
    held = by.found()[:, 0] & ~by.train
    assert numbers["full"].tolist() == pytest.approx([float(hole[held].double().mean()), 0.0])
    assert abs(float(numbers["hole_told"][0])) < 0.25
    assert torch.isnan(rate(by, active, dictionary, torch.zeros(6), main, least=1.01)["main"]).all()


def test_a_label_with_few_words_is_left_out() -> None:
    by = world()
    rare = by.relabelled(by.labels & (torch.arange(N) < 60)[:, None])
    active = ActiveLatents.of(rare.labels.float())
    main = main_latents(active, rare.labels, 2, k_max=1)
    assert sort_words(rare, active, torch.eye(6)[:2], torch.zeros(6), main) == {}


def test_controls_find_what_was_planted_and_nothing_else() -> None:
    by, odd = world(), torch.arange(N) % 2 == 1
    stack = SAEStack(Recipe(), 6, 20, seeds=[0]).requires_grad_(False)
    stack.W_enc.zero_()  # in so small a world random latents would tell the labels as well
    whole, split, taken = whole_split_and_taken(stack, by, odd, 0.2, 5, torch.Generator().manual_seed(0))
    assert whole["full"].tolist() == [0.0, 0.0] and whole["main"].tolist() == [1.0, 1.0]
    assert split["split_told"].tolist() == [1.0, 1.0] and split["full"].max() == 0
    assert float(taken["full"].min()) > 0.1 and float(taken["hole_told"].abs().max()) < 0.3


def test_controls_need_room() -> None:
    with pytest.raises(ValueError, match="do not fit into 8 latents"):
        whole_split_and_taken(
            SAEStack(Recipe(), 6, 8, seeds=[0]), world(), torch.arange(N) % 2 == 1, 0.2, 5, torch.Generator()
        )


class Read:
    """What a source has read, without a model."""

    def __init__(self) -> None:
        by = world()
        self.x, self.p = by.x, torch.ones(N) / N
        self.table = Table(by.x, self.p)
        letters = by.labels.int().argmax(1)
        letters[:240] = torch.arange(240) % 24 + 2  # every letter has words, and these no probe can find
        words = tuple(chr(97 + int(letter)) + "xyzwvu"[i % 6] * 3 for i, letter in enumerate(letters))
        self.words = type("Words", (), {"words": words, "letters": letters})()


def test_saes_are_judged_once_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ABSORPTION_CACHE", str(tmp_path))
    read, source = Read(), WordsIn("SmolLM2-135M-Instruct", 4)
    wanted = Wanted(source, "plain", Fit(Recipe(BatchTopK(2)), 60, 0, Schedule(20_480, 256)))
    splitting.sortable.cache_clear()
    with patch.object(WordsIn, "read", lambda self: read):
        one = sorted_out([wanted], 2, [0], least=0.0, null=True, theirs=True)[0]
        with patch.object(splitting, "splits_and_holes", side_effect=AssertionError):
            again = sorted_out([wanted], 2, [0], least=0.0, null=True, theirs=True)[0]
        example = shown(wanted, 2, 0, letter=0)
        assert shown(wanted, 2, 0, letter=25) is None  # no word has it
    splitting.sortable.cache_clear()
    assert set(one.by) >= {"letters", "saebench"}
    assert np.array_equal(one.by["letters"]["main"], again.by["letters"]["main"], equal_nan=True)
    assert np.isfinite(one.by["letters"]["main"]).sum() == 2
    assert one.l0 == pytest.approx(2, abs=0.1)
    assert isinstance(example, Shown) and len(example.words) == len(example.group) > 400
    names, shares = example.by_start()
    assert len(names) == 6 and np.allclose(sum(shares.values()), 1)


def test_every_word_is_shown_in_the_group_of_who_fires() -> None:
    read, source = Read(), WordsIn("SmolLM2-135M-Instruct", 4)
    wanted = Wanted(source, "plain", Fit(Recipe(BatchTopK(2)), 60, 0, Schedule(2_560, 256)))
    fires = torch.tensor(
        [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [1, 1, 0, 0], [0] * 4, [0] * 4]
    )
    absorbed, rows = torch.arange(7) == 5, torch.arange(7)
    none = ActiveLatents.of(torch.zeros(7, 60))
    known = Sorting(fires > 0, absorbed, rows, none, absorbed, torch.zeros(7, 1, dtype=torch.int64))
    splitting.sortable.cache_clear()
    with (
        patch.object(WordsIn, "read", lambda self: read),
        patch.object(split_examples, "sort_words", lambda *of: {0: (rows, known)}),
        patch.object(
            Wanted, "get", lambda self: (SAEStack(self.fit.recipe, 6, 60, [0]).requires_grad_(False), None)
        ),
    ):
        found = shown(wanted, 2, 0, letter=0)
    splitting.sortable.cache_clear()
    assert found is not None
    names = [GROUPS[i].split()[0] for i in found.group.tolist()]
    assert names == ["the", "the", "the", "several,", "several,", "absorbed", "silent"]
    assert found.group.tolist()[:3] == [0, 1, 2]
    assert found.words == read.words.words[:7]
