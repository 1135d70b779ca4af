"""Speak Korean with a trained voice: text in, wav files out."""

import sys

from moksori.commands.synthesize import main

if __name__ == "__main__":
    sys.exit(main())
