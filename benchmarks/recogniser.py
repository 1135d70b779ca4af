"""A listener: a small network that writes down the jamo it hears.

It is trained with connectionist temporal classification (Graves et al. 2006) on
synthetic voices (`benchmarks.listening`), to measure how clearly another voice speaks.
Its view is kept short, about 0.7 s, so that it hears rather than guesses.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from hangul.jamo import CODAS, LEADS, VOWELS, compose, decompose
from hangul.normalize import normalize
from hangul.pronounce import pronounce
from hparams import Audio
from moksori.audio.files import resample
from moksori.audio.spectrum import mel_spectrogram
from moksori.storage import atomic_write, write_json

# Frames of 12.5 ms. What lies 60 dB below the loudest band is silence to everyone.
AUDIO = Audio(
    sample_rate=16000, hop_length=200, win_length=400, n_fft=512, mels=64, fmin=50.0
)
AUDIBLE_DECIBEL = 60.0

# Index 0 is the blank of the loss.
LETTERS: tuple[str, ...] = (*LEADS, *VOWELS, *CODAS)
_IDS = {letter: i for i, letter in enumerate(LETTERS, start=1)}

# Lengths are padded to whole multiples, so that a clip alone and in a batch meet the
# same padding, and the stride of two always begins at the same place.
_LENGTH_STEP = 64
_BATCH = 16
_VERSION = 1


class RecogniserError(ValueError):
    """A recogniser that cannot be used; the message is one line."""


@dataclass(frozen=True)
class Shape:
    """Sizes of the network; one dilation per gated block, in frames of 25 ms."""

    channels: int = 160
    kernel: int = 3
    dilations: tuple[int, ...] = (1, 2, 4, 1, 2, 4, 1, 2)
    dropout: float = 0.1


def letters_of(text: str) -> list[int]:
    """Ids of the jamo that a reader of `text` pronounces, without spaces and marks.

    `text` is written Korean. Leads and codas of one letter are different jamo.
    """
    said = decompose(pronounce(normalize(text)))
    return [_IDS[symbol] for symbol in said if symbol in _IDS]


def spell(ids: Sequence[int]) -> str:
    """The jamo of `ids` as syllables, where they make some."""
    return compose("".join(LETTERS[i - 1] for i in ids))


def features(wave: np.ndarray, sample_rate: int) -> np.ndarray:
    """What the network hears of a wave [samples]: float32 [frames, mels].

    Every band has mean 0 and variance 1 over the clip, so that neither level nor
    colour of a recording matters.
    """
    wave = resample(np.asarray(wave, np.float32), sample_rate, AUDIO.sample_rate)
    loudest = float(np.abs(wave).max(initial=0.0))
    mel = mel_spectrogram(wave / max(loudest, 1e-6), AUDIO)
    if not mel.size:
        return mel
    per_decibel = 2 * AUDIO.mel_range / (AUDIO.ceiling_decibel - AUDIO.floor_decibel)
    mel = np.maximum(mel, mel.max() - np.float32(AUDIBLE_DECIBEL * per_decibel))
    return (mel - mel.mean(axis=0)) / (mel.std(axis=0) + np.float32(0.1))


def collate(clips: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """Clips [frames, mels] as one zero-padded batch with their lengths in frames."""
    longest = max(max(clip.shape[0] for clip in clips), 1)
    padded = -(-longest // _LENGTH_STEP) * _LENGTH_STEP
    mel = np.zeros((len(clips), padded, AUDIO.mels), np.float32)
    for row, clip in zip(mel, clips, strict=True):
        row[: clip.shape[0]] = clip
    frames = np.array([[clip.shape[0]] for clip in clips], np.int32)
    return {"mel": mel, "frames": frames}


def heard_frames(frames):
    """Frames that leave the network for so many that enter: it halves their rate."""
    return (frames + 1) // 2


def build(shape: Shape):
    """The untrained network: mel [B, T, mels], frames [B, 1] -> scores [B, T/2, jamo].

    A strided convolution, then residual blocks of gated dilated convolutions (Dauphin
    et al. 2017, "Language modeling with gated convolutional networks", equation 1).
    """
    from keras import Input, layers, ops

    mel = Input((None, AUDIO.mels), name="mel")
    frames = Input((1,), dtype="int32", name="frames")

    def mask_of(pair):
        place = ops.cumsum(ops.ones_like(pair[0][:, :, :1]), axis=1)
        length = ops.cast(heard_frames(pair[1])[:, :, None], place.dtype)
        return ops.cast(place <= length, place.dtype)

    hidden = layers.Conv1D(
        shape.channels, 5, strides=2, padding="same", activation="silu"
    )(mel)
    mask = layers.Lambda(mask_of)([hidden, frames])
    hidden = layers.Multiply()([hidden, mask])
    for dilation in shape.dilations:
        inner = layers.LayerNormalization()(hidden)
        # The norm's offset would make sound of padding.
        inner = layers.Multiply()([inner, mask])
        inner = layers.Conv1D(
            2 * shape.channels, shape.kernel, padding="same", dilation_rate=dilation
        )(inner)
        inner = layers.Lambda(_gated)(inner)
        inner = layers.Dropout(shape.dropout)(inner)
        inner = layers.Conv1D(shape.channels, 1)(inner)
        hidden = layers.Multiply()([layers.Add()([hidden, inner]), mask])
    hidden = layers.LayerNormalization()(hidden)
    scores = layers.Conv1D(1 + len(LETTERS), 1)(hidden)
    return _network_class()([mel, frames], scores)


def _gated(pair):
    from keras import ops

    value, gate = ops.split(pair, 2, axis=-1)
    return value * ops.sigmoid(gate)


def _network_class():
    """A Keras model whose loss is CTC; defined late, since Keras is slow to import."""
    import keras
    from keras import ops

    class Listener(keras.Model):
        def compute_loss(
            self, x=None, y=None, y_pred=None, sample_weight=None, training=True
        ):
            lengths = ops.sum(ops.cast(y > 0, "int32"), axis=1)
            heard = heard_frames(x["frames"][:, 0])
            return ops.mean(ops.ctc_loss(y, y_pred, lengths, heard, mask_index=0))

    return Listener


class Recogniser:
    """A trained network and what it was trained on."""

    def __init__(self, network, shape: Shape, facts: dict | None = None):
        self.network, self.shape, self.facts = network, shape, facts or {}

    @classmethod
    def load(cls, folder: str | Path) -> "Recogniser":
        """Read what `save` wrote; raises `RecogniserError` where it is another kind."""
        folder = Path(folder)
        try:
            record = json.loads((folder / "recogniser.json").read_text("utf-8"))
            with np.load(folder / "recogniser.npz") as file:
                weights = [file[f"w{i}"] for i in range(len(file.files))]
        except (OSError, ValueError, KeyError) as error:
            raise RecogniserError(f"{folder}: no recogniser here: {error}") from None
        if record.get("kind") != _kind():
            raise RecogniserError(
                f"{folder} holds a recogniser of another version: remove the folder, "
                "and the next call trains a new one"
            )
        shape = Shape(
            **record["shape"] | {"dilations": tuple(record["shape"]["dilations"])}
        )
        network = build(shape)
        network.set_weights(weights)
        return cls(network, shape, record["facts"])

    def save(self, folder: str | Path) -> None:
        """Write the weights, then the record without which they do not count."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        weights = {f"w{i}": w for i, w in enumerate(self.network.get_weights())}
        with atomic_write(folder / "recogniser.npz") as file:
            np.savez(file, **weights)
        record = {"kind": _kind(), "shape": asdict(self.shape), "facts": self.facts}
        write_json(folder / "recogniser.json", record)

    def hear(self, waves: Sequence[np.ndarray], sample_rate: int) -> list[list[int]]:
        """Ids of the jamo heard in each wave [samples], by greedy decoding."""
        clips = [features(wave, sample_rate) for wave in waves]
        order = sorted(range(len(clips)), key=lambda i: clips[i].shape[0])
        heard: list[list[int]] = [[] for _ in clips]
        for begin in range(0, len(order), _BATCH):
            chosen = order[begin : begin + _BATCH]
            batch = collate([clips[i] for i in chosen])
            scores = np.asarray(self.network([batch["mel"], batch["frames"]]))
            for index, row in zip(chosen, scores, strict=True):
                heard[index] = decode(row[: heard_frames(clips[index].shape[0])])
        return heard


def decode(scores: np.ndarray) -> list[int]:
    """The best path through scores [frames, 1 + jamo], repeats and blanks removed."""
    best = scores.argmax(axis=-1)
    changes = np.flatnonzero(np.diff(best, prepend=0))
    return [int(best[i]) for i in changes if best[i] > 0]


def _kind() -> dict:
    """What must agree between the code and a saved recogniser."""
    audio = {k: v for k, v in asdict(AUDIO).items() if not re.match("griffin|trim", k)}
    return {"version": _VERSION, "audio": audio, "letters": "".join(LETTERS)}
