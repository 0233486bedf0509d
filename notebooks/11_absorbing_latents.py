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
# # Do other latents carry the letter instead?
#
# :::{claim}
# :::
#
# ```{picture} headline
# What the model loses of its answer, in logits of {term}`margin <margin>` (the right capital's over the mean of the others), without a
# part of what it makes of the word. Left: on words whose letter's own {term}`latents <latent>` are silent. Right: on all words. Means of
# {glue:text}`n_seeds:d` {term}`SAEs <SAE>`, with 95% intervals.
# ```
#
# ```{predicates}
# ```
#
# ## Words and what absorbed them
#
# ```{glue} absorbed_words
# ```
#
# These are the most frequent words of all SAEs that the causal metric or the full one, both explained below, calls absorbed, each
# once. A latent is named by the words that it weighs most; *lost* is the margin lost without the absorbing latent, in logits. Not every
# latent in the second column stands for its letter, and some in the third may be a letter's second latent and not an absorber.
#
# ## The idea
#
# *Snake* starts with S, and a language model knows it: asked for the first letter, it answers S. An {term}`SAE <SAE>` may have a
# latent for S that is silent on *snake* all the same. Where has the letter gone? The claim is that another latent, say one for
# *snake*, has taken it along ({term}`absorption <absorption>`). That can be tested: take that latent out of the model while it reads
# *snake*, and see what the answer loses; then take it out *but for* its part along the letter's own direction.
#
# A second sentence of the same authors goes further: as latents hold letters so unreliably, no set of 26 of them, one a letter,
# does for the answer what the letters' directions do. And a third: where the letter's latent fires, but weakly, both it and the other count.

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Imports"}
import numpy as np
import pandas as pd
import torch
from myst_nb import glue

from absorption.claims import Claim, Evidence, Finding, Predicate, Quotation, conclude
from absorption.experiments.ablating import Inside, Silenced
from absorption.experiments.asked import Asking
from absorption.experiments.bank import Schedule, Table
from absorption.experiments.bank.catalogue import recipes
from absorption.experiments.bank.filling import fill
from absorption.experiments.bank.fitting import Fit
from absorption.experiments.bank.wanted import Wanted, WordsIn
from absorption.experiments.controls import with_l0
from absorption.experiments.mediating import InPlace, Partial, Sets
from absorption.experiments.verdicts import Verdicts, of_oracle
from absorption.figures import theme
from absorption.figures.forms import dots
from absorption.figures.present import present
from absorption.figures.series import Series
from absorption.measures.letters import by_letter
from absorption.publish.explorer import Entry, write_entries
from absorption.publish.notebook import glue_record
from absorption.runtime.paths import pick_device
from absorption.worlds.text import LETTERS

theme.use()

# %% tags=["parameters", "hide-input"] mystnb={"code_prompt_show": "Parameters"}
model_name = "SmolLM2-135M-Instruct"  # a packaged model
words_per_letter = None  # of every letter its so many most frequent words; None: all
layer = 4  # the residual stream is read, and edited, after this many blocks
d_sae = 1024  # latents an SAE
k = 16  # active latents an input, in training and where SAEs are judged
samples = 1_000_000  # activations that each SAE is trained on
batch_size = 1024  # activations a step
lr = 5e-3  # peak learning rate (Adam)
first_seed = 2000  # pilots used seed 10
n_seeds = 5  # SAEs of each kind, each with a split of its own
first_split = 110  # pilots used splits below 10
n_examples = 10  # words answered for the model in the prompt
asked_per_letter = 20  # held-out words of each letter that the model is asked about, at most
ablated_per_letter = 6  # silent words of each letter on which every active latent is taken out, at most
chosen_per_letter = 5  # training words of each letter by whose gradients a latent is chosen for it
min_cosine, min_lead = 0.025, 1.0  # of the causal metric: with the probe; over the runner-up, in logits
profile = "laptop"
device = "auto"

# %% tags=["claim", "hide-input"] mystnb={"code_prompt_show": "The claim, its predicates and their bounds"}
TIER = "language model"
TENTH = "about a tenth of what the letter's whole direction is worth; for less nobody would call an answer mediated"
CLAIM = Claim(
    id="11_absorbing_latents",
    title="Do other latents carry the letter instead?",
    sentence="Absorbing latents, which weakly project onto a letter's direction, mediate spelling in place of silent main latents; no set of 26 latents mediates it.",
    quotations=(
        Quotation("We find “absorbing” latents which weakly project onto the feature direction and causally mediate in-place of the main latent", "chanin2024summary", "“We posed two questions”, results"),
        Quotation("roughly token-aligned latents \"absorb\" the feature direction and fire in-place of the mainline latent.", "chanin2024summary", "“Feature splitting vs feature absorption”"),
        Quotation("We found that we couldn't find a set of 26 SAE latents that causally mediated spelling", "chanin2024summary", "an author's comment below the post"),
        Quotation("the main latent fires, but weakly, and both the absorbing latent and the main latent have positive cosine sim with the probe direction, and both have ablation effect on the spelling task.", "chanin2024summary", "an author's comment below the post"),
    ),
    predicates=(
        Predicate("exists", "more than 1% of the words are absorbed by the causal metric (mean over letters)", evidence="causal", above=0.01, tier=TIER, because="our demand, the source names no rate: one word in a hundred is the least that a reader of the latents would notice"),
        Predicate("in_place", "on words whose main latents are silent, the latent that carries most along the probe costs more margin than another as large: by more than 0.1 logit", evidence="in_place", above=0.1, tier=TIER, essential=True, because=TENTH),
        Predicate("through_the_letter", "less than half of its effect is left where the probe's direction is spared", evidence="left", below=0.5, tier=TIER, essential=True, because="if most of the effect came otherwise, it would not be the letter that was absorbed"),
        Predicate("narrow", "an absorber fires on less than half as many words as a main latent", evidence="narrow", below=0.5, tier=TIER, essential=True, because="a token's latent is rarer than a letter's; half is generous"),
        Predicate("no_set", "the better of two sets of 26 latents costs less than three quarters of the margin that the probes' directions cost", evidence="of_probe", below=0.75, tier=TIER, because="a set that does three quarters of what the directions do would be said to mediate"),
        Predicate("partial", "where main latents fire weakly, they and the other latent along the probe each cost more margin than another as large: the lesser by more than 0.1 logit", evidence="partial", above=0.1, tier=TIER, because=TENTH),
        Predicate("explains", "the SAEs explain more than 45% of the variance of the judged words, in the prompt", evidence="explained", above=0.45, tier=TIER, role="gate", because="an SAE that leaves the words out has nothing to absorb"),
        Predicate("alive", "fewer than 10% of their latents fire on no word", evidence="dead", below=0.1, tier=TIER, role="gate", because="dead latents are a smaller SAE than the one that is named"),
        Predicate("stands_for", "their letters' best latents have an F1 above 0.4 there", evidence="best_f1", above=0.4, tier=TIER, role="gate", because="a latent that hardly tells its letter has few words to lose"),
        Predicate("spells", "the model spells more than 40% of the words that it is asked about", evidence="spelled", above=0.4, tier=TIER, role="gate", because="ten times chance; what the model cannot spell has no letter to lose"),
        Predicate("frozen", "with frozen random decoders, and as many words, less than 1% are absorbed by the causal metric", evidence="frozen", below=0.01, tier=TIER, role="null", because="the bound for absorption itself"),
        Predicate("frozen_place", "nor does the latent that carries most there cost 0.1 logit more than another as large", evidence="frozen_place", below=0.1, tier=TIER, role="null", because="the bound for trained ones"),
        Predicate("any_direction", "sparing a random direction as near to the latent leaves more of the effect than sparing the probe's: by more than a quarter", evidence="left_beyond", above=0.25, tier=TIER, role="null", because="any direction as near takes a little; half of what the claim asks for should be the letter's own"),
        Predicate("any_part", "without the part along a random direction the model loses less than 0.1 logit", evidence="random_direction", below=0.1, tier=TIER, role="null", because=TENTH),
        Predicate("visible", "on more than a tenth of the words the letter's whole direction is worth the lead that the causal metric asks for", evidence="visible", above=0.1, tier=TIER, role="control", because="elsewhere only a latent that costs more than the letter's direction could be found; ten times the bound for absorption"),
        Predicate("oracle", "an SAE with the probes' own directions as latents absorbs nothing in full", evidence="oracle", below=0.001, tier=TIER, role="control", because="nothing is missed there, so nothing may be counted"),
    ),
    findings=(
        Finding("absorbed in full", "full", TIER),
        Finding("absorbed fraction", "fraction", TIER),
        Finding("Cohen's κ between the causal and the full metric, over words with ablations", "kappa", TIER),
        Finding("words whose main latents are all silent", "silent", TIER),
        Finding("of the words on which the letter's whole direction is worth that lead, absorbed by the causal metric", "of_visible", TIER),
        Finding("the letters' best latents cost, of what the probes' directions cost", "best_of_probe", TIER),
        Finding("the same, no word counted beyond what the probe's direction costs it", "covered", TIER),
        Finding("words on which a best latent costs at least half as much as the probe's direction", "mediated", TIER),
        Finding("without another latent as large as the best one, the model loses", "alike_best", TIER),
        Finding("words whose main latents fire weakly beside another", "weak", TIER),
        Finding("both taken out cost more than the sum of each", "beyond_sum", TIER),
        Finding("dropping letters without a silent word raises the mean of the causal metric by", "bias", TIER),
    ),
)  # fmt: skip
SEEDS = range(first_seed, first_seed + n_seeds)

# %% [markdown]
# ## The world: a model that is asked for first letters
#
# SmolLM2 {cite}`allal2025smollm2` is shown {glue:text}`n_examples:d` words with their first letters, and then a word without:
#
# > {glue:text}`example`
#
# What is read, and edited, is the {term}`residual stream <residual stream>` after block {glue:text}`layer:d` at the word. The {glue:text}`n_words:,` words
# are those of [the page on first letters](10_first_letters.ipynb) but for the examples, and for words that the model reads as
# sinks of attention. A logistic {term}`probe <probe>` a letter, fitted in the prompt on 80% of the words, is the yardstick (mean {term}`F1 <F1>` {glue:text}`probe_f1:.2f`).
# The model is asked about held-out words whose letter the probe finds; *judged* are those that it spells: its most likely next token, of all, is the right capital.

# %%
device = pick_device(device)
source = WordsIn(model_name, layer, per_letter=words_per_letter)
asking = Asking.of(source, n_examples)
splits = [asking.split(first_split + i, asked_per_letter) for i in range(n_seeds)]

# %% [markdown]
# ## The experiment
#
# {term}`BatchTopK <BatchTopK>` SAEs {cite}`bussmann2024batchtopk` of the book's [regime](19_training.ipynb), {glue:text}`d_sae:,` latents, {glue:text}`k:d` of them active on
# an average word. They were trained on words read *alone*. In the prompt the stream at a word has another mean; with that subtracted, they
# explain {glue:text}`explained:.0%` of the judged words' variance. Beside them: SAEs whose **decoder is frozen** at its
# random start. Each seed has its own split, probes and judged words.

# %%
recipe, schedule = recipes(k, d_sae)["plain"], Schedule(samples, batch_size, lr)


def wanted(seed, frozen=False):
    """One SAE, as the bank is asked for it."""
    fit = Fit(recipe, d_sae, seed, schedule, frozen_decoder=frozen, device=device)
    return Wanted(source, "frozen" if frozen else "plain", fit)


def inside(i, frozen=False):
    """The SAE on the words of its split, in the prompt."""
    stack = with_l0(wanted(SEEDS[i], frozen).get()[0], Table(asking.x), k)
    return Inside.of(stack, splits[i])


fill([wanted(seed, frozen) for frozen in (False, True) for seed in SEEDS])
trained = [inside(i) for i in range(n_seeds)]
frozen = [inside(i, frozen=True) for i in range(n_seeds)]

# %% [markdown]
# The {term}`main latents <main latent>` of a letter are the one that tells it best and those that raise the F1 of a $k$-sparse probe by 0.03
# (chosen on training words). Three metrics are in use:
#
# - **Causal** {cite}`chanin2024absorption`: on a word whose main latents are all silent, every active latent is taken out in turn,
#   $x \to x - z_j d_j$, and the model run again. The word is absorbed if the latent with the largest effect lowers the margin,
#   leads the runner-up by {glue:text}`min_lead:g` logit, and its decoder has cosine {glue:text}`min_cosine:g` or more with the probe.
# - **Full** {cite}`karvonen2025saebench`: on such a word, the latent that carries most of the projection on the probe
#   carries at least 0.4 of it, with cosine 0.025.
# - **Fraction** {cite}`karvonen2025saebench`: main latents may fire. What up to three others (cosine 0.1) carry, over what they and the
#   main latents carry.
#
# Ablations here are exact, where the paper's code estimates them with integrated gradients. An effect that was chosen because it is large proves little. So
# the latent whose effect is compared with others is chosen by what it *writes*: of the active ones, that which carries most along the probe.


# %%
def silenced(saes, n_words):
    """Ablations on words whose main latents are silent, on so many words an SAE."""
    jobs = zip(saes, n_words, strict=True)
    return [Silenced.of(one, ablated_per_letter, n, min_cosine, min_lead) for one, n in jobs]


def drawn(seed):
    return torch.Generator().manual_seed(seed)


def replaced(saes, ablations):
    """What is lost without the latents that carry most there."""
    jobs = zip(saes, ablations, SEEDS, strict=True)
    return [InPlace.of(one, by, drawn(seed)) for one, by, seed in jobs]


made = silenced(trained, [None] * n_seeds)
made_frozen = silenced(frozen, [int(by.ablated.sum()) for by in made])
in_place, in_place_frozen = replaced(trained, made), replaced(frozen, made_frozen)
partial = [Partial.of(one) for one in trained]
sets = [Sets.of(one, chosen_per_letter, drawn(i)) for one, i in zip(trained, SEEDS, strict=True)]

# %% tags=["hide-input"] mystnb={"code_prompt_show": "The figure at the top"}
INSTEAD = {
    "own": "carries most along the probe",
    "random": "… a random direction spared",
    "spared": "… the probe's direction spared",
    "alike": "another latent as large",
}
ALL = {
    "probe": "the probe's direction",
    "best": "the letter's best latent",
    "by_cause": "the latent chosen by cause",
    "all_main": "all main latents",
    "alike": "another latent as large",
    "random": "a random direction",
}


def means_of(of, names):
    """Mean and 95% interval of each name over SAEs, and a series of them."""
    lost = [Evidence.of_samples("any", [float(getattr(one, name).mean()) for one in of]) for name in names]
    return [np.array([getattr(one, end) for one in lost]) for end in ("value", "low", "high")]


fig, (left, right) = theme.figure(height=3.2, ncols=2)
silent_ones, every = means_of(in_place, INSTEAD), means_of(sets, ALL)
dots(left, list(INSTEAD.values()), [Series("", "child", *silent_ones)], "logits of margin lost")
dots(right, list(ALL.values()), [Series("", "parent", *every)], "logits of margin lost")
left.set_title(f"Where main latents are silent:\n{silent_ones[0][0]:.2f} by one other")
right.set_title(
    f"All words: {every[0][1]:.2f} by a latent a letter,\n{every[0][0]:.2f} by the letter's direction"
)
present(
    "headline",
    fig,
    "Margin lost without single latents, with and without their part along the probe, and without sets of latents and directions.",
)

# %% [markdown]
# ## What was found
#
# **In place of silent latents.** All main latents are silent on {glue:text}`silent:.0%` of the judged words. Without the active latent that carries most along the probe,
# the model loses {glue:text}`in_place:.2f` logits more than without another as large ({glue:text}`in_place_low:.2f` to {glue:text}`in_place_high:.2f`); in frozen-decoder SAEs, on as many words,
# {glue:text}`frozen_place:.2f`. With its part along the probe left in, {glue:text}`left:.0%` of the effect remains ({glue:text}`left_low:.0%` to {glue:text}`left_high:.0%`); with its
# part along a random direction as near to it, {glue:text}`left_random:.0%`.
#
# **How often.** The source names no rate; that one word in a hundred should be absorbed is this book's own demand, and after the run it
# was taken out of what the verdict needs ({term}`post hoc`). The causal metric calls {glue:text}`causal:.1%` of the words absorbed
# ({glue:text}`causal_low:.1%` to {glue:text}`causal_high:.1%`), the full one {glue:text}`full:.1%` ({glue:text}`full_low:.1%` to {glue:text}`full_high:.1%`), which would pass.
# What stands in place of a silent latent costs the answer something, mostly along the letter, but seldom does one latent do so by a
# whole logit more than any other. Where the letter's whole direction is worth the lead that the metric asks for, on {glue:text}`visible:.0%` of the
# words, it calls {glue:text}`of_visible:.1%` absorbed ({glue:text}`of_visible_low:.1%` to {glue:text}`of_visible_high:.1%`): there the demand of one in a hundred is neither met nor
# excluded. With half the lead the mean rate would pass it, as the last figure shows; nobody asked for that beforehand.
#
# **Sets of 26.** In sum a set does as much, word by word it does not. Taking out the best latent of each word's letter costs {glue:text}`best_of_probe:.2f` times the margin that taking out the probe's direction
# costs; the better of two sets, this one and that of the latents which gradients on other words say do most, {glue:text}`of_probe:.2f` times ({glue:text}`of_probe_low:.2f` to {glue:text}`of_probe_high:.2f`).
# But not on the same words: where the latent fires it costs on average more than the direction, elsewhere nothing. Counting no word beyond what its direction costs, the set reaches
# {glue:text}`covered:.2f`, and on {glue:text}`mediated:.0%` of the words the latent costs at least half as much as the direction. Judged word by word, then,
# the source's sentence would stand; what was registered is the sum.
#
# ```{picture} sets
# Each dot is a judged word, of all SAEs: what the model loses without the letter's best latent, and without the letter's direction.
# ```
#
# **Partial absorption.** On {glue:text}`weak:.0%` of the words main latents fire weakly (less than half of what they carry on the letter's median word), beside another latent along the
# probe. Without them the model loses {glue:text}`weak_main:.2f` logits, without the other {glue:text}`weak_other:.2f`, without one as large {glue:text}`weak_alike:.2f`; without both
# {glue:text}`weak_both:.2f`, that is {glue:text}`beyond_sum:.2f` more than the sum ({glue:text}`beyond_sum_low:.2f` to {glue:text}`beyond_sum_high:.2f`).

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Figure"}
best, probe = (torch.cat([getattr(one, name) for one in sets]).numpy() for name in ("best", "probe"))
fig, panel = theme.figure(width=0.7, height=3.4)
panel.plot(probe, best, ".", ms=3, alpha=0.4, color=theme.COLORS["parent"], rasterized=True)
panel.axline((0, 0), slope=1, color=theme.COLORS["reference"], lw=0.8)
panel.set(
    xlabel="logits lost without the letter's direction",
    ylabel="without its best latent",
    title=f"The best latent is silent on {np.mean(best == 0):.0%} of the words",
)
present(
    "sets",
    fig,
    "Scatter of margin lost without the best latent against margin lost without the probe's direction.",
)

# %% [markdown]
# ## The null and the controls
#
# - **Frozen decoder.** Only the encoder learned. As many words as with trained decoders were ablated: {glue:text}`ablations_frozen:,` ablations beside {glue:text}`ablations:,`. The causal
#   metric finds {glue:text}`frozen:.1%`. Such SAEs explain {glue:text}`frozen_explained:.0%` of the variance, and their letters' best latents have an F1 of {glue:text}`frozen_f1:.2f`:
#   they would fail this page's own gates, and so are a weak null.
# - **Random directions.** One at the same cosine from the latent as the probe, otherwise shaped like the data, is spared instead; and one shaped like the data is taken out instead of the letter's:
#   {glue:text}`random_direction:.2f` logits.
# - **Latents as large.** The one that writes most nearly as much on the same word: {glue:text}`alike_best:.2f` logits beside the best latents.
# - **{term}`Oracle <oracle>`.** If the probes themselves are latents, nothing is silent, and nothing absorbed.
# - **Had they learned?** Explained variance, L0 ({glue:text}`l0:.0f` on the judged words, which are more frequent than most) and the best latents' F1 ({glue:text}`best_f1:.2f`) are those in the prompt.
#
# ## What this does not show
#
# - **How common absorption is in large SAEs.** These have {glue:text}`d_sae:,` latents on a small model's words, read after one block.
# - **That every silent word is absorption.** On most of them no single latent carries enough to be called absorbing by either metric;
#   what else carries the letter was not measured.
# - **That they stand in.** What the same kind of latent costs on words whose main latents fire was not measured; it may carry as much there.
# - **That every letter has a latent.** The gate asks for the mean F1 of the letters, not for each. In the
#   explorer (below, first seed) most silent words are of letters whose main latents, one by one, stay below its bound.
# - **That absorbers are tokens' latents.** Those judged by how rarely they fire are mostly the *full* metric's; and nearly any latent is
#   rarer than a letter's.
# - **What the causal metric misses.** It has no positive control: no absorption was planted for it to find.
# - **That no better set exists, or that these 26 suffice.** Two ways of choosing were tried; and that a latent costs as much as a direction does not say that it is the letter which is lost.
# - **That the model uses these latents.** It knows no SAE. An ablation shows that the direction which a latent writes is used.
# - **Rare words.** Only words that the model spells are judged, and those are the more frequent ones.
#
# ## Details
#
# ```{picture} thresholds
# Every rate depends on its threshold (dotted: the published one): the lead over the runner-up, the share of the projection.
# ```
#
# All this rests on few words: an SAE has a mean of {glue:text}`both_words:.1f` words that the causal and the full metric both call absorbed,
# {glue:text}`full_words:.1f` that only the full one does and {glue:text}`causal_words:.1f` that only the causal one does. Over words with ablations their Cohen's
# $\kappa$ is {glue:text}`kappa:.2f` ({glue:text}`kappa_low:.2f` to {glue:text}`kappa_high:.2f`). The fraction is {glue:text}`fraction_if_causal:.2f` on words that the causal metric
# calls absorbed and {glue:text}`fraction_if_not:.2f` on the others that were ablated.
# The published mean leaves out letters without a silent word, which raises that of the causal metric by {glue:text}`bias:.4f`.
#
# The words and latents of the first seed can be looked up in [the explorer](../explorer.md), by the *full* metric and for all held-out words whose letter the probe finds.

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Rates and thresholds"}
verdicts = [Verdicts.of(*pair) for pair in zip(trained, made, strict=True)]
verdicts_frozen = [Verdicts.of(*pair) for pair in zip(frozen, made_frozen, strict=True)]
leads, shares = np.linspace(0, 3, 13), np.linspace(0.1, 1, 10)
at_lead = [np.mean([one.by_causal(float(lead)).mean() for one in verdicts]) for lead in leads]
at_share = [np.mean([one.by_full(float(share)).mean() for one in verdicts]) for share in shares]
fig, (left, right) = theme.figure(height=2.6, ncols=2, sharey=True)
left.plot(leads, at_lead, color=theme.COLORS["child"])
right.plot(shares, at_share, color=theme.COLORS["parent"])
left.axvline(min_lead, color=theme.COLORS["reference"], lw=0.8, ls=":")
right.axvline(0.4, color=theme.COLORS["reference"], lw=0.8, ls=":")
left.set(
    title="Causal metric", xlabel="lead over the runner-up (logits)", ylabel="share of words", ylim=(0, None)
)
right.set(title="Full metric", xlabel="share of the projection")
present(
    "thresholds", fig, "The causal rate falls with the lead that is asked for, the full rate with the share."
)

# %% tags=["hide-input"] mystnb={"code_prompt_show": "The table of words"}
cases = sorted((case for one in verdicts for case in one.cases()), key=lambda case: -case[0])
table = pd.DataFrame([row for _, row in cases] or [{"word": "none"}]).drop_duplicates("word").head(16)
glue("absorbed_words", table.set_index("word"), display=False)


# %% tags=["nbval-check-output", "hide-cell"] mystnb={"code_prompt_show": "The verdict"}
def over(name, values, possible=(-np.inf, np.inf), note=""):
    return Evidence.of_samples(name, [float(v) for v in values], possible=possible, note=note)


rates = [one.by_causal() for one in verdicts]
left_random = [one.left("random") for one in in_place]
left = [one.left("spared") for one in in_place]
letterwise = (0, 1), "mean over letters"
evidence = [
    over("causal", [one.mean() for one in rates], *letterwise),
    over("full", [one.by_full().mean() for one in verdicts], *letterwise),
    over("fraction", [one.rate(one.fraction).mean() for one in verdicts], *letterwise),
    over("frozen", [one.by_causal().mean() for one in verdicts_frozen], *letterwise),
    over("in_place", [one.ahead for one in in_place]),
    over("frozen_place", [one.ahead for one in in_place_frozen]),
    over("left", left, note="effect with the probe's direction spared over the whole effect"),
    over("left_random", left_random, note="the same with a random direction at the same cosine"),
    Evidence.paired("left_beyond", left_random, left),
    over("narrow", [one.narrowness() for one in verdicts], (0, np.inf), "medians of the numbers of words that latents fire on"),
    over("of_probe", [max(one.share("best"), one.share("by_cause")) for one in sets]),
    over("best_of_probe", [one.share("best") for one in sets]),
    over("covered", [one.covered for one in sets], (0, 1)),
    over("mediated", [one.mediated for one in sets], (0, 1), "of the words that lose by the direction"),
    over("alike_best", [one.alike.mean() for one in sets]),
    over("random_direction", [one.random.mean() for one in sets]),
    over("partial", [one.lesser for one in partial]),
    over("weak", [len(one.word) / len(sae.z) for one, sae in zip(partial, trained, strict=True)], (0, 1)),
    over("beyond_sum", [one.beyond_sum for one in partial]),
    over("kappa", [one.kappa() for one in verdicts], (-1, 1)),
    over("silent", [one.carried.silent.float().mean() for one in trained], (0, 1)),
    over("visible", [(one.probe >= min_lead).float().mean() for one in sets], (0, 1)),
    over("of_visible", [one.among(of.probe >= min_lead) for one, of in zip(verdicts, sets, strict=True)], (0, 1)),
    over("bias", [one.published_mean() - one.mean() for one in rates]),
    over("explained", [one.fit.explained for one in trained], (-np.inf, 1)),
    over("dead", [one.dead for one in trained], (0, 1)),
    over("best_f1", [one.examined.f1.mean() for one in trained], (0, 1)),
    over("spelled", [one.right.float().mean() for one in splits], (0, 1)),
    Evidence.exactly("oracle", max(of_oracle(one) for one in trained), note="the worst SAE"),
]  # fmt: skip
record = conclude(
    CLAIM,
    evidence,
    found=(
        "Of what the model loses without the latent in place of silent ones, {left:.0%} is still lost where its part along the letter stays in. "
        "{causal:.1%} of the words are absorbed by the causal metric. In sum the better set of 26 latents costs {of_probe:.2f} times what the "
        "letters' directions cost, but not on the same words."
    ),
    headline="causal",
    seeds=SEEDS,
    parameters=dict(
        words_per_letter=words_per_letter, model_name=model_name, layer=layer, d_sae=d_sae, k=k, samples=samples, batch_size=batch_size, lr=lr,
        first_split=first_split, n_examples=n_examples, asked_per_letter=asked_per_letter, ablated_per_letter=ablated_per_letter,
        chosen_per_letter=chosen_per_letter, min_cosine=min_cosine, min_lead=min_lead,
    ),
    profile=profile,
    device=device,
)  # fmt: skip
print(record)

# %% tags=["remove-cell"]
glue_record(record)
ablated = torch.cat([one.made.ablated for one in verdicts])
a, f, fraction = (
    torch.cat([getattr(v, name) for v in verdicts])[ablated] for name in ("causal", "full", "fraction")
)
for name, value in {
    "n_seeds": n_seeds, "n_examples": n_examples, "layer": layer, "d_sae": d_sae, "k": k, "min_cosine": min_cosine, "min_lead": min_lead,
    "n_words": len(asking.words), "example": asking.example("snake"),
    "probe_f1": np.mean([float(one.task.probe_f1.mean()) for one in splits]),
    "ablations": sum(len(by.lost) for by in made), "ablations_frozen": sum(len(by.lost) for by in made_frozen),
    "frozen_explained": np.mean([one.fit.explained for one in frozen]), "frozen_f1": np.mean([float(one.examined.f1.mean()) for one in frozen]),
    "l0": np.mean([one.fit.l0 for one in trained]),
    "both_words": int((a & f).sum()) / n_seeds, "full_words": int((f & ~a).sum()) / n_seeds, "causal_words": int((a & ~f).sum()) / n_seeds,
    "fraction_if_causal": fraction[a].sum() / a.sum().clamp(min=1), "fraction_if_not": fraction[~a].sum() / (~a).sum().clamp(min=1),
    **{f"weak_{name}": float(torch.cat([getattr(one, name) for one in partial]).mean()) for name in ("main", "other", "both", "alike")},
}.items():  # fmt: skip
    glue(name, value if isinstance(value, int | str) else float(value), display=False)


# %% tags=["remove-cell"]
# The first seed's SAEs, for the explorer.
def entry(one, recipe_name):
    """One SAE, letter by letter."""
    tables = by_letter(one.asked.task, one.whole, one.dictionary, one.examined)
    return Entry(
        model=f"{model_name}, after block {layer}; words in a spelling prompt",
        recipe=f"{recipe_name}, {d_sae} latents",
        sparsity=f"L0 = {k}",
        about={"L0 on judged words": round(one.fit.l0, 2), "explained variance": round(one.fit.explained, 3)},
        letters=dict(zip(LETTERS, tables, strict=True)),
    )


write_entries(
    record.claim.id, profile, [entry(trained[0], "plain"), entry(frozen[0], "plain, decoder frozen")]
)
