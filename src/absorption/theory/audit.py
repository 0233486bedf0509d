"""Everything that the page asks the machine, and the answers: propositions, their broken copies, false statements, the print's general p."""

from dataclasses import dataclass

import sympy as sp

from absorption.theory.catalogue import propositions
from absorption.theory.falsehoods import falsehoods
from absorption.theory.machine import check, check_parts
from absorption.theory.penalties import cheapest_at_the_end
from absorption.theory.rendering import counterexamples, directive, encodings
from absorption.theory.statement import Finding, Proposition, Statement

COUNTED = (sp.Rational(1, 2), sp.Integer(1), sp.Integer(2), sp.Integer(3), sp.Integer(4))
"""Exponents at which the print's conclusion is asked with decoder length counted. Between them z3 takes minutes."""


@dataclass(frozen=True)
class Audit:
    """What was asked and what was answered; dictionaries by the label of a proposition, or by the words of a statement.

    >>> from absorption.theory.theorem import theorem
    >>> one = theorem()
    >>> audit = Audit({one.label: one}, {one.label: check_parts(one)}, (), {}, {}, {}, {})
    >>> audit.encodings(), audit.unproved(), audit.sentences(), audit.sentences(by_hand=True)
    (7, 0, 4, 0)
    """

    propositions: dict[str, Proposition]
    found: dict[str, dict[str, Finding]]
    broken: tuple[Finding, ...]
    false: dict[str, Statement]
    refuted: dict[str, Finding]
    counted: dict[str, Statement]
    at_exponent: dict[str, Finding]

    @classmethod
    def run(cls) -> "Audit":
        """Ask everything; about eight seconds."""
        made = {p.label: p for p in propositions()}
        false = {s.words: s for s in falsehoods()}
        counted = {s.words: s for s in map(cheapest_at_the_end, COUNTED)}
        return cls(
            made,
            {label: check_parts(p) for label, p in made.items()},
            tuple(check(part.broken()) for p in made.values() for part in p.parts),
            false,
            {words: check(statement) for words, statement in false.items()},
            counted,
            {words: check(statement) for words, statement in counted.items()},
        )

    def encodings(self, *labels: str) -> int:
        """How many encodings these propositions rest on; all of them without labels."""
        return sum(len(self.found[label]) for label in labels or self.found)

    def unproved(self, *labels: str) -> int:
        """How many of them the machine did not prove."""
        findings = (f for label in labels or self.found for f in self.found[label].values())
        return sum(finding.outcome != "proved" for finding in findings)

    @property
    def broken_missed(self) -> int:
        """Broken copies that were not refuted."""
        return sum(finding.outcome != "refuted" for finding in self.broken)

    @property
    def falsehoods_missed(self) -> int:
        """False statements without a counterexample."""
        return sum(f.outcome != "refuted" or not f.counterexample for f in self.refuted.values())

    @property
    def exponents_refuted(self) -> int:
        """Exponents at which the print's conclusion was not proved, decoder length counted."""
        return sum(finding.outcome != "proved" for finding in self.at_exponent.values())

    def counts(self) -> dict[str, tuple[int, str]]:
        """What was not proved or not refuted, by its name, and of how many: the theorem, length counted, the best of all, everything, controls."""
        theorem, best = ("thm-delta", "prop-exponents"), "prop-global"
        return {
            "theorem_unproved": (self.unproved(*theorem), f"of {self.encodings(*theorem)} encodings"),
            "counted_refuted": (self.exponents_refuted, f"of {len(self.counted)} exponents"),
            "best_unproved": (self.unproved(best), f"of {self.encodings(best)} encodings"),
            "unproved": (self.unproved(), f"of {self.encodings()} encodings"),
            "falsehoods_missed": (self.falsehoods_missed, f"of {len(self.false)} false statements"),
            "broken_missed": (self.broken_missed, f"of {len(self.broken)} broken encodings"),
        }

    def sentences(self, by_hand: bool = False) -> int:
        """How many sentences the propositions have; only those that leave a step to the reader, if asked."""
        every = (sentence for p in self.propositions.values() for sentence in p.sentences)
        return sum(bool(sentence.by_hand) or not by_hand for sentence in every)

    def sizes(self) -> dict[str, int]:
        """How many of everything, by name: propositions beside theorem and corollary, sentences, encodings, steps by hand, false statements."""
        return {
            "n_others": len(self.propositions) - 2, "n_sentences": self.sentences(), "n_encodings": self.encodings(),
            "n_by_hand": self.sentences(by_hand=True), "n_false": len(self.false),
        }  # fmt: skip

    def statement(self, label: str) -> str:
        """One proposition as Markdown."""
        return directive(self.propositions[label])

    def statements(self) -> str:
        """The propositions beside theorem and corollary as Markdown, each folded."""
        kept = (p for label, p in self.propositions.items() if label.startswith("prop"))
        return "\n".join(_folded(p.name, directive(p), 6) for p in kept)

    def tables(self) -> str:
        """Each sentence beside its encodings, and what is false, as Markdown, each table folded."""
        tables = [_folded(p.name, encodings(p, self.found[label])) for label, p in self.propositions.items()]
        tables.append(
            _folded("general p, with decoder length counted", counterexamples(self.at_exponent, self.counted))
        )
        tables.append(
            _folded("false statements, and where each one fails", counterexamples(self.refuted, self.false))
        )
        return "\n".join(tables)


def _folded(name: str, inside: str, colons: int = 3) -> str:
    return f"{':' * colons}{{dropdown}} {name[0].upper()}{name[1:]}\n{inside}\n{':' * colons}\n"
