"""Ends of lines, from made-up stop tokens and attention."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moksori.voices.stopping import CAP, REST, TOKEN, Stopping, StopPolicy

STEP = 0.05
POLICY = StopPolicy(rest_seconds=0.5, tail_seconds=0.2)


def looking_at(path, symbols: int) -> np.ndarray:
    """Attention [N, 1, symbols] of one line along `path`."""
    return np.eye(symbols, dtype=np.float32)[np.asarray(path)][:, None, :]


def told(logits, path, symbols: int = 10, chunk: int = 7) -> Stopping:
    stopping = Stopping([symbols], STEP, POLICY)
    logits = np.asarray(logits, np.float32)[:, None]
    weights = looking_at(path, symbols)
    for begin in range(0, len(logits), chunk):
        stopping.update(logits[begin : begin + chunk], weights[begin : begin + chunk])
    return stopping


def test_stop_token_ends_a_line_and_its_step_is_kept():
    logits = np.full(20, -3.0)
    logits[12] = 0.1
    stopping = told(logits, np.minimum(np.arange(20) // 3, 6))
    assert stopping.done
    assert stopping.steps[0] == 13
    assert stopping.reasons == [TOKEN]


def test_a_probability_of_one_half_does_not_stop():
    assert not told(np.zeros(20), np.zeros(20, int)).done


def test_attention_at_rest_ends_a_line_where_the_token_came_closest():
    logits = np.full(40, -5.0)
    path = np.minimum(np.arange(40) // 2, 9)  # the last two symbols from step 16 on
    logits[17] = -1.0  # within the tail, so too early
    logits[23] = -2.0
    stopping = told(logits, path)
    assert stopping.reasons == [REST]
    assert stopping.steps[0] == 24


def test_interrupted_rest_does_not_end_a_line():
    path = np.full(40, 9)
    path[::9] = 4
    assert not told(np.full(40, -5.0), path, chunk=40).done


def test_rest_before_the_end_does_not_end_a_line():
    assert not told(np.full(40, -5.0), np.full(40, 5)).done


def test_cap_grows_with_the_text_and_ends_every_line():
    policy = StopPolicy(base_seconds=1.0, symbol_seconds=0.25)
    assert policy.cap(0, STEP) == 20
    assert policy.cap(10, STEP) == 70
    stopping = told(np.full(100, -5.0), np.zeros(100, int))
    assert stopping.reasons == [CAP]
    assert stopping.steps[0] == POLICY.cap(10, STEP)


def test_a_token_after_the_cap_is_ignored():
    logits = np.full(100, -5.0)
    logits[POLICY.cap(10, STEP)] = 5.0
    assert told(logits, np.zeros(100, int), chunk=100).reasons == [CAP]


def test_lines_of_nan_end_too():
    stopping = Stopping([4], STEP, POLICY)
    for _ in range(100):
        nothing = np.full((10, 1), np.nan, np.float32)
        stopping.update(nothing, np.full((10, 1, 4), np.nan, np.float32))
    assert stopping.done


def test_each_line_of_a_batch_ends_for_itself():
    logits = np.full((60, 3), -5.0, np.float32)
    logits[5, 1] = 1.0
    weights = np.zeros((60, 3, 8), np.float32)
    weights[:, :2, 0] = 1.0
    weights[:, 2, 3] = 1.0  # the last symbol of the third line, padding follows
    stopping = Stopping([8, 8, 4], STEP, POLICY)
    stopping.update(logits, weights)
    assert stopping.reasons == [CAP, TOKEN, REST]
    assert stopping.steps[1] == 6
    assert stopping.steps[2] < stopping.steps[0] == POLICY.cap(8, STEP)


@given(st.integers(0, 2**32 - 1), st.integers(1, 20), st.integers(1, 60))
def test_chunks_make_no_difference(seed, symbols, chunk):
    random = np.random.default_rng(seed)
    steps = POLICY.cap(symbols, STEP)
    logits = random.normal(-2.5, 1.0, steps)
    path = np.sort(random.integers(0, symbols, steps))
    whole = told(logits, path, symbols, chunk=steps)
    pieces = told(logits, path, symbols, chunk=chunk)
    assert whole.done
    assert pieces.done
    assert whole.reasons == pieces.reasons
    assert whole.steps[0] == pieces.steps[0]
    assert 1 <= whole.steps[0] <= steps


@pytest.mark.parametrize("symbols", [1, 2])
def test_shortest_texts_may_still_be_spoken(symbols):
    stopping = told(np.full(30, -5.0), np.zeros(30, int), symbols)
    assert stopping.reasons == [REST]
    assert stopping.steps[0] * STEP >= POLICY.tail_seconds
