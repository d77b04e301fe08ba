"""The sender against a receiver with TLS on this machine, where loopback is declared public."""

import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import pytest_socket
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from skyferry.adapters import webhook_sender
from skyferry.adapters.webhook_sender import WebhookSender
from skyferry.core import limits, webhook_target
from skyferry.core.errors import WebhookTargetError, WebhookUnansweredError

NAME = "hooks.example.com"
HEADERS = {"webhook-id": "ev_1", "webhook-signature": "v1,x"}
BODY = '{"text":"ß"}'


def sender(*addresses: str, stand_in: str = "none") -> WebhookSender:
    """One for which every name has these addresses."""
    return WebhookSender(stand_in, lambda host, port: list(addresses))


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["8.8.8.8", "10.0.0.1"],
        ["2606:4700::1111", "::1"],
        ["::ffff:8.8.8.8"],
        ["fe80::1%eth0"],
        ["64:ff9b::7f00:1"],
    ],
)
def test_a_name_with_any_address_inside_is_refused_early_and_late(addresses: list[str]) -> None:
    for act in (
        lambda: sender(*addresses).check(f"https://{NAME}/"),
        lambda: sender(*addresses).post(f"https://{NAME}/", HEADERS, BODY),
    ):
        with pytest.raises(WebhookTargetError) as refused:
            act()
        # Which address it was is nobody's business.
        assert not any(address in refused.value.detail for address in addresses)


def test_a_name_that_nobody_knows_passes_the_check_and_is_not_answered() -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise OSError(host)

    WebhookSender("none", unknown).check(f"https://{NAME}/")
    with pytest.raises(WebhookUnansweredError):
        WebhookSender("none", unknown).post(f"https://{NAME}/", HEADERS, BODY)


def test_ipv4_is_tried_before_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(0, 0, 0, "", (address, 443)) for address in ("2606:4700::1111", "8.8.8.8", "8.8.8.8")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)

    assert webhook_sender.resolve(NAME, 443) == ["8.8.8.8", "2606:4700::1111"]


class Receiver(ThreadingHTTPServer):
    daemon_threads = True
    #: What it answers: a status, or None for nothing.
    answer: int | None = 204
    #: What it sends again and again, until we have gone.
    drip: bytes = b""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.pause = threading.Event()
        self.received: list[tuple[str, dict[str, str], bytes]] = []
        self.names: list[str | None] = []


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((self.path, dict(self.headers), body))
        while self.server.drip and not self.server.pause.wait(0.1):
            self.wfile.write(self.server.drip)
        if self.server.answer is None:
            self.server.pause.wait()
            return
        self.send_response(self.server.answer)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(2**40))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Silent."""


def certificate(folder: Path, name: str) -> Path:
    """A self-signed one, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{name}.pem"
    encoding = serialization.Encoding.PEM
    file.write_bytes(
        key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(encoding)
    )
    return file


@pytest.fixture
def receiver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """Its certificate is for NAME, and trusted."""
    pytest_socket.enable_socket()
    pytest_socket.socket_allow_hosts(["127.0.0.1"])
    monkeypatch.setattr(webhook_target, "is_public", lambda address: True)
    file = certificate(tmp_path, NAME)
    trusting = ssl.create_default_context(cafile=str(file))
    monkeypatch.setattr(ssl, "create_default_context", lambda: trusting)
    with Receiver() as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        context.sni_callback = lambda _, name, __: server.names.append(name)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.pause.set()
        server.shutdown()
        thread.join()


def url(receiver: Receiver, name: str = NAME) -> str:
    return f"https://{name}:{receiver.server_port}/a/b?c=d"


def test_the_connection_goes_to_the_judged_address_and_speaks_of_the_name(
    receiver: Receiver,
) -> None:
    """The name has no address that anybody could look up."""
    status = sender("127.0.0.1").post(url(receiver), HEADERS, BODY)

    assert status == 204
    ((path, headers, body),) = receiver.received
    assert (path, body) == ("/a/b?c=d", BODY.encode())
    assert headers["Host"] == f"{NAME}:{receiver.server_port}"
    assert headers["Content-Type"] == "application/json"
    assert headers["webhook-id"] == "ev_1"
    assert receiver.names == [NAME]


def test_a_name_is_looked_up_once_a_message(receiver: Receiver) -> None:
    """A second look-up could answer something else than was judged."""
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    WebhookSender("none", resolve).post(url(receiver), HEADERS, BODY)

    assert asked == [NAME]


def test_a_certificate_of_another_name_is_refused(receiver: Receiver) -> None:
    with pytest.raises(WebhookUnansweredError, match="certificate"):
        sender("127.0.0.1").post(url(receiver, "other.example.com"), HEADERS, BODY)

    assert receiver.received == []


def test_a_certificate_that_nobody_vouches_for_is_refused(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    strict = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    monkeypatch.setattr(ssl, "create_default_context", lambda: strict)

    with pytest.raises(WebhookUnansweredError, match="certificate"):
        sender("127.0.0.1").post(url(receiver), HEADERS, BODY)

    assert receiver.received == []


@pytest.mark.parametrize("status", [200, 301, 302, 303, 307, 308, 410, 429, 500, 503])
def test_the_status_is_answered_as_it_is_and_no_redirect_is_followed(
    receiver: Receiver, status: int
) -> None:
    """Nor is a body read: the receiver promises a terabyte."""
    receiver.answer = status

    assert sender("127.0.0.1").post(url(receiver), HEADERS, BODY) == status
    assert len(receiver.received) == 1


@pytest.mark.timeout(30)
def test_a_receiver_that_does_not_answer_in_time_is_given_up(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the deadline."""
    monkeypatch.setattr(limits, "WEBHOOK_TIMEOUT", 0.5)
    monkeypatch.setattr(limits, "WEBHOOK_DEADLINE", 60)
    receiver.answer = None

    with pytest.raises(WebhookUnansweredError, match="no answer"):
        sender("127.0.0.1").post(url(receiver), HEADERS, BODY)

    assert len(receiver.received) == 1


def test_a_receiver_that_is_not_there_is_said_to_be_so(receiver: Receiver) -> None:
    with pytest.raises(WebhookUnansweredError, match="could not be reached"):
        sender("127.0.0.1").post(f"https://{NAME}:1025/", HEADERS, BODY)


def test_no_proxy_of_the_environment_is_used(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    assert sender("127.0.0.1").post(url(receiver), HEADERS, BODY) == 204


def test_the_stand_in_is_spoken_to_in_plain_http(receiver: Receiver, tmp_path: Path) -> None:
    with Receiver() as plain:
        threading.Thread(target=plain.serve_forever, args=(0.01,), daemon=True).start()
        origin = f"http://127.0.0.1:{plain.server_port}"
        address: dict[str, Any] = {"stand_in": origin}

        assert sender("127.0.0.1", **address).post(f"{origin}/hooks/a", HEADERS, BODY) == 204
        with pytest.raises(WebhookTargetError):
            sender("127.0.0.1").post(f"{origin}/hooks/a", HEADERS, BODY)
        plain.shutdown()


@pytest.mark.parametrize("drip", [b"HTTP/1.1 100 Continue\r\n\r\n", b"x"])
@pytest.mark.timeout(30)
def test_a_receiver_that_drips_its_answer_is_left(
    receiver: Receiver, drip: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "WEBHOOK_DEADLINE", 1)
    receiver.drip = drip

    with pytest.raises(WebhookUnansweredError, match="no answer within 1 second"):
        sender("127.0.0.1").post(url(receiver), HEADERS, BODY)
