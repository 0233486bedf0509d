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
# # Do frequent combinations of features push out rare ones?
#
# :::{claim}
# :::
#
# ```{picture} headline
# :alt: Two panels over the sparsity weight, three latents and overlapping combinations. The share of worlds in which the best random run has lost the rare feature to a combination rises with the weight; the share in which it keeps every feature falls; runs from beside the truth lose nothing until the weight is large.
#
# SAEs with a {term}`latent` for each {term}`feature`. *Lost*: one latent stands for a {term}`combination` of frequent features, and none for the
# rare one. *Best*: least loss of {glue:text}`n_runs:d` random starts, with 95% intervals over worlds; *single*: any of them. *All kept*: each feature has a
# latent of its own, no combination has one, and hardly more fire than features are present. *Beside the truth*: started there. Dotted: the {term}`λ` that is judged.
# ```
#
# ```{predicates}
# ```
#
# ## The idea
#
# Say that *the* is frequent, *mathematics* is frequent, and the two often come together. With a latent for each {term}`feature`, an SAE under
# an {term}`L1 penalty` pays for two activations, one and one, at every *the* in a mathematical text. One latent along their sum has to fire
# stronger, but only as strongly as the sum is long, $\sqrt 2$: it is cheaper by $2 - \sqrt 2$ (see *Details*).
#
# But latents are scarce. Say that there are three of them, and that a third feature is rare. If one goes to the pair, none is left for the rare feature,
# and it is not reconstructed. That costs little, because it is rare, and it can cost less than the pair's latent saves.
#
# Less sparsity, then? The source doubts that there is a *sweet spot*: a {term}`λ` at which the SAE is sparse, every feature has its latent and no combination has one.
# More latents? They may go to further combinations. All this it argues from drawings, and offers a test: whether composed latents
# are sums of simpler ones that another kind of SAE finds. Here it is trained.

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Imports"}
from functools import partial

import numpy as np

from absorption.claims import Claim, Evidence, Finding, Predicate, Quotation, conclude
from absorption.claims.each import of_ranges
from absorption.claims.families import of_worst
from absorption.experiments.arithmetic import drawn_texts, trained
from absorption.experiments.crowds import crowded_worlds, pair_worlds
from absorption.experiments.displaced import Job, displaced, jobs, longer, oracle
from absorption.experiments.sums_of_words import WordSums, at_truth_l0
from absorption.figures import theme
from absorption.figures.forms import curves, dots
from absorption.figures.log_ticks import log_ticks
from absorption.figures.present import present
from absorption.figures.series import Series
from absorption.publish.averages import averages
from absorption.publish.notebook import glue_record, glue_values
from absorption.runtime.parallel import in_parallel
from absorption.runtime.paths import pick_device

theme.use()

# %% tags=["parameters", "hide-input"] mystnb={"code_prompt_show": "Parameters"}
sparsities = (0.0125, 0.025, 0.05, 0.1, 0.2, 0.4)  # λ
judged = 0.2  # the λ at which features are counted as lost
n_worlds = 80  # with one pair
n_crowded = 24  # with overlapping combinations
rare_range = (0.001, 0.1)  # probability of the rare feature
proportions = (-25.0, -12.5, 0.0, 12.5, 25.0)  # of the pair where they vary, degrees from its own
n_runs = 8  # random starts in each world at each λ; one half chooses a sweet spot, the other scores it
n_spare = 2  # latents beyond one a feature
steps = 2000  # optimiser steps
n_longer = 6  # pilot worlds of each kind, trained twice as long
first_pilot = 400  # their seed
n_texts = 40  # worlds of words in contexts
d_text = 16  # their dimensions
widths = (7, 10, 15, 20)  # latents there; the third is the arithmetic's
width_sparsity = 0.3  # λ where widths are compared
orthogonality = 0.3  # weight of the mean |cosine| between decoder rows
own_direction = 2.0  # length of a combination's own direction, in the control
text_sparsities = (0.05, 0.15, 0.45, 1.2)  # first round of the search for one L0
one_l0 = 0.05  # L0s that differ by less than this share are one
text_steps = 1000
lr = 0.01  # peak learning rate (Adam)
first_seed = 10400  # of worlds and random weights; pilots used 400 to 499
profile = "laptop"
device = "auto"

# %% tags=["claim", "hide-input"] mystnb={"code_prompt_show": "The claim, its predicates and their bounds"}
ONE_IN_TEN = "“may”: with one world in ten, whoever relies on such an SAE has to reckon with it"
CLAIM = Claim(
    id="04_combinations",
    title="Do frequent combinations of features push out rare ones?",
    sentence="L1 may make latents represent common combinations of features rather than the features, so that rarer features are not discovered at all.",
    quotations=(
        Quotation("the L1 regularisation used to promote sparsity when training SAEs may cause neurons in the sparse layer to learn to represent common combinations of features rather than the individual features that we want them to discover", "till2024truefeatures", "the first of its points"),
        Quotation("this limitation may result in some less common latent features not being discovered at all, not even within combinations", "till2024truefeatures", "the second of its points"),
        Quotation("The ubiquity of the phenomenon of feature splitting observed in Anthropic’s SAE paper despite trying a range of values for lambda suggest that such a sweet spot isn’t likely to exist.", "till2024truefeatures", "Proposed solution"),
        Quotation("In this case the extra capacity is used to represent more common combinations at the expense of representing feature 3.", "till2024truefeatures", "on a fourth latent, where proportions vary"),
        Quotation("If we consistently find for different groups of features that the feature directions obey the expected arithmetic then it would seem reasonable to conclude that feature splitting is an artefact of SAEs", "till2024truefeatures", "Proposed solution"),
    ),
    predicates=(
        Predicate("lost", "three features, three latents, λ = 0.2: the best random run has a latent for the pair and none for the rare feature (share of worlds)", evidence="lost", above=0.1, because=ONE_IN_TEN, essential=True),
        Predicate("crowded", "six features, six latents, ten overlapping combinations, the same λ: the best random run has one for a combination and none for the rare feature", evidence="lost_crowded", above=0.1, because=ONE_IN_TEN, essential=True),
        Predicate("varying", "four latents and a pair in five proportions, the same λ: the best random run loses the rare feature to combinations still", evidence="lost_varying", above=0.1, because=ONE_IN_TEN),
        Predicate("no_sweet", "overlapping combinations, a latent a feature: no λ is a sweet spot for the best random runs (share of worlds)", evidence="no_sweet", above=0.5, because="“isn't likely to exist”: in most worlds it does not"),
        Predicate("no_sweet_spare", "the same with two latents to spare", evidence="no_sweet_spare", above=0.5, because="the same; nobody knows the number of features, and SAEs are wide"),
        Predicate("arithmetic", "a composed latent of the plain SAE lies nearer to the sum of its constituents in the orthogonal SAE than to sums of random pairs (difference of cosines)", evidence="arithmetic", above=0.5, because="a sum with one right part of two has a cosine of one half; less could be met by half of the arithmetic"),
        Predicate("learned", "the best random runs explain most of the variance at the λ judged (worst kind of world)", evidence="explained_worst", above=0.9, role="gate", because="a frequent feature holds more than a tenth: an SAE that misses that much has lost more than the rare one"),
        Predicate("l0", "the plain and the orthogonal SAE have one L0, that of the truth (share of worlds)", evidence="alike", above=0.5, role="match", because="only these are compared; fewer would not stand for the rest"),
        Predicate("apart", "where the frequent features come one at a time, the best run has the rare one (share lost, both kinds)", evidence="lost_apart", below=0.1, role="null", because="the same features, as rare: what is lost there is not lost to combinations"),
        Predicate("without", "without sparsity nothing is lost to a combination (share of worlds, both kinds)", evidence="lost_without", below=0.1, role="null", because="the source blames the penalty"),
        Predicate("random_pairs", "where each combination has a direction of its own twice as long, the sum no longer points along it (cosine)", evidence="arithmetic_own", below=0.75, role="control", because="the test must be able to fail; a sum and such a direction have a cosine of 0.58"),
        Predicate("oracle", "the truth counts as a sweet spot, and a dictionary with the pair as a loss (share)", evidence="oracle", above=0.999, role="control", because="by construction: the measures must see both"),
    ),
    findings=(
        Finding("lost to the pair, single random runs (three latents)", "lost_single"),
        Finding("lost to the pair, runs from beside the truth", "lost_from_truth"),
        Finding("worlds where the start beside the pair's dictionary ends with a lower loss than the one beside the truth", "pair_cheaper"),
        Finding("best random runs that lose the rare feature, or keep it, as derived", "as_derived"),
        Finding("four latents, fixed proportions: best random runs that have the rare feature", "four_kept"),
        Finding("worlds without a sweet spot, three latents", "no_sweet_three"),
        Finding("the same where the frequent features come one at a time (overlapping worlds)", "no_sweet_apart"),
        Finding("the same for runs from beside the truth (overlapping worlds)", "no_sweet_truth"),
        Finding("cosine of composed latents with the sum of their constituents", "arithmetic_right"),
        Finding("how often that sum is the nearest of twelve", "arithmetic_first"),
        Finding("cosine with the sum of constituents from the plain SAE itself, less that", "arithmetic_self"),
        Finding("latents within a cosine of 0.5 of a latent, widest less narrowest SAE", "denser"),
        Finding("composed latents of the widest SAE whose inputs one latent of the narrowest covers, with others", "summarised"),
        Finding("change of the share lost with twice the steps (pilot worlds)", "longer_lost"),
        Finding("change of the share without a sweet spot with twice the steps (pilot worlds)", "longer_sweet"),
    ),
)  # fmt: skip
SEEDS = [first_seed]

# %% [markdown]
# ## The world
#
# **One pair**, the source's toy. $f_1$ and $f_2$ come alone or, more often, together; $f_3$ is rare and comes with anything. Their directions are
# orthogonal. Probabilities and magnitudes are drawn for each of {glue:text}`n_worlds:d` worlds, the rare feature's probability from {glue:text}`rare_low:.3f` to {glue:text}`rare_high:.1f`.
#
# **Overlapping combinations.** Five frequent features of which every two come together at times, and a rare one: ten combinations, {glue:text}`n_crowded:d` worlds.
#
# Both come in a second kind, *apart*: where frequent features came together, one of them comes alone. And the pair comes in five proportions, too.
# There are finitely many inputs, so that the expected loss is exact.

# %%
device = pick_device(device)
pairs = pair_worlds(n_worlds, first_seed, rare=rare_range)
turned = pair_worlds(n_worlds, first_seed, rare=rare_range, turned=proportions)
crowds = crowded_worlds(n_crowded, first_seed, rare=rare_range)

# %% [markdown]
# ## The experiment
#
# SAEs with a latent for each feature (or a few more), an L1 penalty at six weights {term}`λ` and without one, and encoder biases, which the argument needs: a latent for *the* has to
# stay silent where "*the* in mathematics" fires. Three kinds of runs are kept apart. *Random starts*: {glue:text}`n_runs:d` for each world and λ, of which the *best* has the least
# loss, which knows nothing of features. Runs from *beside the truth*. And runs from beside *the pair's dictionary*, which show what the loss prefers.

# %%
how = dict(steps=steps, lr=lr, device=device)
JOBS = jobs(pairs, turned, crowds, sparsities, judged, n_runs, n_spare)
found = displaced(JOBS, judged, seed=first_seed, **how)

# %% [markdown]
# A latent *stands for a combination* if several features are there in nearly all of its activity, and it is no feature's own. A feature is *found* if a latent that fires has a cosine
# of one half or more with it, which a sum of three has, and has a latent *of its own* from 0.9 on. A λ is a *sweet spot* of a world if every feature has its own, no combination has
# one and no more than 1.1 times as many latents fire as features are present; it is chosen on the best of one half of the runs and scored on the best of the other.

# %% tags=["hide-input"] mystnb={"code_prompt_show": "The figure at the top"}
fig, panels = theme.figure(height=3.5, ncols=2, sharey=True)
for panel, name, what in zip(panels, ("pair", "crowd"), ("One pair", "Ten combinations"), strict=True):
    lost, sweet = (found.of_best(name, measure) for measure in ("displaced", "sweet"))
    lines = [
        averages("best: lost to a combination", "child", lost.T, "o", (0, 1)),
        Series("single: lost", "accent", found.runs[name].displaced.mean(2).mean(0), marker=""),
        averages("best: all kept", "parent", sweet.T, "s", (0, 1)),
        Series("beside the truth: all kept", "light", found.runs[f"{name}, truth"].sweet.mean(2).mean(0), marker=""),
    ]  # fmt: skip
    curves(panel, np.array(sparsities), lines, "sparsity weight λ", "share of worlds" * (name == "pair"), log="x")  # fmt: skip
    panel.axvline(judged, ls=":", lw=1, color=theme.COLORS["reference"])
    panel.set(ylim=(-0.03, 1.03))
    log_ticks(panel, sparsities)
    share = found.best(name, "displaced").mean()
    panel.set_title(f"{what}: {share:.0%} lost at λ = {judged},\nat most {sweet.mean(0).max():.0%} keep all")
fig.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
present("headline", fig, alt="Shares of worlds over λ, for one pair and for ten combinations.")

# %% [markdown]
# **Words in contexts**, for the source's test of feature arithmetic. Three tokens exclude each other; so do contexts: mathematics, often topology or algebra besides, and physics. An
# activation is the sum of what is there, {glue:text}`n_texts:d` worlds. Plain SAEs with {glue:text}`n_text:d` latents for the seven features, and SAEs that also pay for cosines
# between decoder rows, are searched until as many latents fire as features are present ({term}`L0`). *Composed* latents, with a token and a context, come from the plain SAE; the
# latents for that token and for that context, known by where they fire, from the orthogonal one.

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Figure: width and arithmetic"}
texts, owned = (drawn_texts(n_texts, d_text, first_seed, own) for own in (0.0, own_direction))
n_text, text_how = widths[2], dict(seed=first_seed, steps=text_steps, lr=lr, device=device)
search = partial(at_truth_l0, texts, owned, n_text, first=text_sparsities, **text_how)
plain, orthogonal = in_parallel(search, (0.0, orthogonality), device)
wide = in_parallel(lambda n: trained(texts, n, width_sparsity, **text_how), widths, device)
words = WordSums(texts, owned, plain, orthogonal, dict(zip(widths, wide, strict=True)), one_l0)
composed, near = (np.array([of[n].mean() for n in widths]) for of in (words.composed, words.near))
right, wrong, itself, own = words.cosines.values()
fig, (growth, test) = theme.figure(height=3.2, ncols=2, width_ratios=(1, 1.1))
curves(growth, np.array(widths), [Series("composed latents", "child", composed)], "latents", "number")
curves(growth, np.array(widths), [Series("neighbours of a latent", "parent", near, marker="s")], "latents", "number")  # fmt: skip
growth.set_xticks(widths)
growth.set_ylim(bottom=0)
growth.legend(loc="upper left", fontsize=8)
growth.set_title(f"From {widths[0]} to {widths[-1]} latents,\ncomposed ones go from {composed[0]:.1f} to {composed[-1]:.1f}")  # fmt: skip
series = averages("cosine", "good", words.cosines.values(), possible=(-1, 1))
dots(test, list(words.cosines), [series], "cosine of a composed latent with a sum", reference=None)
test.set_xlim(0, 1.02)
test.set_title(f"Sums of constituents: cosine {right.mean():.2f},\nof random pairs {wrong.mean():.2f}")
present("words", fig, alt="Left: composed latents and neighbours over width. Right: cosines of composed latents with sums.")  # fmt: skip

# %% [markdown]
# ## What was found
#
# **Frequent combinations push rare features out.** At $\lambda$ = {glue:text}`judged:.1f`, {glue:text}`lost:.0%` of the best random runs give a latent to the pair and have none
# for the rare feature; with ten overlapping combinations {glue:text}`lost_crowded:.0%` do. It is what the loss prefers, and no failure of the search: in {glue:text}`pair_cheaper:.0%` of the worlds
# with one pair the run from beside the pair's dictionary ends with a lower loss than the one from beside the truth, and {glue:text}`as_derived:.0%` of the best random runs lose the
# rare feature, or keep it, as derived (see *Details*). How many worlds that is says little: it depends on how rare the rare feature was drawn, and on λ.
#
# **Where one starts decides.** Of the runs from beside the truth {glue:text}`lost_from_truth:.0%` lose it at this λ, though a few no longer have a clean latent for every feature, and at the largest λ many do not (light line in the figure). Of single
# random runs {glue:text}`lost_single:.0%` have a latent for the pair and none for the rare feature, fewer than of the best; with ten combinations {glue:text}`single_crowded:.0%` have one for a
# combination and none for the rare feature. That need not be the combination's doing: single runs often fail to find a rare feature ({glue:text}`single_dead:.0%` of those with one pair have a latent
# that never fires), and the null below is about best runs only.
#
# **There mostly is a sweet spot if the SAE has as many latents as there are features.** In the worlds with overlapping combinations it is missing in {glue:text}`no_sweet:.0%`
# ({glue:text}`no_sweet_low:.0%` to {glue:text}`no_sweet_high:.0%`), in those with one pair in {glue:text}`no_sweet_three:.0%`
# ({glue:text}`no_sweet_three_low:.0%` to {glue:text}`no_sweet_three_high:.0%`). That is more than the figure shows at its best λ, since a λ has to be found with half of the runs and to hold in the other
# half; a world where only one half agrees counts as half missing. It lies where λ is small (see the figure at the top): at the smallest,
# {glue:text}`least_sparsity:.4f`, only {glue:text}`lost_least:.0%` still lose the rare feature to the pair. Of runs from beside the truth {glue:text}`no_sweet_truth:.0%` are sweet at no λ, an easier rule: one run, any λ. So the
# source's doubt is not borne out in these worlds, which are kind to a small λ: features are orthogonal, there are as many dimensions as features, and no noise. The grid ends near its best λ, so that a
# finer one might find more sweet spots. And who looks for one in a model does not know the features; here they were known, in each world.
#
# **With {glue:text}`n_spare:d` latents to spare it is missing in {glue:text}`no_sweet_spare:.0%`.** One latent for a combination is enough for that, even if every feature has its own; and whether spare
# latents do as much where nothing comes together was not run. In pilots the free latents stood for combinations, more of them the larger λ was, and at the smallest more latents fired than features
# were present. Nobody knows the number of features, and in practice SAEs are wide: here the doubt is borne out.
#
# **One latent more** does bring the rare feature back where the pair has one proportion: {glue:text}`four_kept:.0%` of the best runs with four latents have it. With five proportions
# {glue:text}`lost_varying:.0%` ({glue:text}`lost_varying_low:.0%` to {glue:text}`lost_varying_high:.0%`) lose it to combinations (counted more strictly: a latent along one of the outer
# proportions lies so near to a feature that it counts as the feature's own). Whether that is more than one in ten is open.
#
# ```{picture} words
# :alt: Left, composed latents and neighbours of a latent grow with width. Right, the cosine of a composed latent with the sum of its constituents is near 1, with sums of random pairs near a third; where combinations have a direction of their own it is about one half.
#
# Words in contexts. Left: composed latents, and how many others lie within a cosine of 0.5 of a latent (λ = {glue:text}`width_sparsity:.1f`). Right: composed latents of the plain SAE beside
# sums of the orthogonal SAE's latents, with 95% intervals over worlds; *own directions*: each combination has one (all worlds in which something is composed, at the same λ; the other rows are
# the {glue:text}`n_alike:d` worlds in which the two SAEs have one L0).
# ```
#
# **The arithmetic mostly holds, in a world of sums.** At one {term}`L0` a composed latent has a cosine of {glue:text}`arithmetic_right:.2f` with the sum of its constituents in the orthogonal SAE,
# {glue:text}`arithmetic:.2f` more than with random pairs ({glue:text}`arithmetic_low:.2f` to {glue:text}`arithmetic_high:.2f`; {glue:text}`n_alike:d` of {glue:text}`n_texts:d` worlds, in which the L0s
# could be made one and something is composed). The penalty has little part in it: the plain SAE's own latents do nearly as well (a difference of {glue:text}`arithmetic_self:+.2f`, from
# {glue:text}`arithmetic_self_low:+.2f` to {glue:text}`arithmetic_self_high:+.2f`). And the right sum is the nearest of the twelve in {glue:text}`arithmetic_first:.0%`
# ({glue:text}`arithmetic_first_low:.0%` to {glue:text}`arithmetic_first_high:.0%`) only, perhaps since *topology* and *algebra* are *mathematics*, too.
#
# **Width.** From {glue:text}`narrowest:d` to {glue:text}`widest:d` latents the composed ones go from {glue:text}`composed_narrow:.1f` to {glue:text}`composed_wide:.1f`, and a latent's neighbours from
# {glue:text}`neighbours_narrow:.1f` to {glue:text}`neighbours_wide:.1f`: clusters become denser, as the source expects, though the features are seven throughout (so many latents for so few
# features must lie close; duplicates count, too). Of the composed latents of the widest SAE {glue:text}`summarised:.0%` fire almost only where one latent of the narrowest does, which fires at least half as
# often again. That is no surprise: a latent for *the* covers every "*the* in …".
#
# ## The null and the controls
#
# - **{term}`Null <null>`: apart.** Where frequent features come one at a time, the best runs lose the rare one in {glue:text}`lost_apart:.0%` of the worlds of both kinds
#   (for whatever reason); with five frequent features a sweet spot is missing in {glue:text}`no_sweet_apart:.0%`.
# - **Null: no sparsity.** At $\lambda = 0$ {glue:text}`lost_without:.0%` is lost to a combination. This null is weak: without a penalty many latents fire at once, hardly any of them for one
#   combination alone, so that nothing *can* be counted as lost to one. That the rare feature has a latent there is not said. What shows the penalty's part is the rise with λ in the figure at the top.
# - **Long enough?** With twice the steps the share that is lost changes in none of {glue:text}`n_pilots:d` pilot worlds; the share without a sweet spot changes by
#   {glue:text}`longer_sweet:.2f` ({glue:text}`longer_sweet_low:.2f` to {glue:text}`longer_sweet_high:.2f`). So few worlds would not have shown a change of less than about a quarter.
# - **{term}`Oracle <oracle>`.** The true dictionary counts as a sweet spot and the pair's as a loss in {glue:text}`oracle:.0%` of the worlds.
# - **Sums can fail.** Where each token in each context has a direction of its own, twice as long as a feature, the cosine with the sum is {glue:text}`arithmetic_own:.2f`. With one
#   only as long as a feature the sums of the true directions would still have a cosine of $\sqrt{2/3}$ with it: a high cosine alone does not show that splitting is an artefact.

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Twice the steps, in pilot worlds"}
seen = [draw(n_longer, first_pilot, rare=rare_range) for draw in (pair_worlds, crowded_worlds)]
pilots = [Job(worlds, JOBS[name].n_latents, sparsities, n_runs) for worlds, name in zip(seen, ("pair", "crowd"), strict=True)]  # fmt: skip
changed = longer(pilots, judged, seed=first_pilot, **how)

# %% [markdown]
# ## What this does not show
#
# - **That splitting in real SAEs is composition.** Here activations are sums by construction, so that what is composed can be nothing but a sum. What is tested is whether
#   another SAE has the parts.
# - **How often it happens elsewhere.** The shares are of worlds whose probabilities we drew; they would be smaller with a less rare feature or a smaller λ. What carries over is the condition in *Details*.
# - **What a search over many more runs finds.** "Best" is the best of {glue:text}`n_runs:d`, and a sweet spot has to show in the best of half as many. Runs from beside the truth show that better dictionaries for a reader exist, not
#   that one finds them.
# - **Superposition.** In the worlds of pairs features are orthogonal, with fixed magnitudes, and rare ones come independently. There is no decoder bias.
# - **The arithmetic where the L0s could not be made one.** Those worlds are left out, and not by chance.
# - **SAEs without a λ**, such as TopK.
# - **Whether a penalty on cosines brings lost features back**: that is {doc}`another page's <07_orthogonality>` question.
#
# ## Details
#
# :::{dropdown} When the pair's latent pays, derived
# Let codes be free, with decoder rows of length 1. Then $\sum z \ge \lVert\hat x\rVert$, with equality when one latent points along the input: where $f_1$ and $f_2$ have length 1,
# a latent for both saves $\lambda(2 - \sqrt 2)$ of the penalty. It loses $\lambda^2/4$, which an active latent wins by firing a little less than its length. A latent for $f_3$ saves
# $(1 - \lambda/2)^2$ whenever $f_3$ comes. So the pair pays where
#
# $$p_3 < p_{12}\,\lambda\,\frac{2 - \sqrt 2 - \lambda/4}{(1 - \lambda/2)^2}.$$
#
# That compares with the *features*, which are not the best that two latents can do: they may {term}`lean` towards each other. With that allowed, the best dictionary of a plane is a shortest path over angles
# (`absorption.theory.combinations`), and the rare feature has to be rarer still.
# :::

# %% tags=["nbval-check-output", "hide-cell"]
kinds = {"one pair": "pair", "overlapping": "crowd", "varying": "varying, four"}
explained = {what: found.best(name, "explained") for what, name in kinds.items()}
explained |= {"plain, words": plain[0].explained, "orthogonal, words": orthogonal[0].explained}
over, signed = dict(of="worlds"), dict(of="worlds", possible=(-2, 2))
evidence = [
    *of_ranges({
        (0, 1): found.shares | dict(alike=words.alike, arithmetic_first=words.sums.first[words.usable], summarised=words.covered),
        (-1, 1): dict(arithmetic_own=own, arithmetic_right=right),
    }, **over),
    Evidence.paired("arithmetic", right.tolist(), wrong.tolist(), **signed),
    Evidence.paired("arithmetic_self", itself.tolist(), right.tolist(), **signed),
    Evidence.paired("denser", words.near[widths[-1]].tolist(), words.near[widths[0]].tolist(), **over),
    *(Evidence.paired(name, twice.tolist(), once.tolist(), possible=(-1, 1), **over) for name, (twice, once) in changed.items()),
    of_worst("explained_worst", explained, min, 0.9, possible=(-np.inf, 1), **over),
    Evidence.exactly("oracle", oracle(pairs, judged, device=device)),
]  # fmt: skip
record = conclude(
    CLAIM, evidence, headline="lost", seeds=SEEDS, profile=profile, device=device,
    found="Of the best random runs {lost:.0%} lose the rare feature to the pair and {lost_crowded:.0%} to one of many combinations; "
    "with a latent for each feature a sweet spot is missing in {no_sweet:.0%} of the worlds with many.",
    parameters=dict(
        sparsities=list(sparsities), judged=judged, n_worlds=n_worlds, n_crowded=n_crowded, rare_range=list(rare_range),
        proportions=list(proportions), n_runs=n_runs, n_spare=n_spare, steps=steps, n_texts=n_texts, widths=list(widths),
        orthogonality=orthogonality, text_steps=text_steps,
    ),
)  # fmt: skip
print(record)

# %% tags=["remove-cell"]
glue_record(record)
glue_values(
    n_runs=n_runs, n_worlds=n_worlds, n_crowded=n_crowded, n_texts=n_texts, n_text=n_text, n_pilots=2 * n_longer, n_spare=n_spare,
    width_sparsity=width_sparsity, narrowest=widths[0], widest=widths[-1], least_sparsity=min(sparsities), judged=judged,
    rare_low=rare_range[0], rare_high=rare_range[1], n_alike=int(words.usable.sum()), own_sums_n=len(own),
    composed_narrow=float(composed[0]), composed_wide=float(composed[-1]), neighbours_narrow=float(near[0]), neighbours_wide=float(near[-1]),
    single_crowded=float(found.single("crowd", "displaced").mean()), single_dead=float((found.single("pair", "dead") > 0).mean()),
    lost_least=float(found.best("pair", "displaced", at=min(sparsities)).mean()),
)  # fmt: skip
