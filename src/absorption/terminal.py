"""What the commands share: how words become parameters, and how what a person can mend becomes one sentence."""

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperCommand


class WithParameters(TyperCommand):
    """Reads `-p NAME VALUE`, which typer cannot repeat, as `-p NAME=VALUE`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Join the two words after each `-p`."""
        joined: list[str] = []
        words = iter(args)
        for word in words:
            joined.append(word)
            if word == "-p":
                name = next(words, "")
                joined.append(name if "=" in name else f"{name}={next(words, '')}")
        return super().parse_args(ctx, joined)


def insist_on_book(command: str) -> None:
    """Say at once which packages are missing, before a module that needs them is imported."""
    from absorption.runtime.extras import MissingExtraError, insist_on

    try:
        insist_on("book", f"absorption {command}")
    except MissingExtraError as error:
        typer.echo(f"{error}", err=True)
        raise typer.Exit(1) from None


def insist_on_device(profile: str, device: str | None) -> None:
    """Say at once, and not in a notebook's traceback, that there is no CUDA device where one is asked for."""
    from absorption.publish.errors import MendableError
    from absorption.publish.run.sources import profile_parameters
    from absorption.runtime.paths import pick_device

    if (device or profile_parameters(profile).get("all", {}).get("device", "auto")) != "cuda":
        return
    try:
        pick_device("cuda")
    except ValueError as error:
        raise MendableError(str(error)) from error


@contextmanager
def one_sentence() -> Iterator[None]:
    """Turn what a person can mend into one sentence and exit code 1; anything else is a bug and shows itself."""
    from absorption.claims import RecordError, RegistrationError
    from absorption.publish.errors import MendableError

    try:
        yield
    except KeyboardInterrupt:
        typer.echo("Stopped; what was published is whole, and the next run goes on from here.", err=True)
        raise typer.Exit(130) from None
    except (MendableError, RecordError, RegistrationError, OSError) as error:
        typer.echo(f"{error}", err=True)
        raise typer.Exit(1) from None


@contextmanager
def stopped_or_refused(kept: str) -> Iterator[None]:
    """For what needs no book: a refusal as one sentence and exit code 1, a stop as the sentence `kept` and 130."""
    from safetensors import SafetensorError

    try:
        yield
    except KeyboardInterrupt:
        typer.echo(kept, err=True)
        raise typer.Exit(130) from None
    except (OSError, ValueError, MemoryError, SafetensorError) as error:
        typer.echo(f"{error}", err=True)
        raise typer.Exit(1) from None


def named_value(text: str) -> tuple[str, Any]:
    """`NAME=VALUE` as a name and a Python value; what is no literal is taken as text."""
    name, _, value = text.partition("=")
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return name, value
