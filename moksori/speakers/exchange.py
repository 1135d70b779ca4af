"""Carry enrolled speakers from one registry to another, as a JSON file.

    {"format": "moksori speakers 1", "encoder": ID, "dimension": 192, "speakers": [
        {"id", "name", "created", "expires", "consent": {"by", "purpose", "at"},
         "clips": [{"sha256", "seconds", "speech_seconds", "snr_db",
                    "vectors": {"wide": [192 numbers], "telephone": [...]}}]}]}

Times are UTC, ISO 8601. Vectors are not rotated, so that another registry can turn them
by its own key: whoever has the file can recognise these voices, and it is written for
its owner alone to read.
"""

import json
import math
import re
from datetime import datetime
from pathlib import Path

import numpy as np

from moksori.speakers.bandwidth import Band
from moksori.speakers.database import RegistryError, write_private
from moksori.speakers.people import Consent, Speaker, StoredClip
from moksori.speakers.registry import Registry

FORMAT = "moksori speakers 1"
_MOST_BYTES = 2**28
_ID, _SHA256 = re.compile("[0-9a-f]{32}"), re.compile("[0-9a-f]{64}")


def export_people(registry: Registry, path: Path, people: list[Speaker]) -> None:
    """Write people into a new file, readable by its owner alone.

    Raises `FileExistsError` for a file that is there.
    """
    table = {
        "format": FORMAT,
        "encoder": registry.encoder,
        "dimension": registry.dimension,
        "speakers": [_told(speaker, registry.clips(speaker.id)) for speaker in people],
    }
    write_private(path, json.dumps(table, ensure_ascii=False).encode())
    for speaker in people:
        registry.events.record("export", speaker.id)


def import_people(registry: Registry, path: Path) -> list[Speaker]:
    """Enrol everybody of a file that `export_people` wrote, or nobody.

    Raises `RegistryError` for a file of another form or encoder, and for people who
    are there already.
    """
    if path.stat().st_size > _MOST_BYTES:
        raise RegistryError(f"{path} is larger than 256 MiB: export fewer people")
    try:
        table = json.loads(path.read_bytes())
        if table["format"] != FORMAT:
            raise ValueError(f"its format is not {FORMAT}")
        if table["encoder"] != registry.encoder:
            raise RegistryError(
                f"{path} was made with the encoder {table['encoder']}, this registry "
                f"with {registry.encoder}: enrol from recordings"
            )
        people = [_read(row, registry.dimension) for row in table["speakers"]]
    except RegistryError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        kind = "has no " if isinstance(error, KeyError) else ""
        raise RegistryError(
            f"{path} is no export of speakers: it {kind}{error}"
        ) from None
    registry.restore(people)
    return [registry.get(speaker.id) for speaker, _ in people]


def _told(speaker: Speaker, clips: list[StoredClip]) -> dict:
    consent = speaker.consent
    return {
        **{"id": speaker.id, "name": speaker.name},
        **{"created": speaker.created, "expires": speaker.expires},
        "consent": {"by": consent.by, "purpose": consent.purpose, "at": consent.at},
        "clips": [
            {
                **{"sha256": clip.sha256, "seconds": clip.seconds},
                **{"speech_seconds": clip.speech_seconds, "snr_db": clip.snr_db},
                # As many digits as a float32 has.
                "vectors": {
                    str(band): [float(f"{value:.9g}") for value in vector]
                    for band, vector in clip.vectors.items()
                },
            }
            for clip in clips
        ],
    }


def _read(row: dict, dimension: int) -> tuple[Speaker, list[StoredClip]]:
    """Read a speaker; everything that a stranger may have written is checked."""
    consent = Consent(
        *(_text(row["consent"][name]) for name in ("by", "purpose", "at"))
    )
    expires = row["expires"] if row["expires"] is None else _time(row["expires"])
    head = _hex(row["id"], _ID), _text(row["name"]), _time(row["created"])
    _time(consent.at)
    clips = [_clip(each) for each in row["clips"]]
    for clip in clips:
        clip.check(dimension)
    return Speaker(*head, expires, consent, 0, 0.0), clips


def _clip(row: dict) -> StoredClip:
    numbers = [_number(row[name]) for name in ("seconds", "speech_seconds", "snr_db")]
    vectors = {
        Band(band): np.array([_number(value) for value in vector], np.float32)
        for band, vector in row["vectors"].items()
    }
    if not vectors:
        raise ValueError("holds a clip without a vector")
    return StoredClip(_hex(row["sha256"], _SHA256), *numbers, vectors)


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > 1000:
        raise ValueError(f"holds {value!r:.40} where a text is wanted")
    return value


def _hex(value: object, form: re.Pattern) -> str:
    if not form.fullmatch(_text(value)):
        raise ValueError(f"holds {value!r:.40} where an id or a hash is wanted")
    return value


def _time(value: object) -> str:
    time = datetime.fromisoformat(_text(value))
    if time.utcoffset() is None or time.utcoffset():
        raise ValueError(f"holds {value!r:.40}, which is no time in UTC")
    return time.isoformat(timespec="seconds")


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"holds {value!r:.40} where a number is wanted")
    if not math.isfinite(value):
        raise ValueError("holds a number that is not finite")
    return float(value)
