"""What sharing, telephones and editing do to a recording; waves are at `RATE`."""

import io
from collections.abc import Callable

import numpy as np

from benchmarks import songs
from moksori.audio.files import resample

RATE = 24000


def coded(
    wave: np.ndarray, container: str, codec: str, rate: int, bits: int
) -> np.ndarray:
    """Encode and decode a wave by FFmpeg's codec; return it at `RATE`."""
    import av

    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        stream = output.add_stream(codec, rate=rate)
        stream.layout, stream.bit_rate = "mono", bits
        samples = resample(wave, RATE, rate)
        frame = av.AudioFrame.from_ndarray(samples[None], "fltp", "mono")
        frame.sample_rate = rate
        fitting = av.AudioResampler(
            stream.format.name, "mono", rate, stream.codec_context.frame_size or 1152
        )
        for part in [*fitting.resample(frame), *fitting.resample(None)]:
            output.mux(stream.encode(part))
        output.mux(stream.encode(None))
    file.seek(0)
    back = av.AudioResampler("fltp", "mono", rate)
    with av.open(file) as source:
        parts = [
            each.to_ndarray()[0]
            for decoded in source.decode(audio=0)
            for each in back.resample(decoded)
        ]
    return resample(np.concatenate(parts), rate, RATE)


def noisy(wave: np.ndarray, decibel: float) -> np.ndarray:
    """Add white noise at a signal-to-noise ratio."""
    noise = np.random.default_rng(0).standard_normal(len(wave))
    power = np.mean(wave**2) / 10 ** (decibel / 10)
    return (wave + noise * np.sqrt(power)).astype(np.float32)


def faster(wave: np.ndarray, percent: float) -> np.ndarray:
    """Play faster, as a tape does: pitch and tempo change."""
    return resample(wave, round(RATE * (1 + percent / 100)), RATE)


def through(wave: np.ndarray, rate: int) -> np.ndarray:
    """Resample to a rate and back."""
    return resample(resample(wave, RATE, rate), rate, RATE)


def echoing(wave: np.ndarray) -> np.ndarray:
    """Reverberate: noise that decays by 60 dB in 0.3 s, 6 dB below the direct sound."""
    time_ = np.arange(int(0.3 * RATE)) / RATE
    tail = np.random.default_rng(1).standard_normal(len(time_)) * 10 ** (-10 * time_)
    tail *= 0.5 / np.sqrt(np.sum(tail**2))
    tail[0] = 1
    return np.convolve(wave, tail)[: len(wave)].astype(np.float32)


def accompanied(wave: np.ndarray, decibel: float) -> np.ndarray:
    """Lay music under it that is so many decibels softer."""
    music = resample(songs.band(len(wave) / RATE + 0.1, 0), songs.SAMPLE_RATE, RATE)
    music = music[: len(wave)]
    gain = np.sqrt(np.mean(wave**2) / np.mean(music**2)) * 10 ** (-decibel / 20)
    return (wave + gain * music).astype(np.float32)


ATTACKS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "none": lambda wave: wave,
    "16 bit, volume 0.3": lambda wave: np.round(wave * 0.3 * 32767) / 32767,
    "MP3 128k": lambda wave: coded(wave, "mp3", "libmp3lame", RATE, 128000),
    "MP3 64k": lambda wave: coded(wave, "mp3", "libmp3lame", RATE, 64000),
    "MP3 32k": lambda wave: coded(wave, "mp3", "libmp3lame", RATE, 32000),
    "AAC 64k": lambda wave: coded(wave, "adts", "aac", RATE, 64000),
    "Opus 32k": lambda wave: coded(wave, "ogg", "libopus", RATE, 32000),
    "Opus 16k": lambda wave: coded(wave, "ogg", "libopus", RATE, 16000),
    "16 kHz": lambda wave: through(wave, 16000),
    "8 kHz": lambda wave: through(wave, 8000),
    "noise 20 dB": lambda wave: noisy(wave, 20),
    "noise 10 dB": lambda wave: noisy(wave, 10),
    "music under it, 10 dB softer": lambda wave: accompanied(wave, 10),
    "echo": echoing,
    "first 5 % cut off": lambda wave: wave[len(wave) // 20 :],
    "3 s of it": lambda wave: wave[RATE : 4 * RATE],
    "2 % faster": lambda wave: faster(wave, 2),
    "4 % slower": lambda wave: faster(wave, -4),
    "1.5 % faster": lambda wave: faster(wave, 1.5),
}
