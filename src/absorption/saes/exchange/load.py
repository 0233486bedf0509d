"""Open an SAE by what a person would type: a folder, a file, or a release of SAELens and an id."""

from pathlib import Path

from absorption.saes.exchange.dictionary import Dictionary, as_dictionary
from absorption.saes.exchange.released import load_release
from absorption.saes.exchange.stored import LAYOUTS, load_stored


def load_dictionary(
    spec: str | Path, revision: str | None = None, device: str = "cpu", folder: str | Path | None = None
) -> Dictionary:
    """The SAE that `spec` names, ready to be measured.

    >>> import tempfile
    >>> from absorption.saes import Recipe, SAEStack, TopK
    >>> from absorption.saes.exchange.saelens import to_saelens
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = to_saelens(SAEStack(Recipe(TopK(2)), d_in=4, d_sae=8, seeds=[0]), 0).save_model(folder)
    ...     dictionary = load_dictionary(folder)
    >>> dictionary.architecture, dictionary.d_sae
    ('topk', 8)

    Args:
        spec: A folder or a file in a layout of `exchange.stored`; or `release/id` or `release:id` of SAELens' table, such as
            `gemma-scope-2b-pt-res/layer_3/width_16k/average_l0_59`; or `owner/name:folder`, a repository in SAELens' format.
        revision: The full commit hash of the hub repository that holds the release.
        device: A torch device.
        folder: Where a release's files were fetched to on another machine, `folder/owner/name/…` as in the hub's repositories;
            no hub is asked then, and no revision is needed.

    Raises:
        FileNotFoundError: the path does not exist, or files are missing there.
        ValueError: an unknown layout, release, id or architecture; damaged or misshapen files; a release without a full
            commit hash. One sentence names what and the remedy.
        HubError: a hub cannot be reached, or does not give the files.
    """
    path = Path(spec).expanduser()
    if path.exists():
        if revision is not None:
            raise ValueError(f"revision is for SAEs from a hub; {spec} is on this machine.")
        return as_dictionary(load_stored(path, device), name=str(spec))
    if _looks_like_a_path(str(spec)):
        raise FileNotFoundError(f"{spec} does not exist; an SAE can be {LAYOUTS}, or release/id of SAELens.")
    release, sae_id = _split(str(spec))
    fetched = Path(folder).expanduser() if folder else None
    return as_dictionary(load_release(release, sae_id, revision, device, fetched), name=str(spec))


def _looks_like_a_path(spec: str) -> bool:
    return spec.startswith((".", "/", "~")) or Path(spec).suffix in (".npz", ".safetensors")


def _split(spec: str) -> tuple[str, str]:
    release, _, sae_id = spec.partition(":" if ":" in spec else "/")
    if not sae_id:
        raise ValueError(
            f"{spec!r} is no file or folder here, and a release of SAELens needs an id after it: release/id; "
            f"an SAE on this machine can be {LAYOUTS}."
        )
    return release, sae_id
