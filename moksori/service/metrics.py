"""Measure requests and jobs for Prometheus, on a port that users do not reach.

What several processes share, the queue, is asked of the database at each scrape; what
one process did, it counts itself.
"""

from prometheus_client import REGISTRY, Counter, Histogram, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import func, select

from moksori.service.database import Database
from moksori.service.settings import Settings
from moksori.service.tables import CANCELLING, QUEUED, RUNNING, Job

_SECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)
_JOB = "type", "tier", "user_id"

_by_user = False

REQUESTS = Counter(
    "voice_http_requests", "Requests answered", ["method", "route", "status"]
)
LATENCY = Histogram(
    "voice_http_request_duration_seconds", "Time to the first byte", ["route"]
)
JOBS = Counter("voice_synthesis_requests", "Jobs that ended", [*_JOB, "status"])
DURATION = Histogram(
    "voice_synthesis_duration_seconds",
    "Seconds that a worker took for a job",
    ["type", "tier"],
    buckets=_SECONDS,
)
CHARACTERS = Counter("voice_synthesis_characters", "Characters spoken", _JOB)
SPOKEN = Counter("voice_synthesis_audio_seconds", "Seconds of sound made", _JOB)


class Queue(Collector):
    """Ask the database how many jobs wait and run, by queue."""

    def __init__(self, database: Database):
        self._database = database

    def describe(self) -> list:
        """Promise nothing: registering must not need a database."""
        return []

    def collect(self):
        """Yield the depth of every queue, and how long its oldest job waits."""
        depth = GaugeMetricFamily(
            "voice_queue_depth", "Jobs that wait or run", labels=["queue", "state"]
        )
        oldest = GaugeMetricFamily(
            "voice_queue_oldest_seconds",
            "Age of the oldest waiting job",
            labels=["queue"],
        )
        age = func.extract("epoch", func.now() - func.min(Job.queued_at))
        query = (
            select(Job.queue, Job.state, func.count(), age)
            .where(Job.state.in_((QUEUED, RUNNING, CANCELLING)))
            .group_by(Job.queue, Job.state)
        )
        with self._database.session() as session:
            for queue, state, count, seconds in session.execute(query):
                depth.add_metric([queue, state], count)
                if state == QUEUED:
                    oldest.add_metric([queue], float(seconds))
        yield from (depth, oldest)


def serve(settings: Settings, database: Database) -> None:
    """Serve /metrics in a thread, where the settings name an address for it.

    Users are told apart only where the settings say so: a series for each is much.
    """
    global _by_user
    if not settings.metrics:
        return
    _by_user = settings.metrics_by_user
    REGISTRY.register(Queue(database))
    host, _, port = settings.metrics.rpartition(":")
    start_http_server(int(port), host)


def job_ended(job: Job, sound_seconds: float) -> None:
    """Count a job that ended in this process, and how much sound it made."""
    labels = job.type, job.tier, job.user_id if _by_user else ""
    JOBS.labels(*labels, job.state).inc()
    if job.started_at:
        taken = (job.finished_at - job.started_at).total_seconds()
        DURATION.labels(job.type, job.tier).observe(taken)
    if sound_seconds:
        CHARACTERS.labels(*labels).inc(job.characters)
        SPOKEN.labels(*labels).inc(sound_seconds)


def answered(method: str, route: str, status: int, seconds: float) -> None:
    """Count a request that was answered, by its route and not by its path.

    `seconds` are those to the first byte.
    """
    LATENCY.labels(route).observe(seconds)
    REQUESTS.labels(method, route, status).inc()
