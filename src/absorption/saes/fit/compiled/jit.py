"""How Numba compiles this package's loops."""

from typing import Any

from numba import njit

REAL = {"contract", "reassoc", "nsz"}
"""What the compiler may do with sums: multiply and add at once, in any order; no account of the sign of zero."""


def compiled(function: Any) -> Any:
    """Compiled for each type that it meets, and kept on disk; other threads run beside it.

    >>> from absorption.saes.fit.compiled.entries import sums_by_column
    >>> compiled(sums_by_column.py_func).targetoptions["nogil"]
    True
    """
    return njit(function, fastmath=REAL, cache=True, nogil=True, error_model="numpy")
