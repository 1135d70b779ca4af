"""Crops against the store, sample by sample and frame by frame."""

from collections import Counter

import numpy as np
import pytest

from datasets.crops import AlignedMels, AlignedWriter, Crops
from datasets.store import build as features
from datasets.store.features import FeatureError
from moksori.audio.coding import Coding
from moksori.audio.lpc import LinearPrediction
from tests.datasets.made import TEXTS, write_sound, write_text
from tests.datasets.stores import TINY, build

PLAIN = Coding(0.0, companded=False)
CODINGS = [PLAIN, Coding(0.85, companded=False), Coding(0.85, companded=True)]
PREDICTION = LinearPrediction(TINY.audio, 12)
BANDS = [
    Coding(0.85, bands=4),
    Coding(0.0, prediction=PREDICTION),
    Coding(0.0, bands=4, prediction=PREDICTION),
]
HOP = TINY.audio.hop_length
# A past that begins within a frame.
OPTIONS = {"batch": 3, "frames": 5, "past": 2 * HOP + 9, "context": 2}
HISTORY = 3


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Six utterances of two speakers, each of its own length."""
    folder = tmp_path_factory.mktemp("crops")
    for number in range(6):
        stem = folder / "corpus" / f"speaker{number % 2}" / f"{number}"
        write_sound(stem.with_suffix(".wav"), number, 0.6 + 0.1 * number)
        write_text(stem.with_suffix(".txt"), TEXTS[0])
    build(folder / "corpus", folder / "out")
    made = features.FeatureStore.open(folder / "out")
    assert len({row.frames for row in made.rows}) == len(made) == 6
    return made


def crops(store, indices=None, coding=PLAIN, **changed) -> Crops:
    indices = range(len(store)) if indices is None else indices
    return Crops(store, indices, coding, **{**OPTIONS, **changed})


def each(batch) -> list[dict]:
    """The crops of a batch, one by one."""
    count = len(batch["speaker"])
    return [{name: array[i] for name, array in batch.items()} for i in range(count)]


def place_of(store, crop, frames: int, context: int) -> tuple[int, int]:
    """Utterance and first frame of a crop, told by the mels of its frames."""
    first = len(crop["mels"]) - context - frames
    wanted = crop["mels"][first : first + frames]
    found = [
        (index, start)
        for index in range(len(store))
        for start in range(store.rows[index].frames - frames + 1)
        if (store.mel(index)[start : start + frames] == wanted).all()
    ]
    assert len(found) == 1
    return found[0]


def placed(store, made: Crops, steps, **sizes):
    """(utterance, first frame, crop) of all crops of some steps."""
    sizes = {"frames": OPTIONS["frames"], "context": OPTIONS["context"], **sizes}
    for step in steps:
        for crop in each(made.at(step)[1]):
            yield *place_of(store, crop, **sizes), crop


def assert_equal(ours, theirs) -> None:
    assert set(ours) == set(theirs)
    for name, array in ours.items():
        np.testing.assert_array_equal(array, theirs[name])


@pytest.mark.parametrize("coding", CODINGS)
def test_samples_are_those_of_the_store(store, coding):
    """Also the first of a crop, whose pre-emphasis needs the sample before it."""
    seen = set()
    for index, start, crop in placed(store, crops(store, coding=coding), range(12)):
        past, end = OPTIONS["past"], (start + OPTIONS["frames"]) * HOP
        whole = coding.encode(store.wave(index))
        # Silence before the start, and enough of it.
        whole = np.pad(whole, ((past + 1, 0), (0, 0)))
        expected = whole[start * HOP : end + past + 1]
        np.testing.assert_array_equal(crop["target"], expected[past + 1 :])
        np.testing.assert_array_equal(crop["signal"], expected[:-1])
        seen.add(start * HOP > past)
    assert seen == {True, False}


@pytest.mark.parametrize("coding", BANDS)
def test_steps_of_bands_are_those_of_the_store(store, coding):
    """But for the edges of an utterance, beyond which the whole has no steps."""
    hop, past, seen = HOP // coding.bands, OPTIONS["past"], 0
    for index, start, crop in placed(store, crops(store, coding=coding), range(12)):
        whole = coding.encode(store.wave(index), store.mel(index))
        edge = coding.before // coding.bands + 1
        begin, end = start * hop, (start + OPTIONS["frames"]) * hop
        kept = slice(max(begin, edge), min(end, len(whole) - edge))
        target = crop["target"][kept.start - begin : kept.stop - begin]
        np.testing.assert_allclose(target, whole[kept], rtol=1e-3, atol=1e-5)
        assert crop["signal"].shape == (past + 5 * hop, coding.bands)
        np.testing.assert_array_equal(crop["signal"][past + 1 :], crop["target"][:-1])
        seen += kept.stop - kept.start
    assert seen > 12 * hop


def test_mels_lie_along_the_samples(store):
    made = crops(store)
    for index, start, crop in placed(store, made, range(6)):
        mels, context = store.mel(index), OPTIONS["context"]
        first = start - HISTORY - context
        last = start + OPTIONS["frames"] + context
        rows = [min(max(row, 0), len(mels) - 1) for row in range(first, last)]
        np.testing.assert_array_equal(crop["mels"], mels[rows])
        signal_frames = HISTORY + OPTIONS["frames"]
        assert 0 <= signal_frames * HOP - crop["signal"].size < HOP


def test_the_signal_is_delayed_by_one(store):
    past = OPTIONS["past"]
    for step in range(4):
        batch = crops(store).at(step)[1]
        ahead = batch["signal"][:, past + 1 :]
        np.testing.assert_array_equal(ahead, batch["target"][:, :-1])
        assert np.abs(batch["target"]).max() > 0.01


def test_shapes_types_and_speakers(store):
    shape, batch = crops(store).at(0)
    samples = OPTIONS["frames"] * HOP
    assert shape == (3, 5)
    assert {name: (a.shape, a.dtype) for name, a in batch.items()} == {
        "signal": ((3, samples + OPTIONS["past"], 1), np.float32),
        "target": ((3, samples, 1), np.float32),
        "mels": ((3, HISTORY + 5 + 2 * OPTIONS["context"], 20), np.float32),
        "speaker": ((3,), np.int32),
        "weight": ((3,), np.float32),
    }
    assert batch["weight"].sum() == pytest.approx(1.0)
    assert crops(store).frames_in(batch) == 15
    speakers = set()
    for index, _, crop in placed(store, crops(store), range(6)):
        assert store.speakers[crop["speaker"]] == store.rows[index].speaker
        speakers.add(int(crop["speaker"]))
    assert speakers == {0, 1}


def test_every_place_is_equally_likely(store):
    """Four places in the longest utterance, one in one that is shorter than a crop."""
    by_length = sorted(range(len(store)), key=lambda i: store.rows[i].frames)
    short, long = by_length[0], by_length[-1]
    frames = store.rows[long].frames - 3
    made = crops(store, [long, short], frames=frames, batch=10)
    counts = Counter()
    for step in range(50):
        for crop in each(made.at(step)[1]):
            if crop["mels"][-1].tolist() == store.mel(short)[-1].tolist():
                counts["short"] += 1
            else:
                counts[place_of(store, crop, frames, OPTIONS["context"])] += 1
    assert set(counts) == {"short", *((long, start) for start in range(4))}
    # Four standard deviations around a hundred of five hundred.
    assert all(64 < count < 136 for count in counts.values())


def test_a_batch_is_a_function_of_seed_and_step(store):
    one, other = crops(store), crops(store)
    forwards = [one.at(step)[1] for step in range(5)]
    backwards = [other.at(step)[1] for step in range(4, -1, -1)][::-1]
    for ours, theirs in zip(forwards, backwards, strict=True):
        assert_equal(ours, theirs)
    assert (forwards[0]["target"] != forwards[1]["target"]).any()
    seeded = crops(store, seed=2).at(0)[1]
    assert (forwards[0]["target"] != seeded["target"]).any()


def test_what_is_judged_stays_the_same(store):
    made = crops(store)
    made.at(3)
    fixed = made.fixed(2)
    for ours, theirs in zip(fixed, crops(store).fixed(2), strict=True):
        assert_equal(ours, theirs)
    assert (fixed[0]["target"] != fixed[1]["target"]).any()


def test_a_short_utterance_goes_on_in_silence(store):
    index, more = 1, 4
    frames = store.rows[index].frames
    coding = CODINGS[-1]
    made = crops(store, [index], coding, frames=frames + more)
    for step in range(3):
        for crop in each(made.at(step)[1]):
            wave = store.wave(index)
            signal = coding.encode(np.pad(wave, (0, more * HOP)))
            np.testing.assert_array_equal(crop["target"], signal)
            # Its end is still heard in the first of them, by the pre-emphasis.
            assert not signal[wave.size + 1 :].any()
            assert not crop["signal"][: OPTIONS["past"] + 1].any()
            mels, before = crop["mels"], HISTORY + OPTIONS["context"]
            np.testing.assert_array_equal(
                mels[before : before + frames], store.mel(index)
            )
            assert (mels[:before] == store.mel(index)[0]).all()
            assert (mels[before + frames :] == store.mel(index)[-1]).all()


def test_dither_is_in_the_recording(store):
    """In past and target the same, before its start too, and under the emphasis."""
    quiet, past = 1e-4, OPTIONS["past"]
    for coding in CODINGS[:2]:
        usual, noisy, again = (
            crops(store, coding=coding, dither=dither, batch=20).at(0)[1]
            for dither in (0.0, quiet, quiet)
        )
        assert_equal(noisy, again)
        ahead = noisy["signal"][:, past + 1 :]
        np.testing.assert_array_equal(ahead, noisy["target"][:, :-1])
        np.testing.assert_array_equal(noisy["mels"], usual["mels"])
        added = noisy["signal"] - usual["signal"]
        expected = quiet * np.hypot(1, coding.preemphasis)
        assert np.std(added, axis=1) == pytest.approx(expected, rel=0.1)
        assert abs(np.corrcoef(added[0, :, 0], added[1, :, 0])[0, 1]) < 0.15
    silent = ~usual["signal"][:, 0, 0].astype(bool)
    assert silent.any()
    assert noisy["signal"][silent, 0, 0].all()


def test_input_noise_is_heard_and_not_predicted(store):
    usual, noisy = (
        crops(store, input_noise=noise, batch=20).at(0)[1] for noise in (0.0, 0.05)
    )
    np.testing.assert_array_equal(noisy["target"], usual["target"])
    difference = noisy["signal"] - usual["signal"]
    assert np.std(difference) == pytest.approx(0.05, rel=0.02)
    assert abs(np.mean(difference)) < 0.005
    loud = crops(store, input_noise=2.0).at(0)[1]["signal"]
    assert (loud.min(), loud.max()) == (-1.0, 1.0)
    assert loud.dtype == np.float32


def test_other_mels_than_those_of_the_store(store):
    def negative(index):
        return -store.mel(index)

    usual, other = (crops(store, mels=m).at(0)[1] for m in (None, negative))
    np.testing.assert_array_equal(other["mels"], -usual["mels"])
    np.testing.assert_array_equal(other["signal"], usual["signal"])


@pytest.mark.parametrize("change", [lambda m: m[:-1], lambda m: np.vstack([m, m[:1]])])
def test_mels_of_another_length_are_refused(store, change):
    made = crops(store, [3], mels=lambda index: change(store.mel(index)))
    frames = store.rows[3].frames
    with pytest.raises(FeatureError, match=f"for a recording of {frames}; make") as got:
        made.at(0)
    assert store.rows[3].id in str(got.value)


def test_without_an_utterance_there_is_nothing_to_train(store):
    with pytest.raises(FeatureError, match="no utterance to train on"):
        crops(store, [])


@pytest.fixture
def aligned(store, tmp_path):
    """A folder of mels along the recordings, as a voice would have made it."""
    writer = AlignedWriter(tmp_path / "mels", store, "a voice")
    for index in range(len(store)):
        writer.write(index, 0.5 * store.mel(index))
    writer.finish()
    return tmp_path / "mels"


def test_aligned_mels_are_those_that_were_made(store, aligned):
    mels = AlignedMels(aligned, store)
    for index in range(len(store)):
        assert mels(index).dtype == np.float32
        np.testing.assert_allclose(mels(index), 0.5 * store.mel(index), atol=2e-3)
    usual, other = (crops(store, mels=m).at(0)[1] for m in (None, mels))
    np.testing.assert_allclose(other["mels"], 0.5 * usual["mels"], atol=2e-3)


def test_aligned_mels_one_frame_short_are_refused_and_not_padded(store, aligned):
    path = aligned / "000003.npy"
    np.save(path, np.load(path)[:-1])
    frames = store.rows[3].frames
    with pytest.raises(FeatureError, match=f"{frames - 1} mel frames for a recording"):
        crops(store, [3], mels=AlignedMels(aligned, store)).at(0)
    with pytest.raises(ValueError, match=f"{frames - 1} mel frames"):
        AlignedWriter(aligned, store, "a voice").write(3, store.mel(3)[:-1])


def test_aligned_mels_of_another_store_or_not_all_are_refused(store, aligned, tmp_path):
    with pytest.raises(FeatureError, match="no aligned mels"):
        AlignedMels(tmp_path, store)
    rows = (aligned / "rows.txt").read_text("utf-8").splitlines()
    for other in (rows[:-1], rows[::-1]):
        (aligned / "rows.txt").write_text("\n".join(other) + "\n", "utf-8")
        with pytest.raises(FeatureError, match="aligned to other features"):
            AlignedMels(aligned, store)
