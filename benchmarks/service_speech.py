"""Measure the service with the shipped voice: `python -m benchmarks.service_speech`.

How soon the first sound of a request comes, whether jobs beside each other give the
bytes of jobs one after another, what aborted requests leave behind, and how the memory
of a worker grows. Web and workers are processes of their own.
"""

import argparse
import itertools
import time
from collections.abc import Iterator

import numpy as np

from benchmarks.service import Service, service

RATE = 24_000
PARTS = ("first", "equal", "aborts", "memory")
_OPENINGS = ("오늘은", "내일은", "어제는", "이번 주에는", "다음 달에는")
_MIDDLES = ("비가 와서", "날씨가 좋아서", "바람이 불어서", "눈이 내려서")
_ENDS = (
    "집에서 책을 읽었습니다.",
    "친구와 함께 산에 갔습니다.",
    "따뜻한 차를 마시고 싶습니다.",
    "버스를 타고 시장에 갑니다.",
    "아이들이 밖에서 놀고 있습니다.",
)
SENTENCES = [" ".join(words) for words in itertools.product(_OPENINGS, _MIDDLES, _ENDS)]


def say(line: str) -> None:
    """Print a line at once, as the whole takes minutes."""
    print(line, flush=True)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    only = "measure these alone (%(default)s)"
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help=only)
    parser.add_argument("--requests", type=int, default=100, metavar="N")
    parser.add_argument("--aborts", type=int, default=200, metavar="N")
    parser.add_argument("--jobs", type=int, default=300, metavar="N")
    tones = "speak in tones, to measure what is around a voice"
    parser.add_argument("--fake", action="store_true", help=tones)
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Measure each part in one service, and print a line of each."""
    chosen = parse(arguments)
    with service(fake=chosen.fake) as running:
        web = running.start("web")
        try:
            running.keep_workers(2 if "equal" in chosen.parts else 1)
            if "equal" in chosen.parts:
                equal(running)
                while len(running.workers) > 1:
                    running.workers.pop().kill()
            if "first" in chosen.parts:
                first(running, chosen.requests, web)
            if "aborts" in chosen.parts:
                aborts(running, chosen.aborts, web)
            if "memory" in chosen.parts:
                memory(running, chosen.jobs)
        finally:
            web.kill()
            web.wait()
    return 0


def first(running: Service, count: int, web) -> None:
    """Ask for texts of three sentences, one after another, and hear their beginning.

    Beside other work only the seconds of the processors mean something.
    """
    pids = [web.pid, *(worker.pid for worker in running.workers)]
    waits, spent, seconds, whole = [], [], 0.0, 0.0
    with client_of(running) as client:
        list(hear(client, SENTENCES[0]))
        for i in range(count):
            text = " ".join(SENTENCES[(3 * i + j) % len(SENTENCES)] for j in range(3))
            begun, before = time.monotonic(), processor_seconds(pids)
            pieces = hear(client, text)
            size = len(next(pieces))
            waits.append(time.monotonic() - begun)
            spent.append(processor_seconds(pids) - before)
            seconds += (size + sum(map(len, pieces))) / 2 / RATE
            whole += processor_seconds(pids) - before
    for what, values in (("by the clock", waits), ("of the processors", spent)):
        p50, p95 = np.percentile(values, (50, 95))
        say(f"first sound, seconds {what}: p50 {p50:.2f}, p95 {p95:.2f}, n {count}")
    say(f"{seconds / whole:.1f} s of sound in a second of the processors")


def equal(running: Service, count: int = 12) -> None:
    """Speak texts by one token each: one after another, then all at once."""
    texts = [" ".join(SENTENCES[i : i + 3]) for i in range(count)]
    serial = []
    for i, text in enumerate(texts):
        serial += hashes(running, {i: text})
    beside = hashes(running, dict(enumerate(texts)))
    same = sum(a == b for a, b in zip(serial, beside, strict=True))
    say(f"equal bytes: {same} of {count}, one after another and on 2 workers")


def hashes(running: Service, texts: dict[int, str]) -> list[str]:
    """Speak texts, each marked with its number as the token; return SHA-256s."""
    from sqlalchemy import delete, select

    from moksori.service import jobs
    from moksori.service.tables import LOCAL_USER, Artefact, Watermark

    made, before = [], sum(running.states().values())
    with running.database.session() as session:
        session.execute(delete(Watermark))
        for number, text in texts.items():
            request = {"text": text, "voice": "korean-demo", "format": "mp3"}
            job = jobs.create(session, LOCAL_USER, "speak", request)
            row = {"token": number, "job_id": job.id, "user_id": LOCAL_USER}
            session.add(Watermark(**row, api_version="1", key_id="1"))
            made.append(job.id)
    running.wait(before + len(texts), 300)
    with running.database.session() as session:
        rows = select(Artefact.job_id, Artefact.sha256)
        found = dict(map(tuple, session.execute(rows.where(Artefact.job_id.in_(made)))))
    return [found[job] for job in made]


def aborts(running: Service, count: int, web) -> None:
    """Leave requests after their first sound; then ask for one as if nothing was."""
    text = " ".join(SENTENCES[:10])
    [worker] = running.workers
    with client_of(running) as client:
        list(hear(client, text))
        before = megabytes(web.pid), megabytes(worker.pid)
        for _ in range(count):
            pieces = hear(client, text)
            next(pieces)
            pieces.close()
        begun = time.monotonic()
        size = sum(map(len, hear(client, SENTENCES[0])))
        wait = time.monotonic() - begun
    alive = web.poll() is None and running.workers == [worker]
    after = megabytes(web.pid), megabytes(worker.pid)
    grown = [b - a for a, b in zip(before, after, strict=True)]
    say(
        f"{count} aborted requests: {dict(running.states())}, processes "
        f"{'the same' if alive else 'DIED'}, the next request whole after {wait:.2f} s "
        f"({size} bytes); web grew by {grown[0]:.0f} MB, the worker by {grown[1]:.0f}"
    )


def memory(running: Service, count: int) -> None:
    """Speak many sentences; print the memory of the worker after each tenth."""
    [worker] = running.workers
    figures, before = [], sum(running.states().values())
    for part in range(10):
        texts = (SENTENCES[i % len(SENTENCES)] for i in range(count // 10))
        for text in texts:
            running.submit(1, text)
        running.wait(before + (part + 1) * (count // 10), 600)
        figures.append(megabytes(worker.pid))
    told = " ".join(f"{figure:.0f}" for figure in figures)
    say(f"memory of the worker over {count} jobs, MB: {told}")


def hear(client, text: str) -> Iterator[bytes]:
    """Yield the sound of a text, PCM of 16 bits, as it comes."""
    asked = {"input": text, "voice": "korean-demo", "response_format": "pcm"}
    with client.stream("POST", "/v1/audio/speech", json=asked) as answer:
        answer.raise_for_status()
        yield from answer.iter_raw()


def client_of(running: Service):
    """Open a client once the service answers."""
    import httpx

    address = f"http://127.0.0.1:{running.settings.port}"
    for _ in range(600):
        try:
            httpx.get(f"{address}/ready").raise_for_status()
            return httpx.Client(base_url=address, timeout=120)
        except httpx.HTTPError:
            time.sleep(0.2)
    raise SystemExit("the service does not answer")


def processor_seconds(pids: list[int]) -> float:
    """Return what processes have used."""
    import psutil

    times = [psutil.Process(pid).cpu_times() for pid in pids]
    return sum(each.user + each.system for each in times)


def megabytes(pid: int) -> float:
    """Return the resident memory of a process."""
    import psutil

    return psutil.Process(pid).memory_info().rss / 1e6


if __name__ == "__main__":
    raise SystemExit(main())
