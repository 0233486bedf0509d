"""What is committed agrees with itself: sources, executed notebooks, records, README, profiles, citations."""

import json
import re

import pytest

from absorption.claims import load_records
from absorption.publish.page.checks import complaints
from absorption.publish.page.provenance import complaint
from absorption.publish.page.readme import with_ledger
from absorption.publish.page.steps import next_step
from absorption.publish.run.execute import MAXIMUM_BYTES
from absorption.publish.run.sources import all_sources, injected, profile_parameters, profiles
from absorption.runtime.paths import root

SOURCES = all_sources()
PUBLISHED = sorted((root() / "book" / "claims").glob("*.ipynb"))


def test_every_source_is_published_and_has_a_record():
    ids = [source.id for source in SOURCES]
    assert ids
    assert [path.stem for path in PUBLISHED] == ids
    assert [record.claim.id for record in load_records() if record.profile == "laptop"] == ids


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.stem)
def test_a_published_notebook_is_up_to_date_small_and_clean(path):
    assert not complaint(path)
    text = path.read_text(encoding="utf-8")
    assert len(text.encode()) <= MAXIMUM_BYTES
    cells = json.loads(text)["cells"]
    tags = [tag for cell in cells for tag in cell["metadata"].get("tags", [])]
    assert tags.count("parameters") == 1 and tags.count("nbval-check-output") >= 1
    assert "injected-parameters" not in tags
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output["output_type"] == "error"]
    machine = re.findall(r"(?:/home/|/root/|/Users/|/tmp/|/work/)[\w./-]*", json.dumps(outputs))
    assert not machine


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.id)
def test_a_source_ends_its_parameters_with_profile_and_device(source):
    defaults = source.defaults
    assert list(defaults)[-2:] == ["profile", "device"]
    assert (defaults["profile"], defaults["device"]) == ("laptop", "auto")


@pytest.mark.parametrize("profile", profiles())
def test_every_name_of_a_profile_is_a_parameter(profile):
    ids = {source.id for source in SOURCES}
    assert set(profile_parameters(profile)) <= ids | {"all"}
    for source in SOURCES:
        injected(source, profile, None, {})


def test_the_profiles_are_there():
    assert profiles() == ["laptop", "gpu", "quick"]


def test_the_readmes_ledger_is_in_step_with_the_records():
    text = (root() / "README.md").read_text(encoding="utf-8")
    assert with_ledger(text) == text, "run `absorption run`, which writes it"


def test_every_source_that_a_claim_names_is_in_the_references():
    keys = set(
        re.findall(
            r"^@\w+\{([^,]+),", (root() / "book/references.bib").read_text(encoding="utf-8"), re.MULTILINE
        )
    )
    named = {quoted.source for record in load_records() for quoted in record.claim.quotations}
    assert named and named <= keys


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.id)
def test_a_claim_needs_nothing_more(source):
    assert next_step(source) == ""


def test_every_claim_is_registered_gated_reasoned_and_shown_first():
    assert complaints(SOURCES) == []


def test_what_we_learned_is_short_and_every_number_is_computed():
    text = (root() / "book" / "learned.md").read_text(encoding="utf-8")
    text = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    text = re.sub(r"\{(?:doc|term)\}`([^`<]*)(?:<[^`]*)?`", r"\1", text)
    text = re.sub(r"\{glue:text\}`[^`]*`", "glued", text)
    text = re.sub(r"\]\([^)]*\)", "]", text)
    assert len(text.split()) <= 900
    typed = re.findall(r"\d+(?:\.\d+)?%?", re.sub(r"SmolLM2|\bL[01]\b", "", text))
    assert set(typed) <= {"0", "1"}, typed  # the ends of scales
