"""Who speaks: voices as vectors that can be compared."""
