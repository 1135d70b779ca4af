"""Draw spectrograms small enough to travel inside a page."""

import io
from functools import cache

import numpy as np

LEVELS = 32


@cache
def palette() -> np.ndarray:
    """Return the colours of a spectrogram, uint8 [LEVELS, 3], dark to light."""
    from matplotlib import colormaps

    colours = colormaps["inferno"](np.linspace(0, 1, LEVELS), bytes=True)
    return np.ascontiguousarray(colours[:, :3])


def spectrogram(mel: np.ndarray, low: float, high: float, frames: int) -> bytes:
    """Return a PNG file of a spectrogram [frames, bands], low bands at the bottom.

    One pixel is a frame and band; `frames` is the width, which a shorter sound does
    not fill. Values up to `low` have the darkest colour, from `high` on the lightest.
    """
    from PIL import Image

    mel = np.asarray(mel, np.float64)
    mel = np.pad(mel, ((0, frames - len(mel)), (0, 0)), constant_values=low)
    share = np.clip((mel - low) / (high - low), 0.0, 1.0)
    picture = Image.fromarray(np.rint(share.T[::-1] * (LEVELS - 1)).astype(np.uint8))
    picture.putpalette(palette().tobytes())
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()
