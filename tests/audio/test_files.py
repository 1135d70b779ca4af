"""Reading every format, cutting, writing safely."""

import struct

import numpy as np
import pytest

from moksori.audio import files, pcm

RATE = 24000


def tone(seconds=0.5, rate=RATE, hertz=440.0, height=0.5):
    time = np.arange(round(seconds * rate)) / rate
    return (height * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def loudest_hertz(wave, rate):
    spectrum = np.abs(np.fft.rfft(wave * np.hanning(wave.size)))
    return np.argmax(spectrum) * rate / wave.size


def encode(path, wave, rate, codec):
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate)
        stream.layout = "mono"
        samples = pcm.to_int16(wave)[None]
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = rate
        frame.pts = 0
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)


def test_a_wav_comes_back_within_one_step(tmp_path):
    wave = tone()
    files.save(tmp_path / "a.wav", wave, RATE)
    back = files.load(tmp_path / "a.wav", RATE)
    assert back.dtype == np.float32
    assert np.abs(back - wave).max() <= 1 / 32767


def test_saving_leaves_the_array_alone_and_clips(tmp_path):
    wave = np.array([0.0, 2.0, -2.0, 0.5], np.float32)
    before = wave.copy()
    files.save(tmp_path / "a.wav", wave, RATE)
    np.testing.assert_array_equal(wave, before)
    back = files.load(tmp_path / "a.wav", RATE)
    np.testing.assert_allclose(back, [0, 1, -1, 0.5], atol=1e-4)


def test_a_wave_in_pieces_is_saved_as_the_whole(tmp_path):
    wave = np.stack([tone(), -tone()], axis=1)
    files.save(tmp_path / "a.wav", wave, RATE)
    files.save(
        tmp_path / "b.wav",
        (wave[at : at + 777] for at in range(0, len(wave), 777)),
        RATE,
    )
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()
    wave[-1] = np.inf
    with pytest.raises(files.AudioError, match="finite"):
        files.save(tmp_path / "c.wav", iter([wave[:5], wave[5:]]), RATE)
    assert not (tmp_path / "c.wav").exists()


def test_saving_leaves_no_other_file_and_replaces_the_old_one(tmp_path):
    files.save(tmp_path / "a.wav", tone(), RATE)
    files.save(tmp_path / "a.wav", tone(0.25), RATE)
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]
    assert files.load(tmp_path / "a.wav", RATE).size == RATE // 4


@pytest.mark.parametrize("bad", [np.zeros((2, 3), np.float32), np.array([np.nan])])
def test_what_is_no_wave_is_refused(tmp_path, bad):
    with pytest.raises(files.AudioError):
        files.save(tmp_path / "a.wav", bad, RATE)
    assert not list(tmp_path.iterdir())


def test_the_wav_is_16_bit_pcm(tmp_path):
    files.save(tmp_path / "a.wav", tone(), RATE)
    header = (tmp_path / "a.wav").read_bytes()[:36]
    kind, channels, rate, _, _, bits = struct.unpack("<HHIIHH", header[20:36])
    assert (kind, channels, rate, bits) == (1, 1, RATE, 16)


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
def test_formats_of_libsndfile(tmp_path, suffix):
    import soundfile

    soundfile.write(tmp_path / f"a.{suffix}", tone(1.0), RATE)
    wave = files.load(tmp_path / f"a.{suffix}", RATE)
    assert abs(wave.size - RATE) < 0.1 * RATE
    assert loudest_hertz(wave, RATE) == pytest.approx(440, abs=2)


@pytest.mark.parametrize(("suffix", "codec"), [("m4a", "aac"), ("mka", "aac")])
def test_formats_of_ffmpeg(tmp_path, suffix, codec):
    encode(tmp_path / f"a.{suffix}", tone(1.0), RATE, codec)
    wave = files.load(tmp_path / f"a.{suffix}", RATE)
    assert abs(wave.size - RATE) < 0.1 * RATE
    assert loudest_hertz(wave, RATE) == pytest.approx(440, abs=2)
    assert np.abs(wave).max() == pytest.approx(0.5, abs=0.05)


def test_samples_alone_are_those_of_ksponspeech(tmp_path):
    samples = pcm.to_int16(tone(1.0, 16000))
    (tmp_path / "a.pcm").write_bytes(samples.astype("<i2").tobytes() + b"x")
    wave, rate = files.decode(tmp_path / "a.pcm", 0.25, 0.75)
    assert rate == 16000
    np.testing.assert_array_equal(pcm.to_int16(wave), samples[4000:12000])


def test_a_wrong_suffix_does_not_matter(tmp_path):
    encode(tmp_path / "a.m4a", tone(1.0), RATE, "aac")
    (tmp_path / "a.m4a").rename(tmp_path / "a.wav")
    wave = files.load(tmp_path / "a.wav", RATE)
    assert loudest_hertz(wave, RATE) == pytest.approx(440, abs=2)


def test_channels_are_averaged(tmp_path):
    import soundfile

    both = np.stack([tone(), np.zeros_like(tone())], axis=1)
    soundfile.write(tmp_path / "a.wav", both, RATE, subtype="FLOAT")
    np.testing.assert_allclose(
        files.load(tmp_path / "a.wav", RATE), tone() / 2, atol=1e-6
    )


@pytest.mark.parametrize("rate", [8000, 16000, 44100, 48000])
def test_resampling_keeps_length_pitch_and_level(tmp_path, rate):
    files.save(tmp_path / "a.wav", tone(1.0, rate), rate)
    wave = files.load(tmp_path / "a.wav", RATE)
    assert abs(wave.size - RATE) <= 1
    assert loudest_hertz(wave, RATE) == pytest.approx(440, abs=2)
    middle = wave[RATE // 4 : -RATE // 4]
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.01)


@pytest.mark.parametrize("suffix", ["wav", "m4a"])
def test_a_stretch_is_cut_out(tmp_path, suffix):
    wave = np.concatenate([tone(1.0), tone(1.0, hertz=880)])
    if suffix == "wav":
        files.save(tmp_path / "a.wav", wave, RATE)
    else:
        encode(tmp_path / "a.m4a", wave, RATE, "aac")
    part = files.load(tmp_path / f"a.{suffix}", RATE, 1.25, 1.75)
    assert part.size == RATE // 2
    assert loudest_hertz(part, RATE) == pytest.approx(880, abs=4)


@pytest.mark.parametrize(("suffix", "codec"), [("m4a", "aac"), ("caf", "pcm_s16le")])
def test_a_late_stretch_is_that_of_the_whole(tmp_path, suffix, codec):
    path = tmp_path / f"a.{suffix}"
    wave = np.concatenate([tone(0.5, hertz=300 + 50 * step) for step in range(10)])
    encode(path, wave, RATE, codec)
    whole, rate = files.decode(path)
    part, _ = files.decode(path, 3.7, 4.4)
    expected = whole[round(3.7 * rate) : round(4.4 * rate)]
    np.testing.assert_allclose(part, expected, atol=1e-3)


def test_a_stretch_may_end_beyond_the_file(tmp_path):
    files.save(tmp_path / "a.wav", tone(1.0), RATE)
    assert files.load(tmp_path / "a.wav", RATE, 0.5, 9.0).size == RATE // 2


def test_reading_ends_where_asked(tmp_path):
    files.save(tmp_path / "a.wav", tone(2.0), RATE)
    wave, rate = files.decode(tmp_path / "a.wav", at_most_seconds=0.5)
    assert (wave.size, rate) == (RATE // 2, RATE)


def damaged(folder):
    (folder / "text.wav").write_text("no sound at all")
    (folder / "empty.wav").write_bytes(b"")
    files.save(folder / "none.wav", np.zeros(0, np.float32), RATE)
    import soundfile

    holes = np.array([0.0, np.inf, np.nan], np.float32)
    soundfile.write(folder / "holes.wav", holes, RATE, subtype="FLOAT")
    return ["text.wav", "empty.wav", "none.wav", "holes.wav", "missing.wav"]


def test_damaged_files_are_named_in_one_line(tmp_path):
    for name in damaged(tmp_path):
        with pytest.raises(files.AudioError, match=name) as caught:
            files.load(tmp_path / name, RATE)
        assert "\n" not in str(caught.value)


def test_an_empty_stretch_is_refused(tmp_path):
    files.save(tmp_path / "a.wav", tone(), RATE)
    with pytest.raises(files.AudioError, match="empty"):
        files.load(tmp_path / "a.wav", RATE, 1.0, 0.5)


def test_int16_and_back():
    every = np.arange(-32768, 32768).astype(np.int16)
    np.testing.assert_array_equal(pcm.to_int16(pcm.from_int16(every)), every)
    assert pcm.to_int16(every) is every


def test_a_playlist_opens_no_other_file(tmp_path):
    files.save(tmp_path / "other.wav", tone(), RATE)
    (tmp_path / "a.mp3").write_text("ffconcat version 1.0\nfile other.wav\n")
    with pytest.raises(files.AudioError, match="cannot be read as sound"):
        files.load(tmp_path / "a.mp3", RATE)


def test_sound_of_a_kind_that_nobody_decodes(tmp_path):
    files.save(tmp_path / "a.wav", tone(), RATE)
    content = bytearray((tmp_path / "a.wav").read_bytes())
    content[20:22] = b"\xff\xff"  # the form of its samples
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(files.AudioError, match="cannot be decoded"):
        files.load(tmp_path / "a.wav", RATE)


def test_what_is_too_large_for_the_memory_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_MOST_VALUES", RATE)
    for name in ("a.wav", "a.m4a"):
        encode(
            tmp_path / name, tone(1.5), RATE, "aac" if "m4a" in name else "pcm_s16le"
        )
        assert files.decode(tmp_path / name, at_most_seconds=0.5)[0].size == RATE // 2
        with pytest.raises(files.AudioError, match="does not fit into the memory"):
            files.decode(tmp_path / name, at_most_seconds=2)
        assert files.load(tmp_path / name, RATE).size >= 1.4 * RATE
