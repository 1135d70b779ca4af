"""Estimate what a service costs a month: how many GPUs it needs, and what all is paid.

A GPU speaks one thing at a time, so that a second of speech takes the real-time factor
of a second. The default prices are those of the example that this service is measured
against: 4 GPUs, 3 web machines, 3,774.82 US dollars a month.
"""

import math
from dataclasses import dataclass, fields

HOURS_A_MONTH = 730
EXAMPLE_GPUS = 4
_SECONDS_AN_HOUR = 3600


class _Positive:
    def __post_init__(self):
        for field in fields(self):
            value = getattr(self, field.name)
            if not 0 <= value < math.inf:
                name = field.name.replace("_", " ")
                raise ValueError(f"{name} cannot be {value:g}; give a number from 0 on")


@dataclass(frozen=True)
class Load(_Positive):
    """Describe what is asked of the service in a month.

    `characters` are those of one request, as quotas count them. `utilisation` is the
    share of its paid time in which a GPU speaks: below 1, since requests come in waves.
    Raises `ValueError` for what cannot be.
    """

    requests: int = 1_000_000
    characters: float = 100.0
    seconds_per_character: float = 0.15
    utilisation: float = 0.5

    def __post_init__(self):
        super().__post_init__()
        if not 0 < self.utilisation <= 1:
            raise ValueError(
                f"utilisation is above 0 up to 1, not {self.utilisation:g}"
            )

    @property
    def speech_hours(self) -> float:
        """Return the hours of speech that are made in a month."""
        seconds = self.requests * self.characters * self.seconds_per_character
        return seconds / _SECONDS_AN_HOUR

    def gpus_needed(self, real_time_factor: float) -> int:
        """Count the GPUs that speak all of it, one at least.

        `real_time_factor` is the seconds that one needs for a second of speech.
        """
        if not 0 < real_time_factor < math.inf:
            raise ValueError(f"a real-time factor is above 0, not {real_time_factor:g}")
        hours = self.speech_hours * real_time_factor
        # What is exact on paper must not become one more by rounding.
        return max(math.ceil(round(hours / self._hours_of_one, 9)), 1)

    def slowest_factor(self, gpus: int) -> float:
        """Return the real-time factor up to which so many GPUs suffice."""
        return gpus * self._hours_of_one / max(self.speech_hours, 1e-9)

    @property
    def _hours_of_one(self) -> float:
        return HOURS_A_MONTH * self.utilisation


@dataclass(frozen=True)
class Prices(_Positive):
    """Hold what is paid, in one currency: by the hour for each GPU and web machine, by
    the month for the rest. Raises `ValueError` for a negative one."""

    gpu_hour: float = 1.006
    web_hour: float = 0.17
    webs: int = 3
    database: float = 200.0
    redis: float = 150.0
    storage: float = 115.0

    def monthly(self, gpus: int) -> dict[str, float]:
        """Return what is paid a month for every item, with so many GPUs."""
        return {
            "GPUs": gpus * self.gpu_hour * HOURS_A_MONTH,
            "web machines": self.webs * self.web_hour * HOURS_A_MONTH,
            "database": self.database,
            "Redis": self.redis,
            "storage and traffic": self.storage,
        }


@dataclass(frozen=True)
class Cost:
    """State the cost of a load on `gpus` of them, of which so many are `needed`, or
    None where that is not known; `items` are monthly amounts."""

    load: Load
    gpus: int
    needed: int | None
    items: dict[str, float]

    @property
    def month(self) -> float:
        """Return the sum of all items."""
        return sum(self.items.values())

    @property
    def request(self) -> float:
        """Return the cost of a request; infinite where there is none."""
        return self.month / self.load.requests if self.load.requests else math.inf

    @property
    def thousand_characters(self) -> float:
        """Return the cost of 1,000 characters; infinite where there are none."""
        characters = self.load.characters
        return 1000 * self.request / characters if characters else math.inf

    def capacity(self) -> str:
        """Say in a line whether the GPUs suffice, or for what they would."""
        made = f"{self.load.speech_hours:,.0f} hours of speech"
        if self.needed is None:
            factor = self.load.slowest_factor(self.gpus)
            return f"{made}: GPUs suffice up to a real-time factor of {factor:.2f}"
        enough = "enough" if self.gpus >= self.needed else "too few"
        return f"{made}: GPUs needed: {self.needed}; paid for: {self.gpus}, {enough}"

    def figures(self) -> dict[str, float | int | None]:
        """Return everything by name, for JSON; None is what is unknown or infinite."""
        found = {
            "month": round(self.month, 2),
            "request": round(self.request, 6),
            "thousand_characters": round(self.thousand_characters, 6),
            "speech_hours": round(self.load.speech_hours, 1),
            "gpus": self.gpus,
            "gpus_needed": self.needed,
        }
        return {n: None if v == math.inf else v for n, v in found.items()}


def estimate(
    load: Load,
    prices: Prices,
    real_time_factor: float | None = None,
    gpus: int | None = None,
) -> Cost:
    """Return the cost of a load on so many GPUs.

    Without a number of them it is on as many as are needed; without a factor either, on
    those of the example. Raises `ValueError` for less than one.
    """
    needed = None if real_time_factor is None else load.gpus_needed(real_time_factor)
    if gpus is None:
        gpus = needed or EXAMPLE_GPUS
    if gpus < 1:
        raise ValueError(f"GPUs cannot be {gpus}; give 1 or more")
    return Cost(load, gpus, needed, prices.monthly(gpus))
