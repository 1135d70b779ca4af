"""Padding never changes the result, whatever it holds."""

import numpy as np
import pytest

from moksori.backend.compilation import compile_model
from tests.tacotron.made import (
    LINEAR,
    STILL,
    UNEVEN,
    assert_same,
    assert_same_step,
    network,
    numpy_of,
    stepped,
    together,
    uneven,
    utterance,
    with_empty_rows,
)

pytestmark = pytest.mark.backend

SHORT = utterance(1, symbols=4, frames=6, speaker=1)
LONG = utterance(2, symbols=7, frames=11)


@pytest.fixture(scope="module")
def model():
    made = network(*STILL, *LINEAR)
    # Moving statistics as a training leaves them; fresh ones would hide mistakes.
    random = np.random.default_rng(3)
    for variable in made.non_trainable_variables:
        if "moving" in variable.path:
            variable.assign(random.uniform(0.5, 1.5, variable.shape))
    return made


def test_alone_or_in_a_batch_the_outputs_are_the_same(model):
    call = compile_model(model, lambda b, factor: model(b, factor=factor))
    batch = together(SHORT, LONG, frames=14, symbols=9, fill=9.0)
    outputs = numpy_of(call(batch, factor=2))
    assert set(outputs) == {"mels_before", "mels", "linear", "stop", "alignments"}
    for place, one in enumerate((SHORT, LONG)):
        symbols, frames = len(one["ids"]), len(one["mels"])
        steps = -(-frames // 2)
        tight = together(one, frames=2 * steps, symbols=symbols)
        alone = numpy_of(call(tight, factor=2))
        for kind in ("mels_before", "mels", "linear"):
            assert_same(outputs[kind][place, :frames], alone[kind][0, :frames])
        assert_same(outputs["stop"][place, :steps], alone["stop"][0])
        walk = outputs["alignments"][place, :steps]
        assert_same(walk[:, :symbols], alone["alignments"][0])
        assert not walk[:, symbols:].any()
    assert not outputs["linear"][0, len(SHORT["mels"]) :].any()


def test_neither_padding_nor_repetition_nor_empty_rows_change_a_step(still_trainer):
    """Loss, gradients and batch statistics are those of what was said."""
    padded = together(*UNEVEN, *UNEVEN, frames=16, symbols=10, fill=9.0)
    expected = stepped(still_trainer, uneven())
    assert any("moving" in name for name in expected[1])
    assert any(np.abs(change).max() > 0.01 for change in expected[1].values())
    assert_same_step(stepped(still_trainer, with_empty_rows(padded, 3)), expected)
