"""Main latents as SAEBench chooses them, to be named beside our own: its version is `VERSION`.

Read from `sae_bench/evals/absorption/k_sparse_probing.py` of sae-bench 0.6.0 (Karvonen et al. 2025, arXiv:2503.09532):

1. an L1 probe of all labels at once ranks the latents: Adam at rate .01, falling to 1e-5 over 50 epochs of batches of 4,096 words, on
   activations as they are; mean binary cross-entropy with positives weighted by negatives over positives, plus .01 times a label's
   mean ‖w‖₁, and a weight decay of 1e-6;
2. a logistic regression with balanced classes on the first k latents, k = 1 … 10;
3. one more latent counts while F1 *on the test words*, predicting where the log-odds are positive, rises by more than .03.

Three things differ, none of which decides anything: words are dealt to batches once, whose order is drawn anew for each epoch;
the regression's ridge acts on latents scaled to a largest activation of one; and it is solved by Newton's method.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from absorption.measures.absorption import MainLatents
from absorption.measures.active import ActiveLatents
from absorption.measures.judged import Counts
from absorption.measures.sparse_probes import fit_sparse_probes

VERSION = "0.6.0"
RISE, MOST = 0.03, 10


def saebench_main_latents(
    z_train: ActiveLatents,
    train: Bool[Tensor, "train label"],
    z_test: ActiveLatents,
    test: Bool[Tensor, "test label"],
    generator: torch.Generator,
) -> MainLatents:
    """What SAEBench 0.6.0 would call each label's main latents; its F1 is that on the test words.

    >>> import torch
    >>> labels = torch.tensor([[True, False], [False, True]]).repeat(20, 1)
    >>> z = ActiveLatents.of(labels.flip(1).float())
    >>> saebench_main_latents(z, labels, z, labels, torch.Generator().manual_seed(0)).n.tolist()
    [1, 1]
    """
    k_max, n = min(MOST, z_train.width), train.shape[1]
    ranked = l1_weights(z_train, train, generator).topk(k_max, dim=1).indices
    f1 = torch.full((k_max, n), torch.nan, dtype=z_train.dtype)
    best, rising = torch.full((n,), -torch.inf), torch.arange(n)
    for k in range(1, k_max + 1):
        probes = fit_sparse_probes(z_train, train, ranked[rising, :k], (k,), which=rising)
        f1[k - 1, rising] = Counts.of(probes.scores(z_test, k) > 0, test[:, rising]).f1.to(f1)
        rising = rising[f1[k - 1, rising] > best[rising] + RISE]
        best[rising] = f1[k - 1, rising]
        if len(rising) == 0:
            break
    return MainLatents(z_train.width, ranked, f1, torch.ones(n, dtype=torch.int64), RISE).with_rise(RISE)


def l1_weights(
    z: ActiveLatents,
    labels: Bool[Tensor, "word label"],
    generator: torch.Generator,
    penalty: float = 0.01,
    epochs: int = 50,
    batch: int = 4096,
    rate: float = 0.01,
    last_rate: float = 1e-5,
    decay: float = 1e-6,
) -> Float[Tensor, "label d_sae"]:
    """Weights of SAEBench's L1 probe, by hand-made gradients of z's active entries.

    >>> import torch
    >>> labels = torch.tensor([[True], [False]]).repeat(20, 1)
    >>> l1_weights(ActiveLatents.of(labels.float()), labels, torch.Generator().manual_seed(0)).shape
    torch.Size([1, 1])
    """
    n = labels.shape[1]
    positive = (len(labels) - labels.sum(0)) / labels.sum(0).clamp(min=1)
    bound = 1 / math.sqrt(z.width)  # torch's initial weights of a linear map
    start = torch.rand(z.width + 1, n, generator=generator, dtype=z.dtype) * 2 * bound - bound
    weight, bias = start[:-1].clone(), start[-1].clone()
    moving, fall = (_Moving.of(weight, decay), _Moving.of(bias, decay)), (last_rate / rate) ** (1 / epochs)
    dealt = torch.randperm(len(z), generator=generator).split(batch)
    batches = [(z.rows(rows), labels[rows]) for rows in dealt]
    for _ in range(epochs):
        for number in torch.randperm(len(batches), generator=generator).tolist():
            part, y = batches[number]
            p = (part @ weight).add_(bias).sigmoid_()
            slope = torch.where(y, positive * (p - 1), p).div_(y.numel())
            moving[0].step((part.by_latent @ slope).add_(weight.sign(), alpha=penalty / n), rate)
            moving[1].step(slope.sum(0), rate)
        rate *= fall
    return weight.T.contiguous()


@dataclass
class _Moving:
    """`torch.optim.Adam` at its own settings, operation by operation, without its bookkeeping: a third of the time of such small steps."""

    value: Tensor
    mean: Tensor
    square: Tensor
    decay: float
    steps: int = 0

    @classmethod
    def of(cls, value: Tensor, decay: float) -> "_Moving":
        return cls(value, torch.zeros_like(value), torch.zeros_like(value), decay)

    def step(self, gradient: Tensor, rate: float) -> None:
        """Move the value, in place; the gradient is used up."""
        self.steps += 1
        gradient.add_(self.value, alpha=self.decay)
        self.mean.lerp_(gradient, 1 - 0.9)
        self.square.mul_(0.999).addcmul_(gradient, gradient, value=1 - 0.999)
        size = rate / (1 - 0.9**self.steps)
        below = (self.square.sqrt() / (1 - 0.999**self.steps) ** 0.5).add_(1e-8)
        self.value.addcdiv_(self.mean, below, value=-size)
