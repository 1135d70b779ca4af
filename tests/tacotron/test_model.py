"""The assembled model: shapes, what reaches what, and that it learns."""

import keras
import numpy as np
import pytest
from keras import ops

from moksori.backend.compilation import compile_model
from moksori.training.recipes.tacotron import TacotronRecipe
from moksori.training.weights import arrays_of
from tests.tacotron.made import (
    LINEAR,
    STILL,
    network,
    normal,
    numpy_of,
    tiny,
    together,
    utterance,
)

pytestmark = pytest.mark.backend

BATCH = together(
    utterance(1, symbols=6, frames=11),
    utterance(2, symbols=4, frames=8, speaker=1),
    frames=12,
    symbols=6,
)
VALUES = {"factor": (2,), "guided_weight": 1.0}


@pytest.fixture(scope="module")
def still():
    return network(*STILL, "tacotron.reduction_factor=3")


@pytest.fixture(scope="module")
def said(still):
    """What the model says of a batch with a factor, in numpy."""
    call = compile_model(still, lambda batch, factor: still(batch, factor=factor))
    return lambda batch, factor: numpy_of(call(batch, factor=factor))


@pytest.fixture(scope="module")
def trainer():
    """All there is: dropout, zoneout, CBHG, and a factor below the largest."""
    settings = tiny(
        *LINEAR,
        "tacotron.reduction_factor=3",
        "tacotron_training.weight_decay=0",
        "tacotron_training.learning_rate=0.005",
    )
    return TacotronRecipe(settings, list("ab")).trainer()


@pytest.mark.parametrize("factor", [1, 2, 3])
def test_shapes_follow_the_factor(said, factor):
    shapes = {name: array.shape for name, array in said(BATCH, factor).items()}
    assert shapes == {
        "mels_before": (2, 12, 20),
        "mels": (2, 12, 20),
        "stop": (2, 12 // factor),
        "alignments": (2, 12 // factor, 6),
    }


def test_a_smaller_factor_takes_the_first_frames_of_the_largest(said):
    """From the same start, the frames of the first step do not depend on the factor."""
    first = {
        factor: said(BATCH, factor)["mels_before"][:, :factor] for factor in (1, 2, 3)
    }
    np.testing.assert_allclose(first[1], first[3][:, :1], atol=1e-6)
    np.testing.assert_allclose(first[2], first[3][:, :2], atol=1e-6)


def test_the_speaker_is_heard_in_encoder_and_decoder(still, said):
    swapped = {**BATCH, "speaker": BATCH["speaker"][::-1].copy()}
    one, other = (said(batch, 2) for batch in (BATCH, swapped))
    for name, array in one.items():
        assert np.abs(array - other[name]).max() > 1e-5, name
    (ours, _), (theirs, _) = (
        still.encode(b["ids"], b["symbols"], b["speaker"]) for b in (BATCH, swapped)
    )
    changed = ops.convert_to_numpy(ours) != ops.convert_to_numpy(theirs)
    width = still.encoder.dim
    assert changed[:, :4, :width].any()
    assert changed[:, :4, width:].all()


def test_the_text_is_heard(said):
    other = {**BATCH, "ids": BATCH["ids"][:, ::-1].copy()}
    one, two = (said(batch, 2) for batch in (BATCH, other))
    assert np.abs(one["mels"] - two["mels"]).max() > 1e-5


def test_noise_is_a_function_of_seed_and_step():
    model = network()
    call = compile_model(model, lambda b: model(b, factor=2, training=True)["mels"])

    def said(seed, step):
        model.reseed(seed, step)
        return ops.convert_to_numpy(call(BATCH))

    once = said(1, 5)
    np.testing.assert_array_equal(said(1, 5), once)
    for other in ((2, 5), (1, 6), (2**40 + 1, 7)):
        assert np.abs(said(*other) - once).max() > 1e-3


def test_two_models_of_one_seed_are_the_same():
    one, same, other = (
        arrays_of(network(f"tacotron_training.seed={seed}")) for seed in (1, 1, 2)
    )
    for name, array in one.items():
        np.testing.assert_array_equal(array, same[name])
    assert any((array != other[name]).any() for name, array in one.items())


def test_a_step_reaches_every_weight(trainer):
    """Without weight decay a weight moves only if it has a gradient."""
    variables = trainer.model.trainable_variables
    before = [ops.convert_to_numpy(v).copy() for v in variables]
    terms = numpy_of(trainer.step(BATCH, 0.005, **VALUES))
    assert terms["skipped"] == 0
    unmoved = [
        variable.path
        for variable, old in zip(variables, before, strict=True)
        if (ops.convert_to_numpy(variable) == old).all()
    ]
    assert unmoved == []
    names = {"mel_before", "mel_after", "linear", "stop", "guided_attention"}
    parts = sum(float(terms[name]) for name in names)
    assert float(terms["loss"]) == pytest.approx(parts, rel=1e-5)
    assert set(terms) - names == {
        *("loss", "focus", "diagonality", "gradient_norm", "skipped")
    }


def test_a_step_draws_no_seed_of_the_next(trainer):
    noise = trainer.model.noise.state
    trainer.model.reseed(trainer.seed, 3)
    with keras.StatelessScope() as scope:
        trainer.losses(BATCH, VALUES)
        drawn = ops.convert_to_numpy(scope.get_current_value(noise))[1]
    seeds = []
    for step in (3, 4):
        trainer.model.reseed(trainer.seed, step)
        seeds.append(ops.convert_to_numpy(noise)[1])
    assert seeds[0] < drawn <= seeds[1]


def test_only_the_frames_in_use_are_learned(trainer):
    """The projection beyond the factor in force waits for a larger one."""
    mels = trainer.model.mels
    kernel = trainer.model.decoder.frames.kernel
    before = ops.convert_to_numpy(kernel).copy()
    trainer.step(BATCH, 0.005, **VALUES)
    moved = (ops.convert_to_numpy(kernel) != before).any(axis=0)
    assert moved[: 2 * mels].all()
    assert not moved[2 * mels :].any()


def test_the_loss_falls_on_one_batch(trainer):
    """On spectrograms that are quiet on the whole, as real ones."""
    before = trainer.arrays()
    quiet = {**BATCH, "mels": BATCH["mels"] - 2.0, "linear": BATCH["linear"] - 2.0}
    losses = []
    for step in range(24):
        trainer.step_number = step
        losses.append(numpy_of(trainer.step(quiet, 0.02, **VALUES))["loss"])
    trainer.assign(before)
    assert np.isfinite(losses).all()
    assert losses[-1] < 0.3 * losses[0]


def test_a_bad_batch_changes_nothing(trainer):
    trainer.step_number = 40
    trainer.step(BATCH, 0.005, **VALUES)
    before = trainer.arrays()
    bad = {**BATCH, "mels": BATCH["mels"].copy()}
    bad["mels"][0, 3, 5] = np.nan
    terms = numpy_of(trainer.step(bad, 0.005, **VALUES))
    assert terms["skipped"] == 1
    assert np.isnan(terms["loss"])
    for name, array in trainer.arrays().items():
        if "noise" not in name:
            np.testing.assert_array_equal(array, before[name], err_msg=name)
    assert any("moving" in name for name in before)
    good = numpy_of(trainer.step(BATCH, 0.005, **VALUES))
    assert good["skipped"] == 0
    assert np.isfinite(good["loss"])


def test_a_saved_training_goes_on_as_if_never_stopped(trainer):
    saved = trainer.arrays()

    def go_on():
        trainer.assign(saved)
        terms = []
        for step in (50, 51):
            trainer.step_number = step
            terms.append(numpy_of(trainer.step(BATCH, 0.005, **VALUES)))
        return terms, trainer.arrays()

    (terms, arrays), (again, same) = go_on(), go_on()
    assert terms == again
    for name, array in arrays.items():
        np.testing.assert_array_equal(same[name], array, err_msg=name)
    assert any((array != saved[name]).any() for name, array in arrays.items())


def test_a_model_without_cbhg_has_no_linear(still):
    assert still.cbhg is None
    frames = ops.convert_to_tensor(normal(1, 1, 4, 20))
    outputs = still.postprocess(frames, keras.ops.ones((1, 4)))
    assert set(outputs) == {"mels_before", "mels"}
