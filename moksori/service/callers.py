"""Tell who calls: by a token, an API key, or the cookie of the pages."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from fastapi.security import APIKeyCookie, APIKeyHeader, HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials
from starlette.datastructures import State
from starlette.requests import HTTPConnection, Request

from moksori.service import keys, tokens
from moksori.service.problems import Problem
from moksori.service.tables import LOCAL_USER
from moksori.service.tiers import TIERS

ACCESS_COOKIE, REFRESH_COOKIE = "moksori_access", "moksori_refresh"

_bearer = HTTPBearer(
    auto_error=False, scheme_name="bearer", description="An access token or API key."
)
_key = APIKeyHeader(name="X-API-Key", auto_error=False, scheme_name="key")
_cookie = APIKeyCookie(name=ACCESS_COOKIE, auto_error=False, scheme_name="cookie")


@dataclass(frozen=True)
class Caller:
    """Represent who calls. `key_id` is the API key that was used, if one was."""

    id: str
    tier: str
    operator: bool
    key_id: str | None = None


# Without accounts: whoever sits at this machine.
LOCAL = Caller(LOCAL_USER, "enterprise", operator=True)


def _signed_in(
    connection: HTTPConnection,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    key: Annotated[str | None, Depends(_key)],
    cookie: Annotated[str | None, Depends(_cookie)],
) -> Caller:
    # What is sent on purpose counts before what a browser adds by itself.
    return _caller(connection, bearer.credentials if bearer else key or cookie)


def admit(connection: HTTPConnection) -> Caller:
    """Tell who calls before anything is read; raises `Problem` 401 for a stranger."""
    words = connection.headers.get("authorization", "").split()
    bearer = words[1] if len(words) == 2 and words[0].lower() == "bearer" else None
    key = connection.headers.get("x-api-key")
    cookie = connection.cookies.get(ACCESS_COOKIE)
    return _caller(connection, bearer or key or cookie)


def _caller(connection: HTTPConnection, credential: str | None) -> Caller:
    state, scoped = connection.app.state, connection.state
    if not state.settings.accounts:
        return LOCAL
    if hasattr(scoped, "caller"):
        return scoped.caller
    caller = credential and _find(state, credential)
    if not caller:
        raise Problem(401, "not_signed_in", headers={"WWW-Authenticate": "Bearer"})
    state.rates.hit(TIERS[caller.tier].requests_per_minute, caller.id)
    scoped.caller = caller
    return caller


def _find(state: State, credential: str) -> Caller | None:
    key_id = None
    with state.database.session() as session:
        if credential.startswith("mk_"):
            user, key_id = keys.user_of(session, credential) or (None, None)
        else:
            user = tokens.user_of(session, state.settings, credential)
    return user and Caller(user.id, user.tier, user.operator, key_id)


SignedIn = Annotated[Caller, Depends(_signed_in)]


def _operator(caller: SignedIn) -> Caller:
    if not caller.operator:
        raise Problem(403, "operators_only")
    return caller


Operator = Annotated[Caller, Depends(_operator)]


def need_accounts(request: Request) -> None:
    """Raise `Problem` 409 where there are no accounts."""
    if not request.app.state.settings.accounts:
        raise Problem(409, "no_accounts")


def _in_person(request: Request, caller: SignedIn) -> Caller:
    need_accounts(request)
    if caller.key_id:
        raise Problem(403, "key_not_enough")
    return caller


# Not by an API key: one that leaked must not make others, or lock its user out.
InPerson = Annotated[Caller, Depends(_in_person)]
