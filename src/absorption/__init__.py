"""Feature absorption in sparse autoencoders: a library for reproducible claims."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from absorption.experiments.measure import Report, measure, measure_activations

__all__ = ["Report", "measure", "measure_activations"]


def __getattr__(name: str) -> Any:
    """What measures an SAE, loaded when it is first asked for."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # By its name and not by a statement: else every cached result would depend on all that measuring needs.
    from importlib import import_module

    return getattr(import_module(f"{__name__}.experiments.measure"), name)
