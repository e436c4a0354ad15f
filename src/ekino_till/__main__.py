"""`python -m ekino_till` is `ekino-till`."""

import sys

from ekino_till.command.main import main

sys.exit(main())
