from types import SimpleNamespace

import pytest


@pytest.fixture
def app(settings, database, storage):
    from moksori.service.web import create_app

    return create_app(settings, database, storage)


@pytest.fixture
def client(app):
    from fastapi.testclient import TestClient

    with TestClient(app, base_url="http://127.0.0.1") as client:
        yield client


def test_probes_answer(client):
    assert client.get("/live").json() == {"status": "ok"}
    assert client.get("/ready").json() == {"status": "ready"}


def test_a_service_without_its_database_says_so(client, app, database):
    from sqlalchemy import create_engine

    gone = create_engine("postgresql+psycopg://u@/m?host=/nowhere")
    database.engine, kept = gone, database.engine
    try:
        answer = client.get("/ready")
        assert answer.status_code == 503
        assert answer.json()["reason"] == "the database does not answer"
        assert client.get("/live").status_code == 200
        app.add_api_route("/asks", lambda: database.session().__enter__().connection())
        answer = client.get("/asks")
        assert (answer.status_code, answer.json()["error"]) == (503, "database_away")
        assert answer.headers["retry-after"] == "5"
    finally:
        database.engine = kept


def test_older_tables_are_not_ready(client, database):
    from sqlalchemy import text

    with database.session() as session:
        session.execute(text("update alembic_version set version_num = '0000'"))
    answer = client.get("/ready")
    assert answer.status_code == 503
    assert "--role migrate" in answer.json()["reason"]


def test_a_full_disk_is_507(client, app):
    from moksori.service.storage import StorageFull

    def full():
        raise StorageFull("full")

    app.add_api_route("/full", full)
    answer = client.get("/full")
    assert (answer.status_code, answer.json()["error"]) == (507, "storage_full")


def test_the_voices_speak_what_jobs_ask_for(settings, database, storage, user):
    from moksori.service.tables import Artefact
    from moksori.service.tasks import Tasks
    from tests.service.working import ended, submit, working

    with working(settings, database, storage, Tasks(settings)):
        request = {"text": "안녕하세요. 반갑습니다.", "voice": "korean-demo"}
        job = ended(database, submit(database, user, **request, format="mp3"))
    assert (job.state, job.error) == ("succeeded", None)
    with database.session() as session:
        (made,) = session.query(Artefact)
    with storage_file(storage, made.key) as container:
        assert container.streams.audio[0].codec_context.name == "mp3float"
    assert made.token is not None


def storage_file(storage, key):
    import io

    import av

    return av.open(io.BytesIO(storage.get(key)))


@pytest.mark.parametrize("name", ["nothing", "../../etc", ".", "", "a/b"])
def test_a_run_is_only_one_in_its_folder(service_installed, tmp_path, name):
    from moksori.service.errors import JobError
    from moksori.service.settings import Settings
    from moksori.service.tasks import Tasks

    (tmp_path / "a/b").mkdir(parents=True)
    tasks = Tasks(Settings(runs=tmp_path, secret="s" * 32))
    job = SimpleNamespace(profile_id=None)
    context = SimpleNamespace(
        job=job, request={"voice": f"run:{name}"}, progress=lambda *_: None
    )
    with pytest.raises(JobError, match="unknown_voice"):
        tasks.speak(context)


def test_what_a_client_says_of_its_address_and_asks_for_is_not_believed_or_logged(
    settings, database, storage, cheap_hashes, lines
):
    from dataclasses import replace

    from tests.service.site import Speaking, site

    cheap_hashes.setattr("moksori.service.accounts_api._TRIES_OF_ADDRESS", 3)
    accounts = replace(settings, accounts=True)
    with site(accounts, database, storage, Speaking(), workers=0) as client:
        client.get("/api/v1/usage?email=minji@example.com")
        answers = [
            client.post(
                "/api/v1/auth/token",
                json={"email": f"{n}@example.com", "password": "wrong password"},
                headers={"x-forwarded-for": f"10.0.0.{n}"},
            ).status_code
            for n in range(4)
        ]
    assert answers == [401] * 3 + [429]
    assert any(line.get("route") == "/api/v1/usage" for line in lines())
    assert "minji" not in str(lines())
