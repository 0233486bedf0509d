"""The causal rate, with a speller that reads letters off the activations of a world whose truth is known."""

import pytest
import torch
from absorbing_world import LABELS_OF, N_LABELS, N_WORDS, SPECIALS, X, sae

from absorption.experiments.measure import causal as module
from absorption.experiments.measure.causal import Causal
from absorption.experiments.measure.encoded import encoded, quietly
from absorption.experiments.measure.errors import CannotMeasureError
from absorption.experiments.measure.measuring import measure, measured
from absorption.experiments.measure.one_split import Subject, split_of
from absorption.experiments.measure.reading import ReadTask
from absorption.experiments.measure.tasks import Task
from absorption.measures.labels import one_hot
from absorption.worlds.language import LanguageModel
from absorption.worlds.spelling import Answers, Speller

LETTERS_HELD = one_hot(LABELS_OF, N_LABELS) > 0
SCALE = 5.0
WRONG = 7  # every so manieth word is spelled wrongly


class Reads(Speller):
    """Answers with the letter whose direction is largest, and now and then with another one."""

    def __init__(self):
        """No model is needed."""

    def logits(self, ids, changes=0.0):
        found = torch.zeros(len(ids), 26)
        found[:, :N_LABELS] = SCALE * (X[ids] + changes)[:, :N_LABELS]
        return found

    def answers(self, ids):
        logits = self.logits(ids)
        return Answers(logits, torch.where(ids % WRONG == 0, -1, logits.argmax(1)))

    def edited(self, ids, changes):
        return self.logits(ids, changes)

    def gradients(self, ids, letters):
        found = torch.full((len(ids), X.shape[1]), 0.0)
        found[:, :N_LABELS] = -SCALE / 25
        found[torch.arange(len(ids)), letters] = SCALE
        return found


def read() -> ReadTask:
    task = Task(
        "letters", tuple(f"w{i}" for i in range(N_WORDS)), torch.arange(N_WORDS), LETTERS_HELD, tuple("abcd")
    )
    return ReadTask(task, X, "made", "none", None, "as made", Causal(Reads(), task.token_ids))


@pytest.fixture(autouse=True, scope="module")
def own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ABSORPTION_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def test_words_whose_letter_the_child_carries_are_absorbed_causally(monkeypatch):
    monkeypatch.setattr(module, "WORDS", 10**6)
    monkeypatch.setattr(module, "RUNS_AT_ONCE", 13)
    report = measured(sae(3), read(), splits=1, null=N_LABELS, progress=quietly)
    rows = split_of(LETTERS_HELD, 0).held_out
    right = rows[rows % WRONG != 0]
    for label, each in enumerate(report.labels):
        number = each.metrics["causal"].label
        own = right[LABELS_OF[right] == label]
        expected = SPECIALS[own].float().mean() if label < 3 else 0.0
        assert number.n == len(own) and number.value == pytest.approx(float(expected), abs=1e-5)
        assert each.metrics["causal"].matched.value is None
    assert report.overall["causal"].label.low > 0


def test_at_most_so_many_words_a_letter_are_asked(monkeypatch):
    monkeypatch.setattr(module, "WORDS", 5)
    report = measured(sae(3), read(), splits=1, null=N_LABELS, progress=quietly)
    assert [each.metrics["causal"].label.n for each in report.labels] == [5] * N_LABELS


def test_an_sae_that_absorbs_nothing_has_nothing_to_ablate():
    made = encoded(sae(0), X)
    subject = Subject(X, made.written, made.z, sae(0).W_dec, LETTERS_HELD)
    split = {
        "word": torch.arange(8), "column": LABELS_OF[:8], "silent": torch.zeros(8, dtype=torch.bool),
        "directions": torch.eye(N_LABELS, X.shape[1]),
    }  # fmt: skip
    absorbed, labels = Causal(Reads(), torch.arange(N_WORDS))(subject, "abcd", split, quietly)
    assert not absorbed.any() and len(absorbed) == len(labels) == 6  # words 0 and 7 are spelled wrongly


def test_it_goes_with_letters_only(tmp_path):
    class Tokenizer:
        def get_vocab(self):
            return {" red": 0}

    path = tmp_path / "colours.csv"
    path.write_text("word,label\nred,colour\n", encoding="utf-8")
    model = LanguageModel("tiny", "by hand", 1, 48, 0, "float32", Tokenizer(), torch.nn.Identity())
    with pytest.raises(CannotMeasureError, match="--task letters only"):
        measure(sae(), model, task=path, causal=True)
