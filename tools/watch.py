"""Runs a file or folder of tests now and at each save, in processes that have imported moto and botocore
already: that takes longer than the tests of one handler. Those marked `thorough` are left out."""

import sys
import time
from contextlib import suppress
from importlib.util import cache_from_source
from itertools import chain
from multiprocessing import get_context
from pathlib import Path

import pytest

# None of it is Skyferry's: what somebody edits is imported by each run.
_PRELOADED = [
    "pytest",
    "pydantic.main",
    "pydantic.type_adapter",
    "aws_lambda_powertools",
    "moto.dynamodb.responses",
    "moto.iam.models",
    "moto.kms.responses",
    "moto.s3.responses",
    "moto.sqs.responses",
]
_WATCHED = ("runtime", "client", "ops", "stacks", "tests")


def main() -> None:
    # Here, because each run imports this file: pytest refuses a plugin's module, anyio, that is there before.
    from watchfiles import PythonFilter, watch

    processes = get_context("forkserver")
    processes.set_forkserver_preload(_PRELOADED)
    # What failed comes first: whoever mends something sees at once whether it is.
    arguments = ["-q", "--failed-first", "-m", "not thorough", "-p", "no:hypothesispytest"]
    arguments += sys.argv[1:]
    # An empty set each tenth of a second: the first says that it watches, so that no save is missed.
    changes = watch(*_WATCHED, watch_filter=PythonFilter(), rust_timeout=100, yield_on_timeout=True)
    next(changes)
    with suppress(KeyboardInterrupt):
        for saved in chain([()], filter(None, changes)):
            started = time.monotonic()
            for _, file in saved:
                # Valid is what has the file's second and size: a digit mended at once would not be seen.
                Path(cache_from_source(file)).unlink(missing_ok=True)
            run = processes.Process(target=pytest.main, args=(arguments,))
            run.start()
            run.join()
            print(f"{time.monotonic() - started:.1f} s with the start", flush=True)


if __name__ == "__main__":
    main()
