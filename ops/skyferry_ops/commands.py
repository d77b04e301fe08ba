"""`skyferry dlq …` and `skyferry ops …`: repair a deployment, on AWS or on the laptop cloud."""

from typing import Annotated

import typer
from skyferry_client.cli.command import new_app

from skyferry_ops import dead_letters, sending, transfers
from skyferry_ops.terminal import (
    AsJson,
    Environment,
    Profile,
    Region,
    Yes,
    confirm,
    operating,
    show,
    tell,
)

dlq = new_app("dlq", "Failed work: look at it, put it back, throw it away.")
ops = new_app("ops", "Transfers and mail of a deployment, for whoever operates it.")
transfer = new_app("transfer", "One transfer.")
ops.add_typer(transfer)

Queue = Annotated[str, typer.Argument(metavar="QUEUE", help="As `skyferry dlq list` names it.")]
TransferId = Annotated[str, typer.Argument(metavar="TRANSFER", help="Its id, tr_…")]
Owner = Annotated[
    str | None,
    typer.Option(
        "--owner", help="Of the transfer, as logs show it; without it the table is searched."
    ),
]
Address = Annotated[str, typer.Argument(metavar="EMAIL")]


@dlq.command("list")
def list_queues(
    env: Environment, profile: Profile = None, region: Region = None, as_json: AsJson = False
) -> None:
    """Count what waits and what has failed, by queue."""
    with operating(env, profile, region) as deployment:
        show(dead_letters.waiting(deployment), as_json=as_json)


@dlq.command("peek")
def peek(
    queue: Queue,
    env: Environment,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000)] = 10,
    profile: Profile = None,
    region: Region = None,
    as_json: AsJson = False,
) -> None:
    """Say what failed messages are about, in ids; they stay where they are."""
    with operating(env, profile, region) as deployment:
        show(dead_letters.peek(deployment, deployment.worker(queue), limit), as_json=as_json)


@dlq.command("redrive")
def redrive(
    queue: Queue,
    env: Environment,
    yes: Yes = False,
    profile: Profile = None,
    region: Region = None,
    as_json: AsJson = False,
) -> None:
    """Put failed messages back into their queue. Mend the cause first, or they come again."""
    with operating(env, profile, region) as deployment:
        worker = deployment.worker(queue)
        confirm(f"Put everything in {worker.name}'s dead letters back into its queue?", yes=yes)
        moved = dead_letters.redrive(deployment, worker, _progress)
        tell(f"{moved} messages went back.", {"moved": moved}, as_json=as_json)


@dlq.command("purge")
def purge(
    queue: Queue,
    env: Environment,
    yes: Yes = False,
    profile: Profile = None,
    region: Region = None,
    as_json: AsJson = False,
) -> None:
    """Throw failed messages away, for good."""
    with operating(env, profile, region) as deployment:
        worker = deployment.worker(queue)
        confirm(f"Throw away everything in {worker.name}'s dead letters, for good?", yes=yes)
        gone = dead_letters.purge(deployment, worker)
        tell(f"{gone} messages are gone.", {"purged": gone}, as_json=as_json)


def _progress(moved: int, total: int) -> None:
    typer.echo(f"{moved} of {total}", err=True)


@transfer.command("show")
def show_transfer(
    transfer_id: TransferId,
    env: Environment,
    owner: Owner = None,
    profile: Profile = None,
    region: Region = None,
    as_json: AsJson = False,
) -> None:
    """Where a transfer stands, what it waits for, and whether its log is whole."""
    with operating(env, profile, region) as deployment:
        found = transfers.find(deployment, transfer_id, owner)
        show(transfers.report(deployment, found), as_json=as_json)


@transfer.command("requeue")
def requeue(
    transfer_id: TransferId,
    env: Environment,
    owner: Owner = None,
    profile: Profile = None,
    region: Region = None,
    as_json: AsJson = False,
) -> None:
    """Have its uploads looked at again and its waiting mails sent; harmless where nothing was lost."""
    with operating(env, profile, region) as deployment:
        found = transfers.find(deployment, transfer_id, owner)
        show(transfers.requeue(deployment, found), as_json=as_json)


@ops.command("suppress")
def suppress(
    email: Address,
    env: Environment,
    profile: Profile = None,
    region: Region = None,
    as_json: AsJson = False,
) -> None:
    """Let nobody's mail go to an address any more."""
    with operating(env, profile, region) as deployment:
        sending.suppress(deployment, email)
        tell(f"{email} gets no mail any more.", {"suppressed": True}, as_json=as_json)


@ops.command("lift")
def lift(
    email: Address,
    env: Environment,
    profile: Profile = None,
    region: Region = None,
    as_json: AsJson = False,
) -> None:
    """Take back what `suppress` did. What senders and recipients asked for stays."""
    with operating(env, profile, region) as deployment:
        free = sending.lift(deployment, email)
        said = "gets mail again" if free else "is still suppressed by others"
        tell(f"{email} {said}.", {"suppressed": not free}, as_json=as_json)


@ops.command("pause")
def pause(
    env: Environment,
    yes: Yes = False,
    profile: Profile = None,
    region: Region = None,
    as_json: AsJson = False,
) -> None:
    """Stop all mail. It waits in its queue, two weeks at most."""
    with operating(env, profile, region) as deployment:
        confirm(f"Stop all mail of {env}?", yes=yes)
        sending.set_sending(deployment, enabled=False)
        tell("Mail waits in its queue.", {"sending": False}, as_json=as_json)


@ops.command("resume")
def resume(
    env: Environment, profile: Profile = None, region: Region = None, as_json: AsJson = False
) -> None:
    """Let mail go out again, after `pause` or after too many bounces or complaints."""
    with operating(env, profile, region) as deployment:
        was = sending.is_sending(deployment)
        sending.set_sending(deployment, enabled=True)
        said = "Mail was going out already." if was else "Mail goes out again."
        tell(said, {"sending": True}, as_json=as_json)
