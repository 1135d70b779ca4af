"""What a look at the machine finds, how bad it is, and what to do about it."""

import enum
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

SCHEMA = 1


class Level(enum.IntEnum):
    """How bad a finding is; the number is the exit code of a program that ends so."""

    OK = 0
    WARNING = 1
    ERROR = 2


@dataclass(frozen=True)
class Finding:
    """One line of the report: what was found, and what to do unless all is well.

    `values` are the same facts for a program: bytes, seconds, names.
    Raises `ValueError` for a finding that worries without advice.
    """

    name: str
    level: Level
    text: str
    advice: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self):
        if self.level is not Level.OK and not self.advice:
            raise ValueError(f"{self.name}: say what to do about it")


def ok(name: str, text: str, /, **values) -> Finding:
    """All is well."""
    return Finding(name, Level.OK, text, values=values)


def warning(name: str, text: str, advice: str, /, **values) -> Finding:
    """A training would run, worse or with a risk."""
    return Finding(name, Level.WARNING, text, advice, values)


def error(name: str, text: str, advice: str, /, **values) -> Finding:
    """A training would not run, or not as it is meant to."""
    return Finding(name, Level.ERROR, text, advice, values)


def looked(name: str, check: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """What `check` finds; its own failure is one finding more."""
    found = []
    try:
        for finding in check():
            found.append(finding)
    except Exception as failure:
        found.append(
            warning(
                name,
                f"could not be checked: {one_line(failure)}",
                "the other findings hold; look at this one by hand",
            )
        )
    return found


def worst(findings: Iterable[Finding]) -> Level:
    """The level of the worst finding; OK for none."""
    return max((finding.level for finding in findings), default=Level.OK)


def report(findings: Iterable[Finding], when: datetime | None = None) -> dict:
    """All of it as plain values that JSON can hold."""
    findings = list(findings)
    when = when or datetime.now(UTC)
    return {
        "schema": SCHEMA,
        "when": when.isoformat(timespec="seconds"),
        "worst": worst(findings).name,
        "findings": [
            {
                "name": finding.name,
                "level": finding.level.name,
                "text": finding.text,
                "advice": finding.advice,
                "values": _plain(finding.values),
            }
            for finding in findings
        ],
    }


def one_line(failure: BaseException) -> str:
    """An exception in one line of at most some 200 characters."""
    text = " ".join(f"{type(failure).__name__}: {failure}".split())
    return text if len(text) <= 200 else f"{text[:199]}…"


def _plain(value):
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(each) for each in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return str(value)
