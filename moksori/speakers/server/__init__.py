"""Offer speaker recognition over HTTP."""
