"""API keys, rates, and what operators change."""

from dataclasses import replace

import pytest

from tests.service.signing import PASSWORD, only_refresh, registered, word


def test_an_api_key_is_told_once_used_and_revoked(web, database):
    from moksori.service.tables import ApiKey

    _, signed_in = registered(web)
    made = web.post("/api/v1/keys", json={"label": "site"}, headers=signed_in).json()
    listed = web.get("/api/v1/keys", headers=signed_in).json()["keys"]
    assert [(key["label"], key["key"]) for key in listed] == [("site", None)]
    with database.session() as session:
        assert made["key"].rsplit("_")[-1] not in session.query(ApiKey).one().hash
    for headers in (
        {"x-api-key": made["key"]},
        {"authorization": f"Bearer {made['key']}"},
    ):
        assert web.get("/api/v1/usage", headers=headers).status_code == 200
        # A key that leaked must not make keys.
        assert word(web.get("/api/v1/keys", headers=headers)) == (
            403,
            "key_not_enough",
        )
    assert web.get("/api/v1/keys", headers=signed_in).json()["keys"][0]["last_used_at"]
    wrong = made["key"][:-1] + ("0" if made["key"][-1] != "0" else "1")
    assert web.get("/api/v1/usage", headers={"x-api-key": wrong}).status_code == 401
    # What is sent on purpose counts: a wrong key is not made good by a cookie.
    web.cookies.set("moksori_access", signed_in["authorization"].split()[1])
    assert web.get("/api/v1/usage", headers={"x-api-key": wrong}).status_code == 401
    web.cookies.clear()
    gone = web.delete(f"/api/v1/keys/{made['id']}", headers=signed_in)
    assert gone.status_code == 204
    assert web.get("/api/v1/usage", headers=headers).status_code == 401
    assert web.get("/api/v1/keys", headers=signed_in).json()["keys"] == []


def test_keys_are_bounded(web, monkeypatch):
    monkeypatch.setattr("moksori.service.keys.MOST_KEYS", 1)
    _, signed_in = registered(web)
    answers = [
        web.post("/api/v1/keys", json={"label": "k"}, headers=signed_in).status_code
        for _ in range(2)
    ]
    assert answers == [201, 409]


@pytest.mark.parametrize(
    "credential",
    ["mk_", "mk_" + "0" * 32 + "_" + "0" * 64, "mk_a_b", "", "\x00", "x" * 9999],
)
def test_strangers_are_refused(web, credential):
    answer = web.get("/api/v1/usage", headers={"x-api-key": credential})
    assert word(answer) == (401, "not_signed_in")


def test_operators_change_users_and_nobody_else_does(web, database):
    from moksori.service import accounts
    from moksori.service.tables import Audit

    tokens, signed_in = registered(web)
    me = web.get("/api/v1/usage", headers=signed_in).json()["user"]["id"]
    one = f"/api/v1/admin/users/{me}"
    assert word(web.get("/api/v1/admin/users", headers=signed_in))[0] == 403
    assert web.patch(one, json={"tier": "pro"}, headers=signed_in).status_code == 403
    with database.session() as session:
        accounts.make_operator(session, "chief@example.com", PASSWORD)
    body = {"email": "chief@example.com", "password": PASSWORD}
    access = web.post("/api/v1/auth/token", json=body).json()["access_token"]
    chief = {"authorization": f"Bearer {access}"}
    users = web.get("/api/v1/admin/users", headers=chief).json()["users"]
    assert {user["email"] for user in users} == {"minji@example.com", body["email"]}
    assert web.patch(one, json={"tier": "pro"}, headers=chief).json()["tier"] == "pro"
    usage = web.get("/api/v1/usage", headers=signed_in).json()
    assert usage["characters"]["limit"] == 500_000
    assert web.patch(one, json={"tier": "gold"}, headers=chief).status_code == 400
    made = web.post("/api/v1/keys", json={"label": "k"}, headers=signed_in).json()
    key = {"x-api-key": made["key"]}
    assert web.patch(one, json={"disabled": True}, headers=chief).status_code == 200
    for headers in (signed_in, key):
        assert web.get("/api/v1/usage", headers=headers).status_code == 401
    assert (
        web.post("/api/v1/auth/refresh", json=only_refresh(tokens)).status_code == 401
    )
    body = {"email": "minji@example.com", "password": PASSWORD}
    assert web.post("/api/v1/auth/token", json=body).status_code == 401
    web.patch(one, json={"disabled": False}, headers=chief)
    assert web.get("/api/v1/usage", headers=signed_in).status_code == 401
    assert web.post("/api/v1/auth/token", json=body).status_code == 200
    myself = next(user["id"] for user in users if user["operator"])
    for change in ({"disabled": True}, {"operator": False}):
        answer = web.patch(f"/api/v1/admin/users/{myself}", json=change, headers=chief)
        assert word(answer) == (409, "own_account")
    assert word(
        web.patch(f"/api/v1/admin/users/{'0' * 32}", json={}, headers=chief)
    ) == (
        404,
        "not_found",
    )
    with database.session() as session:
        acts = [row.act for row in session.query(Audit).order_by(Audit.at)]
    changes = ["change_user", "make_key", "change_user", "change_user"]
    assert acts == ["register", "register", "make_operator", *changes]


def test_rates_count_the_user_not_the_key_nor_an_address(web, monkeypatch):
    from moksori.service.tiers import TIERS

    free = replace(TIERS["free"], requests_per_minute=6)
    monkeypatch.setitem(TIERS, "free", free)
    _, signed_in = registered(web)
    keys = [
        web.post("/api/v1/keys", json={"label": "k"}, headers=signed_in).json()["key"]
        for _ in range(2)
    ]
    answers = [
        web.get(
            "/api/v1/usage",
            headers={"x-api-key": keys[n % 2], "x-forwarded-for": f"10.0.0.{n}"},
        ).status_code
        for n in range(6)
    ]
    assert answers == [200] * 4 + [429] * 2
    _, other = registered(web, "other@example.com")
    assert web.get("/api/v1/usage", headers=other).status_code == 200


def test_requests_are_let_through_while_redis_is_away(service_installed):
    from moksori.service.rates import Rates
    from moksori.service.settings import Settings

    # A port on which nothing listens.
    rates = Rates(Settings(secret="s" * 32, redis_url="redis://127.0.0.1:1/0"))
    for _ in range(3):
        rates.hit(1, "user")
