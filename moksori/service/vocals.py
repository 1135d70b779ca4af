"""Keep vocal models, which sing and say what is sung and said to them.

One is a profile like any voice: it belongs to its user, rests on a consent, and goes
with it. It is trained on clips, or brought in a zip.
"""

from collections.abc import Sequence
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from moksori.service import audit, jobs, profiles, samples
from moksori.service.callers import Caller
from moksori.service.context import Service
from moksori.service.problems import Problem, not_found
from moksori.service.profiles import VOCAL
from moksori.service.tables import ACTIVE, Job, Profile

MOST_CLIPS, MOST_ZIP_BYTES = 5, 300 * 2**20
ADVISED_SECONDS = 60.0
_TYPES = (jobs.TRAIN_VOCAL, jobs.BRING_VOCAL)
_ZIP = b"PK\x03\x04"


def train(
    service: Service,
    caller: Caller,
    name: str,
    consent_id: str,
    files: Sequence[bytes],
    epochs: int,
    seed: int = 0,
    decoder: str = "world",
) -> tuple[Profile, Job]:
    """Begin a vocal model of up to `MOST_CLIPS` recordings, which a consent is about.

    Raises `Problem` as `samples.clone` does.
    """
    recordings = samples.decoded(files, MOST_CLIPS)
    profile = Profile(name=name, consent_id=consent_id, kind=VOCAL)
    profile.total_duration_seconds = sum(each.seconds for each in recordings)
    profile.samples = [
        {
            "sha256": each.sha256,
            "seconds": round(each.seconds, 2),
            "rate": each.original_rate,
        }
        for each in recordings
    ]
    how = {"epochs": epochs, "seed": seed, "decoder": decoder}
    hashes, type = [each.sha256 for each in recordings], jobs.TRAIN_VOCAL
    return samples.stored(service, caller, profile, files, hashes, type, **how)


def bring(
    service: Service,
    caller: Caller,
    name: str,
    consent_id: str,
    data: bytes,
) -> tuple[Profile, Job]:
    """Begin a vocal model that lies in a zip, which a consent is about; a job reads it.

    Raises `Problem` for what is no zip.
    """
    if not data.startswith(_ZIP):
        raise Problem(400, "no_zip", field="file")
    hashed = sha256(data).hexdigest()
    profile = Profile(name=name, consent_id=consent_id, kind=VOCAL)
    profile.samples = [{"sha256": hashed, "seconds": None}]
    how = [data], [hashed], jobs.BRING_VOCAL
    return samples.stored(service, caller, profile, *how)


def train_on(
    session: Session,
    caller: Caller,
    vocal_id: str,
    epochs: int,
) -> tuple[Profile, Job]:
    """Train a model so many epochs more; raises `Problem` while one does already, and
    for a model without clips."""
    profile = usable(session, caller, vocal_id, with_for_update={"key_share": True})
    if any(job.state in ACTIVE for job in _jobs(session, [profile])):
        raise Problem(409, "training_runs")
    if any("rate" not in each for each in profile.samples):
        raise Problem(409, "no_clips")
    audit.note(session, caller.id, jobs.TRAIN_VOCAL, profile.id)
    request = {"profile_id": profile.id, "epochs": epochs}
    how = {"profile_id": profile.id}
    job = jobs.create(session, caller.id, jobs.TRAIN_VOCAL, request, **how)
    return profile, job


def owned(session: Session, caller: Caller, vocal_id: str, **how) -> Profile:
    """Return a vocal model of a caller; raises `Problem` 404."""
    profile = profiles.owned(session, caller, vocal_id, **how)
    if profile.kind != VOCAL:
        raise not_found()
    return profile


def usable(session: Session, caller: Caller, vocal_id: str, **how) -> Profile:
    """Return a vocal model that may sing; raises `Problem`: 403 where its consent does
    not hold, 409 where nothing of it is ready."""
    profile = owned(session, caller, vocal_id, **how)
    profiles.check_ready(session, profile, "vocal_id")
    return profile


def all_of(session: Session, caller: Caller) -> list[dict]:
    """Describe the vocal models of a caller, the newest first."""
    found = profiles.all_of(session, caller, [VOCAL])
    return described(session, found)


def described(session: Session, found: Sequence[Profile]) -> list[dict]:
    """Describe vocal models as JSON: what they are, and the job that made or makes
    them."""
    last = {job.profile_id: job for job in _jobs(session, found)}
    return [_described(profile, last.get(profile.id)) for profile in found]


def _described(profile: Profile, last: Job | None) -> dict:
    about = profile.about or {}
    seconds = profile.total_duration_seconds or about.get("seconds", 0.0)
    return {
        **profile.told("id", "name", "status", "consent_id", "error", "created_at"),
        "brought": any("rate" not in each for each in profile.samples),
        "seconds": round(seconds, 2),
        "about": about,
        "sample": bool(about.get("sample")) and profile.status == profiles.READY,
        "job": last and {"id": last.id, "state": last.state, "type": last.type},
    }


def _jobs(session: Session, found: Sequence[Profile]) -> Sequence[Job]:
    ids = [profile.id for profile in found]
    mine = select(Job).where(Job.profile_id.in_(ids), Job.type.in_(_TYPES))
    return session.scalars(mine.order_by(Job.queued_at)).all()
