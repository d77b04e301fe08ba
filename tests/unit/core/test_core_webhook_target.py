from ipaddress import ip_address

import pytest
from skyferry.core import webhook_target
from skyferry.core.errors import WebhookTargetError
from skyferry.core.webhook_target import Target

STAND_IN = "http://127.0.0.1:8090"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "0x7f.1",
        "0x7f000001",
        "0X7F000001",
        "0177.0.0.1",
        "0177.1",
        "017700000001",
        "2130706433",
        "127.0.0.1.",
        "127.0.0.0x1",
        "127.00.0.1",
        "0",
        "0.0.0.0",  # noqa: S104 - nothing is bound
        "0x",
        "10.0.0.1",
        "10.1",
        "100.64.0.1",
        "169.254.169.254",
        "169.254.170.2",
        "0xa9fea9fe",
        "2852039166",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.168.0.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "[::]",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::127.0.0.1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::ffff:8.8.8.8]",
        "[::ffff:0:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b::8.8.8.8]",
        "[64:ff9b:1::a00:1]",
        "[2002:7f00:1::]",
        "[2001:0:4136:e378:8000:63bf:80ff:fffe]",
        "[2001:db8::1]",
        "[3fff::1]",
        "[5f00::1]",
        "[100::1]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "[fe80::1%25eth0]",
        "[2606:4700::1111%25eth0]",
        "[fec0::1]",
        "[ff02::1]",
        "[v1.x]",
        "[127.0.0.1]",
        "localhost",
        "metadata",
        "hooks",
        ".example.com",
        "a..example.com",
        "example.com.",
        "-a.example.com",
        "a-.example.com",
        "a" * 64 + ".example.com",
        "*.example.com",
        "a_b.example.com,c.example.com",
        "①②⑦.⓪.⓪.①",
        "127。0。0。1",
        "bücher.example",
        "%31%32%37.0.0.1",
        "",
    ],
)
def test_what_is_no_public_host_is_refused_in_any_notation(host: str) -> None:
    with pytest.raises(WebhookTargetError) as refused:
        webhook_target.parse(f"https://{host}/hook")

    (error,) = refused.value.errors
    assert (error.pointer, error.code) == ("/url", "webhook-target")


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/",
        "ftp://hooks.example.com/",
        "file:///etc/passwd",
        "//hooks.example.com/",
        "hooks.example.com",
        "javascript:alert(1)",
        "https:hooks.example.com",
        "https:///hooks.example.com",
        "https://user@hooks.example.com/",
        "https://user:secret@hooks.example.com/",
        "https://@hooks.example.com/",
        "https://hooks.example.com\\@127.0.0.1/",
        "https://hooks.example.com#@127.0.0.1/",
        "https://hooks.example.com/#fragment",
        "https://hooks.example.com:0/",
        "https://hooks.example.com:22/",
        "https://hooks.example.com:80/",
        "https://hooks.example.com:1023/",
        "https://hooks.example.com:65536/",
        "https://hooks.example.com:-1/",
        "https://hooks.example.com:https/",
        "https://hooks.example.com/a b",
        "https://hooks.example.com/\r\nHost: other",
        "https://hooks.example.com/\t",
        " https://hooks.example.com/",
        "https://hooks.example.com/é",
        "https://[::1/",
        "https://hooks.example.com/" + "x" * 2000,
        # The stand-in is exempt as it is, and nothing that only looks like it.
        "http://127.0.0.1:8091/hooks/a",
        "http://127.0.0.1/hooks/a",
        "https://127.0.0.1:8090/hooks/a",
        "http://127.0.0.1:8090@evil.example/",
        "http://a@127.0.0.1:8090/",
        "http://127.0.0.1:8090.evil.example/",
    ],
)
def test_a_url_that_is_not_plain_https_is_refused(url: str) -> None:
    with pytest.raises(WebhookTargetError):
        webhook_target.parse(url, STAND_IN)


@pytest.mark.parametrize(
    ("url", "target", "authority"),
    [
        ("https://a.example.com", Target("https", "a.example.com", 443, "/"), "a.example.com"),
        ("https://A.Example.COM:443/x", Target("https", "a.example.com", 443, "/x"), None),
        (
            "https://xn--bcher-kva.example:8443/a/b?c=%20&d",
            Target("https", "xn--bcher-kva.example", 8443, "/a/b?c=%20&d"),
            "xn--bcher-kva.example:8443",
        ),
        ("https://8.8.8.8/", Target("https", "8.8.8.8", 443, "/"), "8.8.8.8"),
        (
            "https://[2606:4700::1111]:1024/",
            Target("https", "2606:4700::1111", 1024, "/"),
            "[2606:4700::1111]:1024",
        ),
        ("https://4you.example.com?x", Target("https", "4you.example.com", 443, "/?x"), None),
    ],
)
def test_a_public_https_url_is_taken_apart(url: str, target: Target, authority: str | None) -> None:
    assert webhook_target.parse(url) == target
    assert authority in {None, target.authority}


def test_the_stand_in_is_exempt_only_where_there_is_one() -> None:
    url = f"{STAND_IN}/hooks/a?fail=2"

    assert webhook_target.parse(url, STAND_IN) == Target(
        "http", "127.0.0.1", 8090, "/hooks/a?fail=2"
    )
    with pytest.raises(WebhookTargetError):
        webhook_target.parse(url)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "2a00:1450::1"])
def test_public_addresses_are_public(address: str) -> None:
    assert webhook_target.is_public(ip_address(address))
