"""The tables of one SAE, on three words and three latents worked out by hand."""

import torch

from absorption.measures.absorption import MainLatents, carried, cosines, full_absorption
from absorption.measures.letters import Words, by_letter, top_words
from absorption.measures.probes import Split


def by_hand():
    """Letter 0 is the first axis; latent 0 stands for it, latent 2 is *asp*, which it absorbs."""
    x = torch.tensor([[1.0, 0.0, 0.0], [1.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    z = torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, 2**0.5], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    dictionary = torch.nn.functional.normalize(torch.tensor([[1.0, 0, 0], [0, 1.0, 0], [1.0, 0, 1.0]]), dim=1)
    letters = torch.tensor([0, 0, 1, 0])
    everything = torch.arange(4)
    words = Words(
        ("ant", "asp", "bee", "auk"),
        letters,
        torch.tensor([0.15, 0.6, 0.2, 0.05]),
        Split(everything, everything),
        everything,
    )
    main = MainLatents(3, torch.tensor([[0], [1]]), torch.ones(1, 2), torch.tensor([1, 1]))
    directions = torch.eye(3)[:2]
    c = carried(x, z, dictionary, directions, letters, main.mask)
    return (
        by_letter(
            words, z, main, cosines(dictionary, directions), c, full_absorption(c), torch.tensor([1.0, 0.9])
        ),
        words,
        z,
    )


def test_what_a_hand_worked_sae_says():
    (a, b), _, _ = by_hand()
    assert (a["judged"], a["silent"]) == (3, 1)
    assert a["main"] == [[0, 1.0, 0.667, 0.8, 1.0, ["ant", "auk"]]]
    assert a["absorbing"] == [[2, 0.707, ["asp"]]]
    assert a["rows"] == [["asp", 2, 1.414, 0.707, 1.0, 1]]
    assert b == {
        "probe_f1": 0.9,
        "judged": 1,
        "silent": 0,
        "main": [[1, 1.0, 1.0, 1.0, 1.0, ["bee"]]],
        "absorbing": [],
        "rows": [],
    }


def test_a_silent_word_is_no_top_word():
    _, words, z = by_hand()
    assert top_words(words, z[:, 0], n=4) == ["ant", "auk"]
    assert top_words(words, torch.zeros(4)) == []
