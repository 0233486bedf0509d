"""Words of one label by main latents and holes, counted by hand."""

import math

import pytest
import torch

from absorption.measures.active import ActiveLatents
from absorption.measures.sorting import BROAD, Sorting

N = 200
"""Words: 80 of the first main latent alone, 60 of the second alone, 20 of both, 30 absorbed, 10 silent."""
GROUP = torch.tensor([0] * 80 + [1] * 60 + [2] * 20 + [3] * 30 + [4] * 10)[torch.arange(N) * 7 % N]


def sorting(codes: torch.Tensor, absorbers: tuple[int, ...] = (2,)) -> Sorting:
    z = torch.zeros(N, 6)
    z[(GROUP == 0) | (GROUP == 2), 0] = 1.0
    z[(GROUP == 1) | (GROUP == 2), 1] = 1.0
    absorbed = GROUP == 3
    takers = torch.tensor(absorbers)[torch.arange(int(absorbed.sum())) % len(absorbers)]
    latent = torch.zeros(N, dtype=torch.int64)
    latent[absorbed] = takers
    z[absorbed.nonzero()[:, 0], takers] = 1.0
    z[GROUP == 4, absorbers[0]] = 0.5  # it fires there as well, and carries too little
    return Sorting(
        z[:, :2] > 0, absorbed, latent, ActiveLatents.of(z), torch.arange(N) % 4 > 0, codes[:, None]
    )


def test_rates_are_those_of_held_out_words() -> None:
    found = sorting(torch.zeros(N, dtype=torch.int64))
    train = (torch.arange(N) % 4 > 0) | (GROUP == 4)  # no silent word is held out but absorbed ones
    numbers = Sorting(found.fires, found.absorbed, found.latent, found.active, train, found.codes).numbers()
    held = GROUP[~train]
    assert numbers["silent"] == pytest.approx(float((held >= 3).double().mean()))
    assert numbers["full"] == pytest.approx(float((held == 3).double().mean()))
    assert numbers["twice"] == pytest.approx(float((held == 2).sum() / (held < 3).sum()))


def test_a_split_and_holes_are_told_by_what_makes_them() -> None:
    of_split = sorting((GROUP == 1).long()).numbers()
    assert of_split["split_told"] == 1.0 and of_split["split_way"] == 0.0
    of_holes = sorting((GROUP == 3).long()).numbers()
    assert of_holes["hole_told"] == of_holes["taker_told"] == 1.0
    assert abs(of_holes["split_told"]) < 0.2 and abs(of_split["split_dealt"]) < 0.3


def test_absorbers_are_counted_by_where_they_fire_and_what_they_take() -> None:
    codes = torch.zeros(N, dtype=torch.int64)
    one = sorting(codes).numbers()
    assert one["absorber_fires"] == 40 and one["split_fires"] == 80
    assert one["taken"] == 30 and one["taken_broadly"] == 30
    many = sorting(codes, absorbers=(2, 3, 4, 5)).numbers()
    assert BROAD > 30 // 4 and many["taken"] == 30 and many["taken_broadly"] == 0
    assert many["absorber_fires"] == 10


def test_without_a_second_latent_nothing_is_said_of_splits() -> None:
    found = sorting(torch.zeros(N, dtype=torch.int64))
    alone = Sorting(found.fires[:, :1], found.absorbed, found.latent, found.active, found.train, found.codes)
    numbers = alone.numbers()
    assert math.isnan(numbers["split_told"]) and math.isnan(numbers["split_fires"])


def test_without_a_hole_nothing_is_said_of_absorbers() -> None:
    found = sorting(torch.zeros(N, dtype=torch.int64))
    none = torch.zeros(N, dtype=torch.bool)
    whole = Sorting(found.fires, none, found.latent, found.active, found.train, found.codes).numbers()
    assert whole["taken"] == 0 and whole["full"] == 0
    assert all(math.isnan(whole[name]) for name in ("hole_told", "taker_told", "absorber_fires"))
