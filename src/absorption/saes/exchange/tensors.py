"""Plain tensors as an SAE: their names, their shapes, and the SAELens SAE that they describe."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

if TYPE_CHECKING:
    from sae_lens import SAE

SHAPES = {
    "W_enc": "d_in d_sae",
    "W_dec": "d_sae d_in",
    "b_enc": "d_sae",
    "b_dec": "d_in",
    "threshold": "d_sae",
}
"""Axes of the tensors that an SAE may have, in SAELens' names."""


def sae_of_tensors(tensors: Mapping[str, Any]) -> "SAE[Any]":
    """Plain tensors, named as SAELens names them, as the SAELens SAE that they describe.

    >>> import torch
    >>> sae_of_tensors({"W_enc": torch.eye(4), "W_dec": torch.eye(4), "k": 2}).cfg.k
    2

    `threshold` makes it JumpReLU, `k` TopK, neither standard; b_enc and b_dec are zero where they are left out.

    Raises:
        ValueError: unknown, missing or misshapen tensors, or a b_dec without a word on whether it is subtracted.
    """
    from sae_lens import (
        JumpReLUSAE,
        JumpReLUSAEConfig,
        StandardSAE,
        StandardSAEConfig,
        TopKSAE,
        TopKSAEConfig,
    )

    known = {"W_enc", "W_dec", "b_enc", "b_dec", "threshold", "k", "apply_b_dec_to_input"}
    if not {"W_enc", "W_dec"} <= set(tensors) <= known:
        raise ValueError(
            f"W_enc and W_dec are needed, and {', '.join(sorted(known - {'W_enc', 'W_dec'}))} are understood; "
            f"given are {', '.join(sorted(tensors)) or 'none'}."
        )
    if {"threshold", "k"} <= set(tensors):
        raise ValueError("threshold makes an SAE JumpReLU and k makes it TopK: give one of them.")
    W_enc, W_dec = (torch.as_tensor(tensors[key]).detach() for key in ("W_enc", "W_dec"))
    d_in, d_sae = check_shapes(
        {key: torch.as_tensor(value) for key, value in tensors.items() if key in SHAPES}
    )
    weights = {
        "W_enc": W_enc,
        "W_dec": W_dec,
        "b_enc": W_dec.new_zeros(d_sae),
        "b_dec": W_dec.new_zeros(d_in),
    }
    weights |= {
        key: torch.as_tensor(value).detach().to(W_dec) for key, value in tensors.items() if key in SHAPES
    }
    if bool(weights["b_dec"].any()) and "apply_b_dec_to_input" not in tensors:
        raise ValueError(
            "b_dec is not zero: apply_b_dec_to_input must say whether it is subtracted from the input (True or False)."
        )
    widths: dict[str, Any] = {
        "d_in": d_in,
        "d_sae": d_sae,
        "dtype": str(W_dec.dtype).removeprefix("torch."),
        "device": str(W_dec.device),
        "apply_b_dec_to_input": bool(tensors.get("apply_b_dec_to_input", True)),
    }
    if "threshold" in tensors:
        sae: Any = JumpReLUSAE(JumpReLUSAEConfig(**widths))
        weights["threshold"] = weights["threshold"].expand(d_sae)
    elif "k" in tensors:
        sae = TopKSAE(TopKSAEConfig(**widths, k=int(tensors["k"])))
    else:
        sae = StandardSAE(StandardSAEConfig(**widths))
    sae.load_state_dict({key: value.clone().contiguous() for key, value in weights.items()})
    return sae


def check_shapes(tensors: Mapping[str, Tensor]) -> tuple[int, int]:
    """d_in and d_sae, where every tensor has the shape that `W_dec` implies.

    >>> import torch
    >>> check_shapes({"W_dec": torch.zeros(8, 4), "W_enc": torch.zeros(4, 8), "b_enc": torch.zeros(8)})
    (4, 8)

    Raises:
        ValueError: one has another shape; the message says which.
    """
    if tensors["W_dec"].ndim != 2:
        raise ValueError(f"W_dec must have the shape [d_sae d_in], not {list(tensors['W_dec'].shape)}.")
    d_sae, d_in = tensors["W_dec"].shape
    sizes = {"d_in": d_in, "d_sae": d_sae}
    for name, axes in SHAPES.items():
        expected = [sizes[axis] for axis in axes.split()]
        if name in tensors and list(tensors[name].shape) != expected and tensors[name].ndim > 0:
            raise ValueError(
                f"{name} must have the shape [{axes}] = {expected}, since W_dec is {[d_sae, d_in]}; it is {list(tensors[name].shape)}."
            )
    return d_in, d_sae
