"""A report on an SAE as people read it: a table in a terminal, rows for a spreadsheet, and a page that stands alone.

Reports come as what `Report.to_json` writes; where they are from does not matter here.
"""

import csv
import html
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

from rich.markup import escape
from rich.table import Table

TEMPLATES = Path(__file__).parent / "templates"
STATIC = Path(__file__).parent / "page" / "static"
RATES = ("silent", "full", "fraction", "causal")
ARROWS = {"high": "↑", "low": "↓", "one": "→ 1"}
Read = Mapping[str, Any]


def sentences(report: Read) -> list[str]:
    """What it comes to, in plain words: whether each rate tells the labels from half-spaces that the SAE serves as well.

    >>> number = {"value": 0.2, "low": 0.1, "high": 0.3, "n": 26}
    >>> beside = {"label": number, "free": number, "matched": number, "difference": number}
    >>> metrics = [{"name": "full", "title": "full absorption", "good": "low", "meaning": ""}]
    >>> labels = [{"label": "s", "not_available": None}]
    >>> report = {"metrics": metrics, "overall": {"full": beside}, "tells": {"full": True}, "labels": labels}
    >>> sentences(report)[1]
    'Full absorption tells labels from matched half-spaces: 20.0% against 20.0%, more by 20.0 points (10.0 to 30.0).'
    """
    lacking = [each["label"] for each in report["labels"] if each["not_available"]]
    rated = len(report["labels"]) - len(lacking)
    said = [
        f"{rated} of {len(report['labels'])} labels were rated"
        + (f"; not available: {', '.join(lacking)}." if lacking else ".")
    ]
    for metric in report["metrics"] if rated else ():
        if metric["name"] in report["tells"]:
            said.append(_told(metric, report["overall"][metric["name"]], report["tells"][metric["name"]]))
    return said


def _told(metric: Read, beside: Read, tells: bool | None) -> str:
    title = metric["title"][0].upper() + metric["title"][1:]
    difference = beside["difference"]
    if tells is None:
        return f"{title}: no half-space can be matched to a label, so that nothing says how it would read on nonsense."
    values = f"{percent(beside['label']['value'])} against {percent(beside['matched']['value'])}"
    way = "more" if difference["value"] > 0 else "less"
    low, high = sorted(
        abs(100 * difference[end]) if tells else 100 * difference[end] for end in ("low", "high")
    )
    if tells:
        return f"{title} tells labels from matched half-spaces: {values}, {way} by {abs(100 * difference['value']):.1f} points ({low:.1f} to {high:.1f})."
    return (
        f"{title} cannot tell labels from matched half-spaces: {values}, a difference of "
        f"{100 * difference['value']:.1f} points ({low:.1f} to {high:.1f})."
    )


def percent(value: float | None) -> str:
    """A share as people read it.

    >>> percent(0.125), percent(None)
    ('12.5%', 'n/a')
    """
    return "n/a" if value is None else f"{100 * value:.1f}%"


def shown(name: str, value: float | None) -> str:
    """A metric's value: rates in percent, all else with two digits.

    >>> shown("full", 0.125), shown("probe_f1", 0.5)
    ('12.5%', '0.50')
    """
    return percent(value) if name in RATES or value is None else f"{value:.2f}"


def as_table(report: Read) -> Table:
    """Each label in a line, and all of them in the last."""
    metrics = [each for each in report["metrics"] if each["name"] in report["overall"]]
    sae, on = report["sae"], report["on"]
    heads = [f"{each['title']} {ARROWS[each['good']]}" for each in metrics]
    title = f"{sae['name']} on {on['model']}" + (f", after {on['layer']} blocks" if on["layer"] else "")
    table = Table(
        "label", "words", *heads, title=escape(title),
        caption="\\[free, matched half-spaces]; ↑ high is good, ↓ low is good",
    )  # fmt: skip
    for each in report["labels"]:
        cells = [_cell(metric["name"], each["metrics"].get(metric["name"])) for metric in metrics]
        table.add_row(escape(each["label"]), str(each["judged"]), *cells)
    table.add_section()
    overall = [_cell(metric["name"], report["overall"][metric["name"]], interval=True) for metric in metrics]
    table.add_row("mean", "", *overall)
    return table


def _cell(name: str, beside: Read | None, interval: bool = False) -> str:
    if beside is None:
        return "n/a"
    label = beside["label"]
    text = shown(name, label["value"])
    if interval and label["low"] is not None:
        text += f"\n{shown(name, label['low'])} to {shown(name, label['high'])}"
    if name in RATES and name != "causal":
        nulls = ", ".join(
            shown(name, beside[kind]["value"]).removesuffix("%") for kind in ("free", "matched")
        )
        text += f"{chr(10) if interval else ' '}\\[{nulls}]"
    return text


def side_by_side(reports: Sequence[Read]) -> Table:
    """Several SAEs, one in a line: means over labels, in brackets those of matched half-spaces."""
    metrics = [each for each in reports[0]["metrics"] if each["name"] in reports[0]["overall"]]
    heads = [f"{each['title']} {ARROWS[each['good']]}" for each in metrics]
    table = Table("SAE", "explained", "L0", *heads, title="Side by side", caption="\\[matched half-spaces]")
    for report in reports:
        sae = report["sae"]
        cells = []
        for metric in metrics:
            name, beside = metric["name"], report["overall"][metric["name"]]
            matched = shown(name, beside["matched"]["value"])
            cells.append(f"{shown(name, beside['label']['value'])} \\[{matched}]")
        table.add_row(escape(sae["name"]), f"{sae['explained_variance']:.2f}", f"{sae['l0']:.1f}", *cells)
    return table


def words_csv(report: Read) -> str:
    """Every judged word, a line each, with the columns of `Word`."""
    file = io.StringIO()
    columns = [
        "split",
        "label",
        "word",
        "silent",
        "full",
        "fraction",
        "latent",
        "activation",
        "cosine",
        "share",
    ]
    writer = csv.DictWriter(file, columns)
    writer.writeheader()
    writer.writerows(
        {**word, **{name: int(word[name]) for name in ("silent", "full")}} for word in report["words"]
    )
    return file.getvalue()


def page(reports: Sequence[Read]) -> str:
    """One self-contained page: no request goes out, whatever it is opened from.

    Raises:
        ValueError: there is no report.
    """
    if not reports:
        raise ValueError("a page needs at least one report.")
    names = [report["sae"]["name"] for report in reports]
    title = f"What {names[0]} absorbs" if len(names) == 1 else f"What {len(names)} SAEs absorb"
    data = json.dumps([_for_page(each) for each in reports], ensure_ascii=False, separators=(",", ":"))
    parts = {
        "title": html.escape(title),
        "style": _read(TEMPLATES / "report.css") + _read(STATIC / "explorer.css"),
        # In a script `</` could end it early.
        "data": data.replace("</", "<\\/").replace("<!--", "<\\u0021--"),
        "script": _read(STATIC / "elements.js") + _read(TEMPLATES / "report.js"),
    }
    return Template(_read(TEMPLATES / "report.html")).substitute(parts)


def _for_page(report: Read) -> Read:
    """Without the words on which a main latent fires, which the page does not show."""
    silent = [word for word in report["words"] if word["silent"]]
    return {"report": {**report, "words": silent}, "sentences": sentences(report)}


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
