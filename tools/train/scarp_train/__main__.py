"""Command line: `python -m scarp_train --help`."""

import sys

from .cli import main

sys.exit(main())
