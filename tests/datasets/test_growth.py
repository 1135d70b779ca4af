"""Four times the corpus is four times the work: counted, not timed."""

import sys
from collections import Counter

import pytest

from datasets import batches
from datasets.readers import corpora
from datasets.store import build as features
from tests.datasets.made import folder_corpus, write_sound, write_text
from tests.datasets.stores import TINY

SMALL, LARGE = 40, 160


def counted(work) -> Counter:
    """How often `work()` calls what: Python's functions and those of its libraries."""
    calls: Counter[str] = Counter()

    def count(frame, event, argument):
        if event == "call":
            code = frame.f_code
            calls[f"{code.co_filename}:{code.co_firstlineno} {code.co_name}"] += 1
        elif event == "c_call":
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
    texts = [f"하나 {chr(0xAC00 + number)}" for number in range(count)]
    rows = (f"1/1_{n:04d}.wav|{t}|{t}|{t}|0.5\n" for n, t in enumerate(texts))
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
def test_nothing_is_called_more_often_than_the_corpus_grows(counts, stage):
    small, large = counts[stage]
    assert sum(large.values()) > 1000
    # Some calls are few in a small corpus by chance: a buffer that fills, a bucket.
    most = {name: LARGE / SMALL * (small[name] + 8) for name in large}
    assert not {name: large[name] for name in large if large[name] > most[name]}


@pytest.mark.parametrize("stage", ["read", "again", "load"])
def test_folders_are_listed_as_often_whatever_they_hold(counts, stage):
    small, large = counts[stage]
    for name in ("listdir", "scandir", "fsync"):
        assert large[name] == small[name]


def test_nothing_new_opens_no_recording(counts):
    small, large = counts["again"]
    assert large["open"] == small["open"] <= 13
