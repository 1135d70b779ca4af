"""Vocal models: made of clips, whole at every moment, kept, carried, refused."""

import json
import os
import shutil
import zipfile

import numpy as np
import pytest

from moksori.audio.files import decode, resample, save
from moksori.covers import conversion, packing, training, voice
from tests.covers.made import RATE, spoken


@pytest.fixture(scope="module")
def clips(tmp_path_factory, covers_installed):
    folder = tmp_path_factory.mktemp("내 clips [1]")
    paths = []
    for number in range(2):
        wave = np.concatenate([spoken(3, line) for line in (number, 2, 4)])
        paths.append(folder / f"{number} 클립.wav")
        save(paths[-1], wave, RATE)
    return paths


@pytest.fixture(scope="module")
def trained(clips, tmp_path_factory):
    """The folder of a model of two epochs, and what was told meanwhile."""
    folder = tmp_path_factory.mktemp("vocals") / "내 목소리"
    told, epochs = [], []
    model = training.train(
        clips,
        folder,
        "minji",
        "Kim Minji, 2026, tests",
        epochs=3,
        progress=lambda stage, done: told.append((stage, done)),
        report=epochs.append,
    )
    return folder, model, told, epochs


def test_a_model_is_made_of_clips_and_described(trained, clips):
    folder, model, told, epochs = trained
    assert model.trained
    about = voice.read_about(folder)
    assert (about.name, about.clips) == ("minji", ("0 클립.wav", "1 클립.wav"))
    assert about.consent == "Kim Minji, 2026, tests"
    assert about.seconds > training.LEAST_SECONDS
    assert [stage for stage, done in told if done == 1] == ["read", "index", "disguise"]
    assert [each.number for each in epochs] == [1, 2, 3]
    assert epochs[-1].loss < epochs[0].loss
    best = min(epochs, key=lambda each: each.distance)
    assert (about.epochs, about.distance) == (best.number, round(best.distance, 3))
    assert epochs[0].best
    sample, rate = decode(folder / voice.SAMPLE)
    assert (len(sample), rate) == (6 * RATE, RATE)
    assert np.abs(sample).max() > 0.01


def test_clips_of_full_band_give_a_voice_of_full_band(clips, tmp_path):
    paths = [tmp_path / f"{number}.wav" for number in range(2)]
    for path, clip in zip(paths, clips, strict=True):
        wave = resample(decode(clip)[0], RATE, 44100)
        hiss = np.random.default_rng(0).standard_normal(len(wave)).astype("f4")
        save(path, wave + 0.3 * hiss * np.abs(wave), 44100)
    model = training.train(paths, tmp_path / "v", "minji", "consent", epochs=0)
    assert model.about.sample_rate == 44100
    sample, rate = decode(tmp_path / "v" / voice.SAMPLE)
    power = np.abs(np.fft.rfft(sample)) ** 2
    hertz = np.fft.rfftfreq(len(sample), 1 / rate)
    assert power[hertz > 12000].sum() > 1e-5 * power.sum()


def test_a_training_that_is_stopped_leaves_a_whole_model(clips, tmp_path):
    def stop(stage, done):
        if stage == "index":
            raise KeyboardInterrupt

    folder = tmp_path / "stopped"
    with pytest.raises(KeyboardInterrupt):
        training.train(clips, folder, "minji", "consent", epochs=3, progress=stop)
    model = voice.VocalModel.load(folder)
    assert not model.trained
    states = np.random.default_rng(0).normal(size=(50, 384)).astype("f4")
    timbre = model.timbre(states, np.full(50, 200.0))
    assert timbre.cepstra.shape == (50, 40)

    def enough(epoch):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        training.train(clips, folder, "minji", "consent", epochs=3, report=enough)
    assert voice.VocalModel.load(folder).trained
    assert voice.read_about(folder).epochs == 1


def test_a_model_is_trained_on_and_gets_no_worse(trained, clips, tmp_path):
    folder = shutil.copytree(trained[0], tmp_path / "on")
    before, epochs = voice.read_about(folder), []
    how = {"epochs": 2, "resume": True, "report": epochs.append}
    training.train(clips, folder, "minji", "consent", **how)
    first = before.epochs + 1
    assert [(each.number, each.epochs) for each in epochs] == [
        (first, first + 1),
        (first + 1, first + 1),
    ]
    after = voice.read_about(folder)
    reached = [before.distance, *(round(each.distance, 3) for each in epochs)]
    assert after.distance == min(reached)
    # It learns on from where it was.
    assert epochs[0].loss < trained[3][0].loss


def test_an_index_alone_is_trained_on_from_nothing(clips, tmp_path):
    folder = tmp_path / "index"
    training.train(clips, folder, "minji", "consent", epochs=0)
    training.train(clips, folder, "minji", "consent", epochs=1, resume=True)
    assert voice.read_about(folder).epochs == 1


def test_the_same_seed_gives_the_same_model(trained, clips, tmp_path):
    folder, *_ = trained
    again = tmp_path / "again"
    training.train(clips, again, "minji", "consent", epochs=3)
    with np.load(folder / voice.DECODER) as one, np.load(again / voice.DECODER) as two:
        for name in one.files:
            np.testing.assert_array_equal(one[name], two[name])


def test_a_decoder_learns_by_the_wave_and_sings(clips, tmp_path):
    folder, epochs = tmp_path / "wave", []
    how = {"epochs": 3, "decoder": "wave", "report": epochs.append}
    training.train(clips, folder, "minji", "consent", **how)
    assert epochs[-1].loss < epochs[0].loss - 0.05
    more = {"epochs": 1, "resume": True, "report": epochs.append}
    training.train(clips, folder, "minji", "consent", **more)
    assert epochs[-1].distance < epochs[0].distance - 0.5
    packing.pack(folder, tmp_path / "wave.zip")
    model = packing.unpack(tmp_path / "wave.zip", tmp_path / "other")
    assert model.about.settings["decoder"] == "wave"
    wave = spoken(0, 0)
    made = conversion.Converter(model).convert(wave, RATE)
    assert len(made) == len(wave)
    assert np.corrcoef(powers(wave), powers(made))[0, 1] > 0.7
    # A decoder of other sizes than are known is none.
    with np.load(folder / voice.DECODER) as arrays:
        cut = {name: arrays[name][..., :9] for name in arrays.files}
    np.savez(folder / voice.DECODER, **cut)
    with pytest.raises(voice.VoiceError, match="no decoder"):
        voice.VocalModel.load(folder)


def powers(wave: np.ndarray) -> np.ndarray:
    """The level of each 20 ms, decibel."""
    hop = RATE // 50
    frames = wave[: len(wave) // hop * hop].reshape(-1, hop)
    return 10 * np.log10(np.mean(frames**2, axis=1) + 1e-6)


def test_too_little_voice_and_too_many_clips_are_refused(tmp_path, covers_installed):
    short = tmp_path / "short.wav"
    save(short, spoken(0, 0), RATE)
    with pytest.raises(voice.VoiceError, match="10 s are needed"):
        training.train([short], tmp_path / "v", "x", "consent")
    assert not (tmp_path / "v").exists()
    with pytest.raises(voice.VoiceError, match="1 to 5 clips"):
        training.train([short] * 6, tmp_path / "v", "x", "consent")


def test_a_model_is_carried_in_a_zip(trained, tmp_path):
    folder, model, *_ = trained
    packing.pack(folder, tmp_path / "voice.zip")
    other = packing.unpack(tmp_path / "voice.zip", tmp_path / "다른 곳")
    assert other.about == model.about
    states = np.random.default_rng(0).normal(size=(50, 384)).astype("f4")
    hertz = np.full(50, 200.0)
    for rate in (0.0, 0.5, 1.0):
        one, two = (each.timbre(states, hertz, rate) for each in (model, other))
        np.testing.assert_array_equal(one.cepstra, two.cepstra)
    with pytest.raises(FileExistsError):
        packing.unpack(tmp_path / "voice.zip", tmp_path / "다른 곳")


class Harm:
    def __reduce__(self):
        return os.system, ("touch harmed",)


def hostile(trained, tmp_path):
    """Zips that a stranger may send, by what is said of them."""
    folder, *_ = trained
    good = {each.name: each.read_bytes() for each in folder.iterdir() if each.is_file()}
    about = json.loads(good[voice.DESCRIPTION])

    def zipped(name, files, **entry):
        path = tmp_path / f"{name}.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, content in files.items():
                info = zipfile.ZipInfo(member)
                info.compress_type = zipfile.ZIP_DEFLATED
                for key, value in entry.items():
                    setattr(info, key, value)
                archive.writestr(info, content)
        return path

    pickled = tmp_path / "pickled.npz"
    np.savez(pickled, content=np.array([Harm()], object))
    described = voice.DESCRIPTION
    yield "elsewhere", zipped("slip", {"../../voice.json": b"{}"})
    yield "elsewhere", zipped("absolute", {"/etc/voice.json": b"{}"})
    yield "elsewhere", zipped("drive", {"C:\\voice.json": b"{}"})
    yield "elsewhere", zipped("link", good, external_attr=0o120777 << 16)
    yield "far more", zipped("bomb", {described: b" " * 50_000_000})
    yield "more than 64", zipped("many", {f"{n}.txt": b"" for n in range(65)})
    yield "whose voice", zipped("rvc", {"model/voice.pth": b"PK", "a.index": b""})
    yield "no vocal model", zipped("other", {"readme.txt": b"hello"})
    yield "no index", zipped("pickle", {**good, voice.INDEX: pickled.read_bytes()})
    yield "no index", zipped("cut", {**good, voice.INDEX: good[voice.INDEX][:999]})
    yield "no decoder", zipped("junk", {**good, voice.DECODER: b"\x80\x04K\x01."})
    for change in (
        {"sample_rate": 5},
        {"settings": 5},
        {"kind": "x"},
        {"clips": 5},
        {"more": 1},
        {"encoder": "another"},
    ):
        changed = json.dumps({**about, **change}).encode()
        name = f"about-{next(iter(change))}"
        yield ".", zipped(name, {**good, described: changed})
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"PK\x03\x04 no zip")
    yield "no zip", broken


def test_what_strangers_send_is_refused_in_a_line_and_runs_nothing(
    trained, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    cases = list(hostile(trained, tmp_path))
    assert len(cases) == 18
    for said, path in cases:
        with pytest.raises(voice.VoiceError, match=said) as caught:
            packing.unpack(path, tmp_path / "in" / "voice")
        assert "\n" not in str(caught.value)
        assert not list((tmp_path / "in").iterdir())
    assert not (tmp_path / "harmed").exists()


def test_a_folder_that_is_none_is_said_so(tmp_path, trained):
    with pytest.raises(voice.VoiceError, match="no vocal model"):
        voice.VocalModel.load(tmp_path)
    folder = shutil.copytree(trained[0], tmp_path / "copy")
    (folder / voice.INDEX).write_bytes(b"")
    with pytest.raises(voice.VoiceError, match="no index"):
        voice.VocalModel.load(folder)
