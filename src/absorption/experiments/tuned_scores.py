"""What tuning left, number by number: scores of settings on a seed and a split that had no say in their choice."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from absorption.experiments.tuning import Tuned

Range = tuple[float, float]
Scores = dict[Range, dict[str, Float[np.ndarray, " seed"]]]
RATE, DIFFERENCE, EXPLAINED = (0.0, 1.0), (-1.0, 1.0), (-np.inf, 1.0)


def example() -> Tuned:
    """For examples and tests: two settings, of which the second one absorbs less; three seeds, two splits, four letters.

    >>> example().favourite
    1
    """
    full = np.full((2, 3, 2, 4), 0.3)
    full[1] = 0.2
    rates = {"full": full, "fraction": full, "silent": full, "f1": np.full_like(full, 0.8)}
    by = rates | {f"{of}.{name}": values for of in ("matched", "above") for name, values in rates.items()}
    learned = np.ones((2, 3))
    return Tuned(((64, 4), (64, 8)), by, explained=learned, dead=0 * learned)


def gain(tuned: Tuned) -> Float[np.ndarray, " seed"]:
    """How much less full absorption each letter has at a setting chosen for it than at the one chosen for all.

    >>> gain(example()).tolist()
    [0.0, 0.0, 0.0]
    """
    return tuned.at_common("full") - tuned.at_own("full")


def elsewhere(tuned: Tuned, wide: Tuned, strict: Tuned) -> Scores:
    """By the range of the numbers and their name: full absorption at the setting chosen for all (`full_tuned`), also among `wide` SAEs and
    where `strict` asks more of the best latents, and for each letter (`full_each`); how far the two settings are apart that differ most in
    width or in k alone; and the gain of a setting for each letter, over one for all (`gain`, `gain_wide`) and over those of other letters.

    `gain_one_rule`: the same where a letter may choose whatever may be chosen for all.

    >>> {name: values.round(2).tolist() for name, values in elsewhere(example(), example(), example())[RATE].items()}["full_tuned"]
    [0.2, 0.2, 0.2]
    """
    return {
        RATE: {
            "full_tuned": tuned.at_common("full"),
            "full_tuned_wide": wide.at_common("full"),
            "full_each": tuned.at_own("full"),
            "full_strict": strict.at_common("full"),
        },
        DIFFERENCE: {
            "full_between_widths": tuned.between("by_width"),
            "full_between_ks": tuned.between("by_k"),
            "gain": gain(tuned),
            "gain_wide": gain(wide),
            "gain_over_others": tuned.at_others("full") - tuned.at_own("full"),
            "gain_one_rule": gain(tuned.by_one_rule()),
        },
    }


def at_chosen(tuned: Tuned, usual: int) -> Scores:
    """By the range of the numbers and their name: what else the chosen setting has, its half-spaces, and what it lost against the usual one.

    >>> {name: values.round(2).tolist() for name, values in at_chosen(example(), usual=0)[DIFFERENCE].items()}
    {'f1_lost': [0.0, 0.0, 0.0], 'explained_lost': [0.0, 0.0, 0.0]}

    Args:
        tuned: The settings.
        usual: The number of the usual one.
    """
    rates = {"null_tuned": "matched.full", "fraction_tuned": "fraction", "null_fraction_tuned": "matched.fraction"}  # fmt: skip
    rates |= {"silent_tuned": "silent", "f1_tuned": "f1"}
    explained = tuned.learned_at_common("explained")
    return {
        RATE: {name: tuned.at_common(of) for name, of in rates.items()}
        | {"full_usual": tuned.of_seeds("full")[usual], "dead": tuned.learned_at_common("dead")},
        DIFFERENCE: {
            "f1_lost": tuned.of_seeds("f1")[usual] - tuned.at_common("f1"),
            "explained_lost": tuned.explained[usual] - explained,
        },
        EXPLAINED: {"explained": explained},
    }


def by_gate(tuned: Tuned, gates: Sequence[float]) -> dict[float, Float[np.ndarray, "two seed"]]:
    """Of each F1 that is asked of the letters' best latents, one rule for all and for each: what the two settings leave in full.

    A gate that no setting passes is left out, since nothing may be chosen there.

    >>> {gate: values.round(2).tolist() for gate, values in by_gate(example(), (0.4, 0.9)).items()}
    {0.4: [[0.2, 0.2, 0.2], [0.2, 0.2, 0.2]]}
    """
    passed = {
        gate: tuned.asking(gate).by_one_rule() for gate in gates if tuned.of_seeds("f1").mean(1).max() > gate
    }
    return {gate: np.stack([one.at_common("full"), one.at_own("full")]) for gate, one in passed.items()}
