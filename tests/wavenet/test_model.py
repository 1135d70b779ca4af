"""The stack: one sample at a time, in crops and whole it says the same."""

import numpy as np
import pytest
from keras import ops

from moksori.wavenet.model import WaveNet
from tests.tacotron.made import assert_same, gradients
from tests.wavenet.made import Reference
from tests.wavenet.tiny import (
    DISTRIBUTIONS,
    MELS,
    SIZES,
    SPEAKERS,
    delayed,
    network,
    signal,
    spectra,
    zero_buffers,
)

pytestmark = pytest.mark.backend

FRAMES = 7
SPEAKER = np.array([2, 0], np.int32)
# Distribution, kernel and bands.
KINDS = [
    ("categorical", 2, 1),
    ("categorical", 3, 1),
    ("logistic", 2, 1),
    ("gaussian", 3, 1),
    ("logistic", 3, 4),
    ("gaussian", 2, 2),
]


def said(model, before, mels, length=None, speaker=SPEAKER) -> np.ndarray:
    """Parameters [B, T', bands, O] from the steps before each, and padded mels."""
    return ops.convert_to_numpy(model(before, mels, speaker, output_length=length))


def heard(model, frames=FRAMES, seed=0):
    """The samples before each of `frames` frames, and their mels."""
    before = delayed(signal(frames * model.hop_length, seed, bands=model.bands))
    return before, spectra(frames + 2 * model.context, seed)


@pytest.fixture(scope="module")
def plain():
    """Without classes: what it says is a smooth function of the signal."""
    return network(distribution="gaussian")


def kind(distribution: str, kernel: int, bands: int, **more) -> WaveNet:
    """A tiny network; one of several bands is told the deviation of its signal."""
    sizes = {"distribution": distribution, "kernel": kernel, "bands": bands}
    return network(**sizes, deviation=1.0 if bands == 1 else 0.5, **more)


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_every_sample_of_every_frame_is_given(distribution):
    model = network(distribution=distribution)
    before, mels = heard(model)
    found = said(model, before, mels)
    assert model.hop_length == 6
    assert found.shape == (2, FRAMES * 6, 1, model.distribution.channels)
    assert found.dtype == np.float32


def test_bands_are_predicted_side_by_side():
    """Each by parameters of its own, from what all of them were."""
    model = kind("logistic", 2, 3)
    before, mels = heard(model)
    usual = said(model, before, mels)
    assert usual.shape == (2, FRAMES * 6, 3, model.distribution.channels)
    for band in range(3):
        changed = before.copy()
        changed[:, 5, band] += 1.0
        difference = np.abs(said(model, changed, mels) - usual).max(axis=(0, 3))
        assert not difference[:5].any()
        assert (difference[5] > 1e-4).all()


def test_a_known_deviation_is_a_change_of_units():
    """A signal of half the size, told so, is read and predicted as the whole one is."""
    one, half = (network(distribution="logistic", deviation=d) for d in (1.0, 0.5))
    before, mels = heard(one)
    whole, found = said(one, before, mels), said(half, before / 2, mels)
    mixtures = one.distribution.mixtures
    weights, means, scales = np.split(found, [mixtures, 2 * mixtures], axis=-1)
    expected = np.concatenate([weights, 2 * means, scales + np.log(2)], axis=-1)
    np.testing.assert_allclose(expected, whole, atol=1e-5)


def test_classes_of_bands_are_refused():
    with pytest.raises(ValueError, match="one band"):
        network(distribution="categorical", bands=2)


@pytest.mark.parametrize(("distribution", "kernel", "bands"), KINDS)
def test_one_step_at_a_time_is_the_whole_sequence(distribution, kernel, bands):
    model = kind(distribution, kernel, bands)
    before, mels = heard(model, frames=4)
    whole = said(model, before, mels)
    conditioning = model.upsample(model.condition(mels, SPEAKER))
    buffers, steps = zero_buffers(model, 2), []
    for t in range(before.shape[1]):
        parameters, buffers = model.step(before[:, t], buffers, conditioning[:, t])
        steps.append(ops.convert_to_numpy(parameters))
    assert before.shape[1] > model.receptive_field
    assert_same(np.stack(steps, axis=1), whole, tolerance=1e-4)
    assert np.abs(np.diff(whole, axis=1)).max() > 0.1


@pytest.mark.parametrize("kernel", [2, 3])
def test_a_crop_with_its_past_says_what_the_whole_says(kernel):
    """The crop begins within a frame, and its mels with that frame."""
    model = network(kernel=kernel)
    past, length, end = model.receptive_field - 1, 11, 6
    before, mels = heard(model)
    whole = said(model, before, mels)
    stop = end * model.hop_length
    start = stop - length - past
    frame = start // model.hop_length
    found = said(
        model,
        before[:, start:stop],
        mels[:, frame : end + 2 * model.context],
        length=length,
    )
    assert start % model.hop_length
    assert_same(found, whole[:, stop - length : stop], tolerance=1e-5)


@pytest.mark.parametrize("kernel", [2, 3])
def test_the_receptive_field_is_exact(kernel):
    """A sample is heard from the next output on, for as long as is said."""
    model = network(distribution="gaussian", kernel=kernel)
    field = model.receptive_field
    assert field == 1 + (kernel - 1) * (1 + 2 + 1 + 2)
    before, mels = heard(model)
    changed, place = before.copy(), 5
    changed[:, place] += 1.0
    difference = said(model, changed, mels) - said(model, before, mels)
    difference = np.abs(difference).max(axis=(0, 2, 3))
    assert not difference[:place].any()
    assert difference[place] > 1e-4
    assert difference[place + field - 1] > 1e-6
    assert place + field < difference.size
    np.testing.assert_allclose(difference[place + field :], 0.0, atol=1e-7)


def test_a_crop_needs_no_more_than_the_receptive_field(plain):
    """One output, from exactly as many samples."""
    field, hop = plain.receptive_field, plain.hop_length
    before, mels = heard(plain)
    whole = said(plain, before, mels)
    frames = -(-field // hop)
    mels = mels[:, FRAMES - frames :]
    found = said(plain, before[:, -field:], mels, length=1)
    assert_same(found, whole[:, -1:], tolerance=1e-5)


def test_the_context_is_exact(plain):
    """Mels are heard that many frames before and after their own, and no more."""
    before, mels = heard(plain)
    usual = said(plain, before, mels)
    hop, context = plain.hop_length, plain.context
    assert context == 4
    for frame in (0, 2 * context + 2):
        changed = mels.copy()
        changed[:, frame] += 1.0
        difference = np.abs(said(plain, before, changed) - usual)
        difference = difference.max(axis=(0, 2, 3))
        first = max(0, frame - 2 * context) * hop
        assert not difference[:first].any()
        assert difference[first : first + hop].max() > 1e-6
    # The first of all is heard by the gates of the first frame, and by what follows
    # only through what those samples became.
    assert difference[first:].any()


def test_who_speaks_is_heard(plain):
    before, mels = heard(plain)
    one = said(plain, before, mels, speaker=np.array([0, 0], np.int32))
    other = said(plain, before, mels, speaker=np.array([0, 1], np.int32))
    np.testing.assert_array_equal(one[0], other[0])
    assert np.abs(one[1] - other[1]).max() > 1e-3


def test_streams_do_not_hear_each_other(plain):
    before, mels = heard(plain)
    together = said(plain, before, mels)
    swapped = said(plain, before[::-1], mels[::-1], speaker=SPEAKER[::-1])
    assert_same(swapped[::-1], together, tolerance=1e-6)


@pytest.mark.parametrize(("distribution", "kernel", "bands"), KINDS)
def test_what_is_exported_says_the_same(distribution, kernel, bands):
    """In a loop that knows nothing but the description of the arrays."""
    model = kind(distribution, kernel, bands)
    before, mels = delayed(signal(4 * model.hop_length, bands=bands)), spectra(4)
    padded = np.stack([model.padded(each) for each in mels])
    expected = said(model, before, padded)
    weights = model.export()
    assert weights.hop == model.hop_length
    assert weights.distribution == model.distribution
    for place, speaker in enumerate(SPEAKER):
        gates = model.local_conditioning(mels[place], int(speaker))
        assert gates.dtype == np.float32
        frames = 4 + 2 * weights.context
        assert gates.shape == (frames, weights.layers, weights.gates)
        reference, found = Reference(weights), []
        for t, reference.last in enumerate(before[place]):
            found.append(reference.parameters(gates, t))
        assert_same(np.array(found), expected[place], tolerance=1e-5)


@pytest.mark.parametrize("distribution", ["categorical", "gaussian"])
def test_exported_arrays_are_contiguous_floats(distribution):
    for name, array in vars(network(distribution=distribution).export()).items():
        if isinstance(array, np.ndarray):
            assert array.dtype == np.float32, name
            assert array.flags.c_contiguous, name


def test_half_precision_is_close(plain):
    """In what is said, and in where training would go."""
    half = network(distribution="gaussian", compute="bfloat16")
    before, mels = heard(plain)
    exact, rough = said(plain, before, mels), said(half, before, mels)
    assert rough.dtype == np.float32
    assert 0 < np.abs(rough - exact).max() < 0.05 * np.abs(exact).max()
    found, expected = (moved(each, before, mels) for each in (half, plain))
    cosine = np.sum(found * expected)
    cosine /= np.linalg.norm(found) * np.linalg.norm(expected)
    assert cosine > 0.99


def moved(model, before, mels) -> np.ndarray:
    """The gradient of a loss by the mels, which passes through every layer."""
    target = signal(before.shape[1])

    def loss(mels):
        parameters = model(before, mels, SPEAKER, output_length=None)
        return ops.mean(model.distribution.loss(parameters, target))

    return gradients(loss, [mels])[0]


def test_the_same_seed_is_the_same_network():
    def first(seed):
        made = WaveNet(mels=MELS, speakers=SPEAKERS, seed=seed, **SIZES)
        return np.concatenate([np.ravel(w) for w in made.get_weights()])

    np.testing.assert_array_equal(first(1), first(1))
    assert (first(1) != first(2)).mean() > 0.5


def test_it_begins_with_a_residual_stream_of_one_scale():
    """Deep stacks neither fade nor grow: each block adds a little of its own."""
    sizes = {**SIZES, "layers": 12, "residual_channels": 32, "gate_channels": 64}
    model = WaveNet(mels=MELS, speakers=SPEAKERS, **sizes)
    before, mels = heard(model)
    conditioning = model.upsample(model.condition(mels, SPEAKER))
    h, spread = model.embed(before), []
    for block in model.blocks:
        spread.append(float(ops.std(h)))
        h = ops.pad(h, ((0, 0), (block.reach, 0), (0, 0)))
        h, _ = block(h, conditioning, output_length=before.shape[1])
    assert h is None
    assert 0.5 < spread[-1] / spread[0] < 3.0
