"""One step, two loops: what is trained is what speaks."""

import keras
import numpy as np
import pytest
from keras import ops

from moksori.backend.compilation import compile_model
from tests.tacotron.made import network, normal

pytestmark = pytest.mark.backend

B, S, STEPS = 2, 5, 6


@pytest.fixture(scope="module")
def model():
    """With dropout in the prenet and zoneout, as a voice has them."""
    made = network("tacotron.reduction_factor=3", "tacotron.prenet_dropout=0.5")
    made.decoder.attention.bias.assign(normal(5, 12))
    return made


@pytest.fixture(scope="module")
def generate(model):
    return compile_model(model, model.decoder.generate)


@pytest.fixture(scope="module")
def forced(model):
    """The teacher-forced decoder: (frames, stop, weights) in numpy."""

    def call(memory, mask, mels, factor):
        return model.decoder(memory, mask, mels, factor=factor, training=False)

    program = compile_model(model, call)

    def forced(memory, mels, factor):
        outputs = program(*memory, mels, factor=factor)
        return tuple(ops.convert_to_numpy(output) for output in outputs)

    return forced


@pytest.fixture(scope="module")
def memory(model):
    mask = np.ones((B, S), np.float32)
    mask[1, 3:] = 0.0
    width = model.decoder.attention.memory_kernel.shape[0]
    return 2 * normal(1, B, S, width) * mask[:, :, None], mask


def masks_of(model, steps):
    """Prenet masks as `call` draws them next."""
    model.reseed(4, 2)
    drawn = model.decoder.prenet.masks(steps, 1)
    model.reseed(4, 2)
    return tuple(ops.convert_to_numpy(mask) for mask in drawn)


@pytest.mark.parametrize("factor", [2, 3])
def test_teacher_forced_equals_free_running_on_the_same_frames(
    model, forced, generate, memory, factor
):
    mels = normal(2, B, STEPS * factor, model.mels)
    masks = masks_of(model, STEPS)
    frames, stop, weights = forced(memory, mels, factor)
    assert frames.shape == (B, STEPS * factor, model.mels)
    assert (stop.shape, weights.shape) == ((B, STEPS), (B, STEPS, S))
    state = model.decoder.initial_state(ops.convert_to_tensor(memory[0]))
    for step in range(STEPS):
        now = tuple(mask[step : step + 1] for mask in masks)
        state, *said = generate(state, *memory, now, factor=factor)
        said_frames, said_stop, said_weights = map(ops.convert_to_numpy, said)
        group = slice(step * factor, (step + 1) * factor)
        said_frames = said_frames[0].reshape(B, factor, model.mels)
        np.testing.assert_allclose(said_frames, frames[:, group], atol=1e-5)
        np.testing.assert_allclose(said_stop[0], stop[:, step], atol=1e-5)
        np.testing.assert_allclose(said_weights[0], weights[:, step], atol=1e-5)
        # It continues from what it said; here it continues from the teacher.
        np.testing.assert_allclose(
            ops.convert_to_numpy(state.frame), said_frames[:, -1], atol=1e-6
        )
        state = state._replace(frame=ops.convert_to_tensor(mels[:, group][:, -1]))
    assert np.abs(np.diff(frames, axis=1)).max() > 1e-3


def test_chunks_are_one_sequence(model, generate, memory):
    masks = masks_of(model, STEPS)
    start = model.decoder.initial_state(ops.convert_to_tensor(memory[0]))
    end, *whole = generate(start, *memory, masks, factor=2)
    state, pieces = start, []
    for chunk in (slice(0, 1), slice(1, 4), slice(4, STEPS)):
        now = tuple(mask[chunk] for mask in masks)
        state, *said = generate(state, *memory, now, factor=2)
        pieces.append([ops.convert_to_numpy(array) for array in said])
    for kind, expected in zip(zip(*pieces, strict=True), whole, strict=True):
        joined = np.concatenate(kind)
        np.testing.assert_allclose(joined, ops.convert_to_numpy(expected), atol=1e-5)
    for one, other in zip(state, end, strict=True):
        np.testing.assert_allclose(
            ops.convert_to_numpy(one), ops.convert_to_numpy(other), atol=1e-5
        )


def test_a_step_never_sees_the_frames_it_predicts(model, forced, memory):
    """Frames of group n change what is said from group n + 1 on, and only that."""
    mels = normal(2, B, 2 * STEPS, model.mels)
    changed = mels.copy()
    changed[:, 4:6] += 1.0
    outputs = []
    for each in (mels, changed):
        model.reseed(4, 2)
        outputs.append(forced(memory, each, 2)[0])
    np.testing.assert_array_equal(outputs[0][:, :6], outputs[1][:, :6])
    assert np.abs(outputs[0][:, 6:] - outputs[1][:, 6:]).max() > 1e-4


def test_the_prenet_drops_in_training_and_in_speech(model, forced, memory):
    mels = normal(2, B, 2 * STEPS, model.mels)

    def said(step):
        model.reseed(4, step)
        return forced(memory, mels, 2)[0]

    np.testing.assert_array_equal(said(1), said(1))
    assert np.abs(said(1) - said(2)).max() > 1e-4


def test_prenet_masks_keep_the_mean(model):
    masks = model.decoder.prenet.masks(300, 2)
    assert [tuple(mask.shape) for mask in masks] == [(300, 2, 16)] * 2
    for mask in masks:
        values = ops.convert_to_numpy(mask)
        assert set(np.unique(values)) == {0.0, 2.0}
        assert values.mean() == pytest.approx(1.0, abs=0.05)
    assert keras.ops.shape(masks[0]) == keras.ops.shape(masks[1])
    first, second = map(ops.convert_to_numpy, masks)
    assert (first != second).any()
