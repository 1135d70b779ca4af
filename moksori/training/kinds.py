"""Name the kinds of model that are trained, and the settings groups of each."""

from dataclasses import dataclass

from hparams import Hparams, TrainerSettings
from moksori.training.runs import Run, RunError


@dataclass(frozen=True)
class Kind:
    """A kind of model: its `name` in `run.json`, and its `title` in messages.

    `group` names the settings of its training; those in the `foreign` groups are of no
    meaning to it. `memory_advice` says how a batch is made to need less memory.
    """

    name: str
    title: str
    group: str
    foreign: tuple[str, ...]
    memory_advice: str

    def training_of(self, settings: Hparams) -> TrainerSettings:
        """Return the settings of its training."""
        return getattr(settings, self.group)

    def settings_of(self, run: Run) -> Hparams:
        """Return the settings of a run. Raises `RunError` for one of another kind."""
        theirs = run.settings.get("kind")
        if theirs != self.name:
            found = KINDS[theirs].title if theirs in KINDS else "no run of this program"
            raise RunError(f"{run.folder} is {found}, not {self.title}")
        return Hparams.from_dict(run.settings["hparams"])


TACOTRON = Kind(
    "tacotron",
    "an acoustic model",
    "tacotron_training",
    ("wavenet", "wavenet_training"),
    "lower tacotron_training.batch_frames, or reject long recordings with "
    "audio.max_seconds",
)
WAVENET = Kind(
    "wavenet",
    "a vocoder",
    "wavenet_training",
    ("text", "tacotron", "tacotron_training"),
    "lower wavenet_training.batch or wavenet_training.crop_frames",
)
KINDS = {kind.name: kind for kind in (TACOTRON, WAVENET)}
