"""What became of downloads, told the same way wherever they came from."""

from collections.abc import Sequence

from skyferry_client.cli import exit_codes
from skyferry_client.cli.run import Run
from skyferry_client.documents import Line
from skyferry_client.download import Received
from skyferry_client.text import printable


def told(run: Run, results: Sequence[Received]) -> object:
    """Places on stdout, problems on stderr; one problem is enough to fail."""
    problems = [result.problem for result in results if result.problem is not None]
    if problems:
        run.say("\n".join(f"skyferry: {problem}" for problem in problems), style="red")
        run.exit_code = exit_codes.FAILED
    places = [str(result.target) for result in results if result.problem is None]
    listed = [
        {"id": each.file.id, "path": str(each.target), "problem": each.problem} for each in results
    ]
    return Line("\n".join(map(printable, places)), listed)
