"""Recordings that end the process which reads them are left out, and only those."""

from concurrent.futures.process import BrokenProcessPool

import numpy as np
import pytest

from datasets.distributed import processes
from datasets.store import build as features
from datasets.store import extract
from moksori.audio import files, levels, spectrum
from tests.datasets.made import RATE, folder_corpus
from tests.datasets.stores import TINY, build, content, rejected


def test_a_recording_that_ends_the_process_is_found_and_left_out(tmp_path, monkeypatch):
    corpus = folder_corpus(tmp_path / "corpus", 20)
    deadly = corpus / "minji/007.wav"

    def fragile(work, block):
        if any(one.path == deadly for _, one in block.utterances):
            raise BrokenProcessPool
        return work(block)

    def in_order(work, blocks, _workers, rescue):
        for block in blocks:
            try:
                yield fragile(work, block)
            except BrokenProcessPool:
                yield rescue(block)

    monkeypatch.setattr(processes, "run_alone", fragile)
    monkeypatch.setattr(processes, "in_order", in_order)
    report = build(corpus, tmp_path / "out", workers=2)
    assert rejected(report) == {"minji_007": "unreadable"}
    assert report.utterances == 19
    store = features.FeatureStore.open(tmp_path / "out")
    audio = files.load(corpus / "minji/019.wav", RATE)
    wave = levels.level(levels.trim(audio, TINY.audio), TINY.audio)
    np.testing.assert_allclose(
        store.mel(18), spectrum.mel_spectrogram(wave, TINY.audio), atol=1e-3
    )


def test_a_process_that_ends_by_chance_changes_nothing(tmp_path, monkeypatch):
    corpus = folder_corpus(tmp_path / "corpus", 40)
    build(corpus, tmp_path / "calm/out")
    left = [1]

    def unlucky(work, block):
        if left[0]:
            left[0] -= 1
            raise BrokenProcessPool
        return work(block)

    def in_order(work, jobs, _workers, rescue):
        for job in jobs:
            yield rescue(job) if job.number == 1 else work(job)

    monkeypatch.setattr(processes, "run_alone", unlucky)
    monkeypatch.setattr(processes, "in_order", in_order)
    build(corpus, tmp_path / "torn/out", workers=2)
    assert left == [0]
    assert content(tmp_path / "calm") == content(tmp_path / "torn")


def test_processes_that_keep_ending_are_not_blamed_on_recordings(tmp_path, monkeypatch):
    corpus = folder_corpus(tmp_path / "corpus", 20)

    def dies(work, block):
        if work is extract.write_block:
            raise BrokenProcessPool
        return work(block)

    monkeypatch.setattr(processes, "run_alone", dies)
    monkeypatch.setattr(
        processes,
        "in_order",
        lambda work, jobs, count, rescue: map(rescue, jobs),
    )
    with pytest.raises(features.FeatureError, match="is there memory enough"):
        build(corpus, tmp_path / "out", workers=2)
    assert build(corpus, tmp_path / "out").utterances == 20
