"""What a cluster is given and checked for, without one; a block written twice."""

import dataclasses
import importlib.util
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from datasets.distributed import cluster, cluster_worker
from datasets.store import build as features
from datasets.store import build_lock, extract, shards
from tests import house
from tests.datasets.made import folder_corpus
from tests.datasets.stores import LINEAR, build, content


@pytest.fixture
def blocks(monkeypatch):
    """The blocks that a build makes, and their entries."""
    seen = []
    write = extract.write_block

    def spied(block):
        seen.append((block, write(block)))
        return seen[-1][1]

    monkeypatch.setattr(features, "write_block", spied)
    return seen


def test_without_dask_a_line_says_what_to_install(corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(features.FeatureError, match="pip install distributed==") as one:
        build(corpus, tmp_path / "out", scheduler="tcp://nowhere:8786")
    assert "\n" not in str(one.value)
    assert not (tmp_path / "out").exists()


def test_nobody_listens(corpus, tmp_path):
    config = pytest.importorskip("dask").config
    pytest.importorskip("distributed")
    with (
        config.set({"distributed.comm.timeouts.connect": "200ms"}),
        pytest.raises(features.FeatureError, match="cannot connect") as caught,
    ):
        build(corpus, tmp_path / "out", scheduler="tcp://127.0.0.1:9")
    assert "tcp://127.0.0.1:9" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_cluster_without_workers(corpus, tmp_path, monkeypatch):
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(cluster, "_PATIENCE_SECONDS", 0.2)
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address=":0") as none,
        pytest.raises(features.FeatureError, match="has no worker"),
    ):
        build(corpus, tmp_path / "out", scheduler=none.scheduler_address)


def test_few_blocks_are_handed_out_ahead(tmp_path, blocks):
    distributed = pytest.importorskip("distributed")
    corpus = folder_corpus(tmp_path / "corpus", 17)
    drawn = []

    def unneeded(block):
        raise AssertionError(f"block {block.number} needs no rescue")

    def many(block):
        for number in range(30):
            drawn.append(number)
            yield dataclasses.replace(block, number=1000 + number)

    def progress(done, total):
        if done == 16:
            block, entries = blocks[0]
            results = cluster.in_order(local.scheduler_address, many(block), unneeded)
            first = next(results)
            assert [one | {"shard": 0} for one in first] == entries
            assert len(drawn) == 4 * 2
            assert {one["shard"] for one in next(results)} == {1001}
            assert len(drawn) == 1 + 4 * 2
            results.close()

    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, dashboard_address=":0"
    ) as local:
        build(corpus, tmp_path / "out", progress=progress)
    assert len(blocks) == 2


def test_a_worker_of_an_ended_build_writes_nothing(tmp_path, blocks):
    corpus = folder_corpus(tmp_path / "corpus", 20)
    out = tmp_path / "out"
    build(corpus, out)
    before = content(out)
    for block, _ in blocks:
        with pytest.raises(build_lock.Superseded):
            extract.write_block(block)
    assert content(out) == before
    # A build that came after is none of theirs either.
    with build_lock.build_lock(out) as name:
        assert name not in {block.build for block, _ in blocks}
        with pytest.raises(build_lock.Superseded):
            extract.write_block(blocks[0][0])
    assert content(out) == before


def test_a_build_that_ends_during_the_last_flush_is_noticed(
    tmp_path, blocks, monkeypatch
):
    corpus = folder_corpus(tmp_path / "corpus", 3)
    out = tmp_path / "out"
    build(corpus, out)
    before = content(out)
    asked = []

    def ends(folder, name):
        asked.append(name)
        if len(asked) == 4:
            raise build_lock.Superseded("ended")

    monkeypatch.setattr(build_lock, "require", ends)
    with pytest.raises(build_lock.Superseded):
        extract.write_block(blocks[0][0])
    assert len(asked) == 4
    assert content(out) == before


def test_a_shard_that_gets_its_name_meanwhile_is_no_error(tmp_path, monkeypatch):
    kept, gone = tmp_path / "00001.mel", tmp_path / "00002.mel.0.partial"
    kept.touch()
    monkeypatch.setattr(Path, "iterdir", lambda self: iter((gone, kept)))
    shards.remove_shards(tmp_path, {1})
    assert kept.is_file()


def test_a_block_written_by_many_threads_at_once(tmp_path, blocks):
    corpus = folder_corpus(tmp_path / "corpus", 16)
    out = tmp_path / "out"
    build(corpus, out, LINEAR)
    before = content(out)
    ((block, entries),) = blocks
    with build_lock.build_lock(out) as name, ThreadPoolExecutor(4) as threads:
        together = threading.Barrier(4)

        def write(_):
            together.wait()
            return extract.write_block(dataclasses.replace(block, build=name))

        assert list(threads.map(write, range(4))) == [entries] * 4
    assert content(out) == before


def test_other_versions_are_named():
    here = cluster_worker.versions()
    assert {"code", "python", "numpy", "scipy", "soxr", "av"} <= set(here)
    assert cluster_worker.version_problem(here) == ""
    problem = cluster_worker.version_problem(here | {"soxr": "0.0"})
    assert problem.startswith("would make other features: it has soxr ")
    assert ", not 0.0; start it again" in problem
    assert "numpy" not in problem


def test_the_code_that_is_compared_is_all_that_extraction_may_import():
    rooms = {cluster_worker.Path(room).stem for room in cluster_worker.ROOMS}
    assert rooms == house.ROOMS["datasets"] | {"datasets"}
