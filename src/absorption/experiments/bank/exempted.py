"""SAEs of the bank asked why their letters' latents are silent on absorbed words, beside nulls; from the cache where that was done before."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from absorption.experiments.bank.silence import Readers, Some, apart, unit
from absorption.experiments.bank.table import Table
from absorption.experiments.bank.wanted import Wanted, WordsIn
from absorption.experiments.bank.yardstick import yardstick
from absorption.experiments.controls import with_l0
from absorption.runtime.cache import cached
from absorption.runtime.parallel import in_parallel


def why_silent(readers: Readers, frequency: Float[Tensor, " word"], seed: int = 0) -> dict[str, float]:
    """Everything about one SAE, pooled over its absorbed words; nan where it has none.

    `absorbed`: share of the words judged, `n`: how many. Cosines of the encoder row with u (`bank.silence`): `absorber`,
    `other` (the active latent that the word has most of, but the absorber and main ones), `readers` (other letters' rows with the same u),
    `companion` (on a matched word on which the latent fires, the latent that would be its absorber). `encoder`, `decoder`: the rows' cosines
    with the absorber's, of which the letter alone is taken out. Shares of the words that fire again if u is taken out of
    the encoder: `restored`, `restored_other`; `restored_random` (a random direction, as much), `restored_all` (the u of all
    active latents), `restored_word` (what the word has that its letter's words have not on average, the letter taken out), with `word`,
    `twin`, the cosines with that, of matched words too. `planted`: share of the matched words that fire without their companion's u.
    Of what the pre-activation lacks, compared with the letter's words on which it fires: `part_probe`, `part_own` (along the rest of
    the latent's own decoder row), `part_absorber`, `part_other`. `below_zero`: pre-activations that no threshold would let pass.
    `absorbers`: how many a letter has. Their u taken out at once, letter by letter: `restored_letter`; `precise`: of all held-out words that start to fire the share
    that has the letter, and `lowered`: the same, with a threshold so low that as many absorbed words fire.

    >>> from absorption.experiments.bank.silence import a_small_sae
    >>> by, stack = a_small_sae()
    >>> found = why_silent(Readers.of(stack, by), torch.ones(600) / 600)
    >>> 0 <= found["absorbed"] <= 1, 0 <= found["restored"] <= 1
    (True, True)

    Args:
        readers: The SAE on one split. frequency: of the words. seed: of the random directions.
    """
    r, pairs = readers, readers.absorbed
    found = r.learned | {"n": float(len(pairs)), "absorbed": len(pairs) / len(r.word)}
    if len(pairs) == 0:
        return found | dict.fromkeys(NAMES, float("nan"))
    absorber, twins = r.judged.latent[pairs], r.twins(pairs, frequency)
    other, companion = r.others(pairs, absorber), r.carriers(twins)
    u, u_other, u_twin = r.specific(pairs, absorber), r.specific(pairs, other), r.specific(twins, companion)
    p, _ = r.own(pairs)
    plain = unit(apart(r.unit[absorber], p))
    tensors = {
        "absorber": r.reads(pairs, u), "other": r.reads(pairs, u_other), "readers": _others_read(r, pairs, u),
        "companion": r.reads(twins, u_twin), "encoder": r.reads(pairs, plain),
        "decoder": (r.unit[r.best[r.label[pairs]]] * plain).sum(1),
        "restored": r.without(pairs, u), "restored_other": r.without(pairs, u_other),
        "restored_random": _random(r, pairs, u, seed), "restored_all": _without_all(r, pairs),
        "planted": r.without(twins, u_twin), "below_zero": r.pre[pairs] <= 0,
    }  # fmt: skip
    found |= {name: float(values.double().mean()) for name, values in tensors.items()}
    return found | _words(r, pairs, twins) | _parts(r, pairs, u, u_other) | _by_letter(r, pairs, absorber)


def _others_read(r: Readers, pairs: Some, u: Float[Tensor, "some d_in"]) -> Float[Tensor, " some"]:
    """The mean over the other letters that are rated."""
    reads, count = unit(r.encoder[r.by.rated]) @ u.T, int(r.by.rated.sum())
    return (reads.sum(0) - r.reads(pairs, u)) / max(count - 1, 1)


def _random(r: Readers, pairs: Some, u: Float[Tensor, "some d_in"], seed: int) -> Bool[Tensor, " some"]:
    """Whether they fire if as much is added along a random direction as is taken out along u."""
    drawn = unit(torch.randn(u.shape, generator=torch.Generator().manual_seed(seed)))
    size = (r.encoder[r.label[pairs]] * u).sum(1).abs()
    return r.pre[pairs] + size * (drawn * r.x[r.word[pairs]]).sum(1) > r.threshold


def _without_all(r: Readers, pairs: Some) -> Bool[Tensor, " some"]:
    found = []
    for pair in pairs.tolist():
        row = r.z[r.word[pair]] * ~r.main[r.label[pair]]
        active = row.nonzero()[:, 0]
        q = torch.linalg.qr(r.specific(torch.full_like(active, pair), active).T).Q
        e, x = r.encoder[r.label[pair]], r.x[r.word[pair]]
        found.append(bool(r.pre[pair] - (e @ q) @ (x @ q) > r.threshold))
    return torch.tensor(found)


def _words(r: Readers, pairs: Some, twins: Some) -> dict[str, float]:
    """By what is the word's own: it, less its letter's mean, the probe's direction taken out."""
    counts = r.label.bincount(minlength=len(r.best)).clamp(min=1)[:, None]
    mean = torch.zeros_like(r.probe).index_add(0, r.label, r.x[r.word]) / counts

    def own(at: Some) -> Float[Tensor, "some d_in"]:
        p, _ = r.own(at)
        return unit(apart(r.x[r.word[at]] - mean[r.label[at]], p))

    s = own(pairs)
    e, away = r.encoder[r.label[pairs]], r.x[r.word[pairs]] - mean[r.label[pairs]]
    fires = r.pre[pairs] - (e * s).sum(1) * (away * s).sum(1) > r.threshold
    cosines = (r.reads(pairs, s), r.reads(twins, own(twins)), fires.double())
    return dict(zip(("word", "twin", "restored_word"), (float(c.mean()) for c in cosines), strict=True))


def _parts(
    r: Readers, pairs: Some, u: Float[Tensor, "some d_in"], other: Float[Tensor, "some d_in"]
) -> dict[str, float]:
    """Shares of the sum of what the pre-activations lack."""
    fired, label = r.fires, r.label
    counts = label[fired].bincount(minlength=len(r.best)).clamp(min=1)[:, None]
    mean = torch.zeros_like(r.probe).index_add(0, label[fired], r.x[r.word[fired]]) / counts
    e, lacks = r.encoder[label[pairs]], mean[label[pairs]] - r.x[r.word[pairs]]
    p, rest = r.own(pairs)
    parts = {"part_probe": p, "part_own": rest, "part_absorber": u, "part_other": other}
    total = (e * lacks).sum()
    return {name: float(((e * q).sum(1) * (lacks * q).sum(1)).sum() / total) for name, q in parts.items()}


def _by_letter(r: Readers, pairs: Some, absorber: Some) -> dict[str, float]:
    held = r.by.split.held_out
    x, again, starts = r.x[held], 0, {"precise": [0, 0], "lowered": [0, 0]}
    for letter in r.label[pairs].unique().tolist():
        these = r.label[pairs] == letter
        latents = absorber[these].unique()
        q = torch.linalg.qr(r.specific(pairs[these][:1].expand(len(latents)), latents).T).Q
        e, at = r.encoder[letter], torch.isin(held, r.word[pairs[these]])
        before = x @ e + r.bias[letter]
        after = before - (x @ q) @ (e @ q)
        fires = int((after[at] > r.threshold).sum())
        again += fires
        if not fires:
            continue
        low = before[at].sort(descending=True).values[fires - 1]
        for name, now in (("precise", after > r.threshold), ("lowered", before >= low)):
            new = now & (before <= r.threshold)
            starts[name][0] += int(new.sum())
            starts[name][1] += int((new & r.by.labels[held, letter]).sum())
    precise = {name: own / n if n else float("nan") for name, (n, own) in starts.items()}
    n_letters = len(r.label[pairs].unique())
    n_absorbers = len(torch.stack([r.label[pairs], absorber]).unique(dim=1)[0])
    return {"restored_letter": again / len(pairs), "absorbers": n_absorbers / n_letters} | precise


NAMES = (
    "absorber", "other", "readers", "companion", "encoder", "decoder", "restored", "restored_other", "restored_random", "restored_all",
    "planted", "below_zero", "word", "twin", "restored_word", "part_probe", "part_own", "part_absorber", "part_other",
    "restored_letter", "absorbers", "precise", "lowered",
)  # fmt: skip


def readers_of(wanted: Wanted, l0: float, split: int) -> Readers:
    """The SAE with the threshold at which `l0` latents fire on an average word, on one split.

    >>> from unittest.mock import patch
    >>> from absorption.experiments.bank.fitting import Fit, Schedule
    >>> from absorption.experiments.bank.silence import a_small_sae
    >>> by, stack = a_small_sae()
    >>> one = Wanted(WordsIn("SmolLM2-135M-Instruct", 4), "plain", Fit(stack.recipe, 12, 0, Schedule(64)))
    >>> with patch.object(Wanted, "get", lambda of: (stack, None)), patch(f"{__name__}.yardstick", lambda *of: by):
    ...     readers_of(one, l0=2.0, split=0).learned["l0"].__round__()  # no model
    2
    """
    assert isinstance(wanted.source, WordsIn)
    by = yardstick(wanted.source, split)
    return Readers.of(with_l0(wanted.get()[0], Table(by.x), l0), by)


def silences(wanted: Sequence[Wanted], l0: float, splits: Sequence[int]) -> list[dict[str, float]]:
    """`why_silent` of each SAE, the mean over splits; on as many cores as there are.

    >>> silences([], l0=16, splits=(0, 1))
    []

    Raises:
        ValueError: an L0 that cannot be reached, by `with_l0`.
    """
    for source in dict.fromkeys(each.source for each in wanted):
        source.read()  # by one thread: what it imports cannot be imported by two at once
    jobs = [(each, split) for each in wanted for split in splits]
    found = in_parallel(lambda job: _kept(*job, l0), jobs)
    parts = [found[at : at + len(splits)] for at in range(0, len(jobs), len(splits))]
    return [
        {name: float(torch.stack([one[name] for one in part]).double().nanmean()) for name in part[0]}
        for part in parts
    ]


def _kept(wanted: Wanted, split: int, l0: float) -> dict[str, Tensor]:
    assert isinstance(wanted.source, WordsIn)
    frequency = wanted.source.read().p
    sae = wanted.fit.at(wanted.source.table.fingerprint()).name

    def compute() -> dict[str, Tensor]:
        found = why_silent(readers_of(wanted, l0, split), frequency, seed=split)
        return {name: torch.tensor(value) for name, value in found.items()}

    parameters = {"sae": sae, "split": split, "l0": l0}
    return cached("silence", compute, made_by=__name__, parameters=parameters, packages=("torch", "numpy"))
