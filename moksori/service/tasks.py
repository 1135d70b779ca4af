"""Do what jobs ask for: the only file of the service that knows voices.

One voice speaks at a time. The shipped one is loaded before the first job; others when
they are asked for, and the last few stay.
"""

import os
from collections import OrderedDict
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory

import numpy as np

from moksori.service import (
    jobs,
    preparing,
    profiles,
    singing,
    speaking,
    training,
    uploads,
    vocal_training,
)
from moksori.service.classic import UPLOAD
from moksori.service.context import JobContext
from moksori.service.errors import JobError
from moksori.service.jobs import TRAINING_QUEUE
from moksori.service.listening import Ears, Sound
from moksori.service.profiles import RUN, SHIPPED
from moksori.service.settings import Settings
from moksori.service.statements import SentenceCheck
from moksori.service.tables import Profile
from moksori.voices.speech import LineError, Voice, VoiceError

_KEPT_VOICES = 3
_WARM_UP = "안녕하세요."


class Tasks:
    """Hold the loaded voices, and the functions of the types of jobs."""

    def __init__(self, settings: Settings):
        self._settings = settings
        self._voices: OrderedDict[tuple[str, str], Voice] = OrderedDict()
        self._ears: Ears | None = None
        self._sentence_check: SentenceCheck | None = None
        self._may_cover = False
        self.functions = {
            "speak": self.speak,
            "initialize": self.initialize,
            "prepare_voice": self.prepare,
            jobs.TRAIN: training.train,
            jobs.TRAIN_VOCAL: self.train_vocal,
            jobs.BRING_VOCAL: vocal_training.bring,
            jobs.COVER: singing.cover,
            jobs.CONVERT: singing.convert,
        }

    def warm_up(self) -> None:
        """Load the shipped voice and let it speak, unless only trainings come."""
        if set(self._settings.queues) != {TRAINING_QUEUE}:
            voice = self._voice(SHIPPED, "ko")
            for _ in voice.sound(voice.read(_WARM_UP)):
                pass

    def initialize(self, context: JobContext) -> dict:
        """Tell what this worker lacks, each as a Korean line."""
        missing = None if self._settings.fake_voice else _missing_for_clones()
        return {
            "missing": [missing.korean] if missing else [],
            "missing_for_covers": self._missing_for_covers(),
        }

    def _missing_for_covers(self) -> list[str]:
        # Tens of megabytes are hashed; once all is there it stays.
        missing = [] if self._may_cover else _missing_for_covers()
        self._may_cover = not missing
        return missing

    def speak(self, context: JobContext) -> dict:
        """Speak the text of a job."""
        request = context.request
        name = context.job.profile_id or request.get("voice") or SHIPPED
        self._forget_ended(context)
        try:
            voice = self._voice(name, request.get("language") or "ko", context)
            return speaking.speak(context, voice)
        except VoiceError as error:
            raise JobError("voice_failed", error=error) from error

    def prepare(self, context: JobContext) -> dict:
        """Clone the voice of a profile, and let it speak before anybody may use it."""
        cloner = _Tones
        if not self._settings.fake_voice:
            missing = _missing_for_clones()
            cloner = _refusing(missing) if missing else _Clone
        return preparing.prepare(context, cloner, *self._listening())

    def train_vocal(self, context: JobContext) -> dict:
        """Train a vocal model, for which a spoken consent is heard as for a clone."""
        return vocal_training.train(context, listening=self._listening)

    def _listening(self) -> tuple[Ears | None, SentenceCheck | None]:
        if self._settings.fake_voice:
            return None, None
        self._ears = self._ears or Ears.load()
        return self._ears, self._sentences()

    def _sentences(self) -> SentenceCheck | None:
        """Return what checks the words of statements; None before `make covers`."""
        if self._ears and self._sentence_check is None:
            from moksori.covers.content import ContentEncoder
            from moksori.speakers.weights import WeightsMissing

            try:
                encode = ContentEncoder().encode
            except WeightsMissing:
                return None
            self._sentence_check = SentenceCheck(
                encode, self._ears.detector, self._reading
            )
        return self._sentence_check

    def _reading(self, text: str) -> Sound:
        try:
            (speech,) = self._voice(SHIPPED, "ko").speak([text])
        except VoiceError as error:
            raise ValueError(str(error)) from error
        return speech.wave, speech.sample_rate

    def _voice(
        self, name: str, language: str, context: JobContext | None = None
    ) -> Voice:
        key = name, language
        if key not in self._voices:
            if context is not None:
                context.progress("loading", 0.0)
            while len(self._voices) >= _KEPT_VOICES:
                self._voices.popitem(last=False)
            self._voices[key] = self._loaded(name, language, context)
        self._voices.move_to_end(key)
        return self._voices[key]

    def _forget_ended(self, context: JobContext) -> None:
        """Leave nothing in memory of voices that were revoked or deleted."""
        names = {name for name, _ in self._voices} - {SHIPPED}
        if not names:
            return
        with context.database.session() as session:
            gone = profiles.ended(session, names)
        for key in [key for key in self._voices if key[0] in gone]:
            del self._voices[key]

    def _loaded(self, name: str, language: str, context: JobContext | None) -> Voice:
        if self._settings.fake_voice:
            from moksori.voices.tones import ToneVoice

            return ToneVoice()
        if name == SHIPPED:
            return _trained(None)
        if name.startswith(UPLOAD):
            return _cloned_from_upload(context, name.removeprefix(UPLOAD), language)
        if name.startswith(RUN):
            return _trained(_inside(self._settings.runs, name.removeprefix(RUN)))
        with context.database.session() as session:
            profile = session.get_one(Profile, name)
        if profile.kind == "trained":
            return _trained(_inside(self._settings.runs, profile.latents_key))
        return _cloned(context.storage.get(profile.latents_key), language)


class _Clone:
    """Speak with a voice that was just cloned by XTTS, and keep it as a voice file."""

    def __init__(self, recordings: Sequence[Path], consent: str):
        from moksori.metrics.recording import describe
        from moksori.voices.xtts.cloning import clone_from_recordings

        try:
            self._voice = clone_from_recordings(recordings, consent, describe)
        except VoiceError as error:
            raise ValueError(str(error)) from error
        self.fingerprint = self._voice.clone.fingerprint

    def speak(self, text: str, seed: int) -> Sound:
        """Speak a text; a line that fails is silence."""
        try:
            (speech,) = self._voice.speak([text], seed=seed)
        except LineError:
            return np.zeros(0, np.float32), self._voice.settings.audio.sample_rate
        return speech.wave, speech.sample_rate

    def voice_file(self) -> bytes:
        """Return the latents and the consent."""
        with TemporaryDirectory(prefix="moksori-") as folder:
            self._voice.clone.save(path := Path(folder, "voice"))
            return path.read_bytes()


class _Tones:
    """Stand in for a clone where `fake_voice` is set."""

    fingerprint = "tones"

    def __init__(self, recordings: Sequence[Path], consent: str):
        pass

    def speak(self, text: str, seed: int) -> Sound:
        """Speak a text in tones."""
        from moksori.voices.tones import ToneVoice

        voice = ToneVoice()
        wave = np.concatenate(list(voice.sound(voice.read(text), seed=seed)))
        return wave, voice.settings.audio.sample_rate

    def voice_file(self) -> bytes:
        """Return what no voice is loaded from."""
        return b"tones"


def _refusing(reason: JobError) -> preparing.Cloner:
    def refuse(recordings: Sequence[Path], consent: str):
        raise reason

    return refuse


def _inside(folder: Path, name: str) -> Path:
    """Return a run in a folder; a name that leads elsewhere is none."""
    run = folder / name
    if run.resolve().parent != folder.resolve() or not run.is_dir():
        raise JobError("unknown_voice-run")
    return run


def _trained(run: Path | None) -> Voice:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from moksori.backend.program_cache import keep_programs
    from moksori.backend.setup import load_backend
    from moksori.training.export import SHIPPED_VOICE

    load_backend(keep_programs)
    from moksori.voices.trained import TrainedVoice

    return TrainedVoice.load(run or SHIPPED_VOICE)


def _missing_for_clones() -> JobError | None:
    """Return what cloning lacks here, None if it lacks nothing."""
    from moksori.voices.xtts.folder import check_installed
    from moksori.voices.xtts.weights import find

    def never() -> Path:
        raise VoiceError("the weights of XTTS are not downloaded yet")

    try:
        check_installed()
        find(None, download=never)
    except VoiceError as error:
        return JobError("xtts_missing", error=error, voice=SHIPPED)
    return None


def _missing_for_covers() -> list[str]:
    lines = [JobError("covers_missing").korean]
    from moksori.covers import weights
    from moksori.speakers.weights import WeightsMissing

    try:
        weights.separator()
        weights.content_encoder()
    except WeightsMissing:
        return lines
    absent = [name for name in ("pyworld", "swift_f0") if find_spec(name) is None]
    return lines if absent else []


def _cloned_from_upload(context: JobContext, name: str, language: str) -> Voice:
    from moksori.voices.xtts.cloning import clone_from_recordings

    if missing := _missing_for_clones():
        raise missing
    wav, _ = uploads.kept(context.storage, context.job.user_id, name)
    consent = f"consent in the service: {context.request['consent']}"
    with NamedTemporaryFile(prefix="moksori-", suffix=".wav") as kept:
        kept.write(wav)
        kept.flush()
        return clone_from_recordings([kept.name], consent, language=language)


def _cloned(file: bytes, language: str) -> Voice:
    from moksori.voices.xtts.cloning import load_clone

    with NamedTemporaryFile(prefix="moksori-") as kept:
        kept.write(file)
        kept.flush()
        return load_clone(kept.name, language)
