"""Encode what is said or sung, by whomever: a vector for every 20 ms.

The states of the second block of a Whisper encoder (Radford et al. 2022, "Robust speech
recognition via large-scale weak supervision"), of the small one in Smart Turn. The
encoder adds a vector for every position in its window of 8 s, which would be most of
what two frames have in common; the mean state of every position, over speech of many
people, is taken away again. Then a frame is found by its sound, sung or spoken.
"""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import numpy as np

from hparams import Audio
from moksori.audio.files import resample
from moksori.audio.spectrum import mel_filters
from moksori.covers import weights
from moksori.covers.pitch import FRAME_SECONDS
from moksori.speakers.engine import open_session

SIZE = 384
STATE_SECONDS = 0.02
MEANS = Path(__file__).with_name("position_means.npy")
_RATE = 16000
_AUDIO = Audio(
    sample_rate=_RATE, n_fft=400, win_length=400, hop_length=160, fmin=0.0, fmax=8000.0
)
_WINDOW, _MARGIN = 8 * _RATE, _RATE
_HOP = int(STATE_SECONDS * _RATE)
# States that are kept of a window: those of its margins have too little around them.
_KEPT = slice(_MARGIN // _HOP, (_WINDOW - _MARGIN) // _HOP)
_POSITIONS = _KEPT.stop - _KEPT.start
_SECOND_BLOCK = "add_268"  # the name of its output in the graph


class ContentEncoder:
    """Encode the content of speech and singing on the CPU.

    Raises `WeightsMissing` before `make covers`.
    """

    def __init__(self):
        self._session = open_session(
            _second_block(weights.content_encoder()), keep_memory=False
        )
        self._means = np.load(MEANS).astype(np.float32)

    def encode(self, wave: np.ndarray, sample_rate: int) -> np.ndarray:
        """Encode a wave [samples]; float32 [ceil(seconds / STATE_SECONDS), SIZE].

        State t stands for the `STATE_SECONDS` that begin at t * `STATE_SECONDS`.
        """
        states = self.states(wave, sample_rate)
        return states - self._means[np.arange(len(states)) % _POSITIONS]

    def states(self, wave: np.ndarray, sample_rate: int) -> np.ndarray:
        """Return the states as they are, with what their position adds; as `encode`."""
        heard = resample(wave, sample_rate, _RATE)
        count = -(-len(heard) // _HOP)
        step = _WINDOW - 2 * _MARGIN
        windows = -(-len(heard) // step)
        padded = np.pad(heard, (_MARGIN, windows * step + _MARGIN - len(heard)))
        kept = [
            self._session.run(
                [_SECOND_BLOCK],
                {"input_features": _log_mel(padded[at : at + _WINDOW])[None]},
            )[0][0, _KEPT]
            for at in range(0, windows * step, step)
        ]
        return np.concatenate(kept)[:count]


def position_means(
    encoder: ContentEncoder, waves: Iterable[tuple[np.ndarray, int]]
) -> np.ndarray:
    """Measure the mean state of each position [positions, SIZE] over waves [samples]
    with their rates: what `MEANS` holds."""
    total = np.zeros((_POSITIONS, SIZE))
    count = 0
    for wave, rate in waves:
        states = encoder.states(wave, rate)
        whole = len(states) // _POSITIONS
        parts = states[: whole * _POSITIONS].reshape(whole, _POSITIONS, SIZE)
        total, count = total + parts.sum(axis=0), count + whole
    return (total / count).astype(np.float16)


def to_frames(states: np.ndarray, frames: int, begin: int = 0) -> np.ndarray:
    """Interpolate states [n, SIZE] to a number of frames of `FRAME_SECONDS`, from frame
    `begin` on."""
    middles = (np.arange(len(states)) + 0.5) * STATE_SECONDS
    times = (np.arange(frames) + begin) * FRAME_SECONDS
    after = np.clip(np.searchsorted(middles, times), 1, max(len(states) - 1, 1))
    if len(states) == 1:
        return np.repeat(states, frames, axis=0)
    share = np.clip((times - middles[after - 1]) / STATE_SECONDS, 0, 1)[:, None]
    mixed = states[after - 1] * (1 - share) + states[after] * share
    return mixed.astype(np.float32)


def _second_block(path: Path) -> bytes:
    """Return the graph as far as its second block."""
    import onnx

    model = onnx.load(path)
    block = onnx.helper.make_tensor_value_info(
        _SECOND_BLOCK, onnx.TensorProto.FLOAT, None
    )
    del model.graph.output[:]
    model.graph.output.append(block)
    return model.SerializeToString()


def _log_mel(window: np.ndarray) -> np.ndarray:
    """Compute Whisper's log mel spectrogram [80, 800] of a window, float32."""
    # The encoder was trained on windows of one loudness.
    wave = (window - window.mean()) / np.sqrt(window.var() + 1e-7)
    padded = np.pad(wave.astype(np.float64), _AUDIO.n_fft // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, _AUDIO.n_fft)
    spectrum = np.fft.rfft(frames[: len(wave) : _AUDIO.hop_length] * _hann())
    power = mel_filters(_AUDIO)[0] @ (np.abs(spectrum) ** 2).T
    decades = np.log10(np.maximum(power, 1e-10))
    decades = np.maximum(decades, decades.max() - 8)
    return ((decades + 4) / 4).astype(np.float32)


@lru_cache(maxsize=1)
def _hann() -> np.ndarray:
    return np.hanning(_AUDIO.n_fft + 1)[:-1]
