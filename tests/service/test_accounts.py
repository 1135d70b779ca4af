"""Accounts over HTTP: sign-in, rotation, keys, what operators change."""

import statistics
import time
from dataclasses import replace
from datetime import timedelta

import pytest

PASSWORD = "하늘은 높고 말은 살찐다"
ORIGIN = {"origin": "http://127.0.0.1"}


@pytest.fixture
def cheap_hashes(service_installed, monkeypatch):
    """Hash passwords in no time, as no attacker has these."""
    from argon2 import PasswordHasher

    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr("moksori.service.accounts._HASHER", hasher)
    nobody = hasher.hash("nobody's password")
    monkeypatch.setattr("moksori.service.accounts._NOBODY", nobody)
    return monkeypatch


@pytest.fixture
def client(settings, database, cheap_hashes):
    """Call a service with accounts and no more routes than theirs."""
    from fastapi import FastAPI
    from fastapi.testclient import TestClient

    from moksori.service import accounts_api, gate

    app = FastAPI()
    app.state.settings = settings = replace(settings, accounts=True)
    app.state.database = database
    gate.install(app, settings)
    app.include_router(accounts_api.router)
    return TestClient(app, "http://127.0.0.1")


def registered(client, email="minji@example.com"):
    """Register a user; returns the answer of signing in, and headers for it."""
    body = {"email": email, "password": PASSWORD}
    answer = client.post("/api/v1/auth/register", json=body)
    assert answer.status_code == 201, answer.text
    tokens = client.post("/api/v1/auth/token", json=body).json()
    return tokens, {"authorization": f"Bearer {tokens['access_token']}"}


def word(answer):
    return answer.status_code, answer.json()["error"]


def test_a_user_registers_signs_in_and_sees_usage(client):
    _, signed_in = registered(client, " Minji@Example.com ")
    usage = client.get("/api/v1/usage", headers=signed_in).json()
    assert usage["user"]["email"] == "minji@example.com"
    assert (usage["user"]["tier"], usage["user"]["operator"]) == ("free", False)
    assert usage["characters"] == {"used": 0, "limit": 10_000}
    assert usage["formats"] == ["mp3"]
    again = {"email": "MINJI@example.com", "password": PASSWORD}
    assert word(client.post("/api/v1/auth/register", json=again)) == (
        409,
        "email_taken",
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"email": "nobody", "password": PASSWORD}, "invalid_email"),
        ({"email": "a@b.c\r\nX: y", "password": PASSWORD}, "invalid_email"),
        ({"email": "a@example.com", "password": "short"}, "weak_password"),
        ({"email": "a@example.com", "password": "A@example.com"}, "weak_password"),
        ({"email": "a@example.com", "password": "x" * 201}, "weak_password"),
        ({"email": "a@example.com", "password": "x" * 2000}, "invalid_request"),
        (
            {"email": "a@example.com", "password": PASSWORD, "tier": "pro"},
            "invalid_request",
        ),
        ({"email": "a@example.com"}, "invalid_request"),
    ],
)
def test_what_is_no_account_is_refused_by_name(client, body, said):
    assert word(client.post("/api/v1/auth/register", json=body)) == (400, said)


def test_a_refresh_token_counts_once_and_reuse_ends_the_sign_in(client, database):
    from moksori.service.tables import RefreshToken

    first, signed_in = registered(client)
    second = client.post("/api/v1/auth/refresh", json=only_refresh(first)).json()
    assert second["refresh_token"] != first["refresh_token"]
    # Two windows at once: refused, but no theft yet.
    said = word(client.post("/api/v1/auth/refresh", json=only_refresh(first)))
    assert said == (409, "refreshed_already")
    with database.session() as session:
        for token in session.query(RefreshToken).filter(
            RefreshToken.used_at.is_not(None)
        ):
            token.used_at -= timedelta(minutes=1)
    said = word(client.post("/api/v1/auth/refresh", json=only_refresh(first)))
    assert said == (401, "signed_out")
    assert (
        client.post("/api/v1/auth/refresh", json=only_refresh(second)).status_code
        == 401
    )
    # The family's access tokens end with it, before their quarter of an hour.
    assert client.get("/api/v1/usage", headers=signed_in).status_code == 401


def only_refresh(tokens):
    return {"refresh_token": tokens["refresh_token"]}


def test_twenty_rotations_at_once_give_one_token(client):
    from concurrent.futures import ThreadPoolExecutor

    body = only_refresh(registered(client)[0])
    with ThreadPoolExecutor(20) as threads:
        answers = threads.map(
            lambda _: client.post("/api/v1/auth/refresh", json=body).status_code,
            range(20),
        )
    assert sorted(answers) == [200] + [409] * 19


def test_an_expired_refresh_token_is_refused(client, database):
    from moksori.service.tables import RefreshToken, now

    tokens, _ = registered(client)
    with database.session() as session:
        session.query(RefreshToken).one().expires_at = now()
    assert (
        client.post("/api/v1/auth/refresh", json=only_refresh(tokens)).status_code
        == 401
    )


def test_logout_ends_a_sign_in_at_once_and_no_other(client):
    tokens, signed_in = registered(client)
    other = client.post(
        "/api/v1/auth/token", json={"email": "minji@example.com", "password": PASSWORD}
    ).json()
    assert (
        client.post("/api/v1/auth/logout", json=only_refresh(tokens)).status_code == 204
    )
    assert client.get("/api/v1/usage", headers=signed_in).status_code == 401
    assert (
        client.post("/api/v1/auth/refresh", json=only_refresh(other)).status_code == 200
    )


def test_pages_sign_in_by_cookies_that_no_script_reads(client):
    registered(client)
    body = {"email": "minji@example.com", "password": PASSWORD, "cookie": True}
    answer = client.post("/api/v1/auth/token", json=body, headers=ORIGIN)
    assert answer.json()["access_token"] is answer.json()["refresh_token"] is None
    cookies = answer.headers.get_list("set-cookie")
    assert len(cookies) == 2
    for cookie in cookies:
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
    assert client.get("/api/v1/usage").status_code == 200
    answer = client.post("/api/v1/auth/refresh", headers=ORIGIN)
    assert answer.json()["access_token"] is None
    assert client.get("/api/v1/usage").status_code == 200
    assert client.post("/api/v1/auth/logout", headers=ORIGIN).status_code == 204
    assert not client.cookies
    assert client.get("/api/v1/usage").status_code == 401


def test_changing_the_password_ends_all_sign_ins(client):
    _, signed_in = registered(client)
    for old, new, status in (
        ("wrong wrong", "another password", 401),
        (PASSWORD, "short", 400),
        (PASSWORD, "another password", 204),
    ):
        answer = client.post(
            "/api/v1/auth/password", json={"old": old, "new": new}, headers=signed_in
        )
        assert answer.status_code == status
    assert client.get("/api/v1/usage", headers=signed_in).status_code == 401
    body = {"email": "minji@example.com", "password": "another password"}
    assert client.post("/api/v1/auth/token", json=body).status_code == 200


def test_an_api_key_is_told_once_used_and_revoked(client, database):
    from moksori.service.tables import ApiKey

    _, signed_in = registered(client)
    made = client.post("/api/v1/keys", json={"label": "site"}, headers=signed_in).json()
    listed = client.get("/api/v1/keys", headers=signed_in).json()
    assert [(key["label"], key["key"]) for key in listed] == [("site", None)]
    with database.session() as session:
        assert made["key"].rsplit("_")[-1] not in session.query(ApiKey).one().hash
    for headers in (
        {"x-api-key": made["key"]},
        {"authorization": f"Bearer {made['key']}"},
    ):
        assert client.get("/api/v1/usage", headers=headers).status_code == 200
        # A key that leaked must not make keys.
        assert word(client.get("/api/v1/keys", headers=headers)) == (
            403,
            "key_not_enough",
        )
    assert client.get("/api/v1/keys", headers=signed_in).json()[0]["last_used_at"]
    wrong = made["key"][:-1] + ("0" if made["key"][-1] != "0" else "1")
    assert client.get("/api/v1/usage", headers={"x-api-key": wrong}).status_code == 401
    # What is sent on purpose counts: a wrong key is not made good by a cookie.
    client.cookies.set("moksori_access", signed_in["authorization"].split()[1])
    assert client.get("/api/v1/usage", headers={"x-api-key": wrong}).status_code == 401
    client.cookies.clear()
    gone = client.delete(f"/api/v1/keys/{made['id']}", headers=signed_in)
    assert gone.status_code == 204
    assert client.get("/api/v1/usage", headers=headers).status_code == 401
    assert client.get("/api/v1/keys", headers=signed_in).json() == []


def test_keys_are_bounded(client, monkeypatch):
    monkeypatch.setattr("moksori.service.keys.MOST_KEYS", 1)
    _, signed_in = registered(client)
    answers = [
        client.post("/api/v1/keys", json={"label": "k"}, headers=signed_in).status_code
        for _ in range(2)
    ]
    assert answers == [201, 409]


@pytest.mark.parametrize(
    "credential",
    ["mk_", "mk_" + "0" * 32 + "_" + "0" * 64, "mk_a_b", "", "\x00", "x" * 9999],
)
def test_strangers_are_refused(client, credential):
    answer = client.get("/api/v1/usage", headers={"x-api-key": credential})
    assert word(answer) == (401, "not_signed_in")


def test_operators_change_users_and_nobody_else_does(client, database):
    from moksori.service import accounts
    from moksori.service.tables import Audit

    tokens, signed_in = registered(client)
    me = client.get("/api/v1/usage", headers=signed_in).json()["user"]["id"]
    one = f"/api/v1/admin/users/{me}"
    assert word(client.get("/api/v1/admin/users", headers=signed_in))[0] == 403
    assert client.patch(one, json={"tier": "pro"}, headers=signed_in).status_code == 403
    with database.session() as session:
        accounts.make_operator(session, "chief@example.com", PASSWORD)
    body = {"email": "chief@example.com", "password": PASSWORD}
    access = client.post("/api/v1/auth/token", json=body).json()["access_token"]
    chief = {"authorization": f"Bearer {access}"}
    users = client.get("/api/v1/admin/users", headers=chief).json()
    assert {user["email"] for user in users} == {"minji@example.com", body["email"]}
    assert (
        client.patch(one, json={"tier": "pro"}, headers=chief).json()["tier"] == "pro"
    )
    usage = client.get("/api/v1/usage", headers=signed_in).json()
    assert usage["characters"]["limit"] == 500_000
    assert client.patch(one, json={"tier": "gold"}, headers=chief).status_code == 400
    assert client.patch(one, json={"disabled": True}, headers=chief).status_code == 200
    assert client.get("/api/v1/usage", headers=signed_in).status_code == 401
    assert (
        client.post("/api/v1/auth/refresh", json=only_refresh(tokens)).status_code
        == 401
    )
    body = {"email": "minji@example.com", "password": PASSWORD}
    assert client.post("/api/v1/auth/token", json=body).status_code == 401
    client.patch(one, json={"disabled": False}, headers=chief)
    assert client.post("/api/v1/auth/token", json=body).status_code == 200
    myself = next(user["id"] for user in users if user["operator"])
    for change in ({"disabled": True}, {"operator": False}):
        answer = client.patch(
            f"/api/v1/admin/users/{myself}", json=change, headers=chief
        )
        assert word(answer) == (409, "own_account")
    assert word(
        client.patch(f"/api/v1/admin/users/{'0' * 32}", json={}, headers=chief)
    ) == (
        404,
        "not_found",
    )
    with database.session() as session:
        acts = [row.act for row in session.query(Audit).order_by(Audit.at)]
    assert acts == ["register", "register", "make_operator", *["change_user"] * 3]


def test_unknown_addresses_and_wrong_passwords_are_alike(client, cheap_hashes):
    cheap_hashes.undo()
    registered(client)

    def answered(email):
        start = time.process_time()
        body = {"email": email, "password": "wrong password"}
        answer = client.post("/api/v1/auth/token", json=body)
        body = {k: v for k, v in answer.json().items() if k != "request_id"}
        return time.process_time() - start, (answer.status_code, body)

    # Seconds of the processor; each takes tens of milliseconds, and nothing else does.
    known, unknown = (
        [answered(email) for _ in range(5)]
        for email in ("minji@example.com", "nobody@example.com")
    )
    assert len({str(answer) for _, answer in known + unknown}) == 1
    took = [
        statistics.median(seconds for seconds, _ in each) for each in (known, unknown)
    ]
    assert 0.5 < took[0] / took[1] < 2


def test_guesses_at_an_account_are_bounded_wherever_they_come_from(client):
    body = {"email": "minji@example.com", "password": "wrong password"}
    answers = [
        client.post(
            "/api/v1/auth/token",
            json=body,
            headers={"x-forwarded-for": f"10.0.0.{n}"},
        )
        for n in range(11)
    ]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    # Registering, or the same address in capitals, is no way round it.
    body["email"] = "MINJI@example.com"
    assert word(client.post("/api/v1/auth/register", json=body))[0] == 429


def test_rates_count_the_user_not_the_key_nor_an_address(client, monkeypatch):
    from moksori.service.tiers import TIERS

    free = replace(TIERS["free"], requests_per_minute=6)
    monkeypatch.setitem(TIERS, "free", free)
    _, signed_in = registered(client)
    keys = [
        client.post("/api/v1/keys", json={"label": "k"}, headers=signed_in).json()[
            "key"
        ]
        for _ in range(2)
    ]
    answers = [
        client.get(
            "/api/v1/usage",
            headers={"x-api-key": keys[n % 2], "x-forwarded-for": f"10.0.0.{n}"},
        ).status_code
        for n in range(6)
    ]
    assert answers == [200] * 4 + [429] * 2
    _, other = registered(client, "other@example.com")
    assert client.get("/api/v1/usage", headers=other).status_code == 200


def test_without_accounts_there_is_nothing_to_sign_in_to(client):
    client.app.state.settings = replace(client.app.state.settings, accounts=False)
    body = {"email": "minji@example.com", "password": PASSWORD}
    for path in ("register", "token"):
        answer = client.post(f"/api/v1/auth/{path}", json=body)
        assert word(answer) == (409, "no_accounts")
    assert word(client.get("/api/v1/keys")) == (409, "no_accounts")
    usage = client.get("/api/v1/usage").json()
    assert usage["characters"]["limit"] is None
    assert usage["user"]["operator"]
