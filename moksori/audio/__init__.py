"""Sound as arrays: reading and writing files, levels, spectrograms and back."""
