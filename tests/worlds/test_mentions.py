import re

import pytest
import torch

from absorption.worlds.mentions import mentions

NAMES = {"Mexico", "Costa Rica", "Guinea", "New Guinea"}


class Fours:
    """A tokenizer whose tokens are runs of at most four letters, with the space before them."""

    def __call__(self, text, add_special_tokens=False, return_offsets_mapping=True):
        spans = [m.span() for m in re.finditer(r" ?[A-Za-z]{1,4}| ?[^A-Za-z ]| ", text)]
        return {"input_ids": list(range(len(spans))), "offset_mapping": spans}


FILL = "alpha beta gamma delta epsilon " * 20


def found(text, length=16, per_name=3, seed=0):
    text = FILL + text + " " + FILL
    return mentions(Fours(), [text], NAMES, torch.Generator().manual_seed(seed), length, per_name, first=4)


def test_a_name_of_several_tokens_is_read_at_its_last_one():
    got = found("visit Costa Rica today")
    assert got.contexts.shape == (1, 16)
    (at,) = got.named.nonzero()[:, 0].tolist()
    assert got.spelled[at] == "Costa Rica"
    assert not {"Costa", "Rica"} & set(got.spelled), "inner tokens are left out"
    assert 4 <= int(got.position[at]) < 16 and (got.position >= 4).all()


def test_the_longer_name_is_meant_and_new_mexico_is_no_mexico():
    got = found("from New Guinea to New Mexico and Mexico now", length=32)
    names = [s for s, n in zip(got.spelled, got.named.tolist(), strict=True) if n]
    assert "New Guinea" in names and "Guinea" not in names
    assert set(names) == {"New Guinea", "Mexico"}
    assert len(got.contexts) == 2, "one around each of the two names that are mentioned once"
    with pytest.raises(ValueError, match="none of the names"):
        found("all of New Mexico")


def test_windows_and_places_are_limited():
    got = found("Mexico . " * 9, per_name=2)
    assert len(got.contexts) == 2
    few = got.at_most(1)
    assert len(few.spelled) == len(set(few.spelled)) == len(few.position) == len(few.named)
    assert torch.equal(few.contexts, got.contexts)


def test_the_generator_decides():
    assert torch.equal(found("in Mexico").position, found("in Mexico").position)
    drawn = {tuple(found("in Mexico", seed=seed).position.tolist()) for seed in range(8)}
    assert len(drawn) > 1


def test_texts_without_a_name_are_refused():
    with pytest.raises(ValueError, match="none of the names"):
        found("nothing here")


def test_a_short_text_is_read_from_its_first_letter_to_its_last():
    """Eleven tokens and windows of as many: there is one window, and its tokens are those of the whole text."""

    class Spelled(Fours):
        def __call__(self, text, **options):
            spans = super().__call__(text)["offset_mapping"]
            return {"input_ids": [sum(map(ord, text[a:b])) for a, b in spans], "offset_mapping": spans}

    text = "one two six ten and for all men now Mexico"
    expected = Spelled()(text)["input_ids"]
    got = mentions(Spelled(), [text], NAMES, torch.Generator().manual_seed(0), len(expected), first=4)
    assert got.contexts.tolist() == [expected]
    places = list(zip(got.spelled, got.position.tolist(), got.named.tolist(), strict=True))
    assert places == [
        ("and", 4, False), ("for", 5, False), ("all", 6, False), ("men", 7, False), ("now", 8, False), ("Mexico", 10, True),
    ]  # fmt: skip
    assert got.context.tolist() == [0] * 6
