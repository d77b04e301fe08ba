"""Files made to run in a browser, to pass for something else, or to burst when unpacked: refused, or given back as
opaque bytes that a browser saves and never shows."""

import io
import tarfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from local.cloud import Cloud
from tests.integration.attacks.conftest import Person
from tests.integration.sender import Sender, described, path

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

SCRIPT = b"<!DOCTYPE html><html><script>alert(document.domain)</script></html>"
PROGRAM = b"MZ\x90\x00" + bytes(60) + b"PE\0\0" + bytes(200)


def _zip(*members: tuple[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return packed.getvalue()


def _link_out() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return packed.getvalue()


#: Name, declared type, content.
RELEASED = {
    "SVG with a handler": ("x.svg", "image/svg+xml", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
    "HTML with a script": ("x.html", "text/html", SCRIPT),
    "HTML under a picture's name": ("x.jpg", "text/html", SCRIPT),
    "a zip bomb": ("42.zip", "application/zip", _zip(*((f"{n}", bytes(10**6)) for n in range(20)))),
    "a zip that climbs": ("slip.zip", "application/zip", _zip(("../../../etc/cron.d/x", b"* * * * * root id"))),
    "a link out of an archive": ("x.tgz", "application/gzip", _link_out()),
}  # fmt: skip
REFUSED = {
    "HTML as a picture": ("x.jpg", "image/jpeg", SCRIPT),
    "a program as a picture": ("x.png", "image/png", PROGRAM),
    "an archive as a picture": ("x.gif", "image/gif", _zip(("a", b"a"))),
    "HTML as a document": ("x.pdf", "application/pdf", SCRIPT),
    "a script in a picture's container": ("x.webp", "image/webp", b"RIFF" + SCRIPT),
}


@dataclass(frozen=True)
class Sent:
    transfers: dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def sent(attacker: Person) -> Sent:
    sender = Sender(attacker.api)
    files = list({**RELEASED, **REFUSED}.items())

    def send(number: int) -> dict[str, Any]:
        name, content_type, content = files[number][1]
        transfer = sender.create([described(content, name, content_type=content_type)])
        sender.upload(transfer, 0, content)
        sender.finalize(transfer)
        return sender.until(transfer, "ready", "blocked")

    # A few at a time: for each more the emulator would start one more process.
    with ThreadPoolExecutor(3) as pool:
        made = list(pool.map(send, range(len(files))))
    return Sent(dict(zip((kind for kind, _ in files), made, strict=True)))


@pytest.mark.parametrize("kind", RELEASED)
def test_a_browser_saves_it_and_shows_nothing(
    sent: Sent, attacker: Person, cloud: Cloud, s3: "S3Client", kind: str
) -> None:
    transfer, content = sent.transfers[kind], RELEASED[kind][2]
    (file,) = transfer["files"]
    assert (transfer["status"], file["status"]) == ("ready", "clean")
    url = httpx.URL(attacker.api.post(f"{path(transfer, file)}/downloads").json()["url"])

    answer = httpx.get(url, trust_env=False, timeout=30)

    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment; ")
    # A script of it would run on the store's site, which has neither the API's cookies nor its pages.
    assert (url.host, url.port) != (httpx.URL(cloud.api_url).host, httpx.URL(cloud.api_url).port)
    assert answer.content == content
    # Nothing was unpacked: of the transfer there is one object, of the size that was sent.
    prefix = url.path.removeprefix(f"/{cloud.bucket_name}/").rpartition("/")[0]
    listed = s3.list_objects_v2(Bucket=cloud.bucket_name, Prefix=prefix)["Contents"]
    assert [each["Size"] for each in listed] == [len(content)]


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_not_what_it_says_goes_to_nobody(sent: Sent, attacker: Person, kind: str) -> None:
    transfer = sent.transfers[kind]
    (file,) = transfer["files"]

    assert (transfer["status"], file["status"]) == ("blocked", "rejected")
    assert file["reason"]["code"] == "type-mismatch"
    answer = attacker.api.post(f"{path(transfer, file)}/downloads")
    assert (answer.status_code, answer.json()["code"]) == (409, "state")
