"""Letting every system speak the same sentences, each in a process of its own."""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from moksori.comparison.materials import ComparisonError
from moksori.comparison.performance import Performance, perform
from moksori.training.runs import Run

XTTS = "XTTS, zero-shot"
# The batch is that of `voices.trained.TrainedVoice.stream`; XTTS has none.
_TOGETHER = "up to 32 lines at a time, compiling included"


@dataclass(frozen=True)
class Asked:
    """What is to speak: the run of a voice, perhaps one of a vocoder, and what a clone
    needs: `references`, `consent`, perhaps a folder of `weights`."""

    voice: Path
    vocoder: Path | None
    references: tuple[Path, ...]
    consent: str
    language: str = "ko"
    weights: Path | None = None
    speaker: str | None = None
    seed: int = 0
    best: bool = False


@dataclass(frozen=True)
class Speaker:
    """A system and the command that lets it speak; `sources` are the files that the
    command reads. One that is `trained` has to speak, and speaks many lines at once."""

    key: str
    name: str
    about: str
    command: tuple[str, ...]
    sources: tuple[Path, ...]
    trained: bool


def speakers(asked: Asked, folder: Path) -> Iterator[Speaker]:
    """The systems that were asked for, in the order of the columns of the report."""
    lines = folder / "sentences.txt"
    seed = ("--seed", str(asked.seed))
    trained = ["synthesize", "--voice", asked.voice, "--file", lines, *seed]
    trained += ["--speaker", asked.speaker] if asked.speaker else []
    trained += ["--best"] if asked.best else []
    sources = (lines, asked.voice / "checkpoints")
    voice = _at_step(asked.voice, asked.best)
    about = f"{voice}, {_TOGETHER}"
    name, key = "Trained voice, Griffin-Lim", "griffin-lim"
    yield _speaker(key, name, about, trained, sources, folder)
    if vocoder := asked.vocoder:
        name, key = "Trained voice, WaveNet", "wavenet"
        command = [*trained, "--vocoder", vocoder]
        sources = (*sources, vocoder / "checkpoints")
        yield _speaker(
            key,
            name,
            f"{voice} and {_at_step(vocoder)}, {_TOGETHER}",
            command,
            sources,
            folder,
        )
    if asked.references:
        command = ["clone", "--reference", *asked.references, "--file", lines, *seed]
        command += ["--language", asked.language, "--consent", asked.consent]
        command += ["--weights", asked.weights] if asked.weights else []
        sources = (
            lines,
            *asked.references,
            *([asked.weights] if asked.weights else ()),
        )
        about = "trained by others on others; hears the reference, line by line"
        yield _speaker("xtts", XTTS, about, command, sources, folder, trained=False)


def let_speak(
    speaker: Speaker, folder: Path, lines: int, progress: Callable[[int], object]
) -> Performance:
    """Let a system speak its `lines` into `folder/key`; what it spoke before is taken.

    `progress(done)` counts them. Raises `ComparisonError`, with what it said, when one
    that is trained cannot speak; of another the performance tells.
    """
    performance = perform(
        speaker.command, folder / speaker.key, lines, speaker.sources, progress
    )
    if not performance.spoke and speaker.trained:
        raise ComparisonError(
            f"{speaker.name} did not speak: {reason(performance)} "
            f"(all it said: {folder / speaker.key / 'log.txt'})"
        )
    return performance


def reason(performance: Performance) -> str:
    """Why a system did not speak, in its own words, without the name of its script."""
    script, colon, rest = performance.complaint.partition(": ")
    named = colon and script.endswith(".py")
    return rest if named else performance.complaint


def _at_step(folder: Path, best: bool = False) -> str:
    """A run and the step at which it speaks."""
    checkpoint = Run.open(folder).restore(best, prefix="no array/")
    return f"{folder}, step {checkpoint.step}" if checkpoint else str(folder)


def _speaker(
    key, name, about, command: Sequence, sources, folder: Path, trained: bool = True
) -> Speaker:
    words = [sys.executable, "-m", "moksori", *command, "--out", folder / key]
    command = tuple(map(str, words))
    return Speaker(key, name, about, command, tuple(sources), trained)
