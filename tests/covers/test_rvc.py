"""A model of RVC is imported from a zip, kept whole, and sings what it is given."""

import shutil
import zipfile

import numpy as np
import pytest
from keras import ops

from moksori.audio.files import decode, resample, save
from moksori.commands import convert, vocal
from moksori.commands import cover as cover_command
from moksori.covers import conversion, packing, rvc, weights
from moksori.covers.index import mean_of_nearest
from moksori.covers.rvc_files import RATES
from moksori.covers.voice import INDEX, RVC_KIND, VoiceError, read_about
from moksori.speakers.weights import WeightsMissing
from tests.covers.made import RATE, spoken
from tests.covers.rvc_definition import Definition
from tests.covers.rvc_made import (
    contentvec_file,
    index_file,
    pth,
    saved,
    shape_of,
    weights_of,
)

CONSENT = "Kim Minji, 2026, tests"
SHAPE = shape_of()
FRAMES = np.random.default_rng(5).standard_normal((60, 768)).astype("f4")


@pytest.fixture(scope="module")
def model_file():
    return pth(saved(SHAPE))


def zipped(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory, model_file, covers_installed):
    """A model that was imported by the command, from folders with Korean names."""
    place = tmp_path_factory.mktemp("rvc")
    files = {
        "모델/가수 (1).pth": model_file,
        "모델/더/added_IVF4_Flat_nprobe_1_가수_v2.index": index_file(FRAMES),
        "모델/더/trained_IVF4_Flat_nprobe_1_가수_v2.index": index_file(FRAMES[:0]),
        "모델/G_2333333.pth": b"a checkpoint",
        "__MACOSX/모델/._가수 (1).pth": b"of Finder",
        "모델/읽어 보세요.txt": b"hello",
    }
    path = zipped(place / "가수.zip", files)
    flags = "import", path, place / "내 가수", "--consent", CONSENT
    assert vocal.main([str(each) for each in flags]) == 0
    return place / "내 가수"


@pytest.fixture
def model(folder):
    return conversion.read(folder)


@pytest.fixture
def brought(tmp_path, monkeypatch):
    """The folder of weights that are brought, with a ContentVec in it."""
    monkeypatch.setattr(weights, "BROUGHT", tmp_path / "weights")
    return contentvec_file(tmp_path / "weights/contentvec/vec-768-layer-12.onnx")


def test_an_import_is_whole_and_described(folder, model, capsys):
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["index.npz", "network.npz", "voice.json"]
    about = read_about(folder)
    assert (about.name, about.kind, about.sample_rate) == ("가수 (1)", RVC_KIND, 40000)
    assert about.consent == CONSENT
    np.testing.assert_array_equal(model.frames, FRAMES.astype("f2").astype("f4"))
    assert vocal.main(["list", str(folder.parent)]) == 0
    assert "RVC v2, 40000 Hz, 60 frames of index; Kim" in capsys.readouterr().out


def test_a_model_of_rvc_is_packed_as_ours_are(folder, tmp_path):
    packing.pack(folder, tmp_path / "a.zip")
    again = packing.unpack(tmp_path / "a.zip", tmp_path / "again")
    assert again.about == read_about(folder)
    for name in ("index.npz", "network.npz"):
        one, two = ((each / name).read_bytes() for each in (folder, tmp_path / "again"))
        assert one == two


class OfWindows(zipfile.ZipInfo):
    """An entry with its name in the Korean code page, which says nothing of it."""

    def _encodeFilenameFlags(self):
        return self.filename.encode("cp949"), self.flag_bits


def test_names_in_the_korean_of_windows_are_read(
    model_file, tmp_path, covers_installed
):
    path = zipped(tmp_path / "a.zip", {OfWindows("모델/가수.pth"): model_file})
    assert "가수" not in zipfile.ZipFile(path).namelist()[0]
    assert packing.unpack(path, tmp_path / "v", CONSENT).about.name == "가수"


def hostile(model_file, tmp_path):
    """Zips that a stranger may send, by what is said of them."""
    cut = index_file(FRAMES)[:-1]
    other = index_file(FRAMES[:, :256])
    for said, files in (
        ("does not say whose voice", {"a.pth": model_file}),
        ("no vocal model", {"a.index": index_file(FRAMES)}),
        ("more than one .pth: a.pth and b.pth", {"a.pth": b"", "b.pth": b""}),
        ("more than one .pth", {"1/a.pth": b"", "2/a.pth": b""}),
        ("only checkpoints", {"G_100.pth": b"", "D_100.pth": b""}),
        ("only checkpoints", {"f0G48k.pth": model_file}),
        ("more than one .index", {"a.pth": b"", "b.index": b"", "c.index": b""}),
        ("not a file of weights", {"a.pth": b"PK"}),
        ("checkpoint of a training", {"a.pth": pth({"model": {}, "optimizer": {}})}),
        ("without pitch", {"a.pth": pth(saved(SHAPE, f0=0))}),
        ("weights of 768", {"a.pth": pth(saved(SHAPE, "v1"))}),
        ("cannot be read", {"a.pth": model_file, "a.index": cut}),
        ("256 numbers a frame", {"a.pth": model_file, "a.index": other}),
        ("far more than", {"a.pth": bytes(50_000_000)}),
        ("leads elsewhere", {"../a.pth": model_file}),
    ):
        yield said, zipped(tmp_path / f"{len(said)}.zip", files)
    lacking = saved(SHAPE)
    del lacking["weight"]["dec.cond.bias"]
    yield "weights are missing", zipped(tmp_path / "l.zip", {"a.pth": pth(lacking)})


def test_what_strangers_send_is_refused_in_a_line(
    model_file, tmp_path, covers_installed
):
    for said, path in hostile(model_file, tmp_path):
        consent = "" if "whose voice" in said else CONSENT
        with pytest.raises(VoiceError, match=said) as caught:
            packing.unpack(path, tmp_path / "in" / "voice", consent)
        assert "\n" not in str(caught.value)
        assert str(path) in str(caught.value)
        assert not list((tmp_path / "in").iterdir())


def test_a_file_that_is_missing_is_said_before_any_work(
    folder, model, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    wave = spoken(0, 0)
    save(tmp_path / "a.wav", wave, RATE)
    path = "data/weights/contentvec/vec-768-layer-12.onnx"
    for ask in (lambda: conversion.Converter(model), lambda: conversion.load(folder)):
        with pytest.raises(WeightsMissing, match=f"{path} is missing"):
            ask()
    for command in (convert, cover_command):
        assert command.main(["a.wav", "--voice", str(folder)]) == 2
        said = capsys.readouterr().err
        assert f"{path} is missing" in said
        assert "docs/covers.md" in said
        assert said.count("\n") == 1


def test_another_encoder_than_contentvec_is_named(model, brought):
    contentvec_file(weights.BROUGHT / "contentvec/vec-768-layer-12.onnx", size=500)
    with pytest.raises(ValueError, match="is another encoder"):
        model.sing(spoken(0, 0), RATE, np.full(500, 200.0))


@pytest.mark.parametrize("index_rate", [0.0, 0.75])
def test_what_is_sung_is_the_definition(model, brought, index_rate):
    """Content, index, pitch, excitation and network, in a wave of one window."""
    random = np.random.default_rng(3)
    wave = random.standard_normal(RATE).astype("f4") / 10
    hertz = np.where(np.arange(201) < 90, 0.0, 220.0)
    made = model.sing(wave, RATE, hertz, index_rate, protect=0.4)
    assert len(made) == 101 * 400
    margin, window = rvc._MARGIN, rvc._WINDOW
    pitch = np.pad(hertz[::2], (margin, window - 101 - margin))
    heard = rvc._heard(wave, RATE, window)
    states = np.stack(
        [brought @ heard[at : at + 400] for at in range(0, window * 160, 320)]
    )
    own = mean_of_nearest(states, model.frames)
    share = index_rate * np.where(pitch > 0, 1.0, 0.6)[:, None]
    states, own = (np.repeat(each, 2, axis=0) for each in (states, own))
    content = states + share * (own - states)
    random = np.random.default_rng(rvc._SEED)
    noise = random.standard_normal((window, SHAPE.latent), np.float32) * 2 / 3
    source = rvc.excitation(pitch, 400, 40000, random)[:, None]
    halved = {name: a.astype("f2") for name, a in weights_of(SHAPE).items()}
    halved = {name: a.astype("f8") for name, a in halved.items()}
    definition = Definition(SHAPE, halved)
    wanted = definition.wave(content, rvc.pitch_numbers(pitch), noise, source)
    wanted = wanted[margin * 400 : (margin + 101) * 400, 0]
    assert wanted.std() > 1e-3
    np.testing.assert_allclose(made, wanted, atol=2e-3 * np.abs(wanted).max())


def test_windows_meet_without_a_seam(model, brought, monkeypatch):
    """With networks that give back what they are given, that comes out as one."""
    model.prepare()
    told, latents = [], []
    monkeypatch.setattr(model, "_latent", lambda content, pitch, noise: noise)

    def generate(z, source):
        latents.append(z[0, model.shape.reach : -model.shape.reach])
        return source

    monkeypatch.setattr(model, "_generate", generate)
    frames = 3 * rvc._KEPT // 2
    hertz = np.full(2 * frames - 1, 150.0)
    wave = np.zeros(frames * 160, "f4")
    made = model.sing(wave, RATE, hertz, 0.0, progress=told.append)
    random = np.random.default_rng(rvc._SEED)
    margin, total = rvc._MARGIN, 2 * rvc._KEPT + 2 * rvc._MARGIN
    noise = random.standard_normal((total, SHAPE.latent), np.float32) * 2 / 3
    z = np.concatenate(latents)[margin : margin + frames]
    np.testing.assert_allclose(z, noise[margin : margin + frames], rtol=1e-5)
    pitch = np.pad(hertz[::2], (margin, total - margin - frames))
    wanted = rvc.excitation(pitch, 400, 40000, random)
    wanted = wanted[margin * 400 : (margin + frames) * 400]
    np.testing.assert_array_equal(made, wanted)
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_pieces_are_generated_as_the_whole_would_be(model, brought, monkeypatch):
    monkeypatch.setattr(rvc, "_PIECE", 20)
    model.prepare()
    random = np.random.default_rng(0)
    z = random.standard_normal((67, SHAPE.latent)).astype("f4")
    source = random.standard_normal(67 * 400).astype("f4") / 5
    made = model._generated(z, source, lambda done: None)
    whole = model.network.generate(z[None], source[None, :, None])
    whole = ops.convert_to_numpy(whole)[0, :, 0]
    assert made.shape == whole.shape
    inside = slice(SHAPE.reach * 400, -SHAPE.reach * 400)
    np.testing.assert_allclose(made[inside], whole[inside], atol=1e-6)


@pytest.mark.parametrize("rate", RATES)
def test_the_excitation_has_the_pitch(rate):
    hop = rate // 100
    pitch = np.where(np.arange(300) < 100, 0.0, 220.0)
    wave = rvc.excitation(pitch, hop, rate, np.random.default_rng(0))
    spectrum = np.abs(np.fft.rfft(wave[100 * hop :] * np.hanning(200 * hop), 2**20))
    hertz = spectrum.argmax() * rate / 2**20
    assert abs(1200 * np.log2(hertz / 220)) < 1
    assert wave[100 * hop :].std() == pytest.approx(0.1 / np.sqrt(2), rel=0.02)
    assert wave[: 100 * hop].std() == pytest.approx(0.1 / 3, rel=0.02)


def test_pitches_have_the_numbers_of_rvc():
    hertz = np.array([0.0, 40.0, 50.0, 110.0, 220.0, 440.0, 880.0, 1100.0, 2000.0])
    mel = 1127 * np.log(1 + hertz[3:7] / 700)
    low, high = (1127 * np.log(1 + each / 700) for each in (50, 1100))
    middle = np.rint((mel - low) * 254 / (high - low) + 1).astype(int).tolist()
    assert rvc.pitch_numbers(hertz).tolist() == [1, 1, 1, *middle, 255, 255]


def test_the_nearest_frames_are_weighed_by_their_distance():
    random = np.random.default_rng(0)
    frames = random.standard_normal((40, 5)).astype("f4")
    content = random.standard_normal((9, 5)).astype("f4")
    for row, made in zip(content, mean_of_nearest(content, frames), strict=True):
        distance = np.linalg.norm(frames - row, axis=1)
        best = np.argsort(distance)[:8]
        wanted = np.average(frames[best], axis=0, weights=distance[best] ** -4)
        np.testing.assert_allclose(made, wanted, rtol=1e-4, atol=1e-5)
    few = mean_of_nearest(content, frames[:3])
    assert few.shape == (9, 5)
    np.testing.assert_allclose(
        mean_of_nearest(frames[:1], frames)[0], frames[0], atol=1e-4
    )


@pytest.mark.parametrize("rate", [16000, 44100])
def test_speech_is_converted_and_keeps_its_length(folder, brought, tmp_path, rate):
    wave = np.concatenate([spoken(0, 0), np.zeros(2 * RATE, "f4")])
    wave = resample(wave, RATE, rate)
    save(tmp_path / "a.wav", wave, rate)
    out = tmp_path / "b.wav"
    flags = tmp_path / "a.wav", "--voice", folder, "--out", out
    assert convert.main([str(each) for each in flags]) == 0
    made, own = decode(out)
    assert (len(made), own) == (len(wave), rate)
    assert np.abs(made).max() > 1e-3


def test_a_damaged_folder_is_named(folder, tmp_path):
    for name in ("network.npz", INDEX):
        copy = shutil.copytree(folder, tmp_path / name)
        (copy / name).write_bytes(b"PK")
        with pytest.raises(VoiceError, match="holds no model of RVC"):
            conversion.read(copy)
    (copy / INDEX).unlink()
    assert conversion.read(copy).frames is None
