"""The command line: `absorption measure | train | export | run | book | html | register | new-claim | check | ledger | bench`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from absorption.cli_bank import export, train
from absorption.cli_measure import measure
from absorption.terminal import WithParameters, insist_on_book, insist_on_device, named_value, one_sentence

app = typer.Typer(
    help="Measure an SAE; train and export those of the book; run the notebooks, build the book, add a claim, show the ledger, measure the speed.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for command in (measure, train, export):
    app.command()(command)


class Device(StrEnum):
    """Where to compute."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"


class LedgerFormat(StrEnum):
    """What the ledger is printed as."""

    TABLE = "table"
    MARKDOWN = "markdown"


JOBS = "How many notebooks run at once. Left out: as many as there are cores, but one alone that reads a language model."
Jobs = Annotated[int | None, typer.Option(min=1, help=JOBS)]

PROFILES = "A set of parameters: laptop (two cores, 8 GiB), or a file in profiles/ such as gpu."
Profile = Annotated[str, typer.Option(help=PROFILES, metavar="NAME")]


@app.command(cls=WithParameters)
def run(
    notebooks: Annotated[
        list[str] | None,
        typer.Argument(help="Such as 02 or 02_absorption_law; all of them if none is named."),
    ] = None,
    profile: Profile = "laptop",
    jobs: Jobs = None,
    device: Annotated[
        Device | None, typer.Option(help="Where to compute. Left out, the profile decides.")
    ] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option(
            "-p",
            metavar="NAME VALUE",
            help="Try a parameter; may be repeated. Notebook and record then go to _build/trial/, "
            "and the book stays as it is.",
        ),
    ] = None,
    accept: Annotated[
        bool,
        typer.Option(
            "--accept", help="With --profile quick: make the results the tests' references; say what moved."
        ),
    ] = False,
) -> None:
    """Run the notebooks that changed, or whose library, lock or parameters changed, and publish the result.

    Examples: `absorption run`, `absorption run 02`, `absorption run --profile gpu --jobs 2`,
    `absorption run 02 -p steps 500`.
    """
    insist_on_book("run")
    from rich.console import Console

    from absorption.claims.record import QUICK
    from absorption.publish.errors import MendableError
    from absorption.publish.page import readme
    from absorption.publish.places import place
    from absorption.publish.run import references, runner
    from absorption.publish.run.sources import select

    overrides = dict(named_value(text) for text in parameter or ())
    with one_sentence():
        if accept and (profile != QUICK or overrides):
            raise MendableError("--accept renews the tests' references, which `--profile quick` makes.")
        sources = select(notebooks or ())
        insist_on_device(profile, device)
        failed = runner.run(
            sources, profile=profile, device=device, overrides=overrides, jobs=jobs, console=Console()
        )
        if not overrides and profile != QUICK:
            readme.refresh()
        if accept:
            typer.echo("\n".join(references.accept([s for s in sources if s.id not in failed])))
    if overrides:
        typer.echo(f"The trial is in {place(profile, trial=True).book}; the book is unchanged.")
    if failed:
        typer.echo(f"Not published: {', '.join(failed)}.", err=True)
        raise typer.Exit(1)


@app.command()
def book(
    profile: Profile = "laptop",
    jobs: Jobs = None,
    device: Annotated[
        Device | None, typer.Option(help="Where to compute. Left out, the profile decides.")
    ] = None,
) -> None:
    """Show the book at once as it was published, run the notebooks that changed, and build the pages again."""
    insist_on_book("book")
    from rich.console import Console

    from absorption.publish import whole
    from absorption.publish.page import readme
    from absorption.publish.run.sources import all_sources

    with one_sentence():
        insist_on_device(profile, device)
        failed = whole.make(
            all_sources(), profile=profile, device=device, jobs=jobs, console=Console(), say=typer.echo
        )
        if profile != "quick":
            readme.refresh()
    if failed:
        typer.echo(f"Not published: {', '.join(failed)}.", err=True)
    html(profile)
    if failed:
        raise typer.Exit(1)


@app.command()
def register(
    notebooks: Annotated[
        list[str] | None,
        typer.Argument(help="Such as 02 or 02_absorption_law; all of them if none is named."),
    ] = None,
    pilot: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NN", help="Another claim whose published run showed numbers of the same worlds."
        ),
    ] = None,
) -> None:
    """Freeze claims, predicates, design and seeds in registrations/, before the run that decides.

    A predicate is registered if nobody has seen numbers of its seeds, and post hoc otherwise.
    """
    insist_on_book("register")
    from absorption.publish.run.register import register as freeze
    from absorption.publish.run.sources import select

    with one_sentence():
        pilots = [source.id for source in select(pilot)] if pilot else []
        typer.echo("\n".join(freeze(select(notebooks or ()), pilots)))


@app.command()
def new_claim(
    number: Annotated[str, typer.Argument(metavar="NN", help="Two digits that no claim has, such as 18.")],
    slug: Annotated[str, typer.Argument(help="Lower-case words with underscores, such as absorption_law.")],
) -> None:
    """Write the page of a new claim, which runs at once, and say what its author has to write first."""
    insist_on_book("new-claim")
    from absorption.publish.page.steps import next_step
    from absorption.publish.run.new_claim import new_claim as write
    from absorption.publish.run.sources import select

    with one_sentence():
        made = write(number, slug)
        (source,) = select([number])
        typer.echo("\n".join([*(f"Written: {file}" for file in made), f"Next: {next_step(source)}"]))


@app.command()
def check(
    notebooks: Annotated[
        list[str] | None,
        typer.Argument(help="Such as 02 or 02_absorption_law; all of them if none is named."),
    ] = None,
) -> None:
    """Say for each claim the next thing that it needs until it stands in the book; runs nothing."""
    insist_on_book("check")
    from absorption.publish.page.steps import next_step
    from absorption.publish.run.sources import select

    with one_sentence():
        sources = select(notebooks or ())
        lacking = [words for source in sources if (words := next_step(source))]
    nothing = "Nothing is left to do; `make test` repeats each claim in small and sabotages it."
    typer.echo("\n".join(lacking) or nothing)
    if lacking:
        raise typer.Exit(1)


@app.command()
def html(profile: Profile = "laptop") -> None:
    """Build the pages from the executed notebooks, which takes seconds, and say where they are."""
    insist_on_book("html")
    from absorption.claims import load_records
    from absorption.claims.ledger import summary
    from absorption.publish.page.checks import complaints
    from absorption.publish.page.site import build
    from absorption.publish.places import place
    from absorption.publish.run.sources import all_sources, profile_parameters

    with one_sentence():
        profile_parameters(profile)  # or its name is unknown
        for fault in complaints(all_sources()):
            typer.echo(fault, err=True)
        index = build(profile)
        lines = summary(load_records(place(profile).results), profile)
    typer.echo("\n".join([f"The book: {index}", *lines]))


@app.command()
def ledger(
    form: Annotated[
        LedgerFormat, typer.Option("--format", help="As a table or as Markdown.")
    ] = LedgerFormat.TABLE,
) -> None:
    """Show every claim and its verdicts, from the records alone."""
    from rich.console import Console

    from absorption.claims import load_records
    from absorption.claims.ledger import as_markdown, as_table

    with one_sentence():
        records = load_records()
    if form is LedgerFormat.MARKDOWN:
        typer.echo(as_markdown(records, lambda claim: f"book/claims/{claim}.ipynb"))
    else:
        Console().print(as_table(records))


@app.command()
def bench(
    json: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write the rows to this file.")
    ] = None,
) -> None:
    """Measure the speed beside other libraries, everything in one run, and print the table."""
    from rich.console import Console

    from absorption.publish.bench import as_json, as_table, measure

    with one_sentence():
        rows = measure()
        if json is not None:
            json.write_text(as_json(rows), encoding="utf-8")
    Console().print(as_table(rows))
