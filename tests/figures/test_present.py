"""A presented figure is kept in both forms, as the same bytes every time, and is closed."""

import base64

import IPython.display
import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

from absorption.figures import theme
from absorption.figures.pictures import PREVIEW
from absorption.figures.present import GLUED_PNG, SHARPNESS, present

mpl.use("Agg")


@pytest.fixture
def shown(monkeypatch):
    """What the cell's output got: bundles with their metadata."""
    outputs = []
    monkeypatch.setattr(
        IPython.display, "display", lambda data, raw, metadata: outputs.append((data, metadata))
    )
    with mpl.rc_context():
        theme.use()
        yield outputs


def drawn(width=1.0, ncols=2):
    figure, axes = theme.figure(width=width, height=2, ncols=ncols, squeeze=False)
    for panel in axes.flat:
        panel.plot([0, 1], [0, 1], label="a line")
        panel.set(xlabel="x", ylabel="y", title="one")
        panel.legend()
    return figure


def glued(outputs):
    return {data[1]["scrapbook"]["name"]: data for data in outputs if "scrapbook" in data[1]}


def test_both_forms_are_kept_with_their_words_and_the_figure_is_closed(shown):
    present("headline", drawn(), "Two lines.")
    kept = glued(shown)
    assert list(kept) == ["headline", "headline_narrow"] and not plt.get_fignums()
    for (data, metadata), most in zip(kept.values(), (700, 380), strict=True):
        assert list(data) == [GLUED_PNG]  # kept, and not shown where it was made
        assert metadata["image/png"]["alt"] == "Two lines."
        assert 0.85 * most < metadata["image/png"]["width"] <= most
        raw = base64.b64decode(data[GLUED_PNG])
        wide = int.from_bytes(raw[16:20], "big")
        assert raw.startswith(b"\x89PNG") and wide // SHARPNESS == metadata["image/png"]["width"]


def test_who_runs_the_notebook_sees_it_at_once(shown):
    present("headline", drawn(), "Two lines.")
    previews = [(data, metadata) for data, metadata in shown if PREVIEW in metadata]
    assert [list(data) for data, _ in previews] == [["image/png"]]


def test_what_is_narrow_already_is_kept_once(shown):
    present("small", drawn(width=0.5, ncols=1), "A line.")
    assert list(glued(shown)) == ["small"]


def test_the_same_figure_gives_the_same_bytes(shown):
    present("one", drawn(), "Two lines.")
    present("two", drawn(), "Two lines.")
    kept = glued(shown)
    assert kept["one"][0] == kept["two"][0] and kept["one_narrow"][0] == kept["two_narrow"][0]


def test_a_figure_without_words_is_refused(shown):
    with pytest.raises(ValueError, match="Figure 'headline' needs an alt text"):
        present("headline", drawn(), "  ")
    assert not shown
