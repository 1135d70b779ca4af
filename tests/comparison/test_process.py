"""Running a command: it is watched, measured, and not run twice."""

import os
import signal
import sys
import time

import pytest

from moksori.comparison import process
from moksori.comparison.process import fingerprint, run_measured

SPEAKS = """
import os, pathlib, sys, time
folder, lines, code, megabytes = pathlib.Path(sys.argv[1]), *map(int, sys.argv[2:5])
held = bytearray(megabytes * 1_000_000)
with open(folder / "calls", "a") as calls:
    calls.write("called\\n")
for line in range(lines):
    with open(folder / "manifest.jsonl", "a") as manifest:
        manifest.write("{}\\n")
    time.sleep(0.1)
print("speak.py: what it says at the end", file=sys.stderr)
if code < 0:
    os.kill(os.getpid(), -code)
sys.exit(code)
"""


@pytest.fixture
def speak(tmp_path, monkeypatch):
    """`run_measured` of a program that writes lines: `(result, counts, calls)`."""
    monkeypatch.setattr(process, "_LOOK_SECONDS", 0.02)
    script, folder = tmp_path / "speak.py", tmp_path / "out"
    script.write_text(SPEAKS)

    def run(lines=2, code=0, megabytes=0, sources=(), progress=None, asked=None):
        command = [sys.executable, script, folder, lines, code, megabytes]
        counts = []
        watch, asked = progress or counts.append, asked or lines
        result = run_measured(command, folder, asked, sources, watch)
        calls = (folder / "calls").read_text().count("called")
        return result, counts, calls

    return run


def test_it_is_watched_while_it_speaks(speak):
    result, counts, _ = speak(lines=3)
    assert result.code == 0
    assert result.complaint == ""
    assert counts == sorted(counts)
    assert {0, 1, 2, 3} >= set(counts) >= {1, 3}
    assert result.seconds >= 0.3


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="needs /proc")
def test_memory_is_the_child_s_alone(speak):
    ours = bytearray(600_000_000)
    small, _, _ = speak(megabytes=0)
    large, _, _ = speak(megabytes=300)
    assert 300 < large.megabytes - small.megabytes + 20 < 340
    assert small.megabytes < 200 < len(ours) / 1e6


def test_what_was_spoken_is_not_spoken_again(speak):
    first, _, _ = speak()
    again, counts, calls = speak()
    assert again == first
    assert (calls, counts) == (1, [])


def test_another_command_or_source_is_spoken_anew(speak, tmp_path):
    source = tmp_path / "lines.txt"
    source.write_text("하나")
    assert speak(sources=[source])[2] == 1
    source.write_text("둘")
    assert speak(sources=[source])[2] == 2
    assert speak(sources=[source])[2] == 2
    assert speak(lines=1, sources=[source])[2] == 3


def test_a_manifest_of_before_is_not_counted(speak, tmp_path):
    speak(lines=3)
    _, counts, _ = speak(lines=1)
    assert max(counts) == 1
    assert (tmp_path / "out/manifest.jsonl").read_text() == "{}\n"


def test_some_lines_failed(speak):
    result, _, _ = speak(code=1)
    assert result.code == 1
    assert speak(code=1)[2] == 1


def test_failing_tells_its_last_line_and_is_tried_again(speak):
    result, _, _ = speak(code=2)
    assert result.code == 2
    assert result.complaint == "speak.py: what it says at the end"
    assert speak(code=2)[2] == 2


def test_a_crash_with_exit_code_1_is_a_failure(speak):
    """Python ends with 1 too when it meets an error that nobody expected."""
    result, _, _ = speak(lines=1, code=1, asked=2)
    assert not result.spoke
    assert result.complaint
    assert speak(lines=1, code=1, asked=2)[2] == 2
    assert speak(lines=2, code=1, asked=2)[0].spoke


@pytest.mark.parametrize(
    ("code", "words"), [(-signal.SIGKILL, "memory"), (-signal.SIGSEGV, "signal 11")]
)
def test_the_signal_is_reported(speak, code, words):
    result, _, _ = speak(lines=1, code=code)
    assert words in result.complaint
    assert not result.spoke


def test_a_manifest_that_was_removed_is_made_again(speak, tmp_path):
    speak()
    (tmp_path / "out/manifest.jsonl").unlink()
    assert speak()[2] == 2


def test_an_interrupt_stops_the_child(speak, tmp_path):
    def stop(lines):
        raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        speak(lines=100, progress=stop)
    assert time.monotonic() - began < 10
    assert not (tmp_path / "out/performed.json").exists()


def test_sigterm_stops_the_child_too(speak, tmp_path):
    def terminate(lines):
        os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        speak(lines=100, progress=terminate)
    assert time.monotonic() - began < 10
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_folder_counts_by_its_files_and_a_large_file_by_its_time(tmp_path):
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    names = [fingerprint(["speak"], [folder])]
    (folder / "step-1").write_bytes(b"weights")
    names.append(fingerprint(["speak"], [folder]))
    large = folder / "step-2"
    large.write_bytes(bytes(2 << 20))
    names.append(fingerprint(["speak"], [folder]))
    os.utime(large, (1, 1))
    names.append(fingerprint(["speak"], [folder]))
    assert len(set(names)) == 4
    assert fingerprint(["speak"], [folder]) == names[-1]
    assert fingerprint(["spe", "ak"], [folder]) != names[-1]
