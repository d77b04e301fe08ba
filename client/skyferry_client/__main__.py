"""The `skyferry` command, also as `python -m skyferry_client`."""

import sys


def main() -> None:
    """Start the command, or say what it needs: the wheel installs it without its libraries."""
    try:
        from skyferry_client.cli import main as run
    except ModuleNotFoundError as error:
        sys.exit(f"skyferry needs {error.name}: pip install 'skyferry[client]'")
    run()


if __name__ == "__main__":
    main()
