"""A finished figure for the page: its wide and its narrow form, kept under a name that `{picture}` shows."""

import base64
import io

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from absorption.figures.narrow import lay_out, needs_narrow, stacked
from absorption.figures.pictures import PREVIEW
from absorption.figures.theme import DOTS_PER_INCH, PAGE_INCHES

SHARPNESS = 2
"""Dots of the picture for a pixel of the page."""

GLUED_PNG = "application/papermill.record/image/png"


def present(name: str, figure: Figure, alt: str) -> None:
    """Keep a figure for the page under `name` (and `<name>_narrow` for phones), and close it.

    `{picture} name` shows it, anywhere on the same page. A notebook that is run by hand shows it here as well.

    >>> from absorption.figures import theme
    >>> figure, axes = theme.figure(width=0.5)
    >>> present("delta", figure, alt="δ rises with λ")  # outside a notebook it is printed  # doctest: +ELLIPSIS
    {'image/png': ...
    {'application/papermill.record/image/png': ...

    Args:
        name: What the page calls it; once a page.
        figure: A finished figure, made with `theme.figure`.
        alt: What the figure shows, in words, for who cannot see it.

    Raises:
        ValueError: there is no alt text.
    """
    if not alt.strip():
        raise ValueError(f"Figure {name!r} needs an alt text: what it shows, in words.")
    wide = png(figure)
    _display(wide, alt, {PREVIEW: True})
    _display(wide, alt, {"scrapbook": _scrapbook(name)}, GLUED_PNG)
    if needs_narrow(figure, PAGE_INCHES):
        _display(png(stacked(figure)), alt, {"scrapbook": _scrapbook(f"{name}_narrow")}, GLUED_PNG)
    plt.close(figure)


def png(figure: Figure) -> bytes:
    """The figure as a PNG at two dots a pixel; the same figure gives the same bytes.

    >>> from absorption.figures import theme
    >>> png(theme.figure(width=0.5)[0])[1:4]
    b'PNG'
    """
    lay_out(figure)
    engine = figure.get_layout_engine()
    figure.set_layout_engine("none")  # or saving would lay it out four times more
    written = io.BytesIO()
    figure.savefig(
        written, format="png", dpi=SHARPNESS * DOTS_PER_INCH, bbox_inches="tight", metadata={"Software": None}
    )
    figure.set_layout_engine(engine)
    return written.getvalue()


def _display(picture: bytes, alt: str, marks: dict[str, object], mime: str = "image/png") -> None:
    """Put a picture into the cell's output, as `myst_nb.glue` does, with the size at which it is shown."""
    from IPython.display import display

    wide, high = (int.from_bytes(picture[at : at + 4], "big") // SHARPNESS for at in (16, 20))
    bundle = {mime: base64.b64encode(picture).decode()}
    display(bundle, raw=True, metadata={"image/png": {"alt": alt, "width": wide, "height": high}} | marks)


def _scrapbook(name: str) -> dict[str, str]:
    return {"name": name, "mime_prefix": GLUED_PNG.removesuffix("image/png")}
