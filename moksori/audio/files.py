"""Reading recordings of any common format, and writing wav files.

A wave is a float32 array [samples], mono, with full scale at 1.0. What libsndfile
reads (wav, flac, ogg, mp3) goes through it; everything else (m4a, aac, 3gp, amr, wma,
video files) through the FFmpeg libraries inside PyAV.
"""

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from moksori.audio import announced
from moksori.audio.pcm import to_int16
from moksori.storage import atomic_write

if TYPE_CHECKING:
    import av

# By what a recording is known where recordings are looked for, the commonest first.
SUFFIXES = (
    *(".wav", ".flac", ".mp3", ".m4a", ".ogg", ".opus", ".aac", ".wma"),
    # What telephones, cameras and older computers write.
    *(".mp4", ".mov", ".webm", ".mkv", ".avi", ".3gp", ".3ga", ".amr", ".awb"),
    *(".aiff", ".aif", ".caf", ".au"),
    ".pcm",
)
# A file of samples alone, as KsponSpeech has them.
_RAW = {
    **{"format": "RAW", "subtype": "PCM_16", "endian": "LITTLE"},
    **{"samplerate": 16000, "channels": 1},
}

_WRITTEN_AT_ONCE = 2**19  # samples
Pieces = np.ndarray | Iterable[np.ndarray]
# Values of a stretch, all channels together: 512 MiB. A few packed bytes of silence may
# stand for more than any memory.
_MOST_VALUES = 2**27
# How long before a stretch FFmpeg begins.
_SWING_SECONDS = 2.0
# Of the highest peak of any channel: so little is left where they cancel out.
_CANCELLED = 0.01


class AudioError(ValueError):
    """A recording that cannot be read or written; the message is one line."""


class CutOff(AudioError):
    """A recording that is shorter than it announces: an interrupted copy."""


class Beyond(AudioError):
    """A stretch that begins after the end of its recording."""


def load(
    path: str | Path,
    sample_rate: int,
    start_seconds: float | None = None,
    end_seconds: float | None = None,
) -> np.ndarray:
    """Read a recording, or a stretch of it, as a mono wave at `sample_rate` hertz.

    Returns float32 [samples]. Raises `AudioError` for a file that is missing,
    empty, damaged, or holds values that are not finite.
    """
    wave, rate = decode(path, start_seconds, end_seconds)
    return resample(wave, rate, sample_rate)


def decode(
    path: str | Path,
    start_seconds: float | None = None,
    end_seconds: float | None = None,
    at_most_seconds: float | None = None,
) -> tuple[np.ndarray, int]:
    """Read a recording at its own rate: (float32 [samples] mono, rate in hertz).

    Raises `AudioError` as `decode_channels` does, and where channels cancel each other.
    """
    how = start_seconds, end_seconds, at_most_seconds
    channels, rate = decode_channels(path, *how)
    wave = channels[:, 0] if channels.shape[1] == 1 else channels.mean(axis=1)
    check_phase(Path(path), float(np.abs(wave).max()), float(np.abs(channels).max()))
    return np.ascontiguousarray(wave, np.float32), rate


def decode_channels(
    path: str | Path,
    start_seconds: float | None = None,
    end_seconds: float | None = None,
    at_most_seconds: float | None = None,
) -> tuple[np.ndarray, int]:
    """Read a recording at its own rate: (float32 [samples, channels], rate in hertz).

    Reading ends after `at_most_seconds`, so that hours cost no more memory than a
    sentence. Raises `AudioError` as `load` does, also for what is too large for the
    memory; of which `CutOff` is for a stretch that an interrupted copy has not.
    """
    path = Path(path)
    start = max(start_seconds or 0.0, 0.0)
    stop = end_seconds
    if at_most_seconds is not None:
        stop = min(start + at_most_seconds, float("inf") if stop is None else stop)
    if stop is not None and stop <= start:
        raise AudioError(f"{path}: the stretch {start} to {end_seconds} s is empty")
    if not path.is_file():
        raise AudioError(f"{path}: no such file")
    channels, rate = _decode_channels(path, start, stop)
    if channels.shape[0] == 0:
        if start:
            raise Beyond(f"{path}: holds no sound at {start:g} s, it has ended before")
        raise AudioError(f"{path}: holds no sound")
    if not np.isfinite(channels).all():
        raise AudioError(f"{path}: holds values that are not finite")
    return channels, rate


@contextmanager
def opened(path: Path, **how) -> Iterator["av.container.InputContainer"]:
    """Open a file that has sound by FFmpeg, which may open no other: playlists name
    files and addresses. Raises `AudioError` in the place of FFmpeg's errors."""
    import av

    if not path.is_file():
        raise AudioError(f"{path}: no such file")
    how["options"] = {"protocol_whitelist": "none", **how.get("options", {})}
    try:
        with path.open("rb") as file, av.open(file, **how) as container:
            if not container.streams.audio:
                raise AudioError(f"{path}: holds no sound")
            yield container
    except (av.FFmpegError, OSError, ValueError) as error:
        if isinstance(error, AudioError):
            raise
        what = "cannot be read as sound: " * isinstance(error, av.FFmpegError)
        reason = getattr(error, "strerror", None) or error
        raise AudioError(f"{path}: {what}{reason}") from None


def sound_track(
    path: Path, container: "av.container.InputContainer", track: int = 0
) -> "av.AudioStream":
    """Return a sound track; raises `AudioError` where it is not there or of a kind that
    cannot be decoded."""
    sound = container.streams.audio
    if not 0 <= track < len(sound):
        has = f"has {len(sound)} sound track" + "s" * (len(sound) != 1)
        raise AudioError(f"{path}: {has}, counted from 0; there is no {track}")
    if sound[track].codec_context is None:
        raise AudioError(f"{path}: its sound is of a kind that cannot be decoded")
    return sound[track]


def check_phase(path: Path, mixed: float, loudest: float) -> None:
    """Raise `AudioError` where the peak of a mix of channels is far below theirs."""
    if mixed < _CANCELLED * loudest:
        raise AudioError(
            f"{path}: its channels are in opposite phase and cancel each other; "
            "keep one of them"
        )


def resample(wave: np.ndarray, rate: int, sample_rate: int) -> np.ndarray:
    """Resample a wave [samples] to a rate in hertz by soxr's high-quality filter."""
    if rate == sample_rate:
        return wave
    import soxr

    return soxr.resample(wave, rate, sample_rate, quality="HQ")


def save(path: str | Path, wave: Pieces, sample_rate: int) -> None:
    """Write a wave, whole or in pieces, atomically and as `wav_bytes` does."""
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as file:
            _write_wav(file, wave, sample_rate)
    except (OSError, AudioError) as error:
        raise AudioError(f"{path}: cannot be written: {error}") from None


def wav_bytes(wave: np.ndarray, sample_rate: int) -> bytes:
    """Encode a wave [samples] or [samples, 2] as a wav file of 16-bit PCM.

    What exceeds full scale is clipped, never wrapped. Raises `AudioError` for an array
    that is not one or two finite channels. (FLAC would take half of the bytes, but
    Chromium cannot seek in a short one.)
    """
    file = io.BytesIO()
    _write_wav(file, wave, sample_rate)
    return file.getvalue()


def _write_wav(file: BinaryIO, wave: Pieces, sample_rate: int) -> None:
    import soundfile

    pieces = iter([wave] if isinstance(wave, np.ndarray) else wave)
    first = np.asarray(next(pieces))
    if first.ndim != 1 and first.shape[1:] != (2,):
        raise AudioError(f"a wave is [samples], not {list(first.shape)}")
    how = {"channels": first.ndim, "subtype": "PCM_16", "format": "WAV"}
    with soundfile.SoundFile(file, "w", sample_rate, **how) as sound:
        for piece in chain([first], pieces):
            # Converted at once, a song would take several times its memory.
            for at in range(0, max(len(piece), 1), _WRITTEN_AT_ONCE):
                part = piece[at : at + _WRITTEN_AT_ONCE]
                if not np.isfinite(part).all():
                    raise AudioError("the wave holds values that are not finite")
                sound.write(to_int16(part))


def _decode_channels(path: Path, start: float, stop: float | None):
    """(float32 [samples, channels], rate); libsndfile first, FFmpeg for the rest."""
    import soundfile

    if announced.ends_within_ogg_page(path):
        raise CutOff(f"{path}: ends within a page of its data; copy it again")
    try:
        channels, rate, to_the_end = _decode_libsndfile(path, start, stop)
    except soundfile.SoundFileError:
        return _decode_ffmpeg(path, start, stop)
    if to_the_end:
        return channels, rate
    others, rate = _decode_ffmpeg(path, start, stop)
    # Some samples of padding are no reason to take the other decoder.
    more = len(others) - len(channels) > announced.SLACK_SECONDS * rate
    return (others if more else channels), rate


def _decode_libsndfile(path: Path, start: float, stop: float | None):
    """(float32 [samples, channels], rate, whether no sound can be left behind it).

    libsndfile reads nothing of a wav of size 0, which comes from a pipe, and of an mp3
    no more than the length that it estimates where no header states it. It cannot be
    asked for all of a flac from a pipe, which has no length.
    """
    import soundfile

    how = _RAW if path.suffix.lower() == ".pcm" else {}
    with soundfile.SoundFile(path, **how) as file:
        rate = file.samplerate
        if file.frames == announced.UNKNOWN_FRAMES:
            return np.zeros((0, file.channels), np.float32), rate, False
        first = min(round(start * rate), file.frames)
        last = file.frames if stop is None else min(round(stop * rate), file.frames)
        if stop is not None:
            _check_size(path, (last - first) * file.channels)
        file.seek(first)
        channels = file.read(last - first, dtype="float32", always_2d=True)
        end = first + channels.shape[0]
        length = announced.announced_by_header(file, path)
        _check_whole(path, end / rate, length, stop)
        return channels, rate, length is not None or end < file.frames


def _decode_ffmpeg(path: Path, start: float, stop: float | None, seek: bool = True):
    """(float32 [samples, channels], rate) by FFmpeg.

    A stretch of a long recording is decoded from shortly before it: codecs need some
    sound to swing in. Where a container cannot do that, all before it is decoded.
    """
    import av

    pieces, heard, end, first = [], 0, 0.0, None
    seek = seek and start > _SWING_SECONDS
    with opened(path) as container:
        stream = sound_track(path, container)
        rate = stream.rate
        length = announced.announced_by_container(container, stream)
        begin = float((stream.start_time or 0) * stream.time_base)
        if seek:
            container.seek(round((begin + start - _SWING_SECONDS) * av.time_base))
        # Planar floats whatever the codec gives; layout and rate stay its own.
        plane = av.AudioResampler(format="fltp")
        last = None if stop is None else round(stop * rate)
        for packet in container.decode(stream):
            time = packet.time or 0.0
            if first is None:
                first = round((time - begin) * rate) if seek else 0
            end = max(end, time + packet.samples / rate)
            for frame in plane.resample(packet):
                pieces.append(frame.to_ndarray().T)
                heard += pieces[-1].shape[0]
            if last is None:
                continue
            _check_size(path, heard * pieces[-1].shape[1] if pieces else 0)
            if first + heard >= last:
                break
    if seek and (first is None or not 0 <= first <= round(start * rate)):
        return _decode_ffmpeg(path, start, stop, seek=False)
    if not pieces:
        raise AudioError(f"{path}: holds no sound")
    _check_whole(path, max(end, (first + heard) / rate), length, stop)
    cut = slice(round(start * rate) - first, last if last is None else last - first)
    return np.concatenate(pieces)[cut], rate


def _check_size(path: Path, values: int) -> None:
    if values > _MOST_VALUES:
        raise AudioError(
            f"{path}: so much sound in so many channels does not fit into the memory; "
            "convert it first (`moksori to-wav`)"
        )


def _check_whole(
    path: Path, end: float, length: float | None, stop: float | None
) -> None:
    if announced.is_cut_off(end, length, stop):
        raise CutOff(
            f"{path}: ends after {end:.2f} s of the {length:.2f} s that its header "
            "announces; copy it again"
        )
