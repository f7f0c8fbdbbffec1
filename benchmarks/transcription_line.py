"""The way of a recording, whole and real: Redis, the bridge and transcription workers as processes.

Used by the integration tests of transcription; its small parts also by benchmarks. Every process is ended by
its id.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import httpx
import redis
from nacl.public import PublicKey, SealedBox
from uuid6 import uuid7

from casebridge.client import BridgeClient
from casebridge.transcripts.schemas import Transcript
from line111.clock import now, to_text
from line111.secrets import ensure_secrets, read_secret, redis_url
from line111.settings import PROJECT, BridgeSettings, RedisSettings, Settings, TranscriptionSettings
from transcription.store import VerifiedModel

T = TypeVar("T")
SERVE = """
import sys, uvicorn
from casebridge.app import create_app
from line111.settings import load_settings
settings = load_settings()
uvicorn.run(create_app(settings), host="127.0.0.1", port=settings.bridge.port, log_level="warning")
"""
ENDED = frozenset({"done", "waiting_for_model", "empty", "broken", "failed", "deadline"})


class TranscriptLine:
    """A node of its own in a folder of its own; start and kill its processes as you like."""

    def __init__(self, home: Path, *, threads: int = 2, takeover_seconds: float = 3.0) -> None:
        ports = free_ports(3)
        self.settings = Settings(
            home=home,
            node="bench",
            bridge=BridgeSettings(port=ports[0], url=f"http://127.0.0.1:{ports[0]}"),
            redis=RedisSettings(port=ports[1]),
            transcription=TranscriptionSettings(
                threads=threads, metrics_port=ports[2], takeover_seconds=takeover_seconds
            ),
        )
        for folder in ("models", "db", "redis", "log", "run", "recordings"):
            (home / folder).mkdir(parents=True, exist_ok=True)
        ensure_secrets(self.settings)
        self._http = httpx.Client(timeout=20, trust_env=False)
        self.processes: list[subprocess.Popen[bytes]] = []
        self._logs = 0

    def start_redis(self) -> subprocess.Popen[bytes]:
        """A Redis server without persistence; returns when it answers."""
        command = [
            "redis-server",
            "--port",
            str(self.settings.redis.port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
        ]
        command += ["--requirepass", read_secret(self.settings, "redis_password")]
        process = self._start([*command, "--dir", str(self.settings.run_dir)])
        client = redis.Redis.from_url(redis_url(self.settings))
        wait_until(lambda: _answers(client.ping), 60)
        client.close()
        return process

    def start_bridge(self) -> subprocess.Popen[bytes]:
        """The bridge on its migrated database; returns when it is ready."""
        subprocess.run(
            [sys.executable, "-m", "casebridge", "migrate"],
            env=self.environment(),
            check=True,
            capture_output=True,
        )
        process = self._start([sys.executable, "-c", SERVE])
        wait_until(
            lambda: _answers(lambda: httpx.get(f"{self.settings.bridge.url}/ready").raise_for_status()), 60
        )
        return process

    def start_worker(self) -> subprocess.Popen[bytes]:
        """The transcription workers; returns when they say they are well."""
        process = self._start([sys.executable, "-m", "transcription"])
        health = f"http://127.0.0.1:{self.settings.transcription.metrics_port}/health"
        wait_until(lambda: _answers(lambda: httpx.get(health).raise_for_status()), 60)
        return process

    def install(self, model: VerifiedModel) -> None:
        """Put a proved model into this node's store, as its store would: by one rename."""
        arriving = self.settings.models_dir / ".linked"
        shutil.copytree(model.path, arriving, copy_function=os.link)
        arriving.rename(self.settings.models_dir / model.name)

    def environment(self) -> dict[str, str]:
        """Settings for a process of this node."""
        settings = self.settings
        return os.environ | {
            "LINE111_HOME": str(settings.home),
            "LINE111_NODE": settings.node,
            "LINE111_BRIDGE__PORT": str(settings.bridge.port),
            "LINE111_BRIDGE__URL": settings.bridge.url,
            "LINE111_REDIS__PORT": str(settings.redis.port),
            "LINE111_TRANSCRIPTION__THREADS": str(settings.transcription.threads),
            "LINE111_TRANSCRIPTION__METRICS_PORT": str(settings.transcription.metrics_port),
            "LINE111_TRANSCRIPTION__TAKEOVER_SECONDS": str(settings.transcription.takeover_seconds),
        }

    def _start(self, command: list[str]) -> subprocess.Popen[bytes]:
        self._logs += 1
        log = self.settings.log_dir / f"{self._logs}.log"
        with log.open("wb") as file:
            process = subprocess.Popen(
                command, env=self.environment(), cwd=PROJECT, stdout=file, stderr=subprocess.STDOUT
            )
        self.processes.append(process)
        return process

    def logs(self) -> str:
        """What all processes wrote."""
        return "\n".join(
            path.read_text(errors="replace") for path in sorted(self.settings.log_dir.glob("*.log"))
        )

    def stop(self) -> None:
        """End all processes, the last started first."""
        self._http.close()
        for process in reversed(self.processes):
            end(process)

    def ask(
        self, what: Callable[[BridgeClient], Coroutine[Any, Any, T]], service: str = "transcription"
    ) -> T:
        """One call to the bridge as a service."""

        async def call() -> T:
            async with BridgeClient(
                self.settings.bridge.url, read_secret(self.settings, f"token_{service}"), timeout=20
            ) as bridge:
                return await what(bridge)

        return asyncio.run(call())

    def announce(self, sound: bytes, *, language: str = "en", channels: int = 1) -> str:
        """Hand in an intake with this recording; returns the recording's id."""
        (code,) = self.ask(lambda bridge: bridge.lease_codes("bench", "ivr", 1), "ivr")
        public = PublicKey(_decoded(read_secret(self.settings, "sealing_public")))
        sealed = SealedBox(public).encrypt(
            b'{"identifier_kind":"national_id","identifier":"0013542419","contact_number":null,"caller_number":null}'
        )
        recording = str(uuid7())
        record = {
            "format": 1, "type": "intake", "record_id": str(uuid7()), "node": "bench", "origin": "ivr",
            "created_at": to_text(now()), "call_id": f"{uuid7()}", "language": language,
            "tracking_code": code, "kind": "report", "sealed": _encoded(sealed), "province": None,
            "ended_by": "confirmed", "callback": None,
            "recording": {
                "recording_id": recording, "file": f"{recording}.alaw", "bytes": len(sound),
                "sha256": hashlib.sha256(sound).hexdigest(), "duration_ms": len(sound) // (8 * channels),
                "encoding": "alaw", "rate": 8000, "channels": channels,
                "speaker": "applicant" if channels == 1 else "both",
            },
        }  # fmt: skip
        self.ask(lambda bridge: bridge.post_record(record), "ivr")
        return recording

    def send(self, recording: str, sound: bytes) -> None:
        """Bring the recording's sound."""
        with tempfile.NamedTemporaryFile() as file:
            file.write(sound)
            file.flush()
            digest = hashlib.sha256(sound).hexdigest()
            self.ask(lambda bridge: bridge.put_audio(recording, Path(file.name), digest), "ivr")

    def record(self, sound: bytes, **more: Any) -> str:
        """Announce and bring a recording; returns its id."""
        recording = self.announce(sound, **more)
        self.send(recording, sound)
        return recording

    def transcript(self, recording: str) -> Transcript:
        """What the page would show now."""
        token = read_secret(self.settings, "token_transcription")
        answer = self._http.get(
            f"{self.settings.bridge.url}/api/v1/recordings/{recording}/transcript",
            headers={"Authorization": f"Bearer {token}"},
        )
        answer.raise_for_status()
        return Transcript.model_validate_json(answer.content)

    def wait_for(self, recording: str, *states: str, seconds: float = 60) -> Transcript:
        """Wait until the transcript has one of these states (none named: any end)."""
        wanted = states or tuple(ENDED)
        wait_until(lambda: self.transcript(recording).status in wanted, seconds)
        return self.transcript(recording)


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on just now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def wait_until(holds: Callable[[], bool], seconds: float, every: float = 0.05) -> None:
    """Wait until it holds. Raises TimeoutError after so many seconds."""
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            raise TimeoutError(f"not within {seconds:g} s")
        time.sleep(every)


def end(process: subprocess.Popen[bytes], seconds: float = 30) -> int:
    """End a process in order, or else at once; returns its exit status."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _answers(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except (httpx.HTTPError, redis.RedisError):
        return False
    return True


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decoded(text: str) -> bytes:
    return base64.b64decode(text)
