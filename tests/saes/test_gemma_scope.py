"""The whole of the page on the original latents: tiny random Gemmas, and SAEs in both of Gemma Scope's layouts with the real file names."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hub_server import TOKEN, Repository, serve
from safetensors.torch import save

from absorption.runtime.paths import root
from absorption.worlds.text import LETTERS

MODEL, SMALL = "google/gemma-2-2b", "tiny/gemma-3-270m"
SCOPE, SCOPE_2 = "google/gemma-scope-2b-pt-res", "google/gemma-scope-2-270m-pt"
COMMITS = {MODEL: "1" * 40, SCOPE: "2" * 40, SMALL: "3" * 40, SCOPE_2: "4" * 40}
SAE = "layer_3/width_16k/average_l0_59/params.npz"
SMALL_SAES = ("layer_5_width_16k_l0_medium", "layer_5_width_65k_l0_medium", "layer_9_width_16k_l0_medium")
D_MODEL, D_SAE = 32, 96


def words():
    """Fifteen words a letter."""
    tails = [a + b + "t" for a in "aeo" for b in "bdmrs"]
    return [letter + tail for letter in LETTERS for tail in tails] + ["short"]


def arrays(seed: int, d_sae: int = D_SAE) -> dict[str, np.ndarray]:
    """An SAE, with the names of Gemma Scope 1."""
    rng = np.random.default_rng(seed)
    decoder = rng.normal(size=(d_sae, D_MODEL)).astype(np.float32)
    decoder /= np.linalg.norm(decoder, axis=1, keepdims=True)
    return {
        "W_enc": decoder.T.copy(), "W_dec": decoder, "b_enc": np.zeros(d_sae, np.float32),
        "b_dec": rng.normal(size=D_MODEL).astype(np.float32), "threshold": np.full(d_sae, 0.4, np.float32),
    }  # fmt: skip


def scope_files() -> dict[str, bytes]:
    file = io.BytesIO()
    np.savez(file, **arrays(0))
    return {SAE: file.getvalue()}


def scope_2_files() -> dict[str, bytes]:
    """With the names of Gemma Scope 2, beside settings of which SAELens reads the first."""
    files = {}
    for seed, name in enumerate(SMALL_SAES):
        given = arrays(seed, 2 * D_SAE if "65k" in name else D_SAE)
        tensors = {key.replace("W_", "w_"): torch.from_numpy(value) for key, value in given.items()}
        settings = {"architecture": "jump_relu", "model_name": "google/gemma-3-270m-pt", "width": D_SAE}
        files[f"resid_post/{name}/params.safetensors"] = save(tensors)
        files[f"resid_post/{name}/config.json"] = json.dumps(settings).encode()
    return files


def saved(folder: Path, config_class, model_class, layers: int) -> dict[str, bytes]:
    """A random Gemma and a tokenizer of whole words, as Transformers saves them."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

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
    config = config_class(
        vocab_size=len(tokens), hidden_size=D_MODEL, intermediate_size=48, num_hidden_layers=layers, num_attention_heads=4,
        num_key_value_heads=2, head_dim=8, query_pre_attn_scalar=8, bos_token_id=1, eos_token_id=2, pad_token_id=0,
    )  # fmt: skip
    model = model_class(config)
    for parameter in model.parameters():
        parameter.data.mul_(4)
    model.save_pretrained(folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def everything(tmp_path_factory):
    """By repository the files that the page asks for."""
    from transformers import Gemma2Config, Gemma2ForCausalLM, Gemma3ForCausalLM, Gemma3TextConfig

    large, small = tmp_path_factory.mktemp("gemma"), tmp_path_factory.mktemp("small")
    return {
        MODEL: saved(large, Gemma2Config, Gemma2ForCausalLM, 5),
        SMALL: saved(small, Gemma3TextConfig, Gemma3ForCausalLM, 10),
        SCOPE: scope_files(),
        SCOPE_2: scope_2_files(),
    }


RUN = """
import json, sys, jupytext, papermill
source, folder, parameters = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
notebook = jupytext.read(source)
papermill.execute_notebook(notebook, folder + "/page.ipynb", parameters=parameters, kernel_name="python3", cwd=folder, progress_bar=False)
"""


def run_the_page(tmp_path, endpoint, **changes):
    """Execute notebook 15 against the endpoint; its record, and what it shows."""
    parameters = {
        "model_revision": COMMITS[MODEL], "sae_revision": COMMITS[SCOPE], "small_model": SMALL, "small_revision": COMMITS[SMALL],
        "small_sae_revision": COMMITS[SCOPE_2], "small_saes": SMALL_SAES, "main_latent": 5, "absorbing_latent": 7,
        "memory_to_read": 0, "memory_needed": 0, "n_words": 391, "device": "cpu", **changes,
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
        timeout=240,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    record = json.loads((tmp_path / "results" / "15_gemma_scope.json").read_text(encoding="utf-8"))
    return record, (tmp_path / "page.ipynb").read_text(encoding="utf-8")


def numbers(record):
    return {e["name"]: e["value"] for e in record["evidence"]}


@pytest.mark.parametrize("source", ["hub", "folder"])
def test_the_whole_page_runs_offline(source, tmp_path, everything):
    """Through the same code: a hub on loopback whose model is gated, or files that were fetched elsewhere."""
    if source == "hub":
        given = {
            name: Repository(files, COMMITS[name], gated=name == MODEL) for name, files in everything.items()
        }
        with serve(given) as endpoint:
            record, page = run_the_page(tmp_path, endpoint)
    else:
        for repository, files in everything.items():
            for name, content in files.items():
                path = tmp_path / "fetched" / repository / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        record, page = run_the_page(tmp_path, "http://127.0.0.1:9", folder=str(tmp_path / "fetched"))
    assert record["verdicts"]["hub"] != "not run"
    found = numbers(record)
    assert {"main_activation", "absorber_effect", "others_effect", "full", "explained", "probe_f1"} <= set(
        found
    )
    assert -1 <= found["absorber_cosine"] <= 1 and 0 <= found["full"] <= 1
    assert 0 <= found["small_full"] <= 1 and 0 <= found["small_permuted"] <= 1
    assert all(name in page for name in SMALL_SAES)


def test_without_the_memory_for_the_whole_model_the_causal_test_is_not_available(tmp_path, everything):
    given = {name: Repository(everything[name], COMMITS[name]) for name in (MODEL, SCOPE)}
    with serve(given) as endpoint:
        record, page = run_the_page(tmp_path, endpoint, memory_needed=10**6)
    found = numbers(record)
    assert found["absorber_effect"] is None and found["main_activation"] is not None
    assert record["outcomes"]["causal"] == "not available" and record["verdicts"]["hub"] != "supported"
    assert found["small_full"] is None and f"for {SCOPE_2}; log in again" in page, (
        "the second part's own reason"
    )


def test_without_a_hub_the_page_says_so(tmp_path):
    record, page = run_the_page(tmp_path, "http://127.0.0.1:9")
    assert record["verdicts"] == {"hub": "not run"} and not record["evidence"]
    assert "No hub could be reached for google/gemma-scope-2b-pt-res" in record["why"]["hub"]
    assert "No hub could be reached for google/gemma-scope-2-270m-pt" in page
