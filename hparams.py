"""Settings of a voice: frozen values, grouped by the room that reads them.

`Hparams()` holds the defaults. A preset (`presets/*.json`) and `--set group.key=value`
state only what they change. What follows from other settings is a property, and a
contradiction is refused when the value is built, so that no room has to check again.
"""

import dataclasses
import difflib
import functools
import json
import math
import types
import typing
from dataclasses import dataclass, field
from pathlib import Path

# korean is the default; lean speaks in real time on one core of a CPU; demo is small,
# has little dropout (its synthetic speaker repeats itself exactly) and many small
# updates (they teach more in the same minutes); voice is demo's model with the schedule
# of a warm start, and so before it; tiny is for tests.
PRESETS = ("korean", "paper", "lean", "voice", "demo", "tiny")
_PRESET_FOLDER = Path(__file__).with_name("presets")

# Settings of `Audio` that say how features become sound again, not how they are made.
SYNTHESIS_ONLY = ("griffin_lim_iterations", "griffin_lim_momentum")

# Older files and commands call a group by the name on the left.
_RENAMED_GROUPS = {"training": "tacotron_training"}


class HparamsError(ValueError):
    """A setting that cannot be used; the message is one line that says what to do."""


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

    Decibels are relative to full scale, which is 1.0.
    """

    sample_rate: int = 24000  # hertz; recordings are resampled to it
    hop_length: int = 300  # samples between two frames
    win_length: int = 1200  # samples of the Hann window of a frame
    n_fft: int = 2048  # samples of the Fourier transform, window and zeros
    mels: int = 80  # mel bands
    fmin: float = 55.0  # hertz, lower edge of the lowest mel band
    fmax: float = 7600.0  # hertz, upper edge of the highest mel band
    preemphasis: float = 0.97  # x[t] - this * x[t-1] before the transform; 0: none
    floor_decibel: float = -80.0  # level that becomes -mel_range, as do lower ones
    ceiling_decibel: float = 20.0  # level that becomes +mel_range
    mel_range: float = 4.0  # normalised spectrograms lie in [-mel_range, mel_range]
    linear: bool = False  # store linear spectrograms too
    trim_decibel: float = 30.0  # below the loudest 20 ms: what is quieter is silence
    tail_seconds: float = 0.1  # kept after the last sound, half of it before the first
    level: str = "peak"  # what is levelled: peak, lufs (loudness) or none
    level_decibel: float = -1.0  # the highest peak
    loudness_lufs: float = -23.0  # LUFS (ITU-R BS.1770-4), where level is lufs
    griffin_lim_iterations: int = 120  # phase reconstruction: more is better and slower
    griffin_lim_momentum: float = 0.99  # in [0, 1); 0: Griffin and Lim's own
    min_seconds: float = 0.3  # shorter recordings are rejected
    max_seconds: float = 15.0  # longer recordings are rejected

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
        """Return the frequency bins of a linear spectrogram."""
        return self.n_fft // 2 + 1

    @property
    def frame_seconds(self) -> float:
        """Return the seconds between two frames."""
        return self.hop_length / self.sample_rate


@dataclass(frozen=True)
class Text:
    """How written text becomes symbols."""

    normalize: bool = True  # read numbers, signs and Latin letters out in Hangul
    phonetic: bool = False  # write words as they are pronounced (sound changes applied)


@dataclass(frozen=True)
class Tacotron:
    """Tacotron 2 (Shen et al. 2018, section 2.2).

    Sizes are units of a layer; kernels count symbols or frames.
    """

    symbol_dim: int = 512  # size of a symbol's embedding
    encoder_layers: int = 3  # convolutions of the encoder
    encoder_kernel: int = 5  # symbols that one of them sees; odd
    encoder_dim: int = 512  # their channels, and units of both LSTM directions together
    encoder_dropout: float = 0.5  # share of channels dropped after each convolution
    prenet_dims: tuple[int, ...] = (256, 256)  # units of each layer before the decoder
    prenet_dropout: float = 0.5  # share dropped there, at synthesis too
    attention_dim: int = 128  # size in which queries and keys are compared
    location_filters: int = 32  # filters over the attention weights so far
    location_kernel: int = 31  # symbols that such a filter sees; odd
    attention_lstm: int = 1024  # units of the decoder's first LSTM, which attends
    decoder_lstm: int = 1024  # units of the decoder's second LSTM
    zoneout: float = 0.1  # share of LSTM states kept from the step before
    postnet_layers: int = 5  # convolutions that refine the mels
    postnet_kernel: int = 5  # frames that one of them sees; odd
    postnet_dim: int = 512  # their channels
    postnet_dropout: float = 0.5  # share of channels dropped after each
    reduction_factor: int = 1  # frames per decoder step, at most
    speaker_dim: int = 64  # size of a speaker's embedding
    linear: bool = False  # predict linear spectrograms too; needs audio.linear
    cbhg_banks: int = 8  # kernel sizes 1..n of the CBHG that predicts them
    cbhg_dim: int = 128  # its channels, and units of each LSTM direction

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
    """WaveNet vocoder (van den Oord et al. 2016), conditioned on mels."""

    layers: int = 20  # gated blocks
    cycles: int = 2  # dilations double within a cycle, then begin at 1 again
    kernel: int = 3  # samples that a dilated convolution sees
    residual_channels: int = 128  # width of the stream from block to block
    gate_channels: int = 512  # filter and gate of a block together; even
    skip_channels: int = 128  # width of the sum over blocks
    condition_channels: int = 64  # width of the upsampled mels
    # factors; their product, times the bands, is audio.hop_length
    upsample: tuple[int, ...] = (12, 25)
    distribution: str = "categorical"  # of a sample: categorical, logistic or gaussian
    mixtures: int = 10  # logistic distributions that are mixed, where it is logistic
    # Of the wave that is modelled, whatever that of the mels: the noise that a model or
    # its 256 levels leave is then shaped like speech, which masks it.
    preemphasis: float = 0.85  # x[t] - this * x[t-1]; 0: none
    # In its place: whiten the wave, pre-emphasised as the mels are, by the linear
    # prediction of this order that its mels tell of; 0: none
    lpc_order: int = 0
    bands: int = 1  # equal parts of the spectrum, predicted side by side; 1: undivided

    def __post_init__(self):
        _require_counts(self, "wavenet", ("lpc_order",))
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
        _require(
            self.bands == 1 or self.distribution != "categorical",
            "wavenet.bands above 1 needs wavenet.distribution logistic or gaussian",
        )


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
class TrainerSettings:
    """How any model is trained. Steps count updates."""

    steps: int = 100_000  # updates until the training is over
    learning_rate: float = 1e-3  # the highest, after the warm-up
    final_learning_rate: float = 1e-5  # where the exponential decay ends
    warmup_steps: int = 1000  # steps over which the rate rises to the highest
    decay_start: int = 20_000  # step from which the rate decays
    decay_steps: int = 60_000  # steps that the decay takes
    clip_norm: float = 1.0  # global norm to which gradients are clipped
    adam_epsilon: float = 1e-6  # added to Adam's denominator
    weight_decay: float = 1e-6  # L2 penalty on matrices, added to their gradient
    held_out: int = 32  # utterances to validate on, at most a tenth of all
    previews: int = 4  # of those, how many are shown and heard in TensorBoard
    log_every: int = 10  # steps between two lines of figures
    preview_every: int = 1000  # steps between two previews
    save_every: int = 1000  # steps between two checkpoints, and validations
    keep: int = 3  # newest checkpoints that stay, beside the best
    seed: int = 1  # of initial weights, batches and noise
    # type of the large products: float32, bfloat16, or auto: bfloat16 where the
    # hardware is quicker with it
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
class TacotronTraining(TrainerSettings):
    """How the acoustic model is trained. Frames are mel frames."""

    batch_frames: int = 12_800  # frames of a batch, padding included
    max_batch: int = 64  # utterances of a batch at most
    l1_weight: float = 1.0  # weight of the mean absolute error of spectrograms
    l2_weight: float = 1.0  # weight of their mean squared error
    stop_weight: float = 1.0  # weight of the stop token's cross-entropy
    stop_positive_weight: float = 5.0  # there, weight of the one step that is the last
    guided_attention: float = 5.0  # weight of the guided attention loss at step 0
    guided_attention_width: float = 0.2  # of its diagonal, as a share of the text
    guided_attention_steps: int = 20_000  # steps over which its weight fades to 0
    # (step, reduction factor) pairs: steps rise from 0, factors fall; none: constant
    reduction_schedule: tuple[tuple[int, int], ...] = ()
    flat_attention_steps: int = 10_000  # steps between two warnings of flat attention

    def __post_init__(self):
        self._check("tacotron_training")
        for name in ("l1_weight", "l2_weight", "stop_weight", "guided_attention"):
            _require(
                getattr(self, name) >= 0,
                f"tacotron_training.{name} must not be negative",
            )
        _require(
            self.guided_attention_width > 0,
            "tacotron_training.guided_attention_width must be positive",
        )
        starts = [start for start, _ in self.reduction_schedule]
        factors = [factor for _, factor in self.reduction_schedule]
        _require(
            starts == sorted(set(starts)) and (not starts or starts[0] == 0),
            "tacotron_training.reduction_schedule needs rising steps that begin at 0",
        )
        _require(
            factors == sorted(factors, reverse=True) and all(f >= 1 for f in factors),
            "tacotron_training.reduction_schedule needs falling factors of at least 1",
        )


@dataclass(frozen=True)
class WaveNetTraining(TrainerSettings):
    """How the vocoder is trained: on crops of recordings."""

    # Of the settings of every trainer, these have other defaults.
    steps: int = 1_000_000
    decay_start: int = 200_000
    decay_steps: int = 800_000
    weight_decay: float = 0.0
    preview_every: int = 10_000
    save_every: int = 2000
    batch: int = 8  # crops of a batch
    crop_frames: int = 24  # frames of a crop, the receptive field before it not counted
    average: float = 0.9995  # decay of the moving average of weights, which speaks
    dither: float = 1e-4  # standard deviation of noise added to waves; full scale is 1
    input_noise: float = 0.004  # the same of noise in the signal that the network reads

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
    tacotron_training: TacotronTraining = field(default_factory=TacotronTraining)
    wavenet_training: WaveNetTraining = field(default_factory=WaveNetTraining)

    def __post_init__(self):
        product, bands = math.prod(self.wavenet.upsample), self.wavenet.bands
        _require(
            product * bands == self.audio.hop_length,
            f"wavenet.upsample {list(self.wavenet.upsample)} has the product "
            f"{product}, which times wavenet.bands {bands} must equal "
            f"audio.hop_length {self.audio.hop_length}",
        )
        _require(
            not self.tacotron.linear or self.audio.linear,
            "tacotron.linear needs audio.linear (set audio.linear=true)",
        )
        schedule = self.tacotron_training.reduction_schedule
        _require(
            not schedule or schedule[0][1] <= self.tacotron.reduction_factor,
            "tacotron_training.reduction_schedule begins above "
            f"tacotron.reduction_factor {self.tacotron.reduction_factor}, the largest "
            "that the model can project",
        )

    @classmethod
    def from_dict(cls, values: dict) -> "Hparams":
        """Build settings from nested plain values, as `json` reads them.

        Raises `HparamsError` for an unknown name or a value of another type.
        """
        if not isinstance(values, dict):
            raise HparamsError("settings must be a JSON object of groups")
        named = current_group_names(values)
        return cls(**{name: group_from_dict(name, named[name]) for name in named})

    def to_dict(self) -> dict:
        """Return nested plain values; tuples become lists, as in JSON."""
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
        """Write a JSON file that `load` reads."""
        text = json.dumps(self.to_dict(), indent=2, ensure_ascii=False)
        Path(path).write_text(text + "\n", encoding="utf-8")

    def override(self, assignments: typing.Iterable[str]) -> "Hparams":
        """Apply `group.key=value` texts together, so that order never matters."""
        values = self.to_dict()
        for assignment in assignments:
            name, equals, text = assignment.partition("=")
            group, dot, key = name.strip().partition(".")
            group = _RENAMED_GROUPS.get(group, group)
            if not equals or not dot:
                raise HparamsError(
                    f"--set {assignment}: write it as group.key=value, "
                    "for instance tacotron.reduction_factor=4"
                )
            _field_type(group, key)
            values[group][key] = _parse(text.strip())
        return Hparams.from_dict(values)


def group_from_dict(name: str, values: dict):
    """Build one group of settings, such as audio, from plain values.

    Raises `HparamsError` as `Hparams.from_dict` does.
    """
    kind = _group_type(name)
    if not isinstance(values, dict):
        raise HparamsError(f"{name} must be an object of settings")
    return kind(**{key: _typed(name, key, value) for key, value in values.items()})


def current_group_names(groups: dict) -> dict:
    """Rename the groups of settings from an older file to their names of today."""
    renamed = {_RENAMED_GROUPS.get(name, name): group for name, group in groups.items()}
    for old, new in _RENAMED_GROUPS.items():
        if old in groups and new in groups:
            raise HparamsError(f"{old} is the older name of {new}: give only one")
    return renamed


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
        if elsewhere:
            hint = f"did you mean {' or '.join(elsewhere)}?"
        else:
            hint = _nearest(f"{group}.{key}", here)
        raise HparamsError(f"unknown setting {group}.{key}: {hint}")
    return hints[key]


def _parse(text: str):
    """Parse a command-line value: JSON, `12,25` as a list, or else a word."""
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
    """Return `value` as `hint`, or None where it is of another type."""
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


@functools.cache
def preset(name: str) -> Hparams:
    """Return the complete settings of a preset; refuse others and name the nearest."""
    if name not in PRESETS:
        raise HparamsError(f"unknown preset {name}: {_nearest(name, PRESETS)}")
    return Hparams.load(_PRESET_FOLDER / f"{name}.json")


def add_arguments(parser) -> None:
    """Add the flags by which every command takes settings."""
    parser.add_argument(
        "--preset",
        default=None,
        metavar="NAME",
        help=f"complete settings: {', '.join(PRESETS)}",
    )
    parser.add_argument(
        "--hparams", metavar="FILE", help="complete settings from a JSON file"
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
    """Return the settings that `--preset`, `--hparams` and `--set` ask for.

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
    """List `key: ours != theirs` for each setting in which two groups differ."""
    a, b = dataclasses.asdict(ours), dataclasses.asdict(theirs)
    return [f"{key}: {a[key]} != {b[key]}" for key in a if a[key] != b[key]]
