"""`{picture}`: a figure that a cell of the page presents, in the form that the reader's screen has room for."""

from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from myst_nb.core.variables import RetrievalError, VariableOutput, render_variable_outputs
from myst_nb.ext.glue.utils import retrieve_glue_data
from sphinx.util.docutils import SphinxDirective
from sphinx.util.logging import getLogger

LOGGER = getLogger(__name__)
PNG = "image/png"


class PictureDirective(SphinxDirective):
    """`{picture} name`: both forms of what `present(name, …)` kept, with one caption.

    Options: `:alt:` what the figure shows, in words (else the words given to `present`); `:name:` for references.
    """

    required_arguments = 1
    has_content = True
    option_spec: ClassVar = {"alt": directives.unchanged, "name": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        """The figure; a warning, which fails the build, where there is none or no words for it."""
        name = self.arguments[0]
        wide, narrow = self._kept(name), self._kept(f"{name}_narrow")
        if wide is None:
            return self._refuse(
                f"This page shows a picture {name!r} that no cell presents: call present({name!r}, figure, alt) in one, "
                "and run the notebook again."
            )
        alt = " ".join(self.options.get("alt", wide.metadata.get(PNG, {}).get("alt", "")).split())
        if not alt:
            return self._refuse(f"Picture {name!r} needs :alt:, what it shows, in words.")
        caption = self._caption()
        if caption is None:
            return self._refuse(f"Picture {name!r} needs a caption of one paragraph.")
        figure = nodes.figure("", classes=["picture"])
        figure += self._image(wide, alt, "only-wide" if narrow else None)
        if narrow is not None:
            figure += self._image(narrow, alt, "only-narrow")
        self.set_source_info(figure)
        self.add_name(figure)
        figure += caption
        return [figure]

    def _kept(self, key: str) -> VariableOutput | None:
        try:
            return retrieve_glue_data(self.state.document, key)
        except RetrievalError:
            return None

    def _image(self, kept: VariableOutput, alt: str, css_class: str | None) -> nodes.Element:
        source, line = self.get_source_info()
        rendered = render_variable_outputs(
            [kept], self.state.document, line, source, render={"image": {"alt": alt}}
        )
        images = [image for node in rendered for image in node.findall(nodes.image)]
        if css_class is not None:
            images[0]["classes"].append(css_class)
        return images[0]

    def _caption(self) -> nodes.caption | None:
        """The content, which is one paragraph; roles in it work."""
        parsed = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, parsed)
        if len(parsed) != 1 or not isinstance(parsed[0], nodes.paragraph):
            return None
        first = parsed[0]
        caption = nodes.caption(first.astext(), "", *first.children)
        caption.source, caption.line = first.source, first.line
        return caption

    def _refuse(self, sentence: str) -> list[nodes.Node]:
        LOGGER.warning(sentence, location=self.get_location())
        return []
