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
# # What do the original two latents do?
#
# :::{claim}
# :::
#
# ```{picture} headline
# Absorption asks of the two latents that “short” lies where the one that stands for S is silent and the other fires.
# {glue:text}`caption`
# ```
#
# ```{predicates}
# ```
#
# ## The idea
#
# The example with which {term}`absorption <absorption>` is usually shown: a {term}`latent <latent>` of a large, public {term}`SAE <SAE>` fires on words
# that *start with S*, and is silent on " short" {cite}`chanin2024absorption,chanin2024summary`. Another latent, which seems to mean *short*, fires there
# instead. If that is absorption, three more things are true. The second latent's direction carries some of *starts with S*. Taking it
# out makes the model worse at naming the first letter of " short". And taking out other latents that fire there does not.
#
# A second source looked at the same two latents {cite}`amagibaba2025splitting` and added a remark: latents need not point at the data.
# It is enough that their *zones*, the parts of the space in which each one fires, cut the data in the right way. No predicate here tests that
# remark; step 3 below, and a picture of the zones, would show how the two latents stand to their words.

# %% tags=["hide-input"]
import os

import numpy as np
import pandas as pd
import torch
from IPython.display import Markdown, display
from myst_nb import glue

from absorption.claims import Claim, Evidence, Finding, Predicate, Quotation, conclude
from absorption.figures import theme
from absorption.figures.present import present
from absorption.measures.absorption import (
    absorption_fraction,
    carried,
    cosines,
    full_absorption,
    letter_rates,
    main_latents,
)
from absorption.measures.absorption_causal import Ablations, answer_margin
from absorption.measures.classification import best_cuts, classify_pairs
from absorption.measures.probes import fit_probe
from absorption.measures.splits import split_words
from absorption.publish.notebook import glue_record
from absorption.runtime.hub import HubError, files
from absorption.runtime.paths import pick_device
from absorption.saes.exchange.gemma_scope import load_gemma_scope
from absorption.worlds.language import load
from absorption.worlds.spelling import Prompt, Speller
from absorption.worlds.text import vocabulary_words, word_frequencies

theme.use()

# %% tags=["parameters", "hide-input"]
model_name = "google/gemma-2-2b"  # Hugging Face repository
model_revision = "c5ebcd40d208330abc697524c919956e692655cf"  # its commit
sae_repository = "google/gemma-scope-2b-pt-res"
sae_revision = "fd571b47c1c64851e9b1989792367b9babb4af63"
sae_id = "layer_3/width_16k/average_l0_59"  # the SAE of the paper's example
more_saes = ()  # further SAEs of the same layer, such as "layer_3/width_16k/average_l0_142"
layer = 4  # Gemma Scope's layer 3 is the residual stream after four blocks
main_latent, absorbing_latent = 6510, 1085  # "starts with S" and "short" in the sources
absorbed_word = "short"
n_others = 5  # other latents that fire on the word, as the null
n_words = 8000  # words of the vocabulary, the most frequent ones of each letter in proportion
n_examples = 10  # words answered for the model in the prompt
memory_needed = 14  # GiB; with less, nothing is tried
ask_the_hub = True  # whether a hub is asked at all
profile = "laptop"
device = "auto"

# %% tags=["claim", "hide-input"]
CLAIM = Claim(
    id="15_gemma_scope",
    title="What do the original two latents do?",
    sentence=(
        "In a Gemma Scope SAE, latent 6510 stands for words with S but is silent on “short”, where latent 1085 fires and "
        "carries the S in its place."
    ),
    quotations=(
        Quotation(
            "Here, we see the dashboard for Gemma Scope layer 3 16k, latent 6510 which appears to track \"starts with S\", "
            "but mysteriously doesn't fire on \"_short\".",
            "7vik2025sparsity",
            "“An example of feature absorption in real-world models”",
        ),
        Quotation(
            "The SAE feature vectors themselves do not have to be aligned with the data points that hypothetically encode "
            "only that feature; they could be rotated any which way.",
            "amagibaba2025splitting",
            "TLDR, last paragraph",
        ),
    ),
    predicates=(
        Predicate(
            "silent", "the S latent is silent on the word (its activation)",
            evidence="main_activation", below=1e-6, tier="hub", essential=True,
            because="JumpReLU gives exactly 0 to a latent that is silent",
        ),
        Predicate(
            "stands_for", "the S latent fires on more than half of the words with S that a probe finds",
            evidence="main_recall", above=0.5, tier="hub", essential=True,
            because="a latent that misses most words with S would not be said to track them",
        ),
        Predicate(
            "instead", "the other latent fires on the word (its activation)",
            evidence="absorber_activation", above=0.0, tier="hub", essential=True,
            because="what does not fire carries nothing",
        ),
        Predicate(
            "aligned", "its decoder's cosine with the probe for S",
            evidence="absorber_cosine", above=0.025, tier="hub", essential=True,
            because="the least cosine that the published metric calls absorbing",
        ),
        Predicate(
            "causal", "taking it out changes the margin of the right answer by less than −1 (logits)",
            evidence="absorber_effect", below=-1.0, tier="hub", essential=True,
            because="the lead over other latents that the published metric asks for",
        ),
        Predicate(
            "rate", "full absorption, mean over letters",
            evidence="full", above=0.01, tier="hub",
            because="under one word in a hundred nobody would need to correct for it",
        ),
        Predicate(
            "explained", "explained variance of the SAE on the words that are judged",
            evidence="explained", above=0.45, tier="hub", role="gate",
            because="below that the SAE does not describe these inputs, whatever its latents do",
        ),
        Predicate(
            "main_f1", "F1 of the main latents, mean over letters",
            evidence="main_f1", above=0.4, tier="hub", role="gate",
            because="below that no latent stands for a letter, so none can be absorbed",
        ),
        Predicate(
            "probe", "F1 of the letter probes on held-out words, mean over letters",
            evidence="probe_f1", above=0.8, tier="hub", role="control",
            because="a probe that misses a fifth cannot be the yardstick",
        ),
        Predicate(
            "others", "taking out other latents that fire on the word, the strongest, changes the margin less (mean, logits)",
            evidence="others_effect", above=-1.0, tier="hub", role="null",
            because="if any latent lowered it as much, the effect would say nothing about S",
        ),
    ),
    findings=(
        Finding("cosine of the S latent's decoder with the probe for S", "main_cosine", "hub"),
        Finding("taking out the silent S latent: change of the margin", "main_effect", "hub"),
        Finding("absorption fraction, mean over letters", "fraction", "hub"),
    ),
)  # fmt: skip
SEEDS = range(1)

# %% [markdown]
# ## The world
#
# The model is Gemma-2-2B, and the SAE is one of Gemma Scope {cite}`lieberum2024gemmascope`: layer 3, 16k latents. Two commit hashes pin what is
# downloaded. Both repositories are read through `transformers` and `sae_lens`. The model is gated, so its licence has to be
# accepted on the hub and `hf auth login` be run once. The download is about 11 GB; in float32, with the SAE beside it, the model needs about
# 14 GiB of memory. First: can the models be had?


# %% tags=["hide-input"]
def why_not():
    """One sentence that says why nothing can be run here; nothing if all can."""
    if not ask_the_hub:
        return "This profile asks no hub for the model."
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    if memory < memory_needed:
        return f"The model in float32 needs about {memory_needed} GiB of memory, and there are {memory:.0f}."
    try:
        files(sae_repository, sae_revision, [f"{sae_id}/params.npz"])
        files(model_name, model_revision, ("config.json", "*.json", "*.safetensors"))
    except HubError as error:
        return str(error)
    return ""


device = pick_device(device)
reason = why_not()
here = not reason
display(Markdown("The models are here." if here else f"**Not run.** {reason}"))

# %% [markdown]
# Where they cannot, nothing below has a number, and the verdict is *not run*. The code is tested all the same, with a small
# random model and SAE that a hub on the same machine serves.
#
# ## The experiment
#
# 1. **Words.** Words of the model's vocabulary are put at the end of a prompt with {glue:text}`n_examples:d` answered examples, the residual stream
#    is read at the word, and the SAE encodes it. Letter {term}`probes <probe>` are fitted on 80% of the words.
# 2. **Activation table**: both latents on " short" and on other words with S.
# 3. **Cosines** of both decoders with the probe for S, and of each with the words on which it fires, beside random directions.
# 4. **Zones**: the two latents in 3D, with words in them.
# 5. **Causal test**: each latent is taken out of the residual stream at " short", and the model asked for its first letter. What
#    counts is the *margin*, the logit of the right capital over the mean of the others. Beside it, as a {term}`null <null>`, the strongest other
#    latents that fire there.
# 6. **Absorption rates** of all letters by SAEBench's metrics {cite}`karvonen2025saebench`, for this SAE and every other one in `more_saes`.

# %% tags=["hide-input"]
if here:
    model = load(
        model_name, layer=layer, revision=model_revision, device=device, whole=True, linear="float32"
    )
    vocabulary = vocabulary_words(model.vocabulary())
    frequencies = word_frequencies(vocabulary.words)
    common = frequencies.argsort(descending=True)
    examples = common[: 100 * n_examples : 100]
    keep = torch.zeros(len(vocabulary), dtype=torch.bool)
    for letter in range(26):
        of_letter = common[vocabulary.letters[common] == letter]
        keep[of_letter[: max(5, round(n_words * len(of_letter) / len(vocabulary)))]] = True
    keep[examples] = False
    keep[[i for i, word in enumerate(vocabulary.words) if word == absorbed_word]] = True
    words = vocabulary.select(keep)
    letters = words.letters
    speller = Speller(model, Prompt.of(model, [vocabulary.words[i] for i in examples]))
    raw = speller.activations(words.token_ids)
    x = raw - raw.mean(0)
    size = float(x.norm(dim=1).mean())
    split = split_words(letters, torch.Generator().manual_seed(0))
    probe = fit_probe(x[split.train] / size, letters[split.train])
    cuts = best_cuts(probe.scores(x[split.train] / size), letters[split.train])
    finds = (probe.scores(x / size) > cuts).gather(1, letters[:, None])[:, 0]
    probe_f1 = classify_pairs(
        probe.scores(x[split.held_out] / size) > cuts, letters[split.held_out]
    ).f1.mean()


# %% tags=["hide-input"]
def looked_at(sae_id):
    """One SAE: activations, decoders, and the rates of all letters on held-out words that the probe finds."""
    sae = load_gemma_scope(sae_id, sae_revision, sae_repository, device)
    with torch.no_grad():
        z = torch.cat([sae.encode(part.to(device)).cpu() for part in raw.split(1024)])
    dictionary = sae.W_dec.detach().cpu()
    main = main_latents(z[split.train], letters[split.train])
    rows = split.held_out[finds[split.held_out]]
    c = carried(x[rows], z[rows], dictionary, probe.weight, letters[rows], main.mask)
    every = torch.ones(len(rows), dtype=torch.bool)
    absorbed = full_absorption(c).absorbed.float()
    full = letter_rates(absorbed, letters[rows], every, c.silent)
    fraction = letter_rates(absorption_fraction(c), letters[rows], every, c.silent)
    l0 = float((z > 0).sum(1).float().mean())
    return {
        "sae": sae,
        "z": z,
        "dictionary": dictionary,
        "full": full,
        "fraction": fraction,
        "main": main,
        "absorbed": absorbed,
        "rows": rows,
        "l0": l0,
    }


if here:
    look = looked_at(sae_id)
    z, dictionary = look["z"], look["dictionary"]
    word = words.words.index(absorbed_word)
    s_letter = int(letters[word])
    own = cosines(dictionary, probe.weight)[s_letter, [main_latent, absorbing_latent]]
    with_s = (letters == s_letter) & finds
    listed = z[:, [main_latent, absorbing_latent]]
    shown = [word, *(with_s.nonzero()[:, 0][listed[with_s, 0].argsort(descending=True)][:12].tolist())]
    activations = pd.DataFrame(
        {
            "word": [words.words[i] for i in shown],
            f"latent {main_latent}": [f"{float(listed[i, 0]):.2f}" for i in shown],
            f"latent {absorbing_latent}": [f"{float(listed[i, 1]):.2f}" for i in shown],
        }
    )
    display(activations.set_index("word"))

# %%
if here:
    pair = [main_latent, absorbing_latent]
    strongest = z[word].argsort(descending=True).tolist()
    others = [i for i in strongest if z[word, i] > 0 and i not in pair][:n_others]
    runs = Ablations(torch.full((len(pair + others),), word), torch.tensor(pair + others))
    answers = speller.answers(words.token_ids[[word]]).capitals
    before = answer_margin(answers, letters[[word]])
    answers = speller.edited(words.token_ids[runs.word], runs.changes(z, dictionary))
    after = answer_margin(answers, letters[runs.word])
    effects = (after - before).tolist()

# %% tags=["hide-input"]
if here:
    unit = torch.nn.functional.normalize
    fires = [(z[:, latent] > 0) & (letters == s_letter) for latent in (main_latent, absorbing_latent)]
    draws = unit(torch.randn(500, x.shape[1], generator=torch.Generator().manual_seed(0)), dim=1)
    near = pd.DataFrame(
        [
            {
                "coordinates": name,
                f"latent {main_latent}": float((unit(data[fires[0]], dim=1) @ unit(dictionary[main_latent], dim=0)).mean()),
                f"latent {absorbing_latent}": float((unit(data[fires[1]], dim=1) @ unit(dictionary[absorbing_latent], dim=0)).mean()),
                "random (95% of |cosine|)": float((unit(data[:500], dim=1) @ draws.T).abs().flatten()[::7].quantile(0.95)),
            }
            for name, data in (("from the mean", x), ("from the origin", raw))
        ]
    )  # fmt: skip
    display(near.round(3).set_index("coordinates"))

# %% tags=["hide-input"]
if here:
    import plotly.graph_objects as go

    encoder = look["sae"].W_enc.detach().cpu()[:, [main_latent, absorbing_latent]].T
    first = unit(encoder[0], dim=0)
    second = unit(encoder[1] - (encoder[1] @ first) * first, dim=0)
    some = (letters == s_letter).nonzero()[:, 0][:150]
    rest = x[some] - x[some] @ torch.stack([first, second]).T @ torch.stack([first, second])
    third = torch.linalg.svd(rest - rest.mean(0), full_matrices=False).Vh[0]
    at = (x @ torch.stack([first, second, third]).T).numpy().round(3)
    figure = go.Figure()
    for name, latent, role in (("main", 0, "parent"), ("absorber", 1, "child")):
        rows = [i for i in some.tolist() if listed[i, latent] > 0]
        figure.add_scatter3d(
            x=at[rows, 0], y=at[rows, 1], z=at[rows, 2], mode="markers+text", name=f"{name} latent fires",
            text=[words.words[i] for i in rows], marker={"size": 4, "color": theme.COLORS[role]},
        )  # fmt: skip
    rows = [i for i in some.tolist() if not (listed[i] > 0).any()]
    figure.add_scatter3d(
        x=at[rows, 0], y=at[rows, 1], z=at[rows, 2], mode="markers", name="neither fires", hoverinfo="text",
        text=[words.words[i] for i in rows], marker={"size": 3, "color": theme.COLORS["reference"]},
    )  # fmt: skip
    figure.update_layout(
        height=500, scene={"xaxis_title": "main encoder", "yaxis_title": "absorber's encoder (rest)"}
    )
    theme.show(
        figure,
        alt="Words with S in the space of the two latents' encoder directions, coloured by which one fires.",
    )

# %% tags=["hide-input"]
if here:
    looks = {sae_id: look} | {other: looked_at(other) for other in more_saes}
    sweep = pd.DataFrame(
        [
            {
                "SAE": name,
                "L0 on the words": round(found["l0"], 1),
                "full (%)": round(100 * found["full"].mean(), 2),
                "full, letters with a false negative (%)": round(100 * found["full"].published_mean(), 2),
                "fraction (%)": round(100 * found["fraction"].mean(), 2),
                "main latents a letter": round(float(found["main"].n.float().mean()), 2),
            }
            for name, found in looks.items()
        ]
    )
    display(sweep.set_index("SAE"))

# %% tags=["hide-input"]
fig, ax = theme.figure(height=3.6)
if here:
    shown_z = listed[with_s]
    ax.plot(
        shown_z[:, 0],
        shown_z[:, 1],
        "o",
        ms=4,
        alpha=0.6,
        color=theme.COLORS["reference"],
        label="words with S",
    )
    ax.plot(*listed[word].tolist(), "o", ms=9, color=theme.COLORS["child"], label=f"“{absorbed_word}”")
    ax.set(xlabel=f"activation of latent {main_latent}", ylabel=f"activation of latent {absorbing_latent}")
    ax.set_title("Which of the two latents fires on which word")
    fig.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    alt = "Words with S by the activations of the two latents; the absorbed word is marked."
    caption = "Measured: one dot a word with S that the probe finds."
else:
    # A drawing of the definition: a latent fires where its encoder's projection exceeds its threshold.
    encoders = np.array([[np.cos(a), np.sin(a)] for a in np.deg2rad([100, -50])])
    thresholds = np.array([0.25, 0.3])
    plane = np.stack(np.meshgrid(np.linspace(-0.4, 1.9, 300), np.linspace(-0.6, 1.3, 300)), -1)
    on = (plane @ encoders.T > thresholds) @ np.array([1, 2])  # 0 neither, 1 first, 2 second, 3 both
    inks = ["white", *(theme.COLORS[role] for role in ("parent", "child", "bad"))]
    ax.contourf(*np.moveaxis(plane, -1, 0), on, levels=[-0.5, 0.5, 1.5, 2.5, 3.5], colors=inks, alpha=0.22)
    for at, name in (
        ((0.25, 0.95), "snake"),
        ((0.05, 0.7), "sun"),
        ((1.15, -0.12), "short"),
        ((-0.2, -0.25), "cat"),
    ):
        ax.plot(*at, "o", ms=5, color="black")
        ax.annotate(name, at, (6, 4), textcoords="offset points", fontsize=9)
    for direction, role, name in zip(
        encoders, ("parent", "child"), ("the S latent", "the short latent"), strict=True
    ):
        arrow = dict(arrowstyle="-|>", color=theme.COLORS[role], lw=2)
        ax.annotate("", 0.6 * direction, (0, 0), arrowprops=arrow)
        ax.annotate(
            name, 0.6 * direction, (8, -2), textcoords="offset points", fontsize=8, color=theme.COLORS[role]
        )
    ax.annotate("both would fire", (1.27, 0.6), fontsize=8, color=theme.COLORS["bad"])
    ax.set(xticks=[], yticks=[], xlabel="a direction of the activations", ylabel="another direction")
    ax.set(aspect="equal", xlim=(-0.4, 1.9), ylim=(-0.6, 1.3))
    ax.set_title("Zones sort the words, directions need not")
    alt = "A drawing of a plane with two half-planes, in each of which one latent fires. Snake and sun lie in the zone of the S latent alone, short in the zone of the other latent alone, cat in neither. The latents' arrows do not point at the words."
    caption = "An illustration, not data: the models could not be had."
present("headline", fig, alt)

# %% [markdown]
# ## What was found
#
# {glue:text}`summary`
#
# ## The null and the controls
#
# The null is what happens when the strongest other latents that fire on the word are taken out. The {term}`control <control>` is the letter probe, which has
# to find the letters before anything can be measured against it. The {term}`gates <gate>` ask whether this SAE describes these words at all.
#
# ## What this does not show
#
# - **Anything, where the models could not be had.** What the claim says of two latents is tested on
#   {doc}`another page <11_absorbing_latents>` with a smaller model and with SAEs trained there.
# - **How often it happens elsewhere.** Two latents of one SAE are an example; `more_saes` widens it to others of the same layer.
#   One SAE has no spread: what is said of it is exact, and holds for it alone.
#
# ## Details: the record

# %% tags=["nbval-check-output", "hide-cell"]
evidence = []
found = (
    "Nothing was measured here: what the sources say of these two latents is neither confirmed nor denied."
)
if here:
    rebuilt = torch.cat([look["sae"].decode(part.to(device)).detach().cpu() for part in z.split(1024)])
    explained = 1 - (raw - rebuilt).square().sum() / (raw - raw.mean(0)).square().sum()
    fired = (listed[with_s, 0] > 0).double().tolist()
    evidence = [
        Evidence.exactly("main_activation", float(listed[word, 0])),
        Evidence.exactly("absorber_activation", float(listed[word, 1])),
        Evidence.exactly("main_cosine", float(own[0])),
        Evidence.exactly("absorber_cosine", float(own[1])),
        Evidence.exactly("main_effect", effects[0], unit="logits"),
        Evidence.exactly("absorber_effect", effects[1], unit="logits"),
        Evidence.exactly(
            "others_effect", float(np.mean(effects[2:])), unit="logits", note=f"{len(others)} latents"
        )
        if others
        else Evidence.not_available("others_effect", "no other latent fires on the word"),
        Evidence.of_words("main_recall", fired, [0] * len(fired), possible=(0, 1)),
        Evidence.of_words("full", look["absorbed"].tolist(), letters[look["rows"]].tolist(), possible=(0, 1)),
        Evidence.exactly("fraction", look["fraction"].mean()),
        Evidence.exactly("explained", float(explained)),
        Evidence.exactly("main_f1", float(look["main"].f1.mean())),
        Evidence.exactly("probe_f1", float(probe_f1)),
    ]
    found = (
        f"On “{absorbed_word}” latent {main_latent} has the activation {{main_activation:.2f}} and latent {absorbing_latent} "
        "{absorber_activation:.2f}; taking the latter out changes the margin by {absorber_effect:.1f} logits."
    )
record = conclude(
    CLAIM,
    evidence,
    found=found,
    headline="absorber_effect",
    seeds=SEEDS,
    parameters=dict(
        model_name=model_name, model_revision=model_revision, sae_repository=sae_repository, sae_revision=sae_revision,
        sae_id=sae_id, more_saes=list(more_saes), layer=layer, main_latent=main_latent, absorbing_latent=absorbing_latent,
        absorbed_word=absorbed_word, n_words=n_words, n_examples=n_examples, n_others=n_others,
    ),
    profile=profile,
    device=device,
    not_run={} if here else {"hub": reason},
)  # fmt: skip
for name, outcome in record.outcomes.items():
    print(f"{name}: {outcome}")
print(f"\nhub: {record.verdicts['hub']}")

# %% tags=["remove-cell"]
glue_record(record)
glue("n_examples", n_examples, display=False)
glue("caption", caption, display=False)
glue("summary", record.found if here else f"{record.found} {reason}", display=False)
