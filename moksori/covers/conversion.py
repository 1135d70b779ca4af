"""Convert a voice into another: the same words and melody in another timbre."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from moksori.audio.files import resample
from moksori.covers import pitch, rmvpe, world
from moksori.covers.content import ContentEncoder
from moksori.covers.decoder import matched
from moksori.covers.pitch import FRAME_SECONDS
from moksori.covers.rvc import RvcModel
from moksori.covers.voice import INDEX_RATE, RVC_KIND, VocalModel, read_about
from moksori.covers.world import Timbre

Model = VocalModel | RvcModel
_SILENT = 10 ** (-50 / 20)  # of the loudest: what is softer is a gap
_SMOOTH_FRAMES = 5


def load(folder: Path) -> Model:
    """Read a vocal model, ours or of RVC, to convert with it.

    Raises `VoiceError` for a folder of none, and `WeightsMissing` where a file that the
    model needs was not brought.
    """
    model = read(folder)
    if isinstance(model, RvcModel):
        model.prepare()
    return model


def read(folder: Path) -> Model:
    """Read a vocal model, ours or of RVC; raises `VoiceError` for a folder of none."""
    about = read_about(folder)
    if about.kind == RVC_KIND:
        return RvcModel.load(folder, about)
    return VocalModel.load(folder)


class Converter:
    """Convert recordings with a vocal model.

    Raises `WeightsMissing` where a file that the model needs was not brought.
    """

    def __init__(self, model: Model):
        self.model, self._track = model, pitch.track
        if isinstance(model, RvcModel):
            model.prepare()
            if path := rmvpe.path():
                self._track = rmvpe.Tracker(path).track
        else:
            self._content = ContentEncoder()

    def convert(
        self,
        wave: np.ndarray,
        sample_rate: int,
        semitones: float | None = None,
        index_rate: float = INDEX_RATE,
        protect: float = 0.33,
        progress: Callable[[str, float], None] = lambda stage, done: None,
    ) -> np.ndarray:
        """Convert a wave [samples]; float32 [samples] at the same rate and of the same
        length.

        `semitones` shift the pitch; None brings it into the middle of the voice by
        whole octaves, where that is known. `protect` is the share of the old timbre in
        breath and s, where nobody is known by it. Where the old voice is silent, so is
        the new one.
        """
        rate = self.model.about.sample_rate
        own = resample(wave, sample_rate, rate)
        hertz = world.refine(own, rate, self._track(wave, sample_rate))
        if semitones is None:
            semitones = pitch.octaves_between(
                pitch.median_hertz(hertz), self.model.about.hertz
            )
        progress("pitch", 1.0)
        factor = 2 ** (semitones / 12)
        if isinstance(self.model, RvcModel):
            del own
            made = self.model.sing(
                *(wave, sample_rate, hertz * factor, index_rate, protect),
                lambda done: progress("convert", done),
            )
        else:
            states = self._content.encode(wave, sample_rate)
            progress("content", 1.0)
            old = world.analyse(own, rate, hertz)
            del own
            progress("convert", 0.4)
            timbre = self._timbre(states, hertz * factor, old, index_rate, protect)
            progress("convert", 0.7)
            made = self.model.synthesise(hertz * factor, timbre)
        made = resample(made, rate, sample_rate)
        if len(made) < len(wave):
            made = np.pad(made, (0, len(wave) - len(made)))
        progress("convert", 1.0)
        return _gated(made[: len(wave)], wave, sample_rate)

    def _timbre(self, states, hertz, old: Timbre, index_rate: float, protect: float):
        """Return the new timbre; below `INDEX_RATE` up to half of it is the old one, as
        far as the voice may have it: words are in that which no decoder knows."""
        new = self.model.timbre(states, hertz, max(index_rate, INDEX_RATE))
        if kept := INDEX_RATE - min(index_rate, INDEX_RATE):
            like = matched(old, self.model.index.timbre).cepstra
            new = Timbre(kept * like + (1 - kept) * new.cepstra, new.aperiodicity)
        return _blended(old, new, hertz > 0, protect)


def _blended(old: Timbre, new: Timbre, voiced: np.ndarray, protect: float) -> Timbre:
    """Give the new timbre the old loudness, and a share of the old noise."""
    keep = np.where(voiced, 0.0, protect)[:, None]
    kernel = np.hanning(_SMOOTH_FRAMES + 2)[1:-1]
    keep = _convolved(keep, kernel / kernel.sum())
    cepstra = (1 - keep) * new.cepstra + keep * old.cepstra
    loudness = _convolved(old.cepstra[:, :1] - cepstra[:, :1], kernel / kernel.sum())
    cepstra[:, :1] += loudness
    noise = new.aperiodicity
    if noise.shape == old.aperiodicity.shape:  # of WORLD both
        noise = (1 - keep) * noise + keep * old.aperiodicity
    return Timbre(cepstra, noise)


def _convolved(columns: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    edge = len(kernel) // 2
    padded = np.pad(columns, ((edge, edge), (0, 0)), mode="edge")
    return np.stack(
        [np.convolve(column, kernel, "valid") for column in padded.T], axis=1
    )


def _gated(made: np.ndarray, wave: np.ndarray, sample_rate: int) -> np.ndarray:
    """Silence a wave [samples], in place, where another is silent for a while."""
    hop = max(int(FRAME_SECONDS * sample_rate), 1)
    count = len(wave) // hop
    frames = [wave[: count * hop].reshape(count, hop), wave[None, count * hop :]]
    energy = np.concatenate([np.einsum("nh,nh->n", each, each) for each in frames])
    open_ = (energy > _SILENT**2 * energy.max()).astype(np.float64)
    # Twenty frames around a sound stay open, and the gate moves as slowly.
    wide = np.convolve(open_, np.ones(41), "same") > 0
    kernel = np.hanning(23)[1:-1]
    smooth = np.convolve(wide, kernel / kernel.sum(), "same")
    places = (np.arange(len(smooth)) + 0.5) * hop
    for begin in range(0, len(made), sample_rate):
        part = made[begin : begin + sample_rate]
        part *= np.interp(np.arange(len(part)) + begin, places, smooth)
    return made
