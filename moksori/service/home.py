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
from pathlib import Path

from moksori.service import accounts
from moksori.service.database import Database
from moksori.service.settings import Settings, SettingsError
from moksori.storage import Locked, lock, lock_holder

_PARENT = "MOKSORI_PARENT"
_MOST_LOG_BYTES = 10 * 2**20
# Pauses before a process is started again; one that ran for so long starts anew.
_FIRST_PAUSE, _LONGEST_PAUSE, _LONG_SECONDS = 1.0, 30.0, 60.0
_END_SECONDS = 30.0
_ROLES = ("web", "worker", "trainer")


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
        _serve(settings, _environment(settings, database.url), say)
    finally:
        database.close()
    return 0


def _serve(settings: Settings, environment: dict[str, str], say) -> None:
    ending = threading.Event()
    common = settings, environment, ending, say
    threads = [threading.Thread(target=_keep, args=(role, *common)) for role in _ROLES]
    for each in threads:
        each.start()
    try:
        with contextlib.suppress(KeyboardInterrupt):
            while not _answers(settings):
                time.sleep(0.2)
            say(f"open http://{settings.host}:{settings.port} (Ctrl-C ends it)")
            threading.Event().wait()
        # A second Ctrl-C does not leave half of them behind.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        say("ending")
    finally:
        ending.set()
        for each in threads:
            each.join()


def _keep(role: str, settings: Settings, environment, ending, say) -> None:
    """Keep the process of a role running until `ending` is set."""
    log, pause = settings.folder / f"{role}.log", _FIRST_PAUSE
    environment = environment | {
        "MOKSORI_ALIVE": str(settings.folder / f"{role}.alive")
    }
    while not ending.is_set():
        begun = time.monotonic()
        try:
            code = _run_until(role, log, environment, ending)
        except OSError as error:
            code = error
        if code and not ending.is_set():
            say(f"{role} ended ({code}), see {log}; it starts again")
        if time.monotonic() - begun > _LONG_SECONDS:
            pause = _FIRST_PAUSE
        ending.wait(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


def _run_until(role: str, log: Path, environment, ending: threading.Event) -> int:
    """Run a process, which logs to a file, to its end or until `ending` is set."""
    long = log.exists() and log.stat().st_size > _MOST_LOG_BYTES
    with open(log, "wb" if long else "ab") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "moksori", "serve", "--role", role],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            # Ctrl-C is for the one process that ends the others in order.
            start_new_session=True,
        )
    while process.poll() is None and not ending.wait(0.2):
        pass
    process.terminate()
    try:
        return process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


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
