"""Speak with a cloned voice: XTTS, zero-shot, nothing is trained."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

import hangul
from hparams import Audio, Hparams
from moksori.audio.joining import join_stream, pause
from moksori.audio.spectrum import mel_spectrogram
from moksori.voices import stopping
from moksori.voices.joining import group_pieces_by_line, join, trim_stream
from moksori.voices.reading import Reading, TextError, read_as_text
from moksori.voices.speech import LineError, Speech, Voice, check_speed, warnings_of
from moksori.voices.xtts.folder import KOREAN, brief
from moksori.voices.xtts.model import XttsModel
from moksori.voices.xtts.reference import Reference
from moksori.voices.xtts.voice_file import Clone

# Streamed a second at a time, as the library proposes.
_CHUNK_TOKENS = 20
# More characters a second than a person speaks: the model stopped too early.
_TOO_FAST = {"ko": 20, "ja": 20, "zh-cn": 20}
_TOO_FAST_ELSE = 45


@dataclass(frozen=True)
class _Piece:
    """Hold what came of one piece: wave [frames * hop_length], mel, how it ended."""

    text: str
    wave: np.ndarray
    mel: np.ndarray
    capped: bool
    silent: bool
    spent_seconds: float


def make_clone(model: XttsModel, reference: Reference, consent: str) -> Clone:
    """Clone the voice in a reference; it is named after the first file."""
    return Clone(
        name=reference.files[0].rpartition(".")[0] or reference.files[0],
        latents=model.latents(reference.waves),
        fingerprint=model.fingerprint,
        consent=consent,
        reference=reference.record,
    )


class XttsVoice(Voice):
    """Speak one of the languages of XTTS with a `Clone`: text in, `Speech` out.

    Raises `VoiceError` for a clone of other weights, and for a language that the model
    or the library does not support.
    """

    def __init__(self, model: XttsModel, clone: Clone, language: str = KOREAN):
        clone.check(model.fingerprint)
        model.check_language(language)
        self.model, self.clone, self.language = model, clone, language
        self.settings = Hparams(audio=Audio(sample_rate=model.sample_rate))
        self.speakers = (clone.name,)

    @property
    def facts(self) -> dict:
        """Return the fields of every manifest row: recordings, consent and device."""
        on = "processor" if self.model.device == "cpu" else "GPU"
        return {**self.clone.facts, "device": on}

    def read(self, text: str) -> Reading:
        """Split a line into pieces that the model can speak; raises `TextError`.

        Korean is normalised as for a trained voice, composed or decomposed; other
        languages are left to the library.
        """
        korean = self.language == KOREAN
        return read_as_text(text, self.settings, korean, self._split)

    def stream(
        self,
        readings: Sequence[Reading],
        speaker: str | int | None = None,
        seed: int = 0,
        speed: float = 1.0,
    ) -> Iterator[tuple[int, Speech | LineError]]:
        """Yield `(index, speech)` of each reading in order, or its `LineError`.

        Each piece is sampled from the seed alone, so that equal lines sound equal.
        Raises `VoiceError` at once for a speaker or speed the voice does not have.
        """
        check_speed(speed)
        self.speaker_number(speaker)
        pieces = dict.fromkeys(piece for r in readings for piece in r.pieces)
        made = ({piece: self._piece(piece, seed, speed)} for piece in pieces)
        return (
            (i, self._speech(readings[i], parts, speed))
            for i, parts in group_pieces_by_line(readings, made)
        )

    def sound(
        self,
        reading: Reading,
        speaker: str | int | None = None,
        seed: int = 0,
        speed: float = 1.0,
        say: Callable[[str], object] = lambda text: None,
    ) -> Iterator[np.ndarray]:
        """Yield the wave of one reading in chunks of about a second, as they are made.

        The tokens are those of `stream`. Raises `VoiceError` at once, as `stream`
        does, and `LineError` while it speaks.
        """
        check_speed(speed)
        self.speaker_number(speaker)
        return self._sound(reading, seed, speed)

    def _sound(self, reading: Reading, seed: int, speed: float):
        audio = self.settings.audio
        pieces = (
            trim_stream(self._say(piece, seed, speed, _CHUNK_TOKENS), audio)
            for piece in reading.pieces
        )
        pauses = [seconds / speed for seconds in reading.pauses]
        return join_stream(pieces, pauses, audio)

    def _say(self, piece: str, seed: int, speed: float, chunk_tokens: int = 0):
        latents = self.clone.latents
        return self.model.say(piece, self.language, latents, seed, speed, chunk_tokens)

    def _piece(self, piece: str, seed: int, speed: float) -> _Piece | LineError:
        begun, audio = time.perf_counter(), self.settings.audio
        saying = self._say(piece, seed, speed)
        try:
            chunks = list(trim_stream(saying, audio))
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
            warnings=(*warnings_of(reading, stopped), *self._warnings(pieces, speed)),
            spent_seconds=sum(piece.spent_seconds for piece in pieces),
        )

    def _warnings(self, pieces: list[_Piece], speed: float) -> Iterator[str]:
        """Yield warnings about pieces that the model ended by itself."""
        fastest = speed * _TOO_FAST.get(self.language, _TOO_FAST_ELSE)
        for piece in pieces:
            seconds = len(piece.wave) / self.settings.audio.sample_rate
            if piece.silent:
                yield f"silence instead of: {piece.text}"
            elif sum(map(str.isalnum, piece.text)) > fastest * seconds:
                yield f"stopped early, after {seconds:.1f} s of: {piece.text}"

    def _split(self, said: str) -> Iterator[str]:
        """Split `said` into pieces within the limits of characters and tokens."""
        limit = self.model.characters(self.language)
        whole = len(said) <= limit
        for piece in [said] if whole else hangul.sentences(said, limit):
            yield from self._split_by_tokens(piece)

    def _split_by_tokens(self, piece: str) -> Iterator[str]:
        if self._tokens(piece) <= self.model.most_tokens:
            yield piece
        elif len(piece) < 2:
            raise TextError(f"too many tokens: {piece}")
        else:
            for part in hangul.sentences(piece, len(piece) // 2):
                yield from self._split_by_tokens(part)

    def _tokens(self, piece: str) -> int:
        try:
            return self.model.tokens(piece, self.language)
        except Exception as error:  # its cleaners fail at numbers they cannot read
            raise TextError(f"the library cannot read this: {brief(error)}") from None
