"""Define what each tier may use."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Tier:
    """Bound a user: characters a month, profiles, jobs at once; None is no bound.

    `formats` are those of `moksori.audio.encoding`, the first is the usual one.
    `queue` is where the jobs wait, `priority` their rank there.
    """

    characters: int | None
    profiles: int | None
    jobs: int
    formats: tuple[str, ...]
    requests_per_minute: int
    queue: str = "voice-synthesis"
    priority: int = 0


TIERS = {
    "free": Tier(10_000, 1, 1, ("mp3",), 60),
    "pro": Tier(500_000, 10, 5, ("mp3", "wav", "flac"), 300, priority=10),
    "enterprise": Tier(
        None,
        None,
        50,
        ("mp3", "wav", "flac", "ogg"),
        3000,
        queue="voice-synthesis-enterprise",
        priority=20,
    ),
}
