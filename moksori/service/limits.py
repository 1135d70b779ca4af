"""Define the tiers, and account for the characters that users have spoken."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from moksori.service.errors import Refusal
from moksori.service.tables import Job, Usage, User, now

QUEUE, OWN_QUEUE = "voice-synthesis", "voice-synthesis-enterprise"
_UNLIMITED = 2**62


@dataclass(frozen=True)
class Tier:
    """Hold what an account may do; `characters` are of a month, `jobs` at once."""

    characters: int
    profiles: int
    jobs: int
    formats: tuple[str, ...]
    priority: int
    queue: str = QUEUE


TIERS = {
    "free": Tier(10_000, 1, 1, ("mp3",), 0),
    "pro": Tier(500_000, 10, 5, ("mp3", "wav", "flac"), 10),
    "enterprise": Tier(
        _UNLIMITED, _UNLIMITED, 50, ("mp3", "wav", "flac", "ogg"), 20, OWN_QUEUE
    ),
}


def month_of(at: datetime) -> str:
    """Return the month of a time, "2026-11", in UTC."""
    return f"{at:%Y-%m}"


def reserve(session: Session, user: User, characters: int) -> None:
    """Count a request and its characters, in one statement that cannot be raced.

    Raises `Refusal` 429 for more than the tier has in a month.
    """
    allowed = TIERS[user.tier].characters
    row = {"user_id": user.id, "month": month_of(now()), "seconds": 0.0}
    total = Usage.characters + characters
    statement = (
        insert(Usage)
        .values(**row, characters=characters, requests=1)
        .on_conflict_do_update(
            index_elements=["user_id", "month"],
            set_={"characters": total, "requests": Usage.requests + 1},
            where=total <= allowed,
        )
        .returning(Usage.characters)
    )
    if characters > allowed or session.scalar(statement) is None:
        raise Refusal(
            429,
            "quota_exceeded",
            f"이번 달에 쓸 수 있는 {allowed:,}자를 넘습니다. 다음 달에 다시 시도하거나 "
            "요금제를 바꿔 주세요.",
        )


def settle(session: Session, job: Job, seconds: float, spoken: bool) -> None:
    """Account for a job that ended: seconds of sound, or its characters given back."""
    session.execute(
        update(Usage)
        .where(Usage.user_id == job.user_id, Usage.month == month_of(job.queued_at))
        .values(
            seconds=Usage.seconds + seconds,
            characters=Usage.characters - (0 if spoken else job.characters),
        )
    )
