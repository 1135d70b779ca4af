"""Controls of a vocoder: noise and pulses through linear prediction."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks import controls, systems
from hparams import Audio
from moksori.audio import pitch
from moksori.audio.spectrum import mel_spectrogram
from tests.audio.test_spectrum import KOREAN, vowel


@pytest.fixture(scope="module")
def mel():
    return mel_spectrogram(vowel(KOREAN.sample_rate, KOREAN.sample_rate), KOREAN)


def spoken(source, mel: np.ndarray, passes: int) -> np.ndarray:
    return controls.SourceAndFilter(source, KOREAN, passes).generate([mel])[0]


def test_systems_are_named_by_source_and_passes():
    names = {system.name for system in controls.systems()}
    assert len(names) == 3 * len(controls.PASSES) - 1
    assert "pulses through LPC 64, post-filter x 4" in names
    assert "Griffin-Lim from pulses, post-filter x 1" in names


def test_the_post_filter_moves_griffin_lim_to_its_mel(mel):
    (filtered,) = controls.FilteredGriffinLim(KOREAN, 4).generate([mel])
    plain = systems.GriffinLim(systems.as_spoken(KOREAN)).generate([mel])[0]
    errors = [
        np.abs(mel_spectrogram(w, KOREAN) - mel).mean() for w in (plain, filtered)
    ]
    assert errors[1] < errors[0]


def test_griffin_lim_speaks_by_default_settings_whatever_the_features_had():
    features = replace(KOREAN, griffin_lim_iterations=3, griffin_lim_momentum=0.5)
    spoken = systems.as_spoken(features)
    assert spoken.griffin_lim_iterations == Audio().griffin_lim_iterations
    assert spoken.griffin_lim_momentum == Audio().griffin_lim_momentum
    assert spoken.sample_rate == features.sample_rate


def test_pulses_are_voiced_and_noise_is_not(mel):
    noise, pulses = (
        pitch.track(spoken(source, mel, 0), KOREAN.sample_rate).voiced.mean()
        for source in (controls.noise, controls.pulses)
    )
    assert noise < 0.2
    assert pulses > 0.8


def test_the_post_filter_moves_a_wave_to_its_mel(mel):
    waves = [spoken(controls.noise, mel, passes) for passes in controls.PASSES]
    errors = [np.abs(mel_spectrogram(w, KOREAN) - mel).mean() for w in waves]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 0.7 * errors[0]
