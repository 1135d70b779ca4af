"""Run `singer` for a job: what it is to do goes in, progress and results come out."""

import contextlib
import itertools
import json
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from moksori.service.context import JobContext
from moksori.service.errors import Cancelled, Interrupted, JobError
from moksori.service.storage import Missing
from moksori.service.training import lines_of, running

log = logging.getLogger(__name__)

PROGRAM = (sys.executable, "-m", "moksori.service.singer")
# What a child that was asked to end may still say, or be silent, each half a second.
_MOST_LINES = 100


def run(
    context: JobContext,
    program: Sequence[str],
    work: Path,
    request: dict,
    packed: Callable[[dict], None] = lambda about: None,
    share: float = 1.0,
) -> dict:
    """Let the child do what is asked for in a folder, and pass its progress on; returns
    its result. What it has packed is told at once, also when it was stopped.

    Raises `JobError` where it cannot, and `Stopped`.
    """
    path, last = work / "request.json", ""
    path.write_text(json.dumps(request), "utf-8")
    with running([*program, str(path.absolute())]) as process:
        lines = lines_of(process)
        try:
            for line in lines:
                context.check_cancelled()
                if not line.startswith("{"):
                    last = line or last
                    continue
                told = json.loads(line)
                if "result" in told:
                    return told["result"]
                if "packed" in told:
                    packed(told["packed"])
                    continue
                _check(told)
                way = told["stage"], share * told["fraction"]
                context.progress(*way, told.get("left"), told.get("told"))
        except (Cancelled, Interrupted):
            # It saves what it has, and that is kept too.
            process.terminate()
            for line in itertools.islice(lines, _MOST_LINES):
                if line.startswith('{"packed"'):
                    packed(json.loads(line)["packed"])
            raise
    log.error("the singer of job %s ended: %s", context.job.id, last)
    raise JobError("singer_died")


def _check(told: dict) -> None:
    if told.get("missing"):
        raise JobError("covers_missing")
    if "error" in told:
        raise JobError("cannot_sing", error=told["error"])


@contextlib.contextmanager
def folder(context: JobContext) -> Iterator[Path]:
    """Give a job a folder for a while; raises as `explained`."""
    with TemporaryDirectory(prefix="moksori-") as folder, explained(context):
        yield Path(folder)


@contextlib.contextmanager
def explained(context: JobContext) -> Iterator[None]:
    """Say as errors of a job what was deleted meanwhile, and that a disk is full."""
    try:
        yield
    except Missing:
        context.check_cancelled()
        raise JobError("files_gone") from None
    except OSError as error:
        raise JobError("training_failed-disk", error=error.strerror) from error
