"""Recognise speakers: find speech, encode it, compare it."""
