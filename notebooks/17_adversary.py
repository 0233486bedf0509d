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
# # Can an adversary keep absorption away?
#
# :::{claim}
# :::
#
# ```{picture} headline
# :alt: Absorption δ of the median pair, the parent's recall on its children's states, and the share of the activations' squared length that is missed, against the weight of the adversarial term. Absorption falls and recall rises already at small weights; the error rises at large ones.
# {glue:text}`headline_words` Dots: means; bars: standard deviation over {glue:text}`n_seeds` SAEs.
# ```
#
# ```{predicates}
# ```
#
# ## The idea
#
# When a dictionary absorbs, the row for *lion* is a sum: *lion* plus *starts with L*. A second, smaller SAE that is trained on the rows of
# the first, a {term}`meta-SAE` {cite}`leask2025canonical`, can write such rows from parts that they share. A comment on the summary by
# {cite:t}`chanin2024summary` proposes to turn that into a punishment: train both at once, and let the first pay for whatever
# the second can take apart. *Lion* would then have to stand for lions alone, and the latent for *starts with L* would have to fire
# on it.
#
# Three things can be read off where the true features are known: {term}`absorption` $\delta$ (the {term}`parent`'s part of the child's
# decoder row over the child's part: 0 is none, 1 is full); the *recall*, how often the parent's {term}`latent` fires on states with the
# {term}`child`; and what of the activations is no longer reconstructed. Whether a meta-SAE can *find* absorption is asked in
# {doc}`09_meta_saes`.

# %% tags=["hide-input"]
import numpy as np
import torch
from myst_nb import glue

from absorption.claims import Claim, Evidence, Finding, Predicate, Quotation, conclude
from absorption.experiments.fits import code
from absorption.experiments.starts import start_at
from absorption.figures import theme
from absorption.figures.present import present
from absorption.measures.clustering import active
from absorption.measures.hierarchy import measure_pairs
from absorption.publish.notebook import glue_record
from absorption.runtime.paths import pick_device
from absorption.saes import Recipe, SAEStack, TopK
from absorption.saes.fit.adversary import fit_against
from absorption.worlds.population import directions

theme.use()

# %% tags=["parameters", "hide-input"]
n_seeds = 20  # SAEs for each weight, each with its own meta-SAE
adversary_weights = (0.0, 0.1, 0.3, 1.0, 3.0)  # of the share of the decoder that the meta-SAE takes apart
steps = 2000  # optimiser steps of each pair of SAEs
lr = 0.01  # peak learning rate (Adam)
profile = "laptop"
device = "auto"

# %% tags=["claim", "hide-input"]
CLAIM = Claim(
    id="17_adversary",
    title="Can an adversary keep absorption away?",
    sentence="An SAE that is trained against a meta-SAE does not absorb, at the cost of worse sparsity or reconstruction.",
    quotations=(
        Quotation("train an SAE and a meta-SAE concurrently, but in an adversarial manner (kind of like a GAN), such that the SAE is incentivized to learn latent directions that are not easily decomposable by the meta-SAE.", "chanin2024summary", "comments"),
        Quotation('Potentially, this would remove the "Starts-with-L"-component from the "lion"-token direction and activate the "Starts-with-L" latent instead. Although this would come at the cost of worse sparsity/reconstruction.', "chanin2024summary", "comments"),
    ),
    predicates=(
        Predicate("halves", "the best weight that costs less than 0.05 of the activations' squared length brings δ below half of what it is without", evidence="adversary_delta", below=0.5, because="what removes less than half of the component leaves most of the absorption; what costs more would be noticed in any use", essential=True),
        Predicate("activates", "at that weight the parent's latent fires on more than half of its children's states", evidence="recall_with", above=0.5, because="the source has the latent activated instead: it has to be the rule"),
        Predicate("learned", "without the adversary and at that weight, the SAEs miss less than a quarter of the squared length", evidence="missed_worst", below=0.25, because="an SAE that misses a quarter leaves out features, and absorbs nothing because it has nothing", role="gate"),
        Predicate("absorbs", "without the adversary δ is above one half", evidence="delta_without", above=0.5, because="where little is absorbed, there is little to prevent", role="gate"),
        Predicate("oracle", "dictionaries placed at the truth have neither absorption nor silent parents", evidence="oracle_faults", below=1e-6, because="by definition of both, up to rounding", role="control"),
    ),
    findings=(
        Finding("share of the squared length that is missed at the best weight, less that without the adversary", "missed_more"),
        Finding("share of the squared length that is missed at the largest weight", "missed_most"),
        Finding("absorption δ at the best weight", "delta_with"),
    ),
)  # fmt: skip
SEEDS = range(len(adversary_weights) * n_seeds)

# %% [markdown]
# ## The world
#
# Two families, independent of each other: a parent, present with probability 0.4, and three children that exclude each other and never
# come without it. Eight orthogonal features, eight latents, an {term}`L1 penalty`: every child should absorb its parent.

# %%
device = pick_device(device)
d_in = 12
P_PARENT, P_CHILD = 0.4, 0.2  # of a parent, and of each child given it
features = directions(8, d_in)
pairs = [(p, p + i) for p in (0, 4) for i in (1, 2, 3)]  # (parent, child)
one_family = {(): 1 - P_PARENT, (0,): P_PARENT * (1 - 3 * P_CHILD)}
one_family |= {(0, child): P_PARENT * P_CHILD for child in (1, 2, 3)}
one_family |= {(child,): 0.0 for child in (1, 2, 3)}  # listed, and never met
states = [(first, second) for first in one_family for second in one_family]
magnitudes, probabilities = torch.zeros(len(states), 8), torch.zeros(len(states))
for at, (first, second) in enumerate(states):
    magnitudes[at, list(first) + [4 + i for i in second]] = 1
    probabilities[at] = one_family[first] * one_family[second]
x = magnitudes @ features

assert torch.isclose(probabilities.sum(), torch.tensor(1.0))
met = magnitudes[probabilities > 0]
assert all((met[:, child] <= met[:, parent]).all() for parent, child in pairs)

# %% [markdown]
# ## The experiment
#
# While an SAE trains, a meta-SAE with half as many latents, TopK with $k = 2$, trains on its decoder, and the SAE pays the adversarial
# weight times the share of the squared length of its rows that the meta-SAE reconstructs.

# %%
weights = torch.tensor(adversary_weights).repeat_interleave(n_seeds)
rival = SAEStack(Recipe(sparsity=0.1), d_in, 8, range(len(weights)), device=device)
META = Recipe(TopK(2), decoder_bias=False)
meta = SAEStack(META, d_in, 4, range(len(weights)), device=device)
options = dict(steps=steps, lr=lr)
report = fit_against(rival, meta, x, probabilities, weights.to(device), **options)
assert not report.diverged.any()

acts, rows = code(rival, x)
acts = acts * active(acts)  # dust left out
encoder = rival.W_enc.detach().cpu()
world = features, magnitudes, probabilities
measured = measure_pairs(acts, encoder, rows, *world, pairs)
shape = (len(adversary_weights), n_seeds)
delta = measured.delta.clamp(-2, 2).median(1).values.reshape(shape).numpy()
recall = measured.recall.mean(1).reshape(shape).numpy()
power = probabilities @ x.square().sum(-1)
missed = (report.mse.cpu() / power).reshape(shape).numpy()

affordable = missed.mean(1) - missed[0].mean() < 0.05
best = int(np.where(affordable, delta.mean(1), np.inf).argmin())
delta_ratio = delta / delta[0].mean()

# %% tags=["hide-input"]
fig, ax = theme.figure(height=2.7)
shown = (
    (delta, "absorption δ (median pair)", "child"),
    (recall, "parent's recall on children's states", "parent"),
    (missed, "share of E‖x‖² missed", "reference"),
)
for values, name, color in shown:
    ax.errorbar(range(len(values)), values.mean(1), values.std(1), marker="o", ms=3, color=theme.COLORS[color], label=name)  # fmt: skip
title = (
    f"At weight {adversary_weights[best]:g} δ goes from {delta[0].mean():.2f} to {delta[best].mean():.2f}, "
)
title += f"missed from {missed[0].mean():.0%} to {missed[best].mean():.0%}"
ax.set_xticks(range(len(adversary_weights)), [f"{weight:g}" for weight in adversary_weights])
ax.set(xlabel="adversarial weight", ylabel="δ; share", title=title)
fig.legend(loc="outside lower center", ncols=3, fontsize=8)
present("headline", fig, alt="Absorption, the parent's recall and the error against the adversarial weight.")

# %% [markdown]
# ## What was found
#
# It trains. At weight {glue:text}`best_weight:g`, the best that costs less than 0.05 of $\mathbb{E}\lVert x \rVert^2$, $\delta$ falls from
# {glue:text}`delta_without:.2f` to {glue:text}`delta_with:.2f`, the parent's recall on its children's states rises from
# {glue:text}`recall_without:.2f` to {glue:text}`recall_with:.2f`, and the share missed from
# {glue:text}`missed_without:.3f` to {glue:text}`missed_with:.3f`. SAEs differ widely: at this weight $\delta$ is below one half of what it
# was in {glue:text}`halved:.0%` of them. At the largest weight $\delta$ is {glue:text}`delta_most:.2f` (below 0 the child's
# latent takes some of the parent away) and {glue:text}`missed_most:.0%` is missed: the term rewards rows that are spread out, whether or not the
# data are. A penalty on cosines rewards the same without a second network; {doc}`07_orthogonality` measures it.
#
# ## The null and the controls

# %% tags=["hide-input"]
placed = SAEStack(Recipe(decoder_bias=False), d_in, 8, range(1), device=device)
start_at(placed, features, features.T)
placed_acts, placed_rows = code(placed, x)
at_truth = measure_pairs(
    placed_acts, placed.W_enc.detach().cpu(), placed_rows, features, magnitudes, probabilities, pairs
)
oracle_faults = float(at_truth.delta.abs().max() + (1 - at_truth.recall).abs().max())

# %% [markdown]
# Weight 0 is the null: the same SAEs and the same meta-SAEs, which nobody listens to. They absorb
# ($\delta$ {glue:text}`delta_without:.2f`). A dictionary placed at the truth has no fault ({glue:text}`oracle_faults:.1g`).

# %% tags=["nbval-check-output", "hide-cell"]
SHARE = (0, 1)
evidence = [
    Evidence.of_samples("adversary_delta", delta_ratio[best]),
    Evidence.of_samples("recall_with", recall[best], possible=SHARE),
    Evidence.of_samples("missed_worst", np.maximum(missed[0], missed[best]), possible=(0, np.inf)),
    Evidence.of_samples("delta_without", delta[0], possible=(-2, 2)),
    Evidence.exactly("oracle_faults", oracle_faults),
    Evidence.of_samples("missed_more", missed[best] - missed[0].mean()),
    Evidence.of_samples("missed_most", missed[-1], possible=(0, np.inf)),
    Evidence.of_samples("delta_with", delta[best], possible=(-2, 2)),
]
low, high = evidence[0].interval
ends = ": whether that is less than half stays open." if low < 0.5 < high else "."
record = conclude(
    CLAIM, evidence,
    found=(
        "At the best weight that is affordable, the adversary brings absorption to {adversary_delta:.2f} of what it was "
        "({adversary_delta_low:.2f} to {adversary_delta_high:.2f})" + ends
    ),
    headline="adversary_delta", seeds=SEEDS,
    parameters=dict(n_seeds=n_seeds, adversary_weights=adversary_weights, steps=steps, lr=lr),
    profile=profile, device=device,
)  # fmt: skip
print(record)

# %% tags=["remove-cell"]
glue_record(record)
low_delta = "Absorption falls" if delta[best].mean() < delta[0].mean() else "Absorption does not fall"
pays = missed[-1].mean() > missed[0].mean() + 0.05
words = (
    f"{low_delta} against an adversary{', and reconstruction pays at the largest weight' if pays else ''}."
)
glue("headline_words", words, display=False)
numbers = dict(
    best_weight=adversary_weights[best], recall_without=recall[0].mean(), missed_without=missed[0].mean(),
    missed_with=missed[best].mean(), delta_most=delta[-1].mean(), halved=(delta_ratio[best] < 0.5).mean(),
)  # fmt: skip
for name, number in numbers.items():
    glue(name, float(number), display=False)
glue("n_seeds", n_seeds, display=False)

# %% [markdown]
# ## What this does not show
#
# One world, one architecture, one size of adversary. The source also expects worse sparsity; only the error is measured here, and SAEs at
# different weights are not compared at one {term}`L0`. The weight is the best of those tried, chosen and scored on the same seeds, which
# flatters it. Children exclude each other; where they do not, a child's row that is spread out may be the right one. The features are
# orthogonal, so that rows which cannot be taken apart are the true ones: where true directions share a part, the adversary punishes the
# truth.
