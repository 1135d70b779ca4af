"""Tell what was made here: a token for each job, hidden in its sound, looked up here.

The row of a token outlives the job, the voice and the consent, so that a file is known
as ours after everything else about it was purged.
"""

import secrets
from collections.abc import Callable

import numpy as np
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from moksori.audio import watermark
from moksori.service.callers import Caller
from moksori.service.context import Service
from moksori.service.database import Database
from moksori.service.settings import Settings
from moksori.service.tables import Consent, Job, Profile, Watermark

API_VERSION = "1"
# Stretches that are searched, spread over the recording: each costs seconds.
_STRETCHES, _STRETCH_SECONDS = 4, 30.0


def issue(session: Session, job: Job, settings: Settings) -> int:
    """Return the token of a job, below 2^32: a new one, or that of an earlier attempt.

    The key that marks with it is `key`.
    """
    kept = select(Watermark.token).where(Watermark.job_id == job.id)
    while (token := session.scalar(kept)) is None:
        row = {
            "token": secrets.randbits(32),
            "job_id": job.id,
            "profile_id": job.profile_id,
            "user_id": job.user_id,
            "api_version": API_VERSION,
            "key_id": settings.watermark_version,
        }
        session.execute(insert(Watermark).values(**row).on_conflict_do_nothing())
    return token


def key(settings: Settings) -> bytes:
    """Return the key that marks now."""
    return bytes.fromhex(settings.watermark_keys[settings.watermark_version])


def verify(
    service: Service, caller: Caller, wave: np.ndarray, sample_rate: int
) -> dict:
    """Tell whether a wave [samples] was made here, and if so when, by which voice.

    Whose it is only its owner and operators are told. Of a long recording parts are
    searched, `heard_seconds` in all.
    """
    stretches = _stretches(wave, sample_rate)
    heard = sum(map(len, stretches)) / sample_rate
    answers = []
    for stretch in stretches:
        for version, key in service.settings.watermark_keys.items():
            row, answer = _judge(service.database, stretch, sample_rate, version, key)
            if row is not None:
                told = _described(service.database, caller, row)
                return {"answer": answer, "heard_seconds": round(heard, 1), **told}
            answers.append(answer)
    # What is doubtful in any part is doubtful.
    order = ("inconclusive", "not_ours", "too_short")
    answer = next(each for each in order if each in answers)
    return {"answer": answer, "heard_seconds": round(heard, 1)}


def _stretches(wave: np.ndarray, sample_rate: int) -> list[np.ndarray]:
    length = int(_STRETCH_SECONDS * sample_rate)
    if len(wave) <= _STRETCHES * length:
        # Divided evenly, so that none is too short to be searched.
        return np.array_split(wave, max(round(len(wave) / length), 1))
    starts = np.linspace(0, len(wave) - length, _STRETCHES).astype(int)
    return [wave[start : start + length] for start in starts]


def _judge(database: Database, wave, sample_rate: int, version: str, key: str):
    """Return the row of the token that a stretch holds, if any, and the verdict."""
    detection = watermark.detect(wave, sample_rate, bytes.fromhex(key))
    found: list[Watermark] = []
    with database.session() as session:
        verdict = watermark.judge(detection, _looked_up(session, version, found))
    return (found[0] if verdict == "ours" else None), verdict


def _looked_up(session: Session, version: str, found: list) -> Callable[[int], bool]:
    def issued(token: int) -> bool:
        row = session.get(Watermark, token)
        # A token is of one key; with another it is a chance hit.
        if row is not None and row.key_id == version:
            found.append(row)
        return bool(found)

    return issued


def _described(database: Database, caller: Caller, row: Watermark) -> dict:
    with database.session() as session:
        job = session.get(Job, row.job_id)
        profile = session.get(Profile, row.profile_id) if row.profile_id else None
        consent = profile and profile.consent_id
        consent = session.get(Consent, consent) if consent else None
        told = {
            "made_at": row.made_at.isoformat(),
            "voice": profile.name if profile else job and job.request.get("voice"),
            "revoked": bool(consent and consent.revoked_at),
        }
        if caller.operator or caller.id == row.user_id:
            told |= {"job_id": row.job_id, "user_id": row.user_id}
    return told
