"""What ends a training on one host or on all of them."""


class RunError(RuntimeError):
    """A training cannot run as asked; the text is one clear line for the user."""


class PeerLost(RuntimeError):
    """Another host has gone, and nothing can be trained without it."""
