"""Define the rows of the service.

Every id is random, 128 bits as 32 hexadecimal digits, so that none can be guessed from
another. Times are of UTC. Rows that prove something (consents, watermarks, usage,
audit) stay when what they speak of is purged.
"""

import secrets
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    DateTime,
    Float,
    ForeignKey,
    Index,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

# Who acts where there are no accounts: whoever sits at this machine.
LOCAL_USER = "0" * 32

# The states of a job; the last four are final.
QUEUED, RUNNING, CANCELLING = "queued", "running", "cancelling"
SUCCEEDED, FAILED, CANCELLED = "succeeded", "failed", "cancelled"
EXPIRED = "expired"
ACTIVE = (QUEUED, RUNNING, CANCELLING)
FINAL = (SUCCEEDED, FAILED, CANCELLED, EXPIRED)


def new_id() -> str:
    """Return an id that nobody can guess."""
    return secrets.token_hex(16)


def now() -> datetime:
    """Return the time, of UTC."""
    return datetime.now(UTC)


class Base(DeclarativeBase):
    """Collect the tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
        str: Text,
        float: Float,
    }

    def told(self, *columns: str) -> dict[str, Any]:
        """Return some columns as JSON has them, times as text."""
        found = {name: getattr(self, name) for name in columns}
        return {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in found.items()
        }


def _id():
    return mapped_column(String(32), primary_key=True, default=new_id)


def _of(table: str, **more):
    return mapped_column(String(32), ForeignKey(f"{table}.id"), **more)


class User(Base):
    """Represent an account. `tier` is free, pro or enterprise."""

    __tablename__ = "users"
    id: Mapped[str] = _id()
    email: Mapped[str | None] = mapped_column(unique=True)
    password_hash: Mapped[str | None]
    tier: Mapped[str] = mapped_column(String(16), default="free")
    operator: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=now)
    disabled_at: Mapped[datetime | None]


class ApiKey(Base):
    """Represent a key of a program; of its secret only the SHA-256 is kept."""

    __tablename__ = "api_keys"
    id: Mapped[str] = _id()
    user_id: Mapped[str] = _of("users", index=True)
    hash: Mapped[str] = mapped_column(String(64))
    label: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class RefreshToken(Base):
    """Represent one link of a chain of refresh tokens; `family` names the chain."""

    __tablename__ = "refresh_tokens"
    id: Mapped[str] = _id()
    user_id: Mapped[str] = _of("users", index=True)
    family: Mapped[str] = mapped_column(String(32), index=True)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class Consent(Base):
    """Represent what a person allowed with their voice, and whether it still holds.

    `audio_sha256` is of the recording that it is about. `type` is explicit_written or
    spoken; of a spoken one, `similarity` is how near the statement is to the samples,
    and `said` whether it is the sentence, None where nothing can tell.
    """

    __tablename__ = "consents"
    id: Mapped[str] = _id()
    user_id: Mapped[str] = _of("users", index=True)
    voice_owner: Mapped[str]
    owner_contact: Mapped[str]
    audio_sha256: Mapped[str] = mapped_column(String(64))
    document_sha256: Mapped[str | None] = mapped_column(String(64))
    statement_key: Mapped[str | None]
    type: Mapped[str] = mapped_column(String(32))
    purpose: Mapped[str]
    # Names of the prohibited uses that were accepted not to happen.
    prohibited: Mapped[list[Any]] = mapped_column(default=list)
    similarity: Mapped[float | None]
    said: Mapped[bool | None]
    verified_at: Mapped[datetime | None]
    signed_at: Mapped[datetime] = mapped_column(default=now)
    valid_until: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    purged_at: Mapped[datetime | None]


class Profile(Base):
    """Represent a voice of a user. `kind` is clone or trained; `status` is processing,
    ready, failed, revoked or deleted. Only a voice trained from own recordings, and
    the shipped one, is without consent."""

    __tablename__ = "profiles"
    id: Mapped[str] = _id()
    user_id: Mapped[str] = _of("users", index=True)
    consent_id: Mapped[str | None] = _of("consents", index=True)
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(String(16), default="clone")
    status: Mapped[str] = mapped_column(String(16), default="processing")
    # {"key": …, "sha256": …, "seconds": …} of each recording.
    samples: Mapped[list[Any]] = mapped_column(default=list)
    total_duration_seconds: Mapped[float] = mapped_column(default=0.0)
    # The key of the voice file, or the name of the run.
    latents_key: Mapped[str | None]
    fingerprint: Mapped[str | None]
    # Of a vocal model: epochs, distance to held-out speech, and what else it tells.
    about: Mapped[dict[str, Any] | None]
    # How near its speech is to the recordings, where that can be compared.
    similarity: Mapped[float | None]
    error: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    ready_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]


class Job(Base):
    """Represent a job as its user sees it; the queue only knows its id.

    `attempt` is the fence: a worker raises it when it begins, and only the worker
    whose number it still is may finish. `deaths` counts the workers that it outlived.
    `slot` bounds what runs at once for a user.
    """

    __tablename__ = "jobs"
    id: Mapped[str] = _id()
    user_id: Mapped[str] = _of("users")
    profile_id: Mapped[str | None] = _of("profiles", index=True)
    type: Mapped[str] = mapped_column(String(32))
    request: Mapped[dict[str, Any]]
    text_sha256: Mapped[str | None] = mapped_column(String(64))
    characters: Mapped[int] = mapped_column(default=0)
    tier: Mapped[str] = mapped_column(String(16))
    slot: Mapped[int] = mapped_column(default=0)
    queue: Mapped[str] = mapped_column(String(64))
    priority: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(String(16), default=QUEUED)
    attempt: Mapped[int] = mapped_column(default=0)
    deaths: Mapped[int] = mapped_column(default=0)
    worker: Mapped[str | None]
    progress: Mapped[float] = mapped_column(default=0.0)
    stage: Mapped[str | None]
    seconds_left: Mapped[float | None]
    # A word for programs, a line for people.
    error: Mapped[str | None]
    message: Mapped[str | None]
    result: Mapped[dict[str, Any] | None]
    idempotency_key: Mapped[str | None]
    request_id: Mapped[str | None]
    queued_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("user_id", "idempotency_key"),
        Index(None, "user_id", "queued_at"),
        Index(
            "ix_jobs_active",
            "state",
            "queued_at",
            postgresql_where=text("state in ('queued', 'running', 'cancelling')"),
        ),
        Index(None, "expires_at"),
        Index(None, "finished_at"),
    )


class Event(Base):
    """Represent the n-th thing that happened to a job, as listeners are told it."""

    __tablename__ = "events"
    job_id: Mapped[str] = mapped_column(
        String(32), ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True
    )
    n: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now)
    json: Mapped[dict[str, Any]]


class Chunk(Base):
    """Represent the n-th piece of a job's sound, for those who listen while it is made.

    A job that is done again makes the same pieces again, so what is there stays.
    """

    __tablename__ = "chunks"
    job_id: Mapped[str] = mapped_column(
        String(32), ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True
    )
    n: Mapped[int] = mapped_column(primary_key=True)
    data: Mapped[bytes]


class Artefact(Base):
    """Represent a file that a job made; `name` is what the user may call it."""

    __tablename__ = "artefacts"
    id: Mapped[str] = _id()
    job_id: Mapped[str] = _of("jobs", index=True)
    name: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    sha256: Mapped[str] = mapped_column(String(64))
    bytes: Mapped[int] = mapped_column(BigInteger)
    format: Mapped[str] = mapped_column(String(16))
    sample_rate: Mapped[int | None]
    seconds: Mapped[float | None]
    token: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("job_id", "name"), Index(None, "expires_at"))


class Watermark(Base):
    """Represent a token that was issued; it outlives its job, so it refers to none."""

    __tablename__ = "watermarks"
    token: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False
    )
    job_id: Mapped[str] = mapped_column(String(32), index=True)
    profile_id: Mapped[str | None] = mapped_column(String(32))
    user_id: Mapped[str] = mapped_column(String(32))
    made_at: Mapped[datetime] = mapped_column(default=now)
    api_version: Mapped[str]
    key_id: Mapped[str]


class Usage(Base):
    """Represent what a user used in a month, "2026-11" of UTC."""

    __tablename__ = "usage"
    user_id: Mapped[str] = _of("users", primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    characters: Mapped[int] = mapped_column(BigInteger, default=0)
    seconds: Mapped[float] = mapped_column(default=0.0)
    requests: Mapped[int] = mapped_column(BigInteger, default=0)


class Audit(Base):
    """Represent who did what to which object."""

    __tablename__ = "audit"
    id: Mapped[str] = _id()
    at: Mapped[datetime] = mapped_column(default=now, index=True)
    actor: Mapped[str]
    act: Mapped[str]
    object: Mapped[str]
    json: Mapped[dict[str, Any] | None]
