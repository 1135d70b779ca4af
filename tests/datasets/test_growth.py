"""Four times the corpus is four times the work: counted, not timed."""

import sys
from collections import Counter

import pytest

from datasets import batches, corpora, features
from tests.datasets.made import folder_corpus, write_sound, write_text
from tests.datasets.stores import TINY

SMALL, LARGE = 40, 160


def counted(work) -> Counter:
    """How often `work()` calls what: Python's functions and those of its libraries."""
    calls: Counter[str] = Counter()

    def count(frame, event, argument):
        if event == "call":
            calls["functions"] += 1
        elif event == "c_call":
            calls["functions"] += 1
            calls[argument.__name__] += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return calls


def lines_corpus(folder, count):
    """The layout of KSS: one table for all recordings."""
    for number in range(count):
        write_sound(folder / f"1/1_{number:04d}.wav", number, 0.5)
    rows = (f"1/1_{n:04d}.wav|하나 둘|하나 둘|하나 둘|0.5\n" for n in range(count))
    write_text(folder / "transcript.v.1.4.txt", "".join(rows))
    return folder


@pytest.fixture(scope="module", params=[folder_corpus, lines_corpus])
def counts(request, tmp_path_factory):
    """Stage -> its calls for the small corpus, and for the large one."""
    stages: dict[str, list[Counter]] = {}
    for size in (SMALL, LARGE):
        place = tmp_path_factory.mktemp("growth")
        folder, out = request.param(place / "corpus", size), place / "out"
        found = corpora.read(folder)
        assert len(found.utterances) == size

        def build(found=found, out=out):
            features.build([found], out, TINY, workers=1)

        def load(out=out):
            store = features.FeatureStore.open(out)
            indices, _ = batches.split(store, 4)
            options = {"batch_frames": 400, "max_batch": 4, "frame_multiple": 1}
            made = batches.Batches(store, indices, **options)
            made.at(made.steps_per_epoch)

        def read(folder=folder):
            corpora.read(folder)

        for name, work in (
            ("read", read),
            ("first", build),
            ("again", build),
            ("load", load),
        ):
            stages.setdefault(name, []).append(counted(work))
    return stages


@pytest.mark.parametrize("stage", ["read", "first", "again", "load"])
def test_calls_grow_with_the_corpus(counts, stage):
    small, large = counts[stage]
    # The factor is below that of the sizes where a part costs the same for any size.
    assert large["functions"] <= 1.05 * LARGE / SMALL * small["functions"]
    for name in ("stat", "open", "loads", "raw_decode", "listdir", "scandir", "fsync"):
        assert large[name] <= LARGE / SMALL * max(small[name], 1), name


def test_nothing_new_opens_no_recording_and_few_files(counts):
    small, large = counts["again"]
    assert large["open"] == small["open"] <= 12
    assert large["stat"] - small["stat"] <= LARGE - SMALL + 30
