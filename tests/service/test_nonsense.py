"""Every route that OpenAPI names, asked with what is no id, name or text of it."""

import socket
from urllib.parse import quote

import pytest

from tests.service.described import asked, operations
from tests.service.signing import registered
from tests.service.test_openapi import PARAMETERS
from tests.speakers.server.hostile import playlists

NONSENSE = ("../../etc/passwd", "%00", "\x00", "a" * 5000, "ا\u202e", "';--", "${7*7}")


def asked_everywhere(client, value, headers):
    """Ask every operation with a value in the place of each id, name and field."""
    path_values = dict.fromkeys(PARAMETERS, quote(value, safe=""))
    everything = {
        name: value
        for schema in client.app.openapi()["components"]["schemas"].values()
        for name in schema.get("properties", ())
    }
    for method, path, operation in operations(client.app):
        given = path_values if "{" in path else everything
        # Without either it would be a right request.
        if "{" in path or operation.get("requestBody") or operation.get("parameters"):
            answer = asked(client, method, path, operation, given, headers)
            assert answer.status_code < 500, (method, path, answer.text)


@pytest.mark.parametrize("value", NONSENSE, ids=ascii)
def test_nonsense_is_refused_and_never_a_mistake_of_ours(whole, value):
    _, user = registered(whole)
    asked_everywhere(whole, value, user)


def test_no_address_that_is_sent_is_asked_for(whole, database):
    _, user = registered(whole)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        for scheme in ("http", "ftp", "s3"):
            asked_everywhere(whole, f"{scheme}://127.0.0.1:{port}/a.wav", user)
        address = f"http://127.0.0.1:{port}/a.wav"
        for kind, content in playlists(address).items():
            if kind.endswith(address):
                # Behind such a tag FFmpeg looks for any format.
                tagged = b"ID3\3\0\0\0\0\0\x0a" + bytes(10) + content
                files = {"audio": ("a.mp3", tagged)}
                answer = whole.post("/upload", files=files, headers=user)
                assert answer.json()["error"] == "not_sound", kind
        listening.settimeout(0.1)
        with pytest.raises(TimeoutError):
            listening.accept()
