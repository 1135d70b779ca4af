"""Account for the characters of a month: reserved on accept, given back unless spoken.

A character is a code point of the text in NFC, so that a syllable counts once however a
keyboard composes it. Months are of UTC.
"""

import math
import unicodedata
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from moksori.service.problems import Problem
from moksori.service.tables import Job, Usage, User, now
from moksori.service.tiers import TIERS

# Sound counts as what is read in that time (docs/service.md, What it costs).
SECONDS_A_CHARACTER = 0.15


def characters(text: str) -> int:
    """Count the characters of a text as they are charged."""
    return len(unicodedata.normalize("NFC", text))


def of_seconds(seconds: float) -> int:
    """Return the characters that so much sound without a text is charged as."""
    return math.ceil(seconds / SECONDS_A_CHARACTER)


def month_of(at: datetime) -> str:
    """Return the month of a time, "2026-11"."""
    return f"{at:%Y-%m}"


def reserve(session: Session, user: User, characters: int) -> None:
    """Count a request and its characters, in one statement that cannot be raced.

    The row stays locked until the transaction ends. Raises `Problem` 429 for more than
    the tier has in a month.
    """
    most = TIERS[user.tier].characters
    total = Usage.characters + characters
    statement = (
        insert(Usage)
        .values(
            user_id=user.id,
            month=month_of(now()),
            characters=characters,
            seconds=0.0,
            requests=1,
        )
        .on_conflict_do_update(
            index_elements=["user_id", "month"],
            set_={"characters": total, "requests": Usage.requests + 1},
            where=None if most is None else total <= most,
        )
        .returning(Usage.characters)
    )
    enough = most is None or characters <= most
    if enough and session.scalar(statement) is not None:
        return
    raise Problem(429, "quota_exceeded", most=most)


def settle(session: Session, job: Job, seconds: float, spoken: bool) -> None:
    """Account for a job that ended: its seconds of sound, or its characters back.

    Belongs into the transaction of the final state, which is reached once.
    """
    refund = 0 if spoken else job.characters
    session.execute(
        update(Usage)
        .where(Usage.user_id == job.user_id, Usage.month == month_of(job.queued_at))
        .values(seconds=Usage.seconds + seconds, characters=Usage.characters - refund)
    )
