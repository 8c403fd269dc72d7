"""nginx in front of the collector, speaking TLS with a certificate of a CA of our own."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from .conftest import agent_running, await_true, collector_running, free_port, program, running
from .ground import nginx_configuration

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.real

SERVER = """
    server {{
        listen 127.0.0.1:{port} ssl;
        server_name localhost;
        ssl_certificate {folder}/server.crt;
        ssl_certificate_key {folder}/server.key;
        client_max_body_size 4m;
        location / {{
            proxy_pass {upstream};
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
        }}
    }}
"""


def make_certificates(folder: Path) -> None:
    """Make a CA and a certificate for localhost signed by it."""
    openssl = program("openssl")

    def run(*words: str) -> None:
        subprocess.run([openssl, *words], cwd=folder, check=True, capture_output=True)

    extension = folder / "extension"
    extension.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n")
    subject = ("-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj")
    usage = ("-addext", "keyUsage=critical,keyCertSign,cRLSign")
    run("req", "-x509", *subject, "/CN=A test CA", "-keyout", "ca.key", "-out", "ca.crt", *usage)
    run("req", *subject, "/CN=localhost", "-keyout", "server.key", "-out", "server.csr")
    signed_by = ("-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2")
    run("x509", "-req", "-in", "server.csr", *signed_by, "-extfile", "extension", "-out", "server.crt")


def test_an_agent_pushes_through_nginx_over_tls(tmp_path: Path) -> None:
    nginx = program("nginx")
    make_certificates(tmp_path)
    port = free_port()
    public = f"https://localhost:{port}"
    settings = {"WAKEFUL_PUBLIC_URL": public, "WAKEFUL_TRUSTED_PROXIES": "127.0.0.1"}
    with collector_running(tmp_path, settings) as collector:
        server = SERVER.format(folder=tmp_path, port=port, upstream=collector.url)
        configuration = nginx_configuration(tmp_path, server)
        with running([nginx, "-c", str(configuration), "-p", str(tmp_path)], log=tmp_path / "nginx.log"):
            await_true((tmp_path / "nginx.pid").exists, "nginx")
            trust = {"WAKEFUL_AGENT_CA_FILE": str(tmp_path / "ca.crt")}
            with agent_running(collector, public, trust) as host_id:
                key = collector.read_key()
                path = f"/api/v1/hosts/{host_id}/series?name=system.memory.limit&from=-5m"
                answer = await_true(
                    lambda: (body := json.loads(collector.get(path, key)))["columns"] and body, "samples through nginx"
                )
    assert answer["columns"][0]["unit"] == "By"
    assert any(value is not None and value > 0 for value in answer["columns"][0]["values"])


def test_an_agent_that_does_not_know_the_ca_refuses_to_enrol(tmp_path: Path) -> None:
    nginx = program("nginx")
    make_certificates(tmp_path)
    port = free_port()
    public = f"https://localhost:{port}"
    with collector_running(tmp_path, {"WAKEFUL_PUBLIC_URL": public}) as collector:
        server = SERVER.format(folder=tmp_path, port=port, upstream=collector.url)
        configuration = nginx_configuration(tmp_path, server)
        with running([nginx, "-c", str(configuration), "-p", str(tmp_path)], log=tmp_path / "nginx.log"):
            await_true((tmp_path / "nginx.pid").exists, "nginx")
            with (
                pytest.raises(AssertionError, match="certificate"),
                agent_running(collector, public),
            ):
                pytest.fail("enrolled without trusting the certificate")
        hosts = json.loads(collector.get("/api/v1/hosts", collector.read_key()))["hosts"]
    assert hosts == []
