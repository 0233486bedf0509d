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
# # Do latents classify first letters as well as probes?
#
# :::{claim}
# :::
#
# ```{picture} headline
# :alt: For every kind of SAE the gap in F1 between the probe and a letter's best latent, and between the probe and several latents together.
# By how much a linear {term}`probe <probe>` tells first letters better than a letter's best {term}`latent <latent>`, and than
# {glue:text}`most_latents:d` latents together: difference in {term}`F1 <F1>` (1 is perfect, 0 useless) on words that none of them was
# chosen on, mean over letters, with 95% intervals over {term}`seeds <seed>`. Line: 0.2, what is called *much worse* here.
# ```
#
# ```{predicates}
# ```
#
# ## The idea
#
# *Snake*, *sun* and *short* start with S. A language model never sees letters, only numbers of tokens, and yet it can spell:
# somewhere in the {term}`activation <activation>` that stands for *snake* there is "starts with S". A linear
# {term}`probe <probe>`, one direction and one threshold fitted to labelled words, finds it.
#
# A sparse autoencoder ({term}`SAE <SAE>`) is meant to find such properties without labels: one {term}`latent <latent>` for
# each. Suppose that most of the words on which some latent fires start with S. Is this latent then a detector of S? That also
# depends on the words on which it does *not* fire, which nobody reads. If *snake* has a latent of its own, the S latent may
# stay silent on it ({term}`absorption <absorption>`). So here every latent is scored as a classifier, like the probe, on words
# that neither of the two was chosen on.

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Imports"}
import numpy as np
import pandas as pd
from IPython.display import display
from myst_nb import glue

from absorption.claims import Claim, Evidence, Finding, Predicate, Quotation, conclude
from absorption.experiments.bank import Schedule
from absorption.experiments.bank.classifying import LEAST_WORDS, classified, missed_words, words_of
from absorption.experiments.bank.filling import fill
from absorption.experiments.bank.fitting import Fit
from absorption.experiments.bank.wanted import Wanted, WordsIn
from absorption.experiments.letter_controls import letter_controls
from absorption.figures import theme
from absorption.figures.forms import dots
from absorption.figures.present import present
from absorption.figures.series import Series
from absorption.publish.notebook import glue_record
from absorption.runtime.parallel import in_parallel
from absorption.runtime.paths import pick_device
from absorption.saes import BatchTopK, Recipe, TopK
from absorption.worlds.text import LETTERS

theme.use()

# %% tags=["parameters", "hide-input"] mystnb={"code_prompt_show": "Parameters"}
model_name = "SmolLM2-135M-Instruct"  # a packaged model
layers = (4, 11, 18)  # the residual stream is read after so many blocks; other kinds: the first of these
words_per_letter = None  # of every letter its so many most frequent words; None: all
d_sae = 1024  # latents an SAE
k = 16  # active latents an input
samples = 1_000_000  # activations that each SAE is trained on
batch_size = 1024  # activations a step
lr = 5e-3  # peak learning rate (Adam)
first_seed = 2000  # pilots used seeds below 100
n_seeds = 5  # SAEs at each layer
first_split = 100  # pilots used splits below 10
n_splits = 3  # of the words, into training and held-out ones; other kinds of SAEs: the first of these
n_other_seeds = 3  # SAEs of TopK and of other widths
widths = (256, 2048)  # latents
lengths = (30_000, 100_000, 300_000, 1_000_000, 3_000_000)  # activations
first_length_seed = 1000  # the SAEs of the page on training
ks = (2, 5, 15)  # latents read together
profile = "laptop"
device = "auto"

# %% tags=["claim", "hide-input"] mystnb={"code_prompt_show": "The claim, its predicates and their bounds"}
TIER = "language model"
FLAT = "saying yes to all words of the most frequent letter gives no more"
CLAIM = Claim(
    id="10_first_letters",
    title="Do latents classify first letters as well as probes?",
    sentence="SAE latents that look like classifiers of a word's first letter are far worse classifiers than linear probes.",
    quotations=(
        Quotation("SAE latents can appear to classify some feature of the input, but actually turn out to be quite unreliable classifiers (much worse than linear probes).", "chanin2024summary", "TLDR"),
    ),
    predicates=(
        Predicate("far_worse", "the probe's F1 is higher than that of the letter's best latent by more than 0.2", evidence="gap", above=0.2, tier=TIER, essential=True, because="“much worse”: who relies on the latent gets every fifth word wrong that the probe gets right"),
        Predicate("looks_like", "where the best latent fires, its letter is more than 5 times as frequent as in the vocabulary (the median letter)", evidence="lift", above=5.0, tier=TIER, essential=True, because="“can appear to classify”: whoever reads where it fires sees its letter again and again"),
        Predicate("misses", "the best latent misses more than a quarter of the words that the probe finds", evidence="missed", above=0.25, tier=TIER, essential=True, because="“unreliable”: it is silence that nobody sees, and it should be more than an exception"),
        Predicate("explains", "the SAEs explain more than 45% of the variance of the held-out words", evidence="explained", above=0.45, tier=TIER, role="gate", because="what an SAE leaves out it cannot have a latent for"),
        Predicate("alive", "fewer than 10% of their latents fire on no word", evidence="dead", below=0.1, tier=TIER, role="gate", because="dead latents are a smaller SAE than the one that is named"),
        Predicate("stands_for", "the best latents' F1 is above 0.4", evidence="best_f1", above=0.4, tier=TIER, role="gate", because="below that there is hardly a latent for a letter that could be called its classifier"),
        Predicate("shuffled", "with the letters dealt out anew the probe's F1 is below 0.15", evidence="shuffled_probe_f1", below=0.15, tier=TIER, role="null", because=FLAT),
        Predicate("shuffled_latents", "and so is the best latents'", evidence="shuffled_latent_f1", below=0.15, tier=TIER, role="null", because="the best of a thousand latents and a fitted threshold could flatter the latents"),
        Predicate("oracle", "in an SAE that holds the probes' own directions the best latents lose less than 0.01", evidence="oracle_gap", above=-0.01, below=0.01, tier=TIER, role="control", because="a classifier that is there must be found"),
        Predicate("untrained", "the best latents of SAEs before training have an F1 below 0.2", evidence="untrained_f1", below=0.2, tier=TIER, role="control", because="as far below the trained ones as these are to be below the probe"),
    ),
    findings=(
        Finding("F1 of the probes", "probe_f1", TIER),
        Finding("F1 of the best latents", "best_f1", TIER),
        Finding("precision of the best latents", "precision", TIER),
        Finding("recall of the best latents", "recall", TIER),
        Finding("F1 of as many latents together as were tried", "many_f1", TIER),
        Finding("F1: the probe less these", "gap_many", TIER),
        Finding("F1 of the same probe on the SAE's reconstructions", "rebuilt_f1", TIER),
        Finding("cosine of the best latent with the probe", "cosine", TIER),
        Finding("F1: the probe less the best latent, TopK SAEs", "gap_topk", TIER),
        Finding("F1: the probe less the best latent, the fewest latents", "gap_narrow", TIER),
        Finding("F1: the probe less the best latent, the most latents", "gap_wide", TIER),
        Finding("F1: the probe less the best latent, the shortest training", "gap_shortest", TIER),
        Finding("F1: the probe less the best latent, the longest training", "gap_longest", TIER),
    ),
)  # fmt: skip
SEEDS = range(first_seed, first_seed + n_seeds)

# %% [markdown]
# ## The world
#
# SmolLM2 {cite}`allal2025smollm2` reads text as tokens, and {glue:text}`n_words:,` of its 49,152 tokens are a space followed by
# a whole English word or a piece of one, at least three letters long. Each is read alone. What is kept is the
# {term}`residual stream <residual stream>` after blocks {glue:text}`layers`, vectors of {glue:text}`d_model:d` numbers that
# one part of the model hands to the next. The label is the first letter.
#
# ## The experiment
#
# {term}`BatchTopK <BatchTopK>` SAEs {cite}`bussmann2024batchtopk` with {glue:text}`d_sae:,` latents, {glue:text}`k:d` active on an average word, trained
# on {glue:text}`samples:,` activations, words drawn by the root of their frequency, as [the page on training](19_training.ipynb)
# found that they have to be. Beside them, after block {glue:text}`first_layer:d`: TopK SAEs, other widths and other lengths.

# %%
device = pick_device(device)
recipes = {"BatchTopK": Recipe(BatchTopK(k)), "TopK": Recipe(TopK(k))}


def wanted(layer, seed, name="BatchTopK", width=d_sae, length=samples):
    """One SAE, as the bank is asked for it."""
    source = WordsIn(model_name, layer, per_letter=words_per_letter)
    fit = Fit(recipes[name], width, seed, Schedule(length, batch_size, lr), device=device)
    return Wanted(source, name, fit)


first, fewer = layers[0], SEEDS[:n_other_seeds]
kinds = {f"BatchTopK, block {layer}": [wanted(layer, s) for s in SEEDS] for layer in layers}
kinds["TopK"] = [wanted(first, s, "TopK") for s in fewer]
kinds |= {f"{width:,} latents": [wanted(first, s, width=width) for s in fewer] for width in widths}
of_training = range(first_length_seed, first_length_seed + n_seeds)
kinds |= {f"{n:,} activations": [wanted(first, s, length=n) for s in of_training] for n in lengths}
fill([each for saes in kinds.values() for each in saes])

# %% [markdown]
# {term}`F1 <F1>` is the harmonic mean of precision (how many of the words picked do begin with the letter) and recall (how
# many of the letter's words are picked). The yardstick is a logistic {term}`probe <probe>` a letter. Latents get every fair
# chance: the best one of all for a letter is chosen by its F1 on training words, and so is the cut above which it counts as firing, as
# for the probe. A $k$-sparse probe may read several latents, those that an L1-penalised probe ranks first
# {cite}`chanin2024absorption`. Every number comes from held-out words, a fifth of each letter's, and from all letters with at least
# {glue:text}`least_words:d` of them, whatever probe or latents make of them.

# %%
splits = range(first_split, first_split + n_splits)
main = [name for name in kinds if name.startswith("BatchTopK")]
found = {
    name: classified(saes, k, splits if name in main else splits[:1], ks) for name, saes in kinds.items()
}
of_blocks = [one for name in main for one in found[name]]
most = f"f1_{max(ks)}"

# %% tags=["hide-input"] mystnb={"code_prompt_show": "The figure at the top"}


def series(label, role, measure, marker="o"):
    """Mean gap and 95% interval of each kind of SAE."""
    gaps = [[one.gap(measure) for one in found[name]] for name in kinds]
    made = [Evidence.of_samples("any", gap, possible=(-1, 1)) for gap in gaps]
    ends = (np.array([getattr(one, end) for one in made]) for end in ("value", "low", "high"))
    return Series(label, role, *ends, marker)


lines = [series("best latent", "child", "f1"), series(f"{max(ks)} latents together", "light", most, "s")]
fig, panel = theme.figure(height=4.6)
dots(panel, list(kinds), lines, "the probe's F1 less that of the latents, held-out words", reference=0.2)
panel.set_xlim(left=0)
low, high = lines[0].center.min(), lines[0].center.max()
panel.set_title(f"However trained, the best latent's F1 is at least {low:.2f} below the probe's")
fig.legend(*panel.get_legend_handles_labels(), loc="outside lower center", ncols=2)
present("headline", fig, "The gap in F1 between probe and latents for every kind of SAE, with intervals.")

# %% [markdown]
# ## What was found
#
# {glue:text}`found`
#
# - **They look like classifiers, at a glance.** Where the best latent of a letter fires, the letter is {glue:text}`lift:.0f` times as frequent as in the vocabulary
#   ({glue:text}`lift_low:.0f` to {glue:text}`lift_high:.0f`, the median letter); precision is {glue:text}`precision:.2f`, so part of the gap is false alarms, not silence. Its decoder direction has a cosine of
#   {glue:text}`cosine:.2f` with the probe's.
# - **They miss.** Recall is {glue:text}`recall:.2f`, and of the words that the probe finds {glue:text}`missed:.0%` are missed ({glue:text}`missed_low:.0%` to
#   {glue:text}`missed_high:.0%`). The gap in F1 is {glue:text}`gap:.2f` ({glue:text}`gap_low:.2f` to {glue:text}`gap_high:.2f`).
# - **Several together.** {glue:text}`most_latents:d` latents reach {glue:text}`many_f1:.2f`, and the gap is {glue:text}`gap_many:.2f` ({glue:text}`gap_many_low:.2f` to
#   {glue:text}`gap_many_high:.2f`). The same linear probe on the SAE's reconstruction, which sees what all latents together write, reaches
#   {glue:text}`rebuilt_f1:.2f`.
# - **Width.** With {glue:text}`narrow:,` latents the gap is {glue:text}`gap_narrow:.2f` ({glue:text}`gap_narrow_low:.2f` to {glue:text}`gap_narrow_high:.2f`), with
#   {glue:text}`wide:,` {glue:text}`gap_wide:.2f` ({glue:text}`gap_wide_low:.2f` to {glue:text}`gap_wide_high:.2f`).
# - **Length.** After {glue:text}`shortest:,` activations the gap is {glue:text}`gap_shortest:.2f` ({glue:text}`gap_shortest_low:.2f` to
#   {glue:text}`gap_shortest_high:.2f`), after {glue:text}`longest:,` {glue:text}`gap_longest:.2f` ({glue:text}`gap_longest_low:.2f` to {glue:text}`gap_longest_high:.2f`).
# - **TopK.** SAEs that keep the {glue:text}`k:d` largest latents of each word {cite}`gao2024scaling`, not of a batch on average: {glue:text}`gap_topk:.2f`
#   ({glue:text}`gap_topk_low:.2f` to {glue:text}`gap_topk_high:.2f`), at an {term}`L0 <L0>` of {glue:text}`l0_topk:.1f`.
#
# These are words that begin with S, most frequent first, on which the S latent with the highest F1 of all {glue:text}`n_seeds:d` SAEs after block {glue:text}`first_layer:d`
# does not fire at all ({glue:text}`s_missed:d` of the {glue:text}`s_words:d` held-out words of the letter that the probe finds; below its cut it would miss more; the latent's cosine with the probe is {glue:text}`s_cosine:.2f`). Beside
# each stands the latent that fires most in its place, named by the three words that weigh most in it. Most cosines are near zero: that these latents carry the S is not shown here.

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Table: words that the S latent misses"}
s_letter = LETTERS.index("s")
at = int(np.argmax([one.by["f1"][0, s_letter] for one in found[main[0]]]))
missed, table = missed_words(kinds[main[0]][at], k, first_split, s_letter)
display(pd.DataFrame(table).set_index("missed word"))

# %% [markdown]
# ## The null and the controls
#
# One SAE a block:
#
# - **Letters dealt out anew** among the words ({term}`null <null>`): probe and latents must both fail (F1 {glue:text}`shuffled_probe_f1:.2f` and
#   {glue:text}`shuffled_latent_f1:.2f`). Choosing the best of {glue:text}`d_sae:,` latents and a threshold could flatter the latents; it does not.
# - **{term}`Oracle <oracle>`.** A trained SAE in which 26 latents are replaced by the probe's own directions loses {glue:text}`oracle_gap:.3f`.
# - **Untrained.** Random latents, just as sparse, reach {glue:text}`untrained_f1:.2f`.
# - **Had they learned?** Of the variance of the held-out words, each counting once, the SAEs explain {glue:text}`explained:.2f`, and {glue:text}`dead:.1%` of the
#   latents fire on no word.

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Controls"}
controls = in_parallel(lambda one: letter_controls(one, k, first_split), [kinds[name][0] for name in main])

# %% [markdown]
# ## What this does not show
#
# - **Anything about running text.** Words were read alone, in training and in the test. SAEs are mostly trained on text; an earlier version of this page
#   tried that with SAEs that had learned too little to decide.
# - **That SAEs with a penalty are like these.** JumpReLU, gated SAEs and those with an L1 penalty are compared [on a page of their own](29_architectures.ipynb).
# - **Where it ends.** With more training the gap shrinks, and no plateau was reached; the shortest trainings in the figure do not pass this page's own gates.
# - **That SAEs of one layer are independent.** They share words, activations and probes; intervals do not speak for other layers or models.
# - **That large SAEs are like these.** They have a thousand latents and the model 135 million parameters.
# - **That the letters are absorbed.** A silent latent may be absorbed by another, or the letter may never have had a latent of
#   its own. Telling these apart needs [the absorption metrics, and interventions on the model](11_absorbing_latents.ipynb).
# - **Anything about rare letters by themselves.** {glue:text}`left_out` have too few words; the rarest of the others rests on {glue:text}`rarest:d` held-out ones.
# - **That a letter is something SAEs ought to find.** It is a property with known labels, which is why it was chosen.
#
# ## Details
#
# A transformer parks unused attention on a few positions, whose vectors are far longer than all others; such words are left out. The test words are held out from probes and
# from all choices, but SAEs were trained, without labels, on all words. BatchTopK SAEs are judged at the threshold at which {glue:text}`k:d` latents fire on an average
# word, TopK SAEs as they were trained. Judged on {glue:text}`n_splits:d` splits of the words after each block; elsewhere on one, with {glue:text}`n_other_seeds:d` seeds of TopK and of each width, {glue:text}`n_seeds:d`
# of each length. SAEs of different lengths are those of [the page on training](19_training.ipynb). An earlier version of this page, inconclusive, trained on words drawn by their
# frequency.
#
# All SAEs, averaged over letters, seeds and splits (*together*: F1 of {glue:text}`ks` latents):

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Table: all SAEs"}
COLUMNS = {"precision": "precision", "recall": "recall", "F1": "f1", "probe": "probe_f1"}


def row(name):
    """One kind of SAE."""
    saes = found[name]
    about = {"explained": "explained", "dead": "dead", "L0": "l0"}
    learned = {title: f"{np.mean([getattr(one, of) for one in saes]):.2f}" for title, of in about.items()}
    quality = {title: f"{np.mean([one.mean(of) for one in saes]):.2f}" for title, of in COLUMNS.items()}
    several = {f"{n} together": f"{np.mean([one.mean(f'f1_{n}') for one in saes]):.2f}" for n in ks}
    return {"SAEs": name, "n": str(len(saes))} | learned | quality | several


display(pd.DataFrame([row(name) for name in found]).set_index("SAEs"))

# %% tags=["hide-cell", "nbval-check-output"]
in_blocks = dict(of="blocks of layer and seed", possible=(0, 1))


def gap(name, kind):
    """The gap of one kind of SAE over its seeds."""
    return Evidence.of_samples(name, [one.gap("f1") for one in found[kind]], possible=(-1, 1))


kind_of = {"gap_topk": "TopK"}
kind_of |= {f"gap_{name}": f"{n:,} latents" for name, n in (("narrow", min(widths)), ("wide", max(widths)))}
kind_of |= {
    f"gap_{name}": f"{n:,} activations" for name, n in (("shortest", lengths[0]), ("longest", lengths[-1]))
}
evidence = [
    Evidence.of_samples("gap", [one.gap("f1") for one in of_blocks], of="blocks of layer and seed", possible=(-1, 1)),
    Evidence.of_samples("gap_many", [one.gap(most) for one in of_blocks], of="blocks of layer and seed", possible=(-1, 1), note=f"{max(ks)} latents"),
    Evidence.of_samples("lift", [one.median("lift") for one in of_blocks], of="blocks of layer and seed", possible=(0, np.inf), note="precision over the letter's share, the median letter"),
    *(Evidence.of_samples(name, [one.mean(name) for one in of_blocks], **in_blocks) for name in ("missed", "probe_f1", "precision", "recall", "rebuilt_f1")),
    Evidence.of_samples("best_f1", [one.mean("f1") for one in of_blocks], **in_blocks),
    Evidence.of_samples("many_f1", [one.mean(most) for one in of_blocks], **in_blocks),
    Evidence.of_samples("cosine", [one.mean("cosine") for one in of_blocks], of="blocks of layer and seed", possible=(-1, 1)),
    Evidence.of_samples("explained", [one.explained for one in of_blocks], of="blocks of layer and seed", possible=(-np.inf, 1)),
    Evidence.of_samples("dead", [one.dead for one in of_blocks], **in_blocks),
    *(gap(name, kind) for name, kind in kind_of.items()),
    *(Evidence.exactly(name, max((one[name] for one in controls), key=abs), note="the largest, one SAE a layer") for name in controls[0]),
]  # fmt: skip
record = conclude(
    CLAIM,
    evidence,
    found="A letter's best latent reaches an F1 of {best_f1:.2f} and the probe {probe_f1:.2f}; the latent misses {missed:.0%} of the words that the probe finds.",
    headline="gap",
    seeds=SEEDS,
    parameters=dict(
        model_name=model_name, layers=layers, words_per_letter=words_per_letter, d_sae=d_sae, k=k, samples=samples, batch_size=batch_size, lr=lr,
        first_seed=first_seed, n_seeds=n_seeds, first_split=first_split, n_splits=n_splits, n_other_seeds=n_other_seeds,
        widths=widths, lengths=lengths, first_length_seed=first_length_seed, ks=ks,
    ),
    profile=profile,
    device=device,
)  # fmt: skip
print(record)

# %% tags=["remove-cell"]
glue_record(record)
held = [words_of(kinds[name][0], first_split) for name in main]
counts = np.array([words.letters[words.split.held_out].bincount(minlength=26).numpy() for words in held])
enough = (counts >= LEAST_WORDS).all(0)
for name, value in dict(
    n_words=len(held[0].letters), d_model=held[0].x.shape[1], layers=", ".join(map(str, layers)), first_layer=first, d_sae=d_sae, k=k, samples=samples,
    n_seeds=n_seeds, n_splits=n_splits, n_other_seeds=n_other_seeds, most_latents=max(ks), ks=", ".join(map(str, ks)), least_words=LEAST_WORDS, narrow=min(widths),
    wide=max(widths), shortest=lengths[0], longest=lengths[-1], left_out=", ".join(LETTERS[i].upper() for i in range(26) if not enough[i]) or "No letters",
    rarest=int(counts[:, enough].min()), l0_topk=float(np.mean([one.l0 for one in found["TopK"]])), found=record.found, **missed,
).items():  # fmt: skip
    glue(name, value, display=False)
