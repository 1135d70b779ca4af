"""What strangers send for a request is refused in a line, and changes nothing."""

import pytest

from tests.speakers.server import hostile

pytest.importorskip("fastapi")
from tests.speakers.server.asked import AGREED, as_json

FORM = "multipart/form-data; boundary=x"
PART = b'--x\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n--x--'


def test_batches_of_another_form(server):
    values = (
        None,
        5,
        True,
        1.5,
        [],
        {},
        [[]],
        ["AAAA", 5],
        "%%%",
        "AAA",
        "한글",
        "\0",
        "",
    )
    for value in values:
        speaker = {"speaker": server.minji, "audio": value, "name": "suho", **AGREED}
        operations = [
            {"op": op, **speaker} for op in ("identify", "verify", "register")
        ]
        operations += [{"op": value}, {"op": "verify", "speaker": value}]
        operations += [{"op": "register", "audio": [], "name": value, **AGREED}]
        server.batch(*operations, {"op": "delete", "speaker": value})
    nested = "[" * 100_000 + "]" * 100_000
    bodies = {
        **{"nothing": "", "null": "null", "list": "[]", "text": '"x"', "cut": '{"op'},
        **{"deep": nested, "deep inside": f'{{"operations": [{{"op": {nested}}}]}}'},
        **{"long number": f'{{"operations": {"9" * 5000}}}', "quotes": "{'a': 1}"},
        **{"null inside": '{"operations": null}', "numbers": '{"operations": [1]}'},
        **{"lists": '{"operations": [[]]}', "object": '{"operations": {"op": "x"}}'},
        "many": f'{{"operations": [{",".join(["{}"] * 65)}]}}',
        "large": f'{{"operations": ["{"x" * 9_000_000}"]}}',
        "surrogate key": '{"\\ud800": 1}',
        "no utf-8": b'{"operations": "\xff\xfe"}',
    }
    for case, body in bodies.items():
        for kind in ("application/json", "text/plain", FORM):
            sent = {"content": body, "headers": {"content-type": kind}}
            server.ask(f"{case}, {kind}", "POST", "/batch", **sent)


IDS = (
    *("x", "0" * 32, "0" * 31, "0" * 33, "0" * 4000, "minji", "%20", "%25", "*", "~"),
    *("..%2f..%2fetc%2fpasswd", "../../etc/passwd", "%2e%2e%2f", "C:%5Cwindows", ".."),
    *("%00", "%0a" + "0" * 31, "%ff%fe", "%ED%A0%80", "%E2%80%AE", "%u0041", "%"),
    *("'%20OR%201=1%20--", "%EF%BC%90" * 32, "%F0%9F%98%80", "file:%2f%2f%2fetc"),
)


@pytest.mark.parametrize("tail", ["", "/verify", "/clips", "/export"])
def test_ids_that_are_none(server, tail):
    good = hostile.recording("wav")
    file, files = {"file": ("x", good)}, [("files", ("x", good))]
    given = {
        "": {"GET": {}, "DELETE": {}, "PATCH": as_json(name="suho"), "POST": {}},
        "/verify": {"POST": {"files": file}, "GET": {}},
        "/clips": {"POST": {"files": files}, "DELETE": {}},
        "/export": {"GET": {}, "PUT": {}},
    }
    if not tail:
        for sha256 in ("x", "0" * 64, "%2e%2e", "%0a", "%00", "0" * 4000):
            path = f"/speakers/{server.minji}/clips/{sha256}"
            server.ask("", "DELETE", path, {404, 405})
    ids = *IDS, server.minji + "%0a", server.minji.upper() + "%00"
    for each in ids:
        for method, sent in given[tail].items():
            server.ask("", method, f"/speakers/{each}{tail}", {404, 405}, **sent)


def test_methods_and_paths_that_are_none(server):
    for method in ("PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "POST", "FOO"):
        for path in ("/health", "/plot.png", "/metrics", "/listen", "/openapi.json"):
            server.ask("", method, path, {404, 405})
    for path in (
        "/",
        "//",
        "/speakers/",
        "/batch/",
        "/docs",
        "/.env",
        "/listen",
        "/%00",
    ):
        server.ask("", "GET", path, {404, 405})


def test_forms_that_are_none(server):
    good, disposed = hostile.recording("wav"), b'; filename="x"'
    forms = {
        "no boundary": ("multipart/form-data", b"--x\r\n"),
        "empty boundary": ("multipart/form-data; boundary=", b"--\r\n"),
        "another boundary": (FORM, b"--y" + (PART % (b"file", disposed, good))[3:]),
        "long boundary": (f"{FORM}{'x' * 60_000}", PART % (b"file", disposed, good)),
        "cut off": (FORM, (PART % (b"file", disposed, good))[:500]),
        "no name": (FORM, b"--x\r\n\r\nabc\r\n--x--"),
        "no disposition": (FORM, b"--x\r\nX: y\r\n\r\nabc\r\n--x--"),
        "long name": (FORM, PART % (b"a" * 100_000, b"", b"abc")),
        "long field": (FORM, PART % (b"threshold", b"", b"0" * 2_000_000)),
        "another name": (FORM, PART % (b"sound", disposed, good)),
        "text for a file": (FORM, PART % (b"file", b"", b"abc")),
        "no utf-8": (FORM, PART % (b"threshold", b"", b"\xff\xfe")),
        "no charset": (f"{FORM}; charset=none", PART % (b"name", b"", b"\xff")),
        "many parts": (
            FORM,
            (PART % (b"file", disposed, b"x"))[:-5] * 10_000 + b"--x--",
        ),
        "url-encoded": ("application/x-www-form-urlencoded", b"file=x&name=y"),
        "json": ("application/json", b'{"file": "x"}'),
        "xml": ("application/xml", b"<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>"),
        "none": ("", good),
        "binary": (b"\xff\xfe/\xff", good),
    }
    paths = "identify", "register", f"{server.minji}/verify", f"{server.minji}/clips"
    for case, (kind, content) in forms.items():
        for path in paths:
            sent = {"content": content, "headers": {"content-type": kind}}
            server.ask(case, "POST", f"/speakers/{path}", **sent)
    server.register("many files", *[b"x"] * 51)
    files = {"threshold": ("x", b"0.5"), "file": ("x", good)}
    server.ask("number in a file", "POST", "/speakers/identify", {422}, files=files)


def test_headers_that_are_none(server):
    for length in (
        "-1",
        "9" * 5000,
        "1e3",
        "0x10",
        "٣".encode(),
        "11000000",
        "",
        "1, 1",
    ):
        sent = {"content": b"x", "headers": {"content-length": length}}
        server.ask(f"length {length[:9]}", "POST", "/batch", {413, 422}, **sent)
    for host in (
        "",
        "x" * 5000,
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.x",
    ):
        server.ask(host[:9], "GET", "/speakers", {421}, headers={"host": host})
    for origin in ("null", "file://", "http://evil.example", "localhost", b"\xff"):
        server.ask(str(origin), "GET", "/speakers", {403}, headers={"origin": origin})
