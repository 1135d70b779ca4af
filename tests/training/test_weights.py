import numpy as np
import pytest

from moksori.training.averaging import AveragedAdam
from moksori.training.runs import Run, RunError
from moksori.training.weights import (
    arrays_of,
    assign,
    averaged,
    stable_names,
    warm_start,
)

keras = pytest.importorskip("keras")


class Net(keras.Model):
    def __init__(self, symbols=5, width=4, extra=False):
        super().__init__()
        self.symbols = keras.layers.Embedding(symbols, 3, name="symbols")
        self.hidden = [keras.layers.Dense(3), keras.layers.Dense(width)]
        self.extra = keras.layers.Dense(2) if extra else None
        self.norm = keras.layers.BatchNormalization()
        self.drop = keras.layers.Dropout(0.5)

    def call(self, ids, training=False):
        x = self.symbols(ids)
        for layer in self.hidden:
            x = layer(x)
        x = self.norm(x, training=training)
        x = x if self.extra is None else self.extra(x)
        return self.drop(x, training=training)


IDS = np.array([[0, 1, 2], [2, 3, 4]])


def built(**changes):
    net = Net(**changes)
    net(IDS % changes.get("symbols", 5))
    optimizer = keras.optimizers.Adam()
    optimizer.build(net.trainable_variables)
    return net, optimizer


def scramble(net, optimizer):
    rng = np.random.default_rng(0)
    for variable in [*net.variables, *optimizer.variables]:
        if "float" in str(variable.dtype):
            variable.assign(rng.normal(size=variable.shape))
        else:
            variable.assign(rng.integers(0, 1000, variable.shape))


def test_names_do_not_depend_on_what_was_built_before():
    first, second = built(), built()
    names = list(arrays_of(*first))
    assert names == list(arrays_of(*second))
    assert len(set(names)) == len(first[0].variables) + len(first[1].variables)
    assert "model/net/dense_1/kernel" in names
    assert "optimizer/net/dense_1/kernel/momentum" in names
    assert "optimizer/iteration" in names
    assert any(name.startswith("model/seed_generator/") for name in names)


def test_all_that_a_training_is_goes_through_a_checkpoint(tmp_path):
    run = Run.create(tmp_path / "run", {})
    net, optimizer = built()
    scramble(net, optimizer)
    saved = arrays_of(net, optimizer)
    run.save(1, saved, {})
    other, its_optimizer = built()
    assign(other, its_optimizer, run.restore().arrays)
    found = arrays_of(other, its_optimizer)
    for name, array in saved.items():
        assert found[name].dtype == array.dtype
        assert found[name].tobytes() == array.tobytes()
    np.testing.assert_array_equal(
        keras.ops.convert_to_numpy(net(IDS, training=True)),
        keras.ops.convert_to_numpy(other(IDS, training=True)),
    )


def test_arrays_are_copies():
    net, optimizer = built()
    before = arrays_of(net, optimizer)
    kept = {name: array.copy() for name, array in before.items()}
    scramble(net, optimizer)
    for name, array in before.items():
        np.testing.assert_array_equal(array, kept[name])


def test_bfloat16_keeps_its_bits(tmp_path):
    keras.config.set_dtype_policy("bfloat16")
    try:
        net, _ = built()
        other, _ = built()
    finally:
        keras.config.set_dtype_policy("float32")
    run = Run.create(tmp_path / "run", {})
    run.save(1, arrays_of(net), {})
    assign(other, None, run.restore().arrays)
    kernel = arrays_of(other)["model/net/dense/kernel"]
    assert kernel.dtype.name == "bfloat16"
    assert kernel.tobytes() == arrays_of(net)["model/net/dense/kernel"].tobytes()


def test_the_model_alone_needs_no_optimizer():
    net, optimizer = built()
    other, _ = built()
    assign(other, None, arrays_of(net, optimizer))
    assert arrays_of(net).keys() == arrays_of(other).keys()


def test_another_models_weights_change_nothing():
    net, _ = built()
    before = arrays_of(net)
    for changes, complaint in (
        ({"width": 6}, r"dense_1/kernel is \(3, 6\), the model's is \(3, 4\)"),
        ({"extra": True}, "dense_2/kernel is not in this model"),
    ):
        with pytest.raises(RunError, match=complaint):
            assign(net, None, arrays_of(*built(**changes)))
    short = {name: a for name, a in before.items() if "gamma" not in name}
    with pytest.raises(RunError, match="gamma is missing"):
        assign(net, None, short)
    for name, array in arrays_of(net).items():
        np.testing.assert_array_equal(array, before[name])


def test_warm_start_takes_what_fits_and_tells_the_rest():
    old, optimizer = built(symbols=4)
    arrays = arrays_of(old, optimizer)
    new, _ = built(symbols=5, width=6, extra=True)
    fresh = arrays_of(new)
    theirs = {"a": 3, "c": 0, "d": 1, "x": 2}
    ours = {"a": 0, "b": 1, "c": 2, "d": 3, "e": 4}
    fit = warm_start(new, arrays, {"symbols/embeddings": (ours, theirs)})
    table, source = (
        arrays_of(new)["model/net/symbols/embeddings"],
        arrays["model/net/symbols/embeddings"],
    )
    for symbol, row in (("a", 3), ("c", 0), ("d", 1)):
        np.testing.assert_array_equal(table[ours[symbol]], source[row])
    for row in (1, 4):
        np.testing.assert_array_equal(
            table[row], fresh["model/net/symbols/embeddings"][row]
        )
    assert "model/net/dense/kernel" in fit.taken
    assert fit.unfit["model/net/dense_1/kernel"] == "(3, 4) there, (3, 6) here"
    assert fit.unfit["model/net/dense_2/kernel"] == "the other run has none"
    assert fit.aligned == {
        "model/net/symbols/embeddings": "3 rows by name; new: b e; dropped: x"
    }
    for name in fit.taken:
        np.testing.assert_array_equal(arrays_of(new)[name], arrays[name])
    for name in fit.unfit:
        np.testing.assert_array_equal(arrays_of(new)[name], fresh[name])
    seeds = [name for name in fresh if "seed_generator" in name]
    for name in seeds:
        np.testing.assert_array_equal(arrays_of(new)[name], fresh[name])
    account = str(fit)
    assert "dense_2/kernel: the other run has none" in account
    assert "new: b e; dropped: x" in account


def test_warm_start_reports_what_the_model_does_not_know():
    old, _ = built(extra=True)
    new, _ = built()
    fit = warm_start(new, arrays_of(old))
    assert fit.unused == ["model/net/dense_2/bias", "model/net/dense_2/kernel"]
    assert not fit.unfit


def test_averages_stand_in_for_the_weights_they_are_of():
    net, _ = built()
    optimizer = AveragedAdam(0.1, average=0.9)
    optimizer.build(net.trainable_variables)
    scramble(net, optimizer)
    arrays = arrays_of(net, optimizer)
    found = averaged(arrays)
    assert set(found) == set(arrays_of(net))
    trained = 0
    for name, array in found.items():
        mean = arrays.get(f"optimizer/{name.removeprefix('model/')}/average")
        trained += mean is not None
        np.testing.assert_array_equal(array, arrays[name] if mean is None else mean)
    assert trained == len(net.trainable_variables)
    # The statistics of a normalization, say, have no average.
    assert trained < len(found)
    other, _ = built()
    assign(other, None, found)


def test_a_checkpoint_without_averages_is_refused():
    with pytest.raises(RunError, match="holds no moving average"):
        averaged(arrays_of(*built()))


def test_equal_paths_still_get_names_of_their_own():
    paths = ["a_3/d_7/w", "a_3/d_9/w", "a_3/d_9/w", "a_5/d_7/w", "a_5/w_2", "seed_4/s"]
    assert stable_names(paths) == [
        "a/d/w",
        "a/d_1/w",
        "a/d_1/w_1",
        "a_1/d/w",
        "a_1/w",
        "seed/s",
    ]
