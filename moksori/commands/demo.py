"""A Korean voice from nothing, in minutes: corpus, features, trainings, speech, report.

Every stage is a script of its own. Stopped anywhere, the same command goes on there.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

import hparams
from moksori.storage import output_folder

NOBODY = "nobody: a synthetic speaker (espeak-ng), made for the demo"
REFERENCES = 8
YOUNG = (
    "(the WaveNet is a few minutes old: it shows the path and is no vocoder yet; "
    "Griffin-Lim sounds better until it has trained far longer, on a GPU)"
)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=output_folder, default="data", metavar="DIR")
    parser.add_argument("--run", type=output_folder, default="logs/demo", metavar="RUN")
    parser.add_argument("--sentences", type=int, default=3000, help="of corpus (3000)")
    parser.add_argument("--unseen", type=int, default=32, help="to judge it by (32)")
    parser.add_argument("--speakers", type=int, default=1, help="synthetic voices (1)")
    hparams.add_arguments(parser)
    return parser


def asked(arguments: argparse.Namespace) -> list[object]:
    """The flags that hand every stage the settings asked of the demo."""
    named = ("--hparams", arguments.hparams) if arguments.hparams else ()
    base = named or ("--preset", arguments.preset or "demo")
    return [*base, *(part for text in arguments.overrides for part in ("--set", text))]


def stage(name: str, *command: object) -> None:
    """Run a script as a person would; if it fails, so does the demo."""
    command = [str(part) for part in command]
    print(f"\n== {name}\n$ moksori {' '.join(command)}", flush=True)
    code = subprocess.call([sys.executable, "-m", "moksori", *command])
    if code:
        sys.exit(code)


def corpus(folder: Path, *arguments, **named) -> Path:
    """The corpus in `folder`, made or completed, with a progress bar."""
    from tqdm import tqdm

    from moksori.demo.corpus import write

    with tqdm(desc=str(folder), unit="sentence", disable=None) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        return write(folder, *arguments, progress=progress, **named)


def main(argv: list[str] | None = None) -> None:
    arguments, begun = parser().parse_args(argv), time.monotonic()
    data, run, flags = arguments.data, arguments.run, asked(arguments)
    try:
        hparams.from_arguments(arguments, "demo")
    except hparams.HparamsError as error:
        print(f"demo.py: {error}", file=sys.stderr)
        sys.exit(2)
    print("== corpus: sentences of a grammar, read by a synthetic speaker")
    train = corpus(data / "demo-corpus", arguments.sentences, arguments.speakers)
    unseen = corpus(data / "demo-unseen-corpus", arguments.unseen, unseen=True)
    features, recordings = data / "demo", data / "demo-unseen"
    for source, out in ((train, features), (unseen, recordings)):
        stage("features", "preprocess", source, "--out", out, *flags)
    stage("training", "train_tacotron", features, "--run", run, *flags)
    waves = run.with_name(f"{run.name}-wavenet")
    stage("vocoder", "train_wavenet", features, "--run", waves, *flags)

    place = compare(run, waves, train, recordings, arguments.unseen)

    from datasets.store.build import FeatureStore
    from moksori.comparison.clips import read_manifest
    from moksori.demo import acceptance
    from moksori.storage import write_json

    store, speech = FeatureStore.open(recordings), place / "griffin-lim"
    seconds = [row.frames * store.audio.frame_seconds for row in store.rows]
    figures = acceptance.accept(read_manifest(speech), seconds)
    figures |= {"seconds": round(time.monotonic() - begun)}
    write_json(run / "report.json", figures)
    print(f"\n{acceptance.summary(figures)}\nfigures: {run / 'report.json'}")
    print(f"this call took {figures['seconds']} s; pictures: {run / 'previews'}")
    print(f"hear them side by side, in a browser: {place / 'compare.html'}")
    print(YOUNG)
    print(f"TensorBoard: .venv/bin/tensorboard --logdir {run.parent}")
    print(f"speak: .venv/bin/python synthesize.py --voice {run} --text 안녕하세요.")


def compare(run: Path, vocoder: Path, corpus: Path, recordings: Path, count: int):
    """The folder of a comparison with recordings of sentences that nobody trained on;
    the reference comes from the corpus."""
    folder = run / "comparison"
    files = sorted((corpus / "wavs").glob("*/*.wav"))[:REFERENCES]
    voice = ("--voice", run, "--vocoder", vocoder, "--recordings", recordings)
    rest = ("--consent", NOBODY, "--count", count, "--out", folder)
    stage("comparison", "compare", *voice, "--reference", *files, *rest)
    return folder
