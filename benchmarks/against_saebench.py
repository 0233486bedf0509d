"""SAEBench's own calculation of absorption, on an SAE, activations and probes that are handed to it.

SAEBench asks for older packages than this project, so this file runs in an environment of its own, and
`benchmarks/evaluation.py` runs it there, once it is told where:

    python -m venv /some/where
    /some/where/bin/pip install sae-bench==0.6.0
    SAEBENCH_PYTHON=/some/where/bin/python absorption bench

(Beside a CPU build of torch, torchvision has to be one too, or to be uninstalled again: this calculation needs none.)
No hub is asked and no language model runs: SAEBench's calculator is given a model that returns the activations it was
handed. From the folder that is named on the command line it reads `sae/` (as SAELens saves it) and `given.safetensors`,
and it writes `theirs.json`.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

KS = tuple(range(1, 11))


class Handed:
    """What stands in for the language model: a prompt is the number of a row of `x [word d_in]`."""

    def __init__(self, x: torch.Tensor) -> None:
        self.x = x

    def to_tokens(self, _prompt: str) -> list[list[int]]:
        """All prompts are equally long."""
        return [[0]]

    def run_with_cache(
        self, prompts: list[str], names_filter: list[str]
    ) -> tuple[None, dict[str, torch.Tensor]]:
        """The rows that the prompts name."""
        return None, {names_filter[0]: self.x[[int(prompt) for prompt in prompts]][:, None]}


def main(folder: Path) -> None:
    """Both stages of SAEBench: main latents by k-sparse probing; the two metrics, with our main latents and with its own."""
    from sae_bench.evals.absorption.k_sparse_probing import (
        add_feature_splits_to_metrics_df,
        build_metrics_df,
        eval_probe_and_sae_k_sparse_raw_scores,
        sae_k_sparse_metadata,
        train_k_sparse_probes,
    )
    from sae_bench.evals.absorption.probing import LinearProbe
    from sae_lens import SAE

    torch.set_grad_enabled(True)
    given = load_file(folder / "given.safetensors")
    sae = SAE.load_from_disk(str(folder / "sae"))
    norms = sae.W_dec.norm(dim=1)
    if not torch.allclose(norms, torch.ones_like(norms), atol=1e-5):
        sae.fold_W_dec_norm()  # SAEBench insists on decoders of norm 1; SAELens folds no TopK
    probe = LinearProbe(given["probe_weight"].shape[1], len(given["probe_weight"]))
    probe.load_state_dict({"fc.weight": given["probe_weight"], "fc.bias": given["probe_bias"]})
    train, test = (labelled(given, part) for part in ("train", "test"))

    torch.manual_seed(0)
    start = time.perf_counter()
    probes = train_k_sparse_probes(sae, train, given["train"], ks=KS, precalc_sae_acts=True)
    scores = eval_probe_and_sae_k_sparse_raw_scores(sae, probe, probes, test, given["test"])
    found = build_metrics_df(scores, sae_k_sparse_metadata(sae, probe, probes, "sae", 0), len(KS))
    add_feature_splits_to_metrics_df(found, len(KS))
    chosen = [[int(latent) for latent in own] for own in found["split_feats"]]
    seconds = {"main latents": time.perf_counter() - start}

    ours = [own.nonzero()[:, 0].tolist() for own in given["main"]]
    start = time.perf_counter()
    by_given = judged(sae, probe, given, ours)
    seconds["metrics"] = time.perf_counter() - start
    answer = {
        "seconds": seconds,
        "main": chosen,
        "given": by_given,
        "chosen": judged(sae, probe, given, chosen),
    }
    (folder / "theirs.json").write_text(json.dumps(answer), encoding="utf-8")


def labelled(given: dict[str, torch.Tensor], part: str) -> list[tuple[str, int]]:
    """Pairs of a word, here its row's number, and its letter's."""
    return [(str(row), int(letter)) for row, letter in enumerate(given[f"{part}_letters"])]


def judged(
    sae: Any, probe: Any, given: dict[str, torch.Tensor], main_latents: list[list[int]]
) -> dict[str, list[float]]:
    """SAEBench's verdict on each judged word: absorbed in full (0 or 1), and the fraction."""
    from sae_bench.evals.absorption import feature_absorption as published
    from sae_bench.evals.absorption.feature_absorption_calculator import FeatureAbsorptionCalculator

    calculator = FeatureAbsorptionCalculator(
        model=Handed(given["test"]),
        icl_word_list=[],
        max_icl_examples=0,
        base_template="{word}",
        answer_formatter=str,
        word_token_pos=-1,
        full_absorption_probe_cos_sim_threshold=published.FULL_ABSORPTION_PROBE_COS_THRESHOLD,
        absorption_fraction_probe_cos_sim_threshold=published.ABSORPTION_FRACTION_PROBE_COS_THRESHOLD,
        probe_projection_proportion_threshold=published.ABSORPTION_PROBE_PROJECTION_PROPORTION_THRESHOLD,
        absorption_fraction_max_absorbing_latents=published.ABSORPTION_FRACTION_MAX_ABSORBING_LATENTS,
    )
    rows = given["judged"]
    letters, by_row = given["test_letters"][rows], {}
    for letter, own in enumerate(main_latents):
        words = [str(int(row)) for row in rows[letters == letter]]
        if words:
            done = calculator.calculate_absorption(
                sae, words, probe.weights[letter].detach(), own, layer=0, show_progress=False
            )
            by_row |= {int(word.word): word for word in done.word_results}
    each = [by_row[int(row)] for row in rows]
    return {
        "full": [float(word.is_full_absorption) for word in each],
        "fraction": [float(word.absorption_fraction) for word in each],
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
