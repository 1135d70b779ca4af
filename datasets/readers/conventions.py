"""Undo the marks of transcription that Korean speech corpora write into their texts.

KsponSpeech and the sets of AI Hub that follow it write a word twice where writing and
speech differ, `(3개)/(세 개)`, and mark what else was heard. A text is plain where its
corpus has no such marks: '그리고/또는', 'km/h' and '3+4' stay as they are.

Source of the marks: the transcription rules of AI Hub's 한국어 음성 (KsponSpeech) v1.0.
"""

import re
from dataclasses import replace
from typing import Literal

from datasets.readers.corpus import Corpus
from datasets.rejections import Reason

Transcription = Literal["spoken", "written", "verbatim"]
TRANSCRIPTIONS: tuple[Transcription, ...] = ("spoken", "written", "verbatim")

# (as it is written)/(as it was said)
_DUAL = re.compile(r"\(([^()/]*)\)\s?/\s?\(([^()/]*)\)")
# Breath, laughter, other voices, noise; also where they touch a word: 'n/안녕', '(n/)'.
_NOISE = re.compile(r"(?<![\w/])\(?(?:[bnlo]/)+\)?(?![A-Za-z])")
_UNINTELLIGIBLE = re.compile(r"(?<!\w)u/(?![A-Za-z])")
# Behind a word: a filler /, a word begun again +, a word said unclearly *.
_BEHIND_A_WORD = re.compile(r"(?<=[가-힣)])[/+*]+(?=[\s.,?!]|$)")
# What is left of a mark that is not whole.
_TORN = re.compile(r"\)\s?/|/\s?\(")
# Not understood, or a name that was taken out: silence or a beep in the recording.
_UNTOLD = re.compile(
    r"\(\(\s*x*\s*\)\)|&[a-z][a-z-]*\d*&|@(?:이름|전화번호|주소|계좌번호)\d*"
)
# Free talk of AI Hub: what is said in noise, as a filler, with a wrong sound.
_TAGGED = re.compile(r"\((?:SN|FP|SP|NO|노)\s*:([^()]*)\)")
_SOUNDS = (
    "웃음|웃음소리|박수|박수소리|음악|배경음악|노래|기침|한숨|숨소리|잡음|소음|침묵|"
    "noise|breath|breathing|laugh|laughs|laughing|laughter|cough|sigh|music|bgm|"
    "silence|applause|applauding|singing|clearing|idiom"
)
_SOUND = re.compile(rf"/?[(\[{{<]\s*(?:{_SOUNDS})\s*[)\]}}>]|@웃음", re.IGNORECASE)
# Below this share of its texts, a corpus that has a mark here or there is a plain one.
_LEAST_SHARE, _LEAST_TEXTS = 0.05, 2


def resolve(corpus: Corpus, transcription: Transcription = "spoken") -> None:
    """Replace the texts of a corpus by what was said, or by what was `written`.

    A text with speech that its transcriber did not understand, or that was made
    anonymous, is rejected: its recording says more than the text.
    """
    if transcription == "verbatim":
        return
    marked = sum(_is_marked(one.text) for one in corpus.utterances)
    doubled = any(_is_doubled(one.text) for one in corpus.utterances)
    share = marked / max(len(corpus.utterances), 1)
    by_convention = doubled or (marked >= _LEAST_TEXTS and share >= _LEAST_SHARE)
    kept, changed = [], 0
    for one in corpus.utterances:
        text = plain(one.text, transcription, by_convention)
        reason, detail = _fault(one.text, text, by_convention)
        if reason:
            corpus.reject(one.id, reason, f"{one.path}: {detail} in {one.text!r}")
            continue
        changed += text != one.text
        kept.append(replace(one, text=text))
    corpus.utterances = kept
    if changed:
        corpus.notes.append(
            f"{corpus.folder}: marks of transcription are taken out of {changed} "
            f"texts, words are as {transcription} (--transcription)"
        )


def plain(text: str, transcription: Transcription, by_convention: bool) -> str:
    """Return a text without marks; those of KsponSpeech only `by_convention`."""
    result = _SOUND.sub(" ", _TAGGED.sub(r"\1", text))
    if by_convention:
        side = 2 if transcription == "spoken" else 1
        result = _DUAL.sub(lambda both: both[side], result)
        result = _BEHIND_A_WORD.sub("", _NOISE.sub(" ", result))
    # What the marks leave between words is space; other texts keep theirs.
    return " ".join(result.split()) if result != text else text


def _fault(text: str, left: str, by_convention: bool) -> tuple[Reason | None, str]:
    """Return why `text`, of which `left` is without marks, does not tell its sound."""
    if _UNTOLD.search(text) or (by_convention and _UNINTELLIGIBLE.search(text)):
        return Reason.UNINTELLIGIBLE, "speech that its transcriber does not tell"
    if by_convention and _TORN.search(left):
        return Reason.TORN_LINE, "a mark that is not whole"
    if text and not left:
        return Reason.NO_SPEECH, "nothing but sounds"
    return None, ""


def _is_marked(text: str) -> bool:
    marks = re.search(r"(?<!\S)\(?[bnlou]/\)?(?!\S)", text)
    return marks is not None or _is_doubled(text)


def _is_doubled(text: str) -> bool:
    """Whether a word is written with digits or Latin letters and again in Hangul."""
    return any(
        re.search(r"[0-9A-Za-z%]", written) and re.fullmatch(r"[가-힣\s.,?!~]+", said)
        for written, said in _DUAL.findall(text)
    )
