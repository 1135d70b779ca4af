"""Corpora in, features out: readers, the feature store, batches."""
