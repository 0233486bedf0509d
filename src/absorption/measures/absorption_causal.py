"""Absorption by what latents do: the metric of Chanin et al. 2024 (arXiv:2409.14507, §5.3), with exact ablations.

A false negative is absorbed if, of all its active latents, the one whose ablation changes
*logit(correct capital) − mean logit(other 25)* most lowers it, leads the runner-up by `min_lead`, and has
cosine `min_cosine` with the probe. The published code attributes effects by integrated gradients; here each
latent is taken out of the residual stream and the model run again.

An ablation costs one run of the model. `shortlist` leaves out the latents that a gradient, which serves all SAEs
at once, says have least effect; how much that costs in exactness is for its user to measure.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor


@dataclass(frozen=True)
class Ablations:
    """Which latent is taken out on which word: `word [run]` and `latent [run]`, indices.

    >>> import torch
    >>> z, dictionary = torch.tensor([[0.0, 2.0]]), torch.tensor([[1.0, 0.0], [1.0, 3.0]])
    >>> Ablations(word=torch.tensor([0]), latent=torch.tensor([1])).changes(z, dictionary).tolist()
    [[-2.0, -6.0]]
    """

    word: Int64[Tensor, " run"]
    latent: Int64[Tensor, " run"]

    def changes(
        self, z: Float[Tensor, "word d_sae"], dictionary: Float[Tensor, "d_sae d_in"]
    ) -> Float[Tensor, "run d_in"]:
        """What has to be added to each word's activation: −z_j d_j, in the frame of the SAE's inputs."""
        return -z[self.word, self.latent][:, None] * dictionary[self.latent]


def shortlist(
    z: Float[Tensor, "word d_sae"],
    dictionary: Float[Tensor, "d_sae d_in"],
    gradients: Float[Tensor, "word d_in"],
    at_most: int,
) -> Ablations:
    """For each word, its active latents, or the `at_most` of them with the largest `|z_j d_j · gradient|`.

    >>> import torch
    >>> z, gradients = torch.tensor([[1.0, 2.0, 0.0]]), torch.ones(1, 3)
    >>> shortlist(z, torch.eye(3), gradients, at_most=1).latent.tolist()
    [1]

    `gradients` are those of the answer's margin with respect to the SAE's input at the word.
    """
    estimate = (z * (gradients @ dictionary.T)).abs()
    estimate = torch.where(z != 0, estimate, torch.full_like(estimate, -1.0))
    largest, latents = estimate.topk(min(at_most, z.shape[1]), dim=1)
    words, places = (largest >= 0).nonzero(as_tuple=True)
    return Ablations(words, latents[words, places])


def answer_margin(
    logits: Float[Tensor, "*run letter"], letters: Int64[Tensor, "*run"]
) -> Float[Tensor, "*run"]:
    """logit(correct) − mean logit(others).

    >>> import torch
    >>> answer_margin(torch.tensor([[3.0, 1.0, 0.0]]), torch.tensor([0])).tolist()
    [2.5]
    """
    right = logits.gather(-1, letters[..., None])[..., 0]
    return right - (logits.sum(-1) - right) / (logits.shape[-1] - 1)


@dataclass(frozen=True)
class CausalAbsorption:
    """For each word: `absorbed`, the most effective latent (−1 without any), its `effect`, and its `lead` over the runner-up.

    `effect` is the change of the margin that its ablation makes; `lead` is `|effect|` less the runner-up's.
    """

    absorbed: Bool[Tensor, " word"]
    latent: Int64[Tensor, " word"]
    effect: Float[Tensor, " word"]
    lead: Float[Tensor, " word"]


def causal_absorption(
    ablations: Ablations,
    effects: Float[Tensor, " run"],
    cosine: Float[Tensor, "word d_sae"],
    silent: Bool[Tensor, " word"],
    min_cosine: float = 0.025,
    min_lead: float = 1.0,
) -> CausalAbsorption:
    """Judge words by the measured effects of single latents.

    >>> import torch
    >>> ablations = Ablations(word=torch.tensor([0, 0]), latent=torch.tensor([0, 1]))
    >>> effects, cosine, silent = torch.tensor([-2.0, 0.5]), torch.ones(1, 2), torch.tensor([True])
    >>> found = causal_absorption(ablations, effects, cosine, silent)
    >>> found.absorbed.tolist(), found.latent.tolist(), found.lead.tolist()
    ([True], [0], [1.5])

    Args:
        ablations: What was taken out.
        effects: The change of the word's margin by each of them.
        cosine: Of each latent with the probe of the word's letter.
        silent: Whether all main latents of the word's letter are silent; a word where one fires is not absorbed.
        min_cosine: Of the most effective latent.
        min_lead: By how many logits it must lead the runner-up (which is 0 where there is no other).
    """
    # The two largest |effect| of each word, by sorting runs by word and then by size.
    by_size = effects.abs().argsort(descending=True, stable=True)
    order = by_size[ablations.word[by_size].argsort(stable=True)]
    per_word = torch.bincount(ablations.word, minlength=len(silent))
    start = per_word.cumsum(0) - per_word
    effect, second = effects.new_zeros(2, len(silent))
    latent = torch.full_like(start, -1)
    has, has_two = per_word > 0, per_word > 1
    effect[has] = effects[order[start[has]]]
    latent[has] = ablations.latent[order[start[has]]]
    second[has_two] = effects[order[start[has_two] + 1]].abs()
    lead = effect.abs() - second
    own = cosine.gather(1, latent.clamp(min=0)[:, None])[:, 0]
    absorbed = silent & has & (effect < 0) & (lead >= min_lead) & (own >= min_cosine)
    return CausalAbsorption(absorbed, latent, effect, lead)
