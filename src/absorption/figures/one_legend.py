"""One legend for all panels."""

from matplotlib.figure import Figure


def one_legend(figure: Figure, ncols: int, fontsize: float = 8) -> None:
    """A legend below the panels with what each of them has a label for, panel by panel, each label once.

    >>> from absorption.figures import theme
    >>> figure, panels = theme.figure(ncols=2)
    >>> for panel in panels:
    ...     _ = panel.plot([0, 1], label="tied")
    >>> one_legend(figure, ncols=2)
    >>> [text.get_text() for text in figure.legends[0].get_texts()]
    ['tied']

    Args:
        figure: Its panels are drawn.
        ncols: Columns of the legend.
        fontsize: In points.
    """
    parts = [panel.get_legend_handles_labels() for panel in figure.axes]
    # The first of a label keeps its place; the last one is the artist that is shown, as in a dictionary.
    by_label = {
        label: handle for handles, labels in parts for handle, label in zip(handles, labels, strict=True)
    }
    figure.legend(
        by_label.values(), by_label.keys(), loc="outside lower center", ncols=ncols, fontsize=fontsize
    )
