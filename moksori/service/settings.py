"""Read the service's settings from the environment, once, into a frozen value."""

import json
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from moksori.storage import write_json

LOOPBACK = ("127.0.0.1", "::1", "localhost")
_LEAST_SECRET = 32


class SettingsError(ValueError):
    """Report settings that are missing or contradict; the text is one line."""


@dataclass(frozen=True)
class Settings:
    """Hold what a process of the service has to know.

    Without `database_url`, `storage_url` or secrets the service is at home: Postgres,
    files and generated secrets lie in `folder`. Secrets are in no representation.
    """

    folder: Path = Path("data/service")
    runs: Path = Path("logs")  # trained voices
    host: str = "127.0.0.1"
    port: int = 5000
    database_url: str = field(default="", repr=False)
    storage_url: str = field(default="", repr=False)
    redis_url: str = field(default="", repr=False)
    # Signs tokens and links; of every process the same.
    secret: str = field(default="", repr=False)
    # Version -> key of the watermark; the newest version marks, each is looked for.
    watermark_keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    # Origins of other sites whose pages may call the API.
    origins: tuple[str, ...] = ()
    accounts: bool = False
    # What a worker serves: a training would keep others waiting for hours.
    queues: tuple[str, ...] = ("voice-synthesis", "voice-synthesis-enterprise")
    # The file that a worker touches each second, for probes.
    alive: Path | None = None
    fake_voice: bool = False
    heartbeat_seconds: float = 2.0
    # A worker that is silent for so long is taken for dead, and its job given again.
    stalled_seconds: float = 10.0
    # A worker whose job does not get on for so long ends itself.
    stuck_seconds: float = 300.0
    # Jobs after which a worker makes room for a new one, against leaks of memory.
    jobs_per_worker: int = 1000
    # HOST:PORT of Prometheus' page, which is not for users; none without.
    metrics: str = ""
    metrics_by_user: bool = False
    upload_hours: float = 1.0
    output_hours: float = 24.0
    # Days that a job which ended stays listed, with its text and its events.
    history_days: float = 90.0

    def __post_init__(self):
        if not self.heartbeat_seconds * 1.5 <= self.stalled_seconds:
            raise SettingsError(
                "MOKSORI_STALLED_SECONDS must be 1.5 times MOKSORI_HEARTBEAT_SECONDS "
                "at least, or living workers are taken for dead"
            )
        if self.secret and len(self.secret) < _LEAST_SECRET:
            raise SettingsError(f"MOKSORI_SECRET must have {_LEAST_SECRET} characters")
        if self.database_url and not self.database_url.startswith("postgres"):
            raise SettingsError("DATABASE_URL must begin with postgresql://")
        if self.host not in LOOPBACK and not self.accounts:
            raise SettingsError(
                f"host {self.host} can be reached from elsewhere: "
                "set MOKSORI_ACCOUNTS=1, so that callers need an account"
            )
        if self.metrics and not re.fullmatch(r".+:\d+", self.metrics):
            raise SettingsError("MOKSORI_METRICS must be HOST:PORT")
        if "*" in self.origins:
            raise SettingsError("MOKSORI_ORIGINS must name the sites, without *")

    @property
    def watermark_version(self) -> str:
        """Return the version of the key that marks."""
        return max(self.watermark_keys, key=lambda version: (len(version), version))

    @property
    def uploads(self) -> Path:
        """Return the folder in which requests are spooled."""
        return self.folder / "uploads"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None, **given):
        """Read MOKSORI_* and the common URLs; `given` fields count before them.

        Raises `SettingsError` for a value that is none or contradicts another.
        """
        environment = os.environ if environment is None else environment
        found = {
            name: _converted(variable, environment[variable], kind)
            for name, (variable, kind) in _VARIABLES.items()
            if environment.get(variable)
        }
        found.update(given)
        if not found.get("secret") or not found.get("watermark_keys"):
            found = {**_secrets(found), **found}
        return cls(**found)


def _secrets(found: dict) -> dict:
    """Return the secrets of a service at home, made when it first starts."""
    if found.get("database_url"):
        raise SettingsError(
            "with DATABASE_URL there may be other processes: give all of them the same "
            "MOKSORI_SECRET and MOKSORI_WATERMARK_KEYS (as 1:HEX)"
        )
    folder = found.get("folder", Settings.folder)
    path = folder / "secrets.json"
    try:
        kept = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        folder.mkdir(parents=True, exist_ok=True)
        kept = {
            "secret": secrets.token_hex(32),
            "watermark_keys": {"1": secrets.token_hex(32)},
        }
        before = os.umask(0o077)
        try:
            write_json(path, kept)
        finally:
            os.umask(before)
    except ValueError as error:
        raise SettingsError(f"{path}: {error}; restore it from a backup") from None
    return {name: kept[name] for name in ("secret", "watermark_keys")}


def _keys(text: str) -> dict[str, str]:
    pairs = dict(word.strip().split(":", 1) for word in text.split(","))
    for key in pairs.values():
        if len(bytes.fromhex(key)) < 16:
            raise ValueError("a key has 32 hexadecimal digits at least")
    return pairs


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _flag(text: str) -> bool:
    return {"1": True, "true": True, "0": False, "false": False}[text.lower()]


def _converted(variable: str, text: str, kind):
    try:
        return kind(text)
    except (ValueError, KeyError):
        # The value may be a secret, so it is not repeated.
        raise SettingsError(f"{variable} has a value that cannot be read") from None


_VARIABLES = {
    "folder": ("MOKSORI_DATA", Path),
    "runs": ("MOKSORI_RUNS", Path),
    "host": ("MOKSORI_HOST", str),
    "port": ("MOKSORI_PORT", int),
    "database_url": ("DATABASE_URL", str),
    "storage_url": ("STORAGE_URL", str),
    "redis_url": ("REDIS_URL", str),
    "secret": ("MOKSORI_SECRET", str),
    "watermark_keys": ("MOKSORI_WATERMARK_KEYS", _keys),
    "origins": ("MOKSORI_ORIGINS", _words),
    "queues": ("MOKSORI_QUEUES", _words),
    "alive": ("MOKSORI_ALIVE", Path),
    "accounts": ("MOKSORI_ACCOUNTS", _flag),
    "fake_voice": ("MOKSORI_FAKE_VOICE", _flag),
    "heartbeat_seconds": ("MOKSORI_HEARTBEAT_SECONDS", float),
    "stalled_seconds": ("MOKSORI_STALLED_SECONDS", float),
    "stuck_seconds": ("MOKSORI_STUCK_SECONDS", float),
    "jobs_per_worker": ("MOKSORI_JOBS_PER_WORKER", int),
    "metrics": ("MOKSORI_METRICS", str),
    "metrics_by_user": ("MOKSORI_METRICS_BY_USER", _flag),
    "upload_hours": ("MOKSORI_UPLOAD_HOURS", float),
    "output_hours": ("MOKSORI_OUTPUT_HOURS", float),
    "history_days": ("MOKSORI_HISTORY_DAYS", float),
}
