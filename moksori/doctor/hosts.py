"""A training on several hosts: do the variables make sense, do the hosts answer."""

import os
import socket
import threading
from collections.abc import Iterator, Mapping

from moksori.doctor.findings import Finding, error, ok, warning

_PATIENCE = 3.0


def examine(
    environment: Mapping[str, str] = os.environ, patience: float = _PATIENCE
) -> Iterator[Finding]:
    """Check what `backend.cluster` reads from the environment, and its addresses."""
    from moksori.backend.cluster import ClusterSpec
    from moksori.training.runs import RunError

    try:
        cluster = ClusterSpec.from_environment(environment)
    except RunError as failure:
        advice = "set them alike on every host, or unset them to train on one"
        yield error("hosts", str(failure), advice)
        return
    if cluster is None:
        yield ok(
            "hosts", "one: no variable names others to train with", count=1, index=0
        )
        return
    text = f"host {cluster.index} of {cluster.count}"
    facts = {"count": cluster.count, "index": cluster.index}
    facts["addresses"] = cluster.addresses
    chief = cluster.addresses[0]
    if cluster.index == 0:
        yield _own(text, chief, facts)
    else:
        yield _others(text, chief, patience, facts)


def _own(text: str, address: str, facts: dict) -> Finding:
    """The first host is the one that the others call: its port must be free."""
    host, _, port = address.rpartition(":")
    try:
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("", int(port)))
    except (OSError, OverflowError) as failure:
        text = f"{text}, but port {port} cannot be had: {failure}"
        advice = "end what listens there, or choose another port on every host"
        return error("hosts", text, advice, **facts)
    text = f"{text}, which the others call at {host}, port {port} is free"
    return ok("hosts", text, **facts)


def _others(text: str, address: str, patience: float, facts: dict) -> Finding:
    answer = reach(address, patience)
    text, facts = f"{text}; the first, {address}, {_SAID[answer]}", {**facts}
    facts["answer"] = answer
    if answer == "unknown":
        advice = "name it by its address, or set up the name service"
        return error("hosts", text, advice, **facts)
    if answer == "silent":
        advice = f"look at the firewall between them, and whether {address} is up"
        return warning("hosts", text, advice, **facts)
    return ok("hosts", text, **facts)


def reach(address: str, patience: float = _PATIENCE) -> str:
    """Whether host:port is "listening", "there" (but nothing listens), "silent" or
    "unknown" (no such name); within about twice `patience` seconds."""
    host, _, port = address.rpartition(":")
    found = _resolved(host.strip("[]"), int(port), patience)
    if not found:
        return "unknown"
    try:
        socket.create_connection(found, patience).close()
    except ConnectionRefusedError:
        return "there"
    except (OSError, OverflowError):
        return "silent"
    return "listening"


_SAID = {
    "listening": "listens",
    "there": "answers, but nothing listens there yet",
    "silent": "does not answer",
    "unknown": "is not a name that is known here",
}


def _resolved(host: str, port: int, patience: float) -> tuple | None:
    """An address for a name; None where there is none, or nobody says in time."""
    found = []

    def look():
        try:
            kind = socket.SOCK_STREAM
            found.extend(socket.getaddrinfo(host, port, type=kind))
        except (OSError, UnicodeError, OverflowError):
            found.clear()

    # The name service has a patience of its own, which nobody can shorten.
    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    thread.join(patience)
    return found[0][4][:2] if found else None
