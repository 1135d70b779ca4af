"""A Korean voice from nothing, in minutes: corpus, features, training, speech, report.

Every stage is the script that one's own recordings go through. Stopped at any moment,
the same command goes on where it was.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("data"), metavar="DIR")
    parser.add_argument("--run", type=Path, default=Path("logs/demo"), metavar="RUN")
    parser.add_argument(
        "--preset", default="demo", help="settings of all stages (demo)"
    )
    parser.add_argument(
        "--sentences", type=int, default=3000, help="to train on (3000)"
    )
    parser.add_argument("--unseen", type=int, default=32, help="to judge it by (32)")
    parser.add_argument("--speakers", type=int, default=1, help="synthetic voices (1)")
    return parser.parse_args()


def stage(name: str, *command: object) -> None:
    """Run a script as a person would; if it fails, so does the demo."""
    command = [str(part) for part in command]
    print(f"\n== {name}\n$ python {' '.join(command)}", flush=True)
    process = subprocess.run([sys.executable, ROOT / command[0], *command[1:]])
    if process.returncode:
        raise SystemExit(process.returncode)


def corpus(folder: Path, *arguments, **named) -> Path:
    from tqdm import tqdm

    from datasets import demo

    with tqdm(desc=str(folder), unit="sentence") as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        return demo.write(folder, *arguments, progress=progress, **named)


def judge(run: Path, rows: list, frame_seconds: float) -> dict:
    """The report of the lines just spoken, against the recordings' `rows`."""
    from evaluation.report import free_running

    manifest = run / "speech/manifest.jsonl"
    spoken = [json.loads(line) for line in manifest.read_text("utf-8").splitlines()]
    spoken.sort(key=lambda row: row["line"])
    return free_running(spoken, [row.frames * frame_seconds for row in rows])


def main() -> int:
    arguments = parse()
    begun = time.monotonic()
    data, run, preset = arguments.data, arguments.run, ("--preset", arguments.preset)
    print("== corpus: sentences of a grammar, read by a synthetic speaker")
    train = corpus(data / "demo-corpus", arguments.sentences, arguments.speakers)
    unseen = corpus(data / "demo-unseen-corpus", arguments.unseen, unseen=True)
    stage("features", "preprocess.py", train, "--out", data / "demo", *preset)
    recordings = data / "demo-unseen"
    stage("features", "preprocess.py", unseen, "--out", recordings, *preset)
    stage("training", "train_tacotron.py", data / "demo", "--run", run, *preset)

    from datasets.features import FeatureStore

    store = FeatureStore.open(recordings)
    lines, speech = run / "unseen.txt", run / "speech"
    lines.write_text("".join(f"{row.text}\n" for row in store.rows), "utf-8")
    stage("speech", "synthesize.py", "--voice", run, "--file", lines, "--out", speech)
    report = judge(run, store.rows, store.audio.frame_seconds)
    report["seconds"] = round(time.monotonic() - begun)
    path = run / "report.json"
    path.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", "utf-8")
    print(
        f"\n== {report['passed']} of {report['sentences']} unseen sentences are right\n"
        f"attention walks through: {report['walked']}, mean focus "
        f"{report['mean_focus']:.2f}, stops on time: {report['on_time']}\n"
        f"wavs and alignments: {speech}\n"
        f"previews of the training: {run / 'previews'}\n"
        f"report: {path} (this call took {report['seconds']} s)\n"
        f"TensorBoard: .venv/bin/tensorboard --logdir {run.parent}\n"
        f"say something: .venv/bin/python synthesize.py --voice {run} --text 안녕하세요."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
