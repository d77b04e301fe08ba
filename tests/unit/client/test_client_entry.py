import sys

import pytest
from skyferry_client.__main__ import main


def test_without_its_libraries_the_command_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in [each for each in sys.modules if each.startswith("skyferry_client.cli")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "typer", None)

    with pytest.raises(SystemExit) as refusal:
        main()

    assert "skyferry needs typer: pip install 'skyferry[client]'" in str(refusal.value)


def test_the_command_starts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["skyferry", "--version"])

    with pytest.raises(SystemExit) as end:
        main()

    assert end.value.code == 0
    assert "skyferry" in capsys.readouterr().out
