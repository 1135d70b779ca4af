"""Keep the voices of users, and say which voices there are and who may use them.

A voice is named by what it is: `SHIPPED`, "run:NAME" for a run in `settings.runs`, or
the id of a profile, which its user alone may use.
"""

import difflib
import json
from collections.abc import Collection, Iterator, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from moksori.service import audit, consents, jobs, revoking
from moksori.service.callers import Caller
from moksori.service.context import Service
from moksori.service.problems import Problem, not_found
from moksori.service.settings import Settings
from moksori.service.tables import Consent, Job, Profile, User, now
from moksori.service.tiers import TIERS

SHIPPED, RUN = "korean-demo", "run:"
CLONE, TRAINED, VOCAL = "clone", "trained", "vocal"
# Those that speak texts; a vocal model sings instead.
SPEAKING = (CLONE, TRAINED)
PROCESSING, READY, FAILED = "processing", "ready", "failed"
REVOKED, DELETED = "revoked", "deleted"
# Run folders of profiles begin so; they are reached by the profile's id alone.
OF_PROFILE = "voice-"


def count(session: Session, user_id: str) -> int:
    """Count the voices of a user, as the tier does."""
    mine = select(func.count()).where(Profile.user_id == user_id)
    return session.scalar(mine.where(Profile.status.in_((PROCESSING, READY))))


def begin(
    session: Session,
    caller: Caller,
    profile: Profile,
    type: str,
    **request,
) -> Job:
    """Write a profile and the job that makes it; raises `Problem` for one too many."""
    # Locked, so that two requests do not both take the last place.
    session.get_one(User, caller.id, with_for_update=True)
    most = TIERS[caller.tier].profiles
    if most is not None and count(session, caller.id) >= most:
        raise Problem(403, "too_many_profiles", most=most)
    session.add(profile)
    session.flush()
    audit.note(session, caller.id, type, profile.id)
    request = {"profile_id": profile.id, **request}
    return jobs.create(session, caller.id, type, request, profile_id=profile.id)


def owned(session: Session, caller: Caller, profile_id: str, **how) -> Profile:
    """Return a profile of a caller; raises `Problem` 404."""
    profile = session.get(Profile, profile_id, **how)
    if profile is None or profile.user_id != caller.id or profile.status == DELETED:
        raise not_found()
    return profile


def all_of(
    session: Session, caller: Caller, kinds: Collection[str] = SPEAKING
) -> Sequence[Profile]:
    """Return the profiles of a caller that are of some kinds, the newest first."""
    mine = select(Profile).where(
        Profile.user_id == caller.id,
        Profile.status != DELETED,
        Profile.kind.in_(kinds),
    )
    return session.scalars(mine.order_by(Profile.created_at.desc())).all()


def delete(service: Service, caller: Caller, profile_id: str) -> revoking.Purge:
    """Delete a voice: its jobs end, its recordings and what speaks like it go."""
    with service.database.session() as session:
        profile = owned(session, caller, profile_id, with_for_update=True)
        revoking.delete(session, profile)
        audit.note(session, caller.id, "delete_voice", profile.id)
    purged = revoking.Purge(profile_id)
    revoking.purge_profile(service, profile, purged)
    return purged


def voices_of(session: Session, caller: Caller, settings: Settings) -> list[dict]:
    """List the voices that a caller may use: id, name, kind, status.

    `kind` is shipped, run, clone or trained; profiles that are not ready are listed
    with their status.
    """
    listed = [_voice(SHIPPED, "한국어 데모", "shipped")]
    listed += [_voice(f"{RUN}{name}", name, "run") for name in runs(settings)]
    for each in all_of(session, caller):
        listed.append(_voice(each.id, each.name, each.kind, each.status))
    return listed


def choose(
    session: Session, caller: Caller, voice: str, settings: Settings
) -> str | None:
    """Return the profile of a voice, or None for one that is no profile.

    Raises `Problem`: 400 for a voice that is not among the caller's, 403 for one whose
    consent does not hold, 409 for one that is not ready.
    """
    known = {each["id"]: each for each in voices_of(session, caller, settings)}
    if voice not in known:
        near = difflib.get_close_matches(voice, known, n=1, cutoff=0.0)
        raise Problem(400, "unknown_voice", near=near[0], field="voice")
    if known[voice]["kind"] in ("shipped", "run"):
        return None
    check_ready(session, owned(session, caller, voice))
    return voice


def check_ready(session: Session, profile: Profile, field: str = "voice") -> None:
    """Raise `Problem`: 403 for a voice whose consent does not hold, 409 for one that is
    not ready."""
    consent = profile.consent_id and session.get_one(Consent, profile.consent_id)
    if profile.status == REVOKED or (consent and consents.state(consent) != "valid"):
        raise Problem(403, "consent_revoked")
    if profile.status != READY:
        raise Problem(409, "voice_not_ready", field=field)


def runs(settings: Settings) -> Iterator[str]:
    """Yield the names of the runs that speak and belong to no profile."""
    for path in sorted(settings.runs.glob("*/run.json")):
        name = path.parent.name
        try:
            kind = json.loads(path.read_text("utf-8")).get("kind")
        except (OSError, ValueError, AttributeError):
            continue
        trained = any((path.parent / "checkpoints").glob("*.safetensors"))
        if kind == "tacotron" and trained and not name.startswith(OF_PROFILE):
            yield name


def ended(session: Session, ids: Collection[str]) -> set[str]:
    """Return those of some profiles that are not ready any more."""
    among = select(Profile.id).where(Profile.id.in_(ids), Profile.status != READY)
    return set(session.scalars(among))


def finish(session: Session, profile_id: str, status: str, **values) -> bool:
    """Move a profile from processing to a status; False if it was revoked or deleted
    meanwhile, so that nothing of it may stay."""
    profile = session.get_one(Profile, profile_id, with_for_update=True)
    session.refresh(profile)
    if profile.status != PROCESSING:
        return False
    profile.status, profile.ready_at = status, now() if status == READY else None
    for name, value in values.items():
        setattr(profile, name, value)
    return True


def renew(session: Session, profile_id: str, key: str, about: dict) -> str | None:
    """Give a profile, which becomes ready, another voice file; returns the key of the
    one before, and `key` itself if the profile has ended: nothing of that is needed."""
    profile = session.get_one(Profile, profile_id, with_for_update=True)
    session.refresh(profile)
    if profile.status not in (PROCESSING, READY):
        return key
    before, profile.latents_key = profile.latents_key, key
    profile.about = about
    profile.status, profile.ready_at = READY, profile.ready_at or now()
    return before


def describe(session: Session, profile_id: str, **about) -> None:
    """Add to what is known about a profile."""
    profile = session.get_one(Profile, profile_id, with_for_update=True)
    profile.about = {**(profile.about or {}), **about}


def _voice(id: str, name: str, kind: str, status: str = READY) -> dict:
    return {"id": id, "name": name, "kind": kind, "status": status}
