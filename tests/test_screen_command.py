"""`ramix serve` from the command line: what it refuses, what it prints, TLS, and how it ends."""

import datetime
import http.client
import os
import signal
import socket
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from device.cli.exit_codes import EXIT_INTERRUPTED
from device.cli.main import run_command
from device.screen.server import Place
from tests.screens import TINY, running

ROOT = Path(__file__).resolve().parent.parent


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = run_command(["serve", "--port", TINY, *words])
    return code, capsys.readouterr().err


def test_other_machines_are_not_served_by_accident(capsys: pytest.CaptureFixture[str]) -> None:
    for address in ("0.0.0.0", "192.0.2.7", "::"):
        code, said = refused(capsys, "--address", address)
        assert code == 2 and "--tls-cert" in said and "--insecure-remote" in said


def test_half_of_tls_and_contradictions_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(capsys, "--tls-cert", "cert.pem")[0] == 2
    assert refused(capsys, "--no-store", "--store", "x.sqlite")[0] == 2
    assert refused(capsys, "--lang", "xx")[0] == 2


def test_a_port_that_is_taken_or_a_wrong_certificate_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RAMIX_HOME", str(tmp_path))
    with running(tmp_path) as up:
        taken = up.url.rpartition(":")[2].partition("/")[0]
        code, said = refused(capsys, "--http", taken, "--no-store")
    assert code == 1 and "cannot be served" in said and "Traceback" not in said
    wrong = tmp_path / "cert.pem"
    wrong.write_text("no certificate")
    code, said = refused(
        capsys, "--http", "0", "--no-store", "--tls-cert", str(wrong), "--tls-key", str(wrong)
    )
    assert code == 1 and "cannot be served" in said and "Traceback" not in said


def test_the_server_adds_no_word_of_its_own_to_that_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        words = ["serve", "--port", TINY, "--no-store", "--http", str(taken.getsockname()[1])]
        done = subprocess.run(
            [sys.executable, "-m", "device.cli.main", *words],
            cwd=ROOT,
            env={**os.environ, "RAMIX_HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert "cannot be served" in done.stderr and "Errno" not in done.stderr


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_the_address_is_the_first_line_and_a_stop_ends_it_in_order(
    stop: signal.Signals, tmp_path: Path
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "device.cli.main", "serve", "--port", TINY, "--http", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
        env={**os.environ, "RAMIX_HOME": str(tmp_path)},
        # the background job of a shell ignores SIGINT, and so would its children
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        at, _, query = url.removeprefix("http://").partition("/")
        assert at.startswith("127.0.0.1:") and query.startswith("?token=")
        connection = http.client.HTTPConnection(at, timeout=10)
        connection.request("GET", f"/{query}")
        assert connection.getresponse().status == 303
        connection.close()
        process.send_signal(stop)
        _, said = process.communicate(timeout=20)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == EXIT_INTERRUPTED  # not killed: desk and store were closed
    assert "Traceback" not in said and "Error" not in said
    assert said.splitlines()[-1] == "Stopped by the operator."


def certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bench.example")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


def test_with_tls_the_page_is_https_and_its_cookie_secure(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    with running(tmp_path, place=Place(certificate=cert, key=key)) as up:
        assert up.url.startswith("https://")
        at, _, query = up.url.removeprefix("https://").partition("/")

        def ask(**headers: str) -> tuple[int, dict[str, Any]]:
            connection = http.client.HTTPSConnection(at, timeout=10, context=trusting)
            connection.request("GET", f"/{query}", headers=headers)
            answer = connection.getresponse()
            connection.close()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}

        status, headers = ask()
        cookie = headers["set-cookie"].lower()
        assert status == 303 and all(
            word in cookie for word in ("secure", "httponly", "samesite=strict")
        )
        assert ask(Host="evil.example")[0] == 421
