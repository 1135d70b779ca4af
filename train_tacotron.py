"""Train the acoustic model: features -> logs/<run>."""

import sys

from moksori.commands.train_tacotron import main

if __name__ == "__main__":
    sys.exit(main())
