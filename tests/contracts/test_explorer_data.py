"""The explorer's data are those of the notebooks whose records stand beside them."""

import json

import pytest

from absorption.claims.record import Record
from absorption.publish.explorer import FOLDER, Entry, gather
from absorption.runtime.paths import root

FILES = sorted((root() / "results" / FOLDER).glob("*.json"))


def test_there_are_some_and_they_fit_a_page():
    assert FILES
    assert len(gather(root() / "results").encode()) < 3_000_000


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_is_in_step_with_its_record(path):
    content = json.loads(path.read_text(encoding="utf-8"))
    record = Record.read(root() / "results" / path.name)
    assert (content["claim"], content["profile"]) == (record.claim.id, record.profile)
    assert content["source"] == record.source, f"run {record.claim.id}, which writes both"
    for entry in content["entries"]:
        Entry(**entry)
