"""Sing a song, or say a recording, by a vocal model: jobs whose work a child does.

The child is given files alone and knows no secret; what strangers sent was decoded
before, and what it made is marked here. It ends with its job, and its memory with it.
"""

import contextlib
from collections.abc import Sequence

import numpy as np

from moksori.audio.encoding import Encoder
from moksori.audio.levels import unclipped
from moksori.audio.watermark import Marker
from moksori.service import proof, singer_child, uploads
from moksori.service.context import JobContext
from moksori.service.singer_child import PROGRAM
from moksori.service.storage import Missing
from moksori.service.tables import Profile

Files = dict[str, tuple[str, ...]]
RATE = 44_100  # of songs, hertz
# What the child made and is added up in a file; what is ours of it is marked.
_COVER = {"cover": ("voice", "backing"), "voice": ("voice",)}
_COVER |= {"vocals": ("vocals",), "backing": ("backing",)}
_SPEECH = {"speech": ("voice",)}
_OURS = ("cover", "voice", "speech")
_SUNG = 0.8  # of the way; the rest is marking and encoding
_PIECE = 10 * RATE


def cover(context: JobContext, program: Sequence[str] = PROGRAM) -> dict:
    """Cover the song of a job by its vocal model; the stems are kept if asked for."""
    files = _COVER if context.request["stems"] else {"cover": _COVER["cover"]}
    return _sung(context, program, {"do": "cover"}, files)


def convert(context: JobContext, program: Sequence[str] = PROGRAM) -> dict:
    """Say the recording of a job by its vocal model."""
    return _sung(context, program, {"do": "convert"}, _SPEECH)


def _sung(context: JobContext, program, request: dict, files: Files) -> dict:
    with singer_child.folder(context) as work:
        context.progress("reading", 0.0)
        (work / "model.zip").write_bytes(_model(context))
        for name, key in context.request["songs"].items():
            np.save(work / f"{name}.npy", _song(context, name, key))
        request |= {"how": context.request["how"]}
        result = singer_child.run(context, program, work, request, share=_SUNG)
        with context.database.session() as session:
            token = proof.issue(session, context.job, context.settings)
        for n, (name, made) in enumerate(files.items()):
            context.progress("writing", _SUNG + (1 - _SUNG) * n / len(files))
            waves = [np.load(work / f"made-{each}.npy") for each in made]
            _write(context, name, waves, token if name in _OURS else None, not n)
        return result


def _model(context: JobContext) -> bytes:
    """Return the zip of the job's model; it may be replaced just now by a better."""
    for _ in range(3):
        context.check_cancelled()
        with context.database.session() as session:
            key = session.get_one(Profile, context.job.profile_id).latents_key
        with contextlib.suppress(Missing):
            return context.storage.get(key or "-")
    raise Missing(f"the model of {context.job.profile_id} is gone")


def _song(context: JobContext, name: str, key: str) -> np.ndarray:
    """Decode an upload to [samples, channels], or a recording to [samples]."""
    data, most = context.storage.get(key), context.settings.song_bytes
    channels = 1 if name == "recording" else 2
    recording = uploads.decoded(data, RATE, channels, most)
    alone = channels == 2 and recording.channels == 1
    return recording.wave[:, :1] if alone else recording.wave


def _write(context: JobContext, name: str, waves, token: int | None, counts: bool):
    """Mark the sum of waves if it has a token, encode and write it; the seconds of one
    count."""
    wave = sum(waves)
    wave = wave[:, 0] if wave.shape[1:] == (1,) else wave
    if token is not None:
        marker, marked = Marker(RATE, token, proof.key(context.settings)), []
        for at in range(0, len(wave), _PIECE):
            context.check_cancelled()
            marked.append(marker.feed(wave[at : at + _PIECE]))
        wave = np.concatenate([*marked, marker.finish()])
    wave, format = unclipped(wave), context.request["format"]
    how = {"token": token, "channels": 1 if wave.ndim == 1 else wave.shape[1]}
    encoder = Encoder(RATE, format, whole=True, **how)
    for at in range(0, len(wave), _PIECE):
        context.check_cancelled()
        encoder.feed(wave[at : at + _PIECE])
    context.write(
        f"{name}.{format}",
        encoder.finish(),
        format=format,
        sample_rate=encoder.rate,
        seconds=len(wave) / RATE if counts else None,
        token=token,
    )
