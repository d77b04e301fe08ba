"""Ending a laptop cloud, and what counts as a running one."""

import io
from pathlib import Path

import pytest

from local.cloud import Cloud
from local.deployment_file import Deployment
from local.lifecycle import LaptopCloud
from local.progress import Progress
from local.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path / "state")


@pytest.fixture
def laptop_cloud(settings: Settings) -> LaptopCloud:
    settings.scratch.mkdir(parents=True)
    return LaptopCloud(settings, Progress(io.StringIO()))


def _announce(settings: Settings) -> None:
    names = ("RestApiId", "TableName", "BucketName")
    queues = ("ProcessUploadQueueUrl", "SendEmailQueueUrl", "EmailFeedbackQueueUrl")
    outputs = {"service": dict.fromkeys((*names, *queues), "x")}
    Cloud.of(settings, Deployment.from_outputs(outputs)).write(settings.cloud_file)


def test_an_announced_cloud_whose_processes_are_gone_is_not_ready(
    laptop_cloud: LaptopCloud, settings: Settings
) -> None:
    _announce(settings)
    assert laptop_cloud.ready() is None


def test_down_removes_what_described_the_cloud_and_keeps_what_was_installed(
    laptop_cloud: LaptopCloud, settings: Settings
) -> None:
    _announce(settings)
    settings.deployment_file.write_text("{}")
    settings.emulator_venv.mkdir()
    settings.logs.mkdir()
    assert not laptop_cloud.down()
    left = {path.name for path in settings.state.iterdir() if not path.name.startswith("tmp-")}
    assert left == {"emulator-venv", "logs"}


def test_down_is_no_error_where_nothing_was_ever_started(tmp_path: Path) -> None:
    settings = Settings(state=tmp_path / "none")
    assert not LaptopCloud(settings, Progress(io.StringIO())).down()
