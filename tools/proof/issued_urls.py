"""URLs and forms for generated files, read as S3 reads them: each for one key, one length, one type, and not for long."""

import base64
import json
import random
import string
from collections.abc import Iterator
from urllib.parse import parse_qs, unquote, urlsplit

from skyferry.adapters.file_store import FileStore
from skyferry.core import limits
from skyferry.core.models import File, FileStatus, PartRequest
from skyferry.shared import clients, clock, ids

from tests.support.made_up import set_environment
from tools.proof.claim import Outcome

_BUCKET = "the-bucket"
_NAMES = string.printable + "éß漢\u202e\uff0e"
_ID = "0123456789abcdefghjkmnpqrstvwxyz"


def show(size: int) -> Outcome:
    set_environment()
    store = FileStore(clients.s3, _BUCKET)
    rng = random.Random()  # noqa: S311 - files to try, no secret
    broken: list[str] = []
    for _ in range(size):
        file = _any_file(rng)
        check = rng.choice((_loose_form, _loose_part, _loose_download))
        broken += [f"{file!r}: {what}" for what in check(store, file, rng)]
    figures = f"{size:,} URLs and forms: each names one key, one length or none to send, one type, and ends in time"
    return Outcome(figures, tuple(broken))


def _any_file(rng: random.Random) -> File:
    return File(
        id=ids.new_id("fl"),
        transfer_id=ids.new_id("tr"),
        owner="".join(rng.choices(_ID, k=26)),
        name="".join(rng.choices(_NAMES, k=rng.randint(1, 100))),
        size=rng.randint(0, limits.MAX_FILE_SIZE),
        content_type=rng.choice(("text/html", "image/svg+xml", "application/octet-stream")),
        status=FileStatus.PENDING,
        changed_at=clock.now(),
        upload_id="upload",
    )


def _loose_form(store: FileStore, file: File, _: random.Random) -> Iterator[str]:
    form = store.post_upload(file, clock.now())
    policy = json.loads(base64.b64decode(form.fields["policy"]))
    exact = {
        name: value
        for one in policy["conditions"]
        if isinstance(one, dict)
        for name, value in one.items()
    }
    others = [one for one in policy["conditions"] if not isinstance(one, dict)]
    if others != [["content-length-range", file.size, file.size]]:
        yield f"conditions {others}"
    if (exact["bucket"], exact["key"], exact["Content-Type"]) != (
        _BUCKET,
        file.inbox_key,
        file.content_type,
    ):
        yield f"bound to {exact}"
    if set(form.fields) - set(exact) - {"policy", "x-amz-signature"}:
        yield "a field that the policy does not name"
    if (form.expires_at - clock.now()).total_seconds() > limits.UPLOAD_URL_LIFE:
        yield f"until {form.expires_at}"


def _loose_part(store: FileStore, file: File, rng: random.Random) -> Iterator[str]:
    part = PartRequest(number=rng.randint(1, 10_000), size=rng.randint(1, limits.MAX_PART_SIZE))
    (signed,) = store.part_urls(file, [part])
    url = urlsplit(signed.url)
    query = parse_qs(url.query)
    if unquote(url.path).removeprefix(f"/{_BUCKET}") != f"/{file.inbox_key}" or query[
        "uploadId"
    ] != ["upload"]:
        yield f"for {url.path}"
    if query["partNumber"] != [str(part.number)]:
        yield f"for part {query['partNumber']}"
    if "content-length" not in query["X-Amz-SignedHeaders"][0].split(";"):
        yield "of any length"
    if int(query["X-Amz-Expires"][0]) > limits.UPLOAD_URL_LIFE:
        yield f"for {query['X-Amz-Expires']} s"


def _loose_download(store: FileStore, file: File, _: random.Random) -> Iterator[str]:
    url = urlsplit(store.download_url(file, clock.now()).url)
    query = parse_qs(url.query)
    if unquote(url.path).removeprefix(f"/{_BUCKET}") != f"/{file.key}":
        yield f"for {url.path}"
    if query["response-content-type"] != ["application/octet-stream"]:
        yield f"as {query['response-content-type']}"
    disposition = query["response-content-disposition"][0]
    if not disposition.startswith("attachment;") or any(c in disposition for c in "\r\n"):
        yield f"as {disposition!r}"
    if int(query["X-Amz-Expires"][0]) > limits.DOWNLOAD_URL_LIFE:
        yield f"for {query['X-Amz-Expires']} s"
