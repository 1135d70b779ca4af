"""Every check, in the order in which one explains the next."""

from argparse import Namespace
from collections.abc import Callable
from functools import partial
from typing import Any

from hparams import Hparams
from moksori.backend.probe import BACKENDS
from moksori.doctor import (
    backends,
    folders,
    forecast,
    gpus,
    hosts,
    machine,
    packages,
    training_inputs,
)
from moksori.doctor.findings import ERROR, OK, Finding, collect, worst
from moksori.doctor.subprocesses import ROOT
from moksori.training.kinds import KINDS


class Doctor:
    """Runs every check; `sections` holds what was found, under titles.

    `arguments` are those of the command; `models` those whose training is forecast;
    `report_progress` is told what takes a while.
    """

    def __init__(
        self,
        arguments: Namespace,
        models: tuple[str, ...],
        report_progress: Callable[[str], None],
    ):
        self._arguments, self._models = arguments, models
        self._report_progress = report_progress
        self.sections: dict[str, list[Finding]] = {}

    def run(self) -> dict[str, list[Finding]]:
        """Return every finding under the title of its section; never raises."""
        arguments = self._arguments
        self._report_progress("asking the NVIDIA driver")
        driver, container = gpus.query_driver(), machine.container_kind()
        check = partial(self._check, "This machine")
        check("python", machine.check_python)
        check("packages", packages.check_packages, ROOT / "requirements")
        check("processor", machine.check_processor)
        check("memory", machine.check_memory)
        check("shared memory", machine.check_shared_memory, len(driver.cards))
        check("container", machine.check_container, container, arguments.data)
        check = partial(self._check, "Accelerators and backends")
        check("driver", gpus.check_driver, driver)
        probes = {name: self._probe(name) for name in BACKENDS}
        check("backends", backends.check_backends, probes, driver)
        check("hosts", hosts.check_hosts)
        memory = driver.cards[0]["total"] if driver.cards else machine.free_memory()
        check = partial(self._check, "Training")
        checkpoints = self._check_trainings(check, memory)
        for name, runs in (("data", ()), ("logs", checkpoints)):
            folder = getattr(arguments, name)
            check(f"{name} folder", folders.check_folder, name, folder, container, runs)
        return self.sections

    def _check(self, title: str, name: str, check: Callable, *arguments: Any) -> list:
        """Add what a check finds to a section, and return it."""
        found = collect(name, check, *arguments)
        self.sections.setdefault(title, []).extend(found)
        return found

    def _probe(self, backend: str) -> backends.BackendProbe:
        self._report_progress(f"starting {backend}")
        return backends.probe(backend)

    def _check_trainings(self, check: Callable, memory: int) -> list[tuple[int, int]]:
        """Check what to train on, and forecast the trainings; return the bytes of a
        checkpoint of each, and how many of them are kept."""
        arguments, checkpoints = self._arguments, []
        for model, each in self._check_inputs(check).items():
            self._report_progress(f"training {model} for a few steps")
            asked = (model, each, arguments.features, arguments.seconds, memory)
            found = check(f"{model} training", forecast.check_training, *asked)
            if size := found[0].values.get("checkpoint_bytes"):
                checkpoints.append((size, KINDS[model].training_of(each).keep))
        return checkpoints

    def _check_inputs(self, check: Callable) -> dict[str, Hparams]:
        """Check what to train on; return the settings of each model to forecast, none
        where a training would be refused."""
        arguments, models = self._arguments, self._models
        for folder in arguments.corpus:
            self._report_progress(f"reading {folder}")
            check("corpus", training_inputs.check_corpus, folder)
        kind = training_inputs.run_kind(arguments.run)
        first = kind or (*models, "tacotron")[0]
        found = check("inputs", training_inputs.check_inputs, arguments, first)
        text = "" if models else "not asked for; --model both takes a few minutes"
        if worst(found) is ERROR:
            text = "none, before the errors above are mended"
        if text:
            check("forecast", Finding, "forecast", OK, text)
            return {}
        store = training_inputs.open_store(arguments.features)
        return {m: training_inputs.settings_for(arguments, store, m) for m in models}
