"""Answer errors: a word for programs, a Korean and an English line, a request id."""

from collections.abc import Mapping, Sequence

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.websockets import WebSocket

# Paths below this answer as clients of OpenAI's API expect it.
OPENAI = "/v1/"
_OPENAI_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    429: "rate_limit_error",
}
_HTTP = {
    404: ("not_found", "찾을 수 없습니다.", "There is no such thing."),
    405: (
        "wrong_method",
        "이 주소는 이 방식을 받지 않습니다.",
        "Not this method here.",
    ),
}
_SHAPE = {
    "title": "Problem",
    "type": "object",
    "required": ["success", "error", "message", "message_en", "request_id"],
    "properties": {
        "success": {"type": "boolean", "const": False},
        "error": {"type": "string", "examples": ["quota_exceeded"]},
        "message": {"type": "string"},
        "message_en": {"type": "string"},
        "field": {"type": "string"},
        "request_id": {"type": "string"},
    },
}
_OPENAI_SHAPE = {
    "title": "OpenAIProblem",
    "type": "object",
    "required": ["error", "request_id"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string", "examples": ["rate_limit_error"]},
                "param": {"type": ["string", "null"]},
                "code": {"type": "string", "examples": ["quota_exceeded"]},
            },
        },
        "request_id": {"type": "string"},
    },
}


class Problem(Exception):
    """Report why a request cannot be served; `word` is for programs.

    `field` names the part of the request that is wrong.
    """

    def __init__(
        self,
        status: int,
        word: str,
        korean: str,
        english: str = "",
        *,
        field: str | None = None,
        headers: Mapping[str, str] | None = None,
    ):
        super().__init__(word)
        self.status, self.word, self.field = status, word, field
        self.korean, self.english, self.headers = korean, english, headers


def not_found() -> Problem:
    """Return the answer for what is not there, and for what another user owns."""
    return Problem(404, *_HTTP[404])


def internal() -> Problem:
    """Return the answer for our own mistakes, which tells nothing of them."""
    return Problem(
        500,
        "internal",
        "서버에 오류가 났습니다. 요청 번호를 알려 주세요.",
        "The server made an error; report the request id.",
    )


def away() -> Problem:
    """Return the answer while the database cannot be reached."""
    return Problem(
        503,
        "database_away",
        "잠시 사용할 수 없습니다. 곧 다시 시도해 주세요.",
        "The database does not answer; try again soon.",
        headers={"Retry-After": "5"},
    )


def request_id(connection: HTTPConnection) -> str:
    """Return the id that the gate gave to a request."""
    return connection.scope.get("state", {}).get("request_id", "")


def response(problem: Problem, path: str, number: str) -> JSONResponse:
    """Answer a problem in the shape that callers of `path` read."""
    if path.startswith(OPENAI):
        server = problem.status >= 500
        usual = "server_error" if server else "invalid_request_error"
        error = {
            "message": problem.english or problem.korean,
            "type": _OPENAI_TYPES.get(problem.status, usual),
            "param": problem.field,
            "code": problem.word,
        }
        body: dict = {"error": error}
    else:
        body = {
            "success": False,
            "error": problem.word,
            "message": problem.korean,
            "message_en": problem.english,
        }
        if problem.field is not None:
            body["field"] = problem.field
    body["request_id"] = number
    return JSONResponse(body, problem.status, problem.headers)


def install(app: FastAPI) -> None:
    """Let an application answer all its errors in these shapes."""

    async def answer(connection: HTTPConnection, problem: Problem):
        if isinstance(connection, WebSocket):
            await connection.close(1008, problem.word)
            return None
        path = connection.url.path
        return response(problem, path, request_id(connection))

    async def invalid(connection: HTTPConnection, error: RequestValidationError):
        # The first part says body, query or path.
        first = error.errors()[0]
        return await answer(connection, _invalid(first, first["loc"][1:]))

    async def contradicts(connection: HTTPConnection, error: ValidationError):
        first = error.errors()[0]
        return await answer(connection, _invalid(first, first["loc"]))

    async def unstorable(connection: HTTPConnection, error: DataError):
        # A text with a NUL, a number out of range: what no column holds.
        return await answer(
            connection, _unreadable(None, "it holds what cannot be kept")
        )

    async def http(connection: HTTPConnection, error: HTTPException):
        word, korean, english = _HTTP.get(
            error.status_code,
            ("refused", "요청을 처리할 수 없습니다.", "The request cannot be served."),
        )
        status, headers = error.status_code, error.headers
        problem = Problem(status, word, korean, english, headers=headers)
        return await answer(connection, problem)

    app.add_exception_handler(Problem, answer)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(ValidationError, contradicts)
    app.add_exception_handler(DataError, unstorable)
    app.add_exception_handler(HTTPException, http)
    _document(app)


def _document(app: FastAPI) -> None:
    """Let OpenAPI tell how errors look, instead of what FastAPI answers by itself."""
    made = app.openapi

    def openapi() -> dict:
        if app.openapi_schema:
            return app.openapi_schema
        whole = made()
        schemas = whole.setdefault("components", {}).setdefault("schemas", {})
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        for shape in (_SHAPE, _OPENAI_SHAPE):
            schemas[shape["title"]] = shape
        for path, methods in whole["paths"].items():
            shape = _OPENAI_SHAPE if path.startswith(OPENAI) else _SHAPE
            schema = {"$ref": f"#/components/schemas/{shape['title']}"}
            answer = {
                "description": "Refused, or failed",
                "content": {"application/json": {"schema": schema}},
            }
            for operation in methods.values():
                operation["responses"].pop("422", None)
                operation["responses"]["default"] = answer
        return whole

    app.openapi = openapi


def _invalid(first: Mapping, place: Sequence) -> Problem:
    """Name the first wrong field; what it held is not repeated, it may be a secret."""
    # Of a text that is no JSON the place is a position.
    parts = [str(part) for part in place if first["type"] != "json_invalid"]
    return _unreadable(".".join(parts) or None, first["msg"])


def _unreadable(field: str | None, reason: str) -> Problem:
    what = f"'{field}' 항목이" if field else "내용이"
    return Problem(
        400,
        "invalid_request",
        f"요청의 {what} 올바르지 않습니다.",
        f"{field or 'request'}: {reason}",
        field=field,
    )
