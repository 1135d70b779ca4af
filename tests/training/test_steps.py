"""One step of a small model that has all that a large one has: noise, batch statistics,
an embedding. `tests/tacotron` takes steps with the real one."""

import keras
import numpy as np
import pytest
from keras import ops

from moksori.training.runs import RunError
from moksori.training.steps import Trainer

pytestmark = pytest.mark.backend

SCALE = {"scale": 1.0}


class Net(keras.Model):
    """x [B, 3] and a word [B] -> [B, 2], noisy in training."""

    def __init__(self, seed: int):
        super().__init__(name="net")
        keras.utils.set_random_seed(seed)
        self.noise = keras.random.SeedGenerator(seed, name="noise")
        self.words = keras.layers.Embedding(4, 3, name="words")
        self.normalization = keras.layers.BatchNormalization(name="normalization")
        self.dense = keras.layers.Dense(2, name="dense")
        self.words.build(None)
        self.normalization.build((None, 6))
        self.dense.build((None, 6))
        self.built = True

    def reseed(self, seed, step):
        self.noise.state.assign([seed, step * 8])

    def call(self, batch, training=False):
        x = ops.concatenate([batch["x"], self.words(batch["word"])], axis=-1)
        x = self.normalization(x, training=training)
        return self.dense(keras.random.dropout(x, 0.1, seed=self.noise))


class Losses:
    """Squared error times `scale`; `kind` may add what has no gradient."""

    def __init__(self, model):
        self.model, self.traced = model, 0

    def __call__(self, batch, values):
        self.traced += 1
        error = self.model(batch, training=True) - batch["y"]
        total = values["scale"] * ops.mean(ops.square(error))
        if values.get("kind") == ("root",):
            total = total + ops.sqrt(0.0 * ops.sum(ops.square(error)))
        if values.get("kind") == ("double",):
            total = 2.0 * total
        return total, {"loss": total, "error": ops.mean(ops.abs(error))}


def make(seed=1, net_seed=1, optimizer=None, clip_norm=1e9, **named) -> Trainer:
    net = Net(net_seed)
    optimizer = optimizer or keras.optimizers.Adam(0.01)
    return Trainer(net, optimizer, Losses(net), clip_norm, seed=seed, **named)


def batch(step: int = 0) -> dict:
    random = np.random.default_rng(step)
    x = random.normal(size=(8, 3)).astype(np.float32)
    return {
        "x": x,
        "word": random.integers(0, 4, 8).astype(np.int32),
        "y": (x[:, :2] - x[:, 2:]).astype(np.float32),
    }


def take(trainer, steps, rate=0.01):
    """Steps of the given numbers; the losses."""
    losses = []
    for step in steps:
        trainer.step_number = step
        losses.append(number(trainer.step(batch(step), rate, **SCALE)["loss"]))
    return losses


def number(value) -> float:
    return float(ops.convert_to_numpy(value))


def state(trainer) -> dict:
    """Everything but what a step sets anew before it begins."""
    return {
        name: array
        for name, array in trainer.arrays().items()
        if "noise" not in name and "learning_rate" not in name
    }


def assert_equal(ours, theirs) -> None:
    assert set(ours) == set(theirs)
    for name, array in ours.items():
        np.testing.assert_array_equal(array, theirs[name], err_msg=name)


def differs(ours, theirs) -> bool:
    return any((array != theirs[name]).any() for name, array in ours.items())


def test_a_step_updates_weights_statistics_and_slots():
    trainer = make()
    before = state(trainer)
    metrics = trainer.step(batch(), 0.01, **SCALE)
    after = state(trainer)
    assert set(metrics) == {"loss", "error", "gradient_norm", "skipped"}
    assert number(metrics["skipped"]) == 0
    for kind in ("dense/kernel", "words/embeddings", "moving_mean", "iteration"):
        names = [name for name in before if name.endswith(kind)]
        assert names, (kind, sorted(before))
        assert any((after[name] != before[name]).any() for name in names), kind


def test_it_learns():
    losses = take(make(), range(120), rate=0.05)
    assert np.mean(losses[-20:]) < 0.5 * np.mean(losses[:10])


def test_the_same_seed_and_steps_are_the_same_to_the_last_bit():
    one, same = make(), make()
    assert take(one, range(5)) == take(same, range(5))
    assert_equal(one.arrays(), same.arrays())


@pytest.mark.parametrize("changed", [{"seed": 2}, {"net_seed": 2}])
def test_another_seed_is_another_training(changed):
    one, other = make(), make(**changed)
    take(one, range(2))
    take(other, range(2))
    assert differs(state(one), state(other))


def test_noise_depends_on_the_number_of_the_step_alone():
    trainer = make()
    start = trainer.arrays()
    found = []
    for history in ((3,), (0, 1, 3)):
        for step in history:
            trainer.assign(start)
            trainer.step_number = step
            trainer.step(batch(), 0.01, **SCALE)
        found.append(state(trainer))
    assert_equal(*found)
    trainer.assign(start)
    trainer.step_number = 4
    trainer.step(batch(), 0.01, **SCALE)
    assert differs(found[0], state(trainer))


def test_a_training_continues_in_another_trainer_to_the_last_bit():
    whole = make()
    take(whole, range(6))
    first, second = make(), make(net_seed=5)
    take(first, range(3))
    second.assign(first.arrays())
    take(second, range(3, 6))
    assert_equal(second.arrays(), whole.arrays())


def test_arrays_of_another_model_are_refused_and_nothing_changes():
    trainer = make()
    arrays = trainer.arrays()
    name = next(name for name in arrays if name.endswith("dense/kernel"))
    with pytest.raises(RunError, match="another model"):
        trainer.assign({**arrays, name: np.zeros((7, 2), np.float32)})
    assert_equal(trainer.arrays(), arrays)


def test_arrays_are_copies():
    trainer = make()
    arrays = trainer.arrays()
    kept = {name: array.copy() for name, array in arrays.items()}
    take(trainer, range(2))
    assert_equal(arrays, kept)


@pytest.mark.parametrize("bad", ["loss", "gradient", "ceiling"])
def test_a_bad_update_is_left_out(bad):
    trainer = make()
    take(trainer, range(2))
    before = state(trainer)
    spoiled, values = batch(7), dict(SCALE)
    if bad == "loss":
        spoiled["y"][3, 1] = np.nan
    elif bad == "gradient":
        values["kind"] = ("root",)
    else:
        values["loss_ceiling"] = 1e-3
    metrics = trainer.step(spoiled, 0.01, **values)
    assert number(metrics["skipped"]) == 1
    assert np.isfinite(number(metrics["loss"])) == (bad != "loss")
    assert_equal(state(trainer), before)
    good = trainer.step(batch(7), 0.01, loss_ceiling=1e3, **SCALE)
    assert number(good["skipped"]) == 0
    assert differs(state(trainer), before)


def test_after_a_bad_update_training_is_as_if_it_never_was():
    calm, shaken = make(), make()
    take(calm, range(4))
    take(shaken, range(2))
    spoiled = batch(2)
    spoiled["x"][:] = np.inf
    trainer_step = shaken.step(spoiled, 0.01, **SCALE)
    assert number(trainer_step["skipped"]) == 1
    take(shaken, range(2, 4))
    assert_equal(state(shaken), state(calm))


def test_gradients_are_clipped_together():
    trainer = make(optimizer=keras.optimizers.SGD(1.0), clip_norm=0.05)
    names = [f"model/{end}" for end in ("dense/kernel", "dense/bias")]
    start = trainer.arrays()
    metrics = trainer.step(batch(), 1.0, scale=100.0)
    norm = number(metrics["gradient_norm"])
    assert norm > 1.0
    moved = moves(trainer, start)
    assert np.linalg.norm(flat(moved.values())) == pytest.approx(0.05, rel=1e-3)
    # Below the limit nothing is scaled, and directions are kept above it.
    trainer.assign(start)
    small = number(trainer.step(batch(), 1.0, scale=0.001)["gradient_norm"])
    assert small == pytest.approx(norm * 1e-5, rel=1e-3)
    free = moves(trainer, start)
    assert np.linalg.norm(flat(free.values())) == pytest.approx(small, rel=1e-2)
    for name in names:
        ratio = 0.05 / small
        np.testing.assert_allclose(moved[name], free[name] * ratio, atol=1e-3 * 0.05)


def moves(trainer, start) -> dict:
    """By how much each trained weight has moved since `start`."""
    now = trainer.arrays()
    ours = ("kernel", "bias", "embeddings", "gamma", "beta")
    return {
        name: now[name] - start[name]
        for name in start
        if name.startswith("model/") and name.endswith(ours)
    }


def flat(arrays) -> np.ndarray:
    return np.concatenate([array.ravel() for array in arrays])


def test_only_kernels_decay():
    trainer = make(optimizer=keras.optimizers.SGD(1.0), weight_decay=0.125)
    start = trainer.arrays()
    trainer.step(batch(), 1.0, scale=0.0)
    for name, moved in moves(trainer, start).items():
        rate = 0.125 if name.endswith("kernel") else 0.0
        np.testing.assert_allclose(moved, -rate * start[name], atol=1e-6, err_msg=name)


def test_the_learning_rate_is_that_of_the_step():
    found = []
    for rate in (0.1, 0.2):
        trainer = make(optimizer=keras.optimizers.SGD(7.0))
        start = trainer.arrays()
        trainer.step(batch(), rate, **SCALE)
        found.append(flat(moves(trainer, start).values()))
    np.testing.assert_allclose(found[1], 2 * found[0], rtol=1e-3, atol=1e-6)


def test_numbers_change_without_compiling_anew_and_words_compile_once():
    trainer = make()
    once = number(trainer.step(batch(), 0.0, scale=1.0)["loss"])
    first = trainer.losses.traced
    for scale in (2.0, 0.5, 3):
        found = number(trainer.step(batch(), 0.0, scale=scale)["loss"])
        assert found == pytest.approx(scale * once, rel=1e-5)
    trainer.step(batch(1), 0.5, loss_ceiling=3.0, scale=1.0)
    assert trainer.losses.traced == first
    trainer = make()
    doubled = number(trainer.step(batch(), 0.0, scale=1.0, kind=("double",))["loss"])
    assert doubled == pytest.approx(2 * once, rel=1e-5)


def test_a_preflight_leaves_no_trace():
    trainer, untouched = make(), make()
    take(trainer, range(2))
    before = trainer.arrays()
    trainer.preflight(batch(5), learning_rate=0.1, **SCALE)
    assert_equal(trainer.arrays(), before)
    assert trainer.step_number == 1
    take(untouched, range(2))
    assert take(trainer, range(2, 4)) == take(untouched, range(2, 4))
    assert_equal(trainer.arrays(), untouched.arrays())


def test_a_preflight_without_memory_gives_advice():
    trainer = make()
    before = trainer.arrays()

    def exhausted(*_):
        raise RuntimeError("RESOURCE_EXHAUSTED: failed to allocate 99 GiB")

    trainer._step = exhausted
    large = {**batch(), "mels": np.zeros((4, 900, 80), np.float32)}
    with pytest.raises(MemoryError, match=r"4 x 900 x 80.*make it smaller"):
        trainer.preflight(large, **SCALE)
    assert_equal(trainer.arrays(), before)


def test_a_preflight_passes_other_errors_on():
    trainer = make()

    def broken(*_):
        raise ZeroDivisionError("a mistake of ours")

    trainer._step = broken
    with pytest.raises(ZeroDivisionError, match="a mistake of ours"):
        trainer.preflight(batch(), **SCALE)
