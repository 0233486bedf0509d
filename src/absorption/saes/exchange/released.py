"""SAEs that SAELens lists (Gemma Scope 1 and 2, Llama Scope and more), from a hub at a pinned commit.

SAELens knows the layouts and converts them, but it downloads whatever a branch points to, file by file. Here its own
loaders run with their downloads replaced: every file comes through `runtime.hub`, at the commit that was asked for.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from difflib import SequenceMatcher
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from absorption.runtime.hub import files, pinned

if TYPE_CHECKING:
    from sae_lens import SAE

OPTIONAL = ("config.json", "sparsity.safetensors")
"""Files without which SAELens' loaders go on."""


def load_release(
    release: str, sae_id: str, revision: str | None, device: str = "cpu", folder: Path | None = None
) -> "SAE[Any]":
    """A SAELens SAE by its release and id, from the release's repository at a commit, or from files fetched elsewhere.

    >>> commit = "fd571b47c1c64851e9b1989792367b9babb4af63"
    >>> sae = load_release("gemma-scope-2b-pt-res", "layer_3/width_16k/average_l0_59", commit)  # doctest: +SKIP
    >>> sae.W_dec.shape  # doctest: +SKIP
    torch.Size([16384, 2304])

    Args:
        release: A release of SAELens' table, or a repository `owner/name` in SAELens' own format.
        sae_id: The SAE's id in the release; in a repository, the folder that holds it.
        revision: The full commit hash of the release's repository.
        device: A torch device.
        folder: Where files were fetched to, `folder/owner/name/…` as in the repositories; no hub is asked then, and no
            revision is needed.

    Raises:
        ValueError: no such release or id (the nearest ones are named), or the revision is no full commit hash.
        HubError: a file cannot be had.
        FileNotFoundError: a file is not in the folder.
    """
    from sae_lens import SAE
    from sae_lens.loading.pretrained_sae_loaders import (
        NAMED_PRETRAINED_SAE_LOADERS,
        get_conversion_loader_name,
    )

    repository, _ = place_of(release, sae_id)
    commit = "" if folder else pinned(repository, revision)

    def convert(*args: Any, **options: Any) -> Any:
        config, weights, sparsity = NAMED_PRETRAINED_SAE_LOADERS[get_conversion_loader_name(release)](
            *args, **options
        )
        # Some loaders derive the widths from names; the file knows better.
        config["d_sae"], config["d_in"] = weights["W_dec"].shape
        return config, weights, sparsity

    def find(name: str) -> Path:
        if folder is None:
            return files(repository, commit, [name]) / name
        if not (path := folder / repository / name).is_file():
            raise FileNotFoundError(f"{path} does not exist; fetch it, or leave the folder out to ask a hub.")
        return path

    with downloads_from(find):
        return SAE.from_pretrained(release, sae_id, device=device, converter=convert)


def place_of(release: str, sae_id: str) -> tuple[str, str]:
    """The hub repository that holds an SAE of SAELens' table, and where in it.

    >>> place_of("gemma-scope-2-270m-pt-res", "layer_5_width_16k_l0_small")
    ('google/gemma-scope-2-270m-pt', 'resid_post/layer_5_width_16k_l0_small')

    Raises:
        ValueError: no such release, or no such id in it.
    """
    from sae_lens.loading.pretrained_saes_directory import get_pretrained_saes_directory

    table = get_pretrained_saes_directory()
    if release not in table:
        if release.count("/") == 1:
            return release, sae_id
        raise ValueError(f"SAELens lists no release {release!r}{_nearest(release, list(table))}.")
    if sae_id not in table[release].saes_map:
        ids = list(table[release].saes_map)
        raise ValueError(f"release {release} has no SAE {sae_id!r}{_nearest(sae_id, ids)}.")
    return table[release].repo_id, table[release].saes_map[sae_id]


def _nearest(name: str, names: list[str]) -> str:
    """The three that begin most alike, and among those are most alike."""

    def likeness(other: str) -> tuple[int, float]:
        begins = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(name, other, strict=False)))
        return begins, SequenceMatcher(None, name, other).ratio()

    return f"; nearest are {', '.join(sorted(names, key=likeness, reverse=True)[:3])}"


@contextmanager
def downloads_from(find: Callable[[str], Path]) -> Iterator[None]:
    """Within this block SAELens' loaders get each file of a repository from `find(name)`.

    >>> from sae_lens.loading import pretrained_sae_loaders as loaders
    >>> with downloads_from(lambda name: Path("elsewhere", name)):
    ...     loaders.hf_hub_download("owner/name", "params.npz", subfolder="layer_3") == str(Path("elsewhere/layer_3/params.npz"))
    True

    A file that may be missing (`OPTIONAL`) is missing where `find` raises an OSError; what else goes wrong is raised.
    """
    from huggingface_hub.errors import LocalEntryNotFoundError
    from sae_lens.loading import pretrained_sae_loaders as loaders

    def fetched(repo_id: str, filename: str, subfolder: str | None = None, **_: Any) -> str:
        try:
            return str(find(f"{subfolder}/{filename}" if subfolder else filename))
        except OSError as error:
            if Path(filename).name in OPTIONAL:
                raise LocalEntryNotFoundError(str(error)) from error
            raise

    def shapes(repo_id: str, filename: str) -> dict[str, list[int]]:
        from safetensors import safe_open

        with safe_open(fetched(repo_id, filename), framework="pt") as file:
            names = file.keys()
            return {name: file.get_slice(name).get_shape() for name in names}

    with (
        patch.object(loaders, "hf_hub_download", fetched),
        patch.object(loaders, "get_safetensors_tensor_shapes", shapes),
    ):
        yield
