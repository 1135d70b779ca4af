"""Consents: what they must say, whose they are, what is refused."""

import hashlib

import pytest

from tests.service.people import client_of, fields, sound

CONSENTS = "/api/v1/consents"


def test_a_written_consent_is_recorded_with_the_hash_of_its_recording(client):
    recording = sound(400)
    files = {"audio": ("../../a.wav", recording)}
    answer = client.post(CONSENTS, data=fields(), files=files)
    assert answer.status_code == 201
    told = answer.json()
    assert told["audio_sha256"] == hashlib.sha256(recording).hexdigest()
    assert (told["type"], told["state"]) == ("explicit_written", "valid")
    assert client.get(f"{CONSENTS}/{told['id']}").json() == told
    page = client.get(CONSENTS).json()
    assert page["consents"] == [told]
    assert set(page["prohibited_uses"]) == set(told["prohibited"])


def test_several_recordings_have_one_hash_in_any_order(client):
    hashes = [hashlib.sha256(text).hexdigest() for text in (b"a", b"b")]
    told = [
        client.post(CONSENTS, data=fields(audio_sha256=each)).json()["audio_sha256"]
        for each in (hashes, hashes[::-1], [hashes[0].upper(), hashes[1]])
    ]
    assert len(set(told)) == 1
    assert told[0] not in hashes


def test_a_spoken_statement_is_kept_until_it_is_matched(client, storage):
    files = {"audio": ("a.wav", sound(400)), "statement": ("s.wav", sound(400, 5))}
    told = client.post(CONSENTS, data=fields(), files=files).json()
    assert (told["type"], told["checked"]) == ("spoken", [])
    assert storage.get(f"consents/{told['id']}/statement") == sound(400, 5)


HASH = "a" * 64


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"audio_sha256": None}, "no_recording"),
        ({"audio_sha256": "../" + "a" * 61}, "no_recording"),
        ({"audio_sha256": [HASH, "b"]}, "no_recording"),
        ({"prohibited": ["fraud"]}, "prohibited_uses"),
        ({"prohibited": "all"}, "prohibited_uses"),
        ({"prohibited": None}, "invalid_request"),
        ({"voice_owner": " "}, "invalid_text"),
        ({"voice_owner": "민지\x00"}, "invalid_text"),
        ({"voice_owner": "민\u202e지"}, "invalid_text"),
        ({"voice_owner": "민" * 101}, "invalid_text"),
        ({"purpose": "x" * 70_000}, "invalid_text"),
        ({"purpose": None}, "invalid_request"),
        ({"valid_until": "yesterday"}, "invalid_request"),
        ({"valid_until": "2020-01-01T00:00:00Z"}, "invalid_validity"),
        ({"valid_until": "9999-12-31T23:59:59"}, "invalid_validity"),
        ({"valid_until": "0001-01-01T00:00:00+14:00"}, "invalid_validity"),
        ({"document_sha256": "x"}, "invalid_hash"),
    ],
)
def test_terms_that_say_too_little_are_refused(client, changed, word):
    form = fields(**{"audio_sha256": HASH, **changed})
    answer = client.post(CONSENTS, data=form)
    assert (answer.status_code, answer.json()["error"]) == (400, word)
    assert client.get(CONSENTS).json()["consents"] == []


@pytest.mark.parametrize(
    ("statement", "word"),
    [
        (b"", "no_file"),
        (b"<html>", "not_sound"),
        (b"RIFF\xff\xff\xff\xffWAVEfmt ", None),
        (sound(400, 1), "statement_length"),
        (sound(400, 61), "statement_length"),
    ],
    ids=["empty", "html", "header", "short", "long"],
)
def test_statements_that_are_none_leave_nothing(client, storage, statement, word):
    files = {"statement": ("s.wav", statement)}
    answer = client.post(CONSENTS, data=fields(audio_sha256=HASH), files=files)
    assert answer.status_code in (400, 415)
    assert word in (None, answer.json()["error"])
    assert client.get(CONSENTS).json()["consents"] == []
    assert storage.keys("consents") == []


def test_consents_of_others_are_not_there(settings, database, storage, client):
    from moksori.service.callers import Caller
    from moksori.service.tables import User

    told = client.post(CONSENTS, data=fields(audio_sha256=HASH)).json()
    with database.session() as session:
        session.add(user := User(email="other@example.com"))
    other = Caller(user.id, "free", operator=False)
    with client_of(settings, database, storage, other) as theirs:
        assert theirs.get(CONSENTS).json()["consents"] == []
        for path in (f"{CONSENTS}/{told['id']}", f"{CONSENTS}/{'0' * 32}"):
            assert theirs.get(path).status_code == 404
            assert theirs.post(f"{path}/revoke").status_code == 404
    assert client.get(f"{CONSENTS}/{told['id']}").json()["state"] == "valid"
