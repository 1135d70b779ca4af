"""bfloat16 learns what float32 learns, from the same weights and into the same."""

import keras
import numpy as np
import pytest
from keras import ops

from moksori.tacotron import products
from moksori.training.weights import arrays_of
from tests.tacotron.made import (
    LINEAR,
    STILL,
    gradients,
    network,
    normal,
    plain_trainer,
    stepped,
    uneven,
)

pytestmark = pytest.mark.backend

COMPUTES = ("float32", "bfloat16")
VALUES = {"guided_weight": 1.0, "factor": (2,)}


@pytest.fixture(scope="module")
def trainers(still_trainer):
    """Of the same weights, one a compute, without noise; plain gradient steps."""
    half = network(*STILL, *LINEAR, compute="bfloat16")
    return {"float32": still_trainer, "bfloat16": plain_trainer(half)}


def alike(one, other) -> float:
    """The cosine of the angle between two gradients."""
    one, other = np.ravel(one).astype(float), np.ravel(other).astype(float)
    return one @ other / np.sqrt((one @ one) * (other @ other))


def rounded(array):
    return ops.convert_to_numpy(ops.cast(ops.cast(array, "bfloat16"), "float32"))


def test_float32_is_the_plain_product():
    x, kernel = normal(1, 4, 3, 8), normal(2, 8, 5)
    plain = ops.convert_to_numpy(ops.matmul(x, kernel))
    for found in (
        products.product(x, ops.convert_to_tensor(kernel)),
        products.project(x, ops.convert_to_tensor(kernel), "float32"),
    ):
        np.testing.assert_array_equal(ops.convert_to_numpy(found), plain)


def test_bfloat16_rounds_operands_and_sums_in_float32():
    x, kernel = normal(1, 4, 3, 512), normal(2, 512, 5)
    found = products.project(x, ops.convert_to_tensor(kernel), "bfloat16")
    assert keras.backend.standardize_dtype(found.dtype) == "float32"
    expected = rounded(x) @ rounded(kernel)
    # TensorFlow rounds a result once more: half of a 128th of its magnitude at most.
    slack = 1e-5 if keras.backend.backend() == "jax" else 2.0**-8
    found = ops.convert_to_numpy(found)
    error = np.abs(found - expected) / np.abs(expected).max()
    assert error.max() < slack
    assert not np.array_equal(found, x @ kernel)


def test_gradients_of_a_product_keep_their_direction_and_type():
    arguments = [normal(1, 6, 3, 64), normal(2, 64, 32)]
    upstream = normal(3, 6, 3, 32)
    found, expected = (
        gradients(
            lambda x, k, c=compute: ops.sum(products.project(x, k, c) * upstream),
            arguments,
        )
        for compute in reversed(COMPUTES)
    )
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == np.float32
        assert alike(one, other) > 0.9999


def test_a_step_learns_the_same(trainers):
    """Measured on both backends: the cosine of the whole gradient is 0.995 and more,
    that of the worst array with a share in it, at random weights, 0.976."""
    found = {c: stepped(trainer, uneven()) for c, trainer in trainers.items()}
    terms, moved = ({c: both[i] for c, both in found.items()} for i in range(2))
    for name, value in terms["float32"].items():
        slack = 0.06 if name == "gradient_norm" else 0.002
        assert terms["bfloat16"][name] == pytest.approx(value, rel=slack), name
    exact, quick = (
        {n: a for n, a in moved[c].items() if "moving" not in n} for c in COMPUTES
    )
    whole = [np.concatenate([a.ravel() for a in g.values()]) for g in (exact, quick)]
    assert 0.99 < alike(*whole) < 1.0
    large = [
        n for n in exact if np.linalg.norm(exact[n]) > 0.01 * np.linalg.norm(whole[0])
    ]
    assert len(large) > 20
    assert min(alike(quick[name], exact[name]) for name in large) > 0.95


def test_the_loss_falls_alike(trainers):
    losses = {}
    quiet = {
        **uneven(),
        "mels": uneven()["mels"] - 2.0,
        "linear": uneven()["linear"] - 2.0,
    }
    for compute, trainer in trainers.items():
        before = trainer.arrays()
        losses[compute] = [
            float(trainer.step(quiet, 0.2, **VALUES)["loss"]) for _ in range(16)
        ]
        trainer.assign(before)
    exact, quick = (np.array(losses[compute]) for compute in COMPUTES)
    assert exact[-1] < 0.5 * exact[0]
    np.testing.assert_allclose(quick, exact, rtol=0.02)


def test_weights_and_statistics_are_float32_and_go_from_one_to_the_other(trainers):
    exact, quick = (trainers[compute] for compute in COMPUTES)
    saved = exact.arrays()
    assert {n: (a.shape, a.dtype) for n, a in saved.items()} == {
        n: (a.shape, a.dtype) for n, a in quick.arrays().items()
    }
    assert {
        a.dtype for n, a in saved.items() if "model/" in n and "noise" not in n
    } == {np.dtype("float32")}
    changed = {n: a + 1 if "kernel" in n else a for n, a in saved.items()}
    before = quick.arrays()
    quick.assign(changed)
    for name, array in quick.arrays().items():
        np.testing.assert_array_equal(array, changed[name], err_msg=name)
    quick.assign(before)


def test_speech_of_a_training_in_bfloat16_is_that_of_its_weights():
    """Previews speak with the network in training, synthesis with a float32 one."""
    said = []
    for compute in COMPUTES:
        model = network(*STILL, compute=compute)
        memory, mask = model.encode(
            *(uneven()[n] for n in ("ids", "symbols", "speaker"))
        )
        masks = tuple(
            np.ones((4, 1, dim), np.float32) for dim in model.decoder.prenet.dims
        )
        state = model.decoder.initial_state(memory)
        said.append(model.decoder.generate(state, memory, mask, masks, 2)[1])
    exact, quick = (ops.convert_to_numpy(frames) for frames in said)
    assert alike(quick, exact) > 0.999
    assert arrays_of(network()).keys() == arrays_of(model).keys()
