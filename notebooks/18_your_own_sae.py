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
# # How do you measure your own SAE?
#
# :::{claim}
# :::
#
# ```{picture} headline
# Three {term}`absorption <absorption>` rates of SAEs trained by SAELens, mean over letters: for first letters, for arbitrary halves of the
# activation space that the same SAE represents equally well (*matched*), and for arbitrary ones (*free*). A rate says
# something about letters as far as it stands above the matched null, and none does: silence and fraction of letters lie below it.
# Bars: 95% intervals over {glue:text}`n_seeds:d` SAEs.
# ```
#
# ```{predicates}
# ```
#
# ## The idea
#
# You have an {term}`SAE <SAE>` and want to know what it absorbs. A rate alone does not say: take *any* direction, call the words that
# lie furthest along it a concept, and some of these words will be silent in the {term}`latent <latent>` that serves the
# concept best, and be "absorbed" by another one. Nothing about such a concept is a feature of the model.
#
# So `absorption measure` gives every rate beside the same rate for two kinds of half-spaces. *Free* ones lie in a random direction, have
# as many words as the letter, and pass the rule that the letter's {term}`probe <probe>` must pass. *Matched* ones are moreover tilted away
# from the direction of some latent until that latent finds their words exactly as well as the letter's best latent finds the
# letter's. The matched {term}`null <null>` asks: is *starts with S* absorbed more than anything else that this SAE represents as well?
#
# This page goes all the way: it trains SAEs with SAELens' own trainer, as you might, opens one from its folder, measures
# it, and reads the report.

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Imports"}
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from IPython.display import display
from myst_nb import glue

import absorption
from absorption.claims import Claim, Evidence, Finding, Predicate, Quotation, conclude
from absorption.experiments.words import read_words
from absorption.figures import theme
from absorption.figures.forms import dots
from absorption.figures.present import present
from absorption.figures.series import Series
from absorption.publish.notebook import glue_record
from absorption.runtime.cache import cache_key
from absorption.runtime.paths import cache_dir, pick_device
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
first_seed = 100  # pilots used seeds below
n_seeds = 5  # SAEs
splits = 2  # of the words, into training and held-out ones
half_spaces = 52  # half-spaces of each kind in each split
profile = "laptop"
device = "auto"

# %% tags=["claim", "hide-input"] mystnb={"code_prompt_show": "The claim, its predicates and their bounds"}
TIER = "language model"
CLAIM = Claim(
    id="18_your_own_sae",
    title="How do you measure your own SAE?",
    sentence=(
        "First letters are absorbed: their latents are silent on words that they should fire on, and other latents carry the "
        "letter in their place."
    ),
    quotations=(
        Quotation(
            "Instead, roughly token-aligned latents \"absorb\" the feature direction and fire in-place of the mainline latent.",
            "chanin2024summary",
            "“Feature splitting vs feature absorption”",
        ),
    ),
    predicates=(
        Predicate(
            "full", "full absorption of first letters is above 0.01",
            evidence="full", above=0.01, tier=TIER, essential=True,
            because="less than one word in a hundred nobody would need to correct for",
        ),
        Predicate(
            "fraction", "the absorption fraction of first letters is above 0.01",
            evidence="fraction", above=0.01, tier=TIER, essential=True,
            because="a hundredth of what a letter's words carry, as for the full metric",
        ),
        Predicate(
            "explains", "the SAEs explain more than 45% of the variance of the judged words (the worst one)",
            evidence="explained", above=0.45, tier=TIER, role="gate",
            because="what an SAE leaves out it cannot have a latent for",
        ),
        Predicate(
            "alive", "fewer than 10% of the latents never fire on them (the worst SAE)",
            evidence="dead", below=0.1, tier=TIER, role="gate",
            because="dead latents are a smaller SAE than the one that is named",
        ),
        Predicate(
            "stands_for", "the best latents' F1 is above 0.4",
            evidence="best_f1", above=0.4, tier=TIER, role="gate",
            because="below that there is hardly a latent for a letter that could be absorbed",
        ),
        Predicate(
            "served", "the matched half-spaces' best latents have the letters' F1 to within 0.05 (held-out words)",
            evidence="matched_f1_difference", above=-0.05, below=0.05, tier=TIER, role="match",
            because="a null that is served better or worse would differ for that reason",
        ),
        Predicate(
            "full_more", "full absorption: letters exceed the matched null",
            evidence="full_difference", above=0.0, tier=TIER, role="null",
            because="what any concept shows that the SAE represents as well is not a property of letters",
        ),
        Predicate(
            "fraction_more", "absorption fraction: letters exceed the matched null",
            evidence="fraction_difference", above=0.0, tier=TIER, role="null",
            because="likewise",
        ),
        Predicate(
            "oracle", "where every letter is given a latent that reads it as the probe does, full absorption is below 0.01",
            evidence="full_oracle", below=0.01, tier=TIER, role="control",
            because="a letter that has its latent is not absorbed, and must not be called so",
        ),
        Predicate(
            "probe", "the letter probes' F1 on held-out words is above 0.8",
            evidence="probe_f1", above=0.8, tier=TIER, role="control",
            because="a probe that misses a fifth cannot be the yardstick",
        ),
    ),
    findings=(
        Finding("silence: letters less matched half-spaces", "silent_difference", TIER),
        Finding("full absorption of matched half-spaces", "full_matched", TIER),
        Finding("full absorption of free half-spaces", "full_free", TIER),
        Finding("absorption fraction of matched half-spaces", "fraction_matched", TIER),
        Finding("silence of letters", "silent", TIER),
        Finding("active latents a word, on the judged words", "l0", TIER),
    ),
)  # fmt: skip
SEEDS = range(first_seed, first_seed + n_seeds)

# %% [markdown]
# ## The world
#
# SmolLM2 {cite}`allal2025smollm2`, read after block {glue:text}`layer:d`: each of {glue:text}`n_words:,` words of its vocabulary alone, a vector of
# {glue:text}`d_model:d` numbers. Your own model would be a folder, or `owner/name` with the commit hash of a hub.

# %%
device = pick_device(device)
model = load(model_name, layer=layer, device=device)
vocabulary = commonest(vocabulary_words(model.vocabulary()), words_per_letter)
read = read_words(model, vocabulary)
x, draws = read.raw, read.p.sqrt()  # rare words are drawn more often than met

# %% [markdown]
# ## The experiment
#
# **Train**, or skip this and take an SAE that you have. Here SAELens {cite}`bloom2024saelens` trains a {term}`BatchTopK <BatchTopK>` one
# {cite}`bussmann2024batchtopk` with {glue:text}`d_sae:,` latents on {glue:text}`samples:,` activations, and saves it into a folder. Words are drawn
# with the root of their frequency, so that the SAE meets the rare words on which it will be judged.


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
        model=model.identity, layer=layer, words=words_per_letter, d_sae=d_sae, k=k, samples=samples, batch_size=batch_size,
        lr=lr, seed=seed, device=device,
    )  # fmt: skip
    key = cache_key("absorption.experiments.words", made_of, ("torch", "sae-lens"))
    folder = cache_dir() / f"saelens-{key}"
    if not folder.is_dir():
        with tempfile.TemporaryDirectory(dir=cache_dir()) as staged:
            train(seed, Path(staged) / "sae")
            (Path(staged) / "sae").rename(folder)
    return folder


folders = [folder_of(seed) for seed in SEEDS]


# %% tags=["hide-input"] mystnb={"code_prompt_show": "For the control: an SAE with a latent for every letter"}
def with_letters(folder):
    """The SAE with a latent a letter that reads it as a probe does; what it reconstructs stays."""
    from absorption.measures.probes import fit_probe
    from absorption.saes.exchange.load import load_dictionary

    sae = load_dictionary(str(folder))
    frame = read.frame(x)
    probe = fit_probe(frame, read.words.letters)
    directions = torch.nn.functional.normalize(probe.weight, dim=1)

    def encode(raw):
        return torch.cat([sae.encode(raw), probe.scores(read.frame(raw)).relu()], 1)

    return replace(
        sae, name="with a latent a letter", encode=encode, decode=lambda z: sae.decode(z[:, :-26]),
        W_dec=torch.cat([sae.W_dec, directions]),
    )  # fmt: skip


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
# First of all the report says whether the SAE describes these words: the first one explains {glue:text}`first_explained:.0%` of their variance with
# {glue:text}`first_l0:.1f` active latents a word. An SAE that explained less than half would not be rated: it would be on another
# layer, or expect activations scaled or shifted in another way.
#
# Then the means over letters, here of the first SAE alone; nulls and differences are over the letters that have a matched null. *Difference* is what counts: letters less the matched null, with the 95% interval.

# %% tags=["hide-input"] mystnb={"code_prompt_show": "The report's table"}
TITLES = {"probe_f1": "probe F1", "best_f1": "best latent F1", "main": "main latents", "silent": "silent",
          "full": "full absorption", "fraction": "absorption fraction"}  # fmt: skip


def written(number):
    if number.value is None:
        return "not available"
    return f"{number.value:.3f} ({number.low:.3f} … {number.high:.3f})"


display(
    pd.DataFrame(
        {
            TITLES[name]: {
                "letters": written(one.label), "matched null": written(one.matched),
                "free null": written(one.free), "difference": written(one.difference),
            }
            for name, one in report.overall.items()
        }
    ).T
)  # fmt: skip

# %% [markdown]
# Letter by letter: which latents stand for it, which absorb it, and on which words. The five letters with the highest rate:

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Letters, latents and words"}
rated = [one for one in report.labels if one.not_available is None]
worst = sorted(rated, key=lambda one: -one.metrics["full"].label.value)[:5]
absorbed = {one.label: [w.word for w in report.words if w.label == one.label and w.full] for one in worst}
display(
    pd.DataFrame(
        [
            {
                "letter": one.label.upper(),
                "full absorption": f"{one.metrics['full'].label.value:.2f}",
                "matched null": f"{one.metrics['full'].matched.value:.2f}",
                "main latents": ", ".join(str(main.latent) for main in one.main[:3]),
                "absorbed words": ", ".join(dict.fromkeys(absorbed[one.label][:6])),
                "an absorber's words": ", ".join(one.absorbers[0].top_words[:3]) if one.absorbers else "",
            }
            for one in worst
        ]
    ).set_index("letter")
)  # fmt: skip

# %% [markdown]
# ## The null and the controls
#
# The matched half-spaces are the {term}`null <null>`. Whether they are matched is checked on held-out words: their best latents' F1 less
# the letters' is {glue:text}`matched_f1_difference:.3f`. The {term}`control <control>` gives the first SAE one more latent for every letter, which reads it
# as the probe does; a letter that has its latent must not be called absorbed.


# %% tags=["hide-input"] mystnb={"code_prompt_show": "The control, and what all SAEs say"}
oracle = absorption.measure(with_letters(folders[0]), model, splits=1, null=1, device=device)


def of_all(name, which):
    return np.array([getattr(one.overall[name], which).value for one in reports])


found = {(name, which): of_all(name, which) for name in TITLES for which in ("label", "matched", "free")}

# %% tags=["hide-input"] mystnb={"code_prompt_show": "The figure"}
RATES = ("silent", "full", "fraction")
spread = [
    Evidence.of_samples(f"{name}_{which}", found[name, which], possible=(0, 1))
    for which in ("label", "matched", "free") for name in RATES
]  # fmt: skip
looks = (
    ("letters", "parent", "o"),
    ("matched half-spaces", "reference", "s"),
    ("free half-spaces", "child", "D"),
)
series = [
    Series(title, role, *(np.array([getattr(e, end) for e in three]) for end in ("value", "low", "high")), marker)
    for (title, role, marker), three in zip(looks, (spread[:3], spread[3:6], spread[6:]), strict=True)
]  # fmt: skip
above = [
    TITLES[name]
    for name, own, null_ in zip(RATES, spread[:3], spread[3:6], strict=True)
    if own.low > null_.high
]
fig, ax = theme.figure(height=3.0)
dots(ax, [TITLES[name] for name in RATES], series, "share of the words that the probe finds", reference=None)
ax.set_xlim(left=0)
ax.set_title(
    f"Letters stand out from the matched null in: {', '.join(above)}"
    if above
    else "No rate tells letters from the matched null"
)
fig.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=3)
present(
    "headline",
    fig,
    "Silence, full absorption and absorption fraction of letters beside matched and free half-spaces.",
)

# %% [markdown]
# ## What this does not show
#
# - **That letters are absorbed no more than other concepts in every respect.** The null is matched in the F1 of the best latent, not in how
#   many main latents there are (letters have more), nor in recall. That letters are silent less often may come from that.
# - **What your SAE does on other concepts.** A CSV of words and labels takes the place of letters (`--task`).
# - **That a silent latent is wrong.** The model may not use the letter of that word at all; `--causal` asks it.
# - **Anything about wider dictionaries or running text.** These SAEs were trained on single words of one small model.
# - **A verdict for one SAE.** The report's intervals are over words and splits of *one* SAE; another seed moves the numbers too, which is
#   why the claim is judged on {glue:text}`n_seeds:d`.
#
# ## Details: the record

# %% tags=["nbval-check-output", "hide-cell"]
gap = {name: np.array([one.overall[name].difference.value for one in reports]) for name in TITLES}
evidence = [
    *(Evidence.of_samples(f"{name}_difference", gap[name], of="SAEs", possible=(-1, 1)) for name in RATES),
    Evidence.of_samples("matched_f1_difference", -gap["best_f1"], of="SAEs", possible=(-1, 1)),
    Evidence.exactly("explained", min(one.sae.explained_variance for one in reports)),
    Evidence.exactly("dead", max(one.sae.dead for one in reports)),
    Evidence.of_samples("best_f1", found["best_f1", "label"], of="SAEs", possible=(0, 1)),
    Evidence.exactly("probe_f1", report.overall["probe_f1"].label.value),
    Evidence.exactly("full_oracle", oracle.overall["full"].label.value),
    *(replace(one, name=one.name.removesuffix("_label")) for one in spread),
    Evidence.of_samples("l0", [one.sae.l0 for one in reports], of="SAEs", possible=(0, d_sae)),
]  # fmt: skip
record = conclude(
    CLAIM,
    evidence,
    found=(
        "Full absorption is {full:.3f} for letters and {full_matched:.3f} for half-spaces that the SAE represents as well: "
        "{full_difference:+.3f}."
    ),
    headline="full_difference",
    seeds=SEEDS,
    parameters=dict(
        model_name=model_name, layer=layer, words_per_letter=words_per_letter, d_sae=d_sae, k=k, samples=samples,
        batch_size=batch_size, lr=lr, first_seed=first_seed, n_seeds=n_seeds, splits=splits, half_spaces=half_spaces,
    ),
    profile=profile,
    device=device,
)  # fmt: skip
for name, outcome in record.outcomes.items():
    print(f"{name}: {outcome}")
print(f"\n{TIER}: {record.verdicts[TIER]}")

# %% tags=["remove-cell"]
glue_record(record)
first = dict(first_explained=report.sae.explained_variance, first_l0=report.sae.l0)
sizes = dict(n_words=len(x), d_model=x.shape[1], d_sae=d_sae, samples=samples, layer=layer, n_seeds=n_seeds)
for name, value in (first | sizes | {"found": record.found}).items():
    glue(name, value, display=False)
