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
# # Does orthogonality fix absorption in a real model?
#
# :::{claim}
# :::
#
# ```{picture} headline
# :alt: Full absorption, absorption fraction and explained variance of plain and orthogonal SAEs in two models; beside both scores those of half-spaces that mean nothing.
# Plain SAEs and SAEs with a penalty on directions that are not orthogonal, at the same {term}`L0 <L0>`. Left and middle: two {term}`absorption <absorption>` scores of letters, and of *matched half-spaces*, labels that
# mean nothing and that some {term}`latent <latent>` tells as well as the letter's own tells the letter. *In full*: the share of words on which a letter's own latents are silent and one other carries it; *fraction*: how
# much of a word's letter others carry. Right: what an SAE explains (this axis does not begin at zero). Titles are SmolLM2's, of which the verdict is. Means over {glue:text}`n_blocks:d` SAEs of each kind (layer × {term}`seed <seed>`; in Gemma one layer, so fewer), with 95% intervals
# over SAEs; these mix layers, the differences in the table are paired.
# ```
#
# ```{predicates}
# ```
#
# ## The idea
#
# *Snake* starts with S. An {term}`SAE <SAE>` that has a {term}`latent <latent>` for S and one for *snake* pays for two active latents, so it is cheaper to let the *snake* latent say S along and to silence the S
# latent: {term}`absorption <absorption>`. A latent that says S along points a little in the direction of S. To penalise directions that are not **orthogonal** makes that dear. Till proposed it to find true features instead of combinations of features, and does not speak of absorption; that it should lower absorption is what others say {cite}`korznikov2025ortsae`, and what is asked here. In toy worlds
# [it helps](07_orthogonality.ipynb) where training starts beside the true directions. (The other proposal, nesting, has [a page of its own](13_fixes.ipynb).)
#
# A lower score alone proves no fix. An SAE may absorb less because its letters have no latent left, because it fires more latents, or because the score falls for anything at all, meaning or not. A penalty on angles is a
# suspect for the last: absorption is counted where another latent points along the label's direction, whatever that direction means. So recipes are compared at one L0, the letters' latents and the explained variance
# are judged along with absorption, and what is saved for letters stands beside what is saved for labels without meaning.

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Imports"}
from functools import partial

import numpy as np
import pandas as pd
from IPython.display import display

from absorption.claims import Claim, Finding, Predicate, Quotation, conclude
from absorption.claims.crossed import narrow_and_wide
from absorption.claims.each import of_each, of_ranges
from absorption.experiments.bank import Schedule
from absorption.experiments.bank.catalogue import recipes
from absorption.experiments.bank.filling import fill
from absorption.experiments.bank.shown import shown
from absorption.experiments.bank.wanted import WordsIn
from absorption.experiments.blockwise import Blocks
from absorption.experiments.fixes import COLUMNS, FACTORS, Fix, nearest_cosine, numbers_of
from absorption.experiments.one_a_seed import one_a_seed
from absorption.experiments.room_for import control_of
from absorption.figures import theme
from absorption.figures.present import present
from absorption.measures.saebench import VERSION
from absorption.publish.explorer import Entry, write_entries
from absorption.publish.fixes import OF, left_out, of_cells, of_controls, of_second_model, scores_and_price
from absorption.publish.notebook import glue_record, glue_values
from absorption.runtime.parallel import in_parallel
from absorption.runtime.paths import pick_device
from absorption.saes.cost import multiplications
from absorption.worlds.packaged import not_installed

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
first_seed = 2005  # an earlier version judged 2000 to 2004
n_seeds = 5  # SAEs of each recipe at each layer
first_split = 380  # of the words, into training and held-out ones; an earlier version had 100 to 102
n_splits = 3
second_model = "gemma-3-270m"  # another packaged model, for findings
second_layers = (10,)
least = 1e-6  # of its words, those that English has at least so often
second_seed = 2000  # the first of its SAEs
n_beside = 1  # splits on which Gemma is judged
profile = "laptop"
device = "auto"

# %% tags=["claim", "hide-input"] mystnb={"code_prompt_show": "The claim, its predicates and their bounds"}
TIER = "language model"
POINT = "one word in a hundred: for less nobody would change how SAEs are trained"
CLAIM = Claim(
    id="28_orthogonal_saes",
    title="Does orthogonality fix absorption in a real model?",
    sentence="Orthogonality regularisation lowers absorption in a language model's SAEs, at the same sparsity, for little of the explained variance.",
    quotations=(Quotation("I propose including an additional regularisation term in the SAE loss to penalise geometric non-orthogonality of the feature directions discovered by the SAE.", "till2024truefeatures", "“Proposed solution”"),),
    predicates=(
        Predicate("saves", "orthogonality lowers full absorption of letters by more than 1 point", evidence="orthogonal_full_saved", above=0.01, tier=TIER, essential=True, because=POINT),
        Predicate("by_a_point", "orthogonality saves more for letters than for their half-spaces, by more than 1 point", evidence="orthogonal_full_saved_beyond", above=0.01, tier=TIER, because="the same bound, asked of what is saved of letters alone; the source compares with no nonsense, so that no verdict falls by it alone"),
        Predicate("cheap", "orthogonality costs less than 2 points of explained variance", evidence="orthogonal_explained_lost", below=0.02, tier=TIER, essential=True, because="an early test of the proposal lost 1.8"),
        Predicate("keeps", "with orthogonality the letters' best latents lose less than 0.05 of their F1", evidence="orthogonal_f1_lost", below=0.05, tier=TIER, essential=True, because="an SAE without a latent for the letter absorbs nothing, and is no fix"),
        Predicate("beyond", "orthogonality saves more for letters than for half-spaces that the SAEs tell as well", evidence="orthogonal_full_saved_beyond", above=0.0, tier=TIER, role="null", because="a score that falls as much for labels that mean nothing does not say that letters are absorbed less; any difference speaks for letters"),
        Predicate("explains", "plain and orthogonal SAEs explain more than 45% of the variance of the held-out words (the worse of them)", evidence="explained", above=0.45, tier=TIER, role="gate", because="an SAE that leaves the words out has nothing to absorb"),
        Predicate("alive", "fewer than 10% of their latents fire on no word (the worse of them)", evidence="dead", below=0.1, tier=TIER, role="gate", because="dead latents are a smaller SAE than the one that is named"),
        Predicate("stands_for", "the letters' best latents have an F1 above 0.4 (the worse of them)", evidence="best_f1", above=0.4, tier=TIER, role="gate", because="a latent that hardly tells its letter has few words to lose"),
        Predicate("matched", "orthogonal SAEs' L0 on the judged words is less than 5% off that of plain ones", evidence="l0_off", below=0.05, tier=TIER, role="match", because="absorption depends on L0"),
        Predicate("oracle", "an SAE with the probes' own directions absorbs nothing in full", evidence="full_oracle", below=0.001, tier=TIER, role="control", because="nothing is missed there, so nothing may be counted"),
        Predicate("planted", "a fifth of each letter's words, taken over by others in orthogonal SAEs where no trained latent of the letter is left, is found: more than 0.1", evidence="full_planted", above=0.1, tier=TIER, role="control", because="a low score counts only where absorption would have been seen; half of what is planted"),
        Predicate("probe", "the letter probes' F1 on held-out words is above 0.8", evidence="probe_f1", above=0.8, tier=TIER, role="control", because="a probe that misses a fifth cannot be the yardstick"),
    ),
    findings=(
        Finding("full absorption, plain SAEs", "plain_full", TIER),
        Finding("full absorption, orthogonal SAEs", "orthogonal_full", TIER),
        Finding("of matched half-spaces, plain SAEs", "plain_null", TIER),
        Finding("of matched half-spaces, orthogonal SAEs", "orthogonal_null", TIER),
        Finding("orthogonality saves of the fraction", "orthogonal_fraction_saved", TIER),
        Finding("orthogonality saves of the fraction, more for letters than for matched half-spaces", "orthogonal_fraction_saved_beyond", TIER),
        Finding("main latents chosen as SAEBench does: orthogonality saves of full absorption", "orthogonal_saebench_saved", TIER),
        Finding("Gemma: orthogonality saves of full absorption", "gemma_saved", TIER),
        Finding("Gemma: more for letters than for matched half-spaces", "gemma_saved_beyond", TIER),
        Finding("Gemma: orthogonality costs of explained variance", "gemma_explained_lost", TIER),
        Finding("Gemma: orthogonality costs of the best latents' F1", "gemma_f1_lost", TIER),
        Finding("Gemma: share of orthogonal SAEs' latents that fire on no word", "gemma_dead", TIER),
    ),
)  # fmt: skip
SEEDS = range(first_seed, first_seed + n_seeds)

# %% [markdown]
# ## The world and the experiment
#
# SmolLM2 {cite}`allal2025smollm2` reads {glue:text}`n_words:,` words of its vocabulary, each alone; SAEs are trained on its {term}`residual stream <residual stream>` after blocks {glue:text}`layers`, as [the page on
# training](19_training.ipynb) found that they have to be: {glue:text}`samples:,` activations each, words drawn by the root of their frequency. They have {glue:text}`d_sae:,` latents, {glue:text}`k:d` of which are
# active, and differ in one thing: *plain* {term}`BatchTopK <BatchTopK>` {cite}`bussmann2024batchtopk`, and *orthogonal*, with OrtSAE's form of the {term}`penalty <orthogonality penalty>` at its authors' weight {cite}`korznikov2025ortsae`. As
# findings, which no verdict hangs on, the same in Gemma 3 270M {cite}`gemma3` after block {glue:text}`second_layers`, whose dimensions are scaled [each by its own width](27_second_model.ipynb).
#
# Bounds are those of an [earlier version](13_fixes.ipynb) of the page on nesting, which gave one verdict for both proposals, on other SAEs of the same model. There orthogonality saved about as much as the first bound
# asks, but more for nonsense than for letters (by an interval over SAEs alone). That it has to save more for letters was made a condition in that knowledge, and frozen before anybody had judged one of these orthogonal SAEs. Plain ones of these seeds
# had been judged before, on other splits, by [three](11_absorbing_latents.ipynb) [other](24_exceptions.ipynb) [pages](25_matching_pursuit.ipynb), for other questions.

# %%
device = pick_device(device)
reason = not_installed(second_model) or ""
kinds = {name: recipes(k, d_sae)[name] for name in ("plain", "orthogonal")}
source = partial(WordsIn, per_letter=words_per_letter)
sources = [source(model_name, layer) for layer in layers]
of_second = [source(second_model, layer, least=least) for layer in second_layers if not reason]
wanted = partial(one_a_seed, d_sae=d_sae, k=k, schedule=Schedule(samples, batch_size, lr), device=device)
bank = {name: wanted(sources, name, recipe=kind, seeds=SEEDS) for name, kind in kinds.items()}
seeds = range(second_seed, second_seed + n_seeds)
second = {name: wanted(of_second, name, recipe=kind, seeds=seeds) for name, kind in kinds.items()}
fill([one for saes in (*bank.values(), *second.values()) for one in saes])

# %% [markdown]
# Each is judged at the threshold at which {glue:text}`k:d` latents fire on an average word. A logistic {term}`probe <probe>` says where a letter can be read; the letter's *main latents* are those that tell it best; a
# held-out word that the probe finds is absorbed *in full* if they are all silent and one other latent carries at least two fifths of the letter {cite}`karvonen2025saebench`. The same is done for a half-space a letter:
# a direction tilted away from a live latent until that latent tells it as well as the letter's latent tells the letter.
#
# All SAEs share words, letters and the draw of the half-spaces. So what is saved *beyond half-spaces* has two intervals: over SAEs alone, and one in which splits and letters, with their half-spaces, might have
# been others as well. The wider one decides. (With so few splits it may hold the truth nine times in ten rather than nineteen in twenty.)

# %%
splits = range(first_split, first_split + n_splits)
judge = partial(Blocks.of, l0=k, classify=False)
fix = Fix(*(judge(saes, splits=splits) for saes in bank.values()))
other = None if reason else Fix(*(judge(saes, splits=splits[:n_beside]) for saes in second.values()))

# %% tags=["hide-input"] mystnb={"code_prompt_show": "The figure at the top"}
places = {"SmolLM2, plain": fix.plain, "SmolLM2, orthogonal": fix.fixed}
places |= {"Gemma, plain": other.plain, "Gemma, orthogonal": other.fixed} if other else {}
alt = "Two scores and explained variance, recipe by recipe."
numbers = numbers_of(places)
present("headline", scores_and_price(numbers, [*kinds]), alt)

# %% [markdown]
# ## What was found
#
# {glue:text}`found`
#
# Orthogonality lowers full absorption of letters by {glue:text}`orthogonal_full_saved:.3f` ({glue:text}`orthogonal_full_saved_low:.3f` to {glue:text}`orthogonal_full_saved_high:.3f`) and the fraction by
# {glue:text}`orthogonal_fraction_saved:.3f` ({glue:text}`orthogonal_fraction_saved_low:.3f` to {glue:text}`orthogonal_fraction_saved_high:.3f`). It costs {glue:text}`orthogonal_explained_lost:.3f` of explained variance ({glue:text}`orthogonal_explained_lost_low:.3f` to
# {glue:text}`orthogonal_explained_lost_high:.3f`), and {glue:text}`orthogonal_f1_lost:.3f` of the best latents' F1 ({glue:text}`orthogonal_f1_lost_low:.3f` to {glue:text}`orthogonal_f1_lost_high:.3f`; below zero they
# gain).
#
# **Is it letters that profit?** What it saves of full absorption for letters, less what it saves for half-spaces without meaning, is {glue:text}`orthogonal_full_saved_beyond:.3f`: {glue:text}`narrow` over SAEs alone,
# {glue:text}`crossed` where splits and letters count as drawn, too. In plain SAEs letters are at {glue:text}`plain_full:.1%` and half-spaces at {glue:text}`plain_null:.1%`, in orthogonal ones at
# {glue:text}`orthogonal_full:.1%` and {glue:text}`orthogonal_null:.1%`. So a little less is absorbed, of labels that mean nothing as of letters. That nonsense profits more, as in the earlier version, is not told here. That letters profit by one word in
# a hundred more than nonsense is ruled out, as far as the wide interval goes; a smaller profit, or a loss, stays open. Had it been as large as in [nested SAEs](13_fixes.ipynb), this design would have found it. The verdict is open for two reasons: whether letters profit more than nonsense is not told, and neither is whether more than one word in a hundred is saved.
#
# **Did the penalty turn the latents?** The cosine of a latent's decoder row with its nearest one, mean over latents, is {glue:text}`plain_nearest:.2f` in plain SAEs ({glue:text}`plain_nearest_low:.2f` to
# {glue:text}`plain_nearest_high:.2f`) and {glue:text}`orthogonal_nearest:.2f` ({glue:text}`orthogonal_nearest_low:.2f` to {glue:text}`orthogonal_nearest_high:.2f`) in orthogonal ones, whatever its sign.
#
# **In Gemma.** {glue:text}`second`

# %% [markdown]
# ## The null and the controls
#
# - **{term}`Null <null>`: matched half-spaces.** One a letter and split, {glue:text}`n_splits:d` splits. They are matched in the F1 of the plain or orthogonal SAE's own best latent, not in the number of main latents.
# - **{term}`Oracle <oracle>`.** An SAE whose first latents are the probes' own directions misses nothing, and absorbs nothing.
# - **Planted.** In orthogonal SAEs, made into oracles, a fifth of every letter's words was taken over, each by one of eight other latents a letter, which carries the letter while the letter's own latent is silent. These stand where the trained latents were that tell the letter. Full absorption is
#   {glue:text}`full_planted:.2f`, as in nested ones: what is planted decides, not what was trained.
# - **Other main latents.** With those that SAEBench {glue:text}`saebench_version` would choose, orthogonality saves {glue:text}`orthogonal_saebench_saved:.3f`.

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Controls"}
first_seeds = bank["orthogonal"][::n_seeds]  # one a layer
by_control = in_parallel(lambda one: control_of(one, k, first_split), first_seeds)

# %% [markdown]
# ## What this does not show
#
# - **That it is so in every model, or at every size.** Two small models are two, the second is no part of the verdict, and SAEs have {glue:text}`d_sae:,` latents.
# - **Till's own form of the penalty**, a sum of |cosine| over all pairs of latents, nor what Till expects of it. What was trained is OrtSAE's: every fifth step, the squared cosine of each latent with its nearest. Its chunks of latents are larger than
#   these SAEs, so that all latents are in one.
# - **That no better weight exists.** One is judged. It is the largest of those tried on pilot seeds that left fewer than a tenth of the latents dead in each layer tried.
# - **That SAEs of one layer are independent.** They share words, activations and probes; the wide interval counts letters and splits as drawn, but layers and model are fixed.
# - **Anything about running text.** Words were read alone.
# - **That absorption by these scores is absorption in the model.** [Interventions](11_absorbing_latents.ipynb) are on another page. Half-spaces may be absorbed in earnest, too: that a score falls for them as well
#   does not say that nothing is mended, but that letters are not what is.
#
# ## Details
#
# **All numbers**, means over SAEs (*silent*: words on which all {term}`main latents <main latent>` are silent; *alike*: of matched half-spaces; *SAEBench*: full, with main latents as it chooses them; *F1*: of the best latent; *main*: how many main latents; *dead*: latents that fire on no word). Gemma was judged on the first split alone.

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Table: all recipes"}
d_in = bank["plain"][0].source.read().x.shape[1]
cost = {name: multiplications(recipe, d_in, d_sae, batch_size) for name, recipe in kinds.items()}
orthogonal_cost = cost["orthogonal"] / cost["plain"]
means = pd.DataFrame(numbers).map(np.mean).rename(COLUMNS)
display(means.map("{:.3f}".format).T.rename_axis("SAEs"))

# %% [markdown]
# A training step of an orthogonal SAE takes {glue:text}`orthogonal_cost:.2f` times the multiplications of a plain one's.

# %% tags=["hide-cell", "nbval-check-output"]
nearest = {
    f"{name}_nearest": [nearest_cosine(one.get()[0].dictionary[0]) for one in saes]
    for name, saes in bank.items()
}
cells = dict(
    orthogonal_full_saved_beyond=fix.beyond(), orthogonal_fraction_saved_beyond=fix.beyond("fraction")
)
cells |= {"gemma_saved_beyond": other.beyond()} if other else {}
shares = nearest | ({"gemma_dead": other.fixed.about("dead")} if other else {})
evidence = [
    *of_ranges(fix.by_range("orthogonal"), of=OF), *of_each(shares, possible=(0, 1), of=OF), *of_cells(cells, FACTORS), *of_controls(by_control),
    *(of_each(other.in_short("gemma"), possible=(-1, 1), of=OF) if other else ()),
]  # fmt: skip
evidence += left_out(CLAIM.findings, evidence, reason)
record = conclude(
    CLAIM,
    evidence,
    found="In SmolLM2, at the same L0, {plain_full:.1%} of words are absorbed in full in plain SAEs and {orthogonal_full:.1%} in orthogonal ones; that letters profit more than labels that mean nothing is not told.",
    headline="orthogonal_full_saved_beyond",
    seeds=SEEDS,
    parameters=dict(
        model_name=model_name, layers=layers, words_per_letter=words_per_letter, d_sae=d_sae, k=k, samples=samples, batch_size=batch_size, lr=lr,
        first_seed=first_seed, n_seeds=n_seeds, first_split=first_split, n_splits=n_splits, second_model=second_model, second_layers=second_layers,
        least=least, second_seed=second_seed, n_beside=n_beside,
    ),
    profile=profile,
    device=device,
)  # fmt: skip
print(record)

# %% tags=["remove-cell"]
glue_record(record)
told = of_second_model(record.evidence, "orthogonality", "orthogonal") if other else f"Not run: {reason}"
narrow, wide = narrow_and_wide(record.headline, fix.beyond(), FACTORS, of=OF)
glue_values(
    n_words=len(bank["plain"][0].source.read().words.letters), layers=", ".join(map(str, layers)), second_layers=", ".join(map(str, second_layers)),
    samples=samples, d_sae=d_sae, k=k, n_blocks=len(bank["plain"]), n_splits=n_splits, first_layer=layers[0],
    saebench_version=VERSION, orthogonal_cost=orthogonal_cost, found=record.found, second=told,
    narrow=f"{narrow.low:.3f} to {narrow.high:.3f}", crossed=f"{wide.low:.3f} to {wide.high:.3f}",
)  # fmt: skip
entries = shown(bank["orthogonal"][:1], fix.fixed.judged[:1], k, first_split)
write_entries(record.claim.id, profile, [Entry(**entry) for entry in entries])
