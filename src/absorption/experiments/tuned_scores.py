"""What tuning left, number by number: scores of settings on a seed and a split that had no say in their choice."""

from collections.abc import Mapping, Sequence

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
    by = (
        rates
        | {"left": np.ones_like(full)}
        | {f"{of}.{name}": values for of in ("matched", "above") for name, values in rates.items()}
    )
    learned = np.ones((2, 3))
    return Tuned(((64, 4), (64, 8)), by, explained=learned, dead=0 * learned)


def gain(tuned: Tuned) -> Float[np.ndarray, " seed"]:
    """How much less full absorption each letter has at a setting chosen for it than at the one chosen for all.

    One rule for both: a letter may choose whatever may be chosen for all, and takes another setting only where that had less.

    >>> gain(example()).tolist()
    [0.0, 0.0, 0.0]
    """
    return tuned.at_common("full") - tuned.at_own("full")


def least(tuned: Tuned) -> Float[np.ndarray, " seed"]:
    """Full absorption at the setting chosen for all or at each letter's own, seed by seed whichever leaves less.

    >>> least(example()).round(2).tolist()
    [0.2, 0.2, 0.2]
    """
    return np.minimum(tuned.at_common("full"), tuned.at_own("full"))


def elsewhere(tuned: Tuned, wide: Tuned, strict: Tuned) -> Scores:
    """By the range of the numbers and their name: full absorption at the setting chosen for all (`full_tuned`), at each letter's own
    (`full_each`), and the lesser of both (`full_least`); the same among `wide` SAEs; where `strict` asks more of the best latents; how far
    the two settings are apart that differ most in width or in k alone; the gain of a setting for each letter, over one for all (`gain`,
    `gain_wide`) and over those of other letters; and by how much letters have more than half-spaces, at the best setting, at the best wide
    one and at the worst.

    >>> {name: values.round(2).tolist() for name, values in elsewhere(example(), example(), example())[RATE].items()}["full_tuned"]
    [0.2, 0.2, 0.2]
    """
    return {
        RATE: {
            "full_tuned": tuned.at_common("full"),
            "full_each": tuned.at_own("full"),
            "full_least": least(tuned),
            "full_tuned_wide": wide.at_common("full"),
            "full_each_wide": wide.at_own("full"),
            "full_least_wide": least(wide),
            "full_strict": strict.at_common("full"),
        },
        DIFFERENCE: {
            "full_between_widths": tuned.between("by_width"),
            "full_between_ks": tuned.between("by_k"),
            "gain": gain(tuned),
            "gain_wide": gain(wide),
            "gain_over_others": tuned.at_others("full") - tuned.at_own("full"),
            "above_tuned": tuned.at_common("above.full"),
            "above_wide": wide.at_common("above.full"),
            "above_most": tuned.at_most("above.full"),
        },
    }


def at_chosen(tuned: Tuned, wide: Tuned, usual: int) -> Scores:
    """By the range of the numbers and their name: what else the chosen setting has, its half-spaces, and what it lost against the usual one;
    and what the gates ask for, of the setting chosen for all and of the `wide` one, whichever is worse (`f1_least`, `explained`, `dead`).

    >>> {name: values.round(2).tolist() for name, values in at_chosen(example(), example(), usual=0)[DIFFERENCE].items()}
    {'f1_lost': [0.0, 0.0, 0.0], 'explained_lost': [0.0, 0.0, 0.0]}

    Args:
        tuned: The settings.
        wide: Those of wide SAEs.
        usual: The number of the usual one.
    """
    rates = {"null_tuned": "matched.full", "fraction_tuned": "fraction", "null_fraction_tuned": "matched.fraction"}  # fmt: skip
    rates |= {"silent_tuned": "silent", "f1_tuned": "f1", "letters_left": "left"}
    explained, dead = (
        np.stack([one.learned_at_common(of) for one in (tuned, wide)]) for of in ("explained", "dead")
    )
    return {
        RATE: {name: tuned.at_common(of) for name, of in rates.items()}
        | {"full_usual": tuned.of_seeds("full")[usual], "null_wide": wide.at_common("matched.full")}
        | {"letters_left_wide": wide.at_common("left"), "dead": dead.max(0)}
        | {"silent_wide": wide.at_common("silent"), "null_silent_wide": wide.at_common("matched.silent")}
        | {"fraction_wide": wide.at_common("fraction")}
        | {"f1_least": np.minimum(tuned.at_common("f1"), wide.at_common("f1"))},
        DIFFERENCE: {
            "f1_lost": tuned.of_seeds("f1")[usual] - tuned.at_common("f1"),
            "explained_lost": tuned.explained[usual] - explained[0],
        },
        EXPLAINED: {"explained": explained.min(0)},
    }


def by_gate(tuned: Tuned, gates: Sequence[float]) -> dict[float, Float[np.ndarray, "two seed"]]:
    """Of each F1 that is asked of the letters' best latents: what one setting for all and a setting for each letter leave in full.

    A gate that no setting passes is left out, since nothing may be chosen there.

    >>> {gate: values.round(2).tolist() for gate, values in by_gate(example(), (0.4, 0.9)).items()}
    {0.4: [[0.2, 0.2, 0.2], [0.2, 0.2, 0.2]]}
    """
    passed = {gate: tuned.asking(gate) for gate in gates if tuned.of_seeds("f1").mean(1).max() > gate}
    return {gate: np.stack([one.at_common("full"), one.at_own("full")]) for gate, one in passed.items()}


def table(tuned: Tuned) -> dict[str, list[str]]:
    """Column by column, one cell a setting: means over seeds of letters and of their half-spaces (*alike*), what has been learned, how often
    the setting was chosen for all, and `no` where it may not be.

    >>> {name: cells for name, cells in table(example()).items() if name in ("full", "F1", "chosen", "learned")}
    {'full': ['30.0%', '20.0%'], 'F1': ['0.80', '0.80'], 'chosen': ['0', '6'], 'learned': ['yes', 'yes']}
    """
    rates = {"full": "full", "fraction": "fraction", "silent": "silent"}
    columns = {title: tuned.of_seeds(name) for title, name in _beside(rates).items()}
    cells = {title: [f"{row.mean():.1%}" for row in rows] for title, rows in columns.items()}
    f1 = {title: tuned.of_seeds(name) for title, name in _beside({"F1": "f1"}).items()}
    learned = f1 | {"explained": tuned.explained, "dead": tuned.dead}
    cells |= {title: [f"{row.mean():.2f}" for row in rows] for title, rows in learned.items()}
    picked = [choice.common for choice in tuned.choices.values()]
    cells["chosen"] = [str(picked.count(at)) for at in range(len(tuned.settings))]
    return cells | {"learned": ["yes" if passes else "no" for passes in tuned.passes]}


def _beside(names: Mapping[str, str]) -> dict[str, str]:
    """Each title with its name, then the same of matched half-spaces."""
    pairs = (((title, name), (f"{title}, alike", f"matched.{name}")) for title, name in names.items())
    return dict(each for pair in pairs for each in pair)
