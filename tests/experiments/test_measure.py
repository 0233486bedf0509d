"""Measuring an SAE, in a world whose truth is known: what is absorbed is found exactly, and what is not is not."""

import itertools
from dataclasses import replace

import pytest
import torch
from absorbing_world import LABELS_OF as LABELS
from absorbing_world import N_LABELS, N_WORDS, X, sae
from absorbing_world import SPECIALS as SPECIAL
from hypothesis import given, settings
from hypothesis import strategies as st

from absorption.experiments.measure import Report, measure_activations, one_split
from absorption.experiments.measure.encoded import encoded
from absorption.experiments.measure.errors import CannotMeasureError
from absorption.experiments.measure.one_split import split_of
from absorption.saes.exchange.dictionary import Dictionary

WORDS = [f"w{i}" for i in range(N_WORDS)]


@pytest.fixture(autouse=True, scope="module")
def own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ABSORPTION_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def measured(absorbing: int, labels: torch.Tensor = LABELS, **options) -> Report:
    return measure_activations(sae(absorbing), X, WORDS, labels, **{"splits": 2, "null": N_LABELS, **options})


@pytest.fixture(scope="module")
def absorbing() -> Report:
    return measured(3)


def specials(seed: int, label: int) -> float:
    """The share of a label's held-out words that are special ones."""
    rows = split_of(torch.nn.functional.one_hot(LABELS, N_LABELS) > 0, seed).held_out
    return float(SPECIAL[rows][LABELS[rows] == label].float().mean())


def test_what_is_absorbed_is_found_exactly(absorbing):
    for label, each in enumerate(absorbing.labels):
        expected = sum(specials(seed, label) for seed in (0, 1)) / 2 if label < 3 else 0.0
        for rate in ("silent", "full", "fraction"):
            assert each.metrics[rate].label.value == pytest.approx(expected, abs=1e-5)
        assert each.metrics["probe_f1"].label.value == pytest.approx(1.0, abs=0.01)
        assert [main.latent for main in each.main] == [label]
        assert [one.latent for one in each.absorbers] == ([N_LABELS + label] if label < 3 else [])
    assert absorbing.overall["full"].label.low > 0


def test_an_sae_that_absorbs_nothing_is_given_nothing():
    report = measured(0)
    for each in report.labels:
        assert [each.metrics[rate].label.value for rate in ("silent", "full", "fraction")] == [0.0, 0.0, 0.0]
    assert report.overall["full"].label.n == N_LABELS and not report.overall["full"].label.high


def test_every_number_stands_beside_its_nulls(absorbing):
    for each in absorbing.labels:
        for beside in each.metrics.values():
            assert beside.free.value is not None and 0 < beside.free.n <= 2
        full = each.metrics["full"]
        assert full.matched.n == 2 and full.difference.value == pytest.approx(
            full.label.value - full.matched.value, abs=2e-6
        )
    assert absorbing.on.half_spaces == N_LABELS


def test_matched_half_spaces_are_served_as_their_labels_are(absorbing):
    for each in absorbing.labels:
        best = each.metrics["best_f1"]
        assert (
            abs(best.matched.value - best.label.value) < 0.06
        )  # on held-out words; on training words within .02


def test_the_report_survives_json(absorbing):
    assert Report.from_json(absorbing.to_json()) == absorbing


def test_the_words_are_those_that_the_rates_count(absorbing):
    for each in absorbing.labels:
        own = [word for word in absorbing.words if word.label == each.label]
        assert len(own) == each.judged == each.metrics["full"].label.n
        share = [sum(w.full for w in own if w.split == s) / sum(w.split == s for w in own) for s in (1, 2)]
        assert sum(share) / 2 == pytest.approx(each.metrics["full"].label.value, abs=1e-6)
        assert all(SPECIAL[int(word.word[1:])] for word in own if word.full)


@pytest.mark.parametrize("order", [(1, 0, 3, 2), (3, 2, 1, 0)])
def test_the_order_of_labels_moves_no_number_of_theirs(absorbing, order):
    """Half-spaces are drawn anew, and the numbers of the labels stay."""
    names = [str(label) for label in order]
    table = torch.nn.functional.one_hot(LABELS, N_LABELS)[:, list(order)] > 0
    by_name = {each.label: each for each in measured(3, table, label_names=names).labels}
    for label, each in enumerate(absorbing.labels):
        other = by_name[str(label)]
        # The split deals the words label by label, so other words are held out; absorbed are the special ones all the same.
        assert {main.latent for main in other.main} == {main.latent for main in each.main}
        assert {one.latent for one in other.absorbers} == {one.latent for one in each.absorbers}
        assert (other.words, other.judged) == (each.words, each.judged)


def test_a_table_of_labels_is_the_same_as_an_index(absorbing):
    table = torch.nn.functional.one_hot(LABELS, N_LABELS) > 0
    assert measured(3, table) == absorbing


def test_several_labels_a_word_are_measured_as_each_alone(absorbing):
    """A hierarchy: first letters, and `early` for the first two of them."""
    table = torch.cat([torch.nn.functional.one_hot(LABELS, N_LABELS) > 0, (LABELS < 2)[:, None]], 1)
    report = measured(3, table, label_names=["0", "1", "2", "3", "early"])
    assert [each.not_available for each in report.labels] == [None] * 5
    assert [each.metrics["full"].label.value > 0 for each in report.labels[:4]] == [True, True, True, False]
    early = report.labels[4]
    assert early.words == N_WORDS // 2 and {main.latent for main in early.main} >= {0, 1}


def test_a_label_with_too_few_words_is_not_available(absorbing):
    table = torch.zeros(N_WORDS, 2, dtype=torch.bool)
    table[:, 0] = LABELS == 0
    table[:20, 1] = True
    few = measured(3, table, label_names=["zero", "few"]).labels[1]
    assert few.not_available == "20 words have it, 50 are asked for" and not few.metrics


def test_a_label_whose_probe_fails_is_not_available():
    noise = torch.rand(N_WORDS, generator=torch.Generator().manual_seed(5)) < 0.1
    table = torch.stack([LABELS == 0, noise], 1)
    report = measured(3, table, label_names=["zero", "noise"], splits=1)
    noisy = report.labels[1]
    assert noisy.not_available is not None and "its probe fails" in noisy.not_available
    assert set(noisy.metrics) == {"probe_f1"} and not noisy.absorbers
    assert report.overall["full"].label.n == 1
    assert "noise" not in {word.label for word in report.words}


def never(*_):
    raise AssertionError("computed again")


def test_finished_splits_are_kept_when_it_is_stopped(absorbing, monkeypatch):
    """Stopped in the third split; the next call computes that one only."""

    def stop(steps, description):
        if description == "split 3 of 3":
            raise KeyboardInterrupt
        return steps

    with pytest.raises(KeyboardInterrupt):
        measured(3, splits=3, progress=stop)
    began = []
    run = one_split._Stages.run
    monkeypatch.setattr(one_split._Stages, "run", lambda self, *rest: began.append(1) or run(self, *rest))
    report = measured(3, splits=3)
    assert len(began) == 1 and report.on.splits == 3
    monkeypatch.setattr(one_split._Stages, "run", never)
    assert measured(3, splits=3) == report


def test_another_sae_is_another_entry(absorbing, monkeypatch):
    monkeypatch.setattr(one_split._Stages, "run", never)
    with pytest.raises(AssertionError, match="computed again"):
        measured(2)


WRONG_FRAME = replace(sae(), name="shifted", encode=lambda x: (x - 0.9).relu())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((sae(), X[:, :30], WORDS, LABELS), "takes activations of width 48, and these have 30"),
        ((WRONG_FRAME, X, WORDS, LABELS), "shifted explains .* less than half"),
        ((sae(), X, WORDS[:5], LABELS), "have 2400, 5 and 2400 rows"),
        ((sae(), X, WORDS, LABELS, ["one"]), "4 labels 1 names"),
        ((sae(), X, WORDS, torch.zeros(N_WORDS, dtype=torch.int64)), "no label has enough words"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(arguments, words):
    with pytest.raises(CannotMeasureError, match=words):
        measure_activations(*arguments)


def test_what_is_no_number_is_refused():
    broken = replace(sae(), decode=lambda z: z * torch.nan)
    with pytest.raises(CannotMeasureError, match="explains nan"):
        encoded(broken, X)


@given(st.floats(-2, 2), st.booleans())
@settings(max_examples=10)
def test_latents_write_what_the_sae_gives_out_less_its_rest(offset, of_each):
    """A constant output without latents, or one of each input: what latents have to write is the input less that."""
    rest = X[:, :1].expand(-1, 48) * offset if of_each else torch.full((N_WORDS, 48), offset)
    kept = {}

    def encode(x):
        kept["rest"] = rest[:1] if not of_each else x[:, :1].expand(-1, 48) * offset
        return (x - kept["rest"]).relu()

    whole = torch.eye(48)
    both = Dictionary("rest", "standard", encode, lambda z: z + kept["rest"], whole)
    found = encoded(both, X[:500]) if _explains(offset, of_each) else None
    if found is not None:
        torch.testing.assert_close(
            found.written, X[:500] - rest[:500], atol=3e-3, rtol=1e-5
        )  # less than 1e-3 of the spread counts as constant


def _explains(offset: float, of_each: bool) -> bool:
    x = X[:500]
    rest = x[:, :1] * offset if of_each else offset
    lost = (x - ((x - rest).relu() + rest)).square().sum()
    return float(lost / (x - x.mean(0)).square().sum()) < 0.45


def test_progress_goes_through_every_step(absorbing):
    seen = []

    def note(steps, description):
        seen.append(description)
        return steps

    measured(1, splits=1, progress=note)
    assert [name for name, _ in itertools.groupby(seen)] == ["encoding", "split 1 of 1"]
