"""One look at everything, in the order in which one thing explains the next."""

import os
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from hparams import Hparams, HparamsError
from moksori.doctor import (
    accelerators,
    backends,
    container,
    driver,
    folders,
    forecast,
    host,
    hosts,
    materials,
    packages,
)
from moksori.doctor.accelerators import Seen
from moksori.doctor.driver import Driver
from moksori.doctor.findings import Finding, error, looked, ok
from moksori.doctor.forecast import Rehearsal

ROOT = Path(__file__).parents[2]


@dataclass
class Examination:
    """What is asked, and what was found so far.

    `settings_flags` are the parsed flags of `hparams.add_arguments`; `models` those
    whose training is rehearsed for `seconds`; `tell` hears what takes a while.
    """

    settings_flags: Namespace
    data: Path
    logs: Path
    features: Path | None = None
    run: Path | None = None
    corpora: tuple[Path, ...] = ()
    models: tuple[str, ...] = ()
    seconds: float = 20.0
    tell: Callable[[str], None] = lambda text: None
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    root: Path = Path("/")
    rehearsals: dict[str, Rehearsal] = field(default_factory=dict)

    def sections(self) -> dict[str, list[Finding]]:
        """Every finding under the title of its section; never raises."""
        checks = {
            "This machine": {
                "python": host.python,
                "packages": lambda: packages.examine(ROOT),
                "processor": lambda: host.processor(self.root),
                "memory": lambda: host.memory(self.root),
                "shared memory": lambda: host.shared_memory(len(self.driver.gpus)),
                "open files": lambda: host.open_files(self.root),
                "container": lambda: container.examine(self.contained, self.data),
                "scratch": lambda: container.scratch(self.environment),
            },
            "Accelerators and backends": {
                "driver": self._driver,
                "backend": lambda: accelerators.on_choice(self.choice, self.seen),
                **{name: self._backend(name) for name in backends.BACKENDS},
                "precision": self._precision,
                "hosts": self._hosts,
            },
            "What to train on": {
                "corpus": self._corpora,
                "settings": self._settings,
                "features": self._features,
                "run": self._run,
            },
            "Training": {
                **{f"{name} training": self._training(name) for name in self.models},
                "training": self._no_training,
                "data folder": lambda: self._folder("data", self.data),
                "logs folder": lambda: self._folder("logs", self.logs),
            },
        }
        return {title: _all(each) for title, each in checks.items()}

    @cached_property
    def driver(self) -> Driver:
        """What the NVIDIA driver says."""
        self.tell("asking the driver")
        return driver.inquire(self.root)

    @cached_property
    def contained(self) -> str:
        """The kind of container that this is, if any."""
        return container.contained(self.root, self.environment)

    @cached_property
    def choice(self) -> tuple[str, str]:
        """The backend that will be used, and what decides it."""
        return accelerators.chosen(self.environment)

    @cached_property
    def seen(self) -> dict[str, Seen]:
        """What each backend sees, one after the other: a GPU may take but one."""
        found = {}
        for name in backends.BACKENDS:
            self.tell(f"waking {name}")
            found[name] = accelerators.see(name, self.environment)
        return found

    @cached_property
    def store(self):
        """The feature store; None where none was named. Raises `FeatureError`."""
        from datasets.store.features import FeatureStore

        return FeatureStore.open(self.features) if self.features else None

    def settings(self, model: str) -> Hparams:
        """Those that a training of `model` would have. Raises as its script does."""
        from datasets.store.features import FeatureError

        try:
            store = self.store
        except FeatureError:
            store = None
        run = self.run if materials.kind_of(self.run) in (None, model) else None
        return materials.settings_for(self.settings_flags, run, store, model)

    def _driver(self) -> Iterator[Finding]:
        wheels = backends.gpu_wheels()
        yield from driver.examine(self.driver, bool(self.contained), wheels)

    def _backend(self, name: str) -> Callable[[], Iterable[Finding]]:
        def check():
            return accelerators.on_backend(
                self.seen[name],
                self.driver,
                self.choice[0] == name,
                bool(self.contained),
                self.environment,
            )

        return check

    def _precision(self) -> Iterator[Finding]:
        flags = host.flags(self.root)
        yield from accelerators.on_precision(self.choice, self.seen, flags)

    def _hosts(self) -> Iterator[Finding]:
        yield from hosts.examine(self.environment)

    def _corpora(self) -> Iterator[Finding]:
        for folder in self.corpora:
            self.tell(f"reading {folder}")
            yield from materials.on_corpus(folder)

    def _settings(self) -> Iterator[Finding]:
        from moksori.training.runs import RunError

        try:
            settings = self.settings(self._kind)
            yield materials.on_settings(settings, materials.kind_of(self.run))
        except (HparamsError, RunError) as failure:
            yield error("settings", str(failure), "mend --preset, --hparams or --set")

    def _features(self) -> Iterator[Finding]:
        from datasets.store.features import FeatureError

        if self.features is None:
            return
        try:
            store = self.store
        except FeatureError as failure:
            text = str(failure).partition("; run preprocess.py")[0]
            advice = "run preprocess.py: it continues where it stopped"
            yield error("features", text, advice, folder=self.features)
            return
        yield from materials.on_features(store, self._known(self._kind))

    def _run(self) -> Iterator[Finding]:
        from datasets.store.features import FeatureError

        if self.run is None:
            return
        self.tell(f"reading {self.run}")
        try:
            store = self.store
        except FeatureError:
            store = None
        yield from materials.on_run(self.run, store, self._known(self._kind))

    def _training(self, model: str) -> Callable[[], Iterator[Finding]]:
        def check():
            settings = self._known(model)
            if settings is None:
                return
            features = self.features if self._readable(settings) else None
            self.rehearsals[model] = forecast.rehearsed(
                model,
                settings,
                features,
                self.seconds,
                self.environment,
                lambda text: self.tell(f"rehearsing {model}: {text}"),
            )
            gpus = self.driver.gpus
            limit = gpus[0].total if gpus else host.free_memory(self.root)
            rehearsal = self.rehearsals[model]
            yield from forecast.examine(rehearsal, limit, features is None)

        return check

    def _no_training(self) -> Iterator[Finding]:
        if not self.models:
            text = "not rehearsed: --model both takes a minute and foretells one"
            yield ok("training", text)

    def _folder(self, name: str, folder: Path) -> Iterator[Finding]:
        yield from folders.writing(name, folder, bool(self.contained))
        needs = []
        for model, rehearsal in self.rehearsals.items():
            settings = self._known(model)
            group = f"{model}_training"
            if rehearsal.checkpoint and settings and name == "logs":
                needs.append((rehearsal.checkpoint, getattr(settings, group).keep))
        yield from folders.room(name, folder, needs)

    @property
    def _kind(self) -> str:
        first = self.models[0] if self.models else materials.MODELS[0]
        return materials.kind_of(self.run) or first

    def _known(self, model: str) -> Hparams | None:
        """The settings, or None where the finding on settings says what is wrong."""
        from moksori.training.runs import RunError

        try:
            return self.settings(model)
        except (HparamsError, RunError):
            return None

    def _readable(self, settings: Hparams) -> bool:
        """Whether there are features that a training of these settings could read."""
        from datasets.store.features import FeatureError

        try:
            if self.store is None:
                return False
            self.store.check(settings.audio, settings.text)
            return len(self.store) > 0
        except FeatureError:
            return False


def _all(checks: Mapping[str, Callable[[], Iterable[Finding]]]) -> list[Finding]:
    return [finding for name in checks for finding in looked(name, checks[name])]
