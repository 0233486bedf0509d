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
# # Does absorption stop part-way?
#
# :::{claim}
# :::
#
# ```{picture} headline
# The snake latent brings most of *starts with S*, and the S latent, firing weakly, the rest. (How much the strength of S varies
# was chosen so that a formula gives a snake latent with 20% S; the SAEs start beside the truth.)
# ```
#
# ```{predicates}
# ```
#
# ## The idea
#
# *Snake* starts with S. A {term}`sparse autoencoder <SAE>` may have a {term}`latent` for *starts with S* (the {term}`parent`)
# and one for *snake* (the {term}`child`). If {term}`absorption` were all or nothing, the snake latent would write all of S, and
# the S latent would be silent on snakes.
#
# But a model need not say *S* equally loudly each time. Say that S is weak on some snakes and strong on others. The
# snake latent writes a fixed mixture, such as 80% snake and 20% S: it cannot give more S to one snake than to the next.
# Where there is more S than that, something is missing, and the S latent can add it, firing a little. Where there is less,
# the snake latent has written too much, and nobody can take it back: a latent cannot be negative.
#
# So the snake latent should take over an amount of S that most snakes have anyway, and leave the rest to the S
# latent. The comment that this page quotes has the fixed mixture, and the S latent that makes up the difference. Its author
# reports cases in which the {term}`main latent` fires beside the {term}`absorbing one <absorbing latent>`, but weakly, and hopes
# for toy models to check it. This page is such a toy model.
#
# How much is taken over is called {term}`δ`: the length of the parent in the child latent's {term}`decoder` row, divided by the
# length of the child in it.

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Imports"}
from types import SimpleNamespace

import numpy as np
import torch
from myst_nb import glue
from scipy import stats
from scipy.optimize import brentq

from absorption.claims import Claim, Evidence, Finding, Predicate, Quotation, conclude
from absorption.experiments.fits import fit, living
from absorption.experiments.members import Members, deltas
from absorption.experiments.nulls import dealt_error
from absorption.experiments.starts import start_beside
from absorption.figures import theme
from absorption.figures.forms import errors
from absorption.figures.present import present
from absorption.publish.notebook import glue_record
from absorption.runtime.paths import pick_device
from absorption.saes import Recipe, SAEStack
from absorption.theory.partial import partial_law, whole_sae_law

theme.use()

# %% tags=["parameters", "hide-input"] mystnb={"code_prompt_show": "Parameters"}
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

# %% tags=["claim", "hide-input"] mystnb={"code_prompt_show": "The claim, its predicates and their bounds"}
CLAIM = Claim(
    id="03_partial_absorption",
    title="Does absorption stop part-way?",
    sentence="Where the parent's strength varies, the child's latent takes over a fixed part of it, and the parent's latent fires weakly to make up the difference.",
    quotations=(
        Quotation(
            "So maybe the \"snake\" latent is 80% snakiness, and 20% starts with S, but then in a real activation the SAE needs to reconstruct 75% snakiness and 25% starts with S. So to do this, it might fire a proper \"starts with S\" latent but weakly to make up the difference.",
            "chanin2024summary",
            "an author's comment below the post",
        ),
        Quotation(
            "the specific values of L1 penalty and feature co-occurrence rates / magnitudes will lead to different levels of absorption",
            "chanin2024summary",
            "the same comment",
        ),
    ),
    predicates=(
        Predicate("partial", "where the parent's strength varies and it is never missing, its latent fires on some states of the child and is silent on others (share of SAEs)", evidence="partial_share", above=0.8, because="with fewer it would be a peculiarity of some of these worlds", essential=True),
        Predicate("weakly", "where it fires beside the child, it gives less than the same parent alone would get (mean ratio)", evidence="weak_ratio", below=0.75, because="a quarter less is the least that one would call weak", essential=True),
        Predicate("snake", "starts-with-S is 20% of the trained snake latent's decoder, to 2 points", evidence="snake_share", above=0.18, below=0.22, because="the comment's number, to a tenth of it"),
        Predicate("makes_up", "the S latent brings a quarter of what is reconstructed of S on the comment's activation, to ten points", evidence="s_part", above=0.15, below=0.35, because="that is what its numbers leave: 25 − 75 · 20/80 of 25 points"),
        Predicate("by_spread", "absorption δ is higher where the parent's strength varies little than where it varies much, by more than 0.1 (mean over λ and families)", evidence="by_spread", above=0.1, because="from δ = 0.1 on SAEBench counts a latent as absorbing"),
        Predicate("typical", "a run from random weights ends at the optimum's δ (to 0.02) more often than not", evidence="random_reaches", above=0.5, because="otherwise this is what the objective rewards, and not what one run finds"),
        Predicate("optimum", "the SAEs that are judged reach the least possible loss: their excess, as a part of the data's power, at the 99th percentile of the points", evidence="loss_excess", below=0.01, because="one part in a hundred is less than any of the judged differences costs", role="gate"),
        Predicate("alive", "both of their latents fire (share of SAEs)", evidence="alive", above=0.99, because="what a latent that never fires writes says nothing", role="gate"),
        Predicate("fixed", "with a parent of fixed strength the parent's latent is silent beside the child (share of the child's states on which it fires)", evidence="fixed_recall", below=0.01, because="else something other than the varying strength makes absorption partial", role="null"),
        Predicate("dealt", "the optimum's δ dealt to the wrong points misses the trained ones (mean error)", evidence="dealt_error", above=0.1, because="what one guesses from the values alone should be off by a level that counts", role="null"),
        Predicate("without_sparsity", "without sparsity nothing is absorbed: |δ| at λ = 0", evidence="delta_without_sparsity", below=0.1, because="twice the noise of the start, which nothing then removes", role="control"),
        Predicate("untrained", "untrained SAEs seldom lie within 0.02 of the optimum's δ", evidence="untrained_reaches", below=0.2, because="a yardstick that one untrained SAE in five passes would be too short", role="control"),
    ),
    findings=(
        Finding("rank correlation of trained δ with the formula λP(m > δ) = 2E[(δ − m)₊], over all points", evidence="rank_correlation"),
        Finding("error of the formula where it predicts less than 0.2, its largest", evidence="simple_error_small"),
        Finding("error of the formula, 95th percentile over the points", evidence="simple_error"),
        Finding("error of the optimum of the whole SAE, 99th percentile over the points", evidence="whole_error"),
        Finding("error of the optimum for another family of the same mean and spread (mean)", evidence="family_error"),
        Finding("none, partial or full: share of the map where the optimum names the kind", evidence="map_agreement"),
        Finding("what encoder biases change in δ, 90th percentile over the points", evidence="biased_change"),
    ),
)  # fmt: skip
SEEDS = range(n_snakes)

# %% [markdown]
# ## The world
#
# Parent and child are orthogonal directions. The child has magnitude 1. Beside it the parent has a magnitude $m$, drawn from
# one of three families with mean 1: uniform, gamma (skewed), and two values. Each enters as {glue:text}`n_nodes` equally
# likely values, so that the world stays a list of states. Where the parent is missing beside the child, $m = 0$: a rate of
# co-occurrence is one more value of $m$.

# %%
device = pick_device(device)
FAMILIES = {
    "uniform": lambda spread: stats.uniform(1 - 3**0.5 * spread, 12**0.5 * spread).ppf,
    "gamma": lambda spread: stats.gamma(spread**-2, scale=spread**2).ppf,
    "two values": lambda spread: lambda u: 1 + spread * np.sign(u - 0.5),
}
QUANTILES = (np.arange(n_nodes) + 0.5) / n_nodes


def world(m: np.ndarray, cooccurrence: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """States (parent, child), the last ones the child with each m; probabilities."""
    alone = [[0, 0], [1, 0], [0, 1]]
    states = np.vstack([alone, np.column_stack([m, np.ones_like(m)])])
    both = p_child * cooccurrence
    p_alone = [1 - p_child - p_parent_alone, p_parent_alone, p_child - both]
    return states, np.array([*p_alone, *np.full(len(m), both / len(m))])


# %% [markdown]
# ## The experiment
#
# A point is a family, a spread of $m$, a rate of co-occurrence and a sparsity weight {term}`λ`: {glue:text}`n_points` in all. At
# each, {glue:text}`n_seeds` SAEs with two latents start beside the truth (one latent for each feature, every weight a little
# off), as many beside the truth with encoder biases, and as many at random. They are trained on the exact expected loss.

# %%
sparsities = np.geomspace(*sparsity_range, n_sparsities)
SIDES = (list(FAMILIES), spreads, cooccurrences, sparsities)
grids = np.meshgrid(*SIDES, indexing="ij")
family, spread, cooccurrence, sparsity = (side.ravel() for side in grids)
points = zip(family, spread, cooccurrence, strict=True)
worlds = [world(FAMILIES[name](s)(QUANTILES), q) for name, s, q in points]
states, probabilities = (np.stack(parts) for parts in zip(*worlds, strict=True))
RECIPE = Recipe(sparsity=1.0, encoder_bias=False, decoder_bias=False)
BIASED = Recipe(sparsity=1.0, encoder_bias=True, decoder_bias=False)


# %%
def trained(lam, x, p, n, what, recipe=RECIPE, from_truth=True) -> SimpleNamespace:
    """n SAEs for every point, beside the truth or at random; arrays [seed point]."""
    runs = Members(seed=n, point=len(lam))
    sweep = {"sparsity": runs.spread(lam, "point")}
    stack = SAEStack(recipe, 2, 2, range(len(runs)), sweep, device)
    if from_truth:
        noise = torch.Generator().manual_seed(0)
        start_beside(stack, torch.eye(2), noise=start_noise, generator=noise)
    x, p = (runs.spread(values, "point").float() for values in (x, p))
    start = deltas(stack, torch.eye(2), runs)
    report = fit(stack, x, p, what, steps=steps, lr=lr)
    return SimpleNamespace(
        stack=stack,
        start=start,
        delta=deltas(stack, torch.eye(2), runs),
        z=runs.shaped(stack.encode(x.to(device))),
        alive=runs.shaped(living(stack, x, p, above=0.0).all(-1)),
        loss=runs.shaped(report.loss),
    )


everywhere = (sparsity, states, probabilities, n_seeds)
beside_truth = trained(*everywhere, "from the truth")
biased = trained(*everywhere, "with biases", BIASED)
at_random = trained(*everywhere, "from random weights", from_truth=False)

# %% [markdown]
# Beside them stand three predictions, for which nothing is trained. The first is the **simple law**, a formula that is derived
# below, and the second the same with decoder rows of length 1. The last is the **optimum**: the least loss over all six weights
# of such an SAE.

# %%
LAWS = {
    "simple": np.empty(len(worlds)),
    "norm-weighted": np.empty(len(worlds)),
}
for at, (lam, (x, p)) in enumerate(zip(sparsity, worlds, strict=True)):
    given_child = p * (x[:, 1] > 0) / p[x[:, 1] > 0].sum()
    for name, law in LAWS.items():
        law[at] = partial_law(lam, x[:, 0], given_child, name == "norm-weighted")
optima = [whole_sae_law(lam, *w) for lam, w in zip(sparsity, worlds, strict=True)]
LAWS["whole SAE"] = np.array([optimum.delta for optimum in optima])

# %% tags=["hide-input"] mystnb={"code_prompt_show": "What is read off the trained SAEs"}
measured_seeds = beside_truth.delta
measured = np.median(measured_seeds, axis=0)
never_missing = cooccurrence == 1
fires = beside_truth.z[..., 3:, 0]  # the parent's latent is the first: these started beside the truth
without_child = torch.as_tensor(states * [1, 0], dtype=torch.float32, device=device).repeat(n_seeds, 1, 1)
alone = beside_truth.stack.encode(without_child)[:, 3:, 0].cpu().numpy().reshape(fires.shape)
recall = (fires > 1e-4).mean(-1)
directions = beside_truth.stack.dictionary.detach()[..., 0]
assert bool((directions[:, 0] > 0.9).all()) and bool((directions[:, 0] > directions[:, 1]).all())
assert np.allclose(probabilities.sum(1), 1)
means = np.stack([states[:, 3:, 0].mean(1), states[:, 3:, 0].std(1)])
assert np.abs(means - np.stack([np.ones(len(worlds)), spread])).max() < 0.05

# %% [markdown]
# **The comment's snake.** An activation that is 75% snake and 25% S meets a latent whose decoder is 80% snake and 20% S. In
# which worlds is such a latent the best one? In units of the snake's own magnitude the parent is $1/3$ strong and
# $\delta = 1/4$. If the strength of S is uniform around that mean, the simple law asks for one width, {glue:text}`snake_width:.0%`
# of the mean to each side at $\lambda$ = {glue:text}`snake_sparsity`. Other words that start with S have the same distribution of
# strengths.

# %%
SNAKE, S = 0.75, 0.25
nodes = np.ones(n_nodes) / n_nodes


def strengths(width: float) -> np.ndarray:
    """Magnitudes of S: uniform, `width` × the mean to each side."""
    return S * (1 + width * (2 * QUANTILES - 1))


def too_much(width: float) -> float:
    """What the simple law's δ, in units of the snake's magnitude, has above 1/4."""
    return partial_law(snake_sparsity / SNAKE, strengths(width) / SNAKE, nodes) - 0.25


width = brentq(too_much, 0.01, 1)
m = strengths(width)
snake_states = np.array([[0, 0], *((s, 0) for s in m), *((s, SNAKE) for s in m)])
p_nothing = 1 - p_child - p_parent_alone
snake_p = np.array([p_nothing, *(p_parent_alone * nodes), *(p_child * nodes)])
one_point = (np.array([snake_sparsity]), snake_states[None], snake_p[None])
snakes = trained(*one_point, n_snakes, "snakes")

# %% tags=["hide-input"] mystnb={"code_prompt_show": "The figure at the top"}
word = torch.tensor([[S, SNAKE]], device=device)
written = snakes.stack.encode(word)[:, 0, :, None] * snakes.stack.dictionary.detach()  # [seed latent feature]
of_s, of_snake = written.detach().cpu().numpy().mean(0)
s_part = (written[:, 0, 0] / written[..., 0].sum(1)).detach().cpu().numpy()
other_words, beside_snake = snakes.z[:, 0, 1 : n_nodes + 1, 0], snakes.z[:, 0, n_nodes + 1 :, 0]

fig, (bar, histogram) = theme.figure(height=2.9, ncols=2, width_ratios=(1, 1.5))
bar.bar([0, 1], [SNAKE, S], 0.75, color="none", edgecolor=theme.COLORS["reference"], label="activation")
bar.bar([0, 1], of_snake[::-1], 0.6, color=theme.COLORS["child"], label="snake latent")
bar.bar([0, 1], of_s[::-1], 0.6, bottom=of_snake[::-1], color=theme.COLORS["parent"], label="S latent")
bar.set(ylabel="component", ylim=(0, 1.2), title="S comes from both latents")
bar.set_xticks([0, 1], ["snake", "starts with S"])
bar.legend(loc="upper right", fontsize=8)
bins = np.linspace(0, 0.36, 10)
for part, name, color in ((other_words, "other S words", "light"), (beside_snake, "snake", "parent")):
    share = np.full(part.size, 1 / part.size)
    histogram.hist(part.ravel(), bins, color=theme.COLORS[color], alpha=0.75, weights=share, label=name)
histogram.set(xlabel="activation of the S latent", ylabel="share of its states")
histogram.set_title("Beside the snake S fires weakly")
histogram.legend(loc="upper right")
present(
    "headline",
    fig,
    alt="Left, bars of the activation, three quarters snake and one quarter starts-with-S: the snake latent fills the "
    "first and most of the second, the S latent the rest. Right, a histogram of the S latent's activation: on other S "
    "words it is spread widely, on snake it is weaker, with a peak at zero.",
)

# %% [markdown]
# ## What was found
#
# **The snake.** The trained snake latent is {glue:text}`snake_share:.1%` S. The world was chosen by a formula that says 20%, so what
# this adds is that training gets there; what follows was not chosen. On the comment's activation it brings
# {glue:text}`snake_brings:.0%` of the S, and the S latent adds {glue:text}`s_brings:.0%`; the rest is shrinkage. The S latent is
# silent on {glue:text}`snake_silent:.0%` of the snakes, those with little S. On the others it fires at
# {glue:text}`snake_relative:.0%` of what another word with as much S gets. A rule that calls a snake absorbed only when the S
# latent is silent would miss them.
#
# **Everywhere that strength varies.** Of the SAEs whose child never comes without its parent, {glue:text}`partial_share:.0%`
# absorb in part: the parent's latent fires on some of the child's states and not on all. (That asks little; the map below asks
# more.) It fires on {glue:text}`mean_recall:.0%` of them, at {glue:text}`weak_ratio:.0%` of what the same parent would get alone.
#
# ```{picture} levels
# Variation protects the parent, sparsity wears it down. Dots: trained; lines: the optimum; dotted: the simple law.
# ```
#
# With little spread nearly all of the parent is absorbed. With more, $\delta$ stays near the smallest magnitudes, up to which
# absorption is free, and rises with $\lambda$. From the largest spread to the smallest $\delta$ rises by
# {glue:text}`by_spread:.2f` on average.
#
# **A formula gives the order.** The child's latent writes $\delta$ of the parent, whatever $m$ is. If $m > \delta$ the parent's
# latent adds the rest, and each bit of $\delta$ saves $\lambda$. If $m < \delta$ the overshoot costs $(\delta - m)^2$. The best
# $\delta$ balances the two,
#
# $$\lambda\, P(m > \delta) = 2\, E\big[(\delta - m)_+\big],$$
#
# and does not depend on how often the parent comes alone. With $m = 0$ or $1$ this is the formula of
# {doc}`the page before <02_absorption_law>`. Trained SAEs follow its order (rank correlation {glue:text}`rank_correlation:.3f`);
# its values are too high, by {glue:text}`simple_error:.2f` at the 95th percentile. The optimum of the whole SAE meets them to
# {glue:text}`whole_error:.4f` at the 99th. So nothing but the objective is needed to explain where these SAEs,
# which start beside the truth, stop.
#
# ```{picture} laws
# The formula is right to first order. The optimum lies on the trained SAEs.
# ```
#
# **Full only where strength hardly varies.** On a map for uniform magnitudes around 1, call absorption *full* where the
# parent's latent fires on less than 5% of the states with both, *none* where it fires on more than 95% of them and $\delta$ is
# below 0.1, and *partial* between. The optimum names the kind of {glue:text}`map_agreement:.1%` of the trained SAEs.
#
# ```{picture} map
# Above or left of the solid line absorption is full; below the dashed one there is none; between them it is partial.
# ```
#
# Full absorption needs a parent that is always equally strong, or nearly so and a large $\lambda$. One lonely child in ten is
# enough to prevent most of it at small $\lambda$ (second panel).
#
# **A single run often misses it.** {glue:text}`random_reaches:.0%` of the runs from random weights end within 0.02 of the
# optimum (95% interval {glue:text}`random_reaches_low:.0%` to {glue:text}`random_reaches_high:.0%` over seeds). Of those that
# miss, {glue:text}`dead_share:.0%` have lost a latent, which fires on no state, as on the page before.

# %% [markdown]
# The map needs SAEs of its own.

# %%
map_sides = (
    np.geomspace(0.003, 1.0, n_map),
    np.linspace(0.0, 3**-0.5, n_map),
    [1.0, 0.9],
)
map_grids = np.meshgrid(*map_sides, indexing="ij")
map_sparsity, map_spread, map_q = (side.ravel() for side in map_grids)
map_worlds = [
    world(FAMILIES["uniform"](s)(QUANTILES) if s > 0 else np.ones(n_nodes), q)
    for s, q in zip(map_spread, map_q, strict=True)
]
map_states, map_p = (np.stack(parts) for parts in zip(*map_worlds, strict=True))
on_map = trained(map_sparsity, map_states, map_p, n_map_seeds, "the map")
at_each = zip(map_sparsity, map_worlds, strict=True)
map_optima = [whole_sae_law(lam, *world_here) for lam, world_here in at_each]

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Figure: levels"}
fig, axes = theme.figure(height=3.4, ncols=3, sharey=True)
for ax, name in zip(axes, FAMILIES, strict=True):
    for s, color in zip(spreads, ("parent", "accent", "child"), strict=True):
        here = (family == name) & (spread == s) & never_missing
        ax.plot(sparsity[here], LAWS["simple"][here], color=theme.COLORS[color], ls=":")
        ax.plot(sparsity[here], LAWS["whole SAE"][here], color=theme.COLORS[color])
        label = f"spread {s:g}"
        ax.plot(sparsity[here], measured[here], "o", ms=4, color=theme.COLORS[color], label=label)
    ax.set(xscale="log", ylim=(0, 1.1), xlim=(0.008, 0.65), xlabel="sparsity weight λ")
    ax.set_title(name, weight="normal")
axes[0].set_ylabel("absorption δ")
fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
present(
    "levels",
    fig,
    alt="Three panels, one a family of distributions: absorption against the sparsity weight for three spreads. "
    "Trained SAEs lie on the line of the optimum; the simple law runs above it, more so at large sparsity weights.",
)

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Figure: laws"}
fig, (curve, by_law) = theme.figure(height=3.0, ncols=2)
for q, color, marker in zip(cooccurrences, ("child", "accent", "parent"), "o^s", strict=True):
    here = cooccurrence == q
    style = dict(marker=marker, ls="", ms=4, alpha=0.8, color=theme.COLORS[color], label=f"{q:.0%}")
    curve.plot(LAWS["simple"][here], measured[here], **style)
curve.axline((0, 0), slope=1, color=theme.COLORS["reference"], lw=1)
curve.set(xlim=(0, 1.2), ylim=(0, 1.1), xlabel="δ of the simple law", ylabel="δ of trained SAEs")
curve.set_title("The simple law is too high")
curve.legend(title="child has its parent", loc="upper left")
errors(by_law, {name: law - measured for name, law in LAWS.items()}, "|predicted − measured δ|")
by_law.set_title("Each correction helps")
present(
    "laws",
    fig,
    alt="Left, trained absorption against the simple law's, for three co-occurrence rates: all points lie on or below "
    "the diagonal. Right, the error of the three laws on a logarithmic scale: the optimum is far closest.",
)


# %% tags=["hide-input"] mystnb={"code_prompt_show": "Figure: map"}
def kind(delta: np.ndarray, recall: np.ndarray) -> np.ndarray:
    """0 none, 1 partial, 2 full."""
    return np.where(recall < 0.05, 2, np.where((recall > 0.95) & (delta < 0.1), 0, 1))


map_recall = (on_map.z[..., 3:, 0] > 1e-4).mean(-1)
law_recall = [((x[3:] @ o.W_enc[:, 0]) > 1e-4).mean() for o, x in zip(map_optima, map_states, strict=True)]
law_kind = kind(np.array([optimum.delta for optimum in map_optima]), np.array(law_recall))

fig, axes = theme.figure(height=3.2, ncols=3, sharey=True)
grid = (n_map, n_map, 2)
panels = (
    ("parent never missing", "absorption δ", on_map.delta, 0),
    ("parent missing in 10%", "absorption δ", on_map.delta, 1),
    ("parent never missing", "its latent fires (share)", map_recall, 0),
)
for ax, (title, label, values, q) in zip(axes, panels, strict=True):
    at = (map_sides[1], map_sides[0])
    shown = np.median(values, 0).reshape(grid)[..., q]
    image = ax.pcolormesh(*at, shown, vmin=0, vmax=1, rasterized=True)
    kinds = law_kind.reshape(grid)[..., q]
    for level, style in ((0.5, "--"), (1.5, "-")):
        if kinds.min() < level < kinds.max():
            ax.contour(*at, kinds, levels=[level], colors="white", linestyles=style)
    ax.set(yscale="log", xlabel="spread of m")
    ax.set_title(title, weight="normal", fontsize=9)
    ax.grid(False)
    fig.colorbar(image, ax=ax, location="bottom", aspect=20).set_label(label)
axes[0].set_ylabel("sparsity weight λ")
present(
    "map",
    fig,
    alt="Three maps over spread and sparsity weight. With the parent never missing absorption is nearly complete at "
    "small spread and low at large spread and small sparsity weight. With the parent missing in a tenth of the cases "
    "there is hardly any at the smallest sparsity weights. The parent's latent fires where absorption is not complete.",
)

# %% [markdown]
# ## The null and the controls

# %%
control_sparsity = np.array([0.0, *sparsities])
fixed_world = world(np.ones(n_nodes))
n_controls = len(control_sparsity)
fixed_states, fixed_p = (np.stack([part] * n_controls) for part in fixed_world)
controls = trained(control_sparsity, fixed_states, fixed_p, n_seeds, "controls")
fixed_recall = (controls.z[:, 1:, 3:, 0] > 1e-4).mean((1, 2))
without = np.abs(controls.delta[:, 0])

reached = np.abs(at_random.delta - LAWS["whole SAE"]) < 0.02
untrained_reached = np.abs(at_random.start - LAWS["whole SAE"]) < 0.02
shuffled = dealt_error(LAWS["whole SAE"], measured_seeds, np.random.default_rng(0))

# %% [markdown]
# The null keeps everything but the variation: with a parent of fixed strength its latent falls silent beside the child at
# every $\lambda$ (it fires on {glue:text}`fixed_recall:.1%` of the child's states). So it is the spread that makes
# absorption partial where the parent is never missing. The optimum's values dealt to the wrong points err by {glue:text}`dealt_error:.2f`. Without sparsity $|\delta|$
# stays at {glue:text}`delta_without_sparsity:.3f`, and untrained SAEs meet the optimum at {glue:text}`untrained_reaches:.1%` of the
# points.
#
# The measure could cheat by reading the parent's latent off a latent that is something else. From the truth the first
# latent is the parent's, which an assertion checks.
#
# ## What this does not show
#
# - One parent, one child and an {term}`L1 penalty`. The parent's magnitude varies beside the child and is 1 when alone. The child's
#   own magnitude is fixed, though only the ratio of the two enters the simple law.
# - Why biases help absorption (in the details below) is argued, not derived.
# - The three families are choices. What distribution a language model's features follow, and whether its partial absorption has
#   this cause, is not tested here. {doc}`Another page <11_absorbing_latents>` looks at a language model.
#
# ## Details
#
# :::{dropdown} Encoder biases change it where λ is large
# With a bias the child's latent can fire less when the parent is missing, as a soft "and". At $\lambda$ above 0.2, with the
# parent missing in 10% of the cases, it gives {glue:text}`alone_biased:.0%` of what it gives beside a parent of magnitude 1
# (median; without biases {glue:text}`alone_plain:.0%`). Its overshoot then costs less, and $\delta$ is higher by
# {glue:text}`biased_09:.2f` (median), {glue:text}`biased_worst:.2f` at worst; where the parent is never missing, by
# {glue:text}`biased_1:.2f`. Below that $\lambda$ the change is small: {glue:text}`biased_small:.3f` in the median.
# :::
#
# :::{dropdown} Three laws
# - **simple**: the formula above;
# - **norm-weighted**: the child's decoder row has length 1, so that a latent that writes more has to fire more;
# - **whole SAE**: the optimum over all six weights of an SAE without biases, found without gradient training: shrinkage, the
#   parent's {term}`lean`, and one linear encoder that has to serve every $m$.
#
# The median error falls from {glue:text}`median_simple:.4f` over {glue:text}`median_norm:.4f` to {glue:text}`median_whole:.5f`. A
# child that is sometimes alone is absorbed into less: its lonely states are magnitudes of zero.
# :::
#
# :::{dropdown} The shape of the distribution counts
# Of two distributions with the same mean and spread the one with fewer small values is absorbed more. The optimum for another
# family errs by {glue:text}`family_error:.3f` on average, the one for the right family by {glue:text}`right_error:.5f`.
# :::

# %% tags=["nbval-check-output", "hide-cell"] mystnb={"code_prompt_show": "The record"}
error = {name: np.abs(values - measured_seeds) for name, values in LAWS.items()}
firing = fires[:, never_missing] > 1e-4
weak = (fires[:, never_missing] * firing).sum((1, 2)) / (alone[:, never_missing] * firing).sum((1, 2))
by_spread = [measured_seeds[:, never_missing & (spread == s)].mean(1) for s in (min(spreads), max(spreads))]
power = (states**2).sum(-1) * probabilities
excess = (beside_truth.loss - np.array([optimum.loss for optimum in optima])) / power.sum(1)
# The same point in the other families: the points are ordered by family first.
others = [np.roll(LAWS["whole SAE"].reshape(3, -1), shift, axis=0).ravel() for shift in (1, 2)]
of_others = np.mean([np.abs(other - measured_seeds).mean(1) for other in others], 0)
agree = kind(on_map.delta, map_recall) == law_kind
evidence = [
    Evidence.of_samples("partial_share", ((recall > 0.01) & (recall < 0.99))[:, never_missing].mean(1), possible=(0, 1)),
    Evidence.of_samples("weak_ratio", weak),
    Evidence.of_samples("snake_share", snakes.delta[:, 0] / (1 + snakes.delta[:, 0])),
    Evidence.of_samples("s_part", s_part),
    Evidence.paired("by_spread", *by_spread),
    Evidence.of_samples("random_reaches", reached.mean(1), possible=(0, 1)),
    Evidence.of_samples("loss_excess", np.quantile(excess, 0.99, axis=1), note="99th percentile over the points"),
    Evidence.of_samples("alive", beside_truth.alive.mean(1), possible=(0, 1)),
    Evidence.of_samples("fixed_recall", fixed_recall, possible=(0, 1)),
    Evidence.of_samples("dealt_error", shuffled),
    Evidence.of_samples("delta_without_sparsity", without, possible=(0, float("inf"))),
    Evidence.of_samples("untrained_reaches", untrained_reached.mean(1), possible=(0, 1)),
    Evidence.of_samples("rank_correlation", [stats.spearmanr(LAWS["simple"], of_seed).statistic for of_seed in measured_seeds], possible=(-1, 1)),
    Evidence.of_samples("simple_error_small", error["simple"][:, LAWS["simple"] < 0.2].max(1), note="each seed's largest"),
    Evidence.of_samples("simple_error", np.quantile(error["simple"], 0.95, axis=1), note="95th percentile over the points"),
    Evidence.of_samples("whole_error", np.quantile(error["whole SAE"], 0.99, axis=1), note="99th percentile over the points"),
    Evidence.of_samples("family_error", of_others),
    Evidence.of_samples("map_agreement", agree.mean(1), possible=(0, 1)),
    Evidence.of_samples("biased_change", np.quantile(np.abs(biased.delta - measured_seeds), 0.9, axis=1), note="90th percentile over the points"),
]  # fmt: skip
record = conclude(
    CLAIM,
    evidence,
    found="The trained snake latent is {snake_share:.0%} S, and the S latent, firing weakly, gives {s_part:.0%} of what is written of S; "
    "where the parent's strength varies, {partial_share:.0%} of the SAEs absorb in part.",
    headline="snake_share",
    seeds=SEEDS,
    parameters=dict(
        n_sparsities=n_sparsities,
        n_nodes=n_nodes,
        n_map=n_map,
        steps=steps,
        p_child=p_child,
        p_parent_alone=p_parent_alone,
    ),
    profile=profile,
    device=device,
)
print(record)

# %% tags=["remove-cell"]
glue_record(record)
change, strong = np.median(biased.delta, 0) - measured, sparsity > 0.2
probe = torch.tensor([[0.0, 1.0], [1.0, 1.0]], device=device)
on_child = [
    runs.stack.encode(probe)[..., 1].cpu().numpy().reshape(n_seeds, -1, 2) for runs in (beside_truth, biased)
]
plain_ratio, biased_ratio = (
    np.median(z[:, strong & (cooccurrence == 0.9), 0] / z[:, strong & (cooccurrence == 0.9), 1])
    for z in on_child
)
for name, value in {
    "n_points": len(worlds),
    "n_seeds": n_seeds,
    "n_nodes": n_nodes,
    "right_error": error["whole SAE"].mean(),
    "snake_sparsity": snake_sparsity,
    "snake_width": width,
    "mean_recall": recall[:, never_missing].mean(),
    "snake_brings": of_snake[0] / S,
    "s_brings": of_s[0] / S,
    "snake_silent": (beside_snake < 1e-4).mean(),
    "snake_relative": beside_snake.sum() / other_words[beside_snake > 1e-4].sum(),
    "median_simple": np.median(np.abs(LAWS["simple"] - measured)),
    "median_norm": np.median(np.abs(LAWS["norm-weighted"] - measured)),
    "median_whole": np.median(np.abs(LAWS["whole SAE"] - measured)),
    "biased_1": np.median(change[strong & never_missing]),
    "biased_09": np.median(change[strong & (cooccurrence == 0.9)]),
    "biased_small": np.median(np.abs(change[~strong])),
    "biased_worst": change.max(),
    "alone_plain": plain_ratio,
    "alone_biased": biased_ratio,
    "dead_share": (~at_random.alive)[~reached].mean(),
}.items():
    glue(name, value if isinstance(value, int) else float(value), display=False)
