"""Schedule settings over the steps: pure functions of the step's number."""

from collections.abc import Sequence


def learning_rate(
    step: int,
    peak: float,
    final: float,
    warmup_steps: int,
    decay_start: int,
    decay_steps: int,
) -> float:
    """Return the learning rate: linear warm-up to `peak`, a plateau, then exponential
    decay to `final`.

    The first update (step 0) already moves, by `peak / warmup_steps`. From
    `decay_start` on the rate falls by the same ratio each step and reaches `final`
    after `decay_steps`, as in Tacotron 2 (Shen et al. 2018, section 2.2: 1e-3 decaying
    to 1e-5 from step 50,000 on).

    Raises `ValueError` for rates that are not positive.
    """
    if peak <= 0 or final <= 0:
        raise ValueError("learning rates must be positive")
    warm = min(1.0, (step + 1) / warmup_steps) if warmup_steps > 0 else 1.0
    return peak * warm * (final / peak) ** _progress(step, decay_start, decay_steps)


def guided_attention(step: int, weight: float, steps: int) -> float:
    """Return the weight of the guided attention loss: `weight` at first, 0 after
    `steps`."""
    return weight * (1.0 - _progress(step, 0, steps))


def reduction_factor(
    step: int, schedule: Sequence[tuple[int, int]], largest: int
) -> int:
    """Return the frames per decoder step: that of the last `(start, factor)` begun.

    `largest` is what the model projects; it counts where no entry has begun.
    """
    begun = [factor for start, factor in schedule if start <= step]
    return begun[-1] if begun else largest


def is_number(value) -> bool:
    """Tell whether a scalar may change between steps; others are compiled in."""
    return isinstance(value, int | float)


def _progress(step: int, start: int, steps: int) -> float:
    if steps <= 0:
        return 1.0 if step >= start else 0.0
    return min(1.0, max(0.0, (step - start) / steps))
