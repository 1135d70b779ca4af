import pytest


@pytest.fixture
def client(service_installed):
    """Call an application of one route for each kind of caller, without accounts."""
    from fastapi import FastAPI
    from fastapi.testclient import TestClient

    from moksori.service import problems
    from moksori.service.callers import Operator, SignedIn
    from moksori.service.settings import Settings

    app = FastAPI()
    app.state.settings = Settings(secret="s" * 32)
    problems.install(app)

    @app.get("/me")
    def me(caller: SignedIn):
        return {"id": caller.id, "tier": caller.tier}

    @app.get("/v1/admin")
    def admin(caller: Operator, number: int = 1):
        return {}

    return TestClient(app)


def test_without_accounts_everybody_is_the_local_user(client):
    from moksori.service.tables import LOCAL_USER

    assert client.get("/me").json() == {"id": LOCAL_USER, "tier": "enterprise"}
    assert client.get("/v1/admin").status_code == 200


def test_with_accounts_a_stranger_is_refused(client):
    from dataclasses import replace

    client.app.state.settings = replace(client.app.state.settings, accounts=True)
    answer = client.get("/me")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    body = answer.json()
    assert (body["success"], body["error"]) == (False, "not_signed_in")
    assert "로그인" in body["message"]
    error = client.get("/v1/admin").json()["error"]
    assert error["type"] == "authentication_error"
    assert error["code"] == "not_signed_in"


def test_what_is_invalid_is_named_and_not_repeated(client):
    answer = client.get("/v1/admin", params={"number": "hunter2"})
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "number"
    assert "hunter2" not in answer.text
    assert client.get("/nowhere").json()["error"] == "not_found"
    assert client.post("/me").json()["error"] == "wrong_method"


def test_tiers_are_those_of_the_price_list(service_installed):
    from moksori.audio.encoding import FORMATS
    from moksori.service.tiers import TIERS

    free, pro, enterprise = TIERS.values()
    assert (free.characters, free.profiles, free.jobs) == (10_000, 1, 1)
    assert (pro.characters, pro.profiles, pro.jobs) == (500_000, 10, 5)
    assert (enterprise.characters, enterprise.profiles) == (None, None)
    assert enterprise.jobs == 50
    assert free.formats == ("mp3",)
    assert set(free.formats) < set(pro.formats) < set(enterprise.formats)
    assert set(enterprise.formats) <= set(FORMATS)
    assert enterprise.queue != pro.queue == free.queue
    assert free.priority < pro.priority < enterprise.priority
