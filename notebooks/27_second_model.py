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
# letter's best {term}`latent <latent>`. Middle: on how many words the letter's latents are silent while one other carries it (*in full*). Right: how much of a word's letter others carry (*fraction*). *Matched
# half-spaces* are labels that mean nothing, and that some latent tells as well as the letter's own tells the letter; the gap has no such null. Titles: Gemma's three blocks alone. Means over {glue:text}`n_seeds:d` {term}`seeds <seed>`, with 95%
# intervals.
# ```
#
# ```{predicates}
# ```
#
# ## The idea
#
# What this book says of first letters, it has read in one small model, SmolLM2: a letter's best latent is [far worse than a probe](10_first_letters.ipynb), and where it is silent on *snake* [another may carry the
# S](11_absorbing_latents.ipynb). The source had one model, too, and says so; it does not claim that other models are alike. That is what this page asks, of Gemma 3 270M {cite}`gemma3`. Its developers are not
# SmolLM2's, but they are those of the source's model. It knows five times as many tokens, whose table is most of its parameters, was not trained to follow instructions, and a few dimensions of its
# {term}`residual stream <residual stream>` are far wider than the others.
#
# A rate by itself proves little here, because labels that mean nothing are "absorbed" as well ([how](18_your_own_sae.ipynb)). So the absorption scores stand beside theirs. The gap in F1 and the missed words do not:
# they say that latents are poor classifiers, not that letters are special.

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Imports"}
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
from IPython.display import display
from scipy.stats import spearmanr

from absorption.claims import Claim, Evidence, Finding, Predicate, Quotation, conclude
from absorption.experiments.bank import Schedule
from absorption.experiments.bank.catalogue import recipes
from absorption.experiments.bank.filling import fill
from absorption.experiments.bank.shown import shown
from absorption.experiments.bank.wanted import WordsIn
from absorption.experiments.blockwise import Blocks
from absorption.experiments.one_a_seed import one_a_seed
from absorption.experiments.room_for import control_of
from absorption.figures import theme
from absorption.figures.present import present
from absorption.figures.side_by_side import Panel, side_by_side
from absorption.publish.averages import averages
from absorption.publish.explorer import Entry, write_entries
from absorption.publish.fixes import OF, of_controls
from absorption.publish.notebook import glue_record, glue_values
from absorption.runtime.paths import pick_device
from absorption.worlds.packaged import not_installed

theme.use()

# %% tags=["parameters", "hide-input"] mystnb={"code_prompt_show": "Parameters"}
first_model = "SmolLM2-135M-Instruct"  # a packaged model
second_model = "gemma-3-270m"  # another
first_layers = (4, 11, 18)  # the residual stream is read after so many blocks
second_layers = (6, 10, 13)  # details: after the middle one of these
least = 1e-6  # of the second model's words, those that English has at least so often
words_per_letter = None  # of every letter its so many most frequent words; None: all
d_sae = 1024  # latents an SAE
k = 16  # active latents an input, in training and where SAEs are judged
samples = 1_000_000  # activations that each SAE is trained on
batch_size = 1024  # activations a step
lr = 5e-3  # peak learning rate (Adam)
of_first = 2000  # the first seed of the first model's SAEs
of_second = 2006  # of the second's; pilots used 2000 to 2005
n_seeds = 5  # SAEs after each block
first_splits = (270, 271, 272)  # of the first model's words, into training and held-out ones
splits = (370, 371, 372)  # of the second's; pilots used 270 to 272
of_pilots = 2001  # the first seed of the pilots that are shown
n_pilots = 2  # of each length; one of each other way to train
lengths = (100_000, 300_000, 3_000_000)  # other lengths
rates = (1e-3, 1e-2)  # other rates
nested_rates = (2e-3,)  # other rates of nested ones
revival = 0.03125  # weight of the loss in which dead latents rebuild what is left, in some nested SAEs
dead_after = 50  # steps without firing
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
        Predicate("far_worse", "in the second model the probe's F1 is higher than that of the letter's best latent by more than 0.2", evidence="gap", above=0.2, tier=TIER, essential=True, because="the bound of the page on the first model: a fifth of the way from useless to perfect is more than a classifier that is nearly as good would lose"),
        Predicate("misses", "the best latent misses more than a quarter of the words that the probe finds", evidence="missed", above=0.25, tier=TIER, essential=True, because="the bound of the page on the first model: silence that nobody sees should be more than an exception"),
        Predicate("absorbed", "more than one word in a hundred is absorbed in full", evidence="full", above=0.01, tier=TIER, essential=True, because="one word in a hundred: for less nobody would change how SAEs are trained"),
        Predicate("by_a_point", "letters exceed their half-spaces by more than one word in a hundred", evidence="full_above", above=0.01, tier=TIER, because="the same bound, asked of what letters have more than nonsense; the source names no rate, so that no verdict falls by it alone"),
        Predicate("meaning", "letters are absorbed in full more often than half-spaces that the SAEs tell as well", evidence="full_above", above=0.0, tier=TIER, role="null", because="a score that does not tell letters from nonsense cannot say that letters are absorbed"),
        Predicate("explains", "the SAEs explain more than 45% of the variance of the held-out words", evidence="explained", above=0.45, tier=TIER, role="gate", because="an SAE that leaves the words out has nothing to absorb"),
        Predicate("alive", "fewer than 10% of their latents fire on no word", evidence="dead", below=0.1, tier=TIER, role="gate", because="dead latents are a smaller SAE than the one that is named"),
        Predicate("stands_for", "the letters' best latents have an F1 above 0.4", evidence="best_f1", above=0.4, tier=TIER, role="gate", because="a latent that hardly tells its letter has few words to lose"),
        Predicate("oracle", "an SAE with the probes' own directions absorbs nothing in full", evidence="full_oracle", below=0.001, tier=TIER, role="control", because="nothing is missed there, so nothing may be counted"),
        Predicate("planted", "a fifth of each letter's words, taken over by others where no trained latent of the letter is left, is found: more than 0.1", evidence="full_planted", above=0.1, tier=TIER, role="control", because="half of what is planted: a score that sees less would call a tenth of the words a twentieth, which is about what is measured"),
        Predicate("probe", "the letter probes' F1 on held-out words is above 0.8", evidence="probe_f1", above=0.8, tier=TIER, role="control", because="a probe that misses a fifth cannot be the yardstick"),
    ),
    findings=(
        Finding("full absorption of matched half-spaces, second model", "full_null", TIER),
        Finding("full absorption with main latents chosen as SAEBench does, second model", "full_saebench", TIER),
        Finding("full absorption planted beside the trained latents, second model", "full_planted_beside", TIER),
        Finding("share of words on which the main latents are silent, less that of matched half-spaces, second model", "silent_above", TIER),
        Finding("fraction, second model", "fraction", TIER),
        Finding("fraction, less that of matched half-spaces, second model", "fraction_above", TIER),
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
# Each model reads single words of its vocabulary: {glue:text}`n_first:,` in SmolLM2, and in Gemma the {glue:text}`n_second:,` that English has at least once in a million words. SAEs are trained on the residual stream
# after blocks {glue:text}`first_layers` of SmolLM2's thirty and {glue:text}`second_layers` of Gemma's eighteen, with the rate and length that [the page on training](19_training.ipynb) found for SmolLM2 (*Details* has
# others, in Gemma): {glue:text}`samples:,` activations each, words drawn by the root of their frequency, {glue:text}`d_sae:,` latents of which {glue:text}`k:d` are active. A few of Gemma's dimensions are up to tens of
# times as wide as the typical one; there every dimension is divided by its own width, since otherwise many latents die.
#
# Bounds were set on other SAEs of the same model and words, and then frozen; an earlier version of this page judged those. SmolLM2's SAEs are those of the pages on it, so they are no new evidence.

# %%
device = pick_device(device)
reason = not_installed(second_model) or ""
kinds = recipes(k, d_sae)
kinds["revived"] = replace(kinds["nested"], revival=revival, dead_after=dead_after)
source = partial(WordsIn, per_letter=words_per_letter)
of_plain = [source(first_model, at) for at in first_layers]
of_other = [source(second_model, at, least=least) for at in second_layers if not reason]
wanted = partial(one_a_seed, d_sae=d_sae, k=k, device=device)
how = Schedule(samples, batch_size, lr)
plain = wanted(of_plain, schedule=how, seeds=range(of_first, of_first + n_seeds))
other = wanted(of_other, schedule=how, seeds=SEEDS)
fill([*plain, *other])

# %% [markdown]
# Probe, best latent, main latents, *full* and *fraction* are those of [the](10_first_letters.ipynb) [pages](13_fixes.ipynb) on SmolLM2. SAEs are judged at the threshold at which {glue:text}`k:d` latents fire on an
# average word: absorption on {glue:text}`n_splits:d` splits into training and held-out words, the gap in F1 and missed words on the first of them.

# %%
first, second = Blocks.of(plain, k, first_splits), Blocks.of(other, k, splits)

# %% tags=["hide-input"] mystnb={"code_prompt_show": "The figure at the top"}
places = {f"SmolLM2, block {layer}": first.after(layer) for layer in first_layers}
places |= {f"Gemma, block {layer}": second.after(layer) for layer in second_layers if other}


def series(label, role, number, marker="o"):
    """Mean over seeds and 95% interval of each model and block."""
    return averages(label, role, map(number, places.values()), marker, (-1, 1))


def beside(what, measure, unit):
    """A score of letters and of half-spaces, place by place."""
    own = series("letters", "parent", lambda here: here.each(measure))
    null = series("matched half-spaces", "child", lambda here: here.each(measure, "matched"), "s")
    told, null_told = own.center[of_one].mean(), null.center[of_one].mean()
    title = f"{what}, {named}:\nletters {told:.1%},\nnonsense {null_told:.1%}"
    return Panel(title, unit, [own, null])


named, of_one = ("Gemma", slice(len(first_layers), None)) if other else ("SmolLM2", slice(None))
gaps = series("", "reference", Blocks.gap)
title = f"Gap in F1, {named}:\n{gaps.center[of_one].min():.2f} to {gaps.center[of_one].max():.2f}\n"
panels = [Panel(title, "probe's F1 less the latent's", [gaps]), beside("In full", "full", "share of words")]
fig = side_by_side([*places], [*panels, beside("Fraction", "fraction", "share of the letter")])
present("headline", fig, "Gap in F1, full absorption and fraction in two models, block by block.")

# %% [markdown]
# ## What was found
#
# {glue:text}`found`
#
# In Gemma the gap in F1 is {glue:text}`gap:.2f` ({glue:text}`gap_low:.2f` to {glue:text}`gap_high:.2f`), in SmolLM2 {glue:text}`first_gap:.2f` ({glue:text}`first_gap_low:.2f` to {glue:text}`first_gap_high:.2f`). In
# Gemma the best latent misses {glue:text}`missed:.0%` of the words that the probe finds ({glue:text}`missed_low:.0%` to {glue:text}`missed_high:.0%`). That latents miss words is not special to letters: their main latents are silent on {glue:text}`silent_above:+.3f` ({glue:text}`silent_above_low:+.3f` to {glue:text}`silent_above_high:+.3f`) more of the words than those of half-spaces. Full absorption of letters, less that of their half-spaces, is
# {glue:text}`full_above:.3f` in Gemma ({glue:text}`full_above_low:.3f` to {glue:text}`full_above_high:.3f`): an excess of one word in a hundred is ruled out, as far as these intervals go, and a smaller one is open. In SmolLM2 it is
# {glue:text}`first_full_above:.3f` ({glue:text}`first_full_above_low:.3f` to {glue:text}`first_full_above_high:.3f`). By the fraction letters have less in both: {glue:text}`fraction_above:.3f`
# ({glue:text}`fraction_above_low:.3f` to {glue:text}`fraction_above_high:.3f`) and {glue:text}`first_fraction_above:.3f` ({glue:text}`first_fraction_above_low:.3f` to {glue:text}`first_fraction_above_high:.3f`).
#
# **What did not come back.** An earlier version of this page, on other SAEs and other splits of the words, found letters a little above nonsense, with an interval above zero. Bounds were frozen in that knowledge; on
# fresh SAEs and splits it is not seen again, though a smaller one is within the interval. All SAEs share the splits, and half-spaces are drawn by split, so that intervals over SAEs may be too narrow for what letters have beyond them. SmolLM2's was not
# measured afresh here.
#
# **The same letters?** The rank correlation between the letters' rates in the two models is {glue:text}`letters_alike:.2f`. It has no interval and no null: letters differ in how many words they have and in how well a
# latent tells them, and that alone may order them.

# %% [markdown]
# ## The null and the controls
#
# - **{term}`Null <null>`: matched half-spaces**, one a letter and split: a direction tilted away from a live latent, until that latent tells the half-space as well as the letter's latent tells the letter.
# - **{term}`Oracle <oracle>`.** An SAE whose first latents are the probes' own directions misses nothing, and absorbs nothing.
# - **Planted.** In it, a fifth of every letter's words were taken over by others, in turn eight a letter: full absorption is {glue:text}`full_planted:.3f`, where the latents that best tell a letter in the trained SAE
#   made room for them. Left in, these tell many of the planted words as well, so that nothing is absorbed there by the score's own rule, and {glue:text}`full_planted_beside:.3f` is found.
# - **Other main latents.** With those that SAEBench would choose, full absorption in Gemma is {glue:text}`full_saebench:.3f`.
# - **Had they learned?** The gates are in the table at the top; they ask it of Gemma's SAEs, on held-out words, each counting once.

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Controls"}
firsts = other[::n_seeds]  # the first seed of each layer
by_control = [control_of(one, k, splits[0]) for one in firsts]
beside_trained = [control_of(one, k, splits[0], room=False) for one in firsts[len(firsts) // 2 :][:1]]

# %% [markdown]
# ## What this does not show
#
# - **That it is so in all models.** Two small ones are two.
# - **The original weights of Gemma 3.** The package holds them at about four bits a weight; [its terms of use](https://ai.google.dev/gemma/terms) apply to who uses them.
# - **That any of it is about letters.** As much is counted for half-spaces that mean nothing, and by the fraction letters have less. That latents are far worse than probes and miss words holds of letters as it stands, but is no peculiarity of theirs; that others
#   carry what they miss does. The difference is over letters that have a half-space.
# - **That it holds for other training.** In SmolLM2 the gap [shrinks with longer training](10_first_letters.ipynb), and SAEs trained at a lower rate by another trainer [do not absorb letters more than
#   nonsense](18_your_own_sae.ipynb), as far as can be told.
# - **That the other latent stands in for the letter's.** The sentence quoted at the top goes on to name causal interventions as a reason: the source's metric takes latents out of the model and sees what is lost; nothing was taken out of Gemma. In SmolLM2 [that test](11_absorbing_latents.ipynb)
#   finds far less than the score used here.
# - **That no nesting helps.** Few ways to train it were tried, in one block, and no verdict hangs on it.
# - **Anything about running text**, larger SAEs, or other architectures. Words were read alone.
# - **That one model absorbs more than the other.** They were read in different words, frames and depths.
# - **That SAEs of one layer are independent.** They share words, activations and probes; intervals do not speak for other layers or models.
#
# ## Details
#
# Every block, plain SAEs, means over seeds and splits (*gap*: the first split; *matched*: of matched half-spaces):

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Table: all blocks"}
BOTH = [measure + kind for measure in ("silent", "full", "fraction") for kind in ("", ", matched")]
ALL = ["gap", "f1", *BOTH, "explained", "dead", "l0"]
display(pd.DataFrame({label: here.means(ALL) for label, here in places.items()}).map("{:.3f}".format))

# %% [markdown]
# **Were they trained long enough, and at the right rate?** Gemma after block {glue:text}`middle:d`, {glue:text}`n_pilots:d` pilot SAEs of each length and one of each other way, on a pilot split. From
# {glue:text}`samples:,` to {glue:text}`longest:,` activations the best latents' F1 goes from {glue:text}`f1_trained:.2f` to {glue:text}`f1_longest:.2f`, the explained variance from {glue:text}`explained_trained:.2f`
# to {glue:text}`explained_longest:.2f`, absorption in full from {glue:text}`full_trained:.3f` to {glue:text}`full_longest:.3f`. At a lower rate less is learned, at a higher one more latents die.
#
# **Nesting** {cite}`bussmann2025matryoshka`, the fix that saved [most in SmolLM2](13_fixes.ipynb), saved nothing in Gemma in an earlier version of this page, where many latents of nested SAEs were dead. Is that the
# training? With the rate of plain SAEs {glue:text}`dead_nested:.0%` of a nested pilot's latents are dead. A lower rate leaves fewer, and so does a loss in which dead latents rebuild what the others leave
# {cite}`gao2024scaling` (*revived*; {glue:text}`dead_revived:.0%`). With it letters get latents about as good as in plain SAEs (F1 {glue:text}`f1_revived:.2f`). Yet {glue:text}`full_revived:.3f` of the words are
# absorbed in full, {glue:text}`full_nested:.3f` without it, and {glue:text}`full_one:.3f` in the plain SAE of the same seed. One SAE of each kind decides nothing; that dead latents are why nesting does not help in
# Gemma is not borne out. Nested SAEs of five seeds after this block, on another split and trained as plain ones are, [absorb no less than plain ones](13_fixes.ipynb) either.

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Table: other ways to train"}
middle = second_layers[len(second_layers) // 2]
at_middle = source(second_model, middle, least=least)
ways = {("plain", n, lr): n_pilots for n in sorted({*lengths, samples})}
ways |= {("plain", samples, rate): 1 for rate in rates} | {("nested", samples, lr): 1}
ways |= {("nested", samples, rate): 1 for rate in nested_rates} | {("revived", samples, lr): 1}
OWN = ["f1", "silent", "full", "fraction", "explained", "dead", "l0"]


def row(name, n, rate, pilots):
    """One way to train, mean over pilots."""
    how = dict(recipe=kinds[name], schedule=Schedule(n, batch_size, rate))
    saes = wanted(at_middle, name, seeds=range(of_pilots, of_pilots + pilots), **how)
    return Blocks.of(saes, k, first_splits[:1], classify=False, nulls=False).means(OWN)


by_way = {way: row(*way, pilots) for way, pilots in ways.items()} if other else {}
table = pd.DataFrame({(name, f"{n:,}", f"{rate:g}"): found for (name, n, rate), found in by_way.items()})
display(table.map("{:.3f}".format).T.rename_axis(["SAEs", "activations", "peak rate"]) if other else reason)


# %% tags=["hide-cell", "nbval-check-output"]
def over(of, low=-1.0, high=1.0, **numbers):
    """One piece of evidence a name, over SAEs."""
    return [Evidence.of_samples(name, each, of=of, possible=(low, high)) for name, each in numbers.items()]


evidence = over(OF, first_gap=first.gap(), **{f"first_{name}_above": first.above(name) for name in ("full", "fraction")})  # fmt: skip
evidence += over(OF, 0, first_full=first.each("full"))
if other:
    evidence += [
        *over(OF, gap=second.gap(), **{f"{name}_above": second.above(name) for name in ("full", "fraction", "silent")}),
        *over(OF, 0, missed=second.missed(), full=second.each("full"), fraction=second.each("fraction"), dead=second.about("dead")),
        *over(OF, 0, full_null=second.each("full", "matched"), full_saebench=second.each("full", "saebench"), best_f1=second.each("f1")),
        *over(OF, -np.inf, explained=second.about("explained")),
        *of_controls(by_control),
        Evidence.exactly("full_planted_beside", beside_trained[0]["planted"], note="first seed of the middle layer"),
    ]  # fmt: skip
    alike = spearmanr(first.by_letter("full"), second.by_letter("full"), nan_policy="omit").statistic
    evidence += [Evidence.exactly("letters_alike", alike)] if np.isfinite(alike) else []
lacking = {each.evidence for each in (*CLAIM.predicates, *CLAIM.findings)} - {each.name for each in evidence}
evidence += [Evidence.not_available(name, reason or "letters do not differ") for name in sorted(lacking)]
record = conclude(
    CLAIM,
    evidence,
    found=(
        "In Gemma 3 270M a letter's best latent is {gap:.2f} below the probe in F1; {full:.1%} of words are absorbed in full, but of labels that mean nothing {full_null:.1%} are, too."
        if other
        else "The second model is not installed, so that only the first is shown: there the gap in F1 is {first_gap:.2f}."
    ),
    headline="full_above",
    seeds=SEEDS,
    not_run={TIER: reason} if reason else {},
    parameters=dict(
        first_model=first_model, second_model=second_model, first_layers=first_layers, second_layers=second_layers, least=least,
        words_per_letter=words_per_letter, d_sae=d_sae, k=k, samples=samples, batch_size=batch_size, lr=lr, of_first=of_first, of_second=of_second,
        n_seeds=n_seeds, first_splits=first_splits, splits=splits, of_pilots=of_pilots, n_pilots=n_pilots, lengths=lengths,
        rates=rates, nested_rates=nested_rates, revival=revival, dead_after=dead_after,
    ),
    profile=profile,
    device=device,
)  # fmt: skip
print(record)

# %% tags=["remove-cell"]
glue_record(record)
words = {one.source.model: len(one.source.read().words.letters) for one in (plain[0], *other[:1])}
looks = {
    "trained": ("plain", samples),
    "longest": ("plain", max(lengths)),
    "nested": ("nested", samples),
    "revived": ("revived", samples),
}
seen = {f"{what}_{at}": by_way.get((*way, lr), {}).get(what, "not available") for at, way in looks.items() for what in ("f1", "explained", "full", "dead")}  # fmt: skip
seen["full_one"] = row("plain", samples, lr, 1)["full"] if other else "not available"
glue_values(
    **seen, n_first=words[first_model], n_second=words.get(second_model, 0), first_layers=", ".join(map(str, first_layers)), second_layers=", ".join(map(str, second_layers)), middle=middle,
    samples=samples, d_sae=d_sae, k=k, n_seeds=n_seeds, n_splits=len(splits), n_pilots=n_pilots, longest=max(lengths), found=record.found,
)  # fmt: skip
own = [at for at, one in enumerate(other) if one.source.layer == middle][:1]  # the first seed
shown_here = shown([other[at] for at in own], [second.judged[at] for at in own], k, splits[0])
write_entries(record.claim.id, profile, [Entry(**entry) for entry in shown_here])
