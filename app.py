"""Serve voices on this machine, at http://127.0.0.1:5000."""

import sys

from moksori.commands.serve import main

if __name__ == "__main__":
    sys.exit(main())
