"""What one SAE makes of each letter, latent by latent and word by word, in plain numbers for a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jaxtyping import Float, Int64
from torch import Tensor

from absorption.measures.absorption import Carried, FullAbsorption, MainLatents
from absorption.measures.classification import Quality
from absorption.measures.probes import Split

TOP_WORDS = 5


@dataclass(frozen=True)
class Words:
    """What an SAE is judged on.

    `text [word]` and `letters [word]` are the vocabulary and its labels; `p [word]` how often each word is met;
    `judged [row]` the words whose letter the probe finds, row numbers of the vocabulary.
    """

    text: Sequence[str]
    letters: Int64[Tensor, " word"]
    p: Float[Tensor, " word"]
    split: Split
    judged: Int64[Tensor, " row"]


def by_letter(
    words: Words,
    z: Float[Tensor, "word d_sae"],
    main: MainLatents,
    cosine: Float[Tensor, "letter d_sae"],
    c: Carried,
    full: FullAbsorption,
    probe_f1: Float[Tensor, " letter"],
) -> list[dict[str, Any]]:
    """One dictionary a letter, of numbers rounded to three digits and lists of them.

    `probe_f1`, `judged` (how many words), `silent` (on how many no main latent fires); `main`: of each main
    latent its number, precision, recall and F1 on held-out words (firing or not), cosine with the probe and the
    words that weigh most in it (activation times root of frequency); `absorbing`: of each latent that absorbs a
    word its number, cosine and top words; `rows`: of each silent word the word, the latent that carries most of
    the letter, its activation, its cosine, the share it carries and whether that counts as full absorption.
    """
    found = []
    for letter in range(len(main.n)):
        own = main.latents[letter, : main.n[letter]]
        rows = ((words.letters[words.judged] == letter) & c.silent).nonzero()[:, 0]
        carrier = full.latent[rows]
        absorbers = carrier[full.absorbed[rows]].unique()
        found.append(
            {
                "probe_f1": _rounded(probe_f1[letter]),
                "judged": int((words.letters[words.judged] == letter).sum()),
                "silent": len(rows),
                "main": [
                    [int(latent), *quality, _rounded(cosine[letter, latent]), top_words(words, z[:, latent])]
                    for latent, quality in zip(own, _qualities(words, z[:, own], letter), strict=True)
                ],
                "absorbing": [
                    [int(latent), _rounded(cosine[letter, latent]), top_words(words, z[:, latent])]
                    for latent in absorbers
                ],
                "rows": [
                    [
                        words.text[int(words.judged[row])],
                        int(latent),
                        _rounded(z[words.judged[row], latent]),
                        _rounded(cosine[letter, latent]),
                        _rounded(full.share[row]),
                        int(full.absorbed[row]),
                    ]
                    for row, latent in zip(rows, carrier, strict=True)
                ],
            }
        )
    return found


def top_words(words: Words, z: Float[Tensor, " word"], n: int = TOP_WORDS) -> list[str]:
    """The words on which a latent's activation times the root of the word's frequency is largest, silent ones never."""
    weight = z * words.p.sqrt()
    best = weight.topk(min(n, len(weight)))
    return [words.text[int(i)] for i, w in zip(best.indices, best.values, strict=True) if w > 0]


def _qualities(words: Words, z: Float[Tensor, "word main"], letter: int) -> list[list[float]]:
    """Precision, recall and F1 of each latent's firing on held-out words."""
    fires = z[words.split.held_out] > 0
    is_letter = (words.letters[words.split.held_out] == letter)[:, None]
    quality = Quality.from_counts((fires & is_letter).sum(0), fires.sum(0), is_letter.sum(0))
    columns = (quality.precision, quality.recall, quality.f1)
    return [[_rounded(column[i]) for column in columns] for i in range(z.shape[1])]


def _rounded(number: Tensor) -> float:
    return round(float(number), 3)
