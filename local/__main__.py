"""`python -m local`: refuses an old Python in words, before anything newer is imported."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - an old Python gets this far
    sys.exit("Skyferry needs Python 3.11 or newer; this is Python " + sys.version.split()[0] + ".")

from local.cli import main

sys.exit(main(sys.argv[1:]))
