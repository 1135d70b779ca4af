"""Decide when a line that is being spoken ends: in numpy, on the host.

Shapes: N new decoder steps, B lines, S symbols.
"""

from dataclasses import dataclass

import numpy as np

TOKEN = "stop token"
REST = "attention rests at the end"
CAP = "length cap"
REASONS = (TOKEN, REST, CAP)


@dataclass(frozen=True)
class StopPolicy:
    """Define three rules that end a line; the last one always does.

    The stop token rises above `probability`; or attention has rested on the last
    `rest_symbols` for `rest_seconds`; or the line is `base_seconds` long and
    `symbol_seconds` more for each symbol. Slow reading with pauses takes about 0.12 s
    a jamo, so the cap does not cut speech.
    """

    probability: float = 0.5
    rest_symbols: int = 2
    rest_seconds: float = 0.6
    tail_seconds: float = 0.2
    base_seconds: float = 1.0
    symbol_seconds: float = 0.25

    def cap(self, symbols: int, step_seconds: float) -> int:
        """Return the most decoder steps for a line of so many symbols."""
        seconds = self.base_seconds + self.symbol_seconds * symbols
        return max(1, round(seconds / step_seconds))


POLICY = StopPolicy()


class Stopping:
    """Track a batch of lines until all have ended.

    `symbols` are their lengths without padding; `step_seconds` is the length of a
    decoder step. Afterwards `steps` [B] says how many steps of each line are kept, and
    `reasons` why it ended. All steps up to the stop token are kept, since it is trained
    to come last: a quiet ending is never cut by its level.
    """

    def __init__(self, symbols, step_seconds: float, policy: StopPolicy = POLICY):
        self.policy = policy
        self.symbols = np.asarray(symbols, np.int64)
        self.caps = np.array([policy.cap(s, step_seconds) for s in self.symbols])
        self.steps = np.zeros(len(self.symbols), np.int64)
        self.reasons: list[str | None] = [None] * len(self.symbols)
        self._rest_steps = max(1, round(policy.rest_seconds / step_seconds))
        self._tail_steps = max(1, round(policy.tail_seconds / step_seconds))
        self._logits = np.zeros((0, len(self.symbols)), np.float32)
        self._resting = np.zeros((0, len(self.symbols)), bool)

    @property
    def done(self) -> bool:
        return all(self.reasons)

    def update(self, logits: np.ndarray, weights: np.ndarray) -> None:
        """Add new steps: stop logits [N, B] and attention weights [N, B, S]."""
        first = self.symbols - min(self.policy.rest_symbols, weights.shape[2])
        resting = np.argmax(weights, axis=2) >= first
        before = len(self._logits)
        self._logits = np.concatenate([self._logits, np.asarray(logits, np.float32)])
        self._resting = np.concatenate([self._resting, resting])
        for line in range(len(self.symbols)):
            if self.reasons[line] is None:
                self._judge(line, before)

    def _judge(self, line: int, before: int) -> None:
        """End the line at the first step since `before` at which a rule holds."""
        logits = self._logits[: self.caps[line], line]
        resting = self._resting[: self.caps[line], line]
        probability = self.policy.probability
        threshold = np.log(probability) - np.log1p(-probability)
        token = _first(logits[before:] > threshold)
        rested = _first(_in_a_row(resting)[before:] >= self._rest_steps)
        if token is not None and (rested is None or token <= rested):
            self._end(line, before + token + 1, TOKEN)
        elif rested is not None:
            stop = before + rested + 1
            self._end(line, self._likeliest_end(logits[:stop]), REST)
        elif len(logits) == self.caps[line]:
            self._end(line, len(logits), CAP)

    def _likeliest_end(self, logits: np.ndarray) -> int:
        """Return the step with the highest stop logit while attention rested.

        Speech after the end of the text is arbitrary, so it is cut; but the last symbol
        keeps its tail.
        """
        begin = len(logits) - self._rest_steps
        begin += min(self._tail_steps, self._rest_steps - 1)
        return begin + int(np.argmax(logits[begin:])) + 1

    def _end(self, line: int, steps: int, reason: str) -> None:
        self.steps[line] = steps
        self.reasons[line] = reason


def _first(flags: np.ndarray) -> int | None:
    return int(np.argmax(flags)) if flags.any() else None


def _in_a_row(flags: np.ndarray) -> np.ndarray:
    """Count, for each position, the run of true `flags` [N] that ends there."""
    places = np.arange(1, len(flags) + 1)
    last_false = np.maximum.accumulate(np.where(flags, 0, places))
    return places - last_false
