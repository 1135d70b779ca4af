"""Every check, in the order in which one explains the next."""

from argparse import Namespace
from collections.abc import Callable
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


def check_all(
    arguments: Namespace,
    models: tuple[str, ...],
    report_progress: Callable[[str], None],
) -> dict[str, list[Finding]]:
    """Return every finding under the title of its section; never raises.

    `arguments` are those of the command; `models` those whose training is forecast;
    `report_progress` is told what takes a while.
    """
    sections: dict[str, list[Finding]] = {}

    def check(name: str, function: Callable, *values: Any) -> list[Finding]:
        found = collect(name, function, *values)
        sections.setdefault(title, []).extend(found)
        return found

    title = "This machine"
    report_progress("asking the NVIDIA driver")
    driver, container = gpus.query_driver(), machine.container_kind()
    check("python", machine.check_python)
    check("packages", packages.check_packages, ROOT / "requirements")
    check("speakers", packages.check_speakers)
    check("processor", machine.check_processor)
    check("memory", machine.check_memory)
    check("shared memory", machine.check_shared_memory, len(driver.cards))
    check("container", machine.check_container, container, arguments.data)
    title = "Accelerators and backends"
    check("driver", gpus.check_driver, driver)
    probes = {}
    for name in BACKENDS:
        report_progress(f"starting {name}")
        probes[name] = backends.probe(name)
    check("backends", backends.check_backends, probes, driver)
    check("hosts", hosts.check_hosts)
    title, checkpoints = "Training", []
    memory = driver.cards[0]["total"] if driver.cards else machine.free_memory()
    for model, each in _check_inputs(check, arguments, models, report_progress):
        report_progress(f"training {model} for a few steps")
        asked = (model, each, arguments.features, arguments.seconds, memory)
        found = check(f"{model} training", forecast.check_training, *asked)
        if size := found[0].values.get("checkpoint_bytes"):
            checkpoints.append((size, KINDS[model].training_of(each).keep))
    for name, runs in (("data", ()), ("logs", checkpoints)):
        folder = getattr(arguments, name)
        check(f"{name} folder", folders.check_folder, name, folder, container, runs)
    return sections


def _check_inputs(
    check: Callable, arguments: Namespace, models: tuple[str, ...], report_progress
) -> list[tuple[str, Hparams]]:
    """Check what to train on; return each model to forecast with its settings, none
    where a training would be refused."""
    for folder in arguments.corpus:
        report_progress(f"reading {folder}")
        check("corpus", training_inputs.check_corpus, folder)
    first = training_inputs.run_kind(arguments.run) or (*models, "tacotron")[0]
    found = check("inputs", training_inputs.check_inputs, arguments, first)
    text = "" if models else "not asked for; --model both takes a few minutes"
    if worst(found) is ERROR:
        text = "none, before the errors above are mended"
    if text:
        check("forecast", Finding, "forecast", OK, text)
        return []
    store = training_inputs.open_store(arguments.features)
    return [(m, training_inputs.settings_for(arguments, store, m)) for m in models]
