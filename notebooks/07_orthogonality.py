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
# # Orthogonality as a prior
#
# **Claim.** Penalising the cosines between decoder directions brings back features that were lost to combinations and
# lowers absorption and composition, at a small cost in reconstruction. Where the true features are not orthogonal,
# a reconstruction that gets substantially worse gives the wrong prior away.
#
# **Source.** {cite}`till2024truefeatures` proposes the penalty (a sum of |cosine| over pairs) and its falsification
# test; {cite}`korznikov2025ortsae` trains it at scale, on the nearest latent within random chunks.
#
# **Verdict: {glue:text}`verdict`.** At the optimum the penalty does what was promised: the rare feature is back in
# {glue:text}`brought_back:.0%` of the best runs, absorption falls from {glue:text}`delta_without:.2f` to
# {glue:text}`delta_penalised:.2f`, for {glue:text}`price_absorption:.4f` of the variance. Single runs gain little or
# nothing ({glue:text}`single_without:.0%` of them have the feature without the penalty, {glue:text}`single_with:.0%` with
# it), for their dead latents stay dead. The falsification test is blind on one side: with features at cosine {glue:text}`largest_cosine:.1f` recovery falls by
# {glue:text}`mcc_loss_positive:.2f` and the unexplained variance rises by {glue:text}`fvu_rise_positive:.4f` only. And
# cheap schemes are other penalties: OrtSAE's gradient has a cosine of {glue:text}`agreement_max:.2f` with that of mean cos².

# %%
from functools import partial

import numpy as np
import torch
from myst_nb import glue

from absorption.claims import Claim, Evidence, Predicate, conclude
from absorption.figures import theme
from absorption.measures.composition import labels
from absorption.measures.hierarchy import measure_pairs
from absorption.measures.toy import absorption_delta, mcc
from absorption.publish.notebook import glue_record
from absorption.runtime.parallel import in_parallel
from absorption.runtime.paths import pick_device
from absorption.saes import (
    AllPairs,
    FrozenBatches,
    Neighbours,
    RandomChunks,
    Recipe,
    SAEStack,
    fit_population,
)
from absorption.saes.losses.orthogonality import chunk_cost, listed_cost, multiplications, nearest
from absorption.saes.losses.pairs import directions as unit_rows
from absorption.saes.losses.pairs import mean_cost, pair_cost
from absorption.saes.stack import Clock
from absorption.theory.combinations import free_codes, linear_encoder
from absorption.theory.orthogonality import orthogonality_law
from absorption.worlds.population import (
    Population,
    directions,
    independent,
    parent_child,
    random_directions,
    tree,
)

theme.use()

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
weights = (0.0, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)  # γ, weight of the penalty; the first one is none
rare = 0.02  # probability of the rare feature
lost_sparsity = 0.2  # λ where a feature is lost
n_restarts = 10  # random starts in each group that gives one "best of many"
pair_sparsity = 0.1  # λ where a child absorbs its parent
cosines = (-0.3, -0.15, 0.0, 0.15, 0.3, 0.45, 0.6)  # between all pairs of true features
cosine_sparsity = 0.05  # λ there, and in the trees
tree_dimensions = 8  # dimensions for twelve features in superposition
sizes = (512, 1024, 2048)  # latents of the dictionaries on which schemes are compared
d_in = 64  # their dimensions
list_drift = 0.3  # length of the random step that a dictionary takes after its list of neighbours was made
n_trees = 10  # random starts in the worlds of trees
n_seeds = 5  # groups of restarts, perturbed starts, random starts, dictionaries
start_noise = 0.05  # standard deviation added to weights that start at the truth
steps = 1200  # optimiser steps of each SAE
lr = 0.01  # peak learning rate (Adam)
profile = "laptop"
device = "auto"

# %% [markdown]
# ## What would have to be seen
#
# As on the page on {doc}`lost features <04_combinations>`, the best of many runs (by its own loss) and the single run are
# kept apart. The bounds were written after trials of every experiment with fewer weights and seeds, so they are no
# predictions: they fix what a rerun can contradict. Three things were changed after a first run of the whole page, because it
# decided too little: the best of eight random starts missed the
# optimum too often to stand for it, so each group now has ten, one start beside the pair's dictionary and one beside the
# truth; five starts in the worlds of trees became {glue:text}`n_trees:d`; and training was cut by a fifth, to pay for both.

# %%
CLAIM = Claim(
    id="07_orthogonality",
    title="Orthogonality as a prior",
    sentence="Penalising cosines between decoder directions brings back lost features and lowers absorption and composition at a small cost in reconstruction, and reconstruction gives the prior away where it is wrong.",
    sources=("till2024truefeatures", "korznikov2025ortsae"),
    predicates=(
        Predicate("back", "three latents: the best run has the rare feature at weights 0.1 to 1 (share)", evidence="brought_back", above=0.9, essential=True),
        Predicate("absorption", "parent and child: δ at weight 1", evidence="delta_penalised", below=0.1, essential=True),
        Predicate("composition", "three latents: latents on combinations at weight 1, of those without the penalty (ratio, single runs)", evidence="composition_ratio", below=0.5),
        Predicate("typical", "single runs have the rare feature more often at weight 1 than without (difference of shares)", evidence="typical_gain", above=0.1),
        Predicate("cheap", "orthogonal features: what the absorption's end costs in reconstruction (fraction of variance)", evidence="price_absorption", below=0.01),
        Predicate("law", "δ follows the law of the dose, for four costs of a pair (90th percentile of the error)", evidence="law_error", below=0.03),
        Predicate("ends", "the source's |cosine| ends absorption at a finite weight (δ at twice λ p11)", evidence="delta_abs", below=0.01),
        Predicate("trees", "twelve features in twelve dimensions: fewer pairs absorbed at the largest weight (ratio, mean over schemes)", evidence="tree_ratio", below=0.7),
        Predicate("superposition", "the same trees in superposition: recovery does not fall (change of MCC at weight 1)", evidence="superposition_mcc", above=-0.01),
        Predicate("blunt", "features at the smallest cosine: reconstruction gives the prior away (rise in unexplained variance)", evidence="fvu_rise_negative", above=0.01),
        Predicate("acute", "features at the largest cosine: so it does there", evidence="fvu_rise_positive", above=0.01),
        Predicate("hinge", "a hinge at 0.3 spares features at cosine 0.3 (change of MCC at weight 1)", evidence="hinge_mcc", above=-0.01),
        Predicate("sampled", "OrtSAE's gradient points where that of the mean squared cosine does (cosine, largest dictionary)", evidence="agreement_max", above=0.5),
        Predicate("lost", "control: without the penalty the best run has lost the rare feature (share)", evidence="lost_without", above=0.9, control=True),
        Predicate("exact", "control: the Gram form's gradient is the pairwise sum's (1 − cosine)", evidence="exact_disagreement", below=1e-5, control=True),
        Predicate("harmless", "control: orthogonal features from the truth are left alone (change of MCC at weight 1)", evidence="orthogonal_mcc", above=-0.01, control=True),
        Predicate("dealt", "control: the law's values dealt out to the wrong weights fail (mean error)", evidence="dealt_error", above=0.1, control=True),
    ),
)  # fmt: skip

# %% [markdown]
# ## The penalty, and five ways to pay for it
#
# A pair of decoder directions costs $\max(0, |\cos| - h)^q$; the source has $q = 1$ and $h = 0$, and suggests a
# non-linearity. All $n^2$ pairs are not needed for an exact mean: $\sum_{ij} \cos^2(d_i, d_j) = \lVert \hat D^\top \hat D \rVert_F^2$,
# a matrix of $d_{in} \times d_{in}$ however many latents there are, and the fourth power takes the same step once more.
# For other costs there are random chunks (OrtSAE: the nearest in the chunk, at every step or every fifth), a list of
# neighbours that is made anew now and then, and the source's batches of latents, learned one after the other and then
# frozen. All are a `Recipe`'s `orthogonality_scheme`; weights are those of a *mean* over pairs.

# %%
device = pick_device(device)
SCHEMES = {
    "|cos|": AllPairs(exponent=1),
    "cos²": AllPairs(),
    "cos⁴": AllPairs(exponent=4),
    "hinge": AllPairs(hinge=0.3),
    "nearest (OrtSAE)": RandomChunks(),
    "frozen batches": FrozenBatches(3),
}
INK = dict(zip(SCHEMES, ("child", "parent", "light", "accent", "good", "bad"), strict=True))


def train(scheme, x, p, n_latents, seeds, sparsity, gammas=weights, begin=None, **recipe):
    """One SAE for each seed, each world and each weight, in the order [seed world weight].

    `x [world state d_in]`, or `[state d_in]` for one world; `begin(stack)` may change the initial weights.
    """
    x = x if x.ndim == 3 else x[None]
    order = np.repeat(seeds, len(x) * len(gammas))
    stack = SAEStack(
        Recipe(sparsity=sparsity, orthogonality=1.0, decoder_bias=False, orthogonality_scheme=scheme, **recipe),
        x.shape[-1], n_latents, order, device=device,
        sweep={"orthogonality": torch.tensor(gammas).repeat(len(order) // len(gammas))},
    )  # fmt: skip
    if begin is not None:
        begin(stack)
    inputs = x[0] if len(x) == 1 else x.repeat_interleave(len(gammas), 0).repeat(len(seeds), 1, 1)
    report = fit_population(stack, inputs, p, steps=steps, lr=lr, description="orthogonality")
    assert not report.diverged.any()
    return stack, report


@torch.no_grad()
def put(stack: SAEStack, members: torch.Tensor, W_dec, W_enc, b_enc=None) -> None:
    """Give some members weights beside the given ones, `[d_sae d_in]` or one set a member."""
    generator = torch.Generator().manual_seed(0)
    values = ((stack.W_dec, W_dec), (stack.W_enc, W_enc), (stack.b_enc, b_enc))
    for weight, value in ((w, torch.as_tensor(v, dtype=torch.float32)) for w, v in values if v is not None):
        noise = start_noise * torch.randn(
            (len(members), *value.shape[-(weight.ndim - 1) :]), generator=generator
        )
        weight[members] = (value + noise).to(device)
    stack.W_dec[members] = unit_rows(stack.W_dec[members])


def beside_truth(features: torch.Tensor, n_gammas: int):
    """Starts beside the true features `[world d_sae d_in]` with the encoder that inverts them."""

    def begin(stack: SAEStack) -> None:
        each = features.repeat_interleave(n_gammas, 0).repeat(n_seeds, 1, 1)
        put(stack, torch.arange(len(stack)), each, torch.linalg.inv(each))

    return begin


def shaped(values, *rest: int) -> np.ndarray:
    """[sae] → [seed ... weight]."""
    return np.asarray(torch.as_tensor(values).detach().cpu()).reshape(-1, *rest)


def variance(world: Population) -> float:
    x, p = world.activations, world.probabilities
    return float((x.square().sum(-1) * p).sum() - (p @ x).square().sum())


# %% [markdown]
# ## The lost feature
#
# Two features that mostly come together and a rare third one, at a $\lambda$ where three latents are best spent on the
# pair: $f_1$ or $f_2$ alone with probability 0.1, both with 0.3, $f_3$ with {glue:text}`rare:.2f` whatever else there is.

# %%
plane = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
states = torch.cat([torch.cat([plane, torch.full((4, 1), third)], 1) for third in (0.0, 1.0)])
chances = torch.tensor([0.5, 0.1, 0.1, 0.3])
lost_world = Population(torch.eye(3), states, torch.cat([chances * (1 - rare), chances * rare]))
assert torch.allclose(lost_world.feature_probabilities, torch.tensor([0.4, 0.4, rare]))

n_runs = n_restarts + 2
PAIR_ATOMS = np.array([[1, 0, 0], [0, 1, 0], [0.5**0.5, 0.5**0.5, 0]])


def planned(stack: SAEStack) -> None:
    """The last two runs of each group begin at the dictionary with the pair's latent, and at the truth."""
    member = torch.arange(len(stack)).reshape(n_seeds, n_runs, len(weights))
    x, p = lost_world.activations.double().numpy(), lost_world.probabilities.double().numpy()
    for run, atoms in ((-2, PAIR_ATOMS), (-1, np.eye(3))):
        W_enc, b_enc = linear_encoder(x, p, free_codes(atoms, x, lost_sparsity))
        put(stack, member[:, run].flatten(), atoms, W_enc, b_enc)


lost = {}
for name, scheme, n_latents, begin in (
    *((name, SCHEMES[name], 3, planned) for name in SCHEMES),
    ("four latents", AllPairs(), 4, None),
):
    stack, report = train(
        scheme,
        lost_world.activations,
        lost_world.probabilities,
        n_latents,
        range(n_seeds * n_runs),
        lost_sparsity,
        begin=begin,
    )
    acts = stack.encode(lost_world.activations.to(device))
    fires = (acts > 1e-6).any(1)
    label = labels(acts, lost_world.present.to(device), lost_world.probabilities.to(device))
    lost[name] = {
        what: shaped(values, n_runs, len(weights))
        for what, values in {
            "loss": report.loss,
            "has it": (stack.dictionary[..., 2].abs() * fires).amax(-1) >= 0.5,
            "dead": ~fires.all(1),
            "combinations": (label.sum(-1) > 1).sum(-1),
            "unexplained": report.mse / variance(lost_world),
            "mcc": mcc(stack.dictionary.cpu(), lost_world.features),
        }.items()
    }


def of_best(name: str, what: str) -> np.ndarray:
    """Of each group's best run, [group weight]."""
    return np.take_along_axis(lost[name][what], lost[name]["loss"].argmin(1, keepdims=True), 1)[:, 0]


def of_single(name: str, what: str) -> np.ndarray:
    """The mean over a group's random starts, [group weight]."""
    return lost[name][what][:, :n_restarts].mean(1)


# %% tags=["hide-input"] mystnb={"image": {"alt": "Left: share of best runs that have the rare feature against the penalty's weight; all schemes but frozen batches go from none to all of them. Right: the same share of single runs, which hardly changes."}}
fig, axes = theme.figure(height=3.3, ncols=2, sharey=True)
places = np.arange(len(weights))
for ax, of, title in zip(
    axes, (of_best, of_single), ("Best runs get the feature back", "Single runs hardly do"), strict=True
):
    for offset, name in enumerate(SCHEMES):
        share = of(name, "has it").mean(0)
        ax.plot(places + 0.02 * offset, share, "o-", ms=3, color=theme.COLORS[INK[name]], label=name)
    ax.set(
        xticks=places,
        xticklabels=[f"{w:g}" for w in weights],
        xlabel="weight γ",
        ylim=(-0.05, 1.05),
        title=title,
    )
axes[0].set_ylabel("share with the rare feature")
fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
# %% [markdown]
# Without the penalty {glue:text}`lost_without:.0%` of the best runs have lost $f_3$; from some weight on
# the pair's latent is too close to its halves, the best run is $\{f_1, f_2, f_3\}$, and its
# unexplained variance *falls* from {glue:text}`lost_fvu_without:.3f` to {glue:text}`lost_fvu_with:.3f`: this is not a
# price but a gain, paid for in sparsity. Single runs are another matter: of those that miss $f_3$ at weight 1,
# {glue:text}`dead_share:.0%` have a dead latent, and a penalty on decoders wakes none. Among runs without one,
# {glue:text}`alive_without:.0%` have the feature without the penalty and {glue:text}`alive_with:.0%` with it; but there are fewer
# of them, {glue:text}`alive_share_with:.0%` after {glue:text}`alive_share_without:.0%`, for the penalty also kills. Frozen batches, whose first latent
# has to do alone what three should share, reach a recovery of {glue:text}`frozen_mcc:.2f` where mean cos² reaches
# {glue:text}`squares_mcc:.2f`. With four latents the best runs have the feature in any case
# ({glue:text}`four_kept:.0%` without the penalty), and the penalty has something else to bend: four latents cannot be
# orthogonal in three dimensions.
#
# ## Absorption: a law of the dose
#
# A child that never comes without its parent. All degrees of absorption reconstruct equally well, so the penalty meets
# nothing but sparsity, and $\delta^*$ minimises
# $\lambda p_{11}(1 - \delta + \sqrt{1+\delta^2}) + \gamma\, \cos^q$ with $\cos = \delta / \sqrt{1 + \delta^2}$.

# %%
family = parent_child(0.2, 0.2)
pull = pair_sparsity * 0.2
doses = (0.0, *(pull * np.geomspace(0.1, 50, 11)))
COSTS = ("|cos|", "cos²", "cos⁴", "hinge")
bare = dict(encoder_bias=False)
delta, law, price = {}, {}, {}
for name in COSTS:
    stack, report = train(
        SCHEMES[name],
        family.activations,
        family.probabilities,
        2,
        range(n_seeds), pair_sparsity, doses, beside_truth(family.features[None], len(doses)), **bare,
    )  # fmt: skip
    delta[name] = shaped(absorption_delta(stack.dictionary.detach().cpu(), family.features), len(doses))
    price[name] = shaped(report.mse, len(doses)) / variance(family)
    law[name] = orthogonality_law(doses, pair_sparsity, 0.2, SCHEMES[name].exponent, SCHEMES[name].hinge)
at_one = int(np.abs(np.array(doses) - 1).argmin())
at_two_pulls = int(np.searchsorted(doses, 2 * pull))

# %% tags=["hide-input"] mystnb={"image": {"alt": "Left: absorption against the penalty's weight for four costs; points of trained SAEs on the law's lines. The absolute cosine falls to zero at once, squares and fourth powers decay slowly, the hinge stops at its angle. Right: unexplained variance rises by about a thousandth."}}
fig, (curve, cost) = theme.figure(height=3.2, ncols=2)
fine = pull * np.geomspace(0.1, 50, 300)
for name in COSTS:
    color = theme.COLORS[INK[name]]
    curve.plot(
        fine / pull,
        orthogonality_law(fine, pair_sparsity, 0.2, SCHEMES[name].exponent, SCHEMES[name].hinge),
        color=color,
    )
    curve.plot(np.array(doses[1:]) / pull, delta[name].mean(0)[1:], "o", ms=4, color=color, label=name)
    cost.plot(np.array(doses[1:]) / pull, price[name].mean(0)[1:], "o-", ms=4, color=color, label=name)
curve.set(
    xscale="log",
    xlabel="γ / λ p11",
    ylabel="absorption δ",
    ylim=(-0.05, 1.1),
    title="Only |cos| ends absorption",
)
cost.axhline(price["cos²"][:, 0].mean(), color=theme.COLORS["reference"], ls=":", lw=1)
cost.set(
    xscale="log", xlabel="γ / λ p11", ylabel="unexplained variance", ylim=(0, None), title="It costs little"
)
cost.text(
    0.11, price["cos²"][:, 0].mean() * 0.9, "without the penalty", va="top", color=theme.COLORS["reference"]
)
curve.legend(loc="upper right")
# %% [markdown]
# Trained SAEs meet the law to {glue:text}`law_error:.3f` at the 90th percentile. The exponent decides how absorption ends. The
# source's $|\cos|$ has a slope at a right angle, and ends absorption for good at $\gamma = \lambda p_{11}$; squares lose theirs
# there, and leave $\lambda p_{11} / 2\gamma$; fourth powers leave $(\lambda p_{11} / 4\gamma)^{1/3}$; a hinge leaves
# its angle. So what spares slight angles spares slight absorption. The price is shrinkage on one more latent, up to
# {glue:text}`price_absorption:.4f` of the variance at weight 1 (squares).
#
# The mean over pairs hides a dilution: this world has one pair, a dictionary of $n$ latents $n(n-1)/2$, and the weight
# at which one pair of them gives up its absorption grows as $n^2$. For OrtSAE's mean over latents it grows as $n$.
#
# ## Twelve features, and too few dimensions for them
#
# Three trees of a parent and three exclusive children, first orthogonal in twelve dimensions, then as random
# directions in {glue:text}`tree_dimensions:d`.

# %%
nodes = {}
for parent in "abc":
    nodes |= {parent: (None, 0.3)} | {f"{parent}{child}": (parent, 0.25) for child in range(3)}
pairs = [(4 * t, 4 * t + child) for t in range(3) for child in (1, 2, 3)]
spaces = {
    "orthogonal": directions(12),
    "superposition": random_directions(12, tree_dimensions, torch.Generator().manual_seed(0)),
}
tree_weights = (0.0, 0.1, 1.0, 10.0)
TREE_SCHEMES = {"|cos|": AllPairs(exponent=1), "cos²": AllPairs(), "nearest (OrtSAE)": RandomChunks()}
forests = {space: tree(nodes, exclusive=True, features=features) for space, features in spaces.items()}


def grow(task: tuple[str, str]) -> tuple[np.ndarray, np.ndarray]:
    """Share of absorbed child states and MCC, [start weight], of one scheme in one space."""
    forest, name = forests[task[0]], task[1]
    # A mean over twelve latents weighs a pair eleven times as much as a mean over all their pairs.
    share = 1 / 11 if name.startswith("nearest") else 1.0
    gammas = tuple(share * w for w in tree_weights)
    stack, _ = train(
        TREE_SCHEMES[name],
        forest.activations,
        forest.probabilities,
        12,
        range(n_trees),
        cosine_sparsity,
        gammas,
    )
    measured = measure_pairs(
        stack.encode(forest.activations.to(device)), stack.W_enc, stack.dictionary, forest.features, forest.magnitudes,
        forest.probabilities, pairs,
    )  # fmt: skip
    return shaped(measured.absorbed.mean(-1), len(gammas)), shaped(
        mcc(stack.dictionary.cpu(), forest.features), len(gammas)
    )


tasks = [(space, name) for space in spaces for name in TREE_SCHEMES]
grown = dict(zip(tasks, in_parallel(grow, tasks, device), strict=True))

# %% tags=["hide-input"] mystnb={"image": {"alt": "Left: share of absorbed pairs against the weight; it falls in the orthogonal world, and is small in superposition. Right: mean correlation with the true features; it rises a little in the orthogonal world and falls in superposition."}}
fig, axes = theme.figure(height=3.6, ncols=2)
places = np.arange(len(tree_weights))
for which, ax in enumerate(axes):
    for (space, name), values in grown.items():
        ax.plot(
            places, values[which].mean(0), "-o" if space == "orthogonal" else "--s", ms=4, color=theme.COLORS[INK[name]],
            label=f"{name}, {len(spaces[space][0])} dimensions",
        )  # fmt: skip
    ax.set(
        xticks=places,
        xticklabels=[f"{w:g}" for w in tree_weights],
        xlabel="weight γ (as of a mean over pairs)",
    )
axes[0].set(ylim=(0, 1), ylabel="absorbed, share of child states", title="Less is absorbed")
axes[1].set(ylim=(0.5, 1), ylabel="MCC to true features", title="Recovery falls in superposition")
fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
# %% [markdown]
# In twelve dimensions the share of absorbed pairs falls to {glue:text}`tree_ratio:.0%` of what it was, averaged over the
# three schemes. In {glue:text}`tree_dimensions:d` dimensions the true features are not orthogonal (cosines up to
# {glue:text}`largest_true_cosine:.2f`), and recovery changes by {glue:text}`superposition_mcc:+.3f` at weight 1.
#
# ## When the true features are not orthogonal
#
# The source's own test. Four independent features with the same cosine between every two, SAEs with four latents
# started at the truth, and no hierarchy: anything but the truth is a loss.

# %%
worlds = [independent([0.2] * 4, directions(4, 4, c)) for c in cosines]
x = torch.stack([w.activations for w in worlds])
truth = torch.stack([w.features for w in worlds])
power = np.array([variance(w) for w in worlds])[:, None]
angle_weights = (0.0, 0.1, 1.0)
angled = {}
for name in ("cos²", "hinge"):
    stack, report = train(
        SCHEMES[name],
        x,
        worlds[0].probabilities,
        4,
        range(n_seeds),
        cosine_sparsity,
        angle_weights,
        beside_truth(truth, len(angle_weights)),
    )
    of_world = truth.repeat_interleave(len(angle_weights), 0).repeat(n_seeds, 1, 1)
    found = torch.cat(
        [mcc(d[None], f) for d, f in zip(stack.dictionary.detach().cpu(), of_world, strict=True)]
    )
    grid = (len(cosines), len(angle_weights))
    angled[name] = shaped(found, *grid), shaped(report.mse, *grid) / power, shaped(report.l0, *grid)

families = [parent_child(0.2, 0.2, cosine=c) for c in cosines]
lines = torch.stack([w.features for w in families])
stack, _ = train(
    AllPairs(), torch.stack([w.activations for w in families]), families[0].probabilities, 2, range(n_seeds), pair_sparsity,
    angle_weights, beside_truth(lines, len(angle_weights)), **bare,
)  # fmt: skip
of_family = lines.repeat_interleave(len(angle_weights), 0).repeat(n_seeds, 1, 1)
angled_delta = shaped(
    torch.cat([absorption_delta(d[None], f) for d, f in zip(stack.dictionary.detach().cpu(), of_family, strict=True)]),
    len(cosines), len(angle_weights),
)  # fmt: skip

# %% tags=["hide-input"] mystnb={"image": {"alt": "Three panels over the cosine between true features. Recovery falls on both sides of zero, more for positive cosines. Unexplained variance rises steeply for negative cosines only. The number of active latents doubles for positive cosines only."}}
fig, axes = theme.figure(height=3.2, ncols=3)
names = ("MCC to true features", "unexplained variance", "active latents (L0)")
titles = ("Recovery falls …", "… reconstruction tells\nhere only for c < 0", "… sparsity tells\nfor c > 0")
for ax, values, hinged, ylabel, title in zip(
    axes, angled["cos²"], angled["hinge"], names, titles, strict=True
):
    for k, color in zip(range(3), ("reference", "light", "parent"), strict=True):
        ax.plot(
            cosines,
            values[..., k].mean(0),
            "o-",
            ms=3,
            color=theme.COLORS[color],
            label=f"γ = {angle_weights[k]:g}",
        )
    ax.plot(cosines, hinged[..., -1].mean(0), "o-", ms=3, color=theme.COLORS["accent"], label="hinge, γ = 1")
    ax.set(xlabel="cosine of features", ylabel=ylabel, title=title)
axes[1].set(yscale="log")
fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
# %% [markdown]
# Directions that are too far apart for the truth show in the reconstruction: at cosine {glue:text}`smallest_cosine:.1f` the
# unexplained variance rises by {glue:text}`fvu_rise_negative:.3f`, for no combination of orthogonal latents with positive
# weights reaches data that spread beyond a right angle. On the other side nothing of the kind happens. Features at cosine
# {glue:text}`largest_cosine:.1f` lie *inside* the cone of orthogonal latents, which reconstruct them well
# ({glue:text}`fvu_rise_positive:+.4f`), and are the wrong ones: recovery falls by {glue:text}`mcc_loss_positive:.2f`. What gives them
# away is the number of active latents, {glue:text}`l0_without:.1f` without the penalty and {glue:text}`l0_with:.1f` with it.
#
# A parent and child at cosine $c$ are driven past no absorption to $\delta \approx -c$, the child's latent taking the
# parent *away*: at {glue:text}`largest_cosine:.1f`, $\delta$ is {glue:text}`delta_acute:+.2f` at weight 1 (the law:
# {glue:text}`law_acute:+.2f`). A hinge spares what it is told to spare, {glue:text}`hinge_mcc:+.3f` in recovery at cosine
# 0.3, if one knows how far from orthogonal the truth is.
#
# ## Cheap schemes are other penalties
#
# Dictionaries of up to {glue:text}`largest_size:d` latents in {glue:text}`d_in:d` dimensions: clusters of eight directions about
# 45 degrees apart, and all clusters at random. Left, the cosine of each scheme's gradient with that of the exact mean cos²;
# right, with the gradient that drives only the planted pairs apart.


# %%
def clusters(n: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """A dictionary [1 n d_in] of clusters of eight, and each latent's seven companions [1 n 7]."""
    generator = torch.Generator().manual_seed(seed)
    centres = unit_rows(torch.randn(1, n // 8, d_in, generator=generator)).repeat_interleave(8, 1)
    W = unit_rows(centres + 0.65 * d_in**-0.5 * torch.randn(1, n, d_in, generator=generator))
    at = torch.arange(n)
    companions = (at // 8 * 8)[:, None] + (at[:, None] + torch.arange(1, 8)) % 8
    return W.to(device).requires_grad_(), companions[None].to(device)


def gradient(cost, W: torch.Tensor) -> torch.Tensor:
    return torch.autograd.grad(cost(W).sum(), W)[0].flatten()


def pairwise(W: torch.Tensor) -> torch.Tensor:
    """The naive mean of cos², all pairs at once: what everything else is compared with."""
    cosine = unit_rows(W) @ unit_rows(W).mT
    return pair_cost(cosine - torch.diag_embed(torch.diagonal(cosine, dim1=-2, dim2=-1)), 2, 0.0).mean(
        (-1, -2)
    )


def compare(n: int, seed: int) -> dict[str, tuple[float, float]]:
    """Each scheme's cosines: with the exact gradient, and with the planted pairs' own."""
    W, companions = clusters(n, seed)
    drift = torch.randn(W.shape, generator=torch.Generator().manual_seed(1000 + seed)).to(device)
    before = nearest((W + list_drift * d_in**-0.5 * drift).detach(), 16)
    step = Clock(seed, n_seeds)
    candidates = {
        "cos² (Gram)": mean_cost,
        "|cos|": partial(mean_cost, exponent=1),
        "cos⁴": partial(mean_cost, exponent=4),
        "chunks, mean": lambda W: chunk_cost(W, RandomChunks(256, aggregate="mean"), step),
        "nearest of all": lambda W: chunk_cost(W, RandomChunks(n), step),
        "nearest of chunk": lambda W: chunk_cost(W, RandomChunks(n // 8), step),
        "neighbours, old list": lambda W: listed_cost(W, before, 2, 0.0),
    }
    similarity = partial(torch.nn.functional.cosine_similarity, dim=0)
    exact, planted = gradient(pairwise, W), gradient(lambda W: listed_cost(W, companions, 2, 0.0), W)
    gradients = {name: gradient(cost, W) for name, cost in candidates.items()}
    return {
        name: (float(similarity(g, exact)), float(similarity(g, planted))) for name, g in gradients.items()
    }


compared = in_parallel(
    lambda task: compare(*task), [(n, seed) for n in sizes for seed in range(n_seeds)], device
)
agreement = [compared[i : i + n_seeds] for i in range(0, len(compared), n_seeds)]
COUNTED = {
    "all pairs, any cost": AllPairs(exponent=1),
    "cos² (Gram)": AllPairs(),
    "OrtSAE, chunks of 8192": RandomChunks(),
    "OrtSAE, every 5th step": RandomChunks(every=5),
    "16 neighbours, every 100": Neighbours(16, every=100),
    "4 frozen batches, |cos|": FrozenBatches(4, exponent=1),
}

# %% tags=["hide-input"] mystnb={"image": {"alt": "Three panels. Gradient agreement with the exact mean squared cosine falls with size for all but the Gram form. Agreement with the planted pairs is high for the fourth power, neighbours and nearest. Multiplications a step grow quadratically for all pairs and linearly for the Gram form."}}
fig, axes = theme.figure(height=3.9, ncols=3)
ink = ("parent", "child", "light", "reference", "good", "accent", "bad")
for which, ax in enumerate(axes[:2]):
    for name, color in zip(agreement[0][0], ink, strict=True):
        means = [np.mean([of_seed[name][which] for of_seed in of_size]) for of_size in agreement]
        ax.plot(sizes, means, "o-", ms=3, color=theme.COLORS[color], label=name)
    ax.set(xscale="log", xticks=sizes, xticklabels=sizes, ylim=(-0.03, 1.05), xlabel="latents")
    ax.minorticks_off()
axes[0].set(ylabel="cosine of gradients", title="Agreement\nwith mean cos²")
axes[1].set(title="Agreement with\nthe close pairs' own")
counts = np.geomspace(512, 32768, 7)
for (name, scheme), style in zip(COUNTED.items(), ("-", "-", "--", ":", "-.", "--"), strict=True):
    per_step = [multiplications(scheme, int(n), d_in) for n in counts]
    color = theme.COLORS[("child", "parent", "good", "good", "bad", "reference")[list(COUNTED).index(name)]]
    axes[2].plot(counts, per_step, style, color=color, label=name)
axes[2].set(
    xscale="log",
    yscale="log",
    xlabel="latents",
    ylabel="multiplications a step",
    title="The Gram form\nis linear",
)
axes[2].legend(fontsize=8, loc="upper left", bbox_to_anchor=(-0.35, -0.25))
axes[0].legend(fontsize=8, loc="upper left", bbox_to_anchor=(-0.3, -0.25), ncols=2)
# %% [markdown]
# The Gram form *is* the pairwise sum. A mean over random chunks is right on average, and at {glue:text}`largest_size:d`
# latents {glue:text}`agreement_chunks:.2f` right in a single step. OrtSAE's nearest latent points elsewhere
# ({glue:text}`agreement_max:.2f`), and that is no fault: with more latents than dimensions the mean cos² cannot fall
# below about $1/d_{in}$, every tight frame attains that, copies of one basis among them {cite}`welch1974lower,benedetto2003frames`,
# and what its gradient asks for is balance between directions rather than distance between neighbours. Its agreement with the close pairs' own gradient is
# {glue:text}`close_squares:.2f` at that size; that of the nearest latent {glue:text}`close_max:.2f`, of the fourth power
# {glue:text}`close_fourth:.2f`, of a list of sixteen neighbours, made before the dictionary moved on,
# {glue:text}`close_list:.2f`. Seconds a step, with fitted exponents up to 32,768 latents, are in
# `benchmarks/orthogonality.py`.
#
# ## With SAELens
#
# The penalty is a subclass of SAELens' BatchTopK SAE with the same gradient as here (a test compares them), and
# trains in SAELens' own loops:
#
# ```python
# from absorption.saes.exchange.saelens_orthogonal import OrthogonalBatchTopKTrainingSAE, OrthogonalBatchTopKTrainingSAEConfig
# from sae_lens.synthetic import train_toy_sae
#
# config = OrthogonalBatchTopKTrainingSAEConfig(d_in=20, d_sae=20, k=2, orthogonality=0.25)
# sae = OrthogonalBatchTopKTrainingSAE(config)
# train_toy_sae(sae, feature_dictionary, activation_generator)
# ```
#
# ## Controls
#
# Without the penalty the feature is lost, the Gram form's gradient differs from the pairwise one by
# {glue:text}`exact_disagreement:.1e`, orthogonal features that an SAE already has are left alone
# ({glue:text}`orthogonal_mcc:+.3f` in recovery), and the law's values dealt to other weights are off by
# {glue:text}`dealt_error:.2f`. Where the method could cheat: a penalty can lower every cosine-based number without finding
# anything, so what is judged here is recovery of the true features and how often the parent's latent fires, not angles.
#
# ## Verdict

# %% tags=["nbval-check-output"]
one, none = weights.index(1.0), 0
middle = [i for i, w in enumerate(weights) if 0.1 <= w <= 1]
named = ("|cos|", "cos²", "nearest (OrtSAE)")
single = of_single("cos²", "combinations"), of_single("cos²", "has it")
errors = np.stack([np.abs(delta[name] - law[name]) for name in COSTS])
dealing = np.random.default_rng(0).permutation(len(doses))
dealt = np.stack([np.abs(delta[name] - law[name][dealing]) for name in COSTS])
found, fvu, l0 = angled["cos²"]
flat, sharp = cosines.index(0.0), cosines.index(0.3)
largest = agreement[-1]
flat_trees, dense_trees = ({n: grown[space, n] for n in TREE_SCHEMES} for space in spaces)
evidence = [
    Evidence.of("brought_back", np.mean([of_best(n, "has it")[:, middle].mean(1) for n in named], 0)),
    Evidence.of("delta_penalised", delta["cos²"][:, at_one]),
    Evidence.of("composition_ratio", single[0][:, one] / single[0][:, none].mean()),
    Evidence.of("typical_gain", single[1][:, one] - single[1][:, none]),
    Evidence.of("price_absorption", price["cos²"][:, at_one] - price["cos²"][:, 0]),
    Evidence.of("law_error", np.quantile(errors, 0.9, axis=(0, 2)), note="four costs, twelve weights"),
    Evidence.of("delta_abs", np.abs(delta["|cos|"][:, at_two_pulls])),
    Evidence.of(
        "tree_ratio",
        np.mean([flat_trees[n][0][:, -1] / flat_trees[n][0][:, 0].mean() for n in TREE_SCHEMES], 0),
    ),
    Evidence.of(
        "superposition_mcc",
        np.mean([dense_trees[n][1][:, 2] - dense_trees[n][1][:, 0] for n in TREE_SCHEMES], 0),
    ),
    Evidence.of("fvu_rise_negative", fvu[:, 0, -1] - fvu[:, 0, 0]),
    Evidence.of("fvu_rise_positive", fvu[:, -1, -1] - fvu[:, -1, 0]),
    Evidence.of("mcc_loss_positive", found[:, -1, 0] - found[:, -1, -1]),
    Evidence.of("hinge_mcc", angled["hinge"][0][:, sharp, -1] - angled["hinge"][0][:, sharp, 0]),
    Evidence.of("agreement_max", [of_seed["nearest of all"][0] for of_seed in largest]),
    Evidence.of("lost_without", 1 - np.mean([of_best(n, "has it")[:, none] for n in named], 0)),
    Evidence("exact_disagreement", max(1 - of_seed["cos² (Gram)"][0] for of_size in agreement for of_seed in of_size)),
    Evidence.of("orthogonal_mcc", found[:, flat, -1] - found[:, flat, 0]),
    Evidence.of("dealt_error", dealt.mean((0, 2))),
]  # fmt: skip
record = conclude(
    CLAIM,
    evidence,
    seeds=range(n_seeds),
    parameters=dict(
        weights=list(weights), rare=rare, lost_sparsity=lost_sparsity, pair_sparsity=pair_sparsity,
        cosines=list(cosines), n_restarts=n_restarts, n_trees=n_trees, sizes=list(sizes), steps=steps,
    ),
    profile=profile,
    device=device,
)  # fmt: skip
print(record)

# %% tags=["remove-cell"]
glue_record(record)
missed = ~lost["cos²"]["has it"][:, :n_restarts, one]
alive = ~lost["cos²"]["dead"][:, :n_restarts]


def living(weight: int) -> float:
    """Share of the random starts without a dead latent that have the rare feature."""
    return lost["cos²"]["has it"][:, :n_restarts, weight][alive[..., weight]].mean()


close = {name: np.mean([of_seed[name][1] for of_seed in largest]) for name in largest[0]}
others = spaces["superposition"] @ spaces["superposition"].T
numbers = dict(
    rare=rare,
    n_trees=n_trees,
    four_kept=of_best("four latents", "has it")[:, none].mean(),
    tree_dimensions=tree_dimensions,
    largest_size=sizes[-1],
    d_in=d_in,
    largest_cosine=cosines[-1],
    smallest_cosine=cosines[0],
    delta_without=delta["cos²"][:, 0].mean(),
    single_without=single[1][:, none].mean(),
    single_with=single[1][:, one].mean(),
    alive_without=living(none),
    alive_with=living(one),
    alive_share_without=alive[..., none].mean(),
    alive_share_with=alive[..., one].mean(),
    lost_fvu_without=of_best("cos²", "unexplained")[:, none].mean(),
    lost_fvu_with=of_best("cos²", "unexplained")[:, one].mean(),
    dead_share=lost["cos²"]["dead"][:, :n_restarts, one][missed].mean(),
    frozen_mcc=of_best("frozen batches", "mcc")[:, one].mean(),
    squares_mcc=of_best("cos²", "mcc")[:, one].mean(),
    largest_true_cosine=others.fill_diagonal_(0).abs().max(),
    l0_without=l0[:, -1, 0].mean(),
    l0_with=l0[:, -1, -1].mean(),
    delta_acute=angled_delta[:, -1, -1].mean(),
    law_acute=orthogonality_law(1.0, pair_sparsity, 0.2, cosine=cosines[-1]),
    agreement_chunks=np.mean([of_seed["chunks, mean"][0] for of_seed in largest]),
    close_squares=close["cos² (Gram)"],
    close_max=close["nearest of all"],
    close_fourth=close["cos⁴"],
    close_list=close["neighbours, old list"],
)
for name, value in numbers.items():
    glue(
        name,
        int(value) if name in ("n_trees", "tree_dimensions", "largest_size", "d_in") else float(value),
        display=False,
    )

# %% [markdown]
# ## What this does not show
#
# Worlds of three to twelve features, and an L1 penalty; on real activations nobody knows how orthogonal the features
# are. The weight of a mean over pairs means something else at each width. Frozen batches were given equal shares of the
# training, and might do better with more for the first. Gradients agree or not at one moment; two penalties with
# different gradients may still end in similar dictionaries.
