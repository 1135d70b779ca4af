"""Sentences of everyday Korean, made from patterns and words."""
