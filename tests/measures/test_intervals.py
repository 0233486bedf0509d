import numpy as np
import pytest

from absorption.measures.intervals import crossed_interval


def test_constant_samples_have_no_width():
    assert crossed_interval(np.full((3, 4), 0.7)) == pytest.approx((0.7, 0.7))


@pytest.mark.parametrize(("shape", "axis"), [((5, 200), 0), ((200, 5), 1)])
def test_the_axis_that_varies_decides_the_width(shape, axis):
    """Constant along one axis, 0 … 4 along the other: the width is that of a bootstrap over five numbers alone."""
    values = np.broadcast_to(np.expand_dims(np.arange(5.0), 1 - axis), shape)
    low, high = crossed_interval(values)
    draws = np.random.default_rng(1).integers(0, 5, (50_000, 5)).mean(1)
    np.testing.assert_allclose([low, high], np.quantile(draws, [0.025, 0.975]), atol=0.21)


def test_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(2)
    inside = 0
    for _ in range(200):
        samples = rng.normal(size=(12, 1)) + rng.normal(size=(1, 26)) + rng.normal(size=(12, 26))
        low, high = crossed_interval(samples, resamples=500)
        inside += low < 0 < high
    assert 0.88 < inside / 200 <= 1.0


def test_refuses_what_has_no_interval():
    with pytest.raises(ValueError, match="two seeds"):
        crossed_interval(np.zeros((1, 26)))
    with pytest.raises(ValueError, match="finite"):
        crossed_interval(np.array([[0.0, np.nan], [0.0, 0.0]]))
