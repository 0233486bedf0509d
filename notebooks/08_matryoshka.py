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
# # Does nesting prevent absorption, and at what price?
#
# :::{claim}
# :::
#
# ```{picture} headline
# :alt: Two panels, children that exclude each other and children that meet. Share of holes over L0 for flat and nested SAEs with BatchTopK and with L1, and at the L0 of the truth with intervals.
# {term}`Parent <parent>`: *animal*; {term}`children <child>`: *swims*, *hunts*, which can be present together, or *cat*, *dog*, which exclude each other. A
# *hole*: the animal's {term}`latent` is silent on a cat. *Nested*: the first latents, one a parent, have to reconstruct alone, too; *flat*:
# they need not. *Beside the truth*: each latent starts at a feature of its own, plus as much noise; so did all SAEs of the lines,
# drawn over their {term}`L0`. Large dots: searched until they have the world's own L0 (dotted), with 95% intervals over {glue:text}`n_worlds:d` worlds. Hollow
# ones are from random starts, where more came only near that L0; they stand beside the line to be told apart. Titles: flat less nested
# with 95% intervals, over the pairs whose L0s are one.
# ```
#
# ```{predicates}
# ```
#
# ## The idea
#
# An SAE that has absorbed *animal* into *cat* has a latent for *animal* with a hole: it is silent on cats. Now let a short prefix of the {term}`dictionary <dictionary>` reconstruct
# alone, with room for *animal* and not for *cat*. There the hole costs: on a cat nobody writes the animal. That is a {term}`Matryoshka SAE`: its first latents have to reconstruct
# alone, then the first few more, with fixed widths {cite}`bussmann2025matryoshka` or with widths drawn anew at each step {cite}`nabeshima2024matryoshka`. The price is
# {term}`hedging` {cite}`chanin2025hedging`: a prefix that has no room for *cat* still gains by writing a little of it whenever it writes *animal*. Giving the inner level less
# weight trades one for the other.
#
# Two things make such a comparison treacherous. Sparser SAEs have more holes, so a fix has to be judged **at one L0**, and no SAE is told its L0 exactly. And where children
# exclude each other, as *cat* and *dog* do, a family has as many states as features, the empty one not counted: a latent for each state is then a dictionary of the same size,
# and absorbing is only clustering. Where children **meet**, as *swims* and *hunts* do in an otter, there are more states than latents. So everything below is asked twice.

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Imports"}
from functools import partial
from itertools import product

import numpy as np
import pandas as pd
from IPython.display import display

from absorption.claims import Claim, Evidence, Finding, Predicate, Quotation, conclude
from absorption.claims.known import of_known
from absorption.experiments import nested
from absorption.experiments.families import DRAWN, Training, families, trainer
from absorption.experiments.matched import at_l0
from absorption.figures import theme
from absorption.figures.forms import curves, dots
from absorption.figures.present import present
from absorption.figures.series import Series
from absorption.figures.tried import beside
from absorption.publish.averages import averages
from absorption.publish.notebook import glue_record, glue_values
from absorption.runtime.parallel import in_parallel
from absorption.runtime.paths import pick_device
from absorption.theory.balance import balance

theme.use()

# %% tags=["parameters", "hide-input"] mystnb={"code_prompt_show": "Parameters"}
n_children = 2  # of each of the two parents
first_seed = 30800  # pilots used seeds below 1000; an earlier form was published on 2000 to 2047
n_worlds = 64  # each with probabilities and starts of its own
n_few = 16  # of them for recipes that are no part of the claim, and for longer training
start_noise = 1.0  # beside the truth: length of the random direction added to each true one
ks = (0.85, 1.0, 1.15, 1.3)  # first round of the search: k over the world's own L0
lambdas = (0.012, 0.044, 0.16, 0.6)  # first round of the search: λ
one_l0 = 0.05  # L0s that differ by less than this share are one
finer = (3, 2)  # values tried in each further round, between the two that enclose the L0
steps = 300  # optimiser steps of each SAE
lr = 0.03  # peak learning rate (Adam)
profile = "laptop"
device = "auto"

# %% tags=["claim", "hide-input"] mystnb={"code_prompt_show": "The claim, its predicates and their bounds"}
SMALL = "less than one state in twenty would not decide between two recipes"
CLAIM = Claim(
    id="08_matryoshka",
    title="Does nesting prevent absorption, and at what price?",
    sentence="Matryoshka SAEs, whose first latents have to reconstruct alone, make it more difficult for parents to have holes in their recall.",
    quotations=(
        Quotation("Matryoshka SAEs are a promising approach to fixing absorption in SAEs. These SAEs encode a notion of hierarchy by forcing earlier latents to reconstruct the full output on their own, making it more difficult for parent latents to have holes in their recall for child features.", "7vik2025sparsity", "last section"),
    ),
    predicates=(
        Predicate("apart", "at one L0 nested SAEs have fewer holes than flat ones where children exclude each other, by more than 0.05 (from beside the truth)", evidence="holes_apart", above=0.05, because=SMALL, essential=True),
        Predicate("meeting", "so they have where children meet", evidence="holes_meeting", above=0.05, because="the same, where absorbing is not clustering", essential=True),
        Predicate("random_apart", "so they have from random starts, where children exclude each other", evidence="holes_apart_random", above=0.05, because="nobody who trains an SAE starts beside the truth"),
        Predicate("random_meeting", "so they have from random starts, where children meet", evidence="holes_meeting_random", above=0.05, because="likewise"),
        Predicate("price_apart", "nesting raises hedging by less than 0.05 where children exclude each other (from beside the truth)", evidence="hedging_apart", below=0.05, because="a fix that puts another fault in its place is none; a twentieth of a child in its parent's row is what a reader of the row would see"),
        Predicate("price_meeting", "and so it does where children meet", evidence="hedging_meeting", below=0.05, because="likewise"),
        Predicate("learned", "the SAEs from beside the truth leave less than a quarter of the variance unexplained (the worst kind)", evidence="unexplained_worst", below=0.25, because="an SAE that leaves a quarter has no latents for some of the features", role="gate"),
        Predicate("alone", "their parents' latents fire on more than 0.75 of the states where the parent is without a child (the worst kind)", evidence="alone_worst", above=0.75, because="a latent that misses a quarter there, too, does not stand for its feature", role="gate"),
        Predicate("alarms", "and on less than 0.1 of the states where the parent is not (the worst kind)", evidence="alarms_worst", below=0.1, because="a latent that always fires has no holes, and says nothing", role="gate"),
        Predicate("l0", "most pairs of a flat and a nested SAE could be brought to one L0, to 5%: more than half (from beside the truth)", evidence="alike", above=0.5, because="only these are compared; fewer would not stand for the rest", role="match"),
        Predicate("l0_random", "and so could most pairs from random starts", evidence="alike_random", above=0.5, because="likewise", role="match"),
        Predicate("strangers", "among features that are all independent, as frequent, flat SAEs have no more holes than nested ones, but for 0.05 (from beside the truth)", evidence="holes_strangers", below=0.05, because="without a hierarchy there is no absorption to prevent; more would be an effect of frequency", role="null"),
        Predicate("strangers_random", "nor have they from random starts", evidence="holes_strangers_random", below=0.05, because="a prefix that merely finds frequent features sooner would spare holes without any hierarchy", role="null"),
        Predicate("oracle", "the true dictionary has no hole, no alarm and no hedging", evidence="oracle_faults", below=1e-6, because="by definition of all three, up to rounding", role="control"),
        Predicate("absorber", "a dictionary that absorbs by construction has a hole on every state with a child", evidence="absorber_holes", above=0.999, because="by construction, up to rounding", role="control"),
    ),
    findings=(
        *(
            Finding(f"{what}, {activation}, children {kind}", f"{activation.lower()}_{kind}_{measure}")
            for measure, what in (("holes", "holes: flat less nested"), ("hedging", "hedging: nested less flat"), ("unexplained", "unexplained variance: nested less flat"))
            for activation in ("BatchTopK", "L1") for kind in ("apart", "meeting")
        ),
        *(Finding(f"holes from random starts beyond those among unrelated features, children {kind}", f"beyond_{kind}_random") for kind in ("apart", "meeting")),
        Finding("hedging among unrelated features, from beside the truth: nested less flat", "hedging_strangers"),
        *(Finding(f"holes, hedging and error together: best flat recipe less best nested one, children {kind}", f"nested_ahead_{kind}") for kind in ("apart", "meeting")),
    ),
)  # fmt: skip
SEEDS = range(first_seed, first_seed + n_worlds)

# %% [markdown]
# ## The world
#
# Two families, independent of each other: a parent and {glue:text}`n_children:d` children that never come without it. Features are orthogonal and of length 1. In one kind of
# world children of one parent exclude each other, in the other they are independent, with the same frequencies. {glue:text}`n_worlds:d` worlds of each kind differ in how
# frequent everything is, drawn at random.

# %%
device = pick_device(device)
KINDS = {"apart": "Children apart", "meeting": "Children meet"}
worlds = {kind: families(SEEDS, kind, n_children) for kind in (*KINDS, "strangers")}

for kind in KINDS:
    there = worlds[kind].present
    assert all((there[:, c] <= there[:, p]).all() for p, c in worlds[kind].pairs)

# %% [markdown]
# Apart, a world has {glue:text}`states_apart:d` states, and a family one more than it has features, the empty one counted; meeting, it has {glue:text}`states_meeting:d`.
# {glue:text}`l0_smallest:.2f` to {glue:text}`l0_largest:.2f` features are present on average.
#
# ## The experiment
#
# Every SAE has {glue:text}`n_features:d` latents, one a feature, and is trained on the exact expected loss. It is to fire as many latents as features are present. That is the
# sparsity at which the truth is within its reach, and nothing forces it to absorb. L1 knows only $\lambda$, and BatchTopK reaches its $k$ only nearly; so both are *searched*:
# four values for every world and recipe, then finer ones between the two that enclose the L0. The nearest SAE counts; a pair whose L0s still differ by more than
# {glue:text}`one_l0:.0%` does not.
#
# Nested SAEs have an inner level with room for the parents alone; flat ones differ in nothing but its weight, which is zero. Both start *beside the truth*, each decoder row at
# its feature plus a random direction as long, parents first: a hole is then absorption, and not a feature that was never found. And both start at random, as everybody's SAEs do.
# All numbers are means over BatchTopK and L1 where neither is named. Shares are of all worlds, differences of the pairs with one L0.
#
# Beside these: *quarter* (the inner level weighs ¼) and, in {glue:text}`n_few:d` worlds, *drawn* (widths that know nothing of the world) and *tied* (flat, encoding with the
# decoder).

# %%
FIRST = {"BatchTopK": np.array(ks), "L1": np.array(lambdas)}
PAIR, NAMES = ("flat", "nested"), ("flat", "nested", "quarter", DRAWN, "tied")
training = partial(Training, steps=steps, lr=lr, device=device)


def searched(job):
    """The SAEs of one stack, each world's at that world's own L0."""
    kind, n, how = job
    train = trainer(families(SEEDS[:n], kind, n_children), how)
    return at_l0(train, FIRST[how.activation], 1.0, (len(how.nestings), n), finer)


jobs = []
for activation in FIRST:
    ways = [training(activation, PAIR), training(activation, NAMES[:3], beside=start_noise)]
    jobs += [(kind, n_worlds, how) for kind in worlds for how in ways]
    others = [training(activation, (DRAWN,), beside=start_noise)]
    others += [training(activation, ("flat",), tied=True, beside=start_noise)]
    others += [training(activation, PAIR, beside=start_noise, steps=2 * steps)]
    jobs += [(kind, n_few, how) for kind in KINDS for how in others]
searches = dict(zip(jobs, in_parallel(searched, jobs, device), strict=True))
at_one_l0 = nested.named(searches, one_l0, steps, len(ks))
found, RANDOM = at_one_l0.found, ", random"

# %% tags=["hide-input"] mystnb={"code_prompt_show": "The figure at the top"}
LOOKS = (("flat", "child", 0.1), ("nested", "parent", 0.0))
SHARE, GAP = (0, 1), (-1, 1)
fig, panels = theme.figure(height=3.6, ncols=2, sharex=True, sharey=True)
for panel, kind in zip(panels, KINDS, strict=True):
    panel.axvline(1, color="black", ls=":", lw=1)
    for (name, role, aside), (activation, marker) in product(LOOKS, (("BatchTopK", "o"), ("L1", "s"))):
        seen = at_one_l0.tried[kind, activation, name]
        l0, holes = seen["l0"].mean(1), seen["holes"].mean(1)
        order, right = l0.argsort(), activation == "L1"
        line = Series(f"{name}, {activation}", role, holes[order], marker=marker)
        curves(panel, l0[order], [line], "L0, over the features present", "share of holes")
        at, start = (found[kind, activation, name + ending]["holes"] for ending in ("", RANDOM))
        beside(panel, [0.985 + 0.03 * right], averages("", role, [at], marker, SHARE))
        hollow = averages("", role, [start], marker, SHARE)
        beside(panel, [1.08 + 0.05 * right + aside], hollow, filled=False)
    panel.set(ylim=(-0.03, 1.03))
    gaps = [at_one_l0.of_both(kind, "holes", ending) for ending in ("", RANDOM)]
    gaps = averages("", "child", gaps, possible=GAP)
    ends = zip(gaps.center, gaps.high, strict=True)
    spared = [f"{gap:.2f} ± {top - gap:.2f}".replace("-", "−") for gap, top in ends]
    words = f"{kind.capitalize()}: nesting spares {spared[0]} of"
    panel.set_title(f"{words}\nchild states; random starts: {spared[1]}")
panels[1].set_ylabel("")
for words, face in (("beside the truth, at one L0", None), ("from random starts, at one L0", "white")):
    panels[0].plot([], [], "o", ms=6, color=theme.COLORS["reference"], mfc=face, label=words)
fig.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
present("headline", fig, "Share of holes over L0, flat and nested, for both kinds of children.")

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Figure: all recipes at one L0"}
recipes = list(product(FIRST, NAMES))
fig, panels = theme.figure(height=3.8, ncols=3, sharey=True)
for panel, measure in zip(panels, nested.FAULTS, strict=True):
    rows = {kind: [found[kind, *one][measure] for one in recipes] for kind in KINDS}
    looks = zip(KINDS.values(), ("reference", "good"), rows.values(), "os", strict=True)
    lines = [averages(label.lower(), role, of, marker, SHARE) for label, role, of, marker in looks]
    dots(panel, [f"{name}, {activation}" for activation, name in recipes], lines, "share", reference=None)
    of_pair = [np.mean([found[kind, a, name][measure] for kind in KINDS for a in FIRST]) for name in PAIR]
    panel.set_xlim(left=0)
    panel.set_title(f"{measure.capitalize()}:\n{of_pair[0]:.2f} flat, {of_pair[1]:.2f} nested")
fig.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
present("recipes", fig, "Holes, hedging and unexplained variance of ten recipes at one L0.")

# %% [markdown]
# ## What was found
#
# {glue:text}`found`
#
# **Beside the truth nesting spares holes, and not only where absorbing is clustering.** Where children exclude each other a parent's latent is silent on
# {glue:text}`batchtopk_apart_holes_of_flat:.0%` of its children's states in flat BatchTopK SAEs and on {glue:text}`l1_apart_holes_of_flat:.0%` in flat L1 SAEs; nested ones leave
# {glue:text}`batchtopk_apart_holes_of_nested:.0%` and {glue:text}`l1_apart_holes_of_nested:.0%`. Where children meet, flat SAEs leave
# {glue:text}`batchtopk_meeting_holes_of_flat:.0%` and {glue:text}`l1_meeting_holes_of_flat:.0%`, nested ones {glue:text}`batchtopk_meeting_holes_of_nested:.0%` and
# {glue:text}`l1_meeting_holes_of_nested:.0%`. With L1 there is less to spare where children meet: two children that have both absorbed their parent write it twice wherever they
# meet, and so they share it ([the page on children that meet](20_cooccurring_children.ipynb)).
#
# **Tying alone leaves few holes, too**, from beside the truth, where it holds the encoder beside its own feature (a difference to nesting was not judged). In {glue:text}`n_few:d` worlds the share of holes in flat SAEs is {glue:text}`few_apart_holes_of_flat:.2f` where children
# exclude each other and {glue:text}`few_meeting_holes_of_flat:.2f` where they meet; if they encode with the decoder {glue:text}`few_apart_holes_of_tied:.2f` and
# {glue:text}`few_meeting_holes_of_tied:.2f`; nested, {glue:text}`few_apart_holes_of_nested:.2f` and {glue:text}`few_meeting_holes_of_nested:.2f`. Tied SAEs hardly hedge
# ({glue:text}`few_apart_hedging_of_tied:.2f` and {glue:text}`few_meeting_hedging_of_tied:.2f`, nested ones {glue:text}`few_apart_hedging_of_nested:.2f` and
# {glue:text}`few_meeting_hedging_of_nested:.2f`). Of holes, hedging and error together (a sum of unlike things) the recipe with least was chosen on {glue:text}`half:d` worlds and
# scored on the {glue:text}`half:d` others: *{glue:text}`best_flat_apart`* and *{glue:text}`best_nested_apart`* where children exclude each other (flat less nested
# {glue:text}`nested_ahead_apart:.2f`, {glue:text}`nested_ahead_apart_low:.2f` to {glue:text}`nested_ahead_apart_high:.2f`), *{glue:text}`best_flat_meeting`* and
# *{glue:text}`best_nested_meeting`* where they meet ({glue:text}`nested_ahead_meeting:.2f`, {glue:text}`nested_ahead_meeting_low:.2f` to {glue:text}`nested_ahead_meeting_high:.2f`):
# which of them is better is open.
#
# **From random starts** flat less nested is {glue:text}`holes_apart_random:.2f` ({glue:text}`holes_apart_random_low:.2f` to {glue:text}`holes_apart_random_high:.2f`) where children
# exclude each other and {glue:text}`holes_meeting_random:.2f` ({glue:text}`holes_meeting_random_low:.2f` to {glue:text}`holes_meeting_random_high:.2f`) where they meet: that
# nesting spares holes there on average, barely so where children meet, and not with either recipe alone in every case; whether by as much as was asked is open. Nested SAEs still have {glue:text}`batchtopk_meeting_holes_of_nested_random:.0%` (BatchTopK) and
# {glue:text}`l1_meeting_holes_of_nested_random:.0%` (L1) holes where children meet, but in only {glue:text}`batchtopk_meeting_absorbed_of_nested_random:.0%` and
# {glue:text}`l1_meeting_absorbed_of_nested_random:.0%` of the states does the child's latent write the parent there: a prefix has to find the parents before it can help them. The
# gates are registered for SAEs from beside the truth; the worst means from random starts are {glue:text}`unexplained_worst_random:.2f` of the variance unexplained, and parents'
# latents that fire on {glue:text}`alone_worst_random:.0%` of the states where the parent is without a child and on {glue:text}`alarms_worst_random:.0%` of those where it is not.
#
# The title asks about absorption, the predicates about holes. Of holes where the child's latent writes the parent, flat less nested is {glue:text}`absorbed_apart:.2f` and
# {glue:text}`absorbed_meeting:.2f` beside the truth, and from random starts {glue:text}`absorbed_apart_random:.2f` ({glue:text}`absorbed_apart_random_low:.2f` to
# {glue:text}`absorbed_apart_random_high:.2f`) and {glue:text}`absorbed_meeting_random:.2f` ({glue:text}`absorbed_meeting_random_low:.2f` to
# {glue:text}`absorbed_meeting_random_high:.2f`), children apart and meeting.
#
# **There is a price.** Beside the truth nesting raises hedging by {glue:text}`hedging_apart:.2f` ({glue:text}`hedging_apart_low:.2f` to {glue:text}`hedging_apart_high:.2f`) where
# children exclude each other and by {glue:text}`hedging_meeting:.2f` ({glue:text}`hedging_meeting_low:.2f` to {glue:text}`hedging_meeting_high:.2f`) where they meet (among unrelated
# features by {glue:text}`hedging_strangers:.2f`), from random starts by {glue:text}`hedging_apart_random:.2f` and {glue:text}`hedging_meeting_random:.2f`. The unexplained variance rises by
# {glue:text}`unexplained_apart:.3f` and {glue:text}`unexplained_meeting:.3f`. The source says nothing of a price: that hedging should not rise is our requirement for calling this
# a fix. Without that requirement the verdict would be the same, since from random starts the size is open. What the source does say holds here, beside the truth.
#
# ```{picture} recipes
# :alt: Dots with intervals for ten recipes, flat, nested, quarter, drawn and tied with BatchTopK and L1, in three panels: holes, hedging, unexplained variance.
# Ten recipes at the L0 of the truth, from beside it: means with 95% intervals over {glue:text}`n_worlds:d` worlds, drawn and tied over
# {glue:text}`n_few:d`. Titles: both kinds of children together.
# ```
#
# **Other recipes**, in {glue:text}`n_few:d` worlds. A quarter of the inner weight trades some holes for much of the hedging: it leaves {glue:text}`few_apart_holes_of_quarter:.2f` and
# {glue:text}`few_meeting_holes_of_quarter:.2f` holes, with hedging of {glue:text}`few_apart_hedging_of_quarter:.2f` and {glue:text}`few_meeting_hedging_of_quarter:.2f`. Drawn widths
# leave {glue:text}`few_apart_holes_of_drawn:.2f` and {glue:text}`few_meeting_holes_of_drawn:.2f`, with {glue:text}`few_apart_hedging_of_drawn:.2f` and
# {glue:text}`few_meeting_hedging_of_drawn:.2f`.
#
# ## The null and the controls
#
# - **{term}`Null <null>`.** The same features with the same frequencies, all independent of each other: nobody's children. Flat less nested, the share of holes is
#   {glue:text}`holes_strangers:.3f` ({glue:text}`holes_strangers_low:.3f` to {glue:text}`holes_strangers_high:.3f`) there from beside the truth, and
#   {glue:text}`holes_strangers_random:.3f` ({glue:text}`holes_strangers_random_low:.3f` to {glue:text}`holes_strangers_random_high:.3f`) from random starts. What nesting spares beyond
#   that from random starts is {glue:text}`beyond_apart_random:.2f` ({glue:text}`beyond_apart_random_low:.2f` to {glue:text}`beyond_apart_random_high:.2f`; children apart) and
#   {glue:text}`beyond_meeting_random:.2f` ({glue:text}`beyond_meeting_random_low:.2f` to {glue:text}`beyond_meeting_random_high:.2f`; children meet).
# - **Equal {term}`L0`.** Flat and nested SAEs whose L0s differ by more than {glue:text}`one_l0:.0%` are not compared: {glue:text}`alike:.0%` of the pairs could be brought to one L0,
#   from random starts {glue:text}`alike_random:.0%` (with L1 and children apart {glue:text}`pairs_l1_apart_random:d` of {glue:text}`n_worlds:d`). Over all pairs, whatever their L0s,
#   flat less nested is {glue:text}`of_all_apart:.2f` (children apart) and {glue:text}`of_all_meeting:.2f` (children meet), from random starts {glue:text}`of_all_apart_random:.2f` and
#   {glue:text}`of_all_meeting_random:.2f`.
# - **{term}`Oracle <oracle>`.** The true dictionary has no fault; one that absorbs by construction has a hole on {glue:text}`absorber_holes:.0%` of the states with a child.
# - **Twice the steps** move what nesting spares by {glue:text}`moved_apart:.2f` and {glue:text}`moved_meeting:.2f` ({glue:text}`n_few:d` worlds, beside the truth).
#
# ## What this does not show
#
# - **Anything about a real model**, for which [the page on fixes](13_fixes.ipynb) counts. Features are orthogonal here, as tying wants them.
# - **What happens without luck.** Beside the truth the parents stand first, where the inner level wants them, and that level is as wide as there are parents. Random starts do
#   without the first and drawn widths without the second; nothing here does without both.
# - **What SAEs absorb that could not be brought to one L0.** They are left out, and who is left out is not chosen at random.
# - **More than two children of a parent, more latents than features, or fewer; depth, superposition, magnitudes.** With a latent for each state even children that meet could be
#   clustered.
#
# ## Details
#
# ### The weight that balances
#
# Absorption and hedging make the parent's encoder {term}`lean` to opposite sides, so some weight $\beta$ of the inner level leaves it clean. For one parent and one child, in a
# fraction $q$ of the parent's states, with two latents and L1, that is to first order in $\lambda$
#
# $$\beta^* = \sqrt{\frac{\lambda\,(1-q)}{2q}} .$$
#
# A quarter, which {cite:t}`chanin2025hedging` found in their toy world, is near the exact {glue:text}`beta_source:.2f` of its $\lambda = 0.03$ and $q = 0.15$.
# For $\lambda$ from 0.003 to 0.1 and $q$ from 0.05 to 0.7 it goes from {glue:text}`beta_low:.2f` to {glue:text}`beta_high:.2f`, and two children of unequal $q$ cannot both be
# balanced (`theory/balance.py`; nothing is trained for this).
#
# ### Every recipe

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Table: every recipe"}
COLUMNS = ("holes", "absorbed", "hedging", "unexplained", "alone", "alarms", "l0")
rows = {at: {measure: values[measure].mean() for measure in COLUMNS} for at, values in found.items()}
display(pd.DataFrame(rows).T.round(3))

# %% tags=["nbval-check-output", "hide-cell"]
oracle_faults, absorber_holes = nested.controls(worlds[kind] for kind in KINDS)
winners = {
    (kind, which): nested.fewest_faults(at_one_l0, kind, names, n_few)
    for kind in KINDS
    for which, names in (("flat", ("flat", "tied")), ("nested", NAMES[1:4]))
}
over_worlds = partial(of_known, needed="worlds have a pair at one L0", of="worlds")
evidence = [
    over_worlds("unexplained_worst", at_one_l0.worst(KINDS, "unexplained", max), possible=(0, np.inf)),
    over_worlds("alone_worst", at_one_l0.worst(KINDS, "alone", min), possible=SHARE),
    over_worlds("alarms_worst", at_one_l0.worst(KINDS, "alarms", max), possible=SHARE),
    over_worlds("alike", at_one_l0.alike(KINDS), possible=SHARE),
    over_worlds("alike_random", at_one_l0.alike(KINDS, RANDOM), possible=SHARE),
    Evidence.exactly("oracle_faults", oracle_faults),
    Evidence.exactly("absorber_holes", absorber_holes),
]
for name, of in nested.differences(at_one_l0, list(KINDS)).items():
    beyond = name.startswith("beyond")
    note = "less the same among strangers" if beyond else "what nesting saves, or costs"
    evidence.append(over_worlds(name, of, possible=(-2, 2) if beyond else GAP, note=note))
for kind in KINDS:
    ahead = winners[kind, "flat"][1] - winners[kind, "nested"][1]
    evidence += [
        over_worlds(f"nested_ahead_{kind}", ahead, possible=(-3, 3), note="chosen on the other half")
    ]
record = conclude(
    CLAIM,
    evidence,
    found=(
        "Started beside the truth, with an inner level exactly as wide as there are parents, nested SAEs have fewer holes at equal L0: "
        "their share falls by {holes_apart:.2f} where children exclude each other and by {holes_meeting:.2f} where they meet; hedging rises, "
        "by {hedging_apart:.2f} where children exclude each other."
    ),
    headline="holes_meeting",
    seeds=SEEDS,
    parameters=dict(
        n_children=n_children, first_seed=first_seed, n_worlds=n_worlds, n_few=n_few, start_noise=start_noise, one_l0=one_l0, ks=ks, lambdas=lambdas, finer=finer,
        steps=steps, lr=lr,
    ),
    profile=profile,
    device=device,
)  # fmt: skip
print(record)

# %% tags=["remove-cell"]
glue_record(record)
betas = [
    balance(weight, q)[0] for weight, q in product(np.geomspace(0.003, 0.1, 5), (0.05, 0.15, 0.3, 0.5, 0.7))
]
true_l0 = worlds["apart"].true_l0
numbers = dict(
    found=record.found, n_children=n_children, n_worlds=n_worlds, n_few=n_few, n_features=len(worlds["apart"].features), one_l0=one_l0, half=n_few // 2,
    l0_smallest=float(true_l0.min()), l0_largest=float(true_l0.max()), beta_source=balance(0.03, 0.15)[0], beta_low=min(betas), beta_high=max(betas),
)  # fmt: skip
numbers |= nested.in_words(at_one_l0, list(KINDS), n_few) | {
    f"states_{kind}": len(worlds[kind].states) for kind in KINDS
}
numbers |= {f"best_{which}_{kind}": name for (kind, which), (name, _) in winners.items()}
for measure, pick in (("unexplained", max), ("alone", min), ("alarms", max)):
    numbers[f"{measure}_worst_random"] = float(at_one_l0.worst(KINDS, measure, pick, RANDOM).mean())
glue_values(**numbers)
