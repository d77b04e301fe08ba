"""Make two people with transfers of their own, fuzz, and print what was asked and answered."""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from local.cloud import Cloud
from local.settings import ROOT, Settings
from tools.fuzz import people, report

_TOOL = ROOT / ".local" / "contract-venv" / "bin" / "schemathesis"
_HERE = Path(__file__).parent


def _command(cloud: Cloud, folder: Path, options: argparse.Namespace) -> list[str]:
    return [
        str(_TOOL),
        f"--config-file={folder / 'schemathesis.toml'}",
        "run",
        str(ROOT / "openapi.json"),
        f"--url={cloud.api_url}",
        f"--max-examples={options.examples}",
        f"--seed={options.seed}",
        f"--workers={options.workers}",
        f"--phases={options.phases}",
        "--continue-on-failure",
        "--no-shrink",  # slow where every try is a request; the record holds each one
        "--request-timeout=60",
        "--generation-database=none",
        "--warnings=off",
        "--no-color",
        f"--report-ndjson-path={folder / 'run.ndjson'}",
    ]


def main() -> int:
    options = _options()
    cloud = Cloud.read(Settings.load().cloud_file)
    if cloud is None:
        sys.exit("The laptop cloud is not up. Start it with `make up`.")
    with tempfile.TemporaryDirectory(prefix="skyferry-fuzz-") as name:
        folder = Path(name)
        people.prepare(cloud, folder)
        for each in ("schemathesis.toml", "checks.py"):
            shutil.copy(_HERE / each, folder)
        environment = {**os.environ, "SCHEMATHESIS_HOOKS": "checks", "PYTHONPATH": str(folder)}
        done = subprocess.run(
            _command(cloud, folder, options), cwd=folder, env=environment, check=False
        )
        if not (folder / "run.ndjson").exists():
            return done.returncode
        found = report.read(folder / "run.ndjson")
        if options.keep:
            shutil.copy(folder / "run.ndjson", options.keep)
    print(found.text())
    return int(bool(done.returncode or found.faults()))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.fuzz", description=__doc__)
    parser.add_argument("--examples", type=int, default=40, help="tries per operation and phase")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--workers", type=int, default=1, help="threads; CPython 3.11 errs with many"
    )
    parser.add_argument("--phases", default="examples,coverage,fuzzing,stateful")
    parser.add_argument("--keep", type=Path, help="where to leave the record of every request")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
