"""Gemma Scope's SAEs (Lieberum et al. 2024, arXiv:2408.05147) from a hub at a pinned commit, through SAELens."""

from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from absorption.runtime.hub import files

if TYPE_CHECKING:
    from sae_lens import SAE
    from torch import Tensor

RESIDUAL_2B = "google/gemma-scope-2b-pt-res"


def load_gemma_scope(
    sae_id: str, revision: str | None, repository: str = RESIDUAL_2B, device: str = "cpu"
) -> "SAE[Any]":
    """A SAELens SAE from the repository's own file, `<sae_id>/params.npz`.

    >>> commit = "fd571b47c1c64851e9b1989792367b9babb4af63"
    >>> sae = load_gemma_scope("layer_3/width_16k/average_l0_59", commit)  # doctest: +SKIP
    >>> sae.W_dec.shape  # doctest: +SKIP
    torch.Size([16384, 2304])

    SAELens reads the file and knows the layout; but it downloads from whatever a branch points to, so the file is
    fetched here, at the commit. The widths are those of the file.

    Args:
        sae_id: Such as `layer_3/width_16k/average_l0_59`.
        revision: The full commit hash.
        repository: A repository of Gemma Scope that SAELens lists.
        device: A torch device.

    Raises:
        ValueError: the revision is no full commit hash, or SAELens lists no such SAE.
        HubError: the file cannot be had.
    """
    from sae_lens import SAE
    from sae_lens.loading import pretrained_sae_loaders as loaders

    def convert(
        repo_id: str,
        folder_name: str,
        device: str,
        force_download: bool,
        cfg_overrides: dict[str, Any] | None,
    ) -> tuple[dict[str, Any], dict[str, "Tensor"], "Tensor | None"]:
        path = Path(folder_name) / "params.npz"
        folder = files(repository, revision, [str(path)])
        with patch.object(loaders, "hf_hub_download", lambda **_: str(folder / path)):
            config, weights, sparsity = loaders.gemma_2_sae_huggingface_loader(
                repo_id, folder_name, device, force_download, cfg_overrides
            )
        config["d_in"], config["d_sae"] = weights["W_enc"].shape
        return config, weights, sparsity

    return SAE.from_pretrained(repository.rsplit("/", 1)[-1], sae_id, device=device, converter=convert)
