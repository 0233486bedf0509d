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
# # Does matching pursuit recover hierarchies that others absorb?
#
# :::{claim}
# :::
#
# ```{picture} headline
# :alt: Left, over the spread of magnitudes, how far children's latents lean towards their parents, for pursuit, L1, BatchTopK and nested SAEs. Middle, the same for pursuit trained with one, two and eight steps. Right, how often first letters and half-spaces that mean nothing are absorbed in full by BatchTopK and by pursuit.
#
# Left: on the tree of the source, the *absorption score*, the mean |cosine| of a {term}`child`'s {term}`latent` with its {term}`parent`, less the true one, where there is one (0 is the truth, 0.71 is parent and child in equal parts), over how much magnitudes vary (standard deviation over mean; dotted: the source's own world). Middle: the same of pursuit that was trained with fewer steps. Right: SmolLM2, how many words' letters are
# {term}`absorbed in full`, and the same of half-spaces that mean nothing and are known as well: in pursuit these are absorbed more often than letters, so that there the rate is not about letters. Colours mean something else in each panel. Bands and bars: 95% intervals over {glue:text}`n_few:d` worlds or {glue:text}`n_seeds:d` seeds.
# ```
#
# ```{predicates}
# ```
#
# ## The idea
#
# An {term}`SAE` reads all its {term}`latents <latent>` off one input at once. A *matching pursuit* {cite}`costa2025matching` chooses them one after the other: the latent that points most along the input, then the one that points most along what is *left*, and so on. What the first has explained is gone before the second looks.
#
# That suits hierarchies of a certain shape. In language models what a *sparrow* adds to *bird* is often at right angles to *bird* {cite}`park2024hierarchy`: levels are orthogonal, while siblings, *sparrow* and *robin*, may be much alike. The authors call this *conditional orthogonality*: an SAE that keeps all directions apart has no room for it, and one that reads along *bird*, takes *bird* away and reads again does. The first post of this
# book's list {cite}`amagibaba2025splitting` leaves SAEs, over {term}`absorption` among other things, and names these two works as support for its view of how features are arranged.
#
# But {doc}`05_every_architecture` found that pursuit absorbs as much as any. Can both be right? Suppose magnitudes never vary: every sparrow is *bird* + *sparrow* in one proportion. Then a row for the sum writes it in one step, and nothing is lost. Suppose they do vary: then the sum leaves a remainder, and only two rows leave none. A pursuit pays for nothing but its remainder. So the answer should depend on **how much magnitudes vary**, and on
# **how many steps are allowed**; the authors say the first themselves (third quotation).

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Imports"}
from functools import partial

import numpy as np
import pandas as pd
from IPython.display import display

from absorption.claims import Claim, Evidence, Finding, Predicate, Quotation, conclude
from absorption.claims.each import of_each
from absorption.claims.families import of_worst
from absorption.claims.known import of_known
from absorption.experiments.bank import Schedule
from absorption.experiments.bank.judgement import judged
from absorption.experiments.bank.wanted import WordsIn
from absorption.experiments.bank.yardstick import yardstick
from absorption.experiments.levels import placed
from absorption.experiments.one_a_seed import one_a_seed
from absorption.experiments.property_words import property_words
from absorption.experiments.pursued import Pursued
from absorption.experiments.pursuit_looks import interferences, told
from absorption.experiments.pursuits import beside_half_spaces, compared, judged_pursuits
from absorption.experiments.tree_jobs import Job, each, run_all
from absorption.experiments.tree_told import every_table, pairs, shares
from absorption.figures import theme
from absorption.figures.present import present
from absorption.figures.side_by_side import curves_beside_dots
from absorption.figures.written import written
from absorption.publish.averages import averages, several
from absorption.publish.notebook import glue_record, glue_values
from absorption.runtime.paths import pick_device
from absorption.theory.pursuit import absorbed_cost
from absorption.worlds.two_levels import TRUE_L0

theme.use()

# %% tags=["parameters", "hide-input"] mystnb={"code_prompt_show": "Parameters"}
n_worlds = 16  # toy worlds of the two kinds that decide, with directions, weights, minibatches of their own
n_few = 6  # of every other kind, and of the two for the other architectures: their first ones
spreads = (0.0, 0.1, 0.25, 0.5)  # standard deviation of magnitudes, whose mean is 1.5; 0.25 is the source's
correlation = 0.3  # cosine within a level, in the correlated kind
tilt = 0.5  # of each parent's first (−) and third (+) child towards it, in the tilted kind
crowded_in = 12  # dimensions of the crowded kind, for 20 concepts
long = 15_000  # optimiser steps of pursuit in the kinds that decide, as in the source
middle = 3000  # of the others there, and of pursuit in all other kinds
short = 2000  # of pursuits with one or two steps or another start; of the others in other kinds half as many
batch_size = 200  # inputs a step, as in the source
pursuit_lr = 0.03  # peak learning rate (Adam), as there
other_lr = 0.02
first_seed = 12_600  # of worlds, weights, draws; pilots used 2550 to 2599, an earlier version 12500 to 12505
model_name = "SmolLM2-135M-Instruct"  # a packaged model
layer = 4  # the stream after so many blocks
words_per_letter = None  # of every letter its so many most frequent words; None: all
d_sae = 1024  # latents
k = 16  # active latents an input
samples = 1_000_000  # activations that each SAE is trained on
n_seeds = 5
first_sae = 2005  # seed of the first SAE; pilots used 10 and 2000 to 2004
n_splits = 2  # of the words, into training and held-out ones
first_split = 350  # pilots used 5, an earlier version 250 and 251
min_words = 150  # a property that fewer words have is left out
min_f1 = 0.4  # and where an SAE's best latent for it is worse
profile = "laptop"
device = "auto"

# %% tags=["claim", "hide-input"] mystnb={"code_prompt_show": "The claim, its predicates and their bounds"}
LM = "language model"
ARCHITECTURES = ("pursuit", "L1", "BatchTopK", "nested")
CLAIM = Claim(
    id="25_matching_pursuit",
    title="Does matching pursuit recover hierarchies that others absorb?",
    sentence="Existing SAEs absorb or distort concepts of a hierarchy; only matching pursuit recovers them, between levels and within.",
    quotations=(
        Quotation("Only MP-SAE recovers both intra and inter level structure.", "costa2025matching", "§4.1"),
        Quotation("MP-SAE is uniquely capable of recovering hierarchically structured features when such property statistically exists.", "costa2025matching", "§4.1, last paragraph"),
        Quotation("it is optimal for MP-SAE to represent the parent and child through a single absorbed feature when it can perfectly reconstruct x with lower sparsity, which is precisely what occurs when no firing variance is introduced", "costa2025matching", "appendix B.1.4"),
        Quotation("selects sets of concepts with lower mutual interference at inference time", "costa2025matching", "appendix B.5.2, on language models"),
    ),
    predicates=(
        Predicate("between", "on the source's tree, pursuit keeps levels apart: the absorption score is below 0.1, whether concepts of a level are orthogonal or not (worse kind)", evidence="between_most", below=0.1, essential=True, because="the source has at most 0.07 for pursuit, 0.05 to 0.2 for nested and over 0.4 for the others"),
        Predicate("within", "and levels as they are: cosines within a level are off by less than 0.05, on average (worse kind)", evidence="within_most", below=0.05, essential=True, because="a sixth of the cosine of 0.3 that is to be recovered; an SAE that keeps all concepts apart is off by 0.3"),
        Predicate("only", "none of the others does, trained on a fifth as many inputs: the larger of the two errors is above pursuit's by more than 0.05 (best of three, easier kind)", evidence="others_least", above=0.05, essential=True, because="the smallest distance that the first two predicates would tell"),
        Predicate("constant", "where magnitudes do not vary pursuit absorbs: its score is above 0.25", evidence="constant", above=0.25, because="the source calls it optimal and unstable; a quarter is about half of what it reports for SAEs that absorb"),
        Predicate("interference", "in SmolLM2, latents that are active together interfere less in pursuit than in BatchTopK (Babel function of all that a pursuit selects, on words on which both have as many)", evidence="babel_saved", above=0.0, tier=LM, essential=True, because="the source's own measure and direction; it gives no size"),
        Predicate("letters", "pursuit absorbs first letters in full less often than BatchTopK with as many active latents and as much training, both as they are and beyond half-spaces known as well (worse of the two)", evidence="letters_saved", above=0.0, tier=LM, because="letters and words are a hierarchy that BatchTopK absorbs; any difference is an advantage, if it is not one over nonsense, too"),
        Predicate("explain", "all kinds of SAEs explain more than 75% of the variance of the tree (worst)", evidence="explained_least", above=0.75, role="gate", because="the first level alone would explain about 70%; a penalty shrinks what is written"),
        Predicate("matched", "the others' curves pass the tree's own L0 in more than three quarters of the worlds (worst)", evidence="reached_least", above=0.75, role="match", because="the source trains them to that L0"),
        Predicate("strangers", "where as many children come with any concept, the score of the others is below 0.1 (worst)", evidence="strangers_most", below=0.1, role="null", because="the same directions and rates without a hierarchy: what leans then is no absorption"),
        Predicate("truth", "the true dictionary has no error, and its pursuit leaves nothing", evidence="truth", below=0.002, role="control", because="up to rounding and the threshold at which a pursuit stops"),
        Predicate("built", "one that is built to absorb has a score above 0.7", evidence="built", above=0.7, role="control", because="a row of parent and child in equal parts has one of 0.71"),
        Predicate("explains", "the SAEs explain more than 45% of the variance of held-out words (worse kind)", evidence="lm_explained_least", above=0.45, tier=LM, role="gate", because="what is left out has no latent"),
        Predicate("alive", "fewer than 10% of their latents fire on no word (worse kind)", evidence="dead_most", below=0.1, tier=LM, role="gate", because="dead latents are a smaller SAE than the one that is named"),
        Predicate("stands_for", "the letters' best latents have an F1 above 0.4 (worse kind)", evidence="f1_least", above=0.4, tier=LM, role="gate", because="a latent that hardly tells its letter has few words to lose"),
        Predicate("same_l0", "their L0s differ by less than 5%", evidence="l0_off", below=0.05, tier=LM, role="match", because="absorption depends on L0"),
        Predicate("hierarchy", "BatchTopK absorbs letters in full more often than half-spaces that it knows as well", evidence="plain_above", above=0.0, tier=LM, role="null", because="else the measure does not see the hierarchy that pursuit is to recover"),
    ),
    findings=(
        *(Finding(f"absorption score, levels orthogonal, {name}", f"{name}_orthogonal") for name in ARCHITECTURES),
        *(Finding(f"the parent's latent silent and its part written by the child's, {name}", f"{name}_absorbed") for name in ARCHITECTURES),
        Finding("the same, pursuit, constant magnitudes", "pursuit_absorbed_constant"),
        Finding("error of pursuit within levels, orthogonal", "pursuit_within_orthogonal"),
        Finding("absorption score of pursuit with one step in training", "one_step"),
        Finding("with two", "two_steps"),
        Finding("how often its parents' latents fire with a child, one step in training, eight at inference", "one_step_more"),
        *(Finding(f"score in {crowded_in} dimensions, {name}", f"{name}_crowded") for name in ARCHITECTURES),
        Finding("active latents of pursuit there", "crowded_l0"),
        Finding("change of the larger of nested SAEs' errors with as much training as pursuit, levels orthogonal", "nested_long"),
        *(Finding(f"change of the score with more training, levels orthogonal, {name}", f"{name}_longer") for name in ARCHITECTURES),
        *(Finding(f"how far children tilted away from their parents have gone to them, less those tilted towards them, {name}", f"tilted_{name}") for name in ARCHITECTURES),
        *(Finding(f"letters absorbed in full, {name}", f"{name}_full", LM) for name in ("plain", "pursuit", "tied")),
        Finding("BatchTopK less pursuit, as they are", "raw_saved", LM),
        Finding("BatchTopK less pursuit, beyond half-spaces", "beyond_saved", LM),
        Finding("letters less half-spaces, pursuit", "pursuit_above", LM),
        Finding("letters absorbed in full, pursuit with half as many steps at inference", "fewer_full", LM),
        Finding("with twice as many", "more_full", LM),
        Finding("F1 of the letters' best latents: pursuit less BatchTopK", "f1_gained", LM),
        Finding("explained variance: pursuit less BatchTopK", "explained_gained", LM),
        Finding("Babel function of the whole dictionary: pursuit less BatchTopK", "babel_whole", LM),
        Finding("of the stronger half of what is active together: BatchTopK less pursuit", "babel_saved_half", LM),
        *(
            Finding(f"how well {score} tells {of} that {name} absorbs (0.5: not at all)", f"{key}_{label}_{name}", LM)
            for key, score in (("park", "Park's cosine"), ("beyond", "what it says beyond the probe"))
            for label, of in (("letters", "words"), ("properties", "words of properties"))
            for name in ("BatchTopK", "pursuit")
        ),
    ),
)  # fmt: skip
SEEDS = [*range(first_seed, first_seed + n_worlds), *range(first_sae, first_sae + n_seeds)]

# %% [markdown]
# ## What absorbing costs a pursuit
#
# Let a parent and its child be at right angles, with independent magnitudes of mean 1 and standard deviation σ. Keep one row for each, or let the child's row be both in equal parts. With two steps or more the first dictionary leaves nothing and the second $\tfrac34\sigma^2$ on average (`absorption.theory.pursuit`): absorbing never pays, and costs nothing at σ = 0. With *one* step it pays: {glue:text}`one_step_gain:.2f` less of squared remainder
# at σ = {glue:text}`source_spread:.2f`, the source's world. So a pursuit that may take as many steps as it needs should keep levels apart wherever magnitudes vary, and one that may not should absorb. Where they do not vary neither dictionary leaves anything: that is a tie of remainders only, since no step has a price here. This is about what is best, not about what training finds.
#
# ## The world
#
# The tree of the source, from its appendix and its [code](https://github.com/mpsae/MP-SAE): {glue:text}`n_first:d` concepts exclude each other, three in 20% of inputs each, eight in 5%. The three are parents of three children each, of which 60% of a parent's inputs have one. Twenty directions in as many dimensions; a child is orthogonal to the first level. Kinds: *orthogonal*; *correlated*, with a cosine of {glue:text}`correlation` within each
# level; other *spreads* of the magnitudes; *strangers*, whose children come with any concept; *tilted*, in which a parent's three children have the cosines −{glue:text}`tilt`, 0 and {glue:text}`tilt` with it, so that Park's orthogonality fails, holds, and fails the other way; and *crowded*: {glue:text}`crowded_in:d` dimensions, random directions, so that concepts are in {term}`superposition`, of which only a parent and its own child are at right
# angles.
#
# ## The experiment
#
# Pursuit, L1 (*Vanilla* in the source), {term}`BatchTopK` and *nested* ({term}`Matryoshka <Matryoshka SAE>`, L1 with five prefixes drawn at each step), each with one latent a concept, from random weights. As in the source, pursuit sees {glue:text}`inputs:,` inputs in the kinds that decide, and has no target for its {term}`L0`: it goes on until little is left. The others see {glue:text}`other_inputs:,`, nested SAEs once as many as pursuit, and
# are read where their curve over λ or $k$ passes the tree's own L0, {glue:text}`true_l0`. What had to be guessed, or differs, is listed under *What this does not show*.

# %%
device = pick_device(device)
MAIN = {"orthogonal": {}, "correlated": dict(correlation=correlation)}
SPREAD = {f"spread {s}": dict(spread=s) for s in spreads}
ASIDE = SPREAD | {"tilted": dict(tilts=(-tilt, 0.0, tilt)), "strangers": dict(hierarchy=False)}
CROWDED, OTHERS = {"crowded": dict(d_in=crowded_in)}, ARCHITECTURES[1:]
few, all_of_them = (range(first_seed, first_seed + n) for n in (n_few, n_worlds))
lrs = dict.fromkeys(OTHERS, other_lr) | {"pursuit": pursuit_lr}
job = partial(Job.of, batch_size=batch_size, rates=lrs)

jobs = {name: job(name, MAIN, few, middle) for name in OTHERS}
jobs |= {f"{name}, aside": job(name, ASIDE, few, short // 2) for name in OTHERS}
jobs |= {f"{name}, crowded": job(name, CROWDED, few, short // 2) for name in OTHERS}
jobs["nested, long"] = job("nested", {"orthogonal": {}}, few, long)
jobs["pursuit"] = job("pursuit", MAIN, all_of_them, long)
jobs["pursuit, aside"] = job("pursuit", ASIDE, few, middle)
jobs["pursuit, crowded"] = job("pursuit", CROWDED, few, middle)
jobs["one or two steps"] = job("pursuit", SPREAD, few, short, (1, 2))
jobs["from absorbed"] = job("pursuit", SPREAD, few, short, start="absorbed")
toy = run_all(jobs)
main, aside = ({name: toy[name + of] for name in ARCHITECTURES} for of in ("", ", aside"))

# %% [markdown]
# In the language model: SmolLM2 {cite}`allal2025smollm2` at words read alone, as on {doc}`10_first_letters`, after block {glue:text}`layer:d`. MP-SAEs with {glue:text}`d_sae:,` latents and {glue:text}`k:d` steps, trained with the source's optimiser on rows of any length, and {term}`BatchTopK` SAEs with as many active latents, with an encoder of their own and with tied weights, as pursuit has. All see {glue:text}`samples:,` activations, the same
# ones in the same order. Absorption of first letters and half-spaces is judged on words held out from the probes; Park's cosine also on the {glue:text}`n_properties:d` properties of {doc}`14_beyond_spelling` that enough words have.

# %%
schedule, source = Schedule(samples), WordsIn(model_name, layer, per_letter=words_per_letter)
seeds, splits = range(first_sae, first_sae + n_seeds), range(first_split, first_split + n_splits)
wanted = partial(one_a_seed, source, seeds=seeds, d_sae=d_sae, k=k, schedule=schedule)
pursued = [Pursued(source, d_sae, k, seed, schedule) for seed in seeds]
plain, pursuit = judged(wanted("plain"), k, splits), judged_pursuits(pursued, splits)
tied = judged(wanted("tied"), k, splits[:1], nulls=False)
fewer, more = (judged_pursuits(pursued[:3], splits[:1], steps, nulls=False) for steps in (k // 2, 2 * k))

both_of = list(zip(wanted("plain"), pursued, strict=True))
letters = yardstick(source, splits[0])
active, whole = interferences(both_of, letters, k, (k // 4, k // 2, k))
names, words = property_words(source, min_words)
told_by = {"letters": told(both_of, letters, k)}
properties = words.yardstick(splits[0])
told_by["properties"] = told(both_of, properties, k, words.rows, min_f1)

# %% tags=["hide-input"] mystnb={"code_prompt_show": "The figure at the top"}
one, two = ([toy["one or two steps"].of("between", kind, at) for kind in SPREAD] for at in (0, 1))
lean = {name: [aside[name].of("between", kind) for kind in SPREAD] for name in ARCHITECTURES}
by_steps = {"pursuit, eight steps": lean["pursuit"], "pursuit, two": two, "pursuit, one": one}
looks = ("parent", "o"), ("child", "s"), ("accent", "^"), ("reference", "x")
drawn = [several(rows, looks, (0, 1)) for rows in (lean, by_steps)]
letters_full, spaces_full = ([[one.mean("full", kind) for one in of] for of in (plain, pursuit)] for kind in ("letters", "matched"))  # fmt: skip
rates = [averages("letters", "parent", letters_full), averages("half-spaces", "reference", spaces_full, "x")]
titles = "Pursuit keeps levels apart\nwhere magnitudes vary", "… and where it may take\nthe steps that it needs", "SmolLM2: letters"  # fmt: skip
axes = ("spread of magnitudes", "absorption score"), ["BatchTopK", "pursuit"]
fig = curves_beside_dots(np.array(spreads) / 1.5, drawn, *axes, rates, "absorbed in full", titles, 0.25 / 1.5, 0.8)  # fmt: skip
present("headline", fig, "Absorption score over the spread of magnitudes by architecture and by steps; letters and half-spaces absorbed by BatchTopK and by pursuit.")  # fmt: skip

# %% [markdown]
# ## What was found
#
# {glue:text}`found`
#
# **The source's experiment repeats.** With orthogonal levels pursuit's absorption score is {glue:text}`pursuit_orthogonal:.4f`, that of L1 {glue:text}`L1_orthogonal:.2f`, of BatchTopK {glue:text}`BatchTopK_orthogonal:.2f`, of nested {glue:text}`nested_orthogonal:.2f`; the source, in nearly this world, has 0.0011, 0.47, 0.42 and 0.22. Nested SAEs are nearest, and push siblings apart, as the source says; trained five times as long, their larger
# error changes by {glue:text}`nested_long:+.3f` ({glue:text}`nested_long_low:+.3f` to {glue:text}`nested_long_high:+.3f`); L1 and BatchTopK were not trained as long. Within a level pursuit's cosines are off by {glue:text}`within_most:.3f` ({glue:text}`within_most_low:.3f` to {glue:text}`within_most_high:.3f`) in the worse kind.
#
# **A row that leans is not yet a hole.** Where L1's rows lean by {glue:text}`L1_orthogonal:.2f`, the parent's latent is silent, and its part written by the child's, in {glue:text}`L1_absorbed:.0%` of appearances; it mostly fires more weakly. BatchTopK: {glue:text}`BatchTopK_absorbed:.0%`. Pursuit: {glue:text}`pursuit_absorbed:.0%`.
#
# **Where magnitudes do not vary, pursuit absorbs**: its score is {glue:text}`constant:.2f`, and parents are absorbed in {glue:text}`pursuit_absorbed_constant:.0%` of appearances. The source calls it optimal, because fewer latents are active; that part is not seen, since the pursuits found have more active latents than the tree has concepts (table). The worlds of {doc}`05_every_architecture` are all of this kind, so the two pages need not
# contradict each other, though their worlds differ in more than this: there pursuit also takes a fixed number of steps. Started beside an absorbed dictionary, pursuit leaves it where magnitudes vary as in the source, and stays where they do not (table). Some variation is not enough: at the second spread, less than half of the source's, pursuit still leans about half as much as where nothing varies, from either start (left panel, table). That
# absorbing is never best there does not mean that training avoids it.
#
# **The steps matter as well.** Trained with one step, pursuit has {glue:text}`one_step:.2f` in the source's world, and with two, which is all that an input needs, {glue:text}`two_steps:.2f` ({glue:text}`two_steps_low:.2f` to {glue:text}`two_steps_high:.2f`). More steps at inference than in training turn no row; with eight of them the parents' latents of the first fire with {glue:text}`one_step_more:.0%` of the children. With orthogonal levels
# and enough steps in training, a pursuit stops by itself after about as many steps as there are concepts; in the other kinds it takes more (table).
#
# **Superposition.** With the same tree in {glue:text}`crowded_in:d` dimensions pursuit's score is {glue:text}`pursuit_crowded:.2f` ({glue:text}`pursuit_crowded_low:.2f` to {glue:text}`pursuit_crowded_high:.2f`), that of BatchTopK {glue:text}`BatchTopK_crowded:.2f`, and {glue:text}`crowded_l0:.1f` of its latents are active for {glue:text}`true_l0` concepts: what one choice mistakes the next ones repair. This is the noise that pursuit is reported
# to fit {cite}`chanin2026synthsaebench`.
#
# **Where Park's orthogonality fails, pursuit moves towards it, and so do nested SAEs.** In the table 0 is the child's own direction and 1 equal parts of child and parent. Children tilted away from their parents go towards them and those tilted towards them go away (table; the difference is {glue:text}`tilted_pursuit:.2f`, {glue:text}`tilted_pursuit_low:.2f` to {glue:text}`tilted_pursuit_high:.2f`): what is left once the parent is taken away is
# orthogonal to it, and that is what can be learned. So pursuit recovers a hierarchy where levels are orthogonal, and something near orthogonal levels where they are not. Of nested SAEs the difference is {glue:text}`tilted_nested:.2f`, of BatchTopK {glue:text}`tilted_BatchTopK:.2f`, of L1 {glue:text}`tilted_L1:+.2f`; in BatchTopK and L1 the children tilted away are also those whose parents are absorbed most often (table), in pursuit hardly any.
#
# **In the language model it is another picture.** The source's sentence on language models is about *interference*, not about hierarchies, and the verdict in this tier is about that sentence alone, for this model, this training and all {glue:text}`k:d` latents. Interference is measured by the *Babel function*: for each active latent, the absolute cosines of its row with the others' are summed; the largest sum counts. On words on which BatchTopK
# has more active latents only its strongest enter, of pursuit all, the last and weakest too, which may favour BatchTopK. Over all {glue:text}`k:d` that a pursuit selects they interfere more (BatchTopK less pursuit: {glue:text}`babel_saved:+.3f`, {glue:text}`babel_saved_low:+.3f` to {glue:text}`babel_saved_high:+.3f`), over the stronger half about as much ({glue:text}`babel_saved_half:+.3f`, {glue:text}`babel_saved_half_low:+.3f` to
# {glue:text}`babel_saved_half_high:+.3f`), over the whole dictionary more ({glue:text}`babel_whole:+.2f`). It says nothing of letters. These are absorbed in full on {glue:text}`pursuit_full:.1%` of the words by pursuit and on {glue:text}`plain_full:.1%` by BatchTopK ({glue:text}`tied_full:.1%` with tied weights). But half-spaces that mean nothing are absorbed by pursuit even more often (letters less half-spaces: {glue:text}`pursuit_above:+.3f`),
# by BatchTopK less ({glue:text}`plain_above:+.3f`): as they are, letters are absorbed more often by pursuit; beyond half-spaces *less* often, by {glue:text}`beyond_saved:.3f` ({glue:text}`beyond_saved_low:.3f` to {glue:text}`beyond_saved_high:.3f`). The predicate asked for both and fails by the first. In pursuit the score does not tell letters from nonsense, so it says neither that pursuit absorbs a hierarchy nor that it recovers one. Its best
# latents tell letters worse (F1 {glue:text}`f1_gained:+.3f`, {glue:text}`f1_gained_low:+.3f` to {glue:text}`f1_gained_high:+.3f`), though it explains {glue:text}`explained_gained:.3f` more of the variance. In three of the SAEs {glue:text}`fewer_full:.1%` are absorbed with half the steps at inference and {glue:text}`more_full:.1%` with twice as many, too near to tell from as many as in training.
#
# **Park's cosine and absorbed words.** A word that leans away from its letter is more often absorbed (in coordinates in which words vary alike in every direction): the cosine tells absorbed words from others with an area under the curve of {glue:text}`park_letters_BatchTopK:.2f` in BatchTopK and {glue:text}`park_letters_pursuit:.2f` in pursuit; for properties it is {glue:text}`park_properties_BatchTopK:.2f` and
# {glue:text}`park_properties_pursuit:.2f`. Most of that is that such a word has less of its letter, as the probe says as well ({glue:text}`probe_letters_BatchTopK:.2f` and {glue:text}`probe_letters_pursuit:.2f`). Beyond the probe {glue:text}`beyond_letters_BatchTopK:.2f` and {glue:text}`beyond_letters_pursuit:.2f` are left, for properties {glue:text}`beyond_properties_BatchTopK:.2f` and {glue:text}`beyond_properties_pursuit:.2f`.

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Tables: the toy worlds, steps at inference, tilted children, other starts, and the language model"}
for title, rows in every_table(toy, ARCHITECTURES).items():
    table = pd.DataFrame({key: written(row, 2) for key, row in rows.items()}).T
    display(table.rename_axis(title.split(", ") if table.index.nlevels > 1 else title))
saes = {"BatchTopK": plain, "tied": tied, "pursuit": pursuit, "half the steps": fewer, "twice the steps": more}  # fmt: skip
display(pd.DataFrame({name: beside_half_spaces(of) for name, of in saes.items()}).T)

# %% [markdown]
# ## The null and the controls
#
# *Strangers*, children that come with any concept: the largest score of the others is {glue:text}`strangers_most:.3f`. The true dictionary has an error of {glue:text}`truth:.4f`, one that is built to absorb a score of {glue:text}`built:.2f`. All kinds explain at least {glue:text}`explained_least:.1%` of the variance (worst mean). Five times the training changes pursuit's score with orthogonal levels by {glue:text}`pursuit_longer:+.3f`, three
# times that of L1 by {glue:text}`L1_longer:+.2f`, of BatchTopK by {glue:text}`BatchTopK_longer:+.2f`, of nested SAEs by {glue:text}`nested_longer:+.2f`. In the language model, half-spaces matched to letters are the null, and L0s differ by {glue:text}`l0_off:.2%`.
#
# ## What this does not show
#
# - **The source's training, step by step.** Its tree, rates, magnitudes, batches drawn anew and the length of pursuit's training are kept, and pursuit's optimiser, learning rate, clipping and stopping rule (less than 0.05 left, or no new latent). The others have rows of length one, biases, Adam's usual memories and fewer steps; nested has prefixes but no sorting of latents; and all are read at one L0 off a curve, where the source steers λ.
# - **Other hierarchies.** Children exclude each other ({doc}`20_cooccurring_children`), one parent at a time, and superposition is mild.
# - **What the source says of pictures and text together**, most of its paper.
# - **That the score is absorption.** It is the source's, and says where a row points. An L1 SAE's row may lean to the parent while the parent's latent still fires, only more weakly; the table has both.
# - **The tree's pursuit in the language model.** Batches, rates and the length of the training are those of the other SAEs there, and {glue:text}`k:d` steps leave much of the variance: in the tree a pursuit without the steps that it needs absorbs as well. Longer training is not shown.
# - **Larger models and other blocks**: one block of one language model, since a pursuit takes minutes to train.
# - **That levels are orthogonal in a model.** A letter's vector is its words' mean, so that orthogonality holds on average by construction; only its scatter is used.

# %% tags=["nbval-check-output", "hide-cell"]
in_worlds = dict(of="worlds", possible=(0, 1))
others = {name: main[name] for name in OTHERS}
errors = {of: each({"pursuit": main["pursuit"]}, of, MAIN) for of in ("between", "within")}
passes = {f"{name}, {kind}": of.passes(kind) for name, of in others.items() for kind in MAIN}
truth, built = (placed(toy["pursuit"].job.kinds["orthogonal"], absorbed) for absorbed in (False, True))
both, beside = {"BatchTopK": plain, "pursuit": pursuit}, compared(plain, pursuit)
rates = {"plain_full": plain, "pursuit_full": pursuit, "tied_full": tied, "fewer_full": fewer, "more_full": more}  # fmt: skip
evidence = [
    of_worst("between_most", errors["between"], max, 0.1, **in_worlds),
    of_worst("within_most", errors["within"], max, 0.05, **in_worlds),
    of_worst("others_least", each(others, "worse", MAIN, main["pursuit"]), min, 0.05, of="worlds", possible=(-1, 1)),
    of_worst("explained_least", each(main, "explained", MAIN), min, 0.75, of="worlds", possible=(-np.inf, 1)),
    of_worst("reached_least", passes, min, 0.75, **in_worlds),
    of_worst("strangers_most", each({name: aside[name] for name in OTHERS}, "between", ["strangers"]), max, 0.1, **in_worlds),
    Evidence.exactly("truth", max(truth["worse"].max(), 1 - truth["explained"].min()), note="largest over worlds"),
    Evidence.exactly("built", built["between"].min(), note="least over worlds"),
    *of_each(shares(toy, ARCHITECTURES), **in_worlds),
    Evidence.of_samples("crowded_l0", toy["pursuit, crowded"].of("l0", "crowded"), of="worlds", possible=(0, 20)),
    *(Evidence.paired(name, *both_of, of="worlds") for name, both_of in pairs(toy, ARCHITECTURES).items()),
    Evidence.paired("babel_saved", *active[:, :, -1]),
    Evidence.paired("babel_saved_half", *active[:, :, -2]),
    Evidence.paired("babel_whole", *whole[::-1]),
    of_worst("letters_saved", {name: beside[name] for name in ("raw_saved", "beyond_saved")}, min, 0.0, possible=(-2, 2)),
    *of_each(beside, possible=(-2, 2)),
    *of_each({name: [one.mean("full") for one in of] for name, of in rates.items()}, possible=(0, 1)),
    *of_each({f"{name}_above": [one.above("full") for one in of] for name, of in (("plain", plain), ("pursuit", pursuit))}),
    of_worst("lm_explained_least", {name: [one.explained for one in of] for name, of in both.items()}, min, 0.45, (-np.inf, 1)),
    of_worst("dead_most", {name: [one.dead for one in of] for name, of in both.items()}, max, 0.1),
    of_worst("f1_least", {name: [one.mean("f1") for one in of] for name, of in both.items()}, min, 0.4),
    *(
        of_known(f"{score}_{label}_{name}", of(score)[at], "SAEs absorb enough words to tell, two are needed", possible=(0, 1))
        for label, of in told_by.items() for score in ("park", "beyond", "probe") for at, name in enumerate(both)
    ),
]  # fmt: skip
record = conclude(
    CLAIM, evidence, headline="between_most", seeds=SEEDS, profile=profile, device=device,
    found="On the source's tree pursuit's absorption score is {between_most:.2f} (mean of the worse kind). "
    "In SmolLM2 it absorbs {pursuit_full:.1%} of the words' letters in full, BatchTopK {plain_full:.1%}.",
    parameters=dict(
        n_worlds=n_worlds, n_few=n_few, spreads=list(spreads), correlation=correlation, tilt=tilt, crowded_in=crowded_in,
        long=long, middle=middle, short=short, batch_size=batch_size, pursuit_lr=pursuit_lr, other_lr=other_lr, first_seed=first_seed,
        model_name=model_name, layer=layer, words_per_letter=words_per_letter, d_sae=d_sae, k=k, samples=samples, n_seeds=n_seeds, first_sae=first_sae,
        n_splits=n_splits, first_split=first_split, min_words=min_words, min_f1=min_f1,
    ),
)  # fmt: skip
print(record)

# %% tags=["remove-cell"]
glue_record(record)
glue_values(
    n_few=n_few, n_seeds=n_seeds, n_first=11, correlation=correlation, tilt=tilt, true_l0=TRUE_L0, crowded_in=crowded_in,
    inputs=long * batch_size, other_inputs=middle * batch_size, source_spread=0.25 / 1.5, one_step_gain=float(-absorbed_cost(0.25 / 1.5, 1)),
    layer=layer, d_sae=d_sae, k=k, samples=samples, n_properties=len(names), found=record.found,
)  # fmt: skip
