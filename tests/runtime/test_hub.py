"""Downloads from a hub on loopback: what arrives, and one sentence for everything that can go wrong."""

import pytest
from hub_server import TOKEN, Repository, pointed_at, serve

from absorption.runtime import hub
from absorption.runtime.hub import HubError, files

COMMIT = "0123456789abcdef" * 2 + "01234567"
OTHER = "f" * 40
DATA = {"config.json": b"{}", "sub/a.bin": bytes(range(256)) * 8}


@pytest.fixture
def ask(tmp_path):
    """Ask a hub that serves one repository."""

    def asked(
        repository, name="owner/model", revision=COMMIT, patterns=("config.json", "sub/a.bin"), token=""
    ):
        with serve({"owner/model": repository}) as endpoint, pointed_at(endpoint, tmp_path, token):
            return files(name, revision, patterns)

    return asked


def test_files_arrive_whole_and_need_no_hub_the_second_time(ask):
    repository = Repository(DATA, COMMIT)
    folder = ask(repository)
    assert {name: (folder / name).read_bytes() for name in DATA} == DATA
    repository.asked.clear()
    assert ask(repository) == folder
    assert not repository.asked


def test_a_gated_repository_opens_with_the_right_token(ask):
    assert ask(Repository(DATA, COMMIT, gated=True), token=TOKEN).name == COMMIT


@pytest.mark.parametrize(
    ("repository", "options", "sentence"),
    [
        (Repository(DATA, COMMIT, gated=True), {}, "owner/model is gated: accept its licence"),
        (Repository(DATA, COMMIT), {"token": "hf_wrong"}, "refused the token"),
        (Repository(DATA, COMMIT), {"name": "owner/none"}, "no repository owner/none"),
        (Repository(DATA, COMMIT), {"patterns": ("none.bin",)}, "holds no file none.bin"),
        (Repository(DATA, COMMIT), {"revision": OTHER}, "has no commit ffffffffffff"),
        (Repository(DATA, COMMIT, answers=OTHER), {}, "answered with commit ffffffffffff where 0123456789ab"),
        (Repository(DATA, COMMIT, cut=300), {}, "broke off; run it again"),
    ],
)  # fmt: skip
def test_everything_that_goes_wrong_is_one_sentence(ask, monkeypatch, repository, options, sentence):
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    with pytest.raises(HubError, match=sentence) as error:
        ask(repository, **options)
    text = str(error.value)
    assert "\n" not in text and text.endswith(".") and len(text) < 250


def test_no_hub_at_all(monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(HubError, match=r"No hub could be reached for .*HF_ENDPOINT if you set it\.$"):
        files("owner/model", COMMIT, ("config.json",))


@pytest.mark.parametrize("revision", [None, "main", "v1.0", COMMIT[:12], COMMIT.upper()])
def test_only_whole_commit_hashes_are_asked_for(revision):
    with pytest.raises(ValueError, match="full commit hash"):
        files("owner/model", revision, ("config.json",))


def test_other_statuses_are_named():
    class Response:
        status_code = 503

    class DownError(Exception):
        response = Response()

    assert "status 503" in hub._sentence(DownError("down"), "owner/model", COMMIT, "a.bin")
    assert "ValueError: odd" in hub._sentence(ValueError("odd\nthing"), "owner/model", COMMIT, "a.bin")
