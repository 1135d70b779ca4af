"""List what is done when a line that failed is spoken again."""

from argparse import ArgumentTypeError
from dataclasses import dataclass

DROPOUT = "other dropout masks"
WINDOW = "a window on the attention"
COMMA = "a comma at the end"


@dataclass(frozen=True)
class Attempt:
    """Number the dropout masks of a seed, from 0, and perhaps confine attention to a
    `window` of symbols behind and ahead of the furthest one attended."""

    draw: int = 0
    window: tuple[int, int] | None = None

    @property
    def remedies(self) -> tuple[str, ...]:
        """Return in words what it does that the first attempt does not."""
        return (DROPOUT,) * bool(self.draw) + (WINDOW,) * bool(self.window)


FIRST = Attempt()
# A symbol takes a step or two of several frames, so that three ahead are never a skip.
_WINDOW = (1, 3)
LADDER = (
    FIRST,
    Attempt(draw=1),
    Attempt(draw=2),
    Attempt(draw=3, window=_WINDOW),
    Attempt(draw=4, window=_WINDOW),
)
ATTEMPTS = len(LADDER)


def parse_attempts(text: str) -> int:
    """Parse how often a line may be spoken, for argparse."""
    if text not in map(str, range(1, ATTEMPTS + 1)):
        raise ArgumentTypeError(f"1 to {ATTEMPTS}, not {text}")
    return int(text)
