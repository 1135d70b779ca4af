"""Decide whether a spoken sentence failed: the one definition of this house.

A training ranks its checkpoints by it (`free_running`), a comparison counts failures by
it (`comparison.clips`), and the demo accepts sentences by stricter limits
(`acceptance`). Lengths are shares of the recording's length.
"""

from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """Name why a sentence failed."""

    SILENT = "silent"
    ATTENTION = "attention left out or repeated something"
    CAP = "ended by the length cap, not by the stop token"
    LENGTH = "length far from the recording's"
    FOCUS = "attention is not sharp"


@dataclass(frozen=True)
class Limits:
    """Bound the length by the recording's, and the mean focus of attention (0 to 1)."""

    shortest: float
    longest: float
    focus: float = 0.0


# A listener would have it spoken again: it was broken off, or babbled on.
USABLE = Limits(shortest=0.67, longest=1.5)
# What the demo promises for every sentence that it was not trained on.
ACCEPTED = Limits(shortest=0.9, longest=1.1, focus=0.7)


def faults(
    *,
    complete: bool = True,
    stopped: bool = True,
    silent: bool = False,
    length_ratio: float | None = None,
    focus: float | None = None,
    limits: Limits = USABLE,
) -> tuple[Fault, ...]:
    """Return why a sentence failed, nothing when it did not.

    `complete` is `attention.Walk.complete`, `stopped` that the model ended by itself;
    `length_ratio` and `focus` are None where nothing is known of them.
    """
    found = {
        Fault.SILENT: silent,
        Fault.ATTENTION: not complete,
        Fault.CAP: not stopped,
        Fault.LENGTH: length_ratio is not None
        and not limits.shortest <= length_ratio <= limits.longest,
        Fault.FOCUS: focus is not None and focus < limits.focus,
    }
    return tuple(fault for fault, holds in found.items() if holds)
