"""Measure how soon a line is heard: from the line to the first sample.

    python -m benchmarks.stream --voice weights/voice --other ../before

Every run is a process of its own: it loads the voice, speaks five lines one after
another, each of another length, and says when it began to sound. Backends, vocoders
and source trees take turns, so that ratios hold on a machine that does other work. The
WaveNet is of size `lean` and of random weights, which takes as long as trained ones.
JAX runs twice: with an empty folder of kept programs, and with what that left.
"""

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.clock import show

LINES = (
    "안녕하세요.",
    "오늘은 날씨가 참 좋습니다.",
    "우리는 내일 아침 일찍 산에 올라가기로 했습니다.",
    "지금은 세 시 삼십 분입니다.",
    "저녁에는 비가 온다고 하니까 우산을 꼭 가지고 나가야 합니다.",
)
_ROOT = Path(__file__).resolve().parents[1]


def measure(voice: Path, wavenet: bool, warm: bool, began: float) -> dict:
    """Speak the lines in this process; returns seconds.

    `loaded` and `first` are from `began`, the start of the process, to the loaded voice
    and the first sample, `first_cpu` the processor's part of that; `wall` and `cpu` of
    each line begin when it is read. With `warm` the voice prepares as it does while it
    waits for a line.
    """
    from moksori.backend import setup

    setup.load_backend(*_program_cache())
    from moksori.voices.trained import TrainedVoice

    speaker = TrainedVoice.load(voice)
    if wavenet:
        speaker.vocoder = _lean(speaker)
    loaded = time.time() - began
    if warm and hasattr(speaker, "warm_up"):
        for _ in speaker.warm_up():
            pass
    result = {"loaded": loaded, "wall": [], "cpu": []}
    for line in LINES:
        wall, cpu = time.perf_counter(), time.process_time()
        chunks = iter(speaker.sound(speaker.read(line)))
        next(chunks)
        result["wall"].append(time.perf_counter() - wall)
        result["cpu"].append(time.process_time() - cpu)
        result.setdefault("first", time.time() - began)
        result.setdefault("first_cpu", time.process_time())
        for _ in chunks if not wavenet else itertools.islice(chunks, 2):
            pass
    return result


def _program_cache() -> tuple:
    """Return what loads the backend with kept programs, where the tree has that."""
    try:
        from moksori.backend.program_cache import keep_programs
    except ImportError:
        return ()
    return (keep_programs,)


def _lean(speaker):
    from dataclasses import replace

    import hparams
    from moksori.voices.networks import build_wavenet
    from moksori.voices.vocoder import WaveNetVocoder

    lean, settings = hparams.preset("lean").wavenet, speaker.settings
    sizes = ("layers", "residual_channels", "gate_channels")
    network = replace(settings.wavenet, **{name: getattr(lean, name) for name in sizes})
    settings = replace(settings, wavenet=network)
    return WaveNetVocoder(build_wavenet(settings, 1), settings, ("one",))


def run(tree: Path, backend: str, cache: Path, job: dict) -> dict:
    """Measure in a new process, with the source in `tree`."""
    job = json.dumps({**job, "began": time.time()})
    words = [sys.executable, __file__, "--job", job]
    environment = os.environ | {
        "KERAS_BACKEND": backend,
        "PYTHONPATH": os.pathsep.join((str(tree), str(_ROOT))),
        "XDG_CACHE_HOME": str(cache),
    }
    done = subprocess.run(
        words, cwd=tree, env=environment, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def cases(arguments) -> list[tuple]:
    """List `(name, tree, backend, wavenet, cache)` of all that take turns."""
    trees = {"this": _ROOT, **({"other": arguments.other} if arguments.other else {})}
    listed = []
    for backend, vocoder, tree in itertools.product(
        arguments.backends, arguments.vocoders, trees
    ):
        kept = ("empty", "kept") if (backend, tree) == ("jax", "this") else ("",)
        for state in kept:
            names = (tree, backend, vocoder, state)
            listed.append((names, trees[tree], backend, vocoder == "wavenet"))
    return listed


def table(arguments) -> list[dict]:
    """Measure all cases in turn; returns medians, one row a case."""
    found: dict[tuple, list[dict]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for turn in range(arguments.repeats):
            for names, tree, backend, wavenet in cases(arguments):
                cache = Path(scratch, f"{turn}-{names[2]}")
                job = {"voice": str(arguments.voice.resolve()), "wavenet": wavenet}
                job["warm"] = arguments.warm
                found.setdefault(names, []).append(run(tree, backend, cache, job))
    return [_row(names, results) for names, results in found.items()]


def _row(names, results) -> dict:
    def median(values):
        return [round(statistics.median(v), 3) for v in zip(*values, strict=True)]

    row = dict(zip(("tree", "backend", "vocoder", "kept"), names, strict=True))
    starts = ("loaded", "first", "first_cpu")
    row |= zip(starts, median([r[s] for s in starts] for r in results), strict=True)
    for kind in ("wall", "cpu"):
        row[kind] = median(r[kind] for r in results)
    return row | {"runs": len(results)}


def main() -> None:
    """Measure and print a table, then the rows as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--voice", type=Path, default=_ROOT / "weights" / "voice")
    parser.add_argument("--other", type=Path, help="another source tree to compare")
    parser.add_argument("--backends", nargs="+", default=["tensorflow", "jax"])
    parser.add_argument("--vocoders", nargs="+", default=["griffin-lim", "wavenet"])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--warm", action="store_true", help="prepare before line 1")
    parser.add_argument("--job", type=json.loads, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.job:
        print(json.dumps(measure(**arguments.job)))
        return
    rows = table(arguments)
    head = ("tree", "backend", "vocoder", "kept", "loaded", "first", "first_cpu")
    lines = [f"line {i} {kind}" for i in range(1, 6) for kind in ("wall", "cpu")]
    cells = [
        [str(row[name]) for name in head]
        + [f"{row[k][i]:.2f}" for i in range(5) for k in ("wall", "cpu")]
        for row in rows
    ]
    show([*head, *lines], cells)
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
