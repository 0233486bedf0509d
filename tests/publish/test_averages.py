"""Means with intervals, ready to be drawn, are those of the evidence."""

import numpy as np
import pytest

from absorption.claims import Evidence
from absorption.claims.known import of_known
from absorption.publish.averages import averages, several


def test_a_row_is_drawn_as_its_evidence_says():
    rows = np.array([[0.1, 0.2, 0.4], [0.9, 0.95, 1.0]])
    drawn = averages("tied", "child", rows, "s", possible=(0, 1))
    for at, row in enumerate(rows):
        said = Evidence.of_samples("row", row, possible=(0, 1))
        assert (drawn.center[at], drawn.low[at], drawn.high[at]) == (said.value, *said.interval)
    assert (drawn.label, drawn.role, drawn.marker) == ("tied", "child", "s")
    assert drawn.high[1] == 1


def test_what_is_not_there_is_left_out_and_a_row_of_one_is_not_drawn():
    drawn = averages("tied", "child", [[0.1, np.nan, 0.3], [0.5, np.nan], []])
    assert drawn.center[0] == pytest.approx(0.2)
    assert np.isnan([drawn.center[1:], drawn.low[1:], drawn.high[1:]]).all()


def test_evidence_of_what_is_known_needs_as_many_blocks_as_are_asked_for():
    some = [0.1, float("nan"), 0.3, 0.5, 0.6]
    enough = of_known("full", some, "SAEs know it, four are needed", least=4, of="SAEs", note="by property")
    assert (enough.n, enough.of, enough.note, enough.value) == (4, "SAEs", "by property", 0.375)
    lacking = of_known("full", some, "SAEs know it, five are needed", least=5)
    assert lacking.value is None and lacking.unavailable == "4 SAEs know it, five are needed"


def test_several_rows_take_their_looks_in_turn():
    rows = {"tied": [[0.1, 0.3]], "nested": [[0.5, 0.7]]}
    looks = [("parent", "o"), ("child", "s"), ("accent", "^")]
    drawn = several(rows, looks, possible=(0, 1))
    assert [(one.label, one.role, one.marker) for one in drawn] == [
        ("tied", "parent", "o"),
        ("nested", "child", "s"),
    ]
    assert [one.center.tolist() for one in drawn] == [[pytest.approx(0.2)], [pytest.approx(0.6)]]
    with pytest.raises(ValueError, match="zip"):
        several(rows, looks[:1])
