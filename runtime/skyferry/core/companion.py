"""What Uppy's AwsS3 plugin asks a "companion" for, within one capability.

Uppy names no size and no part lengths. So a file must be registered with its exact size (before, or by
what the page puts into the file's `meta`), and parts are summed up while they come and before they become
an object. `key` and upload id are the session: both must be those of a file behind the token.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from skyferry.core import limits
from skyferry.core.capability import Capabilities
from skyferry.core.commands import NewFile
from skyferry.core.errors import (
    FieldError,
    MalformedError,
    NotFoundError,
    SizeLimitError,
    SizeUnknownError,
)
from skyferry.core.models import File, FileStatus, PartRequest, PartUrl, PostUpload, StoredPart
from skyferry.core.ports import Clock, FileStore, Ids, TransferStore
from skyferry.core.upload_requests import Capability
from skyferry.core.uploading import Uploading

_ANY_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Described:
    """A file as Uppy describes it; `pointer` leads to `metadata[…]` in the request, by its `{name}`."""

    name: str
    type: str
    metadata: Mapping[str, object]
    pointer: str

    @property
    def content_type(self) -> str:
        return self.type.partition(";")[0].strip().lower() or _ANY_TYPE

    @property
    def file_id(self) -> str | None:
        given = self.metadata.get("file_id")
        return str(given) if given else None

    @property
    def folder(self) -> str | None:
        """Where a dropped folder had it; Uppy writes `null` for none."""
        given = self.metadata.get("relativePath")
        path = str(given or "").strip("/").rpartition("/")[0]
        return path or None

    @property
    def size(self) -> int | None:
        """Raises MalformedError for what is no number of bytes."""
        given = self.metadata.get("size")
        if given is None:
            return None
        text = str(given)
        if not (text.isascii() and text.isdecimal() and len(text) <= len(str(limits.TIB * 1000))):
            wrong = FieldError(
                self.pointer.format(name="size"), "bad-size", "not a number of bytes"
            )
            raise MalformedError(
                f"The size is {text[:50]!r}; whole bytes are needed.", errors=(wrong,)
            )
        return int(text)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Companion:
    capabilities: Capabilities
    uploading: Uploading
    transfers: TransferStore
    store: FileStore
    clock: Clock
    ids: Ids

    def post(self, token: str, described: Described) -> PostUpload:
        """A form for the file, of exactly its size."""
        file = self._file(token, described)
        return self.store.post_upload(file, self.clock(), success=201)

    def start(self, token: str, described: Described) -> File:
        """The file with its multipart upload open. Uppy sends no checksums with parts."""
        return self.uploading.start(self._file(token, described), part_checksums=False)

    def sign(self, token: str, key: str, upload_id: str, number: int) -> PartUrl:
        """A part URL, good for this part number. Raises SizeLimitError once more has come than declared."""
        capability, file = self._session(token, key, upload_id)
        _, file = self.uploading.uploadable(capability.principal, file.transfer_id, file.id)
        most = max(1, -(-file.size // limits.SMALLEST_PART))
        if number > most:
            raise SizeLimitError(
                f"Part {number}; a file of {file.size} bytes has at most {most} parts."
            )
        if number % limits.CHECK_EVERY == 0:
            self.uploading.refuse_surplus(file, self.store.parts(file) or [])
        (url,) = self.store.part_urls(file, [PartRequest(number=number, size=None)])
        return url

    def parts(self, token: str, key: str, upload_id: str) -> list[StoredPart]:
        """What the store holds. When the answer to a complete was lost, Uppy asks for the parts of an upload
        that is an object by now: all of them are there."""
        _, file = self._session(token, key, upload_id)
        stored = self.store.parts(file) if file.status is FileStatus.PENDING else None
        return self._joined_parts(file) if stored is None else stored

    def _joined_parts(self, file: File) -> list[StoredPart]:
        joined = self.store.head(file.inbox_key)
        etag = joined.etag if joined else file.etag
        if etag is None:
            raise NotFoundError
        # An object that came in parts has their number in its ETag; how long each was is not kept.
        suffix = etag.strip('"').partition("-")[2]
        count = int(suffix) if suffix.isdecimal() else 1
        even = file.size // count
        sizes = [even] * (count - 1) + [file.size - even * (count - 1)]
        return [
            StoredPart(number=number, size=size, etag=etag)
            for number, size in enumerate(sizes, start=1)
        ]

    def complete(self, token: str, key: str, upload_id: str) -> File:
        """Safe to repeat; see Uploading.complete."""
        capability, file = self._session(token, key, upload_id)
        return self.uploading.complete(capability.principal, file.transfer_id, file.id)

    def abort(self, token: str, key: str, upload_id: str) -> None:
        """Forget the parts; repeating it changes nothing."""
        capability, file = self._by_key(token, key)
        if file.upload_id is None and file.status is FileStatus.PENDING:
            return
        _require_session(file, upload_id)
        self.uploading.abort(capability.principal, file.transfer_id, file.id)

    def _session(self, token: str, key: str, upload_id: str) -> tuple[Capability, File]:
        capability, file = self._by_key(token, key)
        _require_session(file, upload_id)
        return capability, file

    def _by_key(self, token: str, key: str) -> tuple[Capability, File]:
        """Raises NotFoundError for any key but that of a file behind the token."""
        capability = self.capabilities.admit(token)
        file_id = key.rpartition("/")[2]
        file = self.transfers.file(capability.owner, capability.transfer_id, file_id)
        if file.inbox_key != key:
            raise NotFoundError
        return capability, file

    def _file(self, token: str, described: Described) -> File:
        """The file that is meant: the one named, else a registered one that fits, else a new one."""
        capability = self.capabilities.admit(token)
        owner, transfer_id = capability.owner, capability.transfer_id
        file_id = described.file_id
        if file_id is None:
            fitting = _fitting(described, self.transfers.files(owner, transfer_id))
            file_id = fitting.id if fitting else self._register(token, described).id
        return self.uploading.uploadable(capability.principal, transfer_id, file_id)[1]

    def _register(self, token: str, described: Described) -> File:
        size = described.size
        if size is None:
            place = described.pointer.format(name="size")
            wrong = FieldError(place, "missing", "the file's exact size in bytes is needed")
            raise SizeUnknownError(
                "No file of this name and type is registered, and metadata[size] is missing.",
                errors=(wrong,),
            )
        try:
            new = NewFile(
                name=described.name,
                path=described.folder,
                size=size,
                content_type=described.content_type,
            )
        except ValidationError as error:
            raise _unfit(error, described) from None
        return self.capabilities.add_file(token, new, self.ids("fl"))[1]


def _fitting(described: Described, files: Sequence[File]) -> File | None:
    """A file that waits for its bytes; of several of the same name one whose upload is not open yet."""
    size = described.size
    fitting = [
        file
        for file in files
        if file.status is FileStatus.PENDING
        and (file.name, file.content_type) == (described.name, described.content_type)
        and size in {None, file.size}
        and described.folder in {None, file.path}
    ]
    return min(fitting, key=lambda file: file.upload_id is not None, default=None)


def _require_session(file: File, upload_id: str) -> None:
    if file.upload_id != upload_id:
        raise NotFoundError


def _unfit(error: ValidationError, described: Described) -> MalformedError:
    places = {
        "name": described.pointer.partition("/metadata")[0] + "/filename",
        "content_type": described.pointer.partition("/metadata")[0] + "/type",
        "size": described.pointer.format(name="size"),
        "path": described.pointer.format(name="relativePath"),
    }
    errors = tuple(
        FieldError(places[str(found["loc"][0])], found["type"].replace("_", "-"), found["msg"])
        for found in error.errors(include_url=False)
    )
    return MalformedError("The file cannot be registered as it is described.", errors=errors)
