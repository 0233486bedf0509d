"""Both pictures of rows with exceptions, beside each other."""

import numpy as np

from absorption.figures.excepted import read_and_leaning


def test_each_panel_draws_its_own_and_has_its_legend():
    absorbed, absorbs = np.array([True, False, False]), np.arange(12) < 6
    words = dict(rest=np.array([1.0, 1.0, -1.0]), along=np.array([-2.0, 0.0, 0.0]), absorbed=absorbed)
    latents = dict(lean=np.linspace(0, 0.05, 12), reads=np.where(absorbs, -0.4, -0.1), absorbs=absorbs)
    read, leaning = read_and_leaning(words, latents, "S", ("words", "latents")).axes
    assert [len(dots.get_offsets()) for dots in read.collections] == [1, 1, 1]
    legends = [[text.get_text() for text in panel.get_legend().get_texts()] for panel in (read, leaning)]
    assert legends[0] == ["the S latent fires", "silent, not absorbed", "absorbed"]
    assert legends[1] == ["active where the latent fires, means", "absorbers, means"]
    assert np.allclose(leaning.lines[2].get_ydata(), -0.4)
    assert [panel.get_title() or panel.get_title("left") for panel in (read, leaning)] == ["words", "latents"]
