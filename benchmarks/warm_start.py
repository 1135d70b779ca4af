"""How clearly a new voice speaks after a warm start, by base and number of steps.

Every base is trained further on the features of a person, once for each number of
steps, the learning rate falling over the second half. The voice then speaks the texts
of recordings that it has not learned, and whisper-base hears it (install that as
`benchmarks.human_speech` says). What is trained already is not trained again.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add = parser.add_argument
    add("--corpus", required=True, metavar="FOLDER", help="recordings to test with")
    copies = "their copies by Griffin-Lim as well, from the mels of this preset"
    add("--copies", metavar="PRESET", help=copies)
    add("--features", metavar="DIR", help="of other recordings of the same person")
    bases = "runs to begin with; none: from nothing"
    add("--base", nargs="+", default=[], metavar="RUN", help=bases)
    add("--steps", nargs="+", type=int, default=[2500], metavar="N", help="(2500)")
    settings = "a setting of these trainings; may be repeated"
    add("--set", action="append", default=[], metavar="GROUP.NAME=VALUE", help=settings)
    add("--runs", type=Path, metavar="DIR", help="where trained voices are kept")
    add("--voice", nargs="+", default=[], type=Path, metavar="RUN", help="trained ones")
    checkpoints = "of each --voice (the newest)"
    add("--checkpoints", nargs="+", type=int, metavar="STEP", help=checkpoints)
    add("--count", type=int, default=32, help="most sentences (32)")
    add("--json", type=Path, metavar="FILE", help="write the figures there as well")
    chosen = parser.parse_args(arguments)
    if chosen.base and not (chosen.features and chosen.runs):
        parser.error("--base is trained on --features, and kept in --runs")
    if chosen.count < 1:
        parser.error("--count must be at least 1")
    return chosen


def train(chosen: argparse.Namespace, base: str, steps: int) -> Path:
    """Train a voice from a base, in a process of its own; returns its run folder.

    Raises `RuntimeError` where the training fails.
    """
    run = chosen.runs / f"{Path(base).name}-{steps}"
    half = steps // 2
    group = "tacotron_training"
    settings = [f"{group}.steps={steps}", f"{group}.decay_start={steps - half}"]
    settings += [f"{group}.decay_steps={half}", *chosen.set]
    command = [sys.executable, "-m", "moksori", "train_tacotron", chosen.features]
    command += ["--run", str(run), "--from", base]
    command += [word for setting in settings for word in ("--set", setting)]
    if subprocess.run(command, cwd=ROOT).returncode:
        raise RuntimeError(f"the training of {run} failed, see above")
    return run


def measure(chosen: argparse.Namespace, listener) -> Iterator[dict]:
    """Yield a row for the recordings, their copies and every voice, as each is heard.

    A row is that of `human_speech.judge`; `walks` counts the sentences of a voice whose
    attention goes from the first symbol to the last without a skip or a repeat, to a
    stop token, and `above` is the error above the recordings', paired.
    """
    from benchmarks import spoken
    from benchmarks.human_speech import judge
    from hparams import preset

    recordings = spoken.from_corpus(chosen.corpus, chosen.count)
    first = judge(recordings, listener)
    yield first
    if chosen.copies:
        audio = preset(chosen.copies).audio
        found = spoken.copies_of(chosen.corpus, chosen.count, audio)
        copies = judge(found.resampled(recordings.rate), listener)
        yield copies | {"above": above(copies, first)}
    trained = (train(chosen, b, n) for b in chosen.base for n in chosen.steps)
    voices = [(run, None) for run in trained]
    voices += [(run, n) for run in chosen.voice for n in chosen.checkpoints or [None]]
    for run, step in voices:
        found, walks = speak(run, step, recordings.texts)
        row = judge(found.resampled(recordings.rate), listener)
        yield row | {"walks": walks, "above": above(row, first)}


def speak(run: Path, step: int | None, texts: list[str]):
    """Return what a voice makes of texts, as `spoken.Spoken`, and how many it walks."""
    from benchmarks.spoken import Spoken
    from moksori.metrics.attention import assess
    from moksori.voices.stopping import TOKEN
    from moksori.voices.trained import TrainedVoice

    voice = TrainedVoice.load(run, step=step, attempts=1)
    speeches = voice.speak(texts)
    found = Spoken(
        f"{run.name}, step {voice.step}",
        [speech.wave for speech in speeches],
        speeches[0].sample_rate,
        texts,
    )
    whole = (s.stopped == TOKEN and assess(s)[0]["complete"] for s in speeches)
    return found, sum(whole)


def above(ours: dict, theirs: dict) -> dict:
    """By how much one row's error is above another's with the same texts, paired.

    As `metrics.bootstrap.ratio_of`: an interval that holds 0 does not tell them apart.
    """
    from moksori.metrics.bootstrap import ratio_of

    pairs = list(zip(ours["lines"], theirs["lines"], strict=True))
    more = [our["errors"] - their["errors"] for our, their in pairs]
    return ratio_of(more, [their["characters"] for _, their in pairs])


def table(rows: list[dict]) -> str:
    """The rows as text: characters misheard, with 95 % intervals."""
    width = max(len(row["name"]) for row in rows)
    lines = [f"{'':{width}}  misheard             walks  above the recordings"]
    for row in rows:
        low, high = (100 * bound for bound in row["interval"])
        line = f"{row['name']:{width}}  {100 * row['rate']:4.1f}% ({low:4.1f} to "
        line += f"{high:5.1f})  {row.get('walks', '-'):>5}"
        if "above" in row:
            low, high = (100 * bound for bound in row["above"]["interval"])
            mean = 100 * row["above"]["mean"]
            line += f"  {mean:+5.1f} ({low:+.1f} to {high:+.1f})"
        lines.append(line)
    return "\n".join([*lines, f"{len(rows[0]['lines'])} sentences"])


def main(arguments: list[str] | None = None, listener=None) -> int:
    chosen = parse(arguments)
    # Before numpy and TensorFlow are loaded, as in `benchmarks.intelligibility`.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from benchmarks.human_speech import Whisper
    from moksori.storage import write_json

    rows = []
    try:
        for row in measure(chosen, listener or Whisper()):
            rows.append(row)
            print(f"{row['name']}: {100 * row['rate']:.1f} %", file=sys.stderr)
            if chosen.json:
                chosen.json.parent.mkdir(parents=True, exist_ok=True)
                write_json(chosen.json, rows)
    except (ValueError, OSError, RuntimeError) as error:
        print(f"warm_start: {error}", file=sys.stderr)
        return 1
    print(table(rows))
    return 0


if __name__ == "__main__":
    sys.path[0] = str(ROOT)
    sys.exit(main())
