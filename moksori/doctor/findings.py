"""What a check found, how bad it is, and what to do about it."""

import enum
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any


class Level(enum.IntEnum):
    """How bad a finding is; the number is the exit code of the command.

    With a warning, a training would run, but worse or with a risk; with an error it
    would not run, or not as it is meant to.
    """

    OK = 0
    WARNING = 1
    ERROR = 2


OK, WARNING, ERROR = Level


@dataclass(frozen=True)
class Finding:
    """One line of the report; `values` are its facts for a program.

    Raises `ValueError` for a warning or an error without advice.
    """

    name: str
    level: Level
    text: str
    advice: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self):
        if self.level and not self.advice:
            raise ValueError(f"{self.name}: say what to do about it")


# Whether there is a problem, how bad it is, what to add to the text, and the advice.
Problem = tuple[Any, Level, str, str]


def judge(name: str, text: str, /, *problems: Problem, **values: Any) -> Finding:
    """Return the finding of the first problem that there is; OK for none."""
    for present, level, more, advice in problems:
        if present:
            return Finding(name, level, text + more, advice, values)
    return Finding(name, OK, text, "", values)


def collect(name: str, check: Callable, *arguments: Any) -> list[Finding]:
    """Return what a check finds; its own failure is a warning."""
    try:
        found = check(*arguments)
        return [found] if isinstance(found, Finding) else list(found)
    except Exception as failure:
        text = f"could not be checked: {type(failure).__name__}: {failure}"
        text = " ".join(text.split())[:200]
        return [Finding(name, WARNING, text, "the rest holds; check this one by hand")]


def worst(findings: Iterable[Finding]) -> Level:
    """Return the level of the worst finding; OK for none."""
    return max((finding.level for finding in findings), default=OK)


def report(findings: Iterable[Finding]) -> dict:
    """Return findings as one JSON object."""
    findings = list(findings)
    return {
        "schema": 1,
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "worst": worst(findings).name,
        "findings": [asdict(each) | {"level": each.level.name} for each in findings],
    }


def pluralize(count: int, noun: str) -> str:
    """Return a count with its noun: 1 GPU, 2 GPUs."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def format_bytes(size: float) -> str:
    """Return bytes with a binary unit: 512 MiB, 23.5 GiB."""
    for unit in ("B", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:,.1f} GiB"
