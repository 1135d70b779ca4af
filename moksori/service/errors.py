"""Define how a job ends other than well."""


class JobError(Exception):
    """End a job as failed, without another try: another would fail as well."""

    def __init__(self, word: str, message: str):
        super().__init__(f"{word}: {message}")
        self.word, self.message = word, message


class Stopped(Exception):
    """Report that a worker must leave its job; raised between two pieces of it."""


class Cancelled(Stopped):
    """Report that the user, or a revoked consent, cancelled the job."""


class Superseded(Stopped):
    """Report that the job was given to another worker, as this one was silent."""


class Interrupted(Stopped):
    """Report that the worker ends; the job goes back into the queue."""
