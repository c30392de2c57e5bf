"""Readings a second through the embedded broker, durable: one JSON line a figure.

Each figure counts acknowledged messages only; the limit beside it is what `record()` alone does, same run.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

ROOT = Path(__file__).parent.parent
SETUP = """
import os, django
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stadtkern.config.settings")
django.setup()
from stadtkern.ingest.models import Source
from stadtkern.ingest.services import new_key
print(new_key(Source.objects.create(slug="bench", connector="batch", title={"de": "Bench"})))
"""
LIMIT = """
import os, sys, time, json, django
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stadtkern.config.settings")
django.setup()
sys.path.insert(0, "bench")
from batch_connector import parse
from stadtkern.observations.services import record
start = int(time.time()) - 40_000_000
rounds = [
    json.dumps([[f"t{j % 50}", start + i * 1000 + j, 20 + j % 7] for j in range(1000)]) for i in range(40)
]
begin = time.perf_counter()
for body in rounds:
    record(list(parse(body.encode(), None)), source="limit")
print(40_000 / (time.perf_counter() - begin))
"""
RUNS = (
    ("single messages, window 1", 300, 1, 1),
    ("single messages, window 20", 2000, 1, 20),
    ("single messages, window 1000", 10_000, 1, 1000),
    ("200 readings a message, window 20", 500, 200, 20),
)


def free_port() -> int:
    """Return a port that nobody uses."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def send(  # noqa: PLR0913, PLR0917  # the numbers of a run
    port: int, key: str, messages: int, rows: int, window: int, start: int
) -> float:
    """Publish and return the seconds until the last acknowledgement."""
    acknowledged, done = [0], threading.Event()

    def count(*_things: object) -> None:
        acknowledged[0] += 1
        if acknowledged[0] == messages:
            done.set()

    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="bench")
    client.username_pw_set("bench", key)
    client.max_inflight_messages_set(window)
    client.on_publish = count
    client.connect("127.0.0.1", port)
    client.loop_start()
    bodies = [
        json.dumps([[f"t{j % 50}", start + i * rows + j, 20 + j % 7] for j in range(rows)])
        for i in range(messages)
    ]
    begin = time.perf_counter()
    for body in bodies:
        client.publish("bench/1", body, qos=1)
    if not done.wait(120):
        raise SystemExit(f"only {acknowledged[0]} of {messages} messages were acknowledged")
    seconds = time.perf_counter() - begin
    client.disconnect()
    client.loop_stop()
    return seconds


def main() -> None:
    """Measure."""
    port = free_port()
    with tempfile.TemporaryDirectory() as home:
        settings = {"STADTKERN_DATA_DIR": home, "STADTKERN_MQTT_PORT": str(port), "PYTHONPATH": str(ROOT)}
        environment = {**os.environ, **settings}

        def run(*words: str) -> str:
            command = [sys.executable, *words]
            return subprocess.run(
                command, check=True, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
            ).stdout

        run("-m", "stadtkern", "migrate", "--verbosity", "0")
        key = run("-c", SETUP).strip()
        limit = float(run("-c", LIMIT))
        serving = subprocess.Popen([sys.executable, "bench/batch_connector.py"], cwd=ROOT, env=environment)
        try:
            wait_for(port)
            start = int(time.time()) - 20_000_000
            for name, messages, rows, window in RUNS:
                seconds = send(port, key, messages, rows, window, start)
                start += messages * rows
                figure = {
                    "bench": "mqtt",
                    "case": name,
                    "messages_per_second": round(messages / seconds),
                    "readings_per_second": round(messages * rows / seconds),
                    "limit_record_per_second": round(limit),
                }
                print(json.dumps(figure), flush=True)
        finally:
            serving.terminate()
            serving.wait()


def wait_for(port: int) -> None:
    """Wait until the broker listens."""
    for _ in range(600):
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit("the broker did not start")


if __name__ == "__main__":
    main()
