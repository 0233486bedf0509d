"""`{room} worlds`: the reference of a room, a section for each of its modules, written from their docstrings.

Which modules there are is read from the folder, so that a new one appears by itself and none is listed by hand.
"""

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from absorption.runtime.reach import PACKAGE, modules, package_folder

AUTOMODULE = """```{{eval-rst}}
.. automodule:: {name}
   :members:
   :member-order: bysource
   :show-inheritance:
```"""


def modules_of(room: str) -> list[str]:
    """The public modules of a room, those of its subfolders too, in alphabetical order.

    >>> modules_of("worlds")[:2]
    ['absorption.worlds.hierarchies', 'absorption.worlds.language']

    Args:
        room: Name of a folder of the package, such as `worlds`.
    """
    files = modules(package_folder())
    inside = [name for name in files if name.startswith(f"{PACKAGE}.{room}.")]
    return sorted(
        name for name in inside if files[name].name != "__init__.py" and "._" not in name
    )


class RoomDirective(SphinxDirective):
    """`{room} worlds`: a heading for each module of the room; below it what is public, in the order of the source."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """One section a module.

        Raises:
            DirectiveError: there is no such room.
        """
        room = self.arguments[0]
        names = modules_of(room)
        if not names:
            raise self.error(f"src/{PACKAGE}/ has no room {room!r}.")
        return [self._section(name, name.removeprefix(f"{PACKAGE}.{room}.")) for name in names]

    def _section(self, name: str, heading: str) -> nodes.section:
        section = nodes.section(names=[name], ids=[nodes.make_id(f"room-{heading}")])
        section += nodes.title("", "", nodes.literal("", heading))
        self.state.nested_parse(StringList(AUTOMODULE.format(name=name).splitlines(), name), 0, section)
        self.env.note_dependency(str(modules(package_folder())[name]))
        return section


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.setup_extension("sphinx.ext.autodoc")
    app.add_directive("room", RoomDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
