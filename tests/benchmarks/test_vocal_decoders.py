"""The comparison of decoders: content is found where it is, and only there."""

import numpy as np

from benchmarks.vocal_decoders import found


def test_content_is_found_at_its_time_alone():
    rng = np.random.default_rng(0)
    states = rng.normal(size=(200, 384)) + 3
    wave = np.concatenate([np.zeros(16000), rng.normal(size=48000)])
    assert found(states, 2 * states - 1, wave) == 1
    assert found(states, np.roll(states, 2, axis=0), wave) > 0.98
    assert found(states, np.roll(states, 9, axis=0), wave) < 0.05
    # What is not heard does not count.
    hidden = states.copy()
    hidden[:50] = rng.normal(size=(50, 384))
    assert found(states, hidden, wave) == 1
