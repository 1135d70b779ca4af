"""Train a voice on a folder of recordings and texts: features, training, comparison.

Every stage is a command of its own. Stopped anywhere, the same command goes on there.
It begins with the shipped voice, so that some minutes of recordings are enough, and
ends with held-out sentences on a page to listen to.
"""

import argparse
from pathlib import Path

import hparams
from datasets.readers import flags
from moksori.commands.stages import run_stage, run_stages
from moksori.storage import output_folder, run_folder
from moksori.training.adaptation import run_or_nothing


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command."""
    made = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    flags.add_arguments(made)
    add = made.add_argument
    agreed = "who agreed to this voice, when and for what; required once, kept in it"
    add("--consent", metavar="TEXT", help=agreed)
    voice = "the voice: a run, begun or continued (logs/CORPUS)"
    add("--run", type=run_folder, metavar="RUN", help=voice)
    data = {"type": output_folder, "default": Path("data"), "metavar": "DIR"}
    add("--data", **data, help="where its features go, as CORPUS-features (data)")
    about = "train for about so long, measured first (the preset's steps)"
    add("--minutes", type=float, metavar="N", help=about)
    start = "begin with the weights of another run, or with none (the shipped voice)"
    weights = {"dest": "start", "type": run_or_nothing, "metavar": "RUN"}
    add("--from", **weights, help=start)
    hparams.add_arguments(made)
    return made


def main(argv: list[str] | None = None) -> int:
    """Run all stages; returns the exit code of the one that fails, or 0."""
    arguments = parser().parse_args(argv)
    return run_stages("train", lambda: _train(arguments))


def _train(arguments: argparse.Namespace) -> None:
    from moksori.comparison import account
    from moksori.doctor import forecast
    from moksori.training import adaptation
    from moksori.training.kinds import TACOTRON
    from moksori.training.runs import Run
    from moksori.voices import consent

    name = arguments.corpus[0].resolve().name
    run, features = arguments.run, arguments.data / f"{name}-features"
    run = run or Path("logs", name)
    begun = Run.open(run) if (run / "run.json").exists() else None
    statement = arguments.consent or (begun and begun.settings.get("consent"))
    statement, start = consent.check(statement), arguments.start
    if begun:
        default = TACOTRON.settings_of(begun)
    else:
        default = adaptation.settings_to_begin(start)
    settings = hparams.from_arguments(arguments, default)
    chosen = arguments.data / f"{name}-settings.json"
    arguments.data.mkdir(parents=True, exist_ok=True)
    settings.save(chosen)
    _preprocess(arguments, features, chosen)
    print(account.check_amount(features))
    if arguments.minutes and not begun:
        print(f"\n== how far {arguments.minutes:g} minutes of training go", flush=True)
        settings = forecast.for_minutes(settings, features, arguments.minutes)
        settings.save(chosen)
    where = ("--run", run, "--hparams", chosen, "--consent", statement)
    beginning = ("--from", start) if start else ()
    run_stage("training", "train_tacotron", features, *where, *beginning)
    out = run / "comparison"
    told = ("--voice", run, "--recordings", features, "--out", out)
    run_stage("comparison", "compare", *told, "--consent", statement)
    print(account.account(run, out))


def _preprocess(arguments: argparse.Namespace, features: Path, chosen: Path) -> None:
    reading = ["--transcription", arguments.transcription]
    for name in ("format", "columns"):
        if value := getattr(arguments, name):
            reading += [f"--{name}", value]
    words = (*arguments.corpus, "--out", features, "--hparams", chosen, *reading)
    run_stage("features", "preprocess", *words)
