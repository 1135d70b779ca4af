"""Make what strangers may send instead of a recording."""

import io
import pickle
import sqlite3
import struct
import zipfile
from functools import cache

import numpy as np
import soundfile

from tests.speakers.fake import RATE, voice

FORMATS = {
    **{"wav": "PCM_16", "flac": "PCM_16", "ogg": "VORBIS", "mp3": "MPEG_LAYER_III"},
    **{"aiff": "PCM_16", "au": "PCM_16", "caf": "PCM_16", "w64": "PCM_16"},
}
VIDEO = {"mp4": "aac", "matroska": "libopus", "adts": "aac", "avi": "pcm_s16le"}


@cache
def recording(form: str) -> bytes:
    """Return two good seconds in a format of libsndfile's or FFmpeg's."""
    wave, file = voice(440, 2.0), io.BytesIO()
    if form in FORMATS:
        soundfile.write(file, wave, RATE, FORMATS[form], format=form.upper())
        return file.getvalue()
    return encoded(form, VIDEO[form], [wave])


def encoded(form: str, codec: str, waves, rate: int = RATE, layout="mono") -> bytes:
    """Encode waves [samples], one after another, the same in every channel."""
    import av

    file = io.BytesIO()
    with av.open(file, "w", form) as container:
        stream = container.add_stream(codec, rate=rate, layout=layout)
        channels = stream.layout.nb_channels
        for number, wave in enumerate(waves):
            planes = np.repeat(wave[None], channels, axis=0)
            frame = av.AudioFrame.from_ndarray(planes, "fltp", layout)
            frame.sample_rate, frame.pts = rate, number * len(wave)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def wav(data: bytes = bytes(8000), **fields: int) -> bytes:
    """Return a wav whose header says what it is told to: form (1 PCM, 3 float),
    channels, rate, bits; the sizes `size` and `riff` may lie."""
    form, channels = fields.get("form", 1), fields.get("channels", 1)
    rate, bits = fields.get("rate", RATE), fields.get("bits", 16)
    block = channels * bits // 8 & 0xFFFF
    second = rate * block & 0xFFFFFFFF
    about = struct.pack("<HHIIHH", form, channels, rate, second, block, bits)
    size = struct.pack("<I", fields.get("size", len(data)))
    riff = struct.pack("<I", fields.get("riff", 36 + len(data)))
    return b"RIFF" + riff + b"WAVEfmt \x10\0\0\0" + about + b"data" + size + data


def cut_short() -> dict[str, bytes]:
    """Return recordings of each format that end early, or are damaged inside."""
    found = {}
    for form in (*FORMATS, *VIDEO):
        whole = recording(form)
        for count in (1, 4, 12, 40, 100, len(whole) // 3, len(whole) - 100):
            found[f"{form} cut at {count}"] = whole[:count]
        middle = len(whole) // 2
        found[f"{form} with a hole"] = whole[:200] + bytes(middle) + whole[middle:]
        noise = np.random.default_rng(len(whole)).bytes(len(whole))
        found[f"{form} of noise"] = whole[:64] + noise
    return found


def lying_headers() -> dict[str, bytes]:
    """Return wavs whose headers say what cannot be, or what nobody needs."""
    found = {}
    rates = 0, 1, 7, 100, 3999, 655_350, 10**6, 2**31 - 1, 2**31, 4 * 10**9, 2**32 - 1
    for rate in rates:
        found[f"rate {rate}"] = wav(rate=rate)
    for channels in (0, 3, 255, 256, 1024, 1025, 65_535):
        found[f"{channels} channels"] = wav(channels=channels)
    for bits in (0, 1, 7, 9, 24, 33, 64, 65_535):
        found[f"{bits} bits"] = wav(bits=bits)
    for form in (0, 2, 6, 17, 85, 0xFFFE, 0xFFFF):
        found[f"form {form}"] = wav(form=form)
    for size in (0, 1, 8001, 2**31 - 1, 2**31, 2**32 - 1):
        found[f"size {size}"] = wav(size=size)
        found[f"riff {size}"] = wav(riff=size)
    for value in (np.nan, np.inf, -np.inf, 3e38, 1e-42):
        samples = np.full(RATE * 2, value, "<f4").tobytes()
        found[f"float {value}"] = wav(samples, form=3, bits=32)
    for count in (0, 1, 2, 3, 100):
        found[f"{count} bytes"] = wav(bytes(count))
    return found


def other_files() -> dict[str, bytes]:
    """Return files of other kinds: archives, programs, pickles, playlists."""
    archive, arrays, database = io.BytesIO(), io.BytesIO(), sqlite3.connect(":memory:")
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a.wav", recording("wav"))
    np.save(arrays, np.array([{}], object), allow_pickle=True)
    database.execute("CREATE TABLE speaker (id)")
    magic = {
        "empty": b"",
        "zip": archive.getvalue(),
        "npy of a pickle": arrays.getvalue(),
        "pickle": pickle.dumps({"name": [0.1] * 192}),
        "sqlite": database.serialize(),
        "pdf": b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF\n" * 9,
        "png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xff\xff\0\0\xff\xff\x08\2\0\0\0" * 9,
        "elf": b"\x7fELF\2\1\1\0" + bytes(8) + b"\2\0>\0\1\0\0\0" + bytes(900),
        "html": b"<!doctype html><audio src=x>" * 40,
        "zeros": bytes(5000),
        "ones": b"\xff" * 5000,
        "text": "안녕하세요\n".encode() * 99,
        "nul": b"\0",
    }
    for size in (10, 1000, 60_000):
        magic[f"{size} random bytes"] = np.random.default_rng(size).bytes(size)
    return magic


def playlists(target: str) -> dict[str, bytes]:
    """Return files that name another file or address for FFmpeg to open."""
    lines = {
        "m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:2,\n{}\n#EXT-X-ENDLIST\n",
        "master": "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{}\n",
        "concat": "ffconcat version 1.0\nfile '{}'\n",
        "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=audio 9 {} 0\n",
        "dash": "<MPD><Period><AdaptationSet><SegmentList><SegmentURL media='{}'/>",
    }
    beside = target.rpartition("/")[2]
    named = target, f"file://{target}", "http://127.0.0.1:1/a.wav", beside
    return {
        f"{kind} of {each}": text.format(each).encode()
        for kind, text in lines.items()
        for each in named
    }


def bombs() -> dict[str, bytes]:
    """Return small files that stand for more sound than a memory holds."""
    second = encoded("adts", "aac", [np.zeros(RATE, np.float32)])
    frame = second[second.rindex(b"\xff\xf1") :]
    loud = io.BytesIO()
    form = {"samplerate": 655_350, "channels": 8, "format": "FLAC", "subtype": "PCM_16"}
    with soundfile.SoundFile(loud, "w", **form) as file:
        for _ in range(26):
            file.write(np.zeros((655_350, 8), np.int16))
    return {
        "ten hours": frame * (10 * 3600 * RATE // 1024),
        "eight channels at 655 kHz": loud.getvalue(),
    }
