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
# # Does absorption happen where features outnumber latents?
#
# :::{claim}
# :::
#
# ```{picture} headline
# :alt: Two panels over how often a child is present, given its root. Left, how often the root is absorbed where root and child have a latent each. Right, how many children have a latent.
# {glue:text}`n_features:,` features in {glue:text}`d_in:d` dimensions, {glue:text}`d_sae:d` {term}`latents <latent>`. Left: the share of a {term}`child`'s appearances in
# which its root is {term}`absorbed <absorption>`, where both have a latent. Right: the share of children that have a latent of their own, if their root has one. Each point
# is a quarter of the children of roots; children of one root exclude each other, or can meet. Bands: 95% intervals over {glue:text}`n_worlds:d` worlds.
# ```
#
# ```{predicates}
# ```
#
# ## The idea
#
# Most toy worlds of this book have one parent, a few children, and a latent for each. A language model has more features than anybody's
# {term}`SAE <SAE>` has latents, most of them rare, none of them orthogonal to all others. What is absorbed there? Those who found absorption
# expected it *any time* a dense feature co-occurs with sparser ones, and added that this "would need to be validated experimentally". A commenter
# {cite}`chanin2024summary` had it that mostly *common* words absorb, and gave a reason: to take over *starts with S*, *snake* first needs a latent, and there is
# room for latents of common words only. An author answered that rarer words absorb as well, and predicted a strong effect of density that "could be non-trivial".
#
# Both can be asked in a synthetic world of the size in which the field compares architectures, where every feature is known. SAELens
# {cite}`bloom2024saelens` has a generator of such worlds, on which the benchmark SynthSAEBench {cite}`chanin2026synthsaebench` is built.

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Imports"}
from itertools import product

import numpy as np
import pandas as pd
from IPython.display import display
from myst_nb import glue

from absorption.claims import Claim, Evidence, Finding, Predicate, Quotation, conclude
from absorption.experiments.at_scale import Setting, looked, looked_at, recipe_of, trained
from absorption.experiments.large_worlds import absorbing_codes, drawn, true_stack
from absorption.figures import theme
from absorption.figures.forms import curves
from absorption.figures.present import present
from absorption.figures.series import Series
from absorption.publish.notebook import glue_record
from absorption.runtime.parallel import in_parallel
from absorption.runtime.paths import pick_device
from absorption.saes import SAEStack
from absorption.worlds.benchmark import RATES, alone_in_synthsaebench

theme.use()

# %% tags=["parameters", "hide-input"] mystnb={"code_prompt_show": "Parameters"}
n_features = 2048
d_in = 256
roots = 64  # trees, each with 4 children and 16 grandchildren
d_sae = 256  # latents
k = 5.0  # active latents an input: as many as fire if the 256 most frequent features have one each
sparser = 4.0  # four fifths, as SynthSAEBench's L0s of 25 and 20
n_train = 32_768  # inputs to train on, each met several times
n_judged = 12_288  # others to judge by
samples = 524_288  # inputs that an SAE sees
batch_size = 512
lr = 4e-3  # peak learning rate (Adam)
n_worlds = 5  # of each kind
first_seed = 22_100  # pilots used seeds from 2100 to 2199
profile = "laptop"
device = "auto"

# %% tags=["claim", "hide-input"] mystnb={"code_prompt_show": "The claim, its predicates and their bounds"}
HOLE = "a hole in one appearance of twenty is the least that a user of a latent would have to know about"
CLAIM = Claim(
    id="21_at_scale",
    title="Does absorption happen where features outnumber latents?",
    sentence="Where a dense feature co-occurs with sparser features absorption happens, and how often depends strongly on how frequent these are.",
    quotations=(
        Quotation("My take is that I'd expect to see absorption happen any time there's a dense feature that co-occurs with more sparse features.", "chanin2024summary", "comment thread"),
        Quotation("This is something that would need to be validated experimentally though.", "chanin2024summary", "comment thread, on the same"),
        Quotation("I predict there is a strong density effect but it could be non-trivial.", "chanin2024summary", "comment thread, on which tokens absorb"),
        Quotation("the rate of absorption varies with the size  and sparsity of an SAEs", "chanin2024summary", "“Feature Absorption is problematic”"),
    ),
    predicates=(
        Predicate("happens", "where a root and its child have a latent each, the root is absorbed in more than 5% of the child's appearances (children exclude each other)", evidence="exclusive_absorbed", above=0.05, because=HOLE, essential=True),
        Predicate("meeting", "so it is where the children of a root can meet", evidence="meeting_absorbed", above=0.05, because="the same, where absorbing is not clustering", essential=True),
        Predicate("density", "of the children of one root that have a latent, the most frequent absorbs it more often than the rarest, by more than 0.05 (children exclude each other)", evidence="density", above=0.05, because="“strong”: as large as the least hole that matters; within a root nothing differs but the child", essential=True),
        Predicate("sparser", "at four fifths of the L0 absorption is more frequent by more than 0.05 (root and child have a latent, children exclude each other)", evidence="sparser", above=0.05, because="what changes by less than the least hole that matters would not be said to vary"),
        Predicate("learned", "the SAEs explain more than 90% of what true latents for as many features would at the same L0 (the worst of the kinds judged)", evidence="learned_least", above=0.9, because="an SAE that leaves a tenth more has not learned what it could", role="gate"),
        Predicate("represented", "of the roots and children that are both among the most frequent features, as many as there are latents, more than half of the pairs have a latent each (the worst)", evidence="common_least", above=0.5, because="an SAE that stands for fewer has not learned the world; absorbing does not help here", role="gate"),
        Predicate("alive", "fewer than a tenth of their latents fire on no judged input (the worst)", evidence="dead_most", below=0.1, because="dead latents are a smaller SAE than the one that is named", role="gate"),
        Predicate("stands", "the roots' latents fire on more than 85% of the inputs where the root is without a child (the worst)", evidence="alone_least", above=0.85, because="a latent that misses its feature there, too, is not absorbed but poor", role="gate"),
        Predicate("precise", "more than 80% of their firings are where the root is (the worst)", evidence="precise_least", above=0.8, because="a latent that fires anywhere has no holes, and says nothing", role="gate"),
        Predicate("strangers", "beside a feature of another tree, as frequent and at the same cosine, a parent is absorbed in less than 1% of the appearances (all kinds)", evidence="strangers", below=0.01, because="a fifth of the least hole that matters", role="null"),
        Predicate("untrained", "before training fewer than 1% of the pairs have a latent each", evidence="untrained", below=0.01, because="random directions must not pass for features", role="null"),
        Predicate("oracle", "true latents for the most frequent features absorb in less than 0.1% of the appearances, at the same L0", evidence="oracle", below=0.001, because="there is nothing to absorb with: no row writes a parent", role="control"),
        Predicate("absorber", "a dictionary that absorbs every parent by construction does so in more than 95%", evidence="absorber", above=0.95, because="by construction; what is missing are parents that are strong beside a weak child", role="control"),
    ),
    findings=(
        Finding("absorbed at four fifths of the L0, children exclude each other (root and child have a latent)", "exclusive_sparser"),
        Finding("the same where they can meet", "meeting_sparser"),
        Finding("absorbed where they exclude each other, less where they can meet", "exclusive_less_meeting"),
        Finding("pairs of a root and a child with a latent each that are absorbed in more than 5% of the appearances, children exclude each other", "any_exclusive"),
        Finding("the same where they can meet", "any_meeting"),
        Finding("twice the training: change of that share (children exclude each other)", "longer_any"),
        Finding("twice the training: change of absorption", "longer"),
        Finding("most frequent less rarest child with a latent, where they can meet", "density_meeting"),
        Finding("all children of parents with a latent: absorbed from the most frequent third", "third_most"),
        Finding("from the rarest third", "third_least"),
        Finding("children with a latent: the most frequent third", "found_most"),
        Finding("children with a latent: the rarest third", "found_least"),
        Finding("tied weights: absorption saved on the pairs with two latents in both SAEs (children exclude each other)", "tied_saved"),
        Finding("parents of SynthSAEBench that come without a child in less than 5% of their appearances", "synthsaebench_alone"),
    ),
)  # fmt: skip
SEEDS = range(first_seed, first_seed + n_worlds)

# %% [markdown]
# ## The world
#
# The parts are SAELens', the rates are ours: {glue:text}`roots:d` trees, each a root with four children and sixteen grandchildren, and free features besides.
# Roots are as frequent as the Zipf law of SynthSAEBench has it, exponent ½. From there as well: correlated features (rank 25), magnitudes
# that vary, children that are as strong as their parent. Directions are random, so that the largest overlap of a feature is {glue:text}`overlap:.2f` on
# average, and each coordinate gets some noise. On average {glue:text}`true_l0:.1f` features are present.
#
# **One thing is not taken over.** In SynthSAEBench {glue:text}`synthsaebench_alone:.0%` of the parents come without a child in less than 5% of
# their appearances (from its published settings). Where a parent is never alone, nothing tells it from its children, and a latent
# for each child, with the parent in it, is no mistake. So here a parent has a child in three fifths of its appearances (children that
# exclude each other, as they all do there) or in about half of them (independent children, which SAELens can make as well). In both kinds of world each child is
# as frequent.

# %%
device = pick_device(device)
KINDS = {"exclusive": "exclude each other", "meeting": "can meet"}
size = dict(n_features=n_features, d_in=d_in, roots=roots, n_train=n_train, n_judged=n_judged)
schedule = dict(batch_size=batch_size, lr=lr, device=device)

plain, sparse = (Setting("plain", d_sae, each, samples) for each in (k, sparser))
tied = Setting("tied", d_sae, k, samples)
longer = Setting("plain", d_sae, k, 2 * samples)


def plan(kind):
    """The SAEs of one world."""
    return [plain, sparse, *([longer, tied] if kind == "exclusive" else [])]


# %% [markdown]
# ## The experiment
#
# {term}`BatchTopK <BatchTopK>` SAEs with {glue:text}`d_sae:d` latents from random weights, on {glue:text}`samples:,` inputs. They are to fire {glue:text}`k:g` latents
# an input, which is what fires if each of the {glue:text}`d_sae:d` most frequent features has a latent of its own; nothing has to be absorbed at that L0. The threshold
# of each is set on the judged inputs, so that L0 is exactly what is asked. Further ones have another L0, are trained for longer, or have tied weights.
#
# A feature *has a latent* if its latent in the best one-to-one match has a cosine of at least 0.5 with it, and at least 0.8 of that latent's length lies in the span of
# the feature and its ancestors. A parent is *absorbed* on an input with its child if its own latent is silent and a matched latent of the child or of one of the child's
# descendants, however poor the match, writes at least 0.4 of it, as in SAEBench {cite}`karvonen2025saebench`. Pairs are *judged* if the parent has a latent and the
# child is in at least 10 of the judged inputs.


# %%
def surveyed(job):
    """All SAEs of one world, and what needs no training."""
    kind, seed = job
    sample = drawn(seed, exclusive=kind == "exclusive", **size)
    looks = {
        at: looked(sample, trained(sample, recipe_of(at.name, at.k), at.d_sae, samples=at.samples, seed=seed, **schedule))
        for at in plan(kind)
    }  # fmt: skip
    untrained = SAEStack(recipe_of("plain", k), d_in, d_sae, [seed])
    others = dict(oracle=looked(sample, true_stack(sample, d_sae, k)), untrained=looked(sample, untrained))
    if seed == first_seed:
        others["absorber"] = looked_at(sample, *absorbing_codes(sample), rebuilt=1.0)
    return looks | others, about(sample)


def about(sample):
    """What later cells need to know of a world."""
    features, rates = sample.world.features, sample.world.probabilities
    overlaps = (features @ features.T).fill_diagonal_(0).amax(1)
    parent = np.array([parent for parent, _ in sample.world.pairs])
    return {
        "rate": np.array([rates[child] for _, child in sample.world.pairs]),
        "given": np.array([sample.world.rates[child] for _, child in sample.world.pairs]),
        "parent": parent,
        "of_root": parent < roots,
        "common": sample.common(d_sae),
        "ceiling": {at: sample.ceiling(at.d_sae, at.k) for at in (plain, sparse)},
        "overlap": float(overlaps.mean()),
        "true_l0": sample.world.true_l0,
    }


jobs = list(product(KINDS, SEEDS))
surveys = dict(zip(jobs, in_parallel(surveyed, jobs, device), strict=True))


# %% tags=["hide-input"] mystnb={"code_prompt_show": "What is read off them"}
def over(kind, at, measure):
    """One number a world that has such an SAE: [world]."""
    return np.array(
        [
            measure(looks[at], world)
            for (of, _), (looks, world) in surveys.items()
            if of == kind and at in looks
        ]
    )


def two(look, world):
    """Which pairs are of a root and a child with a latent each."""
    return look.both & world["of_root"]


def mean(values):
    """Not a number where there are none."""
    return float(np.mean(values)) if len(values) else np.nan


def of_found(look, world):
    """Mean absorption over roots and children with a latent each."""
    return mean(look.absorbed[two(look, world)])


def some(look, world):
    """Share of these pairs that are absorbed in more than 5% of the appearances."""
    return mean(look.absorbed[two(look, world)] > 0.05)


def within(look, world):
    """Absorbed from the most frequent less from the rarest child with a latent, mean over the roots with two such."""
    found = []
    for root in range(roots):
        own = np.flatnonzero(two(look, world) & (world["parent"] == root))
        if len(own) > 1:
            own = own[np.argsort(world["given"][own])]
            found.append(look.absorbed[own[-1]] - look.absorbed[own[0]])
    return mean(found)


def thirds(values, look, world):
    """Mean of all judged pairs' values, from the most frequent children to the rarest: [third]."""
    order = np.argsort(-world["rate"][look.pairs], kind="stable")
    return np.array([part.mean() for part in np.array_split(values[look.pairs][order], 3)])


# %% tags=["hide-input"] mystnb={"code_prompt_show": "The figure at the top"}
LOOKS = {"exclusive": ("child", "o"), "meeting": ("parent", "s")}


def spread(rows, possible=(0, 1)):
    """Mean and 95% interval of each row over worlds."""
    each = [Evidence.of_samples("any", row[np.isfinite(row)], of="worlds", possible=possible) for row in rows]
    return tuple(np.array([getattr(one, end) for one in each]) for end in ("value", "low", "high"))


def by_rate(kind, at, pick, values):
    """[rate, world]: mean over the picked pairs whose child is present at each of the four rates."""
    return np.array(
        [
            over(kind, at, lambda look, world, rate=rate: mean(values(look)[pick(look, world) & (world["given"] == rate)]))
            for rate in RATES
        ]
    )  # fmt: skip


fig, (left, right) = theme.figure(height=3.4, ncols=2, sharex=True)
for (kind, words), (at, style) in product(KINDS.items(), ((plain, "-"), (sparse, "--"))):
    role, marker = LOOKS[kind]
    absorbed = by_rate(kind, at, two, lambda look: look.absorbed)
    having = by_rate(kind, at, lambda look, world: look.pairs & world["of_root"], lambda look: look.both)
    for panel, values in ((left, absorbed), (right, having)):
        line = Series(f"{words}, L0 {at.k:g}", role, *spread(values), marker)
        curves(panel, np.array(RATES), [line], "how often the child is present,\ngiven its root", "")
        panel.lines[-1].set_linestyle(style)
left.set(ylabel="share absorbed", ylim=(-0.02, None), title="Absorbed, where both have a latent")
right.set(ylabel="share with a latent", ylim=(-0.02, 1.02), title="Children with a latent")
fig.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=2)
present("headline", fig, "Absorption, and children with a latent, over how frequent the child is.")

# %% [markdown]
# ## What was found
#
# **It happens in both kinds of worlds.** Where a root and its child have a latent each, the root is absorbed in {glue:text}`exclusive_absorbed:.0%` of the child's appearances if
# children exclude each other, in {glue:text}`meeting_absorbed:.0%` if they can meet ({glue:text}`exclusive_less_meeting:.2f` less, {glue:text}`exclusive_less_meeting_low:.2f` to
# {glue:text}`exclusive_less_meeting_high:.2f`), though at this L0 nothing has to be.
#
# **Any time?** That stays unanswered. Of these pairs {glue:text}`any_exclusive:.0%` and {glue:text}`any_meeting:.0%` are absorbed in more than 5% of the appearances. Twice the training
# adds {glue:text}`longer_any:.2f` ({glue:text}`longer_any_low:.2f` to {glue:text}`longer_any_high:.2f`), children excluding each other. That few pairs are absorbed so far does not show that few would be in the
# end, so "most of them" could have held here and not failed: it is no predicate. In the one pilot world that was trained for four times as long, the share rose
# to just below a half with twice the training, and hardly further.
#
# **Common children absorb more.** Of the children of one root that have a latent, the most frequent absorbs it more often than the rarest, by
# {glue:text}`density:.2f` ({glue:text}`density_low:.2f` to {glue:text}`density_high:.2f`) if they exclude each other, by {glue:text}`density_meeting:.2f` ({glue:text}`density_meeting_low:.2f` to
# {glue:text}`density_meeting_high:.2f`) if they can meet. Over all children of parents with a latent the contrast is absorption in {glue:text}`third_most:.0%` of the appearances of the most
# frequent third and in {glue:text}`third_least:.1%` of the rarest. That may well be for the reason that the commenter gave, since {glue:text}`found_most:.0%` of the former have a latent and
# {glue:text}`found_least:.0%` of the latter; a child can absorb only if it or one of its descendants is matched to a latent. But the thirds differ in more: of the most frequent
# {glue:text}`root_most:.0%` are children of roots, and their parents are frequent, too. Within a root there is no such difference.
#
# **Sparser SAEs absorb more:** at four fifths of the L0 in {glue:text}`exclusive_sparser:.0%` and {glue:text}`meeting_sparser:.0%` of the appearances. Partly that is forced. At that L0 true latents for all
# {glue:text}`d_sae:d` features can no longer be had, and an SAE that absorbs explains more than true latents do (see the table). How much the number of latents matters is not
# asked here.
#
# **Tied weights absorb less.** Where the weights of encoder and decoder are the same, absorption is less by {glue:text}`tied_saved:.3f` ({glue:text}`tied_saved_low:.3f` to
# {glue:text}`tied_saved_high:.3f`), on the pairs that have two latents in both SAEs. Tying is one of the remedies of {doc}`16_tying`.
#
# ### Every SAE
#
# *Absorbed* and *pairs* are of roots and children with a latent each, *common* the share of such pairs among the most frequent features, *explained* a share of
# what true latents would explain at the same L0 (more is possible by absorbing). MCC is over the latents that there are.


# %% tags=["hide-input"] mystnb={"code_prompt_show": "Table: every SAE"}
SAME = {longer: plain, tied: plain}


def of_ceiling(at):
    """Explained, as a share of what true latents would."""
    return lambda look, world: look.explained / world["ceiling"][SAME.get(at, at)]


def row(kind, at):
    read = lambda measure: float(np.nanmean(over(kind, at, measure)))  # noqa: E731
    return {
        "children": KINDS[kind],
        "explained": f"{read(of_ceiling(at)):.0%}",
        "dead": f"{read(lambda one, world: one.dead):.1%}",
        "MCC": f"{read(lambda one, world: one.cosine):.2f}",
        "root's precision": f"{read(lambda one, world: one.precise):.0%}",
        "common": f"{read(common):.0%}",
        "absorbed": f"{read(of_found):.0%}",
        "pairs": f"{read(lambda one, world: two(one, world).sum()):.0f}",
    }


def common(look, world):
    """Share of the common roots and children that have a latent each."""
    return mean(look.both[world["common"]])


every = [(kind, at) for kind in KINDS for at in plan(kind)]
label = {
    at: f"{at.name}, {at.d_sae} latents, L0 {at.k:g}" + (", twice the training" if at == longer else "")
    for _, at in every
}
display(pd.DataFrame([row(*one) for one in every], index=[label[at] for _, at in every]))

# %% [markdown]
# ## The null and the controls
#
# - **{term}`Null <null>`.** For each pair the same parent with a child of another tree, as frequent and at the same cosine: on inputs with both the rule
#   finds {glue:text}`strangers:.2%` absorbed, over all such inputs of a world. That is a weak test: directions are nearly orthogonal here, and a stranger's latent
#   at a small cosine can hardly write that much of the parent. Before training {glue:text}`untrained:.1%` of the pairs have a latent each.
# - **{term}`Oracle <oracle>`.** True directions of the {glue:text}`d_sae:d` most frequent features, as encoder and decoder, at L0 {glue:text}`k:g`: {glue:text}`oracle:.2%`. A
#   dictionary that absorbs by construction: {glue:text}`absorber:.1%`.
# - **Learned?** The worst kind of SAE that is judged explains {glue:text}`learned_least:.0%` of what true latents would at its L0, which absorbing can buy; what it cannot,
#   a latent each for root and child where both are among the most frequent features, holds for {glue:text}`common_least:.0%` of the pairs. {glue:text}`dead_most:.1%` of its latents are dead; roots'
#   latents fire on {glue:text}`alone_least:.0%` of the inputs where their root has no child, and {glue:text}`precise_least:.0%` of their firings are on their root.
# - **Long enough?** Twice the training changes absorption by {glue:text}`longer:.3f` ({glue:text}`longer_low:.3f` to {glue:text}`longer_high:.3f`), and the share of
#   pairs absorbed in more than 5% of the appearances by {glue:text}`longer_any:.3f` ({glue:text}`longer_any_low:.3f` to {glue:text}`longer_any_high:.3f`).
#
# ## What this does not show
#
# - **SynthSAEBench's numbers.** Its SAEs have 4,096 latents and saw 200 million inputs; the `gpu` profile has its size and not its length. Nothing here
#   can be set beside its tables.
# - **A world like a language model's.** Rates, depth and noise are choices. How often real parents come alone is not known.
# - **Depth.** Predicates are about roots as parents: {glue:text}`root_share:.0%` of the pairs with a latent each are of a root and its child.
# - **Rare features in SAEs that are wide enough.** At most a quarter of the features can have a latent here.
# - **Fresh inputs.** The {glue:text}`n_train:,` training inputs are met {glue:text}`passes:d` times each; SAEs are judged on others.
# - **Absorption by anything else.** Only latents of the child and its descendants count as absorbers. How often parents are silent at all is
#   {glue:text}`silent:.0%` of the appearances (pairs with two latents, plain).


# %% tags=["nbval-check-output", "hide-cell"]
def over_worlds(name, values, possible=(0, 1), note=""):
    """The mean over worlds, or why there is none."""
    if np.isnan(values).any() or len(values) < 2:
        return Evidence.not_available(name, "a world has no pair with two latents, or there is one world")
    return Evidence.of_samples(name, values, of="worlds", possible=possible, note=note)


JUDGED = [*product(KINDS, (plain, sparse))]


def worst(name, pick, measure, possible=(0, 1)):
    """Over the kinds of SAEs on which predicates rest."""
    values = [over(kind, at, measure) for kind, at in JUDGED]
    return over_worlds(name, pick(values, key=np.mean), possible)


def strange(look, world=None):
    """Of all inputs with a parent and a stranger."""
    return float(np.nansum(look.strangers) / np.nansum(look.met))


def on_both(at, less):
    """Absorption of one SAE less another's, over the roots and children with a latent each in both: [world]."""
    found = [
        (looks[at], looks[less], two(looks[at], world) & two(looks[less], world))
        for (kind, _), (looks, world) in surveys.items()
        if kind == "exclusive" and at in looks and less in looks
    ]
    return np.array([mean(one.absorbed[pairs]) - mean(other.absorbed[pairs]) for one, other, pairs in found])


found_of = {(kind, at): over(kind, at, of_found) for kind in KINDS for at in (plain, sparse)}
any_of = {kind: over(kind, plain, some) for kind in KINDS}
parts = {what: over("exclusive", plain, lambda look, world, what=what: thirds(getattr(look, what).astype(float), look, world)) for what in ("absorbed", "both")}  # fmt: skip
evidence = [
    over_worlds("exclusive_absorbed", found_of["exclusive", plain]),
    over_worlds("meeting_absorbed", found_of["meeting", plain]),
    over_worlds("density", over("exclusive", plain, within), (-1, 1)),
    over_worlds("sparser", found_of["exclusive", sparse] - found_of["exclusive", plain], (-1, 1)),
    over_worlds("learned_least", min((over(kind, at, of_ceiling(at)) for kind, at in JUDGED), key=np.mean), (-np.inf, np.inf)),
    worst("common_least", min, common),
    worst("dead_most", max, lambda look, world: look.dead),
    worst("alone_least", min, lambda look, world: look.alone),
    worst("precise_least", min, lambda look, world: look.precise),
    worst("strangers", max, strange),
    over_worlds("untrained", over("exclusive", "untrained", lambda look, world: look.both.mean())),
    over_worlds("oracle", over("exclusive", "oracle", of_found)),
    Evidence.exactly("absorber", float(over("exclusive", "absorber", of_found)[0]), note="the first world"),
    over_worlds("exclusive_sparser", found_of["exclusive", sparse]),
    over_worlds("meeting_sparser", found_of["meeting", sparse]),
    over_worlds("exclusive_less_meeting", found_of["exclusive", plain] - found_of["meeting", plain], (-1, 1)),
    *(over_worlds(f"any_{kind}", values) for kind, values in any_of.items()),
    over_worlds("longer_any", over("exclusive", longer, some) - any_of["exclusive"], (-1, 1)),
    over_worlds("longer", over("exclusive", longer, of_found) - found_of["exclusive", plain], (-1, 1)),
    over_worlds("density_meeting", over("meeting", plain, within), (-1, 1)),
    *(over_worlds(f"{what}_{end}", parts[of][:, at]) for what, of in (("third", "absorbed"), ("found", "both")) for end, at in (("most", 0), ("least", 2))),
    over_worlds("tied_saved", on_both(plain, tied), (-1, 1)),
    Evidence.exactly("synthsaebench_alone", float((alone_in_synthsaebench() < 0.05).mean()), note="from its published settings, correlations left out"),
]  # fmt: skip
record = conclude(
    CLAIM,
    evidence,
    found="With an eighth as many latents as features, roots whose child has a latent, too, are absorbed in {exclusive_absorbed:.0%} of its appearances (children exclude each other); "
    "by a root's most frequent such child more often than by its rarest, by {density:.2f}. Rates still change with training (by {longer:.2f} if it is doubled).",
    headline="density",
    seeds=SEEDS,
    parameters=dict(
        n_features=n_features, d_in=d_in, roots=roots, d_sae=d_sae, k=k, sparser=sparser,
        n_train=n_train, n_judged=n_judged, samples=samples, batch_size=batch_size, lr=lr, n_worlds=n_worlds,
    ),
    profile=profile,
    device=device,
)  # fmt: skip
print(record)

# %% tags=["remove-cell"]
glue_record(record)
numbers = dict(
    n_features=n_features, d_in=d_in, roots=roots, d_sae=d_sae, k=k, samples=samples, n_train=n_train, n_worlds=n_worlds,
    passes=samples // n_train, overlap=float(np.mean([world["overlap"] for _, world in surveys.values()])),
    true_l0=float(surveys[jobs[0]][1]["true_l0"]), silent=float(np.nanmean(over("exclusive", plain, lambda look, world: mean(look.silent[two(look, world)])))),
    root_share=float(np.mean(over("exclusive", plain, lambda look, world: two(look, world).sum() / max(1, look.both.sum())))),
    root_most=float(np.mean(over("exclusive", plain, lambda look, world: thirds(world["of_root"].astype(float), look, world)[0]))),
    any_longer=float(np.mean(over("exclusive", longer, some))),
)  # fmt: skip
for name, number in numbers.items():
    glue(name, number, display=False)
