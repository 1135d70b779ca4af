"""Bound connections: how many one address may hold, and how long a request may take."""

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

from moksori.speakers.server.keys import LOOPBACK

# A request whose head does not come in this time is not waited for.
HEAD_SECONDS = 10.0
_TOO_MANY = (
    b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 10\r\n"
    b"content-type: text/plain\r\ncontent-length: 31\r\n\r\n"
    b"too many connections from here\n"
)


class Connection(H11Protocol):
    """Speak HTTP/1.1 on a connection, as uvicorn does, and give up what is slow.

    Uvicorn waits for the head of a request for ever, and so anybody could hold all of
    its connections (Slowloris). Of `limit_concurrency` connections one address holds a
    tenth at most, unless it is this machine or a proxy speaks for others.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Take a connection, or answer 503 to one too many."""
        super().connection_made(transport)
        self._late: asyncio.TimerHandle | None = None
        if self._too_many():
            transport.write(_TOO_MANY)
            transport.close()
        else:
            self._wait()

    def data_received(self, data: bytes) -> None:
        """Read, and stop waiting once a request has come."""
        super().data_received(data)
        self._wait()

    def connection_lost(self, error: Exception | None) -> None:
        """Forget a connection."""
        super().connection_lost(error)
        self._stop_waiting()

    def _wait(self) -> None:
        """Bound the time in which nothing is answered; what idles uvicorn bounds."""
        # A WebSocket has left the set; another class reads it.
        ours = self in self.connections and self.timeout_keep_alive_task is None
        if not ours or not (self.cycle is None or self.cycle.response_complete):
            self._stop_waiting()
        elif self._late is None:
            self._late = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _too_many(self) -> bool:
        if self.limit_concurrency is None or self.config.proxy_headers:
            return False
        host = self.client[0] if self.client else LOOPBACK[0]
        held = sum(each.client and each.client[0] == host for each in self.connections)
        return host not in LOOPBACK and held > self.limit_concurrency // 10
