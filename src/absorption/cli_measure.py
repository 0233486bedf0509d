"""`absorption measure`: what SAEs of one's own absorb, as a table, as files and as a page."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from absorption.terminal import stopped_or_refused

if TYPE_CHECKING:
    from absorption.experiments.measure.report import Report


def measure(
    saes: Annotated[
        list[str],
        typer.Argument(
            metavar="SAE...",
            help="A folder (SAELens, dictionary_learning), a file in a layout of Gemma Scope (.npz, .safetensors), "
            "or release/id of SAELens; several are put side by side.",
        ),
    ],
    model: Annotated[
        str,
        typer.Option(
            help="A packaged model such as SmolLM2-135M-Instruct, a folder, or owner/name of a hub."
        ),
    ],
    layer: Annotated[
        int, typer.Option(min=1, help="After how many blocks the SAE reads the residual stream.")
    ],
    task: Annotated[
        str,
        typer.Option(
            metavar="letters|CSV", help="First letters, or a CSV file of the columns word and label."
        ),
    ] = "letters",
    revision: Annotated[str | None, typer.Option(help="The full commit hash of a model from a hub.")] = None,
    sae_revision: Annotated[
        str | None, typer.Option(help="The full commit hash of the repository of SAEs from a hub.")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    splits: Annotated[int, typer.Option(min=1, help="Into training and held-out words.")] = 3,
    null: Annotated[
        int, typer.Option(min=1, help="Half-spaces of each kind a split, to hold the rates against.")
    ] = 50,
    causal: Annotated[
        bool, typer.Option("--causal", help="Also ask the model for first letters with latents taken out.")
    ] = False,
    out: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Where report.html, report.json and words.csv are written.")
    ] = Path("absorption-report"),
) -> None:
    """Measure what SAEs absorb of first letters or of labels of your own, beside half-spaces that mean nothing.

    Examples: `absorption measure my-sae --model SmolLM2-135M-Instruct --layer 4`,
    `absorption measure a.npz b.npz --model google/gemma-2-2b --revision <commit> --layer 4 --task animals.csv`.
    """
    with stopped_or_refused("Stopped; finished splits are kept, and the same command goes on from there."):
        reports = _measured(
            saes, model, layer, task, revision, sae_revision, _device(device), splits, null, causal, out
        )
    if not reports:
        raise typer.Exit(1)
    _show([_read(report) for report in reports])
    typer.echo(f"The report: {(out / 'report.html').resolve()}")
    if len(reports) < len(saes):
        raise typer.Exit(1)


def _measured(
    saes: Sequence[str],
    model: str,
    layer: int,
    task: str,
    revision: str | None,
    sae_revision: str | None,
    device: str,
    splits: int,
    null: int,
    causal: bool,
    out: Path,
) -> "list[Report]":
    """The reports on the SAEs that could be measured; why the others could not is said at the end."""
    _writable(out)
    from absorption.experiments.measure.errors import CannotMeasureError
    from absorption.experiments.measure.measuring import measured, opened
    from absorption.experiments.measure.reading import read_task
    from absorption.runtime.progress import track
    from absorption.worlds.models import open_model

    dictionaries = [opened(sae, sae_revision if _from_hub(sae) else None, device) for sae in saes]
    reader = open_model(model, layer, revision, device, whole=causal)
    for dictionary in dictionaries:
        if dictionary.d_in != reader.d_model:
            raise CannotMeasureError(
                f"{dictionary.name} takes activations of width {dictionary.d_in}, and those of {reader.name} have "
                f"{reader.d_model}: it was trained on another model."
            )
    read = read_task(reader, task, causal, track)
    reports: dict[Path, Report] = {}
    refused = []
    for number, dictionary in enumerate(dictionaries, 1):
        try:
            report = measured(dictionary, read, splits, null, track)
        except CannotMeasureError as error:
            refused.append(str(error))
        else:
            reports[out if len(saes) == 1 else out / _slug(number, dictionary.name)] = report
            _write(reports, out)
    for why in refused:
        typer.echo(why, err=True)
    return list(reports.values())


def _from_hub(sae: str) -> bool:
    return not Path(sae).expanduser().exists()


def _device(device: str) -> str:
    from absorption.runtime.paths import pick_device

    return pick_device(device)


def _writable(out: Path) -> None:
    """Say at once, and not after minutes, that nothing can be written there."""
    from absorption.runtime.paths import write_atomically

    probe = out / ".writable"
    write_atomically(probe, lambda temporary: temporary.write_text("", encoding="utf-8"))
    probe.unlink()


def _write(reports: "Mapping[Path, Report]", out: Path) -> None:
    """One page for all, and the numbers of each in its folder."""
    from absorption.publish.report import page, words_csv
    from absorption.runtime.paths import write_atomically

    read = {folder: _read(report) for folder, report in reports.items()}
    files = {out / "report.html": page(list(read.values()))}
    for folder, content in read.items():
        files |= {folder / "report.json": reports[folder].to_json(), folder / "words.csv": words_csv(content)}
    for path, text in files.items():
        write_atomically(path, lambda temporary, text=text: temporary.write_text(text, encoding="utf-8"))


def _slug(number: int, name: str) -> str:
    return f"{number:02d}-{re.sub(r'[^A-Za-z0-9._]+', '-', name).strip('-')[-80:]}"


def _read(report: "Report") -> Mapping[str, Any]:
    import json

    return json.loads(report.to_json())


def _show(reports: Sequence[Mapping[str, Any]]) -> None:
    from rich.console import Console

    from absorption.publish.report import as_table, sentences, side_by_side

    console = Console()
    for report in reports:
        console.print(as_table(report))
        console.print("\n".join(sentences(report)), markup=False, highlight=False)
    if len(reports) > 1:
        console.print(side_by_side(reports))
