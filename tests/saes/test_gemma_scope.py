"""The whole of the page on the original latents, against a hub on loopback: a tiny random Gemma-2 and an SAE in Gemma Scope's layout."""

import io
import json
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from hub_server import TOKEN, Repository, pointed_at, serve

from absorption.runtime.hub import HubError
from absorption.runtime.paths import root
from absorption.worlds.text import LETTERS

MODEL, SAES = "tiny/gemma-2-2b", "tiny/gemma-scope-2b-pt-res"
COMMITS = {MODEL: "1" * 40, SAES: "2" * 40}
SAE_ID = "layer_3/width_16k/average_l0_59"
D_MODEL, D_SAE = 32, 96


def words():
    """Fifteen words a letter."""
    tails = [a + b + "t" for a in "aeo" for b in "bdmrs"]
    return [letter + tail for letter in LETTERS for tail in tails] + ["short"]


def scope_arrays() -> dict[str, np.ndarray]:
    """An SAE as Gemma Scope's files hold it."""
    rng = np.random.default_rng(0)
    decoder = rng.normal(size=(D_SAE, D_MODEL)).astype(np.float32)
    decoder /= np.linalg.norm(decoder, axis=1, keepdims=True)
    return {
        "w_enc": decoder.T.copy(), "w_dec": decoder, "b_enc": np.zeros(D_SAE, np.float32),
        "b_dec": rng.normal(size=D_MODEL).astype(np.float32), "threshold": np.full(D_SAE, 0.4, np.float32),
    }  # fmt: skip


def sae_repository() -> Repository:
    file = io.BytesIO()
    np.savez(file, **scope_arrays())
    return Repository({f"{SAE_ID}/params.npz": file.getvalue()}, COMMITS[SAES])


@pytest.fixture(scope="module")
def model_files(tmp_path_factory):
    """Five random blocks and a tokenizer of whole words."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import Gemma2Config, Gemma2ForCausalLM, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("gemma")
    tokens = ["<unk>", "<bos>", "<eos>", "\n", *(f"▁{c}" for c in LETTERS.upper())]
    tokens += [f"▁{w}" for w in (*words(), "has", "the", "first", "letter:")]
    tokenizer = Tokenizer(models.WordLevel({t: i for i, t in enumerate(tokens)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split("\n", "isolated"), pre_tokenizers.Metaspace(prepend_scheme="never")]
    )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<bos>", eos_token="<eos>", unk_token="<unk>"
    )
    fast.save_pretrained(folder)
    torch.manual_seed(0)
    config = Gemma2Config(
        vocab_size=len(tokens), hidden_size=D_MODEL, intermediate_size=48, num_hidden_layers=5, num_attention_heads=4,
        num_key_value_heads=2, head_dim=8, query_pre_attn_scalar=8, bos_token_id=1, eos_token_id=2, pad_token_id=0,
    )  # fmt: skip
    model = Gemma2ForCausalLM(config)
    for parameter in model.parameters():
        parameter.data.mul_(4)
    model.save_pretrained(folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_an_sae_is_read_as_gemma_scope_writes_it(tmp_path):
    from absorption.saes.exchange.gemma_scope import load_gemma_scope

    repository, arrays = sae_repository(), scope_arrays()
    with serve({SAES: repository}) as endpoint, pointed_at(endpoint, tmp_path):
        sae = load_gemma_scope(SAE_ID, COMMITS[SAES], SAES)
        with pytest.raises(ValueError, match="not found in release"):
            load_gemma_scope("layer_3/width_16k/average_l0_1", COMMITS[SAES], SAES)
        with pytest.raises(HubError, match="has no commit"):
            load_gemma_scope(SAE_ID, "3" * 40, SAES)
    x = torch.randn(20, D_MODEL, generator=torch.Generator().manual_seed(0))
    pre = x @ torch.tensor(arrays["w_enc"])
    expected = pre * (pre > 0.4)
    torch.testing.assert_close(sae.encode(x), expected)
    torch.testing.assert_close(
        sae.decode(expected), expected @ torch.tensor(arrays["w_dec"]) + torch.tensor(arrays["b_dec"])
    )


RUN = """
import json, sys, jupytext, papermill
source, folder, parameters = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
notebook = jupytext.read(source)
papermill.execute_notebook(notebook, None, parameters=parameters, kernel_name="python3", cwd=folder, progress_bar=False)
"""


def run_the_page(tmp_path, endpoint, **changes):
    """Execute notebook 15 against the endpoint; its record."""
    parameters = {
        "model_name": MODEL, "model_revision": COMMITS[MODEL], "sae_repository": SAES, "sae_revision": COMMITS[SAES],
        "main_latent": 5, "absorbing_latent": 7, "memory_needed": 0, "n_words": 391, "device": "cpu", **changes,
    }  # fmt: skip
    environment = os.environ | {
        "HF_ENDPOINT": endpoint, "HF_HOME": str(tmp_path / "hub"), "HF_TOKEN": TOKEN, "OMP_NUM_THREADS": "1",
        "ABSORPTION_RESULTS": str(tmp_path / "results"), "ABSORPTION_CACHE": str(tmp_path / "cache"),
        "PYTHONPATH": str(root() / "src"),
    }  # fmt: skip
    command = [sys.executable, "-c", RUN, str(root() / "notebooks" / "15_gemma_scope.py"), str(tmp_path)]
    done = subprocess.run(
        [*command, json.dumps(parameters)],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads((tmp_path / "results" / "15_gemma_scope.json").read_text(encoding="utf-8"))


def test_the_whole_page_runs_against_a_hub_on_loopback(tmp_path, model_files):
    repositories = {
        MODEL: Repository(model_files, COMMITS[MODEL], gated=True),
        SAES: sae_repository(),
    }
    with serve(repositories) as endpoint:
        record = run_the_page(tmp_path, endpoint)
    assert record["verdicts"]["hub"] != "not run"
    numbers = {e["name"]: e["value"] for e in record["evidence"]}
    assert {"main_activation", "absorber_effect", "others_effect", "full", "explained", "probe_f1"} <= set(
        numbers
    )
    assert -1 <= numbers["absorber_cosine"] <= 1 and 0 <= numbers["full"] <= 1


@pytest.mark.parametrize("fault", ["wrong commit", "no hub"])
def test_without_a_hub_the_page_says_so(tmp_path, fault):
    with serve({SAES: Repository(sae_repository().files, COMMITS[SAES], answers="3" * 40)}) as endpoint:
        record = run_the_page(tmp_path, endpoint if fault == "wrong commit" else "http://127.0.0.1:9")
    assert record["verdicts"] == {"hub": "not run"} and not record["evidence"]
    expected = {"wrong commit": "answered with commit 333333333333", "no hub": "No hub could be reached"}[
        fault
    ]
    assert expected in record["why"]["hub"]
