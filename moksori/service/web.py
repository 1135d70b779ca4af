"""Build the web application: one for pages, accounts, voices, jobs and OpenAI's API."""

import asyncio
import contextlib
import os
import resource

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from moksori.service import (
    accounts_api,
    classic,
    consents_api,
    covers_api,
    gate,
    jobs_api,
    migrations,
    pages,
    problems,
    profiles_api,
    proof_api,
    speech,
    training_api,
    vocals_api,
)
from moksori.service.database import Database
from moksori.service.events import Events
from moksori.service.settings import Settings
from moksori.service.storage import Storage
from moksori.speakers.server.connections import Connection

ROUTERS = (
    accounts_api.router,
    consents_api.router,
    profiles_api.router,
    proof_api.router,
    training_api.router,
    vocals_api.router,
    covers_api.router,
    jobs_api.router,
    speech.router,
    classic.router,
    pages.router,
)


def create_app(settings: Settings, database: Database, storage: Storage) -> FastAPI:
    """Create the application; routes find these three, and `events`, in `app.state`."""
    app = FastAPI(
        title="Moksori",
        # Their pages load scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
        lifespan=_listening,
    )
    app.state.settings, app.state.database = settings, database
    app.state.storage, app.state.events = storage, Events(database)
    gate.install(app, settings)
    for router in ROUTERS:
        openai = router is speech.router
        answers = problems.OPENAI_ANSWERS if openai else problems.ANSWERS
        app.include_router(router, responses=answers)
    app.add_api_route("/live", live, tags=["operation"])
    app.add_api_route("/ready", ready, tags=["operation"])
    return app


def run(settings: Settings, database: Database, storage: Storage) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit code."""
    # Each connection is a file, and there are often but 1,024 of them at first.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    uvicorn.run(create_app(settings, database, storage), **how(settings))
    return 0


def how(settings: Settings) -> dict:
    """Return the options of uvicorn."""
    return {
        "host": settings.host,
        "port": settings.port,
        "http": Connection,
        "limit_concurrency": settings.connections,
        "log_config": None,
        # Paths hold what people wrote; the gate logs routes.
        "access_log": False,
        # Otherwise whoever is on this machine could give another address.
        "proxy_headers": "FORWARDED_ALLOW_IPS" in os.environ,
        "server_header": False,
        "timeout_graceful_shutdown": 5,
    }


def live() -> dict:
    """Say that the process answers."""
    return {"status": "ok"}


def ready(request: Request) -> JSONResponse:
    """Say whether requests can be served: the database is there, and of this version.

    Answers 503 with a reason otherwise.
    """
    database = request.app.state.database
    try:
        with database.session() as session:
            session.execute(text("select 1"))
            reason = migrations.missing(session.connection())
    except OperationalError:
        reason = "the database does not answer"
    status = {"status": "unavailable", "reason": reason} if reason else _READY
    return JSONResponse(status, 503 if reason else 200)


_READY = {"status": "ready"}


@contextlib.asynccontextmanager
async def _listening(app: FastAPI):
    listener = asyncio.create_task(app.state.events.run())
    yield
    listener.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await listener
