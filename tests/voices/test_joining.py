import numpy as np
import pytest

import hparams
from moksori.audio.joining import fade_edges, pause
from moksori.voices.joining import group_pieces_by_line, join, stretch, trim_stream
from moksori.voices.reading import Reading

AUDIO = hparams.preset("tiny").audio


@pytest.mark.parametrize(("speed", "frames"), [(0.5, 80), (1.6, 25), (4.0, 10)])
def test_speed_changes_time_and_keeps_every_spectrum(speed, frames):
    mel = np.random.default_rng(0).normal(size=(1, 20)).repeat(40, axis=0)
    stretched = stretch(mel.astype(np.float32), speed)
    assert stretched.shape == (frames, 20)
    np.testing.assert_allclose(stretched, mel[:1].repeat(frames, axis=0), rtol=1e-5)


def test_stretched_ramp_is_a_ramp_with_the_same_ends():
    ramp = np.linspace(-1, 3, 33, dtype=np.float32)[:, None]
    expected = np.linspace(-1, 3, 22)[:, None]
    np.testing.assert_allclose(stretch(ramp, 1.5), expected, atol=1e-6)


def test_speed_one_changes_nothing():
    mel = np.random.default_rng(0).normal(size=(7, 20)).astype(np.float32)
    np.testing.assert_array_equal(stretch(mel, 1.0), mel)
    assert stretch(mel[:1], 2.0).shape == (1, 20)


def pieces(*lengths, level=0.5):
    mels = [np.full((n, AUDIO.mels), 1.0, np.float32) for n in lengths]
    waves = [np.full(n * AUDIO.hop_length, level, np.float32) for n in lengths]
    return mels, waves


def test_joined_mel_and_wave_stay_together():
    mel, wave = join(*pieces(5, 8, 3), [0.4, 0.2], AUDIO)
    pauses = [round(s / AUDIO.frame_seconds) for s in (0.4, 0.2)]
    assert len(mel) == 16 + sum(pauses)
    assert len(wave) == len(mel) * AUDIO.hop_length
    silent = slice(5, 5 + pauses[0])
    assert (mel[silent] == -AUDIO.mel_range).all()
    begin, end = 5 * AUDIO.hop_length, (5 + pauses[0]) * AUDIO.hop_length
    assert (wave[begin:end] == 0).all()


def test_only_the_edges_at_pauses_are_faded():
    mels, waves = pieces(6, 6)
    _, wave = join(mels, waves, [0.3], AUDIO)
    assert wave[0] == wave[-1] == 0.5
    assert np.abs(np.diff(wave)).max() < 0.02
    assert all((w == 0.5).all() for w in waves)


def test_a_wave_beyond_full_scale_is_scaled_as_a_whole():
    mels, waves = pieces(4, level=0.5)
    waves[0][100] = -2.0
    _, wave = join(mels, waves, [], AUDIO)
    assert wave[100] == -1.0
    assert wave[0] == 0.25


@pytest.mark.parametrize("chunk", [1, 7, 300, 5000])
def test_a_stream_equals_the_joined_wave(chunk):
    mels, waves = pieces(9, 14, 3)
    whole = join(mels, waves, [0.1, 0.3], AUDIO)[1]
    streamed = []
    for i, wave in enumerate(waves):
        chunks = (wave[at : at + chunk] for at in range(0, len(wave), chunk))
        streamed += fade_edges(chunks, AUDIO, begin=i > 0, end=i < 2)
        if i < 2:
            streamed.append(pause([0.1, 0.3][i], AUDIO))
    np.testing.assert_array_equal(np.concatenate(streamed), whole)


def test_lines_are_yielded_as_soon_as_their_pieces_are_done():
    readings = [
        Reading("", "", pieces, (0.1,) * (len(pieces) - 1))
        for pieces in (("a", "b"), ("b",), ("c", "a", "c"))
    ]
    taken = []

    def batches():
        for batch in ({"b": 2}, {"a": 1}, {"c": 3}):
            taken.append(batch)
            yield batch

    lines = group_pieces_by_line(readings, batches())
    done = [(i, made, len(taken)) for i, made in lines]
    assert done == [(1, [2], 1), (0, [1, 2], 2), (2, [3, 1, 3], 3)]


def wave_of(*parts: tuple[float, float]) -> np.ndarray:
    """Noise of so many seconds and levels, one after another."""
    random = np.random.default_rng(0)
    pieces = [level * random.standard_normal(round(s * 24000)) for s, level in parts]
    return np.concatenate(pieces).astype(np.float32)


def test_silence_around_speech_is_trimmed():
    audio = hparams.Audio()
    wave = wave_of((1.0, 1e-4), (0.5, 0.1), (0.8, 1e-4), (0.5, 0.02), (2.0, 1e-4))
    kept = np.concatenate(list(trim_stream([wave], audio)))
    assert len(kept) % audio.hop_length == 0
    begin = round((1.0 - audio.tail_seconds) * 24000)
    seconds = 0.5 + 0.8 + 0.5 + 2 * audio.tail_seconds
    assert len(kept) / 24000 == pytest.approx(seconds, abs=audio.frame_seconds)
    speech = round(seconds * 24000)
    np.testing.assert_array_equal(kept[:speech], wave[begin : begin + speech])
    assert not kept[speech:].any()


@pytest.mark.parametrize("size", [1, 77, 240, 5000, 10**6])
def test_trimming_does_not_depend_on_the_chunks(size):
    audio = hparams.Audio()
    wave = wave_of((0.3, 1e-4), (0.2, 0.1), (0.4, 0.0), (0.1, 0.1), (0.25, 1e-4))[:-3]
    whole = np.concatenate(list(trim_stream([wave], audio)))
    chunks = [wave[i : i + size] for i in range(0, len(wave), size)]
    trimmed = np.concatenate(list(trim_stream(chunks, audio)))
    np.testing.assert_array_equal(trimmed, whole)


def test_speech_is_yielded_at_once_and_silence_alone_never():
    audio = hparams.Audio()
    chunks = trim_stream(iter([wave_of((0.1, 0.1)), wave_of((0.1, 0.1))]), audio)
    assert len(next(chunks)) == 2400
    assert list(trim_stream([wave_of((3, 1e-4)), wave_of((3, 1e-4))], audio)) == []
    assert list(trim_stream([], audio)) == []
