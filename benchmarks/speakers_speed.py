"""Measure the speed of speaker recognition on recordings of one's own, NAME/FILE.

A clip of 3 s identified, and what its parts take, on one core; a search among very many
templates; and the server with several clients at once. Beside other work only the
seconds of the processor mean something, by the clock only those of an idle machine.
"""

import argparse
import itertools
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.channels import RATE
from benchmarks.clock import turn_by_turn
from benchmarks.probes import beginning
from benchmarks.speaker_trials import TEMPLATE_CLIPS, Known
from benchmarks.speakers import shipped_parts
from moksori.audio.files import decode, save
from moksori.speakers import enrolment
from moksori.speakers.bandwidth import Band
from moksori.speakers.people import Consent
from moksori.speakers.recognizer import Recognizer
from moksori.speakers.registry import Registry
from moksori.speakers.speech import Quality, Speech, find_speech
from moksori.speakers.templates import Templates

ROOT = Path(__file__).resolve().parents[1]
_SECONDS = 3.0
_PEOPLE, _CLIPS = 8, 16
_START_SECONDS = 60.0


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="recordings as NAME/FILE")
    parts = ["identify", "search", "server"]
    only = "measure these alone (%(default)s)"
    parser.add_argument("--parts", nargs="+", choices=parts, default=parts, help=only)
    parser.add_argument("--calls", type=int, default=100, metavar="N")
    many = {"type": int, "nargs": "+", "default": [10_000, 100_000], "metavar": "N"}
    parser.add_argument("--templates", **many, help="(%(default)s)")
    parser.add_argument("--clients", type=int, default=8, metavar="N")
    parser.add_argument("--seconds", type=float, default=15.0, help="of the server")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None, parts=None) -> int:
    """Print the tables; `parts` are another encoder, detector and calibration."""
    chosen = parse(arguments)
    try:
        parts = parts or shipped_parts()
        with tempfile.TemporaryDirectory(prefix="speed-") as folder:
            path = Path(folder) / "registry.db"
            clips = prepare(chosen.folder, path, *parts)
            if "identify" in chosen.parts:
                show_identification(path, clips, parts, chosen.calls)
            if "search" in chosen.parts:
                show_search(parts, chosen.templates, chosen.calls)
            if "server" in chosen.parts:
                show_server(path, clips, chosen.clients, chosen.seconds)
    except (ValueError, OSError, RuntimeError) as error:
        print(f"speakers_speed: {error}", file=sys.stderr)
        return 1
    return 0


@contextmanager
def opened(path: Path, encoder, detector, calibration):
    """Open a registry and what recognises the people in it."""
    with Registry.open(path, encoder.id, encoder.dimension) as registry:
        yield Recognizer(encoder, registry, calibration, detector)


def prepare(folder: Path, path: Path, encoder, detector, calibration) -> list[Path]:
    """Enrol the first people of a folder, and cut 3 s of speech out of other
    recordings; return these clips."""
    clips = []
    with opened(path, encoder, detector, calibration) as recognizer:
        for name, paths in itertools.islice(
            enrolment.recordings(folder).items(), _PEOPLE
        ):
            chosen, others = paths[:TEMPLATE_CLIPS], paths[TEMPLATE_CLIPS:]
            consent = Consent("they", "a measurement")
            enrolment.enrol(recognizer, name, chosen, consent, leave_out=True)
            for other in others:
                wave, found = beginning(other, _SECONDS, detector)
                if found >= _SECONDS and len(clips) < _CLIPS:
                    clips.append(path.with_name(f"{len(clips)}.wav"))
                    save(clips[-1], wave, RATE)
    if not clips:
        raise ValueError(f"{folder} has no recording with 3 s of speech to spare")
    return clips


@contextmanager
def one_core():
    """Keep this process to one core, and products of matrices to one thread."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        with threadpool_limits(1):
            yield
    finally:
        os.sched_setaffinity(0, cores)


def show_identification(path: Path, clips: list[Path], parts, calls: int) -> None:
    """Print what a clip takes on one core, and its parts in the same run."""
    encoder, detector, calibration = parts
    with opened(path, *parts) as recognizer:
        waves = [decode(clip) for clip in clips]
        speech = [find_speech(*wave, detector) for wave in waves]
        vectors = [Speech(encoder.encode(each.wave), each.quality) for each in speech]
        known = Recognizer(Known(encoder), recognizer.registry, calibration, None)
        steps = {
            "identified": _each(clips, lambda clip: recognizer.identify(*decode(clip))),
            "decoded": _each(clips, decode),
            "speech found": _each(waves, lambda wave: find_speech(*wave, detector)),
            "encoded": _each(speech, lambda each: encoder.encode(each.wave)),
            "searched": _each(vectors, known.identify_speech),
        }
        with one_core():
            times = turn_by_turn(steps, warmup=5, repeats=calls)
    lengths = np.mean([each.quality.speech_seconds for each in speech])
    print(f"{len(clips)} clips, {lengths:.1f} s of speech, {calls} calls, one core")
    _table(times)


def _each(values: list, call):
    """Return a call without arguments that takes one value after another."""
    turning = itertools.cycle(values)
    return lambda: call(next(turning))


def _table(times: dict[str, list[tuple[float, float]]]) -> None:
    print("| | processor, median | 95 % | by the clock, median | 95 % |")
    print("|---|---|---|---|---|")
    for name, spent in times.items():
        wall, busy = 1000 * np.array(spent).T
        cells = (*np.quantile(busy, [0.5, 0.95]), *np.quantile(wall, [0.5, 0.95]))
        print(f"| {name} | {' | '.join(f'{each:.2f} ms' for each in cells)} |")


class Crowd:
    """Stand for a registry of very many people, with random templates."""

    def __init__(self, people: int, dimension: int):
        rng = np.random.default_rng(0)
        matrix = rng.standard_normal((people, dimension), np.float32)
        matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
        names = [f"{each:032x}" for each in range(people)]
        self._templates = Templates(names, names, matrix, np.eye(dimension))

    def templates(self, band: Band) -> Templates:
        """Return everybody."""
        return self._templates


def show_search(parts, counts: list[int], calls: int) -> None:
    """Print what a decision takes among so many people, the vector being known."""
    encoder, _, calibration = parts
    rng = np.random.default_rng(1)
    vectors = rng.standard_normal((calls, encoder.dimension), np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    quality = Quality(3.0, 3.0, 30.0, -20.0, 0.0, Band.WIDE)
    speech = [Speech(each, quality) for each in vectors]
    steps = {}
    for count in counts:
        crowd = Crowd(count, encoder.dimension)
        recognizer = Recognizer(Known(encoder), crowd, calibration, None)
        steps[f"{count:,} templates"] = _each(speech, recognizer.identify_speech)
    print()
    with one_core():
        times = turn_by_turn(steps, warmup=5, repeats=calls)
    _table(times)


@dataclass(frozen=True)
class Answered:
    """Represent what a server did: seconds of each answer, statuses, how long it was
    asked, its processor's seconds, and the most memory that it had, in bytes."""

    seconds: list[float]
    statuses: Counter
    duration: float
    busy: float
    memory: int


def show_server(path: Path, clips: list[Path], clients: int, seconds: float) -> None:
    """Print what the server answers to several clients at once."""
    sounds = [clip.read_bytes() for clip in clips]
    with _served(path) as (process, port):
        found = ask(process.pid, port, sounds, clients, seconds)
    count = len(found.seconds)
    median, late = np.quantile(found.seconds, [0.5, 0.95])
    errors = sum(n for status, n in found.statuses.items() if status >= 500)
    print(
        f"\n{clients} clients, {found.duration:.0f} s: {count / found.duration:.1f} "
        f"answers a second ({count / found.busy:.1f} a second of its processor), "
        f"median {1000 * median:.0f} ms, 95 % {1000 * late:.0f} ms; "
        f"{errors} of {count} with status 5xx, {dict(found.statuses)}; "
        f"most memory {found.memory / 2**20:.0f} MiB"
    )


@contextmanager
def _served(path: Path):
    """Start the server on a free port, and stop it after the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moksori", "speakers", "serve"]
    given = ["--registry", str(path), "--port", str(port)]
    process = subprocess.Popen([*command, *given], cwd=ROOT, stderr=subprocess.PIPE)
    try:
        _await(process, port)
        yield process, port
    finally:
        process.terminate()
        process.communicate()


def _await(process: subprocess.Popen, port: int) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            if not probe.connect_ex(("127.0.0.1", port)):
                return
        time.sleep(0.1)
    process.terminate()
    raise RuntimeError("the server does not start: " + process.stderr.read().decode())


def ask(
    server: int, port: int, sounds: list[bytes], clients: int, seconds: float
) -> Answered:
    """Let clients identify sounds, each one after another, for so many seconds."""
    import httpx

    times, statuses = [], Counter()
    end = time.monotonic() + seconds

    def client(number: int) -> None:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as session:
            for sound in itertools.cycle(sounds[number:] + sounds[:number]):
                begun = time.monotonic()
                if begun >= end:
                    return
                answer = session.post("/speakers/identify", files={"file": sound})
                times.append(time.monotonic() - begun)
                statuses[answer.status_code] += 1

    threads = [
        threading.Thread(target=client, args=(each % len(sounds),))
        for each in range(clients)
    ]
    begun, busy = time.monotonic(), _busy(server)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    duration = time.monotonic() - begun
    return Answered(times, statuses, duration, _busy(server) - busy, _memory(server))


def _busy(process: int) -> float:
    """Return the seconds of processor that a process has taken."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory(process: int) -> int:
    """Return the most memory that a process has held, in bytes."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    (line,) = (each for each in lines if each.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    sys.exit(main())
