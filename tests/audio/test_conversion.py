"""Any recording or video to a mono wav, in constant memory."""

import os
import tracemalloc

import numpy as np
import pytest

from moksori.audio import conversion, files
from moksori.audio.files import AudioError
from tests.audio.test_files import encode, loudest_hertz, tone

RATE = 44100


def video(path, waves, rate=RATE, pictures=5):
    """Write a film of black pictures with one mono sound track for each wave."""
    import av

    with av.open(str(path), "w") as container:
        screen = container.add_stream("mpeg4", rate=5)
        screen.width = screen.height = 32
        mono = {"rate": rate, "layout": "mono"}
        sounds = [container.add_stream("aac", **mono) for _ in waves]
        for sound, language in zip(sounds, ("kor", "eng"), strict=False):
            sound.metadata["language"] = language
        for sound, wave in zip(sounds, waves, strict=True):
            frame = av.AudioFrame.from_ndarray(wave[None], format="fltp", layout="mono")
            frame.sample_rate, frame.pts = rate, 0
            container.mux(sound.encode(frame) + sound.encode(None))
        for _ in range(pictures):
            black = np.zeros((32, 32, 3), np.uint8)
            container.mux(screen.encode(av.VideoFrame.from_ndarray(black, "rgb24")))
        container.mux(screen.encode(None))
    return path


@pytest.mark.parametrize("suffix", ["wav", "flac", "mp3", "ogg"])
@pytest.mark.parametrize("rate", [8000, 16000, 44100])
def test_the_wav_is_what_reading_the_file_gives(tmp_path, suffix, rate):
    import soundfile

    both = np.stack([tone(1.0, rate), tone(1.0, rate, 880.0, 0.2)], axis=1)
    path = tmp_path / f"a.{suffix}"
    soundfile.write(path, both, rate)
    seconds = conversion.convert(path, tmp_path / "out" / "b.wav")
    assert seconds == pytest.approx(1, abs=0.06)
    read = files.load(path, 16000)
    wave, got = soundfile.read(tmp_path / "out" / "b.wav", dtype="float32")
    assert got == 16000
    assert wave.ndim == 1
    # FFmpeg and libsndfile differ in the padding of mp3 and ogg that they leave out.
    if suffix in ("wav", "flac"):
        np.testing.assert_allclose(wave, read, atol=2e-4)
    assert loudest_hertz(wave[2000:14000], 16000) == pytest.approx(440, abs=3)


def test_a_track_of_a_video_is_chosen(tmp_path):
    path = video(tmp_path / "a.mp4", [tone(1.0, RATE), tone(1.0, RATE, 880.0)])
    first, second = conversion.tracks(path)
    assert (first.language, second.language) == ("kor", "eng")
    assert str(first) == "track 0: aac, 44100 Hz, 1 channel, kor"
    for track, hertz in enumerate([440, 880]):
        conversion.convert(path, tmp_path / "b.wav", track=track)
        wave = files.load(tmp_path / "b.wav", 16000)
        assert len(wave) == pytest.approx(16000, abs=1600)
        assert loudest_hertz(wave, 16000) == pytest.approx(hertz, abs=3)
    with pytest.raises(AudioError, match="has 2 sound tracks, counted from 0"):
        conversion.convert(path, tmp_path / "c.wav", track=2)
    assert not (tmp_path / "c.wav").exists()


def test_a_broadcast_that_changes_its_rate_is_followed(tmp_path):
    import soundfile

    soundfile.write(tmp_path / "1.mp3", tone(2.0, RATE), RATE)
    second = np.stack([tone(2.0, 22050, 880.0)] * 2, axis=1)
    soundfile.write(tmp_path / "2.mp3", second, 22050)
    both = [(tmp_path / name).read_bytes() for name in ("1.mp3", "2.mp3")]
    (tmp_path / "a.mp3").write_bytes(b"".join(both))
    seconds = conversion.convert(tmp_path / "a.mp3", tmp_path / "a.wav")
    assert seconds == pytest.approx(4, abs=0.2)
    wave = files.load(tmp_path / "a.wav", 16000)
    assert loudest_hertz(wave[8000:24000], 16000) == pytest.approx(440, abs=3)
    assert loudest_hertz(wave[40000:56000], 16000) == pytest.approx(880, abs=3)


def test_long_recordings_take_no_more_memory(tmp_path):
    encode(tmp_path / "a.flac", np.tile(tone(1.0, 16000), 600), 16000, "flac")
    tracemalloc.start()
    seconds = conversion.convert(tmp_path / "a.flac", tmp_path / "b.wav")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert seconds == pytest.approx(600, abs=0.01)
    # The whole wave would be 19 MB as int16 and 38 as float32.
    assert peak < 4e6


def test_progress_says_how_far_it_is(tmp_path):
    files.save(tmp_path / "a.wav", tone(2.0, RATE), RATE)
    told = []
    conversion.convert(
        tmp_path / "a.wav", tmp_path / "b.wav", progress=lambda *t: told.append(t)
    )
    done, lengths = zip(*told, strict=True)
    assert list(done) == sorted(done)
    assert done[-1] == pytest.approx(2, abs=0.05)
    assert lengths[0] == pytest.approx(2, abs=0.01)


def hostile(folder):
    """Write files that are no recording, or a broken one: {name: its content}."""
    import zipfile

    files.save(folder / "good.wav", tone(1.0, 16000), 16000)
    good = (folder / "good.wav").read_bytes()
    with zipfile.ZipFile(folder / "zip.wav", "w") as archive:
        archive.writestr("a.wav", good)
    silent = [np.zeros(2000, np.float32)]
    film = video(folder / "film.mp4", silent).read_bytes()
    playlist = f"ffconcat version 1.0\nfile {folder / 'good.wav'}\n"
    nans = good[:20] + b"\3\0\1\0\x80>\0\0\0\xfa\0\0\4\0 \0" + good[36:40]
    return {
        "cut.wav": good[:9000],
        "empty.wav": b"",
        "header.wav": good[:44],
        "nan.wav": nans + (4).to_bytes(4, "little") + b"\0\0\xc0\x7f",
        "noise.mp4": np.random.default_rng(0).bytes(5000),
        "cut.mp4": film[: len(film) // 2],
        "playlist.mp4": playlist.encode(),
        "playlist.m3u8": f"#EXTM3U\n#EXTINF:1,\n{folder / 'good.wav'}\n".encode(),
        "zip.wav": (folder / "zip.wav").read_bytes(),
    }


def test_hostile_files_are_refused_in_one_line(tmp_path):
    for name, content in hostile(tmp_path).items():
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(AudioError) as refused:
            print(name, conversion.convert(path, tmp_path / "out" / "b.wav"))
        assert str(path) in str(refused.value)
        assert "\n" not in str(refused.value)
    left = (tmp_path / "out").rglob("*") if (tmp_path / "out").exists() else ()
    assert not list(left)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_what_is_no_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.wav")
    for name in ("a.wav", "missing.wav", "."):
        with pytest.raises(AudioError, match="no such file"):
            conversion.convert(tmp_path / name, tmp_path / "b.wav")
