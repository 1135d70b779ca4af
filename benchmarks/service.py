"""Load the service, with a fake voice: `python -m benchmarks.service`.

Postgres from the wheel with fsync as usual, web and workers as processes of their own.
Trials: accept, drain; each in an empty service.
"""

import argparse
import collections
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np

TEXT = "안녕하세요."
HEARTBEAT, STALLED = 1.0, 6.0


class Service:
    """Run a service in a folder: its database here, web and workers as processes."""

    def __init__(self, folder: Path, files: str = "", fake: bool = True):
        from moksori.service.database import Database
        from moksori.service.settings import Settings

        self._fake = fake
        self.settings = Settings(
            folder=folder,
            storage_url=files,
            secret="0" * 32,
            watermark_keys={"1": "00" * 16},
            port=20_000 + os.getpid() % 20_000,
        )
        self.database = Database(self.settings)
        self.database.migrate()
        self.workers: list[subprocess.Popen] = []
        self._closing = threading.Event()

    def start(self, role: str) -> subprocess.Popen:
        """Start one part of it as a process."""
        environment = {
            **os.environ,
            "DATABASE_URL": self.database.url,
            "STORAGE_URL": self.settings.storage_url,
            "MOKSORI_DATA": str(self.settings.folder),
            "MOKSORI_SECRET": self.settings.secret,
            "MOKSORI_WATERMARK_KEYS": "1:" + "00" * 16,
            "MOKSORI_PORT": str(self.settings.port),
            "MOKSORI_FAKE_VOICE": str(int(self._fake)),
            "MOKSORI_HEARTBEAT_SECONDS": str(HEARTBEAT),
            "MOKSORI_STALLED_SECONDS": str(STALLED),
            # One process does them all, and shows what it grows by.
            "MOKSORI_JOBS_PER_WORKER": "1000000",
            "OMP_NUM_THREADS": "1",
        }
        with open(self.settings.folder / f"{role}.log", "ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "moksori", "serve", "--role", role],
                env=environment,
                stdout=log,
                stderr=log,
            )

    def keep_workers(self, count: int) -> None:
        """Start workers, and others for those that end, as a supervisor does."""
        self.workers = [self.start("worker") for _ in range(count)]

        def keep() -> None:
            while not self._closing.wait(0.2):
                for i, worker in enumerate(self.workers):
                    if worker.poll() is not None:
                        self.workers[i] = self.start("worker")

        threading.Thread(target=keep, daemon=True).start()

    def submit(self, count: int, text: str = TEXT, type: str = "speak") -> None:
        """Queue jobs, each in a transaction of its own."""
        from moksori.service import jobs
        from moksori.service.tables import LOCAL_USER

        request = {"text": text, "voice": "korean-demo", "format": "mp3"}
        for _ in range(count):
            with self.database.session() as session:
                jobs.create(session, LOCAL_USER, type, request)

    def states(self) -> collections.Counter:
        """Count the jobs in each state."""
        from sqlalchemy import func, select

        from moksori.service.tables import Job

        with self.database.session() as session:
            rows = session.execute(select(Job.state, func.count()).group_by(Job.state))
            return collections.Counter(dict(map(tuple, rows)))

    def busy(self) -> list[int]:
        """Return the process ids of the workers that have a job."""
        from sqlalchemy import select

        from moksori.service.tables import RUNNING, Job

        with self.database.session() as session:
            names = session.scalars(select(Job.worker).where(Job.state == RUNNING))
            pids = {int(name.rpartition("-")[2]) for name in names}
        return sorted(pids & {worker.pid for worker in self.workers})

    def wait(self, count: int, seconds: float) -> float:
        """Wait until so many jobs have ended; returns the seconds."""
        from moksori.service.tables import FINAL

        begun = time.monotonic()
        while sum(self.states()[state] for state in FINAL) < count:
            if time.monotonic() - begun > seconds:
                raise SystemExit(f"not done after {seconds} s: {dict(self.states())}")
            time.sleep(0.1)
        return time.monotonic() - begun

    def results(self) -> str:
        """Say how many jobs have results, and how many files there are."""
        from sqlalchemy import func, select

        from moksori.service.storage import Storage
        from moksori.service.tables import Artefact

        with self.database.session() as session:
            distinct = func.count(Artefact.job_id.distinct())
            count, of = session.execute(select(func.count(), distinct)).one()
        files = len(Storage(self.settings).keys("jobs"))
        return f"{count} results of {of} jobs, {files} files, {dict(self.states())}"

    def close(self) -> None:
        """End everything."""
        self._closing.set()
        for worker in self.workers:
            worker.kill()
            worker.wait()
        self.database.close()


@contextmanager
def service(files: str = "", fake: bool = True):
    """Run a service in a folder that goes with it."""
    with tempfile.TemporaryDirectory(prefix="moksori-") as folder:
        # Root's Postgres is another user.
        os.chmod(folder, 0o755)
        running = Service(Path(folder), files, fake)
        try:
            yield running
        finally:
            running.close()


def accept(running: Service, count: int) -> None:
    """Post `count` requests, 50 a second; print how long each takes."""
    import httpx

    web = running.start("web")
    running.workers.append(web)
    client = httpx.Client(base_url=f"http://127.0.0.1:{running.settings.port}")
    until(lambda: _answers(client), 60)
    body, spent, begun = {"text": TEXT, "voice": "korean-demo"}, [], time.monotonic()
    for i in range(count):
        time.sleep(max(0.0, begun + i / 50 - time.monotonic()))
        asked = time.perf_counter()
        answer = client.post("/api/v1/synthesize", json=body)
        spent.append(1000 * (time.perf_counter() - asked))
        assert answer.status_code == 202, answer.text
    p50, p95 = np.percentile(spent, (50, 95))
    rate = count / (time.monotonic() - begun)
    print(f"accept: {count} at {rate:.0f}/s: p50 {p50:.0f} ms, p95 {p95:.0f} ms")


def drain(running: Service, count: int) -> None:
    """Let one worker do `count` jobs without sound, then as many that speak."""
    import psutil

    running.workers = [running.start("worker")]
    process, done = psutil.Process(running.workers[0].pid), 0
    for type in ("initialize", "speak"):
        # The first ones load what the others find.
        running.submit(20, type=type)
        running.wait(done + 20, 120)
        used, busy = process.memory_info().rss, sum(process.cpu_times()[:2])
        begun = time.monotonic()
        running.submit(count, type=type)
        done += 20 + count
        running.wait(done, 600)
        seconds = time.monotonic() - begun
        grown = (process.memory_info().rss - used) / 2**20
        busy = (sum(process.cpu_times()[:2]) - busy) / count
        print(
            f"drain: {type}: {count / seconds:.0f}/s by one worker while they are "
            f"queued, {1000 * busy:.1f} processor ms each, memory {grown:+.0f} MB"
        )


def _answers(client) -> bool:
    import httpx

    try:
        return client.get("/ready").status_code == 200
    except httpx.TransportError:
        return False


def until(condition: Callable[[], object], seconds: float) -> None:
    """Wait until a condition holds; ends the program if it does not in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise SystemExit("it did not happen in time")
        time.sleep(0.05)


TRIALS = {"accept": (accept, 1000), "drain": (drain, 1000)}


def main(
    trials: Mapping[str, tuple[Callable, int]] = TRIALS, argv: list[str] | None = None
) -> int:
    """Run trials; returns the exit code."""
    flags = argparse.ArgumentParser()
    flags.add_argument("trials", nargs="*", choices=[*trials, []], help="(all)")
    flags.add_argument("--jobs", type=int, help="instead of a trial's own number")
    arguments = flags.parse_args(argv)
    for name in arguments.trials or trials:
        trial, count = trials[name]
        with tempfile.TemporaryDirectory() as files, service(files) as running:
            trial(running, arguments.jobs or count)
    return 0


if __name__ == "__main__":
    sys.exit(main())
