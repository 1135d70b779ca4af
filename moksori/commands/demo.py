"""Make a Korean voice from nothing, in minutes: corpus, trainings, speech, report.

Every stage is a command of its own. Stopped anywhere, the same command goes on there.
"""

import argparse
import time
from pathlib import Path

import hparams
from moksori.commands.stages import run_stage, run_stages
from moksori.storage import output_folder

DEMO_CONSENT = "nobody: a synthetic speaker (espeak-ng), made for the demo"


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add, folder = parser.add_argument, {"type": output_folder, "metavar": "DIR"}
    count = {"type": int, "metavar": "N"}
    add("--data", **folder, default="data", help="corpora and features (data)")
    add("--run", **folder, default="logs/demo", help="the run (logs/demo)")
    add("--sentences", **count, default=3000, help="to train on (3000)")
    add("--unseen", **count, default=32, help="sentences to judge it by (32)")
    add("--speakers", **count, default=1, help="synthetic voices (1)")
    hparams.add_arguments(parser)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run all stages; returns the exit code of the one that fails, or 0."""
    arguments = parser().parse_args(argv)
    return run_stages("demo", lambda: _run(arguments))


def _run(arguments: argparse.Namespace) -> None:
    from moksori.comparison.clips import read_manifest
    from moksori.demo import report

    hparams.from_arguments(arguments, "demo")
    data, run, begun = arguments.data, arguments.run, time.monotonic()
    file, preset = arguments.hparams, arguments.preset or "demo"
    flags = ["--hparams", file] if file else ["--preset", preset]
    flags += [part for one in arguments.overrides for part in ("--set", one)]
    print("== corpus: sentences of a grammar, read by a synthetic speaker")
    train = _corpus(data / "demo-corpus", arguments.sentences, arguments.speakers)
    unseen = _corpus(data / "demo-unseen-corpus", arguments.unseen, unseen=True)
    features, recordings = data / "demo", data / "demo-unseen"
    for source, out in ((train, features), (unseen, recordings)):
        run_stage("features", "preprocess", source, "--out", out, *flags)
    nothing = ("--from", "none")
    run_stage("training", "train_tacotron", features, "--run", run, *nothing, *flags)
    waves, comparison = run.with_name(f"{run.name}-wavenet"), run / "comparison"
    run_stage("vocoder", "train_wavenet", features, "--run", waves, *flags)
    voice = ("--voice", run, "--vocoder", waves, "--recordings", recordings)
    files = sorted((train / "wavs").glob("*/*.wav"))[:8]
    rest = ("--consent", DEMO_CONSENT, "--count", arguments.unseen, "--out", comparison)
    run_stage("comparison", "compare", *voice, "--reference", *files, *rest)
    spoken, page = comparison / "griffin-lim", comparison / "compare.html"
    told = read_manifest(spoken), recordings, page, time.monotonic() - begun
    print(report.write(run, *told))


def _corpus(folder: Path, count: int, speakers: int = 1, unseen: bool = False) -> Path:
    """Make or complete a corpus, with a progress bar."""
    from tqdm import tqdm

    from moksori.demo.corpus import write

    with tqdm(desc=str(folder), total=count, unit="sentence", disable=None) as bar:
        write(folder, count, speakers, 0, lambda n, _: bar.update(n - bar.n), unseen)
    return folder
