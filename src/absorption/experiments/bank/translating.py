"""Dictionaries that write what they do not read: words as an MLP or two blocks see them, and SAEs tuned by what follows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

import torch
from jaxtyping import Float
from torch import Tensor

from absorption.experiments.bank.fitting import Fit, Schedule, encode_rows
from absorption.experiments.bank.judgement import Judgement
from absorption.experiments.bank.judging import judge_latents
from absorption.experiments.bank.labelled import gathered
from absorption.experiments.bank.table import Table, draw_weights
from absorption.experiments.bank.wanted import Wanted, WordsIn
from absorption.experiments.bank.yardstick import Yardstick
from absorption.experiments.controls import with_l0
from absorption.measures.active import ActiveLatents
from absorption.runtime.cache import cached
from absorption.runtime.parallel import in_parallel, threads
from absorption.saes.fit.training import fit_batches
from absorption.saes.losses.errors import Error
from absorption.saes.stack import SAEStack
from absorption.worlds.models import open_model
from absorption.worlds.normalisation import Normalisation, attention_sinks
from absorption.worlds.residuals import word_activations
from absorption.worlds.sublayers import Following, mlp_activations
from absorption.worlds.text import WordList, commonest, vocabulary_words, word_frequencies

ROWS = 4096


@dataclass(frozen=True, eq=False)
class Translation:
    """Words as one part of a model reads them, `x [word d_in]`, and what a dictionary is to make of them, `y [word d_out]`.

    Both have mean zero and mean length one over the words as they are drawn, `drawn [word]`; a crosscoder's spaces (`spaces`) each
    by themselves. A crosscoder and an SAE write what they read.
    """

    words: WordList
    drawn: Float[Tensor, " word"]
    x: Float[Tensor, "word d_in"]
    y: Float[Tensor, "word d_out"]
    spaces: tuple[int, ...] = ()

    @property
    def table(self) -> Table:
        """What dictionaries are trained on."""
        return Table(self.x, self.drawn, None if self.y is self.x else self.y)

    def yardstick(self, split: int) -> Yardstick:
        """Letters and half-spaces of what is written, since that is where one latent may carry another's part."""
        return Yardstick.of(self.y, self.words.letters, split)


def of_mlp(model: str, layer: int, per_letter: int | None = None) -> Translation:
    """A transcoder's: what the MLP of the last of `layer` blocks is given, and what it adds to the residual stream.

    >>> of_mlp("nowhere", layer=1)
    Traceback (most recent call last):
    ValueError: 'nowhere' is no model: give one of SmolLM2-135M-Instruct, gemma-3-270m, a folder that Transformers has saved, or owner/name of a hub with its commit.

    Args:
        model: A packaged model.
        layer: As for `WordsIn`.
        per_letter: Of every letter its so many most frequent words; None: all.

    Raises:
        As `worlds.models.open_model`.
    """
    return _of_mlp(model, layer, per_letter)


def of_blocks(model: str, layers: tuple[int, ...], per_letter: int | None = None) -> Translation:
    """A crosscoder's: the residual stream after several blocks, side by side. Arguments as for `of_mlp`.

    >>> of_blocks("nowhere", (1, 2))
    Traceback (most recent call last):
    ValueError: 'nowhere' is no model: give one of SmolLM2-135M-Instruct, gemma-3-270m, a folder that Transformers has saved, or owner/name of a hub with its commit.
    """
    return _of_blocks(model, layers, per_letter)


@lru_cache(maxsize=2)
def _of_mlp(model: str, layer: int, per_letter: int | None) -> Translation:
    words, drawn = _words(model, (layer,), per_letter)
    given, added = mlp_activations(open_model(model, layer), words.token_ids)
    with threads(2):
        x, y = (Normalisation.of(raw, drawn)(raw) for raw in (given, added))
    return Translation(words, drawn, x, y)


@lru_cache(maxsize=2)
def _of_blocks(model: str, layers: tuple[int, ...], per_letter: int | None) -> Translation:
    words, drawn = _words(model, layers, per_letter)
    parts = []
    for layer in layers:
        raw = word_activations(open_model(model, layer), words.token_ids)
        with threads(2):
            parts.append(Normalisation.of(raw, drawn)(raw))
    x = torch.cat(parts, -1)
    return Translation(words, drawn, x, x, tuple(part.shape[1] for part in parts))


def _words(model: str, layers: Sequence[int], per_letter: int | None) -> tuple[WordList, Tensor]:
    """Words that are a sink of attention after none of the blocks, drawn by the root of their frequency."""
    words = commonest(vocabulary_words(open_model(model, layers[0]).vocabulary()), per_letter)
    kept = torch.ones(len(words.words), dtype=torch.bool)
    for layer in layers:
        kept &= ~attention_sinks(word_activations(open_model(model, layer), words.token_ids))
    words = words.select(kept)
    return words, draw_weights(word_frequencies(words.words).float(), "root")


def judged_translations(
    fits: Sequence[Fit], of: Translation, l0: float, splits: Sequence[int]
) -> list[Judgement]:
    """Dictionaries of one kind judged by letters, and beside half-spaces, in the space that they write.

    >>> words = WordList((), torch.arange(0), torch.arange(0))
    >>> none = Translation(words, torch.zeros(0), torch.zeros(0, 2), torch.zeros(0, 2))
    >>> judged_translations([], none, 16, (0,))
    []

    Args:
        fits: How each is trained; one that is not in the bank is.
        of: What is read and written.
        l0: Each gets the threshold at which so many latents fire on an average word.
        splits: Seeds of the splits into training and held-out words.
    """

    def named(fit: Fit) -> str:
        return fit.at(of.table.fingerprint()).name

    def made(fit: Fit) -> SAEStack:
        with threads(1):
            return fit.to(of.table)[0]

    return _judged([(named(fit), partial(made, fit)) for fit in fits], of, l0, splits)


def judged_tuned(
    wanted: Sequence[Wanted], blocks: int, schedule: Schedule, l0: float, splits: Sequence[int]
) -> list[Judgement]:
    """The same of SAEs of one source that are trained further: by what `blocks` blocks make of them, as `tuned` takes them.

    >>> judged_tuned([], 2, Schedule(1024), 16, (0,))
    []
    """
    if not wanted:
        return []
    source = wanted[0].source
    assert isinstance(source, WordsIn)
    read = source.read()
    of = Translation(read.words, read.drawn, read.x, read.x)
    made = [
        (f"{each.fit.at(of.table.fingerprint()).name}, {blocks} blocks, {schedule}", partial(tuned, each, blocks, schedule))
        for each in wanted
    ]  # fmt: skip
    return _judged(made, of, l0, splits)


def _judged(
    saes: Sequence[tuple[str, Callable[[], SAEStack]]], of: Translation, l0: float, splits: Sequence[int]
) -> list[Judgement]:
    """SAEs by a name that no other has, and how to get them."""
    for _, made in saes:
        made()  # one after the other; those that are kept are only read
    jobs = [(name, made, split) for name, made in saes for split in splits]
    found = in_parallel(lambda job: _kept(*job, of, l0), jobs)
    return [gathered(found[at : at + len(splits)]) for at in range(0, len(jobs), len(splits))]


def _kept(
    name: str, made: Callable[[], SAEStack], split: int, of: Translation, l0: float
) -> dict[str, Tensor]:
    parameters = {"sae": name, "split": split, "l0": l0}
    return cached(
        "translated",
        lambda: judge_written(made(), of, l0, split),
        made_by=__name__,
        parameters=parameters,
        packages=("torch", "numpy"),
    )


def judge_written(stack: SAEStack, of: Translation, l0: float, split: int) -> dict[str, Tensor]:
    """`judge_latents` of a stack of one that reads `of.x` and writes `of.y`.

    >>> from absorption.saes.recipe import BatchTopK, Recipe
    >>> x = torch.randn(600, 8, generator=torch.Generator().manual_seed(0))
    >>> words = WordList(("word",) * 600, torch.arange(600), torch.arange(600) % 26)
    >>> same = Translation(words, torch.full((600,), 1 / 600), x, x)
    >>> stack = SAEStack(Recipe(BatchTopK(3)), 8, 24, seeds=[0]).requires_grad_(False)
    >>> round(float(judge_written(stack, same, l0=3.0, split=1)["l0"]))
    3
    """
    ready, by = with_l0(stack, Table(of.x), l0), of.yardstick(split)
    parts = [ActiveLatents.of(encode_rows(ready, 0, part)) for part in of.x.split(ROWS)]
    return judge_latents(ActiveLatents.joined(parts), ready.dictionary[0], ready.b_dec[0], by)


def tuned(wanted: Wanted, blocks: int, schedule: Schedule) -> SAEStack:
    """An SAE of the bank, trained further by what the next `blocks` blocks make of its reconstruction (0: by its own error).

    The error is the squared distance of the residual streams after these blocks, over its value at the mean: an SAE that is
    trained end to end (Braun et al. 2024, arXiv:2405.12241), in the short form of a tuning at the end (Karvonen 2025,
    arXiv:2503.17272).

    >>> from absorption.saes.recipe import BatchTopK, Recipe
    >>> sae = Wanted(WordsIn("nowhere", 1), "plain", Fit(Recipe(BatchTopK(2)), 8, 0, Schedule(64)))
    >>> tuned(sae, 2, Schedule(64))
    Traceback (most recent call last):
    ValueError: 'nowhere' is no model: give one of SmolLM2-135M-Instruct, gemma-3-270m, a folder that Transformers has saved, or owner/name of a hub with its commit.

    Args:
        wanted: An SAE on words, whose source's block comes `blocks` before the last one that is run.
        blocks: How many follow.
        schedule: Of the further training; its batches are drawn anew.
    """
    source = wanted.source
    assert isinstance(source, WordsIn)
    read = source.read()

    def compute() -> dict[str, Tensor]:
        with threads(1):
            stack = wanted.get()[0].requires_grad_(True)
            error = _by_what_follows(source, blocks) if blocks else None
            steps = schedule.samples // schedule.batch_size
            draws = torch.Generator().manual_seed(1_000_003 + wanted.fit.seed)
            batches = read.table.batches(schedule.batch_size, steps, draws)
            fit_batches(
                stack, batches, steps=steps, lr=schedule.lr, warmup=schedule.warmup, decay=schedule.decay,
                error=error, start_at_mean=False, quiet=True, description=f"{wanted.name}, {blocks} blocks on",
            )  # fmt: skip
        return {name: value.detach().contiguous() for name, value in stack.state_dict().items()}

    parameters = {
        "sae": wanted.fit.at(read.table.fingerprint()).name,
        "blocks": blocks,
        "schedule": repr(schedule),
    }
    state = cached("tuned", compute, made_by=__name__, parameters=parameters)
    stack = wanted.get()[0]
    stack.load_state_dict(state)
    return stack


def _by_what_follows(source: WordsIn, blocks: int) -> Error:
    read = source.read()
    follow = Following.of(open_model(source.model, source.layer + blocks), blocks)
    with torch.no_grad():
        after = torch.cat([follow(part) for part in read.raw.split(ROWS)])
    scale = Normalisation.of(after, read.drawn).scale

    def error(reconstruction: Tensor, target: Tensor) -> Tensor:
        made, wanted = (
            follow(read.frame.undone(part.reshape(-1, part.shape[-1])) + read.frame.mean)
            for part in (reconstruction, target)
        )
        return ((made - wanted) / scale).square().sum(-1).view(reconstruction.shape[:-1])

    return error
