"""Export a trained voice or vocoder to hand on: its weights alone, in half precision.

A voice that would speak otherwise with half the precision is not exported. The folder
speaks (--voice, --vocoder) and another training may begin with it (--from).
Exit code 2: nothing was exported.
"""

import argparse
import math
import os
import tempfile
from pathlib import Path

from moksori.storage import output_folder

# Spoken before and after. Two takes of a voice differ by 0.2, float16 and float32 by
# 0.001 (mels reach from -4 to 4).
_LINE = "안녕하세요, 만나서 반갑습니다."
_MOST = 0.05


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command."""
    made = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    made.add_argument("run", type=Path, metavar="RUN", help="folder of a training")
    out = {"type": output_folder, "metavar": "OUT"}
    made.add_argument("out", **out, help="folder that is made")
    best = "the best checkpoint, not the newest"
    made.add_argument("--best", action="store_true", help=best)
    return made


def difference(run: Path, other: Path, best: bool) -> float:
    """Return the mean absolute difference of the mels in which two voices speak a line;
    infinity where one speaks longer than the other."""
    from moksori.backend.setup import load_backend

    load_backend()
    from moksori.voices.trained import TrainedVoice

    voices = (
        TrainedVoice.load(run, best, attempts=1),
        TrainedVoice.load(other, attempts=1),
    )
    ours, theirs = (voice.speak([_LINE])[0].mel for voice in voices)
    same = ours.shape == theirs.shape
    return float(abs(ours - theirs).mean()) if same else math.inf


def check(folder: Path, best: bool) -> str:
    """Say how far a line moves in half precision; raises `RunError` if too far."""
    from moksori.training.export import export_run
    from moksori.training.runs import Run, RunError

    with tempfile.TemporaryDirectory() as place:
        half = export_run(Run.open(folder), Path(place, "voice"), best)
        moved = difference(folder, half.folder, best)
    if moved > _MOST:
        raise RunError(
            f"not exported: {folder} speaks otherwise in half precision (mels of a "
            f"line differ by {moved:.2g}); train it on, or export another checkpoint"
        )
    return f", mels of a line differ by {moved:.1g}"


def run(arguments: argparse.Namespace) -> None:
    from moksori.training.export import export_run
    from moksori.training.kinds import TACOTRON
    from moksori.training.runs import Run

    source, best = Run.open(arguments.run), arguments.best
    speaks = source.settings.get("kind") == TACOTRON.name
    moved = check(source.folder, best) if speaks else ""
    made = export_run(source, arguments.out, best)
    (header,) = made.checkpoints()
    size = header.path.stat().st_size / 1e6
    print(f"step {header.step:,}, {size:.1f} MB{moved}: {made.folder}")


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    arguments = parser().parse_args(argv)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from moksori.training.cli import run_main

    return run_main("export", lambda: run(arguments), (ValueError,))
