"""Train vocal models, or take them from zips: jobs that leave a profile that sings."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from moksori.audio.encoding import encode
from moksori.audio.files import decode, save
from moksori.audio.levels import unclipped
from moksori.audio.watermark import mark
from moksori.service import preparing, profiles, proof, revoking, singer_child, uploads
from moksori.service.context import JobContext
from moksori.service.errors import Interrupted, JobError, ServiceError, Superseded
from moksori.service.listening import Ears
from moksori.service.singer_child import PROGRAM
from moksori.service.statements import SentenceCheck
from moksori.service.tables import Consent, Profile

# What a spoken consent is heard with, where it is there.
Listening = Callable[[], tuple[Ears | None, SentenceCheck | None]]


def train(
    context: JobContext,
    program: Sequence[str] = PROGRAM,
    listening: Listening = lambda: (None, None),
) -> dict:
    """Train the vocal model of a job, or train it on; stopped, it is as good as its
    best epoch. Who sings meanwhile takes what there is so far.

    Raises `ServiceError` where no model came of it.
    """
    profile, consent = context.voice()
    _, folder = revoking.training_folders(context.settings, profile.id)
    work = folder / context.job.id
    kept, error = _Kept(context, work), JobError("no_model")
    request = {
        **{"do": "train", "name": profile.name},
        **{"consent": preparing.statement(consent), "epochs": _epochs_left(context)},
        "seed": context.request.get("seed", 0),
        "decoder": context.request.get("decoder", "world"),
    }
    try:
        with singer_child.explained(context):
            _lay_out(context, profile, consent, work, listening)
        result = singer_child.run(context, program, work, request, kept.renew)
        kept.keep_sample()
        return result
    except (Interrupted, Superseded):
        # It is left to the worker that goes on.
        folder = None
        raise
    except ServiceError as told:
        error = told
        raise
    finally:
        if folder:
            _fail(context, error)
            shutil.rmtree(folder, ignore_errors=True)


def bring(context: JobContext, program: Sequence[str] = PROGRAM) -> dict:
    """Take a vocal model from a zip that was uploaded; of that nothing is kept.

    Raises `ServiceError` for a zip that holds none.
    """
    profile, consent = context.voice()
    key = profile.samples[0]["key"]
    request = {"do": "bring", "consent": preparing.statement(consent)}
    try:
        with singer_child.folder(context) as work:
            (work / "brought.zip").write_bytes(context.storage.get(key))
            kept = _Kept(context, work)
            result = singer_child.run(context, program, work, request, kept.renew)
            context.storage.delete(key)
            return result
    except ServiceError as error:
        _fail(context, error)
        raise


class _Kept:
    """Keep the newest model of a job in storage, in place of the one before."""

    def __init__(self, context: JobContext, work: Path):
        self._context, self._work = context, work
        self._count, self._key = 0, ""

    def renew(self, about: dict) -> None:
        """Store the zip that was packed, and what it is."""
        zip, job = self._work / "model.zip", self._context.job
        self._count += 1
        name = f"{job.id}-{job.attempt}-{self._count}.zip"
        self._key = f"profiles/{job.profile_id}/{name}"
        storage = self._context.storage
        storage.put_once(self._key, zip.read_bytes())
        with self._context.database.session() as session:
            before = profiles.renew(session, job.profile_id, self._key, about)
        if before:
            storage.delete(before)
            storage.delete(f"{before}.wav")

    def keep_sample(self) -> None:
        """Store what the model has said at its end, if it has, marked."""
        path, context = self._work / "model" / "sample.wav", self._context
        if not path.is_file():
            return
        wave, rate = decode(path)
        with context.database.session() as session:
            token = proof.issue(session, context.job, context.settings)
        wave = unclipped(mark(wave, rate, token, proof.key(context.settings)))
        data = encode(wave, rate, "wav", token=token)
        context.storage.put_once(f"{self._key}.wav", data)
        with context.database.session() as session:
            profiles.describe(session, context.job.profile_id, sample=True)


def _lay_out(context: JobContext, profile: Profile, consent: Consent, work, listening):
    """Write the clips as wavs of our own, and the model that there is already."""
    clips = work / "clips"
    if not clips.exists():
        partial, sounds = work / "clips.partial", []
        partial.mkdir(parents=True, exist_ok=True)
        for n, sample in enumerate(profile.samples):
            context.progress("reading", 0.0)
            data = context.storage.get(sample["key"])
            recording = uploads.decoded(data, sample["rate"])
            sounds.append((recording.wave, recording.sample_rate))
            save(partial / f"{n}.wav", *sounds[-1])
        if consent.statement_key and not consent.verified_at:
            context.progress("matching the statement", 0.0)
            preparing.check_statement(context, consent, sounds, *listening())
        partial.rename(clips)
    before = work / "before.zip"
    if profile.latents_key and not before.exists():
        before.write_bytes(context.storage.get(profile.latents_key))


def _epochs_left(context: JobContext) -> int:
    """Return how many epochs are to come; a worker before may have done some."""
    told = context.job.result or {}
    if context.job.attempt > 1 and "epoch" in told:
        return max(told["epochs"] - told["epoch"], 0)
    return context.request["epochs"]


def _fail(context: JobContext, error: ServiceError) -> None:
    """Let the profile of a job fail, unless there is a model of it."""
    with context.database.session() as session:
        profiles.finish(
            session, context.job.profile_id, profiles.FAILED, error=error.korean
        )
