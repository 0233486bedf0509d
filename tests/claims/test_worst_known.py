"""The worst of a family is picked among what is known."""

import math

from absorption.claims.families import of_worst
from absorption.claims.worst_known import worst_known

SAMPLES = {"apart": [0.2, 0.4, 0.3], "meet": [0.5, 0.6, 0.7]}


def test_it_is_the_worst_of_the_known_numbers():
    known = {name: [*values, math.nan] for name, values in SAMPLES.items()}
    assert worst_known("least", known, min, 0.05, "few") == of_worst("least", SAMPLES, min, 0.05)


def test_a_member_with_one_number_leaves_nothing_to_say():
    assert worst_known("least", SAMPLES | {"meet": [0.5, math.nan]}, min, 0.05, "few").unavailable == "few"
