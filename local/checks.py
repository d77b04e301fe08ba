"""What the machine must have, checked before any work, each with what to do about it."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

from local.problems import LaptopCloudError

OLDEST_NODE: Final = 20


def check_tools(root: Path) -> None:
    """Refuse a machine without Node.js, npm or the installed CDK command line."""
    node = shutil.which("node")
    if node is None:
        raise LaptopCloudError(
            f"Node.js is missing; the CDK needs version {OLDEST_NODE} or newer.\n"
            "  Install it from https://nodejs.org or with your package manager."
        )
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    check_node_version(version.stdout.strip())
    if shutil.which("npm") is None:
        raise LaptopCloudError("npm is missing. It comes with Node.js: https://nodejs.org")
    if not (root / "node_modules" / ".bin" / "cdk").exists():
        raise LaptopCloudError("The CDK command line is not installed. Run: npm ci")
    if not (root / "openapi.json").exists():
        raise LaptopCloudError("openapi.json is missing. Run: make openapi")


def check_node_version(version: str) -> None:
    """Refuse what `node --version` prints for a version that is too old."""
    found = re.match(r"v(\d+)\.", version)
    if found is None or int(found[1]) < OLDEST_NODE:
        raise LaptopCloudError(
            f"Node.js {version or 'of an unknown version'} is too old; the CDK needs version "
            f"{OLDEST_NODE} or newer.\n  Install it from https://nodejs.org."
        )
