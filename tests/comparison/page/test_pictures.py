"""Pictures in a page: the pixels of a spectrogram."""

import io

import numpy as np
from PIL import Image

from moksori.comparison.page.pictures import palette, spectrogram


def pixels(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


def test_time_goes_right_and_frequency_up():
    mel = np.zeros((3, 2))
    mel[2, 0] = 1.0  # the last frame, the lowest band
    found = pixels(spectrogram(mel, 0.0, 1.0, 4))
    assert found.shape == (2, 4, 3)
    assert found[1, 2].tolist() == palette()[-1].tolist()
    others = np.delete(found.reshape(-1, 3), 6, axis=0)
    assert (others == palette()[0]).all()


def test_what_is_outside_of_the_range_has_the_colours_at_its_ends():
    inside = spectrogram(np.array([[0.0, 1.0]]), 0.0, 1.0, 1)
    assert spectrogram(np.array([[-9.0, 9.0]]), 0.0, 1.0, 1) == inside


def test_louder_is_lighter():
    lightness = palette() @ np.array([0.2126, 0.7152, 0.0722])
    assert (np.diff(lightness) > 0).all()
