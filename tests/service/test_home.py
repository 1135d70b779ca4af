"""`moksori serve` as a person starts it, and ends it."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

import pytest

from tests.service.working import until

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(service_installed):
    # Short, as a socket lies in it, and open, as root's Postgres is another user.
    folder = Path(tempfile.mkdtemp(prefix="moksori-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(folder, port, *words):
    command = [sys.executable, "app.py", "--data", folder, "--port", str(port), *words]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "MOKSORI_FAKE_VOICE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def answer(port: int, path: str):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as reply:
            return json.loads(reply.read())
    except OSError:
        return None


def processes(folder) -> list[str]:
    """Return the command lines of what still runs in a folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            line = path.with_name("cmdline").read_text()
            if str(folder).encode() in path.read_bytes():
                found.append(line)
        except OSError:
            continue
    return found


@pytest.mark.program
def test_one_command_serves_and_one_key_ends_everything(folder):
    port = free_port()
    process = start(folder, port)
    try:
        until(lambda: answer(port, "/ready"), 60)
        assert answer(port, "/ready") == {"status": "ready"}
        until((folder / "worker.alive").exists, 60)
        second = start(folder, free_port())
        told, _ = second.communicate(timeout=60)
        assert second.returncode == 2
        assert "is served already" in told
    finally:
        process.send_signal(signal.SIGINT)
        told, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert f"open http://127.0.0.1:{port}" in told
    assert processes(folder) == []
    assert not (folder / "pg/postmaster.pid").exists()


@pytest.mark.program
def test_what_is_killed_comes_back_and_nothing_outlives_its_parent(folder):
    port = free_port()
    process = start(folder, port)
    until(lambda: answer(port, "/ready"), 60)
    os.kill(worker(folder), signal.SIGKILL)
    (folder / "worker.alive").unlink(missing_ok=True)
    until((folder / "worker.alive").exists, 60)
    process.kill()
    process.communicate()
    # The database is left, and found by the next.
    until(lambda: not [line for line in processes(folder) if "--role" in line], 60)
    again = start(folder, port)
    until(lambda: answer(port, "/ready"), 60)
    again.send_signal(signal.SIGTERM)
    again.communicate(timeout=60)
    assert again.returncode == 0
    assert not (folder / "pg/postmaster.pid").exists()


def worker(folder) -> int:
    """Return the process id of the worker."""

    def find():
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                ours = str(folder).encode() in path.with_name("environ").read_bytes()
                if ours and path.read_bytes().endswith(b"--role\0worker\0"):
                    return int(path.parent.name)
            except OSError:
                continue
        return None

    return until(find)


def test_a_port_that_is_taken_is_one_line(service_installed, tmp_path, capsys):
    from moksori.commands import serve

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert serve.main(["--data", str(tmp_path), "--port", port]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "name a --port" in line


def test_a_part_alone_needs_a_database(
    service_installed, tmp_path, capsys, monkeypatch
):
    from moksori.commands import serve

    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert serve.main(["--data", str(tmp_path), "--role", "web"]) == 2
    assert "needs DATABASE_URL" in capsys.readouterr().err


def test_a_trainer_trains_and_a_worker_speaks(service_installed, tmp_path, monkeypatch):
    from moksori.commands import serve
    from moksori.service.jobs import TRAINING_QUEUE

    monkeypatch.setenv("DATABASE_URL", "postgresql://nowhere/none")
    monkeypatch.setenv("MOKSORI_SECRET", "s" * 32)
    monkeypatch.setenv("MOKSORI_WATERMARK_KEYS", f"1:{'0a' * 16}")
    seen = {}
    monkeypatch.setattr(
        serve, "_run", lambda role, settings: seen.update({role: settings.queues}) or 0
    )
    for role in ("trainer", "worker"):
        assert serve.main(["--data", str(tmp_path), "--role", role]) == 0
    assert seen["trainer"] == (TRAINING_QUEUE,)
    assert TRAINING_QUEUE not in seen["worker"]
