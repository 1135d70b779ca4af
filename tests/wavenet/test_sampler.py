"""The sampler: utterances of any number and length, folded, whole or streamed."""

import itertools
import threading

import numpy as np
import pytest

from moksori.wavenet.distributions import Gaussian
from moksori.wavenet.folding import Folding, cut, join
from moksori.wavenet.sampler import Sampler, uniforms
from tests.wavenet import made

HOP = 10


@pytest.fixture(scope="module", params=[1, 4], ids=["1 band", "4 bands"])
def network(request):
    network = made.weights(distribution=Gaussian(), kernel=3, bands=request.param)
    return made.FakeNetwork(network)


@pytest.fixture(scope="module")
def whole(network):
    return Sampler(network, engine="cpu", folding=None)


def mels(*frames: int) -> list[np.ndarray]:
    random = np.random.default_rng(3)
    return [random.normal(size=(n, 6)).astype(np.float32) for n in frames]


def test_numbers_depend_on_seed_stream_and_place_alone():
    numbers = uniforms(3, 1, 0, 5000)
    assert numbers.shape == (5000, 1, 2)
    banded = uniforms(3, 1, 0, 1250, bands=4)
    assert banded.shape == (1250, 4, 2)
    np.testing.assert_array_equal(banded.reshape(numbers.shape), numbers)
    np.testing.assert_array_equal(uniforms(3, 1, 5, 70, bands=4), banded[5:75])
    numbers = numbers[:, 0]
    assert numbers.dtype == np.float32
    assert numbers.min() >= 0
    assert numbers.max() < 1
    for start, count in ((0, 1), (1, 7), (4998, 2), (1234, 999)):
        part = uniforms(3, 1, start, count)[:, 0]
        np.testing.assert_array_equal(part, numbers[start : start + count])
    assert not np.array_equal(uniforms(4, 1, 0, 9)[:, 0], numbers[:9])
    assert not np.array_equal(uniforms(3, 2, 0, 9)[:, 0], numbers[:9])
    np.testing.assert_allclose(numbers.mean(axis=0), 0.5, atol=0.02)
    assert abs(np.corrcoef(numbers.T)[0, 1]) < 0.05
    assert abs(np.corrcoef(numbers[1:, 0], numbers[:-1, 0])[0, 1]) < 0.05


def test_frames_times_hop_is_samples(whole):
    counts = [1, 40, 3, 0, 17] + [5] * 30
    signals = whole.generate(mels(*counts))
    bands = whole.engine.begin(1).last.shape[1]
    assert [signal.shape for signal in signals] == [(HOP * n, bands) for n in counts]
    assert all(signal.dtype == np.float32 for signal in signals)


def test_nothing_beside_it_changes_an_utterance(whole, network):
    many = mels(*([30, 7, 44] * 12))
    together = whole.generate(many, seed=2)
    one_worker = Sampler(network, engine="cpu", folding=None, workers=1)
    for i, alone in enumerate(one_worker.generate(many[:5], seed=2)):
        np.testing.assert_array_equal(alone, together[i])
    assert not np.array_equal(whole.generate(many[:1], seed=3)[0], together[0])


def test_speakers_are_heard(whole):
    same = mels(20) * 2
    # Each utterance has numbers of its own: compare by place.
    first = whole.generate(same, speaker=[0, 1])
    second = whole.generate(same, speaker=1)
    assert not np.array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])


@pytest.mark.parametrize("chunk", [1, 33, 10_000])
def test_a_stream_is_the_whole_in_pieces(whole, chunk):
    (mel,) = mels(25)
    pieces = list(whole.stream(mel, speaker=1, seed=4, chunk_steps=chunk))
    assert {len(piece) for piece in pieces[:-1]} <= {chunk}
    expected = whole.generate([mel], speaker=1, seed=4)[0]
    np.testing.assert_array_equal(np.concatenate(pieces), expected)
    assert list(whole.stream(mel[:0])) == []


def test_a_lower_temperature_strays_less(whole):
    (mel,) = mels(60)
    still = whole.generate([mel], temperature=0.0)[0]
    strays = [
        np.abs(whole.generate([mel], temperature=t)[0] - still).mean()
        for t in (0.1, 0.5, 1.0)
    ]
    assert 0 < strays[0] < strays[1] < strays[2]


def test_progress_reaches_the_end(whole):
    told = []
    whole.generate(mels(300, 5), progress=lambda *counts: told.append(counts))
    assert told[-1] == (3050, 3050)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_whoever_interrupts_is_heard(network):
    sampler = Sampler(network, engine="cpu", folding=None)
    before = threading.active_count()

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sampler.generate(mels(*[2000] * 40), progress=stop)
    assert threading.active_count() == before


def test_an_error_in_a_thread_is_raised(whole):
    with pytest.raises(ValueError, match="operand"):
        whole.generate([np.zeros((5, 99), np.float32)])


def test_wrong_arguments_are_refused(network, whole):
    with pytest.raises(ValueError, match="2 speakers"):
        whole.generate(mels(5), speaker=[0, 1])
    with pytest.raises(ValueError, match="temperature"):
        whole.generate(mels(5), temperature=-1.0)
    with pytest.raises(ValueError, match="chunk_steps"):
        next(whole.stream(mels(5)[0], chunk_steps=0))
    with pytest.raises(ValueError, match="no engine gpu"):
        Sampler(network, engine="gpu")
    with pytest.raises(ValueError, match="warm up"):
        Folding(warm_up=0.5)


def test_short_utterances_are_not_folded(network, whole):
    folding = Sampler(network, engine="cpu", folding=Folding(longest=60))
    counts = mels(60, 20)
    for folded, plain in zip(
        folding.generate(counts), whole.generate(counts), strict=True
    ):
        np.testing.assert_array_equal(folded, plain)


def test_pieces_cover_an_utterance_and_warm_up():
    (mel,) = mels(400)
    mel[::20] = -9.0
    pieces = cut(0, mel, 4, HOP, warm_up=130, quiet=0.1)
    assert [piece.start for piece in pieces] == [0, 100 * HOP, 200 * HOP, 300 * HOP]
    assert pieces[0].begin == 0
    assert pieces[-1].end == 400 * HOP
    for left, right in itertools.pairwise(pieces):
        assert right.start - right.begin == 130
        assert left.end - right.start == HOP == left.fade_out == right.fade_in
    ones = [np.ones((piece.end - piece.start, 1)) for piece in pieces]
    np.testing.assert_allclose(join(pieces, ones), 1.0, atol=1e-6)


@pytest.mark.parametrize(
    ("quiet", "starts"),
    [
        ([103], [0, 103]),
        # Nearest to the middle, and not too far from it; never the ends.
        ([90, 103, 110], [0, 103]),
        ([0, 20, 199], [0]),
    ],
)
def test_seams_are_in_quiet_frames(quiet, starts):
    mel = np.zeros((200, 6), np.float32)
    mel[quiet] = -3.0
    pieces = cut(0, mel, 2, HOP, quiet=0.3)
    assert [piece.start for piece in pieces] == [HOP * start for start in starts]


def decibels(spectrum: np.ndarray) -> np.ndarray:
    return 20 * np.log10(np.abs(spectrum) + 1e-3)


def test_a_seam_is_not_heard(network, whole):
    """A chain that forgets: driven by the same numbers, pieces agree at their seams."""
    (mel,) = mels(600)
    mel[::10] -= 1.0
    folded = Sampler(network, engine="cpu", folding=Folding(longest=100))
    streams = folded.engine.batch_size * folded.engine.workers
    (count,) = folded.folding.pieces([600], HOP, network.receptive_field, streams)
    pieces = cut(0, mel, count, HOP, quiet=folded.folding.quiet)
    assert len(pieces) >= min(8, streams // 2)
    found = folded.generate([mel], seed=1)[0]
    expected = whole.generate([mel], seed=1)[0]
    assert found.shape == expected.shape
    assert not np.array_equal(found, expected)
    for piece in pieces[1:]:
        around = slice(piece.start - 64, piece.start + 64)
        level = [np.sqrt(np.mean(x[around] ** 2)) for x in (found, expected)]
        assert abs(20 * np.log10(level[0] / level[1])) < 0.5
        distance = decibels(np.fft.rfft(found[around], axis=0))
        distance = distance - decibels(np.fft.rfft(expected[around], axis=0))
        assert np.sqrt(np.mean(distance**2)) < 1.0
    assert np.abs(found - expected).max() < 0.02
