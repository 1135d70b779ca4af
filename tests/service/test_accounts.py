"""Accounts over HTTP: sign-in, rotation, passwords."""

import statistics
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.service.signing import ORIGIN, PASSWORD, only_refresh, registered, word


def test_a_user_registers_signs_in_and_sees_usage(web):
    _, signed_in = registered(web, " Minji@Example.com ")
    usage = web.get("/api/v1/usage", headers=signed_in).json()
    assert usage["user"]["email"] == "minji@example.com"
    assert (usage["user"]["tier"], usage["user"]["operator"]) == ("free", False)
    assert usage["characters"] == {"used": 0, "limit": 10_000}
    assert usage["formats"] == ["mp3"]
    again = {"email": "MINJI@example.com", "password": PASSWORD}
    assert word(web.post("/api/v1/auth/register", json=again)) == (
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
def test_what_is_no_account_is_refused_by_name(web, body, said):
    assert word(web.post("/api/v1/auth/register", json=body)) == (400, said)


def test_a_refresh_token_counts_once_and_reuse_ends_the_sign_in(web, database):
    from moksori.service.tables import RefreshToken

    first, signed_in = registered(web)
    second = web.post("/api/v1/auth/refresh", json=only_refresh(first)).json()
    assert second["refresh_token"] != first["refresh_token"]
    # Two windows at once: refused, but no theft yet.
    said = word(web.post("/api/v1/auth/refresh", json=only_refresh(first)))
    assert said == (409, "refreshed_already")
    with database.session() as session:
        for token in session.query(RefreshToken).filter(
            RefreshToken.used_at.is_not(None)
        ):
            token.used_at -= timedelta(minutes=1)
    said = word(web.post("/api/v1/auth/refresh", json=only_refresh(first)))
    assert said == (401, "signed_out")
    assert (
        web.post("/api/v1/auth/refresh", json=only_refresh(second)).status_code == 401
    )
    # The family's access tokens end with it, before their quarter of an hour.
    assert web.get("/api/v1/usage", headers=signed_in).status_code == 401


def test_twenty_rotations_at_once_give_one_token(web):
    from concurrent.futures import ThreadPoolExecutor

    body = only_refresh(registered(web)[0])
    with ThreadPoolExecutor(20) as threads:
        answers = threads.map(
            lambda _: web.post("/api/v1/auth/refresh", json=body).status_code,
            range(20),
        )
    assert sorted(answers) == [200] + [409] * 19


def test_an_expired_refresh_token_is_refused(web, database):
    from moksori.service.tables import RefreshToken, now

    tokens, _ = registered(web)
    with database.session() as session:
        session.query(RefreshToken).one().expires_at = now()
    assert (
        web.post("/api/v1/auth/refresh", json=only_refresh(tokens)).status_code == 401
    )


def test_logout_ends_a_sign_in_at_once_and_no_other(web):
    tokens, signed_in = registered(web)
    other = web.post(
        "/api/v1/auth/token", json={"email": "minji@example.com", "password": PASSWORD}
    ).json()
    assert web.post("/api/v1/auth/logout", json=only_refresh(tokens)).status_code == 204
    assert web.get("/api/v1/usage", headers=signed_in).status_code == 401
    assert web.post("/api/v1/auth/refresh", json=only_refresh(other)).status_code == 200


def test_pages_sign_in_by_cookies_that_no_script_reads(web):
    registered(web)
    body = {"email": "minji@example.com", "password": PASSWORD, "cookie": True}
    answer = web.post("/api/v1/auth/token", json=body, headers=ORIGIN)
    assert answer.json()["access_token"] is answer.json()["refresh_token"] is None
    cookies = answer.headers.get_list("set-cookie")
    assert len(cookies) == 2
    for cookie in cookies:
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
    assert web.get("/api/v1/usage").status_code == 200
    answer = web.post("/api/v1/auth/refresh", headers=ORIGIN)
    assert answer.json()["access_token"] is None
    assert web.get("/api/v1/usage").status_code == 200
    assert web.post("/api/v1/auth/logout", headers=ORIGIN).status_code == 204
    assert not web.cookies
    assert web.get("/api/v1/usage").status_code == 401


def test_changing_the_password_ends_all_sign_ins(web):
    _, signed_in = registered(web)
    for old, new, status in (
        ("wrong wrong", "another password", 401),
        (PASSWORD, "short", 400),
        (PASSWORD, "another password", 204),
    ):
        answer = web.post(
            "/api/v1/auth/password", json={"old": old, "new": new}, headers=signed_in
        )
        assert answer.status_code == status
    assert web.get("/api/v1/usage", headers=signed_in).status_code == 401
    body = {"email": "minji@example.com", "password": "another password"}
    assert web.post("/api/v1/auth/token", json=body).status_code == 200


def test_unknown_addresses_and_wrong_passwords_are_alike(web, cheap_hashes):
    cheap_hashes.undo()
    registered(web)

    def answered(email):
        start = time.process_time()
        body = {"email": email, "password": "wrong password"}
        answer = web.post("/api/v1/auth/token", json=body)
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


def test_guesses_at_an_account_are_bounded_wherever_they_come_from(web):
    body = {"email": "minji@example.com", "password": "wrong password"}
    answers = [
        web.post(
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
    assert word(web.post("/api/v1/auth/register", json=body))[0] == 429


def test_without_accounts_there_is_nothing_to_sign_in_to(web):
    web.app.state.settings = replace(web.app.state.settings, accounts=False)
    body = {"email": "minji@example.com", "password": PASSWORD}
    for path in ("register", "token"):
        answer = web.post(f"/api/v1/auth/{path}", json=body)
        assert word(answer) == (409, "no_accounts")
    assert word(web.get("/api/v1/keys")) == (409, "no_accounts")
    usage = web.get("/api/v1/usage").json()
    assert usage["characters"]["limit"] is None
    assert usage["user"]["operator"]


def test_the_databases_log_holds_no_address(web, postgres):
    from moksori.service.database import postgres_folder

    email = "logged@example.com"
    registered(web, email)
    again = {"email": email, "password": PASSWORD}
    assert word(web.post("/api/v1/auth/register", json=again))[0] == 409
    log = postgres_folder(postgres[1].folder) / "log"
    assert "ready to accept connections" in log.read_text()
    assert email not in log.read_text()
