"""Speak mel spectrograms with a trained vocoder, loaded from its run folder."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from hparams import SYNTHESIS_ONLY, Audio, Hparams, difference
from moksori.audio.coding import Coding
from moksori.training.kinds import WAVENET
from moksori.training.runs import Run, RunError
from moksori.training.weights import assign, averaged
from moksori.voices.networks import blank_weights, build_wavenet

# Settings of audio that do not change how a mel relates to its wave.
_INDIFFERENT = (
    *SYNTHESIS_ONLY,
    "linear",
    "trim_decibel",
    "tail_seconds",
    "min_seconds",
    "max_seconds",
)


class WaveNetVocoder:
    """Turn mel spectrograms into waves with a trained `wavenet.model.WaveNet`.

    `progress(done, total)` counts seconds of sound. `options` are those of
    `wavenet.sampler.Sampler`.
    """

    def __init__(
        self,
        network,
        settings: Hparams,
        speakers: Sequence[str],
        progress: Callable[[float, float], None] | None = None,
        temperature: float = 1.0,
        **options,
    ):
        from moksori.wavenet.sampler import Sampler

        self.settings, self.speakers = settings, tuple(speakers)
        self.progress, self.temperature = progress, temperature
        self._coding = Coding.of(settings)
        self._sampler = Sampler(network, **options)

    @classmethod
    def load(
        cls,
        folder: str | Path,
        best: bool = False,
        step: int | None = None,
        **options,
    ) -> "WaveNetVocoder":
        """Load the averaged weights of a run, at its newest, its `best`, or the
        checkpoint of `step`.

        Raises `RunError` for a folder that is no vocoder's run, or holds no readable
        checkpoint.
        """
        run = Run.open(folder)
        settings = WAVENET.settings_of(run)
        speakers = run.settings["speakers"]
        checkpoint = run.restore(best=best, step=step)
        if checkpoint is None:
            raise RunError(f"{run.folder} holds no checkpoint yet: train it first")
        with blank_weights():
            model = build_wavenet(settings, len(speakers))
        assign(model, None, averaged(checkpoint.arrays))
        return cls(model, settings, speakers, **options)

    def check(self, audio: Audio) -> None:
        """Raise `RunError`, with the differences, if mels of these settings are not
        those that the vocoder was trained on."""
        _check_audio(self.settings.audio, audio)

    def generate(
        self,
        mels: Sequence[np.ndarray],
        speaker: str | Sequence[str] | None = None,
        seed: int = 0,
    ) -> list[np.ndarray]:
        """Return waves [frames * hop_length] of normalised mels [frames, mels].

        `speaker` is the name for all mels or one for each; an unknown name is spoken
        as the vocoder's first speaker.
        """
        if speaker is None or isinstance(speaker, str):
            speaker = [speaker] * len(mels)
        rate = self.settings.audio.sample_rate / self._coding.bands
        progress = self.progress

        def report(done: int, total: int) -> None:
            if progress is not None:
                progress(done / rate, total / rate)

        signals = self._sampler.generate(
            mels,
            speaker=[self._number(name) for name in speaker],
            seed=seed,
            temperature=self.temperature,
            progress=report,
        )
        return [
            self._coding.decode(signal, mel)
            for signal, mel in zip(signals, mels, strict=True)
        ]

    def stream(
        self,
        mel: np.ndarray,
        speaker: str | None = None,
        seed: int = 0,
        chunk_seconds: float = 0.1,
    ) -> Iterator[np.ndarray]:
        """Yield the wave of one mel in chunks, each as soon as it is made."""
        rate = self.settings.audio.sample_rate / self._coding.bands
        signals = self._sampler.stream(
            mel,
            speaker=self._number(speaker),
            seed=seed,
            temperature=self.temperature,
            chunk_steps=max(1, round(chunk_seconds * rate)),
        )
        waves = self._coding.decode_pieces(signals, mel)
        return (wave for wave in waves if wave.size)

    def _number(self, speaker: str | None) -> int:
        return self.speakers.index(speaker) if speaker in self.speakers else 0


def check(folder: str | Path, audio: Audio) -> None:
    """Raise `RunError`, with the differences, unless the run in `folder` is a vocoder
    for mels of these settings."""
    _check_audio(WAVENET.settings_of(Run.open(folder)).audio, audio)


def _check_audio(ours: Audio, theirs: Audio) -> None:
    lines = [
        f"audio.{line}"
        for line in difference(ours, theirs)
        if line.partition(":")[0] not in _INDIFFERENT
    ]
    if lines:
        raise RunError(
            "the vocoder was trained on other mels than the voice makes "
            f"(vocoder != voice): {'; '.join(lines)}"
        )
