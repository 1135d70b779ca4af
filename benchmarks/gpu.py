"""What a GPU makes of this program: training, generation, waiting, and where time goes.

Mel frames a second of training the acoustic models `paper` and `korean` at the largest
batch that fits (found by doubling and halving), samples a second of training their
vocoders, times real time of speech, the share of time that steps wait for data, and
what of a step the loops over time, the products and the gaps between kernels take. Each
backend that is installed has its turn, in processes of its own. On a CPU it runs too,
to be tried out; its figures say nothing there. Prints a table in Markdown.
"""

import argparse
import contextlib
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

# Published for Tacotron 2 on one A100: TF32, batch 128, r = 1; and what is asked of a
# Hopper card.
PUBLISHED, TIMES = 31_500, 3
BACKENDS = ("tensorflow", "jax")
KINDS = ("acoustic", "vocoder", "waiting", "profile", "speech")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--preset", nargs="+", default=["paper", "korean"])
    parser.add_argument("--backends", nargs="+", choices=BACKENDS)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each figure")
    parser.add_argument("--frames", type=int, default=600, help="of an utterance")
    parser.add_argument("--symbols", type=int, default=100)
    parser.add_argument("--first", type=int, default=16, help="batch to try first")
    parser.add_argument("--most", type=int, default=4096, help="largest batch to try")
    parser.add_argument("--out", type=Path, metavar="FILE", help="all figures as JSON")
    parser.add_argument("--within", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.within:
        return _work(json.loads(arguments.within))
    backends = arguments.backends or [
        b for b in BACKENDS if importlib.util.find_spec(b)
    ]
    rows = []
    for backend in backends:
        rows += _measured(backend, arguments)
    text = report(rows)
    print(text)
    if arguments.out:
        arguments.out.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
    return int(any("failure" in row for row in rows))


def _measured(backend: str, arguments) -> list[dict]:
    """All rows of a backend: what was asked for, preset by preset."""
    told = vars(arguments)
    job = {name: told[name] for name in ("seconds", "frames", "symbols")}
    job |= {"backend": backend}
    (place,) = in_a_process({**job, "kind": "place"})
    if "failure" in place:
        return [place]
    rows = []
    for preset in arguments.preset:
        for kind in arguments.kinds:
            asked = {**job, "kind": kind, "preset": preset}
            if kind in ("acoustic", "vocoder"):
                rows += search(asked, arguments.first, arguments.most, in_a_process)
            else:
                best = [r for r in rows if r.get("best") and r["kind"] == "acoustic"]
                batch = next((r["batch"] for r in best if r["preset"] == preset), 1)
                rows += in_a_process({**asked, "batch": batch})
    return [{**place, **row} for row in rows]


def search(job: dict, first: int, most: int, run) -> list[dict]:
    """Rows of every batch tried, `largest` and `best` marked.

    Batches double from `first` until one does not fit or `most` is reached; two more
    halve what lies between. `run(job)` gives a row for each of `job["batches"]` until
    one says `memory`, or that it failed.
    """
    doubling = [first]
    while doubling[-1] * 2 <= most:
        doubling.append(doubling[-1] * 2)
    rows = run({**job, "batches": doubling})
    fits = max((row["batch"] for row in rows if "rate" in row), default=0)
    over = min((row["batch"] for row in rows if "memory" in row), default=None)
    for _ in range(2):
        middle = (fits + over) // 2 if over else fits
        if middle in (fits, over) or not fits:
            break
        (row, *_) = tried = run({**job, "batches": [middle]})
        rows += tried
        fits, over = (middle, over) if "rate" in row else (fits, middle)
    measured = [row for row in rows if "rate" in row]
    for row in measured:
        row["largest"] = row["batch"] == fits
        row["best"] = row is max(measured, key=lambda r: r["rate"])
    return rows


def in_a_process(job: dict) -> list[dict]:
    """The rows that a process of its own prints; one more says how it failed, if so."""
    quiet = {
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "KERAS_BACKEND": job["backend"],
        "XLA_PYTHON_CLIENT_MEM_FRACTION": "0.95",
    }
    run = subprocess.run(
        [sys.executable, __file__, "--within", json.dumps(job)],
        env={**quiet, **os.environ, "KERAS_BACKEND": job["backend"]},
        capture_output=True,
        text=True,
    )
    rows = []
    for line in run.stdout.splitlines():
        with contextlib.suppress(json.JSONDecodeError):
            rows.append({**job, **json.loads(line)})
    if run.returncode:
        left = [
            b for b in job.get("batches", ()) if b > len(rows) and not _has(rows, b)
        ]
        end = run.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        # The kernel ends a process that takes the last of the host's memory.
        died = {"memory": "killed"} if run.returncode == -9 and left else {}
        found = died or {"failure": f"exit {run.returncode}: {end[0]}"}
        rows.append({**job, "batch": left[0] if left else job.get("batch"), **found})
    for row in rows:
        row.pop("batches", None)
    return rows


def _has(rows: list[dict], batch: int) -> bool:
    return any(row.get("batch") == batch for row in rows)


def _work(job: dict) -> int:
    """In a process of one backend: print a line of JSON for each row."""
    from moksori.backend.setup import load_backend

    load_backend()
    from benchmarks import gpu_speech, gpu_training

    measures = {
        "place": gpu_training.place,
        "acoustic": gpu_training.training,
        "vocoder": gpu_training.training,
        "waiting": gpu_training.waiting,
        "profile": gpu_training.profile,
        "speech": gpu_speech.speech,
    }
    for row in measures[job["kind"]](job):
        print(json.dumps(row), flush=True)
    return 0


def report(rows: list[dict]) -> str:
    """The table in Markdown, what it says of the goal, and what it cannot say."""
    lines = ["| backend | device | preset | what | figure |", "|---|---|---|---|---|"]
    for row in rows:
        if (said := _said(row)) is not None:
            where = (
                f"{row['backend']} | {row.get('card', '?')} | {row.get('preset', '')}"
            )
            lines.append(f"| {where} | {said[0]} | {said[1]} |")
    lines.append("")
    if not any(row.get("on_gpu") for row in rows):
        lines.append(
            "No GPU was used: a CPU's figures try this program out, no more; the goal "
            "is one for a Hopper card."
        )
    paper = [
        row["rate"]
        for row in rows
        if row["kind"] == "acoustic" and row.get("best") and row["preset"] == "paper"
    ]
    goal = f"Goal: {TIMES} x {PUBLISHED:,} mel frames/s with `paper` on a Hopper card"
    if paper:
        ratio = max(paper) / PUBLISHED
        goal += f"; measured {max(paper):,.0f}, {ratio:.3g} x {PUBLISHED:,}"
    return "\n".join([*lines, goal + "."])


def _said(row: dict) -> tuple[str, str] | None:
    """What a row was about, and its figure, in words; None for tries on the way."""
    if "failure" in row:
        return row["kind"], f"failed: {row['failure']}"
    if row["kind"] in ("acoustic", "vocoder"):
        if not (row.get("largest") or row.get("best")):
            return None
        names = [name for name in ("largest", "best") if row[name]]
        unit = "mel frames/s" if row["kind"] == "acoustic" else "counted samples/s"
        what = f"training, batch {row['batch']} ({', '.join(names)}), {row['compute']}"
        return what, f"{row['rate']:,.0f} {unit}"
    return row["what"], row["figure"]


if __name__ == "__main__":
    sys.exit(main())
