"""Records: what they hold, what they refuse, what they print."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest
from tiny import CLAIM, DESIGN, SEEDS, run

from absorption.claims import Evidence, Finding, RecordError, load_records
from absorption.claims.registration import frozen


def test_a_record_survives_the_disk_and_repeats_to_the_byte():
    lost = Evidence.not_available("words", "no word is judged")
    record = run(lost, claim=replace(CLAIM, findings=(Finding("how many words", "words"),)))
    text = record.path.read_text(encoding="utf-8")
    assert load_records() == [record] and record.found == "The gap is 0.01."
    assert run(lost, claim=record.claim).path.read_text(encoding="utf-8") == text
    assert "date" not in json.loads(text)["made"]


def test_another_profile_is_dated_and_leaves_the_laptop_record_alone():
    laptop = run()
    before = laptop.path.read_bytes()
    gpu = run(Evidence.exactly("gap", 0.5), profile="gpu")
    assert gpu.path.name == "99_tiny.gpu.json" and laptop.path.read_bytes() == before
    assert set(gpu.made) == {"date", "commit"}
    assert [r.profile for r in load_records()] == ["laptop", "gpu"]


def test_a_quick_run_leaves_the_same_bytes_whenever_it_is_made():
    quick = run(profile="quick")
    assert quick.path.name == "99_tiny.quick.json" and quick.made == {}


def test_a_damaged_record_is_named():
    path = run().path
    path.write_text(path.read_text(encoding="utf-8")[:200], encoding="utf-8")
    with pytest.raises(RecordError, match=r"99_tiny.json .* run its notebook again"):
        load_records()


@pytest.mark.parametrize(
    ("was", "edited"),
    [
        ('"high": 0.015', '"high": 0.9'),
        ('"toy": "qualified"', '"toy": "supported"'),
        ('"post_hoc": [', '"post_hoc": [] , "device": ['),
    ],
)
def test_a_record_edited_by_hand_is_refused(was, edited):
    path = run().path
    assert was in path.read_text(encoding="utf-8")
    path.write_text(path.read_text(encoding="utf-8").replace(was, edited), encoding="utf-8")
    with pytest.raises(RecordError, match="run its notebook again"):
        load_records()


def test_a_full_disk_is_one_sentence_and_keeps_the_old_record(monkeypatch):
    path = run().path
    before = path.read_bytes()

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_text", full)
    with pytest.raises(OSError, match=r"could not write .*99_tiny.json.*No space left"):
        run(Evidence.exactly("gap", 0.5))
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == ["99_tiny.json"]


def test_printed_lines_have_fixed_digits_and_name_roles():
    frozen(CLAIM, DESIGN, SEEDS, seen=(), before=None, date="2026-01-02").write()
    assert str(run()) == (
        "holds          the gap is small  [0.01, 0.005 to 0.015, 5 seeds] (essential)\n"
        "holds          recall is high  [0.95, exact]\n"
        "holds          it reconstructs  [0.8, 0.7 to 0.9, 5 seeds] (gate)\n"
        "holds          the oracle is perfect  [1, exact] (control)\n"
        "\n"
        "toy: supported"
    )
    assert run().registered("toy") == "registered 2026-01-02"


def test_claims_import_no_torch_and_stay_light():
    code = (
        "import sys, absorption.claims; print([m for m in ('torch', 'scipy', 'pandas') if m in sys.modules])"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8").stdout.strip()
        == "[]"
    )


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ('Predicate("p", "s", "x", because="w", above=1, tier="moon")', "tier must be one of"),
        ('Predicate("p", "s", "x", because="w", above=1, role="oracle")', "role must be one of"),
        ('Evidence.of_samples("x", [1, 2], statistic="max")', "statistic must be mean or median"),
    ],
)
def test_a_word_that_is_none_of_the_known_ones_is_named(call, words):
    """Outside the tests, in which the types say it."""
    code = f"from absorption.claims import Evidence, Predicate; {call}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8")
    assert done.returncode == 1 and words in done.stderr.splitlines()[-1]
