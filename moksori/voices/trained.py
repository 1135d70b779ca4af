"""Speak with a voice that was trained here, loaded from its run folder."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

import hangul
from hparams import SYNTHESIS_ONLY, Hparams, difference
from moksori.audio.joining import join_stream
from moksori.training.export import SHIPPED_VOICE
from moksori.training.kinds import TACOTRON
from moksori.training.runs import Run
from moksori.training.weights import assign
from moksori.voices import stopping
from moksori.voices.attempts import ATTEMPTS
from moksori.voices.generation import Generated, Generator
from moksori.voices.griffin_lim import GriffinLim
from moksori.voices.joining import group_pieces_by_line, join, stretch
from moksori.voices.networks import (
    blank_weights,
    build_tacotron,
    reduction_factor,
)
from moksori.voices.reading import Reading, read
from moksori.voices.retrying import RetryingGenerator, Take, in_order, note_of
from moksori.voices.speech import Speech, Voice, VoiceError, check_speed, warnings_of

_WARM_UP_FRAMES = 8


@dataclass(frozen=True)
class _Piece:
    """Hold the result of one piece: model output, stretched mel, wave, time."""

    take: Take
    mel: np.ndarray
    wave: np.ndarray
    spent_seconds: float


class TrainedVoice(Voice):
    """Speak with a Tacotron and a vocoder: text in, `Speech` out.

    A vocoder is any object with `generate(mels, speaker, seed) -> waves`; the default
    is Griffin-Lim, from linear spectrograms if the model predicts them. `factor` is
    the reduction factor, `step` the number of training steps. A piece of a line whose
    attention or stop token fails is spoken up to `attempts` times (`retrying`).
    """

    def __init__(
        self,
        model,
        settings: Hparams,
        speakers: Sequence[str],
        factor: int,
        vocoder=None,
        step: int = 0,
        attempts: int = ATTEMPTS,
    ):
        self.step = step
        self.model, self.settings = model, settings
        self.speakers, self.factor = tuple(speakers), factor
        self.vocoder = vocoder
        self.generator = Generator(model, settings.audio.frame_seconds)
        self._retrying = RetryingGenerator(self.generator, attempts)

    @classmethod
    def load(
        cls,
        folder: str | Path = SHIPPED_VOICE,
        best: bool = False,
        attempts: int = ATTEMPTS,
        vocoder=None,
        step: int | None = None,
    ) -> "TrainedVoice":
        """Load the voice of a run, at its newest checkpoint, its `best` or that of
        `step`; without a folder, the voice that comes with the program.

        Raises `RunError` for a folder that is no run, one of another kind or alphabet
        or one without a readable checkpoint, and `HparamsError` for settings this
        program does not know.
        """
        run = Run.open(folder)
        settings = TACOTRON.settings_of(run)
        _check_alphabet(run)
        checkpoint = run.restore(best, "model/", step)
        if checkpoint is None:
            raise VoiceError(f"{run.folder} holds no checkpoint yet: train it first")
        speakers = run.settings["speakers"]
        with blank_weights():
            model = build_tacotron(settings, len(speakers))
        assign(model, None, checkpoint.arrays)
        last_step = max(0, checkpoint.step - 1)
        factor = checkpoint.state.get("reduction_factor")
        factor = factor or reduction_factor(settings, last_step)
        step = checkpoint.step
        return cls(model, settings, speakers, factor, vocoder, step, attempts)

    def adopt(self, wanted: Hparams) -> None:
        """Replace the settings that concern synthesis alone, those of Griffin-Lim.

        Raises `VoiceError` with the differences when others differ from the run's.
        """
        lines = [
            f"{group}.{line}"
            for group in (field.name for field in fields(Hparams))
            for line in difference(
                getattr(wanted, group), getattr(self.settings, group)
            )
            if line.partition(":")[0] not in SYNTHESIS_ONLY
        ]
        if lines:
            raise VoiceError(f"the voice was trained with others: {'; '.join(lines)}")
        self.settings = wanted

    def read(self, text: str) -> Reading:
        """Prepare a line; raises `TextError` when it cannot be spoken."""
        return read(text, self.settings)

    def stream(
        self,
        readings: Sequence[Reading],
        speaker: str | int | None = None,
        seed: int = 0,
        speed: float = 1.0,
        batch: int = 32,
    ) -> Iterator[tuple[int, Speech]]:
        """Yield `(index, speech)` of each reading once its batches are done.

        A piece that occurs twice is spoken once, so equal lines are equal to the bit.
        Raises `VoiceError` at once for a speaker or speed the voice does not have.
        """
        check_speed(speed)
        number = self.speaker_number(speaker)
        ids = list(dict.fromkeys(piece for r in readings for piece in r.pieces))
        batches = self._batches(ids, number, seed, speed, batch)
        return (
            (i, self._speech(readings[i], pieces, self.speakers[number], speed))
            for i, pieces in group_pieces_by_line(readings, batches)
        )

    def sound(
        self,
        reading: Reading,
        speaker: str | int | None = None,
        seed: int = 0,
        speed: float = 1.0,
        say: Callable[[str], object] = lambda text: None,
    ) -> Iterator[np.ndarray]:
        """Yield the wave of one reading in chunks, each as soon as it is made.

        A vocoder with `stream(mel, speaker, seed)` gives chunks while it works, any
        other after every piece. A piece that fails is spoken again before its sound
        begins. Raises `VoiceError` at once, as `stream` does.
        """
        check_speed(speed)
        return self._sound(reading, self.speaker_number(speaker), seed, speed, say)

    def warm_up(self) -> Iterator[None]:
        """Compile the programs that speak, one after another; see `Voice`."""
        audio = self.settings.audio
        widths = {"mel": audio.mels, "linear": audio.bins}
        silent = {
            name: np.full((_WARM_UP_FRAMES, width), -audio.mel_range, np.float32)
            for name, width in widths.items()
        }
        line = Generated(**silent, alignment=np.zeros((0, 0)), stopped=stopping.TOKEN)
        for _ in self._chunks(line, self.speakers[0], 0, 1.0):
            yield
        yield from self.generator.warm_up(self.factor)

    def _sound(self, reading, number, seed, speed, say):
        name = self.speakers[number]
        takes = (self._take(ids, number, seed, say) for ids in reading.pieces)
        pieces = (self._chunks(take.generated, name, seed, speed) for take in takes)
        pauses = [seconds / speed for seconds in reading.pauses]
        return join_stream(pieces, pauses, self.settings.audio)

    def _take(self, ids, number: int, seed: int, say) -> Take:
        ((_, (take,)),) = self._retrying.stream([ids], [number], self.factor, seed)
        for note in note_of([take]):
            say(note)
        return take

    def _chunks(self, line: Generated, name: str, seed: int, speed: float):
        vocoder, (spectrum,) = self._vocoding([line], speed)
        if hasattr(vocoder, "stream"):
            return vocoder.stream(spectrum, name, seed)
        return vocoder.generate([spectrum], name, seed)

    def _waves(self, lines: list[Generated], name: str, seed: int, speed: float):
        vocoder, spectra = self._vocoding(lines, speed)
        return vocoder.generate(spectra, name, seed)

    def _vocoding(self, lines: list[Generated], speed: float):
        """Return the vocoder, and what it is to invert of each line."""
        vocoder = self.vocoder or GriffinLim(self.settings.audio)
        linear = self.vocoder is None and self.model.cbhg is not None
        spectra = [line.linear if linear else line.mel for line in lines]
        return vocoder, [stretch(spectrum, speed) for spectrum in spectra]

    def _batches(self, ids, number, seed, speed, batch):
        """Yield `{ids: piece}` of each batch, whose time is divided by length."""
        begun = time.perf_counter()
        for indices, takes in self._retrying.stream(
            ids, [number] * len(ids), self.factor, seed, batch
        ):
            lines = [take.generated for take in takes]
            mels = [stretch(line.mel, speed) for line in lines]
            waves = self._waves(lines, self.speakers[number], seed, speed)
            seconds = time.perf_counter() - begun
            frames = sum(map(len, mels))
            yield {
                ids[i]: _Piece(take, mel, wave, seconds * len(mel) / frames)
                for i, take, mel, wave in zip(indices, takes, mels, waves, strict=True)
            }
            begun = time.perf_counter()

    def _speech(self, reading, pieces: list[_Piece], speaker, speed) -> Speech:
        audio = self.settings.audio
        mel, wave = join(
            [piece.mel for piece in pieces],
            [piece.wave for piece in pieces],
            [seconds / speed for seconds in reading.pauses],
            audio,
        )
        takes = [piece.take for piece in pieces]
        lines = [take.generated for take in takes]
        stopped = max((line.stopped for line in lines), key=stopping.REASONS.index)
        return Speech(
            wave=wave,
            sample_rate=audio.sample_rate,
            mel=mel,
            alignment=_diagonal([line.alignment for line in lines]),
            step_seconds=audio.frame_seconds * self.factor / speed,
            text=reading.text,
            spoken=reading.spoken,
            symbols=tuple(hangul.ALPHABET[i] for ids in reading.pieces for i in ids),
            speaker=speaker,
            stopped=stopped,
            warnings=(*warnings_of(reading, stopped), *note_of(takes)),
            spent_seconds=sum(piece.spent_seconds for piece in pieces),
            attempts=max(take.attempts for take in takes),
            remedies=in_order(take.remedies for take in takes),
            failed=in_order(take.first_flaws for take in takes),
        )


def _check_alphabet(run: Run) -> None:
    if list(run.settings.get("alphabet", [])) != list(hangul.ALPHABET):
        theirs = run.settings.get("alphabet_version", "unknown")
        raise VoiceError(
            f"{run.folder} was trained with another alphabet (version {theirs}, this "
            f"program has {hangul.ALPHABET_VERSION}): train a new run, --from this one"
        )


def _diagonal(alignments: list[np.ndarray]) -> np.ndarray:
    """Place the alignments of pieces on the diagonal of one [steps, symbols]."""
    steps, symbols = np.sum([a.shape for a in alignments], axis=0)
    whole = np.zeros((steps, symbols), np.float32)
    row = column = 0
    for alignment in alignments:
        height, width = alignment.shape
        whole[row : row + height, column : column + width] = alignment
        row, column = row + height, column + width
    return whole
