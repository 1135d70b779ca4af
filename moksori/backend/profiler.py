"""Record what a GPU computes, with the backend's profiler.

Both backends write the same files, which JAX can read.
"""

import importlib.util
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import keras


def record_trace(folder: Path) -> AbstractContextManager:
    """Record what runs inside the `with` into files under `folder`."""
    if keras.backend.backend() == "jax":
        import jax

        return jax.profiler.trace(str(folder))
    import tensorflow as tf

    return tf.profiler.experimental.Profile(str(folder))


def read_kernels(folder: Path) -> Iterator[tuple[str, float, float]]:
    """Yield (name, begin, end) in seconds of every kernel and copy on the first GPU.

    Nothing where JAX, which reads the files, is not installed.
    """
    if importlib.util.find_spec("jax") is None:
        return
    from jax.profiler import ProfileData

    for file in folder.rglob("*.xplane.pb"):
        for plane in ProfileData.from_file(str(file)).planes:
            if not plane.name.startswith("/device:GPU:0"):
                continue
            for line in plane.lines:
                if line.name.startswith("Stream"):
                    for event in line.events:
                        yield event.name, 1e-9 * event.start_ns, 1e-9 * event.end_ns
