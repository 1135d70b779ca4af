"""Tell recordings that were cut off, by an interrupted copy or download, from whole
ones: by the length that their headers announce.

Whoever writes into a pipe does not know that length yet: a size of 0, or of 2 GiB and
more, or a flac of no samples, means "until the end" and announces nothing. Formats
whose duration is estimated from the size of the file (mp3 without a Xing header, aac,
amr) announce nothing either.
"""

import re
from pathlib import Path

# What may be missing: encoders pad, and some count their own header.
SLACK_SECONDS = 0.1
_ENDLESS_BYTES = 2**31 - 2**16
# libsndfile's count of frames where a header has none.
UNKNOWN_FRAMES = 2**63 - 1
# libsndfile's log of a wav, aiff or au whose header does not fit the file.
_SIZES = re.compile(r"^ *(?:data|SSND|Data Size) *: (\d+) \(should be (\d+)\)", re.M)
_OGG_PAGE, _OGG_HEADER, _OGG_LONGEST = b"OggS", 27, 65_307


def is_cut_off(end: float, announced: float | None, stop: float | None) -> bool:
    """Whether sound ends before `stop`, or None for the announced end; in seconds."""
    if announced is None:
        return False
    wanted = announced if stop is None else min(stop, announced)
    return wanted - end > SLACK_SECONDS


def announced_by_header(file, path: Path) -> float | None:
    """Return the seconds that an open `soundfile.SoundFile` should have, if it says."""
    if file.format == "MP3" and not _has_xing_header(path):
        return None
    if file.frames == UNKNOWN_FRAMES:
        return None
    if file.frames == 0 and file.format.startswith("WAV"):
        return None
    seconds = file.frames / file.samplerate
    if sizes := _SIZES.search(file.extra_info):
        announced, actual = map(int, sizes.groups())
        if actual and announced < _ENDLESS_BYTES:
            return seconds * announced / actual
    return seconds


def announced_by_container(container, stream) -> float | None:
    """Return the seconds that an open PyAV container announces for its sound."""
    if stream.codec_context.name.startswith("pcm_"):
        return stream.frames / stream.rate if stream.frames else None
    if container.format.name == "flac" and stream.duration:
        return float(stream.duration * stream.time_base)
    # With pictures, theirs may be the longer part.
    if container.format.name.startswith("matroska") and len(container.streams) == 1:
        return container.duration and container.duration / 1e6
    return None


def ends_within_ogg_page(path: Path) -> bool:
    """Whether a file is Ogg, which announces no length, and its last page is not whole.

    A page is 27 bytes, of which the last counts its segments, their sizes, and they
    (RFC 3533, section 6).
    """
    with path.open("rb") as file:
        if file.read(4) != _OGG_PAGE:
            return False
        file.seek(max(0, path.stat().st_size - 2 * _OGG_LONGEST))
        tail = file.read()
    page = tail[tail.rfind(_OGG_PAGE) :]
    if len(page) < _OGG_HEADER:
        return True
    body = _OGG_HEADER + page[_OGG_HEADER - 1]
    return len(page) < body + sum(page[_OGG_HEADER:body])


def _has_xing_header(path: Path) -> bool:
    """Whether the first frame of an mp3, behind its ID3v2 tag, counts the others."""
    with path.open("rb") as file:
        head = file.read(10)
        size = 0
        if head.startswith(b"ID3"):
            for byte in head[6:10]:  # 7 bits of each
                size = size << 7 | byte & 0x7F
            size += 10
        file.seek(size)
        frame = file.read(256)
    return b"Xing" in frame or b"Info" in frame
