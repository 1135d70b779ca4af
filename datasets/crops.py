"""Feature store -> random crops of signal and mels, for a vocoder.

Legend: B crops of N frames, hop samples a frame, P samples of past, M mels.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from audio.coding import Coding
from datasets.features import FeatureError, FeatureStore


class Crops:
    """Batches of crops, a function of seed and step alone.

    A crop is `frames` frames whose samples are to be predicted, the `past` samples
    before them, and `context` frames of mels on either side of all that. Before its
    first sample an utterance is silent, and beyond its ends its mels go on as they are
    there. Every crop that lies within an utterance is equally likely; an utterance that
    is shorter than a crop goes on in silence. `mels(index)` gives other mels than those
    of the store.
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
        seed: int = 1,
        mels=None,
    ):
        if not len(indices):
            raise FeatureError("no utterance to train on: preprocess more recordings")
        self._store, self._indices, self._coding = store, list(indices), coding
        self._mels = mels or store.mel
        self._batch, self._frames, self._seed = batch, frames, seed
        self._hop, self._past, self._context = store.audio.hop_length, past, context
        self._history = -(-past // self._hop)
        self._speakers = {name: i for i, name in enumerate(store.speakers)}
        lengths = [store.rows[i].frames for i in self._indices]
        self._places = np.cumsum([max(1, n - frames + 1) for n in lengths])

    def at(self, step: int) -> tuple[tuple[int, int], dict[str, np.ndarray]]:
        """The shape (crops, frames) and batch of `step`.

        signal float32 [B, P + N * hop] is delayed by one sample: its sample P + t
        stands before target [B, N * hop] at t. mels float32 [B, frames of the signal
        + 2 * context, M], speaker int32 [B].
        """
        random = np.random.default_rng((self._seed, step))
        places = random.integers(self._places[-1], size=self._batch)
        numbers = np.searchsorted(self._places, places, side="right")
        before = np.concatenate([[0], self._places])[numbers]
        crops = [
            self._crop(self._indices[number], int(start))
            for number, start in zip(numbers, places - before, strict=True)
        ]
        return (self._batch, self._frames), _stacked(crops)

    def fixed(self, count: int) -> list[dict[str, np.ndarray]]:
        """`count` batches for judging: the same crops whatever is trained on."""
        return [self.at(_FIXED + i)[1] for i in range(count)]

    def frames_in(self, batch: dict[str, np.ndarray]) -> int:
        """How many frames of a batch are predicted, the past not counted."""
        return batch["target"].size // self._hop

    def _crop(self, index: int, start: int) -> dict[str, np.ndarray]:
        end = start + self._frames
        return {
            **self._signal(index, start * self._hop, end * self._hop),
            "mels": self._spectra(index, start - self._history, end),
            "speaker": np.int32(self._speakers[self._store.rows[index].speaker]),
        }

    def _signal(self, index: int, start: int, end: int):
        """Samples from `start` to `end`, with their past; silent beyond the wave."""
        wave = self._store.wave(index)
        begin = start - self._past - 1
        # One sample more on the left, for the pre-emphasis of the first.
        part = wave[max(0, begin - 1) : end]
        signal = self._coding.encode(part)[1 if begin >= 1 else 0 :]
        whole = np.zeros(end - begin, np.float32)
        left = max(0, -begin)
        whole[left : left + signal.size] = signal
        return {"signal": whole[:-1], "target": whole[self._past + 1 :]}

    def _spectra(self, index: int, start: int, end: int) -> np.ndarray:
        mels = self._mels(index)
        if len(mels) != self._store.rows[index].frames:
            raise FeatureError(
                f"{self._store.rows[index].id}: {len(mels)} mel frames for a recording "
                f"of {self._store.rows[index].frames}; make the mels again"
            )
        rows = np.arange(start - self._context, end + self._context)
        return mels[np.clip(rows, 0, len(mels) - 1)]


# A step that no training reaches.
_FIXED = 2**40


def _stacked(crops: list[dict]) -> dict[str, np.ndarray]:
    return {name: np.stack([crop[name] for crop in crops]) for name in crops[0]}


class AlignedMels:
    """Mels that an acoustic model predicted along the recordings of a store.

    A folder of `<row>.npy`, float32 [frames, mels], in the order of the store's rows,
    which are named in `rows.txt`. Raises `FeatureError` when they are of another store.
    """

    def __init__(self, folder: str | Path, store: FeatureStore):
        self.folder = Path(folder)
        names = self.folder / "rows.txt"
        if not names.is_file():
            raise FeatureError(f"{folder}: holds no aligned mels, or not yet all")
        if names.read_text("utf-8").splitlines() != [row.id for row in store.rows]:
            raise FeatureError(f"{folder}: these mels were aligned to other features")

    def __call__(self, index: int) -> np.ndarray:
        """The mels of a row, float32 [frames, mels]."""
        return np.load(aligned_path(self.folder, index)).astype(np.float32)


def aligned_path(folder: Path, index: int) -> Path:
    """Where the aligned mels of a row lie."""
    return folder / f"{index:06d}.npy"
