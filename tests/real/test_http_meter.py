"""URLs of a real nginx with certificates of our own: trusted, expired, for another name."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from wakeful_agent.host.files import Host
from wakeful_agent.meters.http import HttpMeter

from .conftest import await_true, free_port, program, running

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.real

CONFIGURATION = """
pid {folder}/nginx.pid;
error_log {folder}/error.log;
daemon off;
worker_processes 1;
events {{ worker_connections 64; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {servers}
}}
"""
SERVER = """
    server {{
        listen 127.0.0.1:{port} ssl;
        access_log {folder}/{name}.log;
        ssl_certificate {folder}/{name}.crt;
        ssl_certificate_key {folder}/{name}.key;
        location = /moved {{ return 301 /there; }}
        location / {{ return 200 "all is well"; }}
    }}
"""
DAY = 86_400


def make_certificates(folder: Path) -> None:
    openssl = program("openssl")

    def run(*words: str) -> None:
        subprocess.run([openssl, *words], cwd=folder, check=True, capture_output=True)

    (folder / "database").mkdir()
    (folder / "database/index.txt").write_text("")
    (folder / "ca.cnf").write_text(
        "[ca]\ndefault_ca=own\n[own]\ndir=.\ndatabase=database/index.txt\nnew_certs_dir=database\nrand_serial=yes\n"
        "default_md=sha256\npolicy=any\nunique_subject=no\ncopy_extensions=copy\n[any]\ncommonName=supplied\n"
    )
    usage = ("-addext", "keyUsage=critical,keyCertSign,cRLSign")
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    run("req", "-x509", *key, "-days", "30", "-subj", "/CN=A test CA", "-keyout", "ca.key", "-out", "ca.crt", *usage)
    for name, alternative, ends in (
        ("good", "IP:127.0.0.1", "20491231235959Z"),
        ("expired", "IP:127.0.0.1", "20200201000000Z"),
        ("foreign", "DNS:elsewhere.example", "20491231235959Z"),
    ):
        extension = f"subjectAltName={alternative}"
        run("req", *key, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-addext", extension)
        dates = ("-startdate", "20200101000000Z", "-enddate", ends)
        signed = ("-cert", "ca.crt", "-keyfile", "ca.key", "-config", "ca.cnf", "-batch", "-notext")
        run("ca", *signed, "-in", f"{name}.csr", "-out", f"{name}.crt", *dates)


def test_certificates_and_redirects(tmp_path: Path) -> None:
    make_certificates(tmp_path)
    ports = {name: free_port() for name in ("good", "expired", "foreign")}
    servers = "".join(SERVER.format(folder=tmp_path, port=port, name=name) for name, port in ports.items())
    configuration = tmp_path / "nginx.conf"
    configuration.write_text(CONFIGURATION.format(folder=tmp_path, servers=servers))
    urls = {name: f"https://127.0.0.1:{port}" for name, port in ports.items()}
    meter = HttpMeter()
    meter.configure(
        {
            "targets": [
                f'good={urls["good"]}/ status=200 match="is well"',
                f"moved={urls['good']}/moved status=200 redirects=2",
                f"expired={urls['expired']}/",
                f"foreign={urls['foreign']}/",
            ],
            "ca_file": str(tmp_path / "ca.crt"),
        }
    )
    with running([program("nginx"), "-c", str(configuration), "-p", str(tmp_path)], log=tmp_path / "nginx.log"):
        await_true((tmp_path / "nginx.pid").exists, "nginx")
        await_true(lambda: values(meter)["http.up", "good"] == 1, "an answer over TLS")
        found = values(meter)
        reading = meter.read(Host(), 0)
        await_true(lambda: "GET /there" in (tmp_path / "good.log").read_text(), "a line of nginx's log")
    assert {name: found["http.up", name] for name in ("good", "moved", "expired", "foreign")} == {
        "good": 1,
        "moved": 1,
        "expired": 0,
        "foreign": 0,
    }
    assert found["http.matched", "good"] == 1
    assert (found["http.phase.duration", "tls", "good"] or 0) > 0
    assert found["tls.certificate.trusted", "good"] == 1
    assert found["tls.certificate.trusted", "expired"] == found["tls.certificate.trusted", "foreign"] == 0
    assert found["tls.certificate.expires", "expired"] == 1_580_515_200
    assert (found["tls.certificate.expires", "foreign"] or 0) > time.time() + 1000 * DAY
    rows = {row["target"]: row for row in reading.inventories["http"]}
    assert rows["expired"]["certificate_problem"] == "certificate has expired"
    assert "127.0.0.1" in rows["foreign"]["certificate_problem"]
    assert rows["foreign"]["certificate_names"] == "elsewhere.example"
    assert rows["good"]["certificate_issuer"] == "CN=A test CA"
    told = (tmp_path / "expired.log").read_text() + (tmp_path / "foreign.log").read_text()
    assert "GET" not in told, "nothing is asked of who is not trusted"


def values(meter: HttpMeter) -> dict[tuple[str, ...], float | None]:
    reading = meter.read(Host(), 0)
    return {(one.name, *dict(one.labels).values()): value for one, value in zip(reading.series, reading.values)}
