"""The SAEs that the book keeps: which model, blocks, recipes and seeds, and how they are trained."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from absorption.experiments.bank.fitting import Fit, Schedule
from absorption.experiments.bank.wanted import Wanted, WordsIn
from absorption.saes.losses.schemes import RandomChunks
from absorption.saes.recipe import BatchTopK, Recipe


def recipes(k: float, d_sae: int) -> dict[str, Recipe]:
    """The kinds that are compared, by name, all BatchTopK.

    >>> list(recipes(k=16, d_sae=1024))
    ['plain', 'nested', 'orthogonal', 'nested and orthogonal', 'tied']

    Nested: five widths, each twice the one before (Bussmann et al. 2025, arXiv:2503.17547, use five that grow likewise).
    Orthogonal: OrtSAE's penalty at its own weight, every fifth step (arXiv:2509.22033).
    """
    plain = Recipe(BatchTopK(k))
    levels = tuple(d_sae // 2**i for i in reversed(range(5)))
    nested = replace(plain, nesting=levels)
    apart = dict(orthogonality=0.25, orthogonality_scheme=RandomChunks(size=8192, every=5))
    return {
        "plain": plain,
        "nested": nested,
        "orthogonal": replace(plain, **apart),
        "nested and orthogonal": replace(nested, **apart),
        "tied": replace(plain, tied=True),
    }


@dataclass(frozen=True)
class Catalogue:
    """Every recipe at every block, once a seed; `sources` are the blocks.

    >>> len(Catalogue((WordsIn("SmolLM2-135M-Instruct", 4),), 64, 4, Schedule(1024), seeds=range(2)).wanted())
    10
    """

    sources: tuple[WordsIn, ...]
    d_sae: int
    k: float
    schedule: Schedule
    seeds: range

    def wanted(
        self, layers: Collection[int] = (), names: Collection[str] = (), seeds: Collection[int] = ()
    ) -> tuple[Wanted, ...]:
        """The SAEs of these blocks, recipes and seeds; where none is named, of all.

        Raises:
            ValueError: the catalogue has no such block, recipe or seed; the message lists what it has.
        """
        kinds = recipes(self.k, self.d_sae)
        blocks = {source.layer: source for source in self.sources}
        for what, asked, has in (
            ("layer", layers, blocks),
            ("recipe", names, kinds),
            ("seed", seeds, self.seeds),
        ):
            if unknown := [each for each in asked if each not in has]:
                raise ValueError(f"the bank has no {what} {unknown[0]}; it has {', '.join(map(str, has))}.")
        return tuple(
            Wanted(blocks[layer], name, Fit(kinds[name], self.d_sae, seed, self.schedule))
            for layer in layers or blocks
            for name in names or kinds
            for seed in seeds or self.seeds
        )


def _smollm2(layers: tuple[int, ...], per_letter: int | None = None) -> tuple[WordsIn, ...]:
    return tuple(WordsIn("SmolLM2-135M-Instruct", layer, per_letter=per_letter) for layer in layers)


CATALOGUES = {
    "quick": Catalogue(_smollm2((2,), per_letter=40), 256, 8, Schedule(20_480, 512), range(1000, 1001)),
    "laptop": Catalogue(_smollm2((4, 11, 18)), 1024, 16, Schedule(1_000_000), range(2000, 2005)),
    "gpu": Catalogue(
        _smollm2((4, 11, 18, 25)), 16_384, 32, Schedule(10_000_000, 4096, 1e-3), range(1000, 1010)
    ),
}
"""By profile. Words are drawn by the root of their frequency, so that rare ones are met as well."""
