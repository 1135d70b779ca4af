"""A cluster makes the store that this machine would make, whatever happens to it."""

import os
import subprocess
import sys
import threading
import time
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from datasets.distributed import cluster, processes
from datasets.store import build as features
from datasets.store.journal import Journal
from tests.datasets import clusters, kill
from tests.datasets.made import folder_corpus
from tests.datasets.stores import LINEAR, build, content, rejected

pytestmark = pytest.mark.cluster

distributed = pytest.importorskip("distributed")

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def dask():
    """Two worker processes of one thread."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50
    ) as local:
        yield local


@pytest.fixture
def crew(dask):
    """A client of the cluster; what a test changes in its workers is undone."""
    with distributed.Client(dask, set_as_default=False) as client:
        client.wait_for_workers(2)
        yield client
        client.run(clusters.restore)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return folder_corpus(tmp_path_factory.mktemp("made") / "corpus", 40, ("b", "a"))


@pytest.fixture(scope="module")
def local(corpus, tmp_path_factory):
    """What this machine makes of the corpus."""
    folder = tmp_path_factory.mktemp("local") / "out"
    build(corpus, folder, LINEAR)
    return content(folder)


def elsewhere(client, corpus, folder, settings=LINEAR, **options):
    address = client.scheduler.address
    options = {"workers": None, "scheduler": address} | options
    return build(corpus, folder, settings, **options)


def one(client) -> list[str]:
    """One of the workers, the same as long as nothing happens to it."""
    return sorted(client.nthreads())[:1]


def test_a_killed_worker_changes_nothing(crew, corpus, local, tmp_path):
    before = set(crew.nthreads())
    crew.run(clusters.die_after_writing, workers=one(crew))
    report = elsewhere(crew, corpus, tmp_path / "out")
    assert report.extracted == 80
    assert content(tmp_path / "out") == local
    assert not before <= set(crew.nthreads())


def test_a_recording_that_ends_workers_is_found_and_left_out(
    dask, crew, tmp_path, monkeypatch
):
    def fragile(work, block):
        if any(one.path.name == "007.wav" for _, one in block.utterances):
            raise BrokenProcessPool
        return work(block)

    class Deadly(distributed.WorkerPlugin):
        def setup(self, worker):
            clusters.die_of("007.wav")

    monkeypatch.setattr(processes, "run_alone", fragile)
    monkeypatch.setattr(dask.scheduler, "allowed_failures", 0)
    small = folder_corpus(tmp_path / "corpus", 20)
    crew.register_plugin(Deadly(), name="deadly")
    report = elsewhere(crew, small, tmp_path / "out")
    crew.unregister_worker_plugin("deadly")
    assert rejected(report) == {"minji_007": "unreadable"}
    (detail,) = {one.detail for one in report.rejected}
    assert detail == f"{small}/minji/007.wav: reading it ended the process"
    assert report.utterances == 19
    # Nothing but the line of the report tells it from a recording that is no sound.
    (small / "minji/007.wav").write_bytes(b"no sound")
    build(small, tmp_path / "local/out", LINEAR)
    for path, held in content(tmp_path / "local/out/shards").items():
        assert (tmp_path / "out/shards" / path).read_bytes() == held


@pytest.mark.parametrize(
    ("change", "arguments", "words"),
    [
        (clusters.not_see, ("corpus",), "cannot read {corpus}/a/000.wav: No such file"),
        (clusters.not_write, (), "cannot write to {out}: Permission denied"),
        (clusters.write_elsewhere, (), "writes to a folder {out} of its own"),
        (clusters.run_other_code, (), "would make other features: it has code older"),
    ],
)
def test_a_worker_that_is_not_fit_is_named(
    crew, corpus, tmp_path, monkeypatch, change, arguments, words
):
    monkeypatch.setattr(cluster, "_SHOWN_AFTER", (0.0, 0.1))
    places = {"corpus": str(corpus), "out": str(tmp_path / "out")}
    (worker,) = one(crew)
    crew.run(change, *(places[name] for name in arguments), workers=[worker])
    with pytest.raises(features.FeatureError) as caught:
        elsewhere(crew, corpus, tmp_path / "out")
    assert str(caught.value).startswith(f"{worker} ")
    assert words.format(**places) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert content(tmp_path / "out").keys() == {Path("settings.json")}


def test_a_worker_that_came_later_does_not_reject_what_it_cannot_see(
    crew, corpus, tmp_path
):
    crew.run(clusters.not_see, str(corpus), False, workers=one(crew))
    with pytest.raises(features.FeatureError, match=r"process \d+, cannot read .*wav"):
        elsewhere(crew, corpus, tmp_path / "out")
    journal = Journal(tmp_path / "out/journal.jsonl", LINEAR.audio)
    assert not any("reason" in journal[key] for key in journal)
    assert build(corpus, tmp_path / "out", LINEAR).utterances == 80


def test_a_processor_that_rounds_otherwise_is_told_of(crew, corpus, tmp_path, caplog):
    (worker,) = one(crew)
    crew.run(clusters.round_otherwise, workers=[worker])
    assert elsewhere(crew, corpus, tmp_path / "out").utterances == 80
    ours = [one for one in caplog.records if one.name == "datasets.distributed.cluster"]
    assert [worker in one.getMessage() for one in ours] == [True]


def tasks(dask_scheduler) -> int:
    return len(dask_scheduler.tasks)


def test_an_interrupt_leaves_no_work_behind(crew, corpus, tmp_path):
    def progress(done, total):
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        elsewhere(crew, corpus, tmp_path / "out", progress=progress)
    until(lambda: not crew.run_on_scheduler(tasks))
    held = set(Journal(tmp_path / "out/journal.jsonl", LINEAR.audio))
    assert 0 < len(held) < 80
    assert build(corpus, tmp_path / "out", LINEAR).extracted == 80 - len(held)
    kill.build(corpus, tmp_path / "calm")
    assert kill.same(tmp_path / "calm", tmp_path / "out")


def test_a_connection_that_is_lost_and_comes_back_changes_nothing(
    crew, corpus, local, tmp_path, monkeypatch
):
    clients = []

    class Known(distributed.Client):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            clients.append(self)

    def progress(done, total):
        if 0 < done < total and len(cut) < 2:
            (client,) = clients
            cut.append(client.scheduler_comm)
            client.loop.add_callback(client.scheduler_comm.comm.abort)

    cut = []
    monkeypatch.setattr(distributed, "Client", Known)
    report = elsewhere(crew, corpus, tmp_path / "out", progress=progress)
    assert len(set(map(id, cut))) == 2
    assert report.extracted == 80
    assert content(tmp_path / "out") == local


def test_a_scheduler_that_is_killed_costs_a_line(corpus, tmp_path):
    out, file = tmp_path / "out", tmp_path / "scheduler.json"
    at = ("--scheduler-file", file, "--no-dashboard")
    # It needs nothing of ours.
    scheduler = started("-m", "dask", "scheduler", *at, "--port", "0", cwd=tmp_path)
    alone = ("--nthreads", "1", "--no-nanny", "--local-directory", tmp_path)
    worker = started("-m", "dask", "worker", *at, *alone)
    try:
        until(lambda: file.is_file() and file.read_text().endswith("}"))
        with distributed.Client(scheduler_file=file, set_as_default=False) as client:
            client.wait_for_workers(1)
            client.run(clusters.take_time, 0.3)
            address = client.scheduler.address
        command = ("preprocess.py", corpus, "--out", out, "--preset", "tiny")
        run = started(*command, "--linear", "--scheduler", address)
        until(
            lambda: (
                run.poll() is not None
                or any(Journal(out / "journal.jsonl", LINEAR.audio))
            )
        )
        scheduler.kill()
        _, said = run.communicate(timeout=60)
    finally:
        for process in (scheduler, worker):
            process.kill()
            process.communicate()
    assert run.returncode == 2, said
    (line,) = (
        one for one in said.splitlines() if "ERROR" in one or "preprocess: " in one
    )
    assert line.startswith(f"preprocess: {address}: the scheduler was lost; what was")
    held = len(list(Journal(out / "journal.jsonl", LINEAR.audio)))
    assert 0 < held < 80
    assert build(corpus, out, LINEAR).extracted == 80 - held
    kill.build(corpus, tmp_path / "calm")
    assert kill.same(tmp_path / "calm", out)


def started(*arguments, cwd=ROOT) -> subprocess.Popen:
    """A program of Python; a lost connection is soon no longer waited for."""
    return subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        cwd=cwd,
        env=os.environ | {"DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "3s"},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )


def until(there) -> None:
    """Return when something is there; a minute is more than enough."""
    for _ in range(6000):
        if there():
            return
        time.sleep(0.01)
    pytest.fail("it does not come")


# The last with this cluster: a worker that closes for want of a scheduler stays away.
def test_a_worker_that_is_lost_and_works_on_changes_nothing(
    crew, corpus, local, tmp_path
):
    told = tmp_path / "told"
    crew.run(clusters.cut_off, str(told), workers=one(crew))
    hold = threading.Event()

    def progress(done, total):
        # The lost worker is to come back while the build is still at work.
        for _ in range(1000 if done == total else 0):
            if told.exists():
                break
            hold.wait(0.01)

    elsewhere(crew, corpus, tmp_path / "out", progress=progress)
    assert told.read_text() == "written again"
    assert content(tmp_path / "out") == local
