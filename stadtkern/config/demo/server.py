"""The local server that plays the outside sources, and the devices that publish to the broker.

python -m stadtkern.config.demo.server --port 8099 --folder towns/guben/demo --started 2026-05-01T12:00Z
"""

import argparse
import json
import logging
import random
import threading
import time
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from stadtkern.base.clock import now
from stadtkern.config.demo.formats import ADDRESSES, sent, uplink
from stadtkern.config.demo.scenario import Scenario

logger = logging.getLogger(__name__)
ROUND = timedelta(minutes=1)
COMMANDS = "application/town/device/+/command/down"


class Handler(BaseHTTPRequestHandler):
    """Answers `/<host>/<path>?<query>` as `<host>` would."""

    server_version = "stadtkern-demo"
    scenario: Scenario

    def do_GET(self) -> None:
        """Answer with the scenario's values at this moment."""
        parts = urlsplit(self.path)
        path = parts.path.lstrip("/")
        for prefix, kind, answer in ADDRESSES:
            if path.startswith(prefix):
                body = answer(self.scenario, dict(parse_qsl(parts.query)), now())
                self.reply(200, kind, body)
                return
        self.reply(404, "text/plain", f"the demo does not play {path}\n".encode())

    def reply(self, status: int, kind: str, body: bytes) -> None:
        """Send one answer."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # the name is the base class's
        """Stay silent; the state page of the sources tells what happened."""


def publish_forever(scenario: Scenario, *, port: int) -> None:
    """Publish an uplink of every device once a round, QoS 1, as a ChirpStack server does."""
    client = Client(CallbackAPIVersion.VERSION2, client_id="stadtkern-demo-devices")
    client.max_queued_messages_set(1000)
    devices = {device.eui: device for device in scenario.devices}

    def obey(_client: Client, _data: object, message: MQTTMessage) -> None:
        """Take a message to a device, and say that it was sent, as ChirpStack does."""
        device = devices.get(message.topic.split("/")[3])
        if device is not None:
            body = sent(json.loads(message.payload), device, now())
            client.publish(f"application/town/device/{device.eui}/event/txack", body, qos=1)

    def listen(there: Client, *_facts: object) -> None:
        """Wait for messages to devices, also after the broker was away."""
        there.subscribe(COMMANDS, qos=1)

    client.on_message = obey
    client.on_connect = listen
    client.connect_async("127.0.0.1", port)
    client.loop_start()
    while True:
        for device in scenario.devices:
            topic = f"application/town/device/{device.eui}/event/up"
            client.publish(topic, uplink(scenario, device, now()), qos=1)
            time.sleep(random.uniform(0.1, 0.6))  # noqa: S311  # devices do not speak in chorus
        time.sleep(ROUND.total_seconds())


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--mqtt-port", type=int, default=0)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--started", type=datetime.fromisoformat, required=True)
    parser.add_argument("--flood", action="store_true")
    return parser.parse_args()


def main() -> None:
    """Serve until told to stop."""
    given = arguments()
    scenario = Scenario(given.folder, started=given.started, flood=given.flood)
    handler = type("TownHandler", (Handler,), {"scenario": scenario})
    if given.mqtt_port:
        threading.Thread(
            target=publish_forever, args=(scenario,), kwargs={"port": given.mqtt_port}, daemon=True
        ).start()
    ThreadingHTTPServer(("127.0.0.1", given.port), handler).serve_forever()


if __name__ == "__main__":
    main()
