"""Settings of a voice: frozen values, grouped by the room that reads them.

A preset is a complete `Hparams`; `--set group.key=value` states the difference.
Whatever follows from other settings is a property, and a contradiction is refused
when the value is built, so no room has to check again.
"""

import dataclasses
import difflib
import json
import math
import types
import typing
from dataclasses import dataclass, field
from pathlib import Path


class HparamsError(ValueError):
    """A setting that cannot be used; the message is one line a person can act on."""


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise HparamsError(message)


def _require_counts(group, name: str, may_be_zero: tuple[str, ...] = ()) -> None:
    """Refuse numbers that are not finite, and counts and sizes below their least."""
    for each in dataclasses.fields(group):
        value = getattr(group, each.name)
        for number in value if isinstance(value, tuple) else (value,):
            if isinstance(number, float):
                _require(math.isfinite(number), f"{name}.{each.name} must be finite")
            elif isinstance(number, int) and not isinstance(number, bool):
                least = 0 if each.name in may_be_zero else 1
                _require(
                    number >= least, f"{name}.{each.name} must be at least {least}"
                )


@dataclass(frozen=True)
class Audio:
    """How a recording becomes spectrograms, for acoustic model and vocoder alike.

    Levels are decibels relative to full scale 1.0, lengths are samples.
    """

    sample_rate: int = 24000
    hop_length: int = 300
    win_length: int = 1200
    n_fft: int = 2048
    mels: int = 80
    fmin: float = 55.0
    fmax: float = 7600.0
    preemphasis: float = 0.97
    floor_decibel: float = -80.0
    ceiling_decibel: float = 20.0
    mel_range: float = 4.0
    linear: bool = False
    trim_decibel: float = 30.0
    tail_seconds: float = 0.1
    level: str = "peak"
    level_decibel: float = -1.0
    loudness_lufs: float = -23.0
    griffin_lim_iterations: int = 32
    griffin_lim_momentum: float = 0.99
    min_seconds: float = 0.3
    max_seconds: float = 15.0

    def __post_init__(self):
        _require_counts(self, "audio", ("griffin_lim_iterations",))
        _require(
            self.win_length <= self.n_fft, "audio.win_length must be <= audio.n_fft"
        )
        _require(
            0 < self.hop_length <= self.win_length // 2,
            "audio.hop_length must be between 1 and half of audio.win_length",
        )
        _require(
            0 <= self.fmin < self.fmax <= self.sample_rate / 2,
            "audio needs 0 <= fmin < fmax <= sample_rate / 2 "
            f"(fmin {self.fmin}, fmax {self.fmax}, sample_rate {self.sample_rate})",
        )
        _require(
            self.floor_decibel < self.ceiling_decibel,
            "audio.floor_decibel must be below audio.ceiling_decibel",
        )
        _require(self.mel_range > 0, "audio.mel_range must be positive")
        _require(
            0 <= self.griffin_lim_momentum < 1,
            "audio.griffin_lim_momentum must be in [0, 1)",
        )
        _require(self.trim_decibel > 0, "audio.trim_decibel must be positive")
        _require(self.tail_seconds >= 0, "audio.tail_seconds must not be negative")
        _require(0 <= self.preemphasis < 1, "audio.preemphasis must be in [0, 1)")
        _require(
            self.level in ("peak", "lufs", "none"), "audio.level: peak, lufs or none"
        )
        _require(
            0 < self.min_seconds < self.max_seconds,
            "audio.min_seconds must be positive and below audio.max_seconds",
        )

    @property
    def bins(self) -> int:
        """Frequency bins of a linear spectrogram."""
        return self.n_fft // 2 + 1

    @property
    def frame_seconds(self) -> float:
        """How far apart two frames are."""
        return self.hop_length / self.sample_rate


@dataclass(frozen=True)
class Text:
    """How written text becomes symbols."""

    normalize: bool = True
    phonetic: bool = False


@dataclass(frozen=True)
class Tacotron:
    """Tacotron 2 (Shen et al. 2018, section 2.2); sizes are channels or units."""

    symbol_dim: int = 512
    encoder_layers: int = 3
    encoder_kernel: int = 5
    encoder_dim: int = 512
    encoder_dropout: float = 0.5
    prenet_dims: tuple[int, ...] = (256, 256)
    prenet_dropout: float = 0.5
    attention_dim: int = 128
    location_filters: int = 32
    location_kernel: int = 31
    attention_lstm: int = 1024
    decoder_lstm: int = 1024
    zoneout: float = 0.1
    postnet_layers: int = 5
    postnet_kernel: int = 5
    postnet_dim: int = 512
    postnet_dropout: float = 0.5
    reduction_factor: int = 1
    speaker_dim: int = 64
    linear: bool = False
    cbhg_banks: int = 8
    cbhg_dim: int = 128

    def __post_init__(self):
        _require_counts(self, "tacotron", ("encoder_layers",))
        _require(self.encoder_dim % 2 == 0, "tacotron.encoder_dim must be even")
        _require(len(self.prenet_dims) >= 1, "tacotron.prenet_dims needs a layer")
        for name in ("encoder_kernel", "location_kernel", "postnet_kernel"):
            _require(getattr(self, name) % 2 == 1, f"tacotron.{name} must be odd")
        for name in ("encoder_dropout", "prenet_dropout", "zoneout", "postnet_dropout"):
            _require(0 <= getattr(self, name) < 1, f"tacotron.{name} must be in [0, 1)")


@dataclass(frozen=True)
class WaveNet:
    """WaveNet vocoder (van den Oord et al. 2016), conditioned on mels.

    `preemphasis` is that of the wave it models, whatever that of the mels: the noise
    that a model or its 256 levels leave is then shaped like speech, which masks it.
    """

    layers: int = 20
    cycles: int = 2
    kernel: int = 3
    residual_channels: int = 128
    gate_channels: int = 512
    skip_channels: int = 128
    condition_channels: int = 64
    upsample: tuple[int, ...] = (12, 25)
    distribution: str = "categorical"
    mixtures: int = 10
    preemphasis: float = 0.85

    def __post_init__(self):
        _require_counts(self, "wavenet")
        _require(
            self.cycles >= 1 and self.layers % self.cycles == 0,
            "wavenet.layers must be a multiple of wavenet.cycles "
            f"({self.layers} layers, {self.cycles} cycles)",
        )
        _require(self.gate_channels % 2 == 0, "wavenet.gate_channels must be even")
        _require(
            self.distribution in ("categorical", "logistic", "gaussian"),
            "wavenet.distribution: categorical, logistic or gaussian",
        )
        _require(0 <= self.preemphasis < 1, "wavenet.preemphasis must be in [0, 1)")


_MAY_BE_ZERO = (
    "warmup_steps",
    "decay_start",
    "decay_steps",
    "guided_attention_steps",
    "held_out",
    "previews",
    "seed",
)


@dataclass(frozen=True)
class Fitting:
    """What the training of any model is told. Steps count updates.

    `compute` is the type of the large products: bfloat16, float32, or auto for what is
    quicker on this machine without harm.
    """

    steps: int = 100_000
    learning_rate: float = 1e-3
    final_learning_rate: float = 1e-5
    warmup_steps: int = 1000
    decay_start: int = 20_000
    decay_steps: int = 60_000
    clip_norm: float = 1.0
    adam_epsilon: float = 1e-6
    weight_decay: float = 1e-6
    held_out: int = 32
    previews: int = 4
    log_every: int = 10
    preview_every: int = 1000
    save_every: int = 1000
    keep: int = 3
    seed: int = 1
    compute: str = field(default="auto", kw_only=True)

    def _check(self, name: str) -> None:
        _require_counts(self, name, _MAY_BE_ZERO)
        _require(
            0 < self.final_learning_rate <= self.learning_rate,
            f"{name} needs 0 < final_learning_rate <= learning_rate",
        )
        _require(self.clip_norm > 0, f"{name}.clip_norm must be positive")
        _require(
            self.previews <= self.held_out,
            f"{name}.previews must not exceed {name}.held_out",
        )
        _require(
            self.compute in ("auto", "float32", "bfloat16"),
            f"{name}.compute: auto, float32 or bfloat16",
        )


@dataclass(frozen=True)
class Training(Fitting):
    """How the acoustic model is trained. Frames are mel frames."""

    batch_frames: int = 12_800
    max_batch: int = 64
    l1_weight: float = 1.0
    l2_weight: float = 1.0
    stop_weight: float = 1.0
    stop_positive_weight: float = 5.0
    guided_attention: float = 5.0
    guided_attention_width: float = 0.2
    guided_attention_steps: int = 20_000
    reduction_schedule: tuple[tuple[int, int], ...] = ()
    flat_attention_steps: int = 10_000

    def __post_init__(self):
        self._check("training")
        for name in ("l1_weight", "l2_weight", "stop_weight", "guided_attention"):
            _require(getattr(self, name) >= 0, f"training.{name} must not be negative")
        _require(
            self.guided_attention_width > 0,
            "training.guided_attention_width must be positive",
        )
        starts = [start for start, _ in self.reduction_schedule]
        factors = [factor for _, factor in self.reduction_schedule]
        _require(
            starts == sorted(set(starts)) and (not starts or starts[0] == 0),
            "training.reduction_schedule needs rising steps that begin at 0",
        )
        _require(
            factors == sorted(factors, reverse=True) and all(f >= 1 for f in factors),
            "training.reduction_schedule needs falling factors of at least 1",
        )


@dataclass(frozen=True)
class WaveNetTraining(Fitting):
    """How the vocoder is trained: on `batch` crops of `crop_frames` frames each, in
    whose samples the receptive field before them is not counted.

    `average` is the decay of the weights' moving average, which is what speaks.
    `dither` and `input_noise` are standard deviations, of noise in the recordings, full
    scale 1, and in the signal that the network hears.
    """

    steps: int = 1_000_000
    decay_start: int = 200_000
    decay_steps: int = 800_000
    weight_decay: float = 0.0
    preview_every: int = 10_000
    save_every: int = 2000
    batch: int = 8
    crop_frames: int = 24
    average: float = 0.9995
    dither: float = 1e-4
    input_noise: float = 0.004

    def __post_init__(self):
        self._check("wavenet_training")
        _require(0 <= self.average < 1, "wavenet_training.average must be in [0, 1)")
        for name in ("dither", "input_noise"):
            value = getattr(self, name)
            _require(value >= 0, f"wavenet_training.{name} must not be negative")


@dataclass(frozen=True)
class Hparams:
    """All settings of one voice.

    Raises `HparamsError` when two groups contradict each other.
    """

    audio: Audio = field(default_factory=Audio)
    text: Text = field(default_factory=Text)
    tacotron: Tacotron = field(default_factory=Tacotron)
    wavenet: WaveNet = field(default_factory=WaveNet)
    training: Training = field(default_factory=Training)
    wavenet_training: WaveNetTraining = field(default_factory=WaveNetTraining)

    def __post_init__(self):
        product = math.prod(self.wavenet.upsample)
        _require(
            product == self.audio.hop_length,
            f"wavenet.upsample {list(self.wavenet.upsample)} has the product "
            f"{product}, which must equal audio.hop_length {self.audio.hop_length}",
        )
        _require(
            not self.tacotron.linear or self.audio.linear,
            "tacotron.linear needs audio.linear (set audio.linear=true)",
        )
        schedule = self.training.reduction_schedule
        _require(
            not schedule or schedule[0][1] <= self.tacotron.reduction_factor,
            "training.reduction_schedule begins above tacotron.reduction_factor "
            f"{self.tacotron.reduction_factor}, the largest the model can project",
        )

    @classmethod
    def from_dict(cls, values: dict) -> "Hparams":
        """Build from nested plain values, as `json` reads them; no unknown keys."""
        if not isinstance(values, dict):
            raise HparamsError("settings must be a JSON object of groups")
        groups = {}
        for name, group in values.items():
            kind = _group_type(name)
            if not isinstance(group, dict):
                raise HparamsError(f"{name} must be an object of settings")
            groups[name] = kind(
                **{key: _typed(name, key, value) for key, value in group.items()}
            )
        return cls(**groups)

    def to_dict(self) -> dict:
        """Nested plain values; tuples become lists, as in JSON."""
        return json.loads(json.dumps(dataclasses.asdict(self)))

    @classmethod
    def load(cls, path: str | Path) -> "Hparams":
        """Read a JSON file written by `save`."""
        try:
            values = json.loads(Path(path).read_text(encoding="utf-8-sig"))
        except (OSError, json.JSONDecodeError, UnicodeDecodeError) as error:
            raise HparamsError(f"cannot read settings from {path}: {error}") from None
        return cls.from_dict(values)

    def save(self, path: str | Path) -> None:
        text = json.dumps(self.to_dict(), indent=2, ensure_ascii=False)
        Path(path).write_text(text + "\n", encoding="utf-8")

    def override(self, assignments: typing.Iterable[str]) -> "Hparams":
        """Apply `group.key=value` texts together, so that order never matters."""
        values = self.to_dict()
        for assignment in assignments:
            name, equals, text = assignment.partition("=")
            group, dot, key = name.strip().partition(".")
            if not equals or not dot:
                raise HparamsError(
                    f"--set {assignment}: write it as group.key=value, "
                    "for instance tacotron.reduction_factor=4"
                )
            _field_type(group, key)
            values[group][key] = _parse(text.strip())
        return Hparams.from_dict(values)


def _nearest(word: str, names: typing.Iterable[str]) -> str:
    names = list(names)
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.0)
    return f"did you mean {close[0]}?" if close else f"known: {', '.join(names)}"


def _group_type(name: str) -> type:
    groups = {f.name: f.type for f in dataclasses.fields(Hparams)}
    if name not in groups:
        raise HparamsError(f"unknown settings group {name}: {_nearest(name, groups)}")
    return groups[name]


def _field_type(group: str, key: str):
    kind = _group_type(group)
    hints = typing.get_type_hints(kind)
    if key not in hints:
        every = [
            f"{g.name}.{f.name}"
            for g in dataclasses.fields(Hparams)
            for f in dataclasses.fields(g.type)
        ]
        here = [name for name in every if name.startswith(f"{group}.")]
        elsewhere = [name for name in every if name.endswith(f".{key}")]
        near = elsewhere or here
        raise HparamsError(
            f"unknown setting {group}.{key}: {_nearest(f'{group}.{key}', near)}"
        )
    return hints[key]


def _parse(text: str):
    """A command-line value: JSON where it is JSON, `12,25` as a list, else a word."""
    try:
        return json.loads(text.lower() if text in ("True", "False") else text)
    except json.JSONDecodeError:
        pass
    if "," in text:
        return [_parse(part.strip()) for part in text.split(",") if part.strip()]
    return text


def _typed(group: str, key: str, value):
    hint = _field_type(group, key)
    result = _convert(hint, value)
    if result is None:
        raise HparamsError(
            f"{group}.{key} must be {_describe(hint)}, not {json.dumps(value)}"
        )
    return result


def _describe(hint) -> str:
    if typing.get_origin(hint) is tuple:
        return f"a list of {_describe(typing.get_args(hint)[0])}"
    return {int: "a whole number", float: "a number", bool: "true or false"}.get(
        hint, "a word" if hint is str else str(hint)
    )


def _convert(hint, value):
    """`value` as `hint`, or None where it is of another type."""
    if isinstance(hint, types.GenericAlias) and typing.get_origin(hint) is tuple:
        if not isinstance(value, list | tuple):
            value = [value]
        kinds = typing.get_args(hint)
        if kinds[-1] is Ellipsis:
            kinds = (kinds[0],) * len(value)
        if len(kinds) != len(value):
            return None
        parts = tuple(_convert(k, v) for k, v in zip(kinds, value, strict=True))
        return None if None in parts else parts
    if hint is bool or isinstance(value, bool):
        return value if hint is bool and isinstance(value, bool) else None
    if hint is int:
        whole = isinstance(value, int) or (
            isinstance(value, float) and value.is_integer()
        )
        return int(value) if whole else None
    if hint is float:
        return float(value) if isinstance(value, int | float) else None
    return value if hint is str and isinstance(value, str) else None


def _korean() -> Hparams:
    return Hparams(tacotron=Tacotron(reduction_factor=2))


def _paper() -> Hparams:
    return Hparams(
        audio=Audio(fmin=125.0, preemphasis=0.0),
        tacotron=Tacotron(reduction_factor=1),
        wavenet=WaveNet(
            layers=30,
            cycles=3,
            distribution="logistic",
            upsample=(15, 20),
            preemphasis=0.0,
        ),
        training=Training(
            batch_frames=38_400,
            warmup_steps=0,
            decay_start=50_000,
            decay_steps=50_000,
            guided_attention=0.0,
        ),
    )


# Small enough to speak in real time on one core of a CPU.
_LEAN = WaveNet(layers=16, residual_channels=64, gate_channels=128)


def _lean() -> Hparams:
    return dataclasses.replace(_korean(), wavenet=_LEAN)


def _demo() -> Hparams:
    # A synthetic speaker repeats itself exactly, so there is little to regularise, and
    # many small updates teach more in the same minutes than few large ones.
    return Hparams(
        audio=Audio(
            sample_rate=22050,
            hop_length=256,
            win_length=1024,
            n_fft=1024,
            fmin=0.0,
            fmax=8000.0,
            griffin_lim_iterations=60,
        ),
        text=Text(phonetic=True),
        tacotron=Tacotron(
            symbol_dim=256,
            encoder_dim=256,
            encoder_dropout=0.1,
            prenet_dims=(256, 128),
            attention_lstm=512,
            decoder_lstm=512,
            zoneout=0.02,
            postnet_dim=128,
            postnet_dropout=0.1,
            reduction_factor=4,
        ),
        wavenet=dataclasses.replace(_LEAN, upsample=(16, 16)),
        training=Training(
            steps=2200,
            batch_frames=2400,
            max_batch=16,
            final_learning_rate=5e-5,
            warmup_steps=50,
            decay_start=1300,
            decay_steps=900,
            guided_attention_steps=1300,
            preview_every=550,
            save_every=220,
            flat_attention_steps=500,
        ),
        wavenet_training=WaveNetTraining(
            steps=1100,
            final_learning_rate=5e-5,
            warmup_steps=100,
            decay_start=500,
            decay_steps=600,
            preview_every=550,
            save_every=275,
            previews=2,
            batch=4,
            crop_frames=8,
            average=0.99,
            dither=3e-4,
        ),
    )


def _tiny() -> Hparams:
    return Hparams(
        audio=Audio(
            sample_rate=8000,
            hop_length=128,
            win_length=512,
            n_fft=512,
            mels=20,
            fmin=0.0,
            fmax=4000.0,
            griffin_lim_iterations=8,
        ),
        tacotron=Tacotron(
            symbol_dim=16,
            encoder_dim=16,
            prenet_dims=(16, 16),
            attention_dim=12,
            location_filters=4,
            location_kernel=7,
            attention_lstm=24,
            decoder_lstm=24,
            postnet_layers=3,
            postnet_dim=16,
            reduction_factor=2,
            speaker_dim=8,
            cbhg_banks=3,
            cbhg_dim=8,
        ),
        wavenet=WaveNet(
            layers=4,
            cycles=2,
            kernel=2,
            residual_channels=8,
            gate_channels=16,
            skip_channels=8,
            condition_channels=8,
            upsample=(8, 16),
        ),
        training=Training(
            steps=4,
            batch_frames=400,
            max_batch=4,
            warmup_steps=2,
            decay_start=2,
            decay_steps=2,
            guided_attention_steps=4,
            held_out=2,
            previews=1,
            log_every=1,
            preview_every=4,
            save_every=2,
            flat_attention_steps=1000,
        ),
        wavenet_training=WaveNetTraining(
            steps=4,
            warmup_steps=2,
            decay_start=2,
            decay_steps=2,
            held_out=2,
            previews=1,
            log_every=1,
            preview_every=4,
            save_every=2,
            batch=2,
            crop_frames=4,
            average=0.5,
        ),
    )


_PRESETS = {
    "korean": _korean,
    "paper": _paper,
    "lean": _lean,
    "demo": _demo,
    "tiny": _tiny,
}
PRESETS: tuple[str, ...] = tuple(_PRESETS)


def preset(name: str) -> Hparams:
    """The complete settings called `name`; refuses others and names the nearest."""
    if name not in _PRESETS:
        raise HparamsError(f"unknown preset {name}: {_nearest(name, PRESETS)}")
    return _PRESETS[name]()


def add_arguments(parser) -> None:
    """The flags by which every script takes settings."""
    parser.add_argument(
        "--preset", default=None, metavar="NAME", help=", ".join(PRESETS)
    )
    parser.add_argument(
        "--hparams", metavar="FILE", help="settings as JSON instead of a preset"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        dest="overrides",
        metavar="GROUP.KEY=VALUE",
        help="change one setting, for instance tacotron.reduction_factor=4",
    )


def from_arguments(arguments, default: "str | Hparams" = "korean") -> Hparams:
    """Settings from parsed `--preset`, `--hparams` and `--set`.

    `default` is the preset, or the value, that counts when neither is given.
    """
    if arguments.preset and arguments.hparams:
        raise HparamsError("give --preset or --hparams, not both")
    if arguments.hparams:
        base = Hparams.load(arguments.hparams)
    elif arguments.preset or isinstance(default, str):
        base = preset(arguments.preset or default)
    else:
        base = default
    return base.override(arguments.overrides)


def difference(ours, theirs) -> list[str]:
    """`key: ours != theirs` for every setting in which two groups differ."""
    a, b = dataclasses.asdict(ours), dataclasses.asdict(theirs)
    return [f"{key}: {a[key]} != {b[key]}" for key in a if a[key] != b[key]]
