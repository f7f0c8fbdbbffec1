"""What the templates may use: settings read, checked and put in Asterisk's words.

An Asterisk file has no quoting: a newline starts a new option, `;` a comment, `[` a section, `${`
an expression, `,` the next argument. So nothing is escaped here; a value that is not plainly what it
should be (a number, an address, a path, a word) is refused with the setting's name.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path

from line111.secrets import read_secret
from line111.settings import PROJECT, Settings

COUNTRY_CODE = "98"
"""Iran; trunks hand over the dialled number with or without it (ITU-T E.164)."""
LONGEST_SOCKET_PATH = 100
"""Bytes; unix(7) allows 108 with the closing zero, and Asterisk cuts a longer one silently."""
PRIVATE_NETWORKS = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8")
"""Callers from these see our own address in SDP, not `sip.external_address` (RFC 1918, RFC 6598)."""
PORTS_PER_CALL = 2
"""RTP and RTCP (RFC 3550 section 11)."""

_PATH = re.compile(r"/[A-Za-z0-9_.@+=/-]*")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,32}")
_NUMBER = re.compile(r"[0-9]{2,15}")
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,252}")
_SIP_URI = re.compile(r"sips?:([A-Za-z0-9_.+-]+@)?(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?")
_SECRET = re.compile(r"[\x21-\x3a\x3c-\x5a\x5e-\x7e]{1,128}")  # printable, but no space ; [ \ ]
_ZONE = re.compile(r"[A-Za-z0-9_+/-]{1,64}")


class UnsafeValue(ValueError):
    """A setting holds what must not reach Asterisk's configuration; the text names the setting.

    The value itself is not repeated: it may be a password.
    """

    def __init__(self, setting: str, wanted: str) -> None:
        super().__init__(f"setting {setting}: must be {wanted}")
        self.setting = setting


@dataclass(frozen=True)
class Registration:
    """A trunk we register at, for providers that tell callers apart by account."""

    server_uri: str
    client_uri: str
    host: str
    user: str
    password: str


@dataclass(frozen=True)
class NodeValues:
    """Everything a template can name. Strings here are safe to stand on a configuration line."""

    node: str
    numbers: tuple[str, ...]
    """The citizen number in the forms trunks dial it; nothing else is answered."""
    timezone: str
    asterisk_dir: str
    calls_dir: str
    spool_dir: str
    sounds_dir: str
    project: str
    emergency_site: str
    emergency_script: str
    sip_bind: str
    sip_port: int
    tls_port: int
    tls_certificate: str | None
    trunk_addresses: tuple[str, ...]
    trunk_contacts: tuple[str, ...]
    registration: Registration | None
    external_address: str | None
    private_networks: tuple[str, ...]
    rtp_first: int
    rtp_last: int
    most_calls: int
    ami_bind: str
    ami_port: int
    http_port: int
    ivr_hosts: tuple[str, ...]
    secrets: dict[str, str]
    """AMI passwords by user."""


def node_values(settings: Settings) -> NodeValues:
    """The values of this node.

    Raises:
        UnsafeValue: a setting that could change the meaning of a configuration line.
        FileNotFoundError: a secret is missing (the text names the set-up command).
    """
    sip, asterisk = settings.sip, settings.asterisk
    asterisk_dir = _path("home", settings.asterisk_dir)
    if len(f"{asterisk_dir}/run/asterisk.ctl".encode()) > LONGEST_SOCKET_PATH:
        raise UnsafeValue("home", f"a path shorter than {LONGEST_SOCKET_PATH - 26} bytes")
    if sip.rtp_last - sip.rtp_first + 1 < PORTS_PER_CALL:
        raise UnsafeValue("sip.rtp_last", "above sip.rtp_first")
    return NodeValues(
        node=_matching("node", settings.node, _NAME, "letters, digits, - and _, at most 32"),
        numbers=dialled_forms(settings.number),
        timezone=_matching("country_timezone", settings.country_timezone, _ZONE, "a time zone's name"),
        asterisk_dir=asterisk_dir,
        calls_dir=_path("home", settings.calls_dir),
        spool_dir=_path("home", settings.spool_dir),
        sounds_dir=_path("home", settings.sounds_dir),
        project=_path("the project's folder", PROJECT),
        emergency_site=_path("home", settings.home.absolute() / "emergency-site"),
        emergency_script=f"{asterisk_dir}/agi-bin/emergency",
        sip_bind=_address("sip.bind", sip.bind),
        sip_port=sip.port,
        tls_port=sip.tls_port,
        tls_certificate=f"{asterisk_dir}/etc/tls.pem" if sip.tls_certificate else None,
        trunk_addresses=tuple(_network("sip.trunk_addresses", each) for each in sip.trunk_addresses),
        trunk_contacts=tuple(_uri("sip.trunk_contacts", each) for each in sip.trunk_contacts),
        registration=_registration(settings),
        external_address=_optional_host("sip.external_address", sip.external_address),
        private_networks=PRIVATE_NETWORKS,
        rtp_first=sip.rtp_first,
        rtp_last=sip.rtp_last,
        most_calls=(sip.rtp_last - sip.rtp_first + 1) // PORTS_PER_CALL,
        ami_bind=_loopback("asterisk.ami_host", asterisk.ami_host),
        ami_port=asterisk.ami_port,
        http_port=asterisk.http_port,
        ivr_hosts=tuple(_host_and_port("ivr.hosts", each) for each in settings.ivr.hosts),
        secrets={
            user: _secret(f"secret ami_{user}", read_secret(settings, f"ami_{user}"))
            for user in ("call_routing", "doctor")
        },
    )


def dialled_forms(number: str) -> tuple[str, ...]:
    """The number as trunks may dial it: bare, and international with each usual prefix.

    >>> dialled_forms("111")
    ('111', '+98111', '98111', '0098111')
    """
    plain = _matching("number", number, _NUMBER, "2 to 15 digits")
    return tuple(prefix + plain for prefix in ("", f"+{COUNTRY_CODE}", COUNTRY_CODE, f"00{COUNTRY_CODE}"))


def _registration(settings: Settings) -> Registration | None:
    registrar = settings.sip.registrar
    if not registrar:
        return None
    uri = _SIP_URI.fullmatch(registrar)
    if not uri:
        raise UnsafeValue(
            "sip.registrar", "an address like sip:provider.example or sip:provider.example:5070"
        )
    user = _matching(
        "sip.registrar_user", settings.sip.registrar_user, re.compile(r"[A-Za-z0-9_.+-]{1,64}"), "a user name"
    )
    return Registration(
        server_uri=registrar,
        client_uri=f"sip:{user}@{uri['host']}",
        host=uri["host"],
        user=user,
        password=_secret("secret registrar_password", read_secret(settings, "registrar_password")),
    )


def _matching(setting: str, value: str, pattern: re.Pattern[str], wanted: str) -> str:
    if not pattern.fullmatch(value):
        raise UnsafeValue(setting, wanted)
    return value


def _path(setting: str, path: Path) -> str:
    return _matching(setting, str(path.absolute()), _PATH, "a path of Latin letters, digits and . _ @ + = -")


def _secret(setting: str, value: str) -> str:
    return _matching(setting, value, _SECRET, "printable characters without space ; [ ] \\")


def _uri(setting: str, value: str) -> str:
    return _matching(setting, value, _SIP_URI, "an address like sip:192.0.2.7:5060")


def _optional_host(setting: str, value: str | None) -> str | None:
    return _matching(setting, value, _HOST, "an address or a host's name") if value else None


def _address(setting: str, value: str) -> str:
    """The IP address, in brackets where it is IPv6: ready to have a port put behind it."""
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        raise UnsafeValue(setting, "an IP address") from None
    return f"[{address}]" if address.version == 6 else str(address)


def _network(setting: str, value: str) -> str:
    try:
        return str(ipaddress.ip_network(value, strict=False))
    except ValueError:
        raise UnsafeValue(setting, "IP addresses or networks like 192.0.2.0/24") from None


def _loopback(setting: str, value: str) -> str:
    """AMI speaks in the clear and can place calls: it never leaves the machine."""
    try:
        if ipaddress.ip_address(value).is_loopback:
            return value
    except ValueError:
        pass
    raise UnsafeValue(setting, "a loopback address (127.0.0.1)")


def _host_and_port(setting: str, value: str) -> str:
    host, _, port = value.rpartition(":")
    if not (_HOST.fullmatch(host) and port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise UnsafeValue(setting, "host:port, like 127.0.0.1:4573")
    return f"{host}:{int(port)}"
