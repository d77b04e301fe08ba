import re
import time
from typing import Any

import pytest
from pydantic import ValidationError
from skyferry.contract import FUNCTION_ENVIRONMENT, Function, Metric
from skyferry.functions.api.settings import ApiSettings
from skyferry.functions.authorizer.settings import AuthorizerSettings
from skyferry.functions.deliver_webhook.settings import DeliverWebhookSettings
from skyferry.functions.dispatch_outbox.settings import DispatchOutboxSettings
from skyferry.functions.pause_sending.settings import PauseSendingSettings
from skyferry.functions.process_upload.settings import ProcessUploadSettings
from skyferry.functions.send_email.settings import SendEmailSettings
from skyferry.functions.sweep.settings import SweepSettings
from skyferry.shared import clients, clock, ids, observability
from skyferry.shared.settings import Settings, TableSettings

MODELS: dict[Function, type[Settings]] = {
    Function.AUTHORIZER: AuthorizerSettings,
    Function.API: ApiSettings,
    Function.PROCESS_UPLOAD: ProcessUploadSettings,
    Function.DISPATCH_OUTBOX: DispatchOutboxSettings,
    Function.SEND_EMAIL: SendEmailSettings,
    Function.EMAIL_FEEDBACK: TableSettings,
    Function.DELIVER_WEBHOOK: DeliverWebhookSettings,
    Function.SWEEP: SweepSettings,
    Function.PAUSE_SENDING: PauseSendingSettings,
}


@pytest.mark.parametrize("function", Function)
def test_a_functions_settings_are_its_environment(function: Function) -> None:
    aliases = {field.alias for field in MODELS[function].model_fields.values()}

    assert aliases == {name.value for name in FUNCTION_ENVIRONMENT[function]}
    assert all(field.is_required() for field in MODELS[function].model_fields.values())


def test_every_missing_or_empty_variable_is_named() -> None:
    with pytest.raises(ValidationError) as refusal:
        SendEmailSettings.load({"TABLE_NAME": "", "SENDER_ADDRESS": "a"})

    named = {error["loc"][0] for error in refusal.value.errors()}
    assert named == {"SKYFERRY_ENVIRONMENT", "TABLE_NAME", "PUBLIC_BASE_URL", "CONFIGURATION_SET"}


def test_ids_of_one_millisecond_sort_as_they_were_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 1_800_000_000_000_000_000)

    made = [ids.new_id("ev") for _ in range(1000)]

    assert made == sorted(set(made))


def test_ids_sort_by_time_and_do_not_repeat() -> None:
    first = ids.new_id("tr")
    time.sleep(0.002)
    later = [ids.new_id("tr") for _ in range(1000)]

    assert re.fullmatch(r"tr_[0-9a-hjkmnp-tv-z]{26}", first)
    assert all(first < other for other in later)
    assert len(set(later)) == 1000


def test_now_has_whole_milliseconds() -> None:
    assert clock.now().microsecond % 1000 == 0
    assert clock.now().utcoffset() is not None


@pytest.mark.parametrize("make", [clients.dynamodb, clients.s3, clients.sqs, clients.sesv2])
def test_a_client_is_made_once_and_gives_up_in_time(make: Any) -> None:
    client = make()

    assert make() is client
    assert client.meta.config.connect_timeout <= 1
    assert client.meta.config.read_timeout <= 30
    assert client.meta.config.retries["total_max_attempts"] <= 3


def test_metrics_are_published_when_the_call_fails(capsys: pytest.CaptureFixture[str]) -> None:
    @observability.publish_metrics
    def broken() -> None:
        observability.count(Metric.SWEPT, 3)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        broken()

    out = capsys.readouterr().out
    assert '"Swept":[3.0]' in out
    assert '"environment":"test"' in out, "several environments may share an account"
