"""Keep users: who may sign in, with which password, and what an operator changes."""

import re
import threading
import unicodedata
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from moksori.service import audit, tokens
from moksori.service.problems import Problem, not_found
from moksori.service.tables import LOCAL_USER, User, now

LEAST_PASSWORD, MOST_PASSWORD, MOST_EMAIL = 10, 200, 254
_EMAIL = re.compile(r"[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+\.[^@\s\x00-\x1f]+")
_HASHER = PasswordHasher()
# Verifying against it takes as long as against a real one, and never succeeds.
_NOBODY = (
    f"$argon2id$v=19$m={_HASHER.memory_cost},t={_HASHER.time_cost},"
    f"p={_HASHER.parallelism}${'A' * 22}${'A' * 43}"
)
# Each takes 64 MiB, so that a crowd of sign-ins must not compute them all at once.
_HASHING = threading.BoundedSemaphore(2)
_PATIENCE_SECONDS = 3.0


def register(session: Session, email: str, password: str) -> User:
    """Add a user of the free tier.

    That an address is taken is said (409): without mail to confirm it, signing in with
    the password just chosen would tell the same. Raises `Problem` 400 for an address
    that is none, and for a password that is too short or the address.
    """
    email = _email(email)
    _check_password(email, password)
    added = (
        insert(User)
        .values(email=email, password_hash=_hash(password))
        # Not an error of the database, which would write the address into its log.
        .on_conflict_do_nothing(index_elements=["email"])
        .returning(User)
    )
    user = session.scalar(added)
    if user is None:
        raise Problem(409, "email_taken", field="email")
    audit.note(session, user.id, "register", user.id)
    return user


def sign_in(session: Session, email: str, password: str) -> User:
    """Return the user whose address and password these are.

    Raises `Problem` 401, the same after the same time for an unknown address, a wrong
    password and a disabled account.
    """
    email = unicodedata.normalize("NFC", email).strip().casefold()
    user = session.scalar(select(User).where(User.email == email))
    known = user is not None and user.password_hash and not user.disabled_at
    if not _verify(user.password_hash if known else _NOBODY, password) or not known:
        raise Problem(401, "wrong_credentials")
    return user


def change_password(session: Session, user_id: str, old: str, new: str) -> None:
    """Change a password and end all sign-ins; raises `Problem` 401 and 400."""
    user = sign_in(session, session.get_one(User, user_id).email or "", old)
    _check_password(user.email, new)
    user.password_hash = _hash(new)
    tokens.end_all(session, user.id)
    audit.note(session, user.id, "change_password", user.id)


def make_operator(session: Session, email: str, password: str) -> User:
    """Make a user an operator, or add an operator; for who has the database's URL.

    An account that exists keeps its password.
    """
    user = session.scalar(select(User).where(User.email == _email(email)))
    user = user or register(session, email, password)
    user.operator, user.tier = True, "enterprise"
    audit.note(session, "command", "make_operator", user.id)
    return user


def change(session: Session, actor: str, user_id: str, **changes) -> User:
    """Change `tier`, `operator` or `disabled` of a user, as an operator.

    Raises `Problem` 404, and 409 for operators who would lock themselves out.
    """
    user = session.get(User, user_id, with_for_update=True)
    if user is None or user.id == LOCAL_USER:
        raise not_found()
    if user.id == actor and (
        changes.get("disabled") or changes.get("operator") is False
    ):
        raise Problem(409, "own_account")
    audit.note(session, actor, "change_user", user.id, dict(changes))
    if (disabled := changes.pop("disabled", None)) is not None:
        user.disabled_at = (user.disabled_at or now()) if disabled else None
        if disabled:
            tokens.end_all(session, user.id)
    for name, value in changes.items():
        setattr(user, name, value)
    return user


def _email(text: str) -> str:
    email = unicodedata.normalize("NFC", text).strip().casefold()
    if len(email) > MOST_EMAIL or not _EMAIL.fullmatch(email):
        raise Problem(400, "invalid_email", field="email")
    return email


def _check_password(email: str, password: str) -> None:
    right = LEAST_PASSWORD <= len(password) <= MOST_PASSWORD
    if not right or password.casefold() == email:
        raise Problem(400, "weak_password", least=LEAST_PASSWORD, field="password")


def _hash(password: str) -> str:
    with _hashing():
        return _HASHER.hash(unicodedata.normalize("NFC", password))


def _verify(hash: str, password: str) -> bool:
    with _hashing():
        try:
            return _HASHER.verify(hash, unicodedata.normalize("NFC", password))
        except (VerificationError, InvalidHashError):
            return False


@contextmanager
def _hashing():
    if not _HASHING.acquire(timeout=_PATIENCE_SECONDS):
        raise Problem(503, "busy", headers={"Retry-After": "5"})
    try:
        yield
    finally:
        _HASHING.release()
