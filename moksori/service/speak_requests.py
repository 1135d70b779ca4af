"""Accept requests to speak, whichever router they come by, and describe their jobs."""

import re
import unicodedata
from typing import Annotated, Literal

from fastapi import Header
from pydantic import BaseModel, Field
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.requests import HTTPConnection

from moksori.audio.encoding import FORMATS
from moksori.service import jobs, profiles
from moksori.service.callers import Caller
from moksori.service.notices import event_of
from moksori.service.problems import Problem, not_found
from moksori.service.tables import SUCCEEDED, Artefact, Job
from moksori.service.tiers import TIERS

MOST_CHARACTERS = 5000
SPEEDS = (0.25, 4.0)
# Until jobs of one's own were measured.
SECONDS_A_CHARACTER = 0.05
# A raw or an adts stream is of the tier that has the same quality in a file.
_LIKE = {"pcm": "wav", "aac": "mp3"}
_OPUS_RATES = (8000, 12000, 16000, 24000, 48000)
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_ID = re.compile(r"[0-9a-f]{32}")
_MEASURED_JOBS = 20

IdempotencyKey = Annotated[str | None, Header(pattern=r"^[!-~]{1,128}$")]


class SpeakRequest(BaseModel):
    """Represent what is to be spoken, by whom and how.

    `pitch` is in semitones, `sample_rate` in hertz; `stream` says that the sound is
    heard while it is made.
    """

    model_config = {
        "json_schema_extra": {
            "examples": [{"text": "안녕하세요.", "voice": "korean-demo"}]
        }
    }

    text: str
    voice: str = profiles.SHIPPED
    language: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]{2})?$")] = "ko"
    speed: Annotated[float, Field(ge=SPEEDS[0], le=SPEEDS[1])] = 1.0
    pitch: Annotated[float, Field(ge=-12, le=12)] = 0.0
    format: Literal["mp3", "wav", "flac", "ogg", "aac", "pcm"] | None = None
    sample_rate: (
        Literal[8000, 12000, 16000, 22050, 24000, 32000, 44100, 48000] | None
    ) = None
    stream: bool = False


def accept(
    session: Session,
    connection: HTTPConnection,
    caller: Caller,
    request: SpeakRequest,
    key: str | None = None,
) -> Job:
    """Check a request to speak and queue its job; raises `Problem`.

    A second request with the same idempotency `key` gets the first one's job.
    """
    settings = connection.app.state.settings
    wanted = checked(caller, request)
    profile = profiles.choose(session, caller, request.voice, settings)
    if profile is None and request.language != "ko":
        raise Problem(400, "unsupported_language", field="language")
    return jobs.create(
        session,
        caller.id,
        "speak",
        wanted,
        profile_id=profile,
        idempotency_key=key,
    )


def checked(caller: Caller, request: SpeakRequest) -> dict:
    """Return a request as its job holds it; raises `Problem` for what cannot be."""
    _check_speed(request)
    text, format = checked_text(request.text), format_of(caller, request.format)
    if format == "ogg" and request.sample_rate not in (None, *_OPUS_RATES):
        rates = ", ".join(map(str, _OPUS_RATES))
        raise Problem(400, "bad_sample_rate", rates=rates, field="sample_rate")
    return {**request.model_dump(), "text": text, "format": format}


def checked_text(text: str) -> str:
    """Return a text in NFC; raises `Problem` for one that is empty or too long."""
    text = unicodedata.normalize("NFC", text)
    if not text.strip():
        raise Problem(400, "no_text", field="text")
    if len(text) > MOST_CHARACTERS:
        raise Problem(400, "text_too_long", most=MOST_CHARACTERS, field="text")
    if _CONTROLS.search(text):
        raise Problem(400, "bad_text", field="text")
    return text


def format_of(caller: Caller, name: str | None) -> str:
    """Return a format that the caller's tier has, its usual one if none is named.

    Raises `Problem` 403.
    """
    allowed = TIERS[caller.tier].formats
    name = name or allowed[0]
    if _LIKE.get(name, name) not in allowed:
        raise Problem(
            403, "format_not_in_tier", allowed=", ".join(allowed), field="format"
        )
    return name


def _check_speed(request: SpeakRequest) -> None:
    """What is pitched is spoken so much slower and played faster."""
    voice = request.speed / 2 ** (request.pitch / 12)
    if not SPEEDS[0] <= voice <= SPEEDS[1]:
        raise Problem(400, "bad_speed", field="speed")


def estimated_seconds(session: Session, job: Job) -> float:
    """Return how long a job is likely to take once it runs, as the last ones did."""
    last = (
        select(Job.characters, func.extract("epoch", Job.finished_at - Job.started_at))
        .where(Job.type == "speak", Job.state == SUCCEEDED, Job.characters > 0)
        .order_by(Job.finished_at.desc())
        .limit(_MEASURED_JOBS)
    )
    rows = session.execute(last).all()
    characters = sum(row[0] for row in rows)
    each = sum(float(row[1]) for row in rows) / characters if rows else None
    return round(job.characters * (each or SECONDS_A_CHARACTER), 2)


def owned(session: Session, caller: Caller, job_id: str) -> Job:
    """Return a job of a caller; raises `Problem` 404 for any other."""
    job = session.get(Job, job_id) if _ID.fullmatch(job_id) else None
    if job is None or job.user_id != caller.id:
        raise not_found()
    return job


def described(session: Session, job: Job) -> dict:
    """Return what its owner is told of a job, as JSON."""
    files = select(Artefact).where(Artefact.job_id == job.id)
    files = session.scalars(files.where(Artefact.deleted_at.is_(None))).all()
    told = job.told(
        *("id", "type", "profile_id", "characters", "request", "result"),
        *("queued_at", "started_at", "finished_at", "expires_at"),
    )
    url = f"/api/v1/jobs/{job.id}/audio?name="
    columns = ("name", "format", "sample_rate", "seconds", "bytes")
    return {
        **told,
        **{"seconds_left": None, "error": None, "message": None},
        **event_of(job),
        "artefacts": [
            {**each.told(*columns), "url": url + each.name} for each in files
        ],
    }


def media_type(format: str) -> str:
    """Return the media type of a format; other files of jobs are only bytes."""
    known = FORMATS.get(format)
    return known.media_type if known else "application/octet-stream"
