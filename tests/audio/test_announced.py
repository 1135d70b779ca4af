"""Recordings that an interrupted copy cut off; headers that announce nothing."""

import struct

import numpy as np
import pytest

from moksori.audio import files
from tests.audio.test_files import RATE, encode, tone


def make(path, codec):
    if codec:
        encode(path, tone(1.0), RATE, codec)
    else:
        import soundfile

        soundfile.write(path, tone(1.0), RATE)
    return path.read_bytes()


LIBSNDFILE = [(f"a{suffix}", "") for suffix in (".wav", ".aiff", ".au", ".mp3", ".ogg")]
FFMPEG = [("a.mkv", "flac"), ("a.caf", "pcm_s16le")]


@pytest.mark.parametrize(("name", "codec"), LIBSNDFILE + FFMPEG)
def test_half_a_file_is_cut_off(tmp_path, name, codec):
    path = tmp_path / name
    whole = make(path, codec)
    assert files.load(path, RATE).size == pytest.approx(RATE, rel=0.15)
    path.write_bytes(whole[: len(whole) * 6 // 10])
    with pytest.raises(files.AudioError) as raised:
        files.load(path, RATE)
    message = str(raised.value)
    assert name in message
    assert "\n" not in message
    assert isinstance(raised.value, files.CutOff)
    assert message.endswith("copy it again")


def test_flac_that_was_cut_does_not_decode(tmp_path):
    whole = make(tmp_path / "a.flac", "")
    (tmp_path / "a.flac").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(files.AudioError):
        files.load(tmp_path / "a.flac", RATE)


@pytest.mark.parametrize("name", ["a.wav", "a.mp3"])
def test_a_stretch_before_the_cut_is_whole(tmp_path, name):
    path = tmp_path / name
    whole = make(path, "")
    path.write_bytes(whole[: len(whole) * 6 // 10])
    assert files.load(path, RATE, 0.1, 0.3).size == round(0.2 * RATE)
    with pytest.raises(files.CutOff, match=r"of the 1\.00 s"):
        files.load(path, RATE, 0.1, 0.9)


@pytest.mark.parametrize(
    "size", [0, 2**32 - 1, 2**32 - 37, 2**31, 2**31 - 2**12, 2 * RATE + 44, 2 * RATE]
)
def test_wavs_from_a_pipe_are_whole(tmp_path, size):
    path = tmp_path / "a.wav"
    content = make(path, "")
    place = content.index(b"data") + 4
    path.write_bytes(content[:place] + struct.pack("<I", size) + content[place + 4 :])
    assert files.load(path, RATE).size == RATE


def test_an_mp3_of_varying_rate_without_a_count_is_read_to_its_end(tmp_path):
    path = tmp_path / "a.mp3"
    content = make(path, "")
    second_frame = content.index(content[:2], 2)
    assert b"Xing" in content[:second_frame]
    path.write_bytes(content[second_frame:])
    assert files.load(path, RATE).size == pytest.approx(RATE, abs=0.1 * RATE)


def test_channels_in_opposite_phase_are_named(tmp_path):
    import soundfile

    both = np.stack([tone(), -tone()], axis=1)
    soundfile.write(tmp_path / "a.wav", both, RATE)
    with pytest.raises(files.AudioError, match="opposite phase"):
        files.load(tmp_path / "a.wav", RATE)
    soundfile.write(tmp_path / "a.wav", np.zeros_like(both), RATE)
    assert not files.load(tmp_path / "a.wav", RATE).any()
