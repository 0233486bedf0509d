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
# # Partial absorption
#
# **Claim.** When the parent's strength beside the child varies, absorption stops part-way: the child's latent takes
# over a fixed amount $\delta^*$ of the parent, the largest that is worth its overshoot, and the parent's latent goes on
# firing, weakly, to make up the difference. How much is taken over follows from the sparsity weight, the
# distribution of magnitudes and the rate of co-occurrence.
#
# **Source.** A comment below {cite}`chanin2024summary` supposes it (a "snake" latent that is 80% snake and 20%
# *starts with S* meets an activation of 75% and 25%), an author reports cases of it, and both hope that toy models
# can check it. The equation for $\delta^*$ is derived here ({prf:ref}`prop-magnitude`).
#
# **Verdict: {glue:text}`verdict`.** Absorption is partial wherever the magnitude varies: the parent's latent fires on
# {glue:text}`mean_recall:.0%` of the child states, at {glue:text}`weak_ratio:.0%` of what it gives without the child.
# The formula has the order right (rank correlation {glue:text}`rank_correlation:.3f`) and the values too high, by
# {glue:text}`simple_error:.2f` at the 95th percentile; the optimum of the whole SAE, found without training, is met to
# {glue:text}`whole_error:.4f` at the 99th. Encoder biases undo part of the protection: where the child comes alone now
# and then and $\lambda$ is large they raise $\delta$, by up to {glue:text}`biased_worst:.2f`.

# %%
import numpy as np
import torch
from myst_nb import glue
from scipy import stats
from scipy.optimize import brentq

from absorption.claims import Claim, Evidence, Predicate, conclude
from absorption.figures import theme
from absorption.measures.toy import absorption_delta
from absorption.publish.notebook import glue_record
from absorption.runtime.paths import pick_device
from absorption.saes import Recipe, SAEStack, fit_population
from absorption.theory.partial import partial_law, whole_sae_law

theme.use()

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
n_sparsities = 6  # values of λ, log-spaced
sparsity_range = (0.01, 0.5)  # λ, in units of squared activation per activation
spreads = (0.1, 0.25, 0.5)  # standard deviation of the parent's magnitude beside the child; its mean is 1
cooccurrences = (1.0, 0.9, 0.6)  # probability of the parent, given the child
n_nodes = 32  # equally likely magnitudes that stand for a distribution
p_child = 0.3  # how often the child is present
p_parent_alone = 0.3  # how often the parent comes alone; its magnitude is then 1
n_seeds = 5  # perturbed starts, and random starts, for every point
n_map = 12  # points along each side of the map
n_map_seeds = 3  # perturbed starts for each point of the map
snake_sparsity = 0.01  # λ of the worked example
n_snakes = 20  # seeds of the worked example
start_noise = 0.05  # standard deviation added to every weight of the true solution
steps = 2000  # optimiser steps of each SAE
lr = 0.01  # peak learning rate (Adam)
profile = "laptop"
device = "auto"

# %% [markdown]
# ## What would have to be seen
#
# Absorption is *partial* when the parent's latent is silent beside the child where the parent is weak and fires where
# it is strong. The bounds on the law's error are those of {doc}`the absorption law <02_absorption_law>`.

# %%
CLAIM = Claim(
    id="03_partial_absorption",
    title="Partial absorption",
    sentence="When the parent's magnitude m varies beside the child, absorption stops at the δ* where λP(m > δ) = 2E[(δ − m)₊], and the parent's latent fires weakly beside the child instead of falling silent.",
    sources=("chanin2024summary", "chanin2024absorption"),
    predicates=(
        Predicate("partial", "the parent never missing: its latent fires on some child states and is silent on others (share of SAEs)", evidence="partial_share", above=0.8, essential=True),
        Predicate("weakly", "where it fires beside the child, it gives less than the same parent alone would (mean ratio)", evidence="weak_ratio", below=0.75, essential=True),
        Predicate("rank", "δ rises in the order of the formula (rank correlation over all points)", evidence="rank_correlation", above=0.95, essential=True),
        Predicate("small", "the formula holds to 0.03 wherever it predicts δ* below 0.2", evidence="simple_error_small", below=0.03),
        Predicate("everywhere", "the formula holds to 0.03 at 95% of the points", evidence="simple_error", below=0.03),
        Predicate("corrected", "with norms, shrinkage, tilt and one encoder for all magnitudes it holds to 0.01 at 99%", evidence="whole_error", below=0.01),
        Predicate("shape", "the shape of the distribution counts: the law of another family of the same mean and spread errs (mean error)", evidence="family_error", above=0.01),
        Predicate("map", "none, partial or full: the law names the kind (share of the map)", evidence="map_agreement", above=0.95),
        Predicate("snake", "worked example: starts-with-S is 20% of the trained snake latent's decoder, to 2 points", evidence="snake_share", above=0.18, below=0.22),
        Predicate("biases", "encoder biases leave δ as it is, to 0.05 at 90% of the points", evidence="biased_change", below=0.05),
        Predicate("typical", "a run from random weights reaches the law's δ (to 0.02) more often than not", evidence="random_reaches", above=0.5),
        Predicate("fixed", "control: with a fixed magnitude absorption is full (parent's recall on child states)", evidence="fixed_recall", below=0.01, control=True),
        Predicate("oracle", "control: without sparsity nothing is absorbed beyond the starting noise (twice its size), |δ| at λ = 0", evidence="delta_without_sparsity", below=0.1, control=True),
        Predicate("untrained", "control: untrained SAEs seldom lie within 0.02 of the law", evidence="untrained_reaches", below=0.2, control=True),
        Predicate("dealt", "control: the law's values dealt out to the wrong points fail (mean error)", evidence="dealt_error", above=0.1, control=True),
    ),
)  # fmt: skip

# %% [markdown]
# ## The world
#
# Parent and child are orthogonal directions. The child has magnitude 1; beside it the parent has magnitude $m$, drawn
# from one of three families with mean 1: uniform, gamma (skewed), and two values. Each enters by equally likely
# quantiles. Where the parent is missing beside the child, $m = 0$: a co-occurrence rate is one more value of $m$.

# %%
device = pick_device(device)
FAMILIES = {
    "uniform": lambda spread: stats.uniform(1 - 3**0.5 * spread, 2 * 3**0.5 * spread).ppf,
    "gamma": lambda spread: stats.gamma(spread**-2, scale=spread**2).ppf,
    "two values": lambda spread: lambda u: 1 + spread * np.sign(u - 0.5),
}
QUANTILES = (np.arange(n_nodes) + 0.5) / n_nodes


def world(m: np.ndarray, cooccurrence: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """States (parent, child) and their probabilities: nothing, parent alone, child alone, child with each m."""
    states = np.vstack([[[0, 0], [1, 0], [0, 1]], np.column_stack([m, np.ones_like(m)])])
    with_parent = p_child * cooccurrence
    each = np.full(len(m), with_parent / len(m))
    return states, np.array([1 - p_child - p_parent_alone, p_parent_alone, p_child - with_parent, *each])


def law(sparsity: float, states: np.ndarray, p: np.ndarray, norm_weighted: bool = False) -> float:
    """The simple law in this world: what matters is the parent's magnitude given the child."""
    given_child = p * (states[:, 1] > 0) / p[states[:, 1] > 0].sum()
    return partial_law(sparsity, states[:, 0], given_child, norm_weighted)


sparsities = np.geomspace(*sparsity_range, n_sparsities)
POINTS = [
    (family, spread, q, lam)
    for family in FAMILIES
    for spread in spreads
    for q in cooccurrences
    for lam in sparsities
]
worlds = [world(FAMILIES[family](spread)(QUANTILES), q) for family, spread, q, _ in POINTS]
states, probabilities = (np.stack(parts) for parts in zip(*worlds, strict=True))
family, spread, cooccurrence, sparsity = (np.array(column) for column in zip(*POINTS, strict=True))

assert np.allclose(probabilities.sum(1), 1)
means = np.stack([states[:, 3:, 0].mean(1), states[:, 3:, 0].std(1)])
assert np.abs(means - np.stack([np.ones(len(POINTS)), spread])).max() < 0.05
glue("n_points", len(POINTS), display=False)
glue("n_seeds", n_seeds, display=False)
glue("n_saes", len(POINTS) * n_seeds * 3, display=False)

# %% [markdown]
# ## Three laws
#
# The child's latent writes $\delta$ of the parent, whatever $m$ is. If $m > \delta$ the parent's latent adds the rest, and
# each bit of $\delta$ saves $\lambda$. If $m < \delta$ it cannot take back what is too much, and the overshoot costs
# $(\delta - m)^2$. The best $\delta$ balances the two: $\lambda P(m > \delta) = 2E[(\delta - m)_+]$. It does not depend on
# how often the parent comes alone. With $m = 0$ or $1$ this is the absorption law of the page before.
#
# - **simple**: that equation;
# - **norm-weighted**: the child's decoder has unit length, so a latent that writes more has to fire more;
# - **whole SAE**: the minimum of the objective over all six weights of a bias-free SAE with two latents, found
#   without gradient training: shrinkage, the parent's tilt, and one linear encoder that has to serve every $m$.

# %%
LAWS = {
    "simple": np.array([law(lam, *w) for lam, w in zip(sparsity, worlds, strict=True)]),
    "norm-weighted": np.array(
        [law(lam, *w, norm_weighted=True) for lam, w in zip(sparsity, worlds, strict=True)]
    ),
    "whole SAE": np.array([whole_sae_law(lam, *w).delta for lam, w in zip(sparsity, worlds, strict=True)]),
}

# %% [markdown]
# ## Experiment
#
# {glue:text}`n_saes` SAEs with two latents each, trained on the exact expected loss: at each of the
# {glue:text}`n_points` points {glue:text}`n_seeds` start beside the truth (every weight perturbed), as many beside the
# truth with trainable encoder biases, and as many at random.

# %%
RECIPE = Recipe(sparsity=1.0, encoder_bias=False, decoder_bias=False)
BIASED = Recipe(sparsity=1.0, encoder_bias=True, decoder_bias=False)


def trained(
    sparsity: np.ndarray,
    states: np.ndarray,
    probabilities: np.ndarray,
    n_seeds: int,
    what: str,
    recipe: Recipe = RECIPE,
    from_truth: bool = True,
) -> SAEStack:
    """`n_seeds` SAEs for every point, ordered [seed point], started beside the truth or at random."""
    stack = SAEStack(
        recipe,
        2,
        2,
        range(n_seeds * len(sparsity)),
        {"sparsity": torch.as_tensor(np.tile(sparsity, n_seeds))},
        device,
    )
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weight in (stack.W_dec, stack.W_enc) if from_truth else ():
            weight.copy_(torch.eye(2) + start_noise * torch.randn(weight.shape, generator=generator))
        stack.W_dec.copy_(torch.nn.functional.normalize(stack.W_dec, dim=-1))
    stack.start = deltas(stack, n_seeds)
    x, p = (torch.as_tensor(values, dtype=torch.float32) for values in (states, probabilities))
    report = fit_population(
        stack, x.repeat(n_seeds, 1, 1), p.repeat(n_seeds, 1), steps=steps, lr=lr, description=what
    )
    assert not report.diverged.any()
    return stack


def deltas(stack: SAEStack, n_seeds: int) -> np.ndarray:
    """δ of every SAE, [seed point]."""
    return absorption_delta(stack.dictionary.detach().cpu(), torch.eye(2)).numpy().reshape(n_seeds, -1)


def parent_latent(stack: SAEStack, states: np.ndarray, n_seeds: int) -> np.ndarray:
    """Activation of the parent's latent (the first: these started beside the truth), [seed point state]."""
    x = torch.as_tensor(states, dtype=torch.float32, device=stack.W_dec.device)
    return stack.encode(x.repeat(n_seeds, 1, 1))[..., 0].cpu().numpy().reshape(n_seeds, *states.shape[:2])


everywhere = (sparsity, states, probabilities, n_seeds)
beside_truth = trained(*everywhere, "from the truth")
biased = trained(*everywhere, "with biases", BIASED)
at_random = trained(*everywhere, "from random weights", from_truth=False)

measured_seeds = deltas(beside_truth, n_seeds)
measured = np.median(measured_seeds, axis=0)
fires = parent_latent(beside_truth, states, n_seeds)[..., 3:]
alone = parent_latent(beside_truth, states * [1, 0], n_seeds)[..., 3:]
recall = (fires > 1e-4).mean(-1)
directions = beside_truth.dictionary.detach()[..., 0]
assert bool((directions[:, 0] > 0.9).all()) and bool((directions[:, 0] > directions[:, 1]).all())

# %% tags=["hide-input"] mystnb={"image": {"alt": "Three panels, one a family of distributions: absorption against the sparsity weight for three spreads. Trained SAEs lie on the line of the whole-SAE law; the simple law runs above it, more so at large sparsity weights."}}
fig, axes = theme.figure(height=3.1, ncols=3, sharey=True)
fig.suptitle(
    "Spread protects the parent, sparsity wears it down", x=0.01, ha="left", fontsize=10, weight="bold"
)
for ax, name in zip(axes, FAMILIES, strict=True):
    for s, color in zip(spreads, ("parent", "accent", "child"), strict=True):
        here = (family == name) & (spread == s) & (cooccurrence == 1)
        ax.plot(sparsity[here], LAWS["simple"][here], color=theme.COLORS[color], ls=":")
        ax.plot(sparsity[here], LAWS["whole SAE"][here], color=theme.COLORS[color])
        ax.plot(sparsity[here], measured[here], "o", ms=4, color=theme.COLORS[color], label=f"{s:g}")
    ax.set(xscale="log", ylim=(0, 1.1), xlim=(0.008, 0.65))
    ax.set_title(name, weight="normal")
axes[0].set_ylabel("absorption δ")
axes[1].set_xlabel("sparsity weight λ")
axes[0].legend(title="spread of m", loc="lower right", ncols=3, columnspacing=0.8, handletextpad=0.1)
axes[2].plot([], [], color="gray", ls=":", label="simple law")
axes[2].plot([], [], color="gray", label="whole SAE")
axes[2].plot([], [], "o", ms=4, color="gray", label="trained")
axes[2].legend(handles=axes[2].get_legend_handles_labels()[0][-3:], loc="lower right")
# %% [markdown]
# The child never comes without its parent here. With little spread nearly all of the parent is absorbed; with more,
# $\delta$ stays near the smallest magnitudes, up to which absorption is free, and rises with $\lambda$. Of two
# distributions with the same mean and spread the one with fewer small values is absorbed more: the law of another
# family errs by {glue:text}`family_error:.3f` on average, the right one by {glue:text}`right_error:.5f`. (This predicate first
# asked for the ratio of the two errors. It was over 400, but its denominator is rounding noise, so it asks now for
# the wrong law's error to exceed the 0.01 within which the right one must hold.)

# %% tags=["hide-input"] mystnb={"image": {"alt": "Left: trained absorption against the simple law's, for three co-occurrence rates; all points lie on or below the diagonal. Right: error of the three laws on a logarithmic scale; the whole-SAE law is a thousand times closer than the simple law."}}
fig, (curve, errors) = theme.figure(height=3.0, ncols=2)
for q, color, marker in zip(cooccurrences, ("child", "accent", "parent"), "o^s", strict=True):
    here = cooccurrence == q
    curve.plot(
        LAWS["simple"][here],
        measured[here],
        marker,
        ms=4,
        alpha=0.8,
        color=theme.COLORS[color],
        label=f"{q:.0%}",
    )
curve.axline((0, 0), slope=1, color=theme.COLORS["reference"], lw=1)
curve.set(xlim=(0, 1.2), ylim=(0, 1.1), xlabel="δ of the simple law", ylabel="δ of trained SAEs")
curve.set_title("The simple law is too high")
curve.legend(title="child has its parent", loc="upper left")
for at, values in enumerate(LAWS.values()):
    residual = np.abs(values - measured).clip(1e-6)
    low, middle, high = np.quantile(residual, [0.05, 0.5, 0.95])
    errors.plot([at, at], [low, high], color=theme.COLORS["parent"], lw=6, alpha=0.35, solid_capstyle="butt")
    errors.plot(at, middle, "o", color=theme.COLORS["parent"])
    errors.plot(at, residual.max(), "v", color=theme.COLORS["child"])
errors.plot([], [], "o", color=theme.COLORS["parent"], label="median, 5 to 95%")
errors.plot([], [], "v", color=theme.COLORS["child"], label="worst point")
errors.set(yscale="log", ylabel="|predicted − measured δ|", xlim=(-0.5, 2.5), ylim=(1e-6, 10))
errors.set_xticks(range(3), [name.replace("-", "-\n").replace(" ", "\n") for name in LAWS])
errors.set_title("Each correction helps")
errors.legend(loc="upper right")
# %% [markdown]
# A child that is sometimes alone is absorbed into less: its lonely states are magnitudes of zero. The simple law is the
# first-order term, exact for small $\delta$ and too high beyond. Counting decoder length takes the median error from
# {glue:text}`median_simple:.4f` to {glue:text}`median_norm:.4f`; shrinkage, tilt and the shared encoder take it to
# {glue:text}`median_whole:.5f`. So nothing but the objective is needed to explain where these SAEs stop.
#
# **Biases change it where $\lambda$ is large.** With a bias the child's latent can fire less when the parent is missing,
# as a soft "and". At $\lambda$ above 0.2, with the parent missing in 10% of the cases, it gives
# {glue:text}`alone_biased:.0%` of what it gives beside a parent of magnitude 1 (median; without biases
# {glue:text}`alone_plain:.0%`). Its overshoot then costs less, and $\delta$ is higher by {glue:text}`biased_09:.2f`
# (median), {glue:text}`biased_worst:.2f` at worst; where the parent is never missing, by {glue:text}`biased_1:.2f`. Below
# that $\lambda$ the change is small: {glue:text}`biased_small:.3f` in the median.
#
# ## The snake
#
# The comment's numbers: an activation that is 75% snake and 25% *starts with S* meets a latent whose decoder is 80%
# snake and 20% *S*. For which worlds is such a latent the best one? In units of the snake's own magnitude the parent is
# $1/3$ strong and $\delta = 1/4$. If the strength of *S* is uniform around that mean, the simple law asks for one width,
# {glue:text}`snake_width:.0%` of the mean to each side at $\lambda$ = {glue:text}`snake_sparsity`. Other words that start with
# S have the same distribution of strengths.

# %%
SNAKE, S = 0.75, 0.25


def snake_magnitudes(width: float) -> np.ndarray:
    """Magnitudes of S: uniform, `width` × the mean to each side."""
    return S * (1 + width * (2 * QUANTILES - 1))


def snake_delta(width: float) -> float:
    """The simple law in units of the snake's magnitude."""
    m = snake_magnitudes(width) / SNAKE
    return partial_law(snake_sparsity / SNAKE, m, np.full(n_nodes, 1 / n_nodes))


width = brentq(lambda w: snake_delta(w) - 0.25, 0.01, 1)
m = snake_magnitudes(width)
nodes = np.ones(n_nodes) / n_nodes
snake_states = np.vstack(
    [
        [[0, 0]],
        np.column_stack([m, 0 * m]),
        np.column_stack([m, 0 * m + SNAKE]),
    ]
)[None]
snake_p = np.array([1 - p_child - p_parent_alone, *(p_parent_alone * nodes), *(p_child * nodes)])[None]
snakes = trained(np.array([snake_sparsity]), snake_states, snake_p, n_snakes, "snakes")
snake_seeds = deltas(snakes, n_snakes)[:, 0]
snake_fires = parent_latent(snakes, snake_states, n_snakes)[:, 0]

word = torch.tensor([[S, SNAKE]])
of_snake, of_s = (
    (snakes.encode(word)[..., [i]] * snakes.dictionary[:, [i]]).detach().numpy().mean((0, 1)) for i in (1, 0)
)

# %% tags=["hide-input"] mystnb={"image": {"alt": "Left: bars of the activation, three quarters snake and one quarter starts-with-S; the snake latent fills the first and most of the second, the S latent the rest. Right: histogram of the S latent's activation; on other S words it is spread up to 0.35, on snake it is weaker, with a peak at zero."}}
fig, (bar, histogram) = theme.figure(height=2.9, ncols=2, width_ratios=(1, 1.5))
bar.bar([0, 1], [SNAKE, S], 0.75, color="none", edgecolor=theme.COLORS["reference"], label="activation")
bar.bar([0, 1], of_snake[::-1], 0.6, color=theme.COLORS["child"], label="snake latent")
bar.bar([0, 1], of_s[::-1], 0.6, bottom=of_snake[::-1], color=theme.COLORS["parent"], label="S latent")
bar.set(ylabel="component", ylim=(0, 1.2), title="S comes from both latents")
bar.set_xticks([0, 1], ["snake", "starts with S"])
bar.legend(loc="upper right", fontsize=8)
bins = np.linspace(0, 0.36, 10)
for part, name, color in (
    (snake_fires[:, 1 : n_nodes + 1], "other S words", "light"),
    (snake_fires[:, n_nodes + 1 :], "snake", "parent"),
):
    histogram.hist(
        part.ravel(),
        bins,
        color=theme.COLORS[color],
        alpha=0.75,
        weights=np.full(part.size, 1 / part.size),
        label=name,
    )
histogram.set(xlabel="activation of the S latent", ylabel="share of its states")
histogram.set_title("Beside the snake S fires weakly")
histogram.legend(loc="upper right")
# %% [markdown]
# The trained snake latent is {glue:text}`snake_share:.1%` *S*. On the comment's activation it brings
# {glue:text}`snake_brings:.0%` of the *S* and the S latent adds {glue:text}`s_brings:.0%`, as supposed (the rest is
# shrinkage). The S latent is silent on {glue:text}`snake_silent:.0%` of the snakes, those with little *S*. On the others it fires
# at {glue:text}`snake_relative:.0%` of what another word with as much *S* gets. A rule that calls a snake absorbed only
# when the S latent is silent would miss them.
#
# ## None, partial, full
#
# A map for uniform magnitudes around 1, with the parent never missing beside the child or missing in 10% of the cases.
# *Full*: the parent's latent fires on less than 5% of the states with both. *None*: it fires on more than 95% of them and $\delta$ is below 0.1. *Partial* is all between.

# %%
map_sparsity, map_spread, map_q = (
    grid.ravel()
    for grid in np.meshgrid(
        np.geomspace(0.003, 1.0, n_map), np.linspace(0.0, 3**-0.5, n_map), [1.0, 0.9], indexing="ij"
    )
)
map_worlds = [
    world(FAMILIES["uniform"](s)(QUANTILES) if s > 0 else np.ones(n_nodes), q)
    for s, q in zip(map_spread, map_q, strict=True)
]
map_states, map_p = (np.stack(parts) for parts in zip(*map_worlds, strict=True))
on_map = trained(map_sparsity, map_states, map_p, n_map_seeds, "the map")


def kind(delta: np.ndarray, recall: np.ndarray) -> np.ndarray:
    """0 none, 1 partial, 2 full."""
    return np.where(recall < 0.05, 2, np.where((recall > 0.95) & (delta < 0.1), 0, 1))


map_delta = deltas(on_map, n_map_seeds)
map_recall = (parent_latent(on_map, map_states, n_map_seeds)[..., 3:] > 1e-4).mean(-1)
optima = [whole_sae_law(lam, *w) for lam, w in zip(map_sparsity, map_worlds, strict=True)]
law_delta = np.array([best.delta for best in optima])
law_recall = np.array(
    [((x[3:] @ best.W_enc[:, 0]) > 1e-4).mean() for best, x in zip(optima, map_states, strict=True)]
)

# %% tags=["hide-input"] mystnb={"image": {"alt": "Three maps over spread and sparsity weight. Absorption with the parent never missing: nearly complete at small spread, low at large spread and small sparsity weight. With the parent missing in a tenth of the cases: hardly any absorption below a sparsity weight of 0.03. The share of child states on which the parent's latent fires: low at no spread and at the top left, high elsewhere."}}
fig, axes = theme.figure(height=3.2, ncols=3, sharey=True)
grid = (n_map, n_map, 2)
at_spread, at_sparsity = (values.reshape(grid)[..., 0] for values in (map_spread, map_sparsity))
kinds = kind(law_delta, law_recall).reshape(grid)
panels = (
    ("never missing", "absorption δ", map_delta, 0),
    ("missing in 10%", "absorption δ", map_delta, 1),
    ("never missing", "its latent fires (share)", map_recall, 0),
)
for ax, (title, label, values, q) in zip(axes, panels, strict=True):
    image = ax.pcolormesh(
        at_spread, at_sparsity, np.median(values, 0).reshape(grid)[..., q], vmin=0, vmax=1, rasterized=True
    )
    for level, style in ((0.5, "--"), (1.5, "-")):
        if kinds[..., q].min() < level < kinds[..., q].max():
            ax.contour(
                at_spread, at_sparsity, kinds[..., q], levels=[level], colors="white", linestyles=style
            )
    ax.set(yscale="log")
    ax.set_title("parent " + title, weight="normal", fontsize=9)
    ax.grid(False)
    fig.colorbar(image, ax=ax, location="bottom", aspect=20).set_label(label)
fig.suptitle("Full only where the parent hardly varies", x=0.01, ha="left", fontsize=10, weight="bold")
axes[1].set_xlabel("spread of m (standard deviation)")
axes[0].set_ylabel("sparsity weight λ")
# %% [markdown]
# Below the solid line absorption is partial, above or left of it full, below the dashed one there is none, by the
# whole-SAE law; it names the kind of {glue:text}`map_agreement:.1%` of the trained SAEs. Full absorption needs a parent that is
# always equally strong, or a large $\lambda$. One lonely child in ten is enough to prevent most of it at small $\lambda$.
#
# ### Random starts
#
# {glue:text}`random_reaches:.0%` of the runs from random weights end within 0.02 of the law (95% interval
# {glue:text}`random_reaches_low:.0%` to {glue:text}`random_reaches_high:.0%` over seeds). The laws tell what the objective
# rewards, not what one run finds; as on the page before, most of the others have lost a latent
# ({glue:text}`dead_share:.0%` of those that miss).
#
# ## Controls

# %%
control = world(np.ones(n_nodes))
control_sparsity = np.array([0.0, *sparsities])
controls = trained(
    control_sparsity,
    *(np.stack([part] * len(control_sparsity)) for part in control),
    n_seeds,
    "controls",
)
fixed = (
    parent_latent(controls, np.stack([control[0]] * len(control_sparsity)), n_seeds)[:, 1:, 3:] > 1e-4
).mean((1, 2))
without = np.abs(deltas(controls, n_seeds)[:, 0])
reached = np.abs(deltas(at_random, n_seeds) - LAWS["whole SAE"]) < 0.02
untrained_reached = np.abs(at_random.start - LAWS["whole SAE"]) < 0.02
dealt = LAWS["whole SAE"][np.random.default_rng(0).permutation(len(POINTS))]

# The same point in the other families: the points are ordered by family first.
others = [np.roll(LAWS["whole SAE"].reshape(3, -1), shift, axis=0).ravel() for shift in (1, 2)]

# %% [markdown]
# With a fixed magnitude the parent's latent falls silent beside the child at every $\lambda$ (recall
# {glue:text}`fixed_recall:.3f`): it is the spread that makes absorption partial. Without sparsity $|\delta|$ stays at
# {glue:text}`delta_without_sparsity:.3f`. Untrained SAEs meet the law at {glue:text}`untrained_reaches:.1%` of the points, and
# its values dealt to the wrong points err by {glue:text}`dealt_error:.2f`. The measure could cheat by reading the parent's
# latent off a latent that is something else; from the truth the first latent is the parent's, which an assertion
# above checks.
#
# ## Verdict

# %% tags=["nbval-check-output"]
never_missing = cooccurrence == 1
error = {name: np.abs(values - measured_seeds) for name, values in LAWS.items()}
firing = fires[:, never_missing] > 1e-4
weak = (fires[:, never_missing] * firing).sum((1, 2)) / (alone[:, never_missing] * firing).sum((1, 2))
of_others = np.mean([np.abs(other - measured_seeds).mean(1) for other in others], 0)
evidence = [
    Evidence.of("partial_share", ((recall > 0.01) & (recall < 0.99))[:, never_missing].mean(1)),
    Evidence.of("weak_ratio", weak),
    Evidence.of("rank_correlation", [stats.spearmanr(LAWS["simple"], of_seed).statistic for of_seed in measured_seeds]),
    Evidence.of("simple_error_small", error["simple"][:, LAWS["simple"] < 0.2].max(1), note="largest over the points with δ* < 0.2"),
    Evidence.of("simple_error", np.quantile(error["simple"], 0.95, axis=1), note="95th percentile over the points"),
    Evidence.of("whole_error", np.quantile(error["whole SAE"], 0.99, axis=1), note="99th percentile over the points"),
    Evidence.of("family_error", of_others),
    Evidence.of("map_agreement", (kind(map_delta, map_recall) == kind(law_delta, law_recall)).mean(1)),
    Evidence.of("snake_share", snake_seeds / (1 + snake_seeds)),
    Evidence.of("biased_change", np.quantile(np.abs(deltas(biased, n_seeds) - measured_seeds), 0.9, axis=1), note="90th percentile over the points"),
    Evidence.of("random_reaches", reached.mean(1)),
    Evidence.of("fixed_recall", fixed),
    Evidence.of("delta_without_sparsity", without),
    Evidence.of("untrained_reaches", untrained_reached.mean(1)),
    Evidence.of("dealt_error", np.abs(dealt - measured_seeds).mean(1)),
]  # fmt: skip
record = conclude(
    CLAIM,
    evidence,
    seeds=range(n_snakes),
    parameters=dict(
        n_sparsities=n_sparsities, n_nodes=n_nodes, n_map=n_map, steps=steps, p_child=p_child, p_parent_alone=p_parent_alone
    ),
    profile=profile,
    device=device,
)  # fmt: skip
print(record)

# %% tags=["remove-cell"]
glue_record(record)
glue("right_error", float(error["whole SAE"].mean()), display=False)
glue("snake_sparsity", snake_sparsity, display=False)
glue("snake_width", float(width), display=False)
glue("mean_recall", float(recall[:, never_missing].mean()), display=False)
glue("snake_brings", float(of_snake[0] / S), display=False)
glue("s_brings", float(of_s[0] / S), display=False)
beside = snake_fires[:, n_nodes + 1 :]
same_alone = snake_fires[:, 1 : n_nodes + 1]
glue("snake_silent", float((beside < 1e-4).mean()), display=False)
glue("snake_relative", float(beside.sum() / same_alone[beside > 1e-4].sum()), display=False)
for name, values in (("simple", "simple"), ("norm", "norm-weighted"), ("whole", "whole SAE")):
    glue(f"median_{name}", float(np.median(np.abs(LAWS[values] - measured))), display=False)
change, strong = np.median(deltas(biased, n_seeds), 0) - measured, sparsity > 0.2
glue("biased_1", float(np.median(change[strong & (cooccurrence == 1)])), display=False)
glue("biased_09", float(np.median(change[strong & (cooccurrence == 0.9)])), display=False)
glue("biased_small", float(np.median(np.abs(change[~strong]))), display=False)
glue("biased_worst", float(change.max()), display=False)
probe = torch.tensor([[0.0, 1.0], [1.0, 1.0]], device=device)
for name, stack in (("plain", beside_truth), ("biased", biased)):
    on_child = stack.encode(probe)[..., 1].cpu().numpy().reshape(n_seeds, -1, 2)
    on_child = on_child[:, strong & (cooccurrence == 0.9)]
    glue(f"alone_{name}", float(np.median(on_child[..., 0] / on_child[..., 1])), display=False)
dead = ~(
    at_random.encode(torch.as_tensor(states, dtype=torch.float32, device=device).repeat(n_seeds, 1, 1)) > 0
)
dead = dead.all(1).any(-1).cpu().numpy().reshape(reached.shape)
glue("dead_share", float(dead[~reached].mean()), display=False)

# %% [markdown]
# ## What this does not show
#
# One parent, one child and an L1 penalty. The parent's magnitude varies beside the child and is 1 when alone; the
# child's own magnitude is fixed, though only the ratio of the two enters the simple law. Why biases help absorption is
# argued, not derived. The three families are choices: what distribution a language model's features follow, and
# whether its partial absorption has this cause, is not tested here.
