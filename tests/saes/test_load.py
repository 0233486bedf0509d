"""SAEs as people store them: every layout against SAELens' own reading of the same files, and one sentence where it fails."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hub_server import TOKEN, Repository, pointed_at, serve
from safetensors.torch import save, save_file

from absorption.runtime.hub import HubError
from absorption.saes.exchange.load import load_dictionary

D_IN, D_SAE = 6, 14
SCOPE, SCOPE_2 = "google/gemma-scope-2b-pt-res", "google/gemma-scope-2-270m-pt"
COMMITS = {SCOPE: "2" * 40, SCOPE_2: "4" * 40}
SAE_1 = "layer_3/width_16k/average_l0_59"
SAE_2 = "layer_5_width_16k_l0_small"
AT_1 = "gemma-scope-2b-pt-res/" + SAE_1
AT_2 = "gemma-scope-2-270m-pt-res/" + SAE_2


def tensors():
    """An SAE of Gemma Scope's kind, with its names."""
    generator = torch.Generator().manual_seed(0)
    return {
        "w_enc": torch.randn(D_IN, D_SAE, generator=generator),
        "w_dec": torch.randn(D_SAE, D_IN, generator=generator),
        "b_enc": torch.randn(D_SAE, generator=generator),
        "b_dec": torch.randn(D_IN, generator=generator),
        "threshold": torch.rand(D_SAE, generator=generator),
    }


def as_npz(given) -> bytes:
    """Gemma Scope 1 writes W_enc, its successor w_enc."""
    file = io.BytesIO()
    np.savez(file, **{name.replace("w_", "W_"): value.numpy() for name, value in given.items()})
    return file.getvalue()


def settings_2():
    """What Gemma Scope 2 writes beside its weights, as far as SAELens reads it."""
    return json.dumps(
        {
            "architecture": "jump_relu",
            "model_name": "gemma-v3-270m-pt",
            "hf_hook_point_in": "model.layers.5.output",
        }
    ).encode()


def repositories(**options):
    files_2 = {
        f"resid_post/{SAE_2}/params.safetensors": save(tensors()),
        f"resid_post/{SAE_2}/config.json": settings_2(),
    }
    return {
        SCOPE: Repository({f"{SAE_1}/params.npz": as_npz(tensors())}, COMMITS[SCOPE], **options),
        SCOPE_2: Repository(files_2, COMMITS[SCOPE_2], **options),
    }


def expected(x):
    """JumpReLU written out; b_dec is not subtracted from the input."""
    given = tensors()
    pre = x @ given["w_enc"] + given["b_enc"]
    z = pre.relu() * (pre > given["threshold"])
    return z, z @ given["w_dec"] + given["b_dec"]


def activations():
    return torch.randn(20, D_IN, generator=torch.Generator().manual_seed(1))


def agrees(dictionary):
    x = activations()
    z, rebuilt = expected(x)
    assert (z > 0).any() and (z == 0).any()
    torch.testing.assert_close(dictionary.encode(x), z)
    torch.testing.assert_close(dictionary.reconstruct(x), rebuilt)
    torch.testing.assert_close(dictionary.W_dec, tensors()["w_dec"])


@pytest.mark.parametrize(
    ("spec", "repository"), [(AT_1, SCOPE), (AT_2, SCOPE_2), (AT_1.replace("/", ":", 1), SCOPE)]
)
def test_a_release_of_saelens_is_read_at_a_commit(spec, repository, tmp_path):
    with serve(repositories()) as endpoint, pointed_at(endpoint, tmp_path):
        dictionary = load_dictionary(spec, COMMITS[repository])
    assert dictionary.architecture == "jumprelu" and dictionary.name == spec
    agrees(dictionary)


def test_without_settings_gemma_scope_2_is_read_all_the_same(tmp_path):
    given = repositories()
    del given[SCOPE_2].files[f"resid_post/{SAE_2}/config.json"]
    with serve(given) as endpoint, pointed_at(endpoint, tmp_path):
        agrees(load_dictionary(AT_2, COMMITS[SCOPE_2]))


@pytest.mark.parametrize("spec", [AT_1, AT_2])
@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("gated", "is gated: accept its licence"),
        ("wrong token", "refused the token"),
        ("404", "holds no file"),
        ("truncated", "broke off"),
        ("wrong revision", "has no commit 333333333333"),
        ("another commit", "answered with commit 333333333333"),
        ("no hub", "No hub could be reached"),
    ],
)
def test_one_sentence_says_why_a_hub_did_not_give_it(spec, fault, message, tmp_path, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # the hub library waits before it tries again
    repository = SCOPE if spec == AT_1 else SCOPE_2
    given = repositories(
        gated=fault == "gated",
        cut=40 if fault == "truncated" else 0,
        answers="3" * 40 if fault == "another commit" else "",
    )
    if fault == "404":
        for one in given.values():
            one.files = {"README.md": b""}
    commit = "3" * 40 if fault == "wrong revision" else COMMITS[repository]
    with serve(given) as endpoint:
        endpoint = "http://127.0.0.1:9" if fault == "no hub" else endpoint
        token = "hf_wrong" if fault == "wrong token" else ""
        with pointed_at(endpoint, tmp_path, token), pytest.raises(HubError, match=message) as caught:
            load_dictionary(spec, commit)
    assert str(caught.value).count("\n") == 0 and repository in str(caught.value)


def test_a_gated_repository_opens_with_the_token(tmp_path):
    with serve(repositories(gated=True)) as endpoint, pointed_at(endpoint, tmp_path, TOKEN):
        agrees(load_dictionary(AT_2, COMMITS[SCOPE_2]))


@pytest.mark.parametrize(
    ("spec", "revision", "message"),
    [
        (AT_1, None, "must be a full commit hash"),
        (AT_1, "main", "must be a full commit hash"),
        ("gemma-scope-2b-pt-rez/" + SAE_1, "0" * 40, "no release.*nearest are gemma-scope-2b-pt-res"),
        (
            "gemma-scope-2b-pt-res/layer_3/width_16k/average_l0_60",
            "0" * 40,
            "has no SAE.*nearest are layer_3/width_16k",
        ),
        ("gemma-scope-2b-pt-res", "0" * 40, "needs an id after it"),
    ],
)
def test_a_release_that_is_not_named_in_full_is_refused(spec, revision, message):
    with pytest.raises(ValueError, match=message):
        load_dictionary(spec, revision)


@pytest.mark.parametrize("as_file", [True, False], ids=["file", "folder"])
@pytest.mark.parametrize("layout", [1, 2])
def test_gemma_scope_files_fetched_elsewhere(layout, as_file, tmp_path):
    path = tmp_path / (f"{SAE_1}/params.npz" if layout == 1 else f"resid_post/{SAE_2}/params.safetensors")
    path.parent.mkdir(parents=True)
    path.write_bytes(as_npz(tensors()) if layout == 1 else save(tensors()))
    (path.parent / "config.json").write_bytes(settings_2())
    agrees(load_dictionary(path if as_file else path.parent))


def test_a_repository_in_saelens_own_format(tmp_path):
    from sae_lens import TopKSAE, TopKSAEConfig

    sae = TopKSAE(TopKSAEConfig(d_in=D_IN, d_sae=D_SAE, k=3))
    sae.save_model(tmp_path / "sae")
    files = {f"mine/{path.name}": path.read_bytes() for path in (tmp_path / "sae").iterdir()}
    with (
        serve({"me/saes": Repository(files, "5" * 40)}) as endpoint,
        pointed_at(endpoint, tmp_path / "hub"),
    ):
        dictionary = load_dictionary("me/saes:mine", "5" * 40)
    torch.testing.assert_close(dictionary.encode(activations()), sae.encode(activations()).detach())


SAELENS_KINDS = {
    "standard": {},
    "topk": {"k": 3, "rescale_acts_by_decoder_norm": True},
    "batchtopk": {"k": 2},
    "jumprelu": {},
    "gated": {},
    "matryoshka_batchtopk": {"k": 2, "matryoshka_widths": [5, D_SAE]},
}


@pytest.mark.parametrize("normalisation", ["none", "layer_norm", "constant_norm_rescale"])
@pytest.mark.parametrize("kind", SAELENS_KINDS)
def test_saelens_folders_of_training_and_of_inference(kind, normalisation, tmp_path):
    from sae_lens import SAE
    from sae_lens.registry import get_sae_training_class

    made, config = get_sae_training_class(kind)
    options = dict(
        d_in=D_IN,
        d_sae=D_SAE,
        dtype="float64",
        normalize_activations=normalisation,
        apply_b_dec_to_input=False,
    )
    torch.manual_seed(0)
    sae = made(config(**options, **SAELENS_KINDS[kind]))
    sae.b_dec.data += 0.5
    if kind.endswith("batchtopk"):
        sae.topk_threshold.fill_(0.1)
    sae.save_model(tmp_path / "training")
    sae.save_inference_model(tmp_path / "inference")
    oracle, x = SAE.load_from_disk(tmp_path / "inference"), activations().double()
    for folder in ("training", "inference"):
        dictionary = load_dictionary(tmp_path / folder)
        torch.testing.assert_close(dictionary.reconstruct(x), oracle(x).detach(), rtol=1e-6, atol=1e-6)
        assert torch.equal(dictionary.encode(x) > 0, oracle.encode(x) > 0)


@pytest.mark.parametrize("statistics", ["scale", "whitening"])
def test_a_checkpoint_s_statistics_are_folded_in(statistics, tmp_path):
    from sae_lens import StandardTrainingSAE, StandardTrainingSAEConfig
    from sae_lens.training.activation_scaler import ActivationScaler

    declared = "expected_average_only_in" if statistics == "scale" else "covariance_whitening"
    torch.manual_seed(0)
    sae = StandardTrainingSAE(
        StandardTrainingSAEConfig(d_in=D_IN, d_sae=D_SAE, dtype="float64", normalize_activations=declared)
    )
    sae.b_dec.data += 0.5
    sae.save_model(tmp_path)
    with pytest.raises(ValueError, match="not folded into the weights"):
        load_dictionary(tmp_path)
    scaler, seen = ActivationScaler(), iter([3 * activations().double() + 1] * 2)
    if statistics == "scale":
        scaler.estimate_scaling_factor(D_IN, seen, n_batches_for_norm_estimate=2)
    else:
        scaler.estimate_whitening(D_IN, seen, n_batches_for_norm_estimate=2)
    scaler.save(str(tmp_path / "activation_scaler.json"))
    x = 3 * activations().double() + 1
    with torch.no_grad():
        expected = scaler.unscale(sae(scaler.scale(x)))
    torch.testing.assert_close(load_dictionary(tmp_path).reconstruct(x), expected, rtol=1e-9, atol=1e-9)


def dictionary_learning(kind):
    """(weights, what dictionary_learning's `encode` and `decode` compute with them)."""
    g = torch.Generator().manual_seed(0)
    enc, dec = torch.randn(D_SAE, D_IN, generator=g), torch.randn(D_IN, D_SAE, generator=g)
    b_enc, b_dec = torch.randn(D_SAE, generator=g), torch.randn(D_IN, generator=g)
    linear = {"encoder.weight": enc, "decoder.weight": dec}
    plain = {"W_enc": enc.T.contiguous(), "W_dec": dec.T.contiguous(), "b_enc": b_enc, "b_dec": b_dec}

    def above(x, threshold, centre):
        pre = (x - centre) @ enc.T + b_enc
        return pre.relu() * (pre.relu() > threshold)

    def topk(x):
        post = ((x - b_dec) @ enc.T + b_enc).relu()
        return torch.where(post >= post.topk(3).values[:, -1:], post, 0.0)

    def gated(x):
        into = (x - b_dec) @ enc.T
        return (into + b_enc > 0) * ((0.3 * torch.ones(D_SAE)).exp() * into + b_enc.flip(0)).relu()

    many = torch.rand(D_SAE, generator=g)
    return {
        "AutoEncoder": ({**linear, "encoder.bias": b_enc, "bias": b_dec}, lambda x: above(x, 0.0, b_dec)),
        "AutoEncoderTopK": (
            {
                **linear,
                "encoder.bias": b_enc,
                "b_dec": b_dec,
                "k": torch.tensor(3),
                "threshold": torch.tensor(-1.0),
            },
            topk,
        ),
        "BatchTopKSAE": (
            {
                **linear,
                "encoder.bias": b_enc,
                "b_dec": b_dec,
                "k": torch.tensor(3),
                "threshold": torch.tensor(0.7),
            },
            lambda x: above(x, 0.7, b_dec),
        ),
        "MatryoshkaBatchTopKSAE": (
            {**plain, "k": torch.tensor(3), "threshold": torch.tensor(0.7), "group_sizes": torch.tensor([5, 9])},
            lambda x: above(x, 0.7, b_dec),
        ),
        "JumpReluAutoEncoder": ({**plain, "threshold": many}, lambda x: above(x, many, 0.0)),
        "GatedAutoEncoder": (
            {
                **linear,
                "decoder_bias": b_dec,
                "r_mag": 0.3 * torch.ones(D_SAE),
                "gate_bias": b_enc,
                "mag_bias": b_enc.flip(0),
            },
            gated,
        ),
    }[kind], (dec, b_dec)  # fmt: skip


def store(folder: Path, weights, kind, **more):
    torch.save(weights, folder / "ae.pt")
    trainer = {"dict_class": kind, "activation_dim": D_IN, "dict_size": D_SAE, "k": 3}
    (folder / "config.json").write_text(json.dumps({"trainer": trainer, **more}), encoding="utf-8")


@pytest.mark.parametrize("more", [{}, {"buffer": {"ctx_len": 128}}], ids=["no buffer", "buffer"])
@pytest.mark.parametrize(
    "kind",
    [
        "AutoEncoder",
        "AutoEncoderTopK",
        "BatchTopKSAE",
        "MatryoshkaBatchTopKSAE",
        "JumpReluAutoEncoder",
        "GatedAutoEncoder",
    ],
)
def test_dictionary_learning_folders(kind, more, tmp_path):
    (weights, encode), (dec, b_dec) = dictionary_learning(kind)
    store(tmp_path, weights, kind, **more)
    dictionary, x = load_dictionary(tmp_path), activations()
    z = encode(x)
    assert (z > 0).any() and (z == 0).any()
    torch.testing.assert_close(dictionary.encode(x), z)
    torch.testing.assert_close(dictionary.reconstruct(x), z @ dec.T + b_dec)


class Harmful:
    def __reduce__(self):
        return (print, ("run",))


def broken(folder: Path, fault: str) -> Path:
    """A path whose SAE cannot be read."""
    (weights, _), _ = dictionary_learning("AutoEncoder")
    whole = save(tensors())
    match fault:
        case "no path":
            return folder / "params.npz"
        case "empty folder":
            return folder
        case "text":
            (folder / "notes.txt").write_text("SAE", encoding="utf-8")
            return folder / "notes.txt"
        case "truncated safetensors":
            (folder / "params.safetensors").write_bytes(whole[:-100])
        case "truncated npz":
            (folder / "params.npz").write_bytes(as_npz(tensors())[:-100])
        case "pickled npz":
            np.savez(folder / "params.npz", w_enc=np.array([Harmful()], dtype=object))
        case "other names":
            save_file({"encoder": torch.zeros(2, 2)}, folder / "params.safetensors")
        case "misshapen":
            save_file({**tensors(), "b_enc": torch.zeros(3)}, folder / "params.safetensors")
        case "no weights":
            (folder / "cfg.json").write_text("{}", encoding="utf-8")
        case "no settings":
            torch.save(weights, folder / "ae.pt")
        case "no JSON":
            store(folder, weights, "AutoEncoder")
            (folder / "config.json").write_text("{", encoding="utf-8")
        case "another class":
            store(folder, weights, "AutoEncoderNew")
        case "truncated ae.pt":
            store(folder, weights, "AutoEncoder")
            (folder / "ae.pt").write_bytes((folder / "ae.pt").read_bytes()[:-300])
        case "pickled ae.pt":
            store(folder, {"bias": Harmful()}, "AutoEncoder")
        case "misshapen ae.pt":
            store(folder, {**weights, "bias": torch.zeros(3)}, "AutoEncoder")
        case "misshapen SAELens" | "truncated SAELens":
            from sae_lens import StandardSAE, StandardSAEConfig

            StandardSAE(StandardSAEConfig(d_in=D_IN, d_sae=D_SAE)).save_model(folder)
            file = folder / "sae_weights.safetensors"
            if fault.startswith("mis"):
                save_file(dict(StandardSAE(StandardSAEConfig(d_in=D_IN, d_sae=3)).state_dict()), file)
            else:
                file.write_bytes(file.read_bytes()[:-100])
    return folder


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("no path", "does not exist; an SAE can be a SAELens folder"),
        ("empty folder", "has no layout that is known; known are a SAELens folder"),
        ("text", "has no layout that is known"),
        ("truncated safetensors", "params.safetensors is truncated or damaged.*fetch it again"),
        ("truncated npz", "params.npz is truncated or damaged"),
        ("pickled npz", "params.npz cannot be read"),
        ("other names", "holds encoder, and Gemma Scope's layout is"),
        ("misshapen", r"params.safetensors: b_enc must have the shape \[d_sae\] = \[14\].*it is \[3\]"),
        ("no weights", "no whole SAELens folder: sae_weights.safetensors is missing"),
        ("no settings", "no whole dictionary_learning folder: config.json is missing"),
        ("no JSON", "config.json is no JSON"),
        ("another class", "names the class 'AutoEncoderNew'; known are AutoEncoder,"),
        ("truncated ae.pt", "ae.pt is truncated or damaged"),
        ("pickled ae.pt", "ae.pt"),
        ("misshapen ae.pt", "ae.pt cannot be read as its layout says.*size mismatch for b_dec"),
        ("misshapen SAELens", "sae_weights.safetensors cannot be read as its layout says.*size mismatch"),
        ("truncated SAELens", "sae_weights.safetensors is truncated or damaged"),
    ],
)
def test_one_sentence_says_what_is_wrong_with_a_file(fault, message, tmp_path, capsys):
    with pytest.raises((ValueError, FileNotFoundError), match=message) as caught:
        load_dictionary(broken(tmp_path, fault))
    assert "\n" not in str(caught.value) and "run" not in capsys.readouterr().out


def test_a_revision_is_for_a_hub(tmp_path):
    (tmp_path / "params.npz").write_bytes(as_npz(tensors()))
    with pytest.raises(ValueError, match="revision is for SAEs from a hub"):
        load_dictionary(tmp_path, "0" * 40)
