"""A hand-made world whose truth is known: labels are directions, and an SAE whose latents are these directions."""

import torch
from torch import Tensor

from absorption.saes.exchange.dictionary import Dictionary

D_IN, N_LABELS, N_WORDS = 48, 4, 2400


def world(seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    """Activations `[word d_in]`, labels `[word]`, and which words of a label are special `[word]`, one in twenty of them.

    Direction i for label i, direction N_LABELS + i for the special words of it (a child), and noise in all others.
    """
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(N_WORDS) % N_LABELS
    special = torch.arange(N_WORDS) // N_LABELS % 20 == 0
    x = torch.zeros(N_WORDS, D_IN)
    x[torch.arange(N_WORDS), labels] = 1.0
    x[special.nonzero()[:, 0], N_LABELS + labels[special]] = 1.0
    noise = torch.rand(N_WORDS, D_IN - 2 * N_LABELS, generator=generator)
    x[:, 2 * N_LABELS :] = (noise * 2 - 1.2).clamp(min=0)
    return x, labels, special


def sae(absorbing: int = 0) -> Dictionary:
    """Latents that are the world's directions; of the first `absorbing` labels the special words' latent takes the label over.

    There its decoder writes parent and child, and the parent's encoder is silenced by the child: textbook absorption.
    """
    W_enc, W_dec = torch.eye(D_IN), torch.eye(D_IN)
    for label in range(absorbing):
        W_dec[N_LABELS + label, label] = 1.0
        W_enc[N_LABELS + label, label] = -1.0
    return Dictionary("made", "standard", lambda x: (x @ W_enc).relu(), lambda z: z @ W_dec, W_dec)


X, LABELS_OF, SPECIALS = world()
