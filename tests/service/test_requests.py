"""Requests of users to the whole service: once, within the quota, and not logged."""

import json
from concurrent.futures import ThreadPoolExecutor

from tests.service.signing import registered, word
from tests.service.working import Tasks, ended, working

TEXT = "아무도 모르는 비밀 이야기"


def speak(client, headers, text=TEXT, **more):
    body = {"text": text, "voice": "korean-demo"}
    return client.post("/api/v1/synthesize", json=body, headers={**headers, **more})


def test_a_request_sent_again_is_the_same_job(whole):
    _, user = registered(whole)
    _, other = registered(whole, "other@example.com")
    once = {"Idempotency-Key": "order-1"}
    first = speak(whole, user, **once)
    assert first.status_code == 202
    assert speak(whole, user, **once).json()["id"] == first.json()["id"]
    changed = speak(whole, user, "다른 이야기", **once)
    assert word(changed) == (409, "idempotency_conflict")
    # Keys are each user's own.
    assert speak(whole, other, **once).json()["id"] != first.json()["id"]
    assert speak(whole, user).json()["id"] != first.json()["id"]
    used = whole.get("/api/v1/usage", headers=user).json()["characters"]["used"]
    assert used == 2 * len(TEXT)
    assert speak(whole, user, **{"Idempotency-Key": "k" * 129}).status_code == 400


def test_the_last_characters_of_a_month_are_spoken_once(whole):
    _, user = registered(whole)
    for _ in range(2):
        assert speak(whole, user, "가" * 4999).status_code == 202
    made = [
        whole.post("/api/v1/keys", json={"label": "k"}, headers=user).json()["key"]
        for _ in range(2)
    ]
    with ThreadPoolExecutor(20) as threads:
        answers = list(
            threads.map(
                lambda n: speak(whole, {"x-api-key": made[n % 2]}, "가나"), range(20)
            )
        )
    assert sorted(answer.status_code for answer in answers) == [202] + [429] * 19
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert word(refused) == (429, "quota_exceeded")
    usage = whole.get("/api/v1/usage", headers=user).json()
    assert usage["characters"] == {"used": 10_000, "limit": 10_000}
    # What is cancelled before it is spoken may be spoken by others.
    job = next(answer for answer in answers if answer.status_code == 202).json()
    assert whole.delete(f"/api/v1/jobs/{job['id']}", headers=user).status_code == 200
    assert speak(whole, user, "다라").status_code == 202


def test_a_tier_has_its_formats(whole):
    _, user = registered(whole)
    for format, status in (("mp3", 202), ("wav", 403), ("pcm", 403), ("ogg", 403)):
        body = {"text": TEXT, "format": format}
        answer = whole.post("/api/v1/synthesize", json=body, headers=user)
        assert answer.status_code == status
    body = {"input": TEXT, "response_format": "flac"}
    answer = whole.post("/v1/audio/speech", json=body, headers=user)
    assert answer.json()["error"]["code"] == "format_not_in_tier"


def test_texts_and_mistakes_of_workers_are_not_logged(whole, database, lines):
    _, user = registered(whole)
    tasks = Tasks()

    def fails(context):
        raise RuntimeError(f"no voice for {context.request['text']}")

    tasks.functions["speak"] = fails
    state = whole.app.state
    with working(state.settings, database, state.storage, tasks):
        job = ended(database, speak(whole, user).json()["id"])
    assert job.state == "failed"
    assert TEXT not in (job.message or "")
    text = json.dumps(lines(), ensure_ascii=False)
    assert TEXT not in text
    failed = next(line for line in lines() if line.get("exception") == "RuntimeError")
    assert job.id in failed["event"]
    # The worker's line names the request that asked for the job.
    assert job.request_id in failed["event"]
