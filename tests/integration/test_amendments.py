"""What a sender changes of a transfer that is under way or out, over HTTP."""

import uuid

import httpx

from tests.integration.conftest import Inbox
from tests.integration.sender import Sender, described, path, token_in

MERGE = {"Content-Type": "application/merge-patch+json"}


def key() -> dict[str, str]:
    return {"Idempotency-Key": uuid.uuid4().hex}


def test_a_transfer_is_built_up_changed_and_sent(
    api: httpx.Client, public: httpx.Client, inbox: Inbox, recipient: str
) -> None:
    sender = Sender(api)
    transfer = sender.create([])
    assert transfer["status"] == "draft"
    place = f"/transfers/{transfer['id']}"
    added = api.post(f"{place}/files", json=described(b"hello", "first.txt"))
    assert added.status_code == 201, added.text
    transfer["files"] = [added.json()]
    sender.upload(transfer, 0, b"hello")
    assert api.post(f"{place}/recipients", json={"email": recipient}).status_code == 201
    changed = None
    while changed is None or changed.status_code == 412:  # the scan was faster
        headers = {**MERGE, "If-Match": api.get(place).headers["etag"]}
        changed = api.patch(place, json={"title": "Changed", "max_downloads": 1}, headers=headers)
    assert changed.status_code == 200, changed.text
    assert api.patch(place, json={"title": "x"}, headers=MERGE).json()["code"] == (
        "precondition-required"
    )

    assert sender.finalize(transfer).status_code == 202
    sender.until(transfer, "ready")

    mail = inbox.wait_for(recipient)
    assert "Changed" in mail["subject"]
    view = public.get(f"/t/{token_in(mail)}").json()
    assert (view["title"], view["downloads_left"]) == ("Changed", 1)


def test_a_recipient_who_comes_later_gets_a_mail_and_one_who_goes_loses_the_link(
    api: httpx.Client, public: httpx.Client, inbox: Inbox, recipient: str
) -> None:
    transfer = Sender(api).send(b"hello", recipient)
    first = token_in(inbox.wait_for(recipient))
    place = f"/transfers/{transfer['id']}/recipients"

    later = f"later-{recipient}"
    assert api.post(place, json={"email": later}, headers=key()).status_code == 201
    second = token_in(inbox.wait_for(later))
    gone = api.get(place).json()["data"][0]["id"]
    assert api.delete(f"{place}/{gone}").status_code == 204

    assert public.get(f"/t/{first}").json()["code"] == "deleted"
    assert public.get(f"/t/{second}").status_code == 200
    assert len(inbox.mails(later)) == 1


def test_a_resent_mail_comes_once_with_a_link_of_its_own(
    api: httpx.Client, public: httpx.Client, inbox: Inbox, recipient: str
) -> None:
    transfer = Sender(api).send(b"hello", recipient)
    first = token_in(inbox.wait_for(recipient))
    listed = api.get(f"/transfers/{transfer['id']}/recipients").json()["data"]
    place = f"/transfers/{transfer['id']}/recipients/{listed[0]['id']}/resend"
    again = key()

    answers = [api.post(place, headers=again) for _ in range(3)]

    assert {answer.status_code for answer in answers} == {202}
    Sender(api).wait(lambda: len(inbox.mails(recipient)) == 2)
    second = token_in(inbox.mails(recipient)[1])
    assert second != first
    assert {public.get(f"/t/{token}").status_code for token in (first, second)} == {200}


def test_a_deleted_transfer_comes_back_with_its_bytes(api: httpx.Client) -> None:
    transfer = Sender(api).send(b"hello")
    place = f"/transfers/{transfer['id']}"
    api.delete(place)

    restored = api.post(f"{place}/restore")

    assert (restored.status_code, restored.json()["status"]) == (200, "ready")
    download = api.post(f"{path(transfer, transfer['files'][0])}/downloads").json()
    assert httpx.get(download["url"], trust_env=False, timeout=30).content == b"hello"


def test_a_removed_file_is_gone_before_the_transfer_is_closed(api: httpx.Client) -> None:
    sender = Sender(api)
    transfer = sender.create([described(b"hello"), described(b"other")])
    sender.upload(transfer, 0, b"hello")
    kept, removed = transfer["files"]

    assert api.delete(path(transfer, removed)).status_code == 204

    assert sender.finalize(transfer).status_code == 202
    ready = sender.until(transfer, "ready")
    assert [file["id"] for file in ready["files"]] == [kept["id"]]
