"""Scrubbing, progress, glue, theme: what a notebook leaves in its page."""

import nbformat
import pytest

from absorption.claims import Claim, Evidence, Predicate, Quotation, conclude
from absorption.publish.run.scrub import scrub, scrub_text
from absorption.runtime.progress import track


def test_scrubbing_removes_the_machine_and_keeps_the_rest(house):
    cell = nbformat.v4.new_code_cell(
        "f()",
        metadata={
            "tags": ["hide-input"],
            "papermill": {"duration": 1},
            "execution": {},
            "mystnb": {"image": {}},
        },
        outputs=[
            nbformat.v4.new_output("stream", name="stderr", text="10%\r20%\r"),
            nbformat.v4.new_output("stream", name="stdout", text=f"{house.root}/x <A at 0x7f00aa11bb22>\n"),
            nbformat.v4.new_output("execute_result", data={"text/plain": "Text(0.5, 1.0, 'a title')"}),
            nbformat.v4.new_output("display_data", data={"image/png": "aGk=", "text/plain": "<Figure>"}),
        ],
    )
    notebook = nbformat.v4.new_notebook(cells=[cell], metadata={"papermill": {"x": 1}, "jupytext": {}})
    scrub(notebook, {"profile": "laptop"})
    assert notebook.metadata.absorption == {"profile": "laptop"} and "papermill" not in notebook.metadata
    assert cell.metadata == {"tags": ["hide-input"], "mystnb": {"image": {}}}
    assert [output.output_type for output in cell.outputs] == ["stream", "display_data"]
    assert cell.outputs[0].text == "./x <A at 0x…>\n"
    assert cell.id == "cell-00"
    nbformat.validate(notebook)


def test_a_kernels_file_name_is_not_a_result():
    assert scrub_text("/tmp/ipykernel_12/345.py:3: UserWarning: look") == "<cell>:3: UserWarning: look"


def test_track_reports_to_the_runner_and_prints_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ABSORPTION_PROGRESS", str(tmp_path / "steps"))
    monkeypatch.setattr("absorption.runtime.progress.SECONDS_BETWEEN_REPORTS", 0.0)
    assert list(track(range(3), "adding")) == [0, 1, 2]
    assert (tmp_path / "steps").read_text(encoding="utf-8") == "3 3 adding"
    assert list(track(iter("ab"), "reading", total=5)) == ["a", "b"]
    assert (tmp_path / "steps").read_text(encoding="utf-8") == "2 5 reading"
    assert capsys.readouterr() == ("", "")


def test_track_survives_a_report_that_cannot_be_written(tmp_path, monkeypatch):
    monkeypatch.setenv("ABSORPTION_PROGRESS", str(tmp_path / "nowhere" / "steps"))
    assert list(track([1, 2])) == [1, 2]


def test_track_is_silent_where_nobody_watches(capsys, monkeypatch):
    monkeypatch.delenv("ABSORPTION_PROGRESS", raising=False)
    assert list(track([1, 2])) == [1, 2]
    assert capsys.readouterr().out == ""


def test_a_record_is_glued_under_its_names(house, monkeypatch):
    from absorption.publish import notebook

    glued = {}
    monkeypatch.setattr("myst_nb.glue", lambda name, value, display: glued.update({name: value}))
    predicates = (
        Predicate("a", "small", evidence="gap", below=1, because="why", tier="proof", essential=True),
        Predicate("b", "high", evidence="f1", above=1, because="why", tier="hub", essential=True),
        Predicate("c", "learned", evidence="gap", above=1, because="why", tier="hub", role="gate"),
    )
    evidence = [
        Evidence("gap", 0.5, 0.25, 0.75), Evidence.exactly("f1", 0.5), Evidence.not_available("share", "no word"),
    ]  # fmt: skip
    claim = Claim("01_one", "t", "s", (Quotation("w", "s2024", "§1"),), predicates)
    record = conclude(
        claim,
        evidence,
        found="{gap:.1f}",
        headline="gap",
        seeds=[0],
        parameters={},
        profile="laptop",
        device="cpu",
    )
    notebook.glue_record(record)
    assert glued == {
        "verdict": "proof: supported; hub: inconclusive (not learned: learned)",
        "verdict_proof": "supported", "verdict_hub": "inconclusive", "share": "not available",
        "share_low": "not available", "share_high": "not available",
        "gap": 0.5, "gap_low": 0.25, "gap_high": 0.75, "f1": 0.5, "f1_low": 0.5, "f1_high": 0.5,
    }  # fmt: skip

    glued.clear()
    notebook.glue_points(record, "gap")
    notebook.glue_values(n_words=3, said="three")
    assert glued == {
        "gap_points": 50, "gap_low_points": 25, "gap_high_points": 75, "n_words": 3, "said": "three"
    }  # fmt: skip


def test_figures_have_the_pages_width():
    plt = pytest.importorskip("matplotlib.pyplot")
    from absorption.figures import theme

    theme.use()
    figure, axes = theme.figure(width=0.5, height=2.0, ncols=2)
    assert tuple(figure.get_size_inches()) == (0.5 * theme.PAGE_INCHES, 2.0) and len(axes) == 2
    plt.close(figure)


def test_a_cache_that_lies_elsewhere_is_not_named(monkeypatch, tmp_path):
    monkeypatch.setenv("ABSORPTION_CACHE", str(tmp_path))
    assert scrub_text(f"{tmp_path}/trained.safetensors") == "./.cache/trained.safetensors"
