"""Make features from recordings and their texts."""

import sys

from moksori.commands.preprocess import main

if __name__ == "__main__":
    sys.exit(main())
