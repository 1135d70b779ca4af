"""The feature store: built by parts, read by trainings."""
