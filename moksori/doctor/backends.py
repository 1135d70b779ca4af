"""What one backend sees of this machine: `python -m machine.backends tensorflow`.

Run as a program of its own, so that a backend which crashes or hangs takes nothing with
it, and gives back the GPU that it woke. The answer is one JSON object, the last line of
standard output; what the backend itself says stays on standard error. This file is the
one of the room that names the backends.
"""

import ctypes
import importlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

BACKENDS = ("tensorflow", "jax")

# What a backend may be installed as, or need beside itself.
PACKAGES = {
    "tensorflow": ("tensorflow", "tensorflow-cpu"),
    "jax": ("jax", "jaxlib", "jax-cuda12-plugin", "jax-cuda12-pjrt"),
}
GPU_PACKAGES = (
    "nvidia-cuda-runtime-cu12",
    "nvidia-cudnn-cu12",
    "nvidia-cublas-cu12",
    "nvidia-nccl-cu12",
)


def installed(name: str) -> str | None:
    """The version of a package, without importing it; None where it is not there."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def gpu_wheels() -> bool:
    """Whether packages for GPUs are installed."""
    return installed("nvidia-cudnn-cu12") is not None


def inspect(backend: str) -> dict:
    """What the backend says of itself: versions, devices, and whether the first works.

    Raises whatever importing it raises. A device is a dict of `kind` (GPU or CPU),
    `name`, `capability` and `memory` in bytes, of which the last two may be None.
    """
    started = time.perf_counter()
    module = importlib.import_module(backend)
    answer = {
        "version": getattr(module, "__version__", "unknown"),
        "import_seconds": time.perf_counter() - started,
        "packages": _versions(PACKAGES[backend] + GPU_PACKAGES),
    }
    answer |= {"tensorflow": _tensorflow, "jax": _jax}[backend](module)
    answer["libraries"] = dict(_libraries())
    return answer


def on_gpu(backend: str) -> bool:
    """Whether the backend, loaded in this process, works on a GPU."""
    if backend == "tensorflow":
        import tensorflow as tf

        return bool(tf.config.list_physical_devices("GPU"))
    import jax

    return jax.default_backend() != "cpu"


def peak_memory(backend: str) -> int | None:
    """The most bytes that this process ever held on its first GPU; None where its
    allocator does not count."""
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

    def work():
        picture, kernel = tf.ones((1, 8, 8, 4)), tf.ones((3, 3, 4, 4))
        return float(tf.reduce_sum(tf.nn.conv2d(picture, kernel, 1, "SAME")))

    cpus = [_device("CPU", "CPU", None, None)]
    return {"build": build, "devices": gpus or cpus, **_tried(work)}


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

    def work():
        import jax.numpy as jnp

        picture, kernel = jnp.ones((1, 4, 8, 8)), jnp.ones((4, 4, 3, 3))
        done = jax.lax.conv_general_dilated(picture, kernel, (1, 1), "SAME")
        return float(jnp.sum(done))

    return {"build": {}, "devices": devices, **_tried(work)}


def _device(kind: str, name: str, capability, memory: int | None) -> dict:
    capability = list(capability) if capability else None
    return {"kind": kind, "name": name, "capability": capability, "memory": memory}


def _tried(work: Callable[[], float]) -> dict:
    """A convolution, which on a GPU needs cuDNN: seconds, and the error if any."""
    started = time.perf_counter()
    try:
        value = work()
    except Exception as failure:
        return {"works": False, "failure": f"{type(failure).__name__}: {failure}"}
    # Of 3 x 3 ones over 8 x 8 x 4 ones, with the border: 22² x 4 x 4.
    right = value == 22**2 * 16
    failure = "" if right else f"a convolution gave {value:g}"
    return {
        "works": right,
        "failure": failure,
        "work_seconds": time.perf_counter() - started,
    }


def _versions(names) -> dict[str, str]:
    versions = {name: installed(name) for name in names}
    return {name: version for name, version in versions.items() if version}


def _libraries(maps: Path = Path("/proc/self/maps")) -> Iterator[tuple[str, str]]:
    """Name and version of the CUDA libraries that this process has loaded."""
    lines = maps.read_text("utf-8", "replace").splitlines()
    # Addresses, rights, offset, device, inode; what is left is the path.
    mapped = (line.split(None, 5)[5:] for line in lines)
    for path in dict.fromkeys(path for rest in mapped for path in rest):
        name = Path(path).name.partition(".so")[0]
        if name in _ASKED:
            try:
                version = _ASKED[name](path)
            except (OSError, AttributeError) as failure:
                version = f"unknown ({failure})"
            yield name.removeprefix("lib"), version


def _cudnn(path: str) -> str:
    number = ctypes.CDLL(path).cudnnGetVersion()
    return f"{number // 10000}.{number // 100 % 100}.{number % 100}"


def _cudart(path: str) -> str:
    number = ctypes.c_int()
    ctypes.CDLL(path).cudaRuntimeGetVersion(ctypes.byref(number))
    return f"{number.value // 1000}.{number.value % 1000 // 10}"


def _cuda(path: str) -> str:
    number = ctypes.c_int()
    ctypes.CDLL(path).cuDriverGetVersion(ctypes.byref(number))
    return f"{number.value // 1000}.{number.value % 1000 // 10}"


_ASKED = {"libcudnn": _cudnn, "libcudart": _cudart, "libcuda": _cuda}


def main() -> int:
    """Print what one backend sees, or why it cannot be asked."""
    backend = sys.argv[1]
    # Ours to look at, not to keep: take no more of a GPU than is asked for.
    os.environ["TF_FORCE_GPU_ALLOW_GROWTH"] = "true"
    os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"
    try:
        answer = inspect(backend)
    except Exception as failure:
        missing = isinstance(failure, ModuleNotFoundError) and failure.name == backend
        text = " ".join(f"{type(failure).__name__}: {failure}".split())
        answer = {"failure": text, "missing": missing}
    print(json.dumps(answer), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
