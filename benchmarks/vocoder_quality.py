"""How close a vocoder comes to recordings, from their mels: PESQ, pitch, spectrum.

Griffin-Lim and what companding leaves of the recordings are measured beside it. A
history collects measurements while a training goes on, and is drawn as a curve.
"""

import argparse
import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

_HEADINGS = {
    "pesq": ("PESQ", 2),
    "periodicity": ("periodicity", 3),
    "voicing": ("voicing F1", 3),
    "cents": ("cents", 1),
    "cepstral": ("MCD dB", 2),
}


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--features", required=True, metavar="DIR", help="features of held-out speech"
    )
    parser.add_argument(
        "--vocoder",
        nargs="+",
        default=[],
        type=Path,
        metavar="RUN",
        help="runs of train_wavenet.py",
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--every-checkpoint", action="store_true", help="not only a run's newest"
    )
    which.add_argument(
        "--checkpoints",
        nargs="+",
        type=int,
        metavar="STEP",
        help="those of these steps",
    )
    parser.add_argument(
        "--controls", action="store_true", help="noise and pulses without a network too"
    )
    parser.add_argument("--utterances", type=int, default=16, help="at most so many")
    parser.add_argument(
        "--history",
        type=Path,
        metavar="FILE",
        help="JSON lines to add to; what they hold already is not measured again",
    )
    parser.add_argument(
        "--picture", type=Path, metavar="FILE", help="draw quality over training"
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="write all figures there as JSON"
    )
    chosen = parser.parse_args(arguments)
    if chosen.utterances < 1:
        parser.error("--utterances must be at least 1")
    if (chosen.checkpoints or chosen.every_checkpoint) and not chosen.vocoder:
        parser.error("checkpoints are those of a --vocoder")
    if chosen.picture and not (chosen.vocoder or chosen.history):
        parser.error("--picture draws a --vocoder or a --history")
    return chosen


def main(arguments: list[str] | None = None) -> int:
    chosen = parse(arguments)
    # Before TensorFlow is loaded: it speaks of the processor otherwise.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from benchmarks import copies, quality_curve

    if copies.rating() is None:
        _say(f"without PESQ; to have it: {copies.INSTALL}")
    try:
        history = quality_curve.read(chosen.history) if chosen.history else []
        rows = measure(chosen, history)
        print(table(rows))
        if chosen.out:
            chosen.out.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps(rows, ensure_ascii=False, indent=2)
            chosen.out.write_text(text + "\n", encoding="utf-8")
        if chosen.picture:
            quality_curve.draw([*alike(history, rows[0]), *rows], chosen.picture)
    except (ValueError, OSError, RuntimeError) as error:
        print(f"vocoder_quality: {error}", file=sys.stderr)
        return 1
    return 0


def measure(chosen: argparse.Namespace, history: list[dict]) -> list[dict]:
    """A row for each system that was asked for, and for those it is compared with.

    What the history holds is taken from there; the rest is measured, and added to the
    history's file at once, so that nothing is lost when a later one fails.
    """
    from benchmarks import copies, quality_curve, systems
    from datasets.store.features import FeatureStore

    store = FeatureStore.open(chosen.features)
    recordings = copies.Recordings.read(store, chosen.utterances)
    wanted = systems.references()
    if chosen.controls:
        from benchmarks import controls

        wanted += controls.systems()
    for folder in chosen.vocoder:
        wanted += systems.of_run(folder, chosen.checkpoints, chosen.every_checkpoint)
    known = {quality_curve.key(row): row for row in history}
    evaluator, rows = None, []
    for system in wanted:
        row = {**system.facts, **recordings.facts, "measured": copies.measurable()}
        if quality_curve.key(row) in known:
            rows.append(known[quality_curve.key(row)])
            continue
        evaluator = evaluator or copies.CopySynthesisEvaluator(recordings)
        _say(f"{system.name} …")
        rows.append({**row, **evaluator.measure(system.make(recordings))})
        if chosen.history:
            quality_curve.append(chosen.history, rows[-1])
    return rows


def alike(history: list[dict], row: dict) -> list[dict]:
    """The rows of a history that were measured with the recordings of `row`."""
    same = ("features", "count")
    return [each for each in history if all(each[k] == row[k] for k in same)]


def table(rows: list[dict]) -> str:
    """The rows as text: means with the half-widths of their intervals."""
    names = [name for name in _HEADINGS if any(name in r["figures"] for r in rows)]
    width = max(len(row["name"]) for row in rows)
    heading = "".join(f"  {_HEADINGS[name][0]:>16}" for name in names)
    lines = [f"{'':{width}}{heading}  x real time"]
    for row in rows:
        cells = "".join(
            f"  {_cell(row['figures'].get(name), _HEADINGS[name][1]):>16}"
            for name in names
        )
        factor = row["real_time_factor"]
        lines.append(f"{row['name']:{width}}{cells}  {factor:11.3f}")
    lines.append(f"{rows[0]['count']} utterances; +-: half of the 95 % interval")
    return "\n".join(lines)


def _cell(figure: dict | None, digits: int) -> str:
    if not figure or figure["mean"] is None:
        return "-"
    low, high = figure["interval"]
    return f"{figure['mean']:.{digits}f} +- {(high - low) / 2:.{digits}f}"


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.path[0] = str(ROOT)
    sys.exit(main())
