"""Enrol speakers from recordings: all clips of a person, or none."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from moksori.audio.files import SUFFIXES
from moksori.speakers.bandwidth import Band
from moksori.speakers.clip import Clip, encode_clip, read_speech
from moksori.speakers.decision import Answer
from moksori.speakers.people import Consent, NameTaken, Speaker, checked_name
from moksori.speakers.recognizer import Recognizer

LEAST_SECONDS = 3.0
ADVISED_SECONDS, ADVISED_CLIPS = 10.0, 3
# Two means of one voice are nearer than a clip has to be.
_SAME_VOICE = 0.12


_UNFIT = {
    Answer.SEVERAL_SPEAKERS: "several people speak in it",
    Answer.POOR_QUALITY: "its speech is clipped, or fainter than the noise around it",
}


class Refused(ValueError):
    """Recordings that a speaker is not enrolled from; the text names them."""


@dataclass(frozen=True)
class Enrolment:
    """Represent a speaker who was enrolled: `added` clips, files left out with the
    reason, and what should be known about the rest."""

    speaker: Speaker
    added: int
    left_out: dict[Path, str]
    warnings: list[str]


def recordings(folder: Path) -> dict[str, list[Path]]:
    """Find recordings as name/file, of any depth below the name, in a folder.

    Returns the files of every name, in order. Raises `ValueError` when there are none.
    """
    found: dict[str, list[Path]] = {}
    # A name may be a link to a folder elsewhere, which rglob alone does not enter.
    for person in sorted(each for each in folder.iterdir() if each.is_dir()):
        for path in sorted(person.rglob("*")):
            if path.suffix.lower() in SUFFIXES and path.is_file():
                found.setdefault(person.name, []).append(path)
    if not found:
        raise ValueError(f"{folder} holds no recordings as NAME/FILE")
    return found


def read(recognizer: Recognizer, path: Path) -> Clip:
    """Read a recording to enrol from; raises as `clip.read_clip`, and `Refused` for
    one that would spoil the mean of the others."""
    speech, digest = read_speech(path, recognizer.detector)
    answer = recognizer.assess(speech).answer
    if answer in _UNFIT:
        raise Refused(_UNFIT[answer])
    return encode_clip(speech, digest, recognizer.encoder)


def enrol(
    recognizer: Recognizer,
    name: str,
    paths: list[Path],
    consent: Consent,
    expires: datetime | None = None,
    leave_out: bool = False,
) -> Enrolment | None:
    """Enrol a person from recordings, or add them where the name is enrolled already.

    Returns None when all of them are enrolled. A recording that cannot be used, or
    whose voice is not that of the others, refuses them all, unless `leave_out`. Raises
    `Refused` with a line for each, and for less than `LEAST_SECONDS` of speech.
    """
    name = checked_name(name)
    clips, reasons = {}, {}
    for path in paths:
        try:
            clips[path] = read(recognizer, path)
        except ValueError as error:
            reasons[path] = str(error)
    there = recognizer.registry.find(name)
    reasons |= _strangers(clips, recognizer, there)
    if reasons and not leave_out:
        lines = [f"  {path}: {reason}" for path, reason in reasons.items()]
        raise Refused("\n".join([f"{name}: recordings that do not fit", *lines]))
    fitting = [clip for path, clip in clips.items() if path not in reasons]
    return _enrolled(recognizer, name, fitting, consent, expires, reasons, there)


def enrol_clips(
    recognizer: Recognizer,
    name: str,
    clips: dict[str, Clip],
    consent: Consent,
    expires: datetime | None = None,
) -> Enrolment:
    """Enrol a person from clips that are read already, by what they are called.

    Raises `Refused` as `enrol` does, and `NameTaken`.
    """
    name = checked_name(name)
    if recognizer.registry.find(name):
        raise NameTaken(name)
    # Who takes the name meanwhile is not compared with, nor added to.
    _refuse_strangers(clips, recognizer, [])
    taken = list(clips.values())
    return _enrolled(recognizer, name, taken, consent, expires, {}, [])


def add_clips(recognizer: Recognizer, speaker: str, clips: dict[str, Clip]) -> Speaker:
    """Add clips, by what they are called, to an enrolled speaker; raises `Refused`
    for another voice."""
    _refuse_strangers(clips, recognizer, [recognizer.registry.get(speaker)])
    return recognizer.registry.add_clips(speaker, list(clips.values()))


def _refuse_strangers(clips: dict, recognizer: Recognizer, there: list) -> None:
    reasons = _strangers(clips, recognizer, there)
    if reasons:
        raise Refused("; ".join(f"{each}: {why}" for each, why in reasons.items()))


def _enrolled(recognizer, name, clips, consent, expires, reasons, there):
    registry = recognizer.registry
    if len(there) > 1:
        raise Refused(f"{name}: several people have this name; rename one of them")
    have = registry.hashes(there[0].id) if there else set()
    new = {clip.sha256: clip for clip in clips if clip.sha256 not in have}
    if there and not new:
        return None
    speech = sum(clip.quality.speech_seconds for clip in new.values())
    if not there and speech < LEAST_SECONDS:
        raise Refused(f"{name}: {speech:.1f} s of speech, {LEAST_SECONDS:g} needed")
    warnings = list(_warnings(recognizer, name, list(new.values())))
    if there:
        speaker = registry.add_clips(there[0].id, list(new.values()))
    else:
        speaker = registry.enrol(name, list(new.values()), consent, expires)
    if speaker.seconds < ADVISED_SECONDS or speaker.clips < ADVISED_CLIPS:
        warnings.append(
            f"{speaker.seconds:.0f} s in {speaker.clips} clips; recognition is surer "
            f"with {ADVISED_SECONDS:g} s in {ADVISED_CLIPS}"
        )
    return Enrolment(speaker, len(new), reasons, warnings)


def _strangers(clips: dict, recognizer: Recognizer, there: list[Speaker]) -> dict:
    """Name the clips whose voice is not that of the others, or of who is there."""
    if not recognizer.calibration.knows(recognizer.encoder.id):
        return {}
    if there:
        scores = _to_template(clips, recognizer, there[0].id)
    else:
        scores = _to_the_others(clips) if len(clips) > 1 else {}
    found = {}
    for called, (score, band) in scores.items():
        seconds = clips[called].quality.speech_seconds
        least = recognizer.calibration.threshold(
            "verify", recognizer.encoder.id, seconds, band
        )
        if score < least:
            found[called] = (
                f"sounds like somebody else ({score:.2f}, least {least:.2f})"
            )
    return found


def _to_template(clips: dict, recognizer: Recognizer, speaker: str) -> dict:
    """The cosine of every clip to an enrolled speaker, and the band it is of."""
    scores = {}
    for called, clip in clips.items():
        for band, vector in clip.vectors.items():
            templates = recognizer.registry.templates(band)
            if called not in scores and speaker in templates.ids:
                scores[called] = templates.score(speaker, vector), band
    return scores


def _to_the_others(clips: dict) -> dict:
    """The cosine of every clip to the mean of the others, and the band it is of."""
    wide = all(Band.WIDE in clip.vectors for clip in clips.values())
    band = Band.WIDE if wide else Band.TELEPHONE
    vectors = {called: clip.vectors[band] for called, clip in clips.items()}
    total = np.sum(list(vectors.values()), axis=0)
    scores = {}
    for called, vector in vectors.items():
        others = total - vector
        scores[called] = float(vector @ others / np.linalg.norm(others)), band
    return scores


def _warnings(recognizer, name: str, clips: list[Clip]) -> Iterator[str]:
    """Say whom the voice is enrolled as already, under another name."""
    if not recognizer.calibration.knows(recognizer.encoder.id):
        return
    for band in Band:
        templates = recognizer.registry.templates(band)
        vectors = [clip.vectors[band] for clip in clips if band in clip.vectors]
        if not templates.ids or not vectors:
            continue
        mean = np.mean(vectors, axis=0)
        scores = templates.scores(mean / np.linalg.norm(mean))
        seconds = sum(clip.quality.speech_seconds for clip in clips)
        least = recognizer.calibration.threshold(
            "verify", recognizer.encoder.id, seconds, band
        )
        best = int(scores.argmax())
        if scores[best] >= least + _SAME_VOICE and templates.names[best] != name:
            yield f"sounds like {templates.names[best]} ({scores[best]:.2f})"
        return
