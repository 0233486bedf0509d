"""`absorption train` and `absorption export`: the SAEs that the book keeps, trained anywhere, for anyone."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from absorption.terminal import stopped_or_refused

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from absorption.experiments.bank.wanted import Wanted

Profile = Annotated[str, typer.Option(help="Which bank: quick, laptop or gpu.", metavar="NAME")]
Layers = Annotated[
    list[int] | None, typer.Option("--layer", help="Only these blocks; may be repeated.", metavar="N")
]
Models = Annotated[
    list[str] | None, typer.Option("--model", help="Only these models; may be repeated.", metavar="NAME")
]
Recipes = Annotated[
    list[str] | None, typer.Option("--recipe", help="Only these recipes; may be repeated.", metavar="NAME")
]
Seeds = Annotated[
    list[int] | None, typer.Option("--seed", help="Only these seeds; may be repeated.", metavar="N")
]
Scheduler = Annotated[
    str | None,
    typer.Option(help="A Dask scheduler that hands the SAEs out; its workers share this cache's folder.", metavar="tcp://…"),
]  # fmt: skip
Jobs = Annotated[int | None, typer.Option(min=1, help="How many at once; as many as there are cores.")]
KEPT = "Stopped; finished SAEs are kept, and the same command goes on from there."


def train(
    profile: Profile = "laptop",
    layer: Layers = None,
    recipe: Recipes = None,
    seed: Seeds = None,
    model: Models = None,
    jobs: Jobs = None,
    scheduler: Scheduler = None,
) -> None:
    """Train the SAEs of the bank that are not there yet; say how many and how long first.

    Models that can be done without and are not installed are left out, and named.

    Examples: `absorption train`, `absorption train --layer 4 --recipe plain --jobs 2`, `absorption train --model gemma-3-270m`,
    `absorption train --profile gpu --scheduler tcp://10.0.0.1:8786`.
    """
    with stopped_or_refused(KEPT):
        wanted = _asked(profile, layer, recipe, seed, model)
        _fill(wanted, jobs, scheduler)
        typer.echo(f"All {len(wanted)} SAEs are in the bank.")


def export(
    folder: Annotated[Path, typer.Argument(help="Each SAE goes into a folder of its own in it.")],
    profile: Profile = "laptop",
    layer: Layers = None,
    recipe: Recipes = None,
    seed: Seeds = None,
    model: Models = None,
    jobs: Jobs = None,
) -> None:
    """Write SAEs of the bank as SAELens checkpoints that read the model's own activations; train what is missing.

    Example: `absorption export saes --layer 4 --recipe plain --recipe nested --seed 1000`.
    """
    with stopped_or_refused(KEPT):
        from absorption.experiments.bank.export import export as write

        wanted = _asked(profile, layer, recipe, seed, model)
        _fill(wanted, jobs, None)
        typer.echo("\n".join(str(made) for made in write(wanted, folder)))


def _asked(
    profile: str,
    layers: list[int] | None,
    names: list[str] | None,
    seeds: list[int] | None,
    models: list[str] | None,
) -> "tuple[Wanted, ...]":
    from absorption.experiments.bank.catalogue import CATALOGUES

    if profile not in CATALOGUES:
        raise ValueError(f"there is no bank {profile!r}; there are {', '.join(CATALOGUES)}.")
    bank = CATALOGUES[profile]
    if not models:
        for sentence in bank.left_out.values():
            typer.echo(sentence, err=True)
    return bank.wanted(layers or (), names or (), seeds or (), models or ())


def _fill(wanted: "tuple[Wanted, ...]", jobs: int | None, scheduler: str | None) -> None:
    from absorption.experiments.bank.filling import UnfilledError, fill

    with _workers(scheduler) as executor:
        try:
            fill(wanted, executor, jobs, say=typer.echo)
        except UnfilledError as error:
            raise ValueError(str(error)) from error


@contextmanager
def _workers(scheduler: str | None) -> "Iterator[Executor | None]":
    """Those of a Dask scheduler, or nobody: then this machine's processes do."""
    if scheduler is None:
        yield None
        return
    from absorption.runtime.extras import MissingExtraError, insist_on

    try:
        insist_on("cluster", "absorption train --scheduler")
    except MissingExtraError as error:
        raise ValueError(str(error)) from None
    from distributed import Client

    try:
        client = Client(scheduler, timeout=10)
    except (OSError, ValueError) as error:
        raise ValueError(
            f"no Dask scheduler answers at {scheduler}: start one there with `dask scheduler`."
        ) from error
    from absorption.experiments.bank.on_dask import DaskExecutor

    with client, DaskExecutor(client) as executor:
        yield executor
