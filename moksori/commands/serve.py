"""Serve voices to people and programs: pages, jobs, accounts, OpenAI's API.

Without more it runs all that is needed on this machine, its database included, and the
page opens at http://127.0.0.1:5000. With DATABASE_URL, and STORAGE_URL where machines
share no folder, `--role` runs one part of it, as often as wanted.
"""

import argparse
import sys
from getpass import getpass
from pathlib import Path

ROLES = ("web", "worker", "trainer", "migrate")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command."""
    made = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    one = "run this part alone; needs DATABASE_URL (all, on this machine)"
    made.add_argument("--role", choices=ROLES, help=one)
    made.add_argument("--host", help="the address to serve (127.0.0.1)")
    made.add_argument("--port", type=int, help="(5000)")
    kept = "folder of the service (data/service)"
    made.add_argument("--data", type=Path, metavar="DIR", help=kept)
    runs = "folder of trained voices (logs)"
    made.add_argument("--runs", type=Path, metavar="DIR", help=runs)
    many = "callers sign in (off: whoever sits at this machine may do everything)"
    made.add_argument("--accounts", action="store_true", default=None, help=many)
    first = "make an operator's account, asking for a password, and end"
    made.add_argument("--operator", metavar="EMAIL", help=first)
    return made


def serve(arguments: argparse.Namespace) -> int:
    """Run the part that is asked for; returns the exit code."""
    from moksori.service import home
    from moksori.service.jobs import TRAINING_QUEUE
    from moksori.service.settings import Settings, SettingsError

    given = {"folder": arguments.data, "runs": arguments.runs, "host": arguments.host}
    given |= {"port": arguments.port, "accounts": arguments.accounts}
    given = {name: value for name, value in given.items() if value is not None}
    if arguments.role == "trainer":
        given["queues"] = (TRAINING_QUEUE,)
    settings = Settings.from_environment(**given)
    if arguments.operator:
        home.make_operator(settings, arguments.operator, getpass("password: "))
        return 0
    if arguments.role is None:
        return home.run(settings, lambda line: print(f"moksori: {line}", flush=True))
    if not settings.database_url:
        raise SettingsError(f"--role {arguments.role} needs DATABASE_URL")
    return _run(arguments.role, settings)


def _run(role: str, settings) -> int:
    from moksori.service import home, logs, metrics
    from moksori.service.database import Database
    from moksori.service.storage import Storage

    logs.configure()
    home.end_with_parent()
    database = Database(settings)
    if role == "migrate":
        database.migrate()
        return 0
    storage = Storage(settings)
    metrics.serve(settings, database)
    if role == "web":
        from moksori.service import web

        return web.run(settings, database, storage)
    from moksori.service.tasks import Tasks
    from moksori.service.worker import Worker

    return Worker(settings, database, storage, Tasks(settings)).run()


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    arguments = parser().parse_args(argv)
    try:
        return serve(arguments)
    except ModuleNotFoundError as error:
        print(f"serve: {error.name} is missing: run `make service`", file=sys.stderr)
    except ValueError as error:
        print(f"serve: {error}", file=sys.stderr)
    return 2
