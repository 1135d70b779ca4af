"""Serve the question whether a recording was made here."""

import threading
from typing import Annotated

from fastapi import APIRouter, File, Request, UploadFile

from moksori.service import proof, uploads
from moksori.service.callers import SignedIn

router = APIRouter(prefix="/api/v1/verify", tags=["proof"])

# A search takes seconds of a core; the next one waits.
_turn = threading.Lock()


@router.post("")
def verify(
    request: Request,
    caller: SignedIn,
    audio: Annotated[UploadFile, File(description="a recording, 10 minutes at most")],
) -> dict:
    """Tell whether a recording was made here: `answer` is ours, not_ours, inconclusive
    or too_short.

    Of ours it tells when, by which voice, and whether that voice was revoked since;
    whose it is, its owner and operators alone.
    """
    recording = uploads.decoded(audio.file.read())
    sound = recording.wave, recording.sample_rate
    with _turn:
        return proof.verify(request.app.state, caller, *sound)
