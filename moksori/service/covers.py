"""Take songs to cover and recordings to convert, and delete them when that is done."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from moksori.service import jobs, uploads, vocals
from moksori.service.callers import Caller
from moksori.service.context import Service
from moksori.service.database import Database
from moksori.service.speak_requests import format_of
from moksori.service.storage import Storage
from moksori.service.tables import ACTIVE, Job, new_id, now

Part = Literal["song", "vocals", "backing", "recording"]
_FOLDER = "songs"
_TIME = "%Y%m%dT%H%M%S"
_PROBE_RATE = 8000  # hertz: only the length is asked for


def accept(
    service: Service,
    caller: Caller,
    vocal_id: str,
    files: Mapping[Part, bytes],
    how: dict,
    format: str | None,
    stems: bool = False,
) -> Job:
    """Queue a song, its vocals and backing, or a recording to be sung or said by a
    vocal model; it is charged by its seconds. On an error nothing stays.

    Raises `Problem`: what is no song, a model that may not sing, quota, format.
    """
    database, storage = service.database, service.storage
    with database.session() as session:
        vocals.usable(session, caller, vocal_id)
    format = format_of(caller, format)
    song = "recording" not in files
    most = service.settings.song_bytes if song else None
    lengths = [
        uploads.decoded(data, _PROBE_RATE, most_bytes=most).seconds
        for data in files.values()
    ]
    names = {name: f"{_FOLDER}/{now():{_TIME}}-{new_id()}" for name in files}
    try:
        for name, data in files.items():
            storage.put_once(names[name], data)
        request = {"songs": names, "how": how, "format": format, "stems": stems}
        with database.session() as session:
            vocals.usable(session, caller, vocal_id)
            return jobs.create(
                session,
                caller.id,
                jobs.COVER if song else jobs.CONVERT,
                request,
                profile_id=vocal_id,
                seconds=max(lengths),
            )
    except BaseException:
        for key in names.values():
            storage.delete(key)
        raise


def expire(database: Database, storage: Storage, hours: float) -> int:
    """Delete songs of that age that no job needs any more; returns how many."""
    before = f"{_FOLDER}/{now() - timedelta(hours=hours):{_TIME}}"
    old = {key for key in storage.keys(_FOLDER) if key < before}
    if old:
        with database.session() as session:
            old -= _needed(session)
    for key in old:
        storage.delete(key)
    return len(old)


def _needed(session: Session) -> set[str]:
    types = jobs.COVER, jobs.CONVERT
    active = select(Job.request).where(Job.type.in_(types), Job.state.in_(ACTIVE))
    return {key for each in session.scalars(active) for key in each["songs"].values()}
