"""The rules that `make mutants` takes out of the runtime, and the tests that should notice."""

from tools.planted.adapters import ADAPTERS
from tools.planted.core import CORE
from tools.planted.functions import FUNCTIONS
from tools.planted.plant import Plant as Plant

PLANTED = (*CORE, *ADAPTERS, *FUNCTIONS)
