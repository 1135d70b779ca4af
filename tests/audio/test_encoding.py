"""What leaves the house: whole or in pieces the same sound, tagged, of known length."""

import io
import struct
from itertools import pairwise

import numpy as np
import pytest

from moksori.audio import conversion, encoding, files, pcm, watermark
from moksori.audio.files import AudioError
from tests.audio.test_watermark import spoken

RATE = 24000
TOKEN = 0x00C0FFEE
# Decoded samples before and after the sound that no header takes away: (whole, stream).
DELAY = {"mp3": (0, 1105), "aac": (1024, 1024)}
FRAME = {"mp3": 2 * 576, "aac": 1024}
lossless = pytest.mark.parametrize("name", ["wav", "flac", "pcm"])
every = pytest.mark.parametrize("name", encoding.FORMATS)


def sound(rate: int = RATE, seconds: float = 2.0) -> np.ndarray:
    """A tone that swells to its very end, and some noise."""
    times = np.arange(round(rate * seconds)) / rate
    noise = np.random.default_rng(0).standard_normal(len(times))
    wave = 0.2 * times * np.sin(2 * np.pi * 440 * times) + 0.003 * noise
    return wave.astype(np.float32)


def streamed(wave, rate, name, **options) -> list[bytes]:
    encoder = encoding.Encoder(rate, name, **options)
    cuts = [*range(0, len(wave), 1700), len(wave)]
    return [*(encoder.feed(wave[a:b]) for a, b in pairwise(cuts)), encoder.finish()]


def decoded(data: bytes, name: str, rate: int = RATE) -> tuple[np.ndarray, dict]:
    """Decode by PyAV to (float32 [samples] at a rate, tags)."""
    import av

    raw = {"format": "s16le", "options": {"sample_rate": str(rate)}}
    with av.open(io.BytesIO(data), **(raw if name == "pcm" else {})) as container:
        stream = container.streams.audio[0]
        back = av.AudioResampler("fltp", "mono", rate)
        frames = [f for each in container.decode(stream) for f in back.resample(each)]
        frames += back.resample(None)
        tags = {**container.metadata, **stream.metadata}
    return np.concatenate([frame.to_ndarray()[0] for frame in frames]), tags


def tail(rate: int) -> int:
    return round(encoding.TAIL_SECONDS * rate)


@every
def test_the_length_is_right_and_nothing_of_the_end_is_lost(name):
    wave = sound()
    both = encoding.encode(wave, RATE, name), b"".join(streamed(wave, RATE, name))
    for data, delay in zip(both, DELAY.get(name, (0, 0)), strict=True):
        heard, _ = decoded(data, name)
        excess = len(heard) - delay - len(wave) - tail(RATE)
        assert 0 <= excess <= (FRAME.get(name, 0) if delay else 0)
        end = heard[delay : delay + len(wave)][-2400:]
        assert np.corrcoef(end, wave[-2400:])[0, 1] > 0.99


@every
@pytest.mark.parametrize("rate", [22050, 24000])
def test_pieces_give_what_the_whole_gives(name, rate):
    wave = sound(rate)
    data = encoding.encode(wave, rate, name), b"".join(streamed(wave, rate, name))
    whole, stream = (
        decoded(each, name, rate)[0][delay:]
        for each, delay in zip(data, DELAY.get(name, (0, 0)), strict=True)
    )
    count = len(wave)
    np.testing.assert_allclose(whole[:count], stream[:count], atol=2e-4)
    # A pop where pieces meet would be a step that the tone has not.
    assert np.abs(np.diff(stream[:count])).max() < 0.1


@lossless
def test_lossless_formats_keep_every_sample(name):
    wave = sound()
    heard, _ = decoded(encoding.encode(wave, RATE, name), name)
    expected = pcm.to_int16(wave)
    np.testing.assert_array_equal(np.rint(heard[: len(wave)] * 32768), expected)
    assert not heard[len(wave) :].any()


@every
def test_tags_say_what_it_is_and_which(name):
    for data in (
        encoding.encode(sound(), RATE, name, token=TOKEN),
        b"".join(streamed(sound(), RATE, name, token=TOKEN)),
    ):
        _, tags = decoded(data, name)
        if name != "pcm":
            assert tags["comment"] == "AI-generated"
            assert tags[encoding.FORMATS[name].token_tag] == "00c0ffee"


@every
def test_a_watermark_of_a_stream_is_found_in_every_format(name):
    marker = watermark.Marker(RATE, TOKEN, b"key")
    encoder = encoding.Encoder(RATE, name, token=TOKEN)
    pieces = np.array_split(spoken(RATE, 5.0), 7)
    parts = [encoder.feed(marker.feed(piece)) for piece in pieces]
    parts += [encoder.feed(marker.finish()), encoder.finish()]
    heard, _ = decoded(b"".join(parts), name)
    found = watermark.detect(heard, RATE, b"key", (1.0,))
    assert watermark.judge(found, {TOKEN}.__contains__) == "ours"


@pytest.mark.parametrize("name", sorted(encoding.FORMATS.keys() - {"pcm"}))
def test_files_and_streams_are_read_here(tmp_path, name):
    wave = sound()
    for data in (
        encoding.encode(wave, RATE, name),
        b"".join(streamed(wave, RATE, name)),
    ):
        path = tmp_path / f"a.{name}"
        path.write_bytes(data)
        heard, rate = files.decode(path)
        assert rate == RATE
        assert len(heard) == pytest.approx(len(wave) + tail(RATE), abs=1600)
        assert sum(map(len, conversion.blocks(path, RATE))) == len(heard)


def test_sizes_of_a_wav():
    pieces = streamed(sound(), RATE, "wav")
    stream = b"".join(pieces)
    whole = encoding.encode(sound(), RATE, "wav")
    for data, size in ((stream, None), (whole, len(whole))):
        begin = data.index(b"data")
        sizes = struct.unpack("<I", data[4:8]) + struct.unpack(
            "<I", data[begin + 4 : begin + 8]
        )
        expected = (2**32 - 1,) * 2 if size is None else (size - 8, size - begin - 8)
        assert sizes == expected
    assert stream.count(b"RIFF") == 1
    assert all(len(piece) == 2 * 1700 for piece in pieces[1:-2])


@every
def test_most_of_a_stream_comes_before_its_end(name):
    pieces = streamed(sound(), RATE, name)
    assert pieces[0]
    assert sum(map(len, pieces[:-1])) > 0.6 * sum(map(len, pieces))


@every
def test_the_same_wave_gives_the_same_bytes(name):
    assert streamed(sound(), RATE, name) == streamed(sound(), RATE, name)


@pytest.mark.parametrize(
    ("name", "rate", "chosen", "expected"),
    [
        ("ogg", 22050, None, 24000),
        ("ogg", 44100, None, 48000),
        ("mp3", 22050, None, 22050),
        ("mp3", 96000, None, 48000),
        ("wav", 22050, 8000, 8000),
        ("aac", 22050, 44100, 44100),
    ],
)
def test_rates(name, rate, chosen, expected):
    wave = sound(rate, 0.5)
    encoder = encoding.Encoder(rate, name, rate=chosen)
    data = encoder.feed(wave) + encoder.finish()
    assert encoder.rate == expected
    heard, _ = decoded(data, name, expected)
    assert len(heard) / expected == pytest.approx(0.7, abs=0.15)


def test_nothing_but_the_silence():
    heard, _ = decoded(encoding.encode(np.zeros(0), RATE, "flac"), "flac")
    assert len(heard) == tail(RATE)


def test_what_is_refused():
    with pytest.raises(AudioError, match="no format 'exe'; there are mp3, wav"):
        encoding.encode(sound(), RATE, "exe")
    with pytest.raises(AudioError, match="ogg has no rate of 44100 Hz; choose one of"):
        encoding.encode(sound(), RATE, "ogg", rate=44100)
    for rate in (-1, 0, 10**9):
        with pytest.raises(AudioError, match="choose one of 8000 to 192000"):
            encoding.encode(sound(), RATE, "wav", rate=rate)
    with pytest.raises(AudioError, match="not finite"):
        encoding.encode(np.array([np.nan]), RATE, "wav")
    with pytest.raises(AudioError, match="1 or 2 channels, not 3"):
        encoding.encode(np.zeros((2, 3)), RATE, "wav")
    with pytest.raises(AudioError, match=r"\[samples\], not \[2, 2\]"):
        encoding.Encoder(RATE, "wav").feed(np.zeros((2, 2)))


@pytest.mark.parametrize("name", ["mp3", "wav", "flac", "ogg", "aac"])
def test_two_channels_stay_apart(name, tmp_path):
    seconds = np.arange(RATE) / RATE
    wave = [0.3 * np.sin(2 * np.pi * hertz * seconds) for hertz in (220, 330)]
    path = tmp_path / f"two.{name}"
    path.write_bytes(encoding.encode(np.stack(wave, axis=1), RATE, name))
    heard, rate = files.decode_channels(path)
    spectrum = np.abs(np.fft.rfft(heard[rate // 4 : rate // 4 + rate // 2], axis=0))
    assert list(2 * spectrum.argmax(axis=0)) == [220, 330]
