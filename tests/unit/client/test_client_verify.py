"""Checking a log and its receipt: whatever is changed, left out or signed by another is found."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from skyferry_client.verify import check, digest
from typer.testing import Result

from tests.unit.client.fake_skyferry import FakeSkyferry
from tests.unit.client.fake_wire import API, problem

Run = Callable[..., Result]
Log = list[dict[str, Any]]
KID = "key-1"


@pytest.fixture(scope="module")
def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def jwks(key: ec.EllipticCurvePrivateKey, kid: str = KID) -> dict[str, object]:
    public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(key.public_key()))
    return {"keys": [{**public, "kid": kid, "alg": "ES256", "use": "sig"}]}


def log(count: int = 3, transfer_id: str = "tr_1") -> Log:
    events: Log = []
    for seq in range(1, count + 1):
        event: dict[str, Any] = {
            "id": f"ev_{seq}",
            "transfer_id": transfer_id,
            "seq": seq,
            "type": "file.downloaded",
            "at": "2030-01-01T00:00:00.000Z",
            "data": {"name": "Grüße \U0001f600 \u202e.txt", "size": 3, "none": None, "yes": True},
            "prev_hash": events[-1]["hash"] if events else "",
        }
        events.append({**event, "hash": digest(event)})
    return events


def signed(
    events: Log,
    key: Any,
    *,
    algorithm: str = "ES256",
    typ: str = "receipt+jwt",
    kid: str = KID,
    **claims: Any,
) -> str:
    said = {
        "iss": API,
        "sub": "tr_1",
        "log": {"count": len(events), "head": events[-1]["hash"]},
        **claims,
    }
    return jwt.encode(said, key, algorithm=algorithm, headers={"typ": typ, "kid": kid})


def test_an_event_of_the_service_has_the_hash_that_the_service_wrote() -> None:
    event = {
        "id": "ev_1",
        "transfer_id": "tr_1",
        "seq": 1,
        "type": "transfer.created",
        "at": "2030-01-01T00:00:00.000Z",
        "data": {"name": "Grüße"},
        "prev_hash": "",
    }
    text = (
        '{"at":"2030-01-01T00:00:00.000Z","data":{"name":"Grüße"},"id":"ev_1","prev_hash":"",'
        '"seq":1,"transfer_id":"tr_1","type":"transfer.created"}'
    )
    assert digest(event) == hashlib.sha256(text.encode()).hexdigest()


def test_a_whole_log_with_its_receipt_is_intact(key: ec.EllipticCurvePrivateKey) -> None:
    verdict = check(log(), signed(log(), key), jwks(key), transfer_id="tr_1", issuer=API)
    assert (verdict.intact, verdict.signature, verdict.receipt_count) == (True, "valid", 3)


def test_a_log_that_went_on_after_its_receipt_is_intact(key: ec.EllipticCurvePrivateKey) -> None:
    verdict = check(log(5), signed(log(3), key), jwks(key))
    assert (verdict.intact, verdict.event_count, verdict.receipt_count) == (True, 5, 3)


def test_a_log_without_a_receipt_is_called_unsigned() -> None:
    verdict = check(log(), None, None)
    assert (verdict.intact, verdict.signature) == (True, "absent")


def edited(place: int, **fields: Any) -> Callable[[Log], Log]:
    return lambda events: [
        {**event, **fields} if event["seq"] == place else event for event in events
    ]


@pytest.mark.parametrize(
    ("damage", "seq"),
    [
        (edited(2, type="mail.delivered"), 2),
        (edited(2, data={"size": 4}), 2),
        (edited(2, at="2030-01-01T00:00:01.000Z"), 2),
        (edited(2, a_field_more="x"), 2),
        (edited(1, prev_hash="0"), 1),
        (edited(3, hash="0"), 3),
        (edited(2, seq=True), 2),
        (lambda events: events[1:], 1),
        (lambda events: [events[0], events[2]], 2),
        (lambda events: [events[0], events[2], events[1]], 2),
        (lambda events: [events[0], *events], 2),
        (lambda events: [events[0], log(2, "tr_2")[1]], 2),
    ],
)
def test_a_damaged_log_is_broken_and_where(damage: Callable[[Log], Log], seq: int) -> None:
    verdict = check(damage(log()), None, None)
    assert not verdict.intact
    assert verdict.findings[0].seq == seq


def test_an_event_rewritten_with_its_hash_breaks_the_next_one() -> None:
    events = log()
    forged = {**events[0], "type": "mail.delivered"}
    forged["hash"] = digest(forged)
    verdict = check([forged, *events[1:]], None, None)
    assert [each.seq for each in verdict.findings] == [2]


def test_an_event_of_another_transfer_does_not_belong_however_well_it_is_bound() -> None:
    events = log()
    events[2] = {**events[2], "transfer_id": "tr_2"}
    events[2]["hash"] = digest(events[2])
    verdict = check(events, None, None)
    assert [(each.seq, "another transfer" in each.problem) for each in verdict.findings] == [
        (3, True)
    ]


def test_a_log_cut_at_its_end_is_found_by_the_receipt_alone(
    key: ec.EllipticCurvePrivateKey,
) -> None:
    assert check(log()[:2], None, None).intact
    verdict = check(log()[:2], signed(log(), key), jwks(key))
    assert "speaks of 3 events, and there are 2" in verdict.findings[0].problem


def test_a_log_made_up_as_a_whole_is_found_by_the_receipt_alone(
    key: ec.EllipticCurvePrivateKey,
) -> None:
    receipt, made_up = signed(log(), key), log()
    made_up[2]["type"] = "mail.bounced"
    made_up[2]["hash"] = digest(made_up[2])
    assert check(made_up, None, None).intact
    assert not check(made_up, receipt, jwks(key)).intact


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "tr_2"},
        {"iss": "https://evil.example/v1"},
        {"log": None},
        {"log": {"count": True, "head": "x"}},
        {"log": {"count": -1, "head": ""}},
        {"log": {"count": 0, "head": "x"}},
        {"log": {"count": 3}},
        {"log": "3"},
    ],
)
def test_a_receipt_that_says_something_else_is_broken(
    key: ec.EllipticCurvePrivateKey, claims: dict[str, Any]
) -> None:
    receipt = signed(log(), key, **claims)
    assert not check(log(), receipt, jwks(key), transfer_id="tr_1", issuer=API).intact


def test_a_receipt_signed_by_another_is_broken(key: ec.EllipticCurvePrivateKey) -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    for receipt in (
        signed(log(), other),
        signed(log(), other, kid="unknown"),
        signed(log(), key, typ="JWT"),
        signed(log(), None, algorithm="none"),
        # The public key as a password: what a verifier that believes `alg` falls for.
        signed(log(), "x" * 32, algorithm="HS256"),
        signed(log(), key)[:-8] + "AAAAAAAA",
        "no.receipt",
        "",
    ):
        verdict = check(log(), receipt, jwks(key))
        assert (verdict.intact, verdict.signature) == (False, "broken"), receipt


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"keys": None},
        {"keys": [None, 5, {}]},
        {"keys": [{"kid": KID}]},
        {"keys": [{"kid": KID, "kty": "oct", "k": "eHh4"}]},
    ],
)
def test_keys_that_are_none_hold_nothing(
    key: ec.EllipticCurvePrivateKey, keys: dict[str, Any]
) -> None:
    assert check(log(), signed(log(), key), keys).signature == "broken"


def test_without_trusted_keys_a_receipt_counts_as_unchecked(
    key: ec.EllipticCurvePrivateKey,
) -> None:
    assert check(log(), signed(log(), key), None).signature == "unchecked"


# The command


@pytest.fixture
def served(cloud: FakeSkyferry, key: ec.EllipticCurvePrivateKey) -> Log:
    """The events that the API serves, with a receipt of the undamaged log."""
    events, receipt = log(), signed(log(), key)

    def answer(request: httpx.Request) -> httpx.Response | None:
        path = request.url.path
        if path.endswith("/transfers/tr_1/events"):
            return httpx.Response(200, json={"data": events, "next_cursor": None})
        if path.endswith("/transfers/tr_1/receipt"):
            times = {"issued_at": "2030-01-01T00:00:00.000Z"}
            return httpx.Response(200, json={"transfer_id": "tr_1", "receipt": receipt, **times})
        return httpx.Response(200, json=jwks(key)) if path.endswith("/jwks.json") else None

    cloud.faults.append(answer)
    return events


def test_an_intact_transfer_is_exit_0(run: Run, served: Log) -> None:
    result = run("verify", "tr_1")
    assert result.exit_code == 0, result.stderr
    assert "tr_1: intact, 3 events\nsigned by the service, as of event 3 of 3" in result.stdout


def test_a_damaged_one_is_exit_1_and_says_where(run: Run, served: Log) -> None:
    served[1]["data"] = {}
    result = run("verify", "tr_1")
    assert result.exit_code == 1
    assert "BROKEN" in result.stdout
    assert "event 2: its contents are not those that were hashed" in result.stdout


def test_what_was_saved_is_checked_without_the_service(
    run: Run, served: Log, cloud: FakeSkyferry, tmp_path: Path, key: ec.EllipticCurvePrivateKey
) -> None:
    saved, keys = tmp_path / "saved.json", tmp_path / "keys.json"
    saved.write_text(run("verify", "tr_1", "--json").stdout)
    keys.write_text(json.dumps(jwks(key)))
    cloud.requests.clear()
    result = run("verify", saved)
    assert result.exit_code == 0
    assert "receipt not checked" in result.stdout
    result = run("verify", saved, "--keys", keys)
    assert "signed by the service" in result.stdout
    assert cloud.requests == []
    saved.write_text(saved.read_text().replace('"size": 3', '"size": 4', 1))
    assert run("verify", saved).exit_code == 1


def test_a_saved_list_of_events_is_checked(run: Run, served: Log, tmp_path: Path) -> None:
    saved = tmp_path / "events.json"
    saved.write_text(run("transfer", "events", "tr_1", "--json").stdout)
    result = run("verify", saved)
    assert result.exit_code == 0
    assert "not signed" in result.stdout


def test_a_service_without_receipts_is_told_as_unsigned(
    run: Run, served: Log, cloud: FakeSkyferry
) -> None:
    cloud.faults.insert(
        0, lambda r: problem(404, "not-found") if r.url.path.endswith("/receipt") else None
    )
    result = run("verify", "tr_1")
    assert result.exit_code == 0
    assert "not signed" in result.stdout


@pytest.mark.parametrize(
    "content", ["", "{", "5", "{}", '{"events": [1]}', '{"events": [], "receipt": 5}']
)
def test_a_file_that_holds_no_log_is_told(run: Run, tmp_path: Path, content: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(content)
    result = run("verify", path)
    assert result.exit_code == 1
    assert str(path) in result.stderr.replace("\n", "")
    assert run("verify", tmp_path / "absent.json").exit_code == 1
