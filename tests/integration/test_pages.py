"""The pages of links in a real browser: accessible, usable from the keyboard, without any script."""

import hashlib
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from local.cloud import Cloud
from local.settings import ROOT
from tests.integration.aging import set_times
from tests.integration.conftest import Inbox
from tests.integration.sender import Sender, described, token_in

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
PHONE, DESKTOP = (360, 740), (1280, 800)
CONTENT = b"Quarterly figures\n" * 9000
MESSAGE = (
    "Dear Grace,\n\nhere are the figures. <b>Not</b> for the press: https://example.com/x\n\nAda"
)


@pytest.fixture
def transfer(api: httpx.Client, recipient: str) -> dict[str, Any]:
    sender = Sender(api)
    files = [
        described(CONTENT, "Quarterly figures 2026.pdf", path="Reports/Q3"),
        described(b"y" * 900, "a-very-long-name-without-any-place-to-break-it-" * 4 + ".txt"),
    ]
    made = sender.create(files, recipient, title="Figures for the third quarter", message=MESSAGE)
    sender.upload(made, 0, CONTENT)
    sender.upload(made, 1, b"y" * 900)
    assert sender.finalize(made).status_code == 202
    return sender.until(made, "ready")


@pytest.fixture
def pages(
    cloud: Cloud,
    api: httpx.Client,
    inbox: Inbox,
    recipient: str,
    transfer: dict[str, Any],
    dynamodb: "DynamoDBClient",
) -> dict[str, str]:
    """Where each page is."""
    base = cloud.api_url

    def sent(name: str, **fields: Any) -> tuple[dict[str, Any], str]:
        made = Sender(api).send(b"hello", f"{name}-{recipient}", **fields)
        return made, f"{base}/t/{token_in(inbox.wait_for(f'{name}-{recipient}'))}"

    link = f"{base}/t/{token_in(inbox.wait_for(recipient))}"
    _, locked = sent("locked", password="correct horse")
    withdrawn, gone = sent("gone")
    assert api.delete(f"/transfers/{withdrawn['id']}").status_code == 204
    over, expired = sent("expired")
    set_times(dynamodb, cloud, f"TRANSFER#{over['id']}", expires_at=timedelta(minutes=-1))
    capped, used_up = sent("used-up", max_downloads=1)
    claim = f"{used_up}/files/{capped['files'][0]['id']}/download"
    assert httpx.post(claim, trust_env=False, timeout=30).status_code == 201
    asked = {
        "title": "Your drawings, please",
        "message": MESSAGE,
        "max_files": 3,
        "max_bytes": 10**9,
    }
    return {
        "open": link,
        "locked": locked,
        "gone": gone,
        "expired": expired,
        "used-up": used_up,
        "unknown": f"{base}/t/{'A' * 43}",
        "request": api.post("/requests", json=asked).json()["url"],
        "unsubscribe": f"{link}/unsubscribe",
    }


def _look(browser: webdriver.Chrome, size: tuple[int, int], scheme: str) -> None:
    metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    feature = {"name": "prefers-color-scheme", "value": scheme}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})


def _violations(browser: webdriver.Chrome) -> list[str]:
    browser.execute_script(AXE.read_text(encoding="utf-8"))
    found = browser.execute_async_script(
        "const done = arguments[0]; axe.run().then((r) => done(r.violations))"
    )
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found]


def test_no_page_has_a_violation_in_any_look(
    browser: webdriver.Chrome, pages: dict[str, str], tmp_path: Path
) -> None:
    found = {}
    for name, url in pages.items():
        for size in (PHONE, DESKTOP):
            for scheme in ("light", "dark"):
                _look(browser, size, scheme)
                browser.get(url)
                browser.save_screenshot(str(tmp_path / f"{name}-{size[0]}-{scheme}.png"))
                wide = browser.execute_script("return document.documentElement.scrollWidth")
                if violations := _violations(browser):
                    found[name, size[0], scheme] = violations
                if wide > size[0]:
                    found[name, size[0], scheme] = [f"scrolls sideways: {wide}"]
    assert found == {}


def test_the_keyboard_downloads_without_script(
    browser: webdriver.Chrome, pages: dict[str, str], tmp_path: Path
) -> None:
    behaviour = {"behavior": "allow", "downloadPath": str(tmp_path)}
    browser.execute_cdp_cmd("Browser.setDownloadBehavior", behaviour)
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(pages["open"])
        ActionChains(browser).send_keys(Keys.TAB).send_keys(Keys.ENTER).perform()
        saved = tmp_path / "Quarterly figures 2026.pdf"
        deadline = time.monotonic() + 30
        while not saved.exists():
            assert time.monotonic() < deadline, list(tmp_path.iterdir())
            time.sleep(0.2)
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    assert hashlib.sha256(saved.read_bytes()).digest() == hashlib.sha256(CONTENT).digest()
