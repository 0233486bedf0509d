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
# # Can latents turn and keep their zones?
#
# :::{claim}
# :::
#
# ```{picture} headline
# :alt: Left, the share of inputs that change zone, rising with the angle by which encoders or decoders are turned. Right, how many degrees of a turn are left after training on, for encoders and decoders, in noisy and in still worlds.
# A {term}`latent`'s *zone* is the set of inputs on which it fires. Left: inputs that change zone when both encoders, or both decoders, are turned in random
# directions; means over noisy worlds, with 95% intervals; dotted: 5%. Right: latents turned by {glue:text}`angle:.0f`° are trained on; how far they then are from latents that were not
# turned. In *noisy* worlds every dimension varies a little, in *still* ones only the features do.
# ```
#
# ```{predicates}
# ```
#
# ## The idea
#
# Two features, *starts with S* and *short*, cut all inputs into four: neither, one, the other, both. An {term}`SAE` with a latent for each has *zones*: the
# inputs on which each latent fires. A latent has two vectors. The **encoder** says where its zone begins, the **decoder** says what
# it writes. The source looked at two latents in a picture, saw that they were "almost completely orthogonal to the actual embeddings"
# {cite}`amagibaba2025splitting`, and concluded that they could be turned any which way as long as the zones are kept: SAEs' solutions are not constrained enough, hence their instability.
#
# There are two questions in this. *Can* a latent turn and keep its zone? An encoder can, as long as some plane across its new direction still cuts off the same inputs.
# A turned decoder leaves its zone alone, and asks whether an encoder that is fitted to it anew fires on the same inputs. And does *training* mind? If it does not, turned latents stay
# where they are, and two starts end in different places. If it does, they come back.
#
# One part needs no experiment. Where one latent fires alone and its decoder is off by an angle $\theta$, at least $\sin^2\theta$ of what it stands for is
# lost, whatever the encoder does: half, at 45°. So no SAE can be turned far and reconstruct as well; the question is about zones, and about what training does.

# %% tags=["hide-input"] mystnb={"code_prompt_show": "Imports"}
from dataclasses import replace

import numpy as np
import torch
from myst_nb import glue

from absorption.claims import Claim, Evidence, Finding, Predicate, Quotation, conclude
from absorption.experiments.turning import (
    angles,
    any_which_way,
    beside_truth,
    changed,
    joined,
    scattered,
    trained_on,
    with_biases_for,
)
from absorption.figures import theme
from absorption.figures.forms import curves, dots
from absorption.figures.present import present
from absorption.figures.series import Series
from absorption.publish.notebook import glue_record
from absorption.runtime.paths import pick_device

theme.use()

# %% tags=["parameters", "hide-input"] mystnb={"code_prompt_show": "Parameters"}
first_seed = 12200  # of worlds; pilots used 2200 to 2299
n_worlds = 40  # noisy ones, and as many still ones
d_in = 16  # dimensions of the activations
n_inputs = 200  # for training, and as many on which zones are compared
noise = (0.02, 0.06)  # range of its standard deviation, where every dimension varies
start_noise = 1.0  # length of the random direction that is added to each true one before training
sparsity = 0.3  # λ of the L1 penalty
angle = 45  # degrees by which latents are turned
shown = (22.5, 45, 67.5, 90)  # of the curves
steps = 2000  # optimiser steps
refit_steps = 1000  # the same for an encoder that is fitted to turned decoders
lr = 0.02  # peak learning rate (Adam)
profile = "laptop"
device = "auto"

# %% tags=["claim", "hide-input"] mystnb={"code_prompt_show": "The claim, its predicates and their bounds"}
ZONES = "one input in twenty in another zone is the least that a user of a latent would have to know about; at 45° half of a row's squared length points elsewhere, and two latents count as different ones (cosine 0.7)"
STAYS = "half of the turn: beyond it a latent is nearer to where it was turned to than to where it was"
CLAIM = Claim(
    id="22_rotations",
    title="Can latents turn and keep their zones?",
    sentence="As long as their zones are kept, the vectors of an SAE's latents could be rotated any which way: its solutions are not sufficiently constrained.",
    quotations=(
        Quotation("the solutions provided by SAEs are not sufficiently constrained (which leads to problems like instability / lack of universality of SAE features)", "amagibaba2025splitting", "TLDR"),
        Quotation("The SAE feature vectors themselves do not have to be aligned with the data points that hypothetically encode only that feature; they could be rotated any which way.", "amagibaba2025splitting", "TLDR"),
    ),
    predicates=(
        Predicate("encoders", "encoders turned by 45° in random directions, with biases fitted anew, change the zone of less than 5% of the inputs (noisy worlds)", evidence="encoders_change", below=0.05, because=ZONES, essential=True),
        Predicate("decoders", "so do decoders turned by 45° in random directions, with the encoder fitted anew", evidence="decoders_change", below=0.05, because=ZONES, essential=True),
        Predicate("encoders_stay", "trained on, encoders that were turned by 45° are still 22.5° from those that were not (noisy worlds)", evidence="encoders_stay", above=22.5, because=STAYS),
        Predicate("decoders_stay", "so are decoders that were turned by 45°", evidence="decoders_stay", above=22.5, because=STAYS),
        Predicate("encoders_stay_still", "so are encoders where nothing but the features varies (still worlds)", evidence="encoders_stay_still", above=22.5, because=STAYS),
        Predicate("starts", "decoders of SAEs from two starts with the same zones are more than 45° apart (noisy worlds)", evidence="starts_decoders", above=45, because="where latents of two runs count as different ones (cosine 0.7)"),
        Predicate("explain", "the SAEs leave less than a quarter of the variance unexplained, before anything is turned (the worse kind of world)", evidence="unexplained_worst", below=0.25, because="an SAE that leaves a quarter has lost half a feature", role="gate"),
        Predicate("zones", "and fire where their features are: on less than 5% of the inputs a zone is not the feature's (the worse kind of world)", evidence="wrong_worst", below=0.05, because="the same twentieth as above", role="gate"),
        Predicate("same_zones", "two starts have the same zones, but for less than 5% of the inputs (noisy worlds)", evidence="starts_change", below=0.05, because="only then do their directions bear on the claim", role="match"),
        Predicate("swapped", "encoders that are exchanged change the zone of more than a fifth of the inputs", evidence="swapped_change", above=0.2, because="by the drawn rates one feature alone is there on at least about a third: the measure must see that", role="control"),
        Predicate("untouched", "an encoder fitted anew to decoders that were not turned changes less than 1%", evidence="untouched_change", below=0.01, because="or fitting anew would change zones by itself", role="null"),
    ),
    findings=(
        Finding("inputs that change zone if encoders are turned by 45° and biases are kept", "encoders_change_biases"),
        Finding("the same for 90° and biases fitted anew", "encoders_change_90"),
        Finding("the same for decoders turned by 90°, and the encoder fitted anew", "decoders_change_90"),
        Finding("variance left unexplained before turning, noisy worlds", "unexplained"),
        Finding("the same with decoders turned by 45° and the encoder fitted anew", "unexplained_turned"),
        Finding("angle between encoders of two starts, noisy worlds", "starts_encoders"),
        Finding("the same in still worlds", "starts_encoders_still"),
        Finding("how far decoders that were turned stay away in still worlds", "decoders_stay_still"),
        Finding("how much of this is left of the encoders' turn after twice the steps, noisy worlds", "encoders_stay_longer"),
        Finding("the same in still worlds", "encoders_stay_still_longer"),
        Finding("angle between a decoder and the inputs on which it fires, nothing turned", "angle_to_inputs"),
    ),
)  # fmt: skip
SEEDS = range(first_seed, first_seed + n_worlds)

# %% [markdown]
# ## The world
#
# Two features in {glue:text}`d_in:d` dimensions, with directions, rates and a constant offset drawn anew for each of {glue:text}`n_worlds:d` worlds. They are present
# independently of each other, each with a strength that varies. *Noisy* worlds have noise in every dimension, {glue:text}`noise_low:.2f` to {glue:text}`noise_high:.2f` of a feature's
# length; *still* ones are the same without noise. Zones are compared on {glue:text}`n_inputs:d` inputs that training has not seen.

# %%
noisy = scattered(SEEDS, d_in, noise, n_inputs)
still = scattered(SEEDS, d_in, (0.0, 0.0), n_inputs)
device = pick_device(device)
x, judged = torch.cat([noisy.x, still.x]), torch.cat([noisy.judged, still.judged])
n = len(x)  # worlds of both kinds

# %% [markdown]
# ## The experiment
#
# SAEs with two latents and an L1 penalty ($\lambda$ = {glue:text}`sparsity`) start beside the truth, a random direction as long as the true one added to each row, from two draws. The
# question is what can turn, not whether two latents are found. Then both latents are turned by {glue:text}`angle:.0f`°, each in a random direction of the whole space:
#
# - *encoders*, with their biases fitted anew so that the zones are kept as well as they can be;
# - *decoders*, with the whole encoder trained anew while the decoder is held.
#
# Either SAE is then **trained on** with everything free, beside one that was not turned.

# %%
how = dict(sparsity=sparsity, lr=lr, device=device)
starts = [
    joined([beside_truth(kind, start_noise, seed) for kind in (noisy, still)])
    for seed in (first_seed, first_seed + 1)
]
both = trained_on(joined(starts), x.repeat(2, 1, 1), steps=steps, **how)
sae, other = both.some(slice(n)), both.some(slice(n, None))
draws = [*SEEDS, *SEEDS]
zones, seen_zones = sae.fires(judged), sae.fires(x)


def encoders_turned(degrees):
    moved = replace(sae, encoder=any_which_way(sae.encoder, degrees, draws))
    return moved, with_biases_for(moved, x, seen_zones)


degrees = sorted({0, angle, *shown})
turned_decoders = [replace(sae, decoder=any_which_way(sae.decoder, a, draws)) for a in degrees]
several = len(degrees)
refitted = trained_on(joined(turned_decoders), x.repeat(several, 1, 1), frozen=True, steps=refit_steps, **how)
refitted = {a: refitted.some(slice(i * n, (i + 1) * n)) for i, a in enumerate(degrees)}
turned_encoders = {a: encoders_turned(a) for a in degrees}

# %%
from_here = joined([sae, turned_encoders[angle][1], refitted[angle]])
after = trained_on(from_here, x.repeat(3, 1, 1), steps=steps, **how)
control, encoders_on, decoders_on = (after.some(slice(i * n, (i + 1) * n)) for i in range(3))
longer = trained_on(from_here.some(slice(2 * n)), x.repeat(2, 1, 1), steps=2 * steps, **how)
control_longer, encoders_longer = longer.some(slice(n)), longer.some(slice(n, None))

# %% tags=["hide-input"] mystnb={"code_prompt_show": "What is read off, and the figure at the top"}
NOISY, STILL = slice(n_worlds), slice(n_worlds, None)


def array(values):
    return values.double().numpy()


def moved_zones(weights):
    return array(changed(zones, weights.fires(judged)))


change = {
    "encoders, biases kept": {a: moved_zones(turned_encoders[a][0]) for a in degrees},
    "encoders, biases fitted anew": {a: moved_zones(turned_encoders[a][1]) for a in degrees},
    "decoders, encoder fitted anew": {a: moved_zones(refitted[a]) for a in degrees},
}
stay = {
    "encoders": array(angles(encoders_on.encoder, control.encoder)),
    "decoders": array(angles(decoders_on.decoder, control.decoder)),
}
stay_longer = array(angles(encoders_longer.encoder, control_longer.encoder))
apart = {
    "encoders": array(angles(sae.encoder, other.encoder)),
    "decoders": array(angles(sae.decoder, other.decoder)),
}


def spread_of(rows, possible):
    each = [Evidence.of_samples("any", row, of="worlds", possible=possible) for row in rows]
    return tuple(np.array([getattr(one, end) for one in each]) for end in ("value", "low", "high"))


fig, (left, right) = theme.figure(height=3.3, ncols=2)
looks = zip(change.items(), (("light", "o"), ("parent", "s"), ("child", "^")), strict=True)
lines = [
    Series(name, color, *spread_of([by[a][NOISY] for a in degrees], (0, 1)), marker=marker)
    for (name, by), (color, marker) in looks
]
curves(left, np.array(degrees), lines, "turned by (degrees)", "inputs in another zone")
left.axhline(0.05, ls=":", color=theme.COLORS["reference"])
left.set(title="How far zones are kept", xticks=degrees)
left.legend(fontsize=8)
kinds = (("noisy", NOISY, "accent", "o"), ("still", STILL, "reference", "s"))
marks = [
    Series(name, color, *spread_of([stay[w][kind] for w in stay], (0, 180)), marker=marker)
    for name, kind, color, marker in kinds
]
dots(right, list(stay), marks, "degrees away after training on", reference=0)
right.set(title="What training does with a turn", xlim=(-2, 60))
right.axvline(angle, ls=":", color=theme.COLORS["reference"])
right.legend(loc="lower right")
present("headline", fig, alt="Changed zones against the angle of turning, and what is left of a turn after training on.")  # fmt: skip

# %% [markdown]
# ## What was found
#
# **Zones can be kept.** With both encoders turned by {glue:text}`angle:.0f`° and their biases fitted anew, {glue:text}`encoders_change:.1%` of the inputs lie in another zone
# ({glue:text}`encoders_change_low:.1%` to {glue:text}`encoders_change_high:.1%`); if the biases are kept, {glue:text}`encoders_change_biases:.1%`. With both decoders turned and the encoder trained anew it
# is {glue:text}`decoders_change:.1%` ({glue:text}`decoders_change_low:.1%` to {glue:text}`decoders_change_high:.1%`). A random direction in {glue:text}`d_in:d` dimensions hardly lies along the other feature,
# so a turned latent goes on telling the two apart. Not every turn will do: at 90° it is {glue:text}`encoders_change_90:.0%` and {glue:text}`decoders_change_90:.0%`.
#
# **Decoders are held by what they have to write.** Turned and with its encoder fitted anew, an SAE leaves {glue:text}`unexplained_turned:.0%` of the variance unexplained instead of
# {glue:text}`unexplained:.0%`: the $\sin^2\theta$ from above. Trained on, its decoders are {glue:text}`decoders_stay:.1f`° from those that were not turned (still worlds: {glue:text}`decoders_stay_still:.1f`°). From two starts
# they end {glue:text}`starts_decoders:.1f`° apart.
#
# **Encoders are held by noise alone.** Where every dimension varies, they end {glue:text}`encoders_stay:.1f`° from those that were not turned, and after twice the steps {glue:text}`encoders_stay_longer:.1f`°: what an encoder reads
# beside its feature is noise, which costs reconstruction. Where nothing but the features varies, it costs nothing: {glue:text}`encoders_stay_still:.1f`° are left
# ({glue:text}`encoders_stay_still_longer:.1f`° after twice the steps), and encoders from two starts are {glue:text}`starts_encoders_still:.0f`° apart, with the same zones (noisy worlds: {glue:text}`starts_encoders:.1f`°).
#
# **A picture of latents that are nearly orthogonal to the embeddings** shows none of this. In these SAEs, which are right, a decoder is {glue:text}`angle_to_inputs:.0f`° from the inputs on
# which it fires, because all inputs share an offset, and one may carry the other feature too.
#
# ## The null and the controls
#
# An encoder that is fitted anew to decoders that were not turned changes {glue:text}`untouched_change:.1%` of the zones. Exchanged encoders change {glue:text}`swapped_change:.0%`. Before anything is turned, zones are the
# features' own but for {glue:text}`wrong_worst:.1%` of the inputs. What is left of a turn is measured from SAEs that were not turned and trained on for as long.
#
# ## What this does not show
#
# - **Instability at scale.** Language models have many more latents than two, and many spare ones. Two runs can then find different features; that is another freedom than turning.
# - **Other angles.** 45° is where two runs' latents count as different {cite}`paulo2025different`. Beyond it zones are lost quickly (left panel), and fewer dimensions leave less room.
# - **Turning on purpose.** Directions are random. One can choose a plane of turning in which no feature lies; there encoders could turn further.
# - **How fast.** Encoders come back as slowly as noise is small. An SAE that is trained briefly, on data with directions that hardly vary, keeps what its start put there.
# - **The two latents of the source**, 6510 and 1085, need a model that {doc}`cannot be reached here <15_gemma_scope>`.

# %% tags=["nbval-check-output", "hide-cell"]
SHARE, DEGREES = (0, 1), (0, 180)


def over(name, values, kind=NOISY, possible=SHARE, unit="", note=""):
    return Evidence.of_samples(name, values[kind], of="worlds", possible=possible, unit=unit, note=note)


def away(name, values, kind=NOISY):
    return over(name, values, kind, DEGREES, "degrees")


def of_worse(name, values, possible=SHARE):
    kind = max((NOISY, STILL), key=lambda kind: values[kind].mean())
    return over(name, values, kind, possible, note="noisy" if kind is NOISY else "still")


present_ = torch.cat([noisy.present, still.present])
swapped = replace(sae, encoder=sae.encoder.flip(1), b_enc=sae.b_enc.flip(1))
directions = torch.nn.functional.normalize(judged, dim=-1) @ sae.decoder.mT
to_inputs = torch.rad2deg(torch.acos(directions.clamp(-1, 1)))
to_inputs = array((to_inputs * zones).sum((1, 2)) / zones.sum((1, 2)).clamp_min(1))
unexplained = array(sae.unexplained(judged))
FIT = "encoders, biases fitted anew"
evidence = [
    over("encoders_change", change[FIT][angle]),
    over("decoders_change", change["decoders, encoder fitted anew"][angle]),
    away("encoders_stay", stay["encoders"]),
    away("decoders_stay", stay["decoders"]),
    away("encoders_stay_still", stay["encoders"], STILL),
    away("starts_decoders", apart["decoders"]),
    of_worse("unexplained_worst", unexplained, (0, np.inf)),
    of_worse("wrong_worst", array(changed(zones, present_))),
    over("starts_change", moved_zones(other)),
    over("swapped_change", moved_zones(swapped)),
    over("untouched_change", change["decoders, encoder fitted anew"][0]),
    over("encoders_change_biases", change["encoders, biases kept"][angle]),
    over("encoders_change_90", change[FIT][90]),
    over("decoders_change_90", change["decoders, encoder fitted anew"][90]),
    over("unexplained", unexplained, possible=(0, np.inf)),
    over("unexplained_turned", array(refitted[angle].unexplained(judged)), possible=(0, np.inf)),
    away("starts_encoders", apart["encoders"]),
    away("starts_encoders_still", apart["encoders"], STILL),
    away("decoders_stay_still", stay["decoders"], STILL),
    away("encoders_stay_longer", stay_longer),
    away("encoders_stay_still_longer", stay_longer, STILL),
    away("angle_to_inputs", to_inputs),
]
record = conclude(
    CLAIM,
    evidence,
    found=(
        "Turned by 45° in random directions, latents keep their zones on all but {encoders_change:.1%} (encoders) and {decoders_change:.1%} "
        "(decoders) of the inputs; trained on, decoders end {decoders_stay:.1f}° from those that were not turned."
    ),
    headline="decoders_stay",
    seeds=SEEDS,
    parameters=dict(
        first_seed=first_seed, n_worlds=n_worlds, d_in=d_in, n_inputs=n_inputs, noise=noise, start_noise=start_noise,
        sparsity=sparsity, angle=angle, shown=shown, steps=steps, refit_steps=refit_steps, lr=lr,
    ),
    profile=profile,
    device=device,
)  # fmt: skip
print(record)

# %% tags=["remove-cell"]
glue_record(record)
numbers = dict(
    n_worlds=n_worlds, d_in=d_in, n_inputs=n_inputs, noise_low=noise[0], noise_high=noise[1], sparsity=sparsity, angle=float(angle),
    sine=float(np.sin(np.deg2rad(angle)) ** 2),
    still_change=float(change[FIT][angle][STILL].mean()), still_change_decoders=float(change["decoders, encoder fitted anew"][angle][STILL].mean()),
)  # fmt: skip
for name, number in numbers.items():
    glue(name, number, display=False)
