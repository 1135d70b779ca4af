"""The CPU engine: a program compiled for one network."""
