"""The watermark: found where it should be, at any rate and in any pieces, else not."""

from itertools import pairwise

import numpy as np
import pytest
import scipy.signal

from moksori.audio import watermark
from moksori.audio.files import resample

KEY = b"the key of these tests"
TOKEN = 0xC0FFEE42


def spoken(rate: int = 24000, seconds: float = 9.0, seed: int = 0) -> np.ndarray:
    """Something like speech: a gliding voice and noise through moving resonances."""
    rng = np.random.default_rng(seed)
    count = int(seconds * rate)
    syllables = int(seconds * 4) + 2
    places = np.linspace(0, syllables - 1, count)
    pitch = np.interp(places, np.arange(syllables), rng.uniform(90, 220, syllables))
    pulses = np.diff(np.floor(np.cumsum(pitch) / rate), prepend=0)
    source = pulses + 0.01 * rng.standard_normal(count)
    level = np.interp(places, np.arange(syllables), rng.uniform(0.05, 1, syllables))
    wave = np.zeros(count)
    for low, high in ((300, 900), (900, 2400), (2300, 3500)):
        start = 0
        while start < count:
            stop = start + rate // 8
            centre = rng.uniform(low, high)
            band = np.array([0.85, 1.15]) * min(centre, rate * 0.4)
            sos = scipy.signal.butter(1, band, "band", fs=rate, output="sos")
            wave[start:stop] += scipy.signal.sosfilt(sos, source[start:stop])
            start = stop
    wave *= level
    return (0.5 * wave / np.abs(wave).max()).astype(np.float32)


@pytest.fixture(scope="module")
def marked() -> np.ndarray:
    return watermark.mark(spoken(), 24000, TOKEN, KEY)


@pytest.mark.parametrize(
    "change",
    [
        lambda wave: wave,
        lambda wave: np.round(wave * 0.3 * 32767) / 32767,
        lambda wave: resample(resample(wave, 24000, 8000), 8000, 24000),
        lambda wave: wave[7777:],
        lambda wave: wave + 0.005 * np.random.default_rng(1).standard_normal(len(wave)),
    ],
    ids=["as it is", "quiet in 16 bits", "by telephone", "cut", "in noise"],
)
def test_the_token_is_found(marked, change):
    found = watermark.detect(change(marked), 24000, KEY)
    assert found.token == TOKEN
    assert found.presence > 1.8
    assert found.speed == 1


@pytest.mark.parametrize("percent", [-4, 2])
def test_a_recording_played_at_another_speed(marked, percent):
    found = watermark.detect(marked, round(24000 * (1 + percent / 100)), KEY)
    assert found.token == TOKEN
    assert found.speed == 1 + percent / 100


def test_no_mark_and_the_mark_of_another_key(marked):
    for wave, key in ((spoken(), KEY), (marked, b"another")):
        assert watermark.detect(wave, 24000, key).presence < 1.5


@pytest.mark.parametrize("rate", [8000, 16000, 44100])
def test_other_rates(rate):
    marked = watermark.mark(spoken(rate, 12), rate, TOKEN, KEY)
    assert watermark.detect(marked, rate, KEY).token == TOKEN


def test_pieces_change_no_sample(marked):
    marker, wave = watermark.Marker(24000, TOKEN, KEY), spoken()
    cuts = [0, 1, 5, 100, 30000, 30001, 99999, len(wave)]
    pieces = [marker.feed(wave[a:b]) for a, b in pairwise(cuts)]
    whole = np.concatenate([*pieces, marker.finish()])
    assert whole.dtype == np.float32
    np.testing.assert_array_equal(whole, marked)


def test_channels_have_the_same_mark_and_either_alone_shows_it():
    wave = spoken()
    stereo = np.stack([wave, 0.4 * np.roll(wave, 200)], 1)
    marked = watermark.mark(stereo, 24000, TOKEN, KEY)
    assert marked.shape == stereo.shape
    for sound in (marked, marked[:, 1]):
        assert watermark.detect(sound, 24000, KEY).token == TOKEN


def test_it_is_soft_and_silence_stays_silent(marked):
    wave = spoken()
    ratio = np.sum(wave**2) / np.sum((marked - wave) ** 2)
    assert 10 * np.log10(ratio) > 12
    assert not watermark.mark(np.zeros(24000), 24000, TOKEN, KEY).any()


@pytest.mark.parametrize("count", [0, 1, 700, 50000])
def test_as_many_samples_come_out(count):
    assert watermark.mark(spoken()[:count], 24000, TOKEN, KEY).shape == (count,)


def test_the_most_doubtful_bits_are_turned_first():
    evidence = np.full(32, 3, np.float32)
    evidence[5], evidence[9] = -0.1, 0.2
    found = watermark.Detection(0xFFFFFFDF, 2.0, evidence, 1.0, 0.0, 9.0)
    candidates = list(found.candidates(2))
    assert candidates == [0xFFFFFFDF, 0xFFFFFFFF, 0xFFFFFDDF, 0xFFFFFDFF]


def test_verdicts_of_a_marked_recording(marked):
    found = watermark.detect(marked, 24000, KEY)
    assert watermark.judge(found, {TOKEN}.__contains__) == "ours"
    assert watermark.judge(found, {TOKEN ^ 1}.__contains__) == "inconclusive"


@pytest.mark.parametrize(
    ("presence", "seconds", "known", "verdict"),
    [
        (2.5, 9.0, True, "ours"),
        (2.5, 1.5, True, "ours"),
        (2.5, 9.0, False, "inconclusive"),
        (2.5, 1.5, False, "too_short"),
        (1.2, 9.0, True, "not_ours"),
        (1.2, 2.0, True, "too_short"),
        (0.0, 0.0, False, "too_short"),
    ],
)
def test_verdicts(presence, seconds, known, verdict):
    evidence = np.full(32, -3, np.float32)
    found = watermark.Detection(0, presence, evidence, 1.0, 0.0, seconds)
    # A bit that was turned is found among the candidates.
    assert watermark.judge(found, lambda token: known and token == 4) == verdict


def test_a_register_is_asked_for_few_tokens_and_only_where_there_is_a_mark(marked):
    asked = []
    for wave in (spoken(), marked):
        found = watermark.detect(wave, 24000, b"another")
        assert watermark.judge(found, asked.append) == "not_ours"
    assert asked == []
    watermark.judge(watermark.detect(marked, 24000, KEY), asked.append)
    assert len(asked) == len(set(asked)) == 64


@pytest.mark.parametrize("count", [0, 1, 700, 24000, 200000])
def test_silence_is_too_short(count):
    found = watermark.detect(np.zeros(count), 24000, KEY)
    assert (found.presence, found.seconds) == (0, 0)
    assert watermark.judge(found, lambda token: True) == "too_short"


def test_two_seconds_may_suffice_and_silence_does_not_count(marked):
    short = marked[24000:72000]
    for wave in (short, np.pad(short, (0, 100000))):
        found = watermark.detect(wave, 24000, KEY)
        assert found.seconds == pytest.approx(2, abs=0.1)
        assert watermark.judge(found, {TOKEN}.__contains__) == "ours"
        assert watermark.judge(found, lambda token: False) == "too_short"


def test_what_is_refused():
    with pytest.raises(ValueError, match=r"32 bits"):
        watermark.Marker(24000, 1 << 32, KEY)
