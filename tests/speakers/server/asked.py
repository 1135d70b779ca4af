"""Ask an application in vain: each request has to be refused in a line."""

import contextlib
import json
import sqlite3
import tempfile

from fastapi.testclient import TestClient

from moksori.speakers.recognizer import Recognizer
from moksori.speakers.server.app import create_app
from tests.speakers.server.test_app import register

AGREED = {"consent_by": "they", "purpose": "tests"}


class Server:
    """An application with one person enrolled, and what was asked of it in vain."""

    def __init__(self, recognizer: Recognizer):
        self.registry, app = recognizer.registry, create_app(recognizer)
        self.client = TestClient(app, "http://localhost", raise_server_exceptions=False)
        self.minji = register(self.client, "minji", 1800).json()["id"]
        self.before, self.wrong = self._kept(), {}

    def _kept(self) -> list[str]:
        with contextlib.closing(sqlite3.connect(self.registry.path)) as database:
            return list(database.iterdump())

    def ask(self, case: str, method: str, path: str, statuses=range(400, 500), **sent):
        """Send a request, and remember it unless it is refused as it should be."""
        answer = self.client.request(method, path, follow_redirects=False, **sent)
        self.judge(f"{method} {path[:60]}: {case}", answer, statuses)
        return answer

    def judge(self, case: str, answer, statuses=range(400, 500)) -> None:
        """Remember an answer unless it is one line that tells nothing of this machine,
        and the registry is what it was."""
        line = answer.json().get("message", "") if answer.content else "\n"
        said = line if answer.status_code >= 400 else "an answer"
        if (
            answer.status_code not in statuses
            or not said.isprintable()
            or not 0 < len(said) < 400
            or str(self.registry.path.parent) in answer.text
            or tempfile.gettempdir() in answer.text
            or self._kept() != self.before
        ):
            self.wrong[case] = answer.status_code, answer.text[:200]

    def identify(self, case: str, content: bytes, **fields) -> None:
        """Ask who speaks; nobody may be named."""
        sent = {"files": {"file": ("../../etc/passwd", content)}, "data": fields}
        path, fine = "/speakers/identify", {200, *range(400, 500)}
        answer = self.ask(case, "POST", path, fine, **sent)
        if answer.status_code == 200 and answer.json()["name"] is not None:
            self.wrong[f"{case} is somebody"] = answer.json()

    def register(self, case: str, *contents: bytes, **fields) -> None:
        files = [("files", (f"{case}.wav", each)) for each in contents]
        data = {"name": "somebody else", **AGREED, **fields}
        self.ask(case, "POST", "/speakers/register", data=data, files=files)

    def batch(self, *operations: dict) -> list[dict]:
        """Send operations that are refused each by itself."""
        answer = self.ask("", "POST", "/batch", {200}, **as_json(operations=operations))
        for operation, result in zip(operations, answer.json()["results"], strict=True):
            line = result.get("message", "")
            if set(result) != {"error", "message"} or not line.isprintable():
                self.wrong[str(operation)[:200]] = result
        return answer.json()["results"]


def as_json(**fields) -> dict:
    headers = {"content-type": "application/json"}
    return {"content": json.dumps(fields), "headers": headers}
