"""The runner: what it publishes, when it runs again, and what a fault leaves behind."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
from typer.testing import CliRunner

from absorption.cli import app
from absorption.publish.page.provenance import complaint
from absorption.publish.run import runner
from absorption.publish.run.execute import MAXIMUM_BYTES
from absorption.publish.run.processes import Running, why_failed


def absorption(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def files(house) -> dict[str, bytes]:
    """Everything that is published, and anything else that lies beside it."""
    return {
        path.name: path.read_bytes() for folder in (house.claims, house.results) for path in folder.iterdir()
    }


def test_a_run_repeats_to_the_byte_and_runs_only_what_changed(house):
    source = house.add("01_one")
    code, output = absorption("run")
    assert code == 0 and output.startswith("01_one: started\n01_one: done in 0:")
    made = files(house)
    assert set(made) == {"01_one.ipynb", "01_one.json"}
    notebook = json.loads(made["01_one.ipynb"])
    assert set(notebook["metadata"]) == {"absorption", "kernelspec", "language_info"}
    assert str(house.root).encode() not in made["01_one.ipynb"]
    assert not any("injected-parameters" in cell["metadata"].get("tags", []) for cell in notebook["cells"])

    assert absorption("run") == (0, "01_one: nothing changed\n")

    shutil.rmtree(house.root / ".cache")  # as in a fresh clone
    assert "done" in absorption("run")[1]
    assert files(house) == made

    source.write_text(
        source.read_text(encoding="utf-8").replace("n_steps = 3", "n_steps = 4"), encoding="utf-8"
    )
    assert "about 0:" in absorption("run")[1]  # the last run's time is the estimate
    assert files(house) != made


def edit_output(house):
    path = house.claims / "01_one.ipynb"
    path.write_text(path.read_text(encoding="utf-8").replace("supported", "refuted"), encoding="utf-8")


def remove_record(house):
    (house.results / "01_one.json").unlink()


def change_lock(house):
    (house.root / "requirements.lock").write_text("torch==2.14.0\n", encoding="utf-8")


def change_model_lock(house):
    (house.root / "requirements-model.lock").write_text("other\n", encoding="utf-8")


def change_library(house):
    scrub = house.root / "library" / "publish" / "run" / "scrub.py"
    scrub.write_text(scrub.read_text(encoding="utf-8") + "\nx = 1\n", encoding="utf-8")


def damage_stamp(house):
    (house.root / ".cache/runs/laptop/01_one.json").write_text("{", encoding="utf-8")


@pytest.mark.parametrize(
    "change", [edit_output, remove_record, change_lock, change_model_lock, change_library, damage_stamp]
)
def test_nothing_stale_is_taken_for_fresh(published, tmp_path, monkeypatch, change):
    ran = []
    monkeypatch.setattr(runner, "start", lambda *arguments: ran.append(arguments[0].id) or _ended(*arguments))
    kept = tmp_path / "kept"
    shutil.copytree(published.root, kept)
    try:
        assert absorption("run")[1] == "01_one: nothing changed\n" and not ran
        change(published)
        absorption("run")
        assert ran == ["01_one"]
    finally:
        shutil.rmtree(published.root)
        shutil.copytree(kept, published.root)


def _ended(source, job, mark, estimate) -> Running:
    process = subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"])
    process.wait()
    return Running(source, job, mark, process, time.monotonic(), estimate)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--device", "cpu"), "device"),
        (("--profile", "gpu"), "profile"),
        (("-p", "n_steps", "9"), "parameter"),
    ],
)
def test_another_device_profile_or_parameter_is_another_run(published, monkeypatch, arguments, word):
    ran = []
    monkeypatch.setattr(runner, "start", lambda *given: ran.append(word) or _ended(*given))
    absorption("run", *arguments)
    assert ran == [word]


def test_a_failing_notebook_keeps_its_page_and_stops_nobody(house):
    house.add("01_one")
    house.add("02_two")
    assert absorption("run")[0] == 0
    before = files(house)
    house.add("01_one", body="raise ValueError('the sum\\nis wrong')")
    house.add("02_two", body="n_steps")
    code, output = absorption("run", "--jobs", "2")
    assert code == 1
    lines = output.splitlines()
    failed = next(i for i, line in enumerate(lines) if "01_one: failed" in line)
    assert lines[failed + 1] == "  cell 6: raise ValueError('the sum\\nis wrong')"
    assert lines[failed + 2] == "  ValueError: the sum"
    assert "02_two: done" in output and "Not published: 01_one." in output
    after = files(house)
    assert after["01_one.ipynb"] == before["01_one.ipynb"] and after["01_one.json"] == before["01_one.json"]
    assert after["02_two.ipynb"] != before["02_two.ipynb"]
    assert "ValueError" in (house.root / ".cache/runs/laptop/01_one.log").read_text(encoding="utf-8")


def test_another_profile_and_a_trial_leave_the_laptops_book_alone(house):
    house.add("01_one")
    assert absorption("run")[0] == 0
    before = files(house)
    assert absorption("run", "--profile", "gpu")[0] == 0
    code, output = absorption("run", "01", "-p", "n_steps", "7", "-p", "low", "0.25")
    assert code == 0 and "_build/trial" in output
    after = files(house)
    gpu = json.loads(after.pop("01_one.gpu.json"))
    assert after == before
    assert gpu["parameters"] == {"n_steps": 5} and set(gpu["made"]) == {"date", "commit"}
    trial = json.loads((house.root / "_build/trial/results/01_one.json").read_text(encoding="utf-8"))
    assert trial["parameters"] == {"n_steps": 7}
    injected = json.loads((house.root / "_build/trial/book/claims/01_one.ipynb").read_text(encoding="utf-8"))[
        "cells"
    ][3]
    assert injected["metadata"]["tags"] == ["injected-parameters"] and "low = 0.25\n" in injected["source"]


def test_what_cannot_be_published_is_said(house):
    house.add("01_big", body=f"print('x' * {MAXIMUM_BYTES})")
    silent = house.add("02_silent")
    silent.write_text(silent.read_text(encoding="utf-8").split('# %% tags=["nbval')[0], encoding="utf-8")
    house.add("03_killed", body="import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    code, output = absorption("run", "--jobs", "3")
    assert code == 1 and not files(house)
    assert "the limit is 600 KB" in output
    assert "it wrote no record 02_silent.json" in output
    assert "the kernel died" in output


@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_kill_leaves_nothing_half_written_and_the_next_run_resumes(house, blow):
    house.add("01_one")
    house.add(
        "02_two",
        body="(__import__('pathlib').Path(__import__('os').environ['ABSORPTION_ROOT']) / 'pid')"
        ".write_text(str(__import__('os').getpid())); import time; time.sleep(60)",
    )
    command = [sys.executable, "-c", "from absorption.cli import app; app()", "run", "--jobs", "1"]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        # Whoever started the tests in the background made them, and all that they start, deaf to Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    wait_until(
        lambda: (house.root / "pid").exists() and (house.root / "pid").read_text(encoding="utf-8"), 180
    )
    kernel = int((house.root / "pid").read_text(encoding="utf-8"))
    process.send_signal(blow)
    output, _ = process.communicate(timeout=90)
    assert process.returncode != 0
    if blow != signal.SIGKILL:
        assert "Stopped" in output and "Traceback" not in output
    assert set(files(house)) == {"01_one.ipynb", "01_one.json"}
    wait_until(lambda: not alive(kernel), 90)
    house.add("02_two")
    again = subprocess.run(command, capture_output=True, encoding="utf-8")
    assert again.returncode == 0
    assert "01_one: nothing changed" in again.stdout and "02_two: done" in again.stdout
    assert not list((house.root / ".cache/runs/staging").iterdir())


def wait_until(condition, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.1)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return b"Z" not in subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True).stdout


def test_two_runs_at_once_are_refused(house):
    house.add("01_one")
    with runner._alone():
        code, output = absorption("run")
    assert code == 1 and output.startswith("Another `absorption run` is at work")


def test_a_full_disk_is_one_sentence(published, monkeypatch):
    (published.root / "requirements.lock").write_text("changed\n", encoding="utf-8")
    before = files(published)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("absorption.publish.run.runner.shutil.copyfile", full)
    code, output = absorption("run")
    assert code == 1
    assert output.splitlines()[-1].startswith("could not write ") and "No space left" in output
    assert files(published) == before


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("run", "77"), "There is no notebook '77'; choose from: 01_one."),
        (("run", "--profile", "moon"), "There is no profile 'moon'; choose from: laptop, gpu."),
        (("html", "--profile", "moon"), "There is no profile 'moon'; choose from: laptop, gpu."),
        (
            ("run", "-p", "n_step", "3"),
            "There is no parameter 'n_step'; choose from: n_steps, low, profile, device.",
        ),
    ],
)
def test_unknown_names_list_the_valid_ones(house, arguments, sentence):
    house.add("01_one")
    code, output = absorption(*arguments)
    assert (code, output.strip()) == (1, sentence)


def test_a_profile_with_a_name_that_no_notebook_has_is_refused(house):
    house.add("01_one")
    (house.root / "profiles/gpu.yml").write_text("01_one:\n  n_stops: 5\n", encoding="utf-8")
    code, output = absorption("run", "--profile", "gpu")
    assert code == 1 and "'n_stops'; choose from: n_steps, low, profile, device." in output


def test_cuda_where_there_is_none_is_one_sentence(house, monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    house.add("01_one")
    code, output = absorption("run", "--device", "cuda")
    assert code == 1 and len(output.splitlines()) == 1 and "CUDA" in output


def test_a_damaged_record_is_one_sentence(house):
    (house.results / "01_one.json").write_text("{", encoding="utf-8")
    code, output = absorption("ledger")
    assert code == 1 and len(output.splitlines()) == 1 and "01_one.json" in output


def test_a_process_that_dies_without_a_word_is_reported(house, tmp_path):
    from absorption.publish.run.execute import Job

    (tmp_path / "log").write_text("Killed by the system\n", encoding="utf-8")
    job = Job("01_one.py", {}, "laptop", "", str(tmp_path), "01_one.json")
    failure = why_failed(_ended(runner.Source(tmp_path), job, "", None))
    assert failure is not None and failure.error == "Killed by the system"


def test_new_prose_runs_nothing_and_reaches_the_page(house, monkeypatch):
    source = house.add("01_one")
    assert absorption("run")[0] == 0
    entries = house.results / "explorer" / "01_one.json"
    entries.parent.mkdir()
    entries.write_text('{"source": "before", "entries": []}', encoding="utf-8")
    ran = []
    monkeypatch.setattr(runner, "start", lambda *arguments: ran.append(arguments[0].id) or _ended(*arguments))
    source.write_text(
        source.read_text(encoding="utf-8")
        .replace("# steps", "# optimiser steps")
        .replace("# # Tiny", "# # Tinier"),
        encoding="utf-8",
    )
    assert absorption("run")[1] == "01_one: only its words changed\n" and not ran
    notebook = (house.claims / "01_one.ipynb").read_text(encoding="utf-8")
    assert "# Tinier" in notebook and "optimiser steps" in notebook
    assert absorption("run")[1] == "01_one: nothing changed\n"
    assert complaint(house.claims / "01_one.ipynb") == ""
    kept, record = (
        json.loads(entries.read_text(encoding="utf-8")),
        json.loads((house.results / "01_one.json").read_text(encoding="utf-8")),
    )
    assert kept == {"source": record["source"], "entries": []}
    source.write_text(
        source.read_text(encoding="utf-8").replace("n_steps = 3", "n_steps = 4"), encoding="utf-8"
    )
    absorption("run")
    assert ran == ["01_one"]
