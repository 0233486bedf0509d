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
# # Is a split latent the same as an absorbed one?
#
# :::{claim}
# :::
#
# ```{picture} headline
# Left: how well a simple property of a word (capitals, second letter, ending, length, frequency, part of speech) tells which of two latents that share a letter fires on it, and whether it is {term}`absorbed <absorbed in full>`; 0 is chance, 1 always; dotted: what a split has to exceed. Bars: 95% intervals over the
# SAEs of a row. *Of one absorber*: words of the absorber that takes most; *silent*: no main latent fires, absorbed or not; *dealt out anew*: with the properties shuffled among the words. Right: letters that are {term}`split <splitting>` and letters with holes (a twentieth of their words absorbed or more), after block
# {glue:text}`first_layer:d`, by the number of {term}`latents <latent>`.
# ```
#
# ```{predicates}
# ```
#
# ## The idea
#
# One {term}`latent <latent>` for *starts with S* may become two in a larger {term}`SAE <SAE>`: say, one for *Snake* and one for *snake*. That is {term}`splitting <splitting>`, and whoever reads the two together has lost nothing. Or the latent for S stays silent on *snake*, and one that nobody would look for carries
# the S: that is {term}`absorption <absorption>`, a hole. The authors who found absorption call it an asymmetric form of splitting and set it against the interpretable one: there the parts can be named, here the holes look arbitrary.
#
# So take letters that several latents share, and letters with holes, and ask the same of both: does a property that a person would think of tell which words go where? And who takes the words: a latent of many of the letter's words, or of a few?

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Imports"}
from functools import partial

import numpy as np
import pandas as pd
from IPython.display import display

from absorption.claims import Claim, Evidence, Finding, Predicate, Quotation, conclude
from absorption.claims.known import of_known
from absorption.experiments import split_letters as of_letters
from absorption.experiments.bank import Schedule
from absorption.experiments.bank.filling import fill
from absorption.experiments.bank.splitting import sortable, sorted_out
from absorption.experiments.bank.wanted import WordsIn
from absorption.experiments.one_a_seed import one_a_seed
from absorption.figures import theme
from absorption.figures.forms import dots
from absorption.figures.one_legend import one_legend
from absorption.figures.present import present
from absorption.figures.stacked import stacked, stacked_panels
from absorption.figures.written import written
from absorption.publish.averages import averages
from absorption.publish.notebook import glue_record, glue_values
from absorption.runtime.paths import pick_device
from absorption.worlds.packaged import not_installed
from absorption.worlds.text import LETTERS

theme.use()

# %% tags=["parameters", "hide-input"] mystnb={"code_prompt_show": "Parameters"}
model_name = "SmolLM2-135M-Instruct"  # a packaged model; it decides
layers = (4, 11, 18)  # the residual stream is read after so many blocks; the first: all widths
words_per_letter = None  # of every letter its so many most frequent words; None: all
second_model = "gemma-3-270m"  # beside it, where its package is installed; "": no second model
second_layers = (6, 10, 13)  # its blocks
second_least = 1e-6  # its words are met at least so often among English ones
d_sae = 1024  # latents an SAE
widths = (256, 2048)  # fewer and more latents
k = 16  # active latents an input
samples = 1_000_000  # activations that each SAE is trained on
batch_size = 1024  # activations a step
lr = 5e-3  # peak learning rate (Adam)
first_seed = 2000  # the pilot's SAEs had seed 10
n_seeds = 5  # SAEs of each kind
first_split = 260  # of the words into training and held-out ones; each block has its own, the next numbers; the pilot's was 5
least_together = 0.5  # a letter counts in an SAE whose main latents together have such an F1
least_told = 0.3  # a split that a property tells less well nobody could name
hole = 0.05  # a letter has holes if such a share of its words is absorbed
taken_share, takers = 0.2, 8  # for the control: words of each letter taken at random, by so many latents
profile = "laptop"
device = "auto"

# %% tags=["claim", "hide-input"] mystnb={"code_prompt_show": "The claim, its predicates and their bounds"}
TIER = "language model"
CLAIM = Claim(
    id="26_splitting",
    title="Is a split latent the same as an absorbed one?",
    sentence="Splitting is another thing than absorption: in a wider SAE a letter's latent splits into several that an interpretable property tells apart, while absorbed words are arbitrary and go to latents of few words.",
    quotations=(
        Quotation("In the traditional (interpretable) view of feature splitting, a single general latent in a narrow SAE splits into multiple more specific latents in a wider SAE", "chanin2024summary", "“Feature splitting vs feature absorption”"),
        Quotation("This is not a problem for interpretability as all these latents are just different valid decompositions of the same concept", "chanin2024summary", "the same paragraph"),
        Quotation("In feature absorption, an interpretable feature becomes a latent which appears to track that feature, but fails to fire on arbitrary tokens that it seemingly should fire on. Instead, roughly token-aligned latents \"absorb\" the feature direction and fire in-place of the mainline latent.", "chanin2024summary", "the next paragraph"),
    ),
    predicates=(
        Predicate("grows", "from the narrowest to the widest SAE a letter gets more than 0.25 main latents more", evidence="grown", above=0.25, tier=TIER, essential=True, because="“splits into multiple … in a wider SAE”: one letter in four should be split further by eight times as many latents"),
        Predicate("by_property", "a property tells the parts of a split with a score above 0.3", evidence="split_told", above=0.3, tier=TIER, essential=True, because="“interpretable”: of ten pairs of words it then orders more than six as they are; who named a latent by less would mislead"),
        Predicate("apart", "and by more than 0.1 better than it tells absorbed words from the letter's others", evidence="apart", above=0.1, tier=TIER, essential=True, because="“arbitrary”: if it told holes as well, one could be named as the other; one pair of words in twenty is the least that shows"),
        Predicate("narrow", "an absorber fires on less than a quarter as many of the letter's words as a further main latent", evidence="narrow", below=0.25, tier=TIER, essential=True, because="“roughly token-aligned” against “more specific”: a word has a few forms, a part of a letter hundreds of words; a quarter is generous"),
        Predicate("complete", "main latents of a split letter are together silent on less than a tenth of its words", evidence="split_silent", below=0.1, tier=TIER, because="“valid decompositions of the same concept” put it together again; one word in ten lost would be a nuisance"),
        Predicate("explains", "the SAEs explain more than 45% of the variance of held-out words (worst)", evidence="explained", above=0.45, tier=TIER, role="gate", because="what an SAE leaves out it cannot have a latent for"),
        Predicate("alive", "fewer than 10% of their latents fire on no word (worst)", evidence="dead", below=0.1, tier=TIER, role="gate", because="dead latents are a smaller SAE than the one that is named"),
        Predicate("stands_for", "the best latents' F1 is above 0.4", evidence="best_f1", above=0.4, tier=TIER, role="gate", because="below that there is hardly a latent that could split or absorb"),
        Predicate("dealt", "with properties dealt out anew among a letter's words, scores of splits lie within 0.1 of nothing", evidence="split_dealt", above=-0.1, below=0.1, tier=TIER, role="null", because="a third of what splits are asked for; the best of six properties could flatter"),
        Predicate("dealt_holes", "and so do those of absorbed words", evidence="hole_dealt", above=-0.1, below=0.1, tier=TIER, role="null", because="likewise"),
        Predicate("above_null", "letters are absorbed in full more than half-spaces that the SAEs know as well", evidence="full_above", above=0.0, tier=TIER, role="null", because="else what is called a hole would be found in nonsense, too"),
        Predicate("oracle", "SAEs with the probes' own directions have no hole", evidence="oracle", below=0.001, tier=TIER, role="control", because="nothing is missed there, so nothing may be counted"),
        Predicate("unsplit", "and one main latent a letter", evidence="oracle_main", below=1.05, tier=TIER, role="control", because="nothing is split there; one letter in twenty is an accident"),
        Predicate("planted_split", "if these are split by capitals, a property tells the parts with a score above 0.9", evidence="planted_split", above=0.9, tier=TIER, role="control", because="the source's own example of a split has to be seen as one"),
        Predicate("planted_holes", "if a fifth of their words is taken at random, more than 0.1 is found absorbed", evidence="planted_holes", above=0.1, tier=TIER, role="control", because="half of what is planted"),
        Predicate("planted_arbitrary", "and no property tells these: a score within 0.1 of nothing", evidence="planted_told", above=-0.1, below=0.1, tier=TIER, role="control", because="what is arbitrary for certain has to be seen as arbitrary"),
        Predicate("probe", "the letter probes' F1 on held-out words is above 0.8", evidence="probe_f1", above=0.8, tier=TIER, role="control", because="a probe that misses a fifth cannot be the yardstick"),
    ),
    findings=(
        Finding("main latents a letter", "main", TIER),
        Finding("absorbed in full", "full", TIER),
        Finding("how well a property tells absorbed words", "hole_told", TIER),
        Finding("those that one absorber takes, the one that takes most", "taker_told", TIER),
        Finding("and silent ones", "silent_told", TIER),
        Finding("share of splits that the second letter tells best", "by_second", TIER),
        Finding("share of splits that capitals tell best", "by_capitals", TIER),
        Finding("share of holes that frequency tells best", "by_frequency", TIER),
        Finding("absorbed in full: letters that are split less others", "split_more", TIER),
        Finding("two main latents or more fire, of the words with any, split letters", "overlap", TIER),
        Finding("share of absorbed words whose absorber takes ten or more of the letter's", "broadly", TIER),
        Finding("absorbed in full: widest less narrowest SAE", "full_grown", TIER),
        Finding("main latents a letter of matched half-spaces", "matched_main", TIER),
        Finding("main latents a letter as SAEBench chooses them", "their_main", TIER),
        Finding("their splits, told by a property", "their_told", TIER),
        Finding("second model: main latents a letter", "second_main", TIER),
        Finding("second model: absorbed in full", "second_full", TIER),
        Finding("second model: how well a property tells splits", "second_split_told", TIER),
        Finding("second model: and absorbed words", "second_hole_told", TIER),
    ),
)  # fmt: skip
SEEDS = range(first_seed, first_seed + n_seeds)

# %% [markdown]
# ## The world
#
# SmolLM2 {cite}`allal2025smollm2`, read after {glue:text}`blocks_named` blocks: {glue:text}`n_words:,` words of its vocabulary, each alone, a third of them with capitals; {glue:text}`n_twice:,` are there both as *snake* and as *Snake*, so the source's example of a split can occur. Beside it {glue:text}`second_said`.

# %%
device = pick_device(device)
sources = {layer: WordsIn(model_name, layer, per_letter=words_per_letter) for layer in layers}
why_not = not_installed(second_model) if second_model else "no second model was asked for"
seconds = {} if why_not else {at: WordsIn(second_model, at, least=second_least) for at in second_layers}

# %% [markdown]
# ## The experiment
#
# {term}`BatchTopK <BatchTopK>` SAEs {cite}`bussmann2024batchtopk` of the book's [regime](19_training.ipynb): {glue:text}`d_sae:,` latents, {glue:text}`k:d` active an average word, {glue:text}`n_seeds:d` a block, and after block {glue:text}`first_layer:d` also {glue:text}`widths_named` latents.

# %%
wanted = partial(
    one_a_seed, seeds=SEEDS, d_sae=d_sae, k=k, schedule=Schedule(samples, batch_size, lr), device=device
)
first = layers[0]
split_of = {at: first_split + i for i, at in enumerate(layers)}
split_of_second = {at: first_split + i for i, at in enumerate(second_layers)}
fill(wanted([*sources.values(), *seconds.values()]))
fill([each for width in widths for each in wanted(sources[first], d_sae=width)])

# %% [markdown]
# A letter's {term}`main latents <main latent>` are the one that tells it best, and every further one that raises the {term}`F1 <F1>` of a $k$-sparse probe by .03 {cite}`chanin2024absorption`: a letter with two or more is *split*. All this is chosen on four fifths of the words. On words that the letter's {term}`probe
# <probe>` finds, a *hole* is one that is {term}`absorbed in full`: all main latents are silent, one other carries the letter. A letter counts in an SAE whose main latents together have an F1 of .5.
#
# **How well does a property tell two sets of words?** Each of six properties (general ones, chosen in the pilot) orders words by how much more often their kind is met in the one set than in the other; the best of the six is chosen on training words; the score is 2 AUC − 1 on held-out ones: of all pairs of a word of
# either set, the share that is in the right order less that in the wrong one. The two sets are, for a split, words on which only the best main latent fires and words on which only a further one does (of these two); for holes, absorbed words and words on which a main latent fires.

# %%
without_null = partial(sorted_out, l0=k, least=least_together, null=False)
by_block = {at: sorted_out(wanted(sources[at]), k, [split_of[at]], least_together) for at in layers}
in_first = partial(without_null, splits=[split_of[first]])
by_width = {width: in_first(wanted(sources[first], d_sae=width)) for width in widths}
by_width |= {d_sae: by_block[first]}
theirs = in_first(wanted(sources[first]), theirs=True)
of_second = {at: without_null(wanted(source), splits=[split_of_second[at]]) for at, source in seconds.items()}
plain = [one for at in layers for one in by_block[at]]
second = [one for saes in of_second.values() for one in saes]


# %% tags=["nbval-check-output", "hide-cell"]
def over(name, values, of="SAEs (block × seed)", note=""):
    possible = of_letters.POSSIBLE.get(name.removeprefix("second_"), (0, 1))
    return of_known(name, values, "SAEs have it, two are needed", of=of, possible=possible, note=note)


wide, narrow = by_width[max(widths)], by_width[min(widths)]
of_second_model = ("main", "full", "split_told", "hole_told")
growth = {name: of_letters.grown(wide, narrow, name) for name in ("main", "full")}
taking = dict(share=taken_share, takers=takers, seed=first_seed)
planted = [of_letters.planted_in(wanted(sources[at])[0], k, split_of[at], **taking) for at in layers]
by_split = [sortable(sources[at], split_of[at]) for at in layers]
evidence = [
    *(over(name, values) for name, values in of_letters.numbers(plain, by_split[0].ways.names).items()),
    over("grown", growth["main"], "seeds", f"{max(widths):,} less {min(widths):,} latents, over letters that both have"),
    over("full_grown", growth["full"], "seeds", "over letters that both have"),
    Evidence.exactly("explained", min(one.explained for one in (*plain, *wide, *narrow)), note="the worst SAE of all widths"),
    Evidence.exactly("dead", max(one.dead for one in (*plain, *wide, *narrow)), note="likewise"),
    Evidence.exactly("oracle", max(one["oracle"] for one in planted), note="the letter with most, one SAE a block"),
    Evidence.exactly("oracle_main", max(one["oracle_main"] for one in planted), note="likewise, mean over letters"),
    *(Evidence.exactly(name, np.mean([one[name] for one in planted]), note="one SAE a block") for name in planted[0] if name.startswith("planted")),
    Evidence.exactly("probe_f1", np.mean([float(by.probed.counts.f1.mean()) for by in by_split]), note="mean over letters and blocks"),
    over("their_main", of_letters.means(theirs, "main", "saebench"), "seeds"),
    over("their_told", of_letters.means(theirs, "split_told", "saebench"), "seeds"),
    *(over(f"second_{name}", of_letters.means(second, name)) for name in of_second_model if not why_not),
    *(Evidence.not_available(f"second_{name}", why_not.split(":")[0]) for name in of_second_model if why_not),
]  # fmt: skip
can_say = all(one.value is not None for one in evidence if one.name in ("split_told", "hole_told", "narrow"))
said = (
    "A simple property tells the parts of a split with a score of {split_told:.2f}, and absorbed words with {hole_told:.2f}; an absorber fires on "
    "{narrow:.2f} times as many of a letter's words as a further main latent."
)
record = conclude(
    CLAIM, evidence, found=said if can_say else "Too few SAEs have split letters or holes.", headline="apart",
    seeds=SEEDS, profile=profile, device=device,
    parameters=dict(
        model_name=model_name, layers=layers, words_per_letter=words_per_letter, second_model=second_model, second_layers=second_layers,
        second_least=second_least, d_sae=d_sae, widths=widths, k=k, samples=samples, batch_size=batch_size, lr=lr, first_seed=first_seed, n_seeds=n_seeds,
        first_split=first_split, least_together=least_together, least_told=least_told, hole=hole, taken_share=taken_share, takers=takers,
    ),
)  # fmt: skip
print(record)

# %% tags=["hide-input"] mystnb={"code_prompt_show": "The figures"}
TOLD = ("splits", "absorbed words", "of one absorber", "silent words", "splits, dealt out anew", "absorbed, dealt out anew")  # fmt: skip
looks = zip(layers, ("parent", "light", "accent", "bad"), "osD^", strict=False)
rows = [(f"block {at}", role, marker, by_block[at]) for at, role, marker in looks]
rows += [(second_model, "reference", "v", second)] if second else []
lines = [
    averages(label, role, [of_letters.means(saes, of) for of in of_letters.TOLD], marker, (-1, 1))
    for label, role, marker, saes in rows
]
fig, (left, right) = theme.figure(height=3.6, ncols=2, width_ratios=(1.5, 1))
dots(left, TOLD, lines, "score of the best property, held-out words")
left.axvline(least_told, color=theme.COLORS["reference"], ls=":", lw=1)
at_width = dict(sorted(by_width.items()))
shares = np.array([of_letters.kinds_of_letters(saes, hole) for saes in at_width.values()]).T
of_kind = dict(zip(of_letters.KINDS, shares, strict=True))
latents = [f"{width:,}" for width in at_width]
stacked(right, latents, of_kind, ("parent", "good", "accent", "child"), "share of letters")
right.set_xlabel("latents")
splits, holes = (np.nanmean(of_letters.means(plain, of)) for of in ("split_told", "hole_told"))
left.set_title(f"Splits {splits:.2f}, holes {holes:.2f}")
right.set_title(f"Split: {shares[1:3, 0].sum():.0%} of letters,\nthen {shares[1:3, -1].sum():.0%}")
one_legend(fig, ncols=4)
alt = (
    "Left: how well the best simple property tells splits, absorbed and silent words, and the same with properties dealt out anew. "
    "Right: shares of letters that are whole, split, split with holes, and have holes alone, by width."
)
present("headline", fig, alt)

examples = of_letters.extremes(by_block[first], wanted(sources[first]), k, split_of[first], hole)
titles = {name: f"{LETTERS[letter].upper()}, {name}" for name, (letter, _) in examples.items()}
roles = ("parent", "light", "good", "reference", "child", "highlight")
panels = {titles[name]: words.by_start() for name, (_, words) in examples.items()}
alt = "For two letters and each of their second letters: which main latent fires, and which words are absorbed or silent."
present("examples", stacked_panels(panels, roles, "share of its words"), alt)

# %% [markdown]
# ## What was found
#
# {glue:text}`found`
#
# **Why it stays open.** Letters are absorbed in full by {glue:text}`full_above:.4f` ({glue:text}`full_above_low:.4f` to {glue:text}`full_above_high:.4f`) more than half-spaces that the SAEs know as well: with one half-space a letter this null is not excluded. The blocks differ: after block {glue:text}`first_layer:d`
# letters have more, later ones do not show it. So this design does not show that what it calls holes of letters are more than nonsense has, and nothing is decided. All that follows is true of what the metric calls absorbed.
#
# **A property tells holes, too.** Which of two latents that share a letter fires is told with a score of {glue:text}`split_told:.2f` ({glue:text}`split_told_low:.2f` to {glue:text}`split_told_high:.2f`), mostly by the second letter ({glue:text}`by_second:.0%` of the splits; with 26 kinds it is the most flexible of the
# six): letters split by their first two, *un-* from *us-*. The source's own example, capitals, tells best in {glue:text}`by_capitals:.0%`. Absorbed words are told from the letter's other words with {glue:text}`hole_told:.2f`; the difference is {glue:text}`apart:+.2f` ({glue:text}`apart_low:+.2f` to
# {glue:text}`apart_high:+.2f`), but between different letters: in those that have both, splits are told better, by about the tenth that was asked for (looked at afterwards, without a record). What tells holes is in {glue:text}`by_frequency:.0%` of the letters how common a word is: *The*, *this* and *they* are missing
# from T. Among the words that one absorber takes the score is {glue:text}`taker_told:.2f`.
#
# **The absorbers are narrow.** One fires on {glue:text}`narrow:.2f` times as many of a letter's words as a further main latent ({glue:text}`narrow_low:.2f` to {glue:text}`narrow_high:.2f`). Here the two are far apart. In part that lies in the definition: a latent that told many of the letter's words would be a main
# latent. And every absorber counts alike here, but {glue:text}`broadly:.0%` of the absorbed words are taken by a latent that takes ten or more words of the letter, which is more than a token's.
#
# **A split is seldom complete.** Main latents of split letters are together silent on {glue:text}`split_silent:.0%` of the words ({glue:text}`split_silent_low:.0%` to {glue:text}`split_silent_high:.0%`), and these letters have more absorbed words than others, by {glue:text}`split_more:.3f`
# ({glue:text}`split_more_low:.3f` to {glue:text}`split_more_high:.3f`). That, too, lies partly in the definition: a second latent can raise F1 only where the best one misses much. Where any main latent fires on a word of a split letter, two or more do in {glue:text}`overlap:.0%`.
#
# **With width holes grow more surely than splits.** From {glue:text}`narrowest:,` to {glue:text}`widest:,` latents a letter gets {glue:text}`grown:.2f` main latents more, which {glue:text}`n_seeds:d` seeds do not settle ({glue:text}`grown_low:.2f` to {glue:text}`grown_high:.2f`), and {glue:text}`full_grown:.2f`
# ({glue:text}`full_grown_low:.2f` to {glue:text}`full_grown_high:.2f`) more of its words are absorbed. Main latents are only counted: whether the several fire where the one did is not asked. Letters that are split and have no holes are {glue:text}`split_narrow:.0%`, {glue:text}`split_plain:.0%` and
# {glue:text}`split_wide:.0%` of all at the three widths; split letters with holes {glue:text}`both_narrow:.0%`, {glue:text}`both_plain:.0%` and {glue:text}`both_wide:.0%`; letters with holes and one main latent {glue:text}`holes_narrow:.0%`, {glue:text}`holes_plain:.0%` and {glue:text}`holes_wide:.0%`.
#
# **The second model** (Gemma 3 270M) splits its letters hardly at all, {glue:text}`second_main:.2f` main latents a letter beside {glue:text}`main:.2f`, and has about as many holes: {glue:text}`second_full:.3f` of the words beside {glue:text}`full:.3f`. Scores are {glue:text}`second_split_told:.2f` for its few splits
# (in about half of its SAEs; the others have none that can be scored) and {glue:text}`second_hole_told:.2f` for absorbed words.
#
# ```{picture} examples
# Words of two letters by their first two letters, in the two of the SAEs after block {glue:text}`first_layer:d` where a property tells a split best of all letters without many absorbed words, and where a letter has most of these. *Silent*: no main latent fires, and no single other carries the letter.
# ```
#
# Both letters are extremes, chosen on the data that are shown, and *cleanly* means only that few words are absorbed: many of U's are silent. Their most frequent words, of those that the probe finds:

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Table: words of two letters"}
rows, columns = of_letters.rows_of_words(examples, titles), ["letter", "who fires (words)", "most frequent"]
with pd.option_context("display.max_colwidth", None):
    display(pd.DataFrame(rows, columns=columns).set_index("letter"))

# %% [markdown]
# ## The null and the controls
#
# - **Half-spaces** that mean nothing ({term}`null <null>`), of the size of each letter and tilted until some latent of the same SAE serves them as well as the letter's best latent serves the letter. They are split more seldom ({glue:text}`matched_main:.2f` main latents), and where they have holes, a property tells
#   these at least as well as those of letters (table below); splits of theirs are too few to say. So a score does not show a feature.
# - **Properties dealt out anew** among a letter's words tell nothing: {glue:text}`split_dealt:.2f` and {glue:text}`hole_dealt:.2f`.
# - **{term}`Oracle <oracle>`.** With the {term}`probes' <probe>` own directions as latents no letter has a hole, and each has one main latent. Split by capitals, as in the source's example, these are told with {glue:text}`planted_split:.2f`. With a fifth of their words taken at random {glue:text}`planted_holes:.2f`
#   are found absorbed, and no property tells which ({glue:text}`planted_told:.2f`): what is arbitrary is seen as such.
# - **SAEBench's rule** for main latents, after block {glue:text}`first_layer:d`: {glue:text}`their_main:.2f` of them a letter, and a score of {glue:text}`their_told:.2f` for splits.
# - **Had they learned?** The worst SAE of all widths explains {glue:text}`explained:.2f` of the variance of held-out words.
#
# ## What this does not show
#
# - **That the source is wrong about absorption.** It calls its examples *seemingly* arbitrary, and one of the comments below it expects common words to be the absorbed ones. Six simple properties told holes; with others the scores might differ.
# - **What a person would name.** A score about halfway between chance and always is not a name. The second letter sorts words into 26 kinds, so a latent for *ch* and one for all the rest of C is told by it as well as any other.
# - **Anything about the same words.** Many letters have holes without a split, and such holes are told best; so the two means are of different letters.
# - **What larger SAEs do.** {glue:text}`widest:,` latents are few, the models are small, and words were read alone.
# - **That a silent word is absorbed.** Most silent words are carried by no single other latent.
#
# ## Details
#
# The pilot, on one SAE a width of another seed after block {glue:text}`first_layer:d` and on another split of the words, chose the properties, the rule by which a letter counts and the bounds. Each block was then judged on a split of its own. Means over letters and SAEs (*told*: the scores):

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Table: all SAEs"}
rows = [(f"block {at}", saes) for at, saes in by_block.items()]
rows += [(f"block {at}, half-spaces", saes, "matched") for at, saes in by_block.items()]
rows += [(f"block {first}, SAEBench's rule", theirs, "saebench")]
rows += [(f"block {first}, {width:,} latents", saes) for width, saes in at_width.items()]
rows += [(f"{second_model}, block {at}", saes) for at, saes in of_second.items()]
table = [{"SAEs": name, "n": str(len(saes[0]))} | written(of_letters.row(*saes)) for name, *saes in rows]
display(pd.DataFrame(table).set_index("SAEs"))

# %% tags=["remove-cell"]
glue_record(record)
text = sources[first].read().words.words
of_widths = zip(("narrow", "plain", "wide"), shares.T.tolist(), strict=True)
beside = f"Gemma 3 270M after blocks {', '.join(map(str, second_layers))}"
kinds = ("whole", "split", "both", "holes")
glue_values(
    n_words=len(text), n_twice=of_letters.with_and_without_capitals(text), d_sae=d_sae, k=k, n_seeds=n_seeds, first_layer=first,
    blocks_named=", ".join(map(str, layers)), widths_named=" and ".join(f"{width:,}" for width in widths),
    second_said=beside if seconds else "a second model would be read, which is not installed",
    n_saes=len(plain), narrowest=min(widths), widest=max(widths), found=record.found, apart_found=0.1 + (record["apart"].detectable or float("nan")),
    **{f"{kind}_{width}": share for width, column in of_widths for kind, share in zip(kinds, column, strict=True)},
)  # fmt: skip
