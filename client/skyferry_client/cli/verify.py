"""`skyferry verify`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from skyferry_client.cli import exit_codes
from skyferry_client.cli.command import command
from skyferry_client.cli.run import Run
from skyferry_client.documents import Line
from skyferry_client.errors import ApiError, LocalFileError
from skyferry_client.requests import Json
from skyferry_client.verify import Verdict, check

_SIGNATURES = {
    "valid": "signed by the service, as of event {receipt_count} of {event_count}",
    "absent": "not signed: there is no receipt, so the whole log could have been made up",
    "unchecked": "receipt not checked: give the service's public keys by --keys (…/jwks.json)",
    "broken": "the receipt does not hold",
}
_NO_RECEIPT = {"not-found", "method-not-allowed"}


def add_to(app: typer.Typer) -> None:
    command(app, "verify")(verify)


def verify(
    run: Run,
    what: Annotated[
        str,
        typer.Argument(
            metavar="TRANSFER_ID|FILE.json",
            help="A transfer, or what `verify --json` or `transfer events --json` printed before.",
        ),
    ],
    keys: Annotated[
        Path | None, typer.Option(help="The service's public keys, for a file: …/jwks.json.")
    ] = None,
) -> object:
    """Check a transfer's log, event by event, and its signed receipt.

    Exit code 0 if all that can be checked is intact, 1 if not.
    """
    if what.endswith(".json") or "/" in what:
        events, receipt = _saved(Path(what))
        trusted = None if keys is None else _object(keys)
        verdict = check(events, receipt, trusted)
    else:
        # The receipt first: a log that grows meanwhile then still has its beginning.
        receipt = _receipt(run, what)
        events = [event.document for event in run.client.iter_events(what)]
        trusted = (run.client.get_keys() if keys is None else _object(keys)) if receipt else None
        verdict = check(events, receipt, trusted, transfer_id=what, issuer=run.client.base_url)
    run.exit_code = 0 if verdict.intact else exit_codes.FAILED
    return Line(_words(verdict), _document(verdict, events, receipt))


def _receipt(run: Run, transfer_id: str) -> str | None:
    try:
        return run.client.get_receipt(transfer_id).receipt
    except ApiError as error:
        if error.code not in _NO_RECEIPT:
            raise
        return None


def _words(verdict: Verdict) -> str:
    state = "intact" if verdict.intact else "BROKEN"
    lines = [
        f"{verdict.transfer_id or 'no transfer'}: {state}, {verdict.event_count} events",
        _SIGNATURES[verdict.signature].format(
            receipt_count=verdict.receipt_count, event_count=verdict.event_count
        ),
    ]
    lines += [
        f"  event {each.seq}: {each.problem}" if each.seq else f"  {each.problem}"
        for each in verdict.findings
    ]
    return "\n".join(lines)


def _document(verdict: Verdict, events: list[Json], receipt: str | None) -> Json:
    """The verdict with its evidence, so that the file can be checked again."""
    return {
        "transfer_id": verdict.transfer_id,
        "intact": verdict.intact,
        "signature": verdict.signature,
        "receipt_count": verdict.receipt_count,
        "findings": [{"seq": each.seq, "problem": each.problem} for each in verdict.findings],
        "events": events,
        "receipt": receipt,
    }


def _saved(path: Path) -> tuple[list[Json], str | None]:
    content = _json(path)
    receipt = content.get("receipt") if isinstance(content, dict) else None
    events = content.get("events") if isinstance(content, dict) else content
    if not isinstance(events, list) or not all(isinstance(each, dict) for each in events):
        raise LocalFileError(f"{path} holds no list of events")
    if receipt is not None and not isinstance(receipt, str):
        raise LocalFileError(f"{path}: `receipt` is not a text")
    return events, receipt


def _object(path: Path) -> Json:
    content = _json(path)
    if not isinstance(content, dict):
        raise LocalFileError(f"{path} is not a JSON object")
    return content


def _json(path: Path) -> object:
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise LocalFileError(f"cannot read {path}: {error.strerror}") from None
    except ValueError:
        raise LocalFileError(f"{path} is not JSON") from None
