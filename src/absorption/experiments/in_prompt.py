"""Published SAEs on words read in a prompt: what they make of them, and how much of the letters they absorb, side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from absorption.experiments.nulls import with_permuted_letters
from absorption.measures.letters import Examined, Words, examine
from absorption.saes.exchange.dictionary import Dictionary
from absorption.worlds.language import LanguageModel
from absorption.worlds.normalisation import Normalisation, attention_sinks
from absorption.worlds.spelling import Prompt, Speller
from absorption.worlds.text import WordList, vocabulary_words, word_frequencies

MAIN_LATENTS = 10
"""Of a letter, at most, as SAEBench has it."""


@dataclass(frozen=True)
class InPrompt:
    """Words read at the end of a prompt of answered examples, and what SAEs are judged on there.

    `raw [word d_model]` is the residual stream as an SAE takes it; `task` holds the words brought to mean zero and mean length
    one by `frame`, their split, the letter probes and the held-out words that a probe finds.
    """

    prompt: Prompt
    words: WordList
    raw: Float[Tensor, "word d_model"]
    frame: Normalisation
    task: Words

    def place(self, word: str) -> int:
        """The row of a word."""
        return self.words.words.index(word)


def read_in_prompt(
    model: LanguageModel, n_words: int, n_examples: int = 10, also: Sequence[str] = ()
) -> InPrompt:
    """About `n_words` words of the model's vocabulary, the most frequent of each letter in proportion, and those of `also`.

    >>> import tempfile
    >>> from unittest.mock import patch
    >>> from absorption.worlds.text import LETTERS
    >>> words = [a + b + "t" for a in LETTERS for b in LETTERS]
    >>> class Tokenizer:
    ...     def get_vocab(self):
    ...         return {f"▁{word}": i for i, word in enumerate(words)}
    ...     def __call__(self, text, **options):
    ...         return {"input_ids": [ord(text[-1])]}
    >>> model = LanguageModel("stand-in", "none", 1, 26, 0, "float32", Tokenizer(), torch.nn.Identity())
    >>> with patch.object(Speller, "activations", lambda self, ids: torch.eye(26)[ids // 26]):  # no forward pass
    ...     read = read_in_prompt(model, n_words=130, also=("set",))
    >>> len(read.words), read.words.words[read.place("set")], round(float(read.task.probe_f1.mean()), 2)
    (128, 'set', 1.0)

    Examples of the prompt are frequent words, which are not among those read; nor are words that the model reads as sinks of
    attention.

    Raises:
        ValueError: a word of `also` is not one token of the model.
    """
    vocabulary = vocabulary_words(model.vocabulary())
    known = {word: i for i, word in enumerate(vocabulary.words)}
    wanted = [known.get(word, -1) for word in also]
    if -1 in wanted:
        raise ValueError(f"“{also[wanted.index(-1)]}” is not one token of {model.name}.")
    common = word_frequencies(vocabulary.words).argsort(descending=True, stable=True)
    examples = [i for i in common[: 100 * n_examples : 100].tolist() if i not in wanted]
    prompt = Prompt.of(model, [vocabulary.words[i] for i in examples])
    taken = torch.zeros(len(vocabulary), dtype=torch.bool)
    for letter in vocabulary.letters.unique():
        of_letter = common[vocabulary.letters[common] == letter]
        taken[of_letter[: max(5, round(n_words * len(of_letter) / len(vocabulary)))]] = True
    taken[examples] = False
    taken[wanted] = True
    words = vocabulary.select(taken)
    raw = Speller(model, prompt).activations(words.token_ids)
    kept = ~attention_sinks(raw)
    kept[[words.words.index(word) for word in also]] = True
    words, raw = words.select(kept), raw[kept]
    frame = Normalisation.of(raw)
    p = word_frequencies(words.words).float()
    return InPrompt(prompt, words, raw, frame, Words.of(words.words, words.letters, p, frame(raw)))


@dataclass(frozen=True)
class Seen:
    """What an SAE makes of words: its live latents only, since most of a wide SAE's fire on none of them.

    `latents [live]` are their numbers in the SAE, `z [word live]` their activations and `rows [live d_model]` their decoder
    directions; `explained` is the explained variance, `l0` the mean number of active latents a word.
    """

    latents: Int64[Tensor, " live"]
    z: Float[Tensor, "word live"]
    rows: Float[Tensor, "live d_model"]
    explained: float
    l0: float

    def columns(self, latents: Sequence[int]) -> list[int]:
        """Where latents, by their numbers in the SAE, stand in `z`."""
        return torch.searchsorted(self.latents, torch.tensor(list(latents))).tolist()


@torch.no_grad()
def see(
    dictionary: Dictionary, raw: Float[Tensor, "word d_model"], always: Sequence[int] = (), batch: int = 1024
) -> Seen:
    """Encode and decode words, part by part; latents that fire on none are left out, but for those of `always`.

    >>> import torch
    >>> from absorption.saes.exchange.dictionary import as_dictionary
    >>> identity = as_dictionary({"W_enc": torch.eye(4), "W_dec": torch.eye(4)})
    >>> seen = see(identity, torch.tensor([[1.0, 0.0, 2.0, 0.0], [0.0, 0.0, 3.0, 0.0]]), always=[3])
    >>> seen.latents.tolist(), seen.z.tolist(), seen.l0, seen.explained
    ([0, 2, 3], [[1.0, 2.0, 0.0], [0.0, 3.0, 0.0]], 1.5, 1.0)

    Raises:
        ValueError: the SAE has another width than the activations, or fewer latents than `always` names.
    """
    if always and max(always) >= dictionary.d_sae:
        raise ValueError(f"{dictionary.name} has {dictionary.d_sae} latents, so no latent {max(always)}.")
    parts, lost = [], 0.0
    for x in raw.split(batch):
        z = dictionary.encode(x)
        lost += float((x - dictionary.decode(z)).square().sum())
        parts.append(z.to_sparse())
    z = torch.cat(parts).coalesce()
    latents = torch.cat([z.indices()[1], torch.tensor(list(always), dtype=torch.int64)]).unique()
    dense = raw.new_zeros(len(raw), len(latents))
    dense[z.indices()[0], torch.searchsorted(latents, z.indices()[1])] = z.values().to(raw.dtype)
    spread = float((raw - raw.mean(0)).square().sum())
    rows = dictionary.W_dec[latents.to(dictionary.W_dec.device)].to(raw)
    return Seen(latents, dense, rows, 1 - lost / spread, float((dense > 0).sum(1).double().mean()))


def judge(read: InPrompt, seen: Seen, task: Words | None = None) -> Examined:
    """Main latents and absorption rates, as `measures.letters.examine` has them; latents are columns of `seen.z`.

    >>> text, letters = ("ape", "ant", "bee", "bat"), torch.tensor([0, 0, 1, 1])
    >>> x = torch.eye(2)[letters]
    >>> prompt, task = Prompt(torch.arange(1), torch.arange(1), torch.arange(26)), Words.of(text, letters, torch.ones(4), x)
    >>> words, frame = WordList(text, torch.arange(4), letters), Normalisation(torch.zeros(2), 1.0)
    >>> found = judge(InPrompt(prompt, words, x, frame, task), Seen(torch.arange(2), x, torch.eye(2), 1.0, 1.0))
    >>> found.main.latents[:, 0].tolist(), found.silent.tolist()
    ([0, 1], [0.0, 0.0])

    z is brought to the scale of the probes' frame, so that what latents carry and what the activation has compare. `task`: with
    other letters than the words' own, for a null.

    Raises:
        ValueError: no latent is active on any of the words.
    """
    if len(seen.latents) == 0:
        raise ValueError("the SAE has no latent that fires on any of the words.")
    most = min(MAIN_LATENTS, len(seen.latents))
    return examine(task or read.task, seen.z / read.frame.scale, seen.rows, k_max=most)


def side_by_side(
    read: InPrompt, dictionaries: Mapping[str, Dictionary], seed: int = 0
) -> list[dict[str, Any]]:
    """A row for each SAE on the same words: how well it describes them, and its absorption beside that of permuted letters.

    >>> from absorption.saes.exchange.dictionary import as_dictionary
    >>> text, letters = ("ape", "ant", "bee", "bat"), torch.tensor([0, 0, 1, 1])
    >>> x = torch.eye(2)[letters]
    >>> prompt, task = Prompt(torch.arange(1), torch.arange(1), torch.arange(26)), Words.of(text, letters, torch.ones(4), x)
    >>> words, frame = WordList(text, torch.arange(4), letters), Normalisation(torch.zeros(2), 1.0)
    >>> oracle = as_dictionary({"W_enc": torch.eye(2), "W_dec": torch.eye(2)})
    >>> rows = side_by_side(InPrompt(prompt, words, x, frame, task), {"oracle": oracle})
    >>> rows[0]["SAE"], rows[0]["explained"], rows[0]["silent"]
    ('oracle', 1.0, 0.0)

    The null keeps words, probes and activations, and deals the letters out anew: main latents are chosen again, and what is
    then called absorbed means nothing. Rates are means over the letters that have any word to judge.
    """
    dealt = with_permuted_letters(read.task, torch.Generator().manual_seed(seed))
    rows = []
    for name, dictionary in dictionaries.items():
        seen = see(dictionary, read.raw)
        found, null = judge(read, seen), judge(read, seen, dealt)
        rows.append(
            {
                "SAE": name,
                "explained": seen.explained,
                "probe F1": float(read.task.probe_f1.mean()),
                "main F1": float(found.f1.mean()),
                "silent": float(found.silent.nanmean()),
                "full": float(found.full.nanmean()),
                "full, permuted": float(null.full.nanmean()),
                "fraction": float(found.fraction.nanmean()),
            }
        )
    return rows
