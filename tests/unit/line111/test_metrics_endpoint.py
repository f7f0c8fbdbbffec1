"""What a monitor is told by processes without a web server of their own."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping

import pytest
from prometheus_client import CollectorRegistry, Counter

from line111.metrics import serve


def ask(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def answers(health: Callable[[], Mapping[str, object]], path: str = "/health") -> tuple[int, str]:
    registry = CollectorRegistry()
    Counter("calls", "Calls answered", registry=registry).inc(3)
    server = serve(0, health, registry=registry)
    try:
        return ask(server.port, path)
    finally:
        server.close()


def test_counters_are_told_in_prometheus_form() -> None:
    status, text = answers(lambda: {}, "/metrics")
    assert status == 200
    assert "calls_total 3.0" in text


def test_a_healthy_process_answers_200_with_its_state() -> None:
    status, text = answers(lambda: {"ok": True, "calls": 2})
    assert (status, json.loads(text)) == (200, {"ok": True, "calls": 2})


def test_a_process_that_is_not_well_answers_503() -> None:
    assert answers(lambda: {"ok": False, "spool": "full"})[0] == 503


def test_a_failing_health_check_is_told_without_its_text() -> None:
    def broken() -> Mapping[str, object]:
        raise RuntimeError("caller 0012345678")

    status, text = answers(broken)
    assert status == 503
    assert json.loads(text) == {"ok": False, "error": "RuntimeError"}


def test_other_paths_are_not_found() -> None:
    assert answers(lambda: {}, "/secrets")[0] == 404


def test_a_taken_port_is_an_error_at_the_start() -> None:
    server = serve(0, lambda: {})
    try:
        with pytest.raises(OSError, match="in use"):
            serve(server.port, lambda: {})
    finally:
        server.close()


def test_the_port_is_free_again_after_closing() -> None:
    server = serve(0, lambda: {})
    server.close()
    serve(server.port, lambda: {}).close()


async def test_a_process_whose_event_loop_hangs_does_not_answer() -> None:
    server = serve(0, lambda: {"ok": True}, registry=CollectorRegistry())
    try:
        assert (await asyncio.to_thread(ask, server.port, "/health"))[0] == 200
        asked = asyncio.get_running_loop().run_in_executor(None, ask_briefly, server.port)
        time.sleep(1)  # noqa: ASYNC251 - it hangs
        with pytest.raises(TimeoutError):
            await asked
        assert (await asyncio.to_thread(ask, server.port, "/health"))[0] == 200
    finally:
        server.close()


def ask_briefly(port: int) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=0.5) as answer:
        answer.read()
