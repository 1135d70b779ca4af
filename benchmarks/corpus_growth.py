"""How time, memory and files grow with a corpus: made sound of half a second each.

Every size is made in a temporary folder and preprocessed by a process of its own: the
first time, again with nothing new, and again with one recording changed. Another fresh
process then opens the store as a training does. Limits: time and memory for an
utterance no more than 1.5 times those at the smallest size (seconds of processor time,
which other work on the machine disturbs least), and a loader that is ready in 5 s.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

GROWTH, LOADER_SECONDS = 1.5, 5.0
_IN_A_FOLDER = 1000
_FILES = ("manifest.jsonl", "journal.jsonl", "report.json", "report.html")


def main() -> int:
    import hparams

    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--workers", type=int, help="processes (every core)")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="a Dask cluster instead")
    parser.add_argument("--folder", type=Path, help="where there is room; temporary")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--stage", choices=STAGES, help=argparse.SUPPRESS)
    hparams.add_arguments(parser)
    arguments = parser.parse_args()
    if arguments.stage:
        settings = hparams.from_arguments(arguments)
        print(json.dumps(STAGES[arguments.stage](arguments, settings)))
        return 0
    sizes = [_measured(size, arguments.folder) for size in arguments.sizes]
    _show(sizes)
    growth = {name: _growth(sizes, name) for name in ("first", "again", "one_changed")}
    result = {"sizes": sizes, "processor_seconds_an_utterance_grow": growth}
    packed = json.dumps(result, indent=1)
    if arguments.json:
        arguments.json.write_text(packed + "\n", "utf-8")
    print(packed)
    late = max(size["loader"]["seconds"] for size in sizes) > LOADER_SECONDS
    return int(late or max(max(ratios) for ratios in growth.values()) > GROWTH)


def _measured(size: int, place: Path | None) -> dict:
    """All figures of one size; its files are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="growth-", dir=place) as folder:
        corpus = Path(folder) / "corpus"
        made = make(corpus, size)
        figures = {"utterances": size, "corpus_megabytes": round(made / 1e6, 1)}
        for stage in ("first", "again", "one_changed", "loader"):
            if stage == "one_changed":
                write_one(corpus, size // 2, shift=1)
            figures[stage] = _in_a_process(stage, Path(folder))
        store = Path(folder) / "store"
        figures["kilobytes"] = {
            name: round((store / name).stat().st_size / 1000, 1) for name in _FILES
        }
        arrays = sum(path.stat().st_size for path in (store / "shards").iterdir())
        figures["shards_megabytes"] = round(arrays / 1e6, 1)
    return figures


def _in_a_process(stage: str, folder: Path) -> dict:
    command = [sys.executable, __file__, *sys.argv[1:], "--stage", stage]
    command += ["--folder", str(folder)]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(run.stdout.splitlines()[-1])


def make(corpus: Path, count: int) -> int:
    """A corpus in the layout `folder`, a speaker to a thousand; its size in bytes."""
    return sum(write_one(corpus, number) for number in range(count))


def write_one(corpus: Path, number: int, shift: int = 0) -> int:
    """One recording of 0.4 to 0.6 s at 24 kHz, unlike all others, and its text."""
    import numpy as np

    from moksori.audio import files

    if not _NOISE:
        _NOISE.append(np.random.default_rng(0).normal(0, 3e-3, 480_000))
    rate = 24_000
    samples = 9600 + 48 * (7919 * number % 100)
    begin = 37 * (number + shift) % (480_000 - samples)
    time = np.arange(samples) / rate
    tone = 0.2 * np.sin(2 * np.pi * (100 + number % 400) * time)
    wave = tone + (1 + number * 1e-6) * _NOISE[0][begin : begin + samples]
    stem = corpus / f"{number // _IN_A_FOLDER:03d}" / f"{number:06d}"
    files.save(stem.with_suffix(".wav"), wave.astype(np.float32), rate)
    stem.with_suffix(".txt").write_text("가나다라마바"[number % 4 :][:3], "utf-8")
    return stem.with_suffix(".wav").stat().st_size


_NOISE: list = []


def _build(arguments, settings) -> dict:
    from datasets.readers import corpora
    from datasets.store import build as features

    begin, busy = time.perf_counter(), _busy()
    found = corpora.read(arguments.folder / "corpus")
    read = time.perf_counter() - begin
    report = features.build(
        [found],
        arguments.folder / "store",
        settings,
        arguments.workers,
        scheduler=arguments.scheduler,
    )
    return {
        "seconds": round(time.perf_counter() - begin, 2),
        "of_them_reading_the_corpus": round(read, 2),
        "processor_seconds": round(_busy() - busy, 2),
        "extracted": report.extracted,
        "utterances": report.utterances,
        "memory_megabytes": _peak(resource.RUSAGE_SELF),
        "memory_of_a_worker_megabytes": _peak(resource.RUSAGE_CHILDREN),
    }


def _load(arguments, settings) -> dict:
    """What a training does before its first step, both models in one process."""
    import numpy as np

    from datasets import batches, crops
    from datasets.store import build as features
    from moksori.audio.coding import Coding

    before, begin, busy = _peak(resource.RUSAGE_SELF), time.perf_counter(), _busy()
    store = features.FeatureStore.open(arguments.folder / "store")
    opened = time.perf_counter() - begin
    indices, _ = batches.split(store, 32)
    fitting = settings.tacotron_training
    made = batches.Batches(
        store,
        indices,
        batch_frames=fitting.batch_frames,
        max_batch=fitting.max_batch,
        frame_multiple=2,
    )
    _, batch = made.at(0)
    ready = time.perf_counter() - begin
    coding = Coding.of(settings)
    cut = crops.Crops(store, indices, coding, batch=8, frames=24, past=3000, context=2)
    _, crop = cut.at(0)
    assert np.isfinite(batch["mels"]).all()
    assert np.isfinite(crop["mels"]).all()
    return {
        "seconds": round(time.perf_counter() - begin, 3),
        "of_them_opening": round(opened, 3),
        "of_them_batches": round(ready - opened, 3),
        "processor_seconds": round(_busy() - busy, 3),
        "memory_megabytes": _peak(resource.RUSAGE_SELF),
        "before_megabytes": before,
    }


STAGES = {"first": _build, "again": _build, "one_changed": _build, "loader": _load}


def _busy() -> float:
    """Seconds of processor time of this process and its ended children."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def _peak(who: int) -> float:
    return round(resource.getrusage(who).ru_maxrss / 1024, 1)


def _growth(sizes: list[dict], stage: str) -> list[float]:
    """Processor time an utterance, relative to the smallest size."""
    costs = [size[stage]["processor_seconds"] / size["utterances"] for size in sizes]
    return [round(cost / costs[0], 2) for cost in costs]


def _show(sizes: list[dict]) -> None:
    from benchmarks.clock import show

    rows = [
        (
            f"{size['utterances']:,}",
            *(f"{size[s]['seconds']:.1f}" for s in ("first", "again", "one_changed")),
            f"{1e6 * size['first']['processor_seconds'] / size['utterances']:.0f}",
            f"{size['first']['memory_megabytes']:.0f}",
            f"{size['first']['memory_of_a_worker_megabytes']:.0f}",
            f"{size['kilobytes']['manifest.jsonl'] / 1000:.1f}",
            f"{size['kilobytes']['journal.jsonl'] / 1000:.1f}",
            f"{size['loader']['seconds']:.2f}",
            f"{size['loader']['memory_megabytes']:.0f}",
        )
        for size in sizes
    ]
    columns = ("utterances", "first s", "nothing new s", "one changed s")
    columns += ("processor µs each", "MB", "MB a worker", "manifest MB", "journal MB")
    show((*columns, "loader s", "loader MB"), rows)


if __name__ == "__main__":
    sys.exit(main())
