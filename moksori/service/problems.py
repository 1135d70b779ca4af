"""Answer errors: a word for programs, a Korean and an English line, a request id."""

from collections.abc import Mapping
from typing import Literal

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy.exc import DataError, OperationalError
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.websockets import WebSocket

from moksori.service.errors import ServiceError
from moksori.service.storage import StorageFull

# Paths below this answer as clients of OpenAI's API expect it.
OPENAI = "/v1/"
_OPENAI_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    429: "rate_limit_error",
}
_OF_JOBS = {"internal": 500, "worker_died": 500, "xtts_missing": 503}


class ProblemAnswer(BaseModel):
    """Say why a request was not served; `field` is the part of it that is wrong."""

    success: Literal[False]
    error: str = Field(examples=["quota_exceeded"])
    message: str
    message_en: str
    field: str | None = None
    request_id: str


class OpenAIError(BaseModel):
    """Say the same by OpenAI's names."""

    message: str
    type: str = Field(examples=["rate_limit_error"])
    param: str | None
    code: str = Field(examples=["quota_exceeded"])


class OpenAIAnswer(BaseModel):
    """Say why a request below /v1 was not served."""

    error: OpenAIError
    request_id: str


# For OpenAPI, instead of what FastAPI answers by itself.
ANSWERS = {"default": {"model": ProblemAnswer, "description": "Refused, or failed"}}
OPENAI_ANSWERS = {"default": {**ANSWERS["default"], "model": OpenAIAnswer}}


class Problem(ServiceError):
    """Report why a request cannot be served.

    `field` names the part of the request that is wrong; `values` are of the texts.
    """

    def __init__(
        self,
        status: int,
        name: str,
        *,
        field: str | None = None,
        headers: Mapping[str, str] | None = None,
        **values,
    ):
        super().__init__(name, field=field, **values)
        self.status, self.field, self.headers = status, field, headers


def not_found() -> Problem:
    """Return the answer for what is not there, and for what another user owns."""
    return Problem(404, "not_found")


def of_job(state: str, word: str | None, message: str | None) -> Problem:
    """Return the answer for a job that ended in another state than succeeded."""
    problem = Problem(_OF_JOBS.get(word, 422), "job_ended")
    problem.word = word or state
    if message:
        problem.korean, problem.english = message, ""
    return problem


def of_error(error: Exception) -> Problem:
    """Return the answer for an error; what nobody foresaw tells nothing of itself."""
    match error:
        case Problem():
            return error
        case RequestValidationError():
            # The first part says body, query or path.
            return _invalid(error, skip=1)
        case ValidationError():
            return _invalid(error)
        case DataError():
            # A text with a NUL, a number out of range: what no column holds.
            return _unreadable(None, "it holds what cannot be kept")
        case HTTPException():
            name = {404: "not_found", 405: "wrong_method"}.get(error.status_code)
            how = {"headers": error.headers}
            return Problem(error.status_code, name or "refused", **how)
        case StorageFull():
            return Problem(507, "storage_full")
        case OperationalError():
            return Problem(503, "database_away", headers={"Retry-After": "5"})
    return Problem(500, "internal")


_FORESEEN = (
    *(Problem, HTTPException, RequestValidationError, ValidationError),
    *(DataError, OperationalError, StorageFull),
)


def request_id(connection: HTTPConnection) -> str:
    """Return the id that the gate gave to a request."""
    return connection.scope.get("state", {}).get("request_id", "")


def response(problem: Problem, connection: HTTPConnection) -> JSONResponse:
    """Answer a problem in the shape that callers of this path read."""
    number = request_id(connection)
    if connection.url.path.startswith(OPENAI):
        server = problem.status >= 500
        usual = "server_error" if server else "invalid_request_error"
        error = OpenAIError(
            message=problem.english or problem.korean,
            type=_OPENAI_TYPES.get(problem.status, usual),
            param=problem.field,
            code=problem.word,
        )
        body = OpenAIAnswer(error=error, request_id=number).model_dump()
    else:
        body = ProblemAnswer(
            success=False,
            error=problem.word,
            message=problem.korean,
            message_en=problem.english,
            field=problem.field,
            request_id=number,
        ).model_dump(exclude_none=True)
    return JSONResponse(body, problem.status, problem.headers)


def install(app: FastAPI) -> None:
    """Let an application answer the errors that are foreseen in these shapes."""

    async def answer(connection: HTTPConnection, error: Exception):
        problem = of_error(error)
        if isinstance(connection, WebSocket):
            await connection.close(1008, problem.word)
            return None
        return response(problem, connection)

    for kind in _FORESEEN:
        app.add_exception_handler(kind, answer)


def _invalid(error: ValidationError | RequestValidationError, skip: int = 0) -> Problem:
    """Name the first wrong field; what it held is not repeated, it may be a secret."""
    first = error.errors()[0]
    # Of a text that is no JSON the place is a position.
    place = first["loc"][skip:] if first["type"] != "json_invalid" else ()
    return _unreadable(".".join(map(str, place)) or None, first["msg"])


def _unreadable(field: str | None, reason: str) -> Problem:
    name = "invalid_request-field" if field else "invalid_request"
    return Problem(400, name, reason=reason, field=field)
