"""Matching pursuit as an encoder: latents are chosen one after the other, each on what the ones before it left."""

import torch
from jaxtyping import Float
from torch import Tensor


def matching_pursuit(
    centred: Float[Tensor, "*sae batch d_in"],
    dictionary: Float[Tensor, "sae d_sae d_in"],
    k: Float[Tensor, " sae"],
    residual_threshold: float,
) -> Float[Tensor, "sae batch d_sae"]:
    """Activations after at most k choices (Costa et al. 2025, arXiv:2506.03093), as in SAELens.

    >>> import torch
    >>> k = torch.tensor([1.0, 2.0])  # of two SAEs
    >>> matching_pursuit(torch.tensor([[2.0, 1.0]]), torch.eye(2).expand(2, 2, 2), k, 0.0).tolist()
    [[[2.0, 0.0]], [[2.0, 1.0]]]

    Each choice is the latent with the largest inner product with the residual; it fires by that product (ReLU)
    and its part is subtracted. An input is finished early when its residual is short, or when a choice brings
    no new latent. The choice is not differentiated, everything else is.

    Args:
        centred: Inputs less the decoder's bias.
        dictionary: Rows that both read and write; of norm 1 for a pursuit in the strict sense.
        k: Most choices of each SAE.
        residual_threshold: Length of the residual that counts as short, in units of x; 0 for none.
    """
    n_sae, d_sae, d_in = dictionary.shape
    residual = centred.expand(n_sae, -1, -1)
    acts = residual.new_zeros(n_sae, residual.shape[1], d_sae)
    done = torch.zeros(acts.shape[:2], dtype=torch.bool, device=acts.device)
    for choice in range(int(k.max())):
        done = done | (k <= choice)[:, None]
        with torch.no_grad():
            latent = (residual @ dictionary.mT).relu().argmax(-1, keepdim=True)
            known = acts.gather(2, latent)[..., 0] != 0
        row = dictionary.gather(1, latent.expand(-1, -1, d_in))
        value = ((residual * row).sum(-1, keepdim=True)).relu() * ~done[..., None]
        acts = acts.scatter_add(2, latent, value)
        residual = residual - value * row
        with torch.no_grad():
            done = done | known | (value[..., 0] == 0) | (residual.norm(dim=-1) < residual_threshold)
            if bool(done.all()):
                break
    return acts
