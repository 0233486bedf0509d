"""Compiled kernels on several threads."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch


class Sharing:
    """Runs kernels on as many threads as torch had when this was made, each on its part of the rows.

    >>> parts = []
    >>> Sharing()(lambda first, last: parts.append((first, last)), 10)
    >>> sorted(parts)[0][0], sorted(parts)[-1][1]
    (0, 10)
    """

    def __init__(self) -> None:
        self.threads = torch.get_num_threads()
        self.pool = ThreadPoolExecutor(self.threads) if self.threads > 1 else None

    def __call__(self, kernel: Callable[..., None], n: int, *arguments: Any) -> None:
        """Run a kernel on n rows."""
        if self.pool is None or n < self.threads:
            return kernel(0, n, *arguments)
        ends = [n * part // self.threads for part in range(self.threads + 1)]
        for part in [self.pool.submit(kernel, *ends[i : i + 2], *arguments) for i in range(self.threads)]:
            part.result()
