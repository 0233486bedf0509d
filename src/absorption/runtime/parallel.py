"""Many small jobs at once, each on one thread."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")


def in_parallel(
    function: Callable[[Task], Result], tasks: Iterable[Task], device: str = "cpu"
) -> list[Result]:
    """`[function(task) for task in tasks]`, on a processor as many at once as it has cores, each with one thread.

    Matrix products too small to share are faster so. The first error is raised once its turn comes.

    >>> in_parallel(abs, [-1, 2, -3])
    [1, 2, 3]
    """
    import torch

    if device != "cpu":
        return [function(task) for task in tasks]
    threads = torch.get_num_threads()
    try:
        with ThreadPoolExecutor(os.cpu_count(), initializer=torch.set_num_threads, initargs=(1,)) as workers:
            return list(workers.map(function, tasks))
    finally:
        torch.set_num_threads(threads)


@contextmanager
def threads(n: int) -> Iterator[None]:
    """Compute with n threads inside: sums are split among them, so that the same bytes come out however many cores there are.

    >>> import torch
    >>> with threads(1):
    ...     torch.get_num_threads()
    1
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(n)
    try:
        yield
    finally:
        torch.set_num_threads(before)
