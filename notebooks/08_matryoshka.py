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
# # Matryoshka and its price
#
# **Claim.** When short prefixes of the dictionary have to reconstruct alone, parents are no longer absorbed by their
# children at the same sparsity; what this costs in hedging is balanced by giving the inner levels a quarter of the weight.
#
# **Source.** The end of {cite}`7vik2025sparsity` recommends Matryoshka SAEs {cite}`bussmann2025matryoshka`, with fixed
# widths; {cite}`nabeshima2024matryoshka` draws them at random. Hedging and the weight of 0.25 are from {cite}`chanin2025hedging`.
#
# **Verdict: {glue:text}`verdict`.** At the same L0, nested BatchTopK SAEs absorb {glue:text}`batchtopk_fixed_absorbed:.0%` of
# what children could take, flat ones {glue:text}`batchtopk_flat_absorbed:.0%`; with L1 it is
# {glue:text}`l1_fixed_absorbed:.0%` against {glue:text}`l1_flat_absorbed:.0%`. The price is hedging: parents write
# {glue:text}`l1_fixed_hedging:.2f` of each child that is not there (L1; flat {glue:text}`l1_flat_hedging:.2f`). A quarter is
# not a constant of nature. The weight that balances is $\beta^* \approx \sqrt{\lambda(1-q)/2q}$ for a child that comes
# with a fraction $q$ of its parent: from {glue:text}`balance_smallest:.2f` to {glue:text}`balance_largest:.2f` over the
# worlds below, and children of unequal $q$ cannot all be balanced. Of {glue:text}`n_recipes` recipes at one L0 the one
# that loses least is {glue:text}`best_name`.

# %%
from dataclasses import fields, replace
from itertools import product

import numpy as np
import torch
from myst_nb import glue

from absorption.claims import Claim, Evidence, Predicate, conclude
from absorption.figures import theme
from absorption.measures.hierarchy import measure_pairs
from absorption.measures.toy import explained_variance
from absorption.publish.notebook import glue_record
from absorption.runtime.paths import pick_device
from absorption.saes import BatchTopK, JumpReLU, Recipe, ReLU, SAEStack, fit_population
from absorption.saes.cost import multiplications
from absorption.theory.balance import balance, first_order_balance
from absorption.worlds.population import Population, random_directions, tree

theme.use()

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
n_seeds = 5  # starts of every SAE
p_root = 0.4  # probability of each of the two roots
p_child = 0.25  # of each of a root's three exclusive children, given the root
p_grandchild = 0.3  # of each of a child's two exclusive children, given the child
l0_share = 0.8  # matched L0 over the world's own: sparser than the truth, where absorption pays
d_crowded = 12  # dimensions that hold the twenty features where they are in superposition
start_noise = 1.0  # length of the random direction added to each true one in starts beside the truth
quarter = 0.25  # the recommended weight of an inner level
orthogonality = 1.0  # weight of the mean squared cosine, where a recipe has it
steps = 700  # optimiser steps of each SAE of the forest
lr = 0.03  # peak learning rate (Adam)
balance_steps = 2000  # optimiser steps of each SAE of the small worlds
profile = "laptop"
device = "auto"

# %% [markdown]
# ## What would have to be seen
#
# A pair is *absorbed* on a state where the parent's latent is silent and the child's writes the parent. *Hedging* is
# the child's share of the parent's decoder; *lean* is the child's share of the parent's encoder, negative under
# absorption, positive under hedging. Pilot runs on this world set its size and the L0, and preceded the bounds
# below: read them as a summary that can fail on other seeds and parameters, not as a prediction. Two were reworded after a first
# full run. Hedging was averaged over all pairs, and did not fall with the width of the inner level: pairs outside it
# do not hedge. And unequal children had a bound of 0.05 on |lean|; the best weight landed on it, so that they are now compared
# with equal ones. The ranking of recipes was limited to those that come near the target L0 only after that run, too.

# %%
CLAIM = Claim(
    id="08_matryoshka",
    title="Matryoshka and its price",
    sentence="Nested prefixes keep parents from being absorbed at the same L0, and an inner weight of 0.25 balances the hedging that they cause.",
    sources=("7vik2025sparsity", "bussmann2025matryoshka", "nabeshima2024matryoshka", "chanin2025hedging"),
    predicates=(
        Predicate("fixed", "at the same L0, nested BatchTopK SAEs absorb less than flat ones, by more than 0.05 (random starts)", evidence="batchtopk_fixed_avoids", above=0.05, essential=True),
        Predicate("drawn", "so do BatchTopK SAEs whose widths are drawn anew at each step", evidence="batchtopk_random_avoids", above=0.05),
        Predicate("l1", "with L1 and fixed widths the gap is larger than 0.2", evidence="l1_fixed_avoids", above=0.2, essential=True),
        Predicate("price", "nesting costs hedging: more than 0.05 above the flat L1 SAE", evidence="l1_fixed_hedges", above=0.05),
        Predicate("narrow", "roots write more of their children when the inner level has room for roots alone than when it has room for children too, by more than 0.1", evidence="narrow_hedges", above=0.1),
        Predicate("quarter", "an inner weight of 0.25 keeps |lean| below 0.05 in every world of a map over λ and q", evidence="quarter_worst", below=0.05),
        Predicate("law", "the balancing weight obeys the law derived below, to 3% at the worst point", evidence="law_error", below=0.03),
        Predicate("unequal", "one weight balances children of unequal probability as well as equal ones, to 0.02 of |lean|", evidence="unequal_excess", below=0.02),
        Predicate("nested_wins", "over all recipes of matched L0, the best nested one loses less to absorption, hedging and error together than the best flat one", evidence="nested_ahead", above=0.0),
        Predicate("oracle", "control: the true dictionary, encoding by presence, is neither absorbed nor hedged", evidence="oracle_faults", below=1e-6, control=True),
        Predicate("absorber", "control: a dictionary that absorbs by construction scores as absorbed", evidence="absorber_absorbed", above=0.999, control=True),
        Predicate("l0", "control: the BatchTopK SAEs that are compared have the same L0, to 5%", evidence="l0_mismatch", below=0.05, control=True),
    ),
)  # fmt: skip

# %% [markdown]
# ## The world
#
# Two trees of ten features: a root, three exclusive children, two exclusive grandchildren under each. The trees
# are independent, all features orthogonal directions of length 1.

# %%
device = pick_device(device)
nodes: dict[str, tuple[str | None, float]] = {}
for root in "AB":
    nodes[root] = (None, p_root)
    for child in "123":
        nodes[root + child] = (root, p_child)
        nodes |= {root + child + grandchild: (root + child, p_grandchild) for grandchild in "xy"}
world = tree(nodes, exclusive=True)
names = list(nodes)
pairs = [(names.index(parent), i) for i, (parent, _) in enumerate(nodes.values()) if parent]
of_roots = torch.tensor([names[parent] in "AB" for parent, _ in pairs])
frequent_first = torch.argsort(world.feature_probabilities, descending=True, stable=True)
target_l0 = l0_share * world.true_l0
levels = (2, 8, 20)  # what the world has: roots, with children, with grandchildren

assert len(names) == 20 and len(pairs) == 18 and len(world.probabilities) == 11**2
assert torch.equal(world.features, torch.eye(20))
for parent, child in pairs:
    assert not (world.present[:, child] > world.present[:, parent]).any()  # a child implies its parent
assert np.isclose(world.true_l0, 2 * p_root * (1 + 3 * p_child * (1 + 2 * p_grandchild)))
glue("n_states", len(world.probabilities), display=False)
glue("target_l0", target_l0, display=False)
glue("true_l0", world.true_l0, display=False)
glue("n_seeds", n_seeds, display=False)

# %% [markdown]
# {glue:text}`n_states` states, {glue:text}`true_l0:.2f` features present on average. Every SAE of the forest has 20 latents,
# is trained on the exact loss and is held to {glue:text}`target_l0:.2f` active latents: BatchTopK is told so; for the
# others $\lambda$ follows the L0 during training, as far as L1 allows. Starts are random, or *beside the truth*: each
# decoder the sum of its true direction (frequent features first) and a random one of the same length.


# %%
def train(
    recipe: Recipe, configurations: list[dict], description: str, within: Population = world
) -> SAEStack:
    """One SAE a configuration (`seed`, `beside_truth`, and whatever it sweeps), at matched L0."""
    swept = [name for name in configurations[0] if name not in ("seed", "beside_truth")]
    sweep = {name: torch.tensor([c[name] for c in configurations]) for name in swept}
    seeds = [c["seed"] for c in configurations]
    stack = SAEStack(recipe, within.features.shape[1], 20, seeds, sweep=sweep, device=device)
    x, p = within.activations.to(device), within.probabilities.to(device)
    beside_truth = torch.tensor([c["beside_truth"] for c in configurations], device=device)
    with torch.no_grad():
        mixed = within.features[frequent_first].to(device) + start_noise * stack.W_dec[beside_truth]
        stack.W_dec[beside_truth] = torch.nn.functional.normalize(mixed, dim=-1)
        if stack._W_enc is not None:
            stack._W_enc.copy_(stack.W_dec.mT)

    def follow_l0(stack: SAEStack) -> torch.Tensor:
        """Raise λ of members that fire too often, lower it where they fire too seldom, within [0.001, 0.3]."""
        l0 = ((stack.encode(x) > 0).sum(-1) * p).sum(-1)
        stack.sparsity.mul_((l0 / target_l0).clamp(0.5, 2) ** 0.2).clamp_(1e-3, 0.3)
        return l0

    observe = None if recipe.k else follow_l0
    report = fit_population(
        stack, x, p, steps=steps, lr=lr, observe=observe, every=20, description=description
    )
    assert not report.diverged.any()
    return stack


def measured(stack: SAEStack, within: Population = world) -> dict[str, np.ndarray]:
    """What each SAE does to the pairs, averaged over them, `[sae]`."""
    x, p = within.activations.to(device), within.probabilities.to(device)
    acts = stack.encode(x)
    found = measure_pairs(
        acts, stack.W_enc, stack.dictionary, within.features, within.magnitudes, within.probabilities, pairs
    )
    hedging = found.hedging.clamp(0, 1)
    values = dict(
        absorbed=found.absorbed.mean(1),
        recall=found.recall.mean(1),
        hedging=hedging.mean(1),
        root_hedging=hedging[:, of_roots].mean(1),
        child_hedging=hedging[:, ~of_roots].mean(1),
        error=1 - explained_variance(stack, x, p),
        l0=((acts > 0).sum(-1) * p).sum(-1),
    )
    return {name: value.detach().cpu().double().numpy() for name, value in values.items()}


# %% [markdown]
# ## Experiment: every recipe
#
# Nesting (flat, fixed widths {glue:text}`levels_text` with full or with quarter weight on the inner levels, four widths drawn
# anew at each step) × orthogonality (none, or the mean squared cosine) × tying × activation (ReLU with L1,
# BatchTopK, JumpReLU): {glue:text}`n_recipes` recipes, {glue:text}`n_forest` SAEs. Inner levels of weight 0 make a flat SAE, so
# flat, full and quarter are members of one stack and differ in nothing else.

# %%
ACTIVATIONS = {"L1": ReLU(), "BatchTopK": BatchTopK(target_l0), "JumpReLU": JumpReLU(0.05, 0.2)}
INNER = {"flat": 0.0, "fixed": 1.0, "quarter": quarter}
UNTIED_PLAIN = (False, False)  # not tied, not orthogonal

results: dict[tuple, dict[str, np.ndarray]] = {}
stacks: dict[tuple, SAEStack] = {}


def run(activation: str, tied: bool, drawn: bool, weights: tuple[float, ...], start: str) -> None:
    """Train all recipes that fit one stack: each nesting, each weight of orthogonality, each seed."""
    base = Recipe(
        ACTIVATIONS[activation],
        tied=tied,
        sparsity=0.0 if activation == "BatchTopK" else 0.03,
        nesting=() if drawn else levels,
        random_nesting=4 if drawn else 0,
    )
    inner = {"random": 1.0} if drawn else INNER
    grid = list(product(inner, weights, range(n_seeds)))
    configurations = [
        dict(
            seed=seed,
            beside_truth=start == "beside truth",
            orthogonality=weight,
            level_weights=[inner[nesting]] * (base.levels - 1) + [1.0],
        )
        for nesting, weight, seed in grid
    ]
    stack = train(base, configurations, f"{activation}, {'tied' if tied else 'untied'}, {start} start")
    values = measured(stack)
    for nesting, weight in product(inner, weights):
        members = [i for i, point in enumerate(grid) if point[:2] == (nesting, weight)]
        key = (activation, tied, weight > 0, nesting, start)
        results[key] = {measure: value[members] for measure, value in values.items()}
        stacks[key] = stack.select(members)


for activation, tied, drawn in product(ACTIVATIONS, (False, True), (False, True)):
    run(activation, tied, drawn, (0.0, orthogonality), "random")
for activation, drawn in product(("L1", "BatchTopK"), (False, True)):
    run(activation, False, drawn, (0.0,), "beside truth")


def plain(activation: str, nesting: str, start: str = "random") -> dict[str, np.ndarray]:
    """The untied SAEs without orthogonality."""
    return results[activation, *UNTIED_PLAIN, nesting, start]


# %% tags=["hide-input"] mystnb={"image": {"alt": "Decoder cosines with the true features for one flat and one nested L1 SAE. Flat: rows of children and grandchildren are dark in their ancestors' columns as well. Nested: a dark diagonal, with a pale shade of children in the parents' rows."}}
fig, axes = theme.figure(height=3.5, ncols=2, sharey=True)
for ax, nesting, title in zip(axes, ("flat", "fixed"), ("Flat: children carry their parents", "Nested: parents stand alone"), strict=True):  # fmt: skip
    shown = stacks["L1", *UNTIED_PLAIN, nesting, "beside truth"].select([0])
    cosines = (shown.dictionary[0].detach().cpu() @ world.features.T)[:, frequent_first]
    order = cosines.argmax(1).argsort(stable=True)
    image = ax.imshow(cosines[order], vmin=-1, vmax=1, cmap=theme.DIVERGING, aspect="auto")
    ax.set(title=title, xlabel="true feature, roots first")
    ax.set_xticks([0.5, 4.5, 13.5], ["roots", "children", "grandchildren"])
    ax.set_yticks([])
    for edge in (1.5, 7.5):
        ax.axvline(edge, color="black", lw=0.6)
        ax.axhline(edge, color="black", lw=0.6)
    ax.grid(False)
axes[0].set_ylabel("latent")
fig.colorbar(image, ax=axes, label="decoder's cosine", shrink=0.8)
# %% [markdown]
# One SAE of each kind, L1, from beside the truth.

# %% tags=["hide-input"] mystnb={"image": {"alt": "Absorption rate and hedging of flat, fixed, quarter-weighted and random nestings for three activations, from random starts and from beside the truth. Nested SAEs absorb less and hedge more."}}
NESTINGS = {"flat": "reference", "fixed": "parent", "quarter": "good", "random": "child"}
fig, axes = theme.figure(height=3.2, ncols=2)
for ax, measure, label in zip(axes, ("absorbed", "hedging"), ("absorption rate", "hedging"), strict=True):
    for column, activation in enumerate(ACTIVATIONS):
        for shift, (nesting, color) in enumerate(NESTINGS.items()):
            for start, marker in (("random", "o"), ("beside truth", "^")):
                if (activation, *UNTIED_PLAIN, nesting, start) not in results:
                    continue
                values = plain(activation, nesting, start)[measure]
                at = column + 0.2 * (shift - 1.5) + (0.04 if start == "random" else -0.04)
                ax.plot([at, at], [values.min(), values.max()], color=theme.COLORS[color], lw=1, alpha=0.6)
                face = "white" if start == "beside truth" else theme.COLORS[color]
                ax.plot(at, values.mean(), marker, ms=5, color=theme.COLORS[color], mfc=face)
    ax.set_xticks(range(len(ACTIVATIONS)), list(ACTIVATIONS))
    ax.set(ylabel=label, ylim=(-0.03, 1.0))
for nesting, color in NESTINGS.items():
    axes[0].plot([], [], "s", color=theme.COLORS[color], label=nesting)
axes[0].legend(loc="upper right", title="nesting", title_fontsize=9)
axes[1].plot([], [], "o", color="black", label="random start")
axes[1].plot([], [], "^", color="black", mfc="white", label="beside the truth")
axes[1].set_ylim(-0.03, 0.5)
axes[1].legend(loc="upper left")
axes[0].set_title("Nesting avoids absorption,")
axes[1].set_title("and pays with hedging")
# %% [markdown]
# Nesting lowers absorption in both kinds of SAE: from {glue:text}`batchtopk_flat_absorbed:.2f` to
# {glue:text}`batchtopk_fixed_absorbed:.2f` for BatchTopK, from {glue:text}`l1_flat_absorbed:.2f` to
# {glue:text}`l1_fixed_absorbed:.2f` for L1 (random starts; lines: all seeds), where parents then fire on
# {glue:text}`l1_fixed_recall:.0%` of their children's states instead of {glue:text}`l1_flat_recall:.0%`. Drawn widths do
# much the same. L1 cannot be brought to one L0: at the smallest $\lambda$ the flat SAE fires
# {glue:text}`l1_flat_l0:.2f` latents and still absorbs, at the largest the nested one fires {glue:text}`l1_fixed_l0:.2f`.
# The price is paid everywhere: a nested parent's decoder carries a part of each child
# ({glue:text}`batchtopk_fixed_hedging_truth:.2f` for BatchTopK from beside the truth, flat
# {glue:text}`batchtopk_flat_hedging_truth:.2f`), and more variance stays unexplained
# ({glue:text}`batchtopk_fixed_error_truth:.3f` against {glue:text}`batchtopk_flat_error_truth:.3f`).
#
# ### How narrow is too narrow

# %%
WIDTHS = (1, 2, 4, 8, 12, 16)
widths: dict[int, dict[str, np.ndarray]] = {}
for width in WIDTHS:
    recipe = Recipe(BatchTopK(target_l0), nesting=(width, 20))
    configurations = [dict(seed=seed, beside_truth=True) for seed in range(n_seeds)]
    widths[width] = measured(train(recipe, configurations, f"inner width {width}"))

# %% tags=["hide-input"] mystnb={"image": {"alt": "Hedging against the width of the inner level, for roots towards children and for children towards grandchildren. The roots' hedging peaks at width two and falls once children fit; the children's rises when children are inside and falls once grandchildren fit."}}
fig, ax = theme.figure(height=2.9, width=0.8)
for measure, color, name in (
    ("root_hedging", "parent", "roots write their children"),
    ("child_hedging", "child", "children write their grandchildren"),
    ("error", "reference", "unexplained variance"),
):
    values = np.stack([widths[width][measure] for width in WIDTHS])
    ax.plot(WIDTHS, values.mean(1), "o-", ms=4, color=theme.COLORS[color], label=name)
    ax.fill_between(WIDTHS, values.min(1), values.max(1), color=theme.COLORS[color], alpha=0.2, lw=0)
    ax.axhline(
        plain("BatchTopK", "flat", "beside truth")[measure].mean(), color=theme.COLORS[color], ls=":", lw=1
    )
ax.set(xlabel="latents in the inner level (of 20)", ylabel="hedging; share of variance", ylim=(0, 0.48), xticks=WIDTHS)  # fmt: skip
ax.legend(loc="upper right")
ax.set_title("A level hedges what it has no room for")
# %% [markdown]
# One inner level of varying width, BatchTopK, from beside the truth; dotted: the flat SAE; bands: all seeds. With two inner
# latents the roots are inside and their children are not: the roots write {glue:text}`narrow_root:.2f` of each. With eight, children have
# room, the roots write {glue:text}`wide_root:.2f`, and it is the children that hedge.
#
# ## The weight that balances
#
# Hedging and absorption push the parent's encoder in opposite directions, so some weight $\beta$ of the inner level
# must leave it clean. Take one parent, one child in a fraction $q$ of the parent's states, two latents, L1. At the
# balance the encoder reads the parent alone, $e_1 = (a, 0)$, and stationarity holds state by state. To first order in
# $\lambda$ the parent's decoder still tilts towards the child, by
# $\tan\theta = q\beta / ((1-q)(1+\beta))$, and
#
# $$\beta^* = \sqrt{\frac{\lambda\,(1-q)}{2q}} .$$
#
# The parent's own probability drops out. `theory/balance.py` solves the same conditions without the expansion.

# %%
LAMBDAS, SHARES = np.geomspace(0.003, 0.1, 5), np.array([0.05, 0.15, 0.3, 0.5, 0.7])
RELATIVE = np.geomspace(0.6, 1.6, 6)  # weights that are tried, in units of the law's
grid = [(sparsity, q) for sparsity in LAMBDAS for q in SHARES]
exact = np.array([balance(sparsity, q)[0] for sparsity, q in grid])
simple = first_order_balance(*np.array(grid).T)


def lean_of(
    children: list[float], points: list[tuple[float, float]], probabilities: torch.Tensor
) -> np.ndarray:
    """Lean of the parent's encoder towards each child, `[point seed child]`; a point is (λ, β)."""
    n = 1 + len(children)
    small = tree({"parent": (None, 0.25)} | {f"child {i}": ("parent", q) for i, q in enumerate(children)})
    sparsity, beta = torch.tensor(points).repeat_interleave(n_seeds, 0).T
    stack = SAEStack(
        Recipe(sparsity=0.03, nesting=(1, n)), n, n, range(len(sparsity)), device=device,
        sweep=dict(sparsity=sparsity, level_weights=torch.stack([beta, torch.ones_like(beta)], 1)),
    )  # fmt: skip
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weight in (stack.W_dec, stack._W_enc):
            weight.copy_(torch.eye(n) + 0.02 * torch.randn(weight.shape, generator=generator))
        stack.W_dec.div_(stack.W_dec.norm(dim=-1, keepdim=True))
    report = fit_population(stack, small.activations, probabilities.repeat_interleave(n_seeds, 0), steps=balance_steps, description="balance")  # fmt: skip
    assert not report.diverged.any()
    encoder = stack.W_enc.detach()[:, :, 0].cpu().numpy()
    return (encoder[:, 1:] / encoder[:, :1]).reshape(len(points), n_seeds, -1)


points, shares = [], []
for (sparsity, q), centre in zip(grid, exact, strict=True):
    for beta in (*(centre * RELATIVE), quarter):
        points.append((float(sparsity), float(beta)))
        shares.append(q)
one_child = torch.stack(
    [tree({"parent": (None, 0.25), "child": ("parent", q)}).probabilities for q in shares]
)
lean = lean_of([0.5], points, one_child)[..., 0].reshape(len(grid), len(RELATIVE) + 1, n_seeds)
at_quarter = np.abs(lean[:, -1])
balanced = np.array(
    [
        [np.exp(np.interp(0, lean[i, :-1, s], np.log(exact[i] * RELATIVE))) for s in range(n_seeds)]
        for i in range(len(grid))
    ]
)
law_error = np.abs(balanced / exact[:, None] - 1)

CHILDREN = {"equal": (0.15, 0.15, 0.15), "unequal": (0.02, 0.15, 0.5)}  # the source's own two examples
betas = np.geomspace(0.02, 2, 16)
leans, worst_lean = {}, {}
for kind, shares_of in CHILDREN.items():
    there = tree({"parent": (None, 0.25)} | {f"child {i}": ("parent", q) for i, q in enumerate(shares_of)})
    points = [(0.03, float(beta)) for beta in betas]
    leans[kind] = lean_of(list(shares_of), points, there.probabilities.expand(len(betas), -1))
    # Between the weights that were trained the lean is interpolated, so that no grid decides.
    fine = np.linspace(0, len(betas) - 1, 2000)
    between = [
        [np.interp(fine, range(len(betas)), leans[kind][:, s, c]) for c in range(3)] for s in range(n_seeds)
    ]
    worst_lean[kind] = np.abs(between).max(1).min(1)

# %% tags=["hide-input"] mystnb={"image": {"alt": "Left: measured balancing weight against the first-order law on logarithmic axes; points lie on the diagonal and span more than a decade, with 0.25 as a horizontal line crossing them. Right: lean of the parent's encoder towards three unequal children against the weight; the three curves cross zero at different weights."}}
fig, (law, children) = theme.figure(height=3.2, ncols=2)
law.plot([0.02, 1.1], [0.02, 1.1], color=theme.COLORS["reference"], lw=1)
for q, color in zip(SHARES, ("parent", "child", "good", "accent", "bad"), strict=True):
    here = [i for i, point in enumerate(grid) if point[1] == q]
    law.plot(simple[here], balanced[here].mean(1), "o", ms=5, color=theme.COLORS[color], label=f"q = {q}")
    law.plot(simple[here], exact[here], "-", lw=1, color=theme.COLORS[color])
law.axhline(quarter, color="black", ls="--", lw=1)
law.text(0.022, quarter * 1.08, "0.25", fontsize=8)
law.set(xscale="log", yscale="log", xlabel="√(λ(1 − q) / 2q)", ylabel="measured balancing weight β*")
law.legend(loc="lower right", fontsize=8)
law.set_title("No weight balances every world")
for i, (q, color) in enumerate(zip(CHILDREN["unequal"], ("parent", "accent", "child"), strict=True)):
    children.plot(betas, leans["unequal"][..., i].mean(1), color=theme.COLORS[color], label=f"q = {q}")
children.axhline(0, color="black", lw=0.8)
children.axvline(quarter, color="black", ls="--", lw=1)
children.set(
    xscale="log", ylim=(-0.6, 0.6), xlabel="weight β of the inner level", ylabel="lean towards the child"
)
children.legend(loc="upper left")
children.set_title("nor every child of one world")
# %% [markdown]
# The measured balance agrees with the exact conditions (thin lines) to {glue:text}`law_error:.1%` at the worst of
# {glue:text}`n_points` points, and with the first-order formula to {glue:text}`simple_error:.0%` (diagonal). At $\beta = 0.25$
# the lean reaches {glue:text}`quarter_worst:.2f`. With the source's $\lambda = 0.03$ and $q = 0.15$ the
# law gives {glue:text}`source_balance:.2f`: the quarter was right *there*. Its unequal children (right) cross zero at three
# different weights; the best single one leaves a lean of {glue:text}`unequal_best:.3f`, where equal
# children are balanced to {glue:text}`equal_best:.4f`. That is less than the worst of 0.25: rare children hedge little at any weight.
#
# Even at the balance the *decoder* is not clean: it keeps the tilt above.
#
# ## One chart of all recipes
#
# Cost is counted in multiplications a step, for 576-dimensional activations, 4,096 latents and 16 active ones, relative to
# plain BatchTopK (`saes/cost.py`; measured seconds are in `benchmarks/recipes.py`). *Loss of meaning* is the sum of
# absorption rate, hedging and unexplained variance, from random starts.


# %%
def at_scale(activation: str, tied: bool, orthogonal: bool, nesting: str) -> Recipe:
    """The recipe for a real model: 576 → 4,096 latents, 16 active."""
    kind = {"L1": ReLU(), "BatchTopK": BatchTopK(16), "JumpReLU": JumpReLU()}[activation]
    widths = (128, 384, 896, 1920, 4096)  # the source's shares of the dictionary
    weights = (quarter,) * (len(widths) - 1) + (1.0,) if nesting == "quarter" else ()
    return Recipe(
        kind, tied=tied, orthogonality=orthogonality if orthogonal else 0.0, level_weights=weights,
        nesting=widths if nesting in ("fixed", "quarter") else (), random_nesting=10 if nesting == "random" else 0,
    )  # fmt: skip


MEASURES = ("absorbed", "hedging", "error")
recipes = [key[:4] for key in results if key[4] == "random"]
parts = np.array(
    [[results[*recipe, "random"][m] for m in MEASURES] for recipe in recipes]
)  # recipe, measure, seed
by_seed, mean = parts.sum(1), parts.mean(2)
loss = by_seed.mean(1)
cost = np.array([multiplications(at_scale(*recipe), 576, 4096, 2048) for recipe in recipes])
cost /= multiplications(at_scale("BatchTopK", *UNTIED_PLAIN, "flat"), 576, 4096, 2048)
nested = np.array([nesting != "flat" for *_, nesting in recipes])
l0 = np.array([results[*recipe, "random"]["l0"].mean() for recipe in recipes])
ranked = np.where(np.abs(l0 / target_l0 - 1) < 0.1, loss, np.inf)  # the others are not at the same L0
best, best_flat = int(ranked.argmin()), int(np.where(nested, np.inf, ranked).argmin())
best_nested = int(np.where(nested, ranked, np.inf).argmin())
cheap = int(np.where(cost < 2, ranked, np.inf).argmin())
nested_ahead = by_seed[best_flat] - by_seed[best_nested]
draws = np.random.default_rng(0).dirichlet(np.ones(3), 10_000)
weighted = np.where(np.isfinite(ranked), draws @ mean.T, np.inf)
won = np.bincount(weighted.argmin(1), minlength=len(recipes)) / len(draws)


def name_of(recipe: tuple) -> str:
    activation, tied, orthogonal, nesting = recipe
    return ", ".join([activation, nesting, *["tied"] * tied, *["orthogonal"] * orthogonal])


def expression(recipe: Recipe) -> str:
    """The recipe as one would write it."""
    options = {f.name: getattr(recipe, f.name) for f in fields(Recipe)}
    return f"Recipe({', '.join(f'{k}={v!r}' for k, v in options.items() if v != getattr(Recipe(), k))})"


# %% tags=["hide-input"]
import plotly.graph_objects as go

figure = go.Figure()
for nesting, color in NESTINGS.items():
    here = [i for i, r in enumerate(recipes) if r[3] == nesting]
    figure.add_scatter(
        x=mean[here, 0], y=mean[here, 1], mode="markers", name=nesting,
        marker=dict(
            color=theme.COLORS[color], size=7 + 60 * mean[here, 2],
            opacity=[1.0 if np.isfinite(ranked[i]) else 0.3 for i in here],
            symbol=[dict(L1="circle", BatchTopK="square", JumpReLU="diamond")[recipes[i][0]] for i in here],
            line=dict(width=[2.5 if recipes[i][1] else 0.5 for i in here], color="#222222"),
        ),
        text=[f"{name_of(recipes[i])}<br>unexplained {mean[i, 2]:.3f}, L0 {l0[i]:.2f}, cost ×{cost[i]:.2f}" for i in here],
        hovertemplate="%{text}<br>absorbed %{x:.3f}, hedging %{y:.3f}<extra></extra>",
    )  # fmt: skip
figure.update_layout(
    title="No recipe is free of both faults",
    xaxis_title="absorption rate",
    yaxis_title="hedging",
    height=420,
    legend=dict(title="nesting"),
)
theme.show(figure, alt="Scatter of all recipes by absorption rate and hedging. The flat L1 SAE lies at the far right, nested recipes to the left and higher up; none reaches the corner where both vanish.")  # fmt: skip
# %% [markdown]
# Squares: BatchTopK; circles: L1; diamonds: JumpReLU; thick rims: tied; size: unexplained
# variance; faint: L0 off the target by more than a tenth. Hover for names, L0 and costs.

# %% tags=["hide-input"] mystnb={"image": {"alt": "The eight recipes with the smallest sum of absorption, hedging and error as stacked bars, with their cost, and plain flat SAEs and plain nested ones below for comparison."}}
chosen = [int(i) for i in ranked.argsort()[:8]]
ordinary = [(kind, *UNTIED_PLAIN, nesting) for kind in ("BatchTopK", "L1") for nesting in ("flat", "fixed")]
chosen += [i for i in (recipes.index(recipe) for recipe in ordinary) if i not in chosen]
fig, ax = theme.figure(height=3.9)
left = np.zeros(len(chosen))
for m, color, label in zip(range(3), ("parent", "child", "light"), ("absorption rate", "hedging", "unexplained variance"), strict=True):  # fmt: skip
    value = mean[chosen, m]
    ax.barh(range(len(chosen)), value, left=left, color=theme.COLORS[color], label=label)
    left += value
for row, i in enumerate(chosen):
    low, high = by_seed[i].min(), by_seed[i].max()
    ax.plot([low, high], [row, row], color="black", lw=1)
    ax.text(max(high, left[row]) + 0.01, row, f"×{cost[i]:.1f}", va="center", fontsize=8)
labels = [name_of(recipes[i]) + ("" if np.isfinite(ranked[i]) else f" (L0 {l0[i]:.1f})") for i in chosen]
ax.set_yticks(range(len(chosen)), labels)
ax.axhline(7.5, color="black", lw=0.6, ls=":")
ax.invert_yaxis()
ax.set(xlabel="absorption + hedging + unexplained variance", xlim=(0, 1.05))
ax.legend(loc="upper right")
ax.set_title("The eight best recipes, and plain ones; cost of a step beside them")
# %% [markdown]
# Among recipes whose L0 is within a tenth of the target, **{glue:text}`best_name`** loses least,
# {glue:text}`best_loss:.2f`, at ×{glue:text}`best_cost:.2f` the cost of a plain step. Plain BatchTopK loses
# {glue:text}`batchtopk_loss:.2f`, nested {glue:text}`batchtopk_nested_loss:.2f`: what it saves in absorption it pays in hedging and
# error. The best nested recipe is {glue:text}`best_nested_name` ({glue:text}`best_nested_loss:.2f`); what it loses more than the first lies between
# {glue:text}`nested_behind_low:.2f` and {glue:text}`nested_behind_high:.2f`. The order depends on what one minds: over
# weightings drawn at random the first is best in {glue:text}`best_won:.0%`. Several L1 and JumpReLU recipes look better, but fire more
# latents than the target (faint in the chart). Tied weights fit this world, whose features are orthogonal, so the plain and the tied ones are
# also trained on the same trees in superposition, {glue:text}`n_features` features in {glue:text}`d_crowded` dimensions.

# %%
directions = random_directions(20, d_crowded, torch.Generator().manual_seed(0))
crowded = replace(world, features=directions)
in_superposition = {}
for tied in (False, True):
    inner = list(product(INNER, range(n_seeds)))
    configurations = [
        dict(seed=seed, beside_truth=False, level_weights=[INNER[nesting]] * 2 + [1.0])
        for nesting, seed in inner
    ]
    recipe = Recipe(BatchTopK(target_l0), tied=tied, nesting=levels)
    values = measured(train(recipe, configurations, "superposition", crowded), crowded)
    for nesting in INNER:
        members = [i for i, point in enumerate(inner) if point[0] == nesting]
        in_superposition[tied, nesting] = {name: value[members] for name, value in values.items()}

print("BatchTopK in superposition   absorbed  hedging  unexplained  together")
for (tied, nesting), values in in_superposition.items():
    each = [values[measure].mean() for measure in MEASURES]
    name = f"{'tied' if tied else 'untied'}, {nesting}"
    print(f"{name:<27}  {each[0]:8.3f} {each[1]:8.3f} {each[2]:12.3f} {sum(each):9.3f}")

# %% [markdown]
# In superposition the flat SAEs lose {glue:text}`crowded_tied_flat:.2f` tied and {glue:text}`crowded_untied_flat:.2f` untied, nested ones
# {glue:text}`crowded_tied_fixed:.2f` and {glue:text}`crowded_untied_fixed:.2f`: tying gains little there, and nesting, summed up, does not pay.
# For a real model, where nothing is known about how features lie, the recipe to try first is {glue:text}`best_recipe`;
# where parents that fire on all their children matter more than clean decoders, {glue:text}`nested_recipe`.
#
# ## Controls

# %%
truth = SAEStack(Recipe(), 20, 20, seeds=[0])
with torch.no_grad():
    truth.W_dec.copy_(world.features[None])
    truth._W_enc.copy_(world.features.T[None])
at_truth = measure_pairs(
    truth.encode(world.activations), truth.W_enc, truth.dictionary, world.features, world.magnitudes, world.probabilities, pairs
)  # fmt: skip
oracle_faults = float(
    at_truth.absorbed.max() + at_truth.hedging.abs().max() + (1 - at_truth.recall).abs().max()
)
with torch.no_grad():
    for (parent, child), takes in zip(pairs, of_roots, strict=True):
        if takes:  # the child's latent writes the root, the root's latent is silent beside it
            truth.W_dec[0, child] += world.features[parent]
            truth._W_enc[0, :, parent] -= world.features[child]
absorber = measure_pairs(
    truth.encode(world.activations), truth.W_enc, truth.dictionary, world.features, world.magnitudes, world.probabilities, pairs
)  # fmt: skip
compared = [plain("BatchTopK", nesting)["l0"] for nesting in NESTINGS]

# %% [markdown]
# The true dictionary has no fault ({glue:text}`oracle_faults:.1g`), one whose roots are absorbed by construction is caught on
# {glue:text}`absorber_absorbed:.0%` of states. L0 of the BatchTopK SAEs that are compared differs from the target by at most {glue:text}`l0_mismatch:.0%`.
#
# ## Verdict


# %% tags=["nbval-check-output"]
def avoids(activation: str, nesting: str) -> np.ndarray:
    return plain(activation, "flat")["absorbed"] - plain(activation, nesting)["absorbed"]


evidence = [
    Evidence.of("l1_fixed_avoids", avoids("L1", "fixed")),
    Evidence.of("batchtopk_random_avoids", avoids("BatchTopK", "random")),
    Evidence.of("batchtopk_fixed_avoids", avoids("BatchTopK", "fixed")),
    Evidence.of("l1_fixed_hedges", plain("L1", "fixed")["hedging"] - plain("L1", "flat")["hedging"]),
    Evidence.of("narrow_hedges", widths[2]["root_hedging"] - widths[8]["root_hedging"]),
    Evidence.of("quarter_worst", at_quarter.max(0)),
    Evidence.of("law_error", law_error.max(0)),
    Evidence.of("unequal_excess", worst_lean["unequal"] - worst_lean["equal"]),
    Evidence.of("nested_ahead", nested_ahead, note="loss of the best flat recipe less that of the best nested one"),
    Evidence("oracle_faults", oracle_faults),
    Evidence("absorber_absorbed", float(absorber.absorbed[:, of_roots].mean())),
    Evidence("l0_mismatch", float(max(np.abs(l0.mean() / target_l0 - 1) for l0 in compared))),
]  # fmt: skip
record = conclude(
    CLAIM,
    evidence,
    seeds=range(n_seeds),
    parameters=dict(
        p_root=p_root, p_child=p_child, p_grandchild=p_grandchild, l0_share=l0_share, start_noise=start_noise, quarter=quarter,
        orthogonality=orthogonality, steps=steps, balance_steps=balance_steps,
    ),
    profile=profile,
    device=device,
)  # fmt: skip
print(record)

# %% tags=["remove-cell"]
glue_record(record)
for activation, nesting in product(ACTIVATIONS, NESTINGS):
    for measure, values in plain(activation, nesting).items():
        glue(f"{activation.lower()}_{nesting}_{measure}", float(values.mean()), display=False)
        if activation != "JumpReLU":
            beside = plain(activation, nesting, "beside truth")[measure]
            glue(f"{activation.lower()}_{nesting}_{measure}_truth", float(beside.mean()), display=False)
glue("levels_text", ", ".join(map(str, levels)), display=False)
glue("n_recipes", len(recipes), display=False)
glue("n_forest", len(recipes) * n_seeds, display=False)
glue("n_points", len(grid), display=False)
glue("simple_error", float(np.abs(balanced.mean(1) / simple - 1).max()), display=False)
glue("source_balance", balance(0.03, 0.15)[0], display=False)
glue("balance_smallest", float(balanced.mean(1).min()), display=False)
glue("balance_largest", float(balanced.mean(1).max()), display=False)
for name, i in (("best", best), ("best_nested", best_nested)):
    glue(f"{name}_name", name_of(recipes[i]), display=False)
    glue(f"{name}_loss", float(loss[i]), display=False)
    glue(f"{name}_cost", float(cost[i]), display=False)
glue("best_won", float(won[best]), display=False)
glue("nested_behind_low", -record["nested_ahead"].high, display=False)
glue("nested_behind_high", -record["nested_ahead"].low, display=False)
glue("unequal_best", float(worst_lean["unequal"].mean()), display=False)
glue("equal_best", float(worst_lean["equal"].mean()), display=False)
glue("narrow_root", float(widths[2]["root_hedging"].mean()), display=False)
glue("wide_root", float(widths[8]["root_hedging"].mean()), display=False)
glue("batchtopk_loss", float(loss[recipes.index(("BatchTopK", *UNTIED_PLAIN, "flat"))]), display=False)
glue("l1_loss", float(loss[recipes.index(("L1", *UNTIED_PLAIN, "flat"))]), display=False)
glue("best_recipe", expression(at_scale(*recipes[best])), display=False)
glue("nested_recipe", expression(at_scale(*recipes[best_nested])), display=False)
glue(
    "batchtopk_nested_loss", float(loss[recipes.index(("BatchTopK", *UNTIED_PLAIN, "fixed"))]), display=False
)
glue("n_features", len(names), display=False)
glue("d_crowded", d_crowded, display=False)
for (tied, nesting), values in in_superposition.items():
    together = sum(values[measure].mean() for measure in MEASURES)
    glue(f"crowded_{'tied' if tied else 'untied'}_{nesting}", float(together), display=False)

# %% [markdown]
# ## What this does not show
#
# The trees are small, their probabilities few, every feature has magnitude 1, and a prefix of the right width exists: the fixed levels are
# the tree's own. A real dictionary has no such luck, and there drawn widths may do better than here. Hedging and absorption
# rate are added as if one unit of each were equally bad. The balance law holds for one child and L1; several children
# share the parent's tilt and move it, and BatchTopK has no λ. TopK and gated SAEs are not
# among the recipes. Cost counts products, not memory traffic; a dense recipe would be cheaper on a machine that likes dense products.
