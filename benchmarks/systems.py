"""What is judged in copy synthesis, and what it is compared with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.copies import Companded, Recordings, Vocoder
from benchmarks.quality_curve import training_seconds, until
from hparams import SYNTHESIS_ONLY, Audio
from moksori.audio.griffin_lim import griffin_lim
from moksori.training.runs import Run
from moksori.voices.griffin_lim import GriffinLim

GRIFFIN_LIM_ITERATIONS = 32
PREEMPHASIS = 0.85


@dataclass(frozen=True)
class System:
    """Something to be judged, made only when it is its turn.

    `created` tells runs of one folder apart; a run and a step are None for what was not
    trained.
    """

    name: str
    make: Callable[[Recordings], Vocoder]
    run: str | None = None
    created: str | None = None
    step: int | None = None
    training_seconds: float | None = None

    @property
    def facts(self) -> dict:
        """All but how it is made, as plain values."""
        kept = ("name", "run", "created", "step", "training_seconds")
        return {name: getattr(self, name) for name in kept}


def references() -> list[System]:
    """What a vocoder is compared with: Griffin-Lim, then ceilings of companding.

    Griffin-Lim as it speaks here, and from random phases with few iterations.
    """
    return [
        System("Griffin-Lim from pulses", lambda r: GriffinLim(as_spoken(r.audio))),
        System(f"Griffin-Lim, {GRIFFIN_LIM_ITERATIONS} iterations", _FromRandomPhases),
        System("recordings in mu-law", lambda r: Companded(r.waves)),
        System(
            f"recordings in mu-law, pre-emphasis {PREEMPHASIS}",
            lambda r: Companded(r.waves, PREEMPHASIS),
        ),
    ]


def as_spoken(audio: Audio) -> Audio:
    """Replace the synthesis settings that features were made with by the defaults."""
    return replace(audio, **{name: getattr(Audio, name) for name in SYNTHESIS_ONLY})


@dataclass(frozen=True)
class _FromRandomPhases:
    """Griffin-Lim without the pulses that it begins with here."""

    recordings: Recordings

    def generate(self, mels: Sequence[np.ndarray]) -> list[np.ndarray]:
        audio, count = self.recordings.audio, GRIFFIN_LIM_ITERATIONS
        return [griffin_lim(mel, audio, count, pulses=False) for mel in mels]


def of_run(folder: Path, steps: Sequence[int] | None, every: bool) -> list[System]:
    """The WaveNet of a run after each of `steps`, of `every` checkpoint, or the newest.

    Raises `ValueError` when it has no such checkpoint.
    """
    run = Run.open(folder)
    there = [header.step for header in run.checkpoints()]
    if not there:
        raise ValueError(f"{folder}: has no checkpoint yet")
    wanted = steps or (there if every else there[-1:])
    for step in wanted:
        if step not in there:
            raise ValueError(f"{folder}: no checkpoint of step {step}, only of {there}")
    taken = training_seconds(run.events)
    return [
        System(
            name=f"{folder.name}, step {step}",
            make=partial(_wavenet, folder, step),
            run=folder.name,
            created=run.settings["created"],
            step=step,
            training_seconds=until(step, taken),
        )
        for step in wanted
    ]


@dataclass(frozen=True)
class Speaking:
    """A vocoder of several speakers, told who speaks in each recording."""

    vocoder: object
    speakers: list[str]

    def generate(self, mels: Sequence[np.ndarray]) -> list[np.ndarray]:
        return self.vocoder.generate(mels, speaker=self.speakers)


def _wavenet(folder: Path, step: int, recordings: Recordings) -> Vocoder:
    from moksori.voices.vocoder import WaveNetVocoder

    vocoder = WaveNetVocoder.load(folder, step=step)
    vocoder.check(recordings.audio)
    return Speaking(vocoder, recordings.speakers)
