"""Feature store -> random crops of signal and mels, for a vocoder.

Legend: B crops of N frames, hop steps a frame, P steps of past, M mels; a step is one
sample in each of the coding's bands.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from datasets.store.features import FeatureError, FeatureStore
from moksori.audio.coding import Coding


class Crops:
    """Batches of crops, a function of seed and step alone.

    A crop is `frames` frames whose samples are to be predicted, the `past` steps before
    them, and `context` frames of mels on either side of all that. Before its
    first sample an utterance is silent, and beyond its ends its mels go on as they are
    there. Every crop that lies within an utterance is equally likely; an utterance that
    is shorter than a crop goes on in silence. `mels(index)` gives other mels than those
    of the store.

    `dither` is the standard deviation of noise in every recording: without any, digital
    silence would be a past that only silence follows, and generation would not leave
    it. `input_noise` is that of noise in the signal as it is heard, not in the target:
    who hears a past that is not quite right learns to follow the mels, and errors of
    generation do not add up (Jin et al. 2018, "FFTNet", section 3).
    """

    def __init__(
        self,
        store: FeatureStore,
        indices: Sequence[int],
        coding: Coding,
        *,
        batch: int,
        frames: int,
        past: int,
        context: int,
        dither: float = 0.0,
        input_noise: float = 0.0,
        seed: int = 1,
        mels=None,
    ):
        if not len(indices):
            raise FeatureError("no utterance to train on: preprocess more recordings")
        self._store, self._indices, self._coding = store, list(indices), coding
        self._mels = mels or store.mel
        self._batch, self._frames, self._seed = batch, frames, seed
        self._hop = store.audio.hop_length // coding.bands
        self._past, self._context = past, context
        self._dither, self._input_noise = dither, input_noise
        self._history = -(-past // self._hop)
        self._speakers = {name: i for i, name in enumerate(store.speakers)}
        lengths = [store.rows[i].frames for i in self._indices]
        self._places = np.cumsum([max(1, n - frames + 1) for n in lengths])

    def at(self, step: int) -> tuple[tuple[int, int], dict[str, np.ndarray]]:
        """The shape (crops, frames) and batch of `step`.

        signal float32 [B, P + N * hop, bands] is delayed by one step: its step P + t
        stands before target [B, N * hop, bands] at t. mels float32 [B, frames of the
        signal + 2 * context, M], speaker int32 [B], and weight float32 [B], of sum 1.
        """
        random = np.random.default_rng((self._seed, step))
        places = random.integers(self._places[-1], size=self._batch)
        numbers = np.searchsorted(self._places, places, side="right")
        before = np.concatenate([[0], self._places])[numbers]
        crops = [
            self._crop(self._indices[number], int(start), random)
            for number, start in zip(numbers, places - before, strict=True)
        ]
        batch = _stacked(crops)
        batch["weight"] = np.full(self._batch, 1 / self._batch, np.float32)
        return (self._batch, self._frames), batch

    def fixed(self, count: int) -> list[dict[str, np.ndarray]]:
        """`count` batches for judging: the same crops whatever is trained on."""
        return [self.at(_FIXED + i)[1] for i in range(count)]

    def frames_in(self, batch: dict[str, np.ndarray]) -> int:
        """How many frames of a batch are predicted, the past not counted."""
        return batch["target"].size // self._store.audio.hop_length

    def _crop(self, index: int, start: int, random) -> dict[str, np.ndarray]:
        end = start + self._frames
        signal = self._signal(index, start, end, random)
        heard = signal[:-1]
        if self._input_noise:
            noise = random.standard_normal(heard.shape, np.float32)
            heard = np.clip(heard + self._input_noise * noise, -1.0, 1.0)
        return {
            "signal": heard,
            "target": signal[self._past + 1 :],
            "mels": self._spectra(index, start - self._history, end),
            "speaker": np.int32(self._speakers[self._store.rows[index].speaker]),
        }

    def _signal(self, index: int, start: int, end: int, random) -> np.ndarray:
        """Steps of the frames from `start` to `end`, with their past and the one before
        it; silent beyond the wave."""
        wave, coding = self._store.wave(index), self._coding
        hop, steps = self._store.audio.hop_length, end * self._hop
        begin = start * self._hop - self._past - 1
        first = begin * coding.bands - coding.before
        last = end * hop + coding.after
        # Whole frames around what is wanted, and one more: the coding goes by them and
        # interpolates between their middles.
        frames = first // hop - 1, -(-last // hop) + 1
        part = np.zeros((frames[1] - frames[0]) * hop, np.float32)
        wanted = part[first - frames[0] * hop : last - frames[0] * hop]
        inside = wave[max(0, first) : last]
        left = max(0, -first)
        wanted[left : left + inside.size] = inside
        if self._dither:
            wanted += self._dither * random.standard_normal(wanted.size, np.float32)
        signal = coding.encode(part, self._frames_of(index, *frames))
        return signal[begin - frames[0] * self._hop :][: steps - begin]

    def _spectra(self, index: int, start: int, end: int) -> np.ndarray:
        return self._frames_of(index, start - self._context, end + self._context)

    def _frames_of(self, index: int, start: int, end: int) -> np.ndarray:
        """The mels of frames from `start` to `end`; those beyond repeat the outer."""
        mels = self._mels(index)
        if len(mels) != self._store.rows[index].frames:
            raise FeatureError(
                f"{self._store.rows[index].id}: {len(mels)} mel frames for a recording "
                f"of {self._store.rows[index].frames}; make the mels again"
            )
        return mels[np.clip(np.arange(start, end), 0, len(mels) - 1)]


# A step that no training reaches.
_FIXED = 2**40


def _stacked(crops: list[dict]) -> dict[str, np.ndarray]:
    return {name: np.stack([crop[name] for crop in crops]) for name in crops[0]}


class AlignedMels:
    """Mels that an acoustic model predicted along the recordings of a store.

    A folder of `<row>.npy`, float16 [frames, mels], in the order of the store's rows,
    which `rows.txt` names once all are there. Raises `FeatureError` for a folder that
    is not complete, or of another store.
    """

    def __init__(self, folder: str | Path, store: FeatureStore):
        self._folder = Path(folder)
        names = self._folder / "rows.txt"
        if not names.is_file():
            raise FeatureError(
                f"{folder}: holds no aligned mels, or not all: run align"
            )
        if names.read_bytes() != _names(store):
            raise FeatureError(f"{folder}: these mels were aligned to other features")

    def __call__(self, index: int) -> np.ndarray:
        """The mels of a row, float32 [frames, mels]."""
        path = _aligned(self._folder, index)
        try:
            return np.load(path).astype(np.float32)
        except (OSError, ValueError, EOFError):
            raise FeatureError(
                f"{path}: is missing, cut or damaged; delete it and run align again "
                "(it makes what is lost)"
            ) from None


class AlignedWriter:
    """Makes the folder that `AlignedMels` reads; what is there already is kept, unless
    it was made of another store or by another `voice`."""

    def __init__(self, folder: str | Path, store: FeatureStore, voice: str):
        self._folder, self._store = Path(folder), store
        self._folder.mkdir(parents=True, exist_ok=True)
        made_of = self._folder / "made-of.txt"
        source = f"{store.fingerprint}\n{voice}\n"
        if not made_of.is_file() or made_of.read_bytes() != source.encode():
            for old in (self._folder / "rows.txt", *self._folder.glob("*.npy")):
                old.unlink(missing_ok=True)
            made_of.write_text(source, "utf-8")

    def __contains__(self, index: int) -> bool:
        path, row = _aligned(self._folder, index), self._store.rows[index]
        least = 2 * row.frames * self._store.audio.mels
        return path.is_file() and path.stat().st_size > least

    def write(self, index: int, mel: np.ndarray) -> None:
        """Keep the mels [frames, mels] of a row. Raises `ValueError` when they are not
        as many as the recording's: they are of use only frame by frame."""
        frames = self._store.rows[index].frames
        if len(mel) != frames:
            raise ValueError(f"{len(mel)} mel frames for a recording of {frames}")
        aside = self._folder / "partial"
        with open(aside, "wb") as file:
            np.save(file, mel.astype(np.float16))
        aside.replace(_aligned(self._folder, index))

    def finish(self) -> None:
        """Name the rows, all of which are there."""
        (self._folder / "rows.txt").write_bytes(_names(self._store))


def _names(store: FeatureStore) -> bytes:
    return "".join(f"{row.id}\n" for row in store.rows).encode("utf-8")


def _aligned(folder: Path, index: int) -> Path:
    return folder / f"{index:06d}.npy"
