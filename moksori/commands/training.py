"""What the two training commands have in common: their flags, and how they run."""

import argparse
import logging
from collections.abc import Callable
from pathlib import Path

import hparams
from moksori.storage import run_folder
from moksori.training.adaptation import run_or_nothing

_START = "begin with the weights of another run, as far as they fit, or with none"


def parser(description: str, example: str, start: str) -> argparse.ArgumentParser:
    """Return a parser of the flags that both have; `example` is a folder for a run,
    `start` what counts without --from."""
    made = argparse.ArgumentParser(description=description.splitlines()[0])
    features = {"type": Path, "metavar": "FEATURES"}
    made.add_argument("features", **features, help="folder that preprocess wrote")
    folder = {"type": run_folder, "required": True, "metavar": "RUN"}
    begun = f"folder of the run, begun or continued, such as {example}"
    made.add_argument("--run", **folder, help=begun)
    weights = {"dest": "start", "type": run_or_nothing, "metavar": "RUN"}
    made.add_argument("--from", **weights, help=f"{_START} ({start})")
    agreed = "who agreed to this voice, when and for what; kept in the run"
    made.add_argument("--consent", metavar="TEXT", help=agreed)
    devices = "GPUs of this host that share each batch: how many, or all (all)"
    made.add_argument("--devices", default="all", metavar="N", help=devices)
    hparams.add_arguments(made)
    return made


def run(program: str, arguments: argparse.Namespace, load_recipe: Callable) -> int:
    """Train by the recipe that `load_recipe()` imports; return the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    from datasets.store.features import FeatureError
    from moksori.training.cli import run_training_main

    user_errors = (hparams.HparamsError, FeatureError)
    return run_training_main(
        program, lambda: train(arguments, load_recipe()), user_errors
    )


def train(arguments: argparse.Namespace, recipe) -> int:
    """Train by a recipe, which is a class, until the end or a signal."""
    from datasets.store.features import FeatureStore
    from moksori.training.cli import exit_code
    from moksori.training.session import session
    from moksori.voices import consent

    if arguments.consent is not None:
        arguments.consent = consent.check(arguments.consent)
    store = FeatureStore.open(arguments.features)
    with session(arguments, recipe, store) as training:
        outcome = training.fit()
    if training.devices.chief:
        print(f"hear it: {recipe.usage.format(training.run.folder)}")
    return exit_code(outcome)
