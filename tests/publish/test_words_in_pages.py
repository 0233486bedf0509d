"""What a page's words carry with them: the meaning of a term, and a number that may be missing."""

import io
import re

import pytest
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

from absorption.publish.page.glued import number_or_words
from absorption.publish.page.hover import add_definitions

PAGE = """# Page

An {term}`animal` and another {term}`beast <animal>`, not a {doc}`glossary`.
"""
GLOSSARY = """# Glossary

```{glossary}
animal
  Something that breathes. It may be an elephant.

elephant
  An animal.
```
"""


def test_a_term_says_what_it_means_on_every_page(tmp_path):
    for name, text in (("index", PAGE + "\n```{toctree}\nglossary\n```\n"), ("glossary", GLOSSARY)):
        (tmp_path / f"{name}.md").write_text(text, encoding="utf-8")
    complaints = io.StringIO()
    with docutils_namespace():
        app = Sphinx(
            tmp_path, None, tmp_path / "html", tmp_path / "doctrees", "html", status=None, warning=complaints,
            confoverrides={"extensions": ["myst_nb"], "nb_execution_mode": "off", "html_theme": "basic"},
        )  # fmt: skip
        app.connect("doctree-resolved", add_definitions)
        app.build()
    assert not complaints.getvalue()
    html = (tmp_path / "html" / "index.html").read_text(encoding="utf-8")
    links = re.findall(r"<a class=\"reference internal\" href=\"glossary.html#term-animal\"[^>]*>", html)
    assert len(links) == 2 and all('title="Something that breathes."' in link for link in links)
    assert html.count('title="Something') == 2


@pytest.mark.parametrize(
    ("glued", "form", "words"),
    [
        ("0.256", ".0%", "26%"),
        ("'not available'", ".0%", "not available"),
        ("'not available'", "s", "not available"),
        ("'many'", "s", "many"),
    ],
)
def test_a_number_that_is_not_available_is_said_and_formats_the_rest(glued, form, words):
    assert number_or_words(glued, form) == words


def test_other_words_where_a_number_should_stand_are_still_refused():
    with pytest.raises(ValueError, match="many"):
        number_or_words("'many'", ".0%")
