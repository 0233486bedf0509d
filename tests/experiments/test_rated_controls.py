"""Controls are over labels that can be judged, and plant as many latents as there is room for."""

import pytest
import torch

from absorption.experiments import rated_controls
from absorption.experiments.bank import Schedule
from absorption.experiments.bank.wanted import Wanted, WordsIn
from absorption.experiments.bank.yardstick import Yardstick
from absorption.experiments.one_a_seed import one_a_seed
from absorption.experiments.rated_controls import mean_probe_f1, worst_oracle_and_planted


def scale(rated):
    """A yardstick of three labels, whose parts are written down here."""
    parts = dict(
        x=torch.zeros(2, 2),
        n_letters=3,
        rated=torch.tensor(rated),
        probe_f1=torch.tensor([0.9, 0.7, 0.1, 0.5]),
    )
    return object.__new__(type("Scale", (Yardstick,), parts))


def sae(d_sae):
    return one_a_seed(WordsIn("nowhere", 1), seeds=[0], d_sae=d_sae, k=2, schedule=Schedule(1024))[0]


def test_labels_that_are_not_rated_count_nowhere(monkeypatch):
    asked = []

    def controls(stack, by, share, each, generator):
        asked.append((share, each, generator.initial_seed()))
        return torch.tensor([0.0, 0.25, 9.0]), torch.tensor([0.5, 0.25, 9.0])

    monkeypatch.setattr(Wanted, "get", lambda self: ("stack", None))
    monkeypatch.setattr(rated_controls, "with_l0", lambda stack, table, l0: stack)
    monkeypatch.setattr(rated_controls, "oracle_and_planted", controls)
    by = scale([True, True, False])
    assert worst_oracle_and_planted(sae(100), by, 16, share=0.2, seed=7) == (0.25, 0.375)
    worst_oracle_and_planted(sae(16), by, 16, share=0.2, seed=7)
    assert asked == [(0.2, 8, 7), (0.2, 4, 7)]


def test_probes_are_averaged_over_rated_labels_then_over_yardsticks():
    by = [scale([True, True, False]), scale([False, True, False])]
    assert mean_probe_f1(by) == pytest.approx((0.8 + 0.7) / 2)
