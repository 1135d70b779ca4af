"""The fast decoder is the reference: weights, outputs, gradients, in both loops."""

import numpy as np
import pytest
from keras import ops

from moksori.backend.compilation import compile_model
from moksori.tacotron.decoder import Decoder
from moksori.tacotron.fused.decoder import FusedDecoder
from moksori.training.weights import arrays_of
from tests.tacotron.made import (
    assert_same,
    assert_same_step,
    network,
    normal,
    plain_trainer,
    stepped,
    uneven,
)

pytestmark = pytest.mark.backend

B, S, STEPS = 2, 5, 6


@pytest.fixture(scope="module")
def models():
    """Reference and twin of one seed, with dropout and zoneout."""
    choices = ("tacotron.reduction_factor=3", "tacotron.prenet_dropout=0.5")
    choices = (*choices, "tacotron.zoneout=0.2")
    return [network(*choices, decoder=kind) for kind in (Decoder, FusedDecoder)]


def test_both_have_the_same_weights_under_the_same_names(models):
    reference, fused = map(arrays_of, models)
    assert reference.keys() == fused.keys()
    for name, array in reference.items():
        np.testing.assert_array_equal(fused[name], array, err_msg=name)


@pytest.mark.parametrize("window", [None, (0, 1), (1, 3)])
def test_free_running_says_the_same(models, window):
    mask = np.ones((B, S), np.float32)
    mask[1, 3:] = 0.0
    width = models[0].decoder.attention.memory_kernel.shape[0]
    memory = ops.convert_to_tensor(2 * normal(1, B, S, width) * mask[:, :, None])
    drops = tuple(np.float32(normal(n, STEPS, 1, 16) < 0) * 2 for n in range(2))
    said = []
    for model in models:
        start = model.decoder.initial_state(memory)
        generate = compile_model(model, model.decoder.generate)
        said.append(generate(start, memory, mask, drops, factor=2, window=window))
    (state, *outputs), (fused_state, *fused_outputs) = said
    assert state._fields == fused_state._fields
    for one, other in zip(
        (*state, *outputs), (*fused_state, *fused_outputs), strict=True
    ):
        assert np.abs(one).max() > 0
        assert_same(ops.convert_to_numpy(other), ops.convert_to_numpy(one))
    weights = ops.convert_to_numpy(outputs[-1])
    if window is None:
        assert (weights[:, 0] > 0).all()
    else:
        assert not weights[0][:, 1 + window[1] :].any()
        np.testing.assert_allclose(weights.sum(axis=2), 1.0, atol=1e-6)


def test_a_training_step_moves_the_same_weights_as_far(models):
    """Under the same noise: losses, statistics, and the gradient of every weight."""
    reference, fused = (stepped(plain_trainer(m), uneven()) for m in models)
    assert sum("decoder" in name for name in reference[1]) == 20
    assert_same_step(fused, reference)
