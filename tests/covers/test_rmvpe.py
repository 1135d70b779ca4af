"""The melody by an RMVPE that was brought: what it is given, and what is made of it."""

import numpy as np
import pytest

from moksori.covers import rmvpe

BIN = 220


def test_mel_filters_are_those_that_it_was_trained_with():
    librosa = pytest.importorskip("librosa")
    how = {"sr": 16000, "n_fft": 1024, "n_mels": 128, "fmin": 30, "fmax": 8000}
    wanted = librosa.filters.mel(**how, htk=True)
    np.testing.assert_allclose(rmvpe.mel_filters(), wanted, atol=1e-6)


def test_a_pitch_is_the_mean_of_what_is_salient():
    salience = np.zeros((4, 360), "f4")
    salience[0, 100:102] = 0.5, 0.5
    salience[1, 200] = 0.02
    salience[2, 0] = 0.9
    salience[3, [300, 320]] = 0.9, 0.5
    cents = 1997.3794 + 20 * np.array([100.5, 0, 300])
    low, quiet, lowest, high = rmvpe.hertz(salience)
    np.testing.assert_allclose([low, lowest, high], 10 * 2 ** (cents / 1200), rtol=1e-6)
    assert quiet == 0


@pytest.fixture
def tracker(tmp_path, covers_installed):
    """One that hears a pitch of 20 * BIN cents where there is any sound."""
    from onnx import TensorProto, helper, numpy_helper, save

    row = np.zeros((1, 1, 360), "f4")
    row[..., BIN] = 1.0
    steps = [
        helper.make_node("ReduceMax", ["mel", "axis"], ["loudest"], keepdims=1),
        helper.make_node("Transpose", ["loudest"], ["frames"], perm=[0, 2, 1]),
        helper.make_node("Sigmoid", ["frames"], ["heard"]),
        helper.make_node("Mul", ["heard", "row"], ["salience"]),
    ]
    kind = TensorProto.FLOAT
    graph = helper.make_graph(
        steps,
        "rmvpe",
        [helper.make_tensor_value_info("mel", kind, [1, 128, "frames"])],
        [helper.make_tensor_value_info("salience", kind, [1, "frames", 360])],
        [
            numpy_helper.from_array(row, "row"),
            numpy_helper.from_array(np.array([1]), "axis"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    model.ir_version = 8
    save(model, tmp_path / "a.onnx")
    return rmvpe.Tracker(tmp_path / "a.onnx")


@pytest.mark.parametrize("rate", [16000, 44100])
def test_sound_is_found_where_it_is(tracker, rate):
    random = np.random.default_rng(0)
    wave = np.zeros(14 * rate + 5, "f4")
    wave[2 * rate : 11 * rate] = random.standard_normal(9 * rate)
    found = tracker.track(wave, rate)
    assert len(found) == 14 * 200 + 1
    wanted = 10 * 2 ** ((1997.3794 + 20 * BIN) / 1200)
    np.testing.assert_allclose(found[2 * 200 + 20 : 11 * 200 - 20], wanted, rtol=1e-6)
    assert not found[: 2 * 200 - 20].any()
    assert not found[11 * 200 + 20 :].any()
    assert len(tracker.track(wave[:100], rate)) in (1, 2)
