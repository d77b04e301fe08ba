"""The code in Lambda. One import name in tests, on the laptop, in Lambda and in the wheel."""

__version__ = "0.1.0"
