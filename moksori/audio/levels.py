"""Loudness of recordings: where speech is, how loud, how clean, how far distorted.

Waves are float32 [samples] with full scale 1.0, levels are decibels below it.
"""

import numpy as np

from hparams import Audio

_STEPS_PER_SECOND = 200
_STEPS_PER_WINDOW = 4
_SILENCE = 1e-9  # mean power: -90 dB
_FLAT_RUN = 3
_FULL = 10 ** (-0.3 / 20)
# What a `Leveller` takes for sound, and where it bends and ends.
_HEARD, _KNEE, _CEILING = (10 ** (decibel / 20) for decibel in (-60, -3, -1))


def trim(wave: np.ndarray, audio: Audio) -> np.ndarray:
    """Cut the silence at both ends off a wave; the view is empty if all is silent.

    Speech is what lies less than `trim_decibel` below the loudest 20 ms.
    `tail_seconds` are kept after it, because Korean endings are quiet, and half as
    much before it.
    """
    power, step = _powers(wave, audio.sample_rate)
    loudest = power.max(initial=0.0)
    if loudest < _SILENCE:
        return wave[:0]
    loud = np.flatnonzero(power >= loudest * 10 ** (-audio.trim_decibel / 10))
    tail = round(audio.tail_seconds * audio.sample_rate)
    begin = max(int(loud[0]) * step - tail // 2, 0)
    end = (int(loud[-1]) + _STEPS_PER_WINDOW) * step + tail
    return wave[begin:end]


def level(wave: np.ndarray, audio: Audio) -> np.ndarray:
    """Return a copy of a wave at the level that the settings ask for.

    `peak` puts the largest sample at `level_decibel`; `lufs` the loudness (ITU-R
    BS.1770-4) at `loudness_lufs`, or lower where samples would pass `level_decibel`.
    """
    return wave * np.float32(_gain(wave, audio))


class Leveller:
    """Level a wave that comes in pieces by one gain, which its beginning decides.

    The first piece, or as many as make a second of sound, come to `lufs`. What would
    pass -3 dB is bent to stay below -1 dB. As many samples come out as went in.
    """

    def __init__(self, sample_rate: int, lufs: float = -20.0):
        self._audio = Audio(sample_rate=sample_rate, level="lufs", loudness_lufs=lufs)
        self._gain: float | None = None
        self._held = np.zeros(0, np.float32)

    def feed(self, wave: np.ndarray) -> np.ndarray:
        """Return what is ready after another piece, float32 [samples]."""
        if self._gain is None:
            self._held = np.concatenate([self._held, wave])
            heard = np.abs(self._held).max(initial=0.0) > _HEARD
            if not heard or len(self._held) < self._audio.sample_rate:
                return wave[:0]
            return self.finish()
        return _bent(wave * np.float32(self._gain))

    def finish(self) -> np.ndarray:
        """Return what is left of a wave that was shorter than a second, or silent."""
        held, self._held = self._held, self._held[:0]
        if self._gain is None:
            self._gain = _gain(held, self._audio)
        return _bent(held * np.float32(self._gain))


def unclipped(wave: np.ndarray) -> np.ndarray:
    """Turn a wave down, if it is too loud, so far that nothing of it is clipped."""
    peak = float(np.abs(wave).max(initial=0.0))
    return wave * np.float32(min(1.0, _FULL / max(peak, _FULL)))


def loudness(wave: np.ndarray, rate: int) -> float:
    """Measure the loudness in LUFS; minus infinity for silence."""
    import pyloudnorm

    meter = pyloudnorm.Meter(rate)
    # A song is filtered minute by minute; its gating blocks begin where they would.
    block, overlap, minute = int(0.4 * rate) + 1, round(0.3 * rate), 60 * rate
    found = []
    for at in range(0, max(wave.size - overlap, 1), minute):
        part = wave[at : at + minute + overlap].astype(np.float64)
        meter.integrated_loudness(np.pad(part, (0, max(block - part.size, 0))))
        found += meter.blockwise_loudness
    power = 10 ** (np.array(found) / 10)
    heard = power[power >= 10**-7.0]
    if not heard.size:
        return -np.inf
    # The standard's second gate lies 10 LU below the mean of what passed the first.
    return float(10 * np.log10(heard[heard > heard.mean() / 10].mean()))


def rms_decibel(wave: np.ndarray) -> float:
    """Measure the level of the mean power in decibels; -120 for silence."""
    power = float(np.dot(wave, wave)) / max(wave.size, 1)
    return 10 * np.log10(max(power, 1e-12))


def signal_to_noise(wave: np.ndarray, rate: int) -> float:
    """Estimate the signal-to-noise ratio in decibels, between 0 and 100.

    The quietest tenth of its 20 ms windows is taken for noise, the windows within
    30 dB of the loudest for speech and noise together.
    """
    power, _ = _powers(wave, rate)
    loudest = power.max(initial=0.0)
    if loudest < _SILENCE:
        return 0.0
    quietest = np.partition(power, power.size // 10)[: power.size // 10 + 1]
    noise = max(float(quietest.mean()), 1e-12)
    speech = float(power[power >= loudest / 1000].mean()) - noise
    return float(np.clip(10 * np.log10(max(speech, 1e-12) / noise), 0.0, 100.0))


def clipped_share(wave: np.ndarray) -> float:
    """Measure the share of samples in flat tops: equal neighbours at the peak.

    Call it before resampling, which rounds flat tops.
    """
    height = np.abs(wave)
    peak = float(height.max(initial=0.0))
    if peak == 0.0:
        return 0.0
    top = np.flatnonzero(height >= 0.99 * peak)
    joined = (np.diff(top) == 1) & (wave[top[1:]] == wave[top[:-1]])
    edges = np.flatnonzero(np.diff(np.concatenate(([False], joined, [False]))))
    runs = edges[1::2] - edges[::2] + 1
    return float(runs[runs >= _FLAT_RUN].sum()) / wave.size


def _gain(wave: np.ndarray, audio: Audio) -> float:
    peak = float(np.abs(wave).max(initial=0.0))
    if audio.level == "none" or peak == 0.0:
        return 1.0
    gain = 10 ** (audio.level_decibel / 20) / peak
    if audio.level == "lufs":
        wanted = 10 ** ((audio.loudness_lufs - loudness(wave, audio.sample_rate)) / 20)
        gain = min(gain, wanted)
    return gain


def _bent(wave: np.ndarray) -> np.ndarray:
    """Bend what passes the knee, so that it nears the ceiling and stays below."""
    beyond = np.maximum(np.abs(wave) - _KNEE, 0)
    if not beyond.any():
        return wave
    room = _CEILING - _KNEE
    bent = np.minimum(np.abs(wave), _KNEE) + room * np.tanh(beyond / room)
    return np.copysign(bent, wave).astype(np.float32)


def _powers(wave: np.ndarray, rate: int) -> tuple[np.ndarray, int]:
    """(mean power of 20 ms windows that start every 5 ms, samples in 5 ms)."""
    step = max(rate // _STEPS_PER_SECOND, 1)
    count = wave.size // step
    if count < _STEPS_PER_WINDOW:
        whole = float(np.dot(wave, wave)) / max(wave.size, 1)
        return np.array([whole]), step
    blocks = wave[: count * step].reshape(count, step)
    energy = np.einsum("ij,ij->i", blocks, blocks).astype(np.float64)
    total = np.concatenate(([0.0], np.cumsum(energy)))
    windows = total[_STEPS_PER_WINDOW:] - total[:-_STEPS_PER_WINDOW]
    return np.maximum(windows, 0.0) / (_STEPS_PER_WINDOW * step), step
