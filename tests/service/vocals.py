"""Vocal models and songs for tests, and the tasks of a worker that sings tones."""

import sys
from functools import cache
from pathlib import Path

import numpy as np

from moksori.audio.encoding import encode
from tests.service.people import ears, fields, sound
from tests.service.working import ended

VOCALS, COVERS, JOBS = "/api/v1/vocals", "/api/v1/covers", "/api/v1/jobs"
PROGRAM = (sys.executable, str(Path(__file__).with_name("singer.py")))
WAV, OTHER = sound(400, 12), sound(410, 12, seed=1)
RATE = 44_100


class Singers:
    """The tasks of a worker, by the program that stands in."""

    def __init__(self):
        from moksori.service import singing, vocal_training

        self.functions = {
            "train_vocal": lambda each: vocal_training.train(
                each, PROGRAM, lambda: (ears(), None)
            ),
            "import_vocal": lambda each: vocal_training.bring(each, PROGRAM),
            "cover": lambda each: singing.cover(each, PROGRAM),
            "convert": lambda each: singing.convert(each, PROGRAM),
        }

    def warm_up(self) -> None:
        pass


def agreed(client, recordings, **changed) -> str:
    sent = [("audio", each) for each in recordings]
    answer = client.post("/api/v1/consents", data=fields(**changed), files=sent)
    return answer.json()["id"]


def begin(client, name="민지", recordings=(WAV,), **form):
    form = {"name": name, "consent_id": agreed(client, recordings), **form}
    sent = [("files", each) for each in recordings]
    return client.post(VOCALS, data={"epochs": 2, **form}, files=sent)


def made(client, database, **form) -> dict:
    told = begin(client, **form).json()
    ended(database, told["job_id"])
    return client.get(f"{VOCALS}/{told['id']}").json()


@cache
def song() -> bytes:
    time = np.arange(6 * RATE) / RATE
    waves = [0.3 * np.sin(2 * np.pi * hertz * time) for hertz in (220, 330)]
    return encode(np.stack(waves, axis=1), RATE, "mp3")


def ask(client, vocal, files=None, **form):
    sent = [(name, data) for name, data in (files or {"song": song()}).items()]
    return client.post(COVERS, data={"vocal_id": vocal, **form}, files=sent)


def covered(client, database, vocal, files=None, **form) -> dict:
    told = ask(client, vocal, files, **form).json()
    ended(database, told["id"])
    return client.get(f"{JOBS}/{told['id']}").json()
