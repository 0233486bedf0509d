"""SAEs asked why their letters' latents are silent on absorbed words, beside nulls; from the cache where that was done before."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from absorption.experiments.bank.table import Table
from absorption.experiments.bank.wanted import Wanted, WordsIn
from absorption.experiments.controls import with_l0
from absorption.experiments.leaning import alike, elsewhere, sized
from absorption.experiments.silence import Readers, Some, apart, spelled, unit
from absorption.runtime.cache import cached
from absorption.runtime.parallel import in_parallel


def why_silent(r: Readers, frequency: Float[Tensor, " word"], seed: int = 0) -> dict[str, Tensor]:
    """Everything about one SAE: columns `[pair]`, one for each absorbed word, and numbers about the SAE.

    `recall`: of the letter's latent, on training words. Cosines of the encoder row: with u (`silence`) of the `absorber`, and of the latents
    of `leaning`: `sized`, `alike`, `elsewhere` (how far off these are: `off_…`); `readers`, those of other letters' rows with the absorber's u; with the
    absorber's row, the letter alone taken out: of the `encoder` and of the `decoder` row; with what is the `word`'s own (less its letter's mean and
    the probe's direction), and the same of its `twin`, a word of the letter on which the latent fires, nearest in the component along the
    probe and in frequency.
    `short`: what the pre-activation lacks of the threshold. What is added to it by a change: `exception`, the encoder has nothing along
    u; `without_sized`, nothing along that of `sized`; `as_alike`, `as_elsewhere`, as much less along u as it has along theirs; `random`,
    as much along a random direction; `readout`, the word has as much of what the latent reads and writes as the letter's words on which it fires
    have on average, `letter`, as much along the probe; `threshold`, it is zero.
    Numbers: `judged` (pairs), `absorbers` (a letter), `precise` and `lowered` (`starting`), and what the SAE has learned.

    >>> from absorption.experiments.silence import a_small_sae
    >>> by, stack = a_small_sae()
    >>> found = why_silent(Readers.of(stack, by), torch.ones(600) / 600)
    >>> found["short"].shape == found["exception"].shape, bool((found["short"] >= 0).all())
    (True, True)

    Args:
        r: The SAE on one split. frequency: of the words. seed: of the random directions.
    """
    pairs = r.absorbed
    absorber, label = r.carrier[pairs], r.label[pairs]
    nulls = {each.__name__: each(r, pairs, absorber) for each in (sized, alike, elsewhere)}
    u, *others = (r.specific(pairs, latents) for latents in (absorber, *(n.latent for n in nulls.values())))
    u_sized, u_alike, u_elsewhere = others
    plain = unit(apart(r.unit[absorber], r.probe[label]))
    e, x = r.encoder[label], r.x[r.word[pairs]]
    along, lacks = (x * u).sum(1), r.fired_mean[label] - x
    drawn = unit(torch.randn(u.shape, generator=torch.Generator().manual_seed(seed)))
    p, rest = r.own(pairs)
    of_letter = (e * p).sum(1) * (lacks * p).sum(1)
    columns = {
        "letter_of": label, "recall": r.recall[label], "absorber": r.reads(pairs, u),
        "readers": _others_read(r, pairs, u), "encoder": r.reads(pairs, plain),
        "decoder": (r.unit[r.best[label]] * plain).sum(1), "short": r.threshold - r.pre[pairs],
        "exception": -r.part(pairs, u), "without_sized": -r.part(pairs, u_sized),
        "as_alike": -(e * u_alike).sum(1) * along, "as_elsewhere": -(e * u_elsewhere).sum(1) * along,
        "random": (e * u).sum(1).abs() * (drawn * x).sum(1),
        "readout": of_letter + (e * rest).sum(1) * (lacks * rest).sum(1), "letter": of_letter,
        "threshold": torch.full_like(along, r.threshold),
    }  # fmt: skip
    for name, u_other in zip(nulls, others, strict=True):
        columns |= {name: r.reads(pairs, u_other), f"off_{name}": nulls[name].off}
    columns |= _words(r, pairs, frequency)
    numbers = r.learned | {"judged": len(r.word)} | starting(r, pairs, absorber)
    return columns | {name: torch.tensor(float(value)) for name, value in numbers.items()}


def _others_read(r: Readers, pairs: Some, u: Float[Tensor, "some d_in"]) -> Float[Tensor, " some"]:
    """The mean over the other letters that are rated."""
    reads, count = unit(r.encoder[r.by.rated]) @ u.T, int(r.by.rated.sum())
    return (reads.sum(0) - r.reads(pairs, u)) / max(count - 1, 1)


def _words(r: Readers, pairs: Some, frequency: Float[Tensor, " word"]) -> dict[str, Float[Tensor, " pair"]]:
    counts = r.label.bincount(minlength=len(r.best)).clamp(min=1)[:, None]
    mean = torch.zeros_like(r.probe).index_add(0, r.label, r.x[r.word]) / counts

    def read(at: Some) -> Float[Tensor, " pair"]:
        p, _ = r.own(at)
        return r.reads(at, unit(apart(r.x[r.word[at]] - mean[r.label[at]], p)))

    return {"word": read(pairs), "twin": read(twins(r, pairs, frequency))}


def twins(r: Readers, pairs: Some, frequency: Float[Tensor, " word"]) -> Some:
    """For each a pair of the same letter on which the latent fires, nearest in the component along the probe and in
    the frequency's logarithm, both in standard deviations.

    >>> from absorption.experiments.silence import a_small_sae
    >>> by, stack = a_small_sae()
    >>> r = Readers.of(stack, by)
    >>> bool(r.fires[twins(r, r.absorbed, torch.ones(600))].all())
    True
    """
    along = (r.x[r.word] * r.probe[r.label]).sum(1)
    at = torch.stack([along, frequency[r.word].clamp(min=1e-9).log()])
    at = at / at.std(1, keepdim=True).clamp(min=1e-9)
    far = (at[:, pairs, None] - at[:, None]).square().sum(0)
    may = r.fires & (r.label[pairs][:, None] == r.label)
    return far.masked_fill(~may, torch.inf).argmin(1)


def starting(r: Readers, pairs: Some, absorber: Some) -> dict[str, float]:
    """All exceptions of a letter taken out at once: of all held-out words that start to fire the share that has the letter (`precise`); the same with
    a threshold so low that as many absorbed words fire (`lowered`); and `absorbers` a letter. Not a number where nothing starts to fire.

    >>> from absorption.experiments.silence import a_small_sae
    >>> by, stack = a_small_sae()
    >>> r = Readers.of(stack, by)
    >>> starting(r, r.absorbed[:0], r.carrier[:0])
    {'absorbers': nan, 'precise': nan, 'lowered': nan}
    """
    held = r.by.split.held_out
    x, starts, n_absorbers = r.x[held], {"precise": [0, 0], "lowered": [0, 0]}, []
    for letter in r.label[pairs].unique().tolist():
        these = r.label[pairs] == letter
        latents = absorber[these].unique()
        n_absorbers.append(len(latents))
        q = torch.linalg.qr(r.specific(pairs[these][:1].expand(len(latents)), latents).T).Q
        e, at = r.encoder[letter], torch.isin(held, r.word[pairs[these]])
        before = x @ e + r.bias[letter]
        after = before - (x @ q) @ (e @ q)
        fires = int((after[at] > r.threshold).sum())
        if not fires:
            continue
        low = before[at].sort(descending=True).values[fires - 1]
        for name, now in (("precise", after > r.threshold), ("lowered", before >= low)):
            new = now & (before <= r.threshold)
            starts[name][0] += int(new.sum())
            starts[name][1] += int((new & r.by.labels[held, letter]).sum())
    found = {"absorbers": sum(n_absorbers) / len(n_absorbers) if n_absorbers else float("nan")}
    return found | {name: own / n if n else float("nan") for name, (n, own) in starts.items()}


def readers_of(wanted: Wanted, l0: float, split: int) -> Readers:
    """The SAE with the threshold at which `l0` latents fire on an average word, on one split.

    >>> from unittest.mock import patch
    >>> from absorption.experiments.bank.fitting import Fit, Schedule
    >>> from absorption.experiments.silence import a_small_sae
    >>> by, stack = a_small_sae()
    >>> one = Wanted(WordsIn("SmolLM2-135M-Instruct", 4), "plain", Fit(stack.recipe, 12, 0, Schedule(64)))
    >>> with patch.object(Wanted, "get", lambda of: (stack, None)), patch(f"{__name__}.spelled", lambda *of: by):
    ...     readers_of(one, l0=2.0, split=0).learned["l0"].__round__()  # no model
    2

    Raises:
        ValueError: an L0 that cannot be reached, by `with_l0`.
    """
    assert isinstance(wanted.source, WordsIn)
    by = spelled(wanted.source, split)
    return Readers.of(with_l0(wanted.get()[0], Table(by.x), l0), by)


def asked(wanted: Sequence[Wanted], l0: float, splits: Sequence[int]) -> list[list[dict[str, Tensor]]]:
    """`why_silent` of each SAE on each split; on as many cores as there are.

    >>> asked([], l0=16, splits=(0, 1))
    []

    Raises:
        ValueError: an L0 that cannot be reached, by `with_l0`.
    """
    for source in dict.fromkeys(each.source for each in wanted):
        source.read()  # by one thread: what it imports cannot be imported by two at once
    jobs = [(each, split) for each in wanted for split in splits]
    found = in_parallel(lambda job: _kept(*job, l0), jobs)
    return [found[at : at + len(splits)] for at in range(0, len(jobs), max(len(splits), 1))]


def _kept(wanted: Wanted, split: int, l0: float) -> dict[str, Tensor]:
    assert isinstance(wanted.source, WordsIn)
    frequency = wanted.source.read().p
    sae = wanted.fit.at(wanted.source.table.fingerprint()).name
    return cached(
        "silence",
        lambda: why_silent(readers_of(wanted, l0, split), frequency, seed=split),
        made_by=__name__,
        parameters={"sae": sae, "split": split, "l0": l0},
        packages=("torch", "numpy"),
    )


def shown(r: Readers, least_recall: float = 0.8) -> tuple[int, dict[str, Tensor]]:
    """A letter to show, and its words: of those whose latent fires on so many of their training words (or of the one that does on most) the
    letter with most absorbed words; of each word `along`, what its latent reads along the latent that carries most of the letter besides,
    `rest`, what it reads of all else less the threshold, and whether it is `absorbed`.

    >>> from absorption.experiments.silence import a_small_sae
    >>> by, stack = a_small_sae()
    >>> letter, words = shown(Readers.of(stack, by))
    >>> words["rest"].shape == words["along"].shape == words["absorbed"].shape
    True
    """
    n_absorbed = r.label[r.judged.full].bincount(minlength=len(r.best))
    recall = torch.where(r.by.rated, r.recall, -1.0)
    may = recall >= min(least_recall, float(recall.max()))
    letter = int(torch.where(may, n_absorbed, -1).argmax())
    pairs = (r.label == letter).nonzero()[:, 0]
    along = r.part(pairs, r.specific(pairs, r.carrier[pairs]))
    rest = r.pre[pairs] - r.threshold - along
    return letter, {"along": along, "rest": rest, "absorbed": r.judged.full[pairs]}
