"""Build the web application of speaker recognition."""

import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated

from anyio import create_task_group
from fastapi import Body, FastAPI, File, Form, Query, Request, Response, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from starlette.exceptions import HTTPException
from starlette.websockets import WebSocket

from moksori.speakers import enrolment
from moksori.speakers.recognizer import Recognizer
from moksori.speakers.registry import Consent
from moksori.speakers.server.batch import run_batch
from moksori.speakers.server.keys import Keys
from moksori.speakers.server.limits import MOST_BYTES, Gate
from moksori.speakers.server.live import listen
from moksori.speakers.server.work import (
    REFUSALS,
    Problem,
    Worker,
    checked,
    problem_of,
)

Upload = Annotated[UploadFile, File()]
Threshold = Annotated[float | None, Form(ge=-1, le=1)]
Top = Annotated[int, Form(ge=1, le=100)]
_MOST_FILES = 50
_FARTHEST = 2**31  # what a page may begin behind


def create_app(
    recognizer: Recognizer, keys: Keys | None = None, most_bytes: int = MOST_BYTES
) -> FastAPI:
    """Create the application; errors are {"error": word, "message": line}."""
    # A path with one slash more is none of ours; to redirect would need a host's name.
    form = {"docs_url": None, "redoc_url": None, "redirect_slashes": False}
    worker, registry = Worker(recognizer), recognizer.registry

    @asynccontextmanager
    async def lifespan(_: FastAPI):
        async with create_task_group() as tasks:
            tasks.start_soon(worker.expire)
            yield
            tasks.cancel_scope.cancel()

    app = FastAPI(title="Moksori: who speaks", lifespan=lifespan, **form)
    _count_requests(app)
    _answer_errors(app)
    app.add_middleware(Gate, keys=keys or Keys(), most=most_bytes)

    @app.get("/health")
    def health() -> dict:
        """Say that the server works; needs no key and tells no name."""
        encoder, count = registry.encoder, len(registry)
        return {"status": "ok", "encoder": encoder, "speakers": count}

    @app.post("/speakers/register", status_code=201)
    async def register(
        name: Annotated[str, Form(examples=["김민지"])],
        files: list[UploadFile],
        consent_by: Annotated[str, Form(examples=["김민지"])],
        purpose: Annotated[str, Form(examples=["minutes of our meetings"])],
        days: Annotated[int | None, Form(ge=1, le=3650)] = None,
    ) -> dict:
        """Enrol a speaker from recordings: all of them, or none."""
        clips = await _clips(worker, files)
        expires = days and datetime.now(UTC) + timedelta(days=days)
        consent = Consent(consent_by, purpose)
        done = await worker.run(
            enrolment.enrol_clips, recognizer, name, clips, consent, expires
        )
        return {**shown(done.speaker), "warnings": done.warnings}

    @app.post("/speakers/identify")
    async def identify(file: Upload, threshold: Threshold = None, top: Top = 5) -> dict:
        """Say who speaks in a recording, or that nobody known does."""
        sound = await file.read()
        decision = await worker.run(worker.identify, sound, threshold, top)
        app.state.decisions.labels(str(decision.answer)).inc()
        return decision.to_json()

    @app.get("/speakers")
    def speakers(
        offset: Annotated[int, Query(ge=0, le=_FARTHEST)] = 0,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> dict:
        """List who is enrolled."""
        page = registry.speakers(offset, limit)
        return {"total": len(registry), "speakers": [shown(each) for each in page]}

    @app.get("/speakers/{speaker_id}")
    def speaker(speaker_id: str) -> dict:
        """Tell about a speaker."""
        return shown(registry.get(checked(speaker_id)))

    @app.patch("/speakers/{speaker_id}")
    def rename(speaker_id: str, name: Annotated[str, Body(embed=True)]) -> dict:
        """Give a speaker another name."""
        return shown(registry.rename(checked(speaker_id), name))

    @app.delete("/speakers/{speaker_id}", status_code=204)
    def forget(speaker_id: str) -> None:
        """Forget a speaker, vectors and all."""
        registry.forget(checked(speaker_id))

    @app.post("/speakers/{speaker_id}/verify")
    async def verify(
        speaker_id: str,
        file: Annotated[UploadFile, File()],
        threshold: Threshold = None,
    ) -> dict:
        """Say whether this speaker speaks in a recording."""
        sound = await file.read()
        task = worker.verify, checked(speaker_id), sound, threshold
        return (await worker.run(*task)).to_json()

    @app.post("/speakers/{speaker_id}/clips")
    async def add_clips(speaker_id: str, files: list[UploadFile]) -> dict:
        """Add recordings to a speaker."""
        registry.get(checked(speaker_id))
        clips = await _clips(worker, files)
        task = enrolment.add_clips, recognizer, speaker_id, clips
        return shown(await worker.run(*task))

    @app.delete("/speakers/{speaker_id}/clips/{sha256}", status_code=204)
    def remove_clip(speaker_id: str, sha256: str) -> None:
        """Delete what is kept of one recording; the last one stays."""
        if sha256 not in registry.hashes(registry.get(checked(speaker_id)).id):
            raise Problem(404, "no_clip", "this speaker has no such clip")
        registry.remove_clip(speaker_id, sha256)

    @app.get("/speakers/{speaker_id}/export")
    def export(speaker_id: str) -> dict:
        """Tell what is stored of a speaker; vectors stay here."""
        found = shown(registry.get(checked(speaker_id)))
        return {**found, "clips_sha256": sorted(registry.hashes(speaker_id))}

    @app.post("/batch")
    async def batch(operations: Annotated[list[dict], Body(embed=True)]) -> dict:
        """Do up to 64 operations in order; each has its own result or error."""
        return {"results": await run_batch(worker, operations)}

    @app.get("/plot.png")
    async def plot() -> Response:
        """Draw who sounds like whom."""
        return Response(await worker.run(worker.plot), media_type="image/png")

    @app.get("/metrics")
    def metrics() -> Response:
        """Tell figures to Prometheus."""
        return Response(generate_latest(app.state.metrics), media_type="text/plain")

    @app.websocket("/listen")
    async def live(socket: WebSocket) -> None:
        await listen(socket, worker)

    return app


def shown(speaker) -> dict:
    """Return what clients see of a speaker."""
    consent = speaker.consent
    return {
        **{"id": speaker.id, "name": speaker.name, "created": speaker.created},
        **{"expires": speaker.expires, "clips": speaker.clips},
        "speech_seconds": round(speaker.seconds, 2),
        "consent": {"by": consent.by, "purpose": consent.purpose, "at": consent.at},
    }


async def _clips(worker: Worker, files: list[UploadFile]) -> dict:
    if len(files) > _MOST_FILES:
        raise Problem(422, "too_many", f"{_MOST_FILES} files at most")
    clips = {}
    for number, file in enumerate(files, 1):
        try:
            clips[f"file {number}"] = await worker.run(worker.clip, await file.read())
        except Problem as problem:
            text = f"file {number}: {problem.message}"
            raise Problem(problem.status, problem.code, text) from None
    return clips


def _answer_errors(app: FastAPI) -> None:
    def answer(status: int, code: str, message: str) -> JSONResponse:
        headers = {"Retry-After": "1"} if status == 503 else None
        content = {"error": code, "message": message}
        return JSONResponse(content, status, headers)

    @app.exception_handler(Problem)
    def problem(_: Request, error: Problem):
        return answer(error.status, error.code, error.message)

    def refused(request: Request, error: Exception):
        return problem(request, problem_of(error))

    for kind in REFUSALS:
        app.add_exception_handler(kind, refused)

    @app.exception_handler(RequestValidationError)
    def invalid(_: Request, error: RequestValidationError):
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        return answer(422, "invalid", f"{where}: {first['msg']}")

    @app.exception_handler(Exception)
    def unexpected(_: Request, error: Exception):
        # What it was is in the log.
        return answer(500, "failed", "the server failed; its log says more")

    @app.exception_handler(HTTPException)
    def other(_: Request, error: HTTPException):
        return answer(error.status_code, "refused", str(error.detail))


def _count_requests(app: FastAPI) -> None:
    metrics = app.state.metrics = CollectorRegistry()
    requests = Counter("requests", "Requests", ["route", "status"], registry=metrics)
    seconds = Histogram("request_seconds", "Duration", ["route"], registry=metrics)
    app.state.decisions = Counter(
        "decisions", "Answers of identification", ["answer"], registry=metrics
    )

    @app.middleware("http")
    async def count(request: Request, call_next):
        begun = time.perf_counter()
        response = await call_next(request)
        route = getattr(request.scope.get("route"), "path", "none")
        requests.labels(route, response.status_code).inc()
        seconds.labels(route).observe(time.perf_counter() - begun)
        return response
