"""What Prometheus reads: the queue of all processes, the jobs and requests of this."""

import urllib.request

import pytest

from tests.service.working import Tasks, ended, submit, working


@pytest.fixture(autouse=True)
def installed(service_installed):
    """Need what `make service` adds."""


def sample(name: str, **labels) -> float:
    from prometheus_client import REGISTRY

    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_a_job_is_counted_where_it_ends_and_no_user_is_named(
    settings, database, storage, user
):
    from moksori.service import metrics

    labels = {"type": "speak", "tier": "pro", "user_id": ""}
    before = sample("voice_synthesis_requests_total", status="succeeded", **labels)
    sound = sample("voice_synthesis_audio_seconds_total", **labels)
    queue = metrics.Queue(database)
    job = submit(database, user)
    depth, oldest = queue.collect()
    (waiting,) = depth.samples
    assert (waiting.labels["state"], waiting.value) == ("queued", 1)
    assert oldest.samples[0].value >= 0
    with working(settings, database, storage, Tasks()):
        ended(database, job)
    assert not next(iter(queue.collect())).samples
    after = sample("voice_synthesis_requests_total", status="succeeded", **labels)
    assert after == before + 1
    assert sample("voice_synthesis_audio_seconds_total", **labels) == sound + 1.5


def test_requests_are_counted_by_route(web):
    labels = {"method": "GET", "route": "/api/v1/usage", "status": "401"}
    before = sample("voice_http_requests_total", **labels)
    nowhere = {"method": "GET", "route": "none", "status": "404"}
    unknown = sample("voice_http_requests_total", **nowhere)
    web.get("/api/v1/usage?secret=1")
    web.get("/secret")
    assert sample("voice_http_requests_total", **labels) == before + 1
    assert sample("voice_http_requests_total", **nowhere) == unknown + 1


def test_the_page_has_a_port_of_its_own(settings, database, monkeypatch):
    import socket
    from dataclasses import replace

    from moksori.service import metrics
    from moksori.service.settings import SettingsError

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    registered = []
    monkeypatch.setattr(metrics.REGISTRY, "register", registered.append)
    metrics.serve(settings, database)
    assert not registered
    metrics.serve(replace(settings, metrics=f"127.0.0.1:{port}"), database)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        assert "voice_http_requests_total" in answer.read().decode()
    with pytest.raises(SettingsError, match="HOST:PORT"):
        replace(settings, metrics="9090")
