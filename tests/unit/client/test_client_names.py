"""Safe names, durations and harmless text."""

import pytest
from skyferry_client.names import safe_folder, safe_name
from skyferry_client.text import printable, seconds, size_text


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("report.pdf", "report.pdf"),
        ("Pläne für März.pdf", "Pläne für März.pdf"),
        ("a/b\\c", "a_b_c"),
        ("..", "file"),
        (" . ", "file"),
        ("", "file"),
        ("\u202egnp.exe", "gnp.exe"),
        ("line\nbreak", "linebreak"),
        (".bashrc", "_bashrc"),
        (" .profile", "_profile"),
        ("\u200b.profile", "_profile"),
        ("name. . ", "name"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("com1.tar.gz", "_com1.tar.gz"),
        ("console", "console"),
        ('<>:"|?*', "_______"),
    ],
)
def test_a_name_is_made_safe(given: str, safe: str) -> None:
    assert safe_name(given) == safe


def test_a_long_name_keeps_its_ending() -> None:
    shortened = safe_name("ü" * 500 + ".pdf")
    assert shortened.endswith("ü.pdf")
    assert len(shortened.encode()) <= 200


def test_equal_letters_written_differently_are_one_name() -> None:
    assert safe_name("u\u0308") == safe_name("\u00fc")


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        (None, "."),
        ("a/b", "a/b"),
        ("/a//b/./c/", "a/b/c"),
        ("../..", "file/file"),
        ("a\\..\\b", "a/file/b"),
        ("~/.ssh", "~/_ssh"),
    ],
)
def test_a_folder_is_made_safe(given: str | None, safe: str) -> None:
    assert safe_folder(given).as_posix() == safe


def test_a_folder_is_not_endlessly_deep() -> None:
    assert len(safe_folder("a/" * 5000).parts) == 32


def test_text_cannot_steer_the_terminal() -> None:
    assert printable("a\x1b[31mb\u202ec\x07\nd") == "a\ufffd[31mb\ufffdc\ufffd\nd"


@pytest.mark.parametrize(
    ("given", "expected"), [("90s", 90), ("30m", 1800), ("12h", 43200), ("7d", 604800)]
)
def test_durations(given: str, expected: int) -> None:
    assert seconds(given) == expected


@pytest.mark.parametrize("given", ["", "7", "d", "-1d", "1.5h", "7 d", "1w", "7d7d"])
def test_other_durations_are_refused(given: str) -> None:
    with pytest.raises(ValueError, match="7d"):
        seconds(given)


@pytest.mark.parametrize(
    ("given", "expected"), [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (5 * 10**12, "5.0 TB")]
)
def test_sizes(given: int, expected: str) -> None:
    assert size_text(given) == expected
