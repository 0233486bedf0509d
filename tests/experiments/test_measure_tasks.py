"""Which words a task has, and what is said about a table that is none."""

import re
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from absorption.experiments.measure.errors import CannotMeasureError
from absorption.experiments.measure.tasks import single_tokens, task_of, too_few
from absorption.worlds.language import LanguageModel


class Tokenizer:
    """Knows a few words, and writes é as byte-level vocabularies do."""

    def get_vocab(self):
        return {"<s>": 0, "Ġdog": 1, "Ġcat": 2, "Ġzzzqx": 3, "ing": 4, "Ġthe": 5, "ĠcafÃ©": 6}

    def __call__(self, text, add_special_tokens):
        return {"input_ids": [6] if text == " café" else [4, 4]}


MODEL = LanguageModel("tiny", "by hand", 1, 4, 0, "float32", Tokenizer(), nn.Identity())


def test_letters_are_asked_of_english_words_that_are_one_token():
    task = task_of("letters", MODEL)
    assert task.words == ("dog", "cat", "the") and task.token_ids.tolist() == [1, 2, 5]
    assert task.left_out == {"no English word": 1}
    assert task.labels.float().argmax(1).tolist() == [3, 2, 19] and task.labels.sum(1).tolist() == [1, 1, 1]


def test_a_word_beyond_ascii_is_looked_up_by_the_tokenizer():
    assert single_tokens(["café", "naïve", "dog", "dogs"], MODEL) == {
        "café": 6,
        "naïve": None,
        "dog": 1,
        "dogs": None,
    }


def test_a_table_may_name_words_several_times_or_without_a_label(tmp_path):
    path = tmp_path / "pets.csv"
    path.write_text(
        "label,word,note\npet,dog,x\npet,cat,\nmammal,cat,\n,the,\npet,unknown,\n", encoding="utf-8-sig"
    )
    task = task_of(path, MODEL)
    assert task.name == "pets.csv" and task.words == ("dog", "cat", "the")
    assert task.label_names == ("pet", "mammal")
    assert task.labels.tolist() == [[True, False], [True, True], [False, False]]
    assert task.left_out == {"no single token": 1}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"wort,label\ndog,pet\n", "needs the columns word and label in its first line, and has wort, label"),
        (b"", "needs the columns word and label in its first line, and has none"),
        (b"word,label\n,pet\n", "has no word with a label"),
        (b"word,label\ndog,\n", "has no word with a label"),
        (b"word,label\nunknown,pet\n", "tiny writes none of its 1 words as one token"),
        (b"word,label\nd\xffg,pet\n", "is no CSV file in UTF-8"),
    ],
)
def test_what_is_no_table_of_words_is_refused(tmp_path, content, words):
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    with pytest.raises(CannotMeasureError, match=re.escape(words)):
        task_of(path, MODEL)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(
        FileNotFoundError, match=re.escape("there.csv does not exist; --task is `letters` or a CSV file")
    ):
        task_of(tmp_path / "there.csv", MODEL)


def test_labels_need_words_with_them_and_without():
    labels = torch.tensor([[True, False, True]] * 3 + [[True, True, False]] * 3)
    assert too_few(labels, ["all", "half", "other"], 2) == {"all": "0 words are without it, 2 are asked for"}
    assert too_few(labels, ["all", "half", "other"], 4).keys() == {"all", "half", "other"}
    with pytest.raises(CannotMeasureError, match="two labels have the name 'half'"):
        too_few(labels, ["half", "half", "other"], 2)


def test_a_model_without_words_is_refused():
    silent = SimpleNamespace(get_vocab=lambda: {"Ġzzzqx": 0})
    model = LanguageModel("mute", "by hand", 1, 4, 0, "float32", silent, nn.Identity())
    with pytest.raises(CannotMeasureError, match="mute has no English word"):
        task_of("letters", model)
