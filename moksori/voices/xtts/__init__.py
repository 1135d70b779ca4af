"""Clone a voice with XTTS: weights, reference recordings, voice files."""
