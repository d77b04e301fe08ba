"""Ask for files, and let somebody without an account send some: limits, races, and what a token reaches."""

import uuid
from collections import Counter
from typing import Any

import httpx
import pytest

from tests.integration.at_once import all_at_once, warm_up
from tests.integration.sender import PART, Sender, described

CONTENT = b"what you asked for"


def ask(api: httpx.Client, **fields: Any) -> dict[str, Any]:
    answer = api.post("/requests", json={"title": "Your photos, please", **fields})
    assert answer.status_code == 201, answer.text
    request: dict[str, Any] = answer.json()
    return request


def contribute(
    public: httpx.Client, request: dict[str, Any], *files: dict[str, Any], **fields: Any
) -> httpx.Response:
    body = {"files": list(files) or [described(CONTENT)], **fields}
    return public.post(f"{request['url']}/transfers", json=body)


def capability(public: httpx.Client, api: httpx.Client, *files: dict[str, Any]) -> dict[str, Any]:
    answer = contribute(public, ask(api), *files)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_somebody_without_an_account_sends_files(api: httpx.Client, public: httpx.Client) -> None:
    request = ask(api, max_files=2, allowed_types=["application/*"])
    big = bytes(2 * PART)
    answer = contribute(
        public, request, described(CONTENT), described(big, "b.bin"), sender_name="Grace"
    )
    assert answer.status_code == 201, answer.text
    made = answer.json()
    upload, transfer = made["upload"]["url"], made["transfer"]

    small, large = transfer["files"]
    assert Sender(api).post(small["upload"], CONTENT).status_code == 204
    parts = {"parts": [{"number": n, "size": PART} for n in (1, 2)]}
    signed = public.post(f"{upload}/files/{large['id']}/upload/parts", json=parts).json()["parts"]
    for part in signed:
        assert Sender(api).put(part, big[:PART]).status_code == 200
    listed = public.get(f"{upload}/files/{large['id']}/upload/parts").json()["data"]
    assert [part["size"] for part in listed] == [PART, PART]
    assert public.post(f"{upload}/files/{large['id']}/upload/complete").status_code == 202
    assert public.post(f"{upload}/finalize").status_code == 202
    assert public.post(f"{upload}/finalize").status_code == 202

    ready = Sender(api).until(transfer, "ready")
    assert (ready["request_id"], ready["sender"]) == (request["id"], "Grace")
    assert [item["id"] for item in api.get("/transfers").json()["data"]] == [transfer["id"]]
    assert [file["status"] for file in public.get(upload).json()["files"]] == ["clean", "clean"]
    late = public.post(f"{upload}/files", json=described(CONTENT))
    assert (late.status_code, late.json()["code"]) == (409, "state")


def test_the_number_of_uses_is_exact_under_a_race(api: httpx.Client, public: httpx.Client) -> None:
    request = ask(api, max_uses=5)

    warm_up(api, 60)
    answers = all_at_once(60, lambda _: contribute(public, request))

    assert Counter(answer.status_code for answer in answers) == {201: 5, 410: 55}
    assert {answer.json()["code"] for answer in answers if answer.is_error} == {"request-used"}
    used = api.get(f"/requests/{request['id']}").json()
    assert (used["status"], used["use_count"]) == ("used", 5)
    assert len(api.get("/transfers").json()["data"]) == 5


def test_one_key_makes_one_use_however_often_it_is_sent(
    api: httpx.Client, public: httpx.Client
) -> None:
    request = ask(api, max_uses=1)
    key = {"Idempotency-Key": uuid.uuid4().hex}
    body = {"files": [described(CONTENT)]}

    first, again = (
        public.post(f"{request['url']}/transfers", json=body, headers=key) for _ in range(2)
    )

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json() == first.json()


@pytest.mark.parametrize(
    ("limits", "files", "status", "code"),
    [
        ({"allowed_types": ["image/*"]}, [described(CONTENT)], 415, "type-not-allowed"),
        ({"max_files": 1}, [described(CONTENT), described(CONTENT, "b")], 413, "size-limit"),
        ({"max_bytes": len(CONTENT) - 1}, [described(CONTENT)], 413, "size-limit"),
    ],
)
def test_what_was_not_asked_for_is_refused_at_once_and_later(
    api: httpx.Client,
    public: httpx.Client,
    limits: dict[str, Any],
    files: list[dict[str, Any]],
    status: int,
    code: str,
) -> None:
    request = ask(api, **limits)

    answer = contribute(public, request, *files)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert api.get(f"/requests/{request['id']}").json()["use_count"] == 0

    fits = described(b"x", "c.png", content_type="image/png")
    upload = contribute(public, request, fits).json()["upload"]["url"]
    for file in files:
        answer = public.post(f"{upload}/files", json=file)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_files_added_at_once_stay_within_the_limits(
    api: httpx.Client, public: httpx.Client
) -> None:
    upload = contribute(public, ask(api, max_files=4)).json()["upload"]["url"]

    answers = all_at_once(12, lambda _: public.post(f"{upload}/files", json=described(b"x")))

    assert Counter(answer.status_code for answer in answers) == {201: 3, 413: 9}
    assert len(public.get(upload).json()["files"]) == 4


def test_a_revoked_link_is_gone_on_the_next_request(
    api: httpx.Client, public: httpx.Client
) -> None:
    request = ask(api)
    assert public.get(request["url"]).status_code == 200
    made = contribute(public, request).json()

    for _ in range(2):
        assert api.delete(f"/requests/{request['id']}").status_code == 204

    for answer in (public.get(request["url"]), contribute(public, request)):
        assert (answer.status_code, answer.json()["code"]) == (410, "deleted")
    # What was begun before is the owner's transfer and goes on.
    assert public.get(made["upload"]["url"]).status_code == 200


def test_a_capability_ends_with_its_transfer(api: httpx.Client, public: httpx.Client) -> None:
    made = capability(public, api)
    upload = made["upload"]["url"]

    assert api.delete(f"/transfers/{made['transfer']['id']}").status_code == 204

    answers = [public.get(upload), public.post(f"{upload}/finalize")]
    assert [(each.status_code, each.json()["code"]) for each in answers] == [(410, "deleted")] * 2


def test_a_capability_reaches_no_other_transfer(api: httpx.Client, public: httpx.Client) -> None:
    upload = capability(public, api)["upload"]["url"]
    foreign = capability(public, api, described(bytes(2 * PART)))
    file = foreign["transfer"]["files"][0]["id"]
    session = public.post(
        f"{foreign['upload']['url']}/s3/multipart",
        json={"filename": "x", "type": "", "metadata": {"file_id": file}},
    ).json()
    s3, key = f"{upload}/s3/multipart/{session['uploadId']}", {"key": session["key"]}
    parts = {"parts": [{"number": 1, "size": 1}]}
    complete = {"parts": [{"PartNumber": 1, "ETag": "x"}]}

    answers = [
        public.delete(f"{upload}/files/{file}"),
        public.post(f"{upload}/files/{file}/upload"),
        public.post(f"{upload}/files/{file}/upload/parts", json=parts),
        public.get(f"{upload}/files/{file}/upload/parts"),
        public.post(f"{upload}/files/{file}/upload/complete"),
        public.get(
            f"{upload}/s3/params",
            params={"filename": "x", "type": "text/plain", "metadata[file_id]": file},
        ),
        public.post(
            f"{upload}/s3/multipart",
            json={"filename": "x", "type": "", "metadata": {"file_id": file}},
        ),
        public.get(f"{s3}/1", params=key),
        public.get(s3, params=key),
        public.post(f"{s3}/complete", params=key, json=complete),
        public.delete(s3, params=key),
    ]

    assert [answer.status_code for answer in answers] == [404] * len(answers)
    assert public.get(foreign["upload"]["url"]).json()["files"][0]["status"] == "pending"


def test_a_token_of_one_kind_opens_nothing_of_another(
    api: httpx.Client, public: httpx.Client
) -> None:
    request = ask(api)
    upload = contribute(public, request).json()["upload"]["url"]
    ours, theirs = (url.rpartition("/")[2] for url in (request["url"], upload))

    for path in (f"/u/{ours}", f"/t/{ours}", f"/r/{theirs}", f"/t/{theirs}"):
        assert public.get(path).status_code == 404, path
    assert public.post(f"/r/{theirs}/transfers", json={"files": [described(b"")]}).is_error


def test_an_owners_page_gets_a_capability_of_its_own(
    api: httpx.Client, public: httpx.Client
) -> None:
    transfer = Sender(api).create([described(CONTENT)])
    made = api.post(f"/transfers/{transfer['id']}/upload-token")
    assert made.status_code == 201
    upload = made.json()["url"]

    seen = public.get(upload).json()

    assert (seen["id"], seen["files"][0]["id"]) == (transfer["id"], transfer["files"][0]["id"])
    assert "recipients" not in seen
    assert public.post(f"/transfers/{transfer['id']}/upload-token").status_code == 401
