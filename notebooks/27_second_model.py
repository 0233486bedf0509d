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
# # Are letters absorbed in a second model?
#
# :::{claim}
# :::
#
# ```{picture} headline
# :alt: For two models, three blocks each, the gap in F1 between the probe and a letter's best latent, the share of words whose letter is absorbed in full, and the absorption fraction; beside the last two those of half-spaces that mean nothing.
# SAEs of the same size, the same {term}`L0 <L0>` and the same length of training, on two models; words and scaling differ (below). Left: by how much a linear {term}`probe <probe>` tells first letters better than the
# letter's best {term}`latent <latent>`. Middle: on how many words the letter's latents are silent while one other carries it (*in full*). Right: how much of a
# word's letter others carry (*fraction*). *Matched half-spaces* are labels that mean nothing, and that some latent tells as well as the letter's own tells the
# letter; the gap has no such null. Means over {glue:text}`n_seeds:d` {term}`seeds <seed>`, with 95% intervals.
# ```
#
# ```{predicates}
# ```
#
# ## The idea
#
# What this book says of first letters, it has read in one small model, SmolLM2: a letter's best latent is [far worse than a probe](10_first_letters.ipynb), and
# where it is silent on *snake* [another may carry the S](11_absorbing_latents.ipynb). The source had one model, too, and says so; it does not claim that other models are alike. That is what this page
# asks, of Gemma 3 270M {cite}`gemma3`. Its developers are not SmolLM2's, but they are those of the source's model. It knows five times as many tokens, whose table is most of its parameters, was not trained to
# follow instructions, and a few dimensions of its {term}`residual stream <residual stream>` are far wider than the others.
#
# A rate by itself proves little here, because labels that mean nothing are "absorbed" as well ([how](18_your_own_sae.ipynb)). So the absorption scores stand beside theirs. The
# gap in F1 and the missed words do not: they say that latents are poor classifiers, not that letters are special.

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Imports"}
import numpy as np
import pandas as pd
import torch
from IPython.display import display
from myst_nb import glue
from scipy.stats import spearmanr

from absorption.claims import Claim, Evidence, Finding, Predicate, Quotation, conclude
from absorption.experiments.bank import Schedule, Table
from absorption.experiments.bank.catalogue import recipes
from absorption.experiments.bank.classifying import classified
from absorption.experiments.bank.controlled import oracle_and_planted
from absorption.experiments.bank.filling import fill
from absorption.experiments.bank.fitting import Fit
from absorption.experiments.bank.judgement import judged
from absorption.experiments.bank.shown import shown
from absorption.experiments.bank.wanted import Wanted, WordsIn
from absorption.experiments.bank.yardstick import yardstick
from absorption.experiments.controls import with_l0
from absorption.figures import theme
from absorption.figures.forms import dots
from absorption.figures.present import present
from absorption.figures.series import Series
from absorption.publish.explorer import Entry, write_entries
from absorption.publish.notebook import glue_record
from absorption.runtime.paths import pick_device
from absorption.worlds.packaged import not_installed
from absorption.worlds.text import LETTERS

theme.use()

# %% tags=["parameters", "hide-input"] mystnb={"code_prompt_show": "Parameters"}
first_model = "SmolLM2-135M-Instruct"  # a packaged model
second_model = "gemma-3-270m"  # another
first_layers = (4, 11, 18)  # the residual stream is read after so many blocks
second_layers = (6, 10, 13)
least = 1e-6  # of the second model's words, those that English has at least so often
words_per_letter = None  # of every letter its so many most frequent words; None: all
d_sae = 1024  # latents an SAE
k = 16  # active latents an input, in training and where SAEs are judged
samples = 1_000_000  # activations that each SAE is trained on
batch_size = 1024  # activations a step
lr = 5e-3  # peak learning rate (Adam)
of_first = 2000  # the first seed of the first model's SAEs
of_second = 2001  # of the second's; the pilot used 2000
n_seeds = 5  # SAEs of each recipe after each block
first_split = 270  # the pilot used 5
n_splits = 3  # of the words, into training and held-out ones; nested SAEs: the first of these
profile = "laptop"
device = "auto"

# %% tags=["claim", "hide-input"] mystnb={"code_prompt_show": "The claim, its predicates and their bounds"}
TIER = "language model"
CLAIM = Claim(
    id="27_second_model",
    title="Are letters absorbed in a second model?",
    sentence="Feature absorption exists: latents miss what probes find, and others carry it, in more models than the one in which it was found.",
    quotations=(
        Quotation("While our study has clear limitations, we think there’s compelling evidence for the existence of feature absorption. It’s important to note that our results use a leverage model (Gemma-2-2b), one SAE architecture (JumpReLU) and one task (the first letter identification task). However, the qualitative results are striking", "chanin2024summary", "“Feature Absorption is problematic”"),
    ),
    predicates=(
        Predicate("far_worse", "in the second model the probe's F1 is higher than that of the letter's best latent by more than 0.2", evidence="gap", above=0.2, tier=TIER, essential=True, because="the bound of the page on the first model: who relies on the latent gets every fifth word wrong that the probe gets right"),
        Predicate("misses", "the best latent misses more than a quarter of the words that the probe finds", evidence="missed", above=0.25, tier=TIER, essential=True, because="the bound of the page on the first model: silence that nobody sees should be more than an exception"),
        Predicate("absorbed", "more than one word in a hundred is absorbed in full", evidence="full", above=0.01, tier=TIER, essential=True, because="one word in a hundred: for less nobody would change how SAEs are trained"),
        Predicate("by_a_point", "letters exceed their half-spaces by more than one word in a hundred", evidence="full_above", above=0.01, tier=TIER, because="the same bound, asked of what letters have more than nonsense; added after the run, when a referee saw how much of the rate nonsense has"),
        Predicate("meaning", "letters are absorbed in full more often than half-spaces that the SAEs tell as well", evidence="full_above", above=0.0, tier=TIER, role="null", because="a score that does not tell letters from nonsense cannot say that letters are absorbed"),
        Predicate("explains", "the SAEs explain more than 45% of the variance of the held-out words", evidence="explained", above=0.45, tier=TIER, role="gate", because="an SAE that leaves the words out has nothing to absorb"),
        Predicate("alive", "fewer than 10% of their latents fire on no word", evidence="dead", below=0.1, tier=TIER, role="gate", because="dead latents are a smaller SAE than the one that is named"),
        Predicate("stands_for", "the letters' best latents have an F1 above 0.4", evidence="best_f1", above=0.4, tier=TIER, role="gate", because="a latent that hardly tells its letter has few words to lose"),
        Predicate("oracle", "an SAE with the probes' own directions absorbs nothing in full", evidence="full_oracle", below=0.001, tier=TIER, role="control", because="nothing is missed there, so nothing may be counted"),
        Predicate("planted", "a fifth of each letter's words, taken over by others, is found: more than 0.1", evidence="full_planted", above=0.1, tier=TIER, role="control", because="a low score counts only where absorption would have been seen; half of what is planted"),
        Predicate("probe", "the letter probes' F1 on held-out words is above 0.8", evidence="probe_f1", above=0.8, tier=TIER, role="control", because="a probe that misses a fifth cannot be the yardstick"),
    ),
    findings=(
        Finding("full absorption of matched half-spaces, second model", "full_null", TIER),
        Finding("full absorption with main latents chosen as SAEBench does, second model", "full_saebench", TIER),
        Finding("share of words on which the main latents are silent, less that of matched half-spaces, second model", "silent_above", TIER),
        Finding("fraction, second model", "fraction", TIER),
        Finding("fraction, less that of matched half-spaces, second model", "fraction_above", TIER),
        Finding("nesting saves of full absorption, second model", "nested_full_saved", TIER),
        Finding("nesting saves more of it for letters than for matched half-spaces, second model", "nested_beyond", TIER),
        Finding("nesting saves of the fraction, second model", "nested_fraction_saved", TIER),
        Finding("nesting costs of explained variance, second model", "nested_explained_lost", TIER),
        Finding("nesting costs of the best latents' F1, second model", "nested_f1_lost", TIER),
        Finding("latents that fire on no word, nested SAEs, second model", "nested_dead", TIER),
        Finding("gap in F1, first model", "first_gap", TIER),
        Finding("full absorption, first model", "first_full", TIER),
        Finding("full absorption, less that of matched half-spaces, first model", "first_full_above", TIER),
        Finding("fraction, less that of matched half-spaces, first model", "first_fraction_above", TIER),
        Finding("rank correlation over letters of full absorption in the two models", "letters_alike", TIER),
    ),
)  # fmt: skip
SEEDS = range(of_second, of_second + n_seeds)

# %% [markdown]
# ## The world and the experiment
#
# Each model reads single words of its vocabulary: {glue:text}`n_first:,` in SmolLM2, and in Gemma the {glue:text}`n_second:,` that English has at least once in a million
# words. SAEs are trained on the residual stream after blocks {glue:text}`first_layers` of SmolLM2's thirty and {glue:text}`second_layers` of Gemma's eighteen, with the rate and length that [the page on training](19_training.ipynb)
# found for SmolLM2; in Gemma they were not looked for again: {glue:text}`samples:,` activations each, words drawn by the root of their frequency, {glue:text}`d_sae:,` latents of which
# {glue:text}`k:d` are active. A few of Gemma's dimensions are up to tens of times as wide as the typical one; there every dimension is divided by its own width, since otherwise
# many latents die. *Nested* SAEs {cite}`bussmann2025matryoshka` were trained on Gemma, too, since they [helped most](13_fixes.ipynb) in SmolLM2.
#
# A pilot on Gemma used another seed and another split, but the same model and words, so the bounds were not set in ignorance of Gemma. SmolLM2's SAEs are made with the seeds
# of the pages on it, so they are no new evidence.

# %%
device = pick_device(device)
reason = not_installed(second_model) or ""
blocks = [(first_model, layer, of_first + seed) for layer in first_layers for seed in range(n_seeds)]
seconds = [(second_model, layer, seed) for layer in second_layers for seed in SEEDS]
if reason:
    seconds = []  # the first model is shown alone
kinds = recipes(k, d_sae)


def wanted(name, model, layer, seed):
    """One SAE, as the bank is asked for it."""
    source = WordsIn(model, layer, per_letter=words_per_letter, least=least if model == second_model else 0.0)
    return Wanted(
        source, name, Fit(kinds[name], d_sae, seed, Schedule(samples, batch_size, lr), device=device)
    )


plain = {block: wanted("plain", *block) for block in blocks + seconds}
nested = {block: wanted("nested", *block) for block in seconds}
fill([*plain.values(), *nested.values()])

# %% [markdown]
# Probe, best latent, main latents, *full* and *fraction* are those of [the](10_first_letters.ipynb) [pages](13_fixes.ipynb) on SmolLM2. SAEs are judged at the threshold at which
# {glue:text}`k:d` latents fire on an average word: absorption of plain SAEs on {glue:text}`n_splits:d` splits into training and held-out words, the gap in F1, missed words and
# nested SAEs on the first of them.

# %%
splits = range(first_split, first_split + n_splits)
read = dict(zip(plain, classified([*plain.values()], k, splits[:1], ks=(1,)), strict=True))
by = dict(zip(plain, judged([*plain.values()], k, splits), strict=True))
by_nested = dict(zip(nested, judged([*nested.values()], k, splits[:1]), strict=True))


def each(of, measure, kind="letters"):
    """One number a block of layer and seed, mean over letters and splits: [block]."""
    return np.array([by[block].mean(measure, kind) for block in of])


def above(of, measure):
    """How much more letters have of it than their half-spaces: [block]."""
    return np.array([by[block].above(measure) for block in of])


# %% tags=["hide-input"] mystnb={"code_prompt_show": "The figure at the top"}
NAMES = {first_model: "SmolLM2", second_model: "Gemma"}
places = list(dict.fromkeys(block[:2] for block in plain))
labels = [f"{NAMES[model]}, block {layer}" for model, layer in places]


def series(label, role, number, marker="o"):
    """Mean over seeds and 95% interval of each model and block."""
    values = [[number(block) for block in plain if block[:2] == place] for place in places]
    made = [Evidence.of_samples("any", one, possible=(-1, 1)) for one in values]
    ends = (np.array([getattr(one, end) for one in made]) for end in ("value", "low", "high"))
    return Series(label, role, *ends, marker)


fig, panels = theme.figure(height=3.4, ncols=3, sharey=True)
gaps = series("", "reference", lambda block: read[block].gap("f1"))
dots(panels[0], labels, [gaps], "probe's F1 less the latent's", reference=None)
panels[0].set_title(f"Gap in F1: {gaps.center.min():.2f} to {gaps.center.max():.2f}\n")
for panel, measure, what in zip(panels[1:], ("full", "fraction"), ("In full", "Fraction"), strict=True):
    own = series("letters", "parent", lambda block, m=measure: by[block].mean(m))
    null = series("matched half-spaces", "child", lambda block, m=measure: by[block].mean(m, "matched"), "s")
    unit = "share of words" if measure == "full" else "share of the letter"
    dots(panel, labels, [own, null], unit, reference=None)
    panel.set_title(f"{what}: letters {own.center.mean():.1%},\nnonsense {null.center.mean():.1%}")
for panel in panels:
    panel.set_xlim(left=0)
    panel.locator_params(axis="x", nbins=3)
fig.legend(*panels[1].get_legend_handles_labels(), loc="outside lower center", ncols=2)
present("headline", fig, "Gap in F1, full absorption and fraction in two models, block by block.")

# %% [markdown]
# ## What was found
#
# {glue:text}`found`
#
# {glue:text}`told`
#
# **Nesting**, the fix that saved [most in SmolLM2](13_fixes.ipynb): {glue:text}`nesting`
#
# ```{picture} letters
# :alt: Each letter's share of words absorbed in full, SmolLM2 across, Gemma upwards.
# **The same letters?** Each dot is a letter, averaged over blocks, seeds and splits.
# ```
#
# The rank correlation is {glue:text}`alike_text`. It has no interval and no null: letters differ in how many words they have and in how well a latent tells them, and that alone may order
# them.

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Figure: letter by letter"}


def by_letter(of):
    """Full absorption of every letter, nan where no split rates it: [letter]."""
    values = np.concatenate([by[block].by["letters"]["full"] for block in of])
    known = np.isfinite(values)
    return np.where(known.any(0), np.where(known, values, 0).sum(0) / known.sum(0).clip(1), np.nan)


alike = None
if seconds:
    one, other = by_letter(blocks), by_letter(seconds)
    rated = np.isfinite(one) & np.isfinite(other)
    alike = float(spearmanr(one[rated], other[rated]).statistic)
    fig, ax = theme.figure(width=0.7, height=3.6)
    ax.plot(one[rated], other[rated], "o", ms=3, color=theme.COLORS["reference"])
    for i in np.flatnonzero(rated):
        ax.annotate(LETTERS[i].upper(), (one[i], other[i]), xytext=(3, 2), textcoords="offset points")
    ax.set(xlabel="SmolLM2: share of words absorbed in full", ylabel="Gemma: the same")
    ax.set_title(f"Letter by letter: rank correlation {alike:.2f}")
    present("letters", fig, "Full absorption of every letter in SmolLM2 and in Gemma.")

# %% [markdown]
# ## The null and the controls
#
# - **{term}`Null <null>`: matched half-spaces**, one a letter and split: a direction tilted away from a live latent, until that latent tells the half-space as well as the letter's latent tells the letter.
# - **{term}`Oracle <oracle>`.** An SAE whose first latents are the probes' own directions misses nothing, and absorbs nothing. **Planted.** In it, a fifth of every letter's words were taken over by
#   others, in turn eight a letter: full absorption is {glue:text}`planted_text`, hardly more than was required. About half of what was planted is not found, so in Gemma the score may see only
#   a part of what there is.
# - **Other main latents.** With those that SAEBench would choose, full absorption in Gemma is {glue:text}`saebench_text`.
# - **Had they learned?** The gates are in the table at the top; they ask it of Gemma's SAEs, on held-out words, each counting once.


# %% tags=["hide-input"] mystnb={"code_prompt_show": "Controls"}
def controls(block):
    """Full absorption of the oracle (the worst letter), of absorption planted in it, and the probes' F1."""
    scale = yardstick(plain[block].source, first_split)
    stack = with_l0(plain[block].get()[0], Table(scale.x), k)
    lots = torch.Generator().manual_seed(first_split)
    none, some = oracle_and_planted(stack, scale, share=0.2, each=8, generator=lots)
    rated = scale.rated
    return [float(none[rated].max()), float(some[rated].mean()), float(scale.probe_f1[: len(rated)][rated].mean())]  # fmt: skip


by_control = np.array([controls(block) for block in seconds[::n_seeds]])  # the first seed of each layer

# %% [markdown]
# ## What this does not show
#
# - **That it is so in all models.** Two small ones are two.
# - **The original weights of Gemma 3.** The package holds them at about four bits a weight; [its terms of use](https://ai.google.dev/gemma/terms) apply to who uses them.
# - **That much of it is about letters.** Most of what is counted is found for half-spaces that mean nothing, too. What letters have more is not shown to reach the one word in a hundred that
#   this page asks of the whole rate; after the last block the two hardly differ, and by the fraction letters have less. The difference is over letters that have a half-space.
# - **That the other latent stands in for the letter's.** The source's metric takes latents out of the model and sees what is lost; nothing was taken out of Gemma. In SmolLM2
#   [that test](11_absorbing_latents.ipynb) finds far less than the score used here.
# - **That it holds for other training.** In SmolLM2 the gap [shrinks with longer training](10_first_letters.ipynb), and SAEs trained at a lower rate by another trainer
#   [do not absorb letters more than nonsense](18_your_own_sae.ipynb), as far as can be told. Neither was varied in Gemma.
# - **Anything about running text**, larger SAEs, or other architectures. Words were read alone.
# - **That nesting does harm in general.** More of its latents are dead than of plain SAEs', and that these are fewer than this page allows is not shown. One setting was tried, and no verdict
#   hangs on it.
# - **That one model absorbs more than the other.** They were read in different words, frames and depths, and what is planted in Gemma is found only by half.
# - **That SAEs of one layer are independent.** They share words, activations and probes; intervals do not speak for other layers or models.
#
# ## Details
#
# Every block, plain SAEs, means over seeds and splits (*gap*: the first split; *null*: of matched half-spaces):

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Table: all blocks"}
LEARNED = {"explained": "explained", "dead": "dead", "L0": "l0"}


def row(place):
    of = [block for block in plain if block[:2] == place]
    numbers = {"gap": np.mean([read[block].gap("f1") for block in of]), "F1": each(of, "f1").mean()}
    for measure in ("silent", "full", "fraction"):
        numbers |= {measure: each(of, measure).mean(), f"{measure}, null": each(of, measure, "matched").mean()}  # fmt: skip
    numbers |= {name: np.mean([getattr(by[block], key) for block in of]) for name, key in LEARNED.items()}
    return {name: f"{value:.3f}" for name, value in numbers.items()}


display(pd.DataFrame({label: row(place) for label, place in zip(labels, places, strict=True)}))

# %% tags=["hide-cell", "nbval-check-output"]
OF = "blocks of layer and seed"


def differ(name, values):
    return Evidence.of_samples(name, values, of=OF, possible=(-1, 1))


def share(name, values, low=0.0):
    return Evidence.of_samples(name, values, of=OF, possible=(low, 1))


def saved(pick):
    """Plain less nested on the split that both were judged on, block by block."""
    return [pick(by[block]) - pick(by_nested[block]) for block in seconds]


def on_first_split(measure):
    return lambda found: float(np.nanmean(found.by["letters"][measure][0]))


def beyond(found):
    """By how much letters are above their half-spaces on the first split, over those that have one."""
    return float(np.nanmean(found.by["letters"]["full"][0] - found.by["matched"]["full"][0]))


evidence = [
    differ("first_gap", [read[block].gap("f1") for block in blocks]),
    share("first_full", each(blocks, "full")),
    differ("first_full_above", above(blocks, "full")),
    differ("first_fraction_above", above(blocks, "fraction")),
]
if seconds:
    evidence += [
        differ("gap", [read[block].gap("f1") for block in seconds]),
        share("missed", [read[block].mean("missed") for block in seconds]),
        *(share(name, each(seconds, name)) for name in ("full", "fraction")),
        *(differ(f"{name}_above", above(seconds, name)) for name in ("full", "fraction", "silent")),
        share("full_null", each(seconds, "full", "matched")),
        share("full_saebench", each(seconds, "full", "saebench")),
        *(differ(f"nested_{name}_saved", saved(on_first_split(name))) for name in ("full", "fraction")),
        differ("nested_beyond", saved(beyond)),
        differ("nested_explained_lost", saved(lambda found: found.explained)),
        differ("nested_f1_lost", saved(on_first_split("f1"))),
        share("nested_dead", [by_nested[block].dead for block in seconds]),
        share("explained", [by[block].explained for block in seconds], -np.inf),
        share("dead", [by[block].dead for block in seconds]),
        share("best_f1", each(seconds, "f1")),
        Evidence.exactly("full_oracle", by_control[:, 0].max(), note="largest rate of a letter, first seed of each layer"),
        Evidence.exactly("full_planted", by_control[:, 1].min(), note="the least, first seed of each layer"),
        Evidence.exactly("probe_f1", by_control[:, 2].min(), note="the least, first split of each layer"),
        Evidence.exactly("letters_alike", alike, note=f"{int(rated.sum())} letters") if np.isfinite(alike) else Evidence.not_available("letters_alike", "in one model no letter differs from another"),
    ]  # fmt: skip
record = conclude(
    CLAIM,
    evidence,
    found=(
        "In Gemma 3 270M a letter's best latent is {gap:.2f} below the probe in F1; {full:.1%} of words are absorbed in full, only {full_above:.1%} more than of labels that mean nothing."
        if seconds
        else "The second model is not installed, so that only the first is shown: there the gap in F1 is {first_gap:.2f}."
    ),
    headline="full_above",
    seeds=SEEDS,
    not_run={TIER: reason} if reason else {},
    parameters=dict(
        first_model=first_model, second_model=second_model, first_layers=first_layers, second_layers=second_layers, least=least,
        words_per_letter=words_per_letter, d_sae=d_sae, k=k, samples=samples, batch_size=batch_size, lr=lr, of_first=of_first, of_second=of_second,
        n_seeds=n_seeds, first_split=first_split, n_splits=n_splits,
    ),
    profile=profile,
    device=device,
)  # fmt: skip
print(record)

# %% tags=["remove-cell"]
glue_record(record)


def told():
    """What was found in Gemma, and what nesting does there, in sentences; that it was not run, where it was not."""
    if not seconds:
        return [f"Not run: {reason}"] * 2

    def of(name, form=".3f"):
        one = record[name]
        return f"{one.value:{form}} ({one.low:{form}} to {one.high:{form}})"

    first = (
        f"The gap in F1 is {of('gap', '.2f')} in Gemma and {of('first_gap', '.2f')} in SmolLM2. In Gemma the best latent misses {of('missed', '.0%')} of the words that "
        f"the probe finds. In full absorption letters exceed their half-spaces by {of('full_above')} in Gemma and by {of('first_full_above')} in SmolLM2. In the fraction "
        f"they do not: letters less half-spaces is {of('fraction_above')} and {of('first_fraction_above')}."
    )
    second = (
        f"in Gemma it does not help. Plain less nested (above zero: nesting lowers it), full absorption is {of('nested_full_saved')} and the fraction "
        f"{of('nested_fraction_saved')}; for letters less half-spaces it is {of('nested_beyond')}. It costs {of('nested_explained_lost')} of the explained variance and "
        f"{of('nested_f1_lost')} of the best latents' F1, and {of('nested_dead', '.1%')} of its latents are dead."
    )
    return [first, second]


def number(name, form):
    one = record.get(name)
    return format(one.value, form) if one is not None and one.value is not None else "not available"


words = {model: len(plain[model, layer, seed].source.read().words.letters) for model, layer, seed in plain}
for name, value in dict(
    n_first=words[first_model], n_second=words.get(second_model, 0), first_layers=", ".join(map(str, first_layers)),
    second_layers=", ".join(map(str, second_layers)), samples=samples, d_sae=d_sae, k=k, n_seeds=n_seeds, n_splits=n_splits, found=record.found, told=told()[0], nesting=told()[1],
    saebench_text=number("full_saebench", ".3f"), planted_text=number("full_planted", ".3f"), alike_text=number("letters_alike", ".2f"),
).items():  # fmt: skip
    glue(name, value, display=False)
middle = seconds[len(seconds) // 2 // n_seeds * n_seeds :][:1]
pairs = [(name[block], found[block]) for block in middle for name, found in ((plain, by), (nested, by_nested))]  # fmt: skip
shown_here = shown([pair[0] for pair in pairs], [pair[1] for pair in pairs], k, first_split)
write_entries(record.claim.id, profile, [Entry(**entry) for entry in shown_here])
