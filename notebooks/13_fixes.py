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
# What each recipe has more (right) or less (left) than plain {term}`BatchTopK <BatchTopK>` with the same number of active
# {term}`latents <latent>` in training, with 95% intervals. *Absorbed fraction*: how much of a word's letter other latents carry than
# the letter's own, on average; *in full*: the share of words on which its own are silent and one other carries it. On words the
# fraction is lower by {glue:text}`orthogonal_words_fraction_saved_percent:.1f` points with orthogonality
# ({glue:text}`orthogonal_words_fraction_saved_low_percent:.1f` to {glue:text}`orthogonal_words_fraction_saved_high_percent:.1f`:
# it may be none), and by {glue:text}`nested_words_fraction_saved_percent:.1f` with nesting
# ({glue:text}`nested_words_fraction_saved_low_percent:.1f` to {glue:text}`nested_words_fraction_saved_high_percent:.1f`).
# ```
#
# ```{predicates}
# ```
#
# ## The idea
#
# *Snake* starts with S. An {term}`SAE <SAE>` that has a {term}`latent <latent>` for S and a latent for *snake* pays for two active
# latents, so it is cheaper to let the *snake* latent say S along and to silence the S latent: {term}`absorption <absorption>`. Two
# kinds of pressure against it have been proposed. **Orthogonality**: a latent that says S along points a little in the direction of S; a
# penalty on directions that are not orthogonal makes that dear. **Nesting** ({term}`Matryoshka <Matryoshka SAE>`): the first few latents
# have to reconstruct alone, so that they had better be general, and keep firing on *snake*.
#
# Both leave the number of active latents as it is. So all recipes here have the same {term}`L0 <L0>` in training, and each is compared with plain
# BatchTopK of the same {term}`seed <seed>`, letter by letter.

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Imports"}
from dataclasses import replace

import numpy as np
import pandas as pd
import torch
from IPython.display import display
from myst_nb import glue
from scipy.stats import spearmanr
from sklearn.metrics import precision_recall_curve, roc_auc_score

from absorption.claims import Claim, Evidence, Finding, Outcome, Predicate, Quotation, conclude
from absorption.claims.verdict import judge
from absorption.experiments.bank import Schedule, Table, encode_rows, trained
from absorption.experiments.controls import untrained, with_l0
from absorption.figures import theme
from absorption.figures.present import present
from absorption.measures.detectors import (
    FiringStatistics,
    asymmetry,
    decoder_cosine,
    exclusion,
    handover,
)
from absorption.measures.intervals import crossed_interval
from absorption.measures.letters import Words, by_letter, examine, top_words
from absorption.measures.reconstruction import fit_of
from absorption.publish.explorer import Entry, write_entries
from absorption.publish.notebook import glue_record
from absorption.runtime.parallel import in_parallel
from absorption.runtime.paths import pick_device
from absorption.saes import BatchTopK, Recipe, TopK
from absorption.saes.cost import multiplications
from absorption.saes.losses.schemes import RandomChunks
from absorption.worlds.language import load
from absorption.worlds.normalisation import Normalisation, attention_sinks
from absorption.worlds.residuals import residual_stream, text_contexts, word_activations
from absorption.worlds.text import (
    LETTERS,
    commonest,
    speeches,
    vocabulary_words,
    word_frequencies,
    word_places,
)

theme.use()

# %% tags=["parameters", "hide-input"] mystnb={"code_prompt_show": "Parameters"}
model_name = "SmolLM2-135M-Instruct"  # a packaged model, or owner/model of the Hugging Face hub
revision = None  # full commit hash of a hub model
words_per_letter = None  # of every letter its so many most frequent words; None: all
layer = 4  # the residual stream is read after this many blocks
further_layers = (18,)  # where plain, orthogonal and nested SAEs are trained on words, too
d_sae = 1024  # latents an SAE
k = 8  # active latents an input in training (mean over a batch)
n_seeds = 5  # SAEs of each recipe and each kind of training data
samples = 102_400  # activations that each SAE is trained on
batch_size = 512  # activations a step
lr = 5e-3  # peak learning rate (Adam)
n_text_tokens = 120_000  # tokens of running text, drawn from the speeches
context_length = 127  # tokens a context
orthogonality = 0.25  # weight of OrtSAE's penalty, the value of its authors
weights = (0.0, 0.25, 1.0, 4.0)  # of the dose–response curve
n_levels = 5  # Matryoshka widths: d_sae, half of it, a quarter …
k_max = 4  # main latents a letter, at most
min_types = 25  # letters that begin fewer different words of the text are left out there
min_judged = {"words": 50, "text": 20}  # and so are letters with fewer judged words
meta_widths = (32, 64, 128)  # latents of the meta-SAEs
meta_k = 4  # active ones a decoder row
meta_steps = 500  # training steps of each meta-SAE, on all rows at once
profile = "laptop"
device = "auto"

# %% tags=["claim", "hide-input"] mystnb={"code_prompt_show": "The claim, its predicates and their bounds"}
TIER = "language model"
CLAIM = Claim(
    id="13_fixes",
    title="Do the fixes work in a real model?",
    sentence="Orthogonality regularisation and Matryoshka training lower absorption in a language model's SAEs, at the same sparsity, for little of the explained variance.",
    quotations=(
        Quotation("Matryoshka SAEs are a promising approach to fixing absorption in SAEs.", "7vik2025sparsity", "“Matryoshka SAEs to fix Absorption”"),
        Quotation("I propose including an additional regularisation term in the SAE loss to penalise geometric non-orthogonality of the feature directions discovered by the SAE.", "till2024truefeatures", "“Proposed solution”"),
    ),
    predicates=(
        Predicate("orthogonal_words", "SAEs trained on words: orthogonality lowers the absorbed fraction", evidence="orthogonal_words_fraction_saved", above=0.0, tier=TIER, essential=True, because="a fix that lowers nothing is none"),
        Predicate("nested_words", "SAEs trained on words: nesting lowers the absorbed fraction", evidence="nested_words_fraction_saved", above=0.0, tier=TIER, essential=True, because="the same for the other fix"),
        Predicate("orthogonal_cheap", "orthogonality costs less than 2 points of explained variance (words)", evidence="orthogonal_words_explained_lost", below=0.02, tier=TIER, essential=True, because="an early test of the proposal lost 1.8"),
        Predicate("nested_cheap", "nesting costs less than 5 points of explained variance (words)", evidence="nested_words_explained_lost", below=0.05, tier=TIER, essential=True, because="more than twice the 2 points that its authors lost"),
        Predicate("orthogonal_text", "running text: orthogonality lowers the absorbed fraction", evidence="orthogonal_text_fraction_saved", above=0.0, tier=TIER, because="SAEs are trained on text, not on words"),
        Predicate("nested_text", "running text: nesting lowers the absorbed fraction", evidence="nested_text_fraction_saved", above=0.0, tier=TIER, because="the same for the other fix"),
        Predicate("explains", "every recipe explains more than 45% of the variance of the judged words", evidence="explained_judged", above=0.45, tier=TIER, role="gate", because="an SAE that leaves the words out has nothing to absorb"),
        Predicate("alive", "fewer than 10% of any recipe's latents fire on no word", evidence="dead", below=0.1, tier=TIER, role="gate", because="dead latents are a smaller SAE than the one that is named"),
        Predicate("stands_for", "the letters' best latents have an F1 above 0.4, whatever the recipe", evidence="main_f1", above=0.4, tier=TIER, role="gate", because="a latent that hardly tells its letter has few words to lose"),
        Predicate("matched", "no recipe's L0 on the judged words is more than 5% off plain BatchTopK's", evidence="l0_judged_off", below=0.05, tier=TIER, role="match", because="absorption depends on L0"),
        Predicate("permuted", "with permuted letters the best latents' F1 is below 0.15", evidence="permuted_f1", below=0.15, tier=TIER, role="null", because="the best of a thousand latents must not tell what is not there"),
        Predicate("oracle", "an SAE with the probes' own directions absorbs nothing, by either metric", evidence="oracle", below=0.001, tier=TIER, role="control", because="nothing is missed there, so nothing may be counted"),
        Predicate("untrained", "the best latents of untrained SAEs have an F1 below 0.2", evidence="untrained_f1", below=0.2, tier=TIER, role="control", because="half of what the gate asks of trained ones"),
    ),
    findings=(
        Finding("words: orthogonality saves of full absorption", "orthogonal_words_full_saved", TIER),
        Finding("words: nesting saves of full absorption", "nested_words_full_saved", TIER),
        Finding("words: tying, which does best in toy worlds, saves of the fraction", "tied_words_fraction_saved", TIER),
        Finding("words: the best nested recipe of the toy worlds saves of the fraction", "toy_nested_words_fraction_saved", TIER),
        Finding("words: both together save more of the fraction than the better one", "both_ahead", TIER),
        Finding("rank correlation of orthogonality's weight and the fraction", "dose_orthogonality", TIER),
        Finding("rank correlation of the number of nested levels and the fraction", "dose_levels", TIER),
        Finding("F1 that the best latents lose with orthogonality", "orthogonal_words_f1_lost", TIER),
        Finding("F1 that the best latents lose with nesting", "nested_words_f1_lost", TIER),
        Finding("handover as a detector of absorbing latents: area under the ROC curve", "auc_handover", TIER),
        Finding("handover's scores dealt to other latents: the same area", "auc_shuffled", TIER),
        Finding("of the 100 pairs it scores highest, how many times as many as of all pairs are absorption", "lift_handover", TIER),
        Finding("share of letters with a meta-latent (F1 above 0.5), at the best width", "meta_share", TIER),
        Finding("the same with letters dealt to other decoder rows", "meta_permuted", TIER),
        Finding("L0 on what was trained on: the recipe furthest from k, as a share", "l0_off", TIER),
        Finding("explained variance of what was trained on: the worst recipe", "explained", TIER),
    ),
)  # fmt: skip
SEEDS = range(n_seeds)

# %% [markdown]
# ## The world
#
# The words, the model and both kinds of training data are those of [the page on first letters](10_first_letters.ipynb): the
# {term}`residual stream <residual stream>` of SmolLM2 {cite}`allal2025smollm2` after block {glue:text}`layer:d`, once at {glue:text}`n_words:d` **words** read alone and drawn as often as they are
# met in English, and once at every token of running **text**. SAEs trained on words are judged on words read alone; SAEs trained on
# text on {glue:text}`n_places:d` places where {glue:text}`n_types:d` words stand in a text, at most three places a word. One split of the words, and one
# set of probes, serve all SAEs of a kind.

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Words, text and probes"}
device = pick_device(device)
model = load(model_name, layer=layer, revision=revision, device=device)
vocabulary = commonest(vocabulary_words(model.vocabulary()), words_per_letter)


def words_of(model):
    """What SAEs trained on words read from this model are trained and judged on."""
    raw = word_activations(model, vocabulary.token_ids)
    kept = ~attention_sinks(raw)
    words = vocabulary.select(kept)
    p = word_frequencies(words.words).float()
    x = Normalisation.of(raw[kept], p)(raw[kept])
    return Table(x, p), Words.of(words.words, words.letters, p, x)


contexts = text_contexts(model, speeches(), n_text_tokens, context_length, torch.Generator().manual_seed(0))
raw_text = residual_stream(model, contexts).flatten(0, 1)
kept_text = ~attention_sinks(raw_text)
x_text = Normalisation.of(raw_text[kept_text])(raw_text[kept_text])
at, of_word = word_places(contexts.flatten()[kept_text], vocabulary.token_ids)
of_letter = vocabulary.letters[of_word.unique()].bincount(minlength=26)
common = (of_letter >= min_types).nonzero()[:, 0]  # letters that begin enough different words of the text
has_letter = torch.isin(vocabulary.letters[of_word], common)
at, of_word = at[has_letter], of_word[has_letter]
kinds = ("words", "text")
tables, tasks = {"text": Table(x_text)}, {}
tables["words"], tasks["words"] = words_of(model)
tasks["text"] = Words.of(
    [vocabulary.words[i] for i in of_word],
    torch.searchsorted(common, vocabulary.letters[of_word]),
    torch.full((len(at),), 1 / len(at)),
    x_text[at],
    groups=of_word,
)
elsewhere = {f"layer {n}": n for n in further_layers}
for kind, n in elsewhere.items():
    tables[kind], tasks[kind] = words_of(load(model_name, layer=n, revision=revision, device=device))
del model, raw_text

enough = {
    kind: task.enough(min_judged["text" if kind == "text" else "words"]) for kind, task in tasks.items()
}
for kind in elsewhere:
    enough[kind] &= enough["words"] & (
        tasks[kind].probe_f1 > 0.6
    )  # letters that are judged above, if they are known here
if words_per_letter is None:
    assert enough["words"].sum() >= 15 and enough["text"].sum() >= 10, "most letters are judged"
    assert all(tasks[kind].probe_f1[enough[kind]].min() > 0.6 for kind in kinds), "a probe's rule"
text_split = tasks["text"].split
assert not set(of_word[text_split.train].tolist()) & set(of_word[text_split.held_out].tolist())
for name, value in (
    ("k", k),
    ("layer", layer),
    ("d_sae", d_sae),
    ("samples", samples),
    ("n_words", len(tasks["words"].text)),
    ("n_places", len(at)),
    ("n_types", len(of_word.unique())),
    *((f"n_judged_{kind}", len(tasks[kind].judged)) for kind in kinds),
    *((f"n_letters_{kind}", int(enough[kind].sum())) for kind in kinds),
    *((f"probe_f1_{kind}", float(tasks[kind].probe_f1[enough[kind]].mean())) for kind in kinds),
):
    glue(name, value, display=False)

# %% [markdown]
# The {term}`probes <probe>`' mean {term}`F1 <F1>` on held-out words is {glue:text}`probe_f1_words:.2f` for words alone and {glue:text}`probe_f1_text:.2f` in text, over
# {glue:text}`n_letters_words:d` and {glue:text}`n_letters_text:d` letters with enough judged words.
#
# ## The experiment
#
# Six recipes, all of them BatchTopK; what their names mean stands below the table.

# %%
levels = tuple(d_sae // 2**i for i in reversed(range(n_levels)))
plain = Recipe(BatchTopK(k))
ort = RandomChunks(size=8192, every=5)
apart = dict(orthogonality=orthogonality, orthogonality_scheme=ort)
RECIPES = {
    "plain": ("BatchTopK", plain),
    "orthogonal": ("+ orthogonality", replace(plain, **apart)),
    "nested": ("+ nesting", replace(plain, nesting=levels)),
    "both": ("+ both", replace(plain, nesting=levels, **apart)),
    "tied": ("tied", replace(plain, tied=True)),
    "toy_nested": (
        "tied, nested, orthogonal",
        replace(
            plain, tied=True, nesting=levels, orthogonality=1.0,
            level_weights=(*[0.25] * (n_levels - 1), 1.0),
        ),
    ),
}  # fmt: skip
FIXES = ("orthogonal", "nested", "both")
labels = {name: label for name, (label, _) in RECIPES.items()}

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Training and examination"}
schedule = Schedule(samples, batch_size, lr)


def fitted(job):
    """One SAE, or, for `orthogonal`, one for every weight of the dose–response curve, on the same batches."""
    kind, name, recipe, seed = job
    swept = name == "orthogonal" and kind == "words"
    sweep = {"orthogonality": torch.tensor(weights)} if swept else None
    stack = trained(tables[kind], recipe, d_sae, seed, schedule, sweep=sweep, device=device,
                    description=f"{labels.get(name, name)}, {kind}, seed {seed}")  # fmt: skip
    return with_l0(stack, tables[kind], k)


depths = (2, 3)  # 1 is plain, n_levels nested
shallow = {f"{n} levels": replace(plain, nesting=levels[-n:]) for n in depths}
jobs = [
    (kind, name, recipe, seed) for kind in kinds for name, (_, recipe) in RECIPES.items() for seed in SEEDS
]
jobs += [("words", name, recipe, seed) for name, recipe in shallow.items() for seed in SEEDS]
jobs += [
    (kind, name, RECIPES[name][1], seed) for kind in elsewhere for name in ("plain", *FIXES) for seed in SEEDS
]
stacks = dict(
    zip([(kind, name, seed) for kind, name, _, seed in jobs], in_parallel(fitted, jobs, device), strict=True)
)


def member_of(kind, name):
    """Which member of a stack is the recipe: of a dose–response curve the one with the recipe's own weight."""
    return weights.index(orthogonality) if (kind, name) == ("words", "orthogonal") else 0


def examined(job):
    """One SAE by letter and as a whole; its tables for the explorer if it is the first seed's, trained on words."""
    kind, name, seed, member = job
    stack, task, table = stacks[kind, name, seed], tasks[kind], tables[kind]
    dictionary, b_dec = stack.dictionary[member], stack.b_dec[member]
    z = encode_rows(stack, member, task.x)
    found = examine(task, z, dictionary, k_max=k_max)
    judged = fit_of(task.x[task.judged], z[task.judged], dictionary, b_dec)
    rows = next(table.batches(8000, 1, torch.Generator().manual_seed(0)))
    fit = fit_of(rows, encode_rows(stack, member, rows), dictionary, b_dec)
    by_name = {
        n: getattr(found, n)[enough[kind]].numpy() for n in ("full", "fraction", "silent", "splits", "f1")
    }
    shown = seed == 0 and kind == "words" and name in RECIPES and member == member_of(kind, name)
    return by_name | {
        "explained": fit.explained, "l0": fit.l0, "dead": fit.dead,
        "explained_judged": judged.explained, "l0_judged": judged.l0,
        "tables": by_letter(task, z, dictionary, found) if shown else None,
    }  # fmt: skip


at_weight = [("words", "orthogonal", seed, i) for i in range(len(weights)) for seed in SEEDS]
looks_at = [(kind, name, seed, member_of(kind, name)) for kind, name, seed in stacks]
look_jobs = list(dict.fromkeys(looks_at + at_weight))
looks = dict(
    zip(look_jobs, in_parallel(examined, look_jobs), strict=True)
)  # on the processor wherever they were trained


def of_recipe(kind, name, measure, member=None):
    """One measure of a recipe: [seed] or [seed letter]."""
    if member is None:
        member = member_of(kind, name)
    return np.stack([looks[kind, name, seed, member][measure] for seed in SEEDS])


def costs(recipe):
    """Multiplications an input, in those of plain BatchTopK."""
    d_in = x_text.shape[1]
    return multiplications(recipe, d_in, d_sae, batch_size) / multiplications(plain, d_in, d_sae, batch_size)


assert np.isfinite([of_recipe(kind, name, "fraction").mean() for kind in kinds for name in RECIPES]).all()
overview = pd.DataFrame(
    {
        (kind, column): [f"{scale * of_recipe(kind, name, measure).mean():{form}}" for name in RECIPES]
        for kind in kinds
        for column, measure, scale, form in (
            ("fraction %", "fraction", 100, ".1f"),
            ("full %", "full", 100, ".1f"),
            ("explained %", "explained", 100, ".1f"),
            ("L0", "l0", 1, ".1f"),
            ("splits", "splits", 1, ".2f"),
            ("best F1", "f1", 1, ".2f"),
        )
    },
    index=pd.Index(labels.values(), name="recipe"),
)
overview["", "cost a step"] = [f"×{costs(recipe):.2f}" for _, recipe in RECIPES.values()]
display(overview)

# %% [markdown]
# Every SAE has {glue:text}`d_sae:d` latents and sees {glue:text}`samples:d` activations. *Orthogonality* is OrtSAE's {cite}`korznikov2025ortsae`: at every fifth step, each
# decoder direction's squared cosine with its nearest neighbour, with weight {glue:text}`orthogonality`. *Nesting* lets prefixes of
# {glue:text}`level_widths` latents reconstruct alone. *Tied* is the recipe that has fewest faults on [the page on nesting](08_matryoshka.ipynb); the
# last one was the best nested recipe of an earlier form of that page, with inner levels at a quarter of the weight and the mean squared cosine over all pairs. Rates
# are means over letters and seeds; *splits* are further main latents a letter; the cost is counted in multiplications.
#
# ## What was found

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Figure: what each recipe saves"}
others = [name for name in RECIPES if name != "plain"]
MEASURES = (
    ("fraction", -100, "absorbed fraction"),
    ("full", -100, "absorbed in full"),
    ("explained", -100, "explained variance"),
    ("f1", -100, "F1 of the best latent"),
)


def saved(kind, name, measure):
    """What plain BatchTopK has more of: [seed letter], or [seed 1] for a measure of the whole SAE."""
    return (of_recipe(kind, "plain", measure) - of_recipe(kind, name, measure)).reshape(n_seeds, -1)


def interval_of(values):
    """Mean and interval: over seeds and letters, or over seeds (Student's t)."""
    if values.shape[1] == 1:
        e = Evidence.of_samples("any", values[:, 0])
        return e.value, *e.interval
    return values.mean(), *crossed_interval(values)


fig, panels = theme.figure(height=3.4, ncols=len(MEASURES), sharey=True)
for panel, (measure, scale, title) in zip(panels, MEASURES, strict=True):
    for kind, role, shift, marker in (("words", "parent", -0.13, "o"), ("text", "child", 0.13, "s")):
        for row, name in enumerate(others):
            mid, low, high = (scale * v for v in interval_of(saved(kind, name, measure)))
            panel.plot([low, high], [row + shift] * 2, color=theme.COLORS[role], lw=1.4)
            panel.plot(
                mid,
                row + shift,
                marker,
                ms=4.5,
                color=theme.COLORS[role],
                label=f"trained on {kind}" if row == 0 else None,
            )
    panel.axvline(0, color="black", lw=0.8)
    panel.set_title(title, fontsize=9, fontweight="normal")
    panel.grid(axis="x")
panels[0].set_yticks(range(len(others)), [labels[name] for name in others])
panels[0].invert_yaxis()
fig.supxlabel("points more (right) or less (left) than plain BatchTopK", x=0.02, ha="left", fontsize=9)
nested, straightened = (
    100 * (of_recipe("words", name, "fraction") - of_recipe("words", "plain", "fraction")).mean()
    for name in ("nested", "orthogonal")
)
fig.suptitle(
    f"Absorbed fraction of words: {nested:+.1f} points with nesting, {straightened:+.1f} with orthogonality",
    x=0.01, ha="left", fontsize=10, fontweight="bold",
)  # fmt: skip
fig.legend(*panels[0].get_legend_handles_labels(), loc="outside lower right", ncols=2, fontsize=8)
present(
    "headline",
    fig,
    "Differences from plain BatchTopK with 95% intervals for five recipes, on words and on text: absorbed fraction, full absorption, explained variance and F1 of the best latent.",
)

# %% [markdown]
# Nesting and orthogonality move both measures of absorption to the left, on words and on text. Nesting's intervals keep clear of zero;
# orthogonality's reach across it or end beside it. Both fixes at once lower full absorption in both kinds of
# SAE, and the fraction on text by {glue:text}`both_text_fraction_saved_percent:.1f` points ({glue:text}`both_text_fraction_saved_low_percent:.1f` to
# {glue:text}`both_text_fraction_saved_high_percent:.1f`), for {glue:text}`both_words_explained_lost_percent:.1f` and
# {glue:text}`both_text_explained_lost_percent:.1f` points of explained variance.
#
# Tied SAEs are another matter. [In the toy worlds](08_matryoshka.ipynb) tying has fewest faults, since it denies the parent's encoder the tilt by which it avoids
# its child. On words here it raises the fraction by {glue:text}`tied_more_percent:.1f` points ({glue:text}`tied_more_low_percent:.1f` to
# {glue:text}`tied_more_high_percent:.1f`) and full absorption by {glue:text}`tied_more_full_percent:.1f` ({glue:text}`tied_more_full_low_percent:.1f` to
# {glue:text}`tied_more_full_high_percent:.1f`), while its best latents classify better and explained variance does not fall. What a recipe
# does depends on the data that the SAE saw, too: the last one raises the fraction on words, and not on text.
#
# ### In another layer


# %% tags=["hide-input"]
def points(kind, name, measure, scale):
    """Points more than plain BatchTopK has, with their interval."""
    middle, *ends = (scale * v for v in interval_of(saved(kind, name, measure)))
    return f"{middle:+.1f} ({min(ends):+.1f} to {max(ends):+.1f})"


rows = [
    {"after block": elsewhere.get(kind, layer), "recipe": labels[name]}
    | {title: points(kind, name, measure, scale) for measure, scale, title in MEASURES}
    for kind in ("words", *elsewhere)
    for name in FIXES
]
display(pd.DataFrame(rows).set_index(["after block", "recipe"]))

# %% [markdown]
# Points more or less than plain BatchTopK, with 95% intervals, for SAEs trained on words. Another layer is another sample of what these
# recipes do: a sign that holds in both is worth more than either. The absorbed fraction of plain SAEs is
# {glue:text}`plain_words_fraction_percent:.1f`% after block {glue:text}`layer:d`, and {glue:text}`plain_elsewhere`. There nesting
# lowers it by {glue:text}`nested_further_percent:.1f` points alone and by {glue:text}`both_further_percent:.1f` with orthogonality, orthogonality alone by
# {glue:text}`orthogonal_further_percent:.1f`, and all three intervals reach across zero: the signs are the same, and nothing is shown. Nesting also costs more there. The predicates are about block
# {glue:text}`layer:d` alone: they were set, and had been judged, before this table was.

# %% [markdown]
# ## The null and the controls
#
# - **{term}`Oracle <oracle>`.** Latents that are the probes' own directions, firing where the probe finds the letter: nothing is absorbed.
# - **Untrained** SAEs at the same L0, and **permuted letters**: no latent tells a letter (F1 {glue:text}`untrained_f1:.2f` and {glue:text}`permuted_f1:.2f`).
# - **L0.** In training, the recipe furthest from $k$ is off by {glue:text}`l0_off_percent:.0f`%. On the judged words, where it counts, the
#   one furthest from plain BatchTopK is off by {glue:text}`l0_judged_off_percent:.1f`% ({glue:text}`l0_judged_off_low_percent:.1f` to
#   {glue:text}`l0_judged_off_high_percent:.1f`): the comparison is not at an L0 shown to be equal.
# - **Had they learned?** Not enough. In the worst recipe the SAEs explain {glue:text}`explained_judged_percent:.0f`% of the variance of the
#   judged words, {glue:text}`dead_percent:.0f`% of the latents fire on no word, and the letters' best latents have a mean F1 of
#   {glue:text}`main_f1:.2f`.


# %% tags=["hide-input"] mystnb={"code_prompt_show": "Controls"}
def with_oracle(seed):
    """Both rates where the first 26 latents are the probe's directions and fire where it finds the letter."""
    task, stack = tasks["words"], stacks["words", "plain", seed]
    z, dictionary = encode_rows(stack, 0, task.x).clone(), stack.dictionary[0].clone()
    unit = torch.nn.functional.normalize(task.probe.weight, dim=1)
    basis = torch.linalg.qr(unit.T).Q
    dictionary -= dictionary @ basis @ basis.T
    dictionary[:26] = unit
    z[:, :26] = (task.x @ unit.T).clamp(min=0.01) * (task.probe.scores(task.x) > task.cuts)
    found = examine(task, z, dictionary, k_max=1)
    return max(float(found.full[enough["words"]].max()), float(found.fraction[enough["words"]].max()))


def control(seed):
    """The oracle's worst rate, and the F1 of the best latents of an untrained SAE and with permuted letters."""
    task, table = tasks["words"], tables["words"]
    random_sae = untrained(table, plain, d_sae, seed)
    blind = examine(task, encode_rows(random_sae, 0, task.x), random_sae.dictionary[0], k_max=1)
    order = torch.randperm(len(task.letters), generator=torch.Generator().manual_seed(1000 + seed))
    stack = stacks["words", "plain", seed]
    dealt = replace(task, letters=task.letters[order])
    permuted = examine(dealt, encode_rows(stack, 0, task.x), stack.dictionary[0], k_max=1)
    judged = enough["words"]
    return with_oracle(seed), float(blind.f1[judged].mean()), float(permuted.f1[judged].mean())


controls = np.array(in_parallel(control, SEEDS))

# %% [markdown]
# Every word and latent behind the first seed's numbers can be looked up in [the explorer](../explorer.md).
#
# ## What this does not show
#
# - **That the fixes work, or fail, at scale.** These SAEs have {glue:text}`d_sae:d` latents and saw {glue:text}`samples:d` activations of a small model.
#   The published gains are from dictionaries many times as wide.
# - **The best of each recipe.** Orthogonality has the weight of its authors, nesting the widths that halve. The dose–response curves move one
#   knob each.
# - **What the model does with it.** Both metrics measure what latents carry. [The page on absorbing latents](11_absorbing_latents.ipynb) shows how far they
#   agree with ablations.
# - **Other features than first letters**, and other sparsities than one.

# %% [markdown]
# ## Details
#
# Findings, on which no verdict hangs.
#
# ### Dose and response

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Figure"}
by_weight = {
    m: np.stack([of_recipe("words", "orthogonal", m, i) for i in range(len(weights))])
    for m in ("fraction", "full", "explained")
}
level_names = ["plain", *shallow, "nested"]
by_depth = {m: np.stack([of_recipe("words", name, m) for name in level_names]) for m in by_weight}


def by_dose(curve):
    """From the least dose to the largest, in a title."""
    return "{:.0f} to {:.0f}%".format(*(100 * curve["fraction"][end].mean() for end in (0, -1)))


fig, panels = theme.figure(height=3.1, ncols=2, sharey=True)
drawn = (
    ("explained", "explained variance", "reference", "D"),
    ("fraction", "absorbed fraction", "parent", "o"),
    ("full", "absorbed in full", "child", "s"),
)
for panel, curves in zip(panels, (by_weight, by_depth), strict=True):
    for measure, label, role, marker in drawn:
        values = curves[measure]
        seeds = values if values.ndim == 2 else values.mean(2)
        ends = np.stack([seeds.min(1), seeds.max(1)])
        panel.errorbar(range(len(seeds)), 100 * seeds.mean(1), 100 * np.abs(ends - seeds.mean(1)), fmt=f"{marker}-", ms=4, lw=1.2,
                       elinewidth=0.8, color=theme.COLORS[role], label=label)  # fmt: skip
    panel.grid(axis="y")
panels[0].set_xticks(range(len(weights)), [f"{w:g}" for w in weights])
panels[0].set(
    xlabel="weight of orthogonality",
    ylabel="% (bars: range over seeds)",
    title=f"Weight {weights[0]:g} to {weights[-1]:g}: fraction {by_dose(by_weight)}",
    ylim=(0, None),
)
panels[1].set_xticks(range(len(level_names)), ["1", *map(str, depths), str(n_levels)])
panels[1].set(xlabel="nested levels", title=f"1 to {n_levels} levels: fraction {by_dose(by_depth)}")
fig.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=8)
present(
    "dose",
    fig,
    "Left: absorbed fraction, full absorption and explained variance against the weight of orthogonality. Right: the same against the number of nested levels.",
)


# %% tags=["hide-input"]
def dose(curve):
    """For every seed, the rank correlation of dose and mean fraction."""
    of_seed = curve["fraction"].mean(2).T
    return [spearmanr(range(curve_.size), curve_).statistic for curve_ in of_seed]


dose_orthogonality, dose_levels = dose(by_weight), dose(by_depth)

# %% [markdown]
# ```{picture} dose
# Absorption and explained variance over the weight of orthogonality and over the number of nested levels; bars: range over seeds.
# ```
#
# The weight that OrtSAE's authors chose does little here. Sixteen times as much takes the fraction from {glue:text}`dose_first:.1f` to
# {glue:text}`dose_last:.1f`%, and {glue:text}`dose_explained_lost:.0f` points of explained variance with it: the mean rank correlation of weight and
# fraction is {glue:text}`dose_orthogonality:.2f`. With the number of levels the fraction falls, too: {glue:text}`dose_levels:.2f`
# ({glue:text}`dose_levels_low:.2f` to {glue:text}`dose_levels_high:.2f`), which says that the order is nearly the same in every seed, not
# that the fall is large. Full absorption goes from {glue:text}`depth_full_first:.1f` to
# {glue:text}`depth_full_last:.1f`%.

# %% [markdown]
# ### Found without probes
#
# [The page on detection](09_meta_saes.ipynb) builds {term}`handover <handover>`: a score for each ordered pair of latents, from weights and firing alone. Here the probes
# say what is true: a pair of a letter's main latent and a latent that absorbs a held-out word of the letter in full. Candidates are all
# pairs whose first latent is the main one of a letter.


# %% tags=["hide-input"]
def detected(seed):
    """Areas and precision among the top 100 of every detector, on one plain SAE trained on words."""
    stack, task = stacks["words", "plain", seed], tasks["words"]
    z, dictionary = encode_rows(stack, 0, task.x), stack.dictionary[0]
    found = examine(task, z, dictionary, k_max=k_max)
    firing = FiringStatistics.of(z, task.p / task.p.sum())
    scores = {
        "handover": handover(stack.W_enc[0], dictionary, firing),
        "asymmetry": asymmetry(stack.W_enc[0], dictionary),
        "decoder cosine": decoder_cosine(dictionary),
        "co-firing": exclusion(firing),
    }
    alive = firing.frequency > 1e-6
    y = task.letters[task.judged]
    truth, chosen = [], []
    for letter in range(26):
        parent = int(found.main.latents[letter, 0])
        absorbing = torch.zeros(d_sae, dtype=torch.bool)
        absorbing[found.by_full.latent[found.by_full.absorbed & (y == letter)]] = True
        children = alive & ~found.main.mask[letter]
        truth.append(absorbing[children])
        chosen.append((parent, children.nonzero()[:, 0]))
    truth = torch.cat(truth).numpy()
    flat = {n: torch.cat([s[parent, c] for parent, c in chosen]).numpy() for n, s in scores.items()}
    dealt = np.random.default_rng(seed).permutation(flat["handover"])
    order = np.argsort(-flat["handover"], kind="stable")[:12]
    pairs = [(parent, int(child)) for parent, c in chosen for child in c]
    top = [
        {
            "main latent": ", ".join(top_words(task, z[:, pairs[i][0]])[:3]),
            "other latent": ", ".join(top_words(task, z[:, pairs[i][1]])[:3]),
            "handover": f"{flat['handover'][i]:.2f}",
            "absorbs, by the probe": "yes" if truth[i] else "no",
        }
        for i in order
    ] if seed == 0 else None  # fmt: skip
    return {
        "auc": {n: roc_auc_score(truth, s) for n, s in flat.items()},
        "lift": {n: truth[np.argsort(-s, kind="stable")[:100]].mean() / truth.mean() for n, s in flat.items()},
        "curve": {n: precision_recall_curve(truth, s)[:2] for n, s in flat.items()},
        "shuffled": roc_auc_score(truth, dealt), "base": truth.mean(), "n": int(truth.sum()), "top": top,
    }  # fmt: skip


detections = in_parallel(detected, SEEDS)
detectors = list(detections[0]["auc"])
display(pd.DataFrame(detections[0]["top"]).set_index("main latent"))

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Figure"}
fig, ax = theme.figure(height=3.1)
for name, role in zip(detectors, ("child", "parent", "light", "bad"), strict=True):
    for i, found in enumerate(detections):
        precision, recall = found["curve"][name]
        ax.plot(recall, precision, color=theme.COLORS[role], lw=1, alpha=0.8, label=name if i == 0 else None)
ax.axhline(np.mean([d["base"] for d in detections]), color="black", lw=0.8, ls=":", label="guessing")
ax.set(
    xlabel="recall", ylabel="precision", ylim=(0, 1.02), title="Far better than guessing, far from certain"
)
ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize=8)
ax.grid()
present(
    "detectors",
    fig,
    "Precision against recall of four detectors on five SAEs, and the precision of guessing.",
)

# %% [markdown]
# ```{picture} detectors
# Precision and recall of four detectors, five SAEs each.
# ```
#
# An SAE has {glue:text}`n_pairs:.0f` absorbing pairs, {glue:text}`base_percent:.2f`% of the candidates. Handover's area under the ROC curve is
# {glue:text}`auc_handover:.2f`, below what it reaches in the toy worlds; of its hundred best pairs {glue:text}`top_percent:.0f`% are absorption,
# {glue:text}`lift_handover:.0f` times as many as by guessing. Decoder cosine alone does about as well (area {glue:text}`auc_decoder_cosine:.2f`,
# {glue:text}`lift_decoder_cosine:.0f` times), asymmetry alone worse ({glue:text}`auc_asymmetry:.2f`, {glue:text}`lift_asymmetry:.0f` times), and co-firing
# finds nothing ({glue:text}`auc_co_firing:.2f`, {glue:text}`lift_co_firing:.0f` times). Handover has no advantage over the
# decoder cosine here. A pair counted as an error need not be one: the probes only judge held-out words, and a latent may hand over
# something else than a letter.

# %% [markdown]
# ### Letters in a meta-SAE
#
# A {term}`meta-SAE <meta-SAE>` is an SAE trained on the decoder rows of another {cite}`leask2025canonical`. The rows of letter-like latents should share a direction, and a
# meta-latent should find it. A row is labelled with a letter if words of that letter carry at least half of its activation; a meta-latent
# stands for a letter if, firing or not, it tells these rows from all others with an F1 above 0.5.


# %% tags=["hide-input"]
def row_labels(seed):
    """The letter of every decoder row of a plain SAE, -1 without one."""
    task = tasks["words"]
    z = encode_rows(stacks["words", "plain", seed], 0, task.x) * task.p.sqrt()[:, None]
    mass = torch.nn.functional.one_hot(task.letters, 26).float().T @ z
    share, letter = (mass / mass.sum(0).clamp_min(1e-12)).max(0)
    return torch.where(share >= 0.5, letter, -1)


def letters_found(codes, letters):
    """The F1 of the best meta-latent for each letter that labels five rows or more."""
    fires, best = codes > 0, []
    for letter in range(26):
        truth = letters == letter
        if truth.sum() >= 5:
            hits = (fires & truth[:, None]).sum(0)
            best.append(float((2 * hits / (fires.sum(0) + truth.sum()).clamp(min=1)).max()))
    return best


def meta(job):
    width, seed = job
    rows = torch.nn.functional.normalize(stacks["words", "plain", seed].dictionary[0], dim=1)
    schedule = Schedule(meta_steps * len(rows), len(rows), 3e-3)
    stack = trained(
        Table(rows), Recipe(TopK(meta_k)), width, seed, schedule, description=f"meta-SAE of {width}"
    )
    codes, letters = encode_rows(stack, 0, rows), row_labels(seed)
    dealt = letters[torch.randperm(len(letters), generator=torch.Generator().manual_seed(seed))]
    cosine = (
        torch.nn.functional.normalize(stack.dictionary[0], dim=1)
        @ torch.nn.functional.normalize(tasks["words"].probe.weight, dim=1).T
    )
    return (
        letters_found(codes, letters),
        letters_found(codes, dealt),
        cosine.max(0).values[enough["words"]].numpy(),
        int((letters >= 0).sum()),
    )


meta_jobs = [(width, seed) for width in meta_widths for seed in range(n_seeds)]
metas = dict(zip(meta_jobs, in_parallel(meta, meta_jobs), strict=True))
meta_share = np.array(
    [[np.mean(np.array(metas[w, s][0]) > 0.5) for s in range(n_seeds)] for w in meta_widths]
)
meta_dealt = np.array(
    [[np.mean(np.array(metas[w, s][1]) > 0.5) for s in range(n_seeds)] for w in meta_widths]
)
meta_f1 = np.array([[np.mean(metas[w, s][0]) for s in range(n_seeds)] for w in meta_widths])
meta_f1_dealt = np.array([[np.mean(metas[w, s][1]) for s in range(n_seeds)] for w in meta_widths])
best_meta = int((meta_share + meta_f1).mean(1).argmax())

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Figure"}
fig, ax = theme.figure(height=2.9)
for values, label, role, line in (
    (meta_share, "letters with a meta-latent", "child", "o-"),
    (meta_f1, "mean F1 of the best meta-latent", "parent", "s-"),
    (meta_f1_dealt, "the same, labels dealt anew", "reference", "D:"),
):
    ends = np.stack([values.min(1), values.max(1)])
    ax.errorbar(
        range(len(meta_widths)),
        values.mean(1),
        np.abs(ends - values.mean(1)),
        fmt=line,
        ms=4,
        lw=1.2,
        elinewidth=0.8,
        color=theme.COLORS[role],
        label=label,
    )
ax.set_xticks(range(len(meta_widths)), meta_widths)
ax.set(
    xlabel="latents of the meta-SAE (bars: range over seeds)",
    ylim=(-0.02, 1.02),
    title="No letter has a meta-latent of its own",
)
ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize=8)
ax.grid(axis="y")
present(
    "meta",
    fig,
    "Mean F1 of the best meta-latent over letters, and share of letters with one above 0.5, against the width of the meta-SAE, with permuted letters beside.",
)

# %% [markdown]
# ```{picture} meta
# How well the best meta-latent tells a letter, over the width of the meta-SAE.
# ```
#
# Of {glue:text}`meta_rows:.0f` rows with a letter's label an SAE, no meta-latent tells one letter's from the others: the best one for a letter has a mean F1 of
# {glue:text}`meta_f1:.2f` at {glue:text}`meta_width:d` meta-latents, against {glue:text}`meta_f1_dealt:.2f` where the labels are dealt anew. That is hardly
# above chance: the meta-latents for spelling that were reported for larger SAEs do not appear at this size, where a letter has a
# dozen rows and the meta-SAE better things to do with its {glue:text}`meta_k:d` active latents.


# %% tags=["nbval-check-output", "hide-cell"] mystnb={"code_prompt_show": "The verdict"}
def evidence_of(name, values, note=""):
    """Mean with its interval, over seeds and letters or over seeds."""
    return Evidence(name, *interval_of(values), n=n_seeds, of="seeds, letters drawn anew", note=note)


evidence = [
    evidence_of(f"{name}_{kind}_{measure}_{word}", saved(kind, name, measure), "plain less this recipe")
    for kind in kinds
    for name in others
    for measure, word in (("fraction", "saved"), ("full", "saved"), ("explained", "lost"), ("f1", "lost"))
]
evidence += [
    evidence_of(f"{name}_{kind}_{measure}", of_recipe(kind, name, measure).reshape(n_seeds, -1))
    for kind in kinds
    for name in RECIPES
    for measure in ("fraction", "full")
]
evidence += [
    evidence_of(
        f"{name}_{kind.replace(' ', '')}_{measure}_saved",
        saved(kind, name, measure),
        "plain less this recipe",
    )
    for kind in elsewhere
    for name in FIXES
    for measure in ("fraction", "full")
]
better = min(("orthogonal", "nested"), key=lambda name: of_recipe("words", name, "fraction").mean())
compared = ("plain", "orthogonal", "nested")  # what decides, on both kinds of data
worst = {
    measure: np.stack([of_recipe(kind, name, measure).reshape(n_seeds, -1).mean(1) for kind in kinds for name in compared])
    for measure in ("explained_judged", "dead", "f1")
}  # fmt: skip
l0_off = [
    abs(of_recipe(kind, name, "l0_judged") / of_recipe(kind, "plain", "l0_judged") - 1)
    for kind in kinds
    for name in compared[1:]
]
evidence += [
    Evidence.of_samples("explained_judged", worst["explained_judged"].min(0), note="the worst of the recipes that decide, seed by seed"),
    Evidence.of_samples("dead", worst["dead"].max(0), possible=(0, 1), note="likewise"),
    Evidence.of_samples("main_f1", worst["f1"].min(0), possible=(0, 1), note="likewise, mean over letters"),
    Evidence.of_samples("l0_judged_off", np.max(l0_off, 0), note="the recipe furthest off, seed by seed"),
]  # fmt: skip
evidence += [
    evidence_of("both_ahead", of_recipe("words", better, "fraction") - of_recipe("words", "both", "fraction"), f"fraction, beside {labels[better]}"),
    Evidence.of_samples("dose_orthogonality", dose_orthogonality, possible=(-1, 1), note="Spearman, weight and fraction"),
    Evidence.of_samples("dose_levels", dose_levels, possible=(-1, 1), note="Spearman, levels and fraction"),
    *(Evidence.of_samples(f"auc_{n.replace(' ', '_').replace('-', '_')}", [d["auc"][n] for d in detections]) for n in detectors),
    *(Evidence.of_samples(f"lift_{n.replace(' ', '_').replace('-', '_')}", [d["lift"][n] for d in detections], note="top 100 over all pairs") for n in detectors),
    Evidence.of_samples("meta_share", meta_share[best_meta], note=f"{meta_widths[best_meta]} meta-latents"),
    Evidence.exactly("oracle", float(controls[:, 0].max()), note="largest rate of a letter, all seeds"),
    Evidence.of_samples("untrained_f1", controls[:, 1]),
    Evidence.of_samples("permuted_f1", controls[:, 2]),
    Evidence.of_samples("l0_off", np.max([abs(of_recipe(kind, name, "l0") / k - 1) for kind in kinds for name in RECIPES], 0), note="the recipe furthest off, seed by seed"),
    Evidence.of_samples("auc_shuffled", [d["shuffled"] for d in detections]),
    Evidence.of_samples("meta_permuted", meta_dealt.mean(0), possible=(0, 1), note="mean over widths"),
    Evidence.of_samples("explained", np.min([of_recipe(kind, name, "explained") for kind in kinds for name in RECIPES], 0), note="the worst recipe, seed by seed"),
]  # fmt: skip
by_name = {one.name: one for one in evidence}
holds = {p.name: judge(p, by_name[p.evidence]) is Outcome.HOLDS for p in CLAIM.predicates}


def does(name, word):
    """What a recipe does to the absorbed fraction of words, as far as its interval says."""
    low, high = by_name[f"{name}_words_fraction_saved"].interval
    if low <= 0 <= high:
        return f"for {word} the interval holds zero"
    return f"{word} {'lowers' if low > 0 else 'changes'} it by {{{name}_words_fraction_saved:.3f}}"


found = (
    f"The absorbed fraction of a word's letter, {'at equal sparsity, ' if holds['matched'] else ''}on words: "
    f"{does('nested', 'nesting')}; {does('orthogonal', 'orthogonality')}. These SAEs explain {{explained_judged:.0%}} of the "
    f"judged words' variance{'' if holds['explains'] else ', too little to decide'}."
)
record = conclude(
    CLAIM,
    evidence,
    found=found,
    headline="nested_words_fraction_saved",
    seeds=SEEDS,
    parameters=dict(
        words_per_letter=words_per_letter, model_name=model_name, revision=revision, layer=layer, further_layers=further_layers, d_sae=d_sae, k=k, samples=samples, batch_size=batch_size, lr=lr,
        n_text_tokens=n_text_tokens, context_length=context_length, orthogonality=orthogonality, weights=weights,
        n_levels=n_levels, k_max=k_max, min_types=min_types, min_judged=min_judged, depths=depths, meta_widths=meta_widths, meta_k=meta_k, meta_steps=meta_steps,
    ),
    profile=profile,
    device=device,
)  # fmt: skip
print(record)

# %% tags=["remove-cell"]
glue_record(record)
for e in record.evidence:
    low, high = e.interval
    for suffix, number in (("", e.value), ("_low", low), ("_high", high)):
        glue(f"{e.name}{suffix}_percent", 100 * number, display=False)
last = list(elsewhere)[-1]
for name in FIXES:
    e = record[f"{name}_{last.replace(' ', '')}_fraction_saved"]
    for suffix, number in (("", e.value), ("_low", e.interval[0]), ("_high", e.interval[1])):
        glue(f"{name}_further{suffix}_percent", 100 * number, display=False)
glue("further_layer", elsewhere[last], display=False)
for name, value in (
    ("orthogonality", orthogonality),
    (
        "plain_elsewhere",
        ", ".join(
            f"{100 * of_recipe(kind, 'plain', 'fraction').mean():.1f}% after block {n} ({int(enough[kind].sum())} letters)"
            for kind, n in elsewhere.items()
        ),
    ),
    ("level_widths", ", ".join(map(str, levels))),
    ("n_pairs", float(np.mean([d["n"] for d in detections]))),
    ("base_percent", 100 * float(np.mean([d["base"] for d in detections]))),
    ("top_percent", 100 * float(np.mean([d["lift"]["handover"] * d["base"] for d in detections]))),
    ("meta_width", meta_widths[best_meta]),
    ("meta_f1", float(meta_f1[best_meta].mean())),
    ("meta_f1_dealt", float(meta_f1_dealt[best_meta].mean())),
    ("meta_k", meta_k),
    *(
        (f"tied_more{full}{end}_percent", -100 * value)
        for full, measure in (("", "fraction"), ("_full", "full"))
        for e in (record[f"tied_words_{measure}_saved"],)
        for end, value in (("", e.value), ("_low", e.interval[1]), ("_high", e.interval[0]))
    ),
    ("meta_cosine", float(np.mean([metas[meta_widths[best_meta], s][2].mean() for s in range(n_seeds)]))),
    ("meta_rows", float(np.mean([metas[meta_widths[best_meta], s][3] for s in range(n_seeds)]))),
    ("dose_first", 100 * float(by_weight["fraction"][0].mean())),
    ("dose_last", 100 * float(by_weight["fraction"][-1].mean())),
    (
        "dose_explained_lost",
        100 * float(by_weight["explained"][0].mean() - by_weight["explained"][-1].mean()),
    ),
    ("depth_full_first", 100 * float(by_depth["full"][0].mean())),
    ("depth_full_last", 100 * float(by_depth["full"][-1].mean())),
):
    glue(name, value, display=False)

# The first seed's SAEs that were trained on words, for the explorer.
write_entries(
    record.claim.id,
    profile,
    [
        Entry(
            model=f"{model_name}, after block {layer}; words alone",
            recipe=f"{labels[name]}, {d_sae} latents ({samples} activations)",
            sparsity=f"k = {k}",
            about={"L0": round(look["l0"], 2), "explained variance": round(look["explained"], 3)},
            letters=dict(zip(LETTERS, look["tables"], strict=True)),
        )
        for (kind, name, seed, _), look in looks.items()
        if look["tables"] is not None
    ],
)
