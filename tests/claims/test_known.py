"""Evidence over the blocks that have a number, one quantity or many."""

from absorption.claims.known import of_each_known, of_known

NAN = float("nan")


def test_each_is_what_it_would_be_alone():
    samples = {"silent": [0.1, NAN, 0.3], "full": [NAN, 0.2], "main": [1.0, 1.5]}
    how = dict(of="SAEs", possible=(0, 2))
    found = of_each_known(samples, "SAEs have one, two are needed", **how)
    assert found == [
        of_known(name, of, "SAEs have one, two are needed", **how) for name, of in samples.items()
    ]
    assert [one.value is None for one in found] == [False, True, False]
    assert found[0].n == 2 and found[0].of == "SAEs"


def test_as_many_as_are_asked_for_have_to_be_there():
    few = of_each_known({"silent": [0.1, 0.2, NAN]}, "are there, three are needed", least=3)
    assert str(few[0]) == "not available: 2 are there, three are needed"
