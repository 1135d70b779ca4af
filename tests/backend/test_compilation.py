import keras
import numpy as np
import pytest
from keras import ops

from moksori.backend.compilation import compile_model, padded_size

pytestmark = pytest.mark.backend


def dense() -> keras.Model:
    model = keras.Sequential([keras.layers.Dense(3, use_bias=False)])
    model.build((None, 2))
    return model


def test_compiled_function_equals_the_plain_one_for_all_shapes():
    model = dense()
    function = compile_model(model, lambda x, twice: model(x) * (2 if twice else 1))
    for rows in (1, 4, 2, 4):
        x = np.random.default_rng(rows).normal(size=(rows, 2)).astype(np.float32)
        plain = ops.convert_to_numpy(model(x))
        for twice in (False, True):
            result = ops.convert_to_numpy(function(x, twice=twice))
            np.testing.assert_allclose(result, plain * (1 + twice), rtol=1e-6)


def test_described_inputs_take_all_sizes_with_one_trace():
    model, traced = dense(), []

    def double(state, x, add):
        traced.append(add)
        return model(state["x"]) + model(x) + add

    described = keras.KerasTensor((None, 2))
    function = compile_model(model, double, ({"x": described}, described))
    for rows in (1, 4, 2):
        x = np.random.default_rng(rows).normal(size=(rows, 2)).astype(np.float32)
        result = ops.convert_to_numpy(function({"x": x}, x, add=1))
        np.testing.assert_allclose(
            result, 2 * ops.convert_to_numpy(model(x)) + 1, rtol=1e-6
        )
    assert keras.backend.backend() != "tensorflow" or traced == [1]


def test_compiled_function_sees_weights_that_change():
    model = dense()
    function = compile_model(model, model.__call__)
    x = np.ones((1, 2), np.float32)
    for value in (1.0, 2.0):
        model.weights[0].assign(np.full((2, 3), value))
        result = ops.convert_to_numpy(function(x))
        np.testing.assert_allclose(result, np.full((1, 3), 2 * value))


def test_nested_arrays_pass_in_and_out():
    model = dense()
    function = compile_model(model, lambda state, x: ((state[0] + 1, x), {"y": x * 2}))
    state, outputs = function((np.float32(1.0), np.float32(3.0)), np.float32(4.0))
    state, outputs = function(state, outputs["y"])
    assert [float(value) for value in state] == [3.0, 8.0]
    assert float(outputs["y"]) == 16.0


def test_rounded_sizes_hold_and_are_few():
    sizes = (4, 8, 16)
    made = {padded_size(size, sizes) for size in range(1, 49)}
    assert all(padded_size(size, sizes) >= size for size in range(1, 49))
    if keras.backend.backend() == "jax":
        assert made == {4, 8, 16, 32, 48}
    else:
        assert made == set(range(1, 49))
