"""How clearly does a voice speak: the share of its jamo that a recogniser mishears.

The recogniser learned from synthetic voices other than the demo's own; it is trained
on first use and kept. It judges voices of that kind: for recordings of people its
figure says little.
"""

import argparse
import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RECOGNISER = ROOT / "logs" / "recogniser"
THREADS = "2"


def error_rates(
    wavs: "list",
    sample_rate: int,
    texts: list[str],
    recogniser: str | Path = RECOGNISER,
) -> list[float]:
    """Errors per jamo in each wave, float [samples], that was to say its text.

    The recogniser in the folder is used, and trained first where there is none. For
    the rate of many sentences together, weigh by length: `scores.rate_of`.
    """
    from benchmarks.listening import saved_or_trained
    from benchmarks.scores import listen

    heard = listen(saved_or_trained(recogniser), wavs, sample_rate, texts)
    return [sentence.rate for sentence in heard]


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--wavs",
        nargs="+",
        default=[],
        metavar="DIR",
        help="folders of synthesised speech, each with a manifest.jsonl",
    )
    parser.add_argument(
        "--corpus",
        nargs="+",
        default=[],
        metavar="FOLDER",
        help="corpora of recordings",
    )
    parser.add_argument(
        "--copy-synthesis",
        action="store_true",
        help="the demo's speaker: as recorded, and through mels and Griffin-Lim",
    )
    parser.add_argument(
        "--count", type=int, default=200, help="most sentences of a set"
    )
    parser.add_argument(
        "--worst", type=int, default=10, help="sentences to show of a set"
    )
    parser.add_argument("--recogniser", default=RECOGNISER, metavar="DIR")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write the figures there as well"
    )
    chosen = parser.parse_args(arguments)
    if not (chosen.wavs or chosen.corpus or chosen.copy_synthesis):
        parser.error("give --wavs, --corpus or --copy-synthesis")
    if chosen.count < 1:
        parser.error("--count must be at least 1")
    return chosen


def main(arguments: list[str] | None = None) -> int:
    chosen = parse(arguments)
    # Before numpy and TensorFlow are loaded: a pool of threads for each small matrix
    # product makes Griffin-Lim ten times slower.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", THREADS)
    os.environ.setdefault("TF_NUM_INTEROP_THREADS", THREADS)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from benchmarks import listening, scores, spoken

    try:
        sets = spoken.sets(
            chosen.wavs, chosen.corpus, chosen.copy_synthesis, chosen.count
        )
        recogniser = listening.saved_or_trained(chosen.recogniser, progress=_say)
        summaries = [
            scores.summary(
                s.name,
                scores.listen(recogniser, s.waves, s.rate, s.texts),
                chosen.worst,
            )
            for s in sets
        ]
    except (ValueError, OSError, RuntimeError) as error:
        print(f"intelligibility: {error}", file=sys.stderr)
        return 1
    print(scores.table(summaries))
    known = recogniser.facts.get("reference", {})
    if known:
        figures = ", ".join(f"{name} {100 * rate:.1f}%" for name, rate in known.items())
        print(f"\nThe same ear, held-out sentences of the demo's speaker: {figures}")
    if chosen.json:
        record = {"recogniser": recogniser.facts, "sets": summaries}
        chosen.json.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(record, ensure_ascii=False, indent=2)
        chosen.json.write_text(text + "\n", encoding="utf-8")
    return 0


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.path[0] = str(ROOT)
    sys.exit(main())
