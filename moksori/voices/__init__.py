"""Voices that speak: text in, sound and what there is to know about it out.

`trained` is a voice of one's own, loaded from a run folder; `generation` runs its
model freely, `stopping` says when a line is over.
"""
