"""Share what cover and convert take: flags, a watermark, and progress in a line."""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from moksori.covers.conversion import Model

# The pattern of covers is no secret: whoever has this program can tell them.
_KEY = b"moksori covers 1"
_PEAK = 10 ** (-0.3 / 20)
_PIECE = 2**19  # samples


def add_flags(flags: argparse.ArgumentParser, voice_needed: bool = True) -> None:
    """Add the flags of a conversion."""
    voice = "folder of a vocal model (`moksori vocal train` or `import`)"
    folder = {"type": Path, "metavar": "DIR", "required": voice_needed}
    flags.add_argument("--voice", **folder, help=voice)
    pitch = "semitones, or auto: whole octaves into the middle of the voice (auto)"
    flags.add_argument("--pitch", type=semitones, metavar="N", help=pitch)
    rate = "0: nearer to the words, 1: nearer to the voice (0.5)"
    flags.add_argument("--index-rate", type=share, default=0.5, help=rate)
    kept = "share of the old breath and s (0.33)"
    flags.add_argument("--protect", type=share, default=0.33, help=kept)


def semitones(text: str) -> float | None:
    """Convert a flag to semitones, from -24 to 24; auto is None."""
    value = None if text == "auto" else float(text)
    if value is not None and not -24 <= value <= 24:
        raise argparse.ArgumentTypeError("is not from -24 to 24 semitones")
    return value


def share(text: str) -> float:
    """Convert a flag to a share, from 0 to 1."""
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError("is not from 0 to 1")
    return value


def save_marked(
    path: Path, parts: Sequence[np.ndarray], sample_rate: int, model: "Model"
) -> None:
    """Write the sum of waves as a wav, with a watermark that names the model and its
    consent; piece by piece, as a song would fill the memory more than once."""
    from moksori.audio import watermark
    from moksori.audio.files import save

    told = f"{model.about.name}\n{model.about.consent}".encode()
    token = int.from_bytes(sha256(told).digest()[:4], "big")

    def marked() -> Iterator[np.ndarray]:
        marker = watermark.Marker(sample_rate, token, _KEY)
        for begin in range(0, len(parts[0]), _PIECE):
            yield marker.feed(sum(each[begin : begin + _PIECE] for each in parts))
        yield marker.finish()

    # What the mark adds must not be clipped.
    peak = max(float(np.abs(piece).max(initial=0.0)) for piece in marked())
    gain = np.float32(min(1.0, _PEAK / max(peak, _PEAK)))
    save(path, (piece * gain for piece in marked()), sample_rate)


def progress(stage: str, done: float) -> None:
    """Show how far the work is, where somebody looks."""
    if sys.stderr.isatty():
        end = "\n" if done >= 1 else ""
        print(f"\r{stage:10} {100 * done:3.0f} %", end=end, file=sys.stderr, flush=True)


def run(name: str, work: Callable[[], None]) -> int:
    """Do the work of a command; returns the exit code, and says in a line what ended
    it."""
    from moksori.demo.corpus import DemoError
    from moksori.speakers.weights import WeightsMissing

    try:
        work()
    except KeyboardInterrupt:
        print(f"{name}: stopped", file=sys.stderr)
        return 130
    except (OSError, ValueError, WeightsMissing, DemoError) as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 2
    return 0
