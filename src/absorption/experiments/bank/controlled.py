"""Controls for SAEs judged by a yardstick: what the probes' own directions absorb, and what is planted among them."""

import torch
from jaxtyping import Float
from torch import Tensor

from absorption.experiments.bank.fitting import encode_rows
from absorption.experiments.bank.yardstick import Yardstick
from absorption.experiments.controls import oracle, planted
from absorption.measures.absorption import main_latents
from absorption.measures.active import ActiveLatents
from absorption.measures.classification import best_cuts
from absorption.measures.judged import judge
from absorption.saes.stack import SAEStack

K_MAX = 10


def oracle_and_planted(
    stack: SAEStack, by: Yardstick, share: float, each: int, generator: torch.Generator
) -> tuple[Float[Tensor, " label"], Float[Tensor, " label"]]:
    """Full absorption of every label once its own latent is its probe, and once a `share` of its words is taken over by others.

    >>> from absorption.experiments.bank.labelled import yardstick_by
    >>> from absorption.saes.recipe import Recipe, ReLU
    >>> x = torch.randn(600, 4, generator=torch.Generator().manual_seed(0))
    >>> by, stack = yardstick_by(x, x[:, :1] > 0.5, seed=0), SAEStack(Recipe(activation=ReLU()), 4, 12, seeds=[0])
    >>> none, some = oracle_and_planted(stack, by, share=0.3, each=8, generator=torch.Generator().manual_seed(0))
    >>> none.item(), 0.1 < some.item() < 0.5
    (0.0, True)

    Args:
        stack: An SAE, as it is judged, with room for `each` and one more latents a label.
        by: The words and labels.
        share: Of the words on which a label's latent fires.
        each: Further latents a label, one of which takes a word over.
        generator: Draws both.

    Raises:
        ValueError: the SAE has too few latents.
    """
    n, train = by.n_letters, by.split.train
    if n * (1 + each) > stack.d_sae:
        raise ValueError(
            f"{n} labels with {each} latents each and one more do not fit into {stack.d_sae} latents."
        )
    probe, labels = by.probed.first(n).probe, by.labels[:, :n]
    finds = probe.scores(by.x) > best_cuts(probe.scores(by.x[train]), labels[train])
    z, dictionary = oracle(
        encode_rows(stack, 0, by.x), stack.dictionary[0].detach(), by.x, probe.weight, finds
    )
    none = _full_of(by, z, dictionary)
    one = torch.zeros(len(z), dtype=torch.int64)
    for label in range(n):
        own = torch.tensor([label, *range(n + each * label, n + each * (label + 1))])
        z[:, own], dictionary[own] = planted(z[:, own], dictionary[own], one, share, each, generator)
    return none, _full_of(by, z, dictionary)


def _full_of(
    by: Yardstick, z: Float[Tensor, "word d_sae"], dictionary: Float[Tensor, "d_sae d_in"]
) -> Float[Tensor, " label"]:
    """Full absorption of every label by these activations and this decoder, without a bias; nan without judged words."""
    n, train = by.n_letters, by.split.train
    active, probed = ActiveLatents.of(z), by.probed.first(n)
    main = main_latents(active.rows(train), by.labels[train, :n], n, k_max=min(K_MAX, z.shape[1]))
    found = judge(by.x, active, dictionary, probed.probe.weight, main.mask, probed.word, probed.label)
    words = probed.label.bincount(minlength=n)
    return torch.zeros(n).index_add(0, probed.label, found.full.float()) / words
