"""What the accelerator of this machine can do, for which Keras has no word."""

import keras

# NVIDIA's first cards with instructions for bfloat16 are the A100 and its kin.
_BFLOAT16 = (8, 0)


def has_bfloat16() -> bool:
    """Whether there is a GPU, and every GPU takes products in bfloat16 quicker than in
    float32: compute capability 8.0 or more. False on a CPU."""
    found = {"tensorflow": _tensorflow, "jax": _jax}[keras.backend.backend()]()
    return bool(found) and min(found) >= _BFLOAT16


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
