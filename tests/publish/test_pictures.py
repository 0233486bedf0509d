"""Figures lose bytes and not what they show, and a page shows them where it names them."""

import base64
import io
import re

import nbformat
import numpy as np
import pytest
from PIL import Image
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

from absorption.figures.pictures import LARGEST_ERROR, PREVIEW, with_palette
from absorption.figures.present import GLUED_PNG
from absorption.publish.page.picture import PictureDirective
from absorption.publish.run.scrub import scrub


def encoded(pixels):
    raw = io.BytesIO()
    Image.fromarray(pixels).save(raw, "PNG")
    return base64.b64encode(raw.getvalue()).decode()


def pixels_of(png, mode="RGB"):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(png))).convert(mode)).astype(int)


def drawn(width=300):
    ramp = np.zeros((200, width, 4), dtype=np.uint8)
    ramp[..., 0] = np.linspace(0, 255, width)
    ramp[..., 1] = np.linspace(255, 0, width)
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


def kept(name, alt="A ramp."):
    marks = {"scrapbook": {"name": name, "mime_prefix": GLUED_PNG.removesuffix("image/png")}}
    size = {"image/png": {"alt": alt, "width": 300, "height": 200}}
    return nbformat.v4.new_output(
        "display_data", {GLUED_PNG: drawn(150 if name.endswith("narrow") else 300)}, metadata=marks | size
    )


def notebook(markdown, outputs):
    cells = [nbformat.v4.new_markdown_cell(markdown), nbformat.v4.new_code_cell("", outputs=outputs)]
    return nbformat.v4.new_notebook(cells=cells)


def test_what_is_published_has_small_kept_pictures_and_no_copy_for_who_ran_it():
    preview = nbformat.v4.new_output("display_data", {"image/png": drawn()}, metadata={PREVIEW: True})
    run = notebook("", [preview, kept("ramp")])
    scrub(run, {})
    (output,) = run.cells[1].outputs
    assert output.data[GLUED_PNG] == with_palette(drawn()) != drawn()


@pytest.fixture
def page(tmp_path):
    """Builds one page and gives its HTML and what the build complained about."""

    def build(markdown, outputs, files=()):
        (tmp_path / "source").mkdir()
        for name in files:
            (tmp_path / "source" / name).write_text(
                f"<svg xmlns='http://www.w3.org/2000/svg'><title>{name}</title></svg>", encoding="utf-8"
            )
        nbformat.write(notebook(markdown, outputs), tmp_path / "source" / "index.ipynb")
        complaints = io.StringIO()
        with docutils_namespace():
            app = Sphinx(
                tmp_path / "source", None, tmp_path / "html", tmp_path / "doctrees", "html", status=None, warning=complaints,
                confoverrides={"extensions": ["myst_nb"], "nb_execution_mode": "off", "html_theme": "basic"},
            )  # fmt: skip
            app.add_directive("picture", PictureDirective)
            app.build()
        return (tmp_path / "html" / "index.html").read_text(encoding="utf-8"), complaints.getvalue()

    return build


PICTURE = """# Page

```{picture} ramp
A caption with *stress*.
```
"""


def test_the_top_of_a_page_shows_both_forms_of_what_a_later_cell_keeps(page):
    html, complaints = page(PICTURE, [kept("ramp"), kept("ramp_narrow")])
    figure = html[html.index("<figure") : html.index("</figure>")]
    assert not complaints
    images = re.findall("<img[^>]*>", figure)
    assert len(set(re.findall('src="([^"]*)"', figure))) == 2
    for image, form in zip(images, ("only-wide", "only-narrow"), strict=True):
        assert f'class="{form}"' in image and 'alt="A ramp."' in image
    assert figure.count("<figcaption") == 1 and "<em>stress</em>" in figure


def test_one_form_is_shown_on_every_screen_and_the_page_may_choose_its_words(page):
    html, complaints = page(PICTURE.replace("\nA cap", "\n:alt: Other words.\nA cap"), [kept("ramp")])
    assert not complaints and "only-" not in html and 'alt="Other words."' in html


DRAWN = PICTURE.replace("{picture} ramp", "{picture} arrows.svg\n:alt: Two arrows.")


def test_a_drawn_picture_has_its_narrow_form_beside_it(page):
    html, complaints = page(DRAWN, [], ["arrows.svg", "arrows-narrow.svg"])
    images = re.findall("<img[^>]*>", html)
    assert not complaints and len(images) == 2
    for image, form, name in zip(
        images, ("only-wide", "only-narrow"), ("arrows", "arrows-narrow"), strict=True
    ):
        assert (
            f'class="{form}"' in image
            and f'src="_images/{name}.svg"' in image
            and 'alt="Two arrows."' in image
        )


@pytest.mark.parametrize(
    ("markdown", "outputs", "sentence"),
    [
        (PICTURE, [], "shows a picture 'ramp' that no cell presents"),
        (DRAWN, [], "shows a picture 'arrows.svg' that is no file"),
        (PICTURE, [kept("ramp", alt="")], "Picture 'ramp' needs :alt:"),
        (
            PICTURE.replace("A caption with *stress*.\n", ""),
            [kept("ramp")],
            "needs a caption of one paragraph",
        ),
    ],
)
def test_a_picture_that_is_not_whole_fails_the_build_with_a_sentence(page, markdown, outputs, sentence):
    html, complaints = page(markdown, outputs)
    assert "WARNING" in complaints and sentence in complaints and "<figure" not in html
