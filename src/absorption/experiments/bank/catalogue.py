"""The SAEs that the book keeps: which model, blocks, recipes and seeds, and how they are trained."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from absorption.experiments.bank.fitting import Fit, Schedule
from absorption.experiments.bank.wanted import Wanted, WordsIn
from absorption.saes.losses.schemes import RandomChunks
from absorption.saes.recipe import BatchTopK, Recipe
from absorption.worlds.packaged import not_installed


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
    """Every recipe at every block, once a seed; `sources` are the blocks, of one model or several.

    >>> len(Catalogue((WordsIn("SmolLM2-135M-Instruct", 4),), 64, 4, Schedule(1024), seeds=range(2)).wanted())
    10
    """

    sources: tuple[WordsIn, ...]
    d_sae: int
    k: float
    schedule: Schedule
    seeds: range

    @property
    def left_out(self) -> dict[str, str]:
        """The models that can be done without and are not installed; of each, a sentence with the command that helps."""
        said = {source.model: not_installed(source.model) for source in self.sources}
        return {model: sentence for model, sentence in said.items() if sentence}

    def wanted(
        self,
        layers: Collection[int] = (),
        names: Collection[str] = (),
        seeds: Collection[int] = (),
        models: Collection[str] = (),
    ) -> tuple[Wanted, ...]:
        """The SAEs of these blocks, recipes, seeds and models; where none is named, of all (of models: that are installed).

        A block is counted in each model that the catalogue reads there.

        Raises:
            ValueError: the catalogue has no such block, recipe, seed or model; the message lists what it has.
        """
        kinds = recipes(self.k, self.d_sae)
        has_models = list(dict.fromkeys(source.model for source in self.sources))
        left_out = () if models else self.left_out
        of = models or [model for model in has_models if model not in left_out]
        sources = [source for source in self.sources if source.model in of]
        blocks = list(dict.fromkeys(source.layer for source in sources))
        for what, asked, has in (
            ("model", models, has_models),
            ("layer", layers, blocks),
            ("recipe", names, kinds),
            ("seed", seeds, self.seeds),
        ):
            if unknown := [each for each in asked if each not in has]:
                raise ValueError(f"the bank has no {what} {unknown[0]}; it has {', '.join(map(str, has))}.")
        return tuple(
            Wanted(source, name, Fit(kinds[name], self.d_sae, seed, self.schedule))
            for source in sources
            if not layers or source.layer in layers
            for name in names or kinds
            for seed in seeds or self.seeds
        )


def _smollm2(layers: tuple[int, ...], per_letter: int | None = None) -> tuple[WordsIn, ...]:
    return tuple(WordsIn("SmolLM2-135M-Instruct", layer, per_letter=per_letter) for layer in layers)


def _gemma() -> tuple[WordsIn, ...]:
    """After these blocks Gemma Scope 2 has its largest choice of SAEs; words that English has once in a million words."""
    return tuple(WordsIn("gemma-3-270m", layer, least=1e-6) for layer in (6, 10, 13))


CATALOGUES = {
    "quick": Catalogue(_smollm2((2,), per_letter=40), 256, 8, Schedule(20_480, 512), range(1000, 1001)),
    "laptop": Catalogue(_smollm2((4, 11, 18)) + _gemma(), 1024, 16, Schedule(1_000_000), range(2000, 2005)),
    "gpu": Catalogue(
        _smollm2((4, 11, 18, 25)) + _gemma(), 16_384, 32, Schedule(10_000_000, 4096, 1e-3), range(1000, 1010)
    ),
}
"""By profile. Words are drawn by the root of their frequency, so that rare ones are met as well."""
