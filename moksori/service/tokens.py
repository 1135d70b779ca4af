"""Issue and read access tokens, for a quarter of an hour, and their refresh tokens.

A sign-in begins a family of refresh tokens, of which each is good for one rotation. An
access token names its family, and counts only while that lives.
"""

import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from datetime import timedelta

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from moksori.service.problems import Problem
from moksori.service.settings import Settings
from moksori.service.tables import RefreshToken, User, new_id, now

ACCESS_SECONDS = 15 * 60
REFRESH_SECONDS = 30 * 24 * 3600
# Fixed here: what a token's own header says about algorithms or keys is not asked.
_ALGORITHMS = ["HS256"]
_ISSUER, _AUDIENCE = "moksori", "moksori-api"
_MOST_LETTERS = 1024
# Two windows of one browser may rotate one cookie at once; it is no theft yet.
_SAME_MOMENT = timedelta(seconds=10)
_CLAIMS = {
    "iss": {"essential": True, "value": _ISSUER},
    "aud": {"essential": True, "value": _AUDIENCE},
    "exp": {"essential": True},
    "sub": {"essential": True},
    "sid": {"essential": True},
}


@dataclass(frozen=True)
class Tokens:
    """Hold what a sign-in or a rotation gives."""

    access: str
    refresh: str


def digest(secret: str) -> str:
    """Return the SHA-256 that is kept of a secret of 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def begin(session: Session, settings: Settings, user_id: str) -> Tokens:
    """Begin a family, for a user who has just proved who they are."""
    stale = RefreshToken.expires_at < now()
    session.execute(delete(RefreshToken).where(RefreshToken.user_id == user_id, stale))
    return _issue(session, settings, user_id, new_id())


def rotate(session: Session, settings: Settings, refresh: str) -> Tokens | Problem:
    """Exchange a refresh token for new tokens.

    One that was exchanged before was stolen, or its thief came first: the family ends.
    A problem is returned, not raised, so that this end is committed.
    """
    token = session.scalar(
        select(RefreshToken)
        .where(RefreshToken.hash == digest(refresh))
        .with_for_update()
    )
    if token is None or token.revoked_at or token.expires_at < now():
        return Problem(401, "signed_out")
    user = session.get(User, token.user_id)
    if user is None or user.disabled_at:
        return Problem(401, "signed_out")
    if token.used_at is None:
        token.used_at = now()
        return _issue(session, settings, token.user_id, token.family)
    if now() - token.used_at < _SAME_MOMENT:
        return Problem(409, "refreshed_already")
    _end(session, RefreshToken.family == token.family)
    return Problem(401, "signed_out")


def end(session: Session, refresh: str) -> None:
    """End the family of a refresh token; its access tokens end with it."""
    family = select(RefreshToken.family).where(RefreshToken.hash == digest(refresh))
    _end(session, RefreshToken.family.in_(family.scalar_subquery()))


def end_all(session: Session, user_id: str) -> None:
    """End all sign-ins of a user."""
    _end(session, RefreshToken.user_id == user_id)


def user_of(session: Session, settings: Settings, access: str) -> User | None:
    """Return the user of an access token; None if it, or its sign-in, is over."""
    claims = _read(settings, access)
    if claims is None:
        return None
    lives = select(RefreshToken.id).where(
        RefreshToken.family == claims["sid"],
        RefreshToken.user_id == User.id,
        RefreshToken.revoked_at.is_(None),
    )
    return session.scalar(
        select(User).where(
            User.id == claims["sub"], User.disabled_at.is_(None), lives.exists()
        )
    )


def _issue(session: Session, settings: Settings, user_id: str, family: str) -> Tokens:
    refresh = secrets.token_urlsafe(32)
    session.add(
        RefreshToken(
            user_id=user_id,
            family=family,
            hash=digest(refresh),
            expires_at=now() + timedelta(seconds=REFRESH_SECONDS),
        )
    )
    second = int(time.time())
    claims = {
        "iss": _ISSUER,
        "aud": _AUDIENCE,
        "sub": user_id,
        "sid": family,
        "iat": second,
        "exp": second + ACCESS_SECONDS,
    }
    header = {"alg": _ALGORITHMS[0]}
    return Tokens(jwt.encode(header, claims, _key(settings), _ALGORITHMS), refresh)


def _read(settings: Settings, access: str) -> dict | None:
    if len(access) > _MOST_LETTERS:
        return None
    try:
        claims = jwt.decode(access, _key(settings), _ALGORITHMS).claims
        jwt.JWTClaimsRegistry(**_CLAIMS).validate(claims)
    except (JoseError, ValueError):
        return None
    return claims


def _key(settings: Settings) -> OctKey:
    """Derive the key, so that what else the secret signs is never taken for a token."""
    made = hmac.digest(settings.secret.encode(), b"access tokens", "sha256")
    return OctKey.import_key(made)


def _end(session: Session, which) -> None:
    session.execute(
        update(RefreshToken)
        .where(which, RefreshToken.revoked_at.is_(None))
        .values(revoked_at=now())
    )
