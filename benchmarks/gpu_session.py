"""Use a GPU for some minutes: measure it, train a base and a vocoder, keep both.

While the cores make the demo's corpus and its features, the card is measured. Then the
base and the vocoder are trained by the commands that everybody trains with, for as many
steps as the measured rate promises. `--out` holds, as soon as it is known:

    figures.jsonl            a line for each figure, as `gpu.py` has them
    base.tar, vocoder.tar    runs that speak, in half precision, newest checkpoint
    base-curve.tar, vocoder-curve.tar    the event files of both trainings
    session.json             what was trained, how long, on what

A second call goes on from what the first one left in `--previous`, without measuring
again: from the weights, with a schedule of its own. The optimizer's state stays behind:
a checkpoint with it is six times as large, and only small files come back. On a CPU all
this can be tried with `--preset tiny --sentences 12 --steps 4 --figure-seconds 0.1`.
"""

import argparse
import json
import signal
import subprocess
import sys
import tarfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.gpu import in_a_process

# Shares of the time that is left when each begins; the rest is for its end.
_BASE, _VOCODER = 0.3, 0.9
_COMPILING = 40.0  # seconds of a training before it runs at its rate
_EVERY = 5.0


@dataclass(frozen=True)
class Lesson:
    """A training: its command, its settings, and how a step of it is measured."""

    name: str
    command: str
    group: str
    share: float
    sizes: tuple[str, ...]
    job: dict


LESSONS = (
    Lesson(
        "base",
        "train_tacotron",
        "tacotron_training",
        _BASE,
        ("batch_frames=12800", "max_batch=64"),
        {"kind": "acoustic", "batches": [64], "frames": 200, "symbols": 50},
    ),
    Lesson(
        "vocoder",
        "train_wavenet",
        "wavenet_training",
        _VOCODER,
        ("batch=8", "crop_frames=32", "average=0.9995"),
        {"kind": "vocoder", "batches": [8], "frames": 200, "symbols": 50},
    ),
)
MEASURED = (
    {"kind": "acoustic", "preset": "paper", "batches": [64, 256, 1024]},
    {"kind": "vocoder", "preset": "korean", "batches": [8, 64]},
    {"kind": "speech", "preset": "korean"},
    {"kind": "speech", "preset": "lean"},
)
TINY_MEASURED = (
    {"kind": "acoustic", "preset": "tiny", "batches": [2], "frames": 40},
    {"kind": "vocoder", "preset": "tiny", "batches": [2]},
)


class Session:
    """What the stages share: where, until when, and what is written down."""

    def __init__(self, arguments: argparse.Namespace):
        self.told, self.begun = arguments, time.monotonic()
        self.out, self.scratch = arguments.out, arguments.scratch
        self.notes: dict = {"preset": arguments.preset, "lessons": {}}
        for folder in (self.out, self.scratch):
            folder.mkdir(parents=True, exist_ok=True)

    @property
    def spent(self) -> float:
        """Return seconds since the beginning."""
        return time.monotonic() - self.begun

    def note(self, **facts) -> None:
        """Write facts down, in a file that is whole whenever this ends."""
        self.notes |= {**facts, "seconds": round(self.spent, 1)}
        aside = self.scratch / "session.json"
        aside.write_text(json.dumps(self.notes, indent=1) + "\n", "utf-8")
        (self.out / "session.json").write_text(aside.read_text("utf-8"), "utf-8")
        print(f"[{self.spent:.0f} s] {facts}", flush=True)

    def measure(self, job: dict) -> list[dict]:
        """Measure in a process of its own; append the figures."""
        base = {"backend": self.told.backend, "seconds": self.told.figure_seconds}
        rows = in_a_process({"frames": 600, "symbols": 100, **base, **job})
        with open(self.out / "figures.jsonl", "a", encoding="utf-8") as file:
            for row in rows:
                print(json.dumps(row), file=file, flush=True)
        return rows


def make_features(session: Session) -> subprocess.Popen:
    """Begin to make the demo's corpus and its features, on the cores."""
    told, data = session.told, session.scratch
    program = (
        "import sys, subprocess; from moksori.demo.corpus import write; "
        f"folder = write({str(data / 'corpus')!r}, {told.sentences}); "
        "sys.exit(subprocess.call([sys.executable, '-m', 'moksori', 'preprocess', "
        f"str(folder), '--preset', {told.preset!r}, '--out', "
        f"{str(data / 'features')!r}], stdout=-3, stderr=-3))"
    )
    return subprocess.Popen([sys.executable, "-c", program])


def measure_card(session: Session) -> None:
    """Measure training and speech, the most wanted first, while there is time."""
    told = session.told
    session.note(place=session.measure({"kind": "place"})[0])
    for job in TINY_MEASURED if told.preset == "tiny" else MEASURED:
        if session.spent > told.measure * told.seconds:
            return
        rows = session.measure(job)
        session.note(measured=[job["kind"], job["preset"], len(rows)])


def train(session: Session, lesson: Lesson) -> None:
    """Train for this lesson's share of the time; keep each checkpoint as it comes."""
    seconds = lesson.share * max(0.0, session.told.seconds - session.spent)
    steps = _steps(session, lesson, seconds)
    run = session.scratch / lesson.name
    plan = {
        "steps": steps,
        "decay_start": steps // 2,
        "decay_steps": max(1, steps // 2),
        "save_every": max(1, steps // 8),
        "preview_every": steps,
    }
    settings = (
        *(f"{name}={value}" for name, value in plan.items()),
        *_sizes(session, lesson),
    )
    words = [
        session.scratch / "features",
        "--run",
        run,
        "--preset",
        session.told.preset,
    ]
    for setting in settings:
        words += ["--set", f"{lesson.group}.{setting}"]
    start = _previous(session, lesson) or "none"
    words += ["--from", start]
    process = subprocess.Popen(_moksori(lesson.command, *words))
    end, kept = time.monotonic() + seconds, None
    while process.poll() is None:
        time.sleep(min(_EVERY, max(0.1, end - time.monotonic())))
        kept = _keep(session, lesson, run, kept)
        if time.monotonic() > end:
            process.send_signal(signal.SIGTERM)  # it saves, and ends
            end = float("inf")
    kept = _keep(session, lesson, run, kept)
    row = {"steps_planned": steps, "kept": kept, "exit": process.returncode}
    row |= {"settings": settings, "from": str(start)}
    session.note(lessons={**session.notes["lessons"], lesson.name: row})


def _steps(session: Session, lesson: Lesson, seconds: float) -> int:
    """Return the steps that fit, by the rate that is measured."""
    if session.told.steps:
        return session.told.steps
    rows = session.measure({**lesson.job, "preset": session.told.preset})
    step = next((row["step_seconds"] for row in rows if "step_seconds" in row), 0.1)
    return max(100, round((seconds - _COMPILING) / step))


def _sizes(session: Session, lesson: Lesson) -> tuple[str, ...]:
    return () if session.told.preset == "tiny" else lesson.sizes


def _previous(session: Session, lesson: Lesson) -> Path | None:
    """Return the run that an earlier call left, unpacked."""
    left = session.told.previous
    if left is None or not (left / f"{lesson.name}.tar").exists():
        return None
    with tarfile.open(left / f"{lesson.name}.tar") as tar:
        tar.extractall(session.scratch / "previous", filter="data")
    return session.scratch / "previous" / lesson.name


def _keep(session: Session, lesson: Lesson, run: Path, kept: str | None) -> str | None:
    """Export the newest checkpoint unless it is `kept`; return its name."""
    newest = max((p.name for p in (run / "checkpoints").glob("step-*")), default=None)
    if newest in (None, kept):
        return kept
    made = session.scratch / f"export-{newest}" / lesson.name
    if subprocess.call(_moksori("export", run, made)):
        return kept
    _pack(session.out / f"{lesson.name}.tar", made, lesson.name)
    _pack(session.out / f"{lesson.name}-curve.tar", run / "events", lesson.name)
    return newest


def _pack(path: Path, folder: Path, name: str) -> None:
    """Replace an archive by one of a folder; it is whole at any time."""
    aside = path.with_suffix(".partial")
    with tarfile.open(aside, "w") as tar:
        tar.add(folder, name)
    aside.replace(path)


def _moksori(*words: object) -> list[str]:
    return [sys.executable, "-m", "moksori", *map(str, words)]


def main() -> int:
    """Run all stages; returns 0 if both trainings left something."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--scratch", type=Path, required=True, metavar="DIR")
    parser.add_argument("--seconds", type=float, default=500, help="all in all")
    share = "of them, to measure the card"
    parser.add_argument("--measure", type=float, default=0.25, help=share)
    parser.add_argument("--preset", default="demo")
    parser.add_argument("--backend", default="jax")
    parser.add_argument("--sentences", type=int, default=3000, help="of the corpus")
    parser.add_argument("--figure-seconds", type=float, default=2.5)
    parser.add_argument("--steps", type=int, help="of each training, not by the clock")
    parser.add_argument("--previous", type=Path, metavar="DIR")
    session = Session(parser.parse_args())
    making = make_features(session)
    if session.told.previous is None:
        measure_card(session)
    if making.wait():
        return 1
    session.note(features="made")
    for lesson in LESSONS:
        train(session, lesson)
    done = [(session.out / f"{lesson.name}.tar").exists() for lesson in LESSONS]
    return 0 if all(done) else 1


if __name__ == "__main__":
    sys.exit(main())
