"""A voice that was heard once and not trained: XTTS, zero-shot."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

import hangul
from hparams import Audio, Hparams
from moksori.audio.spectrum import mel_spectrogram
from moksori.voices import stopping
from moksori.voices.joining import assembled, heard, join, pause, streamed
from moksori.voices.reading import Reading, TextError, read_as_text
from moksori.voices.speech import LineError, Speech, Voice, check_speed, warnings_of
from moksori.voices.xtts.cloning import KOREAN
from moksori.voices.xtts.folder import brief
from moksori.voices.xtts.model import XttsModel
from moksori.voices.xtts.reference import Reference
from moksori.voices.xtts.voice_file import Clone

# Heard while it is spoken: a second at a time, as the library proposes.
_CHUNK_TOKENS = 20
# Characters a second that nobody speaks: it stopped before the end of its text.
_TOO_FAST = {"ko": 20, "ja": 20, "zh-cn": 20}
_TOO_FAST_ELSE = 45


@dataclass(frozen=True)
class _Piece:
    """What was made of one piece: wave [frames * hop_length] and mel, and how."""

    text: str
    wave: np.ndarray
    mel: np.ndarray
    capped: bool
    silent: bool
    spent_seconds: float


def cloned(model: XttsModel, reference: Reference, consent: str) -> Clone:
    """The voice in a reference, named after its first file."""
    return Clone(
        name=reference.files[0].rpartition(".")[0] or reference.files[0],
        latents=model.latents(reference.waves),
        fingerprint=model.fingerprint,
        consent=consent,
        reference=reference.record,
    )


class XttsVoice(Voice):
    """A `Clone` that speaks one of the languages of XTTS: text in, `Speech` out.

    Raises `VoiceError` for a clone of other weights and a language that the library
    lacks something for.
    """

    def __init__(self, model: XttsModel, clone: Clone, language: str = KOREAN):
        clone.check(model.fingerprint)
        model.check_language(language)
        self.model, self.clone, self.language = model, clone, language
        self.settings = Hparams(audio=Audio(sample_rate=model.sample_rate))
        self.speakers = (clone.name,)

    @property
    def facts(self) -> dict:
        """What stands in every row of a manifest: whose voice, who agreed, and what it
        was computed on."""
        on = "processor" if self.model.device == "cpu" else "GPU"
        return {**self.clone.facts, "device": on}

    def read(self, text: str) -> Reading:
        """Prepare a line in pieces that the model can take; raises `TextError`.

        Korean is spoken out as for a trained voice, composed or decomposed; other
        languages are left to the library.
        """
        korean = self.language == KOREAN
        return read_as_text(text, self.settings, korean, self._fitting)

    def stream(
        self,
        readings: Sequence[Reading],
        speaker: str | int | None = None,
        seed: int = 0,
        speed: float = 1.0,
    ) -> Iterator[tuple[int, Speech | LineError]]:
        """`(index, speech)` of each reading, in order, or why it could not be spoken.

        Each piece is drawn from the seed alone, so that equal lines sound equal.
        Raises `VoiceError` at once for a speaker or speed the voice does not have.
        """
        check_speed(speed)
        self.speaker_number(speaker)
        pieces = dict.fromkeys(piece for r in readings for piece in r.pieces)
        made = ({piece: self._piece(piece, seed, speed)} for piece in pieces)
        return (
            (i, self._speech(readings[i], parts, speed))
            for i, parts in assembled(readings, made)
        )

    def sound(
        self,
        reading: Reading,
        speaker: str | int | None = None,
        seed: int = 0,
        speed: float = 1.0,
    ) -> Iterator[np.ndarray]:
        """The wave of one reading in chunks of about a second, as they are made.

        The same tokens as in `stream`. Raises `VoiceError` as `stream` does, and
        `LineError` on the way.
        """
        check_speed(speed)
        self.speaker_number(speaker)
        return self._sound(reading, seed, speed)

    def _sound(self, reading: Reading, seed: int, speed: float):
        audio = self.settings.audio
        pieces = (
            heard(self._say(piece, seed, speed, _CHUNK_TOKENS), audio)
            for piece in reading.pieces
        )
        pauses = [seconds / speed for seconds in reading.pauses]
        return streamed(pieces, pauses, audio)

    def _say(self, piece: str, seed: int, speed: float, chunk_tokens: int = 0):
        latents = self.clone.latents
        return self.model.say(piece, self.language, latents, seed, speed, chunk_tokens)

    def _piece(self, piece: str, seed: int, speed: float) -> _Piece | LineError:
        begun, audio = time.perf_counter(), self.settings.audio
        saying = self._say(piece, seed, speed)
        try:
            chunks = list(heard(saying, audio))
        except LineError as error:
            return error
        wave = np.concatenate(chunks) if chunks else pause(0.0, audio)
        mel = mel_spectrogram(wave, audio)
        spent = time.perf_counter() - begun
        return _Piece(piece, wave, mel, saying.capped, not chunks, spent)

    def _speech(self, reading: Reading, pieces: list, speed: float):
        failed = [piece for piece in pieces if isinstance(piece, LineError)]
        if failed:
            return failed[0]
        audio = self.settings.audio
        mel, wave = join(
            [piece.mel for piece in pieces],
            [piece.wave for piece in pieces],
            [seconds / speed for seconds in reading.pauses],
            audio,
        )
        capped = any(piece.capped for piece in pieces)
        stopped = stopping.CAP if capped else stopping.TOKEN
        return Speech(
            wave=wave,
            sample_rate=audio.sample_rate,
            mel=mel,
            alignment=None,
            step_seconds=audio.frame_seconds,
            text=reading.text,
            spoken=reading.spoken,
            symbols=(),
            speaker=self.clone.name,
            stopped=stopped,
            warnings=(*warnings_of(reading, stopped), *self._doubts(pieces, speed)),
            spent_seconds=sum(piece.spent_seconds for piece in pieces),
        )

    def _doubts(self, pieces: list[_Piece], speed: float) -> Iterator[str]:
        """What is wrong with a line although the model ended it by itself."""
        fastest = speed * _TOO_FAST.get(self.language, _TOO_FAST_ELSE)
        for piece in pieces:
            seconds = len(piece.wave) / self.settings.audio.sample_rate
            if piece.silent:
                yield f"silence instead of: {piece.text}"
            elif sum(map(str.isalnum, piece.text)) > fastest * seconds:
                yield f"stopped early, after {seconds:.1f} s of: {piece.text}"

    def _fitting(self, said: str) -> Iterator[str]:
        """`said` in pieces that have neither too many characters nor tokens."""
        limit = self.model.characters(self.language)
        whole = len(said) <= limit
        for piece in [said] if whole else hangul.sentences(said, limit):
            yield from self._fitting_tokens(piece)

    def _fitting_tokens(self, piece: str) -> Iterator[str]:
        if self._tokens(piece) <= self.model.most_tokens:
            yield piece
        elif len(piece) < 2:
            raise TextError(f"too many tokens: {piece}")
        else:
            for part in hangul.sentences(piece, len(piece) // 2):
                yield from self._fitting_tokens(part)

    def _tokens(self, piece: str) -> int:
        try:
            return self.model.tokens(piece, self.language)
        except Exception as error:  # its cleaners fall over numbers they cannot read
            raise TextError(f"the library cannot read this: {brief(error)}") from None
