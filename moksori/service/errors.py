"""Define how requests and jobs end other than well, and what people are told of it.

The texts stand in `problems.toml`: by a word for programs, in Korean and in English.
"""

import tomllib
from functools import cache
from pathlib import Path


@cache
def texts() -> dict[str, dict[str, str]]:
    """Read what people are told: word -> "ko" or "en" -> text, with {values}."""
    path = Path(__file__).with_name("problems.toml")
    return tomllib.loads(path.read_text("utf-8"))


class ServiceError(Exception):
    """Report what went wrong: `word` is for programs, the lines are for people.

    Where a word has several texts, the part of `name` behind a - tells which.
    """

    def __init__(self, name: str, **values):
        super().__init__(name)
        self.word = name.partition("-")[0]
        self.korean = texts()[name]["ko"].format(**values)
        self.english = texts()[name]["en"].format(**values)


class JobError(ServiceError):
    """End a job as failed, without another try: another would fail as well."""


class Stopped(Exception):
    """Report that a worker must leave its job; raised between two pieces of it."""


class Cancelled(Stopped):
    """Report that the user, or a revoked consent, cancelled the job."""


class Superseded(Stopped):
    """Report that the job was given to another worker, as this one was silent."""


class Interrupted(Stopped):
    """Report that the worker ends; the job goes back into the queue."""
