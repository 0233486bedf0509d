"""SAEs of the bank as checkpoints of SAELens, which read the model's own activations."""

import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from absorption.experiments.bank.wanted import Wanted
from absorption.experiments.controls import with_l0
from absorption.saes.exchange.saelens import to_saelens
from absorption.saes.recipe import BatchTopK
from absorption.worlds.normalisation import Normalisation

if TYPE_CHECKING:
    from sae_lens import SAE


@torch.no_grad()
def in_raw_frame(sae: "SAE[Any]", frame: Normalisation) -> "SAE[Any]":
    """The SAE, changed in place so that it takes and gives activations as they were before `frame`.

    >>> import torch
    >>> from absorption.saes import Recipe, SAEStack, TopK
    >>> frame, raw = Normalisation(torch.ones(4), scale=2.0), torch.eye(4)
    >>> stack = SAEStack(Recipe(TopK(2)), d_in=4, d_sae=8, seeds=[0])
    >>> sae = in_raw_frame(to_saelens(stack, 0), frame)
    >>> torch.allclose(sae(raw), frame.scale * stack(frame(raw))[0] + frame.mean, atol=1e-6)
    True

    With x = (raw − mean) / (widths · scale), the same latents fire, `scale` times as strongly. Encoder rows are divided by the
    widths and decoder columns multiplied by them; without widths decoder rows keep their length.

    Raises:
        ValueError: matching pursuit, which encodes with its decoder, cannot take widths.
    """
    if frame.widths is not None:
        if "W_enc" not in dict(sae.named_parameters()):
            raise ValueError("an SAE that encodes with its decoder cannot take one width a dimension.")
        sae.W_enc.div_(frame.widths.to(sae.W_enc)[:, None])
        sae.W_dec.mul_(frame.widths.to(sae.W_dec))
        sae.b_dec.mul_(frame.widths.to(sae.b_dec))
    scaled = ("b_enc", "b_gate", "b_mag", "threshold", "b_dec")
    for name, parameter in sae.named_parameters():
        if name in scaled:
            parameter.mul_(frame.scale)
    sae.b_dec.add_(frame.mean.to(sae.b_dec))
    if hasattr(sae.cfg, "residual_threshold"):
        sae.cfg.residual_threshold *= frame.scale
    return sae


def export(wanted: Iterable[Wanted], folder: Path) -> list[Path]:
    """Write each SAE into a folder of its own that `SAE.load_from_disk` reads; the folders.

    A BatchTopK SAE leaves with the threshold at which k latents fire on the words that it was trained on. A folder that is
    there already is replaced as a whole.

    >>> import tempfile
    >>> export([], Path(tempfile.gettempdir()))
    []

    Raises:
        OSError: the folder cannot be written.
    """
    made = []
    for each in wanted:
        stack, _ = each.get()
        if isinstance(stack.recipe.activation, BatchTopK):
            stack = with_l0(stack, each.source.table)
        sae = in_raw_frame(to_saelens(stack, 0), each.source.read().frame)
        # Names that SAELens and its readers look for; the hook is TransformerLens'.
        sae.cfg.metadata.model_name = each.source.model
        sae.cfg.metadata.hook_name = f"blocks.{each.source.layer - 1}.hook_resid_post"
        sae.cfg.metadata.made_by = each.name
        target = folder / re.sub(
            r"[^A-Za-z0-9.]+", "-", f"{each.source.name} {each.recipe} seed {each.fit.seed}"
        )
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".") as staged:
            sae.save_model(Path(staged) / "sae")
            if target.exists():
                target.rename(Path(staged) / "before")
            (Path(staged) / "sae").rename(target)
        made.append(target)
    return made
