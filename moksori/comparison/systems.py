"""List the systems of a comparison, and run each in a process of its own."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hparams import Audio
from moksori.comparison.process import ProcessResult, run_measured
from moksori.comparison.test_set import VOCODER, VOICE, ComparisonError
from moksori.training.kinds import TACOTRON
from moksori.training.record import read_training_record
from moksori.training.runs import Run
from moksori.voices.speech import speaker_number
from moksori.voices.vocoder import check as check_vocoder

# The batch is that of `voices.trained.TrainedVoice.stream`; XTTS has none.
_BATCHED = "up to 32 lines at a time, compiling included"


@dataclass(frozen=True)
class ComparisonRequest:
    """Name what is compared: the run of a voice, perhaps one of a vocoder, and what a
    clone needs: `references`, `consent`, perhaps a folder of `weights`."""

    voice: Path
    vocoder: Path | None
    references: tuple[Path, ...]
    consent: str
    language: str = "ko"
    weights: Path | None = None
    speaker: str | None = None
    seed: int = 0
    best: bool = False


def open_voice(
    voice: Path, vocoder: Path | None, speaker: str | None
) -> tuple[Audio, str, dict[str, dict]]:
    """Return a voice's settings, the speaker that speaks, and what voice and vocoder
    were trained on (`training.record`). Raises `RunError` where there is no run, or the
    vocoder was trained on other mels, and `ValueError` for an unknown speaker."""
    run = Run.open(voice)
    audio = TACOTRON.settings_of(run).audio
    speakers = run.settings["speakers"]
    trained_on = {VOICE: read_training_record(voice)}
    if vocoder:
        check_vocoder(vocoder, audio)
        trained_on[VOCODER] = read_training_record(vocoder)
    return audio, speakers[speaker_number(speakers, speaker)], trained_on


@dataclass(frozen=True)
class System:
    """Describe a system that synthesizes: the `command` and the files it reads.

    One that is `trained` must speak, and speaks many lines at once.
    """

    key: str
    name: str
    about: str
    command: tuple[object, ...]
    sources: tuple[Path, ...]
    trained: bool = True


def systems(request: ComparisonRequest, folder: Path) -> Iterator[System]:
    """Yield the requested systems in the order of the report's columns."""
    lines, voice = folder / "sentences.txt", request.voice
    seed = ("--seed", request.seed)
    command = ["synthesize", "--voice", voice, "--file", lines, *seed]
    command += ["--speaker", request.speaker] if request.speaker else []
    command += ["--best"] if request.best else []
    # What a voice does at its first attempt is compared, not what was mended after it.
    command += ["--attempts", 1]
    sources = (lines, voice / "checkpoints")
    about, name = _at_step(voice, request.best), "Trained voice, Griffin-Lim"
    yield System("griffin-lim", name, f"{about}, {_BATCHED}", tuple(command), sources)
    if vocoder := request.vocoder:
        yield System(
            "wavenet",
            "Trained voice, WaveNet",
            f"{about} and {_at_step(vocoder)}, {_BATCHED}",
            (*command, "--vocoder", vocoder),
            (*sources, vocoder / "checkpoints"),
        )
    if references := request.references:
        command = ["clone", "--reference", *references, "--file", lines, *seed]
        command += ["--language", request.language, "--consent", request.consent]
        weights = (request.weights,) if request.weights else ()
        command += ["--weights", *weights] if weights else []
        about = "trained by others on others; hears the reference, line by line"
        sources, name = (lines, *references, *weights), "XTTS, zero-shot"
        yield System("xtts", name, about, tuple(command), sources, trained=False)


def run_system(
    system: System, folder: Path, lines: int, progress: Callable[[int], object]
) -> ProcessResult:
    """Synthesize the `lines` of `folder/sentences.txt` into `folder/key`.

    What was spoken before by the same command is reused. `progress(done)` counts lines.
    Raises `ComparisonError`, with its last words, when a trained system fails; of
    another the result tells.
    """
    out = folder / system.key
    command = (sys.executable, "-m", "moksori", *system.command, "--out", out)
    result = run_measured(command, out, lines, system.sources, progress)
    if not result.spoke and system.trained:
        raise ComparisonError(
            f"{system.name} did not speak: {reason(system, result)} "
            f"(all it said: {out / 'log.txt'})"
        )
    return result


def reason(system: System, result: ProcessResult) -> str:
    """Return why a system did not speak, without the name of its command before it."""
    name, _, rest = result.complaint.partition(": ")
    command = str(system.command[0])
    return rest if name in (command, f"{command}.py") else result.complaint


def _at_step(folder: Path, best: bool = False) -> str:
    """Name a run and the step of the checkpoint that speaks."""
    checkpoint = Run.open(folder).restore(best, prefix="no array/")
    return f"{folder}, step {checkpoint.step}" if checkpoint else str(folder)
