"""Serve speaker recognition over HTTP."""

import argparse
import os
from pathlib import Path

from moksori.commands.opening import add_following, following, open_recognizer
from moksori.commands.people import note

_MOST_CONNECTIONS = 100


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the server."""
    here = "the address to serve (%(default)s: this machine alone)"
    parser.add_argument("--host", default="127.0.0.1", help=here)
    parser.add_argument("--port", type=_port, default=8000, help="(%(default)s)")
    same = "the registry, as other programs call it"
    parser.add_argument("--embeddings", type=Path, metavar="FILE", help=same)
    lines = "keys of clients, one a line, or sha256:HEX of them"
    parser.add_argument("--api-key-file", type=Path, metavar="FILE", help=lines)
    visible = "one key; other users can see it in ps"
    parser.add_argument("--api-key", metavar="KEY", help=visible)
    add_following(parser)


def _port(text: str) -> int:
    """Convert a flag to a port; 0 takes any that is free."""
    if not 0 <= int(text) <= 65_535:
        raise argparse.ArgumentTypeError("is not from 0 to 65535")
    return int(text)


def serve(arguments: argparse.Namespace) -> int:
    """Serve until Ctrl-C."""
    import uvicorn

    from moksori.speakers.server.app import create_app
    from moksori.speakers.server.connections import Connection
    from moksori.speakers.server.keys import Keys
    from moksori.speakers.server.live import MOST_BYTES

    keys = Keys.read(arguments.api_key_file, arguments.api_key)
    keys.check_host(arguments.host)
    if arguments.api_key:
        note("speakers: --api-key can be seen in ps; --api-key-file cannot")
    path = arguments.embeddings or arguments.registry
    recognizer = open_recognizer(path, arguments.encoder, create=True)
    recognizer = following(recognizer, arguments)
    count = len(recognizer.registry.speakers())
    note(f"speakers: {count} enrolled, at http://{arguments.host}:{arguments.port}")
    app = create_app(recognizer, keys)
    uvicorn.run(
        app,
        host=arguments.host,
        port=arguments.port,
        http=Connection,
        # Each may hold a body of ten megabytes in memory.
        limit_concurrency=_MOST_CONNECTIONS,
        proxy_headers="FORWARDED_ALLOW_IPS" in os.environ,
        log_level="warning",
        ws_max_size=MOST_BYTES,
    )
    return 0
