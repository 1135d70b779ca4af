"""Train the vocoder: features -> logs/<run>."""

import sys

from moksori.commands.train_wavenet import main

if __name__ == "__main__":
    sys.exit(main())
