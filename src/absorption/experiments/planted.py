"""Absorption that is put into an SAE on purpose: what a measure of absorption must find."""

from dataclasses import replace

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from absorption.saes.exchange.dictionary import Dictionary


def with_planted(
    sae: Dictionary,
    x: Float[Tensor, "word d_in"],
    planted: Int64[Tensor, " some"],
    parts: Float[Tensor, "some d_in"],
    silenced: Bool[Tensor, "some d_sae"],
) -> Dictionary:
    """The SAE in which a latent of its own takes over a part of each planted word: textbook absorption, word by word.

    On the word `x[planted[i]]` the latents `silenced[i]` are silent, and one that fires nowhere else, number d_sae + i, writes
    `parts[i]`. All other words are encoded as before.

    >>> import torch
    >>> x = torch.tensor([[1.0, 1.0], [1.0, 2.0]])  # the parent comes first
    >>> whole = Dictionary("made", "standard", lambda x: x, lambda z: z, torch.eye(2))
    >>> silenced = torch.tensor([[True, False]])
    >>> changed = with_planted(whole, x, torch.tensor([1]), torch.tensor([[1.0, 0.0]]), silenced)
    >>> changed.encode(x).tolist(), changed.reconstruct(x).tolist()
    ([[1.0, 1.0, 0.0], [0.0, 2.0, 1.0]], [[1.0, 1.0], [1.0, 2.0]])

    Args:
        sae: Any.
        x: Activations of the words, of which no two are the same: words are known by them, to the last bit.
        planted: Rows of the words.
        parts: What is written there in place of the silenced latents, such as the word's component along a probe.
        silenced: Which latents of the SAE are silent there.
    """
    number = {_bytes(word): i for i, word in enumerate(x[planted])}

    def encode(given: Tensor) -> Tensor:
        z = torch.cat([sae.encode(given), given.new_zeros(len(given), len(planted))], 1)
        for row, word in enumerate(given):
            if (i := number.get(_bytes(word))) is not None:
                z[row, : sae.d_sae][silenced[i]] = 0.0
                z[row, sae.d_sae + i] = 1.0
        return z

    return replace(
        sae, name=f"{sae.name}, absorption planted", encode=encode, W_dec=torch.cat([sae.W_dec, parts]),
        decode=lambda z: sae.decode(z[:, : sae.d_sae]) + z[:, sae.d_sae :] @ parts,
    )  # fmt: skip


def _bytes(word: Tensor) -> bytes:
    return word.detach().cpu().numpy().tobytes()
