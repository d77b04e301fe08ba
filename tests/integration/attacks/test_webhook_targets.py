"""Webhook addresses that lead inside: loopback, metadata, private networks, in every spelling."""

import httpx
import pytest

from tests.integration.attacks.conftest import Person

INSIDE = {
    "loopback in IPv6": "https://[::1]/",
    "IPv4 in IPv6": "https://[::ffff:127.0.0.1]/",
    "metadata in IPv6": "https://[::ffff:a9fe:a9fe]/",
    "NAT64": "https://[64:ff9b::7f00:1]/",
    "a unique local address": "https://[fd00:ec2::254]/",
    "any address": "https://0.0.0.0/",
    "any address in IPv6": "https://[::]/",
    "decimal": "https://2130706433/",
    "hexadecimal": "https://0x7f000001/",
    "hexadecimal, short": "https://0x7f.1/",
    "octal": "https://0177.0.0.1/",
    "zeros before": "https://127.000.000.001/",
    "a private network": "https://10.0.0.1/",
    "another": "https://192.168.1.1/",
    "a carrier's network": "https://100.64.0.1/",
    "a trailing dot": "https://localhost./",
    "circled letters": "https://\u24dbocalhost/",
    "a full stop of full width": "https://127\uff0e0\uff0e0\uff0e1/",
    "a name without a dot": "https://intranet/",
    "a user that looks like a host": "https://hooks.example.com@127.0.0.1/",
    "a password": "https://user:secret@hooks.example.com/",
    "a backslash": "https://hooks.example.com\\@127.0.0.1/",
    "a line break": "https://hooks.example.com/\r\nHost: internal",
    "a blank": "https://hooks.example.com /",
    "a fragment": "https://hooks.example.com/#@127.0.0.1",
    "SSH's port": "https://hooks.example.com:22/",
    "port 0": "https://hooks.example.com:0/",
    "no TLS": "http://hooks.example.com/",
    "no scheme": "//hooks.example.com/",
    "a file": "file:///etc/passwd",
    "gopher": "gopher://127.0.0.1:6379/_INFO",
    "a data URL": "data:text/plain,x",
}


def _urls(person: Person) -> list[str]:
    return [each["url"] for each in person.api.get("/webhooks").json()["data"]]


@pytest.fixture(scope="module")
def webhook(attacker: Person) -> str:
    made = attacker.api.post("/webhooks", json={"url": "https://hooks.example.com/a"})
    assert made.status_code == 201
    return str(made.json()["id"])


@pytest.mark.parametrize("way", INSIDE)
def test_an_address_that_leads_inside_is_refused(attacker: Person, webhook: str, way: str) -> None:
    before = _urls(attacker)

    created = attacker.api.post("/webhooks", json={"url": INSIDE[way]})
    changed = _change(attacker, webhook, INSIDE[way])

    for answer in (created, changed):
        assert (answer.status_code, answer.json()["code"]) == (422, "webhook-target")
    assert _urls(attacker) == before
    assert (
        _change(attacker, webhook, f"https://hooks.example.com:8443/{len(way)}").status_code == 200
    )


def _change(person: Person, webhook: str, url: str) -> httpx.Response:
    headers = {"Content-Type": "application/merge-patch+json", "If-Match": "*"}
    return person.api.patch(f"/webhooks/{webhook}", json={"url": url}, headers=headers)


@pytest.mark.parametrize(
    "field", ["logo_url", "callback", "redirect_uri", "file_url", "source_url"]
)
def test_no_other_field_takes_an_address(attacker: Person, field: str) -> None:
    """uppy's companion fetched what it was told to."""
    held = attacker.api.get("/usage").json()

    answer = attacker.api.post("/transfers", json={field: "http://169.254.169.254/"})

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, f"/{field}")
    assert attacker.api.get("/usage").json() == held
