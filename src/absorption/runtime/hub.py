"""Files of a Hugging Face hub at one commit, or one sentence that says why they could not be had.

Only full commit hashes are asked for, since branches and tags move; what arrives must be of that commit. The
hub is the public one or `$HF_ENDPOINT`; a token comes from `hf auth login` or `$HF_TOKEN`. Files are kept in
the hub library's own cache (`$HF_HOME`), so what is there already needs no connection.
"""

import os
import re
import warnings
from collections.abc import Sequence
from contextlib import suppress
from logging import CRITICAL
from pathlib import Path
from socket import create_connection
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies


class HubError(OSError):
    """Files could not be had; the message is one sentence that says which, why, and what to do."""


def pinned(name: str, revision: str | None) -> str:
    """The revision, if it is a full commit hash.

    >>> pinned("someone/sae", "0123456789" * 4)[:12]
    '012345678901'
    >>> pinned("someone/sae", "main")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ValueError: revision of someone/sae must be a full commit hash (40 hexadecimal digits), not 'main': ...

    Raises:
        ValueError: it is a branch, a tag, a part of a hash, or nothing.
    """
    if revision is None or not re.fullmatch("[0-9a-f]{40}", revision):
        raise ValueError(
            f"revision of {name} must be a full commit hash (40 hexadecimal digits), not {revision!r}: "
            "branches and tags move."
        )
    return revision


def files(repository: str, revision: str | None, patterns: Sequence[str]) -> Path:
    """The folder that holds the files of `repository` at `revision` which match `patterns`, downloaded where needed.

    >>> files("someone/sae", "main", ["*.safetensors"])  # refused before the hub is asked  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ValueError: revision of someone/sae must be a full commit hash ...

    Raises:
        ValueError: the revision is no full commit hash.
        HubError: they cannot be had, or are of another commit.
    """
    with warnings.catch_warnings():
        # In a notebook the bars that are switched off here miss their widgets.
        warnings.simplefilter("ignore")
        from huggingface_hub import snapshot_download
        from huggingface_hub.utils import disable_progress_bars, logging

    commit = pinned(repository, revision)
    disable_progress_bars()
    logging.set_verbosity(CRITICAL)
    wanted = ", ".join(patterns)
    options: dict[str, Any] = dict(revision=commit, allow_patterns=list(patterns))
    with suppress(Exception):  # what is here already needs no hub
        return _whole(Path(snapshot_download(repository, local_files_only=True, **options)), patterns)
    if not _answers():
        raise HubError(
            f"No hub could be reached for {repository} at {commit[:12]}; check the connection, and $HF_ENDPOINT if you set it."
        )
    try:
        folder = Path(snapshot_download(repository, **options))
        try:
            return _whole(folder, patterns)
        except FileNotFoundError:
            served = _served_commit(repository, commit, patterns)
    except Exception as error:
        raise HubError(_sentence(error, repository, commit, wanted)) from error
    if served not in (None, commit):
        raise HubError(
            f"{repository}: the hub answered with commit {str(served)[:12]} where {commit[:12]} was asked for; "
            "trust neither, and check $HF_ENDPOINT if you set it."
        )
    raise HubError(f"{repository} at {commit[:12]} holds no file {wanted}; check the name.")


def _whole(folder: Path, patterns: Sequence[str]) -> Path:
    """The folder, if it has a file for every pattern."""
    if not all(any(folder.glob(pattern)) for pattern in patterns):
        raise FileNotFoundError(folder)
    return folder


def _served_commit(repository: str, commit: str, patterns: Sequence[str]) -> str | None:
    """The commit that the hub says its file is of, where a pattern names one file."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.errors import RemoteEntryNotFoundError

    for name in patterns:
        if "*" not in name:
            with suppress(RemoteEntryNotFoundError):
                return get_hf_file_metadata(hf_hub_url(repository, name, revision=commit)).commit_hash
    return None


def _answers() -> bool:
    """Whether anything listens at the endpoint; taken for granted behind a proxy. The library itself would try for 23 s."""
    url = urlsplit(_endpoint())
    if getproxies().get(url.scheme):
        return True
    try:
        with create_connection((url.hostname, url.port or (443 if url.scheme == "https" else 80)), timeout=5):
            return True
    except OSError:
        return False


def _sentence(error: Exception, repository: str, commit: str, wanted: str) -> str:
    """What went wrong, from the chain of errors that led to this one."""
    from huggingface_hub import errors

    chain: list[BaseException] = [error]
    while (cause := chain[-1].__cause__ or chain[-1].__context__) is not None and cause not in chain:
        chain.append(cause)
    where = f"{repository} at {commit[:12]}"
    status = next((s for e in chain if (s := _status(e)) is not None), None)

    def among(*kinds: type[BaseException]) -> bool:
        return any(isinstance(e, kinds) for e in chain)

    if among(errors.GatedRepoError):
        return f"{repository} is gated: accept its licence on its page on the hub, and log in with `hf auth login`."
    if among(errors.RevisionNotFoundError):
        return f"{repository} has no commit {commit[:12]}; check the revision."
    if among(errors.RemoteEntryNotFoundError):
        return f"{where} holds no file {wanted}; check the name."
    if status == 401 and _has_token():
        return f"The hub refused the token that it was given for {repository}; log in again with `hf auth login`."
    if among(errors.RepositoryNotFoundError) or status == 404:
        return f"The hub has no repository {repository} that is open without a login; check the name."
    if any("Consistency check" in str(e) or "peer closed" in str(e) or "incomplete" in str(e) for e in chain):
        return f"The download of {wanted} from {where} broke off; run it again, it goes on where it stopped."
    if status is not None:
        return f"The hub answered {where} with status {status}; try again later."
    return f"The download of {wanted} from {where} failed ({type(error).__name__}: {_line(error)})."


def _status(error: BaseException) -> int | None:
    return getattr(getattr(error, "response", None), "status_code", None)


def _has_token() -> bool:
    from huggingface_hub import get_token

    return get_token() is not None


def _endpoint() -> str:
    from huggingface_hub import constants

    return os.environ.get("HF_ENDPOINT") or constants.ENDPOINT


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
