"""Runs the front proxy: `python -m local.proxy`, started by `python -m local up`."""

import logging

import httpx
import uvicorn

from local.deployment_file import Deployment
from local.emulator import Emulator
from local.proxy.app import FrontProxy
from local.proxy.docs import with_docs
from local.proxy.routes import Routes
from local.settings import HOST, KEEP_ALIVE, Settings


def main() -> None:
    """Serve until terminated."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    settings = Settings.load()
    emulator = Emulator(settings)

    def routes() -> Routes:
        return Routes.read(settings.root / "openapi.json")

    def gateway_url() -> str | None:
        deployment = Deployment.read(settings.deployment_file)
        return emulator.gateway_url(deployment.rest_api_id) if deployment else None

    # Longer than API Gateway waits for a handler, which is 29 seconds.
    gateway = httpx.AsyncClient(trust_env=False, timeout=35)
    api = FrontProxy(gateway, routes, gateway_url, host=f"{HOST}:{settings.api_port}")
    # proxy_headers: uvicorn would believe a loopback caller's X-Forwarded-For.
    uvicorn.run(
        with_docs(api, settings.root),
        host=HOST,
        port=settings.api_port,
        lifespan="off",
        log_config=None,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=1,
    )


if __name__ == "__main__":
    main()
