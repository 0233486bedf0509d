"""What a notebook glues: every number of its record under its own name, and what else its prose says."""

from typing import Any

from absorption.claims import Record

NOT_AVAILABLE = "not available"


def glue_record(record: Record) -> None:
    """Glue `verdict`, `verdict_<tier>`, and for each piece of evidence `name`, `name_low`, `name_high`.

    Spaces in a tier become underscores: `verdict_language_model`. With several tiers `verdict` names each. Evidence
    that is not available is glued as these words.
    """
    from myst_nb import glue

    for tier, verdict in record.verdicts.items():
        glue(f"verdict_{tier.replace(' ', '_')}", str(verdict), display=False)
    only = list(record.verdicts.values())
    glue("verdict", str(only[0]) if len(only) == 1 else "; ".join(record.verdict_lines()), display=False)
    for evidence in record.evidence:
        low, high = (NOT_AVAILABLE,) * 2 if evidence.value is None else evidence.interval
        value = NOT_AVAILABLE if evidence.value is None else evidence.value
        for ending, number in (("", value), ("_low", low), ("_high", high)):
            glue(evidence.name + ending, number, display=False)


def glue_values(**values: Any) -> None:
    """Glue each under its name, for the prose alone."""
    from myst_nb import glue

    for name, value in values.items():
        glue(name, value, display=False)


def glue_points(record: Record, *names: str) -> None:
    """Glue evidence that is a share in points, a hundred times as much: `name_points`, `name_low_points`, `name_high_points`.

    Raises:
        ValueError: the evidence is not available.
    """
    for name in names:
        one = record[name]
        if one.value is None:
            raise ValueError(f"{name} is not available, so it has no points.")
        low, high = one.interval
        for ending, number in (("", one.value), ("_low", low), ("_high", high)):
            glue_values(**{f"{name}{ending}_points": 100 * float(number)})
