"""Pictures in a page: the pixels of a PNG, the numbers of a pitch."""

import io

import numpy as np
import pytest
from matplotlib.image import imread

from moksori.comparison.page.pictures import LEVELS, contour, palette, png, spectrogram
from moksori.metrics.pitch import Track


def pixels(content: bytes) -> np.ndarray:
    """The colours of a PNG file as another reader sees them, 0 to 255."""
    found = imread(io.BytesIO(content), format="png")
    return np.rint(found[..., :3] * 255).astype(int)


def test_another_reader_sees_the_same_colours():
    indices = np.random.default_rng(0).integers(0, LEVELS, (7, 13), dtype=np.uint8)
    assert (pixels(png(indices, palette())) == palette()[indices]).all()


def test_time_goes_right_and_frequency_up():
    mel = np.zeros((3, 2))
    mel[2, 0] = 1.0  # the last frame, the lowest band
    found = pixels(spectrogram(mel, 0.0, 1.0))
    assert found.shape == (2, 3, 3)
    assert found[1, 2].tolist() == palette()[-1].tolist()
    others = np.delete(found.reshape(-1, 3), 5, axis=0)
    assert (others == palette()[0]).all()


def test_what_is_outside_of_the_range_has_the_colours_at_its_ends():
    inside = spectrogram(np.array([[0.0, 1.0]]), 0.0, 1.0)
    assert spectrogram(np.array([[-9.0, 9.0]]), 0.0, 1.0) == inside


def test_louder_is_lighter():
    lightness = palette() @ np.array([0.2126, 0.7152, 0.0722])
    assert (np.diff(lightness) > 0).all()


@pytest.mark.parametrize(
    ("mel", "low", "high", "words"),
    [
        (np.zeros((0, 4)), 0.0, 1.0, "bands"),
        (np.zeros(4), 0.0, 1.0, "bands"),
        (np.zeros((2, 2)), 1.0, 1.0, "no range"),
    ],
)
def test_what_is_no_picture_is_refused(mel, low, high, words):
    with pytest.raises(ValueError, match=words):
        spectrogram(mel, low, high)


def test_a_contour_has_every_second_frame_of_what_is_voiced():
    hertz = np.full(40, np.nan)
    hertz[4:12] = np.linspace(100.4, 107.4, 8)
    hertz[20:23] = 90.0  # 15 ms: too short to be seen
    hertz[30:] = 200.0
    found = contour(Track(hertz, np.zeros(40)))
    assert found == [[2, 100, 102, 104, 106], [15, 200, 200, 200, 200, 200]]


def test_silence_has_no_contour():
    assert contour(Track(np.full(9, np.nan), np.zeros(9))) == []
    assert contour(Track(np.zeros(0), np.zeros(0))) == []
