"""Feature store -> batches of few static shapes; a batch is a function of its step."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from datasets.store.features import FeatureError, FeatureStore


@dataclass(frozen=True)
class Bucket:
    """Utterances of similar length and the one shape they are padded to."""

    indices: tuple[int, ...]
    batch: int
    frames: int
    symbols: int


def split(store: FeatureStore, held_out: int) -> tuple[list[int], list[int]]:
    """Indices to train on and indices held out, chosen by the hash of their ids.

    At most a tenth is held out. An utterance stays on its side when others are added,
    unless one that hashes lower takes its place.
    """

    def rank(index):
        return hashlib.sha256(store.rows[index].id.encode()).digest()

    order = sorted(range(len(store)), key=rank)
    count = min(held_out, len(store) // 10)
    return sorted(order[count:]), order[:count]


def frames_in(batch: dict[str, np.ndarray]) -> int:
    """How many real frames a batch holds."""
    return int(batch["frames"].sum())


class Batches:
    """Batches of a frame budget, in length buckets, shuffled anew every epoch.

    `at(step)` depends on the arguments and the step alone, so a resumed training sees
    what an unbroken one would have seen. Frames are padded to a multiple of
    `frame_multiple` (every reduction factor in use must divide it).
    """

    def __init__(
        self,
        store: FeatureStore,
        indices: Sequence[int],
        *,
        batch_frames: int,
        max_batch: int,
        frame_multiple: int,
        linear: bool = False,
        buckets: int = 6,
        seed: int = 1,
    ):
        if not indices:
            raise FeatureError("no utterance to train on: preprocess more recordings")
        self._store, self._linear, self._seed = store, linear, seed
        self._multiple = frame_multiple
        self._speakers = {name: i for i, name in enumerate(store.speakers)}
        self.buckets = _buckets(
            store, indices, batch_frames, max_batch, frame_multiple, buckets
        )
        self.steps_of_buckets = [-(-len(b.indices) // b.batch) for b in self.buckets]
        self.steps_per_epoch = sum(self.steps_of_buckets)
        self._epoch: tuple[int, list] | None = None

    def at(self, step: int) -> tuple[tuple[int, int, int], dict[str, np.ndarray]]:
        """The shape (utterances, frames, symbols) and batch of `step`.

        ids int32 [B, S], symbols int32 [B], speaker int32 [B], mels float32
        [B, T, M], frames int32 [B], and linear float32 [B, T, bins] on request.
        """
        epoch, place = divmod(step, self.steps_per_epoch)
        bucket, indices = self._order(epoch)[place]
        return self._shaped(bucket, indices)

    def largest(self) -> tuple[tuple[int, int, int], dict[str, np.ndarray]]:
        """The batch that needs most memory, to try before a long training."""
        bucket = max(self.buckets, key=lambda b: b.batch * b.frames * b.symbols)
        return self.filled(bucket)

    def filled(self, bucket: Bucket) -> tuple[tuple[int, int, int], dict]:
        """The shape of a bucket and a batch of it, as `at` gives them."""
        return self._shaped(bucket, np.resize(bucket.indices, bucket.batch))

    def together(self, indices: Sequence[int]) -> dict[str, np.ndarray]:
        """One batch of just these utterances, whatever their number and length."""
        rows = [self._store.rows[i] for i in indices]
        frames = max(row.frames for row in rows)
        padded = -(-frames // self._multiple) * self._multiple
        return self.collate(indices, padded, max(len(row.ids) for row in rows))

    def each(self) -> Iterator[tuple[list[int], dict[str, np.ndarray]]]:
        """Every utterance once: `(indices, batch)` in the shapes of training. Rows of a
        batch beyond its indices repeat some."""
        for bucket in self.buckets:
            for begin in range(0, len(bucket.indices), bucket.batch):
                indices = list(bucket.indices[begin : begin + bucket.batch])
                yield (
                    indices,
                    self._shaped(bucket, np.resize(indices, bucket.batch))[1],
                )

    def _shaped(self, bucket, indices):
        batch = self.collate(indices, bucket.frames, bucket.symbols)
        return (bucket.batch, bucket.frames, bucket.symbols), batch

    def collate(self, indices, frames: int, symbols: int) -> dict[str, np.ndarray]:
        """One batch of the given utterances, padded with silence to the given sizes."""
        store, count = self._store, len(indices)
        silence = -store.audio.mel_range
        batch = {
            "ids": np.zeros((count, symbols), np.int32),
            "symbols": np.zeros(count, np.int32),
            "speaker": np.zeros(count, np.int32),
            "mels": np.full((count, frames, store.audio.mels), silence, np.float32),
            "frames": np.zeros(count, np.int32),
        }
        if self._linear:
            shape = (count, frames, store.audio.bins)
            batch["linear"] = np.full(shape, silence, np.float32)
        for place, index in enumerate(indices):
            row = store.rows[index]
            batch["ids"][place, : len(row.ids)] = row.ids
            batch["symbols"][place] = len(row.ids)
            batch["speaker"][place] = self._speakers[row.speaker]
            batch["mels"][place, : row.frames] = store.mel(index)
            batch["frames"][place] = row.frames
            if self._linear:
                batch["linear"][place, : row.frames] = store.linear(index)
        return batch

    def _order(self, epoch: int) -> list[tuple[Bucket, np.ndarray]]:
        """All batches of an epoch; a bucket's last batch is filled from its first."""
        if self._epoch is None or self._epoch[0] != epoch:
            random = np.random.default_rng((self._seed, epoch))
            batches = []
            for bucket, count in zip(self.buckets, self.steps_of_buckets, strict=True):
                shuffled = np.resize(
                    random.permutation(bucket.indices), count * bucket.batch
                )
                batches += [(bucket, part) for part in np.split(shuffled, count)]
            order = random.permutation(len(batches))
            self._epoch = (epoch, [batches[i] for i in order])
        return self._epoch[1]


def _buckets(store, indices, batch_frames, max_batch, multiple, count):
    """Equally full buckets of rising length, each as large as its longest utterance.

    A bucket holds at least a largest batch: a shape that came once an epoch would cost
    more to compile than it saves in padding.
    """
    ordered = sorted(indices, key=lambda i: (store.rows[i].frames, store.rows[i].id))
    count = max(1, min(count, len(ordered) // max_batch))
    parts = np.array_split(np.array(ordered), count)
    buckets = []
    for part in parts:
        longest = max(store.rows[i].frames for i in part)
        frames = -(-longest // multiple) * multiple
        batch = int(np.clip(batch_frames // frames, 1, min(max_batch, len(part))))
        symbols = max(len(store.rows[i].ids) for i in part)
        buckets.append(Bucket(tuple(int(i) for i in part), batch, frames, symbols))
    return buckets
