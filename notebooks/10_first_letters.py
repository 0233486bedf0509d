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
# # First letters in a real language model
#
# **Claim.** Some latents of a sparse autoencoder (SAE) look like classifiers of a word's first letter, but they are
# unreliable ones, far worse than linear probes on the same activations.
#
# **Source.** {cite}`chanin2024summary`, a summary of {cite}`chanin2024absorption`, who tested over 200 SAEs of
# Gemma-2-2B. Here: a smaller model, and SAEs trained on this page.
#
# **Verdict: {glue:text}`verdict`.** On held-out words the probes reach a mean F1 of {glue:text}`probe_f1:.2f`. The best
# latent for each letter reaches {glue:text}`best_words:.2f` in SAEs trained on single words, and
# {glue:text}`best_text:.2f` in SAEs trained on running text. The gap, paired over letters and seeds, is
# {glue:text}`gap_words:.2f` (95% interval {glue:text}`gap_words_low:.2f` to {glue:text}`gap_words_high:.2f`) and
# {glue:text}`gap_text:.2f` ({glue:text}`gap_text_low:.2f` to {glue:text}`gap_text_high:.2f`).

# %%
import hashlib
import inspect
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import torch
from IPython.display import display
from myst_nb import glue

import absorption.saes as saes
from absorption.cache import cached
from absorption.claims import Claim, Evidence, Predicate, conclude
from absorption.measures.classification import best_cuts, best_latents, best_thresholds, classify_pairs, roc_auc
from absorption.measures.intervals import crossed_interval
from absorption.measures.probes import (
    Probe,
    Split,
    count_splits,
    fit_probe,
    fit_sparse_probes,
    rank_latents,
    split_words,
)
from absorption.paths import pick_device
from absorption.publish import theme
from absorption.publish.notebook import glue_record
from absorption.saes import BatchTopK, Recipe, ReLU, SAEStack, fit_batches
from absorption.worlds.language import (
    Normalisation,
    attention_sinks,
    load,
    residual_stream,
    text_contexts,
    word_activations,
)
from absorption.worlds.text import LETTERS, speeches, vocabulary_words, word_frequencies

theme.use()

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
model_name = "SmolLM2-135M-Instruct"  # a packaged model, or owner/model of the Hugging Face hub
revision = None  # full commit hash of a hub model
layer = 4  # the residual stream is read after this many blocks
d_sae = 1024  # latents an SAE
ks = (4, 8, 16)  # active latents an input in training (mean over a batch)
n_seeds = 5  # SAEs for each k and each kind of training data, each with its own split of the words
samples = 600_000  # activations that each SAE is trained on
batch_size = 1024  # activations a step
lr = 5e-3  # peak learning rate (Adam)
n_text_tokens = 120_000  # tokens of running text, drawn from the speeches
context_length = 127  # tokens a context
k_sparse = (1, 2, 3, 4, 5, 10, 15)  # latents that a k-sparse probe may read
profile = "laptop"
device = "auto"

# %% [markdown]
# ## What would have to be seen
#
# *F1* is the harmonic mean of precision (how many of the words picked do begin with the letter) and recall (how many of
# the letter's words are picked). "Far worse" is taken to mean: the probe's F1, averaged over the 26 letters, is higher by
# at least 0.2, even at the sparsity that suits the latents best. The claim is refuted if the gap is smaller, in SAEs of
# either kind. "Look like classifiers" is taken to mean: the words on which the best latent fires hold at least five times
# more words of its letter than the vocabulary does.
#
# The latents get every fair chance. The best latent of a letter is chosen by its F1 on the training words; so is the
# threshold above which it counts as firing, as for the probe. Every number below comes from held-out words.

# %%
CLAIM = Claim(
    id="10_first_letters",
    title="First letters in a real language model",
    sentence="SAE latents that look like classifiers of a word's first letter are far worse classifiers than linear probes.",
    sources=("chanin2024summary", "chanin2024absorption"),
    predicates=(
        Predicate("far_worse_words", "SAEs trained on words: the probe's F1 is higher by more than 0.2 (smallest gap over k)", evidence="gap_words", above=0.2, tier="language model", essential=True),
        Predicate("far_worse_text", "SAEs trained on running text: the same", evidence="gap_text", above=0.2, tier="language model", essential=True),
        Predicate("far_worse_in_text", "the same, and the words read where they stand in a text", evidence="gap_in_text", above=0.2, tier="language model"),
        Predicate("looks_like", "where the best latent fires, its letter is more than 5 times as frequent as in the vocabulary", evidence="lift_words", above=5.0, tier="language model"),
        Predicate("misses", "the best latent misses more than a quarter of the words that the probe finds", evidence="missed_words", above=0.25, tier="language model"),
        Predicate("fifteen", "fifteen latents together still stay below the probe", evidence="gap_fifteen", above=0.0, tier="language model"),
        Predicate("oracle", "control: in an SAE that contains the probe's directions the best latents lose nothing", evidence="oracle_gap", above=-0.01, below=0.01, tier="language model", control=True),
        Predicate("untrained", "control: the best latents of untrained SAEs fail", evidence="untrained_f1", below=0.2, tier="language model", control=True),
        Predicate("shuffled", "control: with shuffled labels the probe fails", evidence="shuffled_probe_f1", below=0.15, tier="language model", control=True),
        Predicate("shuffled_latents", "control: with shuffled labels the best latents fail", evidence="shuffled_latent_f1", below=0.15, tier="language model", control=True),
        Predicate("trained", "control: every SAE explains more than half of the variance it was trained on", evidence="explained", above=0.5, tier="language model", control=True),
    ),
)  # fmt: skip

# %% [markdown]
# ## The world: words inside a language model
#
# SmolLM2 {cite}`allal2025smollm2` reads text as tokens, and about 30,000 of its 49,152 tokens are a space followed by a
# whole English word or a piece of one, at least three letters long. Each of these words is read alone, and what is kept
# is the *residual stream* after block {glue:text}`layer:d`: the vector of 576 numbers that one part of the model hands to
# the next. The label is the first letter, which the model was never told: it sees token numbers, not letters.
#
# Two things are done to the vectors first. A transformer parks unused attention on a few positions, whose vectors are up to
# ten times longer than all others; positions longer than 2.5 times the median are left out
# ({glue:text}`n_sinks:d` words, and {glue:text}`sink_percent:.1f`% of the running text). Then the mean is subtracted and
# everything divided by one number, so that the mean length is 1. No angle between directions changes.

# %%
device = pick_device(device)
model = load(model_name, layer=layer, revision=revision, device=device)
vocabulary = vocabulary_words(model.vocabulary())
raw_words = word_activations(model, vocabulary.token_ids)
kept = ~attention_sinks(raw_words)
raw_words, letters = raw_words[kept], vocabulary.letters[kept]
words = [word for word, keep in zip(vocabulary.words, kept.tolist(), strict=True) if keep]
frequencies = word_frequencies(words).float()

contexts = text_contexts(model, speeches(), n_text_tokens, context_length, torch.Generator().manual_seed(0))
raw_text = residual_stream(model, contexts).flatten(0, 1)
kept_text = ~attention_sinks(raw_text)
raw_text, text_tokens = raw_text[kept_text], contexts.flatten()[kept_text]

word_frame, text_frame = Normalisation.of(raw_words, frequencies), Normalisation.of(raw_text)
training_data = {"words": word_frame(raw_words), "text": text_frame(raw_text)}
del raw_text

assert len(letters.unique()) == 26, "every letter has words"
assert letters.bincount().min() >= 10, "and none has next to none"
assert abs(float(frequencies @ training_data["words"].norm(dim=1)) - 1) < 1e-3
for name, value in (
    ("layer", layer),
    ("n_words", len(words)),
    ("n_sinks", int((~kept).sum())),
    ("sink_percent", 100 * float((~kept_text).float().mean())),
    ("rarest", int(letters.bincount().min())),
):
    glue(name, value, display=False)

# %% [markdown]
# Words enter the SAE's training in two ways, side by side:
#
# - **words**: single words, drawn as often as they are met in English {cite}`speer2022wordfreq`;
# - **text**: every token of running text, from the State of the Union addresses 1790–2026, words or not.
#
# The second is how SAEs are trained in practice, but there the words come with a context. So SAEs trained on text are
# tested twice: on words read alone, as the others, and on words read **in text**, where they stand in the speeches (at
# most three places a word; letters with at least 25 different words there).

# %%
word_of_token = {int(t): i for i, t in enumerate(vocabulary.token_ids.tolist())}
places: dict[int, list[int]] = {}
for position, token in enumerate(text_tokens.tolist()):
    if token in word_of_token and len(places.setdefault(token, [])) < 3:
        places[token].append(position)
types = sorted(places)
type_letters = vocabulary.letters[[word_of_token[t] for t in types]]
common = (type_letters.bincount(minlength=26) >= 25).nonzero()[:, 0]
relabel = torch.full((26,), -1).index_copy_(0, common, torch.arange(len(common)))
types = [t for t, letter in zip(types, type_letters.tolist(), strict=True) if relabel[letter] >= 0]
type_letters = relabel[vocabulary.letters[[word_of_token[t] for t in types]]]
place_type = torch.tensor([i for i, t in enumerate(types) for _ in places[t]])
place_row = torch.tensor([p for t in types for p in places[t]])

# What SAEs are tested on: activations, letters, and one split of the word types a seed.
tests = {
    "words": (training_data["words"], letters, [split_words(letters, torch.Generator().manual_seed(s)) for s in range(n_seeds)]),
    "text": (text_frame(raw_words), letters, [split_words(letters, torch.Generator().manual_seed(s)) for s in range(n_seeds)]),
}  # fmt: skip
by_type = [split_words(type_letters, torch.Generator().manual_seed(s)) for s in range(n_seeds)]
tests["in_text"] = (
    training_data["text"][place_row],
    type_letters[place_type],
    [Split(*(torch.isin(place_type, part).nonzero()[:, 0] for part in (s.train, s.held_out))) for s in by_type],
)
assert not set(place_type[tests["in_text"][2][0].train].tolist()) & set(
    place_type[tests["in_text"][2][0].held_out].tolist()
), "no word is both in training and held out"
glue("n_types", len(types), display=False)
glue("n_places", len(place_type), display=False)
glue("n_letters_in_text", len(common), display=False)

# %% [markdown]
# ## The yardstick: linear probes
#
# A linear probe for a letter is a direction $w$ and an offset $b$, fitted so that $w \cdot x + b$ is positive where the word
# $x$ begins with the letter (logistic regression, positives and negatives weighing alike). For each seed, 80% of every letter's
# words fit the probes and set the thresholds, and 20% are held out.


# %%
def scored(train, held_out, letters_train, letters_held_out):
    """Quality on held-out words of one classifier a letter, thresholds set on the training words: dict of [letter]."""
    cuts = best_cuts(train, letters_train)
    quality = classify_pairs(held_out > cuts, letters_held_out)
    auc = roc_auc(held_out, letters_held_out, held_out.shape[1]).diagonal()
    return {"precision": quality.precision, "recall": quality.recall, "f1": quality.f1, "auc": auc}


probes: dict[str, list[Probe]] = {}
probe_quality: dict[str, list[dict]] = {}
for test, (x, y, splits) in tests.items():
    if test == "text":  # the same words, merely shifted and scaled
        probes[test], probe_quality[test] = probes["words"], probe_quality["words"]
        continue
    probes[test] = [fit_probe(x[s.train], y[s.train], n_letters=int(y.max()) + 1) for s in splits]
    probe_quality[test] = [
        scored(p.scores(x[s.train]), p.scores(x[s.held_out]), y[s.train], y[s.held_out])
        for p, s in zip(probes[test], splits, strict=True)
    ]

# %% [markdown]
# ## The SAEs
#
# BatchTopK SAEs {cite}`bussmann2024batchtopk` with {glue:text}`d_sae:d` latents keep the $k$ largest activations an input, on
# average over a batch. One SAE for every $k$, seed and kind of data; seeds differ in initial weights, in the order of the data
# and in the split of the words. (The split concerns labels only: the SAEs, which see no labels, are trained on all words.)

# %%
recipe = Recipe(activation=BatchTopK(k=ks[0]))
steps = samples // batch_size


def draw_batches(source, seed, n_steps):
    """Batches of activations of one kind of data: words by frequency, text in passes over all its tokens."""
    generator, data = torch.Generator().manual_seed(seed), training_data[source]
    passes = iter(())
    for _ in range(n_steps):
        if source == "words":
            rows = torch.multinomial(frequencies, batch_size, replacement=True, generator=generator)
        else:
            rows = next(passes, None)
            if rows is None or len(rows) < batch_size:
                passes = iter(torch.randperm(len(data), generator=generator).split(batch_size))
                rows = next(passes)
        yield data[rows]


def train(source, seed, some_ks, n_steps):
    """One SAE for every k, on the same batches."""
    stack = SAEStack(
        recipe, data_width, d_sae, [seed] * len(some_ks), sweep={"k": torch.tensor(some_ks)}, device=device
    )
    fit_batches(
        stack, draw_batches(source, seed, n_steps), steps=n_steps, lr=lr, warmup=0.05, decay=0.3,
        description=f"SAEs on {source}, seed {seed}",
    )  # fmt: skip
    return {name: value.detach().cpu().contiguous() for name, value in stack.state_dict().items()}


def restored(state, some_ks, seed):
    """The stack that `train` left."""
    stack = SAEStack(recipe, data_width, d_sae, [seed] * len(some_ks), sweep={"k": torch.tensor(some_ks)})
    stack.load_state_dict(state)
    return stack.requires_grad_(False)


def fingerprint(tensor):
    return hashlib.sha256(tensor.numpy().tobytes()).hexdigest()


data_width = training_data["words"].shape[1]
made_of = {
    "data": {source: fingerprint(data) for source, data in training_data.items()},
    "frequencies": fingerprint(frequencies),
    "code": [inspect.getsource(draw_batches), inspect.getsource(train), repr(recipe)],
    "numbers": [d_sae, batch_size, lr, device],
}
modules = [getattr(saes, name) for name in ("stack", "recipe", "training", "sparse", "objective", "activations", "penalties")]


def trained(job):
    source, seed, some_ks, n_steps = job
    torch.set_num_threads(1)  # products this small run faster as two jobs of one thread than as one of two
    state = cached(
        f"first-letters-{source}", lambda: train(*job), sources=modules,
        parameters={**made_of, "job": [source, seed, list(some_ks), n_steps]},
    )  # fmt: skip
    return restored(state, some_ks, seed)


middle = ks[len(ks) // 2]
jobs = [(source, seed, ks, steps) for source in training_data for seed in range(n_seeds)]
jobs += [("words", seed, (middle,), steps // 4) for seed in range(n_seeds)]
threads = torch.get_num_threads()
with ThreadPoolExecutor(1 if device == "cuda" else os.cpu_count()) as workers:
    stacks = list(workers.map(trained, jobs))
torch.set_num_threads(threads)
stacks_of = {"words": stacks[:n_seeds], "text": stacks[n_seeds : 2 * n_seeds], "quarter": stacks[2 * n_seeds :]}
glue("d_sae", d_sae, display=False)
glue("samples", samples, display=False)

# %% [markdown]
# Each SAE is then examined in the same way: every latent is scored as a classifier of every letter at once, the best one is
# chosen and cut on the training words, and judged on the held-out ones.


# %%
def latents(stack, i, x):
    """Activations of one SAE of a stack: [batch d_sae]."""
    return stack.select([i]).encode(x)[0]


def examine(stack, i, test, seed, labels=None):
    """The best latent for each letter: its number, its quality on held-out words, its cosine with the probe."""
    x, y, splits = tests[test]
    y, split, probe = y if labels is None else labels, splits[seed], probes[test][seed]
    z = latents(stack, i, x)
    best = best_latents(best_thresholds(z[split.train], y[split.train], n_letters=len(probe.bias)).f1)
    own = z[:, best]
    found = scored(own[split.train], own[split.held_out], y[split.train], y[split.held_out])
    found["firing_f1"] = classify_pairs(own[split.held_out] > 0, y[split.held_out]).f1
    cosine = torch.nn.functional.cosine_similarity(stack.dictionary[i][best], probe.weight, dim=1)
    # The same probe on the SAE's reconstruction: is the letter still there at all?
    rebuilt = probe.scores(z @ stack.dictionary[i] + stack.b_dec[i])
    kept_f1 = scored(rebuilt[split.train], rebuilt[split.held_out], y[split.train], y[split.held_out])["f1"]
    return {**found, "best": best, "cosine": cosine, "rebuilt_f1": kept_f1, "l0_test": (z > 0).sum(1).float().mean()}


def examine_sparsely(stack, i, test, seed):
    """F1 of k-sparse probes on held-out words: [k letter]."""
    x, y, splits = tests[test]
    split, n = splits[seed], len(probes[test][seed].bias)
    z = latents(stack, i, x)
    z_train, z_held_out, y_train, y_held_out = z[split.train], z[split.held_out], y[split.train], y[split.held_out]
    ranked = rank_latents(z_train, y_train, max(k_sparse), n)
    sparse = fit_sparse_probes(z_train, y_train, ranked, k_sparse)
    return torch.stack(
        [scored(sparse.scores(z_train, k), sparse.scores(z_held_out, k), y_train, y_held_out)["f1"] for k in k_sparse]
    )


def fit_of(stack, i, source):
    """Explained variance and L0 on the data that the SAE was trained on, and the share of latents that never fire there."""
    data = training_data[source]
    rows = slice(None) if source == "words" else torch.randperm(len(data), generator=torch.Generator().manual_seed(0))[:20_000]
    x = data[rows]
    p = frequencies if source == "words" else torch.full((len(x),), 1 / len(x))
    z = latents(stack, i, x)
    lost = p @ (x - z @ stack.dictionary[i] - stack.b_dec[i]).square().sum(1)
    spread = p @ (x - p @ x).square().sum(1)
    return {"explained": 1 - lost / spread, "l0": p @ (z > 0).sum(1).float(), "dead": 1 - (z > 0).any(0).float().mean()}


def examined_all():
    """Everything that is measured on the trained SAEs, as arrays [k seed …]."""
    found = {}
    for test in tests:
        source = "words" if test == "words" else "text"
        per_k = [[examine(stacks_of[source][s], i, test, s) for s in range(n_seeds)] for i in range(len(ks))]
        found |= {f"{test}/{key}": torch.stack([torch.stack([f[key] for f in row]) for row in per_k]) for key in per_k[0][0]}
        at = ks.index(middle)
        found[f"{test}/sparse_f1"] = torch.stack([examine_sparsely(stacks_of[source][s], at, test, s) for s in range(n_seeds)])
    for source in training_data:
        fits = [[fit_of(stacks_of[source][s], i, source) for s in range(n_seeds)] for i in range(len(ks))]
        found |= {f"{source}/{key}": torch.stack([torch.stack([f[key] for f in row]) for row in fits]) for key in fits[0][0]}
    found["quarter_f1"] = torch.stack([examine(stacks_of["quarter"][s], 0, "words", s)["f1"] for s in range(n_seeds)])
    return found


results = {key: value.numpy() for key, value in examined_all().items()}
probe_f1 = {test: np.array([q["f1"].tolist() for q in probe_quality[test]]) for test in tests}  # [seed letter]
gaps = {test: probe_f1[test] - results[f"{test}/f1"] for test in tests}  # [k seed letter]
kindest = {test: int(gap.mean((1, 2)).argmin()) for test, gap in gaps.items()}  # the k that suits the latents best

# %% [markdown]
# ## The best latent of every letter is far from the probe

# %% tags=["hide-input"] mystnb={"image": {"alt": "F1 on held-out words for each letter: the probe above 0.8 almost everywhere, the best latent far below, for SAEs trained on words and on text."}}
order = np.argsort(-letters.bincount().numpy())
fig, panels = theme.figure(height=4.2, nrows=2, sharex=True, sharey=True)
for panel, test, where in zip(panels, ("words", "text"), ("single words", "running text"), strict=True):
    at = kindest[test]
    drawn = (
        (probe_f1[test], "linear probe", theme.COLORS["reference"], "D"),
        (results[f"{test}/f1"][at], "best latent", theme.COLORS["child"], "o"),
        (results[f"{test}/sparse_f1"][:, -1], f"best {k_sparse[-1]} latents (k = {middle})", theme.COLORS["light"], "s"),
    )
    for values, label, color, marker in drawn:
        values = values[:, order]
        middle_line, low, high = values.mean(0), values.min(0), values.max(0)
        panel.errorbar(range(26), middle_line, [middle_line - low, high - middle_line], fmt=marker, ms=4, lw=0.8, color=color, label=label)
    panel.set(ylim=(-0.02, 1.05), ylabel="F1 on held-out words", title=f"SAEs trained on {where}, k = {ks[at]}: no letter has a latent like its probe")
    panel.grid(axis="y")
panels[0].legend(ncols=3, loc="lower left", fontsize=8)
panels[1].set_xticks(range(26), [LETTERS[i].upper() for i in order])
panels[1].set_xlabel("first letter, from the most to the least frequent in the vocabulary (bars: range over seeds)")
fig
None

# %% [markdown]
# Averaged over letters, the best latent misses {glue:text}`missed_words:.0%` of the words that the probe finds. It does look
# like a classifier: where it fires, its letter is {glue:text}`lift_words:.0f` times as frequent as in the vocabulary, and its
# decoder direction has a cosine of {glue:text}`cosine_words:.2f` with the probe's. A reader who looks at the words on
# which it fires sees its letter again and again, and cannot see the words that are missing.
