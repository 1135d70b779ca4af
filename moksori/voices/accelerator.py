"""What the accelerator of this machine can do, for which Keras has no word."""

import keras
from llvmlite.binding import get_host_cpu_features

# NVIDIA's first cards with instructions for bfloat16 are the A100 and its kin.
_BFLOAT16 = (8, 0)


def name() -> str:
    """What the backend computes on: "GPU" or "processor"."""
    return "GPU" if _capabilities() else "processor"


def has_bfloat16() -> bool:
    """Whether there is a GPU, and every GPU takes products in bfloat16 quicker than in
    float32: compute capability 8.0 or more. False on a CPU."""
    found = _capabilities()
    return bool(found) and min(found) >= _BFLOAT16


def quick_type() -> str:
    """The type in which this machine takes large products quickest: "bfloat16" where
    every GPU, or with TensorFlow and no GPU the processor, has instructions for it."""
    if _capabilities():
        return "bfloat16" if has_bfloat16() else "float32"
    features = get_host_cpu_features()
    native = features.get("avx512bf16") or features.get("amx-bf16")
    known = keras.backend.backend() == "tensorflow"
    return "bfloat16" if native and known else "float32"


def _capabilities() -> list[tuple[int, int]]:
    return {"tensorflow": _tensorflow, "jax": _jax}[keras.backend.backend()]()


def _tensorflow() -> list[tuple[int, int]]:
    """The compute capability of each GPU; (0, 0) where it is not told."""
    import tensorflow as tf

    details = tf.config.experimental.get_device_details
    return [
        details(gpu).get("compute_capability") or (0, 0)
        for gpu in tf.config.list_physical_devices("GPU")
    ]


def _jax() -> list[tuple[int, int]]:
    import jax

    if jax.default_backend() != "gpu":
        return []
    told = [getattr(d, "compute_capability", "0.0") for d in jax.local_devices()]
    return [tuple(int(part) for part in text.split(".")) for text in told]
