"""Prepare a cloned voice: match the statement, clone, listen, then offer it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import numpy as np

from moksori.audio.files import save
from moksori.service import profiles, uploads
from moksori.service.consents import STATEMENT
from moksori.service.context import JobContext
from moksori.service.errors import JobError, ServiceError, Stopped
from moksori.service.listening import Ears, Sound
from moksori.service.statements import SentenceCheck
from moksori.service.storage import Missing
from moksori.service.tables import Consent, now
from moksori.speakers.speech import NoSpeech

# Said by a new voice, with other seeds as long as it does not sound like the person.
SENTENCE = (
    "안녕하세요. 이 목소리가 제대로 들리는지 지금 확인하고 있습니다. "
    "오늘은 하늘이 맑고 바람이 조금 붑니다."
)
SEEDS = (0, 1, 2)
_RATE = 24_000
_LEAST_STATEMENT, _LEAST_SPOKEN = 3.0, 2.0
_SILENT = 1e-3
# A loud sound that does not end is no sentence.
_LONGEST_SECONDS = 60.0


class Cloned(Protocol):
    """Speak with a voice that was just cloned, and keep it."""

    fingerprint: str

    def speak(self, text: str, seed: int) -> Sound:
        """Return a wave [samples] and its rate in hertz."""
        ...

    def voice_file(self) -> bytes:
        """Return what the voice is loaded from later."""
        ...


Cloner = Callable[[Sequence[Path], str], Cloned]


def prepare(
    context: JobContext,
    cloner: Cloner,
    ears: Ears | None,
    sentences: SentenceCheck | None = None,
) -> dict:
    """Make the profile of a job ready, or failed with a reason.

    `cloner(recordings, consent)` clones a voice and raises `ValueError` with a line
    where it cannot. Without `ears` what is spoken is checked for sound alone, and a
    spoken consent cannot be matched; without `sentences` its words are not checked.
    """
    profile, consent = context.voice()
    try:
        return _prepared(context, profile, consent, cloner, ears, sentences)
    except Stopped:
        raise
    except Missing:
        # Revoked or deleted meanwhile.
        context.check_cancelled()
        raise JobError("recordings_gone") from None
    except ServiceError as error:
        with context.database.session() as session:
            why = {"error": error.korean}
            profiles.finish(session, profile.id, profiles.FAILED, **why)
        raise


def _prepared(context, profile, consent, cloner, ears, sentences) -> dict:
    context.progress("reading", 0.0)
    sounds = [_sound(context.storage.get(each["key"])) for each in profile.samples]
    if consent.statement_key:
        context.progress("matching the statement", 0.1)
        check_statement(context, consent, sounds, ears, sentences)
    context.progress("cloning", 0.2)
    with TemporaryDirectory(prefix="moksori-") as folder:
        # What came from outside was decoded by a child; no other decoder sees it.
        paths = [Path(folder, f"{i}.wav") for i in range(len(sounds))]
        for path, sound in zip(paths, sounds, strict=True):
            save(path, *sound)
        try:
            cloned = cloner(paths, statement(consent))
        except ValueError as error:
            # Our own paths are nobody's business.
            reason = str(error).replace(f"{folder}/", "")
            raise JobError("cannot_clone", reason=reason) from error
    similarity = _listen(context, cloned, sounds, ears)
    key = f"profiles/{profile.id}/voice-{context.job.attempt}"
    context.storage.put_once(key, cloned.voice_file())
    about = {"latents_key": key, "fingerprint": cloned.fingerprint}
    with context.database.session() as session:
        kept = profiles.finish(
            session, profile.id, profiles.READY, similarity=similarity, **about
        )
    if not kept:
        context.storage.delete(key)
    return {"profile_id": profile.id, "similarity": similarity}


def check_statement(
    context: JobContext,
    consent: Consent,
    sounds: list[Sound],
    ears: Ears | None,
    sentences: SentenceCheck | None,
) -> None:
    """Check who speaks the statement of a consent, and that it is the sentence; raises
    `JobError`."""
    statement = _sound(context.storage.get(consent.statement_key))
    _match_statement(context, consent, sounds, statement, ears)
    if sentences:
        _check_sentence(context, consent, statement, sentences)


def _match_statement(context, consent, sounds, statement, ears: Ears | None) -> None:
    """Compare who speaks the statement with the recordings."""
    if ears is None:
        raise JobError("speakers_missing")
    try:
        several, match = ears.several(statement), ears.match(sounds, statement)
    except NoSpeech:
        raise JobError("no_speech") from None
    if match.speech_seconds < _LEAST_STATEMENT:
        raise JobError("statement_short", least=_LEAST_STATEMENT)
    with context.database.session() as session:
        row = session.get_one(Consent, consent.id, with_for_update=True)
        row.similarity = match.similarity
        row.verified_at = now() if match.same and not several else None
    if several or not match.same:
        raise JobError("other_speaker")


def _check_sentence(context, consent, statement, sentences: SentenceCheck) -> None:
    """Check that the statement is the sentence that the page shows."""
    sentence = STATEMENT.format(
        voice_owner=consent.voice_owner, purpose=consent.purpose
    )

    def step() -> None:
        context.progress("checking the sentence", 0.15)

    try:
        said = sentences.says(statement, sentence, step)
    except ValueError:
        # A name or a purpose that no voice can read.
        return
    with context.database.session() as session:
        session.get_one(Consent, consent.id, with_for_update=True).said = said
    if not said:
        raise JobError("other_sentence")


def _listen(context, cloned: Cloned, sounds, ears: Ears | None) -> float | None:
    """Let the voice speak, and compare it with the recordings; returns how near it is,
    None where nothing compares.

    What every seed said counts together: the longer, the surer (docs/service.md).
    """
    heard, match = [], None
    for n, seed in enumerate(SEEDS):
        context.progress("listening", 0.6 + 0.1 * n)
        wave, rate = cloned.speak(SENTENCE, seed)
        if not _is_sound(wave, rate):
            continue
        if ears is None:
            return None
        heard.append(wave)
        try:
            match = ears.match(sounds, (np.concatenate(heard), rate))
        except NoSpeech:
            continue
        if match.same and match.speech_seconds >= _LEAST_SPOKEN:
            return match.similarity
    if not heard:
        raise JobError("silent_voice")
    raise JobError("unlike_voice", similarity=match.similarity if match else 0.0)


def _is_sound(wave: np.ndarray, rate: int) -> bool:
    seconds = len(wave) / rate
    level = float(np.sqrt(np.mean(np.square(wave)))) if len(wave) else 0.0
    return _LEAST_SPOKEN <= seconds <= _LONGEST_SECONDS and level > _SILENT


def _sound(data: bytes) -> Sound:
    recording = uploads.decoded(data, _RATE)
    return recording.wave, recording.sample_rate


def statement(consent: Consent) -> str:
    """Return the consent as it stands in the voice file."""
    signed = f"{consent.signed_at:%Y-%m-%d}"
    return f"{consent.voice_owner}, {signed}, {consent.purpose} ({consent.id})"
