"""Sing and speak with a model of RVC that a person brings, kept as a folder.

    voice.json    name, rate, consent, the shape of the network
    network.npz   its weights by name
    index.npz     the voice's own frames of content, if the model came with some

Content by ContentVec, a share of it replaced by the voice's own nearest, and the pitch
become latents in long windows, which fade into each other; latents and an excitation
become sound in short pieces, each with as much around it as the generator hears.
"""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import keras
import numpy as np

from moksori.audio.files import resample
from moksori.backend.compilation import compile_model
from moksori.covers import contentvec, rvc_network
from moksori.covers.contentvec import ContentVec
from moksori.covers.index import mean_of_nearest
from moksori.covers.pitch import FRAME_SECONDS
from moksori.covers.rvc_files import FRAMES_PER_SECOND, RvcWeights, Shape
from moksori.covers.voice import (
    INDEX,
    INDEX_RATE,
    RVC_KIND,
    About,
    VoiceError,
    arrays_of,
    save,
)
from moksori.storage import atomic_write

NETWORK = "network.npz"
_WINDOW, _MARGIN, _FADE, _PIECE = 800, 60, 10, 200  # frames
_KEPT = _WINDOW - 2 * _MARGIN
_STEP = round(1 / FRAMES_PER_SECOND / FRAME_SECONDS)
_HOP = contentvec.RATE // FRAMES_PER_SECOND
_DEVIATION = np.float32(2 / 3)  # of the noise in the latent, as RVC has it
_SINE, _VOICED_NOISE, _UNVOICED_NOISE = 0.1, 0.003, 0.1 / 3
_LOWEST, _HIGHEST = 50.0, 1100.0  # hertz that have numbers of their own
_RUMBLE_HERTZ = 48.0
_SEED = 0
_LATENT_SHARE = 0.3  # of the work, about


class RvcModel:
    """Sing and speak with a voice of RVC: content and pitch in, sound out."""

    def __init__(self, about: About, shape: Shape, network, frames):
        self.about, self.shape = about, shape
        self.network, self.frames = network, frames
        self._content = None

    @classmethod
    def load(cls, folder: Path, about: About) -> "RvcModel":
        """Read a folder with its description; raises `VoiceError` for a damaged one."""
        try:
            shape = Shape.of(about.settings["network"])
            network = rvc_network.build(shape, arrays_of(folder / NETWORK))
            frames = _read_frames(folder / INDEX, shape.features)
        except (ValueError, KeyError, TypeError) as error:
            raise VoiceError(f"{folder} holds no model of RVC: {error}") from None
        return cls(about, shape, network, frames)

    def prepare(self) -> None:
        """Open what this needs beside the folder.

        Raises `WeightsMissing` for a file that is to be brought.
        """
        if self._content is None:
            self._content = ContentVec(self.shape.features)
            piece = _PIECE + 2 * self.shape.reach
            frames = (
                keras.KerasTensor((1, _WINDOW, self.shape.features)),
                keras.KerasTensor((1, _WINDOW), "int32"),
                keras.KerasTensor((1, _WINDOW, self.shape.latent)),
            )
            samples = (
                keras.KerasTensor((1, piece, self.shape.latent)),
                keras.KerasTensor((1, piece * self.shape.hop_length, 1)),
            )
            network = self.network
            self._latent = compile_model(network, network.latent, frames)
            self._generate = compile_model(network, network.generate, samples)

    def sing(
        self,
        wave: np.ndarray,
        sample_rate: int,
        hertz: np.ndarray,
        index_rate: float = INDEX_RATE,
        protect: float = 0.33,
        progress: Callable[[float], None] = lambda done: None,
    ) -> np.ndarray:
        """Say what a wave [samples] says, with a pitch [frames of `FRAME_SECONDS`];
        float32, at the rate of the model, about as long.

        `index_rate` is the share of the voice's own content; where there is no pitch,
        the share `protect` of that is as it was.
        """
        self.prepare()
        hop, random = self.shape.hop_length, np.random.default_rng(_SEED)
        pitch = hertz[::_STEP]
        after = -len(pitch) % _KEPT + _MARGIN
        pitch = np.pad(pitch, (_MARGIN, after))
        heard = _heard(wave, sample_rate, len(pitch))
        noise = random.standard_normal((len(pitch), self.shape.latent), np.float32)
        noise *= _DEVIATION
        z = self._latents(heard, pitch, noise, index_rate, protect, progress)
        source = excitation(pitch, hop, self.about.sample_rate, random)
        made = self._generated(z, source, progress)
        return made[_MARGIN * hop : -after * hop]

    def _latents(self, heard, pitch, noise, index_rate, protect, progress):
        """Compute latents [frames, Z] in windows that fade into each other."""
        z = np.zeros_like(noise)
        begins = range(0, len(pitch) - 2 * _MARGIN, _KEPT)
        for number, begin in enumerate(begins, 1):
            part = slice(begin, begin + _WINDOW)
            states = self._content.encode(
                heard[begin * _HOP : part.stop * _HOP + ContentVec.BEYOND]
            )
            content = self._own(states, pitch[part], index_rate, protect)
            numbers = pitch_numbers(pitch[part])
            latent = self._latent(content[None], numbers[None], noise[None, part])
            fade = _fade(number == 1, number == len(begins))[:, None]
            z[part] += fade * keras.ops.convert_to_numpy(latent)[0]
            progress(_LATENT_SHARE * number / len(begins))
        return z

    def _generated(self, z, source, progress) -> np.ndarray:
        """Generate a wave [frames * hop_length] from latents [frames, Z]."""
        hop, reach = self.shape.hop_length, self.shape.reach
        begins = range(0, len(z), _PIECE)
        spare = begins[-1] + _PIECE - len(z)
        z = np.pad(z, ((reach, reach + spare), (0, 0)))
        source = np.pad(source, (reach * hop, (reach + spare) * hop))
        made = np.empty(len(begins) * _PIECE * hop, np.float32)
        for begin in begins:
            end = begin + _PIECE + 2 * reach
            piece = source[None, begin * hop : end * hop, None]
            sound = self._generate(z[None, begin:end], piece)
            sound = keras.ops.convert_to_numpy(sound)[0, reach * hop :, 0]
            made[begin * hop : (begin + _PIECE) * hop] = sound[: _PIECE * hop]
            done = (begin + _PIECE) / (begins[-1] + _PIECE)
            progress(_LATENT_SHARE + (1 - _LATENT_SHARE) * done)
        return made[: len(made) - spare * hop]

    def _own(self, states, pitch, index_rate: float, protect: float) -> np.ndarray:
        """Return content [frames, features], two frames a state, nearer to the voice's
        own."""
        if self.frames is None or not index_rate:
            return np.repeat(states, 2, axis=0)
        moved = index_rate * (mean_of_nearest(states, self.frames) - states)
        share = np.where(pitch > 0, 1.0, 1 - protect)[:, None]
        states, moved = (np.repeat(each, 2, axis=0) for each in (states, moved))
        return (states + share * moved).astype(np.float32)


def excitation(pitch: np.ndarray, hop_length: int, rate: int, random) -> np.ndarray:
    """Return what the generator makes its wave of [frames * hop_length], float32: a
    sine along a pitch [frames], with a little noise, and noise where there is none."""
    step = np.asarray(pitch, np.float64) / rate
    before = np.concatenate([[0.0], np.cumsum(step * hop_length)[:-1]]) % 1
    step, before = (each.astype(np.float32)[:, None] for each in (step, before))
    sine = before + step * np.arange(1, hop_length + 1, dtype=np.float32)
    sine = np.sin(np.float32(2 * np.pi) * sine, out=sine)
    wave = random.standard_normal(sine.shape, np.float32)
    voiced = (pitch > 0)[:, None]
    wave *= np.where(voiced, _VOICED_NOISE, _UNVOICED_NOISE).astype(np.float32)
    wave += np.float32(_SINE) * voiced * sine
    return wave.reshape(-1)


def pitch_numbers(pitch: np.ndarray) -> np.ndarray:
    """Return the number that stands for each pitch [frames] in hertz, int32 from 1 (no
    pitch, or the lowest) to 255: even steps of mel."""

    def mel(hertz):
        return 1127 * np.log1p(np.asarray(hertz) / 700)

    steps = (mel(pitch) - mel(_LOWEST)) * 254 / (mel(_HIGHEST) - mel(_LOWEST)) + 1
    return np.rint(np.clip(steps, 1, 255)).astype(np.int32)


def keep(folder: Path, name: str, consent: str, weights: RvcWeights, frames) -> None:
    """Write a model into a new folder; `frames` of its index may be None."""
    about = About(
        name=name,
        sample_rate=weights.shape.sample_rate,
        hertz=0.0,
        seconds=0.0,
        clips=(),
        consent=consent,
        encoder=f"contentvec-{weights.shape.features}",
        settings={
            "network": asdict(weights.shape),
            "version": weights.version,
            "info": weights.info,
            "frames": 0 if frames is None else len(frames),
        },
        kind=RVC_KIND,
    )
    folder.mkdir(parents=True, exist_ok=True)
    with atomic_write(folder / NETWORK) as file:
        np.savez(file, **weights.arrays)
    if frames is not None and len(frames):
        with atomic_write(folder / INDEX) as file:
            np.savez(file, content=frames.astype(np.float16))
    save(folder, about)


def _read_frames(path: Path, features: int) -> np.ndarray | None:
    if not path.is_file():
        return None
    frames = arrays_of(path)["content"]
    if frames.ndim != 2 or not len(frames) or frames.shape[1] != features:
        raise ValueError(f"{path.name} does not fit it")
    return frames.astype(np.float32)


def _heard(wave: np.ndarray, sample_rate: int, frames: int) -> np.ndarray:
    """Return a wave as ContentVec hears it, with a margin before and behind, for
    frames; RVC trains its models without what is below 48 Hz."""
    from scipy.signal import butter, sosfiltfilt

    heard = resample(wave, sample_rate, contentvec.RATE)
    before = _MARGIN * _HOP
    after = frames * _HOP + ContentVec.BEYOND - before - len(heard)
    heard = np.pad(heard, (before, max(after, 0)), mode="reflect")
    high = butter(5, _RUMBLE_HERTZ, "highpass", fs=contentvec.RATE, output="sos")
    return sosfiltfilt(high, heard).astype(np.float32)


def _fade(first: bool, last: bool) -> np.ndarray:
    """Return the share of a window's frames in the whole: it fades in and out around
    the ends of what is kept, while its neighbours do the contrary."""
    rise = np.clip((np.arange(_WINDOW) + 0.5 - _MARGIN) / _FADE + 0.5, 0, 1)
    both = (1.0 if first else rise) * (1.0 if last else rise[::-1])
    return (np.ones(_WINDOW) * both).astype(np.float32)
