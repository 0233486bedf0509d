"""`{claim}` and `{predicates}`: the first screen of a claim's page, rendered from its record."""

from html import escape
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from absorption.claims import Record
from absorption.claims.ledger import lines
from absorption.publish.page.ledger import badge, chips
from absorption.publish.page.predicates import findings_table, predicates_table, reason
from absorption.publish.page.provenance import record_of


class OfRecord(SphinxDirective):
    """A directive that renders a part of the record of the page that it stands on."""

    def record(self) -> Record | None:
        """The page's record, or nothing where the notebook was never run."""
        page = Path(self.env.doc2path(self.env.docname))
        record = record_of(page)
        if record is not None:
            self.env.note_dependency(str(record.path))
        return record

    def parsed(self, text: str) -> list[nodes.Node]:
        """MyST text as nodes."""
        holder = nodes.Element()
        self.state.nested_parse(StringList(text.splitlines(), self.env.docname), self.content_offset, holder)
        return holder.children


class ClaimDirective(OfRecord):
    """`{claim}`: the source's words, the verdict of each tier, and what was found in one sentence."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """A box; what stands inside the directive follows the sentence from the record."""
        record = self.record()
        box = nodes.container(classes=["claim-box"])
        if record is None:
            box += self.parsed("This page has not been run.")
            return [box]
        for number, quotation in enumerate(record.claim.quotations):
            words = quotation.words.replace("*", r"\*").replace("_", r"\_").replace("$", r"\$")
            box += self.parsed(f"**{'Also' if number else 'Claim'}** “{words}”")
            source = nodes.container(classes=["claim-source"])
            source += self.parsed(f"{{cite:t}}`{quotation.source}`, {quotation.place}")
            box += source
        for line in lines([record]):
            why = f'<span class="claim-why">{escape(reason(line.record.why[line.tier], line.verdict))}</span>'
            html = f'<p class="claim-verdict">{badge(line.verdict, line.sign)} {chips(line)} {why}</p>'
            box += nodes.raw("", html, format="html")
        found = nodes.paragraph(classes=["claim-found"])
        found += nodes.Text(record.found)
        box += found
        if self.content:
            box += self.parsed("\n".join(self.content))
        return [box]


class PredicatesDirective(OfRecord):
    """`{predicates}`: what was required, what was measured, what came out; findings folded below."""

    def run(self) -> list[nodes.Node]:
        """Two tables as HTML, which need no script."""
        record = self.record()
        if record is None:
            return []
        return [nodes.raw("", predicates_table(record) + findings_table(record), format="html")]
