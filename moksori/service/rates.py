"""Bound how often a user may ask, in one process or, with Redis, in all of them."""

import math
import time

import structlog
from limits import RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import storage_from_string
from limits.strategies import SlidingWindowCounterRateLimiter

from moksori.service.problems import Problem
from moksori.service.settings import Settings

_log = structlog.get_logger()


class Rates:
    """Count requests by the minute.

    What is counted is the user, who stays the same whatever key, address or header a
    request has. While Redis is away requests are let through: it holds nothing else.
    """

    def __init__(self, settings: Settings):
        uri, patience = settings.redis_url or "memory://", {}
        if settings.redis_url:
            patience = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5}
        storage = storage_from_string(uri, wrap_exceptions=True, **patience)
        self._limiter = SlidingWindowCounterRateLimiter(storage)

    def hit(self, most: int, *who: str) -> None:
        """Count a request of at most `most` a minute; raises `Problem` 429."""
        per_minute = RateLimitItemPerMinute(most)
        try:
            if self._limiter.hit(per_minute, *who):
                return
            free_at = self._limiter.get_window_stats(per_minute, *who).reset_time
        except StorageError:
            _log.warning("rates_unavailable")
            return
        seconds = max(1, math.ceil(free_at - time.time()))
        raise Problem(
            429,
            "too_many_requests",
            seconds=seconds,
            headers={"Retry-After": str(seconds)},
        )
