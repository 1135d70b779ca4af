"""Metrics on arrays; nothing here knows where they come from."""
