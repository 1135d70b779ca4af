"""What this machine computes on, and the type in which it multiplies quickest."""

import keras
from llvmlite.binding import get_host_cpu_features

# NVIDIA's first cards with instructions for bfloat16 are of the A100's generation.
BFLOAT16_CAPABILITY = (8, 0)


def has_accelerator() -> bool:
    """Tell whether the backend computes on something other than the processor."""
    if keras.backend.backend() == "jax":
        import jax

        return jax.default_backend() != "cpu"
    return bool(_capabilities())


def device_name() -> str:
    """Name what the backend computes on: "GPU" or "processor"."""
    return "GPU" if _capabilities() else "processor"


def has_bfloat16() -> bool:
    """Tell whether there is a GPU, and every GPU multiplies bfloat16 quicker than
    float32: compute capability 8.0 or more. False on a CPU."""
    found = _capabilities()
    return bool(found) and min(found) >= BFLOAT16_CAPABILITY


def preferred_compute_dtype() -> str:
    """Return the type in which this machine takes large products quickest.

    "bfloat16" where every GPU, or with TensorFlow and no GPU the processor, has
    instructions for it, else "float32".
    """
    if _capabilities():
        return "bfloat16" if has_bfloat16() else "float32"
    features = get_host_cpu_features()
    native = features.get("avx512bf16") or features.get("amx-bf16")
    known = keras.backend.backend() == "tensorflow"
    return "bfloat16" if native and known else "float32"


def _capabilities() -> list[tuple[int, int]]:
    """The compute capability of each GPU; (0, 0) where it is not told."""
    return {"tensorflow": _tensorflow, "jax": _jax}[keras.backend.backend()]()


def _tensorflow() -> list[tuple[int, int]]:
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
