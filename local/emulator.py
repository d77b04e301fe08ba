"""The AWS emulator: its virtual environment, its process and what else is asked of it.

Everything that knows the emulator's name is here, so that another one can take its place.
"""

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Final

import httpx

from local.problems import LaptopCloudError
from local.processes import Process
from local.settings import REGION, STAGE, Settings, emulator_environment

_REQUIREMENTS: Final = Path(__file__).with_name("requirements.txt")
_START: Final = Path(__file__).with_name("unpack_once.py")


class Emulator:
    """The emulator of one laptop cloud."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def install(self) -> bool:
        """Make its virtual environment, once per requirements and Python; True when work was done.

        Functions run in this environment's Python, so it is the one the assets are bundled for.
        """
        venv = self._settings.emulator_venv
        stamp = venv / ".installed"
        wanted = _installation()
        if stamp.exists() and stamp.read_text() == wanted:
            return False
        self._settings.logs.mkdir(parents=True, exist_ok=True)
        log = self._settings.logs / "install-emulator.log"
        uv = [sys.executable, "-m", "uv", "--no-config"]
        with log.open("w") as out:
            for command in (
                [*uv, "venv", "--clear", "--python", sys.executable, str(venv)],
                [*uv, "pip", "install", "--python", str(venv), "-r", str(_REQUIREMENTS)],
            ):
                if subprocess.run(command, stdout=out, stderr=out, check=False).returncode:
                    raise LaptopCloudError(
                        "The emulator could not be installed. The end of "
                        f"{self._settings.state.name}/logs/{log.name}:\n"
                        + "\n".join(log.read_text().splitlines()[-12:])
                    )
        stamp.write_text(wanted)
        return True

    def process(self) -> Process:
        """Its background process."""
        environment = emulator_environment(self._settings)
        return Process(
            name="emulator",
            # -P: the modules beside the program are not the emulator's.
            command=[str(self._settings.emulator_venv / "bin" / "python"), "-P", str(_START)],
            environment=environment,
            port=self._settings.emulator_port,
            port_name="EMULATOR",
            fingerprint=f"{_installation()}:{self._settings.emulator_port}:{_START.read_text()}",
            directory=self._settings.scratch,
            state=self._settings.state,
            ready=self.healthy,
            # Its own clean-up removes each function's files, for minutes after many calls; `down` does too.
            grace=0.5,
        )

    def healthy(self) -> bool:
        """Whether it answers."""
        return answers(f"{self._settings.emulator_url}/_ministack/health")

    def gateway_url(self, rest_api_id: str) -> str:
        """Address of a deployed REST API's stage, without a trailing slash."""
        return f"{self._settings.emulator_url}/restapis/{rest_api_id}/{STAGE}/_user_request_"


def answers(url: str, timeout: float = 2.0) -> bool:
    """Whether a GET succeeds in time. A proxy the person has set is not asked: it is a loopback address."""
    try:
        return httpx.get(url, timeout=timeout, trust_env=False).is_success
    except httpx.TransportError:
        return False


def _installation() -> str:
    """Stands for everything that decides what is installed and how it is started."""
    parts = f"{sys.version}|{sys.executable}|{REGION}|{_REQUIREMENTS.read_text()}"
    return hashlib.sha256(parts.encode()).hexdigest()
