"""A training script as a person runs it: begun, stopped, killed, continued."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import hparams
from datasets.readers import corpora
from datasets.store import build as features
from moksori.training.runs import Run
from tests.datasets.made import write_sound, write_text

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Program:
    """One of the scripts, always with preset `tiny` and these further settings.

    `endless` are those with which a training is always stopped before its end.
    """

    script: str
    settings: tuple[str, ...]
    endless: str

    def words(self, store, run, *overrides) -> list[str]:
        """The arguments of the script."""
        sets = [word for each in (*self.settings, *overrides) for word in _set(each)]
        return [str(store), "--run", str(run), "--preset", "tiny", *sets]

    def start(
        self, store, run, *overrides, flags=(), environment=None
    ) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, self.script, *self.words(store, run, *overrides), *flags],
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def stop(self, store, run, number, after) -> tuple[int, str, str]:
        """Train until a checkpoint of step `after` or later appears, then signal."""
        process = self.start(store, run, self.endless)
        while process.poll() is None and (newest(run) or 0) < after:
            time.sleep(0.005)
        process.send_signal(number)
        return finish(process)


def _set(assignment: str) -> tuple[str, str]:
    return "--set", assignment


def finish(process) -> tuple[int, str, str]:
    """Exit code, standard output and standard error."""
    out, err = process.communicate()
    return process.returncode, out, err


def newest(run) -> int | None:
    """The last step of which there is a checkpoint."""
    paths = sorted((Path(run) / "checkpoints").glob("step-*.safetensors"))
    return int(paths[-1].stem.partition("-")[2]) if paths else None


def last(run):
    return Run.open(run).restore()


def tones(folder, *overrides, speakers=("minji", "suho"), count=20) -> Path:
    """Features of tones of two lengths."""
    for number in range(count):
        stem = folder / "corpus" / speakers[number % 2] / f"{number:02d}"
        seconds = 1.0 if number < count / 2 else 1.5
        write_sound(stem.with_suffix(".wav"), number, seconds)
        write_text(stem.with_suffix(".txt"), "안녕하세요.")
    corpus = corpora.read(folder / "corpus")
    settings = hparams.preset("tiny").override(overrides)
    features.build([corpus], folder / "out", settings, workers=1)
    return folder / "out"


def tiny(group: str, store, run) -> list[str]:
    """The words of a training of two steps that judges nothing; `group` is that of its
    settings."""
    few = ("steps=2", "held_out=0", "previews=0")
    sets = [word for each in few for word in _set(f"{group}.{each}")]
    return [str(store), "--run", str(run), "--preset", "tiny", *sets]
