"""Where published data files are: in the reader's folder, in the user's cache, or on the web."""

import logging
import os
import warnings
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

DATA_ENV = "DROPNORM_DATA"
"""Environment variable that names a folder with ``fashion-mnist/``, ``mnist/`` and
``cifar-10/``."""


class DataError(RuntimeError):
    """A data file is missing and cannot be fetched, or it is not the published one."""


def find(
    folder: str, file: str, addresses: Sequence[str], known_hash: str, advice: str, like: str = ""
) -> Path:
    """Path of a file: below ``DROPNORM_DATA``, else in the user's cache, downloaded if need be.

    Parameters
    ----------
    folder, file
        A data set's folder, and the file's name in it.
    addresses, known_hash
        Where it is served, tried in this order, and its hash as pooch takes it: ``"md5:…"``.
    advice
        What the message says where there is no network.
    like
        A pattern for other names that are good in ``DROPNORM_DATA``: another compression, say.

    Raises
    ------
    DataError
        It is nowhere and cannot be downloaded.
    """
    own = os.environ.get(DATA_ENV)
    if own and (matches := sorted((Path(own) / folder).glob(like or file))):
        return matches[0]
    kept = user_cache(folder)
    if (kept / file).is_file():
        return kept / file
    failures = []
    for address in addresses:
        try:
            # downloaded into a temporary file, and moved here only when the hash is right
            _pooch().retrieve(address, known_hash, fname=file, path=kept, progressbar=True)
            return kept / file
        except Exception as error:
            failures.append(f"from {address} ({type(error).__name__}: {error})")
    raise DataError(
        f"{file} of {folder} is not in {DATA_ENV} ({own or 'not set'}), not in {kept}, and could "
        f"not be downloaded {', nor '.join(failures)}. {advice}"
    )


def user_cache(folder: str) -> Path:
    """The folder in the user's cache."""
    return Path(_pooch().os_cache("dropnorm")) / folder


@cache
def _pooch() -> Any:  # a module; pooch has no types
    with warnings.catch_warnings():
        # in a notebook, tqdm, which pooch imports, asks for ipywidgets: nothing here needs them
        warnings.simplefilter("ignore")
        import pooch
    pooch.get_logger().setLevel(logging.WARNING)  # no line about each download
    return pooch


def damage(path: object, expected: str, actual: str, cure: str) -> str:
    """The message about a file that is not the published one."""
    return (
        f"{path} is damaged: the SHA-256 of its content should be {expected}, found {actual}. "
        f"What to do: {cure}."
    )
