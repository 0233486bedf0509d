"""One form for every SAE that is measured: encode, decode, and the decoder in the frame of the activations.

SAELens computes: a `Dictionary` of a SAELens SAE calls its `encode` and `decode`, with whatever bias convention and
normalisation it declares. What is added here is the frame. Each latent adds `z[:, i] · W_dec[i]` to the reconstruction,
in the units of the activations: decoder norms that an architecture divides out are divided out of `W_dec`, and
where an SAE rescales every input (layer norm, constant norm), that scale is multiplied into z.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch
from jaxtyping import Float
from torch import Tensor

from absorption.saes.exchange.tensors import sae_of_tensors
from absorption.saes.stack import SAEStack

if TYPE_CHECKING:
    from sae_lens import SAE

KNOWN = ("standard", "topk", "batchtopk", "matryoshka_batchtopk", "jumprelu", "gated", "matching_pursuit")

UNFOLDED = ("expected_average_only_in", "covariance_whitening")
"""Normalisations of all activations alike, which SAELens folds into the weights when training ends."""


@dataclass(frozen=True, eq=False)
class Dictionary:
    """An SAE ready to be measured.

    >>> import torch
    >>> from absorption.saes import Recipe, SAEStack, TopK
    >>> dictionary = as_dictionary(SAEStack(Recipe(TopK(2)), d_in=4, d_sae=8, seeds=[0]))
    >>> z = dictionary.encode(torch.eye(4))
    >>> dictionary.d_in, dictionary.d_sae, tuple(z.shape), tuple(dictionary.decode(z).shape)
    (4, 8, (4, 8), (4, 4))

    `encode` takes `[batch d_in]` and gives z, without gradient, on the device of its input; `decode` takes z. `W_dec` has the rows
    that the decoder uses, so that latent i adds `z[:, i] · W_dec[i]`. `notes` are sentences on the conventions that were met.
    """

    name: str
    architecture: str
    encode: Callable[[Float[Tensor, "batch d_in"]], Float[Tensor, "batch d_sae"]]
    decode: Callable[[Float[Tensor, "batch d_sae"]], Float[Tensor, "batch d_in"]]
    W_dec: Float[Tensor, "d_sae d_in"]
    notes: tuple[str, ...] = ()

    @property
    def d_in(self) -> int:
        """Width of the activations."""
        return self.W_dec.shape[1]

    @property
    def d_sae(self) -> int:
        """Number of latents."""
        return self.W_dec.shape[0]

    def reconstruct(self, x: Float[Tensor, "batch d_in"]) -> Float[Tensor, "batch d_in"]:
        """decode(encode(x)); the only way to a reconstruction where every input has a scale of its own."""
        return self.decode(self.encode(x))


@torch.no_grad()
def as_dictionary(sae: "SAE[Any] | SAEStack | Mapping[str, Any]", name: str = "") -> Dictionary:
    """A SAELens SAE (for inference or in training), a stack of one, or plain tensors, as a `Dictionary`.

    >>> import torch
    >>> tensors = {"W_enc": torch.eye(4), "W_dec": torch.eye(4), "threshold": torch.full((4,), 0.5)}
    >>> as_dictionary(tensors).encode(torch.tensor([[0.4, 0.6, -1.0, 2.0]]))
    tensor([[0.0000, 0.6000, 0.0000, 2.0000]])

    Plain tensors: `W_enc [d_in d_sae]` and `W_dec [d_sae d_in]`; `b_enc` and `b_dec` where there are any; `threshold`
    makes it JumpReLU, `k` TopK, neither ReLU. Where b_dec is not zero, `apply_b_dec_to_input` has to say whether it
    is subtracted from the input (SAELens trains with True, Gemma Scope with False).

    Raises:
        ValueError: an architecture or a convention that has no such form, several SAEs in a stack, missing or misshapen
            tensors; the message names it.
        TypeError: none of the three.
    """
    if isinstance(sae, SAEStack):
        if len(sae) != 1:
            raise ValueError(f"the stack has {len(sae)} SAEs: choose one, such as stack.select([0]).")
        kind = type(sae.recipe.activation).__name__.lower()
        encode, decode = (lambda x: sae.encode(x)[0]), (lambda z: sae.decode(z[None])[0])
        return _placed(Dictionary(name or kind, kind, encode, decode, sae.dictionary[0].detach()))
    if isinstance(sae, Mapping):
        return as_dictionary(sae_of_tensors(sae), name)
    if not hasattr(sae, "cfg"):
        raise TypeError(
            f"{type(sae).__name__} is no SAE: give one of SAELens', a SAEStack of one, or a mapping of tensors."
        )
    return _of_saelens(sae, name)


def _of_saelens(sae: "SAE[Any]", name: str) -> Dictionary:
    notes: list[str] = []
    trained_as = sae.cfg.architecture()
    if trained_as not in KNOWN and not trained_as.endswith("batchtopk"):
        raise ValueError(f"architecture {trained_as!r} cannot be measured; known are {', '.join(KNOWN)}.")
    _check_convention(sae.cfg)
    if hasattr(sae.cfg, "get_inference_sae_cfg_dict"):
        sae = _for_inference(sae)
        notes.append("A training SAE, read as SAELens saves it for inference.")
    rows = sae.W_dec.detach()
    if getattr(sae.cfg, "rescale_acts_by_decoder_norm", False):
        rows = rows / rows.norm(dim=1, keepdim=True)
        notes.append("Decoder norms are divided out.")
    if not sae.cfg.apply_b_dec_to_input:
        notes.append("b_dec is added in decoding and not subtracted from the input.")
    plain = Dictionary(name or trained_as, trained_as, sae.encode, sae.decode, rows, tuple(notes))
    if sae.cfg.normalize_activations in ("layer_norm", "constant_norm_rescale"):
        rescaled = _Rescaled(sae, rows)
        note = f"Every input is rescaled ({sae.cfg.normalize_activations}); z is in the units of the activations."
        plain = replace(plain, encode=rescaled.encode, decode=rescaled.decode, notes=(*plain.notes, note))
    return _placed(plain)


def _check_convention(cfg: Any) -> None:
    if cfg.reshape_activations != "none":
        raise ValueError(
            f"it reads attention heads (reshape_activations={cfg.reshape_activations!r}), not one vector."
        )
    if cfg.normalize_activations in UNFOLDED:
        raise ValueError(
            f"it declares normalize_activations={cfg.normalize_activations!r}, and the statistics are not folded into the "
            "weights: fold them first (SAELens' fold_activation_norm_scaling_factor or fold_activation_whitening)."
        )


def _for_inference(sae: Any) -> "SAE[Any]":
    """What SAELens would save for inference and read again, in memory."""
    from sae_lens import SAE

    weights = {key: value.clone() for key, value in sae.state_dict().items()}
    sae.process_state_dict_for_saving_inference(weights)
    settings = sae.cfg.get_inference_sae_cfg_dict()
    inference: Any = SAE.from_dict(settings)
    inference.process_state_dict_for_loading(weights)
    inference.load_state_dict(weights)
    return inference


class _Rescaled:
    """A SAELens SAE that rescales every input: z in the units of the activations.

    x̂ = s (ẑ W_dec + b_dec) + m, with a scale s and an offset m of every input; so z = s ẑ, and what remains of the
    sum is kept from `encode` for the `decode` that follows it.
    """

    def __init__(self, sae: Any, rows: Tensor) -> None:
        self.sae, self.rows = sae, rows
        self.rest: Tensor | None = None

    def encode(self, x: Tensor) -> Tensor:
        z = self.sae.encode(x)
        by_std = self.sae.cfg.normalize_activations == "layer_norm"
        scale = self.sae.ln_std if by_std else 1 / self.sae.x_norm_coeff
        self.rest = self.sae.decode(torch.zeros_like(z))
        return z * scale

    def decode(self, z: Tensor) -> Tensor:
        if self.rest is None or len(self.rest) != len(z):
            raise ValueError(
                "this SAE rescales every input, so it decodes only what it encoded last: use `reconstruct`."
            )
        return z @ self.rows + self.rest


def _placed(dictionary: Dictionary) -> Dictionary:
    """The same, without gradient, with inputs checked and moved to where the weights are, and results moved back."""
    where, dtype = dictionary.W_dec.device, dictionary.W_dec.dtype

    def guarded(call: Callable[[Tensor], Tensor], width: int, what: str) -> Callable[[Tensor], Tensor]:
        @torch.no_grad()
        def placed(given: Tensor) -> Tensor:
            if given.ndim != 2 or given.shape[1] != width:
                raise ValueError(
                    f"{dictionary.name} takes {what} of shape [batch {width}], not {list(given.shape)}."
                )
            return call(given.to(where, dtype)).to(given.device)

        return placed

    return replace(
        dictionary,
        encode=guarded(dictionary.encode, dictionary.d_in, "activations"),
        decode=guarded(dictionary.decode, dictionary.d_sae, "latents"),
    )
