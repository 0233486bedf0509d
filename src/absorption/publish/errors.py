"""What the person at the keyboard can mend."""

from collections.abc import Iterable


class MendableError(Exception):
    """Its message is one sentence that says what to do; the command line shows no traceback for it."""


class UnknownNameError(MendableError):
    """A notebook, profile or parameter that does not exist; the message lists those that do."""

    def __init__(self, kind: str, name: str, valid: Iterable[str]) -> None:
        """Say which `kind` of `name` is unknown and which are `valid`."""
        super().__init__(f"There is no {kind} {name!r}; choose from: {', '.join(valid) or '(none)'}.")


class WrongTypeError(MendableError):
    """A parameter given as another type than its default's."""

    def __init__(self, name: str, value: object, default: object) -> None:
        """Say what was given for `name` and what its `default` is."""
        super().__init__(
            f"Parameter {name} is {_a(default)} (its default is {default!r}), not {_a(value)} ({value!r})."
        )


def _a(value: object) -> str:
    kind = type(value).__name__
    inside = ""
    if isinstance(value, list | tuple | dict) and value:
        elements = value.values() if isinstance(value, dict) else value
        inside = " of " + " and ".join(sorted({type(element).__name__ for element in elements}))
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}{inside}"


class BusyError(MendableError):
    """Another run is publishing into the same folders."""


class BuildFailedError(MendableError):
    """The pages could not be built."""
