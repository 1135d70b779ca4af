"""Encode a wave as the file or the stream that leaves the house, tagged as synthetic.

A stream has one encoder from its first byte to its last: no second header, no gap where
pieces meet. FFmpeg's libraries inside PyAV encode. Neither the time nor chance decides
any byte, so that the same wave always gives the same file.
"""

import io
from dataclasses import dataclass

import numpy as np

from moksori.audio.files import AudioError
from moksori.audio.pcm import to_int16
from moksori.audio.streams import Resampler

SYNTHETIC = "AI-generated"
# Players cut the end off a stream, and with it the last syllable.
TAIL_SECONDS = 0.2
# A piece is worth sending once it has so much; Ogg's pages have a second by default.
_PAGE_MICROSECONDS = 200_000
# Of codecs that know no others.
_ANY_RATE = range(8000, 192_001)


@dataclass(frozen=True)
class Format:
    """Describe a format by the names that FFmpeg and HTTP have for it.

    `samples` is FFmpeg's name of what the codec takes; a `bit_rate` of 0 is lossless.
    `token_tag` is the key that the watermark's token has in its metadata; RIFF knows
    fixed keys alone, of which "source" (ISRC) comes nearest.
    """

    container: str
    codec: str
    media_type: str
    samples: str = "s16"
    bit_rate: int = 0
    token_tag: str = "watermark"


FORMATS = {
    "mp3": Format("mp3", "libmp3lame", "audio/mpeg", "fltp", 96_000),
    "wav": Format("wav", "pcm_s16le", "audio/wav", token_tag="ISRC"),
    "flac": Format("flac", "flac", "audio/flac"),
    "ogg": Format("ogg", "libopus", "audio/ogg", "flt", 48_000),
    "aac": Format("adts", "aac", "audio/aac", "fltp", 96_000),
    "pcm": Format("s16le", "pcm_s16le", "audio/pcm"),
}
_LAYOUTS = {1: "mono", 2: "stereo"}
_ALWAYS = {"fflags": "+bitexact", "flush_packets": "1"}
_OPTIONS = {
    "mp3": {"id3v2_version": "3"},
    "ogg": {"page_duration": str(_PAGE_MICROSECONDS)},
    "aac": {"write_id3v2": "1"},
}


def encode(
    wave: np.ndarray,
    sample_rate: int,
    name: str,
    *,
    rate: int | None = None,
    token: int | None = None,
) -> bytes:
    """Encode a whole wave in [-1, 1] as a file that knows its length.

    A wave is float [samples], or [samples, 2] for two channels. `name` is one of
    `FORMATS`; `rate` the file's own in hertz, by default the wave's or the next that
    the format has; `token` that of the watermark, which becomes a tag. `TAIL_SECONDS`
    of silence follow. Raises `AudioError` for a format or rate that does not exist and
    a wave that is not finite, or of more channels.
    """
    how = {"rate": rate, "token": token, "channels": max(np.shape(wave)[1:], default=1)}
    encoder = Encoder(sample_rate, name, whole=True, **how)
    return encoder.feed(wave) + encoder.finish()


class Encoder:
    """Encode a wave that comes in pieces; the bytes of all calls are the stream.

    Arguments and errors are those of `encode`. A stream states no length (flac, mp3) or
    the largest (wav, 0xFFFFFFFF bytes); one that is `whole` comes from `finish` alone
    and states its own. Without that an mp3 begins 1,105 samples late, the delay of its
    coder and decoder, and ends on a frame's end; an aac does so in any case.
    """

    def __init__(
        self,
        sample_rate: int,
        name: str,
        *,
        rate: int | None = None,
        token: int | None = None,
        whole: bool = False,
        channels: int = 1,
    ):
        import av

        if name not in FORMATS:
            raise AudioError(f"no format {name!r}; there are {', '.join(FORMATS)}")
        if channels not in _LAYOUTS:
            raise AudioError(f"a file has 1 or 2 channels, not {channels}")
        self._layout = _LAYOUTS[channels]
        self.format = FORMATS[name]
        self.rate = _rate(name, sample_rate, rate)
        self._channels = channels
        self._resampler = Resampler(sample_rate, self.rate, channels)
        self._sink = _Whole() if whole else _Pipe()
        options = {**_ALWAYS, **_OPTIONS.get(name, {})}
        how = {"format": self.format.container, "container_options": options}
        self._container = av.open(self._sink, "w", **how)
        self._container.metadata.update(_tags(self.format, token))
        self._stream = self._container.add_stream(self.format.codec, rate=self.rate)
        self._stream.layout, self._stream.format = self._layout, self.format.samples
        if self.format.bit_rate:
            self._stream.bit_rate = channels * self.format.bit_rate
        self._stream.codec_context.open()
        size = self._stream.codec_context.frame_size
        form = self.format.samples, self._layout, self.rate
        self._fitting = av.AudioResampler(*form, size)
        self._container.start_encoding()

    def feed(self, wave: np.ndarray) -> bytes:
        """Return the bytes that are ready after another piece, [samples] or [samples,
        channels]."""
        wave = np.asarray(wave)
        if wave.shape[1:] != self._shape(0)[1:]:
            raise AudioError(f"a wave is [samples], not {list(wave.shape)}")
        if not np.isfinite(wave).all():
            raise AudioError("the wave holds values that are not finite")
        self._encode(self._resampler.feed(wave))
        return self._sink.taken()

    def finish(self) -> bytes:
        """Return what is left, the silence at the end included, and close it."""
        self._encode(self._resampler.finish())
        silence = self._shape(round(TAIL_SECONDS * self.rate))
        self._encode(np.zeros(silence, np.float32))
        self._mux(None)
        self._container.mux(self._stream.encode(None))
        self._container.close()
        return self._sink.rest()

    def _shape(self, samples: int) -> tuple[int, ...]:
        return (samples,) if self._channels == 1 else (samples, self._channels)

    def _encode(self, wave: np.ndarray) -> None:
        import av

        if not len(wave):
            return
        whole = self.format.samples == "s16"
        samples = to_int16(wave) if whole else np.clip(wave, -1, 1).astype(np.float32)
        kind = "s16" if whole else "flt"
        # The samples of a moment stand side by side.
        packed = samples.reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(packed, kind, self._layout)
        frame.sample_rate = self.rate
        self._mux(frame)

    def _mux(self, frame) -> None:
        for part in self._fitting.resample(frame):
            self._container.mux(self._stream.encode(part))


def _rate(name: str, sample_rate: int, rate: int | None) -> int:
    """The rate of a file: the one asked for, or the nearest not below the wave's."""
    import av

    known = av.codec.Codec(FORMATS[name].codec, "w").audio_rates
    known = sorted(known) if known else _ANY_RATE
    if rate is None:
        return next((each for each in known if each >= sample_rate), known[-1])
    if rate not in known:
        few = len(known) < 20
        listed = ", ".join(map(str, known)) if few else f"{known[0]} to {known[-1]}"
        raise AudioError(f"{name} has no rate of {rate} Hz; choose one of {listed}")
    return rate


def _tags(form: Format, token: int | None) -> dict[str, str]:
    tags = {"comment": SYNTHETIC}
    return tags if token is None else {**tags, form.token_tag: f"{token:08x}"}


class _Pipe:
    """What a muxer writes into and cannot go back in."""

    def __init__(self):
        self._bytes = bytearray()

    def write(self, data: bytes) -> int:
        self._bytes += data
        return len(data)

    def taken(self) -> bytes:
        ready = bytes(self._bytes)
        self._bytes.clear()
        return ready

    rest = taken


class _Whole(io.BytesIO):
    """A file that its muxer completes by going back; there is none before its end."""

    def taken(self) -> bytes:
        return b""

    def rest(self) -> bytes:
        return self.getvalue()
