"""Network, distributions and accelerator engine against the same references on JAX."""

import keras
import pytest


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="this is that backend")
def test_network_and_engine_pass_under_jax(other_backend):
    text, _ = other_backend.communicate()
    assert other_backend.returncode == 0, text[-8000:]
    assert " passed" in text
