"""Adapt a voice to a person: what a training begins with, and for how long it runs."""

import dataclasses
from pathlib import Path

from hparams import (
    SYNTHESIS_ONLY,
    Audio,
    Hparams,
    TacotronTraining,
    difference,
    preset,
)
from moksori.training import export
from moksori.training.kinds import TACOTRON
from moksori.training.runs import Run

# In place of a run: begin with freshly initialised weights.
NOTHING = "none"
# The preset of a voice that begins with the shipped one, and its schedule.
PRESET = "voice"
# What a schedule counts in steps, beside their number.
_STRETCHED = (
    "steps",
    "decay_start",
    "decay_steps",
    "preview_every",
    "save_every",
    "guided_attention_steps",
)


def run_or_nothing(text: str) -> str | Path:
    """Convert a flag to the folder of a run, or `NOTHING`."""
    return text if text == NOTHING else Path(text)


def fits_shipped_voice(settings: Hparams) -> bool:
    """Tell whether all weights of the shipped voice fit a model of these settings, and
    mean the same there."""
    folder = export.SHIPPED_VOICE
    if not (folder / "run.json").exists():
        return False
    theirs = TACOTRON.settings_of(Run.open(folder))
    same = (settings.text, settings.tacotron) == (theirs.text, theirs.tacotron)
    return same and makes_same_features(settings.audio, theirs.audio)


def makes_same_features(ours: Audio, theirs: Audio) -> bool:
    """Tell whether recordings become the same features by both: how Griffin-Lim makes
    sound of them again does not count."""
    lines = difference(ours, theirs)
    return all(line.partition(":")[0] in SYNTHESIS_ONLY for line in lines)


def settings_to_begin(start: str | Path | None) -> Hparams:
    """Return the settings of a voice that begins with a run: its own, with the schedule
    of a warm start. Without a run it is the shipped voice.

    Raises `RunError` for a folder that is no run of an acoustic model.
    """
    if start == NOTHING:
        return preset("demo")
    if start is None:
        return preset(PRESET)
    theirs = TACOTRON.settings_of(Run.open(start))
    schedule = preset(PRESET).tacotron_training
    return dataclasses.replace(theirs, tacotron_training=schedule)


def stretched(training: TacotronTraining, steps: int) -> TacotronTraining:
    """Return a schedule of so many steps in the proportions of `training`."""
    share = steps / training.steps
    counts = {name: round(getattr(training, name) * share) for name in _STRETCHED}
    for name in ("preview_every", "save_every"):
        counts[name] = max(1, counts[name])
    return dataclasses.replace(training, **counts | {"steps": steps})
