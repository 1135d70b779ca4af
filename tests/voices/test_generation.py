import keras
import numpy as np
import pytest

from moksori.voices.generation import Generator, PrenetMasks, VoiceError
from moksori.voices.stopping import TOKEN

LINES = [
    np.random.default_rng(n).integers(2, 70, n).tolist() for n in (3, 31, 9, 17, 4)
]
SPEAKERS = [0, 1, 1, 0, 1]


@pytest.fixture(scope="module")
def generator(voice):
    return Generator(voice.model, voice.settings.audio.frame_seconds)


@pytest.fixture(scope="module")
def together(generator):
    return generator.generate(LINES, SPEAKERS, factor=2, seed=5)


def distance(a, b) -> float:
    assert a.mel.shape == b.mel.shape
    assert a.stopped == b.stopped
    return max(
        np.abs(a.mel - b.mel).max(), np.abs(a.alignment - b.alignment).max(initial=0)
    )


def test_shapes_and_ends(generator, together):
    for line, said in zip(LINES, together, strict=True):
        steps, symbols = said.alignment.shape
        assert symbols == len(line)
        assert said.mel.shape == (steps * 2, 20)
        assert said.mel.dtype == np.float32
        assert said.linear is None
        np.testing.assert_allclose(said.alignment.sum(axis=1), 1.0, atol=1e-5)
        seconds = generator.frame_seconds * 2
        assert 1 <= steps <= generator.policy.cap(symbols, seconds)


@pytest.mark.parametrize("batch", [1, 2, 3])
def test_a_line_is_the_same_alone_and_among_others(generator, together, batch):
    apart = generator.generate(LINES, SPEAKERS, factor=2, seed=5, batch=batch)
    for a, b in zip(apart, together, strict=True):
        assert distance(a, b) < 1e-4


def test_padding_changes_nothing(generator, together):
    longer = [*LINES, list(range(2, 70))]
    padded = generator.generate(longer, [*SPEAKERS, 0], factor=2, seed=5)
    for a, b in zip(padded, together, strict=False):
        assert distance(a, b) < 1e-4


def test_seed_and_speaker_change_the_speech(generator, together):
    again = generator.generate(LINES[1:2], [1], factor=2, seed=5)[0]
    other_seed = generator.generate(LINES[1:2], [1], factor=2, seed=6)[0]
    other_speaker = generator.generate(LINES[1:2], [0], factor=2, seed=5)[0]
    assert distance(again, together[1]) < 1e-4
    for other in (other_seed, other_speaker):
        size = min(len(other.mel), len(again.mel))
        assert np.abs(other.mel[:size] - again.mel[:size]).max() > 1e-4


def test_batches_come_from_the_shortest_line_to_the_longest(generator):
    order = [
        i for indices, _ in generator.stream(LINES, SPEAKERS, 2, 5, 2) for i in indices
    ]
    assert order == [0, 4, 2, 3, 1]


def test_a_smaller_reduction_factor_gives_fewer_frames_a_step(generator):
    said = generator.generate(LINES[:1], [0], factor=1)[0]
    assert len(said.mel) == len(said.alignment)


def test_stop_token_is_obeyed_and_new_weights_are_seen(voice, generator, together):
    bias = voice.model.decoder.stop.bias
    before = keras.ops.convert_to_numpy(bias)
    assert together[1].stopped != TOKEN
    try:
        bias.assign([9.0])
        said = generator.generate(LINES, SPEAKERS, factor=2, seed=5)
    finally:
        bias.assign(before)
    assert [(len(line.alignment), line.stopped) for line in said] == [(1, TOKEN)] * 5


def test_weights_that_are_not_finite_are_named(voice, generator):
    bias = voice.model.decoder.frames.bias
    before = keras.ops.convert_to_numpy(bias)
    try:
        bias.assign(before * np.nan)
        with pytest.raises(VoiceError, match="not finite"):
            generator.generate(LINES[:1], [0], factor=2)
    finally:
        bias.assign(before)


def test_prenet_masks_do_not_depend_on_chunks(voice):
    prenet = voice.model.decoder.prenet
    whole = PrenetMasks(prenet, seed=3).take(21)
    chunks = PrenetMasks(prenet, seed=3)
    pieces = [chunks.take(steps) for steps in (5, 1, 15)]
    for layer, mask in enumerate(whole):
        joined = np.concatenate([piece[layer] for piece in pieces])
        np.testing.assert_array_equal(joined, mask)
        assert mask.shape == (21, 1, prenet.dims[layer])
        assert set(np.unique(mask)) == {0.0, 2.0}
        assert mask.mean() == pytest.approx(1.0, abs=0.2)
    assert not np.array_equal(whole[0], whole[1])
