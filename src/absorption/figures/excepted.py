"""Encoder rows with exceptions: one letter's read against its words, what rows read along latents that lean towards their letter, how many they hold."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy import ndarray

from absorption.figures import theme
from absorption.figures.forms import curves
from absorption.figures.palette import COLORS
from absorption.figures.series import Series


def row_read(
    axes: Axes,
    rest: Float[ndarray, " word"],
    along: Float[ndarray, " word"],
    absorbed: Bool[ndarray, " word"],
    letter: str,
) -> None:
    """A dot for each word; the latent fires above the slanted line. Right of the upright one it would fire without what it reads along the other latent.

    >>> from absorption.figures import theme
    >>> figure, axes = theme.figure()
    >>> rest, along = np.array([1.0, 1.0, -1.0]), np.array([0.0, -2.0, 0.0])
    >>> row_read(axes, rest, along, np.array([False, True, False]), "S")
    >>> [len(dots.get_offsets()) for dots in axes.collections]  # fires, silent, absorbed
    [1, 1, 1]

    Args:
        axes: Where to draw.
        rest: The pre-activation without that part, less the threshold.
        along: That part; the two together are above 0 where the latent fires.
        absorbed: Which words are absorbed.
        letter: Its name.
    """
    fires = rest + along > 0
    left, right = 1.05 * min(rest.min(), -0.1), 1.05 * max(rest.max(), 0.1)
    low, high = 1.08 * min(along.min(), -0.05), 1.1 * max(along.max(), 0.05)
    axes.fill(
        [0, right, right, 0], [0, -right, low - right, low - right], color=COLORS["child"], alpha=0.1, lw=0
    )
    looks = (
        (fires, f"the {letter} latent fires", "parent", "o", 8),
        (~fires & ~absorbed, "silent, not absorbed", "light", "o", 8),
        (absorbed, "absorbed", "child", "s", 14),
    )
    for these, label, role, marker, size in looks:
        axes.scatter(
            rest[these], along[these], s=size, marker=marker, color=COLORS[role], label=label, alpha=0.8, lw=0
        )
    axes.plot([left, right], [-left, -right], color=COLORS["reference"], lw=1)
    axes.axvline(0, color=COLORS["reference"], lw=1, ls="--")
    axes.set(
        xlim=(left, right),
        ylim=(low, high),
        xlabel="reads of all else, less the threshold",
        ylabel="reads along the other latent",
    )


def rows_by_leaning(
    axes: Axes,
    lean: Float[ndarray, " latent"],
    reads: Float[ndarray, " latent"],
    absorbs: Bool[ndarray, " latent"],
    width: float = 0.1,
    least: int = 5,
) -> None:
    """A dot for each latent, and means of absorbers and of others over so wide a step of leaning, where there are so many.

    >>> from absorption.figures import theme
    >>> figure, axes = theme.figure()
    >>> lean = np.linspace(0, 0.5, 40)
    >>> rows_by_leaning(axes, lean, -lean, np.arange(40) % 2 == 0, least=2)
    >>> [len(line.get_xdata()) for line in axes.lines[1:]]
    [6, 6]

    Args:
        axes: Where to draw.
        lean: How far each latent's decoder row leans towards the letter's: a cosine.
        reads: The cosine of the letter's encoder row with the rest of it.
        absorbs: Which latents absorb a word of the letter.
        width: Of a step. least: latents in it.
    """
    axes.axhline(0, color=COLORS["reference"], lw=0.8)
    steps = np.round(lean / width).astype(int)
    looks = ((~absorbs, "active where the latent fires", "light", "o"), (absorbs, "absorbers", "child", "s"))
    for these, _, role, marker in looks:
        size, alpha = (3, 0.15) if role == "light" else (8, 0.5)
        axes.scatter(lean[these], reads[these], s=size, marker=marker, color=COLORS[role], alpha=alpha, lw=0)
    for these, label, role, marker in looks:
        kept = [step for step in np.unique(steps) if (these & (steps == step)).sum() >= least]
        means = [reads[these & (steps == step)].mean() for step in kept]
        color = COLORS["parent" if role == "light" else role]
        axes.plot(np.array(kept) * width, means, marker=marker, ms=5, color=color, label=f"{label}, means")
    axes.set(
        xlabel="cosine of decoder rows: it leans towards the letter's",
        ylabel="encoder row reads along the rest of it",
    )


def read_and_leaning(
    words: Mapping[str, ndarray],
    latents: Mapping[str, ndarray],
    letter: str,
    titles: Sequence[str],
    height: float = 3.9,
) -> Figure:
    """`row_read` beside `rows_by_leaning`, each with its legend below.

    >>> words = dict(rest=np.ones(2), along=np.array([0.0, -2.0]), absorbed=np.array([False, True]))
    >>> latents = dict(lean=np.zeros(8), reads=np.zeros(8), absorbs=np.arange(8) < 4)
    >>> drawn = read_and_leaning(words, latents, "S", ("read", "leaning"))
    >>> [axes.get_title() or axes.get_title("left") for axes in drawn.axes]
    ['read', 'leaning']

    Args:
        words: What `row_read` is given, `[word]` each.
        latents: What `rows_by_leaning` is given, `[latent]` each.
        letter: Whose words they are.
        titles: Of both panels.
        height: Of the figure, in inches.
    """
    figure, axes = theme.figure(height=height, ncols=2)
    row_read(axes[0], letter=letter, **words)
    rows_by_leaning(axes[1], latents["lean"], latents["reads"], latents["absorbs"])
    for panel, title in zip(axes, titles, strict=True):
        panel.set_title(title)
        panel.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), fontsize=8, ncols=2)
    return figure


def told_by_density(
    axes: Axes,
    densities: Sequence[float],
    rows: Sequence[Series],
    fine: Float[ndarray, " place"],
    predicted: Float[ndarray, " place"],
) -> None:
    """How many words rows of the encoder read rightly, by exceptions a dimension, beside a prediction (dotted).

    >>> from absorption.figures import theme
    >>> figure, axes = theme.figure()
    >>> rows = [Series("trained", "parent", np.array([1.0, 0.6]))]
    >>> told_by_density(axes, (0.125, 0.5), rows, np.array([0.125, 0.5]), np.array([0.9, 0.7]))
    >>> [label.get_text() for label in axes.get_xticklabels()]
    ['1/8', '1/2']

    Args:
        axes: Where to draw.
        densities: Exceptions a dimension, at which the rows were read.
        rows: Shares of words.
        fine: Exceptions a dimension, at which a share is `predicted`.
    """
    curves(axes, np.array(densities), rows, "exceptions a dimension", "words read rightly", log="x")
    axes.plot(fine, predicted, ":", color=COLORS["reference"], label="predicted for their sum")
    axes.set_xticks(densities, [f"1/{round(1 / at)}" for at in densities])
    axes.minorticks_off()
    axes.set_ylim(0.45, 1.02)
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize=8)
