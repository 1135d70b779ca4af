"""Every route that OpenAPI names: strangers, other users, and requests of nonsense.

The routes are read in the description itself, so one that is added is tried too; an id
of a kind that is not known here fails, until it is added to `things`.
"""

import json

import pytest

from tests.service.described import asked, operations, tone
from tests.service.signing import registered

# What strangers may ask; pages hold no data and are not described.
PUBLIC = {
    "/live",
    "/ready",
    "/api/v1/auth/register",
    "/api/v1/auth/token",
    "/api/v1/auth/refresh",
    "/api/v1/auth/logout",
}
OPERATORS = {"/cleanup", "/api/v1/admin/"}
UNKNOWN = "f" * 32
KINDS = ("job", "training", "profile", "vocal", "consent", "key")
PARAMETERS = (*(f"{kind}_id" for kind in KINDS), "user_id", "filename")


def things(database, storage, user_id):
    """Make one of everything for a user; returns ids and names by parameter."""
    from moksori.service import tables

    new = {name: tables.new_id() for name in KINDS}
    rows = [
        tables.Consent(
            id=new["consent"],
            user_id=user_id,
            voice_owner="김민지",
            owner_contact="minji@example.com",
            audio_sha256="0" * 64,
            type="explicit_written",
            purpose="blog",
        ),
        tables.ApiKey(id=new["key"], user_id=user_id, hash="0" * 64, label="k"),
        tables.Profile(
            id=new["profile"],
            user_id=user_id,
            consent_id=new["consent"],
            name="민지",
            status="ready",
        ),
        tables.Profile(
            id=new["vocal"],
            user_id=user_id,
            consent_id=new["consent"],
            name="민지의 노래",
            kind="vocal",
            status="ready",
            about={"sample": True},
            latents_key=f"profiles/{new['vocal']}/1.zip",
            samples=[{"sha256": "0" * 64, "seconds": 12.0, "rate": 8000}],
        ),
        tables.Job(
            user_id=user_id,
            profile_id=new["vocal"],
            type="train_vocal",
            request={"epochs": 1},
            tier="free",
            queue="voice-training",
            state="succeeded",
        ),
        *(
            tables.Job(
                id=new[name],
                user_id=user_id,
                profile_id=new["profile"],
                type=type,
                request={"text": "안녕", "format": "mp3", "voice": new["profile"]},
                tier="free",
                queue="voice-synthesis",
                state="succeeded",
                attempt=1,
            )
            for name, type in (("job", "speak"), ("training", "train"))
        ),
        *(
            tables.Event(job_id=new[name], n=1, json={"state": "succeeded"})
            for name in ("job", "training")
        ),
        tables.Artefact(
            job_id=new["job"],
            name="speech.mp3",
            key=f"jobs/{new['job']}/1/speech.mp3",
            sha256="0" * 64,
            bytes=5,
            format="mp3",
        ),
    ]
    for row in rows:
        with database.session() as session:
            session.add(row)
    storage.put_once(rows[-1].key, b"sound")
    for end in (".zip", ".zip.wav"):
        storage.put_once(f"profiles/{new['vocal']}/1{end}", b"model")
    return {
        **{f"{name}_id": made for name, made in new.items()},
        "user_id": user_id,
        "voice": new["profile"],
        "consent": new["consent"],
        "filename": f"{new['job']}.mp3",
        "name": "speech.mp3",
    }


def rows(database):
    """Return all rows but those of sign-ins, requests and times."""
    from moksori.service.tables import ApiKey, Artefact, Consent, Job, Profile, User

    with database.session() as session:
        return {
            (each.__tablename__, row.id): {
                column.key: getattr(row, column.key)
                for column in each.__table__.columns
            }
            for each in (ApiKey, Artefact, Consent, Job, Profile, User)
            for row in session.query(each)
        }


def test_strangers_are_told_nothing(whole):
    refused = set()
    given = dict.fromkeys(PARAMETERS, UNKNOWN)
    for method, path, operation in operations(whole.app):
        if path in PUBLIC:
            continue
        for headers in ({}, {"authorization": "Bearer a.b.c"}):
            answer = asked(whole, method, path, operation, given, headers)
            assert answer.status_code == 401, (method, path, answer.text)
        refused.add(path)
    assert {"/api/v1/usage", "/api/v1/jobs/{job_id}", "/v1/audio/speech"} <= refused


def test_other_users_ids_are_as_unknown_as_those_of_nobody(whole, database):
    _, owner = registered(whole, "owner@example.com")
    _, other = registered(whole, "other@example.com")
    user = whole.get("/api/v1/usage", headers=owner).json()["user"]["id"]
    theirs = things(database, whole.app.state.storage, user)
    nobodys = {
        name: value.replace(theirs["job_id"], UNKNOWN)
        if name == "filename"
        else UNKNOWN
        for name, value in theirs.items()
    }
    nobodys["name"] = theirs["name"]
    before, tried = rows(database), []
    for method, path, operation in operations(whole.app):
        if path.startswith("/api/v1/auth/") or not _names_one(operation, whole, theirs):
            continue
        found = [
            asked(whole, method, path, operation, given, other, tone())
            for given in (theirs, nobodys)
        ]
        said = [
            _without(answer.text, given)
            for answer, given in zip(found, (theirs, nobodys), strict=True)
        ]
        assert said[0] == said[1], (method, path)
        assert found[0].status_code in (400, 403, 404), (method, path, said[0])
        tried.append((method, path))
    assert {
        ("GET", "/api/v1/jobs/{job_id}"),
        ("GET", "/api/v1/jobs/{job_id}/audio"),
        ("DELETE", "/api/v1/keys/{key_id}"),
        ("POST", "/api/v1/consents/{consent_id}/revoke"),
        ("DELETE", "/api/v1/profiles/{profile_id}"),
        ("GET", "/download/{filename}"),
        ("GET", "/api/v1/vocals/{vocal_id}/download"),
        ("POST", "/api/v1/vocals/{vocal_id}/continue"),
        ("POST", "/api/v1/covers"),
        ("POST", "/api/v1/covers/speech"),
        ("POST", "/api/v1/synthesize"),
        ("POST", "/v1/audio/speech"),
    } <= set(tried)
    after = rows(database)
    assert {key: after[key] for key in before} == before
    # Their owner is not refused, or the above would prove nothing.
    for method, path, operation in operations(whole.app):
        if method == "GET" and "{" in path and "admin" not in path:
            answer = asked(whole, method, path, operation, theirs, owner)
            assert answer.status_code == 200, (path, answer.text)


def _names_one(operation, client, given):
    """Whether an operation takes an id, in its path, its query or its body."""
    schemas = client.app.openapi()["components"]["schemas"]
    ids = given.keys() - {"name", "user_id"}
    taken = {each["name"] for each in operation.get("parameters", ())}
    for body in operation.get("requestBody", {}).get("content", {}).values():
        schema = body["schema"]
        if "$ref" in schema:
            taken |= schemas[schema["$ref"].rpartition("/")[2]]["properties"].keys()
    return taken & ids


def _without(text, given):
    """Return an answer without what differs between two requests by right."""
    answer = json.loads(text)
    answer.pop("request_id", None)
    text = json.dumps(answer)
    for value in given.values():
        text = text.replace(value, "ID")
    return text


def test_sockets_of_others_are_closed(whole, database):
    from fastapi.routing import APIWebSocketRoute
    from starlette.websockets import WebSocketDisconnect

    from moksori.service import web

    _, owner = registered(whole, "owner@example.com")
    _, other = registered(whole, "other@example.com")
    user = whole.get("/api/v1/usage", headers=owner).json()["user"]["id"]
    theirs = things(database, whole.app.state.storage, user)
    routes = [
        route
        for router in web.ROUTERS
        for route in router.routes
        if isinstance(route, APIWebSocketRoute)
    ]
    assert routes
    for route in routes:
        path = "ws://127.0.0.1" + route.path_format.format(**theirs)
        for headers in ({}, other):
            with (
                pytest.raises(WebSocketDisconnect),
                whole.websocket_connect(path, headers=headers) as socket,
            ):
                socket.receive_text()
        with whole.websocket_connect(path, headers=owner):
            pass


def test_operators_routes_refuse_users(whole):
    _, user = registered(whole)
    found = [
        asked(whole, method, path, operation, {"user_id": UNKNOWN}, user)
        for method, path, operation in operations(whole.app)
        if any(path.startswith(each) for each in OPERATORS)
    ]
    assert len(found) >= 4
    assert {answer.json()["error"] for answer in found} == {"operators_only"}


def test_every_route_is_there_once(whole):
    from fastapi.routing import APIRoute

    from moksori.service import web

    found = [
        (method, route.path)
        for router in web.ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods
    ]
    assert len(found) > 40
    # Of two the first would answer, as the description of the second says.
    assert [each for each in set(found) if found.count(each) > 1] == []


def test_the_description_holds_examples_and_no_secret(whole):
    text = whole.get("/openapi.json").text
    settings = whole.app.state.settings
    for secret in (
        settings.secret,
        settings.database_url,
        *settings.watermark_keys.values(),
    ):
        assert secret not in text
    schemas = json.loads(text)["components"]["schemas"]
    assert "HTTPValidationError" not in schemas
    for _, path, operation in operations(whole.app):
        assert operation.get("description"), path
        assert "422" not in operation["responses"], path
