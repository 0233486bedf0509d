"""The book's Sphinx extension: it works offline, and the ledger and the provenance come from the records."""

import importlib.util
import os
import shutil
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.docutils import SphinxDirective
from sphinx.util.logging import getLogger

from absorption.claims import load_records
from absorption.publish.explorer import gather
from absorption.publish.page.claim import ClaimDirective, PredicatesDirective
from absorption.publish.page.glued import forgive_what_is_not_available
from absorption.publish.page.hover import add_definitions
from absorption.publish.page.interactive import CSS_CLASS
from absorption.publish.page.ledger import MARK as LEDGER
from absorption.publish.page.ledger import as_html
from absorption.publish.page.map import MapDirective
from absorption.publish.page.picture import PictureDirective
from absorption.publish.page.provenance import complaint, provenance
from absorption.publish.page.speed import as_html as speed_as_html
from absorption.runtime.paths import root

LOGGER = getLogger(__name__)
STATIC = Path(__file__).parent / "static"
MATHJAX = "mathjax/tex-svg.js"
PLOT_SCRIPTS = ("plotly.min.js", "plots.js")
EXPLORER_DATA = "explorer-data.js"
EXPLORER_SCRIPTS = (EXPLORER_DATA, "elements.js", "explorer.js")
EXPLORER = '<div class="explorer"><p>This page needs JavaScript; nothing is fetched.</p></div>'


class LedgerDirective(SphinxDirective):
    """`{ledger}`: the table of all claims, from the records in `results/`."""

    def run(self) -> list[nodes.Node]:
        """The table; links are relative to the page that holds it."""
        folder = Path(self.env.docname).parent
        pages = {Path(page).name: os.path.relpath(page, folder) for page in self.env.found_docs}
        records = load_records()
        for record in records:
            if record.claim.id not in pages:
                name = record.claim.id
                LOGGER.warning("results/ holds a record of %s, which has no page; run its notebook.", name)
        return [nodes.raw("", as_html(records, lambda claim: f"{pages.get(claim, '')}.html"), format="html")]


class ExplorerDirective(SphinxDirective):
    """`{explorer}`: the place of the explorer, which a script fills."""

    def run(self) -> list[nodes.Node]:
        """The place, with a sentence for who has no script."""
        return [nodes.raw("", EXPLORER, format="html")]


class SpeedDirective(SphinxDirective):
    """`{speed}`: what `make bench` measured when its table was last committed."""

    def run(self) -> list[nodes.Node]:
        """The table of `benchmarks/table.json`."""
        table = root() / "benchmarks" / "table.json"
        self.env.note_dependency(str(table))
        return [nodes.raw("", speed_as_html(table), format="html")]


def add_repository(app: Sphinx, config: Config) -> None:
    """Links and launch buttons from `repository.url`, or from GitHub where it builds the book."""
    options = config.html_theme_options
    server, name = os.environ.get("GITHUB_SERVER_URL"), os.environ.get("GITHUB_REPOSITORY")
    url = options.get("repository_url") or (f"{server}/{name}" if server and name else "")
    options["repository_url"] = url
    for button in ("use_repository_button", "use_issues_button"):
        options[button] = bool(url)
    if not url:
        options["launch_buttons"] = {}


def add_provenance(app: Sphinx, doctree: nodes.document) -> None:
    """Where a claim's page says what made it, and that it is stale if it is."""
    page = Path(app.env.doc2path(app.env.docname))
    if page.suffix != ".ipynb":
        return
    section = next(iter(doctree.findall(nodes.section)), doctree)
    complained = complaint(page)
    if complained:
        warning = nodes.warning("", nodes.paragraph(text=complained))
        section.insert(1, warning)
    section.append(nodes.raw("", provenance(page), format="html"))


def add_scripts(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Plotly only where there is a figure, the explorer on its page, and nothing of thebe, which declares a constant twice."""
    raw = "" if doctree is None else "".join(node.astext() for node in doctree.findall(nodes.raw))
    for mark, names in ((CSS_CLASS, PLOT_SCRIPTS), (EXPLORER, EXPLORER_SCRIPTS), (LEDGER, ("ledger.js",))):
        if mark in raw:
            for script in names:
                app.add_js_file(script, loading_method="defer")
    scripts = context.get("script_files", [])
    scripts[:] = [script for script in scripts if not _is_thebe(script)]


def copy_scripts(app: Sphinx, error: Exception | None) -> None:
    """MathJax and plotly from the installed packages into the book, and the explorer's data from the results."""
    if error is not None or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    mathjax = _package("sphinx-mathjax-offline") / "static" / "mathjax"
    extensions = "input/tex/extensions"  # loaded on the first use of a rare macro
    (static / "mathjax").mkdir(parents=True, exist_ok=True)
    shutil.copyfile(mathjax / "tex-svg.js", static / MATHJAX)
    shutil.copytree(mathjax / extensions, static / "mathjax" / extensions, dirs_exist_ok=True)
    shutil.copyfile(_package("plotly") / "package_data" / "plotly.min.js", static / "plotly.min.js")
    (static / EXPLORER_DATA).write_text(gather(), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives, the style and the hooks."""
    app.add_directive("ledger", LedgerDirective)
    app.add_directive("explorer", ExplorerDirective)
    app.add_directive("speed", SpeedDirective)
    app.add_directive("claim", ClaimDirective)
    app.add_directive("map", MapDirective)
    app.add_directive("predicates", PredicatesDirective)
    app.add_directive("picture", PictureDirective)
    for sheet in ("book.css", "explorer.css", "first-screen.css"):
        app.add_css_file(sheet)
    app.connect("config-inited", add_repository, priority=100)
    app.connect("builder-inited", lambda app: app.config.html_static_path.append(str(STATIC)), priority=100)
    app.connect("doctree-read", add_provenance)
    app.connect("doctree-resolved", add_definitions)
    app.connect("html-page-context", add_scripts, priority=900)
    app.connect("build-finished", copy_scripts)
    app.config.mathjax_path = MATHJAX
    forgive_what_is_not_available()
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _is_thebe(script: Any) -> bool:
    return "thebe" in str(getattr(script, "filename", script)) or "THEBE" in str(
        getattr(script, "attributes", {}).get("body", "")
    )


def _package(name: str) -> Path:
    """The folder of an installed package, found without importing it."""
    spec = importlib.util.find_spec(name)
    assert spec is not None and spec.origin is not None, f"{name} is not installed"
    return Path(spec.origin).parent
