"""The worst of several kinds, and their mean, where some numbers are missing."""

import numpy as np

from absorption.experiments.extremes import extreme, of_both

NAN = np.nan


def test_the_extreme_is_of_the_mean_and_not_of_a_single_number():
    low, high = np.array([0.0, 0.9]), np.array([0.5, 0.5])
    assert extreme([low, high], max).tolist() == [0.5, 0.5]
    assert extreme([high, low], min).tolist() == [0.0, 0.9]


def test_missing_numbers_count_nowhere():
    assert extreme([np.array([0.9, NAN]), np.array([0.5, 0.5])], min).tolist() == [0.5, 0.5]
    assert extreme([np.array([NAN, NAN]), np.array([0.5, 0.5])], max).tolist() == [0.5, 0.5]
    assert np.isnan(extreme([np.array([NAN]), np.array([NAN])], max)).all()


def test_a_mean_of_both_needs_both():
    np.testing.assert_allclose(of_both([np.array([0.2, 0.2]), np.array([0.6, NAN])]), [0.4, NAN])
