"""Convert recordings and videos of any length to mono wavs, in constant memory."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from moksori.audio import announced
from moksori.audio.files import (
    AudioError,
    CutOff,
    check_phase,
    opened,
    sound_track,
)
from moksori.audio.pcm import to_int16
from moksori.audio.streams import Resampler
from moksori.storage import atomic_write

# What the size fields of a wav can state.
_LONGEST_BYTES = 2**32 - 2**12
_RAW = {"format": "s16le", "options": {"sample_rate": "16000"}}


@dataclass(frozen=True)
class Track:
    """Describe one sound track of a file; `number` counts from 0."""

    number: int
    codec: str
    sample_rate: int
    channels: int
    language: str
    title: str

    def __str__(self) -> str:
        about = f"track {self.number}: {self.codec}, {self.sample_rate} Hz, "
        about += f"{self.channels} channel" + "s" * (self.channels != 1)
        return ", ".join(filter(None, (about, self.language, self.title)))


def tracks(path: str | Path) -> list[Track]:
    """Return the sound tracks of a recording or a video, in its own order.

    Raises `AudioError` for a file that cannot be read, or has none.
    """
    with _opened(Path(path)) as container:
        return [_track(*each) for each in enumerate(container.streams.audio)]


def blocks(
    path: str | Path, sample_rate: int, track: int = 0, channels: int = 1
) -> Iterator[np.ndarray]:
    """Yield the wave of a recording of any length in blocks, float32 [samples].

    For two `channels` they are [samples, 2]: the first two of a file, a single one
    twice. Raises `AudioError` as `convert` does; what is cut off, at its end.
    """
    path = Path(path)
    with _opened(path) as container:
        sound = sound_track(path, container, track)
        yield from _resampled(path, container, sound, sample_rate, channels)


def convert(
    source: str | Path,
    target: str | Path,
    sample_rate: int = 16000,
    track: int = 0,
    progress: Callable[[float, float | None], object] = lambda done, length: None,
) -> float:
    """Convert one sound track of a file to a wav of 16 bits; returns its seconds.

    Channels are averaged. The wav is written aside and renamed once it is whole.
    `progress` is called with the seconds that are done and the length, if the file
    states it. Raises `AudioError` for a file that is damaged or cut off, and for a
    track that it does not have.
    """
    import soundfile

    source, target = Path(source), Path(target)
    with _opened(source) as container:
        sound = sound_track(source, container, track)
        length = container.duration and container.duration / 1e6
        target.parent.mkdir(parents=True, exist_ok=True)
        form = {"format": "WAV", "subtype": "PCM_16", "channels": 1}
        with (
            atomic_write(target) as file,
            soundfile.SoundFile(file, "w", samplerate=sample_rate, **form) as wav,
        ):
            for wave in _resampled(source, container, sound, sample_rate):
                wav.write(to_int16(wave))
                if 2 * wav.frames > _LONGEST_BYTES:
                    raise AudioError(f"{source}: is longer than a wav can be (4 GiB)")
                progress(wav.frames / sample_rate, length)
            return wav.frames / sample_rate


def _opened(path: Path):
    return opened(path, **(_RAW if path.suffix.lower() == ".pcm" else {}))


def _track(number: int, stream) -> Track:
    about = stream.metadata
    # "und" is how containers say that they do not know.
    language = about.get("language", "").replace("und", "")
    titled = language, about.get("title", "")
    codec = stream.codec_context
    if codec is None:
        return Track(number, "unknown codec", 0, 0, *titled)
    return Track(number, codec.name, stream.rate or 0, stream.channels, *titled)


def _resampled(
    path: Path, container, stream, sample_rate: int, count: int = 1
) -> Iterator[np.ndarray]:
    """Yield waves [samples], or [samples, 2] of two channels, at `sample_rate`, checked
    as `files.decode` does."""
    resampler, loudest, mixed, end, begin = None, 0.0, 0.0, 0.0, None
    for channels, rate, time in _planes(container, stream):
        if not np.isfinite(channels).all():
            raise AudioError(f"{path}: holds values that are not finite")
        mono = channels.mean(axis=0)
        loudest = max(loudest, float(np.abs(channels).max(initial=0)))
        mixed = max(mixed, float(np.abs(mono).max(initial=0)))
        begin = time if begin is None else begin
        end = max(end, time - begin + len(mono) / rate)
        # A broadcast may change its rate on the way.
        if resampler is None or resampler.rate != rate:
            if resampler:
                yield resampler.finish()
            resampler = Resampler(rate, sample_rate, count)
        yield resampler.feed(mono if count == 1 else _two(channels))
    if resampler is None:
        raise AudioError(f"{path}: holds no sound")
    yield resampler.finish()
    check_phase(path, mixed, loudest)
    length = _announced(path, container, stream)
    if announced.is_cut_off(end, length, None):
        raise CutOff(
            f"{path}: ends after {end:.2f} s of the {length:.2f} s that its header "
            "announces; copy it again"
        )


def _two(channels: np.ndarray) -> np.ndarray:
    return channels[[0, min(1, len(channels) - 1)]].T


def _announced(path: Path, container, stream) -> float | None:
    """Return the seconds of sound that a file announces, if it does.

    libsndfile reports a header as it stands; FFmpeg, what it finds behind it.
    """
    import soundfile

    if announced.ends_within_ogg_page(path):
        raise CutOff(f"{path}: ends within a page of its data; copy it again")
    try:
        with soundfile.SoundFile(path) as file:
            return announced.announced_by_header(file, path)
    except (soundfile.SoundFileError, TypeError):  # the latter for .pcm
        return announced.announced_by_container(container, stream)


def _planes(container, stream) -> Iterator[tuple[np.ndarray, int, float]]:
    """Yield (float32 [channels, samples], rate in hertz, seconds) as they are coded."""
    import av

    plane, form = None, None
    for frame in container.decode(stream):
        if form != (form := (frame.format.name, frame.layout.name, frame.rate)):
            plane = av.AudioResampler(format="fltp")
        for each in plane.resample(frame):
            yield each.to_ndarray(), each.rate, frame.time or 0.0
