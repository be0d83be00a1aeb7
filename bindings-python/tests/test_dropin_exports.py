"""The drop-in's ways out of the process: Metrion's, with the habits of prometheus_client."""

import subprocess
import sys
from pathlib import Path

from certificates import Certificates

START = """
import sys
import metrion.dropin
import prometheus_client as client
from prometheus_client import CollectorRegistry, Counter, Gauge
registry = CollectorRegistry()
Gauge("g", "G.", registry=registry).set(2)
"""


def run(program: str, *arguments: object) -> str:
    command = [sys.executable, "-c", START + program, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def test_a_refused_push_has_the_status_as_its_code() -> None:
    program = """
sys.path.insert(0, sys.argv[1])
import urllib.error
from peers import answering, http_peer
with http_peer(answering("400 Bad Request", "why\\nnot")) as peer:
    try:
        client.push_to_gateway(peer.address, "job", registry)
    except urllib.error.HTTPError as error:
        print(type(error).__name__, error.code, error.msg, error.read())
with http_peer(answering("202 Accepted")) as peer:
    client.pushadd_to_gateway(peer.address, "job", registry, {"a": 1})
    print(peer.requests[0].method, peer.requests[0].body)
try:
    client.push_to_gateway(peer.address, "job", registry)
except urllib.error.URLError as error:
    print("refused" in str(error.reason))
"""
    assert run(program, Path(__file__).parent).splitlines() == [
        "HTTPError 400 Bad Request b'why\\nnot'",
        "POST b'# HELP g G.\\n# TYPE g gauge\\ng 2.0\\n'",
        "True",
    ]


def test_https(tmp_path: Path) -> None:
    program = """
import ssl, urllib.request
folder = sys.argv[1]
server, thread = client.start_http_server(
    0, "127.0.0.1", registry, certfile=f"{folder}/server.pem", keyfile=f"{folder}/server.key",
    client_cafile=f"{folder}/ca.pem", client_auth_required=True, protocol=ssl.PROTOCOL_TLS_SERVER,
)
context = ssl.create_default_context(cafile=f"{folder}/ca.pem")
context.load_cert_chain(f"{folder}/client.pem", f"{folder}/client.key")
url = f"https://127.0.0.1:{server.server_port}/"
with urllib.request.urlopen(url, timeout=20, context=context) as answer:
    print(answer.read() == client.generate_latest(registry))
try:
    client.start_http_server(0, "127.0.0.1", registry, f"{folder}/missing.pem", "key.pem")
except FileNotFoundError as error:
    print("missing.pem" in str(error))
server.shutdown()
server.server_close()
thread.join()
"""
    assert run(program, Certificates(tmp_path).folder) == "True\nTrue\n"


def test_a_textfile(tmp_path: Path) -> None:
    program = """
client.write_to_textfile(sys.argv[1], registry)
print(open(sys.argv[1], "rb").read() == client.generate_latest(registry))
try:
    client.write_to_textfile(sys.argv[1] + "/x.prom", registry)
except NotADirectoryError:
    print("no folder")
"""
    assert run(program, tmp_path / "m.prom") == "True\nno folder\n"


def test_graphite_and_what_else_collects() -> None:
    program = """
import socket
from prometheus_client.bridge.graphite import GraphiteBridge
Counter("c", "C.", ["a"], registry=registry).labels("b").inc()
class Own:
    def collect(self):
        return registry.restricted_registry(["g"]).collect()
with socket.create_server(("127.0.0.1", 0)) as listener:
    for source in (registry, registry.restricted_registry(["c_total"]), Own()):
        GraphiteBridge(listener.getsockname(), source, _timer=lambda: 5.5).push()
        with listener.accept()[0].makefile("r") as lines:
            print([line.strip() for line in lines if "created" not in line])
"""
    assert run(program).splitlines() == [
        "['g 2.0 5', 'c_total.a.b 1.0 5']",
        "['c_total.a.b 1.0 5']",
        "['g 2.0 5']",
    ]
