import io
import sys

import numpy as np
import pytest

from moksori.audio.files import decode
from moksori.audio.pcm import to_int16
from moksori.audio.streams import wav_stream

TONE = np.sin(np.linspace(0, 300, 4000)).astype(np.float32)


def test_a_file_is_whole_after_every_piece(tmp_path):
    path = tmp_path / "new" / "a.wav"
    with wav_stream(path, 22050) as write:
        for begin in range(0, 4000, 900):
            write(TONE[begin : begin + 900])
            heard, rate = decode(path)
            expected = to_int16(TONE[: begin + 900]) / 32767
            np.testing.assert_allclose(heard, expected, atol=1e-4)
            assert rate == 22050


def test_a_pipe_gets_a_header_that_promises_more(monkeypatch):
    class Pipe(io.BytesIO):
        def seek(self, *_):
            raise OSError("a pipe cannot go back")

    pipe = Pipe()
    monkeypatch.setattr(sys, "stdout", type("Out", (), {"buffer": pipe}))
    with wav_stream("-", 8000) as write:
        write(TONE)
        assert len(pipe.getvalue()) == 44 + 2 * len(TONE)
    assert not pipe.closed
    assert pipe.getvalue()[:4] == b"RIFF"
    assert np.array_equal(np.frombuffer(pipe.getvalue()[44:], "<i2"), to_int16(TONE))


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(OSError, match="file"),
        wav_stream(tmp_path / "file" / "a.wav", 8000),
    ):
        pass
