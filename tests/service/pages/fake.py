"""A service that does nothing but answer, so that pages can be tested by themselves."""

import asyncio
import io
import json
import threading
import time
import wave
from contextlib import contextmanager

import numpy as np

EVIL = "<img src=x onerror=alert(1)>\"'<script>alert(2)</script>"
PICTURE = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42m"
    "NkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
PIECES = 8
RATE = 24000


def tone(seconds: float = 2.0) -> bytes:
    """A WAV of a tone that rises and falls."""
    t = np.arange(int(RATE * seconds)) / RATE
    hertz = 180 + 60 * np.sin(2 * np.pi * 0.7 * t)
    phase = 2 * np.pi * np.cumsum(hertz) / RATE
    sound = sum(np.sin(k * phase) / k for k in range(1, 12))
    sound = 0.2 * sound * (0.55 + 0.45 * np.sin(2 * np.pi * 3 * t))
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setparams((1, 2, RATE, 0, "NONE", ""))
        out.writeframes((sound * 32767 / np.abs(sound).max()).astype("<i2").tobytes())
    return file.getvalue()


class Service:
    """The state behind the answers; `pace` is seconds a piece, `drops` lost lines."""

    def __init__(self):
        self.jobs: list[dict] = []
        self.pace, self.drops, self.replays = 0.05, 0, []
        self.forms: list[tuple[str, dict]] = []
        self.consents: list[dict] = []

    def speak(self, request: dict) -> dict:
        job = {
            "id": f"{len(self.jobs):032x}",
            "type": "speak",
            "state": "queued",
            "progress": 0.0,
            "queued_at": "2026-11-27T03:00:00+00:00",
            "request": request,
            "artefacts": [],
        }
        self.jobs.insert(0, job)
        return job

    def step(self, job: dict) -> dict:
        """Move a job by a piece; returns the event."""
        if job["state"] in ("queued", "running"):
            job |= {"state": "running", "stage": "speaking"}
            job["progress"] = min(1.0, job["progress"] + 1 / PIECES)
            if job["progress"] == 1:
                made = {
                    "name": "speech.wav",
                    "url": f"/api/v1/jobs/{job['id']}/audio",
                    "format": "wav",
                    "seconds": 2.0,
                    "bytes": 96044,
                }
                job |= {"state": "succeeded", "artefacts": [made]}
        elif job["state"] == "cancelling":
            job["state"] = "cancelled"
        left = (1 - job["progress"]) * PIECES * self.pace
        told = ("state", "stage", "progress")
        return {**{key: job.get(key) for key in told}, "seconds_left": left}


def build(service: Service):
    """The app: the pages' router, and what they ask."""
    from fastapi import FastAPI, Request, Response
    from fastapi.responses import StreamingResponse

    from moksori.service import consents, gate, pages
    from moksori.service.settings import Settings

    app = FastAPI()
    app.state.settings = Settings()
    app.include_router(pages.router)
    gate.install(app, app.state.settings)

    def job_of(number: str) -> dict:
        return next(job for job in service.jobs if job["id"] == number)

    @app.get("/api/v1/voices")
    def voices():
        names = {"korean-demo": "한국어 기본", "run:evil": EVIL}
        ready = {"status": "ready", "kind": "run"}
        shown = [{"id": key, "name": name, **ready} for key, name in names.items()]
        return {"voices": shown}

    @app.post("/initialize")
    def initialize():
        return {"success": True, "missing": ["XTTS가 설치되어 있지 않습니다."]}

    @app.post("/api/v1/synthesize", status_code=202)
    async def synthesize(request: Request):
        return service.speak(await request.json())

    @app.get("/api/v1/jobs")
    def jobs(limit: int = 20):
        return {"jobs": service.jobs[:limit]}

    @app.get("/api/v1/jobs/{number}")
    def job(number: str):
        return job_of(number)

    @app.delete("/api/v1/jobs/{number}")
    def cancel(number: str):
        job_of(number)["state"] = "cancelling"
        return job_of(number)

    @app.get("/api/v1/jobs/{number}/events")
    def events(number: str, request: Request):
        service.replays.append(request.headers.get("Last-Event-ID"))
        start = int(service.replays[-1] or 0)

        async def lines():
            for n in range(start + 1, 1000):
                event = service.step(job_of(number))
                yield f"retry: 100\nid: {n}\ndata: {json.dumps(event)}\n\n"
                if service.drops and n == start + 2:
                    service.drops -= 1
                    return
                if event["state"] in ("succeeded", "cancelled", "failed"):
                    return
                await asyncio.sleep(service.pace)

        return StreamingResponse(lines(), media_type="text/event-stream")

    @app.get("/api/v1/jobs/{number}/audio")
    def audio(number: str):
        sound = tone()
        return Response(sound, media_type="audio/wav")

    @app.get("/api/v1/profiles")
    def profiles():
        one = {"id": "a", "name": EVIL, "kind": "clone", "status": "ready"}
        return {"profiles": [{**one, "created_at": "2026-11-27T03:00:00+00:00"}]}

    @app.get("/api/v1/consents")
    def all_consents():
        uses, statement = consents.PROHIBITED_USES, consents.STATEMENT
        known = {"prohibited_uses": uses, "statement": statement}
        return {"consents": service.consents, **known}

    @app.post("/api/v1/consents/{number}/revoke")
    def revoke(number: str):
        told = {"complete": True, "gone": {"recordings": 1}, "left": {}}
        return {**told, "kept": ["watermark_tokens"], "not_reached": ["backups"]}

    @app.post("/upload")
    def upload():
        return {"features": {"fundamental_frequency": 180.0, "mfcc_mean": [1.0, 2.0]}}

    @app.post("/api/v1/verify")
    def verify():
        return {"answer": "ours", "heard_seconds": 2.0, "voice": EVIL}

    @app.get("/api/v1/usage")
    def usage():
        used = {"characters": {"used": 1234, "limit": 10_000}, "seconds": 95.0}
        user = {"tier": "free", "operator": True}
        return {**used, "requests": 12, "user": user, "formats": ["mp3", "wav"]}

    @app.get("/api/v1/admin/users")
    def users():
        one = {"id": "0", "email": EVIL, "tier": "pro", "disabled_at": None}
        return {"users": [{**one, "created_at": "2026-11-27T03:00:00+00:00"}]}

    @app.get("/api/v1/admin/queue")
    def queue():
        return {"queued": 2, "running": 1}

    @app.get("/api/v1/trainings/{number}/live")
    def live(number: str):
        told = [{"step": n, "steps": 9, "loss": 1 / n} for n in range(1, 9)]
        told.append({"step": 8, "picture": PICTURE})
        lines = [f"data: {json.dumps(each)}\n\n" for each in told]
        return StreamingResponse(iter(lines), media_type="text/event-stream")

    for path in ("consents", "profiles", "trainings"):

        @app.post(f"/api/v1/{path}", status_code=201, name=path)
        async def keep(request: Request, path=path):
            form = await request.form()
            service.forms.append((path, {key: form.getlist(key) for key in form}))
            return {"id": path, "job_id": service.speak({"name": "x"})["id"]}

    return app


@contextmanager
def serving(app, port: int = 0):
    """Run an app on a port of this machine, a free one for 0; gives its address."""
    import uvicorn

    # A page that follows a job would hold the end up for ever.
    config = uvicorn.Config(
        app, port=port, log_config=None, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
