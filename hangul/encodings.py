"""Decode Korean text files: UTF-8, UTF-16 with its byte-order mark, CP949."""

_MARKS_OF_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def decode_file(content: bytes) -> str:
    """Decode the bytes of a text file; every kind of line end becomes a newline.

    Raises `UnicodeError`, with the line and byte of the first damage in one line of
    text, for what is not text in UTF-8, UTF-16 or CP949.
    """
    damage = []
    for encoding in _encodings(content):
        try:
            return _universal_lines(content.decode(encoding))
        except UnicodeDecodeError as error:
            # The encoding in which the least is wrong is the one that was meant.
            damage.append((_count_wrong(content, encoding), encoding, error.start))
    _, encoding, start = min(damage)
    before = _universal_lines(content[:start].decode(encoding, "ignore"))
    line, rest = before.count("\n") + 1, before.rpartition("\n")[2]
    byte = len(rest.encode(encoding.removesuffix("-sig"))) + 1
    raise UnicodeError(
        f"line {line}, byte {byte} is damaged, or not in UTF-8, UTF-16 or CP949"
    )


def decode_lines(content: bytes) -> list[str | UnicodeError]:
    """Decode a text file line by line: a damaged line is an error among the others.

    The encoding is the one in which the fewest lines are damaged. Raises
    `UnicodeError` as `decode_file` does for UTF-16, and where more than one line, and
    more than one in ten, is damaged.
    """
    try:
        return decode_file(content).split("\n")
    except UnicodeError:
        encodings = [one for one in _encodings(content) if one != "utf-16"]
        if not encodings:
            raise
        encoding = min(encodings, key=lambda one: _count_wrong(content, one))
        lines = [_decode_line(line, encoding) for line in _split_lines(content)]
        damaged = sum(isinstance(line, UnicodeError) for line in lines)
        if damaged > max(len(lines) / 10, 1):
            raise
        return lines


def _encodings(content: bytes) -> tuple[str, ...]:
    marked = content.startswith(_MARKS_OF_UTF16)
    return ("utf-16",) if marked else ("utf-8-sig", "cp949")


def _count_wrong(content: bytes, encoding: str) -> int:
    return content.decode(encoding, "replace").count("\ufffd")


def _split_lines(content: bytes) -> list[bytes]:
    """Split at line ends, whose bytes are part of no letter in UTF-8 and CP949."""
    return content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")


def _decode_line(line: bytes, encoding: str) -> str | UnicodeError:
    try:
        return line.decode(encoding)
    except UnicodeDecodeError as error:
        name = encoding.removesuffix("-sig").upper()
        return UnicodeError(f"byte {error.start + 1} is damaged, or not in {name}")


def _universal_lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
