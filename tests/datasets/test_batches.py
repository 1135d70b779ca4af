from types import SimpleNamespace

import numpy as np
import pytest

import hparams
from datasets.batches import Batches, split
from datasets.readers import corpora
from datasets.store import build as features
from datasets.store.features import FeatureError
from tests.datasets.made import TEXTS, write_sound, write_text

SETTINGS = hparams.preset("tiny").override(["audio.linear=true"])
OPTIONS = {"batch_frames": 400, "max_batch": 4, "frame_multiple": 6}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Forty tones of 1 to 3.4 s by two speakers, whose texts grow with them."""
    folder = tmp_path_factory.mktemp("batches")
    for number in range(40):
        stem = folder / "corpus" / f"speaker{number % 2}" / f"{number:03d}"
        length = number % 13
        write_sound(stem.with_suffix(".wav"), number, 1.0 + 0.2 * length)
        text = " ".join(TEXTS[: 1 + length // 4])
        write_text(stem.with_suffix(".txt"), text)
    corpus = corpora.read(folder / "corpus")
    features.build([corpus], folder / "out", SETTINGS, workers=1)
    made = features.FeatureStore.open(folder / "out")
    assert len(made) == 40
    return made


def batches(store, indices=None, **changed) -> Batches:
    indices = range(len(store)) if indices is None else indices
    return Batches(store, indices, **{**OPTIONS, **changed})


def members(store, batch) -> list[int]:
    """Which utterances a batch holds, told by their sound."""
    known = {store.mel(i).tobytes(): i for i in range(len(store))}
    assert len(known) == len(store)
    rows = zip(batch["mels"], batch["frames"], strict=True)
    return [known[mels[:frames].tobytes()] for mels, frames in rows]


def assert_equal(ours, theirs) -> None:
    assert set(ours) == set(theirs)
    for name, array in ours.items():
        assert array.dtype == theirs[name].dtype
        np.testing.assert_array_equal(array, theirs[name])


def test_a_batch_is_a_function_of_its_step(store):
    one, other = batches(store), batches(store)
    steps = range(2 * one.steps_per_epoch + 3)
    forwards = [one.at(step) for step in steps]
    backwards = [other.at(step) for step in reversed(steps)][::-1]
    for (shape, batch), (again, same) in zip(forwards, backwards, strict=True):
        assert shape == again
        assert_equal(batch, same)


def test_another_seed_is_another_order(store):
    orders = [
        [members(store, batches(store, seed=seed).at(step)[1]) for step in range(6)]
        for seed in (1, 2)
    ]
    assert orders[0] != orders[1]


def test_every_utterance_comes_at_least_once_an_epoch(store):
    chosen = [i for i in range(len(store)) if i % 5]
    made = batches(store, chosen)
    epochs = []
    for epoch in range(3):
        first = epoch * made.steps_per_epoch
        steps = range(first, first + made.steps_per_epoch)
        seen = [members(store, made.at(step)[1]) for step in steps]
        flat = [index for batch in seen for index in batch]
        assert set(flat) == set(chosen)
        # A bucket's last batch is filled up; nothing else comes twice.
        spare = sum(bucket.batch - 1 for bucket in made.buckets)
        assert len(flat) <= len(chosen) + spare
        epochs.append(seen)
    assert epochs[0] != epochs[1] != epochs[2]


def test_shapes_are_few_and_known(store):
    made = batches(store, linear=True)
    found = [made.at(step) for step in range(2 * made.steps_per_epoch)]
    shapes = {shape for shape, _ in found}
    assert shapes == {(b.batch, b.frames, b.symbols) for b in made.buckets}
    assert len(shapes) <= 6
    bins = SETTINGS.audio.bins
    for (count, frames, symbols), batch in found:
        assert {name: (a.shape, a.dtype) for name, a in batch.items()} == {
            "ids": ((count, symbols), np.int32),
            "symbols": ((count,), np.int32),
            "speaker": ((count,), np.int32),
            "frames": ((count,), np.int32),
            "mels": ((count, frames, 20), np.float32),
            "linear": ((count, frames, bins), np.float32),
        }
        assert frames % 6 == 0
        assert count <= 4
        assert count == 1 or count * frames <= 400


def test_long_utterances_are_not_padded_to_longer_ones(store):
    made = batches(store)
    for bucket in made.buckets:
        longest = max(store.rows[i].frames for i in bucket.indices)
        assert bucket.frames == -(-longest // 6) * 6
    padded = [frames for _, frames, _ in sorted({made.at(s)[0] for s in range(40)})]
    assert max(padded) > 2 * min(padded)


@pytest.mark.parametrize(("batch_frames", "max_batch"), [(100, 9), (1, 9), (9999, 3)])
def test_the_frame_budget_and_the_limit_hold(store, batch_frames, max_batch):
    made = batches(store, batch_frames=batch_frames, max_batch=max_batch)
    for bucket in made.buckets:
        assert 1 <= bucket.batch <= max_batch
        assert bucket.batch == 1 or bucket.batch * bucket.frames <= batch_frames
    assert {b.batch for b in made.buckets} == {3 if batch_frames == 9999 else 1}


def test_contents_and_padding(store):
    made = batches(store, linear=True)
    silence = -SETTINGS.audio.mel_range
    for step in range(made.steps_per_epoch):
        batch = made.at(step)[1]
        for place, index in enumerate(members(store, batch)):
            row, frames = store.rows[index], store.rows[index].frames
            ids = batch["ids"][place]
            assert batch["symbols"][place] == len(row.ids)
            assert ids[: len(row.ids)].tolist() == row.ids
            assert not ids[len(row.ids) :].any()
            assert store.speakers[batch["speaker"][place]] == row.speaker
            for kind in ("mel", "linear"):
                array = batch["mels" if kind == "mel" else kind][place]
                real = getattr(store, kind)(index)
                np.testing.assert_array_equal(array[:frames], real)
                assert (array[frames:] == silence).all()


def test_the_largest_batch_is_one_that_will_come(store):
    made = batches(store)
    shape, batch = made.largest()
    shapes = [made.at(step)[0] for step in range(made.steps_per_epoch)]
    assert shape in shapes
    assert np.prod(shape) == max(np.prod(each) for each in shapes)
    assert batch["mels"].shape[:2] == shape[:2]


def test_together_takes_just_these(store):
    chosen = [7, 0, 12]
    batch = batches(store).together(chosen)
    assert members(store, batch) == chosen
    longest = max(store.rows[i].frames for i in chosen)
    assert batch["mels"].shape[1] == -(-longest // 6) * 6
    assert batch["ids"].shape[1] == max(len(store.rows[i].ids) for i in chosen)


def test_fewer_utterances_than_buckets(store):
    made = batches(store, [3, 4])
    seen = {i for s in range(4) for i in members(store, made.at(s)[1])}
    assert seen == {3, 4}


def test_without_an_utterance_there_is_nothing_to_train(store):
    with pytest.raises(ValueError, match="no utterance to train on"):
        batches(store, [])


def test_linear_needs_a_store_with_linear(tmp_path):
    write_sound(tmp_path / "corpus/a.wav", 1)
    write_text(tmp_path / "corpus/a.txt", TEXTS[0])
    settings = hparams.preset("tiny")
    corpus = corpora.read(tmp_path / "corpus")
    features.build([corpus], tmp_path / "out", settings, workers=1)
    plain = features.FeatureStore.open(tmp_path / "out")
    assert "linear" not in batches(plain).at(0)[1]
    with pytest.raises(FeatureError, match="--linear"):
        batches(plain, linear=True).at(0)


class Names(list):
    """As much of a store as `split` reads."""

    @property
    def rows(self):
        return [SimpleNamespace(id=f"utterance {name}") for name in self]

    def sides(self, held_out):
        train, unseen = split(self, held_out)
        assert sorted(train + unseen) == list(range(len(self)))
        return {self[i] for i in train}, {self[i] for i in unseen}


@pytest.mark.parametrize(
    ("count", "held_out", "expected"), [(200, 10, 10), (35, 10, 3), (9, 10, 0)]
)
def test_split_holds_out_at_most_a_tenth(count, held_out, expected):
    train, unseen = Names(range(count)).sides(held_out)
    assert len(unseen) == expected
    assert len(train) == count - expected


def test_split_does_not_depend_on_the_order():
    names = Names(range(200))
    assert Names(names[::-1]).sides(10) == names.sides(10)


def test_split_is_stable_when_utterances_are_added():
    before, after = Names(range(200)), Names(range(-100, 300))
    train, unseen = before.sides(10)
    later_train, later_unseen = after.sides(10)
    assert not train & later_unseen
    # One that left the held-out side made room for a new one.
    gone = unseen & later_train
    new = later_unseen - unseen
    assert len(gone) == len(new) < 10
    assert all(not 0 <= name < 200 for name in new)


def test_split_is_no_slice():
    _, unseen = Names(range(1000)).sides(100)
    assert min(unseen) < 100
    assert max(unseen) >= 900
