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
# # Does tying the weights prevent it?
#
# :::{claim}
# :::
#
# ```{picture} headline
# :alt: Dots with intervals. Left, in superposition, tied SAEs absorb less than untied ones in all four pairs. Tied L1, JumpReLU and BatchTopK lie left of a line at five percent, BatchTopK with an interval across it; tied TopK and all untied ones lie right of it. Right, seven tied architectures in single trees. Started at the truth those with a penalty stay at zero, TopK and BatchTopK do not; from random weights most absorb somewhat where the parent is mostly with a child.
#
# *In superposition*: share of a child's appearances in which its parent is absorbed, from random weights
# ({glue:text}`n_features` features in {glue:text}`d_in` dimensions, {glue:text}`n_seeds` seeds, 95% intervals, dotted: 5%). One pair of twins
# differs in L0 by {glue:text}`l0_gap:.0%` of the true one, and less than 5% was to be shown: hence *inconclusive*. *Single trees*: tied
# SAEs, by where they start and how often the parent is alone.
# ```
#
# ```{predicates}
# ```
#
# ## The idea
#
# How does a latent for *starts with S* know that it must not fire on *snake*? The word starts with S, and a linear
# {term}`probe` finds that easily. {term}`Absorption <absorption>` needs an exception: the {term}`encoder` reads
# *starts with S, but not snake*, while the {term}`decoder` still writes *starts with S*. An SAE can only do that if the
# two are different matrices. {term}`Tying <tying>` makes the encoder the transposed decoder: what reads an exception
# then also writes it, and reconstruction suffers. An author of the first report thought of it in a thread below the
# summary, where the comparison is called a "valuable follow up" {cite}`chanin2024summary`, and toys have since been seen not
# to absorb when tied {cite}`chanin2024toy`.
#
# There is a way around it, though. A tied latent can point *between* parent and child. One that reads and writes
# (parent + child)/√2 answers to both at once and needs no exception: {prf:ref}`prop-tied` says when that is cheaper.

# %% tags=["hide-input"]
import numpy as np
from myst_nb import glue

from absorption.claims import Claim, Evidence, Finding, Predicate, Quotation, conclude
from absorption.claims.families import of_worst
from absorption.experiments.architectures import ARCHITECTURES, COUNTS
from absorption.experiments.forests import drawn, grown, on_forest
from absorption.experiments.single_trees import on_single_trees, single_trees
from absorption.figures import theme
from absorption.figures.present import present
from absorption.publish.notebook import glue_record
from absorption.runtime.parallel import in_parallel
from absorption.runtime.paths import pick_device

theme.use()

# %% tags=["parameters", "hide-input"]
d_in = 50  # dimensions of the toy worlds
p_parent = 0.5  # of the single tree
alone = (0.2, 0.7)  # share of the parent's appearances without a child: two single trees
sparsity = 0.1  # λ of every penalised architecture on the single trees
n_exact_seeds = 20  # of each architecture, start and single tree
exact_steps = 700  # optimiser steps on the single trees
start_noise = 0.02  # standard deviation added to every weight of a constructed start
n_random_latents = 16  # width of the SAEs that start at random on the single trees
n_trees = 13  # of the forest: 52 features in 50 dimensions
true_l0 = 2.0  # features present on average in the forest
n_seeds = 5  # of each architecture on the forest
forest_steps = 600  # optimiser steps on the forest
batch_size = 128
lr = 0.01  # peak learning rate (Adam)
profile = "laptop"
device = "auto"

# %% tags=["claim", "hide-input"]
CLAIM = Claim(
    id="16_tying",
    title="Does tying the weights prevent it?",
    sentence="An SAE whose encoder is its transposed decoder does not absorb, because exceptions would damage its reconstruction.",
    quotations=(
        Quotation(
            "Encoder weights and Decoder weights aren't tied. If they were, you can imagine the choosing these exceptions for absorbed examples would damage reconstruction performance.",
            "chanin2024summary",
            "Joseph Bloom, in the thread below it",
        ),
    ),
    predicates=(
        Predicate(
            "none", "in superposition, from random weights, at about the true L0, no tied architecture absorbs 5% of a child's appearances",
            evidence="tied_most", below=0.05, essential=True,
            because="what a user of a latent could overlook; the same bound as for untied architectures",
        ),
        Predicate(
            "less", "there every tied architecture absorbs less than its untied twin",
            evidence="tied_less_least", above=0.0,
            because="if tying did not even lower absorption, exceptions would not be what matters",
        ),
        Predicate(
            "stays", "in single trees, started at the truth, under a penalty, tied SAEs stay",
            evidence="tied_slides_most", below=0.05,
            because="untied penalties on magnitude absorb all of it from there",
        ),
        Predicate(
            "optimal", "in single trees, under a penalty, absorbed starts do not end cheaper than true ones (in E‖x‖²)",
            evidence="penalised_cheaper_most", below=1e-3,
            because="a thousandth of the data's power is what the optimiser still moves at the end of training",
        ),
        Predicate(
            "learned", "in superposition every architecture, tied or not, explains more of the variance than the parents alone could",
            evidence="explained_least", above=2 / 3, role="gate",
            because="parents hold two thirds of the features present; an SAE that has learned no children cannot absorb",
        ),
        Predicate(
            "matched", "twins are compared at the same L0: they differ by less than 5% of the true one",
            evidence="l0_gap", below=0.05, role="match",
            because="absorption depends on L0, so recipes are only compared where it is the same",
        ),
        Predicate(
            "strangers", "parents paired with the children of another tree seem absorbed in less than 5%",
            evidence="strangers", below=0.05, role="null",
            because="the same inputs and the same rule without a hierarchy: it must stay below what counts as absorption",
        ),
        Predicate(
            "kept", "from the truth and without pressure no tied architecture absorbs 5%",
            evidence="without_pressure", below=0.05, role="control",
            because="without a reward for sparsity there is nothing to gain",
        ),
        Predicate(
            "untied", "every untied twin absorbs more than 5%",
            evidence="untied_least", above=0.05, role="control",
            because="there has to be something that tying could prevent",
        ),
    ),
    findings=(
        Finding("single trees, fixed counts included: how much cheaper an absorbed start ends than a true one, at most", "tied_cheaper_most"),
        Finding("single trees, tied penalties from random weights, parent mostly with a child: share absorbed, at most", "random_with_child"),
        Finding("the same where the parent is mostly alone", "random_alone"),
        Finding("at equal error: MCC of a tied architecture less its untied twin's, for the pair that gains least", "tied_mcc"),
    ),
)  # fmt: skip
SEEDS = range(n_exact_seeds)

# %% [markdown]
# ## The world
#
# The worlds are those of {doc}`05_every_architecture`. **Single trees:** a {term}`parent` and three
# {term}`children <child>` that exclude each other, orthogonal, so that the expected loss is exact; in one the parent is
# mostly with a child, in the other mostly alone. **A forest:** {glue:text}`n_trees` such trees,
# {glue:text}`n_features` features in {glue:text}`d_in` dimensions ({term}`superposition`), drawn by
# `sae_lens.synthetic`.

# %%
device = pick_device(device)
trees = single_trees(d_in, p_parent, alone)
small = drawn(grown(n_trees, d_in, true_l0), forest_steps, batch_size)

# %% [markdown]
# ## The experiment
#
# Four architectures train in superposition from random weights, each tied and untied. $\lambda$ and $k$ were set so that
# all meet near the true {term}`L0`, and in a second set so that they meet at the same reconstruction error.

# %%
PRESSURE = {
    # (architecture, tied): at the true L0, at equal error
    ("L1", False): (0.5, 0.35),
    ("JumpReLU", False): (0.05, 0.08),
    ("TopK", False): (3, 4),
    ("BatchTopK", False): (2.0, 2.4),
    ("L1", True): (0.5, 0.17),
    ("JumpReLU", True): (0.1, 0.03),
    ("TopK", True): (3, 5),
    ("BatchTopK", True): (2.0, 3.0),
}
TWINS = ("L1", "JumpReLU", "TopK", "BatchTopK")
AT_L0, AT_ERROR = range(2)


def in_superposition(job):
    plan = [("random", pressure) for pressure in PRESSURE[job]]
    return on_forest(small, *job, plan, n_seeds=n_seeds, lr=lr, device=device)


found = in_parallel(in_superposition, PRESSURE, device)
superposed = dict(zip(PRESSURE, found, strict=True))

# %% [markdown]
# In the single trees all seven architectures that can be tied start at the truth, at the absorbed dictionary, at random,
# and at the truth without pressure; beside them the four untied twins. Each is pressed to the L0 that complete
# absorption needs: $k=1$ for TopK, $k$ = P(parent) for BatchTopK, $\lambda$ = 0.1 for the penalties.

# %%
# For BatchTopK a little more, for rounding; pursuit knows no other encoder.
pressed = {"TopK": 1.0, "BatchTopK": p_parent + 1e-3}
tied = [name for name in ARCHITECTURES if name != "pursuit"]


def in_single_trees(job):
    return on_single_trees(
        trees, *job, pressure=pressed.get(job[0], sparsity), n_seeds=n_exact_seeds,
        steps=exact_steps, lr=lr, noise=start_noise, n_random_latents=n_random_latents,
        device=device,
    )  # fmt: skip


JOBS = [(name, True) for name in tied] + [(name, False) for name in TWINS]
single = dict(zip(JOBS, in_parallel(in_single_trees, JOBS, device), strict=True))

# %% tags=["hide-input"]
# What is judged: always the worst architecture for the claim.
EVERYWHERE = (-np.inf, np.inf)


def in_forest(key, is_tied, setting=AT_L0):
    """`[seed]` of each twin."""
    return {name: superposed[name, is_tied][key][setting] for name in TWINS}


def between_twins(key, setting):
    """Untied less tied, `[seed]` of each pair."""
    plain, with_tied = in_forest(key, False, setting), in_forest(key, True, setting)
    return {name: plain[name] - with_tied[name] for name in TWINS}


def of_tied(values, names):
    """`[seed]` of each tied architecture in each tree; `values` takes its runs and the number of the tree."""
    return {
        f"{name}, parent alone in {share:.0%}": values(single[name, True], at)
        for name in names
        for at, share in enumerate(alone)
    }


penalised = [name for name in tied if name not in COUNTS]


def gains(runs, at):
    """How much cheaper the absorbed start ends than the true one, `[seed]`."""
    return runs.loss["truth"][at] - runs.loss["absorbed"][at]


def from_start(start):
    """Of runs and a tree: the share that is absorbed from this start, `[seed]`."""
    return lambda runs, at: runs.absorbed[start][at]


# %% tags=["hide-input"]
few = sum(values.mean() < 0.05 for values in in_forest("absorbed", True).values())
most_random = max(single[name, True].absorbed["random"].mean(-1).max() for name in tied)
fig, (left, right) = theme.figure(height=3.5, ncols=2)
for is_tied, shift, marker, color, words in (
    (False, 0.14, "o", "parent", "untied"),
    (True, -0.14, "^", "child", "tied"),
):
    for row, name in enumerate(TWINS):
        one = Evidence.of_samples(name, superposed[name, is_tied]["absorbed"][AT_L0], possible=(0, 1))
        low, high = one.interval
        left.errorbar(
            one.value, shift - row, xerr=[[one.value - low], [high - one.value]], fmt=marker, ms=6,
            color=theme.COLORS[color], label=words if row == 0 else None,
        )  # fmt: skip
left.axvline(0.05, color=theme.COLORS["reference"], ls=":", lw=1)
left.set(
    yticks=-np.arange(len(TWINS)), yticklabels=TWINS, xlim=(-0.03, None), ylim=(-len(TWINS) + 0.4, 0.6),
    xlabel="share absorbed, from random weights", title=f"In superposition {few} of {len(TWINS)} tied\nabsorb less than 5%",
)  # fmt: skip
for start, color, marker in (("truth", "good", "o"), ("random", "accent", "^")):
    for at, (share, filled) in enumerate(zip(alone, (True, False), strict=True)):
        values = [single[name, True].absorbed[start][at].mean() for name in tied]
        right.plot(
            values, -np.arange(len(tied)) + 0.13 * (1 - 2 * at), marker, ms=5.5, color=theme.COLORS[color],
            mfc=None if filled else "none", label=f"from {'the truth' if start == 'truth' else 'random'}, alone in {share:.0%}",
        )  # fmt: skip
right.set(
    yticks=-np.arange(len(tied)), yticklabels=tied, xlim=(-0.05, 1.05), xlabel="share absorbed, single trees",
    title=f"Tied, in single trees: up to\n{most_random:.0%} absorbed from random weights",
)  # fmt: skip
for ax, columns in ((left, 2), (right, 2)):
    ax.grid(axis="x")
    ax.tick_params(axis="y", length=0)
    ax.legend(
        loc="upper center",
        bbox_to_anchor=(0.42, -0.18),
        ncols=columns,
        fontsize=7.5,
        columnspacing=0.8,
        handletextpad=0.2,
    )
present(
    "headline", fig,
    "Share absorbed: tied and untied twins in superposition, and tied architectures in single trees by their start.",
)  # fmt: skip

# %% [markdown]
# ## What was found
#
# **In superposition** tied SAEs absorb less in all four pairs, by {glue:text}`tied_less_least:.2f` at least
# ({glue:text}`tied_less_least_low:.2f` to {glue:text}`tied_less_least_high:.2f`), but not nothing: {glue:text}`tied_most_name`
# still absorbs {glue:text}`tied_most:.0%`. At equal error they also find the features better ({term}`MCC` higher by
# {glue:text}`tied_mcc:.2f` at least). What they pay is sparsity or error: at equal L0 a tied L1 SAE leaves
# {glue:text}`fvu_tied_l1:.2f` of the variance, the untied one {glue:text}`fvu_untied_l1:.2f`.
#
# **In single trees** tied penalties do not leave the truth. From random weights, though, as much as
# {glue:text}`random_with_child:.0%` is absorbed where the parent is mostly with a child, and at most
# {glue:text}`random_alone:.0%` where it is mostly alone: tying protects a parent that is often alone, as
# {prf:ref}`prop-tied` says for a single child. Tied TopK and BatchTopK, which fix the count of active
# latents, end up to {glue:text}`tied_cheaper_most:.2f` of the data's power cheaper when they start absorbed than when they start at the
# truth. That is a finding and no verdict hangs on it, since at the count to which they are pressed the truth cannot be written.
#
# ```{picture} price
# :alt: Final loss of each architecture in both trees, tied from the truth and from the absorbed dictionary, and the best untied twin. Tied L1 and BatchTopK cost more than untied, tied TopK the same.
#
# What tying costs, in percent of the data's power: the loss at the end of training, from the truth and from the absorbed
# dictionary, and the best of the untied twin.
# ```
#
# The price of tying is the distance between the best tied mark and the bar. Where the parent is mostly with a child it
# is {glue:text}`price_l1:.3f` of the power under L1 and {glue:text}`price_batch:.2f` for BatchTopK, whose tied parent
# latent answers to parent and child as strongly as to the parent alone, and takes places in the batch from others. For
# TopK it is {glue:text}`price_topk:.2f`: with one latent an input, tied weights can read and write (parent + child)/√2
# as well as untied ones can.

# %% tags=["hide-input"]
fig, axes = theme.figure(height=3.4, ncols=2, sharey=True)
for at, (ax, share) in enumerate(zip(axes, alone, strict=True)):
    for row, name in enumerate(tied):
        runs = single[name, True]
        for start, color, size in (("truth", "good", 7), ("absorbed", "child", 4.5)):
            ax.plot(
                100 * np.median(runs.loss[start][at]), -row, "^", ms=size, color=theme.COLORS[color],
                label=f"tied, from {'the truth' if start == 'truth' else 'absorbed'}" if row == 0 else None,
            )  # fmt: skip
        if name in TWINS:
            best = min(single[name, False].loss[start][at].min() for start in ("truth", "absorbed"))
            ax.plot(
                [100 * best] * 2,
                [-row - 0.3, -row + 0.3],
                color=theme.COLORS["parent"],
                label="untied, best" if row == 0 else None,
            )
    ax.set(
        xlabel="loss, % of E‖x‖²",
        title=f"Parent alone in {share:.0%}",
        yticks=-np.arange(len(tied)),
        yticklabels=tied,
    )
    ax.grid(axis="x")
fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
present("price", fig, "Final losses of tied architectures from two starts beside the best untied twin.")

# %% [markdown]
# ## The null and the controls
#
# Parents paired with the children of the next tree seem absorbed in at most {glue:text}`strangers:.1%` of the inputs that
# have both. Without pressure tied SAEs keep the truth ({glue:text}`without_pressure:.1%` absorbed at most). The untied
# twins, trained on the same batches, absorb {glue:text}`untied_least:.0%` at least, so there was something to prevent.
#
# Whether the SAEs had learned is the gates' question: the least that one explains of the variance is
# {glue:text}`explained_least:.0%`, and the L0 of twins differs by {glue:text}`l0_gap:.0%` at most.
#
# ## What this does not show
#
# One hierarchy of two levels whose children exclude each other and never come alone, in small worlds. In a language model
# tied SAEs absorb less than untied ones at one L0, and their letters have better latents, found beside another question: {doc}`13_fixes`. Tied SAEs were trained with the
# learning rate and length of the untied ones, and might do better with their own. End-to-end SAEs, the
# other comparison that the thread asks for, are not trained here.
#
# :::{dropdown} Details: recall, recovery, and equal error
# ```{picture} more
# :alt: Dot plots of share absorbed, recall of the parent beside its child, and MCC for tied and untied twins, at equal L0 and at equal error.
#
# Tied (triangles) and untied (dots), at equal L0 (filled) and at equal error (open): share absorbed, how often the
# parent's latent fires beside its child, and the mean cosine with the true features. Bars reach from the least to the
# largest of {glue:text}`n_seeds` seeds.
# ```
#
# An earlier version kept this claim on the page about architectures, and judged TopK and BatchTopK, too, by their loss in single
# trees, where at such a count the truth cannot be written whatever the weights are; that number is now a finding. Its pilot runs had
# shown roughly how much each tied SAE absorbs.
# :::

# %% tags=["hide-input"]
fig, axes = theme.figure(height=3.0, ncols=3, sharey=True)
for ax, key, label in zip(
    axes,
    ("absorbed", "recall", "mcc"),
    ("share absorbed", "parent's recall beside child", "MCC"),
    strict=True,
):
    for is_tied, setting in ((False, AT_L0), (False, AT_ERROR), (True, AT_L0), (True, AT_ERROR)):
        values = np.array([superposed[name, is_tied][key][setting] for name in TWINS])
        means, shift = values.mean(1), 0.3 - 0.4 * is_tied - 0.2 * setting
        ax.errorbar(
            means, shift - np.arange(len(TWINS)), xerr=[means - values.min(1), values.max(1) - means],
            fmt="^" if is_tied else "o", ms=5, color=theme.COLORS["child" if is_tied else "parent"],
            mfc=None if setting == AT_L0 else "white",
            label=f"{'tied' if is_tied else 'untied'}, equal {'L0' if setting == AT_L0 else 'error'}",
        )  # fmt: skip
    ax.set_xlabel(label)
    ax.grid(axis="x")
less = sum(gap.mean() > 0 for gap in between_twins("absorbed", AT_L0).values())
axes[0].set(
    yticks=-np.arange(len(TWINS)), yticklabels=TWINS, title=f"Tied absorb less in {less} of {len(TWINS)}"
)
for ax, key, words in ((axes[1], "recall", "Parents fire more"), (axes[2], "mcc", "MCC higher")):
    ax.set_title(
        f"{words} in {sum(gap.mean() < 0 for gap in between_twins(key, AT_L0).values())} of {len(TWINS)}"
    )
fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
present(
    "more", fig, "Share absorbed, recall and MCC of tied and untied twins at equal L0 and at equal error."
)

# %% tags=["hide-cell", "nbval-check-output"]
everyone = {f"{name}, {'tied' if is_tied else 'untied'}": (name, is_tied) for name, is_tied in PRESSURE}


def at_l0(key):
    """`[seed]` of every architecture, tied or not."""
    return {words: superposed[job][key][AT_L0] for words, job in everyone.items()}


l0_gaps = {name: np.abs(gap) / true_l0 for name, gap in between_twins("l0", AT_L0).items()}
evidence = [
    of_worst("tied_most", in_forest("absorbed", True), max, 0.05),
    of_worst("tied_less_least", between_twins("absorbed", AT_L0), min, 0.0, possible=(-1, 1)),
    of_worst("tied_slides_most", of_tied(from_start("truth"), penalised), max, 0.05),
    of_worst("penalised_cheaper_most", of_tied(gains, penalised), max, 1e-3, EVERYWHERE),
    of_worst("explained_least", at_l0("explained"), min, 2 / 3),
    of_worst("l0_gap", l0_gaps, max, 0.05, (0, np.inf)),
    of_worst("strangers", at_l0("strangers"), max, 0.05),
    of_worst("without_pressure", of_tied(from_start("unpressed"), tied), max, 0.05),
    of_worst("untied_least", in_forest("absorbed", False), min, 0.05),
    of_worst("tied_cheaper_most", of_tied(gains, tied), max, 0.0, EVERYWHERE),
    *(
        of_worst(name, {n: single[n, True].absorbed["random"][at] for n in penalised}, max, 0.05)
        for at, name in enumerate(("random_with_child", "random_alone"))
    ),
    of_worst("tied_mcc", {n: -gap for n, gap in between_twins("mcc", AT_ERROR).items()}, min, 0.0, (-1, 1)),
]
worst = max(TWINS, key=lambda name: superposed[name, True]["absorbed"][AT_L0].mean())
record = conclude(
    CLAIM,
    evidence,
    found=f"Tied SAEs absorb less than their untied twins (on average over seeds, by {{tied_less_least:.0%}} of a child's "
    f"appearances at the least). In superposition {few} of {len(TWINS)} absorb less than 5%, and {worst} absorbs {{tied_most:.0%}}.",
    headline="tied_most",
    seeds=SEEDS,
    parameters=dict(
        d_in=d_in, p_parent=p_parent, alone=list(alone), sparsity=sparsity, exact_steps=exact_steps,
        n_trees=n_trees, n_seeds=n_seeds, forest_steps=forest_steps,
    ),
    profile=profile,
    device=device,
)  # fmt: skip
print(record)

# %% tags=["remove-cell"]
glue_record(record)


def price(name):
    """Lowest tied loss less the lowest untied one, of any seed and built start, parent mostly with a child."""
    best = [
        min(single[name, is_tied].loss[start][0].min() for start in ("truth", "absorbed"))
        for is_tied in (True, False)
    ]
    return float(best[0] - best[1])


numbers = dict(
    n_trees=n_trees,
    n_features=len(small.world.features),
    d_in=d_in,
    n_seeds=n_seeds,
    tied_most_name=worst,
    price_l1=price("L1"),
    price_batch=price("BatchTopK"),
    price_topk=max(0.0, price("TopK")),  # not −0.00
    fvu_tied_l1=float(1 - superposed["L1", True]["explained"][AT_L0].mean()),
    fvu_untied_l1=float(1 - superposed["L1", False]["explained"][AT_L0].mean()),
)
for name, value in numbers.items():
    glue(name, value, display=False)
