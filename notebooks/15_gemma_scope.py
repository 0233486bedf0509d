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
# # The original latents
#
# **Claim.** In the Gemma Scope SAE of Gemma-2-2B, layer 3, width 16k, latent 6510 stands for words that begin with S. On
# " short" it is silent, and latent 1085 fires instead, carries the S, and makes the model spell it.
#
# **Source.** {cite}`chanin2024absorption`; {cite}`chanin2024summary`; pictured in {cite}`amagibaba2025splitting`. The SAEs are
# those of {cite}`lieberum2024gemmascope`.
#
# **Verdict: {glue:text}`verdict`.** {glue:text}`summary`

# %%
import os

import pandas as pd
import torch
from IPython.display import Markdown, display
from myst_nb import glue

from absorption.claims import Claim, Evidence, Predicate, conclude
from absorption.figures import theme
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

# %% [markdown]
# ## Parameters
#
# Two commit hashes pin what is downloaded. Both repositories are read through `transformers` and `sae_lens`; the model is
# gated, so its licence has to be accepted on the hub and `hf auth login` run once. Download and memory are about 11 GB.

# %% tags=["parameters"]
model_name = "google/gemma-2-2b"  # Hugging Face repository
model_revision = "c5ebcd40d208330abc697524c919956e692655cf"  # its commit
sae_repository = "google/gemma-scope-2b-pt-res"
sae_revision = "fd571b47c1c64851e9b1989792367b9babb4af63"
sae_id = "layer_3/width_16k/average_l0_59"  # the SAE of the paper's example
more_saes = ()  # further SAEs of the same layer, such as "layer_3/width_16k/average_l0_142"
layer = 4  # Gemma Scope's layer 3 is the residual stream after four blocks
main_latent, absorbing_latent = 6510, 1085  # "starts with S" and "short" in the sources
absorbed_word = "short"
n_words = 8000  # words of the vocabulary, the most frequent ones of each letter in proportion
n_examples = 10  # words answered for the model in the prompt
memory_needed = 14  # GiB; with less, nothing is tried
profile = "laptop"
device = "auto"

# %% [markdown]
# ## What would have to be seen
#
# On " short" the main latent is silent and the other one fires, its decoder has cosine 0.025 or more with a probe for S, and
# taking it out lowers the margin of the answer S by a logit or more. The main latent does fire on most words with S. Over all
# letters, SAEBench's full metric {cite}`karvonen2025saebench` exceeds 1%. One SAE has no spread: these are statements about this
# SAE, and single numbers are exact.

# %%
CLAIM = Claim(
    id="15_gemma_scope",
    title="The original latents",
    sentence="In a Gemma Scope SAE, latent 6510 (words with S) is silent on “short”, where latent 1085 carries the S in its place.",
    sources=("chanin2024absorption", "chanin2024summary", "amagibaba2025splitting", "lieberum2024gemmascope"),
    predicates=(
        Predicate("silent", "the S latent is silent on the word", evidence="main_activation", below=1e-6, tier="hub", essential=True),
        Predicate("instead", "the absorbing latent fires on it", evidence="absorber_activation", above=0.0, tier="hub", essential=True),
        Predicate("aligned", "its decoder has a cosine above 0.025 with the S probe", evidence="absorber_cosine", above=0.025, tier="hub", essential=True),
        Predicate("causal", "taking it out lowers the margin of the answer by more than one logit", evidence="absorber_effect", below=-1.0, tier="hub", essential=True),
        Predicate("stands_for", "the S latent fires on more than half of the words with S that the probe finds", evidence="main_recall", above=0.5, tier="hub"),
        Predicate("rate", "absorption in full, mean over letters, is above 1%", evidence="full", above=0.01, tier="hub"),
        Predicate("probe", "control: the probes' mean F1 on held-out words is above 0.8", evidence="probe_f1", above=0.8, tier="hub", control=True),
    ),
)  # fmt: skip

# %% [markdown]
# ## Can the models be had?


# %%
def why_not():
    """One sentence that says why nothing can be run here; nothing if all can."""
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
# Where they cannot, the page stops here with the verdict *not run*. Everything below is written out and tested (with a small
# random model and SAE served by a hub on the same machine), but shows no number. What would be computed:
#
# 1. Words of the model's vocabulary are put at the end of a prompt with {glue:text}`n_examples:d` answered examples, the residual stream
#    is read at the word, and the SAE encodes it. Letter probes are fitted on 80% of the words.
# 2. **Activation table**: both latents on " short" and on other words with S.
# 3. **Cosines** of both decoders with the probe for S, and of each with the words on which it fires, beside random directions.
# 4. **Zones**: the two latents in 3D, with words in them.
# 5. **Causal test**: each latent is taken out of the residual stream at " short", and the model asked for its first letter.
# 6. **Absorption rates** of all letters by SAEBench's metrics, for this SAE and every other one in `more_saes`.

# %%
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


# %%
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
    full = letter_rates(full_absorption(c).absorbed.float(), letters[rows], every, c.silent)
    fraction = letter_rates(absorption_fraction(c), letters[rows], every, c.silent)
    l0 = float((z > 0).sum(1).float().mean())
    return {
        "sae": sae,
        "z": z,
        "dictionary": dictionary,
        "full": full,
        "fraction": fraction,
        "main": main,
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
    ids = words.token_ids[[word, word]]
    runs = Ablations(torch.tensor([word, word]), torch.tensor([main_latent, absorbing_latent]))
    before = answer_margin(speller.answers(ids[:1]).capitals, letters[[word]])
    after = answer_margin(speller.edited(ids, runs.changes(z, dictionary)), letters[[word, word]])
    effects = (after - before).tolist()

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

# %%
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

# %% [markdown]
# ## Verdict

# %% tags=["nbval-check-output"]
evidence = (
    [
        Evidence("main_activation", float(listed[word, 0])),
        Evidence("absorber_activation", float(listed[word, 1])),
        Evidence("main_cosine", float(own[0])),
        Evidence("absorber_cosine", float(own[1])),
        Evidence("main_effect", effects[0], unit="logits"),
        Evidence("absorber_effect", effects[1], unit="logits"),
        Evidence("main_recall", float((listed[with_s, 0] > 0).float().mean())),
        Evidence("full", look["full"].mean()),
        Evidence("fraction", look["fraction"].mean()),
        Evidence("probe_f1", float(probe_f1)),
    ]
    if here
    else []
)
record = conclude(
    CLAIM,
    evidence,
    seeds=[0],
    parameters=dict(
        model_name=model_name, model_revision=model_revision, sae_repository=sae_repository, sae_revision=sae_revision,
        sae_id=sae_id, more_saes=list(more_saes), layer=layer, main_latent=main_latent, absorbing_latent=absorbing_latent,
        absorbed_word=absorbed_word, n_words=n_words, n_examples=n_examples,
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
summary = (
    f"On “{absorbed_word}” latent {main_latent} has the activation {float(listed[word, 0]):.2f} and latent {absorbing_latent} "
    f"{float(listed[word, 1]):.2f}; taking the latter out changes the margin by {effects[1]:.1f} logits."
    if here
    else reason
)
glue("summary", summary, display=False)

# %% [markdown]
# ## What this does not show
#
# - **Anything, where the models could not be had.** What the claim says of two latents is tested on other pages with a smaller
#   model and with SAEs trained there.
# - **How often it happens elsewhere.** Two latents of one SAE are an example; `more_saes` widens it to others of the same layer.
