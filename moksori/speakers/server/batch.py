"""Do several operations of one request, each with its own result or error."""

import base64
import binascii

from moksori.speakers import enrolment
from moksori.speakers.registry import Consent
from moksori.speakers.server.work import (
    REFUSALS,
    Problem,
    Worker,
    checked,
    problem_of,
)

MOST_OPERATIONS = 64


async def run_batch(worker: Worker, operations: list[dict]) -> list[dict]:
    """Run operations in order: {"op": "register" | "identify" | "verify" | "delete"},
    with what it takes; sounds are base64, as `audio`, or a list of them to register.

    Raises `Problem` for more than `MOST_OPERATIONS`.
    """
    if len(operations) > MOST_OPERATIONS:
        raise Problem(422, "too_many", f"{MOST_OPERATIONS} operations at most")
    results = []
    for operation in operations:
        try:
            result = await worker.run(_run, worker, operation)
        except (Problem, *REFUSALS) as error:
            problem = error if isinstance(error, Problem) else problem_of(error)
            result = {"error": problem.code, "message": problem.message}
        results.append(result)
    return results


def _run(worker: Worker, operation: dict) -> dict:
    registry = worker.recognizer.registry
    match operation.get("op"):
        case "identify":
            threshold = _number(operation, "threshold")
            sound = _sound(operation.get("audio"))
            return worker.identify(sound, threshold, 5).to_json()
        case "verify":
            threshold = _number(operation, "threshold")
            speaker = checked(_text(operation, "speaker"))
            sound = _sound(operation.get("audio"))
            return worker.verify(speaker, sound, threshold).to_json()
        case "delete":
            registry.forget(checked(_text(operation, "speaker")))
            return {"deleted": True}
        case "register":
            audio = operation.get("audio")
            sounds = audio if isinstance(audio, list) else [audio]
            clips = {
                f"file {n}": worker.clip(_sound(s)) for n, s in enumerate(sounds, 1)
            }
            consent = Consent(
                _text(operation, "consent_by"), _text(operation, "purpose")
            )
            name = _text(operation, "name")
            done = enrolment.enrol_clips(worker.recognizer, name, clips, consent)
            who, warnings = done.speaker, done.warnings
            return {"id": who.id, "name": who.name, "warnings": warnings}
    raise Problem(422, "invalid", "op is register, identify, verify or delete")


def _text(operation: dict, name: str) -> str:
    value = operation.get(name)
    if not isinstance(value, str):
        raise Problem(422, "invalid", f"{name} is a text")
    return value


def _number(operation: dict, name: str) -> float | None:
    value = operation.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Problem(422, "invalid", f"{name} is a number")
    if not -1 <= value <= 1:
        raise Problem(422, "invalid", f"{name} is from -1 to 1")
    return value


def _sound(text: object) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (TypeError, ValueError, binascii.Error):
        raise Problem(422, "invalid", "audio is a file in base64") from None
