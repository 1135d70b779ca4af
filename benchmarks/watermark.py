"""Measure the watermark: what it costs, what it survives, and false alarms.

Marks recordings and songs, attacks them as sharing, telephones and editing do, and
looks for the token again; then judges many recordings with and without a mark, half of
them attacked, as the service does. Tables are Markdown; set OPENBLAS_NUM_THREADS=1.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import songs  # noqa: E402
from benchmarks.attacks import ATTACKS, RATE  # noqa: E402
from benchmarks.verdicts import judged, report  # noqa: E402
from moksori.audio import watermark  # noqa: E402
from moksori.audio.files import SUFFIXES, load, resample  # noqa: E402

KEY = b"a key for measurements alone"


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", nargs="+", type=Path, help="recordings to mark")
    parser.add_argument("--count", type=int, default=10, help="of each, to be attacked")
    few = "songs to make (of each kind, for attacks: --count at most)"
    parser.add_argument("--songs", type=int, default=20, help=few)
    parser.add_argument("--clips", type=int, default=200, help="of each, to be judged")
    parser.add_argument("--keys", type=int, default=4, help="to judge unmarked ones by")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    chosen = parse(arguments)
    made = made_songs(chosen.songs)
    for line in attacked(chosen, made):
        print(line, flush=True)
    for line in verdicts(chosen, made):
        print(line)
    return 0


def attacked(chosen: argparse.Namespace, made: dict) -> Iterator[str]:
    """Yield what marks cost, and a table of what every attack leaves of them."""
    rng = np.random.default_rng(chosen.seed)
    groups = {
        folder.name: list(waves(folder, chosen.count, chosen.seed, 6.0))
        for folder in chosen.folders
    }
    groups |= {kind: each[: chosen.count] for kind, each in made.items() if each}
    marks = {}
    for name, each in groups.items():
        marks[name], about = marked(each, rng)
        yield f"{name}: {about}"
    yield "| after | recordings | tokens right | wrong bits | presence, least |"
    yield "|---|---|---|---|---|"
    for attack, change in ATTACKS.items():
        for name, each in marks.items():
            yield f"| {attack} | {name} | {survived(each, change)} |"


def verdicts(chosen: argparse.Namespace, made: dict) -> Iterator[str]:
    """Yield tables of how recordings with and without marks are judged."""
    rng = np.random.default_rng(chosen.seed)
    least = watermark.LEAST_SECONDS
    clips = {
        folder.name: waves(folder, chosen.clips, chosen.seed, least)
        for folder in chosen.folders
    }
    results = []
    for kind, several in {**made, **clips}.items():
        for each in judged(kind, several, chosen.keys, rng):
            results.append(each)
            if len(results) % 100 == 0:
                print(f"{kind}: {len(results)} searches", file=sys.stderr, flush=True)
    yield from report(results, np.random.default_rng(chosen.seed))


def waves(folder: Path, count: int, seed: int, least: float) -> Iterator[np.ndarray]:
    """Read recordings in a drawn order, 12 s of each at most; those of less than
    `least` seconds are joined."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES)
    order = np.random.default_rng(seed).permutation(len(files))
    found, parts = 0, []
    for index in order:
        if found == count:
            return
        parts.append(load(files[index], RATE))
        if sum(map(len, parts)) >= least * RATE:
            found += 1
            yield np.concatenate(parts)[: 12 * RATE]
            parts = []
    if not found:
        raise SystemExit(f"{folder} has no recordings of {least:g} s together")


def made_songs(count: int) -> dict[str, list[np.ndarray]]:
    """Make as many songs of each kind, 12 s of each at most."""
    sung = [songs.singer(seed) for seed in range(count)]
    spoken = [songs.speaker(count + seed) for seed in range(count)]
    kinds = {
        "sung": sung,
        "spoken with band": [songs.song(w, count + i) for i, w in enumerate(spoken)],
        "sung with band": [songs.song(each, i) for i, each in enumerate(sung)],
        "band alone": [songs.band(12.0, count + i) for i in range(count)],
    }
    return {
        kind: [resample(each, songs.SAMPLE_RATE, RATE)[: 12 * RATE] for each in several]
        for kind, several in kinds.items()
    }


def marked(
    sounds: list[np.ndarray], rng: np.random.Generator
) -> tuple[list[tuple[np.ndarray, int]], str]:
    """Mark every wave with a token of its own; return also what that costs."""
    tokens = [int(token) for token in rng.integers(0, 1 << 32, len(sounds))]
    begun = time.process_time()
    result = [
        (watermark.mark(wave, RATE, token, KEY), token)
        for wave, token in zip(sounds, tokens, strict=True)
    ]
    seconds = sum(map(len, sounds)) / RATE
    cost = (time.process_time() - begun) / seconds
    pairs = [(wave, each) for wave, (each, _) in zip(sounds, result, strict=True)]
    ratios = [10 * np.log10(np.sum(a**2) / np.sum((a - b) ** 2)) for a, b in pairs]
    about = f"{len(sounds)}, {seconds:.0f} s, {cost:.4f} core seconds for each; "
    about += f"signal to mark {np.mean(ratios):.1f} dB, least {min(ratios):.1f}"
    quality = [score for a, b in pairs if (score := wideband_pesq(a, b)) is not None]
    if quality:
        about += f"; PESQ {np.mean(quality):.2f}, least {min(quality):.2f}"
    return result, about


def wideband_pesq(wave: np.ndarray, other: np.ndarray) -> float | None:
    """Compare by PESQ where it is installed."""
    try:
        from pesq import pesq
    except ImportError:
        return None
    return pesq(16000, *(resample(each, RATE, 16000) for each in (wave, other)), "wb")


def survived(
    marks: list[tuple[np.ndarray, int]], change: Callable[[np.ndarray], np.ndarray]
) -> str:
    """Return the cells of an attack: tokens found, wrong bits, the least presence."""
    right, wrong, presence = 0, 0, []
    for wave, token in marks:
        found = watermark.detect(change(wave), RATE, KEY)
        errors = (found.token ^ token).bit_count()
        right += errors == 0
        wrong += errors
        presence.append(found.presence)
    share = 100 * wrong / (watermark.TOKEN_BITS * len(marks))
    return f"{right} of {len(marks)} | {share:.1f} % | {min(presence):.2f}"


if __name__ == "__main__":
    sys.exit(main())
