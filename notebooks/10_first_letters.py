# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Do latents classify first letters as well as probes?
#
# :::{claim}
# :::
#
# ```{picture} headline
# :alt: F1 on held-out words for each letter, the probe high almost everywhere and the best latent far below, for SAEs trained on words and on text.
# How well each letter's best {term}`latent <latent>` tells the words that begin with it, beside a {term}`probe <probe>`, a linear
# classifier trained on labelled words ({term}`F1 <F1>`: 1 is perfect). Averaged over letters it is {glue:text}`best_words:.2f` against
# {glue:text}`probe_f1:.2f` in the SAEs trained on single words, at the sparsity that suits them best. Bars: range over
# {glue:text}`n_seeds:d` seeds.
# ```
#
# ```{predicates}
# ```
#
# ## The idea
#
# *Snake*, *sun* and *short* start with S. A language model never sees letters, only numbers of tokens, and yet it can spell:
# somewhere in the {term}`activation <activation>` that stands for *snake* there is "starts with S". A linear
# {term}`probe <probe>`, one direction and one threshold fitted to labelled words, finds it.
#
# A sparse autoencoder ({term}`SAE <SAE>`) is meant to find such properties without labels: one {term}`latent <latent>` for
# each. Suppose that most of the words on which some latent fires start with S. Is this latent then a detector of S? That also
# depends on the words on which it does *not* fire, which nobody reads. If *snake* has a latent of its own, the S latent may
# stay silent on it ({term}`absorption <absorption>`). So here every latent is scored as a classifier, like the probe, on words
# that neither of the two was chosen on.

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Imports"}
from dataclasses import asdict

import numpy as np
import pandas as pd
import torch
from IPython.display import display
from myst_nb import glue
from torch.nn.functional import cosine_similarity

from absorption.claims import Claim, Evidence, Finding, Outcome, Predicate, Quotation, conclude
from absorption.claims.verdict import judge
from absorption.experiments.bank import Schedule, encode_rows, trained
from absorption.experiments.controls import untrained, with_directions
from absorption.experiments.nulls import permuted
from absorption.experiments.words import read_text, read_words
from absorption.figures import theme
from absorption.figures.present import present
from absorption.measures.classification import (
    best_cuts,
    best_latents,
    best_thresholds,
    classify_pairs,
    one_hot,
    roc_auc,
)
from absorption.measures.intervals import crossed_interval
from absorption.measures.probes import fit_probe
from absorption.measures.reconstruction import fit_of
from absorption.measures.sparse_probes import count_splits, fit_sparse_probes, rank_latents
from absorption.measures.splits import split_places, split_words
from absorption.publish.notebook import glue_record
from absorption.runtime.parallel import in_parallel
from absorption.runtime.paths import pick_device
from absorption.saes import BatchTopK, Recipe
from absorption.worlds.language import load
from absorption.worlds.text import LETTERS, commonest, speeches, vocabulary_words, word_places

theme.use()

# %% tags=["parameters", "hide-input"] mystnb={"code_prompt_show": "Parameters"}
model_name = "SmolLM2-135M-Instruct"  # a packaged model, or owner/model of the Hugging Face hub
revision = None  # full commit hash of a hub model
layer = 4  # the residual stream is read after this many blocks
words_per_letter = None  # of every letter its so many most frequent words; None: all
d_sae = 1024  # latents an SAE
ks = (4, 8, 16)  # active latents an input in training (mean over a batch)
n_seeds = 5  # SAEs for each k and each kind of training data, each with its own split of the words
samples = 400_000  # activations that each SAE is trained on
batch_size = 1024  # activations a step
lr = 5e-3  # peak learning rate (Adam)
n_text_tokens = 120_000  # tokens of running text, drawn from the speeches
context_length = 127  # tokens a context
k_sparse = (1, 2, 3, 4, 5, 10, 15)  # latents that a k-sparse probe may read
profile = "laptop"
device = "auto"

# %% tags=["claim", "hide-input"] mystnb={"code_prompt_show": "The claim, its predicates and their bounds"}
TIER = "language model"
CLAIM = Claim(
    id="10_first_letters",
    title="Do latents classify first letters as well as probes?",
    sentence="SAE latents that look like classifiers of a word's first letter are far worse classifiers than linear probes.",
    quotations=(
        Quotation(
            "SAE latents can appear to classify some feature of the input, but actually turn out to be quite "
            "unreliable classifiers (much worse than linear probes).",
            "chanin2024summary",
            "TLDR",
        ),
    ),
    predicates=(
        Predicate(
            "far_worse_words",
            "SAEs trained on single words: the probe's F1 is higher by more than 0.2, at the sparsity that suits the latents best",
            evidence="gap_words", above=0.2, tier=TIER, essential=True,
            because="“much worse”: who relies on the latent gets every fifth word wrong that the probe gets right",
        ),
        Predicate(
            "far_worse_text", "SAEs trained on running text: the same",
            evidence="gap_text", above=0.2, tier=TIER, essential=True,
            because="this is how SAEs are trained in practice",
        ),
        Predicate(
            "far_worse_in_text", "the same SAEs, on words where they stand in a text",
            evidence="gap_in_text", above=0.2, tier=TIER,
            because="a word read alone is not what these SAEs were trained on",
        ),
        Predicate(
            "looks_like", "where the best latent fires, its letter is more than 5 times as frequent as in the vocabulary",
            evidence="lift_words", above=5.0, tier=TIER,
            because="“can appear to classify”: whoever reads where it fires sees its letter again and again",
        ),
        Predicate(
            "misses", "the best latent misses more than a quarter of the words that the probe finds",
            evidence="missed_words", above=0.25, tier=TIER,
            because="“unreliable”: it is silence that nobody sees, and it should be more than an exception",
        ),
        Predicate(
            "explains", "the SAEs explain more than 45% of the variance of the judged words (worst of the three tests)",
            evidence="explained_judged", above=0.45, tier=TIER, role="gate",
            because="what an SAE leaves out it cannot have a latent for",
        ),
        Predicate(
            "alive", "fewer than 10% of the latents never fire (worse of the two kinds of SAEs)",
            evidence="dead", below=0.1, tier=TIER, role="gate",
            because="dead latents are a smaller SAE than the one that is named",
        ),
        Predicate(
            "stands_for", "the best latents' F1 is above 0.4 (worst of the three tests)",
            evidence="best_f1", above=0.4, tier=TIER, role="gate",
            because="below that there is hardly a latent for a letter that could be called its classifier",
        ),
        Predicate(
            "shuffled", "with the letters dealt out anew the probe's F1 is below 0.15",
            evidence="shuffled_probe_f1", below=0.15, tier=TIER, role="null",
            because="saying yes to all words of the most frequent letter gives no more",
        ),
        Predicate(
            "shuffled_latents", "and so is the best latents'",
            evidence="shuffled_latent_f1", below=0.15, tier=TIER, role="null",
            because="the best of a thousand latents and a fitted threshold could flatter the latents",
        ),
        Predicate(
            "oracle", "in an SAE that holds the probes' own directions the best latents lose less than 0.01",
            evidence="oracle_gap", above=-0.01, below=0.01, tier=TIER, role="control",
            because="a classifier that is there must be found",
        ),
        Predicate(
            "untrained", "the best latents of SAEs before training have an F1 below 0.2",
            evidence="untrained_f1", below=0.2, tier=TIER, role="control",
            because="as far below the trained ones as these are to be below the probe",
        ),
    ),
    findings=(
        Finding("F1 of the probes, on single words", "probe_f1", TIER),
        Finding("F1 of the best latents, SAEs trained on words", "best_words", TIER),
        Finding("F1 of the best latents, SAEs trained on text, words alone", "best_text", TIER),
        Finding("F1 of the best latents, SAEs trained on text, words in text", "best_in_text", TIER),
        Finding("ROC AUC: the probe less the best latent, trained on words", "gap_auc", TIER),
        Finding("F1: the probe less as many latents together as were tried", "gap_many", TIER),
        Finding("F1 of the same probe on the SAE's reconstructions", "rebuilt_f1", TIER),
        Finding("cosine of the best latent with the probe", "cosine_words", TIER),
        Finding("F1 of the best latents after a quarter of the training, at the middle k", "quarter_f1", TIER),
        Finding("explained variance of what the SAEs were trained on (the worst SAE of each seed)", "explained", TIER),
    ),
)  # fmt: skip
SEEDS = range(n_seeds)

# %% [markdown]
# ## The world
#
# SmolLM2 {cite}`allal2025smollm2` reads text as tokens, and {glue:text}`n_words:,` of its 49,152 tokens are a space followed by
# a whole English word or a piece of one, at least three letters long. Each is read alone. What is kept is the
# {term}`residual stream <residual stream>` after block {glue:text}`layer:d`, the vector of {glue:text}`d_model:d` numbers that
# one part of the model hands to the next. The label is the first letter.
#
# Words enter the training of SAEs in two ways: as **single words**, drawn as often as they are met in English
# {cite}`speer2022wordfreq`, and as **running text**, every token of the State of the Union addresses 1790–2026. The second is
# how SAEs are trained in practice; those SAEs are tested twice, on words read alone and on words where they stand **in text**.

# %%
device = pick_device(device)
model = load(model_name, layer=layer, revision=revision, device=device)
vocabulary = commonest(vocabulary_words(model.vocabulary()), words_per_letter)
generator = torch.Generator().manual_seed(0)
text = read_text(model, speeches(), n_text_tokens, context_length, generator)
read = read_words(model, vocabulary)
words, letters = read.words.words, read.words.letters
tables = {"words": read.table, "text": text.table}

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Checks, words in text, splits"}
del model  # the blocks have done their work
assert len(letters.unique()) == 26, "every letter has words"
assert letters.bincount().min() >= 10, "and none has next to none"


def drawn(seed):
    return torch.Generator().manual_seed(seed)


# Words in text: the first three places of each, for letters with at least 25 different words there.
place, word = word_places(text.tokens, vocabulary.token_ids)
order = word.argsort(stable=True)
place, word = place[order], word[order]
common = (vocabulary.letters[word.unique()].bincount(minlength=26) >= 25).nonzero()[:, 0]
relabel = torch.full((26,), -1).index_copy_(0, common, torch.arange(len(common)))
there = relabel[vocabulary.letters[word]] >= 0
place, word = place[there], word[there]
place_letters = relabel[vocabulary.letters[word]]

# What SAEs are tested on: activations, letters, and one split of the words a seed, a fifth of each letter held out.
by_word = [split_words(letters, drawn(seed)) for seed in SEEDS]
tests = {
    "words": (read.x, letters, by_word),
    "text": (text.frame(read.raw), letters, by_word),
    "in_text": (
        text.x[place],
        place_letters,
        [split_places(word, place_letters, drawn(seed)) for seed in SEEDS],
    ),
}
one = tests["in_text"][2][0]
assert not set(word[one.train].tolist()) & set(word[one.held_out].tolist()), "no word is on both sides"

# %% [markdown]
# ## The experiment
#
# {term}`F1 <F1>` is the harmonic mean of precision (how many of the words picked do begin with the letter) and recall (how
# many of the letter's words are picked). The yardstick is a logistic {term}`probe <probe>` a letter. Latents get every fair
# chance: the best one for a letter is chosen by its F1 on training words, and so is the cut above which it counts as firing, as
# for the probe. Every number comes from held-out words.


# %%
def scored(scores, y, split):
    """Quality on held-out words of each letter's classifier, cut on training words."""
    held_out = y[split.held_out]
    picks = scores[split.held_out] > best_cuts(scores[split.train], y[split.train])
    quality = classify_pairs(picks, held_out)
    auc = roc_auc(scores[split.held_out], held_out, scores.shape[1]).diagonal()
    return asdict(quality) | {"auc": auc, "picks": picks}


def probed(test):
    """Each seed's probes, fitted on its training words, and their quality."""
    x, y, splits = tests[test]
    n = int(y.max()) + 1

    def fitted(split):
        return fit_probe(x[split.train], y[split.train], n_letters=n)

    found = in_parallel(fitted, splits, device)
    pairs = zip(found, splits, strict=True)
    return found, [scored(probe.scores(x), y, split) for probe, split in pairs]


# %%
probes, probe_quality = {}, {}
for test in ("words", "in_text"):
    probes[test], probe_quality[test] = probed(test)
# The same words, shifted and scaled.
probes["text"], probe_quality["text"] = probes["words"], probe_quality["words"]

# %% [markdown]
# The SAEs are {term}`BatchTopK <BatchTopK>` ones {cite}`bussmann2024batchtopk` with {glue:text}`d_sae:d` latents, of which the
# $k$ largest an input are kept, on average over a batch; one for every $k$, seed and kind of data, trained on
# {glue:text}`samples:,` activations. Seeds differ in initial weights, in the order of the data and in the split of the words.


# %%
def fitted(job):
    source, k, seed, n_samples = job
    return trained(
        tables[source], Recipe(activation=BatchTopK(k=k)), d_sae, seed,
        Schedule(n_samples, batch_size, lr),
        device=device, description=f"{source}, k = {k}, seed {seed}",
    )  # fmt: skip


middle = ks[len(ks) // 2]
grid = [(source, k, seed) for source in tables for k in ks for seed in SEEDS]
jobs = [(*cell, samples) for cell in grid]
jobs += [("words", middle, seed, samples // 4) for seed in SEEDS]
fits_of = in_parallel(fitted, jobs, device)
saes, quarter_saes = dict(zip(grid, fits_of, strict=False)), fits_of[len(grid) :]

# %% [markdown]
# Each SAE is examined in the same way: every latent is scored as a classifier of every letter at once, the best one is chosen
# and cut on the training words, and judged on the held-out ones.


# %%
def examine(stack, test, seed, labels=None, z=None):
    """The best latent for each letter, and what the SAE makes of the held-out words."""
    x, y, splits = tests[test]
    z = encode_rows(stack, 0, x) if z is None else z
    dictionary, b_dec = stack.dictionary[0], stack.b_dec[0]
    y, split, probe = y if labels is None else labels, splits[seed], probes[test][seed]
    cuts = best_thresholds(z[split.train], y[split.train], n_letters=len(probe.bias))
    best = best_latents(cuts.f1)
    found = scored(z[:, best], y, split)
    # Of the held-out words that the probe finds, the share that the latent does not.
    finds = one_hot(y[split.held_out], len(best)).bool()
    finds &= probe_quality[test][seed]["picks"]
    missed = (finds & ~found.pop("picks")).sum(0) / finds.sum(0).clamp(min=1)
    # The same probe on the SAE's reconstruction: is the letter still there at all?
    scores = z @ (dictionary @ probe.weight.T) + probe.scores(b_dec[None])
    held = fit_of(x[split.held_out], z[split.held_out], dictionary, b_dec)
    return found | {
        "best": best,
        "missed": missed,
        "cosine": cosine_similarity(dictionary[best], probe.weight, dim=1),
        "rebuilt_f1": scored(scores, y, split)["f1"],
        "l0": (z > 0).sum(1).float().mean(),
        "explained": held.explained,
    }


# %% tags=["hide-input"] mystnb={"code_prompt_show": "Every SAE examined"}
def measured(task):
    """Everything about one SAE, by test and name."""
    source, _, seed = task
    stack, found = saes[task], {}
    if source == "words":
        x, p = read.x, read.p
        z = encode_rows(stack, 0, x)
        found["words"] = examine(stack, "words", seed, z=z)
    else:
        found |= {test: examine(stack, test, seed) for test in ("text", "in_text")}
        x, p = text.x[torch.randperm(len(text.x), generator=drawn(0))[:20_000]], None
        z = encode_rows(stack, 0, x)
    return found | {"fit": asdict(fit_of(x, z, stack.dictionary[0], stack.b_dec[0], p))}


def gathered(source, part):
    """One part of the measurements as arrays [k seed …]."""
    rows = [[looks[source, k, seed][part] for seed in SEEDS] for k in ks]
    return {
        name: np.stack([[np.asarray(found[name]) for found in row] for row in rows]) for name in rows[0][0]
    }


looks = dict(zip(grid, in_parallel(measured, grid, device), strict=True))
source_of = {"words": "words", "text": "text", "in_text": "text"}
results = {test: gathered(source, test) for test, source in source_of.items()}
fits = {source: gathered(source, "fit") for source in tables}
quarter_f1 = np.stack(
    in_parallel(lambda seed: examine(quarter_saes[seed], "words", seed)["f1"].numpy(), SEEDS, device)
)
probe_f1 = {test: np.array([q["f1"].tolist() for q in probe_quality[test]]) for test in tests}
gaps = {test: probe_f1[test] - results[test]["f1"] for test in tests}  # [k seed letter]
# The k that suits the latents best, which favours them.
kindest = {test: int(gap.mean((1, 2)).argmin()) for test, gap in gaps.items()}

# %% tags=["hide-input"] mystnb={"code_prompt_show": "The figure at the top"}
order = np.argsort(-letters.bincount().numpy())
fig, panels = theme.figure(height=4.4, nrows=2, sharex=True, sharey=True)
for panel, test, where in zip(panels, ("words", "text"), ("single words", "running text"), strict=True):
    at = kindest[test]
    drawn_here = (
        (probe_f1[test], "linear probe", theme.COLORS["reference"], "D"),
        (results[test]["f1"][at], "best latent", theme.COLORS["child"], "o"),
    )
    for values, label, color, marker in drawn_here:
        center, low, high = values.mean(0)[order], values.min(0)[order], values.max(0)[order]
        panel.errorbar(
            range(26), center, [center - low, high - center], fmt=marker, ms=4, lw=0.8, color=color, label=label
        )  # fmt: skip
    below = int((results[test]["f1"][at].mean(0) < probe_f1[test].mean(0)).sum())
    panel.set(
        ylim=(-0.02, 1.05),
        ylabel="F1, held-out words",
        title=f"Trained on {where}: best latent below the probe for {below} of 26 letters",
    )
    panel.grid(axis="y")
panels[1].set_xticks(range(26), [LETTERS[i].upper() for i in order])
panels[1].set_xlabel("first letter, from the most to the least frequent in the vocabulary")
fig.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=8)
present(
    "headline",
    fig,
    alt="F1 on held-out words for each letter: the probe high almost everywhere, the best latent far below.",
)

# %% [markdown]
# ## What was found
#
# Where the best latent of a letter fires, the letter is {glue:text}`lift_words:.0f` times as frequent as in the vocabulary
# ({glue:text}`lift_words_low:.0f` to {glue:text}`lift_words_high:.0f`; rare letters, of which a few words are a large multiple,
# can weigh much in this mean), and its decoder direction has a cosine of {glue:text}`cosine_words:.2f` with the probe's. Who reads
# where it fires sees the letter far too often for chance. But of the words that the probe finds it misses
# {glue:text}`missed_percent:.0f`%. The gap to the probe is {glue:text}`gap_words:.2f` in F1 with SAEs trained on words
# ({glue:text}`gap_words_low:.2f` to {glue:text}`gap_words_high:.2f`), {glue:text}`gap_text:.2f` with SAEs trained on text, and
# {glue:text}`gap_in_text:.2f` for these on words in text.
#
# These are the words that begin with S, most frequent first, that the most faithful S latent of all misses and the probe finds
# ({glue:text}`s_missed:d` of {glue:text}`s_words:d` held out; the latent is number {glue:text}`s_latent:d`, its cosine with the
# probe {glue:text}`s_cosine:.2f`). Beside each stands the latent that fires most in its place, named by the three words
# that weigh most in it.

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Table: words that the S latent misses"}
s_letter, at = LETTERS.index("s"), kindest["words"]
seed = int(results["words"]["f1"][at][:, s_letter].argmax())
stack, (x, y, splits) = saes["words", ks[at], seed], tests["words"]
split, probe, z = splits[seed], probes["words"][seed], encode_rows(stack, 0, x)
s_latent = int(results["words"]["best"][at, seed, s_letter])
s_cut = best_cuts(probe.scores(x[split.train]), y[split.train])[s_letter]
held = torch.isin(torch.arange(len(y)), split.held_out) & (y == s_letter)
is_missed = held & (probe.scores(x)[:, s_letter] > s_cut) & (z[:, s_latent] == 0)
cosines = cosine_similarity(stack.dictionary[0], probe.weight[s_letter], dim=1)


def described(latent):
    """A latent by the three words that it weighs most, frequent words first among strong ones."""
    top = (z[:, latent] * read.p.sqrt()).topk(3).indices.tolist()
    return f"{latent}: {', '.join(words[i] for i in top)}"


rows = is_missed.nonzero()[:, 0]
rows = rows[read.p[rows].argsort(descending=True)][:12].tolist()
loudest = {row: int(z[row].argmax()) for row in rows}
display(
    pd.DataFrame(
        {
            "latent that fires most": [described(loudest[row]) for row in rows],
            "its cosine with the S probe": [f"{float(cosines[loudest[row]]):+.2f}" for row in rows],
        },
        index=pd.Index([words[row] for row in rows], name="missed word"),
    )
)

# %% [markdown]
# Is the letter lost, or spread out? A $k$-sparse probe may read several latents, those that an L1-penalised probe on all latents
# ranks first {cite}`chanin2024absorption`. If one latent stood for a letter, a second would add nothing.
#
# ```{picture} several
# :alt: Mean F1 against the number of latents read, rising slowly and staying below the probe on the activations and the probe on the reconstructions.
# Reading {glue:text}`most_latents:d` latents together gives {glue:text}`many_f1:.2f` in the SAEs trained on words. The same linear
# probe on the SAE's reconstruction gives {glue:text}`rebuilt_f1:.2f`. Bands: range over seeds.
# ```
#
# By the paper's rule, which stops where another latent adds less than 0.03, a letter is {term}`split <splitting>` over
# {glue:text}`splits:.1f` latents on average. The probe on the reconstruction, which sees what all latents together write, does not
# come near the probe on the activations either: much of the letter is in no latent, and these SAEs do leave out much of the
# judged words. It does little better than {glue:text}`most_latents:d` latents ({glue:text}`rebuilt_f1_low:.2f` to
# {glue:text}`rebuilt_f1_high:.2f`, against {glue:text}`many_f1_low:.2f` to {glue:text}`many_f1_high:.2f`), so that it stays open how
# much of the rest is spread over latents that stand for something else, such as a single word.


# %% tags=["hide-input"] mystnb={"code_prompt_show": "Figure: several latents"}
def k_sparse_f1(task):
    """F1 on held-out words of probes that read 1, 2, … latents of one SAE: [latents letter]."""
    test, seed = task
    x, y, splits = tests[test]
    z = encode_rows(saes[source_of[test], ks[kindest[test]], seed], 0, x)
    train, n_letters = splits[seed].train, len(probes[test][seed].bias)
    ranked = rank_latents(z[train], y[train], max(k_sparse), n_letters)
    sparse = fit_sparse_probes(z[train], y[train], ranked, k_sparse)
    return np.stack([scored(sparse.scores(z, k), y, splits[seed])["f1"].numpy() for k in k_sparse])


sparse_f1 = {test: np.stack(in_parallel(k_sparse_f1, [(test, s) for s in SEEDS], device)) for test in tests}
shown = {"words": "words", "text": "text; words alone", "in_text": "text; words in text"}
fig, panels = theme.figure(height=3.3, ncols=3, sharey=True)
for panel, test in zip(panels, tests, strict=True):
    curves = sparse_f1[test].mean(2)  # [seed k]
    panel.fill_between(k_sparse, curves.min(0), curves.max(0), color=theme.COLORS["light"], alpha=0.35, lw=0)
    panel.plot(k_sparse, curves.mean(0), "s-", ms=4, color=theme.COLORS["light"], label="several latents")
    lines = (
        (results[test]["f1"][kindest[test]], "child", ":", "best latent"),
        (results[test]["rebuilt_f1"][kindest[test]], "good", "--", "probe on reconstructions"),
        (probe_f1[test], "reference", "-", "probe"),
    )
    for values, role, style, label in lines:
        panel.axhline(values.mean(), color=theme.COLORS[role], ls=style, label=label)
    panel.set(title=f"Trained on {shown[test]}", xlabel="latents read", ylim=(0, 1))
    panel.set_xticks([k for k in (1, 5, 10, 15) if k <= max(k_sparse)])
    panel.grid(axis="y")
    panel.title.set_fontsize(9)
panels[0].set_ylabel("mean F1 on held-out words")
fig.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=8)
present(
    "several",
    fig,
    alt="Mean F1 against the number of latents read, rising slowly and staying below the probe.",
)

# %% [markdown]
# ## The null and the controls
#
# - **Letters dealt out anew** among the words: probe and latents must both fail (F1 {glue:text}`shuffled_probe_f1:.2f` and
#   {glue:text}`shuffled_latent_f1:.2f`). Choosing the best of {glue:text}`d_sae:d` latents and a threshold could flatter the
#   latents; it does not.
# - **{term}`Oracle <oracle>`.** A trained SAE in which 26 latents are replaced by the probe's own directions loses nothing.
# - **Untrained.** Random latents, just as sparse, reach {glue:text}`untrained_f1:.2f`.
# - **Had they learned?** Not enough. Of the variance of what they were trained on, where frequent words count most, the SAEs explain
#   at least {glue:text}`explained:.2f`; of the words that are judged here, where each counts once, only
#   {glue:text}`explained_judged:.2f`; and {glue:text}`dead:.0%` of the latents never fire (in the worse of the two
#   kinds). In training {glue:text}`top_percent:.0f`% of the draws are the thousand most frequent words. A quarter of the training gives a mean F1 of
#   {glue:text}`quarter_f1:.2f` at $k$ = {glue:text}`middle:d`, all of it {glue:text}`full_f1:.2f`: it was still rising.


# %% tags=["hide-input"] mystnb={"code_prompt_show": "Controls"}
k_kindest = ks[kindest["words"]]


def control(seed):
    """F1 of the oracle's and the untrained SAE's best latents; of latents and probe with the letters dealt out anew."""
    x, _, splits = tests["words"]
    train, probe, stack = splits[seed].train, probes["words"][seed], saes["words", k_kindest, seed]
    dealt = permuted(letters, drawn(1000 + seed))
    blind = fit_probe(x[train], dealt[train])
    blank = untrained(read.table, Recipe(activation=BatchTopK(k=k_kindest)), d_sae, seed)
    # The probe's directions, raised so that all that matters is positive.
    known = with_directions(stack, probe.weight, probe.bias / probe.weight.norm(dim=1) + 1.0)
    judged = ((known, None), (blank, None), (stack, dealt))
    found = [examine(sae, "words", seed, labels)["f1"].numpy() for sae, labels in judged]
    return [*found, scored(blind.scores(x), dealt, splits[seed])["f1"].numpy()]


by_control = zip(*in_parallel(control, SEEDS, device), strict=True)
oracle_f1, untrained_f1, shuffled_latent_f1, shuffled_probe_f1 = map(np.stack, by_control)


# %% tags=["nbval-check-output", "hide-cell"]
def crossed(name, values, note=""):
    """Mean over [seed letter]; its interval resamples both, since both could have been others."""
    values = np.asarray(values, dtype=float)
    return Evidence(name, float(values.mean()), *crossed_interval(values), n=len(values), note=note)


def worst(name, source_or_test, pick):
    """Of each seed the worst SAE among those that are judged: [seed]."""
    return pick([part[name][at].reshape(n_seeds, -1).mean(1) for part, at in source_or_test], axis=0)


share = (letters.bincount() / len(letters)).numpy()
k_words, k_text, k_in_text = (kindest[test] for test in tests)
of_words, of_tests = results["words"], [(results[test], kindest[test]) for test in tests]
auc = np.stack([q["auc"].numpy() for q in probe_quality["words"]])
everywhere = np.concatenate([fit["explained"] for fit in fits.values()])
evidence = [
    crossed("gap_words", gaps["words"][k_words], f"k = {ks[k_words]}"),
    crossed("gap_text", gaps["text"][k_text], f"k = {ks[k_text]}"),
    crossed("gap_in_text", gaps["in_text"][k_in_text], f"k = {ks[k_in_text]}"),
    crossed("lift_words", of_words["precision"][k_words] / share, "precision over the letter's share"),
    crossed("missed_words", of_words["missed"][k_words], "of held-out words that the probe finds"),
    crossed("gap_many", probe_f1["words"] - sparse_f1["words"][:, -1], f"{k_sparse[-1]} latents"),
    crossed("gap_auc", auc - of_words["auc"][k_words]),
    crossed("probe_f1", probe_f1["words"]),
    crossed("best_words", of_words["f1"][k_words]),
    crossed("best_text", results["text"]["f1"][k_text]),
    crossed("best_in_text", results["in_text"]["f1"][k_in_text]),
    crossed("many_f1", sparse_f1["words"][:, -1]),
    crossed("rebuilt_f1", of_words["rebuilt_f1"][k_words]),
    crossed("cosine_words", of_words["cosine"][k_words]),
    crossed("quarter_f1", quarter_f1),
    crossed("oracle_gap", probe_f1["words"] - oracle_f1),
    crossed("untrained_f1", untrained_f1),
    crossed("shuffled_probe_f1", shuffled_probe_f1),
    crossed("shuffled_latent_f1", shuffled_latent_f1),
    Evidence.of_samples("explained_judged", worst("explained", of_tests, np.min), possible=(-np.inf, 1)),
    Evidence.of_samples(
        "dead", worst("dead", [(fits["words"], k_words), (fits["text"], k_text)], np.max), possible=(0, 1)
    ),
    Evidence.of_samples("best_f1", worst("f1", of_tests, np.min), possible=(0, 1)),
    Evidence.of_samples("explained", everywhere.min(0), possible=(-np.inf, 1)),
]
by_name = {one.name: one for one in evidence}
gates = [p for p in CLAIM.predicates if p.role == "gate"]
learned = all(judge(p, by_name[p.evidence]) is Outcome.HOLDS for p in gates)
compared = "a letter's best latent reaches an F1 of {best_words:.2f}, the probe {probe_f1:.2f}"
if learned:
    found = f"On words that neither has seen, {compared} (1 is perfect)."
else:
    found = (
        "These SAEs explain only {explained_judged:.0%} of the variance of the words on which they are judged, too "
        f"little to decide. As they are, {compared}."
    )
record = conclude(
    CLAIM,
    evidence,
    found=found,
    headline="gap_words",
    seeds=SEEDS,
    parameters=dict(
        model_name=model_name, revision=revision, layer=layer, words_per_letter=words_per_letter, d_sae=d_sae,
        ks=ks, samples=samples, batch_size=batch_size, lr=lr, n_text_tokens=n_text_tokens,
        context_length=context_length, k_sparse=k_sparse,
    ),
    profile=profile,
    device=device,
)  # fmt: skip
print(record)

# %% tags=["remove-cell"]
glue_record(record)
consecutive = [i for i, k in enumerate(k_sparse) if list(k_sparse[: i + 1]) == list(range(1, k + 1))]
splits_of = [
    [count_splits(list(of_letter[consecutive])) for of_letter in of_seed.T] for of_seed in sparse_f1["words"]
]
for name, value in (
    ("layer", layer),
    ("n_seeds", n_seeds),
    ("d_model", read.x.shape[1]),
    ("n_words", len(vocabulary)),
    ("n_sinks", int((~read.kept).sum())),
    ("sink_percent", 100 * float((~text.kept).float().mean())),
    ("top_percent", 100 * float(read.p.sort(descending=True).values[:1000].sum())),
    ("rarest", int(letters.bincount().min())),
    ("n_types", len(word.unique())),
    ("n_places", len(word)),
    ("n_letters_in_text", len(common)),
    ("d_sae", d_sae),
    ("samples", samples),
    ("most_latents", k_sparse[-1]),
    ("s_latent", s_latent),
    ("s_words", int(held.sum())),
    ("s_missed", int(is_missed.sum())),
    ("s_cosine", float(cosines[s_latent])),
    ("missed_percent", 100 * record["missed_words"].value),
    ("middle", middle),
    ("full_f1", float(of_words["f1"][ks.index(middle)].mean())),
    ("splits", float(np.mean(splits_of))),
):
    glue(name, value, display=False)

# %% [markdown]
# ## What this does not show
#
# - **That finished SAEs are like these.** They are small, they saw the rarer words hardly ever, and more training does help the
#   latents. The large run (`make book PROFILE=gpu`) repeats the page with wider SAEs and far more training.
# - **That the letters are absorbed.** A silent latent may be absorbed by another, or the letter may never have had a latent of
#   its own. Telling these apart needs [the absorption metrics, and interventions on the model](11_absorbing_latents.ipynb).
# - **Anything about rare letters by themselves.** The rarest has {glue:text}`rarest:d` words, and its held-out F1
#   rests on a handful of them.
# - **That a letter is something SAEs ought to find.** It is a property with known labels, which is why it was chosen.
#
# ## Details
#
# A transformer parks unused attention on a few positions, whose vectors are up to ten times longer than all others; positions
# longer than 2.5 times the median are left out ({glue:text}`n_sinks:d` words, and {glue:text}`sink_percent:.1f`% of the running
# text). Then the mean is subtracted and everything divided by one number, so that the mean length is 1. No angle between
# directions changes. In text, {glue:text}`n_types:,` words stand at {glue:text}`n_places:,` places, at most three places a word,
# for the {glue:text}`n_letters_in_text:d` letters with at least 25 different words there. A first version of this page trained
# half as long again; less was chosen for speed. The predicates on what an SAE explains on the judged
# words came later, too, and the verdict follows them.
#
# All SAEs, averaged over letters and seeds ({term}`L0 <L0>` on the words: active latents a word; explained: on the held-out
# words, each counting once):

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Table: all SAEs"}
columns = {
    "explained": "explained", "L0": "l0", "precision": "precision", "recall": "recall", "F1": "f1", "AUC": "auc",
}  # fmt: skip
table = [
    {"trained on": shown[test], "k": str(k)}
    | {name: f"{results[test][key][i].mean():.2f}" for name, key in columns.items()}
    for test in tests
    for i, k in enumerate(ks)
]
table += [
    {"trained on": f"probe; words {'in text' if test == 'in_text' else 'alone'}", "k": ""}
    | dict.fromkeys(("explained", "L0"), "")
    | {
        name: f"{np.mean([np.mean(q[key].numpy()) for q in probe_quality[test]]):.2f}"
        for name, key in list(columns.items())[2:]
    }
    for test in ("words", "in_text")
]
display(pd.DataFrame(table).set_index(["trained on", "k"]))
