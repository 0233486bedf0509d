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
# # Can absorption be found without probes?
#
# :::{claim}
# :::
#
# ```{picture} headline
# :alt: Left: ROC curves of five detectors; handover and asymmetry are highest, the meta-SAE is below the decoder cosine. Middle: precision against recall; handover is highest. Right: share of pairs that raise an alarm in four worlds without hierarchy.
# Five detectors that see no labels, on {glue:text}`n_detected` SAEs; {term}`handover` is ours. {glue:text}`headline_words` (Highest: a tenth as many
# as are absorbed.) Right: the share of pairs over the threshold that finds 70% of the absorbed ones, in four worlds without a hierarchy.
# ```
#
# ```{predicates}
# ```
#
# ## The idea
#
# If the {term}`latent` for *elephant* has absorbed *animal*, its {term}`decoder` row is the sum of two directions, *elephant* and
# *animal*. Usually one finds that with a {term}`probe` for *animal*, and so only where somebody thought of animals. But the
# decoder rows are vectors like any other, and many of them share the direction of *animal*: an SAE that is trained on
# them, a {term}`meta-SAE` {cite}`leask2025canonical`, should write *elephant* as *animal* plus something. Then absorption could be read
# off the dictionary alone.
#
# Two questions: does a meta-SAE take {term}`absorbing latents <absorbing latent>` apart? And do its parts, or anything else that an SAE
# shows of itself, tell absorbed pairs from others? A pair (parent's latent, child's latent) counts as absorbed from
# $\delta = 0.3$ on, where $\delta$ is the {term}`parent`'s part of the {term}`child`'s decoder row over the child's part: 0 is no
# {term}`absorption`, 1 is full. The *absorber* is then the child's latent. The same comments propose to train a meta-SAE as an adversary: {doc}`17_adversary` does.

# %% tags=["hide-input"]
import numpy as np
import torch
from myst_nb import glue
from sklearn.metrics import precision_recall_curve, roc_auc_score, roc_curve

from absorption.claims import Claim, Evidence, Finding, Predicate, Quotation, conclude
from absorption.experiments.fits import code, fit
from absorption.experiments.nulls import dealt
from absorption.experiments.starts import start_at
from absorption.figures import theme
from absorption.figures.present import present
from absorption.measures.clustering import active
from absorption.measures.detectors import (
    FiringStatistics,
    asymmetry,
    decoder_cosine,
    exclusion,
    handover,
    shared_code,
)
from absorption.measures.hierarchy import measure_pairs, own_latents
from absorption.publish.notebook import glue_record
from absorption.runtime.paths import pick_device
from absorption.saes import Recipe, SAEStack, TopK
from absorption.worlds.hierarchies import independent, tree
from absorption.worlds.population import directions

theme.use()

# %% tags=["parameters", "hide-input"]
n_families = 3  # parents of the forest whose decoders the meta-SAEs see
n_children = 4  # children of each parent, of which at most one is present
meta_widths = (3, 5, 8, 12, 15)  # latents of the meta-SAEs; 3 parents and 12 children could be named
n_seeds = 20  # SAEs, each with its own meta-SAE
n_hierarchies = 1400  # SAEs on worlds with a hierarchy, for the detectors
n_plain = 150  # SAEs on each of four worlds without one
sparsity_range = (0.02, 0.4)  # λ of these SAEs, drawn log-uniformly
steps = 1200  # optimiser steps of each SAE
lr = 0.01  # peak learning rate (Adam)
profile = "laptop"
device = "auto"

# %% tags=["claim", "hide-input"]
CLAIM = Claim(
    id="09_meta_saes",
    title="Can absorption be found without probes?",
    sentence="Meta-SAEs take absorbing latents apart into parent and child, so that absorption can be found without probes.",
    quotations=(
        Quotation("MetaSAEs are highly suggestive of lots of absorption. Starts with letter features are found by MetaSAEs along with lots of others", "chanin2024summary", "comments"),
        Quotation("Refining feature absorption metrics such as removing the need to train a linear probe.", "chanin2024summary", "future work"),
    ),
    predicates=(
        Predicate("parent", "with a meta-latent for each parent, the parent's meta-latent fires on more than 90% of its absorbers", evidence="parent_fires", above=0.9, because="one absorber in ten that goes unnamed would send its reader back to probes", essential=True),
        Predicate("child", "at the best width, more than half of the absorbers decompose into parent and child", evidence="decomposed", above=0.5, because="taken apart has to be the rule, and not the exception"),
        Predicate("meta_detects", "the meta-SAE's decomposition finds absorbed pairs: area under the ROC curve above 0.9", evidence="auc_meta", above=0.9, because="of an absorbed pair and another, it then ranks the absorbed one higher nine times in ten"),
        Predicate("learned", "the forest's SAEs miss less than a quarter of the squared length of the activations", evidence="forest_missed", below=0.25, because="an SAE that misses a quarter leaves out features, and their latents stand for nothing", role="gate"),
        Predicate("learned_detectors", "so do the SAEs on which detectors are tried", evidence="hierarchies_missed", below=0.25, because="as above", role="gate"),
        Predicate("absorbers", "more than half of the forest's children absorb their parent", evidence="absorbers", above=0.5, because="where nothing is absorbed, there is nothing to take apart", role="gate"),
        Predicate("untrained", "untrained meta-SAEs name no parent on more than 90% of the absorbers", evidence="parent_fires_untrained", below=0.9, because="the bound that the claim itself has to pass", role="null"),
        Predicate("shuffled", "scores dealt to the wrong latents find nothing: area between 0.4 and 0.6", evidence="auc_shuffled", above=0.4, below=0.6, because="chance is 0.5", role="null"),
        Predicate("oracle", "dictionaries placed at the truth raise no alarm", evidence="truth_alarmed", below=0.001, because="nothing is absorbed there", role="control"),
    ),
    findings=(
        Finding("handover, our detector without probes: area under the ROC curve", "auc_handover"),
        Finding("handover: how many of the pairs that it ranks highest (a tenth as many as are absorbed) are absorbed", "precision_top"),
        Finding("handover, at the threshold that finds 70%: share of the SAEs on worlds without hierarchy that raise an alarm", "saes_alarmed"),
        Finding("share of the absorbers on which another parent's meta-latent fires", "other_parent_fires"),
    ),
)  # fmt: skip
SEEDS = range(n_seeds)

# %% [markdown]
# ## The world
#
# A forest: {glue:text}`n_families` parents, each present with probability 0.4, each with {glue:text}`n_children` children that
# exclude each other and come only with it. All features are orthogonal; there are as many latents as features, and an
# {term}`L1 penalty`. Every child should absorb its parent.

# %%
device = pick_device(device)
forest_nodes = {}
for family in range(n_families):
    forest_nodes[f"parent {family}"] = (None, 0.4)
    for i in range(n_children):
        forest_nodes[f"child {family}.{i}"] = (f"parent {family}", 0.8 / n_children)
n_features = len(forest_nodes)
forest = tree(forest_nodes, exclusive=True, features=directions(n_features, 24))
is_parent = torch.tensor([name.startswith("parent") for name in forest.names])
parents = is_parent.nonzero()[:, 0].tolist()
forest_pairs = [(p, p + 1 + i) for p in parents for i in range(n_children)]

assert len(forest.probabilities) == (2 + n_children) ** n_families
assert not bool(((forest.present[:, 1] > 0) & (forest.present[:, 0] == 0)).any())

# %% [markdown]
# ## The experiment
#
# Meta-SAEs of several widths, TopK with $k = 2$, are trained on the decoder rows of each SAE. For each absorber: does its parent's
# meta-latent fire on it, and does a meta-latent of its child?

# %% tags=["hide-input"]
unit = torch.nn.functional.normalize


def clean(stack, x):
    """Activations (dust left out) and decoder rows on the CPU."""
    acts, rows = code(stack, x)
    return acts * active(acts), rows


base = SAEStack(Recipe(sparsity=0.1), 24, n_features, range(n_seeds), device=device)
forest_report = fit(base, forest.activations, forest.probabilities, "the forest", steps=steps, lr=lr)
forest_power = float(forest.probabilities @ forest.activations.square().sum(-1))
acts, rows = clean(base, forest.activations)
measured = measure_pairs(
    acts, base.W_enc.detach().cpu(), rows, forest.features, forest.magnitudes, forest.probabilities, forest_pairs
)  # fmt: skip
absorbed = (measured.delta > 0.3).numpy()  # [sae pair]
children = [child for _, child in forest_pairs]
child_latent = own_latents(rows, forest.features)[:, children]
META = Recipe(TopK(2), decoder_bias=False)

# %%


def decomposition(meta):
    """On how many absorbers meta-latents fire: own parent, child, both, other."""
    codes, words = clean(meta, base.dictionary.detach())
    cosines = unit(words, dim=-1) @ forest.features.T
    of_parent = cosines[:, :, is_parent].argmax(1)  # [sae parent]: its meta-latent
    each = torch.arange(len(codes))[:, None]
    of_absorber = codes[each, child_latent] > 0  # [sae pair meta]
    own = of_parent.repeat_interleave(n_children, 1)[..., None]
    other = of_parent.roll(1, 1).repeat_interleave(n_children, 1)[..., None]
    is_child = cosines[:, :, children].mT > 0.7  # [sae pair meta]
    is_child &= torch.arange(codes.shape[2]) != own
    parent = of_absorber.gather(2, own)[..., 0]
    child = (of_absorber & is_child).any(-1)
    hits = (parent, child, parent & child, of_absorber.gather(2, other)[..., 0])
    return [(hit.numpy() & absorbed).sum(1) / absorbed.sum(1).clip(1) for hit in hits]


# %%
by_width, even = {}, torch.full((n_features,), 1 / n_features)
for width in meta_widths:
    meta = SAEStack(META, 24, width, range(n_seeds), device=device)
    if width == n_families:
        untrained_meta = decomposition(meta)
    rows = base.dictionary.detach()
    fit(meta, rows, even, f"{width} meta-latents", steps=steps, lr=lr)
    by_width[width] = decomposition(meta)
narrow_meta = by_width[n_families]
best_width = max(meta_widths, key=lambda width: by_width[width][2].mean())

# %% [markdown]
# For the second question, {glue:text}`n_detected` SAEs on small worlds: two families of a parent and three children, where children
# sometimes come alone (so that $\delta$ takes every value), and four worlds without any hierarchy. Widths leave two
# latents to spare. Each detector gives every ordered pair of latents a score:
#
# - **decoder cosine**: absorbing rows share a direction;
# - **co-firing**: parent and absorber fire together more seldom than by chance;
# - **asymmetry**: decoders share a direction that the parent's {term}`encoder` does not read, $\cos(d_i, d_j) - \cos(e_i, d_j)$;
# - **meta-SAE**: the share of the child's meta-code that falls on the parent's strongest meta-latent;
# - **{term}`handover`**: asymmetry times the smaller of two estimates of $\delta$: what $j$ writes along $d_i$ as a share of what $i$
#   writes when $j$ is silent, and by how much less $i$ fires where $j$ does.


# %%
def detect(stack, x, probabilities, meta_steps=600):
    """Scores [sae parent child]; nan where a latent is dead or the two are one."""
    acts, rows = clean(stack, x)
    encoder, n = stack.W_enc.detach().cpu(), rows.shape[1]
    p = torch.atleast_2d(probabilities).expand(len(rows), -1)
    firing = FiringStatistics.of(acts, p)
    meta = SAEStack(META, d_small, n // 2, range(len(rows)), device=device)
    fit(meta, rows, torch.full((n,), 1 / n), "meta-SAEs", steps=meta_steps, lr=lr)
    scores = {
        "decoder cosine": decoder_cosine(rows),
        "co-firing": exclusion(firing),
        "meta-SAE": shared_code(clean(meta, rows)[0]),
        "asymmetry": asymmetry(encoder, rows),
        "handover": handover(encoder, rows, firing),
    }
    alive = firing.frequency > 1e-4
    valid = alive[:, :, None] & alive[:, None, :] & ~torch.eye(n, dtype=torch.bool)
    return {k: torch.where(valid, s, torch.nan).numpy() for k, s in scores.items()}


# %% tags=["hide-input"]
d_small = 12
rng = np.random.default_rng(1)


def family_states(alone, parent=0.4, child=0.2):
    """(features, probability) of one family of a parent 0 and children 1, 2, 3."""
    with_child = [((0, c), parent * child) for c in (1, 2, 3)]
    without = [((c,), (1 - parent) * alone) for c in (1, 2, 3)]
    return [((), (1 - parent) * (1 - 3 * alone)), ((0,), parent * (1 - 3 * child)), *with_child, *without]


def two_groups(states):
    """Two independent copies of a group of four features: magnitudes and probabilities of all states."""
    magnitudes, probabilities = torch.zeros(len(states) ** 2, 8), torch.zeros(len(states) ** 2)
    for at, (first, second) in enumerate((a, b) for a in states for b in states):
        magnitudes[at, list(first[0])] = 1
        magnitudes[at, [4 + i for i in second[0]]] = 1
        probabilities[at] = first[1] * second[1]
    return magnitudes, probabilities


def plain_worlds():
    """name → (magnitudes, probabilities, features) of worlds without a hierarchy."""
    exclusive = [((), 0.4), *(((i,), 0.15) for i in range(4))]
    eight, shared = directions(8, d_small), torch.eye(d_small)[8:10].repeat_interleave(4, 0)
    for name, cosine in (("independent", 0.0), ("independent, cosine 0.4", 0.4)):
        world = independent([0.2] * 6, features=directions(6, d_small, cosine=cosine))
        yield name, (world.magnitudes, world.probabilities, world.features)
    yield "exclusive", (*two_groups(exclusive), eight)
    yield "exclusive, cosine 0.5", (*two_groups(exclusive), unit(eight + shared, dim=-1))


def trained(count, magnitudes, probabilities, features, name, first_seed):
    """SAEs of random λ, their world's activations, and the share of E‖x‖² that each misses."""
    x, sparsity = magnitudes @ features, np.exp(rng.uniform(*np.log(sparsity_range), count))
    stack = SAEStack(
        Recipe(sparsity=1.0), d_small, len(features) + 2, range(first_seed, first_seed + count),
        sweep={"sparsity": torch.as_tensor(sparsity)}, device=device,
    )  # fmt: skip
    report = fit(stack, x, probabilities, name, steps=steps, lr=lr)
    return stack, x, (report.mse.cpu() / (torch.atleast_2d(probabilities) @ x.square().sum(-1))).numpy()


alone = rng.choice([0.0, 0.005, 0.02, 0.06, 0.12], n_hierarchies)
magnitudes = two_groups(family_states(0.1))[0]
hierarchy_p = torch.stack([two_groups(family_states(a))[1] for a in alone])
small_features = directions(8, d_small)
pairs = [(p, p + i) for p in (0, 4) for i in (1, 2, 3)]
stack, x, hierarchies_missed = trained(
    n_hierarchies, magnitudes, hierarchy_p, small_features, "hierarchies", 10_000
)
scores = detect(stack, x, hierarchy_p)
_, small_rows = clean(stack, x)
coordinates = unit(small_rows, dim=-1) @ small_features.T

# %% [markdown]
# What is true of a pair is read off the decoder, where the features are known; spare latents may repeat a parent or a child:

# %%
truth = torch.zeros(len(coordinates), *2 * small_rows.shape[1:2])  # 1 absorbed, 0 not
for parent, child in pairs:
    is_the_parent = coordinates[:, :, parent] > 0.8
    has_the_child = coordinates[:, :, child] > 0.5
    delta = coordinates[:, :, parent] / coordinates[:, :, child].clamp_min(1e-9)
    # nan: left out
    for label, kind in ((torch.nan, delta > 0.1), (1.0, delta > 0.3)):
        truth[is_the_parent[:, :, None] & (has_the_child & kind)[:, None, :]] = label
truth = truth.numpy()

# %% tags=["hide-input"]
plain = {}
for at, (name, (plain_x, plain_p, plain_features)) in enumerate(plain_worlds()):
    other, plain_activations, _ = trained(n_plain, plain_x, plain_p, plain_features, name, 20_000 + 1000 * at)
    plain[name] = detect(other, plain_activations, plain_p), clean(other, plain_activations)[1], plain_features  # fmt: skip

parts = np.array_split(np.arange(n_hierarchies), 5)  # of the SAEs, which gives areas their intervals
names = list(scores)


def flat(name, part):
    """Scores and labels of all pairs that are judged."""
    keep = ~np.isnan(truth[part]) & ~np.isnan(scores[name][part])
    return scores[name][part][keep], truth[part][keep]


def area(name, part):
    """Under the ROC curve."""
    score, label = flat(name, part)
    return roc_auc_score(label, score)


def precision_at_top(name, part, share=0.1):
    """Precision among the highest scores, a tenth as many as there are absorbed pairs."""
    score, label = flat(name, part)
    top = np.argsort(-score, kind="stable")[: max(1, int(share * label.sum()))]
    return label[top].mean()


auc = {name: [area(name, part) for part in parts] for name in names}
top_precision = {name: [precision_at_top(name, part) for part in parts] for name in names}
threshold = {name: np.nanquantile(scores[name][truth == 1], 0.3) for name in names}
alarms = {
    name: {world: scored[0][name] > threshold[name] for world, scored in plain.items()} for name in names
}


def combines(world):
    """Of the pairs that `handover` flags: the share whose child writes two true features or more, the parent's among them."""
    _, rows, features = plain[world]
    parts_of = unit(rows, dim=-1) @ torch.linalg.pinv(features) > 0.3
    sae, parent, child = np.nonzero(alarms["handover"][world])
    both = (parts_of[sae, parent] & parts_of[sae, child]).any(-1) & (parts_of[sae, child].sum(-1) > 1)
    return float(both.float().mean())


alarmed_saes = {name: {world: hit.any((1, 2)) for world, hit in alarms[name].items()} for name in names}
alarmed_pairs = {
    name: {world: hit.sum() / (~np.isnan(plain[world][0][name])).sum() for world, hit in alarms[name].items()}
    for name in names
}

# %% tags=["hide-input"]
fig, axes = theme.figure(height=3.5, ncols=3)
styles = dict(zip(names, ("light", "bad", "accent", "child", "parent"), strict=True))
for name in names:
    score, label = flat(name, np.arange(n_hierarchies))
    false, true, _ = roc_curve(label, score)
    precision, recall = (curve[:-1] for curve in precision_recall_curve(label, score)[:2])
    thin, few = (np.unique(np.linspace(0, len(of) - 1, 400).astype(int)) for of in (recall, false))
    look = dict(color=theme.COLORS[styles[name]], lw=2.2 if name == "handover" else 1.2)
    axes[0].plot(false[few], true[few], label=name, **look)
    axes[1].plot(recall[thin], precision[thin], **look)
    axes[2].plot(range(len(plain)), [alarmed_pairs[name][world] for world in plain], "o-", ms=3, **look)
leads = sorted(names, key=lambda name: -np.mean(auc[name]))
first = max(names, key=lambda name: np.mean(top_precision[name]))
alarmed_most = max(alarmed_pairs["handover"].values())
axes[0].set(
    xlabel="false alarms",
    ylabel="absorbed pairs found",
    title=f"Largest area {np.mean(auc[leads[0]]):.2f}:\n{leads[0]}, then {np.mean(auc[leads[1]]):.2f}",
)
axes[1].set(
    xlabel="absorbed pairs found",
    ylabel="precision",
    title=f"Precision at the top:\n{first} {np.mean(top_precision[first]):.0%}",
    ylim=(0, 1.03),
)
axes[2].set(
    yscale="log",
    ylabel="share of pairs over threshold",
    title=f"Handover alarms on up to\n{alarmed_most:.1%} of pairs that are none",
)
SHORT = {"independent": "indep.", "exclusive": "excl.", ", ": "\n"}
ticks = list(plain)
for long, short in SHORT.items():
    ticks = [tick.replace(long, short) for tick in ticks]
axes[2].set_xticks(range(len(plain)), ticks, rotation=45)
fig.legend(loc="outside lower center", ncols=5, fontsize=8)
present("headline", fig, alt="ROC curves, precision against recall, and false alarms of five detectors.")

fig, ax = theme.figure(height=2.9)
lines = (("its parent's", 0, "parent", "-"), ("its child's", 1, "child", "-"), ("both", 2, "good", "-"), ("another parent's", 3, "reference", ":"))  # fmt: skip
for name, at, color, line in lines:
    values = np.array([by_width[width][at] for width in meta_widths])
    half = 1.96 * values.std(1, ddof=1) / n_seeds**0.5
    ax.errorbar(meta_widths, values.mean(1), half, color=theme.COLORS[color], ls=line, marker="o", ms=3, label=name)  # fmt: skip
ax.set(xlabel="latents of the meta-SAE", ylabel="share of absorbers", ylim=(0, 1.03), xticks=meta_widths)
fired = [narrow_meta[at].mean() for at in range(2)]
ax.set_title(
    f"With {n_families} meta-latents: the parent's fires on {fired[0]:.0%}, the child's on {fired[1]:.0%}"
)
ax.legend(title="meta-latent that fires", loc="center left", bbox_to_anchor=(1, 0.5))
present("taken_apart", fig, alt="Share of absorbers on which meta-latents fire, against the width of the meta-SAE.")  # fmt: skip

# %% [markdown]
# ## What was found
#
# ```{picture} taken_apart
# :alt: Share of absorbers on which the parent's meta-latent fires, another family's does, and a meta-latent of the child does, against the width of the meta-SAE. The parent's falls with width, the child's rises, both together stay low.
# On how many absorbers does which meta-latent fire? Bars: 95% intervals over SAEs.
# ```
#
# **The parent is named, the child is not.** With three meta-latents, one a parent, the parent's fires on
# {glue:text}`parent_fires:.0%` of its absorbers ({glue:text}`parent_fires_low:.0%` to {glue:text}`parent_fires_high:.0%`), as the source
# expects; another parent's fires on {glue:text}`other_parent_fires:.0%`, since $k = 2$ forces a second choice. Wider meta-SAEs are more
# selective and lose the parent again. The child is named only as far as the meta-SAE has latents to spend on single rows: with
# {glue:text}`best_width:.0f` of them both parts are found on {glue:text}`decomposed:.0%` of the absorbers. What sparsity buys, in a
# meta-SAE as in an SAE, is what is *shared*: the parent's direction lies in five rows, a child's in one. A meta-SAE can therefore tell
# that rows share something; it does not show what each of them adds.
#
# **Detectors.** Over all pairs asymmetry and handover rank about alike: areas {glue:text}`auc_asymmetry:.3f` and
# {glue:text}`auc_handover:.3f` ({glue:text}`auc_handover_low:.3f` to {glue:text}`auc_handover_high:.3f`); decoder cosine has
# {glue:text}`auc_decoder_cosine:.3f`, co-firing {glue:text}`auc_co_firing:.3f`, the meta-SAE {glue:text}`auc_meta:.3f`. What is read
# is the top of the list, and there the precision is {glue:text}`precision_top:.2f` for handover, {glue:text}`top_asymmetry:.2f` for
# asymmetry, {glue:text}`top_meta:.2f` for the meta-SAE and {glue:text}`top_decoder_cosine:.2f` for the cosine, whose highest values are
# duplicates. Co-firing fails on partial absorption, where parent and child do fire together. The cosine of two decoder rows
# is the same from both sides and cannot say which of the two latents is the parent; encoders and firing can.
#
# **Alarms.** On worlds without a hierarchy handover still flags {glue:text}`pairs_alarmed:.1%` of all pairs, and at least one pair in
# {glue:text}`saes_alarmed:.0%` of the SAEs. These are not noise: where features are independent,
# {glue:text}`alarms_combination:.0%` of the flagged pairs are a feature and a {term}`combination` that contains it, which does take over
# where it fires. Read an alarm as "this latent writes what that one should", and not as proof of a hierarchy.
#
# **What no detector can tell.** A parent alone or with a child is, as data, the same as two features that exclude each other and are
# not orthogonal: $f_1$ in one state and $f_1 + f_2$ in the other. Whoever sees only activations cannot know which was meant.

# %%
both_states = torch.tensor([[1.0, 0.0], [1.0, 1.0]])
hierarchy = both_states @ directions(2)  # parent alone, or with its child
exclusive = torch.eye(2) @ both_states  # two features, of which one is present
assert torch.equal(hierarchy, exclusive)

# %% [markdown]
# ## The null and the controls

# %% tags=["hide-input"]
placed = SAEStack(Recipe(decoder_bias=False), d_small, 8, range(1), device=device)
start_at(placed, small_features, small_features.T)
placed_acts, placed_rows = clean(placed, x)
placed_firing = FiringStatistics.of(placed_acts, hierarchy_p[:1])
placed_score = handover(placed.W_enc.detach().cpu(), placed_rows, placed_firing)
truth_alarmed = float((placed_score > threshold["handover"]).float().mean())
dealer = np.random.default_rng(0)
auc_shuffled = [
    roc_auc_score(label, dealt(score, dealer))
    for score, label in (flat("handover", part) for part in parts)
]  # fmt: skip

# %% [markdown]
# The untrained meta-SAEs say how little "fires" means at $k = 2$ of three: there the parent's meta-latent is active on
# {glue:text}`parent_fires_untrained:.0%` of the absorbers before any training. Scores dealt to the wrong latents find nothing (area
# {glue:text}`auc_shuffled:.2f`), and dictionaries placed at the truth raise no alarm. The forest's children absorb:
# {glue:text}`absorbers:.0%` of them, in SAEs that miss {glue:text}`forest_missed:.1%` of the squared length of the activations.

# %% tags=["nbval-check-output", "hide-cell"]
SHARE, PARTS = (0, 1), "fifths of the SAEs"
plain_parts = np.array_split(np.arange(n_plain), 5)
alarmed = [np.mean([hits[part].mean() for hits in alarmed_saes["handover"].values()]) for part in plain_parts]
evidence = [
    Evidence.of_samples("parent_fires", narrow_meta[0], possible=SHARE),
    Evidence.of_samples("decomposed", by_width[best_width][2], possible=SHARE),
    Evidence.of_samples("auc_meta", auc["meta-SAE"], of=PARTS, possible=SHARE),
    Evidence.of_samples("forest_missed", forest_report.mse.cpu().numpy() / forest_power, possible=(0, np.inf)),
    Evidence.of_samples("hierarchies_missed", [hierarchies_missed[part].mean() for part in parts], of=PARTS, possible=(0, np.inf)),
    Evidence.of_samples("absorbers", absorbed.mean(1), possible=SHARE),
    Evidence.of_samples("parent_fires_untrained", untrained_meta[0], possible=SHARE),
    Evidence.of_samples("auc_shuffled", auc_shuffled, of=PARTS, possible=SHARE),
    Evidence.exactly("truth_alarmed", truth_alarmed),
    Evidence.of_samples("auc_handover", auc["handover"], of=PARTS, possible=SHARE),
    Evidence.of_samples("precision_top", top_precision["handover"], of=PARTS, possible=SHARE),
    Evidence.of_samples("saes_alarmed", alarmed, of=PARTS, possible=SHARE),
    Evidence.of_samples("other_parent_fires", narrow_meta[3], possible=SHARE),
]  # fmt: skip
record = conclude(
    CLAIM, evidence,
    found=(
        "A narrow meta-SAE fires the parent's meta-latent on {parent_fires:.0%} of its absorbers, but as a detector of absorbed "
        "pairs its area under the ROC curve is {auc_meta:.2f}; decoders, encoders and firing read together reach {auc_handover:.2f}."
    ),
    headline="parent_fires", seeds=SEEDS,
    parameters=dict(
        n_families=n_families, n_children=n_children, meta_widths=meta_widths, n_seeds=n_seeds, n_hierarchies=n_hierarchies,
        n_plain=n_plain, sparsity_range=sparsity_range, steps=steps, lr=lr,
    ),
    profile=profile, device=device,
)  # fmt: skip
print(record)

# %% tags=["remove-cell"]
glue_record(record)
means = {name: np.mean(values) for name, values in auc.items()}
tops = {name: np.mean(values) for name, values in top_precision.items()}
ahead = max(tops, key=tops.get)
glue(
    "headline_words", f"Among the pairs that are ranked highest, {ahead} is right most often.", display=False
)
numbers = dict(
    n_detected=n_hierarchies + len(plain) * n_plain, n_families=n_families, n_children=n_children, best_width=best_width,
    auc_asymmetry=means["asymmetry"], auc_decoder_cosine=means["decoder cosine"], auc_co_firing=means["co-firing"],
    top_asymmetry=tops["asymmetry"], top_decoder_cosine=tops["decoder cosine"], top_meta=tops["meta-SAE"],
    pairs_alarmed=np.mean(list(alarmed_pairs["handover"].values())), alarms_combination=combines("independent"),
)  # fmt: skip
for name, number in numbers.items():
    glue(name, number if isinstance(number, int) else float(number), display=False)

# %% [markdown]
# ## What this does not show
#
# Decoders here have eight to fifteen rows; a language model's have tens of thousands, and a meta-SAE with a twentieth as
# many latents, which may detect better than five latents on ten rows. There a child's direction may be shared too (*snake* by
# everything about snakes), and then it can be named. Features are orthogonal in the worlds with a hierarchy, all have magnitude 1, and
# firing statistics are exact. Siblings exclude each other. The detector that leads, handover, is ours, and was chosen among a dozen products of
# the same quantities on SAEs of other seeds, in worlds of the same kind: other kinds may order them differently. {doc}`13_fixes`
# tries the detectors on a language model, where the decoder cosine alone does about as well as handover. That the parent's meta-latent fires
# means little by itself at $k = 2$ of three, as the untrained meta-SAEs show.
#
# ## Details
#
# The detector is `measures.detectors.handover`; `strongest_pairs` runs it on dictionaries of thousands of latents.
#
# What was changed after a first look: at first only one latent could be a feature's own, and spare
# latents that repeat a parent were counted as errors; the meta-SAE's score was 0 where both rows have the same
# strongest meta-latent, which is just what a narrow meta-SAE does to an absorber; and the bound on untrained meta-SAEs was
# lower at first, without regard for how little "fires" means there.
