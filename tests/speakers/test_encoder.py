"""The encoder hears who speaks; its numbers are the published network's."""

import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from moksori.speakers.encoder import EncoderMissing, SpeakerEncoder
from moksori.speakers.fbank import filterbank

RATE = 16000


# Every 32nd component of `buzz()` by the authors' network in torch (without what a
# package adds, see test_campplus.py), from the filterbank of torchaudio.
PUBLISHED = [-0.04781, 0.03224, -0.07966, 0.02546, -0.01867, -0.0193]


def buzz(seconds: float = 2.0, hertz: float = 120.0) -> np.ndarray:
    """Twenty harmonics of a gliding pitch at -20 dB, by formula: always the same."""
    t = np.arange(int(seconds * RATE)) / RATE
    phase = 2 * np.pi * hertz * (t + 0.1 * np.sin(3 * t))
    harmonics = [np.sin(k * phase + k) / k for k in range(1, 21)]
    wave = np.sum(harmonics, axis=0) * (1.2 + np.sin(9 * t))
    return (0.1 * wave / np.sqrt(np.mean(wave**2))).astype(np.float32)


@pytest.fixture(scope="module")
def encoder(speakers_installed):
    return SpeakerEncoder()


def test_its_numbers_are_those_of_the_published_network(encoder):
    assert encoder.id == "campplus-zh-en-92f29b94"
    assert encoder.dimension == 192
    vector = encoder.encode(buzz())
    assert vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(vector[::32], PUBLISHED, atol=1e-4)


def test_level_does_not_matter_and_pitch_does(encoder):
    vector = encoder.encode(buzz())
    assert encoder.encode(0.001 * buzz()) @ vector > 0.9999
    assert encoder.encode(buzz(hertz=240)) @ vector < 0.9


def test_minutes_are_encoded_in_parts(encoder):
    parts = [encoder.encode(buzz(15, hertz)) for hertz in (110, 130)]
    joined = encoder.encode(np.concatenate([buzz(15, 110), buzz(15, 130)]))
    expected = sum(parts) / np.linalg.norm(sum(parts))
    np.testing.assert_allclose(joined, expected, atol=1e-4)


def test_several_threads_may_encode(encoder):
    waves = [buzz(1 + i / 4, 100 + 10 * i) for i in range(8)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(encoder.encode, waves))
    np.testing.assert_allclose(together, [encoder.encode(w) for w in waves], atol=1e-5)


@pytest.mark.parametrize(
    ("wave", "says"),
    [
        (np.zeros(0), "0.3 s"),
        (np.ones(4799), "0.3 s"),
        (np.zeros((2, RATE)), "mono"),
        (np.zeros(RATE), "nothing to hear"),
        (1e-40 * np.ones(RATE), "nothing to hear"),
        (np.full(RATE, np.nan), "not numbers"),
        (np.full(RATE, np.inf), "not numbers"),
    ],
)
def test_what_is_no_speech_is_refused(encoder, wave, says):
    with pytest.raises(ValueError, match=says):
        encoder.encode(wave)


def exported(path, build, *shapes):
    """Write an ONNX model of the inputs x, y … and what `build` returns of helper."""
    from onnx import TensorProto, helper, save

    kind = TensorProto.FLOAT
    inputs = [
        helper.make_tensor_value_info(name, kind, shape)
        for name, shape in zip("xy", shapes, strict=False)
    ]
    output = helper.make_tensor_value_info("embs", kind, ["B", "D"])
    graph = helper.make_graph(build(helper), "net", inputs, [output])
    opsets = [helper.make_opsetid("", 17)]
    save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)
    return path


def mean_of(helper):
    """Return the mean of squares over time."""
    return [
        helper.make_node("Mul", ["x", "x"], ["squares"]),
        helper.make_node("ReduceMean", ["squares"], ["embs"], axes=[1], keepdims=0),
    ]


def framed(helper):
    """Return the mean absolute value of both halves of a wave."""
    return [
        helper.make_node("Abs", ["x"], ["size"]),
        helper.make_node("Split", ["size"], ["a", "b"], axis=1),
        helper.make_node("ReduceMean", ["a"], ["am"], axes=[1]),
        helper.make_node("ReduceMean", ["b"], ["bm"], axes=[1]),
        helper.make_node("Concat", ["am", "bm"], ["embs"], axis=1),
    ]


@pytest.mark.parametrize("bands", [80, "F"])
def test_another_network_takes_filterbanks(speakers_installed, tmp_path, bands):
    path = exported(tmp_path / "resnet34.onnx", mean_of, ["B", "T", bands])
    encoder = SpeakerEncoder(path)
    assert encoder.dimension == 80
    assert encoder.id.startswith("resnet34-")
    features = filterbank(buzz())
    expected = ((features - features.mean(0)) ** 2).mean(0)
    expected /= np.linalg.norm(expected)
    np.testing.assert_allclose(encoder.encode(buzz()), expected, atol=1e-5)
    path.rename(tmp_path / "same.onnx")
    again = SpeakerEncoder(tmp_path / "same.onnx").id
    assert again.rpartition("-")[2] == encoder.id.rpartition("-")[2]


def test_another_network_takes_waves(speakers_installed, tmp_path):
    encoder = SpeakerEncoder(exported(tmp_path / "net.onnx", framed, ["B", "N"]))
    wave = np.repeat([0.3, -0.4], RATE)
    np.testing.assert_allclose(encoder.encode(wave), [0.6, 0.8], atol=1e-4)


@pytest.mark.parametrize(
    ("shapes", "says"),
    [
        ([["B", "T", 40]], r"\[B, T, 80\]"),
        ([["B", 1, 80, "T"]], r"\[B, T, 80\]"),
        ([["B", "T", 80], ["B"]], "several inputs"),
        ([["B", 400]], "does not encode a second"),
    ],
)
def test_a_network_of_another_form_is_refused(
    speakers_installed, tmp_path, shapes, says
):
    path = exported(tmp_path / "net.onnx", mean_of, *shapes)
    with pytest.raises(ValueError, match=says) as refused:
        SpeakerEncoder(path)
    assert "\n" not in str(refused.value)


def test_what_is_no_model_is_refused(speakers_installed, tmp_path):
    (tmp_path / "net.onnx").write_bytes(b"\x80\x04K\x01.")
    with pytest.raises(ValueError, match="does not open"):
        SpeakerEncoder(tmp_path / "net.onnx")
    with pytest.raises(ValueError, match="there is no model"):
        SpeakerEncoder(tmp_path / "absent.onnx")


@pytest.mark.parametrize("package", ["onnxruntime", "onnx"])
def test_without_a_package_one_line_says_what_to_do(
    speakers_installed, monkeypatch, package
):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(EncoderMissing, match="make speakers"):
        SpeakerEncoder()
