"""What a page asks the bank for: SAEs that differ in source and seed, and in nothing else."""

from collections.abc import Iterable

from absorption.experiments.bank.catalogue import recipes
from absorption.experiments.bank.fitting import Fit, Schedule
from absorption.experiments.bank.wanted import TextIn, Wanted, WordsIn
from absorption.saes.recipe import Recipe


def one_a_seed(
    sources: WordsIn | TextIn | Iterable[WordsIn | TextIn],
    name: str = "plain",
    *,
    seeds: Iterable[int],
    d_sae: int,
    k: float,
    schedule: Schedule,
    recipe: Recipe | None = None,
    frozen_decoder: bool = False,
    device: str = "cpu",
) -> list[Wanted]:
    """One SAE for each source and seed, all seeds of a source together; `fill` trains those that are missing.

    A page gives what its SAEs have in common once, with `functools.partial`.

    >>> from functools import partial
    >>> wanted = partial(one_a_seed, seeds=range(2), d_sae=64, k=4, schedule=Schedule(1024))
    >>> early, late = (WordsIn("SmolLM2-135M-Instruct", layer) for layer in (4, 11))
    >>> [(each.source.layer, each.fit.seed) for each in wanted([early, late])]
    [(4, 0), (4, 1), (11, 0), (11, 1)]
    >>> [each.fit.recipe.tied for each in wanted(early, "tied")], wanted(early, d_sae=32)[0].fit.d_sae
    ([True, True], 32)

    Args:
        sources: What the SAEs are trained on, one source or several.
        name: Of the kind, for people; without a recipe also which of the book's `recipes` it is.
        seeds: Of initial weights and order of the data.
        d_sae: Latents an SAE.
        k: Active latents an input; a recipe has its own.
        schedule: How long and how fast they are trained.
        recipe: Of all of them, where it is none of the book's.
        frozen_decoder, device: As for `Fit`.

    Raises:
        KeyError: no recipe is given, and the book has none of this name.
        ValueError: no recipe is given, and so few latents cannot be nested as the book does it.
    """
    of_all = recipes(k, d_sae)[name] if recipe is None else recipe
    each_source = [sources] if isinstance(sources, (WordsIn, TextIn)) else sources
    fits = [Fit(of_all, d_sae, seed, schedule, {}, frozen_decoder, device) for seed in seeds]
    return [Wanted(source, name, fit) for source in each_source for fit in fits]
