"""SAEs judged on words: by letters and by any labels, beside half-spaces, with what is not available kept apart."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from absorption.experiments.bank import judgement as judgement_module
from absorption.experiments.bank import labelled
from absorption.experiments.bank.controlled import oracle_and_planted
from absorption.experiments.bank.fitting import Fit, Schedule, encode_rows
from absorption.experiments.bank.judgement import Judgement
from absorption.experiments.bank.judging import FREE, LETTERS, MATCHED, MEASURES, SAEBENCH, judge_stack
from absorption.experiments.bank.labelled import Labelled, judged_by, known_to, only, yardstick_by
from absorption.experiments.bank.table import Table
from absorption.experiments.bank.wanted import Wanted, WordsIn
from absorption.experiments.bank.yardstick import Yardstick
from absorption.experiments.controls import with_directions
from absorption.measures.letters import Words, examine
from absorption.saes.recipe import Recipe, ReLU
from absorption.saes.stack import SAEStack

N_LETTERS, D_IN, D_SAE = 4, 12, 48
SOURCE = WordsIn("SmolLM2-135M-Instruct", 4)


def drawn(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def letters():
    return torch.arange(1200) % N_LETTERS


@pytest.fixture(scope="module")
def x(letters):
    return (2 * torch.eye(D_IN)[letters] + 0.6 * torch.randn(1200, D_IN, generator=drawn(0))) / 2


@pytest.fixture(scope="module")
def by(x, letters):
    return Yardstick.of(x, letters, seed=0, n_letters=N_LETTERS)


@pytest.fixture(scope="module")
def stack():
    return SAEStack(Recipe(activation=ReLU()), D_IN, D_SAE, seeds=[3]).requires_grad_(False)


@pytest.fixture(scope="module")
def found(stack, by):
    return judge_stack(stack, by)


def test_letters_as_labels_give_the_letters_yardstick(x, letters, by):
    same = yardstick_by(x, torch.nn.functional.one_hot(letters, N_LETTERS).bool(), seed=0)
    assert torch.equal(same.labels, by.labels) and torch.equal(same.split.train, by.split.train)
    assert torch.equal(same.probed.probe.weight, by.probed.probe.weight)
    assert same.rated.all() and same.n_letters == N_LETTERS


def test_every_kind_has_every_measure_for_every_letter(found):
    kinds = {name.split(".")[0] for name in found if "." in name}
    assert kinds == {LETTERS, SAEBENCH, FREE, MATCHED}
    assert all(found[f"{kind}.{name}"].shape == (N_LETTERS,) for kind in kinds for name in MEASURES)
    assert not found[f"{LETTERS}.full"].isnan().any()
    assert 0 <= found["dead"] < 1 and found["l0"] > 0


def test_letters_agree_with_what_examine_says_of_the_same_words(x, letters, by, stack, found):
    """Another path, with all the zeros and probes by another solver: the same main latents, nearly the same rates."""
    words = Words.of([""] * len(x), letters, torch.ones(len(x)), x, seed=0)
    z, dictionary = encode_rows(stack, 0, x), stack.dictionary[0]
    there = examine(words, z, dictionary)
    assert torch.equal(words.split.held_out, by.split.held_out)
    n = len(found[f"{LETTERS}.full"])
    for name, close in (("silent", 0.01), ("full", 0.02), ("fraction", 0.02), ("f1", 1e-6)):
        other = getattr(there, name)[:n]
        torch.testing.assert_close(found[f"{LETTERS}.{name}"], other, atol=close, rtol=0)


def test_a_latent_for_each_letter_leaves_nothing_silent(by, stack):
    probe = by.probed.first(N_LETTERS).probe
    norm = probe.weight.norm(dim=1)
    known = judge_stack(with_directions(stack, probe.weight, probe.bias / norm + 0.5), by, nulls=False)
    assert (known[f"{LETTERS}.full"] == 0).all()
    assert (known[f"{LETTERS}.f1"] > 0.9).all()


def test_nulls_are_left_out_when_not_asked_for(by, stack):
    names = judge_stack(stack, by, nulls=False)
    assert not any(name.startswith((FREE, MATCHED)) for name in names)


def test_what_has_no_good_probe_is_not_available(x, stack):
    noise = torch.rand(len(x), 1, generator=drawn(5)) < 0.2
    rated = yardstick_by(x, torch.cat([x[:, :1] > 0.6, noise], 1), seed=0)
    assert rated.rated.tolist() == [True, False]
    full = judge_stack(stack, rated)
    for kind in (LETTERS, FREE, MATCHED):
        assert full[f"{kind}.full"].isnan().tolist()[1], kind


def test_a_label_with_few_words_is_not_available(x):
    few = torch.zeros(len(x), 1, dtype=torch.bool)
    few[x[:, 0].topk(60).indices] = True
    assert yardstick_by(x, few, seed=0).rated.tolist() == [False], "12 words are held out"


def test_oracle_absorbs_nothing_and_what_is_planted_is_found(x, stack):
    overlapping = x[:, :3] > 0.6
    by = yardstick_by(x, overlapping, seed=1)
    none, some = oracle_and_planted(stack, by, share=0.3, each=8, generator=drawn(0))
    assert (none == 0).all()
    assert 0.2 < some.mean() < 0.4
    with pytest.raises(ValueError, match="3 labels with 16 latents each and one more do not fit into 48"):
        oracle_and_planted(stack, by, share=0.2, each=16, generator=drawn(0))


def asked(seed: int = 0) -> Wanted:
    return Wanted(SOURCE, "plain", Fit(Recipe(activation=ReLU()), D_SAE, seed, Schedule(1024)))


@pytest.fixture
def read(x, letters, stack, monkeypatch, tmp_path):
    """The model's words and the bank, stood in for; the list grows with every SAE that is fetched to be judged."""
    monkeypatch.setenv("ABSORPTION_CACHE", str(tmp_path))
    stand_in = SimpleNamespace(x=x, words=SimpleNamespace(letters=letters), table=Table(x))
    fetched = []
    monkeypatch.setattr(WordsIn, "read", lambda self: stand_in)
    monkeypatch.setattr(Wanted, "get", lambda self: fetched.append(self) or (stack, None))
    labelled._yardstick.cache_clear()
    return fetched


def test_judging_twice_takes_it_from_the_cache_and_other_labels_do_not(read, x):
    sae, rows = asked(), torch.arange(len(x))
    words = Labelled(SOURCE, rows, x[:, :2] > 0.6)
    (first,) = judged_by(words, [sae], l0=None, splits=(0, 1))
    assert len(read) == 2, "once a split"
    (again,) = judged_by(Labelled(SOURCE, rows, x[:, :2] > 0.6), [sae], l0=None, splits=(0, 1))
    assert len(read) == 2
    np.testing.assert_array_equal(first.by[MATCHED]["full"], again.by[MATCHED]["full"])
    judged_by(Labelled(SOURCE, rows, x[:, :2] > 0.7), [sae], l0=None, splits=(0,))
    assert len(read) == 3, "other labels"
    judged_by(Labelled(SOURCE, rows[1:], (x[:, :2] > 0.6)[1:]), [sae], l0=None, splits=(0,))
    assert len(read) == 4, "other words"


def test_labels_of_another_source_are_refused(read, x):
    words = Labelled(WordsIn(SOURCE.model, layer=7), torch.arange(len(x)), x[:, :2] > 0.6)
    with pytest.raises(ValueError, match=r"the labels are of .* block 7, words; the SAE is of .* block 4"):
        judged_by(words, [asked()], l0=None, splits=(0,))


def test_letters_of_the_bank_and_letters_as_labels_agree(read, x, letters, monkeypatch):
    own = Yardstick.of(x, letters, 0, N_LETTERS)
    monkeypatch.setattr(judgement_module, "yardstick", lambda source, seed: own)
    (one,) = judgement_module.judged([asked()], l0=None, splits=(0,))
    as_labels = Labelled(SOURCE, torch.arange(len(x)), torch.nn.functional.one_hot(letters, N_LETTERS).bool())
    (other,) = judged_by(as_labels, [asked()], l0=None, splits=(0,))
    for kind in (LETTERS, FREE, MATCHED, SAEBENCH):
        for name in MEASURES:
            np.testing.assert_allclose(
                one.by[kind][name], other.by[kind][name], rtol=1e-5, atol=1e-7, err_msg=f"{kind}.{name}"
            )
    assert (one.explained, one.l0, one.dead) == pytest.approx((other.explained, other.l0, other.dead))


def judgement_of(full, matched, f1):
    by = {LETTERS: {"full": np.array(full), "f1": np.array(f1)}, MATCHED: {"full": np.array(matched)}}
    return Judgement(by, explained=0.5, l0=8.0, dead=0.0)


def test_only_labels_that_have_both_are_compared():
    one = judgement_of([[0.3, 0.5, 0.9]], [[0.1, np.nan, 0.5]], [[0.8, 0.8, 0.2]])
    assert one.above("full") == pytest.approx(0.3)
    assert only(one, [0, 1]).above("full") == pytest.approx(0.2)
    assert only(one, [0, 1]).mean("full") == pytest.approx(0.4)
    assert known_to(one, np.array([0.4, 0.4, 0.4])).above("full") == pytest.approx(0.2)
    assert known_to(one, np.array([0.9, 0.8, 0.1])).mean("full") == pytest.approx(0.7)


def test_a_mean_over_nothing_is_not_a_number():
    none = judgement_of([[0.3]], [[np.nan]], [[0.8]])
    assert np.isnan(none.above("full")) and np.isnan(known_to(none, np.array([0.9])).mean("full"))
