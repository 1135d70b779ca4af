"""Run the whole service on one machine: Postgres, web, and workers, as processes.

Each is started again when it ends, later and later if that goes on. All of them end
with this one.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable

from moksori.service import accounts
from moksori.service.database import Database
from moksori.service.settings import Settings, SettingsError
from moksori.storage import Locked, lock, lock_holder

_PARENT = "MOKSORI_PARENT"
_MOST_LOG_BYTES = 10 * 2**20
# Pauses before a process is started again; one that ran for so long starts anew.
_FIRST_PAUSE, _LONGEST_PAUSE, _LONG_SECONDS = 1.0, 30.0, 60.0
_END_SECONDS = 30.0


class _Process:
    """Keep one process running; what it logs goes to a file."""

    def __init__(self, name: str, settings: Settings, environment: dict[str, str]):
        self.name, self.log = name, settings.folder / f"{name}.log"
        self._environment = environment
        self._pause = _FIRST_PAUSE
        self._next = self._begun = 0.0
        self._process: subprocess.Popen | None = None

    def attend(self, say: Callable[[str], object]) -> None:
        """Start the process if it does not run and its pause is over."""
        now = time.monotonic()
        if self._process is not None and (code := self._process.poll()) is not None:
            self._process = None
            if now - self._begun > _LONG_SECONDS:
                self._pause = _FIRST_PAUSE
            self._next = now + self._pause
            if code:
                say(f"{self.name} ended ({code}), see {self.log}; it starts again")
            self._pause = min(2 * self._pause, _LONGEST_PAUSE)
        if self._process is None and now >= self._next:
            self._start()

    def _start(self) -> None:
        self._begun = time.monotonic()
        long = self.log.exists() and self.log.stat().st_size > _MOST_LOG_BYTES
        with open(self.log, "wb" if long else "ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "moksori", "serve", "--role", self.name],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C is for the one process that ends the others in order.
                start_new_session=True,
            )

    def ask_to_end(self) -> None:
        if self._process is not None:
            self._process.terminate()

    def end(self, until: float) -> None:
        if self._process is None:
            return
        try:
            self._process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def run(settings: Settings, say: Callable[[str], object]) -> int:
    """Serve until Ctrl-C or SIGTERM; `say(line)` tells a person what happens.

    Raises `SettingsError` when the port is taken or another one serves this folder.
    """
    _check_port(settings)
    settings.folder.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with lock(settings.folder / "lock", f"process {os.getpid()}"):
            return _run(settings, say)
    except Locked as other:
        raise SettingsError(f"{settings.folder} is served already: {other}") from None


def _run(settings: Settings, say: Callable[[str], object]) -> int:
    say("starting the database")
    database = Database(settings)
    try:
        database.migrate()
        environment = _environment(settings, database.url)
        alive = str(settings.folder / "trainer.alive")
        trainer = environment | {"MOKSORI_ALIVE": alive}
        processes = [
            _Process("web", settings, environment),
            _Process("worker", settings, environment),
            _Process("trainer", settings, trainer),
        ]
        with contextlib.suppress(KeyboardInterrupt):
            _attend(processes, settings, say)
        say("ending")
        _end(processes)
    finally:
        database.close()
    return 0


def _attend(processes: list[_Process], settings: Settings, say) -> None:
    told = False
    while True:
        for process in processes:
            process.attend(say)
        if not told and _answers(settings):
            told = True
            say(f"open http://{settings.host}:{settings.port} (Ctrl-C ends it)")
        time.sleep(0.2)


def _end(processes: list[_Process]) -> None:
    # A second Ctrl-C does not leave half of them behind.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    until = time.monotonic() + _END_SECONDS
    for process in processes:
        process.ask_to_end()
    for process in processes:
        process.end(until)


def _environment(settings: Settings, url: str) -> dict[str, str]:
    keys = settings.watermark_keys.items()
    return os.environ | {
        "DATABASE_URL": url,
        "MOKSORI_DATA": str(settings.folder),
        "MOKSORI_RUNS": str(settings.runs),
        "MOKSORI_SECRET": settings.secret,
        "MOKSORI_WATERMARK_KEYS": ",".join(f"{name}:{key}" for name, key in keys),
        "MOKSORI_HOST": settings.host,
        "MOKSORI_PORT": str(settings.port),
        "MOKSORI_ACCOUNTS": str(int(settings.accounts)),
        _PARENT: str(os.getpid()),
    }


def _check_port(settings: Settings) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            line = f"{settings.host}:{settings.port}: {error.strerror}; name a --port"
            raise SettingsError(line) from None


def _answers(settings: Settings) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((settings.host, settings.port)) == 0


def make_operator(settings: Settings, email: str, password: str) -> None:
    """Make an operator's account, also while the service runs."""
    database = Database(settings)
    try:
        database.migrate()
        with database.session() as session:
            accounts.make_operator(session, email, password)
    finally:
        # A service that runs meanwhile keeps its database.
        database.close(stop=not lock_holder(settings.folder / "lock"))


def end_with_parent() -> None:
    """End this process, as SIGTERM would, once the one that started it is gone."""
    parent = os.environ.get(_PARENT)
    if parent is None:
        return

    def watch() -> None:
        while os.getppid() == int(parent):
            time.sleep(1.0)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()
