"""Blocks of a microphone: from a stand-in for PortAudio, and from it without a card."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from moksori.speakers import microphone
from moksori.speakers.microphone import Microphone, MicrophoneError


class PortAudioError(Exception):
    """What sounddevice raises."""


class Stream:
    """An input stream that calls back when it is started."""

    def __init__(self, callback, blocksize, samplerate, device, **form):
        if device == "broken":
            raise PortAudioError("Error opening InputStream\nmore")
        self.callback, self.size = callback, blocksize

    def start(self):
        for number in range(130):
            overflow = SimpleNamespace(input_overflow=number == 3)
            block = np.full((self.size, 1), number, np.float32)
            self.callback(block, self.size, None, overflow)

    def close(self):
        """Close as the true one."""


@pytest.fixture
def portaudio(monkeypatch):
    """A stand-in for sounddevice, with one device, of 48 kHz alone."""

    def check(samplerate, **form):
        if samplerate != 48000:
            raise PortAudioError("Invalid sample rate")

    def query(device=None, kind=None):
        if device == 99:
            raise ValueError("No input device with number 99")
        one = {"index": 0, "name": "USB 마이크", "max_input_channels": 2}
        two = {"index": 1, "name": "speaker", "max_input_channels": 0}
        rate = {"default_samplerate": 48000.0}
        return one | rate if kind else [one | rate, two | rate]

    module = SimpleNamespace(
        InputStream=Stream,
        PortAudioError=PortAudioError,
        check_input_settings=check,
        query_devices=query,
        default=SimpleNamespace(device=(0, 1)),
    )
    monkeypatch.setitem(sys.modules, "sounddevice", module)


@pytest.mark.usefixtures("portaudio")
def test_blocks_come_in_order_and_drops_are_counted():
    with Microphone() as opened:
        assert opened.sample_rate == 48000
        blocks = iter(opened)
        assert [next(blocks)[0] for _ in range(100)] == list(range(100))
        # 30 that found the queue full, and what PortAudio itself lost.
        assert opened.dropped == 31


@pytest.mark.usefixtures("portaudio")
def test_a_microphone_that_falls_silent_is_an_error(monkeypatch):
    monkeypatch.setattr(microphone, "_PATIENCE_SECONDS", 0.01)
    with Microphone() as opened, pytest.raises(MicrophoneError, match="unplugged"):
        for _ in opened:
            pass


@pytest.mark.usefixtures("portaudio")
def test_devices_are_listed_and_others_refused():
    assert microphone.devices() == ["*   0 USB 마이크 (2 channels, 48000 Hz)"]
    for device in (99, "broken"):
        with pytest.raises(MicrophoneError, match=r"no microphone .*--list-devices"):
            Microphone(device)


def test_what_is_not_installed_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(MicrophoneError, match="make speakers"):
        Microphone()
    text = 'raise OSError("PortAudio library not found")'
    (tmp_path / "sounddevice.py").write_text(text)
    monkeypatch.delitem(sys.modules, "sounddevice")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(MicrophoneError, match="apt-get install libportaudio2"):
        microphone.devices()


def alsa_file(home: Path, wave: np.ndarray) -> dict[str, str]:
    """Make a recording ALSA's default microphone below `home`; returns the
    environment of programs that then hear it."""
    raw = home / "microphone.raw"
    raw.write_bytes(wave.astype(np.float32).tobytes())
    (home / ".asoundrc").write_text(
        f"pcm.!default {{ type file slave.pcm null file /dev/null infile {raw} "
        "format raw }\n"
    )
    return {**os.environ, "HOME": str(home)}


@pytest.fixture
def portaudio_installed(speakers_installed):
    """Skip the test without PortAudio; fail where that is required."""
    code = "import sounddevice"
    if subprocess.run([sys.executable, "-c", code], capture_output=True).returncode:
        required = os.environ.get("MOKSORI_SPEAKERS") == "required"
        text = "PortAudio is not installed (apt-get install libportaudio2)"
        (pytest.fail if required else pytest.skip)(text)


READ = """
import json
from moksori.speakers.microphone import Microphone, devices
with Microphone() as opened:
    blocks = iter(opened)
    wave = [float(x) for _ in range(20) for x in next(blocks)]
print(json.dumps([opened.sample_rate, wave, devices()]))
"""


@pytest.mark.program
def test_portaudio_reads_a_file_as_microphone(portaudio_installed, tmp_path):
    wave = np.random.default_rng(1).uniform(-0.5, 0.5, 32000).astype(np.float32)
    run = subprocess.run(
        [sys.executable, "-c", READ],
        env=alsa_file(tmp_path, wave),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    rate, heard, found = json.loads(run.stdout)
    assert rate == 16000
    # No clock holds this device back: the queue, of 10 s, overflows behind these two.
    np.testing.assert_array_equal(np.float32(heard), wave)
    assert any(line.startswith("*") for line in found)
