"""Reading HTML forms without a library for it."""

from urllib.parse import parse_qs

from starlette.requests import Request


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a form, the first value of each, without the spaces around it."""
    fields = parse_qs((await request.body()).decode("utf-8", errors="replace"))
    return {name: values[0].strip() for name, values in fields.items()}
