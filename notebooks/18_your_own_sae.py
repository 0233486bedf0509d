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
# # Are letters absorbed more than nonsense? Measure your own SAE
#
# :::{claim}
# :::
#
# ```{picture} headline
# First, three {term}`absorption <absorption>` rates of SAEs trained by SAELens: for first letters, for arbitrary halves of the activation space whose words the same SAE finds equally well (*matched*),
# and for arbitrary ones (*free*). *Silence*: on a word no {term}`main latent` of its letter fires; *full absorption*: moreover another one carries the letter; *fraction*: the share that others carry.
# Then what says something about letters: theirs less the matched null, SAE by SAE. Bars: 95% intervals over {glue:text}`n_seeds:d` SAEs.
# ```
#
# ```{predicates}
# ```
#
# ## The idea
#
# You have an {term}`SAE <SAE>` and want to know what it absorbs. One or a few {term}`latents <latent>` stand for *starts with S*, its
# {term}`main latents <main latent>`. Three rates are read off the held-out words with S in which a {term}`probe <probe>` finds the letter:
#
# - {term}`silent`: on how many of them no main latent fires, though S is there. *Snake* may be one.
# - *full absorption*: on how many, moreover, one other latent carries a good part of the S; they are {term}`absorbed in full <absorbed in full>`. The *snake* latent may be such a one.
# - *absorption fraction*: which share of the S that latents carry is carried by others than the main ones, which may fire beside them: the {term}`absorbed fraction <absorbed fraction>`.
#
# A rate alone does not say much: take *any* direction, call the words that lie furthest along it a concept, and on some of these words the latent that
# serves the concept best will be silent, and another one carry it. Nothing about such a concept is a feature of the model.
#
# So `absorption measure` gives every rate beside the same rate for two kinds of half-spaces. *Free* ones lie in a random direction, have as many words as the letter, and pass the rule that the letter's
# {term}`probe <probe>` must pass. *Matched* ones are moreover tilted away from the direction of some latent until that latent finds their words exactly as well as the letter's best latent finds the letter's. The matched
# {term}`null <null>` asks: is *starts with S* absorbed more than anything else that one latent of this SAE finds as well?
#
# This page goes all the way: it trains SAEs with SAELens' own trainer, as you might, opens one from its folder, measures it, and reads the report.

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Imports"}
import hashlib
from functools import partial
from inspect import getsource

import numpy as np
import pandas as pd
import torch
from IPython.display import display

import absorption
from absorption.claims import Claim, Evidence, Finding, Predicate, Quotation, conclude
from absorption.claims.each import of_each
from absorption.experiments.kept_folder import kept_folder
from absorption.experiments.letter_latents import Letters
from absorption.experiments.reported import highest, means
from absorption.experiments.words import read_words
from absorption.figures import theme
from absorption.figures.forms import dots
from absorption.figures.present import present
from absorption.publish.averages import averages
from absorption.publish.notebook import glue_record, glue_values
from absorption.runtime.paths import pick_device
from absorption.saes.exchange.load import load_dictionary
from absorption.worlds.language import load
from absorption.worlds.text import commonest, vocabulary_words

theme.use()

# %% tags=["parameters", "hide-input"] mystnb={"code_prompt_show": "Parameters"}
model_name = "SmolLM2-135M-Instruct"  # a packaged model, a folder, or owner/model of the Hugging Face hub
layer = 4  # the residual stream is read after this many blocks
words_per_letter = None  # of every letter its so many most frequent words for training; None: all
d_sae = 1024  # latents an SAE
k = 16  # active latents an input in training (mean over a batch)
samples = 1_000_000  # activations that each SAE is trained on
batch_size = 1024  # activations a step
lr = 3e-3  # peak learning rate (Adam)
first_seed = 200  # seeds below were seen in pilots and in an earlier run
n_seeds = 5  # SAEs
splits = 2  # of the words, into training and held-out ones
half_spaces = 52  # half-spaces of each kind in each split
planted_every = 4  # for the control every so-manieth word is made absorbed
profile = "laptop"
device = "auto"

# %% tags=["claim", "hide-input"] mystnb={"code_prompt_show": "The claim, its predicates and their bounds"}
TIER = "language model"
CLAIM = Claim(
    id="18_your_own_sae",
    title="Are letters absorbed more than nonsense? Measure your own SAE",
    sentence="First letters are absorbed: their latents are silent on words that they should fire on, and other latents carry the letter in their place.",
    quotations=(
        Quotation("In feature absorption, an interpretable feature becomes a latent which appears to track that feature, but fails to fire on arbitrary tokens that it seemingly should fire on. Instead, roughly token-aligned latents \"absorb\" the feature direction and fire in-place of the mainline latent.", "chanin2024summary", "“Feature splitting vs feature absorption”"),
    ),
    predicates=(
        Predicate("full", "full absorption of first letters is above 0.01", evidence="full", above=0.01, tier=TIER, essential=True, because="less than one word in a hundred nobody would need to correct for"),
        Predicate("fraction", "the absorption fraction of first letters is above 0.01", evidence="fraction", above=0.01, tier=TIER, essential=True, because="a hundredth of what a letter's words carry, as for the full metric"),
        Predicate("explains", "the SAEs explain more than 55% of the variance of the judged words (the worst one)", evidence="explained", above=0.55, tier=TIER, role="gate", because="below a half the tool itself rates nothing; full absorption asks one latent for 0.4 of what a word carries of its letter, and an SAE that leaves out nearly half has hardly more to share among all of them"),
        Predicate("alive", "fewer than 10% of the latents never fire on them (the worst SAE)", evidence="dead", below=0.1, tier=TIER, role="gate", because="dead latents are a smaller SAE than the one that is named"),
        Predicate("stands_for", "the best latents' F1 is above 0.4", evidence="best_f1", above=0.4, tier=TIER, role="gate", because="below that there is hardly a latent for a letter that could be absorbed"),
        Predicate("served", "the matched half-spaces' best latents have the letters' F1 to within 0.05 (held-out words)", evidence="matched_f1_difference", above=-0.05, below=0.05, tier=TIER, role="match", because="a null that is served better or worse would differ for that reason"),
        Predicate("full_more", "full absorption: letters exceed the matched null", evidence="full_difference", above=0.0, tier=TIER, role="null", because="what any concept shows that the SAE represents as well is not a property of letters"),
        Predicate("fraction_more", "absorption fraction: letters exceed the matched null", evidence="fraction_difference", above=0.0, tier=TIER, role="null", because="likewise"),
        Predicate("oracle", "where every letter is given a latent that reads it as the probe does, full absorption is below 0.01", evidence="full_oracle", below=0.01, tier=TIER, role="control", because="a letter that has its latent is not absorbed, and must not be called so"),
        Predicate("planted", "of words that are made absorbed, the share that is called absorbed in full is above 0.8 (mean over letters)", evidence="planted_found", above=0.8, tier=TIER, role="control", because="a measure that misses a fifth of what is there for certain cannot call letters little absorbed"),
        Predicate("probe", "the letter probes' F1 on held-out words is above 0.8", evidence="probe_f1", above=0.8, tier=TIER, role="control", because="a probe that misses a fifth cannot be the yardstick"),
    ),
    findings=(
        Finding("silence: letters less matched half-spaces", "silent_difference", TIER),
        Finding("main latents: letters less matched half-spaces", "main_difference", TIER),
        Finding("full absorption of matched half-spaces", "full_matched", TIER),
        Finding("full absorption of free half-spaces", "full_free", TIER),
        Finding("absorption fraction of matched half-spaces", "fraction_matched", TIER),
        Finding("silence of letters", "silent", TIER),
        Finding("silence of matched half-spaces", "silent_matched", TIER),
        Finding("where the main latents are silent: how often another latent carries a letter", "taken", TIER),
        Finding("the same for matched half-spaces", "taken_matched", TIER),
        Finding("active latents a word, on the judged words", "l0", TIER),
    ),
)  # fmt: skip
SEEDS = range(first_seed, first_seed + n_seeds)

# %% [markdown]
# ## The world
#
# SmolLM2 {cite}`allal2025smollm2`, read after block {glue:text}`layer:d`: each of {glue:text}`n_words:,` words of its vocabulary alone, a vector of {glue:text}`d_model:d` numbers.
# Your own model would be a folder, or `owner/name` with the commit hash of a hub.

# %%
device = pick_device(device)
model = load(model_name, layer=layer, device=device)
vocabulary = commonest(vocabulary_words(model.vocabulary()), words_per_letter)
read = read_words(model, vocabulary)
x, draws = read.raw, read.p.sqrt()  # rare words are drawn more often than met

# %% [markdown]
# ## The experiment
#
# **Train**, or skip this and take an SAE that you have. Here SAELens {cite}`bloom2024saelens` trains a {term}`BatchTopK <BatchTopK>` one {cite}`bussmann2024batchtopk` with {glue:text}`d_sae:,` latents
# on {glue:text}`samples:,` activations, and saves it into a folder. Words are drawn with the root of their frequency, so that the SAE meets the rare words on which it will be judged.


# %%
def train(seed, folder):
    """One SAE by SAELens' own trainer, saved into a folder."""
    from sae_lens import BatchTopKTrainingSAE, BatchTopKTrainingSAEConfig
    from sae_lens.config import SAETrainerConfig
    from sae_lens.training.sae_trainer import SAETrainer

    torch.manual_seed(seed)  # of SAELens' initial weights
    sae = BatchTopKTrainingSAE(
        BatchTopKTrainingSAEConfig(
            d_in=x.shape[1], d_sae=d_sae, k=k,
            normalize_activations="expected_average_only_in",
            aux_loss_coefficient=1 / 32, device=device,
        )
    )  # fmt: skip
    scale = x.shape[1] ** 0.5 / x.norm(dim=1).mean()
    sae.b_dec.data.copy_(x.mean(0) * scale)  # far from the origin, latents die
    steps = samples // batch_size
    how = SAETrainerConfig(
        samples, batch_size, lr=lr, lr_end=lr / 10, device=device,
        lr_warm_up_steps=steps // 20, lr_decay_steps=steps // 5,
        dead_feature_window=200, n_batches_for_norm_estimate=20,
    )  # fmt: skip
    SAETrainer(how, sae, batches(seed)).fit().save_inference_model(folder)


# %%
def batches(seed):
    """Activations of words drawn anew for every step."""
    generator = torch.Generator().manual_seed(seed)
    while True:
        rows = torch.multinomial(draws, batch_size, replacement=True, generator=generator)
        yield x[rows].to(device)


# %% tags=["hide-input"] mystnb={"code_prompt_show": "Every SAE is trained once and kept"}
def folder_of(seed):
    """The folder of one SAE, trained if it is not there yet."""
    made_of = dict(
        trained_on=trained_on, by=getsource(train) + getsource(batches), d_sae=d_sae, k=k, samples=samples,
        batch_size=batch_size, lr=lr, seed=seed, device=device,
    )  # fmt: skip
    # SAELens trains them, on activations that are named by their hash and on nothing else of this library.
    return kept_folder("saelens", partial(train, seed), made_of, ("torch", "sae-lens"))


trained_on = [hashlib.sha256(each.numpy().data).hexdigest() for each in (x, draws)]
folders = [folder_of(seed) for seed in SEEDS]

# %% [markdown]
# **Measure.** On the command line
#
# ```
# absorption measure FOLDER --model SmolLM2-135M-Instruct --layer 4 --out report
# ```
#
# prints the table below and writes `report.json`, `words.csv` and a page `report.html` to open in a browser. The same from Python:

# %%
reports = [
    absorption.measure(folder, model, splits=splits, null=half_spaces, device=device) for folder in folders
]
report = reports[0]

# %% [markdown]
# ## What was found
#
# {glue:text}`found`
#
# Full absorption is a product of two rates: how often the main latents are silent, {glue:text}`silent:.0%` of the letters' words and {glue:text}`silent_matched:.0%` of the matched half-spaces', and how
# often another latent carries the concept where they are, {glue:text}`taken:.0%` and {glue:text}`taken_matched:.0%`. No predicate was made of this before the run.
#
# First of all the report says whether the SAE describes these words: the first one explains {glue:text}`first_explained:.0%` of their variance with {glue:text}`first_l0:.1f`
# active latents a word. An SAE that explained less than half would not be rated: it would be on another layer, or expect activations scaled or shifted in another way.
#
# Then the means over letters, here of the first SAE alone; nulls and differences are over the letters that have a matched null. *Difference* is what counts: letters less the matched null, with the 95% interval.

# %% tags=["hide-input"] mystnb={"code_prompt_show": "The report's table"}
display(pd.DataFrame(means(report)).T)

# %% [markdown]
# Letter by letter: which latents stand for it, which absorb it, and on which words. The five letters with the highest rate:

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Letters, latents and words"}
display(pd.DataFrame(highest(report)).set_index("letter"))

# %% [markdown]
# ## The null and the controls
#
# The matched half-spaces are the {term}`null <null>`. Whether they are matched is checked on held-out words: their best latents' F1 less the letters' is
# {glue:text}`matched_f1_difference:+.3f`. Two {term}`controls <control>` ask whether the measure itself can be trusted, on every SAE:
#
# - *Nothing to find.* The SAE is given one more latent for every letter, which reads it as the probe does. A letter that has its latent must not be called absorbed.
# - *Something to find.* One word in {glue:text}`planted_every:d` is made absorbed: its letter's main latents are silenced there, and a latent that fires on this word alone writes
#   the letter in their place. Of the judged ones among these words {glue:text}`planted_before:.1%` were absorbed in full before, and {glue:text}`planted_found:.1%` are now; of the
#   other judged words {glue:text}`planted_others:.1%`. It need not be all, since the measure chooses main latents anew and might take others, which still fire there.

# %% tags=["hide-input"] mystnb={"code_prompt_show": "The controls, and what all SAEs say"}
letters, planted = Letters.of(read), torch.arange(0, len(x), planted_every)
saes = [load_dictionary(str(folder)) for folder in folders]
once = dict(splits=1, null=1, device=device)
oracles = [absorption.measure(letters.each_read(sae), model, **once) for sae in saes]
made = [letters.absorbed(sae, one, planted) for sae, one in zip(saes, reports, strict=True)]
absorbing = [absorption.measure(sae, model, **once) for sae in made]

found = {
    (name, which): np.array([getattr(one.overall[name], which).value for one in reports])
    for name in report.overall
    for which in ("label", "matched", "free", "difference")
}

# %% tags=["hide-input"] mystnb={"code_prompt_show": "The figure"}
RATES = {"silent": "silence", "full": "full absorption", "fraction": "fraction"}
KINDS = {
    "label": ("letters", "parent", "o"),
    "matched": ("matched half-spaces", "reference", "s"),
    "free": ("free half-spaces", "child", "D"),
}
gaps = {f"{name}_difference": found[name, "difference"] for name in RATES}
gaps = of_each(gaps, of="SAEs", possible=(-1, 1))
rates = [
    averages(title, role, [found[name, which] for name in RATES], marker, (0, 1))
    for which, (title, role, marker) in KINDS.items()
]
difference = [found[name, "difference"] for name in RATES]
difference = averages("letters less matched", "good", difference, possible=(-1, 1))
# A rate tells letters from the null where the interval of the paired difference leaves out zero.
stands = ["above" if each.low > 0 else "below" if each.high < 0 else "not told from" for each in gaps]
stands = dict(zip(RATES, stands, strict=True))
above, below = (", ".join(RATES[name] for name in RATES if stands[name] == way) for way in ("above", "below"))
title = f"Letters exceed the matched null: {above}" if above else "No rate of letters exceeds the matched null"  # fmt: skip
title += f"; below it: {below}" if below else ""
fig, (left, right) = theme.figure(height=3.2, ncols=2, width_ratios=(1.4, 1), sharey=True)
names, of = list(RATES.values()), "mean over letters, of the held-out words\nthat the probe finds"
dots(left, names, rates, of, reference=None)
dots(right, names, [difference], "letters less matched half-spaces,\nSAE by SAE")
left.set_xlim(left=0)
fig.suptitle(title, x=0.01, ha="left", fontsize=10, fontweight="bold")
fig.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=3)
present("headline", fig, "Silence, full absorption and absorption fraction of letters beside matched and free half-spaces, and what letters have more than the matched ones.")  # fmt: skip

# %% [markdown]
# ## What this does not show
#
# - **That letters are absorbed no more than other concepts in every respect.** The null is matched in the F1 of the best latent, and neither in how many main latents there are (letters have
#   {glue:text}`main_difference:.1f` more) nor in recall. With more main latents one of them fires more easily, so what letters and null differ by in silence may come from that.
# - **That what absorbs is aligned with a token.** The source says so of its absorbing latents. No predicate asks it; the table's last column shows some.
# - **What your SAE does on other concepts.** A CSV of words and labels takes the place of letters (`--task`).
# - **That a silent latent is wrong.** The model may not use the letter of that word at all; `--causal` asks it.
# - **Anything about wider dictionaries or running text.** These SAEs were trained on single words of one small model.
# - **A verdict for one SAE.** The report's intervals are over words and splits of *one* SAE; another seed moves the numbers too, which is why the claim is judged on
#   {glue:text}`n_seeds:d`. They share the words and their splits: how much other words would move the numbers is not in the intervals over SAEs.
# - **A first look.** An earlier version of this page was run with other SAEs on the same words. Knowing its numbers, the second control, a gate that can fail and some findings
#   were added. The SAEs here are new; words and splits are not.
#
# ## Details: the record

# %% tags=["nbval-check-output", "hide-cell"]
SAES = dict(of="SAEs", possible=(0, 1))
taken = [("taken", "label"), ("taken_matched", "matched")]  # of the words on which main latents are silent
taken = [(name, found["full", which], found["silent", which]) for name, which in taken]
probes = report.overall["probe_f1"].label
evidence = [
    *gaps,
    Evidence.of_samples("main_difference", found["main", "difference"], of="SAEs"),
    Evidence.of_samples("matched_f1_difference", -found["best_f1", "difference"], of="SAEs", possible=(-1, 1)),
    Evidence.exactly("explained", min(one.sae.explained_variance for one in reports)),
    Evidence.exactly("dead", max(one.sae.dead for one in reports)),
    Evidence.of_samples("best_f1", found["best_f1", "label"], **SAES),
    Evidence("probe_f1", probes.value, probes.low, probes.high, probes.n, "letters", note="splits and words drawn again"),
    Evidence.of_samples("full_oracle", [one.overall["full"].label.value for one in oracles], **SAES),
    Evidence.of_samples("planted_found", [letters.called_absorbed(one, planted) for one in absorbing], **SAES),
    *of_each({name: found[name, "label"] for name in RATES}, **SAES),
    *of_each({f"{name}_{which}": found[name, which] for which in ("matched", "free") for name in RATES}, **SAES),
    *(
        Evidence.of_samples(name, full / silent, **SAES) if silent.all() else Evidence.not_available(name, "an SAE has no silent word")
        for name, full, silent in taken
    ),
    Evidence.of_samples("l0", [one.sae.l0 for one in reports], of="SAEs", possible=(0, d_sae)),
]  # fmt: skip
record = conclude(
    CLAIM, evidence, headline="full_difference", seeds=SEEDS, profile=profile, device=device,
    found=f"Full absorption of letters is {{full:.3f}}, {stands['full']} the matched null ({{full_difference:+.3f}}); "
        f"their absorption fraction is {stands['fraction']} it ({{fraction_difference:+.3f}}).",
    parameters=dict(
        model_name=model_name, layer=layer, words_per_letter=words_per_letter, d_sae=d_sae, k=k, samples=samples,
        batch_size=batch_size, lr=lr, first_seed=first_seed, n_seeds=n_seeds, splits=splits, half_spaces=half_spaces,
        planted_every=planted_every,
    ),
)  # fmt: skip
for name, outcome in record.outcomes.items():
    print(f"{name}: {outcome}")
print(f"\n{TIER}: {record.verdicts[TIER]}")

# %% tags=["remove-cell"]
glue_record(record)
glue_values(
    first_explained=report.sae.explained_variance, first_l0=report.sae.l0, planted_every=planted_every, found=record.found,
    planted_before=float(np.mean([letters.called_absorbed(one, planted) for one in reports])),
    planted_others=float(np.mean([letters.called_absorbed(one, planted, are=False) for one in absorbing])),
    n_words=len(x), d_model=x.shape[1], d_sae=d_sae, samples=samples, layer=layer, n_seeds=n_seeds,
)  # fmt: skip
