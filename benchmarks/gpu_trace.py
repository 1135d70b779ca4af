"""What a GPU was busy with during some steps, from the trace of the backend's profiler.

Both backends write the same files, which JAX can read; without it nothing is told. This
file of the room names the backends.
"""

import importlib.util
import re
from collections.abc import Iterable
from pathlib import Path

_PRODUCTS = re.compile(r"gemm|nvjet|cutlass|xmma|cublas|conv|cudnn|implicit", re.I)


def traced(backend: str, step, folder: Path, steps: int) -> dict[str, float] | None:
    """Seconds of one of `steps` steps: `products`, `other kernels` and `launch gaps`.

    None where there is no GPU, or nothing to read its trace with.
    """
    if backend == "jax":
        import jax

        profiler = jax.profiler.trace(str(folder))
    else:
        import tensorflow as tf

        profiler = tf.profiler.experimental.Profile(str(folder))
    float(step())
    with profiler:
        for _ in range(steps):
            last = step()
        float(last)
    events = [event for file in folder.rglob("*.xplane.pb") for event in read(file)]
    found = summed(events)
    return found and {name: seconds / steps for name, seconds in found.items()}


def read(file: Path) -> list[tuple[str, float, float]]:
    """(name, begin, end) in seconds of every kernel and copy on the first GPU."""
    if importlib.util.find_spec("jax") is None:
        return []
    from jax.profiler import ProfileData

    return [
        (event.name, 1e-9 * event.start_ns, 1e-9 * event.end_ns)
        for plane in ProfileData.from_file(str(file)).planes
        if plane.name.startswith("/device:GPU:0")
        for line in plane.lines
        if line.name.startswith("Stream")
        for event in line.events
    ]


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
