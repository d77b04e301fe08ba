"""Receiving: whole files or none, inside the folder, and resumed where they broke off."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from skyferry_client.download import Received
from skyferry_client.errors import ApiError, StorageUnreachableError

from tests.unit.client.fake_skyferry import FakeSkyferry
from tests.unit.client.fake_wire import TIME, files_below, problem, sha256, store_error

Receive = Callable[..., list[Received]]

CONTENT = bytes(range(256)) * 40


class Breaks(httpx.SyncByteStream):
    """A body that breaks off."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def __iter__(self) -> Iterator[bytes]:
        yield self._content
        raise httpx.ReadError("connection reset")


def breaking(cloud: FakeSkyferry, after: int, times: int) -> Callable[..., httpx.Response | None]:
    """The first `times` downloads end after so many bytes of what was asked for."""
    left = [times]

    def fault(request: httpx.Request) -> httpx.Response | None:
        if not request.url.path.startswith("/object/") or not left[0]:
            return None
        left[0] -= 1
        whole = cloud._store(request)
        headers = {**whole.headers, "content-length": str(len(whole.content))}
        return httpx.Response(
            whole.status_code, headers=headers, stream=Breaks(whole.content[:after])
        )

    return fault


def ranges(cloud: FakeSkyferry) -> list[str | None]:
    return [r.headers.get("range") for r in cloud.requests if r.url.path.startswith("/object/")]


def test_a_broken_download_goes_on_where_it_stopped(
    cloud: FakeSkyferry, receive: Receive, out: Path
) -> None:
    cloud.offer("a.bin", CONTENT)
    cloud.faults.append(breaking(cloud, 1000, 2))
    receive()
    assert files_below(out) == {"a.bin": CONTENT}
    assert ranges(cloud) == [None, "bytes=1000-", "bytes=2000-"]
    assert cloud.requests[-1].headers["if-range"].startswith('"')
    assert cloud.downloads == 1, "a URL is used as long as it lasts: each one counts"


def test_the_next_run_goes_on_where_this_one_stopped(
    cloud: FakeSkyferry, receive: Receive, out: Path
) -> None:
    cloud.offer("a.bin", CONTENT)
    cloud.faults.append(breaking(cloud, 1000, 1))

    def down(request: httpx.Request) -> httpx.Response | None:
        if "range" in request.headers:
            raise httpx.ConnectError("no route")
        return None

    cloud.faults.insert(0, down)
    with pytest.raises(StorageUnreachableError):
        receive()
    assert [path.suffix for path in out.iterdir()] == [".part"]

    cloud.faults.clear()
    receive()
    assert files_below(out) == {"a.bin": CONTENT}
    assert ranges(cloud)[-1] == "bytes=1000-"


def test_an_expired_url_is_renewed(cloud: FakeSkyferry, receive: Receive, out: Path) -> None:
    cloud.offer("a.bin", CONTENT)
    cloud.faults.append(breaking(cloud, 1000, 1))

    def expire(request: httpx.Request) -> None:
        if "range" in request.headers and cloud.oldest == 1:
            cloud.expire_urls()

    cloud.faults.append(expire)
    receive()
    assert files_below(out) == {"a.bin": CONTENT}
    assert cloud.downloads == 2


def test_an_object_that_is_another_now_is_read_from_its_beginning(
    cloud: FakeSkyferry, receive: Receive, out: Path
) -> None:
    cloud.offer("a.bin", CONTENT)
    cloud.objects["fl_0"] = b"x" * len(CONTENT)
    cloud.faults.append(breaking(cloud, 1000, 1))

    def put_right(request: httpx.Request) -> None:
        if "range" in request.headers:
            cloud.objects["fl_0"] = CONTENT

    cloud.faults.append(put_right)
    receive()
    assert files_below(out) == {"a.bin": CONTENT}


def test_a_store_without_ranges_is_read_from_the_beginning(
    cloud: FakeSkyferry, receive: Receive, out: Path
) -> None:
    cloud.offer("a.bin", CONTENT)
    cloud.faults.append(breaking(cloud, 1000, 1))

    def whole(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(200, content=CONTENT) if "range" in request.headers else None

    cloud.faults.insert(0, whole)
    receive()
    assert files_below(out) == {"a.bin": CONTENT}


@pytest.mark.parametrize(
    "sent", [b"x" * len(CONTENT), CONTENT[:-1], CONTENT + b"more", b""], ids=len
)
def test_wrong_bytes_leave_no_file(
    cloud: FakeSkyferry, receive: Receive, out: Path, sent: bytes
) -> None:
    cloud.offer("a.bin", CONTENT)
    cloud.objects["fl_0"] = sent
    (result,) = receive()
    assert result.problem is not None
    assert not (out / "a.bin").exists()


def test_one_damaged_file_does_not_stop_the_others(
    cloud: FakeSkyferry, receive: Receive, out: Path
) -> None:
    cloud.offer("bad", b"good", sha256=sha256(b"other"))
    cloud.offer("fine", b"fine")
    results = receive()
    assert [result.problem is None for result in results] == [False, True]
    assert files_below(out) == {"fine": b"fine"}


def test_a_torn_part_from_an_earlier_run_is_fetched_anew(
    cloud: FakeSkyferry, receive: Receive, out: Path
) -> None:
    cloud.offer("a.bin", CONTENT)
    cloud.faults.append(lambda r: problem(410, "expired") if r.method == "POST" else None)
    with pytest.raises(ApiError):
        receive()
    (part,) = out.iterdir()
    part.write_bytes(bytes(5000))  # what a file system may leave after a power cut
    cloud.faults.clear()
    receive()
    assert files_below(out) == {"a.bin": CONTENT}


def test_without_a_checksum_the_size_still_counts(
    cloud: FakeSkyferry, receive: Receive, out: Path
) -> None:
    cloud.offer("a.bin", CONTENT, sha256=None)
    receive()
    assert files_below(out) == {"a.bin": CONTENT}


def test_a_refusal_of_the_store_is_raised(cloud: FakeSkyferry, receive: Receive) -> None:
    cloud.offer("a.bin", CONTENT)
    cloud.faults.append(
        lambda r: store_error(503, "SlowDown") if r.url.path.startswith("/object/") else None
    )
    with pytest.raises(Exception, match="503 SlowDown"):
        receive()
    assert len(ranges(cloud)) == 5


def test_another_range_than_the_one_asked_for_is_refused(
    cloud: FakeSkyferry, receive: Receive, out: Path
) -> None:
    cloud.offer("a.bin", CONTENT)
    cloud.faults.append(breaking(cloud, 1000, 1))
    shifted = {"content-range": f"bytes 999-{len(CONTENT) - 1}/{len(CONTENT)}"}
    cloud.faults.insert(
        0,
        lambda r: (
            httpx.Response(206, content=CONTENT[999:], headers=shifted)
            if "range" in r.headers
            else None
        ),
    )
    (result,) = receive()
    assert "another range" in str(result.problem)
    assert not (out / "a.bin").exists()


def test_a_url_for_another_size_is_refused(
    cloud: FakeSkyferry, receive: Receive, out: Path
) -> None:
    cloud.offer("a.bin", CONTENT, size=5)
    cloud.faults.append(
        lambda r: (
            httpx.Response(201, json={"url": "https://x.test", "expires_at": TIME, "size": 6})
            if r.method == "POST"
            else None
        )
    )
    (result,) = receive()
    assert "another size" in str(result.problem)
