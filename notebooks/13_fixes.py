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
# # Do the fixes work in a real model?
#
# :::{claim}
# :::
#
# ```{picture} headline
# Five recipes at the same {term}`L0 <L0>`. Left and middle: two {term}`absorption <absorption>` scores of letters, and of *matched half-spaces*, labels that
# mean nothing and that some {term}`latent <latent>` tells as well as the letter's own tells the letter. *In full*: the share of words on which a
# letter's own latents are silent and one other carries it; *fraction*: how much of a word's letter others carry. Right: what a recipe
# explains. Means over {glue:text}`n_blocks:d` SAEs of each kind (layer × {term}`seed <seed>`), with 95% intervals; these mix layers, the differences in the table are paired.
# ```
#
# ```{predicates}
# ```
#
# ## The idea
#
# *Snake* starts with S. An {term}`SAE <SAE>` that has a {term}`latent <latent>` for S and one for *snake* pays for two active
# latents, so it is cheaper to let the *snake* latent say S along and to silence the S latent: {term}`absorption <absorption>`. Two
# kinds of pressure against it have been proposed. **Orthogonality**: a latent that says S along points a little in the direction of S; a
# penalty on directions that are not orthogonal makes that dear. **Nesting** ({term}`Matryoshka <Matryoshka SAE>`): the first few latents
# have to reconstruct alone, so that they had better be general, and keep firing on *snake*.
#
# A lower score alone proves no fix. An SAE may absorb less because its letters have no latent left, because it fires more latents, or because
# the score falls for anything at all, meaning or not. So every recipe is compared at one L0, the letters' latents and the explained
# variance are judged along with absorption, and every score stands beside that of labels without meaning.

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Imports"}
from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import torch
from IPython.display import display
from myst_nb import glue
from sklearn.metrics import roc_auc_score

from absorption.claims import Claim, Evidence, Finding, Predicate, Quotation, conclude
from absorption.experiments.bank import Schedule, Table
from absorption.experiments.bank.catalogue import recipes
from absorption.experiments.bank.controlled import oracle_and_planted
from absorption.experiments.bank.detection import DETECTORS, detected
from absorption.experiments.bank.filling import fill
from absorption.experiments.bank.fitting import Fit
from absorption.experiments.bank.judgement import judged
from absorption.experiments.bank.shown import shown
from absorption.experiments.bank.wanted import Wanted, WordsIn
from absorption.experiments.bank.yardstick import yardstick
from absorption.experiments.controls import with_l0
from absorption.figures import theme
from absorption.figures.forms import dots
from absorption.figures.present import present
from absorption.figures.series import Series
from absorption.measures.saebench import VERSION
from absorption.publish.explorer import Entry, write_entries
from absorption.publish.notebook import glue_record
from absorption.runtime.parallel import in_parallel
from absorption.runtime.paths import pick_device
from absorption.saes.cost import multiplications
from absorption.saes.losses.schemes import RandomChunks

theme.use()

# %% tags=["parameters", "hide-input"] mystnb={"code_prompt_show": "Parameters"}
model_name = "SmolLM2-135M-Instruct"  # a packaged model
layers = (4, 11, 18)  # the residual stream is read after so many blocks
words_per_letter = None  # of every letter its so many most frequent words; None: all
d_sae = 1024  # latents an SAE
k = 16  # active latents an input, in training and where SAEs are judged
samples = 1_000_000  # activations that each SAE is trained on
batch_size = 1024  # activations a step
lr = 5e-3  # peak learning rate (Adam)
first_seed = 2000  # pilots used seeds below 100
n_seeds = 5  # SAEs of each recipe at each layer
first_split = 100  # pilots used splits below 10
n_splits = 3  # of the words, into training and held-out ones
frequency_layers = (4, 18)  # where SAEs are also trained on words drawn by their frequency
further_weights = (1.0, 4.0)  # of orthogonality, in Details
further_levels = (2, 3)  # nested widths, in Details
profile = "laptop"
device = "auto"

# %% tags=["claim", "hide-input"] mystnb={"code_prompt_show": "The claim, its predicates and their bounds"}
TIER = "language model"
RECIPES = ("plain", "nested", "orthogonal", "nested and orthogonal", "tied")
WITHOUT_LABELS = ("handover", "asymmetry", "decoder cosine", "co-firing")
POINT = "one word in a hundred: for less nobody would change how SAEs are trained"
CLAIM = Claim(
    id="13_fixes",
    title="Do the fixes work in a real model?",
    sentence="Orthogonality regularisation and Matryoshka training lower absorption in a language model's SAEs, at the same sparsity, for little of the explained variance.",
    quotations=(
        Quotation("Matryoshka SAEs are a promising approach to fixing absorption in SAEs.", "7vik2025sparsity", "“Matryoshka SAEs to fix Absorption”"),
        Quotation("I propose including an additional regularisation term in the SAE loss to penalise geometric non-orthogonality of the feature directions discovered by the SAE.", "till2024truefeatures", "“Proposed solution”"),
    ),
    predicates=(
        Predicate("nested_saves", "nesting lowers full absorption of letters by more than 1 point", evidence="nested_full_saved", above=0.01, tier=TIER, essential=True, because=POINT),
        Predicate("orthogonal_saves", "orthogonality lowers full absorption of letters by more than 1 point", evidence="orthogonal_full_saved", above=0.01, tier=TIER, essential=True, because=POINT),
        Predicate("nested_cheap", "nesting costs less than 5 points of explained variance", evidence="nested_explained_lost", below=0.05, tier=TIER, essential=True, because="more than twice the 2 points that its authors lost"),
        Predicate("orthogonal_cheap", "orthogonality costs less than 2 points of explained variance", evidence="orthogonal_explained_lost", below=0.02, tier=TIER, essential=True, because="an early test of the proposal lost 1.8"),
        Predicate("nested_keeps", "with nesting the letters' best latents lose less than 0.05 of their F1", evidence="nested_f1_lost", below=0.05, tier=TIER, essential=True, because="an SAE without a latent for the letter absorbs nothing, and is no fix"),
        Predicate("orthogonal_keeps", "with orthogonality they lose less than 0.05, too", evidence="orthogonal_f1_lost", below=0.05, tier=TIER, essential=True, because="the same"),
        Predicate("explains", "plain, nested and orthogonal SAEs explain more than 45% of the variance of the held-out words (the worst of them)", evidence="explained", above=0.45, tier=TIER, role="gate", because="an SAE that leaves the words out has nothing to absorb"),
        Predicate("alive", "fewer than 10% of their latents fire on no word (the worst of them)", evidence="dead", below=0.1, tier=TIER, role="gate", because="dead latents are a smaller SAE than the one that is named"),
        Predicate("stands_for", "the letters' best latents have an F1 above 0.4 (the worst of them)", evidence="best_f1", above=0.4, tier=TIER, role="gate", because="a latent that hardly tells its letter has few words to lose"),
        Predicate("matched", "no recipe's L0 on the judged words is more than 5% off plain BatchTopK's", evidence="l0_off", below=0.05, tier=TIER, role="match", because="absorption depends on L0"),
        Predicate("meaning", "plain SAEs absorb letters in full more often than half-spaces that they tell as well", evidence="plain_full_above", above=0.0, tier=TIER, role="null", because="a score that does not tell letters from nonsense cannot say what a fix does for letters"),
        Predicate("oracle", "an SAE with the probes' own directions absorbs nothing in full", evidence="full_oracle", below=0.001, tier=TIER, role="control", because="nothing is missed there, so nothing may be counted"),
        Predicate("planted", "a fifth of each letter's words, taken over by others in nested SAEs, is found: more than 0.1", evidence="full_planted", above=0.1, tier=TIER, role="control", because="a low score counts only where absorption would have been seen; half of what is planted"),
        Predicate("probe", "the letter probes' F1 on held-out words is above 0.8", evidence="probe_f1", above=0.8, tier=TIER, role="control", because="a probe that misses a fifth cannot be the yardstick"),
    ),
    findings=(
        *(Finding(f"full absorption, {name} SAEs", f"{name.replace(' ', '_')}_full", TIER) for name in RECIPES),
        *(Finding(f"of matched half-spaces, {name} SAEs", f"{name.replace(' ', '_')}_null", TIER) for name in RECIPES),
        Finding("full absorption: nesting saves more for letters than for matched half-spaces", "nested_full_saved_beyond", TIER),
        Finding("the same for orthogonality", "orthogonal_full_saved_beyond", TIER),
        Finding("nesting saves of the fraction", "nested_fraction_saved", TIER),
        Finding("orthogonality saves of the fraction", "orthogonal_fraction_saved", TIER),
        Finding("fraction in plain SAEs: letters less matched half-spaces", "plain_fraction_above", TIER),
        Finding("tying saves of full absorption", "tied_full_saved", TIER),
        Finding("both fixes together save more of full absorption than nesting alone", "both_ahead", TIER),
        Finding("words drawn by frequency: nesting saves of full absorption", "nested_frequency_saved", TIER),
        Finding("words drawn by frequency: orthogonality saves of full absorption", "orthogonal_frequency_saved", TIER),
        Finding("words drawn by frequency: F1 of the best latents (the worst recipe)", "frequency_f1", TIER),
        Finding("main latents chosen as SAEBench does: nesting saves of full absorption", "nested_saebench_saved", TIER),
        Finding("main latents chosen as SAEBench does: orthogonality saves of full absorption", "orthogonal_saebench_saved", TIER),
        *(Finding(f"absorbing pairs found without labels, area under the ROC curve: {name}", f"auc_{name.replace(' ', '_').replace('-', '_')}", TIER) for name in WITHOUT_LABELS),
    ),
)  # fmt: skip
SEEDS = range(first_seed, first_seed + n_seeds)

# %% [markdown]
# ## The world and the experiment
#
# SmolLM2 {cite}`allal2025smollm2` reads {glue:text}`n_words:,` words of its vocabulary, each alone; SAEs are trained on its
# {term}`residual stream <residual stream>` after blocks {glue:text}`layers`, as [the page on training](19_training.ipynb) found that they
# have to be: {glue:text}`samples:,` activations each, words drawn by the root of their frequency. They have {glue:text}`d_sae:,` latents, {glue:text}`k:d`
# of which are active, and differ in one thing: *plain* {term}`BatchTopK <BatchTopK>` {cite}`bussmann2024batchtopk`; *nested* in five widths
# {cite}`bussmann2025matryoshka`; *orthogonal*, with OrtSAE's penalty at its authors' weight {cite}`korznikov2025ortsae`; both; and *tied*, whose
# encoder is the decoder.

# %%
device = pick_device(device)
kinds = recipes(k, d_sae)
how = Schedule(samples, batch_size, lr)


def wanted(name, layer, seed, draw="root", recipe=None):
    """One SAE, as the bank is asked for it."""
    source = WordsIn(model_name, layer, draw, words_per_letter)
    return Wanted(source, name, Fit(recipe or kinds[name], d_sae, seed, how, device=device))


blocks = list(product(layers, SEEDS))
frequent = list(product(frequency_layers, SEEDS))
compared = ("plain", "nested", "orthogonal")
bank = {(name, "root", *block): wanted(name, *block) for name in kinds for block in blocks}
bank |= {
    (name, "frequency", *block): wanted(name, *block, "frequency") for name in compared for block in frequent
}
fill([*bank.values()])

# %% [markdown]
# Each is judged at the threshold at which {glue:text}`k:d` latents fire on an average word. A logistic {term}`probe <probe>` says where a letter can be
# read; the letter's *main latents* are those that tell it best; a held-out word that the probe finds is absorbed *in full* if they are all silent and
# one other latent carries at least two fifths of the letter {cite}`karvonen2025saebench`. The same is done for a half-space a letter: a direction tilted
# away from a live latent until that latent tells it as well as the letter's latent tells the letter.

# %%
splits = range(first_split, first_split + n_splits)
by = dict(zip(bank, judged([*bank.values()], k, splits), strict=True))


def each(name, measure, kind="letters", draw="root"):
    """One number a block of layer and seed, mean over letters and splits: [block]."""
    of = blocks if draw == "root" else frequent
    return np.array([by[name, draw, *block].mean(measure, kind) for block in of])


def about(name, number):
    """Explained variance, L0 or dead latents: [block]."""
    return np.array([getattr(by[name, "root", *block], number) for block in blocks])


# %% tags=["hide-input"] mystnb={"code_prompt_show": "The figure at the top"}
def series(label, role, rows, marker="o"):
    """Mean and 95% interval of each row's blocks."""
    made = [Evidence.of_samples("any", row, possible=(0, 1)) for row in rows]
    ends = (np.array([getattr(one, end) for one in made]) for end in ("value", "low", "high"))
    return Series(label, role, *ends, marker)


fig, panels = theme.figure(height=3.3, ncols=3, sharey=True)
for panel, measure, what in zip(panels[:2], ("full", "fraction"), ("In full", "Fraction"), strict=True):
    own = [each(name, measure) for name in kinds]
    null = [each(name, measure, "matched") for name in kinds]
    dots(
        panel, list(kinds), [series("letters", "parent", own), series("matched half-spaces", "light", null, "s")],
        "share of words" if measure == "full" else "share of the letter", reference=None,
    )  # fmt: skip
    panel.set_title(f"{what}: {own[0].mean():.1%} plain,\n{own[1].mean():.1%} nested")
    panel.set_xlim(left=0)
    panel.locator_params(axis="x", nbins=3)
explains = [about(name, "explained") for name in kinds]
dots(panels[2], list(kinds), [series("", "reference", explains)], "share of the variance", reference=None)
panels[2].set_title(f"Explained: {explains[0].mean():.2f} plain,\n{explains[1].mean():.2f} nested")
fig.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
present(
    "headline",
    fig,
    "Full absorption, absorption fraction and explained variance of five recipes; absorption of letters and of matched half-spaces.",
)

# %% [markdown]
# ## What was found
#
# {glue:text}`found`
#
# - **Nesting** lowers full absorption of letters by {glue:text}`nested_full_saved:.3f` ({glue:text}`nested_full_saved_low:.3f` to
#   {glue:text}`nested_full_saved_high:.3f`) and the fraction by {glue:text}`nested_fraction_saved:.3f`. It costs {glue:text}`nested_explained_lost:.3f`
#   of explained variance ({glue:text}`nested_explained_lost_low:.3f` to {glue:text}`nested_explained_lost_high:.3f`), and {glue:text}`nested_f1_lost:.3f` of the best latents' F1
#   ({glue:text}`nested_f1_lost_low:.3f` to {glue:text}`nested_f1_lost_high:.3f`; below zero they gain).
# - **Orthogonality** lowers full absorption by {glue:text}`orthogonal_full_saved:.3f` ({glue:text}`orthogonal_full_saved_low:.3f` to
#   {glue:text}`orthogonal_full_saved_high:.3f`) and the fraction by {glue:text}`orthogonal_fraction_saved:.3f`, and costs
#   {glue:text}`orthogonal_explained_lost:.3f` of explained variance and no F1 that can be told ({glue:text}`orthogonal_f1_lost:.3f`,
#   {glue:text}`orthogonal_f1_lost_low:.3f` to {glue:text}`orthogonal_f1_lost_high:.3f`). That it saves more than one word in a hundred is not shown. It is OrtSAE's form of
#   the proposal that was tried, not Till's sum over all pairs.
# - **Both together** save {glue:text}`both_ahead:.3f` more than nesting alone ({glue:text}`both_ahead_low:.3f` to {glue:text}`both_ahead_high:.3f`).
# - **Tying**, which lowers absorption in [toy worlds](16_tying.ipynb), but not to nothing, saves {glue:text}`tied_full_saved:.3f` ({glue:text}`tied_full_saved_low:.3f` to
#   {glue:text}`tied_full_saved_high:.3f`), and letters get better latents, as the table in *Details* shows. No verdict rests on it: it was not asked beforehand.
#
# **Is it letters that profit?** In plain SAEs *full* absorption of letters is {glue:text}`plain_full_above:.3f` above that of
# matched half-spaces ({glue:text}`plain_full_above_low:.3f` to {glue:text}`plain_full_above_high:.3f`), as it was on pilot seeds, and the *fraction* is
# *below* theirs, {glue:text}`plain_fraction_above:.3f` ({glue:text}`plain_fraction_above_low:.3f` to {glue:text}`plain_fraction_above_high:.3f`). That is why the verdict
# rests on the first of the two scores. Nesting saves {glue:text}`nested_full_saved_beyond:.3f` more for letters than for half-spaces without meaning
# ({glue:text}`nested_full_saved_beyond_low:.3f` to {glue:text}`nested_full_saved_beyond_high:.3f`): with it letters are absorbed in {glue:text}`nested_full:.1%` of words, nonsense in {glue:text}`nested_null:.1%`. What orthogonality saves for
# letters it saves for nonsense as well, and more (difference {glue:text}`orthogonal_full_saved_beyond:.3f`,
# {glue:text}`orthogonal_full_saved_beyond_low:.3f` to {glue:text}`orthogonal_full_saved_beyond_high:.3f`): so the excess of letters over half-spaces is not lower with it
# ({glue:text}`orthogonal_full:.3f` against {glue:text}`orthogonal_null:.3f`), and it seems to act on directions of any kind.
#
# **Does the draw decide?** With words drawn as often as English has them, nesting saves {glue:text}`nested_frequency_saved:.3f` of full absorption
# ({glue:text}`nested_frequency_saved_low:.3f` to {glue:text}`nested_frequency_saved_high:.3f`) and orthogonality {glue:text}`orthogonal_frequency_saved:.3f`
# ({glue:text}`orthogonal_frequency_saved_low:.3f` to {glue:text}`orthogonal_frequency_saved_high:.3f`). These SAEs have hardly met most of the words that they are judged on: their
# letters' best latents reach an F1 of {glue:text}`frequency_f1:.2f` in the worst recipe, less than this page asks of an SAE. So nothing follows from them.
#
# ## The null and the controls
#
# - **{term}`Null <null>`: matched half-spaces.** One a letter and split, {glue:text}`n_splits:d` splits. They are matched in the F1 of the best latent, not in the number of main latents.
# - **{term}`Oracle <oracle>`.** An SAE whose first latents are the probes' own directions misses nothing, and absorbs nothing.
# - **Planted.** In nested SAEs, made into oracles, a fifth of every letter's words was taken over by others, in turn eight a letter: full absorption is
#   {glue:text}`full_planted:.2f`. It is measured there, and not on the nested SAEs' own latents.
# - **Other main latents.** With those that SAEBench {glue:text}`saebench_version` would choose, nesting saves {glue:text}`nested_saebench_saved:.3f` and orthogonality
#   {glue:text}`orthogonal_saebench_saved:.3f`.


# %% tags=["hide-input"] mystnb={"code_prompt_show": "Controls"}
def controls(block):
    """Full absorption of the oracle (the worst letter) and of absorption planted in it."""
    one = bank["nested", "root", *block]
    scale = yardstick(one.source, first_split)
    stack = with_l0(one.get()[0], Table(scale.x), k)
    lots = torch.Generator().manual_seed(first_split)
    none, some = oracle_and_planted(stack, scale, share=0.2, each=8, generator=lots)
    return float(none[scale.rated].max()), float(some[scale.rated].mean())


by_control = np.array(in_parallel(controls, blocks[::n_seeds]))  # the first seed of each layer
yardsticks = [
    yardstick(bank["plain", "root", *block].source, split) for block in blocks[::n_seeds] for split in splits
]
probe_f1 = np.mean([float(one.probe_f1[: one.n_letters][one.rated].mean()) for one in yardsticks])

# %% [markdown]
# ## What this does not show
#
# - **That the fixes work in every model.** In [Gemma](27_second_model.ipynb) a few nested pilots absorb about as much as plain SAEs.
# - **That the fixes work at every size.** These SAEs have {glue:text}`d_sae:,` latents, and the model is a small one. Nesting's authors report its
#   gain with many times as many latents on a far larger model.
# - **One verdict for two proposals.** It is that of the weaker one: nesting passes all that was required of it.
# - **That SAEs of one layer are independent.** They share words, activations and probes; intervals do not speak for other layers or models.
# - **Anything about running text.** Words were read alone.
# - **That absorption by these scores is absorption in the model.** [Interventions](11_absorbing_latents.ipynb) are on another page.
# - **That no better weight or nesting exists.** One setting of each fix is judged; Details has a few more, in one layer, and there fewer widths and larger
#   weights do well. The weight of orthogonality is the largest of those tried on pilot seeds that left fewer than a tenth of the latents dead in each layer tried.
#
# ## Details
#
# **All numbers**, means over blocks (*alike*: of matched half-spaces; *SAEBench*: full, with main latents as it chooses them; *products*: multiplications of a training step,
# plain = 1):

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Table: all recipes"}
COLUMNS = {"full": "full", "fraction": "fraction", "silent": "silent", "F1": "f1", "main": "main"}


def row(name):
    cost = [multiplications(kinds[n], yardsticks[0].x.shape[1], d_sae, batch_size) for n in (name, "plain")]
    found = {title: f"{each(name, measure).mean():.3f}" for title, measure in COLUMNS.items()}
    alike = {
        f"{title}, alike": f"{each(name, measure, 'matched').mean():.3f}"
        for title, measure in list(COLUMNS.items())[:3]
    }
    learned = {
        "explained": f"{about(name, 'explained').mean():.3f}",
        "dead": f"{about(name, 'dead').mean():.3f}",
    }
    theirs = {
        "SAEBench": f"{each(name, 'full', 'saebench').mean():.3f}",
        "products": f"{cost[0] / cost[1]:.2f}",
    }
    return {"recipe": name} | found | alike | theirs | learned


display(pd.DataFrame([row(name) for name in kinds]).set_index("recipe").T)

# %% [markdown]
# **Dose and response**, after block {glue:text}`first_layer:d`, {glue:text}`n_seeds:d` seeds:

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Table: other weights and depths"}
apart = RandomChunks(size=8192, every=5)
doses = {
    f"orthogonality {w:g}": replace(kinds["plain"], orthogonality=w, orthogonality_scheme=apart)
    for w in further_weights
}
doses |= {
    f"{n} widths": replace(kinds["plain"], nesting=tuple(d_sae // 2**i for i in reversed(range(n))))
    for n in further_levels
}
tried = {
    (name, seed): wanted(name, layers[0], seed, recipe=recipe)
    for name, recipe in doses.items()
    for seed in SEEDS
}
fill([*tried.values()])
responses = {(name, seed): by[name, "root", layers[0], seed] for name in compared for seed in SEEDS}
responses |= dict(zip(tried, judged([*tried.values()], k, splits), strict=True))


def response(name):
    of = [responses[name, seed] for seed in SEEDS]
    means = {m: f"{np.mean([one.mean(m) for one in of]):.3f}" for m in ("full", "fraction", "f1")}
    return (
        {"recipe": name}
        | means
        | {n: f"{np.mean([getattr(one, n) for one in of]):.3f}" for n in ("explained", "dead")}
    )


display(pd.DataFrame([response(name) for name in (*compared, *doses)]).set_index("recipe"))

# %% [markdown]
# **Detectors.** In toy worlds, absorption can be found [without labels](09_meta_saes.ipynb). Here, in plain SAEs after block
# {glue:text}`first_layer:d`, a pair is right if its second latent absorbs a held-out word of the letter that the first stands for. The area under the ROC curve is
# {glue:text}`auc_handover:.2f` for handover and {glue:text}`auc_decoder_cosine:.2f` for the decoder's cosine alone. Partly that is built in: to absorb a letter by this score is to write along its direction.


# %% tags=["hide-cell", "nbval-check-output"]
def areas(seed):
    pairs = detected(bank["plain", "root", layers[0], seed], k, first_split)
    return [roc_auc_score(pairs["truth"], pairs[name]) for name in DETECTORS]


auc = np.array(in_parallel(areas, SEEDS))


def saved(name, measure="full", kind="letters", draw="root"):
    return each("plain", measure, kind, draw) - each(name, measure, kind, draw)


def differ(name, values, note=""):
    return Evidence.of_samples(name, values, of="blocks of layer and seed", possible=(-1, 1), note=note)


def worst(pick, values):
    return pick([values(name) for name in compared], axis=0)


of_blocks = dict(of="blocks of layer and seed", possible=(0, 1))
evidence = [
    *Evidence.family({f"{name}_full_saved": saved(name) for name in compared[1:]}, against=0.01, of="blocks of layer and seed", possible=(-1, 1)),
    *(differ(f"{name}_explained_lost", about("plain", "explained") - about(name, "explained")) for name in compared[1:]),
    *(differ(f"{name}_f1_lost", saved(name, "f1")) for name in compared[1:]),
    *(differ(f"{name}_fraction_saved", saved(name, "fraction")) for name in compared[1:]),
    *(differ(f"{name}_full_saved_beyond", saved(name) - saved(name, kind="matched")) for name in compared[1:]),
    *(differ(f"{name}_frequency_saved", saved(name, draw="frequency")) for name in compared[1:]),
    *(differ(f"{name}_saebench_saved", saved(name, kind="saebench")) for name in compared[1:]),
    *(Evidence.of_samples(f"{name.replace(' ', '_')}_full", each(name, "full"), **of_blocks) for name in kinds),
    *(Evidence.of_samples(f"{name.replace(' ', '_')}_null", each(name, "full", "matched"), **of_blocks) for name in kinds),
    differ("plain_full_above", np.array([by["plain", "root", *block].above("full") for block in blocks]), "over letters that have a half-space"),
    differ("plain_fraction_above", np.array([by["plain", "root", *block].above("fraction") for block in blocks]), "likewise"),
    differ("tied_full_saved", saved("tied")),
    differ("both_ahead", each("nested", "full") - each("nested and orthogonal", "full")),
    Evidence.of_samples("explained", worst(np.min, lambda name: about(name, "explained")), of="blocks of layer and seed", possible=(-np.inf, 1)),
    Evidence.of_samples("dead", worst(np.max, lambda name: about(name, "dead")), **of_blocks),
    Evidence.of_samples("best_f1", worst(np.min, lambda name: each(name, "f1")), **of_blocks),
    Evidence.of_samples("frequency_f1", worst(np.min, lambda name: each(name, "f1", draw="frequency")), **of_blocks),
    Evidence.of_samples("l0_off", np.max([abs(about(name, "l0") / about("plain", "l0") - 1) for name in kinds], axis=0), of="blocks of layer and seed"),
    Evidence.exactly("full_oracle", by_control[:, 0].max(), note="largest rate of a letter, first seed of each layer"),
    Evidence.exactly("full_planted", by_control[:, 1].min(), note="the least, first seed of each layer"),
    Evidence.exactly("probe_f1", probe_f1),
    *(Evidence.of_samples(f"auc_{name.replace(' ', '_').replace('-', '_')}", auc[:, i], possible=(0, 1)) for i, name in enumerate(DETECTORS)),
]  # fmt: skip
beyond = (saved("orthogonal") - saved("orthogonal", kind="matched")).mean()
no_more = " What orthogonality saves it saves for labels that mean nothing, too." if beyond <= 0 else ""
record = conclude(
    CLAIM,
    evidence,
    found=(
        "At the same L0, {plain_full:.1%} of words are absorbed in full in plain SAEs, {nested_full:.1%} in nested and "
        "{orthogonal_full:.1%} in orthogonal ones." + no_more
    ),
    headline="nested_full_saved",
    seeds=SEEDS,
    parameters=dict(
        model_name=model_name, layers=layers, words_per_letter=words_per_letter, d_sae=d_sae, k=k, samples=samples, batch_size=batch_size, lr=lr,
        first_seed=first_seed, n_seeds=n_seeds, first_split=first_split, n_splits=n_splits, frequency_layers=frequency_layers,
        further_weights=further_weights, further_levels=further_levels,
    ),
    profile=profile,
    device=device,
)  # fmt: skip
print(record)

# %% tags=["remove-cell"]
glue_record(record)
for name, value in dict(
    n_words=len(yardsticks[0].x), layers=", ".join(map(str, layers)), samples=samples, d_sae=d_sae, k=k, n_blocks=len(blocks),
    n_splits=n_splits, n_seeds=n_seeds, first_layer=layers[0], saebench_version=VERSION, found=record.found,
).items():  # fmt: skip
    glue(name, value, display=False)
of_first = [key for key in by if key[1:] == ("root", layers[0], first_seed)]
entries = shown([bank[key] for key in of_first], [by[key] for key in of_first], k, first_split)
write_entries(record.claim.id, profile, [Entry(**entry) for entry in entries])
