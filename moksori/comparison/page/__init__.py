"""A comparison of voices as one page to listen to."""
