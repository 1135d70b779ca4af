"""Probe one backend: `python -m moksori.backend.probe tensorflow`.

Run as a program of its own, so that a backend which crashes or hangs takes nothing with
it, and gives back the GPU that it took. The answer is one JSON object, the last line of
standard output; what the backend itself writes stays on standard error.
"""

import importlib
import json
import os
import sys
import time
from collections.abc import Callable

BACKENDS = ("tensorflow", "jax")


def probe(backend: str) -> dict:
    """Import a backend, list its devices and compute a convolution on the first.

    Returns `version`, `import_seconds`, `build` (strings), `devices` (dicts of `kind`
    GPU or CPU, `name`, `capability` [major, minor] or None, `memory` in bytes or None),
    `works`, `failure` (empty or why not) and `work_seconds`. Raises whatever importing
    it raises.
    """
    started = time.perf_counter()
    module = importlib.import_module(backend)
    answer = {
        "version": getattr(module, "__version__", "unknown"),
        "import_seconds": time.perf_counter() - started,
    }
    return answer | {"tensorflow": _tensorflow, "jax": _jax}[backend](module)


def peak_memory(backend: str) -> int | None:
    """Return the most bytes that this process ever held on its first GPU.

    None where the backend's allocator does not count.
    """
    if backend == "tensorflow":
        import tensorflow as tf

        return int(tf.config.experimental.get_memory_info("GPU:0")["peak"])
    import jax

    return (jax.local_devices()[0].memory_stats() or {}).get("peak_bytes_in_use")


def _tensorflow(tf) -> dict:
    build = {key: str(value) for key, value in tf.sysconfig.get_build_info().items()}
    gpus = []
    for gpu in tf.config.list_physical_devices("GPU"):
        details = tf.config.experimental.get_device_details(gpu)
        capability = details.get("compute_capability")
        name = details.get("device_name", gpu.name)
        gpus.append(_device("GPU", name, capability, None))

    def convolve():
        picture, kernel = tf.ones((1, 8, 8, 4)), tf.ones((3, 3, 4, 4))
        return float(tf.reduce_sum(tf.nn.conv2d(picture, kernel, 1, "SAME")))

    cpus = [_device("CPU", "CPU", None, None)]
    return {"build": build, "devices": gpus or cpus, **_check(convolve)}


def _jax(jax) -> dict:
    devices = []
    for device in jax.local_devices():
        gpu = device.platform in ("gpu", "cuda", "rocm")
        stats = device.memory_stats() if gpu else None
        capability = str(getattr(device, "compute_capability", "")).split(".")
        devices.append(
            _device(
                "GPU" if gpu else device.platform.upper(),
                device.device_kind,
                [int(part) for part in capability] if capability != [""] else None,
                (stats or {}).get("bytes_limit"),
            )
        )

    def convolve():
        picture, kernel = jax.numpy.ones((1, 4, 8, 8)), jax.numpy.ones((4, 4, 3, 3))
        done = jax.lax.conv_general_dilated(picture, kernel, (1, 1), "SAME")
        return float(jax.numpy.sum(done))

    return {"build": {}, "devices": devices, **_check(convolve)}


def _device(kind: str, name: str, capability, memory: int | None) -> dict:
    capability = list(capability) if capability else None
    return {"kind": kind, "name": name, "capability": capability, "memory": memory}


def _check(convolve: Callable[[], float]) -> dict:
    """Time a convolution, which on a GPU needs cuDNN, and check its sum."""
    started = time.perf_counter()
    try:
        value = convolve()
    except Exception as failure:
        return {"works": False, "failure": f"{type(failure).__name__}: {failure}"}
    # Of 3 x 3 ones over 8 x 8 x 4 ones, with the border: 22² x 4 x 4.
    right = value == 22**2 * 16
    failure = "" if right else f"a convolution gave {value:g}"
    seconds = time.perf_counter() - started
    return {"works": right, "failure": failure, "work_seconds": seconds}


def main() -> int:
    """Print the answer of `probe` and `compute`, the type of large products; or the
    `failure` of it, and whether the backend is `missing`."""
    backend = sys.argv[1]
    # Ours to look at, not to keep: take no more of a GPU than is asked for.
    os.environ["TF_FORCE_GPU_ALLOW_GROWTH"] = "true"
    os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"
    os.environ["KERAS_BACKEND"] = backend
    # A person who runs this by hand wants to see why a GPU is not found.
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "0"
    try:
        answer = probe(backend)
        from moksori.backend.hardware import preferred_compute_dtype

        answer["compute"] = preferred_compute_dtype()
    except Exception as failure:
        missing = isinstance(failure, ModuleNotFoundError) and failure.name == backend
        text = " ".join(f"{type(failure).__name__}: {failure}".split())
        answer = {"failure": text, "missing": missing}
    print(json.dumps(answer), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
