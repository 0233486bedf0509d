"""`{picture}`: a figure, in the form that the reader's screen has room for."""

from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from myst_nb.core.variables import RetrievalError, render_variable_outputs
from myst_nb.ext.glue.utils import retrieve_glue_data
from sphinx.util.docutils import SphinxDirective
from sphinx.util.logging import getLogger

LOGGER = getLogger(__name__)
PNG = "image/png"


class PictureDirective(SphinxDirective):
    """`{picture} name`: both forms of what `present(name, …)` kept, with one caption.

    `{picture} folder/name.svg` shows a drawn file, and `folder/name-narrow.svg` on a phone where there is one.
    Options: `:alt:` what the figure shows, in words (else the words given to `present`); `:name:` for references.
    """

    required_arguments = 1
    has_content = True
    option_spec: ClassVar = {"alt": directives.unchanged, "name": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        """The figure; a warning, which fails the build, where there is none or no words for it."""
        name = self.arguments[0]
        forms = self._drawn(name) if Path(name).suffix else self._presented(name)
        if not forms:
            return self._refuse(
                f"This page shows a picture {name!r} that is no file."
                if Path(name).suffix
                else f"This page shows a picture {name!r} that no cell presents: call present({name!r}, figure, alt) "
                "in one, and run the notebook again."
            )
        alt = " ".join(self.options.get("alt", forms[0].get("alt", "")).split())
        if not alt:
            return self._refuse(f"Picture {name!r} needs :alt:, what it shows, in words.")
        caption = self._caption()
        if caption is None:
            return self._refuse(f"Picture {name!r} needs a caption of one paragraph.")
        figure = nodes.figure("", classes=["picture"])
        for form, css_class in zip(forms, ("only-wide", "only-narrow"), strict=False):
            form["alt"] = alt
            form["classes"] += [css_class] if len(forms) > 1 else []
            figure += form
        self.set_source_info(figure)
        self.add_name(figure)
        figure += caption
        return [figure]

    def _presented(self, name: str) -> list[nodes.Element]:
        """The images that the page's notebook holds under this name, the wide one first."""
        images = []
        for key in (name, f"{name}_narrow"):
            try:
                kept = retrieve_glue_data(self.state.document, key)
            except RetrievalError:
                continue
            if PNG not in kept.data:
                continue
            alt = kept.metadata.get(PNG, {}).get("alt", "")
            source, line = self.get_source_info()
            rendered = render_variable_outputs(
                [kept], self.state.document, line, source, render={"image": {"alt": alt}}
            )
            images += [image for node in rendered for image in node.findall(nodes.image)]
        return images

    def _drawn(self, name: str) -> list[nodes.Element]:
        """The images of a file beside the page and of its narrow form."""
        wide = Path(name)
        images: list[nodes.Element] = []
        for each in (wide, wide.with_stem(f"{wide.stem}-narrow")):
            _, path = self.env.relfn2path(each.as_posix())
            if Path(path).exists():
                images.append(nodes.image(uri=each.as_posix()))
        return images

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
