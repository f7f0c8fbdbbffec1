"""Trunks other than a gateway at a known address: an account at a provider, and TLS."""

from __future__ import annotations

import datetime
import ipaddress
import re
import socket
import ssl
import threading
import time
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from asterisk_conf.render import render

pytestmark = pytest.mark.pbx

PROVIDER = "127.0.0.5"


class Registrar(threading.Thread):
    """A provider that knows one account (RFC 3261 section 10): challenges, then accepts."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((PROVIDER, 0))
        self.port = self.socket.getsockname()[1]
        self.accepted: list[str] = []
        """REGISTER requests that carried credentials."""

    def run(self) -> None:
        while True:
            data, sender = self.socket.recvfrom(65536)
            if not data:
                return
            request = data.decode()
            if request.startswith("OPTIONS"):
                self.socket.sendto(_response(request, "200 OK"), sender)
            elif "Authorization: Digest" not in request:
                challenge = 'WWW-Authenticate: Digest realm="provider", nonce="abc", algorithm=MD5'
                self.socket.sendto(_response(request, "401 Unauthorized", challenge), sender)
            else:
                self.accepted.append(request)
                contact = re.search(r"^Contact: .*$", request, re.M)
                self.socket.sendto(_response(request, "200 OK", f"{contact[0].strip()};expires=600"), sender)

    def end(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", (PROVIDER, self.port))
        self.join(5)
        self.socket.close()


def _response(request: str, status: str, *more: str) -> bytes:
    copied = re.findall(r"^(?:Via|From|To|Call-ID|CSeq): .*$", request, re.M)
    lines = [f"SIP/2.0 {status}", *(line.strip() for line in copied), *more, "Content-Length: 0", "", ""]
    return "\r\n".join(lines).encode()


@pytest.fixture(scope="module")
def registrar():
    provider = Registrar()
    provider.start()
    yield provider
    provider.end()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> Path:
    """A PEM file with a certificate for 127.0.0.1 and its key."""
    pem = tmp_path_factory.mktemp("tls") / "node.pem"
    _write_certificate(pem, serial=1)
    return pem


def _write_certificate(pem: Path, serial: int) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "line111 test")])
    now = datetime.datetime.now(datetime.UTC)
    addresses = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(addresses, critical=False)
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8
    private = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    pem.chmod(0o600)


@pytest.fixture(scope="module")
def pbx(make_asterisk, registrar, certificate, free_ports):
    """A node that registers at a provider and offers TLS; no trunk is known by address."""
    sip = {
        "registrar": f"sip:{PROVIDER}:{registrar.port}",
        "registrar_user": "u111",
        "trunk_addresses": [],
        "tls_certificate": certificate,
        "tls_port": free_ports(),
    }
    node = make_asterisk(start=False, sip=sip)
    (node.settings.secrets_dir / "registrar_password").write_text("not-a-secret")
    node.start()
    return node


def test_node_registers_with_its_account_and_its_number(pbx, registrar):
    deadline = time.monotonic() + 20
    while not registrar.accepted and time.monotonic() < deadline:
        time.sleep(0.1)
    request = registrar.accepted[0]
    assert 'username="u111"' in request
    assert re.search(r"^Contact: <sip:111@.*line=", request, re.M)
    assert "not-a-secret" not in request
    while "Registered" not in pbx.cli("pjsip show registrations") and time.monotonic() < deadline:
        time.sleep(0.1)
    assert "Registered" in pbx.cli("pjsip show registrations")


def test_calls_from_the_provider_we_registered_at_are_answered(pbx):
    sound = pbx.settings.asterisk_dir / "agi-bin" / "emergency"
    sound.write_text("#!/bin/sh\nexit 1\n")
    caller = pbx.call("stay_until_bye", source=PROVIDER)
    assert caller.code == 0, caller.said


def test_calls_from_elsewhere_are_refused_by_a_registered_node_too(pbx):
    caller = pbx.call("challenged")
    assert caller.code == 0, caller.said


def test_provider_whose_name_does_not_resolve_costs_no_other_trunk(make_asterisk):
    node = make_asterisk(start=False, sip={"registrar": "sip:provider.invalid", "registrar_user": "u111"})
    (node.settings.secrets_dir / "registrar_password").write_text("not-a-secret")
    node.start()
    (node.settings.asterisk_dir / "agi-bin" / "emergency").write_text("#!/bin/sh\nexit 1\n")
    caller = node.call("stay_until_bye")
    assert caller.code == 0, caller.said


def test_sip_over_tls_is_spoken_with_the_nodes_certificate(pbx, certificate):
    context = ssl.create_default_context(cafile=str(certificate))
    where = ("127.0.0.1", pbx.settings.sip.tls_port)
    with (
        socket.create_connection(where, timeout=10, source_address=(PROVIDER, 0)) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as link,
    ):
        assert link.version() in ("TLSv1.2", "TLSv1.3")
        link.sendall(
            b"OPTIONS sip:111@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.5;branch=z9hG4bK1\r\n"
            b"From: <sip:a@127.0.0.5>;tag=1\r\nTo: <sip:111@127.0.0.1>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n"
            b"Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        )
        assert link.recv(65536).startswith(b"SIP/2.0 200")


def test_renewed_certificate_is_taken_without_a_restart(pbx, certificate):
    _write_certificate(certificate, serial=2)
    render(pbx.settings)
    pbx.cli("module reload res_pjsip.so")
    context = ssl.create_default_context(cafile=str(certificate))
    deadline = time.monotonic() + 20
    while True:
        try:
            with (
                socket.create_connection(("127.0.0.1", pbx.settings.sip.tls_port), timeout=10) as plain,
                context.wrap_socket(plain, server_hostname="127.0.0.1") as link,
            ):
                assert link.getpeercert()["serialNumber"] == "02"
                return
        except (ssl.SSLError, ConnectionError):  # the old one, or between the two
            assert time.monotonic() < deadline
            time.sleep(0.2)
