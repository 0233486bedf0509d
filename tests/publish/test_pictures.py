"""Figures lose bytes and not what they show."""

import base64
import io

import numpy as np
from PIL import Image

from absorption.figures.pictures import LARGEST_ERROR, with_palette


def encoded(pixels):
    raw = io.BytesIO()
    Image.fromarray(pixels).save(raw, "PNG")
    return base64.b64encode(raw.getvalue()).decode()


def pixels_of(png, mode="RGB"):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(png))).convert(mode)).astype(int)


def drawn():
    ramp = np.zeros((200, 300, 4), dtype=np.uint8)
    ramp[..., 0] = np.linspace(0, 255, 300)
    ramp[..., 1] = np.linspace(255, 0, 300)
    ramp[50:60, :, :3] = 20
    ramp[..., 3] = 255
    noise = np.random.default_rng(0).integers(0, 3, ramp[..., :3].shape)
    ramp[..., :3] = np.minimum(255, ramp[..., :3] + noise)
    return encoded(ramp)


def test_a_figure_is_smaller_looks_the_same_and_is_left_alone_the_second_time():
    before = drawn()
    after = with_palette(before)
    assert len(after) < 0.6 * len(before)
    assert np.abs(pixels_of(before) - pixels_of(after)).max() <= LARGEST_ERROR
    np.testing.assert_array_equal(pixels_of(with_palette(after)), pixels_of(after))


def test_what_would_show_is_kept_as_it_is():
    noise = encoded(np.random.default_rng(0).integers(0, 256, (80, 80, 3), dtype=np.uint8))
    assert with_palette(noise) == noise
    clear = np.zeros((10, 10, 4), dtype=np.uint8)
    assert with_palette(encoded(clear)) == encoded(clear)
