"""A task's words inside a model."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from absorption.experiments.measure.causal import Causal, speller_for
from absorption.experiments.measure.encoded import Progress, quietly
from absorption.experiments.measure.errors import CannotMeasureError
from absorption.experiments.measure.one_split import Subject
from absorption.experiments.measure.tasks import Task, task_of
from absorption.worlds.language import LanguageModel
from absorption.worlds.normalisation import attention_sinks
from absorption.worlds.residuals import word_activations

READ_AT_ONCE = 4096
CausalRate = Callable[[Subject, Sequence[str], Mapping[str, Tensor], Progress], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class ReadTask:
    """A task with the activations of its words, `x [word d_in]`; where they come from; and how the model is asked, if it is."""

    task: Task
    x: Float[Tensor, "word d_in"]
    model: str
    identity: str
    layer: int | None
    read: str
    causal: CausalRate | None


def read_task(
    model: LanguageModel, spec: str | Path, causal: bool = False, progress: Progress = quietly
) -> ReadTask:
    """The words of a task inside a model; those that it reads as sinks of attention are left out.

    >>> from unittest.mock import patch
    >>> class Tokenizer:
    ...     def get_vocab(self): return {" ant": 0, " bear": 1, " the": 2}
    >>> model = LanguageModel("tiny", "by hand", 1, 2, 0, "float32", Tokenizer(), torch.nn.Linear(1, 1))
    >>> x = torch.tensor([[1.0, 0.0], [0.0, 1.0], [9.0, 0.0]])
    >>> with patch(f"{__name__}.word_activations", lambda model, ids: x[ids]):  # no forward pass
    ...     read = read_task(model, "letters")
    >>> read.task.words, read.task.left_out
    (('ant', 'bear'), {'sink of attention': 1})

    Raises:
        CannotMeasureError: the causal rate was asked for with another task than letters.
    """
    task = task_of(spec, model)
    if causal and task.name != "letters":
        raise CannotMeasureError(
            "--causal asks the model for first letters, so it goes with --task letters only."
        )
    speller = None
    if causal:
        speller, examples = speller_for(model, task.words)
        shown = torch.ones(len(task.words), dtype=torch.bool)
        shown[examples] = False
        task = task.select(shown, "example in the prompt")
    read = speller.activations if speller else lambda ids: word_activations(model, ids)
    x = torch.cat([read(ids) for ids in progress(list(task.token_ids.split(READ_AT_ONCE)), "reading words")])
    kept = ~attention_sinks(x)
    task, x = task.select(kept, "sink of attention"), x[kept]
    rate = Causal(speller, task.token_ids) if speller else None
    how = "in a ten-shot prompt" if causal else "alone, after the model's first token"
    return ReadTask(task, x, model.name, model.identity, model.layer, how, rate)
