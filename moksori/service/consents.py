"""Record what people allow with their voices, and tell whether it still holds.

A consent names the recordings that it is about by their hashes, the purpose, how long
it holds, and every use that stays prohibited. One that is spoken has a recorded
statement, which `preparing` compares with the recordings and with the sentence.
"""

import hashlib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from moksori.service import audit, uploads
from moksori.service.callers import Caller
from moksori.service.problems import Problem, not_found
from moksori.service.storage import Storage
from moksori.service.tables import Consent, new_id, now

WRITTEN, SPOKEN = "explicit_written", "spoken"
# What no voice may be used for; each is accepted by its name.
PROHIBITED_USES = {
    "impersonation": "본인인 것처럼 속이는 데 쓰지 않습니다.",
    "fraud": "사기나 본인 확인을 속이는 데 쓰지 않습니다.",
    "defamation": "명예를 해치거나 괴롭히는 데 쓰지 않습니다.",
    "disinformation": "거짓 정보를 퍼뜨리는 데 쓰지 않습니다.",
    "sexual_content": "성적인 내용에 쓰지 않습니다.",
    "illegal_use": "그 밖의 불법적인 일에 쓰지 않습니다.",
}
STATEMENT = (
    "저는 {voice_owner}입니다. 제 목소리 녹음으로 합성 음성을 만들어 "
    "{purpose}에 쓰는 것에 동의합니다."
)
STATEMENT_SECONDS = (3.0, 60.0)
_HEX = frozenset("0123456789abcdef")
_LONGEST = timedelta(days=3650)


@dataclass(frozen=True)
class Terms:
    """Hold what a person agrees to; `audio_sha256` are the hashes of the recordings."""

    voice_owner: str
    owner_contact: str
    purpose: str
    prohibited: Sequence[str]
    audio_sha256: Sequence[str]
    valid_until: datetime | None = None
    document_sha256: str | None = None


def combined(hashes: Iterable[str]) -> str:
    """Return the hash that stands for recordings: of one its own, of several that of
    their sorted hashes, a line each."""
    each = sorted(set(hashes))
    return (
        each[0]
        if len(each) == 1
        else hashlib.sha256("\n".join(each).encode()).hexdigest()
    )


def line(text: str, field: str, most: int) -> str:
    """Return a text as one line; raises `Problem` for an empty or too long one, and for
    control characters and marks that turn the direction of writing."""
    text = " ".join(unicodedata.normalize("NFC", text).split())
    hidden = any(unicodedata.category(letter) in ("Cc", "Cf", "Cs") for letter in text)
    if not text or len(text) > most or hidden:
        raise Problem(400, "invalid_text", most=most, field=field)
    return text


def record(
    session: Session,
    storage: Storage,
    caller: Caller,
    terms: Terms,
    statement: bytes | None = None,
) -> Consent:
    """Write down a consent, and keep its spoken statement, if it has one.

    Raises `Problem` for terms that say too little, and for a statement that is no
    recording of 3 to 60 s. Who says it and what it says, `preparing` checks.
    """
    consent = Consent(
        id=new_id(),
        user_id=caller.id,
        voice_owner=line(terms.voice_owner, "voice_owner", 100),
        owner_contact=line(terms.owner_contact, "owner_contact", 200),
        audio_sha256=_recordings(terms.audio_sha256),
        document_sha256=_document(terms.document_sha256),
        type=WRITTEN if statement is None else SPOKEN,
        purpose=line(terms.purpose, "purpose", 500),
        prohibited=_accepted(terms.prohibited),
        valid_until=_future(terms.valid_until),
    )
    session.add(consent)
    audit.note(session, caller.id, "consent", consent.id)
    if statement is not None:
        _check_statement(statement)
        consent.statement_key = f"consents/{consent.id}/statement"
        session.flush()
        # Last, so that nothing of a voice stays that no row names.
        storage.put_once(consent.statement_key, statement)
    return consent


def owned(session: Session, caller: Caller, consent_id: str, **how) -> Consent:
    """Return a consent of a caller, any for an operator; raises `Problem` 404."""
    consent = session.get(Consent, consent_id, **how)
    if consent is None or not (caller.operator or consent.user_id == caller.id):
        raise not_found()
    return consent


def all_of(session: Session, caller: Caller) -> Sequence[Consent]:
    """Return the consents that a caller recorded, the newest first."""
    mine = select(Consent).where(Consent.user_id == caller.id)
    return session.scalars(mine.order_by(Consent.signed_at.desc())).all()


def holding(
    session: Session, caller: Caller, consent_id: str, hashes: Iterable[str]
) -> Consent:
    """Return a consent that holds and is about the recordings of these hashes.

    Its row stays locked against a revocation until the transaction ends. Raises
    `Problem`.
    """
    how = {"with_for_update": {"key_share": True}, "populate_existing": True}
    consent = owned(session, caller, consent_id, **how)
    if consent.user_id != caller.id:
        # An operator may revoke it, not use it.
        raise not_found()
    if state(consent) != "valid":
        raise Problem(403, "consent_revoked")
    if consent.audio_sha256 != combined(hashes):
        raise Problem(409, "other_recording", field="consent_id")
    return consent


def state(consent: Consent) -> str:
    """Return valid, revoked or expired."""
    if consent.revoked_at is not None:
        return "revoked"
    over = consent.valid_until is not None and consent.valid_until <= now()
    return "expired" if over else "valid"


def _recordings(hashes: Sequence[str]) -> str:
    hashes = [each.strip().lower() for each in hashes]
    if not hashes or not all(map(_is_sha256, hashes)):
        raise Problem(400, "no_recording", field="audio_sha256")
    return combined(hashes)


def _document(sha256: str | None) -> str | None:
    if sha256 is None or _is_sha256(sha256.strip().lower()):
        return sha256 and sha256.strip().lower()
    raise Problem(400, "invalid_hash", field="document_sha256")


def _is_sha256(text: str) -> bool:
    return len(text) == 64 and _HEX.issuperset(text)


def _accepted(names: Sequence[str]) -> list[str]:
    missing = [name for name in PROHIBITED_USES if name not in names]
    unknown = sorted(set(names) - set(PROHIBITED_USES))
    if missing or unknown:
        raise Problem(
            400, "prohibited_uses", missing=", ".join(missing), field="prohibited"
        )
    return list(PROHIBITED_USES)


def _future(until: datetime | None) -> datetime | None:
    if until is None:
        return None
    until = until.replace(tzinfo=UTC) if until.tzinfo is None else until
    if not now() < until <= now() + _LONGEST:
        raise Problem(400, "invalid_validity", field="valid_until")
    return until


def _check_statement(data: bytes) -> None:
    seconds = uploads.decoded(data, 16000).seconds
    least, most = STATEMENT_SECONDS
    if not least <= seconds <= most:
        raise Problem(
            400,
            "statement_length",
            least=least,
            most=most,
            seconds=seconds,
            field="statement",
        )
