"""Share of products, other kernels and gaps in a step, from a profiler's trace."""

import re
from collections.abc import Iterable
from pathlib import Path

from moksori.backend.profiler import read_kernels, record_trace

_PRODUCTS = re.compile(r"gemm|nvjet|cutlass|xmma|cublas|conv|cudnn|implicit", re.I)


def traced(step, folder: Path, steps: int) -> dict[str, float] | None:
    """Trace `steps` steps; seconds a step: `products`, `other kernels`, `launch gaps`.

    None where there is no GPU, or nothing to read its trace with.
    """
    float(step())
    with record_trace(folder):
        for _ in range(steps):
            last = step()
        float(last)
    found = summed(read_kernels(folder))
    return found and {name: seconds / steps for name, seconds in found.items()}


def summed(events: Iterable[tuple[str, float, float]]) -> dict[str, float] | None:
    """Seconds in products, in other kernels and in none, from first to last event.

    Kernels that run side by side count once, as products if one of them is.
    """
    events = list(events)
    if not events:
        return None
    products = _covered((b, e) for name, b, e in events if _PRODUCTS.search(name))
    busy = _covered((begin, end) for _, begin, end in events)
    span = max(end for *_, end in events) - min(begin for _, begin, _ in events)
    return {
        "products": products,
        "other kernels": busy - products,
        "launch gaps": span - busy,
    }


def _covered(intervals: Iterable[tuple[float, float]]) -> float:
    """How much of time the intervals cover together."""
    total, reached = 0.0, float("-inf")
    for begin, end in sorted(intervals):
        total += max(0.0, end - max(begin, reached))
        reached = max(reached, end)
    return total
