"""Teach a decoder: steps on random segments of a voice.

The difference from the cepstra and aperiodicity that WORLD finds is one loss; that of
the wave, beside it, is the other, as DDSP has it (see synthesiser.py): it knows
harmonics, noise and time that WORLD's frames do not, and a step of it takes longer.
"""

from dataclasses import dataclass

import keras
import numpy as np

from moksori.covers import synthesiser, world
from moksori.covers.content import SIZE
from moksori.covers.decoder import Decoder, Scales, pitch_features
from moksori.covers.pitch import FRAME_SECONDS
from moksori.covers.world import CEPSTRA, Timbre

SEGMENT, BATCH = 400, 4  # frames, segments
_RATE, _DECAY = 2e-3, 1e-2
_PITCH_JITTER = 0.2  # of the logarithm, so that a height is not learnt by heart
_WHOLE = 4  # frames are a whole number of samples, at each of WORLD's rates
_HEARD = slice(100, 300)  # frames of a segment whose wave is compared: a step is dear


@dataclass(frozen=True)
class Frames:
    """Hold the frames of all clips of a voice, joined, and their wave [samples] at
    `sample_rate`; frame t is at t * `FRAME_SECONDS`."""

    content: np.ndarray
    hertz: np.ndarray
    timbre: Timbre
    wave: np.ndarray
    sample_rate: int

    @classmethod
    def joined(cls, parts: list[tuple], sample_rate: int) -> "Frames":
        """Join clips, each its content, pitch, timbre, and wave; the wave of each ends
        where the first frame of the next is."""
        contents, pitches, timbres, waves = zip(*parts, strict=True)
        ends = np.cumsum([len(hertz) for hertz in pitches])
        total = np.zeros(sample_at(ends[-1], sample_rate), np.float32)
        for end, hertz, wave in zip(ends, pitches, waves, strict=True):
            begin = sample_at(end - len(hertz), sample_rate)
            total[begin : begin + len(wave)] = wave[: len(total) - begin]
        timbre = Timbre(
            np.concatenate([each.cepstra for each in timbres]),
            np.concatenate([each.aperiodicity for each in timbres]),
        )
        content, hertz = np.concatenate(contents), np.concatenate(pitches)
        return cls(content, hertz, timbre, total, sample_rate)

    def part(self, begin: int, end: int) -> "Frames":
        """Return a stretch of them."""
        cut, rate = slice(begin, end), self.sample_rate
        timbre = Timbre(self.timbre.cepstra[cut], self.timbre.aperiodicity[cut])
        wave = self.wave[sample_at(begin, rate) : sample_at(end, rate)]
        return Frames(self.content[cut], self.hertz[cut], timbre, wave, rate)


def sample_at(frame: int, sample_rate: int) -> int:
    """Return the sample at which a frame is."""
    return round(frame * FRAME_SECONDS * sample_rate)


class Teacher:
    """Take steps by the distance of cepstra and aperiodicity.

    `contents` are encodings [frames, SIZE] of the same frames, as they are and in
    disguises.
    """

    def __init__(
        self,
        decoder: Decoder,
        scales: Scales,
        frames: Frames,
        contents: list[np.ndarray],
        steps: int,
        seed: int,
    ):
        self._contents = [scales.content(each - each.mean(axis=0)) for each in contents]
        self._heights = pitch_features(frames.hertz)
        self._targets = scales.targets(frames.timbre)
        self._random = np.random.default_rng(seed)
        self._length = min(SEGMENT, len(self._targets))
        schedule = keras.optimizers.schedules.PolynomialDecay(_RATE, steps, 0.0)
        self._optimizer = keras.optimizers.AdamW(schedule, weight_decay=_DECAY)
        content = keras.Input((self._length, SIZE))
        heights = keras.Input((self._length, 2))
        answer = decoder(content, heights, training=True)
        self._model = self._compiled([content, heights], answer)

    def _compiled(self, inputs, answer) -> keras.Model:
        model = keras.Model(inputs, answer)
        model.compile(self._optimizer, "mean_absolute_error")
        return model

    def step(self) -> float:
        """Take one step; returns the loss."""
        last = len(self._targets) - self._length
        starts = self._random.integers(0, last + 1, BATCH)
        voices = self._random.integers(0, len(self._contents), BATCH)
        jitter = self._random.normal(0, _PITCH_JITTER, (BATCH, 1))
        return self._fit(starts, voices, jitter)

    def _fit(self, starts, voices, jitter) -> float:
        inputs, targets = self._segments(starts, voices, jitter)
        return float(self._model.train_on_batch(inputs, targets))

    def _segments(self, starts, voices, jitter) -> tuple[list, np.ndarray]:
        spans = [slice(start, start + self._length) for start in starts]
        content = np.stack(
            [self._contents[n][span] for n, span in zip(voices, spans, strict=True)]
        )
        heights = np.stack([self._heights[span] for span in spans])
        heights[..., 0] += jitter * heights[..., 1]
        targets = np.stack([self._targets[span] for span in spans])
        return [content, heights], targets


class WaveTeacher(Teacher):
    """Take steps by the distance of waves, and of cepstra; aperiodicity becomes the log
    odds of noise in `synthesiser.BANDS`."""

    def __init__(self, decoder, scales, frames: Frames, contents, steps, seed):
        rate = frames.sample_rate
        hertz = world.refine(frames.wave, rate, frames.hertz)
        self._rate, self._wave, self._scales = rate, frames.wave, scales
        self._pulses = synthesiser.pulses(hertz, rate, 0, len(frames.wave))
        super().__init__(decoder, scales, frames, contents, steps, seed)

    def _compiled(self, inputs, answer) -> keras.Model:
        samples = sample_at(_HEARD.stop - _HEARD.start, self._rate)
        sources = [keras.Input((samples,)) for _ in ("pulses", "noise")]
        synthesise = synthesiser.Synthesiser(self._rate)
        wave = synthesise(*self._scales.sound(answer[:, _HEARD]), *sources)
        model = keras.Model([*inputs, *sources], [wave, answer[..., :CEPSTRA]])
        losses = synthesiser.spectral_distance(self._rate), "mean_absolute_error"
        model.compile(self._optimizer, list(losses))
        return model

    def _fit(self, starts, voices, jitter) -> float:
        starts -= starts % _WHOLE
        inputs, targets = self._segments(starts, voices, jitter)
        samples = sample_at(_HEARD.stop - _HEARD.start, self._rate)
        begins = [sample_at(start + _HEARD.start, self._rate) for start in starts]
        pulses, wave = (
            np.stack([each[begin : begin + samples] for begin in begins])
            for each in (self._pulses, self._wave)
        )
        noise = self._random.standard_normal(wave.shape, np.float32)
        wanted = [wave, targets[..., :CEPSTRA]]
        return float(self._model.train_on_batch([*inputs, pulses, noise], wanted)[0])
