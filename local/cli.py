"""The commands `up`, `run`, `status`, `logs` and `down`."""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress

from local.cloud import Cloud
from local.first_transfer import first_transfer
from local.lifecycle import LaptopCloud
from local.problems import LaptopCloudError
from local.progress import Progress
from local.settings import REGION, Settings

_ADDRESSES = """
  API          {cloud.api_url}
  Mail inbox   {cloud.inbox_url}
  AWS          {cloud.aws_endpoint_url}  (region {region}; access key and secret: test)
"""
_NEXT_STEPS = """
Try:
  export SKYFERRY_API_URL={cloud.api_url}
  export SKYFERRY_TOKEN=$(curl -s {cloud.token_url} -d subject=ada \\
    -d 'scope=transfers:read transfers:write' |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["access_token"])')
  .venv/bin/skyferry send README.md --to grace@example.com
  .venv/bin/skyferry list
  curl -H "Authorization: Bearer $SKYFERRY_TOKEN" $SKYFERRY_API_URL/transfers
  curl -s {cloud.inbox_url} | python3 -m json.tool
"""


def main(arguments: Sequence[str]) -> int:
    """Run a command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m local", description="The laptop cloud.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command in {
        "up": up,
        "run": run,
        "status": status,
        "logs": logs,
        "down": down,
    }.items():
        described = (command.__doc__ or "").partition("\n")[0]
        commands.add_parser(name, help=described).set_defaults(run=command)
    wrapped = commands.add_parser("with-cloud", help="Run a command while the laptop cloud is up.")
    wrapped.add_argument("argv", nargs="+", metavar="-- ARGUMENT")
    wrapped.set_defaults(run=None)
    chosen = parser.parse_args(arguments)
    progress = Progress()
    try:
        cloud = LaptopCloud(Settings.load(), progress)
        if chosen.run is None:
            return with_cloud(cloud, progress, chosen.argv)
        return int(chosen.run(cloud, progress))
    except LaptopCloudError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Whoever read our lines has left; the interpreter would complain of it once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130


def up(cloud: LaptopCloud, progress: Progress) -> int:
    """Start or update the laptop cloud and leave it running."""
    _describe(cloud.up(), progress)
    progress.say("It runs in the background: `make down` ends it.")
    return 0


def run(cloud: LaptopCloud, progress: Progress) -> int:
    """Start it, send a first transfer through it, and keep it up until Ctrl-C."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    progress.say("Starting Skyferry's laptop cloud. Ctrl-C ends it.\n")
    try:
        ready = cloud.up()
        link = _first_transfer(cloud, ready, progress)
        _describe(ready, progress, link)
        progress.say("Ready. Ctrl-C ends it.")
        with suppress(KeyboardInterrupt):
            while True:
                signal.pause()
    finally:
        progress.say()
        with progress.step("Shut down"):
            cloud.down()
    return 0


def _first_transfer(cloud: LaptopCloud, ready: Cloud, progress: Progress) -> str:
    """With what the functions logged, when it fails: they and the emulator end with this command."""
    try:
        return first_transfer(ready, progress)
    except LaptopCloudError as error:
        kept = cloud.save_function_log()
        raise LaptopCloudError(f"{error}\nWhat the functions logged is in {kept}.") from error


def logs(cloud: LaptopCloud, progress: Progress) -> int:
    """Print what the functions logged, oldest first, one JSON object a line."""
    for line in cloud.function_log():
        progress.say(line)
    return 0


def status(cloud: LaptopCloud, progress: Progress) -> int:
    """Say what runs; exit code 0 only when the cloud is ready."""
    for process in cloud.processes():
        pid = process.pid()
        progress.say(f"  {process.name:<10} port {process.port:<6} {f'pid {pid}' if pid else '-'}")
    ready = cloud.ready()
    if ready is None:
        progress.say("The laptop cloud is not up. Start it with `make up`.")
        return 3
    _describe(ready, progress)
    return 0


def down(cloud: LaptopCloud, progress: Progress) -> int:
    """End the laptop cloud; not an error when none runs."""
    progress.say("The laptop cloud has ended." if cloud.down() else "No laptop cloud was running.")
    return 0


def with_cloud(cloud: LaptopCloud, progress: Progress, argv: Sequence[str]) -> int:
    """Deploy the current code, run a command, and end the cloud if it was not up before."""
    was_up = cloud.ready() is not None
    try:
        cloud.up()
        return subprocess.run(argv, check=False).returncode
    finally:
        if not was_up:
            with progress.step("Shut down"):
                cloud.down()


def _describe(cloud: Cloud, progress: Progress, link: str | None = None) -> None:
    progress.say(
        _ADDRESSES.format(cloud=cloud, region=REGION)
        + (f"  Web page     {link}\n" if link else "")
        + _NEXT_STEPS.format(cloud=cloud)
    )
