"""`python -m dynamics_xero.cli`: the same as the command `dynamics-xero`."""

from __future__ import annotations

import sys

from dynamics_xero.cli import main

sys.exit(main())
