"""Give programs API keys, mk_<id>_<secret>, and recognise them."""

import hmac
import re
import secrets
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from moksori.service.problems import Problem, not_found
from moksori.service.tables import ApiKey, User, new_id, now
from moksori.service.tokens import digest

MOST_KEYS = 20
_KEY = re.compile(r"mk_([0-9a-f]{32})_([0-9a-f]{64})")
_NOTED_EVERY = timedelta(minutes=1)


def make(session: Session, user_id: str, label: str) -> tuple[ApiKey, str]:
    """Make a key; its text is returned this once and not kept.

    Raises `Problem` 409 for a user who has `MOST_KEYS`.
    """
    # Of two requests at once the second waits, and counts the first one's key.
    session.get_one(User, user_id, with_for_update=True)
    count = select(func.count()).where(ApiKey.user_id == user_id, _lives())
    if session.scalar(count) >= MOST_KEYS:
        raise Problem(409, "too_many_keys", most=MOST_KEYS)
    secret = secrets.token_hex(32)
    key = ApiKey(id=new_id(), user_id=user_id, label=label, hash=digest(secret))
    session.add(key)
    session.flush()
    return key, f"mk_{key.id}_{secret}"


def of_user(session: Session, user_id: str) -> list[ApiKey]:
    """List the keys of a user that are not revoked, the newest first."""
    mine = select(ApiKey).where(ApiKey.user_id == user_id, _lives())
    return list(session.scalars(mine.order_by(ApiKey.created_at.desc())))


def revoke(session: Session, user_id: str, key_id: str) -> None:
    """Revoke a key at once; raises `Problem` 404 for one that is not the user's."""
    key = session.get(ApiKey, key_id)
    if key is None or key.user_id != user_id or key.revoked_at:
        raise not_found()
    key.revoked_at = now()


def user_of(session: Session, text: str) -> tuple[User, str] | None:
    """Return the user of a key, and the key's id; None if it is none that counts."""
    match = _KEY.fullmatch(text)
    key = match and session.get(ApiKey, match[1])
    if not key or key.revoked_at or not hmac.compare_digest(key.hash, digest(match[2])):
        return None
    user = session.get(User, key.user_id)
    if user is None or user.disabled_at:
        return None
    if key.last_used_at is None or now() - key.last_used_at > _NOTED_EVERY:
        key.last_used_at = now()
    return user, key.id


def _lives():
    return ApiKey.revoked_at.is_(None)
