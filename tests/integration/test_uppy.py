"""Uppy as it comes from npm, in a real browser, on a page of another origin than the API and the store."""

import hashlib
import shutil
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from selenium import webdriver

from local.cloud import Cloud
from local.settings import ROOT
from tests.integration.sender import Sender
from tests.integration.test_upload_requests import ask

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

MIB = 1024 * 1024
PAGE = Path(__file__).parent / "uppy"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Nothing."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the page, bundled as a developer would."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copy(PAGE / "page.html", folder)
    bundle: list[str | Path] = [ROOT / "node_modules/.bin/esbuild", PAGE / "page.js", "--bundle"]
    subprocess.run([*bundle, f"--outfile={folder / 'page.js'}", "--log-level=error"], check=True)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/page.html"
    server.shutdown()
    thread.join()
    server.server_close()


class Page:
    """The page, with the link of an upload capability."""

    def __init__(
        self, browser: webdriver.Chrome, site: str, api: httpx.Client, transfer: dict[str, Any]
    ) -> None:
        self.browser, self.api, self.transfer = browser, api, transfer
        made = api.post(f"/transfers/{transfer['id']}/upload-token")
        self.endpoint = made.json()["url"]
        browser.get(site)

    def upload(self, *files: dict[str, Any], **told: Any) -> dict[str, Any]:
        result: dict[str, Any] = self.browser.execute_async_script(
            "const done = arguments[1]; start(arguments[0]).then(done, (e) => done({error: String(e)}))",
            {"endpoint": self.endpoint, "files": files, **told},
        )
        return result

    def received(self) -> dict[str, str]:
        """Finalized and released: name and SHA-256 of the bytes that the owner downloads."""
        assert (
            httpx.post(f"{self.endpoint}/finalize", trust_env=False, timeout=30).status_code == 202
        )
        ready = Sender(self.api).until(self.transfer, "ready")
        found = {}
        for item in ready["files"]:
            path = f"/transfers/{ready['id']}/files/{item['id']}/downloads"
            url = self.api.post(path).json()["url"]
            content = httpx.get(url, trust_env=False, timeout=60).content
            found[item["name"]] = hashlib.sha256(content).hexdigest()
        return found

    def files(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = Sender(self.api).get(self.transfer)["files"]
        return found


@pytest.fixture
def page(browser: webdriver.Chrome, site: str, api: httpx.Client) -> Page:
    return Page(browser, site, api, Sender(api).create([]))


def file(name: str, size: int, seed: int = 7, **meta: object) -> dict[str, Any]:
    return {"name": name, "type": "application/x-test", "size": size, "seed": seed, "meta": meta}


def digest(described: dict[str, Any]) -> str:
    """Of the bytes that page.js makes; they repeat every 256."""
    cycle = bytes((place * 31 + described["seed"]) % 256 for place in range(256))
    return hashlib.sha256((cycle * (described["size"] // 256 + 1))[: described["size"]]).hexdigest()


def test_small_and_empty_files_arrive_as_they_are(page: Page) -> None:
    files = [file("Résumé.bin", 300_001), file("empty.bin", 0)]

    result = page.upload(*files)

    assert result == {"parts": 0, "successful": ["Résumé.bin", "empty.bin"], "failed": []}
    assert page.received() == {each["name"]: digest(each) for each in files}


def test_a_large_file_arrives_in_parts(page: Page) -> None:
    # Above 100 MiB Uppy goes to parts by itself; 21 of them pass the check at the sixteenth.
    large = file("large.bin", 101 * MIB)

    result = page.upload(large)

    assert result == {"parts": 21, "successful": ["large.bin"], "failed": []}
    assert page.received() == {"large.bin": digest(large)}


def test_an_upload_is_paused_and_resumed(page: Page) -> None:
    large = file("large.bin", 16 * MIB)

    result = page.upload(large, options={"multipart": True}, pauseFor=1500)

    assert (result["successful"], result["failed"]) == (["large.bin"], [])
    assert page.received() == {"large.bin": digest(large)}


def test_a_cancelled_upload_leaves_nothing_in_the_store(
    page: Page, s3: "S3Client", cloud: Cloud
) -> None:
    page.upload(file("large.bin", 16 * MIB), options={"multipart": True}, cancelAfterPart=True)

    def nothing_open() -> bool:
        listed = s3.list_multipart_uploads(Bucket=cloud.bucket_name).get("Uploads", [])
        return not any(page.transfer["id"] in upload["Key"] for upload in listed)

    Sender(page.api).wait(nothing_open)
    assert [each["status"] for each in page.files()] == ["pending"]
    again = file("large.bin", 16 * MIB)
    assert page.upload(again, options={"multipart": True})["successful"] == ["large.bin"]
    assert page.received() == {"large.bin": digest(again)}


@pytest.mark.parametrize("multipart", [False, True])
def test_more_bytes_than_registered_are_refused(page: Page, multipart: bool) -> None:
    lying = file("more.bin", 6 * MIB) | {"meta": {"size": 6 * MIB - 1}}

    result = page.upload(lying, options={"multipart": multipart})

    assert (result["successful"], result["failed"]) == ([], ["more.bin"])
    expected = "rejected" if multipart else "pending"
    assert [each["status"] for each in page.files()] == [expected]


def test_a_page_uploads_by_a_request_within_its_limits(
    browser: webdriver.Chrome, site: str, api: httpx.Client, public: httpx.Client
) -> None:
    request = ask(api, max_bytes=1000, allowed_types=["application/*"])
    wanted = {"name": "a.bin", "size": 600, "content_type": "application/x-test"}
    made = public.post(f"{request['url']}/transfers", json={"files": [wanted]}).json()
    page = Page(browser, site, api, made["transfer"])
    page.endpoint = made["upload"]["url"]

    # The first is the one that was registered; the second would be too much.
    result = page.upload(file("a.bin", 600), file("b.bin", 401))

    assert (result["successful"], result["failed"]) == (["a.bin"], ["b.bin"])
    assert page.received() == {"a.bin": digest(file("a.bin", 600))}
