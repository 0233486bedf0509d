"""What a benchmark says: ours and a named peer, measured in one run, and the floor."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    ours: float
    """Our figure, in `unit`."""
    peer: float | None
    """The peer's figure in the same run and the same unit; None where there is no peer, only a bar."""
    ratio: float | None
    """How many times better ours is than the peer's (or than the bar)."""
    floor: float | None
    """What the operations that cannot be avoided take alone, in `unit`."""
    unit: str
    note: str = ""
    """Who the peer is, what the floor is."""
