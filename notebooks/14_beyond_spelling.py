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
# # Does absorption go beyond spelling?
#
# :::{claim}
# :::
#
# ```{picture} headline
# Absorption of a property by two metrics, beside first letters in the same SAEs. *Full*: the share of words on which all
# {term}`latents <latent>` of the property are silent and one other carries it; *fraction*: how much of a word's property others
# carry, on average. Parts of speech: {glue:text}`speech:.1%` in full, {glue:text}`speech_fraction:.1%` by the fraction. Crosses: the
# full metric with labels dealt out anew, which should give nothing and gives {glue:text}`permuted_full:.1%`, more than with the true
# ones. Bars: range over {glue:text}`n_seeds` seeds.
# ```
#
# ```{predicates}
# ```
#
# ## The idea
#
# That *snake* starts with S is an odd thing to look for in a language model. {term}`Absorption <absorption>` was found with such
# labels because everybody can check them. But its cause, if the theory is right, is not spelling: whenever a frequent
# {term}`feature <feature>` (the {term}`parent`) comes with rarer ones that imply it (its children), an {term}`SAE <SAE>` saves an
# active {term}`latent <latent>` by letting the rare latent say the frequent thing along. *Elephant* implies *animal*; it also
# implies *noun*. A particular noun with a latent of its own could absorb *noun*, just as it absorbs its first letter.
#
# So the same words are labelled by other things: part of speech, endings and capitals, and what they mean (countries, languages,
# numbers). Every property gets a linear {term}`probe <probe>`, the yardstick, and the two metrics of absorption.

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Imports"}
import numpy as np
import pandas as pd
import torch
from IPython.display import display
from myst_nb import glue
from scipy.stats import spearmanr

from absorption.claims import Claim, Evidence, Finding, Outcome, Predicate, Quotation, conclude
from absorption.claims.verdict import judge
from absorption.experiments.bank import Schedule, encode_rows, trained
from absorption.experiments.controls import oracle, untrained
from absorption.experiments.nulls import permuted
from absorption.experiments.words import read_text, read_words
from absorption.figures import theme
from absorption.figures.present import present
from absorption.measures.absorption import absorption_fraction, carried, full_absorption, main_latents
from absorption.measures.classification import best_cuts, one_hot
from absorption.measures.geometry import category_vector, hierarchy_cosine, whitened
from absorption.measures.intervals import rank_correlation_interval
from absorption.measures.probes import fit_label_probe
from absorption.measures.reconstruction import fit_of
from absorption.measures.splits import split_places, split_words
from absorption.publish.notebook import glue_record
from absorption.runtime.parallel import in_parallel
from absorption.runtime.paths import pick_device
from absorption.saes import BatchTopK, Recipe
from absorption.worlds.language import load
from absorption.worlds.lexicons import country_names, properties
from absorption.worlds.mentions import mentions
from absorption.worlds.residuals import residual_stream
from absorption.worlds.text import commonest, speeches, vocabulary_words

theme.use()

# %% tags=["parameters", "hide-input"] mystnb={"code_prompt_show": "Parameters"}
model_name = "SmolLM2-135M-Instruct"  # a packaged model, or owner/model of the Hugging Face hub
revision = None  # full commit hash of a hub model
layer = 4  # the residual stream is read after this many blocks
words_per_letter = None  # of every letter its so many most frequent words; None: all
d_sae = 1024  # latents an SAE
k = 8  # active latents an input in training (mean over a batch)
n_seeds = 5  # SAEs of each kind, each with its own split of the words
samples = 400_000  # activations that each SAE is trained on
batch_size = 1024  # activations a step
lr = 5e-3  # peak learning rate (Adam)
n_text_tokens = 120_000  # tokens of running text for the SAEs trained on it
context_length = 127  # tokens a context
min_probe_f1 = 0.6  # SAEBench's: a property is judged if its probe is better than this …
min_above_always = 0.1  # … and, here, better by this than saying yes to every word
min_words = 40  # … and if at least so many words have it
k_max = 4  # main latents a property, at most
n_members = 1000  # words from which a category's vector is estimated, at most
profile = "laptop"
device = "auto"

# %% tags=["claim", "hide-input"] mystnb={"code_prompt_show": "The claim, its predicates and their bounds"}
TIER = "language model"
SAME = "as for parts of speech: one word in a hundred is an exception"
CLAIM = Claim(
    id="14_beyond_spelling",
    title="Does absorption go beyond spelling?",
    sentence="Absorption appears for other kinds of features than first letters.",
    quotations=(
        Quotation("Does it appear for other kinds of features? (We think likely yes).", "chanin2024summary", "“Validating feature absorption”"),
        Quotation(
            "we suspect that feature absorption is just easiest to find for token aligned features but conceptually could occur any time a similar structure exists between features.",
            "chanin2024summary",
            "an author's comment below the post",
        ),
    ),
    predicates=(
        Predicate("speech_beyond_chance", "parts of speech: the absorbed fraction is higher than with permuted labels by more than 1%", evidence="speech_beyond", above=0.01, tier=TIER, essential=True, because="one word in a hundred is an exception, more is a hole; the fraction is the metric that permuted labels do not set off"),
        Predicate("speech", "parts of speech: more than 1% of the words are absorbed in full", evidence="speech", above=0.01, tier=TIER, because="the metric of the source; not essential, because permuted labels set it off, too"),
        Predicate("surface", "surface properties: more than 1% of the words are absorbed in full", evidence="surface", above=0.01, tier=TIER, because=SAME),
        Predicate("meaning", "properties of meaning: more than 1% of the words are absorbed in full", evidence="meaning", above=0.01, tier=TIER, because=SAME),
        Predicate("country_in_text", "names of countries in running text: more than 1% are absorbed in full", evidence="country_in_text", above=0.01, tier=TIER, because=SAME),
        Predicate("explains", "the SAEs explain more than 45% of the variance of the judged words (worse of words and text)", evidence="explained_judged", above=0.45, tier=TIER, role="gate", because="an SAE that leaves the words out has nothing to absorb"),
        Predicate("alive", "fewer than 10% of the latents never fire (worse of words and text)", evidence="dead", below=0.1, tier=TIER, role="gate", because="dead latents are a smaller SAE than the one that is named"),
        Predicate("stands_for", "the main latents' F1 is above 0.4, on average over the judged properties (worse of words and text)", evidence="main_f1", above=0.4, tier=TIER, role="gate", because="latents that hardly tell a property have few of its words to lose"),
        Predicate("permuted_fraction", "with permuted labels the absorbed fraction is below 1%", evidence="permuted_fraction", below=0.01, tier=TIER, role="null", because="the bound that the true labels have to pass"),
        Predicate("permuted", "with permuted labels no property may be judged", evidence="permuted_judged", below=0.01, tier=TIER, role="null", because="no probe can be good there, so the rule for probes has to say so"),
        Predicate("oracle", "an SAE with the probes' own directions as latents shows no absorption by either metric", evidence="oracle", below=0.001, tier=TIER, role="control", because="nothing is missed there, so nothing may be counted"),
        Predicate("untrained", "the main latents of untrained SAEs are hardly better than saying yes to every word (F1)", evidence="untrained_gain", below=0.1, tier=TIER, role="control", because="as much as a probe must be better by to be judged"),
    ),
    findings=(
        Finding("parts of speech, absorbed fraction", "speech_fraction", TIER),
        Finding("parts of speech in full, with the fraction's bound on the cosine", "speech_strict", TIER),
        Finding("permuted labels, in full", "permuted_full", TIER),
        Finding("parts of speech in full, less the same with permuted labels", "speech_full_beyond", TIER),
        Finding("first letters in full, same words, same SAEs", "spelling", TIER),
        Finding("first letters, absorbed fraction", "spelling_fraction", TIER),
        Finding("the judged property with the least, in full", "lowest", TIER),
        Finding("parts of speech in running text, in full", "speech_in_text", TIER),
        Finding("how much more frequent absorbed words are than judged ones (powers of ten)", "frequency", TIER),
        Finding("child − parent is nearer to orthogonal to the parent than with permuted labels (difference of mean cosines)", "orthogonal", TIER),
        Finding("rank correlation over properties of this cosine with absorption", "rank", TIER),
        Finding("explained variance on all words as often as they are met", "explained", TIER),
    ),
)  # fmt: skip
SEEDS = range(n_seeds)

# %% [markdown]
# ## The world
#
# The words, their activations and the SAEs are those of [the page on first letters](10_first_letters.ipynb): the
# {term}`residual stream <residual stream>` of SmolLM2 {cite}`allal2025smollm2` after block {glue:text}`layer`, each word read
# alone. Labels come from a part-of-speech lexicon {cite}`brill1992tagger`, from the list of countries and languages of the Unicode
# Common Locale Data Repository, and from the spelling. The {glue:text}`n_words:,` words that the lexicon knows are used for
# everything, so that all properties, and the letters beside them, are judged on the same words.

# %%
device = pick_device(device)
model = load(model_name, layer=layer, revision=revision, device=device)
vocabulary = commonest(vocabulary_words(model.vocabulary()), words_per_letter)
read = read_words(model, vocabulary)
described = [p for p in properties(read.words.words) if p.holds.sum() > 0]
known = torch.stack([p.known for p in described]).all(0)
described = [p for p in described if p.holds[known].sum() >= min_words]
names, kind_of = [p.name for p in described], {p.name: p.kind for p in described}
holds = torch.stack([p.holds[known] for p in described], dim=1)  # [word property]
words, letters = read.words.select(known).words, read.words.letters[known]
x, frequencies = read.x[known], read.p[known]

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Splits, and words and names in running text"}


def drawn(seed):
    return torch.Generator().manual_seed(seed)


n = len(names)
narrow = torch.tensor([kind_of[name] == "meaning" for name in names])
strata = torch.where(holds[:, narrow].any(1), 1 + holds[:, narrow].long().argmax(1), 0)
splits = [split_words(strata, drawn(seed)) for seed in SEEDS]
assert not (holds[:, names.index("country")] & ~holds[:, names.index("capitalised")]).any()
common = (letters.bincount(minlength=26) >= min_words).nonzero()[:, 0]  # letters that have words, too

text = read_text(model, speeches(), n_text_tokens, context_length, drawn(0))
found = mentions(model.tokenizer, speeches(), country_names(), drawn(0)).at_most(3)
x_text = text.frame(residual_stream(model, found.contexts)[found.context, found.position])
of_places = {p.name: p for p in properties([spelled.split()[-1] for spelled in found.spelled])}
known_text = torch.stack([p.known for p in of_places.values()]).all(0) | found.named
holds_text = torch.stack([of_places[name].holds for name in names], dim=1)
holds_text[:, names.index("country")] = found.named
holds_text[:, names.index("noun")] |= found.named
x_text, holds_text, named = x_text[known_text], holds_text[known_text], found.named[known_text]
spellings = [s for s, keep in zip(found.spelled, known_text.tolist(), strict=True) if keep]
type_of = {s: i for i, s in enumerate(dict.fromkeys(spellings))}
types = torch.tensor([type_of[s] for s in spellings])
splits_text = [split_places(types, named.long(), drawn(seed)) for seed in SEEDS]
n_names = len(types[named].unique())
text_names = [name for name, count in zip(names, holds_text.sum(0).tolist(), strict=True) if count >= min_words]  # fmt: skip
text_labels = holds_text[:, [names.index(name) for name in text_names]]
del model

# %% [markdown]
# A country's name is often several tokens, and a word read alone has no context. So {glue:text}`n_windows:,` windows of text around
# mentions of countries are cut from the State of the Union addresses, and read at the last token of every name
# and every other whole word, at most three times each. These are judged with SAEs trained on running text, and split by
# spelling: no name is both in training and held out.
#
# ## The experiment
#
# {term}`BatchTopK <BatchTopK>` SAEs {cite}`bussmann2024batchtopk` with {glue:text}`d_sae` latents and $k$ = {glue:text}`k`, those of
# the page on first letters.

# %%
recipe, schedule = Recipe(activation=BatchTopK(k=k)), Schedule(samples, batch_size, lr)


def fitted(job):
    table, seed = job
    return trained(table, recipe, d_sae, seed, schedule, device=device)


jobs = [(table, seed) for table in (read.table, text.table) for seed in SEEDS]
fits = in_parallel(fitted, jobs, device)
saes, text_saes = fits[:n_seeds], fits[n_seeds:]

# %% [markdown]
# For every seed, logistic probes and {term}`main latents <main latent>` (the best, and each further one that raises F1) are chosen on
# 80% of the words; what is judged are the held-out words that have the property and whose property the probe finds. A word is
# *absorbed in full* if all main latents are silent and one other latent carries a good part of its projection on the probe; the
# *fraction* is what at most three others carry, over what they and the main latents carry {cite}`karvonen2025saebench`. A property is
# judged only if its probe is good enough; why that matters, and what is enough, stands with the permuted labels below.


# %%
def judged(data, z, dictionary, labels, split, probe, finds):
    """The rates of every property, and how good its latents are, on held-out words."""
    rows = []
    for j, y in enumerate(labels.long().T):
        main = main_latents(z[split.train], y[split.train], 2, k_max=k_max)
        has = split.held_out[(labels & finds)[split.held_out, j]]
        both = torch.stack([-probe.weight[j], probe.weight[j]])
        c = carried(data[has], z[has], dictionary, both, y[has], main.mask)
        full, n_has = full_absorption(c), max(len(has), 1)
        strict = full_absorption(c, min_cosine=0.1)  # as the fraction asks for
        fires = (z[split.held_out][:, main.mask[1]] > 0).any(1)
        hits = (fires & labels[split.held_out, j]).sum()
        rows.append({
            "full": float(full.absorbed.sum()) / n_has,
            "strict": float(strict.absorbed.sum()) / n_has,
            "fraction": float(absorption_fraction(c).sum()) / n_has,
            "silent": float(c.silent.sum()) / n_has,
            "main_f1": float(main.f1[1]),
            "precision": float(hits / fires.sum().clamp(min=1)),
            "words": has, "absorbed": full,
        })  # fmt: skip
    return rows


# %% tags=["hide-input"] mystnb={"code_prompt_show": "Probes, and every SAE examined"}
def probed(data, labels, split):
    """A probe a column of labels, its F1 on held-out words, and which words it finds."""
    probe = fit_label_probe(data[split.train], labels[split.train])
    scores = probe.scores(data)
    finds = torch.empty_like(labels)
    for j, column in enumerate(labels.long().T):
        finds[:, j] = scores[:, j] > best_cuts(scores[split.train, j, None], 1 - column[split.train])[0]
    hits = (finds & labels)[split.held_out].sum(0)
    total = finds[split.held_out].sum(0) + labels[split.held_out].sum(0)
    return probe, 2 * hits / total.clamp(min=1), finds


def learned(data, z, stack, split):
    """Explained variance on the held-out rows, each counting once."""
    held = split.held_out
    return fit_of(data[held], z[held], stack.dictionary[0], stack.b_dec[0]).explained


def on_words(seed):
    """Everything about one seed's SAE trained on words: properties, letters and controls."""
    stack, split = saes[seed], splits[seed]
    z, dictionary = encode_rows(stack, 0, x), stack.dictionary[0]
    probe, f1, finds = probed(x, holds, split)
    out = {"probe_f1": f1, "real": judged(x, z, dictionary, holds, split, probe, finds)}
    out["letters"] = judged_letters(z, dictionary, split)
    dealt = permuted(holds, drawn(1000 + seed))
    blind, out["permuted_f1"], blind_finds = probed(x, dealt, split)
    out["permuted"] = judged(x, z, dictionary, dealt, split, blind, blind_finds)
    blank = untrained(read.table, recipe, d_sae, seed)
    for name, latents in (
        ("oracle", oracle(z, dictionary, x, probe.weight, finds)),
        ("untrained", (encode_rows(blank, 0, x), blank.dictionary[0])),
    ):
        out[name] = judged(x, *latents, holds, split, probe, finds)
    fit = fit_of(x, z, dictionary, stack.b_dec[0], frequencies)
    return out | {"explained": fit.explained, "dead": fit.dead, "learned": learned(x, z, stack, split)}


def judged_letters(z, dictionary, split):
    """The same rates for first letters: [letter] each; those without enough words are not looked at."""
    y, of_common = letters, one_hot(letters)[:, common] > 0
    probe, _, finds_common = probed(x, of_common, split)
    finds = torch.zeros(len(x), 26, dtype=torch.bool).index_copy(1, common, finds_common)
    weight = torch.zeros(26, x.shape[1]).index_copy(0, common, probe.weight)
    has = split.held_out[finds[split.held_out, y[split.held_out]]]
    main = main_latents(z[split.train], y[split.train], k_max=k_max)
    c = carried(x[has], z[has], dictionary, weight, y[has], main.mask)
    of_letter = one_hot(y[has])
    per = of_letter.sum(0).clamp(min=1)
    counted = {"full": full_absorption(c).absorbed.float(), "fraction": absorption_fraction(c)}
    return {name: (of_letter.T @ score / per).numpy() for name, score in counted.items()}


def in_text(seed):
    stack, split = text_saes[seed], splits_text[seed]
    z = encode_rows(stack, 0, x_text)
    probe, f1, finds = probed(x_text, text_labels, split)
    rows = judged(x_text, z, stack.dictionary[0], text_labels, split, probe, finds)
    seen = text.x[::16]
    fit = fit_of(seen, encode_rows(stack, 0, seen), stack.dictionary[0], stack.b_dec[0])
    shares = {"explained": fit.explained, "dead": fit.dead, "learned": learned(x_text, z, stack, split)}
    return {"probe_f1": f1, "real": rows} | shares


runs = in_parallel(on_words, SEEDS, device)
text_runs = in_parallel(in_text, SEEDS, device)


def gathered(which, key, part=runs):
    return np.array([[row[key] for row in run[which]] for run in part])


def may_be_judged(f1, labels):
    """A property is judged if its probe is good, and better than saying yes to every word."""
    share = labels.float().mean(0).numpy()
    return (f1 > min_probe_f1) & (f1 > 2 * share / (1 + share) + min_above_always)


always = 2 * holds.float().mean(0).numpy() / (1 + holds.float().mean(0).numpy())
f1s = np.stack([run["probe_f1"].numpy() for run in runs])
text_f1 = np.stack([run["probe_f1"].numpy() for run in text_runs])
is_judged, text_judged = may_be_judged(f1s.mean(0), holds), may_be_judged(text_f1.mean(0), text_labels)
permuted_judged = may_be_judged(np.stack([run["permuted_f1"].numpy() for run in runs]), holds)
real = {
    key: gathered("real", key) for key in ("full", "strict", "fraction", "silent", "main_f1", "precision")
}
by_chance = {key: gathered("permuted", key) for key in ("full", "strict", "fraction")}
text_real = {key: gathered("real", key, text_runs) for key in ("full", "fraction", "silent", "main_f1")}
spelling = {key: np.stack([run["letters"][key][common] for run in runs]) for key in ("full", "fraction")}
at = [j for j in range(n) if is_judged[j]]
at_text = [j for j in range(len(text_names)) if text_judged[j]]


# %% tags=["hide-input"] mystnb={"code_prompt_show": "The figure at the top"}
def drawn_rows(panel, rows, first):
    """Mean and range over seeds of both metrics, one property a row."""
    for y, (full, fraction, chance) in enumerate(rows):
        for values, role, marker, shift in ((full, "parent", "s", -0.15), (fraction, "child", "o", 0.15)):
            panel.hlines(y + shift, 100 * values.min(), 100 * values.max(), color=theme.COLORS[role], lw=1)
            label = {"s": "full", "o": "fraction"}[marker] if first and y == 0 else None
            panel.plot(100 * values.mean(), y + shift, marker, ms=4.5, color=theme.COLORS[role], label=label)
        if chance is not None:
            panel.plot(100 * chance, y - 0.15, "x", ms=5, color=theme.COLORS["reference"],
                       label="full, permuted labels" if first and y == 0 else None)  # fmt: skip


fig, (left, right) = theme.figure(height=4.4, ncols=2, sharex=True)
rows = [(real["full"][:, j], real["fraction"][:, j], by_chance["full"][:, j].mean()) for j in at]
rows += [(spelling["full"].mean(1), spelling["fraction"].mean(1), None)]
drawn_rows(left, rows, True)
left.set_yticks(range(len(rows)), [*(names[j] for j in at), "first letters"])
drawn_rows(right, [(text_real["full"][:, j], text_real["fraction"][:, j], None) for j in at_text], False)
right.set_yticks(range(len(at_text)), [text_names[j] for j in at_text])
left.axhline(len(at) - 0.5, color="#CCCCCC", lw=0.8)
in_words = [real["full"][:, j].mean() for j in at]
in_running = [text_real["full"][:, j].mean() for j in at_text]
for panel, where, means_of in ((left, "Words", in_words), (right, "Running text", in_running)):
    panel.invert_yaxis()
    panel.grid(axis="x")
    title = f"{where}: {min(means_of):.0%} to {max(means_of):.0%} in full" if means_of else where
    panel.set(title=title, xlabel="absorbed, % of words")
fig.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=8)
present(
    "headline",
    fig,
    alt="Absorption rate of each judged property by two metrics, beside the first letters, for single words and in running text.",
)

# %% [markdown]
# ## What was found
#
# By the full metric {glue:text}`speech:.1%` of the words are absorbed for parts of speech ({glue:text}`speech_low:.1%` to
# {glue:text}`speech_high:.1%`), {glue:text}`surface:.1%` for surface properties (for capitals {glue:text}`capitalised:.1%`),
# {glue:text}`meaning:.1%` ({glue:text}`meaning_low:.1%` to {glue:text}`meaning_high:.1%`) for countries, languages and number words,
# against {glue:text}`spelling:.1%` for first letters. How many words have a property does not decide: *adverb*, with
# {glue:text}`adverb_share:.0%` of the words, is absorbed in {glue:text}`adverb_rate:.1%` of them, *plural*, with
# {glue:text}`plural_share:.0%`, in {glue:text}`plural_rate:.1%`.
#
# Absorbed words are {glue:text}`frequency_ratio:.0f` times as frequent as those judged (ratio of medians, parts of speech,
# {glue:text}`frequency_ratio_low:.0f` to {glue:text}`frequency_ratio_high:.0f`): the SAE, which sees words as often as English has
# them, spends latents of their own on the frequent ones, and these latents carry the part of speech along. These are the most
# frequent absorbed words of the first SAE, with the latent that carries the property in place of the main ones, named by the
# three words that weigh most in it:

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Table: absorbed words"}


def described_latent(z, latent):
    top = (z[:, latent] * frequencies.sqrt()).topk(3).indices.tolist()
    return f"{latent}: {', '.join(words[i] for i in top)}"


z, examples = encode_rows(saes[0], 0, x), []
for name in ("noun", "verb", "adjective", "adverb", "capitalised"):
    row = runs[0]["real"][names.index(name)]
    hit = row["absorbed"].absorbed.nonzero()[:, 0]
    for i in hit[frequencies[row["words"][hit]].argsort(descending=True)][:3].tolist():
        examples.append(
            {
                "property": name,
                "word": words[row["words"][i]],
                "latent that carries it": described_latent(z, int(row["absorbed"].latent[i])),
                "share": f"{float(row['absorbed'].share[i]):.2f}",
            }
        )
display(pd.DataFrame(examples, columns=["property", "word", "latent that carries it", "share"]).set_index("property"))  # fmt: skip

# %% [markdown]
# For most endings and meanings the full metric finds little or nothing: their main latents are silent on
# {glue:text}`narrow_silent:.1%` of the words. They are broad, rather than good: of the words on which the main latents of *country*
# fire only {glue:text}`country_precision:.0%` are countries. A cut above zero would tell them apart (F1
# {glue:text}`country_f1:.2f`), so nothing is lost; but a metric that asks for silence cannot see partial absorption there.
#
# In running text the SAEs, at the same $k$, show {glue:text}`speech_in_text:.1%` for parts of speech, and
# {glue:text}`country_in_text:.1%` for names of countries ({glue:text}`n_names` names, of one token and of several), by the full metric;
# the fraction, at the top on the right, is not zero for these names and differs much between seeds.
#
# ## The null and the controls
#
# - **Permuted labels** are a warning. No latent can stand for them, and yet the full metric calls {glue:text}`permuted_full:.1%` of the
#   words absorbed that the probe happens to find: main latents that stand for nothing are often silent, and the small cosine
#   that the metric asks of an absorber is soon reached with a probe that means nothing. What keeps the metric honest is the rule that the
#   probe must be good; and for a property as frequent as *noun*, SAEBench's bound is no such rule: saying yes to every word reaches
#   an F1 of {glue:text}`always_noun:.2f`. So a probe has to beat that, too, and no property passes with permuted labels. The fraction asks
#   for a larger cosine, and with permuted labels gives {glue:text}`permuted_fraction:.2%`. With the same bound the full metric gives
#   {glue:text}`permuted_strict:.2%` for permuted labels, and for true parts of speech {glue:text}`speech_strict:.1%`
#   ({glue:text}`speech_strict_low:.1%` to {glue:text}`speech_strict_high:.1%`).
# - **{term}`Oracle <oracle>`.** If the probes are {glue:text}`n_properties` latents (firing where they find the property, all other
#   decoders orthogonal to them), no absorption is found.
# - **Untrained.** The main latents of an SAE before training exceed the F1 of saying yes to every word by
#   {glue:text}`untrained_gain:.2f`. Its absorption, {glue:text}`untrained_full:.1%` in full, therefore says nothing.
# - **Had they learned?** Of the variance of the words that are judged, each counting once, the SAEs explain
#   {glue:text}`explained_judged:.2f`, and {glue:text}`dead:.0%` of their latents never fire (each the worse of words and text). The
#   second is more than the gate allows.


# %% tags=["hide-input"] mystnb={"code_prompt_show": "Hierarchy as orthogonality"}
def geometry(seed):
    """Mean cosine of child − parent with parent, and mean size of it, for each property and letter; true and permuted."""
    split, generator = splits[seed], drawn(seed)
    sets = torch.cat([holds, one_hot(letters)[:, common] > 0], dim=1)
    shuffled = sets[torch.randperm(len(sets), generator=generator)]
    out = []
    for labels in (sets, shuffled):
        cosines = []
        for column in labels.T:
            members = split.train[column[split.train]]
            members = members[torch.randperm(len(members), generator=generator)[:n_members]]
            parent = category_vector(white[members])
            cosines.append(hierarchy_cosine(white[split.held_out[column[split.held_out]]], parent))
        out.append([[float(c.mean()), float(c.abs().mean())] for c in cosines])
    return out


white = whitened(x)
angles = np.array(in_parallel(geometry, SEEDS, device))  # [seed true/permuted property signed/size]
signed, departure = angles[..., 0], angles[:, 0, :, 1].mean(0)
rates = np.concatenate([real["full"].mean(0), spelling["full"].mean(0)])
other = np.array([*is_judged, *[False] * len(common)])
with_letters = np.array([*is_judged, *[True] * len(common)])

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Figure: geometry"}
fig, (left, right) = theme.figure(height=4.0, ncols=2)
for which, role, label in ((0, "parent", "true children"), (1, "reference", "permuted labels")):
    values = signed[:, which, :n]
    left.hlines(range(n), values.min(0), values.max(0), color=theme.COLORS[role], lw=1)
    left.plot(values.mean(0), range(n), "so"[which], ms=4, color=theme.COLORS[role], label=label)
left.axvline(0, color="#999999", lw=0.8)
cosine_of = signed[:, :, :n].mean((0, 2))
left.set_yticks(range(n), names)
left.invert_yaxis()
left.grid(axis="x")
left.set(
    title=f"True children {cosine_of[0]:.2f}, permuted {cosine_of[1]:.2f}",
    xlabel="mean cosine of child − parent with parent",
)
left.locator_params(axis="x", nbins=4)
order = spearmanr(departure[:n][is_judged], rates[:n][is_judged]).statistic if is_judged.sum() > 2 else np.nan
right.plot(departure[n:], 100 * rates[n:], "o", ms=3, color=theme.COLORS["light"], label="first letters")
right.plot(
    departure[:n][is_judged], 100 * rates[:n][is_judged], "s", ms=4.5, color=theme.COLORS["child"], label="other properties"
)  # fmt: skip
for j in at:
    if rates[j] > 0.02:
        below = -10 if names[j] in ("capitalised", "noun") else 3
        point = (departure[j], 100 * rates[j])
        right.annotate(names[j], point, xytext=(4, below), textcoords="offset points", fontsize=8)
right.set(
    title=f"Rank correlation {order:.2f}" if np.isfinite(order) else "Too few properties to rank",
    xlabel="mean size of that cosine, true children",
    ylabel="absorbed in full (% of words)",
)
right.grid()
handles = [part.get_legend_handles_labels() for part in (left, right)]
fig.legend(*map(sum, zip(*handles, strict=True), ([], [])), loc="outside lower center", ncols=4, fontsize=8)
present(
    "geometry",
    fig,
    alt="Left: cosine of child minus parent with parent for each property, near zero for true labels and clearly negative for permuted ones. Right: absorption against the size of the cosine, for properties and letters.",
)


# %% tags=["nbval-check-output", "hide-cell"]
def of_kind(name, values, kind, note="", possible=(0, 1)):
    """Mean over the judged properties of a kind, one number a seed."""
    columns = [j for j in at if kind_of[names[j]] == kind]
    if not columns:
        return Evidence.not_available(name, f"no property of the kind {kind} may be judged")
    return Evidence.of_samples(name, values[:, columns].mean(1), possible=possible, note=note)


def ranks(name, chosen, note):
    """Rank correlation over properties of the cosine's size with the full rate."""
    try:
        found = rank_correlation_interval(departure[chosen], rates[chosen])
    except ValueError as error:
        return Evidence.not_available(name, str(error).rstrip("."))
    return Evidence(name, *found, n=int(chosen.sum()), of=note)


def how_frequent():
    """By how many powers of ten absorbed words are more frequent than judged ones, one number a seed."""
    found = []
    for run in runs:
        of_run = []
        for row, name in zip(run["real"], names, strict=True):
            if kind_of[name] == "part of speech" and bool(row["absorbed"].absorbed.any()):
                p = frequencies[row["words"]].log10()
                of_run.append(float(p[row["absorbed"].absorbed].median() - p.median()))
        found += [np.mean(of_run)] if of_run else []
    if len(found) < 2:
        return Evidence.not_available("frequency", f"{len(found)} seeds have absorbed words, two are needed")
    return Evidence.of_samples("frequency", found, unit="log10", note="medians; parts of speech")


def mean_of(name, values, possible=(0, 1), note=""):
    return Evidence.of_samples(name, values, possible=possible, note=note)


def worse(key, pick):
    """Of each seed the worse of the SAE trained on words and the one trained on text."""
    return [pick(run[key], in_text[key]) for run, in_text in zip(runs, text_runs, strict=True)]


def of_controls(which, key):
    return gathered(which, key)[:, is_judged]


j_country, j_capitals = names.index("country"), names.index("capitalised")
speech_in_text = [text_names.index(m) for m in ("noun", "verb", "adjective", "adverb")]
nearer = np.abs(signed[:, 1, :n]) - np.abs(signed[:, 0, :n])
main_f1 = np.minimum(real["main_f1"][:, is_judged].mean(1), text_real["main_f1"][:, text_judged].mean(1))
wrong = np.maximum(of_controls("oracle", "full"), of_controls("oracle", "fraction"))
evidence = [
    of_kind("speech", real["full"], "part of speech", "mean over judged properties"),
    of_kind("speech_fraction", real["fraction"], "part of speech"),
    of_kind("speech_beyond", real["fraction"] - by_chance["fraction"], "part of speech", possible=(-1, 1)),
    of_kind("speech_strict", real["strict"], "part of speech"),
    of_kind("speech_full_beyond", real["full"] - by_chance["full"], "part of speech", possible=(-1, 1)),
    of_kind("surface", real["full"], "surface"),
    of_kind("surface_fraction", real["fraction"], "surface"),
    of_kind("meaning", real["full"], "meaning"),
    of_kind("meaning_fraction", real["fraction"], "meaning"),
    mean_of("permuted_strict", by_chance["strict"][:, is_judged].mean(1)),
    mean_of("permuted_full", by_chance["full"][:, is_judged].mean(1)),
    mean_of("permuted_fraction", by_chance["fraction"][:, is_judged].mean(1)),
    mean_of("permuted_judged", permuted_judged.mean(1), note="share of properties that may be judged"),
    mean_of("speech_in_text", text_real["full"][:, speech_in_text].mean(1)),
    mean_of("capitalised", real["full"][:, j_capitals]),
    mean_of("country_in_text", text_real["full"][:, text_names.index("country")], note=f"{n_names} names"),
    mean_of("lowest", real["full"][:, is_judged].min(1)),
    how_frequent(),
    mean_of("spelling", spelling["full"].mean(1), note=f"{len(common)} letters"),
    mean_of("spelling_fraction", spelling["fraction"].mean(1)),
    mean_of("orthogonal", nearer[:, is_judged].mean(1), (-1, 1)),
    ranks("rank", other, "properties"),
    ranks("rank_all", with_letters, "properties and letters"),
    mean_of("oracle", wrong.max(1), note="the property with the most"),
    mean_of("untrained_gain", (gathered("untrained", "main_f1") - always)[:, is_judged].mean(1), (-1, 1)),
    mean_of("untrained_full", of_controls("untrained", "full").mean(1)),
    mean_of("explained_judged", worse("learned", min), (-np.inf, 1)),
    mean_of("dead", worse("dead", max)),
    mean_of("main_f1", main_f1),
    mean_of("explained", worse("explained", min), (-np.inf, 1)),
]
by_name = {one.name: one for one in evidence}
gates = [p for p in CLAIM.predicates if p.role == "gate"]
seen = "The absorbed fraction of parts of speech is {speech_fraction:.1%} on average, with permuted labels {permuted_fraction:.2%}"
failed = [p.name for p in gates if judge(p, by_name[p.evidence]) is not Outcome.HOLDS]
at_most_dead = next(p.below for p in gates if p.name == "alive")
why_not = {
    "explains": "these SAEs explain only {explained_judged:.0%} of the variance of the words they are judged on",
    "alive": f"{{dead:.0%}} of these SAEs' latents never fire, where {at_most_dead:.0%} may",
    "stands_for": "these SAEs' main latents reach an F1 of only {main_f1:.2f}",
}
said = f"{seen}; but {why_not[failed[0]]}." if failed else f"{seen}."
record = conclude(
    CLAIM,
    evidence,
    found=said,
    headline="speech_beyond",
    seeds=SEEDS,
    parameters=dict(
        model_name=model_name, revision=revision, layer=layer, words_per_letter=words_per_letter, d_sae=d_sae, k=k,
        samples=samples, batch_size=batch_size, lr=lr, n_text_tokens=n_text_tokens, context_length=context_length,
        min_probe_f1=min_probe_f1, min_above_always=min_above_always, min_words=min_words, k_max=k_max, n_members=n_members,
    ),
    profile=profile,
    device=device,
)  # fmt: skip
print(record)

# %% tags=["remove-cell"]
glue_record(record)


def rate_of(name):
    return float(real["full"][:, names.index(name)].mean())


narrow_ones = [j for j in at if kind_of[names[j]] == "meaning" or names[j].startswith("-")]
base = dict(zip(names, holds.float().mean(0).tolist(), strict=True))
if record["frequency"].value is not None:
    for suffix, value in zip(("", "_low", "_high"), (record["frequency"].value, *record["frequency"].interval), strict=True):  # fmt: skip
        glue(f"frequency_ratio{suffix}", 10**value, display=False)
for name, value in (
    ("layer", layer),
    ("n_words", len(words)),
    ("n_windows", len(found.contexts)),
    ("n_places", len(types)),
    ("n_names", n_names),
    ("narrow_silent", float(real["silent"][:, narrow_ones].mean())),
    (
        "language_f1",
        float(f1s[:, names.index("language")].mean()) if "language" in names else "not available",
    ),
    ("country_precision", float(real["precision"][:, j_country].mean())),
    ("country_f1", float(real["main_f1"][:, j_country].mean())),
    ("always_noun", float(always[names.index("noun")])),
    ("cosine_true", float(signed[:, 0, :n].mean())),
    ("cosine_permuted", float(signed[:, 1, :n].mean())),
    ("adverb_share", base["adverb"]),
    ("plural_share", base["plural"]),
    ("adverb_rate", rate_of("adverb")),
    ("plural_rate", rate_of("plural")),
    ("d_model", x.shape[1]),
    ("n_judged", int(is_judged.sum())),
    ("n_properties", n),
    ("n_letters", len(common)),
    ("n_seeds", n_seeds),
    ("d_sae", d_sae),
    ("k", k),
):
    glue(name, value, display=False)

# %% [markdown]
# ## What this does not show
#
# - **That parts of speech are absorbed more than anything else would be.** Permuted labels are a weak null, since no good probe exists
#   for them. A direction that nobody named, which the latents serve as well, might be "absorbed" as often; that null is not here yet.
# - **That the model uses what is absorbed.** Nothing is ablated here: both metrics are about what latents carry, and the
#   [page on absorbing latents](11_absorbing_latents.ipynb) shows how far they agree with a causal one, for spelling.
# - **That the labels are right in context.** The lexicon gives a word's most frequent part of speech, *Georgia* is also a state, and
#   *Soviet Union* is not on today's list of countries.
# - **What rarer meanings do.** Countries and number words are few, and a handful of them is held out in each split, so that one word
#   more or less moves their rates; *language* is hardly told by its probe (F1 {glue:text}`language_f1:.2f`).
# - **That endings and meanings are safe.** Their latents fire where they should; in an SAE with more latents they could split and be
#   absorbed. What separates the absorbed properties from the others is not settled by {glue:text}`n_judged` of them.
#
# ## Details
#
# **Hierarchy as orthogonality.** If every noun is as much of a noun as any other, then what tells one from the next is orthogonal to
# *noun*: in coordinates in which the words' covariance is the identity,
# $(\ell_{child} - \ell_{parent}) \cdot \ell_{parent} = 0$ {cite}`park2024hierarchy`. The vector of each property, and of each letter,
# is estimated from training words as there; its children are the held-out words that have the property.
#
# ```{picture} geometry
# For true children the cosine is {glue:text}`cosine_true:.3f` on average, for permuted ones {glue:text}`cosine_permuted:.3f`. Over the
# {glue:text}`n_judged` properties judged, the rank correlation of the cosine's size with absorption is {glue:text}`rank:.2f`
# ({glue:text}`rank_low:.2f` to {glue:text}`rank_high:.2f`).
# ```
#
# Both cosines are small, as anything is in {glue:text}`d_model` dimensions, but apart: orthogonality tells a property from a random set
# of words. It does not order absorption. With {glue:text}`n_letters` letters beside the properties the rank correlation is
# {glue:text}`rank_all:.2f` ({glue:text}`rank_all_low:.2f` to {glue:text}`rank_all_high:.2f`). These are few points, and not
# independent: a noun can be plural and capitalised.
#
# **What was chosen when.** The bound of 1%, that of the page on [absorbing latents](11_absorbing_latents.ipynb), was set before any
# result. After a look at one SAE three things changed: which kinds are essential (all three had been; the source's sentence asks for
# one), the fraction joined the full metric, and a probe has to beat "always yes", because *noun* holds for over half of all words.
# After the first full run the full metric with the fraction's bound on the cosine was added as a number. The gates came last. That
# *every* property be absorbed is not asked any more, since the source says only that it could be.
#
# **All properties** (means over seeds; *silent*: how often all main latents are, on held-out words whose property the probe finds):

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Table: all properties"}
table = pd.DataFrame(
    {
        "words": holds.sum(0).tolist(),
        "probe F1": f1s.mean(0).round(2),
        "main F1": real["main_f1"].mean(0).round(2),
        "silent, %": (100 * real["silent"].mean(0)).round(1),
        "full, %": (100 * real["full"].mean(0)).round(1),
        "fraction, %": (100 * real["fraction"].mean(0)).round(1),
        "judged": np.where(is_judged, "yes", "no"),
    },
    index=pd.Index(names, name="property"),
)
display(table)
