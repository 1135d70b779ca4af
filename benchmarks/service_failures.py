"""Break the service while it works: `python -m benchmarks.service_failures`.

Trials: kill, freeze, restart, full (root only); each in an empty service with a fake
voice. Every job has to end once, with one file.
"""

import collections
import itertools
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.service import TEXT, Service, main, until


def kill(running: Service, count: int) -> None:
    """Kill a worker in its job each 5 s while `count` jobs run; five others go on.

    On a busy machine none may have begun again by then, and none is killed.
    """
    from moksori.service.tables import FINAL

    running.keep_workers(6)
    running.submit(count, TEXT * 8)
    until(running.busy, 60)
    killed, choose, due, idle = [], random.Random(0), time.monotonic(), 0
    while sum(running.states()[state] for state in FINAL) < count:
        if time.monotonic() >= due:
            due += 5.0
            busy = running.busy()
            among = [each for each in running.workers if each.pid in busy]
            idle += not among
            if among:
                killed.append(time.time())
                choose.choice(among).kill()
        time.sleep(0.05)
    back = _returns(running, killed)
    late = f", back after {max(back):.1f} s at most" if back else ""
    print(
        f"kill: {len(killed)} kills, {idle} times none had a job, {len(back)} jobs "
        f"met{late}: {running.results()}"
    )


def _returns(running: Service, killed: list[float]) -> list[float]:
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
            met = [at for at in killed if before <= at <= after]
            back += [after - at for at in met[:1]]
    return back


def freeze(running: Service, count: int) -> None:
    """Stop a worker in its job for longer than it takes to be given up, and let go."""
    running.submit(1, TEXT * 500)
    running.keep_workers(1)
    until(lambda: running.states()["running"], 60)
    frozen = running.workers[0]
    frozen.send_signal(signal.SIGSTOP)
    running.workers.append(running.start("worker"))
    running.wait(1, 400)
    frozen.send_signal(signal.SIGCONT)
    time.sleep(10)
    print(f"freeze: {running.results()}")


def restart(running: Service, count: int) -> None:
    """Stop Postgres at once while jobs run, and start it 5 s later."""
    from moksori.service.database import Database

    running.keep_workers(2)
    running.submit(count, TEXT * 8)
    until(lambda: running.states()["succeeded"] > count // 10, 120)
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
        running.wait(count, 300)
        print(f"full: {running.results()}")
        subprocess.run(["mount", "-o", "remount,size=9m", files], check=True)
        running.submit(1)
        running.wait(count + 1, 120)
        print(f"full, then with room again: {running.results()}")
    finally:
        subprocess.run(["umount", "-l", files], check=True)


TRIALS = {
    "kill": (kill, 300),
    "freeze": (freeze, 1),
    "restart": (restart, 100),
    "full": (full, 12),
}

if __name__ == "__main__":
    sys.exit(main(TRIALS))
