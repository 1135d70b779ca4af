"""Serve the pages: HTML from templates, in Korean or English, and what they load.

The pages hold no data of a user; their scripts ask the API for it. Style, scripts and
texts have a hash of their content in their address, so browsers keep them for ever.
"""

import hashlib
import json
from functools import cache
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import FileResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

LANGUAGES = ("ko", "en")
PAGES = {
    "speak": "/",
    "voices": "/voices",
    "train": "/train",
    "trained": "/trained",
    "cover": "/cover",
    "jobs": "/jobs",
    "verify": "/verify",
    "usage": "/usage",
    "admin": "/admin",
    "login": "/login",
}
_PARTS = Path(__file__).parent / "pages"
_KINDS = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
_KEEP = {"Cache-Control": "public, max-age=31536000, immutable"}
_COOKIE_SECONDS = 365 * 24 * 3600

router = APIRouter(include_in_schema=False)


@cache
def texts(language: str) -> dict:
    """Read the texts of the pages in a language."""
    return json.loads((_PARTS / f"{language}.json").read_text("utf-8"))


@cache
def version() -> str:
    """Return a hash of everything that pages load; scripts name each other, so one."""
    found = hashlib.sha256()
    for path in sorted(_PARTS.iterdir()):
        if path.suffix in _KINDS:
            found.update(path.name.encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:16]


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(_PARTS),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@router.get("/static/{hash}/{name}")
def static(hash: str, name: str) -> FileResponse:
    """Send a style, script, picture or the texts of the pages."""
    path = _PARTS / Path(name).name
    if path.suffix not in _KINDS or not path.is_file():
        raise HTTPException(404)
    # Under the hash of another release it may be another file: not kept.
    headers = _KEEP if hash == version() else {"Cache-Control": "no-store"}
    return FileResponse(path, media_type=_KINDS[path.suffix], headers=headers)


def render(request: Request, page: str) -> Response:
    """Return a page in the language that its reader chose, Korean before that.

    `?language=en` chooses one, and leads to the same page without it.
    """
    chosen = request.query_params.get("language")
    if chosen in LANGUAGES:
        answer = RedirectResponse(PAGES[page], 303)
        answer.set_cookie(
            "language", chosen, max_age=_COOKIE_SECONDS, samesite="lax", path="/"
        )
        return answer
    kept = request.cookies.get("language")
    language = kept if kept in LANGUAGES else LANGUAGES[0]
    other = LANGUAGES[1 - LANGUAGES.index(language)]
    html = (
        _templates()
        .get_template(f"{page}.html")
        .render(
            page=page,
            pages=PAGES,
            language=language,
            other=other,
            name_of_other=texts(other)["language"],
            accounts=request.app.state.settings.accounts,
            static=f"/static/{version()}",
            t=texts(language),
        )
    )
    headers = {"Cache-Control": "no-cache", "Vary": "Cookie"}
    return Response(html, media_type="text/html", headers=headers)


def _add(page: str, path: str) -> None:
    def show(request: Request) -> Response:
        return render(request, page)

    router.add_api_route(path, show, name=page, methods=["GET"])


for _page, _path in PAGES.items():
    _add(_page, _path)
