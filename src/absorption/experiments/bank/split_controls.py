"""Controls of splits and holes: SAEs that hold the probes' directions, whole, split by capitals, or with words taken at random."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from absorption.experiments.bank.fitting import encode_rows
from absorption.experiments.bank.splitting import K_MAX, Sortable, rate
from absorption.experiments.controls import oracle, planted
from absorption.measures.absorption import main_latents
from absorption.measures.active import ActiveLatents
from absorption.measures.classification import best_cuts
from absorption.saes.stack import SAEStack


@torch.no_grad()
def whole_split_and_taken(
    stack: SAEStack,
    by: Sortable,
    second: Bool[Tensor, " word"],
    share: float,
    each: int,
    generator: torch.Generator,
) -> tuple[dict[str, Float[Tensor, " label"]], ...]:
    """What `rate` says of three SAEs whose labels have latents of their own: `whole`, `split` and with words `taken`.

    Split: on the words of `second` another latent stands for the label, with the same direction. Taken: `each` further latents a
    label take a random `share` of the words. Labels must be one a word.

    >>> from absorption.saes.recipe import Recipe, ReLU
    >>> from absorption.worlds.word_kinds import WordKinds
    >>> x = torch.randn(800, 4, generator=torch.Generator().manual_seed(0))
    >>> labels, even = torch.stack([x[:, 0] > 0, x[:, 0] <= 0], 1), torch.arange(800) % 2 == 0
    >>> by = Sortable.of(x, labels, seed=0, ways=WordKinds(("even",), even.long()[:, None]))
    >>> stack = SAEStack(Recipe(ReLU()), 4, 12, seeds=[0])
    >>> whole, split, taken = whole_split_and_taken(stack, by, even, 0.2, 3, torch.Generator().manual_seed(0))
    >>> whole["main"].tolist(), split["main"].tolist(), split["split_told"].tolist()
    ([1.0, 1.0], [2.0, 2.0], [1.0, 1.0])

    Raises:
        ValueError: the SAE has too few latents.
    """
    n, train = by.labels.shape[1], by.split.train
    if n * (1 + each) > stack.d_sae:
        raise ValueError(
            f"{n} labels with {each} latents each and one more do not fit into {stack.d_sae} latents."
        )
    probe = by.probed.probe
    scores = probe.scores(by.x)
    finds = scores > best_cuts(scores[train], by.labels[train])
    z, dictionary = oracle(
        encode_rows(stack, 0, by.x), stack.dictionary[0].detach(), by.x, probe.weight, finds
    )
    two, both = z.clone(), dictionary.clone()
    two[:, :n], two[:, n : 2 * n] = z[:, :n] * ~second[:, None], z[:, :n] * second[:, None]
    both[n : 2 * n] = dictionary[:n]
    taken = planted(z, dictionary, by.labels.int().argmax(1), share, each, generator)
    return tuple(_rated(by, *sae) for sae in ((z, dictionary), (two, both), taken))


def _rated(by: Sortable, z: Tensor, dictionary: Tensor) -> dict[str, Float[Tensor, " label"]]:
    active, train = ActiveLatents.of(z), by.split.train
    main = main_latents(
        active.rows(train), by.labels[train], by.labels.shape[1], k_max=min(K_MAX, z.shape[1])
    )
    return rate(by, active, dictionary, torch.zeros(by.x.shape[1]), main)
