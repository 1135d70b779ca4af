"""Find the speech in a recording, and say of what quality it is.

The detector is Silero's voice activity network (MIT), which hears 32 ms at a time.
"""

from dataclasses import dataclass

import numpy as np

from moksori.audio.files import resample
from moksori.speakers.bandwidth import Band, measure_band
from moksori.speakers.engine import open_session
from moksori.speakers.weights import read_pinned

SAMPLE_RATE = 16000
FRAME = 512  # samples of a probability: 32 ms
_CONTEXT = 64  # samples before them that the network hears too
_STATE = (1, 1, 128)
# Frames at a time; the state goes from one call to the next.
_BLOCK = 1024
_PACKAGE, _FILE = "silero-vad", "silero_vad_16k_sequence.onnx"
_SHA256 = "9ccdacc4719d8aa7e45a77536bfabec45a03ba1f2fad5e241ab4060b24238a85"

# Speech begins at the first probability and ends below the second.
_BEGINS, _ENDS = 0.5, 0.35
_LEAST_PAUSE, _LEAST_SPEECH = 6, 8  # frames: about 0.2 and 0.25 s
_PADDING = 480  # samples kept on both sides: 30 ms

HIGHEST_SNR = 60.0
# Of the loudest frame's power: below it a pause is digital silence, which tells nothing
# about noise.
_SILENCE = 1e-8
_LOWEST_DECIBEL = -100.0
_TOP = 0.995


class NoSpeech(ValueError):
    """Report that a recording holds no speech."""


@dataclass(frozen=True)
class Quality:
    """Describe a recording and the speech in it.

    `clipped` is the share of speech samples at the peak, of which speech that is not
    clipped has next to none; `level_db` the speech's root mean square, of full scale;
    `snr_db` the speech's power to the pauses', at most `HIGHEST_SNR`.
    """

    seconds: float
    speech_seconds: float
    snr_db: float
    level_db: float
    clipped: float
    band: Band


@dataclass(frozen=True)
class Speech:
    """The speech of a recording, pauses taken out: float32 [samples] at 16 kHz."""

    wave: np.ndarray
    quality: Quality


class SpeechDetector:
    """Detect speech on the CPU; safe to call from several threads.

    Raises `EncoderMissing` before `make speakers`.
    """

    def __init__(self):
        self._session = open_session(read_pinned(_PACKAGE, _FILE, _SHA256))

    def stream(self) -> "DetectorStream":
        """Begin to detect speech in sound that comes in blocks."""
        return DetectorStream(self._session)

    def probabilities(self, wave: np.ndarray) -> np.ndarray:
        """Return the probability of speech in each `FRAME` of a wave [samples] at
        16 kHz, float32 [frames]; the last frame is filled up with silence."""
        wave = np.asarray(wave, np.float32)
        return self.stream().feed(np.pad(wave, (0, -len(wave) % FRAME)))

    def spans(self, wave: np.ndarray) -> list[tuple[int, int]]:
        """Return the stretches of speech in a wave [samples] at 16 kHz, as samples
        (start, end), in order and apart."""
        return speech_spans(self.probabilities(wave), len(wave))


class DetectorStream:
    """Detect speech in sound that comes in blocks: the network's state is kept."""

    def __init__(self, session):
        self._session = session
        self._hidden = self._cell = np.zeros(_STATE, np.float32)
        self._left = np.zeros(_CONTEXT, np.float32)

    def feed(self, block: np.ndarray) -> np.ndarray:
        """Return the probability of speech in each frame that another block [samples]
        at 16 kHz completes, float32 [frames]."""
        wave = np.concatenate([self._left, np.asarray(block, np.float32)])
        count = (len(wave) - _CONTEXT) // FRAME
        self._left = wave[count * FRAME :].copy()
        if not count:
            return np.zeros(0, np.float32)
        windows = np.lib.stride_tricks.sliding_window_view(wave, _CONTEXT + FRAME)
        windows = windows[: count * FRAME : FRAME]
        found = []
        for start in range(0, count, _BLOCK):
            some = np.ascontiguousarray(windows[start : start + _BLOCK])
            fed = {"input": some, "h": self._hidden, "c": self._cell}
            answer, self._hidden, self._cell = self._session.run(None, fed)
            found.append(answer)
        return np.concatenate(found)


def find_speech(wave: np.ndarray, sample_rate: int, detector: SpeechDetector) -> Speech:
    """Find the speech of a wave [samples], full scale 1.0, at any rate in hertz.

    Raises `NoSpeech` when there is none, and `ValueError` for what is no sound.
    """
    wave = np.asarray(wave, np.float32)
    if wave.ndim != 1 or not np.isfinite(wave).all():
        raise ValueError("the wave is not a row of finite numbers")
    heard = resample(wave, sample_rate, SAMPLE_RATE) if len(wave) else wave
    return cut_speech(wave, sample_rate, heard, detector.spans(heard))


def cut_speech(
    wave: np.ndarray, sample_rate: int, heard: np.ndarray, spans: list[tuple[int, int]]
) -> Speech:
    """Cut the stretches `spans` out of a wave [samples] and measure their quality.

    `heard` is the wave at 16 kHz, whose samples the spans count. Raises `NoSpeech`
    without a span.
    """
    if not spans:
        raise NoSpeech("there is no speech in the recording")
    speech = np.concatenate([heard[start:end] for start, end in spans])
    ratio = sample_rate / SAMPLE_RATE
    original = np.concatenate(
        [wave[int(start * ratio) : int(end * ratio)] for start, end in spans]
    )
    quality = Quality(
        seconds=len(wave) / sample_rate,
        speech_seconds=len(speech) / SAMPLE_RATE,
        snr_db=_signal_to_noise(heard, spans),
        level_db=_decibel(float(np.mean(speech**2))),
        clipped=_clipped(original),
        band=measure_band(original, sample_rate),
    )
    return Speech(speech, quality)


def speech_spans(probabilities: np.ndarray, length: int) -> list[tuple[int, int]]:
    """Return the stretches of speech in a wave of `length` samples at 16 kHz, as
    samples (start, end), from the probabilities of its frames [frames]."""
    spans = []
    for first, last in _stretches(probabilities):
        start = max(first * FRAME - _PADDING, 0)
        spans.append((start, min(last * FRAME + _PADDING, length)))
    return spans


def _stretches(probabilities: np.ndarray) -> list[tuple[int, int]]:
    """Return stretches of speech as frames (first, last + 1), with hysteresis."""
    found: list[list[int]] = []
    speaking = False
    for frame, probability in enumerate(probabilities):
        speaking = probability >= (_ENDS if speaking else _BEGINS)
        if not speaking:
            continue
        if found and frame - found[-1][1] < _LEAST_PAUSE:
            found[-1][1] = frame + 1
        else:
            found.append([frame, frame + 1])
    return [(first, last) for first, last in found if last - first >= _LEAST_SPEECH]


def _signal_to_noise(wave: np.ndarray, spans: list[tuple[int, int]]) -> float:
    """Estimate the ratio of the speech's power to that of what is heard in pauses.

    Without pauses, the quietest frames of the speech stand for them.
    """
    frames = wave[: len(wave) // FRAME * FRAME].reshape(-1, FRAME)
    power = np.mean(frames.astype(np.float64) ** 2, axis=1)
    spoken = np.zeros(len(power), bool)
    for start, end in spans:
        spoken[start // FRAME : -(-end // FRAME)] = True
    audible = power > _SILENCE * power.max()
    if not (spoken & audible).any():
        return 0.0
    # Breaths and echoes beside the speech are no noise.
    near = np.convolve(spoken, np.ones(2 * _LEAST_PAUSE + 1))
    beside = near[_LEAST_PAUSE : _LEAST_PAUSE + len(spoken)] > 0.5
    pauses = power[~beside & audible]
    if len(pauses) < _LEAST_PAUSE:
        pauses = np.percentile(power[spoken & audible], [5])
    noise = np.median(pauses)
    signal = power[spoken & audible].mean() - noise
    return min(_decibel(signal / noise), HIGHEST_SNR)


def _decibel(ratio: float) -> float:
    if ratio <= 0:
        return _LOWEST_DECIBEL
    return max(float(10 * np.log10(ratio)), _LOWEST_DECIBEL)


def _clipped(speech: np.ndarray) -> float:
    """Return the share of samples at the peak, whatever the level is now."""
    peak = np.abs(speech).max()
    return float(np.mean(np.abs(speech) >= _TOP * peak)) if peak else 0.0
