"""Models by name, folder or repository: read as `language.load` reads them, and one sentence where it fails."""

import hashlib
import importlib.util
import sys

import pytest
import torch
from hub_server import Repository, pointed_at, serve

from absorption.runtime.hub import HubError
from absorption.runtime.paths import root
from absorption.worlds import packaged
from absorption.worlds.language import PACKAGED
from absorption.worlds.models import open_model
from absorption.worlds.packaged import PARTED, PartedModel, not_installed, put_together
from absorption.worlds.residuals import word_activations

COMMIT = "1" * 40


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("ABSORPTION_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A Llama of three blocks with its head, as Transformers saves one."""
    from tokenizers import Tokenizer, models
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    torch.manual_seed(0)
    sizes = dict(
        vocab_size=9, hidden_size=16, intermediate_size=32, num_hidden_layers=3, num_attention_heads=2
    )
    path = tmp_path_factory.mktemp("llama")
    LlamaForCausalLM(LlamaConfig(**sizes)).save_pretrained(path)
    words = Tokenizer(models.WordLevel({"<s>": 0, **{f"▁w{i}": i for i in range(1, 9)}}, unk_token="<s>"))
    PreTrainedTokenizerFast(tokenizer_object=words, bos_token="<s>").save_pretrained(path)
    return path


def copied(folder, target):
    target.mkdir(parents=True)
    for file in folder.iterdir():
        (target / file.name).write_bytes(file.read_bytes())
    return target


def test_a_folder_gives_the_hidden_states_of_transformers(folder):
    from transformers import LlamaForCausalLM

    model = open_model(folder, layer=2, linear="float32")
    assert (model.layer, model.d_model, model.first_token, len(model.body.layers)) == (2, 16, 0, 2)
    with torch.no_grad():
        oracle = LlamaForCausalLM.from_pretrained(folder)
        expected = oracle(torch.tensor([[0, 5]]), output_hidden_states=True).hidden_states[2][0, 1]
        torch.testing.assert_close(word_activations(model, torch.tensor([5]))[0], expected)
        whole = open_model(folder, layer=2, whole=True, linear="float32")
        torch.testing.assert_close(
            whole.body(torch.tensor([[0, 5]])).logits, oracle(torch.tensor([[0, 5]])).logits
        )


def test_a_folder_is_known_by_what_is_in_it(folder, tmp_path):
    model, moved = open_model(folder, 1), open_model(copied(folder, tmp_path / "elsewhere"), 1)
    assert model.identity == moved.identity and moved.name == "elsewhere"
    settings = tmp_path / "elsewhere" / "config.json"
    settings.write_text(settings.read_text(encoding="utf-8").replace("1e-06", "1e-05"), encoding="utf-8")
    assert open_model(tmp_path / "elsewhere", 1).identity != model.identity


def test_a_repository_is_read_at_its_commit(folder, tmp_path):
    files = {file.name: file.read_bytes() for file in folder.iterdir()}
    with (
        serve({"tiny/llama": Repository(files, COMMIT)}) as endpoint,
        pointed_at(endpoint, tmp_path / "hub"),
    ):
        model = open_model("tiny/llama", 1, COMMIT)
        assert model.identity == f"tiny/llama@{COMMIT}" and len(model.body.layers) == 1
        with pytest.raises(HubError, match="has no commit 222222222222"):
            open_model("tiny/llama", 1, "2" * 40)


@pytest.mark.parametrize(
    ("spec", "options", "message"),
    [
        ("owner/name", {}, "must be a full commit hash"),
        ("gemma-3-271m", {}, "is no model: give one of SmolLM2-135M-Instruct, gemma-3-270m, a folder"),
        ("./nowhere", {}, "is no model"),
        ("gemma-3-270m", {"revision": COMMIT}, "revision is for models from a hub"),
        ("SmolLM2-135M-Instruct", {"revision": COMMIT}, "revision is for hub models"),
    ],
)
def test_what_names_no_model_is_refused(spec, options, message):
    with pytest.raises(ValueError, match=message):
        open_model(spec, 1, **options)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("no weights", r"is no whole model: \*.safetensors is missing"),
        ("no tokenizer", "is no whole model: tokenizer.json is missing"),
        ("no config", "is no whole model: config.json is missing"),
        ("truncated", "is damaged or no model that Transformers can read"),
        ("layer", "layer must lie in 1 … 3, not 4"),
        ("revision", "revision is for models from a hub"),
    ],
)
def test_one_sentence_says_what_is_wrong_with_a_folder(folder, fault, message, tmp_path):
    broken = copied(folder, tmp_path / "broken")
    missing = {"no weights": "*.safetensors", "no tokenizer": "tokenizer*", "no config": "config.json"}
    for file in broken.glob(missing.get(fault, "nothing")):
        file.unlink()
    if fault == "truncated":
        (weights,) = broken.glob("*.safetensors")
        weights.write_bytes(weights.read_bytes()[:-100])
    revision = COMMIT if fault == "revision" else None
    with pytest.raises((ValueError, FileNotFoundError), match=message) as caught:
        open_model(broken, 4 if fault == "layer" else 1, revision)
    assert "\n" not in str(caught.value)


def in_parts(tmp_path, monkeypatch, content=b"abcdefgh", promised=b"abcdefgh"):
    """A file of two parts, in two packages that say no code is to be run."""
    for number, part in enumerate((content[:5], content[5:])):
        package = tmp_path / "site" / f"absorption_test_part{number}"
        (package / "data").mkdir(parents=True)
        (package / "__init__.py").write_text("raise RuntimeError", encoding="utf-8")
        (package / "data" / f"tiny.gguf.part{number:02d}").write_bytes(part)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    names = ("absorption_test_part0", "absorption_test_part1")
    return PartedModel(names, "tiny.gguf", hashlib.sha256(promised).hexdigest(), "<s>", "https://example.org")


def test_parts_are_put_together_once_and_checked_every_time(tmp_path, monkeypatch):
    parted = in_parts(tmp_path, monkeypatch)
    whole = put_together(parted)
    assert whole.read_bytes() == b"abcdefgh" and [p.name for p in whole.parent.iterdir()] == ["tiny.gguf"]
    before = whole.stat().st_mtime_ns
    assert put_together(parted).stat().st_mtime_ns == before
    whole.write_bytes(b"abcdefgX")
    assert put_together(parted).read_bytes() == b"abcdefgh"
    assert not set(parted.packages) & set(sys.modules)


def test_parts_that_are_damaged_or_missing_are_named(tmp_path, monkeypatch):
    parted = in_parts(tmp_path, monkeypatch, content=b"abcdefgX")
    with pytest.raises(
        ValueError, match=r"tiny.gguf is corrupt.*absorption_test_part1.*requirements-gemma.lock"
    ):
        put_together(parted)
    (tmp_path / "site" / "absorption_test_part1" / "data" / "tiny.gguf.part01").unlink()
    with pytest.raises(
        FileNotFoundError, match=r"absorption_test_part1 is missing; install it with .*https://example.org"
    ):
        put_together(parted)


def test_whether_a_parted_model_is_there_is_said_without_reading_it(tmp_path, monkeypatch):
    parted = in_parts(tmp_path, monkeypatch)
    monkeypatch.setitem(PARTED, "tiny", parted)
    assert not_installed("tiny") is None and not_installed("another") is None
    whole = put_together(parted)
    (tmp_path / "site" / "absorption_test_part1" / "data" / "tiny.gguf.part01").unlink()
    said = not_installed("tiny")
    assert (
        said == f"tiny is not installed: {packaged.INSTALL} (240 MB; its terms of use: https://example.org)."
    )
    assert put_together(parted) == whole  # from the cache


def test_a_parted_model_is_read_as_the_others_are(folder, tmp_path, monkeypatch):
    from transformers import AutoTokenizer, LlamaModel

    parted = in_parts(tmp_path, monkeypatch)
    monkeypatch.setitem(PARTED, "tiny", parted)
    asked = []

    def kept_copy(*given):
        asked.append(given)
        return LlamaModel.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)

    monkeypatch.setattr(packaged, "_kept_copy", kept_copy)
    model = open_model("tiny", layer=2, linear="bfloat16")
    assert (
        model.identity == f"sha256:{parted.sha256}" and model.first_token == 0 and model.linear == "bfloat16"
    )
    assert asked[0][:3] == ("tiny", 2, model.identity) and asked[0][3].read_bytes() == b"abcdefgh"
    linear = model.body.layers[0].mlp.up_proj
    assert linear.weight.dtype == torch.bfloat16 and not linear.weight.requires_grad


def test_the_lock_of_gemma_names_its_parts_by_hash():
    lines = (root() / "requirements-gemma.lock").read_text(encoding="utf-8").splitlines()
    pinned = dict(line.split("==1.0.0 --hash=sha256:") for line in lines if not line.startswith("#"))
    names = {name.replace("-", "_") for name in pinned}
    assert set(PARTED["gemma-3-270m"].packages) <= names and all(len(h) == 64 for h in pinned.values())
    assert PARTED["gemma-3-270m"].terms in "\n".join(lines) and "requirements-gemma.lock" in packaged.INSTALL


def test_packaged_names_do_not_clash():
    assert not set(PACKAGED) & set(PARTED)


@pytest.mark.skipif(
    importlib.util.find_spec(PARTED["gemma-3-270m"].packages[0]) is None,
    reason="240 MB that no setup installs: requirements-gemma.lock",
)
def test_gemma_is_not_surprised_by_plain_english():
    model = open_model("gemma-3-270m", layer=6, whole=True, linear="float32")
    text = (
        "The sun had set behind the hills, and the village was quiet. An old man sat by the door of his house and "
        "watched the children play in the street. He remembered when he was a boy, and how his mother used to call "
        "him in for dinner."
    )
    tokens = torch.tensor(
        [[model.first_token, *model.tokenizer(text, add_special_tokens=False)["input_ids"]]]
    )
    with torch.no_grad():
        loss = torch.nn.functional.cross_entropy(model.body(tokens).logits[0, :-1], tokens[0, 1:])
    assert model.d_model == 640 and float(loss.exp()) < 25
