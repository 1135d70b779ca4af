"""Clone a voice with XTTS: weights, reference recordings, consent."""
