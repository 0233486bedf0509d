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
from functools import partial
from itertools import product

import numpy as np
import pandas as pd
from IPython.display import display

from absorption.claims import Claim, Evidence, Finding, Predicate, Quotation, conclude
from absorption.experiments.at_scale import Setting
from absorption.experiments.large_worlds import drawn
from absorption.experiments.surveys import ABSORBER, ORACLE, UNTRAINED, over, survey
from absorption.figures import theme
from absorption.figures.forms import curves
from absorption.figures.one_legend import one_legend
from absorption.figures.present import present
from absorption.publish.averages import averages
from absorption.publish.notebook import glue_record, glue_values
from absorption.runtime.parallel import in_parallel
from absorption.runtime.paths import pick_device
from absorption.worlds.benchmark import RATES
from absorption.worlds.synthsaebench import PUBLISHED, SAMPLES, WIDTH, alone_in_synthsaebench, counted

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
# The parts are SAELens', the rates are ours: {glue:text}`roots:d` trees, each a root with four children and sixteen grandchildren, and free features besides. Roots are as frequent as the Zipf law of
# SynthSAEBench has it, exponent ½. From there as well: correlated features (rank 25), magnitudes that vary, children that are as strong as their parent. Directions are random, so that the largest
# overlap of a feature is {glue:text}`overlap:.2f` on average, and each coordinate gets some noise. On average {glue:text}`true_l0:.1f` features are present.
#
# **One thing is not taken over.** In SynthSAEBench {glue:text}`synthsaebench_alone:.0%` of the parents come without a child in less than 5% of their appearances (from its published settings). Where a
# parent is never alone, nothing tells it from its children, and a latent for each child, with the parent in it, is no mistake. So here a parent has a child in three fifths of its appearances (children
# that exclude each other, as they all do there) or in about half of them (independent children, which SAELens can make as well). In both kinds of world each child is as frequent.

# %%
device = pick_device(device)
KINDS = {"exclusive": "exclude each other", "meeting": "can meet"}
size = dict(n_features=n_features, d_in=d_in, roots=roots, n_train=n_train, n_judged=n_judged)
schedule = dict(batch_size=batch_size, lr=lr, device=device)
plain, sparse = (Setting("plain", d_sae, each, samples) for each in (k, sparser))
tied = Setting("tied", d_sae, k, samples)
longer = Setting("plain", d_sae, k, 2 * samples)
PLANS = {"exclusive": [plain, sparse, longer, tied], "meeting": [plain, sparse]}

# %% [markdown]
# ## The experiment
#
# {term}`BatchTopK <BatchTopK>` SAEs with {glue:text}`d_sae:d` latents from random weights, on {glue:text}`samples:,` inputs. They are to fire {glue:text}`k:g` latents
# an input, which is what fires if each of the {glue:text}`d_sae:d` most frequent features has a latent of its own; nothing has to be absorbed at that L0. The threshold
# of each is set on the judged inputs, so that L0 is exactly what is asked. Further ones have another L0, are trained for longer, or have tied weights.
#
# A feature *has a latent* if its latent in the best one-to-one match has a cosine of at least 0.5 with it, and at least 0.8 of that latent's length lies in the span of the feature and its ancestors. A
# parent is *absorbed* on an input with its child if its own latent is silent and a matched latent of the child or of one of the child's descendants, however poor the match, writes at least 0.4 of it,
# as in SAEBench {cite}`karvonen2025saebench`. Pairs are *judged* if the parent has a latent and the child is in at least 10 of the judged inputs.


# %%
def surveyed(job):
    """All SAEs of one world, and what needs no training."""
    kind, seed = job
    sample = drawn(seed, exclusive=kind == "exclusive", **size)
    return survey(sample, PLANS[kind], seed=seed, absorber=seed == first_seed, **schedule)


jobs = list(product(KINDS, SEEDS))
found = dict(zip(jobs, in_parallel(surveyed, jobs, device), strict=True))
surveys = {kind: [found[kind, seed] for seed in SEEDS] for kind in KINDS}

# %% tags=["hide-input"] mystnb={"code_prompt_show": "The figure at the top"}
LOOKS = {"exclusive": ("child", "o"), "meeting": ("parent", "s")}
fig, (left, right) = theme.figure(height=3.4, ncols=2, sharex=True)
for (kind, words), (at, style) in product(KINDS.items(), ((plain, "-"), (sparse, "--"))):
    role, marker = LOOKS[kind]
    for panel, measure in ((left, "at_rate"), (right, "having")):
        rows = [over(surveys[kind], at, measure, rate) for rate in RATES]
        line = averages(f"{words}, L0 {at.k:g}", role, rows, marker, (0, 1))
        curves(panel, np.array(RATES), [line], "how often the child is present,\ngiven its root", "")
        panel.lines[-1].set_linestyle(style)
left.set(ylabel="share absorbed", ylim=(-0.02, None), title="Absorbed, where both have a latent")
right.set(ylabel="share with a latent", ylim=(-0.02, 1.02), title="Children with a latent")
one_legend(fig, ncols=2, fontsize=9)
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
# **Sparser SAEs absorb more:** at four fifths of the L0 in {glue:text}`exclusive_sparser:.0%` and {glue:text}`meeting_sparser:.0%` of the appearances. Partly that is forced. At that L0 true latents for
# all {glue:text}`d_sae:d` features can no longer be had, and an SAE that absorbs explains more than true latents do (see the table). How much the number of latents matters is not asked here.
#
# **Tied weights absorb less.** Where the weights of encoder and decoder are the same, absorption is less by {glue:text}`tied_saved:.3f` ({glue:text}`tied_saved_low:.3f` to
# {glue:text}`tied_saved_high:.3f`), on the pairs that have two latents in both SAEs. Tying is one of the remedies of {doc}`16_tying`.
#
# ### Every SAE
#
# *Absorbed* and *pairs* are of roots and children with a latent each, *common* the share of such pairs among the most frequent features, *explained* a share of
# what true latents would explain at the same L0 (more is possible by absorbing). MCC is over the latents that there are.

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Table: every SAE"}
COLUMNS = {
    "explained": ("learned", ".0%"), "dead": ("dead", ".1%"), "MCC": ("cosine", ".2f"), "root's precision": ("precise", ".0%"),
    "common": ("represented", ".0%"), "absorbed": ("absorbed", ".0%"), "pairs": ("found", ".0f"),
}  # fmt: skip
rows = {}
for kind, at in ((kind, at) for kind, plan in PLANS.items() for at in plan):
    cells = {
        title: f"{np.nanmean(over(surveys[kind], at, m)):{form}}" for title, (m, form) in COLUMNS.items()
    }
    name = f"{at.name}, {at.d_sae} latents, L0 {at.k:g}{', twice the training' * (at == longer)}"
    rows[name, kind] = {"children": KINDS[kind]} | cells
display(pd.DataFrame(list(rows.values()), index=[name for name, _ in rows]))

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
# - **SynthSAEBench's tables.** Nothing that is trained here can be set beside them; *Details* say what can be met.
# - **A world like a language model's.** Rates, depth and noise are choices. How often real parents come alone is not known.
# - **Depth.** Predicates are about roots as parents: {glue:text}`root_share:.0%` of the pairs with a latent each are of a root and its child.
# - **Rare features in SAEs that are wide enough.** At most a quarter of the features can have a latent here.
# - **Fresh inputs.** The {glue:text}`n_train:,` training inputs are met {glue:text}`passes:d` times each; SAEs are judged on others.
# - **Absorption by anything else.** Only latents of the child and its descendants count as absorbers. How often parents are silent at all is
#   {glue:text}`silent:.0%` of the appearances (pairs with two latents, plain).
#
# ## Details: what can be met of SynthSAEBench's published numbers
#
# **The data's can.** SAELens {cite}`bloom2024saelens` documents about {glue:text}`published_l0:d` features an input, about {glue:text}`published_common_l0:d` of them among the first
# {glue:text}`published_width:,`; drawn by its generator with the published settings they are {glue:text}`synthsaebench_l0:.1f` and {glue:text}`synthsaebench_common_l0:.1f`. The paper
# {cite}`chanin2026synthsaebench` gives {glue:text}`published_overlap` for the largest overlap of a feature; as many random directions, not made more orthogonal as there, have {glue:text}`synthsaebench_overlap:.3f`.
#
# **Its SAEs' cannot, on a laptop.** F1, MCC, uniqueness and explained variance are published for SAEs of {glue:text}`published_width:,` latents that saw {glue:text}`published_samples:,` inputs,
# each of them {glue:text}`dearer:,.0f` times the multiplications of an SAE here. The `gpu` profile has that width and not that length. How often parents are absorbed is not among the numbers.


# %% tags=["nbval-check-output", "hide-cell"]
def over_worlds(name, values, possible=(0, 1), note=""):
    """The mean over worlds, or why there is none."""
    if np.isnan(values).any() or len(values) < 2:
        return Evidence.not_available(name, "a world has no pair with two latents, or there is one world")
    return Evidence.of_samples(name, values, of="worlds", possible=possible, note=note)


exclusive, meeting = (partial(over, surveys[kind]) for kind in KINDS)
JUDGED = [partial(over, surveys[kind], at) for kind, at in product(KINDS, (plain, sparse))]


def worst(name, pick, measure, possible=(0, 1)):
    """Over the kinds of SAEs on which predicates rest."""
    return over_worlds(name, pick((of(measure) for of in JUDGED), key=np.mean), possible)


absorbed = exclusive(plain, "absorbed")
evidence = [
    over_worlds("exclusive_absorbed", absorbed),
    over_worlds("meeting_absorbed", meeting(plain, "absorbed")),
    over_worlds("density", exclusive(plain, "density"), (-1, 1)),
    over_worlds("sparser", exclusive(sparse, "absorbed") - absorbed, (-1, 1)),
    worst("learned_least", min, "learned", (-np.inf, np.inf)),
    worst("common_least", min, "represented"),
    worst("dead_most", max, "dead"),
    worst("alone_least", min, "alone"),
    worst("precise_least", min, "precise"),
    worst("strangers", max, "strange"),
    over_worlds("untrained", exclusive(UNTRAINED, "both")),
    over_worlds("oracle", exclusive(ORACLE, "absorbed")),
    Evidence.exactly("absorber", float(exclusive(ABSORBER, "absorbed")[0]), note="the first world"),
    over_worlds("exclusive_sparser", exclusive(sparse, "absorbed")),
    over_worlds("meeting_sparser", meeting(sparse, "absorbed")),
    over_worlds("exclusive_less_meeting", absorbed - meeting(plain, "absorbed"), (-1, 1)),
    over_worlds("any_exclusive", exclusive(plain, "some")),
    over_worlds("any_meeting", meeting(plain, "some")),
    over_worlds("longer_any", exclusive(longer, "some") - exclusive(plain, "some"), (-1, 1)),
    over_worlds("longer", exclusive(longer, "absorbed") - absorbed, (-1, 1)),
    over_worlds("density_meeting", meeting(plain, "density"), (-1, 1)),
    *(over_worlds(f"third_{end}", exclusive(plain, "by_third", "absorbed", at)) for end, at in (("most", 0), ("least", 2))),
    *(over_worlds(f"found_{end}", exclusive(plain, "by_third", "both", at)) for end, at in (("most", 0), ("least", 2))),
    over_worlds("tied_saved", exclusive(plain, "more", tied), (-1, 1)),
    Evidence.exactly("synthsaebench_alone", float((alone_in_synthsaebench() < 0.05).mean()), note="from its published settings, correlations left out"),
]  # fmt: skip
record = conclude(
    CLAIM, evidence, headline="density", seeds=SEEDS, profile=profile, device=device,
    found="With an eighth as many latents as features, roots whose child has a latent, too, are absorbed in {exclusive_absorbed:.0%} of its appearances (children exclude each other); "
    "by a root's most frequent such child more often than by its rarest, by {density:.2f}. Rates still change with training (by {longer:.2f} if it is doubled).",
    parameters=dict(
        n_features=n_features, d_in=d_in, roots=roots, d_sae=d_sae, k=k, sparser=sparser,
        n_train=n_train, n_judged=n_judged, samples=samples, batch_size=batch_size, lr=lr, n_worlds=n_worlds,
    ),
)  # fmt: skip
print(record)

# %% tags=["remove-cell"]
glue_record(record)
one = surveys["exclusive"][0]
glue_values(
    n_features=n_features, d_in=d_in, roots=roots, d_sae=d_sae, k=k, samples=samples, n_train=n_train, n_worlds=n_worlds,
    passes=samples // n_train, overlap=float(np.mean([each.overlap for of in surveys.values() for each in of])), true_l0=float(one.true_l0),
    silent=float(np.nanmean(exclusive(plain, "silent"))), root_share=float(np.mean(exclusive(plain, "of_roots"))),
    root_most=float(np.mean(exclusive(plain, "by_third", "of_root", 0))), any_longer=float(np.mean(exclusive(longer, "some"))),
    **{f"published_{name}": value for name, value in PUBLISHED.items()}, **{f"synthsaebench_{name}": value for name, value in counted().items()},
    dearer=float(SAMPLES * 768 * WIDTH / (samples * d_in * d_sae)), published_width=WIDTH, published_samples=SAMPLES,
)  # fmt: skip
