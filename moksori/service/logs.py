"""Write logs as JSON lines, which hold ids and no texts.

What a person wrote, an address, a token or a key stands in no line. Of an exception
only its kind and where it was raised are written, as its message may repeat such.
"""

import logging
import sys
import traceback

import structlog


def configure() -> None:
    """Let this process, and the libraries in it, log JSON lines to standard error."""
    shared = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        _without_message,
    ]
    json = structlog.processors.JSONRenderer(ensure_ascii=False)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                json,
            ],
            foreign_pre_chain=shared,
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    # They tell of every step.
    for name in ("alembic", "procrastinate"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _without_message(_, __, event: dict) -> dict:
    error = event.pop("exc_info", None)
    if error:
        error = sys.exc_info() if error is True else error
        error = error[1] if isinstance(error, tuple) else error
    if isinstance(error, BaseException):
        frames = traceback.extract_tb(error.__traceback__)
        event["exception"] = type(error).__qualname__
        event["frames"] = [f"{f.filename}:{f.lineno} {f.name}" for f in frames]
    return event
