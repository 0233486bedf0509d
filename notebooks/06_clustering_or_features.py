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
# # Do SAEs cluster, or extract features?
#
# :::{claim}
# :::
#
# ```{picture} headline
# :alt: Left, the combination index of several kinds of SAE with intervals. Right, the share of absorbed states and how well the best latent finds a factor, for trained SAEs and for SAEs with a frozen random decoder.
# Left: the combination index, 1 where each {term}`combination` is written with one direction and 0 where each {term}`feature` in it has its own; the vertical line is the bound,
# half-way. An index near 0 alone does not show features: SAEs whose random {term}`decoders <decoder>` are frozen have it, too. What does is on the right: how well the best
# {term}`latent` finds a factor ({term}`F1`), beside such frozen SAEs at one {term}`L0`; below it, how often a parent is absorbed. Dots: means over worlds; lines: 95% intervals.
# ```
#
# ```{predicates}
# ```
#
# ## The idea
#
# A snake is an animal, and *snake* starts with S. A {term}`dictionary` of *features* has one latent for *animal* and one for *starts with S*, and writes *snake* with both. A
# *clustering* has one latent for each group of inputs, *animals that start with S*; at its purest it never uses two at a time and is a {term}`quantiser`. On the words that they were
# trained on, both can reconstruct equally well. Asked "what evidence could demonstrate one result versus the other?", the source answers with absorption, and adds "but that seems
# unsatisfying" {cite}`amagibaba2025splitting`.
#
# Here is what each would do. T4 is the source's own test; beside it stands what the source was told, that SAEs find features.
#
# | | a clustering | a dictionary of features |
# |---|---|---|
# | T1: how many directions write a {term}`combination` of $s$ factors? | one | $s$ |
# | T2: a pair of factors that training never showed | as far off as anything new | no worse than its parts |
# | T3: how strongly a latent fires | says nothing more | says how much of the factor there is |
# | T4: {term}`absorption`, and how well latents find factors | as learned as the groups | as learned as the features |
# | T5, without a bound: what two {term}`seeds <seed>` share | the groups | the directions |
#
# What the objective rewards is known before T1 is asked. Decoder rows have length 1, so by the triangle inequality the latents of a state add up to no less than the length of what
# they write. One latent for each state attains this. So where every combination has a latent, a quantiser minimises squared error and {term}`L1 penalty` together, at any {term}`λ`.
# T1 asks whether training from random weights gets there.
#
# T4 needs a {term}`null`, because a score says nothing about learning that an {term}`SAE` without a learned dictionary gets as well. So it is put beside SAEs whose **decoder is
# random and frozen**, at one L0 {cite}`korznikov2026sanity`. Where the two tie, the score does not show what was learned. Where they do not, absorption still does not tell the two
# columns apart: a dictionary of features under sparsity absorbs, too.
#
# T1 needs no look at a single latent. The **combination index** takes the ratio of a reconstruction's length to the sum of its parts' lengths,
# $\lVert\sum z_i d_i\rVert / \sum z_i \lVert d_i\rVert$: it is 1 where one direction writes the state, and $1/\sqrt s$ where $s$ orthogonal ones of equal strength do. Rescaled, it
# is 1 for a quantiser and 0 for an extractor. Latents that share a direction do not move it. It is negative where latents cancel each other.

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Imports"}
from functools import partial

import numpy as np
import pandas as pd
from IPython.display import display

from absorption.claims import Claim, Evidence, Finding, Predicate, Quotation, conclude
from absorption.claims.each import of_each, of_ranges
from absorption.claims.known import of_known
from absorption.experiments.factors import factor_worlds, family_worlds, together
from absorption.experiments.grouping_tests import Answers, Asked
from absorption.experiments.groupings import moments
from absorption.experiments.learners import at_true_l0, learned, read
from absorption.figures import theme
from absorption.figures.forms import curves, dots
from absorption.figures.present import present
from absorption.figures.series import Series
from absorption.publish.averages import averages
from absorption.publish.notebook import glue_record, glue_values
from absorption.runtime.parallel import in_parallel
from absorption.runtime.paths import pick_device

theme.use()

# %% tags=["parameters", "hide-input"] mystnb={"code_prompt_show": "Parameters"}
first_seed = 30600  # of worlds and SAEs; pilots used 600 to 699, and a run that was spoilt 10600 to 10695
n_worlds = 40  # with factors
n_families = 96  # worlds with a hierarchy
n_long = 10  # of the worlds with factors, trained for longer
n_factors = 4  # independent factors m; there are 2^m − 1 combinations of them
d_in = 8  # dimensions of the activations
common = (0.2, 0.5)  # range of the probability that a factor is present
rare = (0.03, 0.1)  # the same where combinations are rare
spread = 0.3  # where magnitudes vary, by this share up or down
wide = 16  # latents: one for each combination, the empty one counted
narrow = 4  # latents: one for each factor
family_width = 12  # latents in worlds with a hierarchy of six features
sparsity = 0.16  # λ of the L1 penalty
shares = (0.98, 1.05, 1.12)  # k of BatchTopK that are tried, over the true L0
one_l0 = 0.05  # L0s that differ by less than this share are one
steps = 6000  # optimiser steps with L1
varied_steps = 3000  # the same where magnitudes vary
n_starts = 3  # SAEs for each world with a hierarchy
budget_steps = 800  # optimiser steps of BatchTopK
lr = 0.02  # peak learning rate (Adam)
profile = "laptop"
device = "auto"

# %% tags=["claim", "hide-input"] mystnb={"code_prompt_show": "The claim, its predicates and their bounds"}
HALF = "half-way between the two: above it, an SAE is nearer to a clustering than to a dictionary of features"
CLAIM = Claim(
    id="06_clustering_or_features",
    title="Do SAEs cluster, or extract features?",
    sentence="SAEs are implementing clustering, and not extracting features that compose; the evidence for it would be absorption.",
    quotations=(
        Quotation("I think SAEs are implementing clustering.", "amagibaba2025splitting", "TLDR"),
        Quotation("what evidence could demonstrate one result versus the other? And to that end, my answer would be the phenomenon of feature absorption, but that seems unsatisfying.", "amagibaba2025splitting", "TLDR"),
    ),
    predicates=(
        Predicate("wide", "T1: with an L1 penalty and a latent for each common combination, the combination index exceeds 0.5", evidence="index_wide_common", above=0.5, because=HALF, essential=True),
        Predicate("true_l0", "T1: so it does where as many latents fire as factors are present (BatchTopK, as wide)", evidence="index_true_l0", above=0.5, because=HALF),
        Predicate("memorises", "T2: on pairs of factors that training never showed, a wide SAE errs at least half as much as k-means", evidence="heldout_error", above=0.5, because="half of k-means' error: below it, more of the new pair is composed than is missed"),
        Predicate("constant", "T3: grades of activation carry less than half of the variance among states with the same factors", evidence="graded_share", below=0.5, because="where they carry more than half, a latent's strength says more than that its group is met"),
        Predicate("absorbs", "T4: at one L0 trained SAEs absorb more of a parent than SAEs with frozen random decoders, by more than 0.05", evidence="absorption_gap", above=0.05, because="one state in twenty; if they tie, absorption is no evidence of anything learned"),
        Predicate("finds_nothing", "T4: at one L0 trained SAEs' best latents find factors no better than those of frozen ones, but for 0.05 of F1", evidence="f1_gap", below=0.05, because="then finding features would be no evidence of extraction either; 0.05 of F1 is what one input in twenty moves"),
        Predicate("learned", "the trained SAEs miss less than a quarter of the squared length of what they were trained on (the worst kind)", evidence="missed_worst", below=0.25, because="an SAE that misses a quarter leaves out a whole factor of the four", role="gate"),
        Predicate("l0", "most pairs of a trained and a frozen SAE could be brought to one L0, to 5%: more than half, in both kinds of worlds", evidence="alike", above=0.5, because="only these are compared; fewer would not stand for the rest", role="match"),
        Predicate("frozen_index", "SAEs with frozen random decoders, as wide and at the true L0, have a combination index below 0.5", evidence="index_frozen", below=0.5, because="or the index would be high whatever is learned", role="null"),
        Predicate("untrained_index", "so have wide SAEs before training", evidence="index_untrained", below=0.5, because="likewise", role="null"),
        Predicate("quantiser_oracle", "a quantiser placed by hand scores 1", evidence="oracle_quantiser", above=0.999, because="by definition of the index, up to rounding", role="control"),
        Predicate("extractor_oracle", "an extractor placed by hand scores 0", evidence="oracle_extractor", below=0.001, above=-0.001, because="by definition of the index, up to rounding", role="control"),
        Predicate("truth_absorbs_nothing", "the true dictionary of the worlds with a hierarchy absorbs nothing", evidence="oracle_absorbed", below=0.001, because="by definition, up to rounding", role="control"),
    ),
    findings=(
        Finding("T1: combination index with as many latents as factors", "index_narrow_common"),
        Finding("T1: with a latent for each combination, and combinations rare", "index_wide_rare"),
        Finding("T1: with a latent for each combination, and magnitudes that vary", "index_wide_varied"),
        Finding("T1: what twice the steps add where combinations are common", "longer_common"),
        Finding("T1: what twice the steps add where they are rare", "longer_rare"),
        Finding("T2: what twice the steps add to the error, over that of k-means", "longer_heldout"),
        Finding("T4: share of a child's states with the parent absorbed, trained, all pairs", "absorption_sae"),
        Finding("T4: the same with frozen decoders", "absorption_frozen"),
        Finding("T4: F1 of the best latent of each factor, trained, all pairs", "f1_sae"), Finding("T4: the same with frozen decoders", "f1_frozen"),
        Finding("T5: decoder MCC of two seeds, wide", "agreement_wide"), Finding("T5: the same with as many latents as factors", "agreement_narrow"),
        Finding("T5: adjusted Rand index of the zones of two seeds, wide", "zones_wide"),
        Finding("T5: the same with as many latents as factors", "zones_narrow"),
        Finding("T1: at the true L0, after as many steps as with L1", "index_true_l0_longer"),
        Finding("T1: with an L1 penalty and frozen random decoders", "index_frozen_l1"),
        Finding("T3: share of the variance that grades carry with frozen random decoders", "graded_frozen"),
        Finding("T4: absorbed share of a child's states in the pairs at one L0, trained", "absorption_sae_alike"),
        Finding("T4: the same with frozen decoders", "absorption_frozen_alike"),
        Finding("T4: F1 of the best latent of each factor in the pairs at one L0, trained", "f1_sae_alike"),
        Finding("T4: the same with frozen decoders", "f1_frozen_alike"),
        Finding("T5: decoder MCC of random directions among the factors, as many as live, wide", "chance_wide"),
        Finding("T5: the same with as many latents as factors", "chance_narrow"),
    ),
)  # fmt: skip
SEEDS = range(first_seed, first_seed + max(n_worlds, n_families))

# %% [markdown]
# ## The world
#
# {glue:text}`n_factors:d` factors, orthogonal, in {glue:text}`d_in:d` dimensions, each present independently of the others. In each of {glue:text}`n_worlds:d` worlds probabilities
# and strengths are drawn anew. Combinations are *common* or *rare*, as the range of the probabilities has it. In a third kind they are common and *magnitudes vary*. Every
# expectation is exact.
#
# For T4's absorption: two {term}`parents <parent>`, each with two {term}`children <child>` that exclude each other, in {glue:text}`n_families:d` worlds with probabilities of their
# own, and {glue:text}`n_starts:d` SAEs for each.

# %%
device = pick_device(device)
seeds = range(first_seed, first_seed + n_worlds)
world = dict(seeds=seeds, n_factors=n_factors, d_in=d_in)
of_common, of_rare = (factor_worlds(**world, rate=rate) for rate in (common, rare))
of_varied = factor_worlds(**world, rate=common, spread=spread)
seen, unseen = of_common.split(0, 1)  # without the states that have both factors; these
family_seeds = range(first_seed, first_seed + n_families)
once, pairs = family_worlds(family_seeds, "apart")
hierarchies = together([once.again(i) for i in range(n_starts)])

# %% [markdown]
# ## The experiment
#
# SAEs start at random. With an **L1 penalty** ($\lambda$ = {glue:text}`sparsity`) they are as wide as there are combinations, the empty one counted, or as there are factors. With
# **{term}`BatchTopK`** the L0 is set: as many latents are to fire as features are present. This asks what SAEs do that are told how many latents to use. A quantiser uses fewer, and
# is out of reach there unless spare latents double others. The $k$ is chosen among {glue:text}`n_shares:d` as the one that comes nearest to that L0. SAEs with **frozen decoders**
# are trained in the same way, but only their {term}`encoders <encoder>` learn. A pair whose L0s differ by more than {glue:text}`one_l0:.0%` is not compared.

# %%
twice = [of_common, of_common.again()]
in_room, long = together([*twice, of_rare, seen]), 2 * steps
long_worlds = together([one.first(n_long) for one in (of_common, of_rare, seen)])
trail, every = [], steps // 10


def watched(stack):
    trail.append(read(stack, long_worlds).index(long_worlds.effective))
    return trail[-1]


l1 = partial(learned, pressure=sparsity, lr=lr, device=device)
count = partial(at_true_l0, shares=shares, lr=lr, device=device)
jobs = {
    "long": partial(l1, long_worlds, wide, steps=long, observe=watched, every=every),
    "wide": partial(l1, in_room, wide, steps=steps),
    "varied": partial(l1, of_varied, wide, steps=varied_steps),
    "narrow": partial(l1, together(twice), narrow, steps=varied_steps),
    "untrained": partial(l1, of_common, wide, steps=0),
    "L1, frozen": partial(l1, of_common, wide, steps=steps, frozen=True),
    "varied, frozen": partial(l1, of_varied, wide, steps=varied_steps, frozen=True),
    "factors, longer": partial(count, of_common, wide, steps=steps),
}

# %%
budgets = dict(factors=(of_common, wide), families=(hierarchies, family_width))
for name, of in budgets.items():
    jobs[name] = partial(count, *of, steps=budget_steps)
    jobs[f"{name}, frozen"] = partial(jobs[name], frozen=True)
ran = in_parallel(lambda job: job(), jobs.values(), device)
done = dict(zip(jobs, ran, strict=True))
how = (n_long, n_starts, wide, one_l0)
asked = Asked(of_common, of_rare, of_varied, seen, unseen, hierarchies, pairs, *how)
found = Answers(asked, done)

# %% tags=["hide-input"] mystnb={"code_prompt_show": "The figure at the top"}
fig, (left, right) = theme.figure(height=3.2, ncols=2)
shown = list(found.codes)[:6]
series = averages("index", "accent", [found.index[name] for name in shown], possible=(-np.inf, 1))
dots(left, [found.codes[name][0] for name in shown], [series], "combination index", reference=0.5)
left.set_title("Groups where L1 has room for them")
for at, look in enumerate((("trained", "parent", "o"), ("decoder frozen", "reference", "s"))):
    series = averages(*look[:2], found.at_one_l0(at), look[2], possible=(0, 1))
    dots(right, ["best latent's F1", "absorbed"], [series], "share, F1", None)
right.set(xlim=(0, 1), title="Beside a frozen random decoder, at one L0")
right.legend(loc="upper right", fontsize=8)
present("headline", fig, alt="The combination index by kind of SAE, and two scores for trained and frozen SAEs.")  # fmt: skip

# %% [markdown]
# ## What was found
#
# **T1. With room and an L1 penalty, a combination is written with nearly one direction.** With a latent for each common combination the index reaches
# {glue:text}`index_wide_common:.2f`; with only as many latents as factors, {glue:text}`index_narrow_common:.2f`. Where combinations are rare it ends as high
# ({glue:text}`index_wide_rare:.2f`), more slowly. These SAEs are near to a quantiser, but none: they fire {glue:text}`l0_wide:.2f` times as many latents as there are factors, a
# quantiser {glue:text}`l0_quantiser:.2f` times (rare: {glue:text}`l0_rare:.2f` and {glue:text}`l0_rare_quantiser:.2f`). Spare latents share a direction, which the index does not
# see.
#
# As wide, but told to fire as many latents as factors are present, SAEs have an index of {glue:text}`index_true_l0:.2f`. They differ from those with L1 in more than this: in the
# activation, and in steps. After as many steps as with L1 it is {glue:text}`index_true_l0_longer:.2f`. Where magnitudes vary by {glue:text}`spread:.0%`, sums of two factors are no
# longer one direction, there are more directions than latents, and with L1 the index is {glue:text}`index_wide_varied:.2f`.
#
# **T2.** On pairs of factors that it never saw, a wide SAE with an L1 penalty misses {glue:text}`new_sae:.2f` of the squared length, and k-means with a centroid for every state that
# it saw {glue:text}`new_k_means:.2f`; world by world, the SAE's error is {glue:text}`heldout_error:.2f` of that of k-means ({glue:text}`heldout_error_low:.2f` to
# {glue:text}`heldout_error_high:.2f`). So it does better than a pure clustering on what it has not seen. Whether it errs half as much stays open; this design would have found a
# distance of {glue:text}`heldout_detectable:.2f` from the bound. Errors are squared: half of k-means' error is not half of a pair composed.
#
# **T3 decides little.** Of the variance among states with the same factors, {glue:text}`graded_share:.0%` is carried by how strongly latents fire. But a ReLU grows with its input
# whatever was learned, and in these worlds the SAEs are no clusters, as the index says. With frozen decoders the share is {glue:text}`graded_frozen:.1f`: it can be above 1 where
# latents cancel each other.
#
# **T4.** In the pairs at one L0, trained SAEs absorb {glue:text}`absorption_sae_alike:.0%` of a child's states, and SAEs whose random decoders are frozen
# {glue:text}`absorption_frozen_alike:.0%`, a difference of {glue:text}`absorption_gap:.2f` ({glue:text}`absorption_gap_low:.2f` to {glue:text}`absorption_gap_high:.2f`; the
# {glue:text}`pairs_families:d` of {glue:text}`n_families:d` worlds that have such a pair). So absorption is something that training brings; whether it brings it to groups or to
# features, the score does not say. A *low* rate shows nothing for either: the frozen SAEs, which have the lower one, miss {glue:text}`family_frozen_missed:.0%` of the squared length
# (trained: {glue:text}`family_missed:.0%`). The other score, how well the best latent finds a factor, is {glue:text}`f1_sae_alike:.2f` of F1 in trained SAEs and
# {glue:text}`f1_frozen_alike:.2f` in frozen ones, a difference of {glue:text}`f1_gap:.2f` ({glue:text}`f1_gap_low:.2f` to {glue:text}`f1_gap_high:.2f`).
#
# **T5**, two seeds of the same world: decoders agree with an {term}`MCC` of {glue:text}`agreement_wide:.2f` (wide; random directions among the same factors:
# {glue:text}`chance_wide:.2f`) and {glue:text}`agreement_narrow:.2f` (narrow; {glue:text}`chance_narrow:.2f`). More latents in as many dimensions match better by chance, so the two
# widths cannot be compared by it. Zones, each the states on which one latent is the strongest, agree with an adjusted Rand index of {glue:text}`zones_wide:.2f` and
# {glue:text}`zones_narrow:.2f`; 0 is chance.
#
# **Was training long enough?** Twice the steps change the index by {glue:text}`longer_common:.2f` where combinations are common, by {glue:text}`longer_rare:.2f`
# ({glue:text}`longer_rare_low:.2f` to {glue:text}`longer_rare_high:.2f`) where they are rare, and the error of T2 by {glue:text}`longer_heldout:.2f` of that of k-means. The worlds
# with varying magnitudes and those with a hierarchy were tried with twice the steps in pilots only.
#
# ```{picture} patience
# :alt: The combination index over training steps, for common combinations and for rare ones.
# The index over training with an L1 penalty, wide SAEs, mean and range of {glue:text}`n_long:d` worlds. They are trained twice as long as the SAEs of T1, which end at the vertical
# line. The learning rate falls in the last third.
# ```

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Figure: patience"}
fig, axes = theme.figure(height=2.8, width=0.7)
by_moment = moments(trail, 3)
lines = [Series.of_runs(name, role, by_moment[:, at]) for at, (name, role) in enumerate((("common", "child"), ("rare", "parent")))]  # fmt: skip
curves(axes, np.minimum(np.arange(len(trail)) * every, long), lines, "training steps", "combination index")
axes.axvline(steps, color=theme.COLORS["reference"], lw=0.8)
axes.set(title="Rare combinations get their latents late", ylim=(-0.4, 1.03))
axes.legend(loc="lower right", title="combinations")
present("patience", fig, alt="The combination index against training steps.")

# %% [markdown]
# ## The null and the controls
#
# SAEs with frozen random decoders, as wide and at the true L0, have an index of {glue:text}`index_frozen:.2f`, about as near to 0 as trained ones ({glue:text}`index_true_l0:.2f`).
# So an index near 0 does not show features. What shows that the trained ones learned the factors is F1, and what they miss: {glue:text}`budget_missed:.1%` of the squared length
# (frozen: {glue:text}`frozen_missed:.0%`). With an L1 penalty at the same $\lambda$, frozen decoders give an index of {glue:text}`index_frozen_l1:.2f`, and SAEs before training have
# {glue:text}`index_untrained:.2f`; so a high one is learned. A quantiser and an extractor that are placed by hand score 1 and 0, and the true dictionary absorbs nothing.
#
# Some things need no experiment. k-means has no grades, and absorbs every state with a child: a code of one cluster a state cannot do otherwise. And an SAE with four latents cannot
# have one for each of fifteen combinations without missing most of the data, so its low index decides nothing. L1 cannot be brought to the true L0 here: spare latents share
# activations, and with a frozen decoder it stays far above it ({glue:text}`l0_frozen_l1:.1f` times the true L0). Hence BatchTopK for T4.

# %% tags=["hide-input"] mystnb={"code_prompt_show": "A table of all SAEs"}
display(pd.DataFrame(found.table).T.round(3))

# %% [markdown]
# ## What this does not show
#
# - **Language models.** Four independent, orthogonal factors have fifteen combinations; a language model's have more than any dictionary has latents. Room for every combination
#   exists there, if at all, only for small groups of features that often come together.
# - **Other nulls, other metrics.** A frozen decoder says which scores show a learned *decoder*; the frozen SAEs' encoders learned. F1 and absorption were tried, in toy worlds.
# - **Which λ.** T1 to T3 are asked at one $\lambda$, chosen in pilots.
# - **Stability at scale.** Seeds agree in a small world; nothing is said about SAEs with a hundred thousand latents {cite}`paulo2025different`.
# - **A run that is not shown.** A first run with the registered design was spoilt: while it started, a test had broken the code that freezes decoders. Its numbers were seen and
#   thrown away; bounds and design stayed, and the run shown here has other seeds.
# - **What the claim says.** The source thinks that SAEs cluster; it names no conditions. Only T1 at its most favourable could refute it, since the other tests and what they should
#   show are ours.

# %% tags=["nbval-check-output", "hide-cell"]
over, needed = dict(of="worlds"), "worlds have a pair at one L0"
evidence = [
    *of_ranges(found.samples, **over),
    *of_each({"heldout_error": found.new / found.new_k_means}, possible=(0, np.inf), note="SAE over k-means", **over),
    *of_each({"missed_worst": found.missed[found.worst]}, possible=(0, np.inf), note=found.worst, **over),
    *(of_known(name, gap, needed, possible=(-1, 1), note="trained less frozen", **over) for name, gap in found.gaps.items()),
    *(of_known(name, score, needed, possible=(0, 1), note="pairs at one L0", **over) for name, score in found.alike.items()),
    Evidence.exactly("alike", min(kept.mean() for kept in found.paired.values()), note="share of the pairs; the kind with fewer"),
    *(Evidence.exactly(name, value) for name, value in found.placed.items()),
]  # fmt: skip
record = conclude(
    CLAIM, evidence, headline="index_wide_common", seeds=SEEDS, profile=profile, device=device,
    found="With an L1 penalty and a latent for each common combination, SAEs write it with nearly one direction (combination index {index_wide_common:.2f} of 1). "
    "As wide, but told to fire as many latents as factors, they do not ({index_true_l0:.2f}), and they find factors better than SAEs with frozen random "
    "decoders, by {f1_gap:.2f} of F1. On pairs of factors that are new it stays open.",
    parameters=dict(
        first_seed=first_seed, n_worlds=n_worlds, n_families=n_families, n_long=n_long, n_starts=n_starts, n_factors=n_factors, d_in=d_in,
        common=common, rare=rare, spread=spread, wide=wide, narrow=narrow, family_width=family_width, sparsity=sparsity,
        shares=shares, one_l0=one_l0, steps=steps, varied_steps=varied_steps, budget_steps=budget_steps, lr=lr,
    ),
)  # fmt: skip
print(record)

# %% tags=["remove-cell"]
glue_record(record)
glue_values(
    n_factors=n_factors, d_in=d_in, n_worlds=n_worlds, n_families=n_families, n_long=n_long, n_starts=n_starts, n_shares=len(shares),
    sparsity=sparsity, one_l0=one_l0, spread=spread, steps=steps, wide=wide, narrow=narrow, worst=found.worst,
    heldout_detectable=record["heldout_error"].detectable, **found.for_prose(),
)  # fmt: skip
