"""`{room} worlds`: the reference of a room, a section for each of its modules, written from their docstrings.

Which modules there are is read from the folder, so that a new one appears by itself and none is listed by hand.
"""

from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.addnodes import desc_annotation, desc_sig_literal_string
from sphinx.application import Sphinx
from sphinx.errors import PycodeError
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxDirective

from absorption.runtime.reach import PACKAGE, modules, package_folder

AUTOMODULE = "```{{eval-rst}}\n.. automodule:: {name}\n   :members:\n   :member-order: bysource\n```"
LONGEST = 120  # characters of a constant's value that are shown
COLON = "\ue000"  # stands in for one, in a private place of Unicode


def modules_of(room: str) -> list[str]:
    """The public modules of a room, those of its subfolders too, in alphabetical order.

    >>> modules_of("worlds")[:2]
    ['absorption.worlds.hierarchies', 'absorption.worlds.language']
    """
    files = modules(package_folder())
    inside = [name for name in files if name.startswith(f"{PACKAGE}.{room}.") and "._" not in name]
    return sorted(name for name in inside if files[name].name != "__init__.py")


class RoomDirective(SphinxDirective):
    """`{room} worlds`: for each of its modules a heading, and what is public in the order of the source."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """One section a module, and an error where there is no such room."""
        room = self.arguments[0]
        if not (names := modules_of(room)):
            raise self.error(f"src/{PACKAGE}/ has no room {room!r}.")
        for (
            mocked
        ) in self.config.autodoc_mock_imports:  # or autodoc would import it after all, for its source
            ModuleAnalyzer.cache["module", mocked] = PycodeError("not read")
        return [self._section(name, name.removeprefix(f"{PACKAGE}.{room}.")) for name in names]

    def _section(self, name: str, heading: str) -> nodes.section:
        section = nodes.section(names=[name], ids=[nodes.make_id(f"room-{heading}")])
        section += nodes.title("", "", nodes.literal("", heading))
        self.state.nested_parse(StringList(AUTOMODULE.format(name=name).splitlines(), name), 0, section)
        for shape in section.findall(desc_sig_literal_string):  # shapes are quoted as in the source
            shape[:] = [nodes.Text(shape.astext().replace("'", '"'))]
        for value in [each for each in section.findall(desc_annotation) if len(each.astext()) > LONGEST]:
            value.parent.remove(value)
        return section


def hide_colon(_app: Sphinx, what: str, _name: str, _object: Any, _options: Any, lines: list[str]) -> None:
    """Napoleon would take the words before a colon for the type of a field."""
    if what in ("attribute", "data", "property") and lines:
        lines[0] = lines[0].replace(":", COLON)


def show_colon(_app: Sphinx, _what: str, _name: str, _object: Any, _options: Any, lines: list[str]) -> None:
    """Put it back when napoleon is through."""
    lines[:] = [line.replace(COLON, ":") for line in lines]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive and the hooks about napoleon's, which has priority 500."""
    app.add_directive("room", RoomDirective)
    app.connect("autodoc-process-docstring", hide_colon, priority=400)
    app.connect("autodoc-process-docstring", show_colon, priority=600)
    app.add_css_file("api.css")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
