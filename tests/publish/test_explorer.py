"""The explorer's data: what is refused, how it is written, and that the script says what the files say."""

import json

import pytest

from absorption.publish import explorer
from absorption.publish.explorer import Entry, gather, write_entries

LETTER = {
    "probe_f1": 0.9,
    "judged": 3,
    "silent": 1,
    "main": [[4, 0.9, 0.5, 0.64, 0.4, ["snow"]]],
    "absorbing": [[7, 0.2, ["snake"]]],
    "rows": [["snake</script>", 7, 1.0, 0.2, 0.8, 1]],
}


def entry(sparsity: str = "k = 8", **changes) -> Entry:
    return Entry("a model", "BatchTopK, 8 latents", sparsity, {"L0": 8.0}, {"s": LETTER | changes})


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"main": [[4, 0.9]]}, "columns"),
        ({"silent": 2}, "silent ones"),
        ({"judged": 0}, "silent ones"),
        ({"absorbing": []}, "do not agree"),
    ],
)
def test_tables_that_contradict_each_other_are_refused(changes, reason):
    with pytest.raises(ValueError, match=reason):
        entry(**changes)


def test_what_is_written_is_what_the_script_holds(tmp_path, monkeypatch):
    monkeypatch.setenv("ABSORPTION_RESULTS", str(tmp_path))
    path = write_entries("12_tuning", "laptop", [entry(), entry("k = 16")])
    first = path.read_bytes()
    write_entries("12_tuning", "laptop", [entry(), entry("k = 16")])
    assert path.read_bytes() == first
    assert [p.name for p in path.parent.iterdir()] == ["12_tuning.json"]
    write_entries("12_tuning", "gpu", [entry("k = 32")])
    script = gather()
    assert "</script>" not in script
    files = json.loads(script.split("files: ")[1].rsplit("};", 1)[0].replace("<\\/", "</"))
    assert [e["sparsity"] for file in files for e in file["entries"]] == ["k = 32", "k = 8", "k = 16"]
    assert files[1]["entries"][0]["letters"]["s"] == LETTER


def test_two_entries_that_no_link_can_tell_apart_are_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("ABSORPTION_RESULTS", str(tmp_path))
    with pytest.raises(ValueError, match="one name"):
        write_entries("12_tuning", "laptop", [entry(), entry()])


def test_a_page_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(explorer, "MAXIMUM_BYTES", 100)
    with pytest.raises(ValueError, match="leave entries out"):
        gather(tmp_path)
