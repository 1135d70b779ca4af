"""`moksori listen`: a recording, a microphone, a server."""

import json
import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from moksori.audio import files
from moksori.commands import listen, listening
from moksori.speakers import client, microphone
from tests.speakers.test_microphone import alsa_file, portaudio_installed  # noqa: F401
from tests.speakers.test_stream import ByPitch, silence, tone

WAVE = np.concatenate([tone(300, 5), silence(1.5), tone(700, 5), silence(4)])


@pytest.fixture
def recognizer(monkeypatch):
    """A recogniser of tones instead of the one that a registry makes."""
    recognizer = ByPitch()
    monkeypatch.setattr(listening, "open_recognizer", lambda *paths: recognizer)
    return recognizer


@pytest.fixture
def wav(tmp_path):
    files.save(tmp_path / "talk.wav", WAVE, 16000)
    return str(tmp_path / "talk.wav")


@pytest.mark.usefixtures("recognizer")
def test_a_line_for_each_change(wav, capsys):
    assert listen.main(["--wav", wav]) == 0
    lines = capsys.readouterr().out.splitlines()
    names = [line.split()[1] for line in lines]
    assert names == ["minji", "minji", "suho", "suho", "nobody"]
    assert lines[0].strip() == "0:02.0 minji 0.90 (likely)"
    assert lines[1].endswith("minji 0.90")


@pytest.mark.usefixtures("recognizer")
def test_json_has_every_window(wav, capsys):
    assert listen.main(["--wav", wav, "--json", "--duration", "5"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["changed"] for each in found].count(True) == 2
    assert found[-1]["name"] == "minji"
    assert {each["window"]["decision"] for each in found} == {"likely", "known"}


class Recorder:
    """A microphone that drops two blocks and is stopped by Ctrl-C at its end."""

    def __init__(self, device, sample_rate):
        self.device, self.sample_rate, self.dropped = device, sample_rate, 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """Close as the true one."""

    def __iter__(self):
        yield from np.array_split(WAVE[: 16000 * 5], 50)
        self.dropped = 2
        raise KeyboardInterrupt


@pytest.mark.usefixtures("recognizer")
def test_the_microphone_until_ctrl_c(monkeypatch, capsys):
    monkeypatch.setattr(microphone, "Microphone", Recorder)
    assert listen.main(["--device", "0"]) == 0
    told = capsys.readouterr()
    assert "minji" in told.out
    assert "2 blocks (0.2 s) of sound were dropped" in told.err


def test_what_is_missing_is_one_line(tmp_path, capsys, monkeypatch):
    assert listen.main(["--wav", "a.wav", "--registry", str(tmp_path / "no.db")]) == 2
    assert "enrol somebody first" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    assert listen.main(["--list-devices"]) == 2
    told = capsys.readouterr()
    assert told.err == "listen: sounddevice is not installed: run `make speakers`\n"
    with pytest.raises(SystemExit):
        listen.main(["--local-fallback"])
    with pytest.raises(SystemExit):
        listen.main(["--duration", "-1"])


@pytest.fixture
def server(monkeypatch):
    """A server's client that notes what it is made of and asked, and answers."""
    asked = SimpleNamespace(answer={"decision": "known", "name": "민지", "score": 0.8})

    class Remote:
        exposes_key = False

        def __init__(self, *given):
            asked.url, asked.key, asked.timeout, asked.fallback = given

        def identify(self, wave, sample_rate, threshold):
            asked.wave, asked.threshold = wave, threshold
            return {**asked.answer, "by": "server"}

    monkeypatch.setattr(client, "RemoteRecognizer", Remote)
    return asked


def test_a_server_is_asked_with_five_seconds(wav, server, tmp_path, capsys):
    key = tmp_path / "key"
    key.write_text("secret\n")
    words = ["--wav", wav, "--server", "http://a", "--api-key-file", str(key)]
    assert listen.main([*words, "--threshold", "0.7", "--local-fallback"]) == 0
    told = capsys.readouterr()
    assert told.out == "민지 0.80 (by server)\n"
    assert told.err == ""
    assert (server.key, server.threshold, len(server.wave)) == ("secret", 0.7, 80000)
    assert server.fallback is not None
    server.answer = {"decision": "unknown", "name": None, "score": 0.1}
    brief = ["--wav", wav, "--server", "http://a", "--duration", "2", "--json"]
    assert listen.main([*brief, "--api-key", "x"]) == 3
    told = capsys.readouterr()
    assert json.loads(told.out)["by"] == "server"
    assert "--api-key-file" in told.err
    assert (len(server.wave), server.fallback) == (32000, None)


@pytest.mark.program
def test_portaudio_to_a_name(portaudio_installed, tmp_path):  # noqa: F811
    code = """
import sys
from moksori.commands import listen, listening
from tests.speakers.test_stream import ByPitch
listening.open_recognizer = lambda *paths: ByPitch()
sys.exit(listen.main(["--duration", "8"]))
"""
    # The microphone's queue holds 10 s; this device fills it at once.
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **alsa_file(tmp_path, WAVE)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    assert "minji" in run.stdout
