"""Settings of a node: defaults that need no configuration, `LINE111_*` variables, `line111.toml`.

Order of precedence: environment, then `line111.toml` (in the working directory, or where
`LINE111_CONFIG` points), then the defaults here. Nested parts are written with two
underscores: `LINE111_SIP__PORT=5080`.
"""

from __future__ import annotations

import os
import socket
from datetime import time
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

PROJECT = Path(__file__).resolve().parent.parent
"""The folder the product was installed from: the rooms stand directly below it."""

Port = Annotated[int, Field(ge=1, le=65535)]


class SipSettings(BaseModel):
    """Where Asterisk listens for calls, and which trunk may send them (RFC 3261)."""

    bind: str = "127.0.0.1"
    port: Port = 5060
    tls_port: Port = 5061
    tls_certificate: Path | None = None
    """PEM file with certificate and key; TLS is offered only where it is set."""
    trunk_addresses: list[str] = ["127.0.0.2"]
    """Addresses or networks (CIDR) whose calls are taken as the public telephone network's."""
    registrar: str | None = None
    """`sip:provider.example` to register at, with `registrar_user`; None: by address only."""
    registrar_user: str = ""
    external_address: str | None = None
    """Address told in SDP where the node is behind NAT."""
    rtp_first: Port = 10000
    rtp_last: Port = 12000
    trunk_contacts: list[str] = []
    """`sip:192.0.2.7:5060` of each trunk calls go out by; asked by OPTIONS every minute."""


class AsteriskSettings(BaseModel):
    """The Asterisk of this node."""

    root: Path | None = None
    """Root file system Asterisk runs in; None: `<home>/asterisk-root` where the distribution
    has no Asterisk 20 or newer, otherwise the system's own."""
    ami_host: str = "127.0.0.1"
    ami_port: Port = 5038
    http_port: Port = 8088
    user: str = "asterisk"
    """Unprivileged user Asterisk runs as (created at set-up)."""


class IvrSettings(BaseModel):
    """The conversation service (FastAGI)."""

    bind: str = "127.0.0.1"
    port: Port = 4573
    hosts: list[str] = ["127.0.0.1:4573"]
    """`host:port` of each ivr, in the order the dialplan tries them."""
    allow: list[str] = ["127.0.0.0/8"]
    """Networks whose FastAGI connections are accepted."""
    metrics_port: Port = 9111
    menu: Path | None = None
    """Menu file (TOML); None: the default menu in `ivr/menus/default.toml`."""
    code_block_size: int = Field(default=200, ge=10, le=10_000)
    message_max_seconds: int = Field(default=180, ge=10, le=1800)
    message_silence_seconds: int = Field(default=6, ge=2, le=30)
    key_timeout_seconds: float = Field(default=6.0, ge=0.2, le=60)
    """Silence after a prompt that counts as "no key"."""
    max_calls: int = Field(default=4000, ge=1, le=100_000)
    """Calls led at once; one more is left to the next host or the emergency script."""
    emergency_block_size: int = Field(default=500, ge=20, le=10_000)
    """Tracking codes kept for the emergency script (a quarter is never touched by ivr)."""
    orphan_seconds: float = Field(default=90.0, ge=1, le=3600)
    """A call nobody leads and whose audio does not grow for so long is taken in as it is."""
    drain_seconds: float = Field(default=25.0, ge=0, le=3600)
    """Time calls in progress have to end when the service is stopped; then another host goes on."""


class BridgeSettings(BaseModel):
    """The casebridge and console (one FastAPI application)."""

    bind: str = "127.0.0.1"
    port: Port = 8111
    url: str = "http://127.0.0.1:8111"
    """Where ivr, call_routing and transcription reach the bridge."""
    database_url: str | None = None
    """SQLAlchemy URL (`postgresql+asyncpg://…`); None: SQLite in `<home>/db`."""
    session_hours: int = 12
    deadlines: Path | None = None
    """How long answers may take, as `casebridge/deadlines/deadlines.toml`; None: that file itself."""
    callback_lease_seconds: int = Field(default=300, ge=5, le=86_400)
    """How long a claimed callback stays with its agent without a word from them."""


class RedisSettings(BaseModel):
    """Redis: callback index, event stream, job queues. The database stays the truth."""

    url: str | None = None
    """None: a server of our own on 127.0.0.1:`port` with the password made at set-up."""
    port: Port = 6311


class TranscriptionSettings(BaseModel):
    """Speech to text workers."""

    processes: int = Field(default=1, ge=1, le=64)
    threads: int = Field(default=2, ge=1, le=64)
    deadline_factor: float = 10.0
    """A job may take this many times the recording's length (at least 60 s) before it is given up."""
    model_mirror: str | None = None
    """Base address to fetch models from instead of their publishers' sites."""
    metrics_port: Port = 9112
    """Of the first process; each further one has the next port."""
    takeover_seconds: float = Field(default=20.0, ge=2, le=600)
    """A worker silent for so long loses its job to another."""
    lost_after_seconds: float = Field(default=60.0, ge=1, le=86400)
    """A recording without text and without a job is on its way for so long; then its job is lost."""


class CentreLink(BaseModel):
    """Another line111 centre this one is networked with (article 6-5)."""

    url: str
    """Where its bridge listens, without `/api/v1`."""
    sealing_public: str
    """Its `sealing_public`: applicants' identities are closed with it before they leave."""
    secret: str
    """Name of the secret file both centres share; it signs what travels."""


class LinksSettings(BaseModel):
    """Links to an outside SAMAD, to other centres, to agencies, to portals."""

    centre: str = Field(default="centre", pattern="^[a-z0-9-]{1,32}$")
    """This centre's name among centres; unique, agreed once."""
    samad: Path | None = None
    """Mapping file (TOML) of an outside SAMAD; None: the embedded one, cases live here alone."""
    centres: dict[str, CentreLink] = {}
    """Other centres by their names."""
    allow_private: list[str] = []
    """Networks (CIDR) that may be told things although they are private."""
    lease_seconds: float = Field(default=60.0, ge=1, le=3600)
    """After so long a deliverer that has vanished loses what it had in hand."""
    timeout_seconds: float = Field(default=15.0, ge=0.1, le=300)
    """What a neighbour may take to answer."""
    first_wait_seconds: float = Field(default=2.0, ge=0.01, le=3600)
    longest_wait_seconds: float = Field(default=1800.0, ge=0.01, le=86_400)
    """Waits between attempts double from the first to the longest, with jitter."""
    give_up_hours: float = Field(default=72.0, ge=0, le=10_000)
    """What could not be delivered for so long becomes a dead letter; somebody looks and sends again."""
    pull_seconds: float = Field(default=30.0, ge=0.05, le=86_400)
    """Between two looks for changes at an outside SAMAD."""
    open311_jurisdiction: str = "line111"
    open311_batch: bool = False
    """Requests get a token first and become cases in batches; False: at once (`realtime`)."""
    open311_public: bool = False
    """Whether everybody may read, without a key, what requests are about: kind, service, county; no words."""


class NotificationSettings(BaseModel):
    """Messages to applicants and units (articles 4-5, 4-9, 4-17)."""

    providers: Path | None = None
    """File that names the providers, best first; None: the embedded outbox, read on a screen."""
    quiet_from: time = time(22)
    quiet_until: time = time(7)
    """No text message wakes anybody between these hours of the country's clock; equal: at any hour."""
    parallel: int = Field(default=32, ge=1, le=500)
    """Messages on their way at once, from each bridge."""
    lease_seconds: int = Field(default=180, ge=5, le=3600)
    """After so long a message of a vanished sender is taken by another; longer than any provider takes."""


class CallRoutingSettings(BaseModel):
    """The controller at Asterisk's manager interface."""

    metrics_port: Port = 9113


class Settings(BaseSettings):
    """All settings of a node. `load_settings()` gives the one of this process."""

    model_config = SettingsConfigDict(env_prefix="LINE111_", env_nested_delimiter="__", extra="forbid")

    home: Path = PROJECT / "var"
    """Everything this node writes lives here."""
    node: str = Field(default_factory=lambda: socket.gethostname().split(".")[0] or "node")
    """Name of this node in intakes, code blocks and logs."""
    number: str = "111"
    country_timezone: str = "Asia/Tehran"
    log_format: str = Field(default="json", pattern="^(json|text)$")
    log_level: str = "INFO"
    service_user: str = "line111"
    """Unprivileged user our own services run as when started by root (created at set-up)."""
    hung_seconds: float = Field(default=15.0, ge=1, le=3600)
    """An ivr silent for so long hangs, and `up` ends it; others, for whom no caller waits, in 4 × as long."""

    sip: SipSettings = SipSettings()
    asterisk: AsteriskSettings = AsteriskSettings()
    ivr: IvrSettings = IvrSettings()
    bridge: BridgeSettings = BridgeSettings()
    redis: RedisSettings = RedisSettings()
    transcription: TranscriptionSettings = TranscriptionSettings()
    call_routing: CallRoutingSettings = CallRoutingSettings()
    notifications: NotificationSettings = NotificationSettings()
    links: LinksSettings = LinksSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment before file; no dotenv: one place for configuration is enough."""
        file = Path(os.environ.get("LINE111_CONFIG", "line111.toml"))
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=file)

    # Folders below home, in one place so that no room spells a path of its own.
    @property
    def secrets_dir(self) -> Path:
        """Secrets made at set-up, one per file, readable by the owner alone."""
        return self.home / "secrets"

    @property
    def spool_dir(self) -> Path:
        """Durable intakes not yet accepted by the bridge, drafts, leased tracking codes."""
        return self.home / "spool"

    @property
    def calls_dir(self) -> Path:
        """Recordings as Asterisk writes them (A-law), until the bridge holds them."""
        return self.home / "calls"

    @property
    def sounds_dir(self) -> Path:
        """Prompts: `<sounds>/<language>/<group>/<name>.alaw` and `.sln16`."""
        return self.home / "sounds"

    @property
    def recordings_dir(self) -> Path:
        """The bridge's encrypted recordings store."""
        return self.home / "recordings"

    @property
    def proposals_dir(self) -> Path:
        """What the proposals of subject and kind were learned into."""
        return self.home / "proposals"

    @property
    def models_dir(self) -> Path:
        """Verified Vosk models, one folder each."""
        return self.home / "models"

    @property
    def voices_dir(self) -> Path:
        """Verified voices of the speech synthesisers, one folder each."""
        return self.home / "voices"

    @property
    def asterisk_dir(self) -> Path:
        """This node's Asterisk: `etc/` (rendered), `var/`, `log/`, `run/`."""
        return self.home / "asterisk"

    @property
    def log_dir(self) -> Path:
        """Logs of our services."""
        return self.home / "log"

    @property
    def run_dir(self) -> Path:
        """Pid files and control sockets."""
        return self.home / "run"

    @property
    def database_url(self) -> str:
        """SQLAlchemy URL of the bridge's database."""
        return self.bridge.database_url or f"sqlite+aiosqlite:///{self.home / 'db' / 'line111.sqlite3'}"


@cache
def load_settings() -> Settings:
    """The settings of this process, read once; a wrong value raises with its name in plain words."""
    return Settings()
