"""Recognise speakers in sound that comes over a WebSocket."""

import re

import numpy as np
from starlette.websockets import WebSocket, WebSocketDisconnect

from moksori.speakers.server.work import Problem, Worker
from moksori.speakers.stream import Listener

_RATES = range(8000, 48001)
MOST_BYTES = 2**20


async def listen(socket: WebSocket, worker: Worker) -> None:
    """Take 16-bit mono samples in binary messages, at `?rate=` hertz (16000), and
    send `Heard.to_json` for each window, with `?threshold=` instead of the measured
    one; an empty message ends the sound."""
    await socket.accept()
    try:
        rate, least = _asked(socket.query_params)
        listener = Listener(worker.recognizer, threshold=least)
        while True:
            block = await socket.receive_bytes()
            if len(block) % 2 or len(block) > MOST_BYTES:
                await socket.close(1008, "a message is 16-bit samples, 1 MiB at most")
                return
            samples = np.frombuffer(block, "<i2").astype(np.float32) / 32768
            task = (
                (listener.feed, samples, rate) if len(samples) else (listener.finish,)
            )
            for heard in await worker.run(*task):
                await socket.send_json(heard.to_json())
            if not block:
                await socket.close()
                return
    except WebSocketDisconnect:
        return
    except Problem as problem:
        await socket.close(1013, problem.message)
    except KeyError:
        await socket.close(1003, "a message is binary")
    except ValueError as error:
        # A reason has 123 bytes at most.
        await socket.close(1008, str(error).encode()[:120].decode(errors="ignore"))


def _asked(query) -> tuple[int, float | None]:
    """Return rate and threshold of a query; raises `ValueError`."""
    rate, least = query.get("rate", "16000"), query.get("threshold")
    if not re.fullmatch("[0-9]{4,5}", rate) or int(rate) not in _RATES:
        raise ValueError("rate is from 8000 to 48000 hertz")
    least = None if least is None else float(least)
    if least is not None and not -1 <= least <= 1:
        raise ValueError("threshold is from -1 to 1")
    return int(rate), least
