"""SAEs judged on words: what they absorb of letters, and of half-spaces that mean nothing and that they know as well."""

from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from absorption.experiments.bank.yardstick import LEAST_F1, Yardstick
from absorption.measures.absorption import MainLatents, main_latents
from absorption.measures.active import ActiveLatents
from absorption.measures.halfspaces import furthest, matched_half_spaces
from absorption.measures.judged import Probed, best_latent_counts, judge
from absorption.measures.ratios import ratio
from absorption.measures.saebench import saebench_main_latents
from absorption.saes.recipe import BatchTopK, JumpReLU, ReLU
from absorption.saes.stack import SAEStack

LETTERS, FREE, MATCHED, SAEBENCH = "letters", "free", "matched", "saebench"
"""What is judged: letters; half-spaces in random directions; half-spaces that some latent serves as well as the letter's own serves
the letter; and letters again, with main latents chosen as SAEBench 0.6.0 does."""
RATES = ("silent", "full", "fraction")
MEASURES = (*RATES, "f1", "main")
"""Rates are shares of a label's judged words (held-out ones that its probe finds): its main latents are *silent*, it is absorbed
in *full*, and the absorption *fraction*. `f1`: of its best latent, on held-out words. `main`: how many main latents it has."""
ROWS = 4096
K_MAX = 10


@torch.no_grad()
def judge_stack(stack: SAEStack, by: Yardstick, nulls: bool = True) -> dict[str, Tensor]:
    """The first SAE of the stack, as it is: `judge_latents` of its latents.

    >>> import torch
    >>> from absorption.saes.recipe import Recipe, ReLU
    >>> x = torch.randn(600, 4, generator=torch.Generator().manual_seed(0))
    >>> by = Yardstick.of(x, letters=(x[:, 0] > 0).long(), seed=0, n_letters=2)
    >>> found = judge_stack(SAEStack(Recipe(activation=ReLU()), 4, 12, seeds=[0]), by, nulls=False)
    >>> sorted(found)[:2], found["letters.full"].shape
    (['dead', 'explained'], torch.Size([2]))

    Args:
        stack: Trained on activations like those of the yardstick.
        by: The words, and how they are split.
        nulls: Also half-spaces, a free and a matched one a letter.
    """
    return judge_latents(encode_active(stack, by.x), stack.dictionary[0], stack.b_dec[0], by, nulls)


@torch.no_grad()
def encode_active(stack: SAEStack, x: Float[Tensor, "row d_in"]) -> ActiveLatents:
    """The first SAE's active latents on any number of inputs: what `encode_rows` gives, less the zeros.

    >>> from absorption.saes.recipe import Recipe, ReLU
    >>> stack = SAEStack(Recipe(activation=ReLU()), 4, 6, seeds=[0])
    >>> encode_active(stack, torch.eye(4)).shape
    (4, 6)
    """
    one = stack.select([0])
    return ActiveLatents.joined([_active(one, part) for part in x.split(ROWS)])


def _active(one: SAEStack, x: Float[Tensor, "row d_in"]) -> ActiveLatents:
    """Where a threshold decides alone what fires, nothing is made of what does not."""
    match one.recipe.activation:
        case BatchTopK() | JumpReLU():
            return ActiveLatents.above(one.pre_activations(x)[0], one.threshold[0])
        case ReLU():
            return ActiveLatents.above(one.pre_activations(x)[0], x.new_zeros(1))
        case _:
            return ActiveLatents.of(one.encode(x)[0])


def judge_latents(
    z: ActiveLatents,
    dictionary: Float[Tensor, "d_sae d_in"],
    b_dec: Float[Tensor, " d_in"],
    by: Yardstick,
    nulls: bool = True,
) -> dict[str, Tensor]:
    """Latents z `[word d_sae]` with their decoder: `kind.measure [letter]`, and `explained`, `l0`, `dead`.

    A number is nan where a letter is not rated, or has no half-space. Explained variance and L0 are those of the held-out words, all
    counting alike; dead latents fire on no word at all.

    >>> import torch
    >>> x = torch.randn(600, 2, generator=torch.Generator().manual_seed(0))
    >>> by = Yardstick.of(x, letters=(x[:, 0] > 0).long(), seed=0, n_letters=2)
    >>> both = torch.tensor([[-1.0, 0.0], [1.0, 0.0]])
    >>> found = judge_latents(ActiveLatents.of((x @ both.T).relu()), both, torch.zeros(2), by, nulls=False)
    >>> found["letters.silent"].tolist()
    [0.0, 0.0]
    """
    return Judging(z, dictionary.detach(), b_dec.detach(), by).all_of(nulls)


@dataclass(frozen=True, eq=False)
class Judging:
    """One SAE's latents z `[word d_sae]` and decoder on the words of a yardstick: `all_of` it, or one step after the other.

    >>> import torch
    >>> x = torch.randn(600, 2, generator=torch.Generator().manual_seed(0))
    >>> by = Yardstick.of(x, letters=(x[:, 0] > 0).long(), seed=0, n_letters=2)
    >>> both, letters = torch.tensor([[-1.0, 0.0], [1.0, 0.0]]), by.labels[:, :2]
    >>> judging = Judging(ActiveLatents.of((x @ both.T).relu()), both, torch.zeros(2), by)
    >>> judging.rates(by.probed.first(2), letters, judging.main_of(letters))["silent"].tolist()
    [0.0, 0.0]
    """

    z: ActiveLatents
    dictionary: Float[Tensor, "d_sae d_in"]
    b_dec: Float[Tensor, " d_in"]
    by: Yardstick

    @cached_property
    def written(self) -> Float[Tensor, "word d_in"]:
        """What the latents have to write."""
        return self.by.x - self.b_dec

    @cached_property
    def train(self) -> ActiveLatents:
        """On the training words."""
        return self.z.rows(self.by.split.train)

    @cached_property
    def generator(self) -> torch.Generator:
        """Of whatever is drawn for this SAE, in the order in which it is asked for."""
        return torch.Generator().manual_seed(2_000_003 + self.by.seed)

    def all_of(self, nulls: bool) -> dict[str, Tensor]:
        """What `judge_latents` says."""
        n, by = self.by.n_letters, self.by
        letters, half_spaces = by.labels[:, :n], by.labels[:, n:]
        main = self.main_of(letters)
        found = {
            LETTERS: self.rates(by.probed.first(n), letters, main),
            SAEBENCH: self.rates(by.probed.first(n), letters, self.their_main_of(letters)),
        }
        if nulls:
            found[FREE] = self.rates(by.probed.rest(n), half_spaces, self.main_of(half_spaces))
            found[MATCHED] = self.matched(letters, main)
        named = {
            f"{kind}.{name}": torch.where(by.rated, values, torch.nan)
            for kind, rates in found.items()
            for name, values in rates.items()
        }
        return named | self.learned()

    def main_of(self, labels: Bool[Tensor, "word label"]) -> MainLatents:
        """Chosen on the training words."""
        return main_latents(
            self.train, labels[self.by.split.train], labels.shape[1], k_max=min(K_MAX, self.z.width)
        )

    def their_main_of(self, labels: Bool[Tensor, "word label"]) -> MainLatents:
        """As SAEBench chooses them."""
        train, held_out = self.by.split.train, self.by.split.held_out
        return saebench_main_latents(
            self.train, labels[train], self.z.rows(held_out), labels[held_out], self.generator
        )

    def rates(
        self, probed: Probed, labels: Bool[Tensor, "word label"], main: MainLatents
    ) -> dict[str, Float[Tensor, " label"]]:
        """The `MEASURES` of labels that have these probes and main latents; nan where the probe does not find enough."""
        found = judge(
            self.written, self.z, self.dictionary, probed.probe.weight, main.mask, probed.word, probed.label
        )
        words = probed.label.bincount(minlength=labels.shape[1])
        rates = {
            name: torch.zeros(len(words)).index_add(0, probed.label, getattr(found, name).float()) / words
            for name in RATES
        }
        rates["f1"] = best_latent_counts(self.z, labels, self.by.split, main).f1
        rates["main"] = main.n.float()
        known = (words > 0) & (probed.counts.f1 > LEAST_F1)
        return {name: torch.where(known, values, torch.nan) for name, values in rates.items()}

    def matched(
        self, letters: Bool[Tensor, "word letter"], main: MainLatents
    ) -> dict[str, Float[Tensor, " letter"]]:
        """One half-space a letter; nan for a letter that no latent can be matched to."""
        of_letter, rates = self.tilted(letters, main, 1)
        none = torch.full((letters.shape[1],), torch.nan)
        return {name: none.scatter(0, of_letter, values) for name, values in rates.items()}

    def tilted(
        self, letters: Bool[Tensor, "word letter"], main: MainLatents, each: int
    ) -> tuple[Int64[Tensor, " half_space"], dict[str, Float[Tensor, " half_space"]]]:
        """`each` matched half-spaces a letter, as far as they can be had: whose they are, and their rates."""
        by, sizes = self.by, letters.sum(0)
        found = matched_half_spaces(
            by.x, self.z, self.dictionary, by.split.train, sizes, main.f1_by_k[0], each, main.mask.any(0), self.generator
        )  # fmt: skip
        if len(found.of_label) == 0:
            return found.of_label, {name: torch.zeros(0) for name in MEASURES}
        labels = furthest(by.x @ found.direction.T, sizes[found.of_label])
        probed = Probed.of(by.x, labels, by.split, by.fit)
        return found.of_label, self.rates(probed, labels, self.main_of(labels))

    def learned(self) -> dict[str, Float[Tensor, ""]]:
        """`explained`, `l0` and `dead`."""
        rows = self.by.split.held_out
        x, z = self.by.x[rows], self.z.rows(rows)
        lost = (self.written[rows] - z @ self.dictionary).square().sum()
        alive = len(self.z.latents.unique()) / self.z.width
        return {
            "explained": 1 - ratio(lost, (x - x.mean(0)).square().sum()),
            "l0": torch.tensor(len(z.values) / len(rows)),
            "dead": torch.tensor(1 - alive),
        }
