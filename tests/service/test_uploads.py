import contextlib
import io
import struct

import numpy as np
import pytest

from moksori.audio.encoding import encode

pytestmark = pytest.mark.usefixtures("service_installed")
RATE = 24_000


@pytest.fixture(scope="module")
def wave():
    time = np.arange(4 * RATE) / RATE
    return (0.3 * np.sin(2 * np.pi * 220 * time)).astype(np.float32)


@pytest.fixture
def in_process(monkeypatch):
    """Decode here, as a process for each damaged file would cost a second."""
    from moksori.service import decoding, uploads

    def decode(*what):
        about, pieces = decoding.decode(*what)
        return about, b"".join(piece.tobytes() for piece in pieces)

    monkeypatch.setattr(uploads, "_in_child", decode)


def refused(data):
    from moksori.service.problems import Problem
    from moksori.service.uploads import decoded

    with pytest.raises(Problem) as caught:
        decoded(data)
    return caught.value.status, caught.value.word


def wav_header(channels=1, rate=RATE, size=0, code=1):
    form = struct.pack("<HHIIHH", code, channels, rate, rate * channels * 2, 2, 16)
    head = b"RIFF" + struct.pack("<I", 36 + size) + b"WAVEfmt " + struct.pack("<I", 16)
    return head + form + b"data" + struct.pack("<I", size)


TONE = (0.3 * np.sin(np.arange(RATE) / 20)).astype(np.float32)
AU = struct.pack(">4sIIIII", b".snd", 24, 4000, 3, 8000, 1) + bytes(4000)
MP3 = encode(TONE, RATE, "mp3")
MP3_IN_WAV = wav_header(size=len(MP3), code=0x55) + MP3


def m4a(wave):
    import av

    file = io.BytesIO()
    with av.open(file, "w", format="ipod") as container:
        stream = container.add_stream("aac", rate=RATE)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(wave[None], "fltp", "mono")
        frame.sample_rate = RATE
        for each in (frame, None):
            container.mux(stream.encode(each))
    return file.getvalue()


@pytest.mark.parametrize("kind", ["wav", "mp3", "flac", "m4a"])
def test_each_kind_is_known_by_its_content(wave, kind, in_process):
    from moksori.service.uploads import decoded

    data = m4a(wave) if kind == "m4a" else encode(wave, RATE, kind)
    found = decoded(data)
    assert (found.kind, found.original_rate, found.channels) == (kind, RATE, 1)
    assert found.seconds == pytest.approx(4.1, abs=0.15)
    middle = found.wave[RATE : 2 * RATE]
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.3 / np.sqrt(2), rel=0.06)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", (400, "no_file")),
        (b"<html><script>alert(1)</script>", (415, "not_sound")),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", (415, "not_sound")),
        (b"OggS" + bytes(100), (415, "not_sound")),
        (b"#EXTM3U\nfile:///etc/passwd\n", (415, "not_sound")),
        (b"RIFF\0\0\0\0WAVE" + b"<html>" * 50, (415, "not_sound")),
        (b"ID3" + bytes(500), (415, "not_sound")),
        (b"fLaC" + bytes(500), (415, "not_sound")),
        (b"\0\0\0\x18ftypM4A " + bytes(500), (415, "not_sound")),
        (wav_header(channels=255, size=5100) + bytes(5100), (415, None)),
        (wav_header(channels=9, size=9000) + bytes(9000), (415, "too_many_channels")),
        # What FFmpeg reads, and is none of the kinds, or not of the one it says.
        (AU, (415, "not_sound")),
        (MP3_IN_WAV, (415, "not_sound")),
        (wav_header(rate=384_000, size=4000) + bytes(4000), (415, "wrong_rate")),
        (wav_header(size=480_000) + bytes(1000), (400, "cut_off")),
        (wav_header(size=0), (415, None)),
    ],
)
def test_what_is_no_recording_is_refused(data, expected, in_process):
    status, word = refused(data)
    assert status == expected[0]
    assert expected[1] in (word, None)


def test_hours_of_silence_in_a_small_file_are_refused(in_process):
    data = encode(np.zeros(650 * 8000, np.float32), 8000, "flac")
    assert len(data) < 200_000
    assert refused(data) == (413, "too_long")


def test_more_bytes_than_allowed_are_not_decoded(monkeypatch):
    from moksori.service import uploads

    monkeypatch.setattr(uploads, "MOST_BYTES", 10)
    assert refused(b"RIFF\0\0\0\0WAVEfmt ") == (413, "too_large")


def test_a_child_that_takes_too_long_is_ended(wave, monkeypatch):
    from moksori.service import uploads

    monkeypatch.setattr(uploads, "TIMEOUT_SECONDS", 0.05)
    assert refused(encode(wave, RATE, "wav")) == (413, "too_much")


def test_a_child_knows_no_secrets(wave, monkeypatch):
    import subprocess

    from moksori.service.uploads import decoded

    run, seen = subprocess.run, {}
    monkeypatch.setenv("MOKSORI_SECRET", "s" * 32)
    monkeypatch.setattr(
        subprocess, "run", lambda *a, **k: (seen.update(k), run(*a, **k))[1]
    )
    found = decoded(encode(wave, RATE, "wav"))
    assert found.wave[: len(wave)] == pytest.approx(wave, abs=1e-4)
    assert set(seen["env"]) == {
        *("PATH", "PYTHONPATH", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    }


def test_a_child_is_bound():
    import json
    import subprocess
    import sys

    names = ("RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_CORE")
    program = f"""
import resource
from moksori.service import decoding
limits = lambda *_: ([resource.getrlimit(getattr(resource, n)) for n in {names}], [])
decoding.decode = limits
decoding.main("", "wav", 1, 1)
"""
    child = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True
    )
    most = (2**30, 60, 0, 0)
    assert json.loads(child.stdout) == [[each, each] for each in most]


def test_features_have_the_names_of_the_web_app(wave):
    from moksori.service.features import features

    found = features(wave, RATE, 44_100)
    assert found["fundamental_frequency"] == pytest.approx(220, abs=1)
    assert (found["duration"], found["sample_rate"]) == (4.0, 44_100)
    assert len(found["mfcc_mean"]) == 13
    assert {"spectral_centroid", "spectral_rolloff"} <= set(found)
    assert features(np.zeros(RATE, np.float32), RATE, RATE)["spectral_rolloff"] is None


@pytest.mark.parametrize(
    "seeds",
    [
        pytest.param(range(40), id="some"),
        pytest.param(range(40, 1040), id="many", marks=pytest.mark.fuzz),
    ],
)
def test_damaged_files_are_read_or_refused(wave, in_process, seeds):
    from moksori.service.problems import Problem
    from moksori.service.uploads import decoded

    whole = [encode(wave[:RATE], RATE, kind) for kind in ("wav", "mp3", "flac")]
    whole.append(m4a(wave[:RATE]))
    for seed in seeds:
        random = np.random.default_rng(seed)
        data = bytearray(whole[seed % 4])
        reach = len(data) if seed % 3 else min(len(data), 200)
        for place in random.integers(0, reach, 20):
            data[place] = random.integers(256)
        data = data[: random.integers(1, len(data))] if seed % 5 == 0 else data
        # Whatever else is raised fails.
        with contextlib.suppress(Problem):
            assert np.isfinite(decoded(bytes(data)).wave).all()
