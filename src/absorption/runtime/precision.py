"""Whether bfloat16 products are worth it on the processor at hand."""

import time
from functools import cache

import torch


@cache
def bfloat16_is_faster(device: str = "cpu") -> bool:
    """Whether a bfloat16 matrix product beats float32 here by 1.5× or more, measured once a process.

    Some processors multiply bfloat16 four times faster than float32 (AVX512-BF16, AMX, every recent GPU),
    others emulate it slowly; nothing but a measurement tells. Sums are accumulated in float32 either way.

    >>> bfloat16_is_faster() in (True, False)  # which of them depends on the processor
    True
    """
    products = {d: torch.ones(512, 512, dtype=d, device=device) for d in (torch.float32, torch.bfloat16)}
    seconds = dict.fromkeys(products, float("inf"))
    # The fastest of many, taken in turn: on a busy machine a single product can wait 20 ms for its threads.
    for _ in range(15):
        for dtype, a in products.items():
            start = time.perf_counter()
            (a @ a).sum().item()
            seconds[dtype] = min(seconds[dtype], time.perf_counter() - start)
    return seconds[torch.bfloat16] * 1.5 < seconds[torch.float32]
