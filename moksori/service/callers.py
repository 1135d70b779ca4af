"""Tell who calls: by a token, an API key, or the cookie of the pages."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from fastapi.security import APIKeyCookie, APIKeyHeader, HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials
from starlette.requests import HTTPConnection

from moksori.service.problems import Problem
from moksori.service.tables import LOCAL_USER

ACCESS_COOKIE = "moksori_access"

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
    if not connection.app.state.settings.accounts:
        return LOCAL
    raise Problem(
        401,
        "not_signed_in",
        "로그인하거나 API 키를 보내 주세요.",
        "Sign in, or send an API key.",
        headers={"WWW-Authenticate": "Bearer"},
    )


SignedIn = Annotated[Caller, Depends(_signed_in)]


def _operator(caller: SignedIn) -> Caller:
    if not caller.operator:
        raise Problem(
            403,
            "operators_only",
            "운영자만 할 수 있습니다.",
            "Only operators may do this.",
        )
    return caller


Operator = Annotated[Caller, Depends(_operator)]
