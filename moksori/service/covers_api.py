"""Serve covers: a song, or a recording, and a vocal model that sings or says it."""

from dataclasses import asdict, dataclass
from typing import Annotated, Literal

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Depends, File, Form, Request, UploadFile

from moksori.service import covers
from moksori.service.callers import SignedIn
from moksori.service.problems import Problem
from moksori.service.speak_requests import described

router = APIRouter(prefix="/api/v1/covers", tags=["vocals"])
# A song takes hundreds of megabytes meanwhile: the rest waits on the disk.
_SONGS = CapacityLimiter(2)
Share = Annotated[float, Form(ge=0, le=1)]
VocalId = Annotated[str, Form(description="of a vocal model")]
Format = Annotated[Literal["mp3", "wav", "flac", "ogg"] | None, Form()]
Song = Annotated[UploadFile | None, File()]


@dataclass(frozen=True)
class How:
    """Hold how to convert: semitones, or whole octaves into the middle of the voice;
    the share of the voice's own content, and of the old breath and s."""

    semitones: Annotated[float | None, Form(ge=-24, le=24)] = None
    index_rate: Share = 0.5
    protect: Share = 0.33


@router.post("", status_code=202)
async def cover(
    request: Request,
    caller: SignedIn,
    vocal_id: VocalId,
    how: Annotated[How, Depends()],
    song: Song = None,
    vocals: Song = None,
    backing: Song = None,
    room: Share = 0.3,
    format: Format = None,
    stems: Annotated[bool, Form(description="keep what it is made of too")] = True,
) -> dict:
    """Cover a song, up to ten minutes, or its `vocals` and its `backing` where they are
    separated already; the job's files are `cover` and, with `stems`, three more."""
    parts = {"song": song, "vocals": vocals, "backing": backing}
    files = {name: each for name, each in parts.items() if each}
    if set(files) not in ({"song"}, {"vocals", "backing"}):
        raise Problem(400, "no_song", field="song")
    how = {**asdict(how), "room": room}
    how = request, caller, vocal_id, files, how, format, stems
    return await to_thread.run_sync(_accepted, *how, limiter=_SONGS)


@router.post("/speech", status_code=202)
async def convert(
    request: Request,
    caller: SignedIn,
    vocal_id: VocalId,
    recording: Annotated[UploadFile, File()],
    how: Annotated[How, Depends()],
    format: Format = None,
) -> dict:
    """Say a spoken recording by a vocal model; the job's file is `speech`."""
    files = {"recording": recording}
    how = request, caller, vocal_id, files, asdict(how), format, False
    return await to_thread.run_sync(_accepted, *how, limiter=_SONGS)


def _accepted(request: Request, caller, vocal_id, files, how, format, stems) -> dict:
    state = request.app.state
    files = {name: each.file.read() for name, each in files.items()}
    job = covers.accept(state, caller, vocal_id, files, how, format, stems)
    with state.database.session() as session:
        return described(session, job)
