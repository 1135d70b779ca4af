"""Cover a song: take the singer out, sing it in another voice, put that in.

separate -> pitch and content of the vocals -> convert -> place -> mix
"""

import gc
from collections.abc import Callable
from dataclasses import dataclass
from tempfile import TemporaryFile

import numpy as np

from moksori.audio.files import resample
from moksori.covers import htdemucs, mix
from moksori.covers.conversion import Converter, Model
from moksori.covers.stems import RATE, Separator, Stems
from moksori.covers.voice import INDEX_RATE

_SHARES = {"separate": (0.0, 0.35), "pitch": (0.35, 0.4), "content": (0.4, 0.45)}
_SHARES |= {"convert": (0.45, 0.8), "mix": (0.8, 1.0)}


@dataclass(frozen=True)
class Cover:
    """Represent a cover as what it is made of, waves [samples, channels] at `RATE`: the
    `vocals` of the song, the `voice` in their place, and the `backing`. What is heard
    is the sum of these two, which is not clipped."""

    vocals: np.ndarray
    voice: np.ndarray
    backing: np.ndarray


@dataclass(frozen=True)
class How:
    """Say how to cover: semitones (None: whole octaves into the middle of the voice),
    the share of the index, of the old breath and s, and of the room."""

    semitones: float | None = None
    index_rate: float = INDEX_RATE
    protect: float = 0.33
    room: float = 0.3


def cover(
    stems: Stems,
    model: Model,
    how: How | None = None,
    progress: Callable[[str, float], None] = lambda stage, done: None,
) -> Cover:
    """Cover a song whose stems are known (`separate`, `stems_of`).

    The stems are turned down, in place, where the sum of voice and backing would be
    clipped: copies of a song fill the memory.
    `progress` is told the stage and the share of the whole that is done; it may raise,
    which ends the work. Raises `WeightsMissing` before `make covers`, and where a model
    of RVC lacks a file that is to be brought.
    """
    how = how or How()
    told = _shared(progress)
    asked = how.semitones, how.index_rate, how.protect, told
    convert = Converter(model).convert
    # Without a name, what is sung is given up as soon as it has been placed.
    voice = mix.place(
        convert(stems.vocals.mean(axis=1), RATE, *asked), stems.vocals, RATE, how.room
    )
    told("mix", 0.5)
    gain = mix.headroom(voice, stems.backing)
    for wave in (stems.vocals, voice, stems.backing):
        wave *= np.float32(gain)
    told("mix", 1.0)
    return Cover(stems.vocals, voice, stems.backing)


def separate(
    song: np.ndarray,
    sample_rate: int,
    progress: Callable[[str, float], None] = lambda stage, done: None,
) -> Stems:
    """Separate a song [samples, channels]; the stems have one channel or two, as it.

    `progress` is as in `cover`, of which this is the first stage.
    """
    brought = htdemucs.path()
    separator = htdemucs.Separator(brought) if brought else Separator()
    stems = separator.separate(_at_rate(song, sample_rate), _shared(progress))
    del separator
    # The networks are large, and not needed any more.
    gc.collect()
    channels = min(song.shape[1], 2)
    vocals, backing = (
        np.ascontiguousarray(each[:, :channels])
        for each in (stems.vocals, stems.backing)
    )
    return Stems(vocals, _set_aside(backing))


def _set_aside(wave: np.ndarray) -> np.ndarray:
    """Return a wave as it lies in a file that goes with it, until when it is needed."""
    with TemporaryFile(prefix="moksori-") as file:
        wave.tofile(file)
        return np.memmap(file, wave.dtype, "r+", shape=wave.shape)


def _shared(progress: Callable[[str, float], None]) -> Callable[[str, float], None]:
    """Return a progress that tells the share of the whole for that of a stage."""

    def told(stage: str, done: float) -> None:
        begin, end = _SHARES[stage]
        progress(stage, begin + done * (end - begin))

    return told


def stems_of(
    vocals: np.ndarray, vocals_rate: int, backing: np.ndarray, backing_rate: int
) -> Stems:
    """Return the stems of a song that is separated already, [samples, channels] each;
    the shorter one is followed by silence."""
    both = [_at_rate(vocals, vocals_rate), _at_rate(backing, backing_rate)]
    length = max(len(each) for each in both)
    both = [np.pad(each, ((0, length - len(each)), (0, 0))) for each in both]
    return Stems(*both)


def _at_rate(song: np.ndarray, sample_rate: int) -> np.ndarray:
    """Return two channels at `RATE`: a single one twice, of more the first two."""
    song = song[:, :2] if song.shape[1] > 1 else np.repeat(song, 2, axis=1)
    if sample_rate == RATE:
        return song
    return np.stack([resample(each, sample_rate, RATE) for each in song.T], axis=1)
