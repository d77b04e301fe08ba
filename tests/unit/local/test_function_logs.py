"""The functions' log, of a CloudWatch Logs that is played here."""

from pathlib import Path
from typing import Any

import pytest

from local import cli, function_logs
from local.cloud import Cloud
from local.lifecycle import LaptopCloud
from local.problems import LaptopCloudError
from local.progress import Progress
from local.settings import Settings

EVENTS = {
    "/api": [
        [{"timestamp": 3, "message": '{"message":"answered"}\n'}],
        [{"timestamp": 1, "message": "START RequestId: 1"}],
    ],
    "/sweep": [[{"timestamp": 2, "message": "Traceback …"}]],
}


class Pages:
    def __init__(self, operation: str) -> None:
        self._operation = operation

    def paginate(self, **parameters: str) -> list[dict[str, Any]]:
        if self._operation == "describe_log_groups":
            return [{"logGroups": [{"logGroupName": name}]} for name in EVENTS]
        return [{"events": page} for page in EVENTS[parameters["logGroupName"]]]


class Logs:
    def get_paginator(self, operation: str, /) -> Pages:
        return Pages(operation)


def test_lines_of_all_functions_come_in_order_without_lambdas_own() -> None:
    assert function_logs.lines(Logs()) == ["Traceback …", '{"message":"answered"}']


def test_the_log_outlives_the_emulator(tmp_path: Path) -> None:
    settings = Settings(state=tmp_path)
    settings.logs.mkdir()
    assert function_logs.save(settings, ["one", "two"]).read_text() == "one\ntwo\n"


def test_the_client_speaks_to_the_emulator_only() -> None:
    assert function_logs.connect(Settings(emulator_port=24567)).meta.endpoint_url == (  # type: ignore[attr-defined]
        "http://127.0.0.1:24567"
    )


def test_a_first_transfer_that_fails_leaves_the_log_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> str:
        raise LaptopCloudError("`skyferry send` failed")

    monkeypatch.setattr(cli, "first_transfer", fail)
    cloud = LaptopCloud(Settings(root=tmp_path, state=tmp_path / ".local"), Progress())
    (tmp_path / ".local" / "logs").mkdir(parents=True)
    nowhere = Cloud.model_construct()  # type: ignore[call-arg]
    with pytest.raises(LaptopCloudError, match=r"(?s)send` failed.*\.local/logs/functions\.log"):
        cli._first_transfer(cloud, nowhere, Progress())
    assert (tmp_path / ".local" / "logs" / "functions.log").exists()
