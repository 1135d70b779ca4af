"""A training on several hosts: do the variables make sense, does the chief answer."""

import socket

from moksori.backend.cluster import ClusterSpec
from moksori.backend.errors import RunError
from moksori.doctor.findings import ERROR, OK, WARNING, Finding

_TIMEOUT = 3.0


def check_hosts() -> Finding:
    """Check the variables that name other hosts, and whether the chief answers."""
    try:
        cluster = ClusterSpec.from_environment()
    except RunError as failure:
        advice = "set them alike on every host, or unset them to train on one"
        return Finding("hosts", ERROR, str(failure), advice)
    if cluster is None:
        return Finding("hosts", OK, "one: no variable names others to train with")
    text = f"host {cluster.index} of {cluster.count}"
    if cluster.index == 0:
        return Finding("hosts", OK, f"{text}, the chief")
    host, _, port = cluster.addresses[0].rpartition(":")
    text += f"; the chief, {host}:{port},"
    try:
        socket.create_connection((host.strip("[]"), int(port)), _TIMEOUT).close()
    except ConnectionRefusedError:
        return Finding("hosts", OK, f"{text} answers, but does not listen yet")
    except (socket.gaierror, UnicodeError, OverflowError):
        advice = "name it by its address, or set up the name service"
        return Finding("hosts", ERROR, f"{text} is not a known name", advice)
    except OSError:
        advice = "look at the firewall between them, and whether the chief is up"
        return Finding("hosts", WARNING, f"{text} does not answer", advice)
    return Finding("hosts", OK, f"{text} listens")
