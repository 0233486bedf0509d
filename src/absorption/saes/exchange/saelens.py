"""To and from SAELens: a member of a stack is an SAE that anyone can use, and the other way round.

Where SAELens' conventions differ: TopK and BatchTopK SAEs are trained there with decoder norms divided out
(`rescale_acts_by_decoder_norm`, our `decoder="normalised"`) and saved with the norms folded in; BatchTopK
and Matryoshka SAEs are saved as JumpReLU with one threshold; L_p with p ≠ 1 is the p-norm (our
`aggregate="norm"`), always weighted by decoder norms. SAELens has no tied SAE: a tied member leaves as an
untied one with the same weights (matching pursuit is tied there too). Transcoders are ReLU or thresholded there, and
BatchTopK leaves as the latter; a crosscoder leaves as an SAE on its spaces side by side. What acts in training alone (nesting fixed
or drawn, orthogonality, decay, an exponent that moves) leaves no trace in an inference SAE.
"""

from typing import TYPE_CHECKING, Any

import torch

from absorption.saes.losses.schemes import AllPairs
from absorption.saes.recipe import Activation, BatchTopK, Gated, JumpReLU, MatchingPursuit, Recipe, ReLU, TopK
from absorption.saes.stack import SAEStack

if TYPE_CHECKING:
    from sae_lens import SAE


@torch.no_grad()
def to_saelens(stack: SAEStack, index: int) -> "SAE[Any]":
    """Member `index` as a SAELens inference SAE with the same outputs.

    >>> import torch
    >>> from absorption.saes import Recipe, SAEStack, TopK
    >>> stack, x = SAEStack(Recipe(TopK(2)), d_in=4, d_sae=8, seeds=[0]), torch.eye(4)
    >>> torch.allclose(to_saelens(stack, 0).encode(x), stack.encode(x)[0], atol=1e-6)
    True

    Raises:
        IndexError: there is no such member.
        ValueError: SAELens has no transcoder of this activation.
    """
    from sae_lens import (
        GatedSAE,
        GatedSAEConfig,
        JumpReLUSAE,
        JumpReLUSAEConfig,
        JumpReLUTranscoder,
        JumpReLUTranscoderConfig,
        MatchingPursuitSAE,
        MatchingPursuitSAEConfig,
        StandardSAE,
        StandardSAEConfig,
        TopKSAE,
        TopKSAEConfig,
        Transcoder,
        TranscoderConfig,
    )

    if not 0 <= index < len(stack):
        raise IndexError(f"member {index} does not exist: the stack has {len(stack)}.")
    scale = stack.lengths[index] if stack.recipe.decoder == "normalised" else 1.0
    weights = {
        "W_enc": stack.W_enc[index] * scale,
        "W_dec": stack.dictionary[index],
        "b_dec": stack.b_dec[index],
        "b_enc": stack.b_enc[index] * scale,
    }
    widths: dict[str, Any] = {
        "d_in": stack.d_in,
        "d_sae": stack.d_sae,
        "dtype": str(stack.W_dec.dtype).removeprefix("torch."),
        "device": str(stack.W_dec.device),
    }
    if stack.transcodes:
        # b_dec lives in the space that is written, so nothing is taken from the input.
        widths |= {"d_out": stack.d_out, "apply_b_dec_to_input": False}
    match stack.recipe.activation:
        case BatchTopK() | JumpReLU() if stack.transcodes:
            sae = JumpReLUTranscoder(JumpReLUTranscoderConfig(**widths))
            weights["threshold"] = stack.threshold[index].expand(stack.d_sae)
        case ReLU() if stack.transcodes:
            sae = Transcoder(TranscoderConfig(**widths))
        case other if stack.transcodes:
            raise ValueError(
                f"SAELens has no transcoder with {type(other).__name__}; it has ReLU, JumpReLU and, as JumpReLU, BatchTopK."
            )
        case TopK():
            sae = TopKSAE(TopKSAEConfig(**widths, k=int(stack.k[index])))
        case BatchTopK() | JumpReLU():
            sae = JumpReLUSAE(JumpReLUSAEConfig(**widths))
            weights["threshold"] = stack.threshold[index].expand(stack.d_sae)
        case MatchingPursuit(residual_threshold=threshold):
            sae = MatchingPursuitSAE(
                MatchingPursuitSAEConfig(
                    **widths, max_iterations=int(stack.k[index]), residual_threshold=threshold
                )
            )
            del weights["W_enc"], weights["b_enc"]
        case Gated():
            sae = GatedSAE(GatedSAEConfig(**widths))
            weights |= {
                "b_gate": weights.pop("b_enc"),
                "r_mag": stack.r_mag[index],
                "b_mag": stack.b_mag[index],
            }
        case _:
            sae = StandardSAE(StandardSAEConfig(**widths))
    sae.load_state_dict({name: value.detach().clone().contiguous() for name, value in weights.items()})
    return sae


@torch.no_grad()
def from_saelens(sae: "SAE[Any]") -> SAEStack:
    """A SAELens SAE, for inference or in training, as a stack of one with the same weights and recipe.

    >>> from absorption.saes import Recipe, SAEStack, TopK
    >>> stack = SAEStack(Recipe(TopK(2)), d_in=4, d_sae=8, seeds=[0])
    >>> from_saelens(to_saelens(stack, 0)).recipe.activation
    TopK(k=2)

    An SAE that does not subtract b_dec from its input (`apply_b_dec_to_input=False`, as Gemma Scope's) gets b_dec W_enc
    added to its encoder's bias, so that the outputs are the same; trained further, it subtracts b_dec.

    Raises:
        ValueError: an architecture or an option that a recipe cannot express; the message names it.
    """
    cfg = sae.cfg
    if cfg.normalize_activations != "none" or cfg.reshape_activations != "none":
        raise ValueError(
            "only SAEs with normalize_activations='none' and reshape_activations='none' can be read: fold the "
            "normalisation into the weights first (SAELens' fold_* methods)."
        )
    transcodes = cfg.architecture() in ("transcoder", "jumprelu_transcoder")
    stack = SAEStack(
        _recipe(cfg),
        cfg.d_in,
        cfg.d_sae,
        seeds=[0],
        device=str(sae.W_dec.device),
        dtype=sae.W_dec.dtype,
        d_out=cfg.d_out if transcodes else None,
    )
    renamed = {
        "W_enc": "W_enc",
        "W_dec": "W_dec",
        "b_dec": "b_dec",
        "b_enc": "b_enc",
        "threshold": "threshold",
    }
    renamed |= {"b_gate": "b_enc", "r_mag": "r_mag", "b_mag": "b_mag", "topk_threshold": "threshold"}
    for theirs, ours in renamed.items():
        value = getattr(sae, theirs, None)
        if value is not None:
            getattr(stack, ours)[0] = value
    if not cfg.apply_b_dec_to_input and not transcodes:
        _undo_subtraction(stack)
    return stack


def _undo_subtraction(stack: SAEStack) -> None:
    """The stack encodes x − b_dec; its biases get back what that takes away."""
    if isinstance(stack.recipe.activation, MatchingPursuit):
        stack.b_dec.zero_()  # tied: without it at the input, SAELens leaves it out of the output, too
        return
    taken = (stack.b_dec[:, None] @ stack.W_enc)[:, 0]
    stack.b_enc += taken
    if isinstance(stack.recipe.activation, Gated):
        stack.b_mag += taken * stack.r_mag.exp()


def _recipe(cfg: Any) -> Recipe:
    architecture = cfg.architecture()
    option: Any = lambda name, default: getattr(cfg, name, default)  # noqa: E731
    normalised = option("rescale_acts_by_decoder_norm", False)
    activation: Activation
    match architecture:
        case "standard" | "transcoder":
            activation = ReLU()
        case "topk":
            activation = TopK(cfg.k)
        case "batchtopk" | "matryoshka_batchtopk" | "orthogonal_batchtopk":
            activation = BatchTopK(cfg.k, threshold_rate=cfg.topk_threshold_lr)
        case "jumprelu" | "jumprelu_transcoder":
            if option("jumprelu_sparsity_loss_mode", "step") != "step" or option(
                "jumprelu_ste_to_input", False
            ):
                raise ValueError(
                    "only JumpReLU SAEs with the step loss and no gradient to the input can be read."
                )
            activation = JumpReLU(option("jumprelu_init_threshold", 0.01), option("jumprelu_bandwidth", 0.05))
        case "gated":
            activation = Gated()
        case "matching_pursuit":
            if not cfg.stop_on_duplicate_support:
                raise ValueError(
                    "only matching pursuit with stop_on_duplicate_support=True can be read: it may otherwise choose a latent again."
                )
            choices = cfg.d_in if cfg.max_iterations is None else cfg.max_iterations
            return Recipe(
                MatchingPursuit(choices, cfg.residual_threshold),
                tied=True,
                encoder_bias=False,
                decoder="free",
            )
        case _:
            known = "standard, topk, batchtopk, matryoshka_batchtopk, jumprelu, gated, matching_pursuit, transcoder, jumprelu_transcoder"
            raise ValueError(f"architecture {architecture!r} has no recipe; known are {known}.")
    penalised = isinstance(activation, ReLU | Gated)
    return Recipe(
        activation=activation,
        decoder="normalised" if normalised else "free",
        sparsity=option("l1_coefficient" if penalised else "l0_coefficient", 0.0),
        weighting="decoder_norm" if penalised else "plain",
        exponent=option("lp_norm", 1.0),
        aggregate="norm" if option("lp_norm", 1.0) != 1 else "sum",
        nesting=tuple(option("matryoshka_widths", ())),
        revival=option("aux_loss_coefficient", 0.0),
        orthogonality=option("orthogonality", 0.0),
        orthogonality_scheme=option("orthogonality_scheme", AllPairs()),
    )
