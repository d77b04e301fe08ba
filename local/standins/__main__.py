"""Runs the stand-ins: `python -m local.standins`, started by `python -m local up`."""

import asyncio
import logging

import boto3
import httpx
import uvicorn
from botocore.config import Config

from local.deployment_file import Deployment
from local.settings import ACCESS_KEY, AUDIENCE, HOST, KEEP_ALIVE, REGION, Settings
from local.standins.app import StandIns
from local.standins.issuer import Issuer, load_key


def main() -> None:
    """Serve until terminated."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    settings = Settings.load()
    sqs = boto3.client(
        "sqs",
        endpoint_url=settings.emulator_url,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=ACCESS_KEY,
        config=Config(proxies={}),
    )

    async def publish(body: str) -> None:
        deployment = Deployment.read(settings.deployment_file)
        if deployment is None:
            return
        url = deployment.email_feedback_queue_url
        await asyncio.to_thread(sqs.send_message, QueueUrl=url, MessageBody=body)

    issuer = Issuer(settings.standins_url, AUDIENCE, load_key(settings.state / "issuer-key.pem"))
    emulator = httpx.AsyncClient(base_url=settings.emulator_url, trust_env=False, timeout=30)
    app = StandIns(issuer, emulator, publish).app()
    uvicorn.run(
        app,
        host=HOST,
        port=settings.standins_port,
        log_config=None,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=1,
    )


if __name__ == "__main__":
    main()
