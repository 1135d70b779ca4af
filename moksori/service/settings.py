"""Read the service's settings from the environment, once, into a frozen value."""

import json
import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, get_type_hints

from moksori.storage import write_json

LOOPBACK = ("127.0.0.1", "::1", "localhost")
_LEAST_SECRET = 32


class SettingsError(ValueError):
    """Report settings that are missing or contradict; the text is one line."""


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


@dataclass(frozen=True)
class Settings:
    """Hold what a process of the service has to know.

    Without `database_url`, `storage_url` or secrets the service is at home: Postgres,
    files and generated secrets lie in `folder`. Secrets are in no representation.
    Beside each type stands the variable that is read, and with what if not by the type.
    """

    folder: Annotated[Path, "MOKSORI_DATA"] = Path("data/service")
    runs: Annotated[Path, "MOKSORI_RUNS"] = Path("logs")  # trained voices
    host: Annotated[str, "MOKSORI_HOST"] = "127.0.0.1"
    port: Annotated[int, "MOKSORI_PORT"] = 5000
    database_url: Annotated[str, "DATABASE_URL"] = field(default="", repr=False)
    storage_url: Annotated[str, "STORAGE_URL"] = field(default="", repr=False)
    redis_url: Annotated[str, "REDIS_URL"] = field(default="", repr=False)
    # Signs tokens and links; of every process the same.
    secret: Annotated[str, "MOKSORI_SECRET"] = field(default="", repr=False)
    # Version -> key of the watermark; the newest version marks, each is looked for.
    watermark_keys: Annotated[Mapping[str, str], "MOKSORI_WATERMARK_KEYS", _keys] = (
        field(default_factory=dict, repr=False)
    )
    # Origins of other sites whose pages may call the API.
    origins: Annotated[tuple[str, ...], "MOKSORI_ORIGINS", _words] = ()
    accounts: Annotated[bool, "MOKSORI_ACCOUNTS", _flag] = False
    # Connections of a web process; an address from elsewhere may hold a tenth of them.
    connections: Annotated[int, "MOKSORI_CONNECTIONS"] = 1000
    # What a worker serves: a training would keep others waiting for hours.
    queues: Annotated[tuple[str, ...], "MOKSORI_QUEUES", _words] = (
        "voice-synthesis",
        "voice-synthesis-enterprise",
    )
    # The file that a worker touches each second, for probes.
    alive: Annotated[Path | None, "MOKSORI_ALIVE", Path] = None
    fake_voice: Annotated[bool, "MOKSORI_FAKE_VOICE", _flag] = False
    heartbeat_seconds: Annotated[float, "MOKSORI_HEARTBEAT_SECONDS"] = 2.0
    # A worker that is silent for so long is taken for dead, and its job given again.
    stalled_seconds: Annotated[float, "MOKSORI_STALLED_SECONDS"] = 10.0
    # A worker whose job does not get on for so long ends itself.
    stuck_seconds: Annotated[float, "MOKSORI_STUCK_SECONDS"] = 300.0
    # Jobs after which a worker makes room for a new one, against leaks of memory.
    jobs_per_worker: Annotated[int, "MOKSORI_JOBS_PER_WORKER"] = 1000
    # HOST:PORT of Prometheus' page, which is not for users; none without.
    metrics: Annotated[str, "MOKSORI_METRICS"] = ""
    metrics_by_user: Annotated[bool, "MOKSORI_METRICS_BY_USER", _flag] = False
    upload_hours: Annotated[float, "MOKSORI_UPLOAD_HOURS"] = 1.0
    output_hours: Annotated[float, "MOKSORI_OUTPUT_HOURS"] = 24.0
    # Days that a job which ended stays listed, with its text and its events.
    history_days: Annotated[float, "MOKSORI_HISTORY_DAYS"] = 90.0
    # The most of a song that is to be covered: a wav of ten minutes fits.
    song_bytes: Annotated[int, "MOKSORI_SONG_BYTES"] = 200 * 2**20

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
            name: _converted(text, kind.__origin__, *kind.__metadata__)
            for name, kind in get_type_hints(cls, include_extras=True).items()
            if (text := environment.get(kind.__metadata__[0]))
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


def _converted(text: str, kind: type, variable: str, reader: Callable | None = None):
    try:
        return (reader or kind)(text)
    except (ValueError, KeyError):
        # The value may be a secret, so it is not repeated.
        raise SettingsError(f"{variable} has a value that cannot be read") from None
