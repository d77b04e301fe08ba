"""Uppy's companion contract by plain HTTP: what Uppy itself would never send, too."""

from typing import Any

import httpx
import pytest

from tests.integration.sender import Sender, described
from tests.integration.test_upload_requests import capability

MIB = 1024 * 1024
BIG = bytes(range(256)) * (11 * MIB // 256)
CHUNK = 5 * MIB


class Page:
    """A page with Uppy in it, as far as the API sees."""

    def __init__(self, public: httpx.Client, upload: str) -> None:
        self.public, self.upload = public, upload

    def params(self, name: str, type_: str, **metadata: object) -> httpx.Response:
        query = {f"metadata[{key}]": str(value) for key, value in metadata.items()}
        return self.public.get(
            f"{self.upload}/s3/params", params={"filename": name, "type": type_, **query}
        )

    def create(self, name: str, **metadata: object) -> httpx.Response:
        body = {"filename": name, "type": "application/octet-stream", "metadata": metadata}
        return self.public.post(f"{self.upload}/s3/multipart", json=body)

    def session(self, method: str, made: dict[str, Any], then: str = "", **options: Any) -> Any:
        url = f"{self.upload}/s3/multipart/{made['uploadId']}{then}"
        return self.public.request(method, url, params={"key": made["key"]}, **options)

    def put(self, made: dict[str, Any], number: int, content: bytes) -> str:
        signed = self.session("GET", made, f"/{number}")
        assert signed.status_code == 200, signed.text
        answer = httpx.put(signed.json()["url"], content=content, trust_env=False, timeout=60)
        assert answer.status_code == 200, answer.text
        return str(answer.headers["ETag"])

    def complete(self, made: dict[str, Any], *etags: str) -> httpx.Response:
        parts = [{"PartNumber": n, "ETag": etag} for n, etag in enumerate(etags, start=1)]
        answer: httpx.Response = self.session("POST", made, "/complete", json={"parts": parts})
        return answer

    def files(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.public.get(self.upload).json()["files"]
        return found


@pytest.fixture
def transfer(api: httpx.Client, public: httpx.Client) -> dict[str, Any]:
    return capability(public, api, described(b"first", "first.txt", content_type="text/plain"))


@pytest.fixture
def page(public: httpx.Client, transfer: dict[str, Any]) -> Page:
    return Page(public, transfer["upload"]["url"])


def post(form: dict[str, Any], content: bytes) -> int:
    answer = httpx.post(
        form["url"],
        data=form["fields"],
        files={"file": ("x", content)},
        trust_env=False,
        timeout=30,
    )
    return answer.status_code


def test_a_form_takes_the_registered_size_and_no_other(page: Page) -> None:
    form = page.params("first.txt", "text/plain").json()

    assert (form["method"], form["expires"]) == ("POST", 900)
    assert "${filename}" not in form["fields"]["key"]
    assert not {"file", "redirect", "success_action_redirect", "error"} & form["fields"].keys()
    assert post(form, b"first!") == 400
    assert post(form, b"first") == 201
    assert len(page.files()) == 1


def test_a_file_is_registered_by_the_size_a_page_gives(page: Page) -> None:
    unknown = page.params("second.txt", "text/plain", relativePath="null")
    assert (unknown.status_code, unknown.json()["code"]) == (422, "size-required")
    assert "metadata[size]" in unknown.json()["errors"][0]["pointer"]

    form = page.params("second.txt", "text/plain;charset=utf-8", size=0, lastModified=17).json()

    assert post(form, b"") == 201
    second = page.files()[-1]
    assert (second["name"], second["size"], second["content_type"]) == (
        "second.txt",
        0,
        "text/plain",
    )
    assert page.params("second.txt", "text/plain", size=-1).status_code == 400


def test_parts_are_signed_listed_joined_and_verified(
    page: Page, api: httpx.Client, transfer: dict[str, Any]
) -> None:
    post(page.params("first.txt", "text/plain").json(), b"first")
    made = page.create("b.bin", size=len(BIG), type="text/x").json()
    assert set(made) == {"key", "uploadId", "bucket"}
    chunks = [BIG[start : start + CHUNK] for start in range(0, len(BIG), CHUNK)]
    etags = [page.put(made, number, chunk) for number, chunk in enumerate(chunks, start=1)]

    listed = page.session("GET", made).json()
    assert [(part["PartNumber"], part["Size"]) for part in listed] == [
        (number, len(chunk)) for number, chunk in enumerate(chunks, start=1)
    ]
    early = page.session("GET", made, "/4")
    assert (early.status_code, early.json()["code"]) == (413, "size-limit")
    done = page.complete(made, etags[0].strip('"'), listed[1]["ETag"], f'"{etags[2]}"')
    assert (done.status_code, set(done.json())) == (200, {"location", "key", "bucket"})

    # The answer was lost: Uppy asks for the parts, finds all of them, and completes again.
    again = page.session("GET", made).json()
    assert [part["PartNumber"] for part in again] == [1, 2, 3]
    assert sum(part["Size"] for part in again) == len(BIG)
    assert page.complete(made, *(part["ETag"] for part in again)).json() == done.json()

    assert page.public.post(f"{page.upload}/finalize").status_code == 202
    ready = Sender(api).until(transfer["transfer"], "ready")
    big = ready["files"][-1]
    download = api.post(f"/transfers/{ready['id']}/files/{big['id']}/downloads").json()
    assert httpx.get(download["url"], trust_env=False, timeout=30).content == BIG
    assert [part["PartNumber"] for part in page.session("GET", made).json()] == [1, 2, 3]


def test_parts_beyond_the_declared_size_never_become_an_object(page: Page) -> None:
    made = page.create("b.bin", size=CHUNK + 1).json()
    etags = [page.put(made, number, bytes(CHUNK)) for number in (1, 2)]

    answer = page.complete(made, *etags)

    assert (answer.status_code, answer.json()["code"]) == (413, "size-limit")
    refused = page.files()[-1]
    assert (refused["status"], refused["reason"]["code"]) == ("rejected", "size-mismatch")
    assert page.session("GET", made).status_code == 404


def test_surplus_bytes_are_noticed_while_parts_come(page: Page) -> None:
    made = page.create("b.bin", size=16 * CHUNK).json()
    page.put(made, 1, bytes(16 * CHUNK + 1))

    answer = page.session("GET", made, "/16")

    assert (answer.status_code, answer.json()["code"]) == (413, "size-limit")
    assert page.files()[-1]["status"] == "rejected"


def test_a_cancelled_upload_can_be_started_anew(page: Page) -> None:
    made = page.create("b.bin", size=len(BIG)).json()
    page.put(made, 1, BIG[:CHUNK])

    for _ in range(2):
        answer = page.session("DELETE", made)
        assert (answer.status_code, answer.json()) == (200, {})

    anew = page.create("b.bin", size=len(BIG)).json()
    assert (anew["key"], anew["uploadId"] != made["uploadId"]) == (made["key"], True)
    assert page.session("GET", made).status_code == 404
    assert page.session("GET", anew).json() == []


def test_key_and_upload_id_must_be_those_of_one_session(page: Page) -> None:
    one, two = (page.create(name, size=len(BIG)).json() for name in ("1.bin", "2.bin"))
    mixed = {**one, "key": two["key"]}
    moved = {**one, "key": one["key"].replace("inbox/", "files/")}
    guessed = {**one, "uploadId": "guessed"}

    for forged in (mixed, moved, guessed):
        for method, then in (("GET", "/1"), ("GET", ""), ("DELETE", "")):
            assert page.session(method, forged, then).status_code == 404
        assert page.complete(forged, "x").status_code == 404
    assert page.session("GET", one, "/0").status_code == 404
    assert page.session("GET", one, "/10001").status_code == 404


def test_completing_names_up_to_ten_thousand_parts(page: Page) -> None:
    made = page.create("b.bin", size=len(BIG)).json()

    answer = page.complete(made, *(f'"{"0" * 32}"' for _ in range(10_000)))

    assert (answer.status_code, answer.json()["code"]) == (409, "upload-incomplete")


def test_answers_may_be_read_by_a_page_of_another_origin(page: Page) -> None:
    origin = {"Origin": "https://page.example"}
    asked = {**origin, "Access-Control-Request-Method": "DELETE"}
    preflight = page.public.options(f"{page.upload}/s3/multipart/x", headers=asked)
    answer = page.public.get(f"{page.upload}/s3/params?filename=x", headers=origin)

    assert "DELETE" in preflight.headers["Access-Control-Allow-Methods"]
    assert "Content-Type" in preflight.headers["Access-Control-Allow-Headers"]
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (422, "*")
