"""What a run asked and was answered, from schemathesis' record of it."""

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

_PEER = "bob"


@dataclass(frozen=True, slots=True)
class Report:
    statuses: Counter[int]
    #: Failures by check.
    failures: Counter[str]
    #: Reads of the owner's that were repeated as somebody else, by path.
    repeated_as_peer: Counter[str]

    def faults(self) -> list[str]:
        """Why a run proves nothing or the wrong thing; schemathesis judges the answers itself."""
        found = [
            f"{status}: {count} answers"
            for status, count in self.statuses.items()
            if status >= 500 and status != 503
        ]
        if not any("_id}" in path for path in self.repeated_as_peer):
            found.append(
                "object_level_authorization did not run: nothing was read as somebody else"
            )
        return found

    def text(self) -> str:
        statuses = ", ".join(f"{status}: {n}" for status, n in sorted(self.statuses.items()))
        peers = ", ".join(f"{path}: {n}" for path, n in sorted(self.repeated_as_peer.items()))
        lines = [
            f"{self.statuses.total()} requests; by status: {statuses}",
            f"Reads of one person's repeated as another: {peers or 'none'}",
            f"Failures by check: {dict(self.failures) or 'none'}",
            *(f"FAULT {fault}" for fault in self.faults()),
        ]
        return "\n".join(lines)


def read(path: Path) -> Report:
    report = Report(Counter(), Counter(), Counter())
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            finished = json.loads(line).get("ScenarioFinished")
            if finished is None:
                continue
            recorder = finished["recorder"]
            for interaction in recorder.get("interactions", {}).values():
                if response := interaction.get("response"):
                    report.statuses[response["status_code"]] += 1
            for checks in recorder.get("checks", {}).values():
                report.failures.update(
                    check["name"] for check in checks if check["status"] == "failure"
                )
            for case in recorder.get("cases", {}).values():
                if case["value"].get("auth_identity") == _PEER:
                    report.repeated_as_peer[case["value"]["path"]] += 1
    return report
