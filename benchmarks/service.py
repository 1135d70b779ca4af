"""Load the service and break it: `python -m benchmarks.service`, with a fake voice.

Postgres from the wheel with fsync as usual, web and workers as processes of their own.
Trials: accept, drain, kill, freeze, restart, full; each in an empty service.
"""

import argparse
import collections
import itertools
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
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
    _until(lambda: _answers(client), 60)
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


def kill(running: Service, count: int) -> None:
    """Kill one of three workers each 5 s while `count` jobs run."""
    from moksori.service.tables import FINAL

    running.keep_workers(3)
    running.submit(count, TEXT * 8)
    killed, turn = [], 0
    while sum(running.states()[state] for state in FINAL) < count:
        worker = running.workers[turn % 3]
        killed.append((time.time(), worker.pid))
        worker.kill()
        turn += 1
        time.sleep(5.0)
    back = _returns(running, killed)
    late = f", back after {max(back):.1f} s at most" if back else ""
    print(f"kill: {len(killed)} kills, {len(back)} jobs met{late}: {running.results()}")


def _returns(running: Service, killed: list[tuple[float, int]]) -> list[float]:
    """Return the seconds from each kill to the next start of the job that it met."""
    from sqlalchemy import select

    from moksori.service.tables import Event

    begins = collections.defaultdict(list)
    query = select(Event).order_by(Event.job_id, Event.n)
    with running.database.session() as session:
        for event in session.scalars(query):
            if event.json["state"] == "running" and event.json["stage"] is None:
                begins[event.job_id].append(event.at.timestamp())
    back = []
    for times in begins.values():
        for before, after in itertools.pairwise(times):
            met = [at for at, _ in killed if before <= at <= after]
            back += [after - at for at in met[:1]]
    return back


def freeze(running: Service, count: int) -> None:
    """Stop a worker in its job for longer than it takes to be given up, and let go."""
    running.submit(1, TEXT * 500)
    running.keep_workers(1)
    _until(lambda: running.states()["running"], 60)
    frozen = running.workers[0]
    frozen.send_signal(signal.SIGSTOP)
    running.workers.append(running.start("worker"))
    running.wait(1, 120)
    frozen.send_signal(signal.SIGCONT)
    time.sleep(10)
    print(f"freeze: {running.results()}")


def restart(running: Service, count: int) -> None:
    """Stop Postgres at once while jobs run, and start it 5 s later."""
    from moksori.service.database import Database

    running.keep_workers(2)
    running.submit(count, TEXT * 8)
    _until(lambda: running.states()["succeeded"] > count // 10, 120)
    pid = (running.settings.folder / "pg/postmaster.pid").read_text().splitlines()[0]
    os.kill(int(pid), signal.SIGQUIT)
    time.sleep(5)
    running.database.close(stop=False)
    running.database = Database(running.settings)
    seconds = running.wait(count, 300)
    print(f"restart: all ended {seconds:.0f} s after: {running.results()}")


def full(running: Service, count: int) -> None:
    """Run jobs on a disk of 256 kB, which is full before long, then make room."""
    files = Path(running.settings.storage_url)
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", files], check=True
    )
    try:
        running.submit(count, TEXT * 8)
        running.keep_workers(1)
        running.wait(count, 120)
        print(f"full: {running.results()}")
        subprocess.run(["mount", "-o", "remount,size=9m", files], check=True)
        running.submit(1)
        running.wait(count + 1, 60)
        print(f"full, then with room again: {running.results()}")
    finally:
        subprocess.run(["umount", "-l", files], check=True)


def _answers(client) -> bool:
    import httpx

    try:
        return client.get("/ready").status_code == 200
    except httpx.TransportError:
        return False


def _until(condition, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise SystemExit("it did not happen in time")
        time.sleep(0.05)


TRIALS = {
    "accept": (accept, 1000),
    "drain": (drain, 1000),
    "kill": (kill, 300),
    "freeze": (freeze, 1),
    "restart": (restart, 100),
    "full": (full, 30),
}


def main(argv: list[str] | None = None) -> int:
    """Run trials; returns the exit code."""
    flags = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    flags.add_argument("trials", nargs="*", choices=[*TRIALS, []], help="(all)")
    flags.add_argument("--jobs", type=int, help="instead of a trial's own number")
    arguments = flags.parse_args(argv)
    for name in arguments.trials or TRIALS:
        trial, count = TRIALS[name]
        with tempfile.TemporaryDirectory() as files, service(files) as running:
            trial(running, arguments.jobs or count)
    return 0


if __name__ == "__main__":
    sys.exit(main())
