"""The narrow form of a figure: as wide as a phone, nothing lost, nothing that touches or is cut off."""

import itertools

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.text import Text

from absorption.figures import theme
from absorption.figures.narrow import NARROW_INCHES, lay_out, needs_narrow, panels_of, stacked
from absorption.figures.words import SMALLEST_POINTS

mpl.use("Agg")


@pytest.fixture(autouse=True)
def look():
    with mpl.rc_context():
        theme.use()
        yield
    plt.close("all")


def maps():
    """Two maps that share an axis; one is labelled for both; each has its colour bar."""
    figure, axes = theme.figure(height=2.9, ncols=2, sharey=True)
    for panel, title in zip(axes, "AB", strict=True):
        image = panel.pcolormesh(np.ones((8, 8)))
        panel.set_title(title)
        figure.colorbar(image, ax=panel, location="bottom").set_label("absorption δ")
    axes[1].set_xlabel("ratio p11 / p01")
    axes[0].set_ylabel("sparsity weight λ")
    return figure, list(axes)


def grid():
    """Two rows of three; titles above, labels at the left and below, and a legend for all."""
    figure, axes = theme.figure(height=4.9, nrows=2, ncols=3, sharex=True)
    for (row, column), panel in np.ndenumerate(axes):
        panel.plot([0, 1, 2], [0, 1 + row, column], "o-", label="k = 4")
        panel.plot(
            [0, 1, 2], [0, 2 + row, 3 * column], "o-", label="a sentence that is long for a legend, k = 8"
        )
    for panel, title in zip(axes[0], ("one", "two", "three"), strict=True):
        panel.set_title(title)
    for panel in axes[1]:
        panel.set_xlabel("knob")
    axes[0, 0].set_ylabel("rate (%)")
    axes[1, 0].set_ylabel("explained variance")
    figure.suptitle("A long sentence over all panels that no phone has the room to show on one line of text")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside right upper", fontsize=6)
    return figure, axes


def alone():
    """One wide panel with its legend beside it and named ticks."""
    figure, panel = theme.figure(height=2.9)
    panel.plot(range(12), range(12), label="firing")
    panel.set(xlabel="position", ylabel="activation")
    panel.set_xticks(range(12), [f"category {i}" for i in range(12)], fontsize=6)
    panel.legend(title="which", loc="center left", bbox_to_anchor=(1, 0.5))
    return figure, panel


def shown(axis):
    lay_out(axis.figure)
    return [label for label in axis.get_ticklabels() if label.get_text() and label.get_visible()]


@pytest.mark.parametrize("made", [maps, grid, alone])
def test_a_phone_shows_all_of_it_and_words_can_be_read(made):
    figure, _ = made()
    stacked(figure)
    figure.draw_without_rendering()
    assert figure.get_figwidth() == NARROW_INCHES
    box = figure.get_tightbbox()
    assert box.x0 > -0.1 and box.x1 < NARROW_INCHES + 0.1
    for text in figure.findobj(Text):
        assert not text.get_text() or text.get_fontsize() >= SMALLEST_POINTS


@pytest.mark.parametrize("made", [maps, grid])
def test_panels_stand_one_under_the_other_and_do_not_overlap(made):
    figure, _ = made()
    stacked(figure)
    boxes = [panel[0].get_tightbbox() for panel in panels_of(figure)]
    assert all(upper.y0 >= lower.y1 - 1 for upper, lower in itertools.pairwise(boxes))


def size(panel):
    box = panel.get_position()
    return box.width * panel.figure.get_figwidth(), box.height * panel.figure.get_figheight()


def test_panels_keep_their_height():
    figure, axes = maps()
    lay_out(figure)
    before = [size(panel)[1] for panel in axes]
    stacked(figure)
    np.testing.assert_allclose([size(panel)[1] for panel in axes], before, rtol=0.03)


def test_a_picture_keeps_its_shape_and_fills_the_width():
    figure, axes = theme.figure(height=3.5, ncols=3)
    for panel in axes:
        panel.imshow(np.ones((6, 9)))
    stacked(figure)
    for wide, high in map(size, axes):
        assert wide / high == pytest.approx(1.5) and wide > 0.7 * NARROW_INCHES


def test_an_empty_place_takes_no_room():
    figure, axes = theme.figure(height=5, nrows=2, ncols=2)
    for panel in axes.flat[:3]:
        panel.plot([0, 1], [0, 1])
    axes[1, 1].axis("off")
    assert len(panels_of(figure)) == 3


def test_labels_that_a_neighbour_had_are_written_again():
    figure, axes = maps()
    stacked(figure)
    assert [panel.get_xlabel() for panel in axes] == ["ratio p11 / p01"] * 2
    assert [panel.get_ylabel() for panel in axes] == ["sparsity weight λ"] * 2
    assert all(shown(panel.yaxis) for panel in axes)


def test_columns_under_their_title_with_the_label_of_their_row():
    figure, axes = grid()
    stacked(figure)
    tops = {panel.get_position().y1: at for at, panel in np.ndenumerate(axes)}
    assert [tops[y] for y in sorted(tops, reverse=True)] == [(r, c) for c in range(3) for r in range(2)]
    assert [panel.get_ylabel() for panel in axes.flat] == ["rate (%)"] * 3 + ["explained variance"] * 3
    assert all(shown(panel.xaxis) for panel in axes.flat)
    assert figure.get_suptitle().count("\n") == 1


def test_what_is_drawn_otherwise_keeps_its_own_silence():
    figure, (left, right) = theme.figure(height=3, ncols=2)
    left.plot([0, 1], [0, 1])
    left.set(ylabel="rate", xlabel="λ")
    right.barh(["tied", "flat"], [3, 4])
    stacked(figure)
    assert right.get_ylabel() == right.get_xlabel() == ""


def test_legends_beside_panels_go_below_and_keep_what_they_said():
    figure, panel = alone()
    stacked(figure)
    (legend,) = figure.legends
    assert panel.get_legend() is None and legend.get_title().get_text() == "which"
    assert [text.get_text() for text in legend.get_texts()] == ["firing"]
    assert legend.get_window_extent().y1 <= panel.get_tightbbox().y0 + 1


def test_a_legend_is_no_wider_than_the_phone():
    figure, panel = theme.figure()
    for scheme in range(4):
        panel.plot([0, 1], [0, scheme], label=f"orthogonality between all pairs, {scheme}")
    figure.legend(loc="outside lower center", ncols=2)
    stacked(figure)
    assert figure.legends[0].get_window_extent().width <= figure.bbox.width


def test_a_legend_stays_where_it_still_has_room():
    figure, axes = theme.figure(ncols=2)
    for panel in axes:
        panel.plot([0, 1], [0, 1], label="line")
    inside = axes[0].legend(loc="upper left")
    axes[1].legend(loc="center left", bbox_to_anchor=(1, 0.5))
    stacked(figure)
    assert axes[0].get_legend() is inside and axes[1].get_legend() is None and len(figure.legends) == 1
    figure, panel = theme.figure()
    panel.plot([0, 1], [0, 1], label="line")
    panel.legend(loc="upper left")
    stacked(figure)
    assert panel.get_legend() is None  # the panel has half its width left


def test_small_print_is_enlarged():
    figure, panel = theme.figure()
    panel.plot([0, 1], [0, 1])
    note = panel.text(0.5, 0.5, "note", fontsize=5)
    panel.tick_params(labelsize=5)
    stacked(figure)
    assert note.get_fontsize() == SMALLEST_POINTS
    assert {label.get_fontsize() for label in shown(panel.yaxis)} == {SMALLEST_POINTS}
    assert (
        panel.yaxis.get_tick_params()["labelsize"] == SMALLEST_POINTS
    )  # of ticks that are still to come, too


def test_ticks_do_not_touch():
    figure, panel = alone()
    assert shown(panel.xaxis)[0].get_rotation() == 0
    stacked(figure)
    assert {label.get_rotation() for label in shown(panel.xaxis)} == {90}
    figure, panel = alone()
    panel.set_xticks(range(12), [f"category {i}" for i in range(12)], rotation=10)
    stacked(figure)
    assert {label.get_rotation() for label in shown(panel.xaxis)} == {90}
    figure, panel = alone()
    panel.set_xticks(range(12), [f"category {i}" for i in range(12)], rotation=40)
    stacked(figure)
    assert {label.get_rotation() for label in shown(panel.xaxis)} == {
        40
    }  # slanted lines are far enough apart
    figure, panel = theme.figure(height=3)
    panel.plot([0, 0.001], [0, 1])
    panel.set_xticks([])
    panel.xaxis.set_major_locator(mpl.ticker.MaxNLocator(14))
    stacked(figure)
    boxes = [label.get_window_extent() for label in shown(panel.xaxis)]
    assert len(boxes) > 2 and all(a.x1 < b.x0 for a, b in itertools.pairwise(boxes))


def test_many_panels_take_two_columns_and_are_labelled_outside_only():
    figure, axes = theme.figure(height=5, ncols=4, nrows=2, sharex=True, sharey=True)
    for panel in axes.flat:
        panel.plot([0, 1], [0, 1])
    axes[0, 0].set_ylabel("rate")
    stacked(figure)
    assert len({round(panel.get_position().x0, 2) for panel in axes.flat}) == 2
    left = min(panel.get_position().x0 for panel in axes.flat)
    for panel in axes.flat:
        assert bool(shown(panel.yaxis)) == (panel.get_position().x0 < left + 0.01)


def test_a_label_takes_the_room_beside_its_panel_before_it_is_broken():
    figure, axes = theme.figure(ncols=2)
    for panel in axes:
        image = panel.pcolormesh(np.ones((3, 3)))
        figure.colorbar(image, ax=panel, label="absorption δ")
        panel.set(xlabel="child with its parent / child alone, p11 / p01", ylabel="a quantity")
    stacked(figure)
    label = axes[0].xaxis.label
    assert (
        "\n" not in label.get_text() and label.get_window_extent().width > axes[0].get_window_extent().width
    )


def test_a_formula_in_a_title_is_not_broken():
    figure, panel = theme.figure(height=3)
    formula = r"$\delta^* = \min(1, \lambda p_{11} / 2 p_{01})$"
    panel.set_title(f"Above the boundary that the simple law gives as {formula} everything is absorbed")
    stacked(figure)
    assert formula in panel.get_title(loc="left") and "\n" in panel.get_title(loc="left")


def test_what_is_narrow_already_needs_no_other_form():
    assert not needs_narrow(theme.figure(width=0.5)[0], theme.PAGE_INCHES)
    assert needs_narrow(theme.figure(width=0.8)[0], theme.PAGE_INCHES)
    assert needs_narrow(theme.figure(width=0.5, ncols=2)[0], theme.PAGE_INCHES)
