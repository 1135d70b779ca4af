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
    send `Heard.to_json` for each window; an empty message ends the sound."""
    text = socket.query_params.get("rate", "16000")
    await socket.accept()
    if not re.fullmatch("[0-9]{4,5}", text) or int(text) not in _RATES:
        await socket.close(1008, "rate is from 8000 to 48000 hertz")
        return
    listener, rate = Listener(worker.recognizer), int(text)
    try:
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
