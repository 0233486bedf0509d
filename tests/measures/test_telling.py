"""A property that tells two sets of words apart: found where there is one, scored on other words, silent where there is none."""

import numpy as np
import pytest
import torch
from scipy.stats import mannwhitneyu

from absorption.measures.telling import LEAST_HELD_OUT, LEAST_TRAIN, separation, tell


def test_separation_is_that_of_the_rank_sum_with_ties() -> None:
    generator = torch.Generator().manual_seed(0)
    first, second = (torch.randint(5, (n,), generator=generator).double() for n in (30, 50))
    auc = mannwhitneyu(first.numpy(), second.numpy()).statistic / (30 * 50)
    assert separation(first, second) == pytest.approx(2 * auc - 1)


def test_the_best_way_is_found_and_scored_on_other_words() -> None:
    generator = torch.Generator().manual_seed(0)
    first = torch.arange(400) % 2 == 0
    train = torch.arange(400) < 300
    useless = torch.randint(3, (400,), generator=generator)
    # Kind 1 for the first set, but on one word in ten the other way round.
    telling = (first ^ (torch.rand(400, generator=generator) < 0.1)).long()
    told = tell(torch.stack([useless, telling], 1), first, ~first, train)
    assert told is not None and told.way == 1
    held = telling[~train].bool()
    hits, alarms = (held[part[~train]].double().mean() for part in (first, ~first))
    assert told.score == pytest.approx(float(hits - alarms))


def test_what_holds_on_training_words_alone_scores_nothing() -> None:
    first, train = torch.arange(400) % 2 == 0, torch.arange(400) < 300
    codes = torch.where(train, first.long(), torch.arange(400) // 2 % 2)[:, None]
    told = tell(codes, first, ~first, train)
    assert told is not None and told.score == pytest.approx(0.0, abs=0.05)


def test_held_out_words_have_no_say_in_the_choice() -> None:
    generator = torch.Generator().manual_seed(0)
    first, train = torch.arange(800) % 2 == 0, torch.arange(800) < 600
    noise = torch.rand(2, 800, generator=generator)
    good = (first ^ (noise[0] < 0.1)).long()
    lucky = (first ^ (train & (noise[1] < 0.35))).long()  # worse on training words, perfect on the others
    told = tell(torch.stack([lucky, good], 1), first, ~first, train)
    assert told is not None and told.way == 1


@pytest.mark.parametrize(
    ("n_train", "n_held", "said"),
    [
        (LEAST_TRAIN, LEAST_HELD_OUT, True),
        (LEAST_TRAIN - 1, LEAST_HELD_OUT, False),
        (LEAST_TRAIN, LEAST_HELD_OUT - 1, False),
    ],
)
def test_few_words_say_nothing(n_train: int, n_held: int, said: bool) -> None:
    train = torch.tensor([True] * (50 + n_train) + [False] * (50 + n_held))
    first = torch.tensor([False] * 50 + [True] * n_train + [False] * 50 + [True] * n_held)
    assert (tell(first.long()[:, None], first, ~first, train) is not None) is said


def test_a_kind_that_was_never_seen_decides_nothing() -> None:
    first, train = torch.arange(200) % 2 == 0, torch.arange(200) < 100
    codes = torch.where(train, first.long(), 7)[:, None]
    told = tell(codes, first, ~first, train)
    assert told is not None and told.score == 0.0
    assert np.isfinite(told.score)
