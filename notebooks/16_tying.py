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
# # Does tying encoder and decoder lower absorption?
#
# :::{claim}
# :::
#
# ```{picture} headline
# :alt: Dots with intervals for four architectures, tied and untied, in three panels. Share of a child's appearances in which the parent is overlooked, from random weights with children that exclude each other, with children that meet, and from beside the truth.
# Share of a {term}`child`'s appearances in which its {term}`parent` is absorbed, beyond what the same rule finds among strangers, for tied SAEs and their untied twins, read at one {term}`L0`: the world's own in the first two
# panels, {glue:text}`sparser:.0%` of it in the third, or as near as an architecture gets. *Apart*: children of one parent exclude each other; *meet*: they can be present together.
# Means with 95% intervals over {glue:text}`n_worlds:d` worlds; dotted: 5%. Titles: how many tied architectures stay below 5% by their means (in the third panel, in both kinds of world).
# ```
#
# ```{predicates}
# ```
#
# ## The idea
#
# How does a latent for *starts with S* know that it must not fire on *snake*? The word starts with S, and a linear {term}`probe` finds that easily. {term}`Absorption <absorption>` needs an exception: the {term}`encoder` reads *starts with S, but not snake*,
# while the {term}`decoder` still writes *starts with S*. An SAE can only do that if the two are different matrices. {term}`Tying <tying>` makes the encoder the transposed decoder: what reads an exception then also writes it, and reconstruction suffers. An
# author of the first report thought of it in a thread below the summary, where the comparison is called a "valuable follow up" {cite}`chanin2024summary`, and toys have since been seen not to absorb when tied {cite}`chanin2024toy`.
#
# There is a way around it, though. A tied latent can point *between* parent and child. One that reads and writes
# (parent + child)/√2 answers to both at once and needs no exception: {prf:ref}`prop-tied` says when that is cheaper. Its {term}`δ` is 1, but it fires wherever the parent
# is, so that nobody who reads it overlooks the parent. Decoders alone therefore mislead here. What counts on this page is whether the latent that *tells* the parent best has holes.

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Imports"}
from functools import partial
from itertools import product

import numpy as np
import pandas as pd
from IPython.display import display

from absorption.claims import Claim, Evidence, Finding, Predicate, Quotation, conclude
from absorption.claims.each import of_each
from absorption.claims.families import of_worst
from absorption.experiments.curves import known
from absorption.experiments.exceptions import HELD_BACK, searches, way_around
from absorption.experiments.families import families
from absorption.experiments.pressed import Pressing, on_curve, placed
from absorption.experiments.starts import absorbing
from absorption.experiments.twins import TIED, TWINS, Twin, Twins, Where, asked, averaged
from absorption.experiments.twins_told import for_prose
from absorption.figures import theme
from absorption.figures.forms import curves, dots
from absorption.figures.one_legend import one_legend
from absorption.figures.present import present
from absorption.figures.series import Series
from absorption.publish.averages import averages
from absorption.publish.notebook import glue_record, glue_values
from absorption.runtime.parallel import in_parallel
from absorption.runtime.paths import pick_device
from absorption.saes.recipe import MatchingPursuit, Recipe, TopK

theme.use()

# %% tags=["parameters", "hide-input"] mystnb={"code_prompt_show": "Parameters"}
n_parents = 3  # each with two children: 9 features
n_worlds = 16  # of each kind, with probabilities, starts and minibatches of their own
n_long = 6  # of them, trained twice as long
covering = 3  # k that is at least the features of most inputs
search_steps = 500  # of the search for tied SAEs that hold an exception
crowded_d_in = 8  # dimensions of the crowded worlds
own = 0.3  # beside the truth: length of the random direction added to each true one
sparser = 0.85  # L0 at which SAEs from beside the truth are read, over the world's own
steps = 500
batch_size = 32
lr = 0.02  # peak learning rate (Adam)
first_seed = 21600  # pilots used seeds from 1600 to 1699; an earlier version was published on 11600 to 11615
profile = "laptop"
device = "auto"

# %% tags=["claim", "hide-input"] mystnb={"code_prompt_show": "The claim, its predicates and their bounds"}
HOLE = "a hole in one appearance of twenty is the least that a user of a latent would have to know about; tying has to save more than that"
CLAIM = Claim(
    id="16_tying",
    title="Does tying encoder and decoder lower absorption?",
    sentence="An SAE whose encoder is its transposed decoder absorbs less, because exceptions would damage its reconstruction.",
    quotations=(
        Quotation("Encoder weights and Decoder weights aren't tied. If they were, you can imagine the choosing these exceptions for absorbed examples would damage reconstruction performance.", "chanin2024summary", "Joseph Bloom, in the thread below it"),
    ),
    predicates=(
        Predicate("exception", "where latents decide alone, fire only where their feature is, and parents' are silent beside a child, the best tied SAE that a search finds leaves more than 5% more of the variance unexplained than one with an encoder of its own, which reconstructs without error", evidence="exception_least", above=0.05, because="a child that is not reconstructed at all costs about so much; the source says that exceptions damage reconstruction", essential=True),
        Predicate("less_apart", "from random weights, at the true L0, tied SAEs absorb less than their untied twins by more than 5% of a child's appearances, where children exclude each other (mean over architectures, strangers subtracted from both)", evidence="less_apart", above=0.05, because=HOLE, essential=True),
        Predicate("less_meeting", "so they do where children meet", evidence="less_meeting", above=0.05, because="the same, where absorbing is not clustering", essential=True),
        Predicate("each_apart", "with exclusive children, each of the tied architectures does", evidence="less_apart_least", above=0.05, because="the source does not except any; the architecture to which tying does least decides"),
        Predicate("each_meeting", "and with children that meet", evidence="less_meeting_least", above=0.05, because="likewise"),
        Predicate("learned", "from random weights, at the true L0, every architecture, tied or not, explains more of the variance than the parents alone could", evidence="explained_least", above=2 / 3, role="gate", because="parents are about two thirds of the features present; an SAE that has learned no children cannot absorb"),
        Predicate("parents", "and for more than a third of the parents it has a latent that fires on most inputs with the parent alone", evidence="tells_least", above=1 / 3, role="gate", because="only these are judged; fewer would not stand for the rest"),
        Predicate("reached", "the curve of every architecture, tied or not, passes the true L0 in more than three quarters of the worlds", evidence="reached_least", above=0.75, role="match", because="elsewhere the L0s that are compared are not equal"),
        Predicate("others", "paired with another parent's children, in the same SAEs, parents seem absorbed in less than 5% (mean over architectures)", evidence="others", below=0.05, role="null", because="the same inputs and the same rule without a hierarchy"),
        Predicate("untied", "every untied twin absorbs more than 5% beyond strangers where children exclude each other", evidence="untied_least", above=0.05, role="control", because="there has to be something that tying could prevent"),
        Predicate("built", "a dictionary that is built to absorb does so everywhere, by this rule", evidence="built", above=0.999, role="control", because="the rule has to see complete absorption where it is known to be"),
        Predicate("searched", "what the search finds does hold the exception", evidence="searched", above=0.999, role="control", because="the price would else be that of another SAE"),
        Predicate("turned", "one whose latents point between parent and child does not", evidence="turned", below=1e-6, role="control", because="it fires wherever the parent is, so nothing is overlooked"),
    ),
    findings=(
        Finding("the same SAEs, if other latents may fire as well: unexplained variance, children apart", "dense_apart"),
        Finding("their L0, over the world's own", "dense_l0"),
        Finding("the same search where children meet: unexplained variance", "dense_meeting"),
        Finding("from random weights, at the true L0, children apart: the tied architecture that absorbs most, beyond strangers", "apart_most"),
        Finding("the same where children meet", "meeting_most"),
        Finding("started beside the truth, at 0.85 of the true L0 or as near as it gets: the tied architecture and kind of world with most, beyond strangers", "beside_most"),
        Finding("TopK with a count of 3, enough for most inputs: untied less tied, children apart, strangers subtracted from both", "covered_apart"),
        Finding("the same where children meet", "covered_meeting"),
        Finding("price of tying: unexplained variance, tied less untied, at the true L0, children apart (mean over architectures)", "price_apart"),
        Finding("the same where children meet", "price_meeting"),
        Finding("crowded: share that the tied architecture absorbs which absorbs most, strangers not subtracted", "crowded_most"),
        Finding("crowded: untied less tied, mean over architectures, strangers not subtracted", "less_crowded"),
        Finding("tied, children apart: pairs with a δ of 0.4 or more whose parent is told in more than 95% of the child's appearances (mean over architectures)", "rotated"),
        Finding("the same in untied SAEs", "rotated_untied"),
        Finding("unexplained variance of a dictionary that is built to absorb, encoded with its decoder, without biases", "built_tied_unexplained"),
        Finding("the same with the biases that reconstruct best, whether or not it still absorbs", "built_fitted"),
        Finding("twice the steps, children apart: change of the share absorbed by tied SAEs, mean over architectures", "longer"),
    ),
)  # fmt: skip
SEEDS = range(first_seed, first_seed + n_worlds)

# %% [markdown]
# ## The world
#
# The worlds are those of {doc}`05_every_architecture`, drawn anew: {glue:text}`n_parents:d` families of a parent and two children, which exclude each other (*apart*), are independent given their parent (*meet*), or have no parent at all (*strangers*, the null).
# Features are orthogonal, but for the *crowded* worlds with {glue:text}`n_features:d` random directions in {glue:text}`crowded_d_in:d` dimensions, one more than fit. There are {glue:text}`n_worlds:d` worlds of each kind, each with frequencies of its own.

# %%
device = pick_device(device)
KINDS = {"apart": "children apart", "meeting": "children meet", "strangers": "strangers"}
worlds = {kind: families(SEEDS, kind, n_parents=n_parents) for kind in KINDS}
n_features = len(worlds["apart"].features)

# %% [markdown]
# ## The experiment
#
# Four architectures, each tied and untied, with one latent a feature and trained biases, on minibatches of {glue:text}`batch_size:d`, at four or five pressures
# ($\lambda$ or $k$) in each world, from random weights and from beside the truth. What is compared is read off each world's curve over L0, linearly between the two
# SAEs on either side of one L0: the true one from random weights, {glue:text}`sparser:.0%` of it from beside the truth, since at the true one all could stay where they are. An architecture that never gets so sparse counts where it comes nearest.
#
# The latent that *tells* a parent is the one with the largest F1 for it among those that fire on more than half of the inputs with the parent and no child, whichever
# decoder row it has; parents without one are left out, and so are worlds in which no parent has one ({glue:text}`untold:d` of {glue:text}`readings:d` curves that are read). The parent is *absorbed* on an input with parent and child if that latent is silent and the child's own writes at
# least 0.4 of the parent. What strangers show by the same rule, at the same L0, is subtracted.
#
# **The price of an exception** is asked without sparsity training. In a tied SAE whose latents decide alone (a ReLU and a bias each) all weights are trained to reconstruct, and nothing else, on condition that
# each parent's latent fires without a child and is silent beside one, and that every latent fires only where its feature is. An SAE with an encoder of its own can do that without any error
# ({doc}`01_delta_absorption`). The best of {glue:text}`n_starts:d` starts counts.


# %%
def trained(one):
    """Each measure of all SAEs of one architecture, [pressure start world]."""
    of = families(SEEDS[: n_long if one.longer else n_worlds], one.kind, n_parents=n_parents)
    how = Pressing(
        one.name, one.tied, ("random",) if one.crowded or one.longer else ("random", "beside"),
        own, (1 + one.longer) * steps, batch_size, lr, crowded_d_in if one.crowded else None, device,
    )  # fmt: skip
    return on_curve(of, how, asked(one, of))


jobs = [Twin(kind, name, tied) for kind, name, tied in product(KINDS, TWINS, TIED)]
jobs += [Twin("apart", name, tied, crowded=True) for name, tied in product(TWINS, TIED)]
jobs += [Twin("apart", name, True, longer=True) for name in TWINS]
twins = Twins(dict(zip(jobs, in_parallel(trained, jobs, device), strict=True)), sparser)
APART, MEETING, STRANGERS = (Where(kind) for kind in KINDS)
BESIDE = (Where("apart", "beside"), Where("meeting", "beside"))
CROWDED = Where("apart", crowded=True)

# %% tags=["hide-input"] mystnb={"code_prompt_show": "The figure at the top"}
NAMES, ROLES = ("untied", "tied"), ("parent", "child")
LOOKS = {"apart": ("apart", "o^"), "meeting": ("meet", "sv")}  # the second shape of each is of tied ones
PANELS = {"Random weights, apart": [APART], "Random weights, meet": [MEETING], "Beside the truth": BESIDE}
fig, panels = theme.figure(height=3.4, ncols=3, sharey=True, sharex=True)
for panel, (title, wheres) in zip(panels, PANELS.items(), strict=True):
    lines = []
    for where, tied in product(wheres, TIED):
        words, shapes = LOOKS[where.kind]
        rows = twins.each_beyond(where, tied).values()
        lines.append(averages(f"{NAMES[tied]}, {words}", ROLES[tied], rows, shapes[tied], (-1, 1)))
    dots(panel, TWINS, lines, "absorbed beyond strangers", reference=None)
    panel.axvline(0.05, color=theme.COLORS["reference"], ls=":", lw=1)
    panel.set_title(f"{title}:\n{twins.few(*wheres)} of {len(TWINS)} tied below 5%")
    panel.set_xlim(-0.04, 1.04)
one_legend(fig, ncols=2, fontsize=9)
present("headline", fig, "Share absorbed by tied SAEs and their untied twins at one L0, from random weights and from beside the truth.")  # fmt: skip

# %% [markdown]
# ## What was found
#
# {glue:text}`found`
#
# **The reason.** A sparse tied SAE cannot hold an exception: on the conditions above the best one that the search finds leaves {glue:text}`exception_apart:.2f` more of the variance unexplained than one with an encoder of its own
# with exclusive children and {glue:text}`exception_meeting:.2f` with children that meet; without the exception, the same search leaves {glue:text}`no_hole:.3f`. A dictionary that is built to absorb leaves {glue:text}`built_tied_unexplained:.1f` times the variance
# when it is encoded with its decoder, and {glue:text}`built_fitted:.2f` with the biases that reconstruct best. So the source's reason is right, of sparse SAEs. If other latents may fire as well, the search turns each parent
# and its children together and holds the exception at {glue:text}`dense_apart:.3f` of the variance ({glue:text}`dense_meeting:.3f` where children meet), with {glue:text}`dense_l0:.1f` times the true L0: tied weights alone do not forbid it.
#
# **Tying lowers absorption.** Untied less tied, at one L0 and from random weights, is {glue:text}`less_apart:.2f` ({glue:text}`less_apart_low:.2f` to {glue:text}`less_apart_high:.2f`) of a child's
# appearances with exclusive children and {glue:text}`less_meeting:.2f` ({glue:text}`less_meeting_low:.2f` to {glue:text}`less_meeting_high:.2f`) with children that meet, mean over architectures. By their means
# {glue:text}`few_apart:d` of {glue:text}`n_twins:d` tied architectures absorb less than 5% with exclusive children and {glue:text}`few_meeting:d` where they meet: L1 {glue:text}`l1_apart_tied:.2f`
# (untied {glue:text}`l1_apart_untied:.2f`) and {glue:text}`l1_meeting_tied:.2f` ({glue:text}`l1_meeting_untied:.2f`), JumpReLU {glue:text}`jumprelu_apart_tied:.2f` ({glue:text}`jumprelu_apart_untied:.2f`) and
# {glue:text}`jumprelu_meeting_tied:.2f` ({glue:text}`jumprelu_meeting_untied:.2f`), BatchTopK {glue:text}`batchtopk_apart_tied:.2f` ({glue:text}`batchtopk_apart_untied:.2f`) and {glue:text}`batchtopk_meeting_tied:.2f`
# ({glue:text}`batchtopk_meeting_untied:.2f`), TopK {glue:text}`topk_apart_tied:.2f` ({glue:text}`topk_apart_untied:.2f`) and {glue:text}`topk_meeting_tied:.2f` ({glue:text}`topk_meeting_untied:.2f`), beyond strangers.
#
# **TopK is another matter.** It gains {glue:text}`topk_less_apart:.2f` with exclusive children and {glue:text}`topk_less_meeting:.2f` where they meet, at the true L0. Where latents compete for places, a child silences its parent without an exception in
# any weight: a tied dictionary that is built to absorb, read by matching pursuit, reconstructs exclusive children with an error of {glue:text}`built_pursuit:.2f` (TopK with $k$ = {glue:text}`covering:d` and no biases: {glue:text}`built_topk:.2f`). Pursuit, always tied, absorbs
# on {doc}`05_every_architecture`. And at the true L0 the count of TopK is too small for many inputs. With $k$ = {glue:text}`covering:d`, which covers most, tying saves {glue:text}`covered_apart:.2f` ({glue:text}`covered_apart_low:.2f` to
# {glue:text}`covered_apart_high:.2f`) and {glue:text}`covered_meeting:.2f` ({glue:text}`covered_meeting_low:.2f` to {glue:text}`covered_meeting_high:.2f`).
#
# **From beside the truth**, pressed towards {glue:text}`sparser:.0%` of the true L0, {glue:text}`few_beside:d` of {glue:text}`n_twins:d` tied architectures absorb less than 5% in both kinds of world, by their means. Tied L1 absorbs
# {glue:text}`l1_apart_beside_tied:.2f` where its untied twin absorbs {glue:text}`l1_apart_beside_untied:.2f`, JumpReLU {glue:text}`jumprelu_apart_beside_tied:.2f` tied and {glue:text}`jumprelu_apart_beside_untied:.2f` untied (it stays near the truth
# either way), TopK {glue:text}`topk_apart_beside_tied:.2f` and {glue:text}`topk_apart_beside_untied:.2f`, BatchTopK {glue:text}`batchtopk_apart_beside_tied:.2f` and {glue:text}`batchtopk_apart_beside_untied:.2f` (children apart). There are then fewer
# latents than features, and tying does not keep SAEs from absorbing; no predicate is about that.
#
# **The price of tying.** At one L0 tied SAEs leave {glue:text}`price_apart:.3f` ({glue:text}`price_apart_low:.3f` to {glue:text}`price_apart_high:.3f`) more of the variance unexplained with exclusive children, and {glue:text}`price_meeting:.3f`
# ({glue:text}`price_meeting_low:.3f` to {glue:text}`price_meeting_high:.3f`) with children that meet, mean over architectures; the table in *Details* has each.
#
# **The way around** of *The idea* is not one of tied SAEs alone: in {glue:text}`rotated:.0%` of their pairs with exclusive children, and in {glue:text}`rotated_untied:.0%` of untied ones, δ is 0.4 or more,
# though the parent is told in more than 95% of the child's appearances.
#
# ```{picture} curves
# :alt: Four panels, one an architecture: share absorbed over L0 for tied and untied SAEs from random weights, children apart and children that meet.
# Absorption over L0 (over the world's own; dotted: one), from random weights: means over {glue:text}`n_worlds:d` worlds at each pressure, strangers not subtracted.
# Titles: what tying saves at the true L0, by the means of both kinds of world, strangers subtracted.
# ```

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Figure: absorption over L0"}
fig, panels = theme.figure(height=3.2, ncols=4, sharex=True, sharey=True)
for panel, name in zip(panels, TWINS, strict=True):
    panel.axvline(1, color=theme.COLORS["reference"], ls=":", lw=1)
    for (where, shape), tied in product(((APART, "s"), (MEETING, "o")), TIED):
        l0, absorbed = twins.told(where, name, tied)
        line = Series(f"{NAMES[tied]}, {KINDS[where.kind]}", ROLES[tied], absorbed, marker=shape)
        curves(panel, l0, [line], "L0", "absorbed" if name == TWINS[0] else "")
    gap = np.mean([known(twins.less(where)[name]).mean() for where in (APART, MEETING)])
    panel.set(title=f"{name}:\n{gap:.2f} less, tied".replace("-", "−"), xlim=(0.3, 2.3), ylim=(-0.03, 1.03))
one_legend(fig, ncols=2, fontsize=9)
present("curves", fig, "Share absorbed over L0 for tied and untied SAEs of four architectures.")

# %% [markdown]
# ## The null and the controls
#
# - **Strangers.** The null is part of what is judged: what the rule finds in worlds of the same frequencies without a hierarchy is subtracted, world by world, at the same L0. It is {glue:text}`strangers_topk:.2f` for tied TopK and
#   {glue:text}`strangers_topk_untied:.2f` for untied TopK, {glue:text}`strangers_rest:.2f` at most for the other tied SAEs and {glue:text}`strangers_rest_untied:.2f` for the other untied ones. So part of what tying does to TopK it does to strangers.
# - **Another parent's children**, in the same SAEs: {glue:text}`others:.3f` ({glue:text}`others_low:.3f` to {glue:text}`others_high:.3f`), mean over architectures, tied and untied.
# - **Something to prevent.** The untied twin that absorbs least with exclusive children absorbs {glue:text}`untied_least:.2f` ({glue:text}`untied_least_low:.2f` to {glue:text}`untied_least_high:.2f`).
# - **The rule.** A dictionary that is built to absorb scores {glue:text}`built:.2f`, one turned by 45° between each parent and its first child scores {glue:text}`turned:.0f`; by the
#   decoder rows alone, the latent nearest to a parent would be silent in {glue:text}`turned_silent:.0%` of its children's appearances.
# - **Equal {term}`L0`.** The curve of the architecture that does so least often passes the true L0 in {glue:text}`reached_least:.0%` of the worlds.
# - **Long enough?** With twice the steps, in {glue:text}`n_long:d` worlds with children apart, the share that tied SAEs absorb moves by {glue:text}`longer:.3f` ({glue:text}`longer_low:.3f` to
#   {glue:text}`longer_high:.3f`), mean over architectures, and by {glue:text}`longer_most:.2f` for {glue:text}`longer_most_name`, which moves most.
#
# ## What this does not show
#
# - **Other hierarchies and widths.** Two levels, two children a parent that never come alone, constant magnitudes, one latent a feature.
# - **What SAEs from beside the truth have learned** at the lower L0. The gates are for random starts; a tied L1 SAE needs a large $\lambda$ to get there.
# - **The least price of an exception, and a tied SAE at its best.** A search finds an SAE, not the best one; only the prices that it finds to be low are certain. Tied SAEs were trained with the rate and length of the untied ones.
# - **Language models**, where tied SAEs absorb less than untied ones at one L0, but [not told beyond nonsense](30_tied_saes.ipynb), and **end-to-end SAEs**, the other comparison that the thread asks for.
#
# ## Details
#
# :::{dropdown} All architectures, and earlier versions
# Means at the true L0 from random weights. *absorbed*: of the latent that tells the parent best; *nearest latent*: of the one whose decoder row is nearest. *recall*: how
# often the telling latent fires beside a child. *rotated*: pairs with a δ of at least 0.4 and a recall above 0.95.
#
# An earlier version, on other seeds, asked whether any tied architecture absorbs 5% of a child's appearances, which is not what the source says; TopK did, and it came out *refuted*. One before that
# took the nearest latent, set $\lambda$ by hand, compared twins whose L0s differed by up to a tenth, and had exclusive children only. Both had been published before this one was designed.
# :::

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Controls"}
TREES = ("apart", "meeting")
features, pairs = worlds["apart"].features, worlds["apart"].pairs
absorbs, turned = absorbing(features, pairs), way_around(features, pairs)
built = [placed(worlds[kind], *absorbs)["overlooked"] for kind in TREES]
of_turned = [placed(worlds[kind], turned, turned.T) for kind in TREES]
built_tied = placed(worlds["apart"], absorbs[0], absorbs[0].T)
pursuit = Recipe(MatchingPursuit(n_features), tied=True, encoder_bias=False)
built_pursuit, built_topk = (
    float(placed(worlds["apart"], *absorbs, made)["unexplained"].mean()) for made in (pursuit, Recipe(TopK(covering), tied=True))
)  # fmt: skip
searched = searches({kind: worlds[kind] for kind in TREES}, search_steps)

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Table: every architecture"}
COLUMNS = {"overlooked": "absorbed", "absorbed": "nearest latent", "recall": "recall", "rotated": "rotated", "unexplained": "unexplained"}  # fmt: skip
display(pd.DataFrame(twins.table((APART, MEETING, CROWDED), COLUMNS, KINDS)).T.round(2))

# %% tags=["nbval-check-output", "hide-cell"]
HERE, over = (APART, MEETING), dict(of="worlds")
shares, signed, wide, positive = (dict(possible=p, **over) for p in ((0, 1), (-1, 1), (-2, 2), (0, np.inf)))
worst = partial(of_worst, of="worlds")
unexplained = {key: found["unexplained"] for key, found in searched.items()}
held = [searched[name, kind][m] for name, kind, m in product(("hole", "dense"), TREES, ("silent", "stands"))]
gains = {where.kind: twins.less(where) for where in HERE}
moves = {name: float(twins.longer(name, APART).mean()) for name in TWINS}
evidence = [
    worst("exception_least", {KINDS[kind]: unexplained["hole", kind] for kind in TREES}, min, 0.05, possible=(0, np.inf)),
    *of_each({f"exception_{kind}": unexplained["hole", kind] for kind in TREES}, **positive),
    *of_each({f"dense_{kind}": unexplained["dense", kind] for kind in TREES}, **positive),
    *of_each(dict(dense_l0=searched["dense", "apart"]["l0"], built_fitted=unexplained["fitted", "apart"]), **positive),
    Evidence.exactly("searched", float(np.min(held))),
    *of_each({f"covered_{where.kind}": twins.covered(where, covering, worlds["apart"]) for where in HERE}, **wide),
    *(worst(f"{where.kind}_most", twins.each_beyond(where, True), max, 0.05, possible=(-1, 1)) for where in HERE),
    *(worst(f"less_{kind}_least", {name: known(each) for name, each in gains[kind].items()}, min, 0.05, possible=(-2, 2)) for kind in TREES),
    worst("beside_most", twins.beside(BESIDE, KINDS), max, 0.05, possible=(-1, 1)),
    worst("explained_least", {at: 1 - each for at, each in twins.everyone("unexplained", HERE, KINDS).items()}, min, 2 / 3, (-np.inf, 1)),
    worst("tells_least", twins.everyone("tells", HERE, KINDS), min, 1 / 3),
    worst("reached_least", twins.passed((*HERE, STRANGERS), KINDS), min, 0.75),
    *of_each({"others": averaged(twins.everyone("strange", HERE, KINDS).values())}, **shares),
    worst("untied_least", twins.each_beyond(APART, False), min, 0.05, possible=(-1, 1)),
    Evidence.exactly("built", float(np.min(built))),
    Evidence.exactly("turned", float(max(one["overlooked"].max() for one in of_turned))),
    *of_each({f"price_{where.kind}": averaged(twins.more("unexplained", where).values()) for where in HERE}, note="tied less untied", **over),
    worst("crowded_most", twins.each("overlooked", CROWDED, True), max, 0.05),
    *of_each({"less_crowded": averaged(-each for each in twins.more("overlooked", CROWDED).values())}, **signed),
    *of_each({f"less_{kind}": averaged(gains[kind].values()) for kind in TREES}, note="mean over architectures", **wide),
    *of_each({f"rotated{words}": averaged(twins.each("rotated", APART, tied).values()) for tied, words in ((False, "_untied"), (True, ""))}, **shares),
    *of_each({"built_tied_unexplained": built_tied["unexplained"]}, note="not trained", **positive),
    *of_each({"longer": list(moves.values())}, of="architectures", possible=(-1, 1)),
]  # fmt: skip
named = {one.name: one.note.split(";")[0] for one in evidence}
record = conclude(
    CLAIM, evidence, headline="less_apart", seeds=SEEDS, profile=profile, device=device,
    found="A sparse tied SAE that holds an exception leaves {exception_least:.0%} of the variance unexplained. At the true L0, from random weights, tying saves {less_apart:.0%} of a child's appearances from absorption "
    f"with exclusive children, mean over {len(TWINS)} architectures; {named['less_apart_least']} gains least, {{less_apart_least:.0%}}.",
    parameters=dict(
        n_parents=n_parents, n_worlds=n_worlds, n_long=n_long, crowded_d_in=crowded_d_in, own=own, sparser=sparser,
        covering=covering, search_steps=search_steps, steps=steps, batch_size=batch_size, lr=lr, first_seed=first_seed,
    ),
)  # fmt: skip
print(record)

# %% tags=["remove-cell"]
glue_record(record)
longer_most = max(moves, key=lambda name: abs(moves[name]))
glue_values(
    found=record.found, n_parents=n_parents, n_features=n_features, n_worlds=n_worlds, n_long=n_long, crowded_d_in=crowded_d_in,
    sparser=sparser, batch_size=batch_size, longer_most_name=longer_most, longer_most=moves[longer_most], n_twins=len(TWINS),
    turned_silent=float(np.mean([one["silent"] for one in of_turned])), n_starts=len(HELD_BACK), covering=covering,
    built_pursuit=built_pursuit, built_topk=built_topk, no_hole=float(max(unexplained["no_hole", kind].mean() for kind in TREES)),
    **{f"{name}_name": of for name, of in named.items() if of.split(",")[0] in TWINS}, **for_prose(twins, (*HERE, STRANGERS, CROWDED), BESIDE),
)  # fmt: skip
