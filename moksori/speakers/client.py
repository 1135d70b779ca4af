"""Identify speakers by a server, and locally while it does not answer."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from moksori.audio.files import wav_bytes

if TYPE_CHECKING:
    from moksori.speakers.recognizer import Recognizer

# Only a connection is tried again, after 0 and 0.5 s: nothing was sent yet.
_RETRIES, _CONNECT_SECONDS = 2, 3.0
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class ServerError(RuntimeError):
    """Report in one line what a server refused, or that there is no answer."""


class RemoteRecognizer:
    """Identify speakers by POST /speakers/identify of a server at `url`.

    `fallback` makes the local recogniser that answers after a failed connection, a
    time-out (seconds) or an error of the server (5xx); a refusal (4xx) stays one.
    """

    def __init__(
        self,
        url: str,
        key: str | None = None,
        timeout: float = 10.0,
        fallback: "Callable[[], Recognizer] | None" = None,
    ):
        import httpx

        address = httpx.URL(url.rstrip("/"))
        if address.scheme not in ("http", "https") or not address.host:
            raise ServerError(f"{url} is no address such as http://localhost:8000")
        # A key that leaves the machine in clear text is no secret any more.
        self.exposes_key = bool(
            key and address.scheme == "http" and address.host not in _LOOPBACK
        )
        self._fallback, self._local = fallback, None
        self._client = httpx.Client(
            base_url=address,
            headers={"X-API-Key": key} if key else {},
            timeout=httpx.Timeout(timeout, connect=min(timeout, _CONNECT_SECONDS)),
            transport=httpx.HTTPTransport(retries=_RETRIES),
        )

    def identify(
        self,
        wave: np.ndarray,
        sample_rate: int,
        threshold: float | None = None,
        top: int = 5,
    ) -> dict:
        """Identify the speaker of a wave [samples], full scale 1.0.

        Returns `Decision.to_json`, and who answered as `by`: "server" or "local". Why
        the server did not is in `fallback`. Raises `ServerError`.
        """
        import httpx

        fields = {"top": str(top)}
        if threshold is not None:
            fields["threshold"] = str(threshold)
        file = ("recording.wav", wav_bytes(wave, sample_rate), "audio/wav")
        try:
            answer = self._client.post(
                "/speakers/identify", data=fields, files={"file": file}
            )
        except httpx.RequestError as error:
            reason = f"{self._client.base_url} does not answer: {_line(error)}"
        else:
            if answer.status_code < 500:
                return {**_content(answer), "by": "server"}
            reason = f"the server fails: {_message(answer)}"
        if self._fallback is None:
            raise ServerError(reason)
        try:
            self._local = self._local or self._fallback()
        except (OSError, ValueError, RuntimeError) as error:
            raise ServerError(f"{reason}; and locally: {error}") from None
        decision = self._local.identify(wave, sample_rate, threshold, top)
        return {**decision.to_json(), "by": "local", "fallback": reason}

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def read_key(path: str | Path) -> str:
    """Read an API key from the first line of a file. Raises `ServerError`."""
    try:
        key = (Path(path).read_text("ascii").splitlines() or [""])[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "is no text of one key"
        raise ServerError(f"{path}: {reason}") from None
    if not key:
        raise ServerError(f"{path} is empty; its first line is the key")
    return key


def _content(answer) -> dict:
    """Return the decision in an answer, or raise the refusal in it."""
    if answer.is_success:
        content = _json(answer)
        score = content.get("score")
        number = score is None or isinstance(score, int | float)
        if isinstance(content.get("decision"), str) and number:
            return content
        raise ServerError(f"{answer.url} is not a server of speaker recognition")
    raise ServerError(f"the server refuses: {_message(answer)}")


def _message(answer) -> str:
    """Return the status, and what the body says of it."""
    said = _json(answer).get("message")
    status = f"{answer.status_code} {answer.reason_phrase}"
    return f"{status}: {_line(said)}" if isinstance(said, str) else status


def _json(answer) -> dict:
    try:
        content = answer.json()
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _line(text: object) -> str:
    return (str(text).splitlines() or ["no reason given"])[0][:200]
