"""Decode Korean text files: UTF-8, UTF-16 with its byte-order mark, CP949."""

_MARKS_OF_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def decode_file(content: bytes) -> str:
    """Decode the bytes of a text file; every kind of line end becomes a newline.

    Raises `UnicodeError`, with the line and byte of the first damage in one line of
    text, for what is not text in UTF-8, UTF-16 or CP949.
    """
    marked = content.startswith(_MARKS_OF_UTF16)
    encodings = ("utf-16",) if marked else ("utf-8-sig", "cp949")
    damage = []
    for encoding in encodings:
        try:
            return _universal_lines(content.decode(encoding))
        except UnicodeDecodeError as error:
            # The encoding in which the least is wrong is the one that was meant.
            wrong = content.decode(encoding, "replace").count("\ufffd")
            damage.append((wrong, encoding, error.start))
    _, encoding, start = min(damage)
    before = _universal_lines(content[:start].decode(encoding, "ignore"))
    line, rest = before.count("\n") + 1, before.rpartition("\n")[2]
    byte = len(rest.encode(encoding.removesuffix("-sig"))) + 1
    raise UnicodeError(
        f"line {line}, byte {byte} is damaged, or not in UTF-8, UTF-16 or CP949"
    )


def _universal_lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
