"""Judge the health of a training by the figures of each step: pure logic."""

import enum
import math
import statistics
from collections import deque


class Action(enum.Enum):
    """What the loop should do after a step."""

    CONTINUE = "continue"
    RESTORE = "restore"
    STOP = "stop"


class Health:
    """Counts bad steps and says when to go back, and when to give up.

    A step is bad when it was skipped, its loss or gradient is not finite, or its loss
    exceeds `ceiling`. `patience` bad steps in a row ask for the last good state and
    halve `learning_rate_factor`; after `restores` such returns the next asks to stop.
    `forgive` good steps in a row make the returns count from nothing again.
    """

    def __init__(
        self,
        patience: int = 3,
        restores: int = 3,
        forgive: int = 2000,
        window: int = 50,
    ):
        self.patience = patience
        self.restores = restores
        self.forgive = forgive
        self.learning_rate_factor = 1.0
        self.bad_steps = 0
        self.bad_in_a_row = 0
        self._good_in_a_row = 0
        self._returns = 0
        self._losses: deque[float] = deque(maxlen=window)
        self.message = ""

    @property
    def ceiling(self) -> float:
        """Return the loss above which a step counts as exploding; infinite at first.

        It lies above the median of the last good losses by four medians or thirty mean
        deviations, whichever is more: far from what a hard batch or a changed schedule
        does, and meaningful for losses that are negative (log-likelihoods) too.
        """
        if len(self._losses) < self._losses.maxlen:
            return math.inf
        middle = statistics.median(self._losses)
        spread = statistics.fmean(abs(loss - middle) for loss in self._losses)
        return middle + max(4 * abs(middle), 30 * spread)

    def observe(
        self, step: int, loss: float, gradient_norm: float, skipped: bool
    ) -> Action:
        """Judge the step that has just run; `message` says why, unless it is good."""
        finite = math.isfinite(loss) and math.isfinite(gradient_norm)
        if finite and not skipped and loss <= self.ceiling:
            self._good(loss)
            return Action.CONTINUE
        self.bad_steps += 1
        self.bad_in_a_row += 1
        self._good_in_a_row = 0
        self.message = (
            f"step {step}: loss {loss:.4g}, gradient norm {gradient_norm:.4g}"
            + (", update skipped" if skipped else "")
            + f" (bad step {self.bad_in_a_row} in a row, {self.bad_steps} in all)"
        )
        if self.bad_in_a_row < self.patience:
            return Action.CONTINUE
        if self._returns >= self.restores:
            self.message = (
                f"the loss went bad again after {self._returns} returns to a good "
                f"state, the last with {self.learning_rate_factor:g} of the learning "
                "rate; look for damaged recordings in the report of the features, or "
                "lower tacotron_training.learning_rate"
            )
            return Action.STOP
        self.bad_in_a_row = 0
        self._returns += 1
        self.learning_rate_factor /= 2
        return Action.RESTORE

    def state(self) -> dict:
        """Return all that later judgements depend on, for a checkpoint."""
        return {
            "learning_rate_factor": self.learning_rate_factor,
            "bad_steps": self.bad_steps,
            "bad_in_a_row": self.bad_in_a_row,
            "good_in_a_row": self._good_in_a_row,
            "returns": self._returns,
            "losses": list(self._losses),
        }

    def load(self, state: dict) -> None:
        """Continue from what `state` gave."""
        self.learning_rate_factor = state["learning_rate_factor"]
        self.bad_steps = state["bad_steps"]
        self.bad_in_a_row = state["bad_in_a_row"]
        self._good_in_a_row = state["good_in_a_row"]
        self._returns = state["returns"]
        self._losses.clear()
        self._losses.extend(state["losses"])

    def _good(self, loss: float) -> None:
        self._losses.append(loss)
        self.bad_in_a_row = 0
        self._good_in_a_row += 1
        if self._good_in_a_row >= self.forgive:
            self._returns = 0
