"""`stadtkern web`: the web server."""

import argparse
import os

HELP = "run the web server"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Address and port."""
    parser.add_argument("--host", default=os.environ.get("STADTKERN_HOST", "127.0.0.1"))
    parser.add_argument("--port", type=int, default=int(os.environ.get("STADTKERN_PORT", "8000")))


def run(arguments: argparse.Namespace) -> int:
    """Serve until told to stop."""
    import uvicorn

    os.environ["STADTKERN_PORT"] = str(arguments.port)
    os.environ.setdefault("STADTKERN_DATABASE_POOL", "20")
    from stadtkern.config.settings import TRUSTED_PROXIES, env_flag  # reads the port

    uvicorn.run(
        "stadtkern.config.asgi:application",
        host=arguments.host,
        port=arguments.port,
        log_level=os.environ.get("STADTKERN_LOG_LEVEL", "info").lower(),
        access_log=False,
        lifespan="off",
        proxy_headers=env_flag("BEHIND_PROXY"),
        forwarded_allow_ips=TRUSTED_PROXIES,
        server_header=False,
        timeout_graceful_shutdown=5,
    )
    return 0
