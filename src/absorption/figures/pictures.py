"""Figures as small as they can be: a palette of few colours instead of four bytes a pixel."""

import base64
import io

from PIL import Image, UnidentifiedImageError

PREVIEW = "absorption_preview"
"""Marks the copy that whoever runs a notebook by hand sees at once; the published notebook is without it."""

LARGEST_ERROR = 28
"""Levels of 255 by which a pixel may change, which only the soft edges of letters and lines do; smooth pictures that would
change more are kept as they are."""

PALETTES = (64, 256)
"""Numbers of colours, of which the first that keeps every pixel near is taken; 64 make a picture of lines a fifth smaller."""


def with_palette(png: str) -> str:
    """A PNG (base64) drawn with at most 256 colours, about a quarter of the size; unchanged where that would show.

    What is transparent, would not get smaller or is no picture is returned as it came.

    >>> from absorption.figures import present, theme
    >>> drawn = base64.b64encode(present.png(theme.figure(width=0.5)[0])).decode()
    >>> len(with_palette(drawn)) < len(drawn) / 2
    True
    """
    import numpy as np

    raw = base64.b64decode(png)
    try:
        Image.open(io.BytesIO(raw))
    except UnidentifiedImageError:
        return png
    with Image.open(io.BytesIO(raw)) as opened:
        if "A" in opened.getbands() and opened.getchannel("A").getextrema()[0] < 255:  # pyright: ignore[reportOperatorIssue]
            return png
        picture = opened.convert("RGB")
    pixels = np.asarray(picture, dtype=np.int16)
    for colours in PALETTES:
        small = picture.quantize(colours, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        packed = io.BytesIO()
        small.save(packed, "PNG", optimize=True)
        change = np.abs(pixels - np.asarray(small.convert("RGB"), dtype=np.int16)).max()
        if change <= LARGEST_ERROR and packed.tell() < len(raw):
            return base64.b64encode(packed.getvalue()).decode() + "\n"
    return png
