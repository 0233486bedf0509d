"""What a term means, on hovering over it: the first sentence of its glossary entry as the link's title."""

import re

from docutils import nodes
from sphinx.application import Sphinx

ANCHOR = re.compile(r"#?(term-[^#]+)$")


def add_definitions(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Give every link to a glossary term a title with its meaning."""
    found = [(link, match[1]) for link in doctree.findall(nodes.reference) if (match := _anchor(link))]
    if found:
        meanings = _meanings(app)
        for link, anchor in found:
            if anchor in meanings:
                link["reftitle"] = meanings[anchor]


def _anchor(link: nodes.reference) -> re.Match[str] | None:
    return ANCHOR.search(link.get("refuri", "") or link.get("refid", ""))


def _meanings(app: Sphinx) -> dict[str, str]:
    """Anchor of each term to the first sentence of its definition, read once a build."""
    kept: dict[str, str] | None = getattr(app, "term_meanings", None)
    if kept is None:
        objects = app.env.get_domain("std").get_objects()
        pages = {page for _, _, kind, page, _, _ in objects if kind == "term"}
        kept = {}
        for page in sorted(pages):
            for item in app.env.get_doctree(page).findall(nodes.definition_list_item):
                text = next(item.findall(nodes.definition)).astext().replace("\n", " ")
                sentence = re.split(r"(?<=[.!?]) (?=[A-Z])", text, maxsplit=1)[0]
                kept |= {anchor: sentence for term in item.findall(nodes.term) for anchor in term["ids"]}
        app.term_meanings = kept  # pyright: ignore[reportAttributeAccessIssue]
    return kept
