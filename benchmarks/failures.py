"""How often does a voice fail on 500 hard sentences, before and after it tries again?

A line fails when its attention leaves out or repeats something, or its stop token does
not come. No vocoder is needed: what is counted is the acoustic model's.
"""

import argparse
import json
import os
import sys
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def measure(voice, sentences: list[str], speaker, seed: int) -> dict:
    """Speak the sentences; returns which failed and why, what helped, and the cost.

    `processor_seconds` are of the whole process, so those of a voice that has spoken
    before hold no compiling.
    """
    from moksori.metrics.attention import assess
    from moksori.voices.stopping import TOKEN

    begun = time.process_time()
    rows = []
    for speech in voice.speak(sentences, speaker, seed):
        figures, complaints = assess(speech)
        failed = not figures["complete"] or speech.stopped != TOKEN
        rows.append(
            {
                "text": speech.text,
                "attempts": speech.attempts,
                "remedies": speech.remedies,
                "failed": failed,
                "complaints": [*complaints, *speech.warnings],
                "seconds": speech.seconds,
            }
        )
    return {
        "lines": len(rows),
        "failed": sum(row["failed"] for row in rows),
        "attempts": dict(Counter(row["attempts"] for row in rows)),
        "seconds": sum(row["seconds"] for row in rows),
        "processor_seconds": time.process_time() - begun,
        "worst": [row for row in rows if row["failed"] or row["attempts"] > 1],
    }


class Silence:
    """A vocoder that costs nothing."""

    def __init__(self, hop_length: int):
        self.hop_length = hop_length

    def generate(self, mels, speaker, seed):
        import numpy as np

        return [np.zeros(len(mel) * self.hop_length, np.float32) for mel in mels]


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add = parser.add_argument
    add("--voice", type=Path, metavar="RUN", help="a voice (the shipped one)")
    add("--speaker", metavar="NAME", help="name or number (the first)")
    add("--seeds", type=int, nargs="+", default=[0], help="takes to count (0)")
    add("--count", type=int, metavar="N", help="sentences, evenly chosen (500)")
    add("--json", type=Path, metavar="FILE", help="write the figures there as well")
    return parser.parse_args(arguments)


def load(folder: Path | None, attempts: int):
    """Return the voice that makes so many attempts, without sound."""
    from moksori.voices.trained import TrainedVoice

    voice = TrainedVoice.load(*([folder] if folder else []), attempts=attempts)
    voice.vocoder = Silence(voice.settings.audio.hop_length)
    return voice


def main(arguments: list[str] | None = None) -> int:
    chosen = parse(arguments)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from benchmarks.hard_sentences import COUNT, hard_sentences
    from moksori.backend.setup import load_backend
    from moksori.voices.attempts import ATTEMPTS

    load_backend()
    sentences = hard_sentences()
    count = min(chosen.count or COUNT, COUNT)
    sentences = [sentences[i * COUNT // count] for i in range(count)]
    rows = []
    for attempts in (1, ATTEMPTS):
        voice = load(chosen.voice, attempts)
        voice.speak(sentences, chosen.speaker)
        for seed in chosen.seeds:
            figures = measure(voice, sentences, chosen.speaker, seed)
            rows.append({"most_attempts": attempts, "seed": seed, **figures})
            print(summary(rows[-1]), flush=True)
    if chosen.json:
        text = json.dumps(rows, ensure_ascii=False, indent=1)
        chosen.json.write_text(text + "\n", "utf-8")
    return 0


def summary(row: dict) -> str:
    """Return the figures of one take, and the lines that failed or were repaired."""
    cost = row["processor_seconds"] / row["seconds"]
    head = (
        f"at most {row['most_attempts']} attempts, seed {row['seed']}: {row['failed']} "
        f"of {row['lines']} failed; lines by attempts made: {row['attempts']}; "
        f"{row['processor_seconds']:.1f} processor s, {cost:.4f} a second of speech"
    )
    lines = [f"  {w['text'][:40]}: {'; '.join(w['complaints'])}" for w in row["worst"]]
    return "\n".join([head, *lines])


if __name__ == "__main__":
    sys.path[0] = str(ROOT)
    sys.exit(main())
