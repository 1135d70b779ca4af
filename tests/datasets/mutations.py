"""Corpora of every layout, and the damage that files meet on their way to a user."""

import unicodedata
from collections.abc import Callable
from pathlib import Path

import numpy as np

from moksori.audio.files import SUFFIXES
from tests.datasets.made import TEXTS, write_json, write_sound, write_text

Random = np.random.Generator
COUNT = 3


def sounds(folder: Path, pattern: str) -> list[Path]:
    """Write a second of sound for each text; `pattern` takes the number."""
    names = [folder / pattern.format(number) for number in range(COUNT)]
    return [write_sound(name, seed) for seed, name in enumerate(names)]


def kss(folder: Path) -> None:
    sounds(folder, "1/1_000{}.wav")
    lines = [f"1/1_000{n}.wav|{t}|{t}|{t}|1|hi" for n, t in _texts()]
    write_text(folder / "transcript.v.1.4.txt", "\n".join(lines))


def ljspeech(folder: Path) -> None:
    sounds(folder, "wavs/소리{}.wav")
    lines = [f"소리{number}|{text}|{text}" for number, text in _texts()]
    write_text(folder / "metadata.csv", "\n".join(lines))


def zeroth(folder: Path) -> None:
    sounds(folder, "003/104/104_003_000{}.wav")
    lines = [f"104_003_000{number} {text}" for number, text in _texts()]
    write_text(folder / "003/104/104_003.trans.txt", "\n".join(lines))


def transcripts(folder: Path) -> None:
    sounds(folder, "민지/소리{}.wav")
    lines = [f"소리{number}.wav\t민지\t{text}" for number, text in _texts()]
    write_text(folder / "transcripts.tsv", "\n".join(lines))


def json_table(folder: Path) -> None:
    sounds(folder, "audio/소리{}.wav")
    table = {f"audio/소리{number}.wav": text for number, text in _texts()}
    write_json(folder / "alignment.json", table)


def aihub(folder: Path) -> None:
    for sound, (_, text) in zip(sounds(folder, "원천/{}.wav"), _texts(), strict=True):
        label = {"전사정보": {"TransLabelText": text}}
        write_json(folder / "라벨" / f"{sound.stem}.json", label)


def pairs(folder: Path) -> None:
    for sound, (_, text) in zip(sounds(folder, "민지/말{}.wav"), _texts(), strict=True):
        write_text(sound.with_suffix(".txt"), text)


def subtitles(folder: Path) -> None:
    write_sound(folder / "긴.wav", 0, seconds=3.3)
    cues = [
        f"{number + 1}\n00:00:0{number},000 --> 00:00:0{number + 1},000\n{text}\n"
        for number, text in _texts()
    ]
    write_text(folder / "긴.srt", "\n".join(cues))


LAYOUTS: tuple[Callable[[Path], None], ...] = (
    kss,
    ljspeech,
    zeroth,
    transcripts,
    json_table,
    aihub,
    pairs,
    subtitles,
)


def _texts():
    return enumerate(TEXTS[:COUNT])


# Damage to the bytes of any file.


def flip(data: bytes, random: Random) -> bytes:
    """Set one to eight bytes, one of four of them among the first hundred."""
    held = bytearray(data)
    for _ in range(int(random.integers(1, 9)) if held else 0):
        end = min(len(held), 100) if random.random() < 0.25 else len(held)
        held[int(random.integers(end))] = int(random.integers(256))
    return bytes(held)


def cut(data: bytes, random: Random) -> bytes:
    return data[: int(random.integers(len(data) + 1))]


def insert(data: bytes, random: Random) -> bytes:
    place = int(random.integers(len(data) + 1))
    return data[:place] + random.bytes(int(random.integers(1, 40))) + data[place:]


def drop(data: bytes, random: Random) -> bytes:
    begin, end = sorted(random.integers(len(data) + 1, size=2).tolist())
    return data[:begin] + data[end:]


def twice(data: bytes, random: Random) -> bytes:
    return data + data


def empty(data: bytes, random: Random) -> bytes:
    return b""


ANY = (flip, cut, insert, drop, twice, empty)


# Damage to text.


def encode(data: bytes, random: Random) -> bytes:
    """Write the text in another encoding, or as UTF-8 that was taken for Latin-1."""
    text = data.decode("utf-8", "replace")
    name = str(random.choice(["cp949", "utf-16", "utf-8-sig", "utf-16-le", "mojibake"]))
    if name == "mojibake":
        return data.decode("latin-1").encode("utf-8")
    return text.encode(name, "replace")


def decompose(data: bytes, random: Random) -> bytes:
    return unicodedata.normalize("NFD", data.decode("utf-8", "replace")).encode()


def end_lines(data: bytes, random: Random) -> bytes:
    ends = [b"\r", b"\r\n", b"\n\n", b"\t\n", b" \n", b"|\n"]
    return data.replace(b"\n", ends[int(random.integers(len(ends)))])


def separate(data: bytes, random: Random) -> bytes:
    """Exchange the separator of the columns for another."""
    marks = [b"|", b"\t", b",", b";", b"  "]
    one, other = random.choice(len(marks), size=2, replace=False)
    return data.replace(marks[one], marks[other])


def swap_columns(data: bytes, random: Random) -> bytes:
    """Exchange two columns of every line."""
    mark = max((b"|", b"\t", b","), key=data.count)
    rows = [line.split(mark) for line in data.split(b"\n")]
    for row in rows:
        one, other = random.integers(max(map(len, rows)), size=2)
        if max(one, other) < len(row):
            row[one], row[other] = row[other], row[one]
    return b"\n".join(mark.join(row) for row in rows)


def quote(data: bytes, random: Random) -> bytes:
    mark = max((b"|", b"\t", b","), key=data.count)
    rows = [line.split(mark) for line in data.split(b"\n")]
    return b"\n".join(mark.join(b'"' + f + b'"' for f in row) for row in rows)


def shuffle_lines(data: bytes, random: Random) -> bytes:
    lines = data.split(b"\n")
    return b"\n".join(lines[i] for i in random.permutation(len(lines)))


TEXT = (
    encode,
    decompose,
    end_lines,
    separate,
    swap_columns,
    quote,
    shuffle_lines,
)


# Damage to a folder.


def rename(path: Path, random: Random) -> None:
    """Decompose a name, or write it or its suffix in capitals."""
    name = path.name
    names = [
        unicodedata.normalize("NFD", name),
        name.upper(),
        path.stem + path.suffix.upper(),
        path.stem + (".flac" if path.suffix == ".wav" else ".text"),
    ]
    path.rename(path.with_name(names[int(random.integers(len(names)))]))


def remove(path: Path, random: Random) -> None:
    path.unlink()


def copy(path: Path, random: Random) -> None:
    """Leave a copy beside it, as file managers do."""
    path.with_name(f"{path.stem} (1){path.suffix}").write_bytes(path.read_bytes())


def bury(path: Path, random: Random) -> None:
    """Move it one folder further down."""
    inner = path.parent / "속"
    inner.mkdir(exist_ok=True)
    path.rename(inner / path.name)


PLACE = (rename, remove, copy, bury)


def mutate(folder: Path, random: Random) -> str:
    """Damage one to three files below a folder; return what was done."""
    done = []
    for _ in range(int(random.integers(1, 4))):
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        if not files:
            break
        path = files[int(random.integers(len(files)))]
        text = path.suffix.lower() not in SUFFIXES
        choices = (*ANY, *PLACE, *(TEXT * 2 if text else ()))
        how = choices[int(random.integers(len(choices)))]
        if how in PLACE:
            how(path, random)
        else:
            path.write_bytes(how(path.read_bytes(), random))
        done.append(f"{how.__name__} {path.relative_to(folder)}")
    return "; ".join(done)
