"""docs/monitoring.md lists the alarms of a deployed service as they are."""

from collections.abc import Callable, Iterator

from tests.infra.infra_support import REPOSITORY, Json, resources

PAGE = REPOSITORY / "docs" / "monitoring.md"


def rows(templates: dict[str, Json]) -> Iterator[str]:
    for part in ("service", "data"):
        for alarm in resources(templates[part], "AWS::CloudWatch::Alarm").values():
            what, _, runbook = alarm["AlarmDescription"].partition(" Runbook: ")
            page = runbook.rpartition("/")[2].removesuffix(".md")
            topic = "page" if "Page" in str(alarm["AlarmActions"]) else "ticket"
            of = f"{alarm['DatapointsToAlarm']} of {alarm['EvaluationPeriods']}"
            yield (
                f"| {what} | {alarm['Threshold']:g} | {of} | {topic} | [{page}](runbooks/{page}.md) |"
            )


def table(templates: dict[str, Json]) -> str:
    return "\n".join(dict.fromkeys(rows(templates)))


def test_the_page_lists_every_alarm_as_it_is(templates: Callable[[str], dict[str, Json]]) -> None:
    listed = [
        line
        for line in PAGE.read_text(encoding="utf-8").splitlines()
        if "](runbooks/" in line and line.startswith("| ")
    ]
    assert listed == table(templates("prod")).splitlines()
