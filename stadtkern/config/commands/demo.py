"""`stadtkern demo`: the demo town, everything running."""

import argparse
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from stadtkern.base.errors import BadInput, Unavailable
from stadtkern.config.demo import state
from stadtkern.config.paths import ROOT, TOWNS
from stadtkern.config.processes import Child, Supervisor, services

HELP = "the demo town, everything running; prints the address and the logins"
LOGINS = (
    ("editor@demo.example", "Editor-Demo-2026", "editor"),
    ("moderator@demo.example", "Moderator-Demo-2026", "moderator"),
    ("admin@demo.example", "Admin-Demo-2026", "admin"),
)
PATIENCE = 120


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where, and what is played."""
    parser.add_argument("--port", type=int, default=int(os.environ.get("STADTKERN_PORT", "8000")))
    parser.add_argument(
        "--data-dir", type=Path, default=os.environ.get("STADTKERN_DATA_DIR", str(ROOT / "data" / "demo"))
    )
    parser.add_argument("--fresh", action="store_true", help="forget the last demo and begin anew")
    parser.add_argument("--flood", action="store_true", help="play the flood of September 2010 (begins anew)")
    network = parser.add_mutually_exclusive_group()
    network.add_argument("--live", action="store_true", help="read the live sources (default with a network)")
    network.add_argument(
        "--offline", action="store_true", help="play a recorded-style day (default without one)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Make the town if there is none yet, start everything, say where it is."""
    began = time.monotonic()
    folder: Path = Path(arguments.data_dir).resolve()
    require_free(arguments.port)
    if arguments.fresh or arguments.flood:
        forget(folder)
    demo = state.load(folder)
    is_new = demo is None
    if demo is None:
        live = arguments.live or (not arguments.offline and not arguments.flood and state.has_network())
        demo = state.create(folder, mode="live" if live else "replay", flood=arguments.flood)
    ports = {"replay": free_port(), "mqtt": int(os.environ.get("STADTKERN_MQTT_PORT") or free_port(1883))}
    os.environ.update(environment(folder, demo, arguments.port, ports))
    player = play(demo, ports)
    supervisor = Supervisor(services())
    try:
        make_town(supervisor, stamp=folder / "static.stamp")
        supervisor.start()
        wait_until_ready(arguments.port, supervisor)
        tell(arguments.port, demo, seconds=time.monotonic() - began, ports=ports)
        if is_new:
            supervisor.children.append(
                Child("history", ["init", str(TOWNS / "guben"), "--demo-history"], once=True)
            )
        return supervisor.run()
    finally:
        player.terminate()


def require_free(port: int) -> None:
    """Refuse a port that somebody else holds."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise Unavailable(
                f"port {port} is taken; choose another with --port or STADTKERN_PORT"
            ) from error


def free_port(wanted: int = 0) -> int:
    """Return `wanted` if it is free, else any free port."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise Unavailable("no free port on this machine")


def forget(folder: Path) -> None:
    """Delete the data of the last demo, and of nothing else."""
    if not folder.exists():
        return
    if state.load(folder) is None and any(folder.iterdir()):
        raise BadInput(f"{folder} holds no demo; it is left as it is. Choose another folder with --data-dir.")
    shutil.rmtree(folder)


def environment(folder: Path, demo: state.Demo, port: int, ports: dict[str, int]) -> dict[str, str]:
    """Return the settings of the demo's processes."""
    values = {
        "DATA_DIR": str(folder),
        "TOWN_DIR": str(TOWNS / "guben"),
        "PORT": str(port),
        "PUBLIC_URL": os.environ.get("STADTKERN_PUBLIC_URL", f"http://127.0.0.1:{port}"),
        "DEMO": demo.mode,
        "MQTT_PORT": str(ports["mqtt"]),
        "LOG_LEVEL": os.environ.get("STADTKERN_LOG_LEVEL", "WARNING"),
    }
    if demo.mode == "replay":
        values["REPLAY_URL"] = f"http://127.0.0.1:{ports['replay']}"
        values["ALLOW_PRIVATE_HOSTS"] = f"127.0.0.1:{ports['replay']}"
    return {f"STADTKERN_{name}": value for name, value in values.items()}


def play(demo: state.Demo, ports: dict[str, int]) -> subprocess.Popen[bytes]:
    """Start the server that plays the sources and the devices."""
    words = [
        "--port",
        str(ports["replay"]),
        "--mqtt-port",
        str(ports["mqtt"]),
        "--folder",
        str(TOWNS / "guben" / "demo"),
    ]
    words += ["--started", demo.started, *(["--flood"] if demo.flood else [])]
    return subprocess.Popen([sys.executable, "-m", "stadtkern.config.demo.server", *words])


def make_town(supervisor: Supervisor, *, stamp: Path) -> None:
    """Make the town; the web server wakes up beside it as soon as the static files are there."""
    words = [sys.executable, "-m", "stadtkern", "init", str(TOWNS / "guben"), "--demo"]
    with subprocess.Popen(words) as making:
        while making.poll() is None:
            if stamp.exists() and supervisor.children[0].process is None:
                supervisor.children[0].start()
            time.sleep(0.1)
    if making.returncode:
        supervisor.end()
        raise Unavailable("the town could not be made; the reason stands above")


def wait_until_ready(port: int, supervisor: Supervisor) -> None:
    """Wait until the cockpit answers."""
    limit = time.monotonic() + PATIENCE
    while time.monotonic() < limit:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/de/", timeout=20) as answer:
                if answer.status == 200:  # noqa: PLR2004
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
        if supervisor.is_stopping:
            break
    supervisor.end()
    raise Unavailable(f"the web server did not answer within {PATIENCE} s; see the messages above")


def tell(port: int, demo: state.Demo, *, seconds: float, ports: dict[str, int]) -> None:
    """Print what a newcomer needs."""
    plays = (
        "the flood of September 2010"
        if demo.flood
        else "a made-up day"
        if demo.mode == "replay"
        else "live sources"
    )
    lines = [
        "",
        f"  Stadtkern demo town Guben · Gubin is running ({seconds:.0f} s), showing {plays}.",
        "",
        f"  Cockpit      http://127.0.0.1:{port}/de/   (also /pl/ /en/ /dsb/)",
        f"  Back office  http://127.0.0.1:{port}/admin/",
        *(f"    {role:<10} {mail}  {password}" for mail, password, role in LOGINS),
        f"  MQTT         127.0.0.1:{ports['mqtt']}",
        "",
        "  All figures are demo data. Stop with Ctrl+C.",
        "",
    ]
    print("\n".join(lines), flush=True)
