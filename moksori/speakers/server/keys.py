"""Check the keys of a server's clients, of which it keeps hashes alone."""

import hashlib
import hmac
from pathlib import Path

LOOPBACK = ("127.0.0.1", "::1", "localhost")
_LEAST_LETTERS = 16
_HASHED = "sha256:"


class Keys:
    """Hold the SHA-256 of keys; without any, everybody on this machine may ask."""

    def __init__(self, hashes: list[str] = ()):
        self._hashes = list(hashes)

    @classmethod
    def read(cls, path: Path | None = None, key: str | None = None) -> "Keys":
        """Read keys, one a line, or their hashes as sha256:HEX, and add `key`.

        Raises `ValueError` for a key that is easily guessed and for a file of none.
        """
        lines = [] if path is None else path.read_text("utf-8").split("\n")
        lines = [line.strip() for line in lines if line.strip()]
        if path is not None and not lines:
            raise ValueError(f"{path} holds no key")
        return cls([_hash(each) for each in [*lines, *filter(None, [key])]])

    def __bool__(self) -> bool:
        return bool(self._hashes)

    def admit(self, key: str | None) -> bool:
        """Whether a client with this key may ask."""
        if not self._hashes:
            return True
        given = hashlib.sha256((key or "").encode()).hexdigest()
        # All are compared, so that the time says nothing.
        return sum(hmac.compare_digest(given, each) for each in self._hashes) > 0

    def check_host(self, host: str) -> None:
        """Raise `ValueError` where strangers could ask without a key."""
        if not self._hashes and host not in LOOPBACK:
            raise ValueError(
                f"without a key only this machine is served, not {host}: --api-key-file"
            )


def _hash(key: str) -> str:
    if key.startswith(_HASHED):
        digest = key.removeprefix(_HASHED).lower()
        if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
            raise ValueError("sha256: is followed by 64 hexadecimal digits")
        return digest
    if len(key) < _LEAST_LETTERS:
        raise ValueError(f"a key has {_LEAST_LETTERS} characters and more")
    return hashlib.sha256(key.encode()).hexdigest()
