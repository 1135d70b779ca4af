"""Hold many connections of the service: `python -m benchmarks.service_connections`.

Trials: listeners, slow, memory; each in an empty service with a fake voice. The clients
are in this process, and take their share of the machine.
"""

import asyncio
import json
import os
import sys
import time

import numpy as np

from benchmarks.service import TEXT, Service, main, until
from benchmarks.service_speech import client_of, megabytes

HOST = "127.0.0.1"


def listeners(running: Service, count: int) -> None:
    """Follow a job by `count` connections at once: how late each event comes."""
    from sqlalchemy import select

    from moksori.service.tables import Event

    web, _ = started(running)
    running.submit(1, TEXT * 500)
    until(running.busy, 60)
    with client_of(running) as client:
        job, *_ = client.get("/api/v1/jobs").json()["jobs"]
    before = held(web)
    heard = asyncio.run(follow_all(running.settings.port, job["id"], count))
    with running.database.session() as session:
        rows = session.scalars(select(Event).where(Event.job_id == job["id"])).all()
        at = {row.n: row.at.timestamp() for row in rows}
    whole = sum(sorted(each) == sorted(at) for each in heard)
    # What was there before a listener came, it is sent at once.
    lags = [
        1000 * (came - at[n])
        for each in heard
        for n, came in each.items()
        if at[n] > min(each.values())
    ]
    p50, p95 = np.percentile(lags, (50, 95))
    time.sleep(6.0)
    print(
        f"listeners: {whole} of {count} heard all {len(at)} events of a job, after "
        f"p50 {p50:.0f} ms, p95 {p95:.0f} ms; web {before}, afterwards {held(web)}"
    )


async def follow_all(port: int, job: str, count: int) -> list[dict[int, float]]:
    """Return for each listener when it got which event."""
    return await asyncio.gather(*(follow(port, job) for _ in range(count)))


async def follow(port: int, job: str) -> dict[int, float]:
    """Listen until the last event."""
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(
        f"GET /api/v1/jobs/{job}/events HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
    )
    heard: dict[int, float] = {}
    while line := await reader.readline():
        if line.startswith(b"data: "):
            event = json.loads(line[6:])
            heard[event["n"]] = time.time()
            if event["state"] in ("succeeded", "failed"):
                break
    writer.close()
    return heard


def slow(running: Service, count: int) -> None:
    """Open `count` connections that send a letter of a head each second, and ask
    meanwhile as others do."""
    web, _ = started(running)
    before = held(web)
    asyncio.run(asked_beside(running.settings.port, count))
    time.sleep(6.0)
    print(f"slow: web {before}, afterwards {held(web)}")


async def asked_beside(port: int, count: int) -> None:
    """Print how others are answered beside slow connections, and when those end."""
    begun = time.monotonic()
    dribbling = [asyncio.create_task(dribble(port)) for _ in range(count)]
    await asyncio.sleep(2.0)
    refused, spent, free = 0, [], None
    while not all(task.done() for task in dribbling):
        asked = time.monotonic()
        if await get(port) == b"200":
            free = free or asked - begun
            spent.append(1000 * (time.monotonic() - asked))
        else:
            refused += 1
        await asyncio.sleep(0.1)
    lived = [task.result() for task in dribbling]
    print(
        f"slow: {count} connections were closed after {max(lived):.1f} s at most; "
        f"beside them {refused} requests were refused and {len(spent)} answered, from "
        f"{free or 0:.1f} s on, p95 {np.percentile(spent or [0], 95):.0f} ms"
    )


async def dribble(port: int) -> float:
    """Send a head without end; return how long that was borne."""
    reader, writer = await asyncio.open_connection(HOST, port)
    begun = time.monotonic()
    writer.write(f"GET /live HTTP/1.1\r\nHost: {HOST}\r\nX-Slow: ".encode())
    ended = asyncio.create_task(reader.read())
    while not ended.done() and time.monotonic() - begun < 60:
        writer.write(b"a")
        await asyncio.wait({ended}, timeout=1.0)
    writer.close()
    return time.monotonic() - begun


async def get(port: int) -> bytes:
    """Ask as anybody; return the status."""
    try:
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(
            f"GET /live HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode()
        )
        answer = await asyncio.wait_for(reader.read(), 10)
        writer.close()
    except (OSError, TimeoutError):
        return b""
    return answer[9:12]


def memory(running: Service, count: int) -> None:
    """Ask web for `count` jobs, which one worker does; print what both grow by."""
    os.environ["MOKSORI_JOBS_PER_WORKER"] = str(10 * count)
    web, worker = started(running)
    figures = []
    with client_of(running) as client:
        for part in range(6):
            for i in range(count // 5 if part else 100):
                body = {"text": TEXT, "format": "mp3", "stream": i % 10 == 0}
                job = client.post("/api/v1/synthesize", json=body).json()["id"]
                if i % 10 == 0:
                    client.get(f"/api/v1/jobs/{job}/audio")
                    client.get(f"/api/v1/jobs/{job}/events")
            running.wait(100 + part * (count // 5), 3600)
            figures.append((megabytes(web), megabytes(worker)))
            print(
                f"memory: part {part}: web {held(web)}; worker {held(worker)}",
                flush=True,
            )
    for name, (first, *_, last) in zip(
        ("web", "worker"), zip(*figures, strict=True), strict=True
    ):
        print(f"memory: {name} {last - first:+.0f} MB over {count} jobs")


def started(running: Service) -> tuple[int, int]:
    """Start web and a worker; return their process ids once both work."""
    web, worker = running.start("web"), running.start("worker")
    running.workers = [web, worker]
    with client_of(running):
        running.submit(20)
        running.wait(20, 120)
    return web.pid, worker.pid


def held(pid: int) -> str:
    """Say what a process holds."""
    import psutil

    process = psutil.Process(pid)
    files, threads = process.num_fds(), process.num_threads()
    return f"{megabytes(pid):.0f} MB, {files} files, {threads} threads"


TRIALS = {"listeners": (listeners, 500), "slow": (slow, 1200), "memory": (memory, 5000)}

if __name__ == "__main__":
    sys.exit(main(TRIALS))
