"""What differs where the cloud is an emulator on this machine; used only beside a [laptop] section."""

import platform
import sys
from pathlib import Path
from typing import Final

from aws_cdk import aws_lambda as lambda_

from skyferry_cdk.environment_sections import Laptop
from skyferry_cdk.scan_gate import CustomScan
from skyferry_cdk.service_settings import FunctionSettings

_SCANNER: Final = Path(__file__).parents[2] / "local" / "scanner"


def scan_stand_in() -> CustomScan:
    """A scanner that knows one virus, the harmless EICAR test file, and reports as GuardDuty does."""
    return CustomScan(
        code=lambda_.Code.from_asset(str(_SCANNER), exclude=["__pycache__"]),
        handler="index.handler",
    )


def on_this_machine(settings: FunctionSettings, laptop: Laptop) -> FunctionSettings:
    """The emulator runs the functions with this machine's own Python, on its own processor."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    arm = platform.machine().lower() in {"arm64", "aarch64"}
    return FunctionSettings(
        runtime=lambda_.Runtime(version, lambda_.RuntimeFamily.PYTHON, supports_inline_code=True),
        architecture=lambda_.Architecture.ARM_64 if arm else lambda_.Architecture.X86_64,
        memory_mb=settings.memory_mb,
        log_level=settings.log_level,
        log_retention=settings.log_retention,
        log_removal_policy=settings.log_removal_policy,
        tracing=False,
        extra_environment={
            "AWS_ENDPOINT_URL": laptop.aws_endpoint_url,
            "AWS_ENDPOINT_URL_S3": laptop.aws_endpoint_url,
            "AWS_ENDPOINT_URL_SESV2": laptop.ses_endpoint_url,
            "POWERTOOLS_TRACE_DISABLED": "true",
        },
    )
