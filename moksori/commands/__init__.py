"""One file a command: what is asked for, and the story of how it is done."""
