"""`absorption measure` on a tiny model and SAE: what it prints, what it writes, and one sentence where it cannot."""

import csv
import json
import re

import pytest
import torch
from safetensors.torch import save_file
from typer.testing import CliRunner

from absorption.cli import app
from absorption.experiments.measure import Report, measuring, one_split
from absorption.worlds.models import open_model
from absorption.worlds.residuals import word_activations

WIDTH, N_WORDS = 16, 450


@pytest.fixture(autouse=True, scope="module")
def own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ABSORPTION_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("COLUMNS", "200")
        yield


@pytest.fixture(scope="module")
def words():
    from wordfreq import top_n_list

    return [word for word in top_n_list("en", 2000) if re.fullmatch("[a-z]{3,}", word)][:N_WORDS]


@pytest.fixture(scope="module")
def model(tmp_path_factory, words):
    """A Llama of two blocks that knows these words, as Transformers saves one."""
    from tokenizers import Tokenizer, models
    from transformers import LlamaConfig, LlamaModel, PreTrainedTokenizerFast

    torch.manual_seed(0)
    sizes = dict(vocab_size=N_WORDS + 1, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2)
    path = tmp_path_factory.mktemp("tiny-llama")
    LlamaModel(LlamaConfig(**sizes, hidden_size=WIDTH, initializer_range=0.3)).save_pretrained(path)
    vocabulary = {"<s>": 0, **{f"▁{word}": i + 1 for i, word in enumerate(words)}}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<s>"))
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>").save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def sae(tmp_path_factory):
    """Positive and negative part of every coordinate, in the layout of a Gemma Scope file."""
    import numpy as np

    path = tmp_path_factory.mktemp("sae") / "params.npz"
    whole = np.concatenate([np.eye(WIDTH), -np.eye(WIDTH)]).astype(np.float32)
    zeros = np.zeros(2 * WIDTH, np.float32)
    np.savez(path, W_enc=whole.T, W_dec=whole, b_enc=zeros, b_dec=zeros[:WIDTH], threshold=zeros)
    return path


@pytest.fixture(scope="module")
def table(tmp_path_factory, model, words):
    """Two labels that can be read off the activations, one that cannot, and a word that is no token."""
    x = word_activations(open_model(model, layer=1), torch.arange(1, N_WORDS + 1))
    sums = {
        "first": x[:, 0],
        "mixed": x[:, 1] + x[:, 2],
        # Another seed than the weights have, which are drawn from the same numbers.
        "noise": torch.rand(N_WORDS, generator=torch.Generator().manual_seed(1234)),
    }
    path = tmp_path_factory.mktemp("task") / "labels.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["word", "label"])
        for name, score in sums.items():
            writer.writerows([words[i], name] for i in score.topk(120).indices.tolist())
        writer.writerow(["unheard", "first"])
    return path


def csv_words(path):
    with path.open(encoding="utf-8") as file:
        return [row["word"] for row in csv.DictReader(file)]


def run(*arguments):
    return CliRunner().invoke(app, ["measure", *map(str, arguments)])


@pytest.fixture(scope="module")
def options(model, table):
    return ("--model", model, "--layer", 1, "--task", table, "--splits", 2, "--null", 6)


@pytest.fixture(scope="module")
def done(sae, options, tmp_path_factory):
    out = tmp_path_factory.mktemp("out") / "new"
    return run(sae, *options, "--out", out), out


def test_it_prints_a_table_and_what_it_comes_to(done):
    result, out = done
    assert result.exit_code == 0, result.output
    assert re.search(r"first\s+│ \d+\s+│ 0\.9\d", result.stdout)
    assert re.search(r"noise\s+│ \d+\s+│ 0\.\d\d\s+│ n/a", result.stdout)
    assert "2 of 3 labels were rated; not available: noise." in result.stdout
    assert re.search(
        "Full absorption (tells|cannot tell) labels from matched half-spaces|no half-space can be matched",
        result.stdout,
    )
    assert str(out / "report.html") in result.stdout.replace("\n", "")


def test_it_writes_a_report_rows_and_a_page(done, table):
    _, out = done
    assert sorted(path.name for path in out.iterdir()) == ["report.html", "report.json", "words.csv"]
    report = Report.from_json((out / "report.json").read_text(encoding="utf-8"))
    assert (report.sae.d_sae, report.sae.architecture, report.on.layer) == (2 * WIDTH, "jumprelu", 1)
    heard = set(csv_words(table))
    assert report.on.words + report.on.left_out.get("sink of attention", 0) == len(heard) - 1
    assert report.on.left_out["no single token"] == 1 and report.on.identity.startswith("sha256:")
    assert report.sae.explained_variance > 0.99
    with (out / "words.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert (
        len(rows) == len(report.words) == sum(each.judged for each in report.labels if not each.not_available)
    )
    html = (out / "report.html").read_text(encoding="utf-8")
    held = json.loads(re.search(r'id="data">(.*?)</script>', html, re.DOTALL)[1])
    assert [each["label"] for each in held[0]["report"]["labels"]] == ["first", "mixed", "noise"]


def test_python_gives_the_report_of_the_command(done, sae, model, table):
    _, out = done
    report = Report.from_json((out / "report.json").read_text(encoding="utf-8"))
    assert measuring.measure(str(sae), model, 1, table, splits=2, null=6) == report


def test_several_saes_stand_side_by_side(sae, options, tmp_path, monkeypatch):
    other = tmp_path / "other.npz"
    other.write_bytes(sae.read_bytes())
    result = run(sae, other, *options, "--out", tmp_path / "out")
    assert result.exit_code == 0 and "Side by side" in result.stdout
    written = sorted(
        path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.*")
    )
    assert len([name for name in written if name.endswith("report.json")]) == 2 and "report.html" in written


def test_an_sae_of_another_layer_is_not_rated_and_the_others_are(sae, options, tmp_path):
    wrong = tmp_path / "wrong.safetensors"
    flipped = torch.eye(WIDTH).flip(0)
    save_file(
        {
            "w_enc": flipped.contiguous(),
            "w_dec": torch.eye(WIDTH),
            "b_enc": torch.zeros(WIDTH),
            "b_dec": torch.zeros(WIDTH),
            "threshold": torch.zeros(WIDTH),
        },
        wrong,
    )
    result = run(wrong, sae, *options, "--out", tmp_path / "out")
    assert result.exit_code == 1 and "less than half" in result.stderr
    assert [path.parent.name[:3] for path in (tmp_path / "out").rglob("report.json")] == ["02-"]


def test_stopping_keeps_what_is_finished(sae, options, tmp_path, monkeypatch):
    stop = one_split._Stages.run
    began = []

    def once(self, *rest):
        if began:
            raise KeyboardInterrupt
        began.append(1)
        return stop(self, *rest)

    monkeypatch.setattr(one_split._Stages, "run", once)
    arguments = (sae, *options[:-1], 9, "--out", tmp_path / "out")
    result = run(*arguments)
    assert result.exit_code == 130 and "the same command goes on from there" in result.stderr
    began.clear()
    assert run(*arguments).exit_code == 0, "the first split was in the cache, so only one was computed"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"sae": "missing.npz"}, "missing.npz does not exist"),
        ({"--model": "no/model/here"}, "is no model"),
        ({"--layer": 7}, "layer must lie in 1 … 2, not 7"),
        ({"--task": "missing.csv"}, "missing.csv does not exist"),
        ({"--task": "letters"}, "no label has enough words"),
        ({"--device": "tpu"}, "device must be auto, cpu or cuda"),
        ({"--out": "/proc/none"}, "could not write /proc/none"),
    ],
    ids=str,
)
def test_what_cannot_be_measured_is_said_in_one_sentence(sae, options, tmp_path, monkeypatch, changed, said):
    monkeypatch.chdir(tmp_path)
    given = dict(zip(options[::2], options[1::2], strict=True)) | {"--out": tmp_path / "out"} | changed
    first = given.pop("sae", sae)
    result = run(first, *(part for pair in given.items() for part in pair))
    assert result.exit_code == 1 and said in result.stderr.replace("\n", " "), result.output
    assert len(result.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "out" / "report.json").exists()


def test_an_sae_of_another_width_is_refused_before_words_are_read(options, tmp_path, monkeypatch):
    import numpy as np

    path, zeros = tmp_path / "narrow.npz", np.zeros(8, np.float32)
    np.savez(
        path,
        W_enc=np.eye(8, dtype=np.float32),
        W_dec=np.eye(8, dtype=np.float32),
        b_enc=zeros,
        b_dec=zeros,
        threshold=zeros,
    )
    result = run(path, *options, "--out", tmp_path / "out")
    assert result.exit_code == 1 and "takes activations of width 8" in result.stderr
