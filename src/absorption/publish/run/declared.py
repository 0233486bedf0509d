"""What a notebook declares before it runs: its claim and its seeds, read without importing what it computes with."""

from absorption import claims
from absorption.claims import Claim
from absorption.publish.errors import MendableError
from absorption.publish.run.sources import Source


def declared(source: Source) -> tuple[Claim, tuple[int, ...]]:
    """`CLAIM` and `SEEDS` of the cell tagged `claim`, with the notebook's default parameters.

    The cell may use its parameters and what `absorption.claims` offers, and nothing else: a claim that can only be
    known after something was computed was not frozen before.

    Raises:
        MendableError: the cell is missing, uses something else, declares no `CLAIM` or `SEEDS`, breaks a rule for
            claims, or names another id than its file.
    """
    where = f"notebooks/{source.path.name}"
    names = {name: getattr(claims, name) for name in claims.__all__} | dict(source.defaults)
    try:
        exec(compile(source.tagged("claim"), where, "exec"), names)  # the repository's own source
        claim, seeds = names["CLAIM"], tuple(int(seed) for seed in names["SEEDS"])
    except (ValueError, TypeError) as error:
        raise MendableError(f"{where}: {error}") from error
    except NameError as error:
        raise MendableError(
            f"{where}: its claim cell may use only its parameters and absorption.claims ({error})."
        ) from error
    except KeyError as error:
        raise MendableError(f"{where}: its claim cell has to define {error.args[0]}.") from error
    if claim.id != source.id:
        raise MendableError(f"{where}: its claim calls itself {claim.id}; id= has to be the file's name.")
    return claim, seeds
