"""`skyferry file …`."""

from pathlib import Path
from typing import Annotated

import typer

from skyferry_client.cli.command import command, new_app
from skyferry_client.cli.received import told
from skyferry_client.cli.run import Run
from skyferry_client.cli.values import FileId, Files, Force, Output, Parallel, TransferId, changes
from skyferry_client.documents import Done
from skyferry_client.download import Receiver
from skyferry_client.errors import SkyferryError
from skyferry_client.link_models import LinkFile
from skyferry_client.models import File
from skyferry_client.send import hash_all, new_file
from skyferry_client.source import collect
from skyferry_client.upload import Item, Uploader

file = new_app("file", "The files of a transfer.")


@command(file, "list")
def list_files(run: Run, transfer_id: TransferId) -> object:
    """The files of a transfer."""
    return list(run.client.iter_files(transfer_id))


@command(file, "show")
def show(run: Run, transfer_id: TransferId, file_id: FileId) -> object:
    """One file."""
    return run.client.get_file(transfer_id, file_id)


@command(file, "add")
def add(run: Run, transfer_id: TransferId, files: Files, parallel: Parallel = 4) -> object:
    """Upload more files into a transfer that is not finalized."""
    progress = run.reporter()
    sources = hash_all(collect(files), progress)
    items = [Item(each, run.client.add_file(transfer_id, new_file(each))) for each in sources]
    with progress.live():
        uploads = run.client.uploads(transfer_id)
        Uploader(run.storage(), progress, workers=parallel).upload(uploads, items)
    return [run.client.get_file(transfer_id, item.file.id) for item in items]


@command(file, "rename")
def rename(
    run: Run,
    transfer_id: TransferId,
    file_id: FileId,
    name: Annotated[str | None, typer.Option(help="Its new name.")] = None,
    folder: Annotated[
        str | None, typer.Option(help="Its new relative folder; an empty text for none.")
    ] = None,
) -> object:
    """Give a file another name or folder, as recipients see it."""
    given: dict[str, object] = {"name": name, "path": folder or None}
    patch = changes(given, ["path"] if folder == "" else None, ("path",))
    return run.client.edit_file(transfer_id, file_id, patch)


@command(file, "remove")
def remove(run: Run, transfer_id: TransferId, file_id: FileId) -> object:
    """Take a file out of a transfer that is not finalized."""
    run.client.remove_file(transfer_id, file_id)
    return Done(file_id, "removed")


@command(file, "abort")
def abort(run: Run, transfer_id: TransferId, file_id: FileId) -> object:
    """Throw away what was uploaded of a file so far; it can be uploaded anew."""
    run.client.uploads(transfer_id).abort(file_id)
    return Done(file_id, "aborted")


@command(file, "download")
def download(
    run: Run,
    transfer_id: TransferId,
    file_id: Annotated[
        list[str] | None, typer.Argument(metavar="FILE_ID", help="All, if none.")
    ] = None,
    output: Output = Path(),
    force: Force = False,
) -> object:
    """Download files of your own transfer and check that they are whole; it counts for no limit."""
    files = [
        each for each in run.client.iter_files(transfer_id) if file_id is None or each.id in file_id
    ]
    missing = sorted(set(file_id or []) - {each.id for each in files})
    if missing:
        raise SkyferryError(f"{transfer_id} has no file {', '.join(missing)}")
    run.resumable = lambda: True

    receiver = Receiver(
        lambda wanted: run.client.create_download(transfer_id, wanted),
        run.storage(),
        run.reporter(),
        force=force,
    )
    return told(run, receiver.receive(list(map(_as_received, files)), output))


def _as_received(file: File) -> LinkFile:
    return LinkFile(file.id, file.name, file.path, file.size, file.content_type, file.sha256)
