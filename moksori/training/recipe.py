"""Describe what a training of any model consists of; `training.session` runs it."""

import dataclasses
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from hparams import (
    PRESETS,
    Hparams,
    TrainerSettings,
    from_arguments,
    preset,
)
from moksori.training import adaptation, schedules
from moksori.training.export import refuse_exported
from moksori.training.kinds import Kind
from moksori.training.runs import Run, RunError
from moksori.training.weights import warm_start

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Data:
    """What a model is trained on and judged by.

    `batches.at(step)` gives a key of the shape and the batch of a step, `largest` is
    the batch that needs most memory, `frames_in(batch)` counts what throughput is
    measured in, and `held_out` are the indices of utterances that are not trained on.
    """

    batches: Any
    largest: dict[str, np.ndarray]
    frames_in: Callable[[dict], int]
    held_out: list[int]


@dataclass(frozen=True)
class Evaluation:
    """How a training is judged and shown: `validate()` gives figures of held-out data,
    of which `score` ranks the checkpoints; `hooks` are called after steps."""

    validate: Callable[[], dict[str, float]] | None
    hooks: list
    score: str


class Recipe:
    """How one kind of model is trained: settings, data, model, objective, evaluator.

    `settings` are those of the run, `speakers` the names of those it learns from.
    """

    kind: ClassVar[Kind]
    # How a person hears the result; {} is the folder of the run.
    usage: ClassVar[str]

    def __init__(self, settings: Hparams, speakers: Sequence[str]):
        self.settings, self.speakers = settings, list(speakers)

    @classmethod
    def of(cls, arguments, settings: Hparams, store) -> "Recipe":
        """Return the recipe that the arguments of a command ask for."""
        return cls(settings, store.speakers)

    @classmethod
    def describe(cls, settings: Hparams, store) -> dict:
        """Return what a run folder records, so that it describes itself."""
        return {
            "kind": cls.kind.name,
            "hparams": settings.to_dict(),
            "speakers": list(store.speakers),
        }

    @classmethod
    def settings_for(cls, arguments, folder: Path, store) -> Hparams:
        """Return the settings a training was asked for, with what `--set` changes.

        They are those of the run in `folder` if there is one; else those of `--preset`
        or `--hparams`; else the first preset that the features of `store` fit, of
        which that of a warm start is left out for `--from none`.
        """
        if (folder / "run.json").exists():
            return from_arguments(arguments, cls.kind.settings_of(Run.open(folder)))
        from_nothing = getattr(arguments, "start", None) == adaptation.NOTHING
        fitting = (
            name
            for name in PRESETS
            if _fits(preset(name), store)
            and not (from_nothing and name == adaptation.PRESET)
        )
        return from_arguments(arguments, next(fitting, PRESETS[0]))

    @classmethod
    def check_features(cls, settings: Hparams, store) -> None:
        """Refuse features of other settings, with the differences: `FeatureError`."""
        store.check(settings.audio, settings.text)

    @classmethod
    def resume_or_create(
        cls, folder: Path, settings: Hparams, store, consent: str | None = None
    ) -> Run:
        """Return the run in `folder`, new or continued, for the features of `store`.

        A new one records the `consent` of the speaker, if it is given.

        It may continue with other settings of its training (they are named in the log),
        but with nothing else that concerns it and differs: `RunError`.
        """
        described, group = cls.describe(settings, store), cls.kind.group
        described |= {"consent": consent} if consent else {}
        now = cls.kind.training_of(settings)
        if not (folder / "run.json").exists():
            return Run.create(folder, described, keep=now.keep)
        run = Run.open(folder, keep=now.keep)
        refuse_exported(run)
        # Settings that are newer than the run have their defaults.
        kept = Hparams.from_dict(run.settings["hparams"])
        run.settings["hparams"] = kept.to_dict()
        ignored = (group, *cls.kind.foreign)
        run.check(described, ignore=[f"hparams.{name}" for name in ignored])
        before = cls.kind.training_of(kept)
        for field in dataclasses.fields(before):
            old, new = getattr(before, field.name), getattr(now, field.name)
            if old != new:
                log.info("%s.%s is %s now, was %s", group, field.name, new, old)
        return run

    @classmethod
    def begin(cls, arguments, store) -> tuple[Hparams, Run]:
        """Return the settings and the run, new or continued, that were asked for."""
        settings = cls.settings_for(arguments, arguments.run, store)
        cls.check_features(settings, store)
        consent = getattr(arguments, "consent", None)
        return settings, cls.resume_or_create(arguments.run, settings, store, consent)

    @classmethod
    def initial_run(cls, arguments, settings: Hparams) -> Path | None:
        """Return the folder of the run whose weights a new one begins with: that of
        `--from`; None for none."""
        return None if arguments.start == adaptation.NOTHING else arguments.start

    @property
    def training(self) -> TrainerSettings:
        """Return the settings of this training."""
        return self.kind.training_of(self.settings)

    def network(self):
        """Build a freshly initialised network."""
        raise NotImplementedError

    def trainer(self, devices=None):
        """Build a `training.steps.Trainer` of a fresh network on `devices` (one if
        None)."""
        raise NotImplementedError

    def data(self, store, model) -> Data:
        """Divide the utterances of `store` and batch them for `model`."""
        raise NotImplementedError

    def evaluation(self, trainer, store, data: Data, run, board) -> Evaluation:
        """Return how a training is judged and shown."""
        raise NotImplementedError

    def schedule(self, step: int) -> dict[str, Any]:
        """Return what changes with the step, as `training.loop.fit` takes it."""
        t = self.training
        rate = schedules.learning_rate(
            step,
            t.learning_rate,
            t.final_learning_rate,
            t.warmup_steps,
            t.decay_start,
            t.decay_steps,
        )
        return {"learning_rate": rate}

    def state(self, step: int) -> dict[str, Any]:
        """Return what a checkpoint after `step` steps says for those who load it."""
        return {}

    def warm_start(self, model, folder: Path) -> str:
        """Take from the run in `folder` all that fits; return the account of it.

        Raises `RunError` for a run of another kind or without a checkpoint.
        """
        run = Run.open(folder)
        self.kind.settings_of(run)
        arrays = self._initial_arrays(run)
        if arrays is None:
            raise RunError(f"{folder} has no checkpoint to begin from")
        rows = {
            name: tuple(map(_rows, pair))
            for name, pair in self._named_rows(run).items()
        }
        return str(warm_start(model, arrays, rows))

    def _initial_arrays(self, run: Run) -> Mapping[str, np.ndarray] | None:
        """Return the weights that another training begins with; None without any."""
        raise NotImplementedError

    def _named_rows(self, run: Run) -> dict[str, tuple[Iterable[str], Iterable[str]]]:
        """Return which weights have a row for a name each: (our names, those of
        `run`)."""
        return {"speakers/embeddings": (self.speakers, run.settings["speakers"])}


def _fits(settings: Hparams, store) -> bool:
    """Return whether features were made with these settings."""
    same = adaptation.makes_same_features(settings.audio, store.audio)
    return same and settings.text == store.text


def _rows(names: Iterable[str]) -> dict[str, int]:
    return {name: row for row, name in enumerate(names)}
