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
# # Does every architecture absorb?
#
# :::{claim}
# :::
#
# ```{picture} headline
# :alt: Dots with intervals for nine architectures in three panels. Trained from random weights, with orthogonal features and with more features than dimensions, and from beside the truth. Children that exclude each other, children that meet, and features that imply nothing.
# Share of a child's appearances in which its {term}`parent` is absorbed, read at one {term}`L0`: the world's own in the first two panels, {glue:text}`sparser:.0%` of it in
# the third, or as near as an architecture gets (JumpReLU stays at the world's own). *Apart*: a parent's {term}`children <child>` exclude each other; *meet*: they can be present together; *strangers*: the same features with the same frequencies, all independent (the null). Means with
# 95% intervals over {glue:text}`n_worlds:d` worlds. Titles: how many of the {glue:text}`n_judged:d` others absorb
# more than 5% beyond strangers, by their means (children apart, then children that meet). Nested SAEs, which the source calls a remedy, are shown and not judged.
# ```
#
# ```{predicates}
# ```
#
# ## The idea
#
# A dictionary with an entry for *animal* and one for *elephant* spends two entries on every elephant. If the entry for *elephant* also writes *animal*, one will do, and the latent for
# *animal* falls silent there: that is {term}`absorption`. The argument only needs that few active {term}`latents <latent>` are rewarded. It does not mention how, so it should hold for
# every {term}`SAE`.
#
# But architectures ask for few latents in different ways, and the way might matter:
#
# - **A price on magnitude.** Each latent pays for its value: {term}`L1 <L1 penalty>`, its square root ($L_{1/2}$), an exponent that falls from 1 to
#   0.2 during training {cite}`karvonen2024measuring`, or L1 on a gate {cite}`rajamanoharan2024gated`. A parent that
#   fires a little less beside its child pays a little less: every step towards absorption is rewarded.
# - **A price on the count.** JumpReLU {cite}`rajamanoharan2024jumprelu` pays for each latent that fires at all. A parent that fires half as strongly costs as much as before; only one
#   that falls silent saves anything. The gradient of this price is smoothed: it reaches thresholds only, and only from pre-activations within half a bandwidth of them.
# - **A fixed count.** TopK {cite}`gao2024scaling` and {term}`BatchTopK` {cite}`bussmann2024batchtopk` keep the $k$ largest latents of an input, or $k$ an input over a batch; matching
#   pursuit {cite}`costa2025matching` (*pursuit* in the figures) chooses them one after the other.
#
# Two things make such a comparison treacherous. A sparser SAE mostly absorbs more, and $\lambda$ means something else in each architecture, so they have to be compared **at one L0**.
# And an SAE that is pressed too hard merges any two features, so absorption is what it does to *parents* **beyond what it does to strangers**. Whether it helps to use the transposed
# decoder as encoder ({term}`tying`) is a question of its own: see {doc}`16_tying`.

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Imports"}
import numpy as np
import pandas as pd
from IPython.display import display

from absorption.claims import Claim, Evidence, Finding, Predicate, Quotation, conclude
from absorption.claims.each import of_each
from absorption.claims.families import of_worst
from absorption.experiments.architectures import ARCHITECTURES
from absorption.experiments.curves import known
from absorption.experiments.families import families
from absorption.experiments.pressed import NESTED, Pressing, on_curve, pressures
from absorption.experiments.strangers import KINDS, PARENTED, Beside, Trained, by_construction
from absorption.experiments.strangers_told import for_prose, rows, rows_beside
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
n_parents = 3  # each with two children: 9 features
n_worlds = 64  # of each kind, with probabilities, starts and minibatches of their own; by 16 earlier ones enough for intervals of ±.05
n_long = 8  # of them, trained twice as long
covering = 3  # k that is at least the features of most inputs
crowded_d_in = 8  # dimensions of the crowded worlds
own = 0.3  # beside the truth: length of the random direction added to each true one
sparser = 0.85  # L0 at which SAEs from beside the truth are read, over the world's own
steps = 500
batch_size = 32
lr = 0.02  # peak learning rate (Adam)
first_seed = 30500  # pilots used seeds from 500 to 599; earlier versions were published on 10500 to 10515 and 20500 to 20515
profile = "laptop"
device = "auto"

# %% tags=["claim", "hide-input"] mystnb={"code_prompt_show": "The claim, its predicates and their bounds"}
HOLE = "a hole in one appearance of twenty is the least that a user of a latent would have to know about; strangers show what the rule finds without a hierarchy"
CLAIM = Claim(
    id="05_every_architecture",
    title="Does every architecture absorb?",
    sentence="Any SAE architecture that rewards sparsity absorbs.",
    quotations=(
        Quotation(
            "We should expect feature absorption in any SAE architecture that incentivizes sparsity, which at present is all common architectures. "
            "JumpReLU, TopK, and standard L1 SAEs all extract feature representations by making use of sparsity and we should thus expect them all to engage in feature absorption.",
            "7vik2025sparsity",
            "How much of this applies to other SAE variants and feature-extraction methods?",
        ),
    ),
    predicates=(
        Predicate("apart", "from random weights, at the true L0, every architecture absorbs parents beyond strangers in more than 5% of a child's appearances, where children exclude each other", evidence="apart_least", above=0.05, because=HOLE, essential=True),
        Predicate("meeting", "so it does where children meet", evidence="meeting_least", above=0.05, because="the same, where absorbing is not clustering", essential=True),
        Predicate("crowded", "and with more features than dimensions (children apart)", evidence="crowded_least", above=0.05, because="the same; language models have more features than dimensions"),
        Predicate("covered", "TopK and pursuit, whose count is the same for every input, do so with a count of 3, which is enough for most inputs, in either kind of world", evidence="covered_least", above=0.05, because="at the true L0 their count is below the features of many inputs; the source does not speak of counts that are too small"),
        Predicate("learned", "from random weights, at the true L0, every architecture explains more of the variance than the parents alone could", evidence="explained_least", above=2 / 3, role="gate", because="parents are about two thirds of the features present; an SAE that has learned no children cannot absorb"),
        Predicate("parents", "and for more than a quarter of the parents it has a latent that fires on most inputs with the parent alone", evidence="stands_least", above=0.25, role="gate", because="only these are judged; fewer would not stand for the rest"),
        Predicate("reached", "the curve of every architecture passes the true L0 in more than three quarters of the worlds, of each kind", evidence="reached_least", above=0.75, role="match", because="elsewhere the L0s that are compared are not equal"),
        Predicate("others", "paired with another parent's children, in the same SAEs, parents seem absorbed in less than 5% (mean over architectures)", evidence="others", below=0.05, role="null", because="the same inputs and the same rule without a hierarchy"),
        Predicate("untrained", "untrained SAEs do not absorb parents beyond strangers by 5%", evidence="untrained_most", below=0.05, role="control", because="the rule must not find in random weights what is to be an effect of training"),
        Predicate("truth", "the true dictionary absorbs nothing", evidence="truth", below=1e-6, role="control", because="by definition, up to rounding"),
        Predicate("built", "one that is built to absorb does so everywhere", evidence="built", above=0.999, role="control", because="the rule has to see complete absorption where it is known to be"),
    ),
    findings=(
        Finding("started beside the truth, at 0.85 of the true L0 or as near as it gets, children apart: the architecture that absorbs least, beyond strangers", "beside_apart_least"),
        Finding("the same where children meet", "beside_meeting_least"),
        Finding("started beside the truth, at the true L0, children apart: mean over architectures, beyond strangers", "beside_true_apart"),
        Finding("the same where children meet", "beside_true_meeting"),
        Finding("from random weights, children apart: the share that the architecture absorbs which absorbs least, strangers not subtracted", "raw_apart_least"),
        Finding("the same for the architecture that absorbs most", "raw_apart_most"),
        Finding("children meet: the architecture that absorbs most", "raw_meeting_most"),
        Finding("children apart: nested SAEs, beyond strangers", "nested_apart"),
        Finding("children meet: nested SAEs, beyond strangers", "nested_meeting"),
        Finding("children apart, 0.85 of the true L0 less the true L0: mean over architectures", "sparser_apart"),
        Finding("twice the steps, children apart, for the architecture that is judged (absorbs least): change of the share absorbed at the true L0", "longer"),
    ),
)  # fmt: skip
SEEDS = range(first_seed, first_seed + n_worlds)

# %% [markdown]
# ## The world
#
# {glue:text}`n_parents:d` families, independent of each other: a parent, which is present in a quarter to a half of all inputs, and two children that never come without it. In one
# kind of world siblings exclude each other (*apart*: a cat is no dog), in the other they are independent given their parent (*meet*: an otter swims and hunts). In the third,
# *strangers*, all features are independent; frequencies are the same in all three. Features are orthogonal and of length 1. The *crowded* worlds have {glue:text}`n_features:d` random
# directions in {glue:text}`crowded_d_in:d` dimensions, one more than fit: mildly crowded. Each of {glue:text}`n_worlds:d` worlds of a kind has frequencies of its own.
# {glue:text}`l0_smallest:.1f` to {glue:text}`l0_largest:.1f` features are present on average.

# %%
device = pick_device(device)
worlds = {kind: families(SEEDS, kind, n_parents=n_parents) for kind in KINDS}

# %% [markdown]
# ## The experiment
#
# Each SAE has one latent a feature, trains its biases, and sees minibatches of {glue:text}`batch_size:d` inputs. Each architecture is trained at four or five pressures ($\lambda$ or
# $k$; `PRESSURES`), in each world, from random weights and from *beside the truth*, where a decoder row is a feature plus a random direction {glue:text}`own` times as long. Absorption
# is read off each world's curve of absorption over L0, linearly between the two SAEs on either side of the L0 that is asked for.
#
# From random weights that L0 is the true one: as many latents as there are features present, on average. An SAE with a penalty, or BatchTopK, can then hold the truth, and nothing forces it to absorb. TopK
# and pursuit, whose count is the same for every input, cannot: they are then read at a count between one and little more than two, while {glue:text}`more_smallest:.0%` to {glue:text}`more_largest:.0%` of a world's inputs have
# more than two features. So they are read with $k$ = {glue:text}`covering:d`, too, which is enough for {glue:text}`enough_smallest:.0%` to {glue:text}`enough_largest:.0%` of the inputs. From beside the
# truth the penalties and BatchTopK could keep the truth at that L0, so all are read at {glue:text}`sparser:.0%` of it as well; an architecture that never gets so sparse counts where it comes nearest.
#
# A parent is *absorbed* on an input with parent and child if its own latent is silent and the child's writes at least 0.4 of the parent. Only a latent that
# fires on more than half of the inputs with the parent and no child counts: a latent that has not learned its parent has no holes. What is judged is always
# the *worst* architecture for the claim, with an interval that is widened for having been picked (by Holm's procedure, see {doc}`Method </book/method>`).

# %%
NAMES = (*ARCHITECTURES, NESTED)
JUDGED = tuple(ARCHITECTURES)  # without the remedy


def trained(job):
    starts = ("random",) if job.crowded or job.length != 1 else ("random", "beside")
    world = dict(own=own, d_in=crowded_d_in if job.crowded else None, device=device)
    training = dict(steps=job.length * steps, batch_size=batch_size, lr=lr)
    how = Pressing(job.name, starts=starts, **world, **training)
    of = families(SEEDS[: job.n], job.kind, n_parents=n_parents)
    return on_curve(of, how, pressures(job.name, of))


both = ("apart", "strangers")
jobs = [Trained(kind, name, False, 1, n_worlds) for kind in KINDS for name in NAMES]
jobs += [Trained(kind, name, True, 1, n_worlds) for kind in both for name in NAMES]
jobs += [Trained(kind, name, False, 0, n_worlds) for kind in both for name in JUDGED]
jobs += [Trained("apart", name, False, 2, n_long) for name in JUDGED]
found = dict(zip(jobs, in_parallel(trained, jobs, device), strict=True))
beside = Beside(found, worlds, sparser, covering)

# %% tags=["hide-input"] mystnb={"code_prompt_show": "The figure at the top"}
LOOKS = (("apart", "child", "s"), ("meeting", "parent", "o"), ("strangers", "reference", "x"))
PANELS = {"random": ("random", False), "crowded": ("random", True), "beside": ("beside", False)}
TITLES = ("Random weights", "Random, crowded", "Beside the truth")
fig, panels = theme.figure(height=4.2, ncols=3, sharey=True, sharex=True)
for panel, words, (start, crowded) in zip(panels, TITLES, PANELS.values(), strict=True):
    looks = [look for look in LOOKS if not (crowded and look[0] == "meeting")]
    read = {
        kind: [beside.read("absorbed", kind, name, start, crowded) for name in NAMES] for kind, *_ in looks
    }
    lines = [averages(KINDS[kind], role, read[kind], marker, (0, 1)) for kind, role, marker in looks]
    dots(panel, NAMES, lines, "share absorbed", reference=None)
    panel.axhline(len(JUDGED) - 0.5, color=theme.COLORS["reference"], lw=0.6, ls=":")
    panel.set_xlim(-0.04, 1.04)
    counts = [str(beside.held(kind, start, crowded)) for kind, *_ in looks if kind in PARENTED]
    panel.set_title(f"{words}: {' and '.join(counts)}\nof {len(JUDGED)} beyond strangers")
fig.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
present("headline", fig, "Share absorbed by nine architectures at one L0: from random weights, crowded, and from beside the truth, for children apart, children that meet, and strangers.")  # fmt: skip

# %% [markdown]
# ## What was found
#
# {glue:text}`found`
#
# **From random weights** {glue:text}`held_apart:d` of {glue:text}`n_judged:d` architectures absorb parents beyond strangers where children exclude each other, and
# {glue:text}`held_meeting:d` where they meet, by their means. The four prices on magnitude absorb {glue:text}`magnitude_apart:.2f` and {glue:text}`magnitude_meeting:.2f` of a child's
# appearances on average, the three fixed counts {glue:text}`counts_apart:.2f` and {glue:text}`counts_meeting:.2f`, JumpReLU {glue:text}`random_apart_JumpReLU:.2f` and
# {glue:text}`random_meeting_JumpReLU:.2f`, all strangers subtracted. Where children meet, less is absorbed from random weights, on average; a possible reason is on {doc}`20_cooccurring_children`.
#
# **The least** is {glue:text}`apart_least:.2f` ({glue:text}`apart_least_low:.2f` to {glue:text}`apart_least_high:.2f`) with exclusive children, by {glue:text}`apart_least_name`, and {glue:text}`meeting_least:.2f`
# ({glue:text}`meeting_least_low:.2f` to {glue:text}`meeting_least_high:.2f`) where they meet, by {glue:text}`meeting_least_name`; intervals are widened for the worst of {glue:text}`n_judged:d`. The source does not promise how much an
# architecture absorbs at which count.
#
# **With a count that covers most inputs** ($k$ = {glue:text}`covering:d`) TopK absorbs {glue:text}`covered_apart_TopK:.2f` with exclusive children and {glue:text}`covered_meeting_TopK:.2f` where they
# meet, pursuit {glue:text}`covered_apart_pursuit:.2f` and {glue:text}`covered_meeting_pursuit:.2f`, strangers of the same count subtracted. The least is {glue:text}`covered_least_name` with {glue:text}`covered_least:.2f`
# ({glue:text}`covered_least_low:.2f` to {glue:text}`covered_least_high:.2f`). BatchTopK, which shares its count between inputs, absorbs {glue:text}`given_apart_BatchTopK:.2f` and {glue:text}`given_meeting_BatchTopK:.2f` with $k$ at the features present.
#
# **With more features than dimensions** {glue:text}`held_crowded:d` of {glue:text}`n_judged:d` absorb beyond strangers by their means. The least is {glue:text}`crowded_least_name` with {glue:text}`crowded_least:.2f`
# ({glue:text}`crowded_least_low:.2f` to {glue:text}`crowded_least_high:.2f`), over the worlds in which it has a latent for some parent.
#
# **Beside the truth**, of which the source says nothing, the way in which few latents are asked for matters. At the true L0, where no penalty forces it, {glue:text}`held_true_apart:d` of {glue:text}`n_judged:d` absorb
# more than 5% beyond strangers where children exclude each other and {glue:text}`held_true_meeting:d` where they meet, by their means; pressed towards {glue:text}`sparser:.0%` of it,
# {glue:text}`held_beside_apart:d` and {glue:text}`held_beside_meeting:d`. JumpReLU absorbs {glue:text}`beside_apart_JumpReLU:.2f` and {glue:text}`beside_meeting_JumpReLU:.2f`: it could not be pressed there. Its price reaches
# only thresholds, through pre-activations within half a bandwidth of them, and those of the features are far above. It stays where it started and gets to {glue:text}`sparser:.0%` of the true L0 in
# {glue:text}`sparse_JumpReLU:.0%` of the worlds, so that panel compares it at another L0. From random weights it is not driven away from the truth, and not driven to it either.
#
# **Sparser SAEs mostly absorb more.** From random weights, with exclusive children, {glue:text}`sparser:.0%` of the true L0 gives {glue:text}`sparser_apart:.2f` ({glue:text}`sparser_apart_low:.2f` to
# {glue:text}`sparser_apart_high:.2f`) more than the true L0, mean over architectures. For TopK and pursuit absorption rises with the count before it falls (figure below).
#
# **Nested** SAEs, the remedy, absorb {glue:text}`nested_apart:.2f` ({glue:text}`nested_apart_low:.2f` to {glue:text}`nested_apart_high:.2f`) and, where children meet, {glue:text}`nested_meeting:.2f`
# ({glue:text}`nested_meeting_low:.2f` to {glue:text}`nested_meeting_high:.2f`) beyond strangers: less than all flat architectures at the true L0, with intervals below those of the least of them, and not nothing ({doc}`08_matryoshka`).
#
# ```{picture} curves
# :alt: Nine panels, one an architecture: share absorbed over L0, from random weights, for children apart, children that meet and strangers; absorption mostly falls as L0 grows.
# Absorption over L0 (over the world's own; dotted: one), from random weights: means over {glue:text}`n_worlds:d` worlds at each pressure. Titles: share absorbed at the true L0 by children
# apart and children that meet, strangers not subtracted.
# ```

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Figure: absorption over L0"}
fig, panels = theme.figure(height=6.2, ncols=3, nrows=3, sharex=True, sharey=True)
for panel, name in zip(panels.flat, NAMES, strict=True):
    panel.axvline(1, color=theme.COLORS["reference"], ls=":", lw=1)
    for kind, role, marker in LOOKS:
        l0, absorbed = beside.over_l0(kind, name)
        line = Series(KINDS[kind], role, absorbed, marker=marker)
        curves(panel, l0, [line], "L0" * (name in NAMES[-3:]), "absorbed" * (name in NAMES[::3]))
    at = [beside.read("absorbed", kind, name).mean() for kind in PARENTED]
    panel.set(title=f"{name}: {at[0]:.2f} and {at[1]:.2f}", xlim=(0.3, 2.3), ylim=(-0.03, 1.03))
fig.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
present("curves", fig, "Share absorbed over L0 for nine architectures and three kinds of worlds.")

# %% [markdown]
# ## The null and the controls
#
# - **Strangers.** The null is part of what is judged: what the rule finds in worlds of the same frequencies without a hierarchy is subtracted, world by world, at the
#   same L0. With orthogonal features and random weights it is {glue:text}`strangers_most:.2f` for {glue:text}`strangers_most_name`, which merges pairs under pressure, and {glue:text}`strangers_rest:.2f` at most for the others.
#   It is an easier null for TopK and pursuit: strangers come in crowds less often, so that a fixed count leaves fewer inputs short, and the pressure on each input is not the same.
# - **Another parent's children**, in the same SAEs: {glue:text}`others:.3f` ({glue:text}`others_low:.3f` to {glue:text}`others_high:.3f`), mean over architectures.
# - **Untrained** SAEs show {glue:text}`untrained_most:.3f` beyond strangers at most.
# - The true dictionary scores {glue:text}`truth:.0f`, one that is built to absorb {glue:text}`built:.2f`.
# - **Equal {term}`L0`.** From random weights, the curve of the architecture and world kind that does so least often passes the true L0 in {glue:text}`reached_least:.0%` of the worlds.
# - **Long enough?** With twice the steps, in {glue:text}`n_long:d` worlds with children apart, the share that {glue:text}`apart_least_name`, which is judged, absorbs moves by {glue:text}`longer:.3f` ({glue:text}`longer_low:.3f` to
#   {glue:text}`longer_high:.3f`). The one that moves most is {glue:text}`longer_most_name`, by {glue:text}`longer_most:.2f`{glue:text}`settled`.
#
# ## What this does not show
#
# - **Other hierarchies.** Two levels, two children a parent that never come alone, magnitudes that do not vary, a latent for each feature. Latents to spare are on
#   {doc}`20_cooccurring_children`.
# - **Another L0.** One number an architecture is judged; the curves show the rest.
# - **SAEs between two pressures.** What is read between two SAEs of a curve is the straight line between them, not an SAE.
# - **Equal pressure on every input.** L0 is a mean. TopK and pursuit fire as many latents on an input without features as on one with many, so at one L0 they
#   are pressed harder where many are present; that may be why they merge strangers as well.
# - **Crowds.** The crowded worlds have one feature more than dimensions, and children apart only.
# - **Other ways to train the same architecture.** JumpReLU's penalty reaches only its threshold, by a gradient that is smoothed over one width; with one that reaches the
#   encoder, or a wider one, it might leave the truth.
# - **Whether the order holds in a language model**: {doc}`13_fixes`.
#
# ## Details
#
# :::{dropdown} Every architecture at the true L0, the worlds that reach an L0, and earlier versions
# *beyond*: absorbed, strangers subtracted. *stands*: share of the parents whose own latent fires on more than half of the inputs with the parent and no child, which alone are judged. *silent*: how often the
# parent's latent is silent beside a child, whoever writes the parent. *unexplained*: share of the variance. *k = 3* and *k = L0*: beyond strangers at that count, whatever L0 comes of it;
# the latter is as many latents as there are features present (to the nearest whole number for TopK and pursuit). The second table is of SAEs from beside the truth: beyond strangers at the true L0 and at
# {glue:text}`sparser:.0%` of it, and the share of worlds whose curve gets to each, to 1%.
#
# The version before this one had the same predicates and a quarter as many worlds, on other seeds; it left open whether TopK absorbs beyond strangers where children meet and in crowded worlds. By its spread, {glue:text}`n_worlds:d`
# worlds give intervals that reach no further from a mean than the bound is from nothing; only the number of worlds was changed, and none is used again. One before made two predicates of SAEs from beside the truth, which no source speaks
# of; they failed for JumpReLU, and it came out *qualified*. The first set $\lambda$ by hand, near one L0 and not at it, trained with no decoder bias, counted what strangers show as absorption, and had exclusive children
# only. All had been published before this one was designed.
# :::

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Table: every architecture"}
display(pd.DataFrame(rows(beside, NAMES)).T.round(2))
display(pd.DataFrame(rows_beside(beside, NAMES)).T.round(2))

# %% tags=["nbval-check-output", "hide-cell"]
raw = {kind: {name: known(beside.read("absorbed", kind, name)) for name in JUDGED} for kind in PARENTED}
explained = {at: 1 - values for at, values in beside.everywhere("unexplained").items()}
over, mean = dict(of="worlds"), dict(note="mean over architectures")
signed = dict(possible=(-1, 1), **over)
judged = beside.beyond("apart")
worst = min(judged, key=lambda name: judged[name].mean())
evidence = [
    of_worst("apart_least", judged, min, 0.05, **signed),
    of_worst("meeting_least", beside.beyond("meeting"), min, 0.05, **signed),
    of_worst("crowded_least", beside.beyond("apart", crowded=True), min, 0.05, **signed),
    of_worst("covered_least", beside.all_covered(), min, 0.05, **signed),
    *(of_worst(f"beside_{kind}_least", beside.beyond(kind, "beside"), min, 0.05, **signed) for kind in PARENTED),
    *of_each({f"beside_true_{kind}": np.mean([*beside.beyond(kind, "beside", l0=1.0).values()], 0) for kind in PARENTED}, **signed, **mean),
    of_worst("explained_least", explained, min, 2 / 3, possible=(-np.inf, 1), **over),
    of_worst("stands_least", beside.everywhere("stands"), min, 1 / 3, **over),
    of_worst("reached_least", beside.passed(), min, 0.75, **over),
    *of_each({"others": beside.others()}, possible=(0, 1), **over),
    of_worst("untrained_most", {name: beside.untrained(name) for name in JUDGED}, max, 0.05, **signed),
    *(Evidence.exactly(name, value) for name, value in by_construction(worlds).items()),
    of_worst("raw_apart_least", raw["apart"], min, 0.05, **over),
    *(of_worst(f"raw_{kind}_most", raw[kind], max, 0.05, **over) for kind in PARENTED),
    *of_each({f"nested_{kind}": beside.beyond(kind, names=[NESTED])[NESTED] for kind in PARENTED}, **signed),
    *of_each({"sparser_apart": beside.gained_sparser()}, **signed),
    *of_each({"longer": beside.longer(worst, n_long)}, note=worst, **signed),
]  # fmt: skip
named = {one.name: one.note.split(";")[0] for one in evidence}
record = conclude(
    CLAIM, evidence, headline="apart_least", seeds=SEEDS, profile=profile, device=device,
    found=f"At the true L0, from random weights, {beside.held('apart')} of {len(JUDGED)} architectures absorb more than 5% beyond strangers where children exclude each other "
    f"({named['apart_least']} least, {{apart_least:.0%}}), and {beside.held('meeting')} where they meet ({named['meeting_least']} least, {{meeting_least:.0%}}). "
    f"Beside the truth, {named['beside_apart_least']} absorbs least, {{beside_apart_least:.0%}}.",
    parameters=dict(
        n_parents=n_parents, n_worlds=n_worlds, n_long=n_long, crowded_d_in=crowded_d_in, own=own, sparser=sparser,
        covering=covering, steps=steps, batch_size=batch_size, lr=lr, first_seed=first_seed,
    ),
)  # fmt: skip
print(record)

# %% tags=["remove-cell"]
glue_record(record)
glue_values(
    found=record.found, n_parents=n_parents, n_features=len(worlds["apart"].features), n_worlds=n_worlds, n_long=n_long, n_judged=len(JUDGED),
    crowded_d_in=crowded_d_in, own=own, sparser=sparser, batch_size=batch_size, covering=covering,
    **{f"{name}_name": of for name, of in named.items() if of.split(",")[0] in JUDGED},
    **for_prose(beside, PANELS, n_long), held_crowded=beside.held("apart", crowded=True),
)  # fmt: skip
