"""The same tests, and the same numbers from the same weights, on the other backend."""

from pathlib import Path

import keras
import numpy as np
import pytest

from tests.tacotron import under_jax


@pytest.mark.skipif(under_jax.FOLDER is None, reason="for the other backend")
def test_the_same_weights_give_the_same_numbers():
    assert keras.backend.backend() == "jax"
    folder, trainer = Path(under_jax.FOLDER), under_jax.make()
    with np.load(folder / "before.npz") as before:
        trainer.assign({name: before[name] for name in before.files})
    found = under_jax.stepped(trainer)
    with np.load(folder / "after.npz") as after:
        assert set(found) == set(after.files)
        for name in after.files:
            expected = after[name]
            scale = max(1.0, float(np.abs(expected).max()))
            np.testing.assert_allclose(
                found[name], expected, rtol=0, atol=2e-5 * scale, err_msg=name
            )


@pytest.mark.skipif(under_jax.FOLDER is not None, reason="this is the other backend")
def test_model_and_training_step_pass_under_jax(other_backend):
    text, _ = other_backend.communicate()
    assert other_backend.returncode == 0, text[-8000:]
    # This test, and one of replicas, which the other backend does not have.
    assert " passed, 2 skipped" in text
