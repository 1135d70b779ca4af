"""Corpora as people find them, read into utterances."""
