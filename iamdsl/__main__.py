"""`python -m iamdsl`."""

import sys

from iamdsl.cli import main

sys.exit(main())
