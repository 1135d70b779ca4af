"""Keep a vocal model as a folder: what it is, its frames, and its decoder if trained.

    voice.json    name, rate, pitch, seconds, consent, settings, held-out distance
    index.npz     content, cepstra, aperiodicity and voicing of its frames, float16
    decoder.npz   the network's weights and the scales of the voice
    sample.wav    the end of the last clip, said by the model

Arrays are read without pickle, so a folder from somebody else runs nothing.
"""

import json
import zipfile
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from moksori.covers import content, rvc_files, synthesiser, world
from moksori.covers.content import to_frames
from moksori.covers.decoder import (
    NARROW,
    WIDE,
    Decoder,
    Predictor,
    Scales,
    Sizes,
    matched,
    pitch_features,
)
from moksori.covers.index import Index
from moksori.covers.pitch import FRAME_SECONDS
from moksori.covers.synthesiser import BANDS
from moksori.covers.world import RATES, Timbre
from moksori.storage import atomic_write, write_json

KIND, RVC_KIND = "moksori vocal model 1", "rvc vocal model 1"
DESCRIPTION, INDEX, DECODER = "voice.json", "index.npz", "decoder.npz"
SAMPLE = "sample.wav"
INDEX_RATE = 0.5
_PIECE = 4000  # frames that are converted at once, a multiple of the index's step
# What a decoder answers: WORLD's timbre, or that of synthesiser.py, learnt by the wave.
WORLD, WAVE = DECODERS = "world", "wave"


# What numpy raises for a file that is cut off or another's.
_DAMAGED = (
    *(ValueError, LookupError, OSError, EOFError),
    *(MemoryError, zipfile.BadZipFile),
)
_RATES = {KIND: RATES, RVC_KIND: rvc_files.RATES}


class VoiceError(ValueError):
    """Report a folder that holds no vocal model; the text is one line."""


@dataclass(frozen=True)
class About:
    """Describe a vocal model. `hertz` is the median of its pitch, 0 where that is not
    known; `distance` how far the decoder is, in decibel, from speech that was kept out
    of its training; `kind` whether it is ours or of RVC."""

    name: str
    sample_rate: int
    hertz: float
    seconds: float
    clips: tuple[str, ...]
    consent: str
    encoder: str
    epochs: int = 0
    distance: float | None = None
    settings: dict = field(default_factory=dict)
    created: str = field(
        default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds")
    )
    kind: str = KIND


class VocalModel:
    """Sing and speak with a voice: content and pitch in, timbre out."""

    def __init__(self, about: About, index: Index):
        self.about, self.index = about, index
        # Of the decoder, where it is trained.
        self.network: Decoder | None = None
        self._decoder: Predictor | None = None
        self._scales: Scales | None = None

    @classmethod
    def load(cls, folder: Path) -> "VocalModel":
        """Read a folder; raises `VoiceError` for one that holds none that fits."""
        about = read_about(folder)
        if about.kind != KIND:
            raise VoiceError(f"{folder} holds a model of another kind: {about.kind}")
        if about.encoder != encoder_id():
            raise VoiceError(
                f"{folder} was made with another content encoder: train it again"
            )
        model = cls(about, _read_index(folder / INDEX))
        if (folder / DECODER).is_file():
            model._load_decoder(folder / DECODER)
        return model

    @property
    def trained(self) -> bool:
        """Return whether a decoder is there, beside the index."""
        return self._decoder is not None

    def timbre(
        self, states: np.ndarray, hertz: np.ndarray, index_rate: float = INDEX_RATE
    ) -> Timbre:
        """Return this voice's timbre for the states of a recording [n, SIZE], as the
        encoder gives them, along its pitch [frames].

        Without a decoder it is that of the index. A decoder is given the content with a
        share `index_rate`, from 0 to 1, of the voice's own nearest content; what it
        answers gets the mean and spread of the voice's own cepstra.
        """
        centred = states - states.mean(axis=0)
        parts = []
        for begin in range(0, len(hertz), _PIECE):
            first = max(begin - Predictor.MARGIN, 0)
            heights = hertz[first : begin + _PIECE + Predictor.MARGIN]
            frames = to_frames(centred, len(heights), first)
            made = self._timbre(frames, heights, index_rate)
            kept = slice(begin - first, begin - first + _PIECE)
            parts.append((made.cepstra[kept], made.aperiodicity[kept]))
        whole = Timbre(*map(np.concatenate, zip(*parts, strict=True)))
        return matched(whole, self.index.timbre) if self.trained else whole

    def _timbre(
        self, centred: np.ndarray, hertz: np.ndarray, index_rate: float
    ) -> Timbre:
        """Return the timbre of a piece, [frames, SIZE] and [frames]."""
        if self._decoder is None or index_rate:
            own, found = self.index.find(centred, hertz > 0)
            centred = centred + index_rate * (own - self.index.mean - centred)
        if self._decoder is None:
            return found
        answer = self._decoder(self._scales.content(centred), pitch_features(hertz))
        timbre = self._scales.timbre(answer)
        if self._wave:
            return timbre
        return Timbre(timbre.cepstra, np.minimum(timbre.aperiodicity, 0.0))

    def synthesise(self, hertz: np.ndarray, timbre: Timbre) -> np.ndarray:
        """Synthesise a wave, float32 [samples], with a pitch [frames] and a timbre of
        this voice."""
        rate = self.about.sample_rate
        if not self._wave:
            return world.synthesise(hertz, timbre, rate)
        samples = round((len(hertz) - 1) * FRAME_SECONDS * rate) + 1
        return synthesiser.synthesise(hertz, timbre, rate, samples)

    @property
    def _wave(self) -> bool:
        return self.trained and self.about.settings.get("decoder") == WAVE

    def _load_decoder(self, path: Path) -> None:
        try:
            arrays = arrays_of(path)
            scales = Scales(**{name: arrays[name] for name in Scales.NAMES})
            count = sum(name.startswith("weight ") for name in arrays)
            weights = [arrays[f"weight {n}"] for n in range(count)]
            wave = self.about.settings.get("decoder") == WAVE
            bands = BANDS if wave else self.index.timbre.aperiodicity.shape[1]
            sizes = {each.width: each for each in (NARROW, WIDE)}
            decoder = build_decoder(bands, sizes[weights[0].shape[-1]])
            decoder.set_weights(weights)
        except _DAMAGED as error:
            raise VoiceError(f"{path} holds no decoder: {error}") from None
        self._scales, self._decoder = scales, Predictor(decoder)
        self.network = decoder


def build_decoder(bands: int, sizes: Sizes = NARROW) -> Decoder:
    """Build a decoder for a number of bands of aperiodicity, with weights."""
    decoder = Decoder(bands, sizes)
    decoder(np.zeros((1, 8, content.SIZE), "f4"), np.zeros((1, 8, 2), "f4"))
    return decoder


def encoder_id() -> str:
    """Return what a voice's content depends on: the encoder and its means."""
    from hashlib import sha256

    return f"smart-turn-3.2-{sha256(content.MEANS.read_bytes()).hexdigest()[:8]}"


def read_about(folder: Path) -> About:
    """Read the description of a vocal model; raises `VoiceError`."""
    path = folder / DESCRIPTION
    try:
        values = json.loads(path.read_text("utf-8"))
        if values["kind"] not in _RATES:
            raise ValueError(f"its kind is none of {', '.join(_RATES)}")
        settings = dict(values["settings"])
        clips = tuple(values["clips"])
        about = About(**{**values, "clips": clips, "settings": settings})
    except FileNotFoundError:
        raise VoiceError(f"{folder} holds no vocal model ({DESCRIPTION})") from None
    except (ValueError, KeyError, TypeError) as error:
        raise VoiceError(f"{path} describes no vocal model: {error}") from None
    if about.sample_rate not in _RATES[about.kind]:
        raise VoiceError(f"{path}: its rate is none of {_RATES[about.kind]}")
    return about


def save(folder: Path, about: About, index: Index | None = None) -> None:
    """Write the description and, where it is given, the index."""
    folder.mkdir(parents=True, exist_ok=True)
    if index is not None:
        with atomic_write(folder / INDEX) as file:
            np.savez(
                file,
                content=index.content.astype(np.float16),
                cepstra=index.timbre.cepstra.astype(np.float16),
                aperiodicity=index.timbre.aperiodicity.astype(np.float16),
                voiced=index.voiced,
            )
    write_json(folder / DESCRIPTION, asdict(about))


def save_decoder(folder: Path, decoder: Decoder, scales: Scales) -> None:
    """Write the decoder, whole or not at all."""
    weights = {f"weight {n}": each for n, each in enumerate(decoder.get_weights())}
    with atomic_write(folder / DECODER) as file:
        np.savez(file, **weights, **scales.values)


def arrays_of(path: Path) -> dict[str, np.ndarray]:
    """Read the arrays of a file as `numpy.savez` writes them, by name.

    Nothing is unpickled, and no more memory is used than the file is long. Raises
    `ValueError` for another.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(each.file_size for each in archive.infolist()) > path.stat().st_size:
                raise ValueError("it is packed")
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except _DAMAGED as error:
        raise ValueError(f"it holds no arrays: {error}") from None


def _read_index(path: Path) -> Index:
    try:
        arrays = arrays_of(path)
        states = arrays["content"].astype(np.float32)
        timbre = Timbre(
            arrays["cepstra"].astype(np.float64),
            arrays["aperiodicity"].astype(np.float64),
        )
        voiced = arrays["voiced"].astype(bool)
    except _DAMAGED as error:
        raise VoiceError(f"{path} holds no index: {error}") from None
    rows = {len(states), len(timbre.cepstra), len(timbre.aperiodicity), len(voiced)}
    if len(rows) != 1 or states.ndim != 2 or states.shape[1] != content.SIZE:
        raise VoiceError(f"{path} holds no index: its parts do not fit")
    return Index(states, timbre, voiced)
