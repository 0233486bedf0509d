"""Latents beside which an absorber is read: as much of the word lies along them, or they lean towards the letter as far.

An SAE that reconstructs reads little twice: an encoder row undoes what other rows of the decoder have of its own, and is negative along any
latent that leans towards the letter, absorber or not. So a latent that leans as far (along the letter's probe, and along what the letter's latent
writes besides) says whether an exception is the absorber's own; one along which as much of the word lies says whether it is one at all.
"""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from absorption.experiments.silence import Readers, Some, apart, unit


class Found(NamedTuple):
    """A latent for each pair, and how far off it is: inf if there is none."""

    latent: Some
    off: Float[Tensor, " some"]


def leanings(r: Readers) -> Float[Tensor, "letter d_sae two"]:
    """Of every latent's decoder row, of length 1, the parts along each letter's probe and along the rest of its own latent's row.

    >>> from absorption.experiments.silence import a_small_sae
    >>> by, stack = a_small_sae()
    >>> leanings(Readers.of(stack, by)).shape
    torch.Size([2, 12, 2])
    """
    rest = unit(apart(r.unit[r.best], r.probe))
    return torch.stack([r.probe @ r.unit.T, rest @ r.unit.T], 2)


def sized(r: Readers, pairs: Some, absorber: Some) -> Found:
    """On each word the active latent, neither main nor the absorber, along whose u the component of the word is nearest to that along the absorber's.

    >>> from absorption.experiments.silence import a_small_sae
    >>> by, stack = a_small_sae()
    >>> r = Readers.of(stack, by)
    >>> found = sized(r, r.absorbed, r.carrier[r.absorbed])
    >>> bool((found.latent != r.carrier[r.absorbed]).all()), found.latent.shape == found.off.shape
    (True, True)
    """
    label, x = r.label[pairs], r.x[r.word[pairs]]
    own = torch.stack([(x * q).sum(1) for q in r.own(pairs)], 1)
    at = leanings(r)[label]
    along = x @ r.unit.T - (at * own[:, None]).sum(2)
    along = along / (1 - at.square().sum(2)).clamp(min=1e-6).sqrt()
    return _nearest((along - along.gather(1, absorber[:, None])).abs(), absorber, _beside(r, pairs))


def alike(r: Readers, pairs: Some, absorber: Some) -> Found:
    """On each word the active latent, neither main nor the absorber, that leans most alike.

    >>> from absorption.experiments.silence import a_small_sae
    >>> by, stack = a_small_sae()
    >>> r = Readers.of(stack, by)
    >>> bool((alike(r, r.absorbed, r.carrier[r.absorbed]).latent != r.carrier[r.absorbed]).all())
    True
    """
    return _nearest(_off(r, pairs, absorber), absorber, _beside(r, pairs))


def elsewhere(r: Readers, pairs: Some, absorber: Some) -> Found:
    """For each word the latent that leans most alike among those of `firing`.

    >>> from absorption.experiments.silence import a_small_sae
    >>> by, stack = a_small_sae()
    >>> r = Readers.of(stack, by)
    >>> bool(torch.isin(elsewhere(r, r.absorbed, r.carrier[r.absorbed]).latent, r.carrier[r.absorbed]).any())
    False
    """
    return _nearest(_off(r, pairs, absorber), absorber, firing(r)[r.label[pairs]])


def firing(r: Readers) -> Bool[Tensor, "letter d_sae"]:
    """Which latents are active on words of a letter on which its latent fires, are no main ones of it, and absorb no word of it.

    >>> from absorption.experiments.silence import a_small_sae
    >>> by, stack = a_small_sae()
    >>> r = Readers.of(stack, by)
    >>> bool((firing(r) & r.main).any())
    False
    """
    active = torch.zeros_like(r.main)
    for letter in range(len(r.best)):
        active[letter] = (r.z[r.word[r.fires & (r.label == letter)]] > 0).any(0)
    full = r.judged.full
    active[r.label[full], r.carrier[full]] = False
    return active & ~r.main


def by_leaning(r: Readers) -> dict[str, Tensor]:
    """For the picture: every latent of `firing` and every absorber, of each rated letter `[point]`: the cosine of its decoder row with that of the letter's
    latent (`lean`), of its u with the letter's encoder row (`reads`), and whether it `absorbs`.

    >>> from absorption.experiments.silence import a_small_sae
    >>> by, stack = a_small_sae()
    >>> points = by_leaning(Readers.of(stack, by))
    >>> points["lean"].shape == points["reads"].shape == points["absorbs"].shape
    True
    """
    absorbs = torch.zeros_like(r.main)
    full = r.judged.full
    absorbs[r.label[full], r.carrier[full]] = True
    letter, latent = ((firing(r) | absorbs) & r.by.rated[:, None]).nonzero(as_tuple=True)
    e, at = unit(r.encoder), leanings(r)
    rest = unit(apart(r.unit[r.best], r.probe))
    own = torch.stack([(e * r.probe).sum(1), (e * rest).sum(1)], 1)
    reads = e @ r.unit.T - (at * own[:, None]).sum(2)
    reads = reads / (1 - at.square().sum(2)).clamp(min=1e-6).sqrt()
    lean = r.unit[r.best] @ r.unit.T
    return {"lean": lean[letter, latent], "reads": reads[letter, latent], "absorbs": absorbs[letter, latent]}


def _beside(r: Readers, pairs: Some) -> Bool[Tensor, "some d_sae"]:
    return (r.z[r.word[pairs]] > 0) & ~r.main[r.label[pairs]]


def _off(r: Readers, pairs: Some, absorber: Some) -> Float[Tensor, "some d_sae"]:
    at, label = leanings(r), r.label[pairs]
    return (at[label] - at[label, absorber][:, None]).norm(dim=2)


def _nearest(off: Float[Tensor, "some d_sae"], absorber: Some, may: Bool[Tensor, "some d_sae"]) -> Found:
    off = off.scatter(1, absorber[:, None], torch.inf).masked_fill(~may, torch.inf)
    found = off.min(1)
    return Found(found.indices, found.values)
