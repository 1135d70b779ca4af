"""A service that listens: its web part on a port, and its workers, in threads."""

import asyncio
import socket
import threading
from contextlib import contextmanager

from tests.service.tones import Tones
from tests.service.working import working


class Speaking:
    """Tasks of a worker that speaks by a voice of tones."""

    def __init__(self, voice: Tones | None = None, missing=()):
        self.voice, self.missing = voice or Tones(), list(missing)
        self.functions = {"speak": self.speak, "initialize": self.initialize}

    def warm_up(self) -> None:
        pass

    def speak(self, context) -> dict:
        from moksori.service import speaking
        from moksori.service.errors import JobError

        if context.request["voice"].startswith("upload:"):
            raise JobError("xtts_missing", error="no weights", voice="korean-demo")
        return speaking.speak(context, self.voice)

    def initialize(self, context) -> dict:
        return {"missing": self.missing}


@contextmanager
def site(settings, database, storage, tasks: Speaking, workers: int = 1):
    """Serve in threads; yields an `httpx.Client` of it."""
    import httpx
    import uvicorn

    from moksori.service.web import create_app, how

    app = create_app(settings, database, storage)
    options = {**how(settings), "timeout_graceful_shutdown": 2}
    config = uvicorn.Config(app, **options)
    server = uvicorn.Server(config)
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    thread = threading.Thread(
        target=lambda: asyncio.run(server.serve(sockets=[listening]))
    )
    thread.start()
    try:
        with (
            working(settings, database, storage, tasks, workers),
            httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120) as client,
        ):
            yield client
    finally:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()
