"""A run of the vocoder: its settings, its network, and the vocoder it becomes."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from hparams import Audio, Hparams, difference
from moksori.audio.coding import Coding
from moksori.training.runs import Run, RunError
from moksori.training.weights import assign, averaged
from moksori.voices import lineage

# They say nothing of how a mel relates to its wave.
_INDIFFERENT = (
    "griffin_lim_iterations",
    "griffin_lim_momentum",
    "linear",
    "trim_decibel",
    "tail_seconds",
    "min_seconds",
    "max_seconds",
)


class WaveNetVocoder:
    """Mel spectrograms -> waves, by a `wavenet.model.WaveNet` with trained weights.

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
        self._coding = Coding.of(settings.wavenet)
        self._sampler = Sampler(network, **options)

    @classmethod
    def load(
        cls,
        folder: str | Path,
        best: bool = False,
        step: int | None = None,
        **options,
    ) -> "WaveNetVocoder":
        """The averaged weights of a run, at its newest, its `best`, or the checkpoint
        of `step`.

        Raises `RunError` for a folder that is no vocoder's run, or holds no readable
        checkpoint.
        """
        run = Run.open(folder)
        settings = lineage.settings_of(run, "wavenet")
        speakers = run.settings["speakers"]
        checkpoint = run.restore(best=best, step=step)
        if checkpoint is None:
            raise RunError(f"{run.folder} holds no checkpoint yet: train it first")
        model = network(settings, len(speakers))
        assign(model, None, averaged(checkpoint.arrays))
        return cls(model, settings, speakers, **options)

    def check(self, audio: Audio) -> None:
        """Raise `RunError`, with the differences, unless mels of these settings are
        what this vocoder was trained on."""
        _check_audio(self.settings.audio, audio)

    def generate(
        self,
        mels: Sequence[np.ndarray],
        speaker: str | Sequence[str] | None = None,
        seed: int = 0,
    ) -> list[np.ndarray]:
        """Waves [frames * hop_length] of normalised mels [frames, mels].

        `speaker` is the name of all or of each; one that the vocoder does not know
        sounds like its first.
        """
        if speaker is None or isinstance(speaker, str):
            speaker = [speaker] * len(mels)
        rate, progress = self.settings.audio.sample_rate, self.progress

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
        return [self._coding.decode(signal) for signal in signals]

    def stream(
        self,
        mel: np.ndarray,
        speaker: str | None = None,
        seed: int = 0,
        chunk_seconds: float = 0.25,
    ) -> Iterator[np.ndarray]:
        """The wave of one mel, in pieces, each as soon as it is made."""
        decode = self._coding.decoder()
        chunk = max(1, round(chunk_seconds * self.settings.audio.sample_rate))
        for signal in self._sampler.stream(
            mel,
            speaker=self._number(speaker),
            seed=seed,
            temperature=self.temperature,
            chunk_samples=chunk,
        ):
            yield decode(signal)

    def _number(self, speaker: str | None) -> int:
        return self.speakers.index(speaker) if speaker in self.speakers else 0


def check(folder: str | Path, audio: Audio) -> None:
    """Raise `RunError` unless the run in `folder` is a vocoder for mels of these
    settings, naming what differs."""
    _check_audio(lineage.settings_of(Run.open(folder), "wavenet").audio, audio)


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


def network(settings: Hparams, speakers: int, compute: str = "float32"):
    """A freshly initialised `wavenet.model.WaveNet` for these settings."""
    from moksori.wavenet.model import WaveNet

    sizes = dataclasses.asdict(settings.wavenet)
    del sizes["preemphasis"]
    return WaveNet(
        mels=settings.audio.mels,
        speakers=speakers,
        compute=compute,
        seed=settings.wavenet_training.seed,
        **sizes,
    )


def resume_or_create(folder: Path, settings: Hparams, store) -> Run:
    """The run in `folder`, new or continued, of a vocoder for the speakers of `store`.

    A run may continue with other training settings (they are named in the log), but
    with no other audio, network or speakers: `RunError`.
    """
    described = {
        "kind": "wavenet",
        "hparams": settings.to_dict(),
        "speakers": list(store.speakers),
    }
    others = ("text", "tacotron", "tacotron_training")
    return lineage.resume_or_create(
        folder, described, "wavenet_training", others, settings.wavenet_training.keep
    )


def begin(arguments, store) -> tuple[Hparams, Run]:
    """What a training was asked for, settings and run, new or continued."""
    settings = settings_for(arguments, arguments.run, store)
    store.check(settings.audio, store.text)
    return settings, resume_or_create(arguments.run, settings, store)


def settings_for(arguments, folder: Path, store) -> Hparams:
    """What `voices.lineage.settings_for` says of a vocoder."""
    return lineage.settings_for(arguments, folder, store, "wavenet")


def cropping(settings: Hparams, model) -> dict:
    """The arguments of `datasets.crops.Crops` for a training of these settings."""
    t = settings.wavenet_training
    return {
        "coding": Coding.of(settings.wavenet),
        "batch": t.batch,
        "frames": t.crop_frames,
        "past": model.receptive_field - 1,
        "context": model.context,
        "dither": t.dither,
        "input_noise": t.input_noise,
        "seed": t.seed,
    }


def trainer(settings: Hparams, speakers: int, devices=None):
    """A `training.steps.Trainer` of a fresh network, with Adam and its likelihood, on
    `devices` (`training.devices.Devices`; one if None)."""
    from moksori.backend.hardware import preferred_compute_dtype
    from moksori.training.averaging import AveragedAdam
    from moksori.training.devices import alone
    from moksori.training.steps import Trainer

    t, devices = settings.wavenet_training, devices or alone()
    compute = preferred_compute_dtype() if t.compute == "auto" else t.compute
    with devices.scope():
        model = network(settings, speakers, compute)
        return Trainer(
            model,
            AveragedAdam(t.learning_rate, t.average, epsilon=t.adam_epsilon),
            _likelihood(model),
            clip_norm=t.clip_norm,
            weight_decay=t.weight_decay,
            seed=t.seed,
            smaller="lower wavenet_training.batch or wavenet_training.crop_frames",
            devices=devices,
        )


def _likelihood(model):
    """The weighted mean over a batch; a crop of weight 0 fills it up and is not
    counted."""
    from keras import ops

    def losses(batch, values, training=True):
        parameters = model(
            batch["signal"],
            batch["mels"],
            batch["speaker"],
            output_length=batch["target"].shape[1],
        )
        each = ops.mean(model.distribution.loss(parameters, batch["target"]), axis=1)
        loss = ops.sum(each * batch["weight"])
        return loss, {"loss": loss}

    return losses


def warm_start(model, start: Path, speakers: list[str]) -> str:
    """Give a fresh `model` all that fits of the averages of run `start`; returns the
    account for the person."""
    from moksori.training.weights import warm_start as take

    run = Run.open(start)
    lineage.settings_of(run, "wavenet")
    checkpoint = run.restore()
    if checkpoint is None:
        raise RunError(f"{run.folder} has no checkpoint to begin from")
    ours = {name: row for row, name in enumerate(speakers)}
    theirs = {name: row for row, name in enumerate(run.settings["speakers"])}
    aligned = {"speakers/embeddings": (ours, theirs)}
    return str(take(model, averaged(checkpoint.arrays), aligned))


def schedule(settings: Hparams) -> Callable[[int], dict]:
    """What changes with the step, as `training.loop.fit` takes it."""
    t = settings.wavenet_training
    return lambda step: {"learning_rate": lineage.learning_rate(step, t)}
