"""What another way to train saves of absorption: beside plain SAEs of the same blocks, and beyond what it saves for labels without meaning."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from absorption.experiments.bank.judging import LETTERS, MATCHED
from absorption.experiments.blockwise import Blocks

FACTORS = ("SAEs", "splits", "letters")
"""What may be drawn otherwise: which SAE was trained; which words are held out, and with them which half-spaces there are; and
which letter a half-space is matched to."""

RATES = ("full", "fraction", "silent")
COLUMNS = {
    **{name: name for name in RATES},
    **{f"{name}, matched": f"{name}, alike" for name in RATES},
    **{"full, saebench": "SAEBench", "f1": "F1", "main": "main", "explained": "explained", "dead": "dead"},
}
"""Of a table of SAEs, in this order: what `Blocks.means` knows, and what it is called."""
Range = tuple[float, float]
SHARE: Range = (0, 1)
CHANGE: Range = (-1, 1)
"""Of a share."""


@dataclass(frozen=True)
class Fix:
    """SAEs of two recipes, block by block of layer and seed: plain ones, and those that are to absorb less.

    >>> from absorption.experiments.bank.judgement import Judgement
    >>> def one(letters, half_spaces, explained):
    ...     by = {"letters": {"full": np.array([[letters]])}, "matched": {"full": np.array([[half_spaces]])}}
    ...     return Judgement(by, explained, l0=16.0, dead=0.0)
    >>> fix = Fix(Blocks((4,), (one(0.05, 0.04, 0.75),)), Blocks((4,), (one(0.02, 0.03, 0.5),)))
    >>> fix.saved().round(2), fix.beyond().round(2), fix.lost("explained"), fix.l0_off()
    (array([0.03]), array([[[0.02]]]), array([0.25]), array([0.]))
    """

    plain: Blocks
    fixed: Blocks

    def saved(self, measure: str = "full", kind: str = LETTERS) -> Float[np.ndarray, " block"]:
        """By how much a rate is lower than in the plain SAE of the same block, mean over letters and splits."""
        return self.plain.each(measure, kind) - self.fixed.each(measure, kind)

    def lost(self, number: str) -> Float[np.ndarray, " block"]:
        """By how much `explained` or another number of the whole SAE is lower."""
        return self.plain.about(number) - self.fixed.about(number)

    def l0_off(self) -> Float[np.ndarray, " block"]:
        """By how much the L0 differs, as a share of the plain one's."""
        return abs(self.fixed.about("l0") / self.plain.about("l0") - 1)

    def worse(self) -> dict[str, Float[np.ndarray, " block"]]:
        """Whether both had learned, and at one L0: of each block the worse SAE's `explained`, `dead` and `best_f1`, and `l0_off`."""
        explained, dead = (
            [of.about(name) for of in (self.plain, self.fixed)] for name in ("explained", "dead")
        )
        least = {"explained": np.min(explained, axis=0), "dead": np.max(dead, axis=0)}
        best_f1 = np.minimum(self.plain.each("f1"), self.fixed.each("f1"))
        return least | {"best_f1": best_f1, "l0_off": self.l0_off()}

    def beyond(self, measure: str = "full") -> Float[np.ndarray, "block split letter"]:
        """What is saved for a letter less what is saved for its half-space; nan where one of the four numbers is missing."""
        return excess(self.plain, measure) - excess(self.fixed, measure)

    def changes(self, name: str) -> dict[str, Float[np.ndarray, " block"]]:
        """What is saved, by whatever counts it, and what it costs, as a page calls them: `<name>_full_saved` and so on."""
        return {
            f"{name}_full_saved": self.saved(),
            f"{name}_explained_lost": self.lost("explained"),
            f"{name}_f1_lost": self.saved("f1"),
            f"{name}_fraction_saved": self.saved("fraction"),
            f"{name}_saebench_saved": self.saved(kind="saebench"),
        }

    def by_range(self, name: str) -> dict[Range, dict[str, Float[np.ndarray, " block"]]]:
        """What a verdict needs to know, by the range that each number cannot leave: `changes`, `worse`, and full absorption.

        `plain_full` and `<name>_full` are those of letters, `plain_null` and `<name>_null` of matched half-spaces.
        """
        learned = self.worse()
        full = {"plain": self.plain, name: self.fixed}
        shares = {f"{kind}_full": of.each("full") for kind, of in full.items()}
        shares |= {f"{kind}_null": of.each("full", MATCHED) for kind, of in full.items()}
        explained = {"explained": learned.pop("explained")}
        return {CHANGE: self.changes(name), (-np.inf, 1): explained, SHARE: shares | learned}

    def in_short(self, name: str) -> dict[str, Float[np.ndarray, " block"]]:
        """The little that a page says of another pair, called `name`: full absorption saved, and what it costs."""
        return {
            f"{name}_saved": self.saved(),
            f"{name}_f1_lost": self.saved("f1"),
            f"{name}_explained_lost": self.lost("explained"),
        }


def excess(blocks: Blocks, measure: str = "full") -> Float[np.ndarray, "block split letter"]:
    """How much more a letter has of a rate than its matched half-space; nan where one of them is missing.

    >>> from absorption.experiments.bank.judgement import Judgement
    >>> by = {"letters": {"full": np.array([[0.2, 0.4]])}, "matched": {"full": np.array([[0.1, np.nan]])}}
    >>> excess(Blocks((4,), (Judgement(by, explained=0.7, l0=16.0, dead=0.0),)))
    array([[[0.1, nan]]])
    """
    return np.array([one.by[LETTERS][measure] - one.by[MATCHED][measure] for one in blocks.judged])


def numbers_of(rows: Mapping[str, Blocks]) -> dict[str, dict[str, Float[np.ndarray, " block"]]]:
    """All `COLUMNS` of every SAE of each row, which has a name.

    >>> from absorption.experiments.bank.judgement import Judgement
    >>> by = {kind: dict.fromkeys((*RATES, "f1", "main"), np.array([[0.2, 0.4]])) for kind in ("letters", "matched", "saebench")}
    >>> one = Blocks((4,), (Judgement(by, explained=0.7, l0=16.0, dead=0.0),))
    >>> numbers_of({"plain": one})["plain"]["full, matched"].round(2)
    array([0.3])
    """
    return {name: {column: of.column(column) for column in COLUMNS} for name, of in rows.items()}


def nearest_cosine(dictionary: Float[Tensor, "d_sae d_in"]) -> float:
    """How far a latent's decoder row leans on its nearest neighbour's: the largest absolute cosine, mean over latents.

    >>> import torch
    >>> nearest_cosine(torch.tensor([[1.0, 0.0], [0.0, 2.0], [0.0, -1.0], [3.0, 0.0]]))
    1.0

    Rows without length count as orthogonal to all.
    """
    unit = torch.nn.functional.normalize(dictionary, dim=-1)
    return float((unit @ unit.T).abs().fill_diagonal_(0).amax(-1).mean())


def read_as_written(encoder: Float[Tensor, "d_in d_sae"], dictionary: Float[Tensor, "d_sae d_in"]) -> float:
    """How much latents read along what they write: the cosine of encoder and decoder row, mean over latents; 1 where they are tied.

    >>> import torch
    >>> read_as_written(torch.eye(2), torch.tensor([[2.0, 0.0], [0.0, -1.0]]))
    0.0

    Rows without length count as orthogonal.
    """
    return float(torch.nn.functional.cosine_similarity(encoder.T, dictionary, dim=-1).mean())
