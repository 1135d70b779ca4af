"""Offer accounts over HTTP: sign-in, API keys, usage, and what operators change."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Cookie, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from moksori.service import accounts, audit, keys, profiles, tokens
from moksori.service.callers import (
    ACCESS_COOKIE,
    REFRESH_COOKIE,
    InPerson,
    Operator,
    SignedIn,
    need_accounts,
)
from moksori.service.problems import Problem
from moksori.service.quota import month_of
from moksori.service.tables import LOCAL_USER, Usage, User, now
from moksori.service.tiers import TIERS

router = APIRouter(prefix="/api/v1", tags=["accounts"])

# Tries a minute of an address, and for an account from anywhere.
_TRIES_OF_ADDRESS, _TRIES_FOR_ACCOUNT = 30, 10
_REFRESH_PATH = "/api/v1/auth"
_Id = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]
_RefreshCookie = Annotated[
    str | None, Cookie(alias=REFRESH_COOKIE, include_in_schema=False)
]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", str_max_length=1024)


class Credentials(_Body):
    """Name a user and prove it."""

    email: str = Field(examples=["minji@example.com"])
    password: str = Field(examples=["하늘은 높고 말은 살찐다"])


class SignIn(Credentials):
    """Sign in; with `cookie` the tokens come as cookies that no script can read."""

    cookie: bool = False


class Refresh(_Body):
    """Name the refresh token; without one the cookie's is taken."""

    refresh_token: str | None = None


class PasswordChange(_Body):
    """Change the password of who is signed in."""

    old: str
    new: str


class NewKey(_Body):
    """Label a new API key."""

    label: str = Field(min_length=1, max_length=100, examples=["our website"])


class UserChange(_Body):
    """Change a user; what is absent stays."""

    tier: Literal["free", "pro", "enterprise"] | None = None
    operator: bool | None = None
    disabled: bool | None = None


class TokenAnswer(BaseModel):
    """Hold new tokens; both are null where they came as cookies."""

    access_token: str | None
    refresh_token: str | None
    token_type: Literal["bearer"] = "bearer"
    expires_in: int = Field(examples=[tokens.ACCESS_SECONDS])


class _Row(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class KeyAnswer(_Row):
    """Describe an API key; `key` is its text, told once, when it is made."""

    id: str
    label: str
    created_at: datetime
    last_used_at: datetime | None
    key: str | None = None


class UserAnswer(_Row):
    """Describe a user."""

    id: str
    email: str | None
    tier: str
    operator: bool
    created_at: datetime
    disabled_at: datetime | None


class Share(BaseModel):
    """Say how much of what there is is used; without limit it is null."""

    used: int
    limit: int | None


class UsageAnswer(BaseModel):
    """Say what a user has used this month, and what the tier allows."""

    user: UserAnswer
    month: str = Field(examples=["2026-11"])
    characters: Share
    profiles: Share
    seconds: float
    requests: int
    jobs_at_once: int
    formats: tuple[str, ...]


@router.post("/auth/register", status_code=201, response_model=UserAnswer)
def register(request: Request, body: Credentials) -> User:
    """Open an account of the free tier."""
    _count_try(request, body.email)
    with request.app.state.database.session() as session:
        return accounts.register(session, body.email, body.password)


@router.post("/auth/token")
def token(request: Request, response: Response, body: SignIn) -> TokenAnswer:
    """Sign in by address and password."""
    _count_try(request, body.email)
    state = request.app.state
    with state.database.session() as session:
        user = accounts.sign_in(session, body.email, body.password)
        new = tokens.begin(session, state.settings, user.id)
    return _answer(request, response, new, body.cookie)


@router.post("/auth/refresh")
def refresh(
    request: Request,
    response: Response,
    body: Refresh | None = None,
    cookie: _RefreshCookie = None,
) -> TokenAnswer:
    """Exchange a refresh token, which counts once, for new tokens.

    One that comes a second time ends the sign-in, as one of both was stolen.
    """
    _count_try(request)
    given = body and body.refresh_token
    state = request.app.state
    with state.database.session() as session:
        new = tokens.rotate(session, state.settings, given or cookie or "")
    if isinstance(new, Problem):
        raise new
    return _answer(request, response, new, as_cookie=not given)


@router.post("/auth/logout", status_code=204)
def logout(
    request: Request,
    response: Response,
    body: Refresh | None = None,
    cookie: _RefreshCookie = None,
) -> None:
    """End a sign-in; its tokens count no more, at once."""
    _count_try(request)
    given = (body and body.refresh_token) or cookie
    if given:
        with request.app.state.database.session() as session:
            tokens.end(session, given)
    response.delete_cookie(ACCESS_COOKIE, path="/")
    response.delete_cookie(REFRESH_COOKIE, path=_REFRESH_PATH)


@router.post("/auth/password", status_code=204)
def change_password(request: Request, caller: InPerson, body: PasswordChange) -> None:
    """Change the password; all sign-ins end, API keys stay."""
    _count_try(request, caller.id)
    with request.app.state.database.session() as session:
        accounts.change_password(session, caller.id, body.old, body.new)


@router.get("/keys")
def list_keys(request: Request, caller: InPerson) -> dict[str, list[KeyAnswer]]:
    """List the API keys that are not revoked."""
    with request.app.state.database.session() as session:
        return {"keys": keys.of_user(session, caller.id)}


@router.post("/keys", status_code=201)
def make_key(request: Request, caller: InPerson, body: NewKey) -> KeyAnswer:
    """Make an API key; its text is told this once."""
    with request.app.state.database.session() as session:
        key, text = keys.make(session, caller.id, body.label)
        audit.note(session, caller.id, "make_key", key.id)
    return KeyAnswer.model_validate(key).model_copy(update={"key": text})


@router.delete("/keys/{key_id}", status_code=204)
def revoke_key(request: Request, caller: InPerson, key_id: _Id) -> None:
    """Revoke an API key at once."""
    with request.app.state.database.session() as session:
        keys.revoke(session, caller.id, key_id)
        audit.note(session, caller.id, "revoke_key", key_id)


@router.get("/usage")
def usage(request: Request, caller: SignedIn) -> UsageAnswer:
    """Say who is signed in, what was used this month, and what there is."""
    tier, month = TIERS[caller.tier], month_of(now())
    with request.app.state.database.session() as session:
        user = session.get_one(User, caller.id)
        used = session.get(Usage, (caller.id, month)) or Usage(
            characters=0, seconds=0.0, requests=0
        )
        voices = profiles.count(session, caller.id)
    return UsageAnswer(
        user=UserAnswer.model_validate(user),
        month=month,
        characters=Share(used=used.characters, limit=tier.characters),
        profiles=Share(used=voices, limit=tier.profiles),
        seconds=used.seconds,
        requests=used.requests,
        jobs_at_once=tier.jobs,
        formats=tier.formats,
    )


@router.get("/admin/users")
def list_users(
    request: Request,
    caller: Operator,
    after: Annotated[str, Query(max_length=32)] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, list[UserAnswer]]:
    """List users by id, from the one behind `after` on."""
    behind = select(User).where(User.id > after, User.id != LOCAL_USER)
    with request.app.state.database.session() as session:
        users = session.scalars(behind.order_by(User.id).limit(limit)).all()
    return {"users": users}


@router.patch("/admin/users/{user_id}", response_model=UserAnswer)
def change_user(
    request: Request, caller: Operator, user_id: _Id, body: UserChange
) -> User:
    """Change a user's tier, or disable the account; its sign-ins end with it."""
    changes = body.model_dump(exclude_none=True)
    with request.app.state.database.session() as session:
        return accounts.change(session, caller.id, user_id, **changes)


def _count_try(request: Request, account: str | None = None) -> None:
    """Bound guesses: of an address, and for an account whoever makes them."""
    need_accounts(request)
    rates = request.app.state.rates
    rates.hit(
        _TRIES_OF_ADDRESS, "address", request.client.host if request.client else ""
    )
    if account is not None:
        rates.hit(_TRIES_FOR_ACCOUNT, "account", tokens.digest(account.casefold()))


def _answer(
    request: Request, response: Response, new: tokens.Tokens, as_cookie: bool
) -> TokenAnswer:
    if as_cookie:
        secure = request.url.scheme == "https"
        for name, value, path, seconds in (
            (ACCESS_COOKIE, new.access, "/", tokens.ACCESS_SECONDS),
            (REFRESH_COOKIE, new.refresh, _REFRESH_PATH, tokens.REFRESH_SECONDS),
        ):
            response.set_cookie(
                name, value, seconds, path=path, secure=secure, httponly=True
            )
    return TokenAnswer(
        access_token=None if as_cookie else new.access,
        refresh_token=None if as_cookie else new.refresh,
        expires_in=tokens.ACCESS_SECONDS,
    )
