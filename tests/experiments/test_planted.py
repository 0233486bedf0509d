"""Absorption that is put into an SAE by hand is there, is found by the measure, and is all that changed."""

import pytest
import torch
from absorbing_world import LABELS_OF as LABELS
from absorbing_world import N_LABELS, N_WORDS, X, sae

from absorption.experiments.measure import Report, measure_activations
from absorption.experiments.planted import with_planted
from absorption.saes.exchange.dictionary import Dictionary

WORDS = [f"w{i}" for i in range(N_WORDS)]
PLANTED = (torch.arange(N_WORDS) // N_LABELS % 4 == 1).nonzero()[:, 0]
"""A quarter of the words of each label, and none of the special ones, whose own latent would become a main one."""


@pytest.fixture(autouse=True, scope="module")
def own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ABSORPTION_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def planted(share: float = 1.0, silence: bool = True) -> Dictionary:
    """On planted words the label's latent is silent, and a share of the label is written by a latent of the word."""
    own = torch.nn.functional.one_hot(LABELS[PLANTED], X.shape[1])
    silenced = (own > 0) & torch.tensor(silence)
    return with_planted(sae(), X, PLANTED, share * own.float(), silenced)


def found(dictionary: Dictionary) -> Report:
    return measure_activations(dictionary, X, WORDS, LABELS, splits=1, null=N_LABELS)


def called(report: Report, of_planted: bool) -> set[bool]:
    words = {WORDS[i] for i in PLANTED.tolist()}
    return {each.full for each in report.words if (each.word in words) == of_planted}


def test_what_is_planted_is_found_and_nothing_else_is():
    report = found(planted())
    assert called(report, of_planted=True) == {True} and called(report, of_planted=False) == {False}
    assert {w.latent - X.shape[1] for w in report.words if w.full} <= set(range(len(PLANTED)))


def test_nothing_is_called_absorbed_where_the_latent_still_fires_or_nobody_takes_over():
    assert called(found(planted(silence=False)), of_planted=True) == {False}
    assert called(found(planted(share=0.2)), of_planted=True) == {False}


def test_only_planted_words_are_encoded_otherwise_and_what_is_written_is_what_was_given():
    before, after = sae(), planted()
    z = after.encode(X)
    rest = torch.ones(N_WORDS, dtype=torch.bool).index_fill(0, PLANTED, False)
    assert torch.equal(z[rest, : before.d_sae], before.encode(X)[rest]) and not z[rest, before.d_sae :].any()
    assert torch.equal(z[PLANTED, before.d_sae :], torch.eye(len(PLANTED)))
    assert after.d_sae == before.d_sae + len(PLANTED) == len(after.W_dec)
    # A label's component of its words is one, so the textbook case reconstructs what the SAE did.
    torch.testing.assert_close(after.reconstruct(X), before.reconstruct(X))
    half = planted(share=0.5)
    written = before.reconstruct(X) - half.reconstruct(X)
    torch.testing.assert_close(written[PLANTED, LABELS[PLANTED]], torch.full((len(PLANTED),), 0.5))
