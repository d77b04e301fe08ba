"""What the emulator, its functions and the CDK are started with."""

import pytest

from local.problems import LaptopCloudError
from local.settings import Settings, emulator_environment, tool_environment

PERSONAL = {
    "PATH": "/usr/bin",
    "HOME": "/home/ada",
    "HTTPS_PROXY": "http://proxy.example:3128",
    "UV_INDEX_URL": "https://index.example/simple",
    "AWS_PROFILE": "production",
    "AWS_CA_BUNDLE": "/etc/ssl/corporate.pem",
    "AWS_SESSION_TOKEN": "real",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONPATH": "/somewhere",
    "CDK_CONTEXT_JSON": "{}",
    "API_TOKEN": "secret",
}


def test_the_emulator_listens_on_loopback_only_and_enforces_permissions() -> None:
    environment = emulator_environment(Settings(), PERSONAL)
    assert environment["BIND_HOST"] == "127.0.0.1"
    assert environment["AUTH"] == "true"
    assert environment["IOT_MTLS_ENABLED"] == environment["SFTP_ENABLED"] == "0"


def test_the_emulator_inherits_nothing_personal() -> None:
    environment = emulator_environment(Settings(), PERSONAL)
    assert PERSONAL.keys() & environment.keys() == {"PATH", "HOME"}
    assert environment["HOME"] != PERSONAL["HOME"]


def test_no_personal_aws_setting_reaches_the_cdk() -> None:
    environment = tool_environment(Settings(), PERSONAL)
    assert not {"AWS_PROFILE", "AWS_CA_BUNDLE", "AWS_SESSION_TOKEN"} & environment.keys()
    assert environment["AWS_ENDPOINT_URL"] == Settings().emulator_url
    assert "CDK_CONTEXT_JSON" not in environment


def test_bundling_keeps_the_persons_network_settings_but_not_the_python_ones() -> None:
    environment = tool_environment(Settings(), PERSONAL)
    assert environment["HTTPS_PROXY"] == PERSONAL["HTTPS_PROXY"]
    assert environment["UV_INDEX_URL"] == PERSONAL["UV_INDEX_URL"]
    assert not {"PYTHONDONTWRITEBYTECODE", "PYTHONPATH"} & environment.keys()


def test_a_proxy_is_not_asked_for_loopback_addresses() -> None:
    environment = tool_environment(Settings(), PERSONAL)
    assert "127.0.0.1" in environment["NO_PROXY"]
    assert environment["no_proxy"] == environment["NO_PROXY"]


def test_ports_come_from_the_environment() -> None:
    settings = Settings.load({"SKYFERRY_API_PORT": "18080"})
    assert settings.api_url == "http://127.0.0.1:18080/v1"
    assert settings.emulator_port == Settings().emulator_port


@pytest.mark.parametrize("text", ["", "http", "80", "65536", "-1", "٨٠٨٠٠"])
def test_a_port_that_is_none_is_refused_by_name(text: str) -> None:
    with pytest.raises(LaptopCloudError, match="SKYFERRY_STANDINS_PORT"):
        Settings.load({"SKYFERRY_STANDINS_PORT": text})


def test_the_deployed_configuration_names_the_same_ports() -> None:
    text = 'a = "http://127.0.0.1:8080/v1"\nb = "http://127.0.0.1:8090"\nc = 8080\n'
    swapped = Settings(api_port=8090, standins_port=8080)
    assert swapped.with_own_ports(text) == (
        'a = "http://127.0.0.1:8090/v1"\nb = "http://127.0.0.1:8080"\nc = 8080\n'
    )
    assert Settings().with_own_ports(text) == text
