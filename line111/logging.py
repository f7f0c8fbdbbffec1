"""One way to log for every process: structured lines on standard error, with persons masked.

`setup("ivr", settings)` once at the start of a process; then `structlog.get_logger()` or the standard
`logging` anywhere: libraries' lines, warnings and unhandled exceptions pass through the same masks.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any

import structlog
from structlog.typing import Processor, WrappedLogger

from line111.masking import mask_field, mask_text
from line111.settings import Settings

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_QUIET = {"httpx": logging.WARNING, "httpcore": logging.WARNING, "aiosqlite": logging.WARNING}
"""Libraries that would write a line per request at INFO."""

Event = MutableMapping[str, Any]


def setup(service: str, settings: Settings) -> None:
    """Send all logging of this process to standard error as `settings.log_format` says.

    Args:
        service: name of the process ("ivr", "bridge" …), written in each line.
        settings: `log_format` ("json" or "text"), `log_level` and `node` are used.
    """
    shared = _shared_processors(service, settings.node)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared[:-2], structlog.stdlib.ExtraAdder(), *shared[-2:]],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer(settings)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    _route_libraries()
    _catch_unhandled(service)


def mask_event(_logger: WrappedLogger, _method: str, event: Event) -> Event:
    """Processor: mask every field of the line, the message and the traceback among them."""
    return {mask_text(str(key)): mask_field(str(key), value) for key, value in event.items()}


def mask_event_but_meta(logger: WrappedLogger, method: str, event: Event) -> Event:
    """Processor: as `mask_event`, leaving alone the two fields structlog needs for itself."""
    meta = {key: event.pop(key) for key in ("_record", "_from_structlog") if key in event}
    return {**mask_event(logger, method, event), **meta}


def _no_control_characters(_logger: WrappedLogger, _method: str, event: Event) -> Event:
    """A caller's name or a header must not be able to draw on the operator's terminal."""
    event.pop("color_message", None)  # uvicorn's second copy of a message
    for key, value in event.items():
        if isinstance(value, str) and key != "exception":
            event[key] = _CONTROL.sub("�", value)
    return event


def _shared_processors(service: str, node: str) -> list[Processor]:
    def origin(_logger: WrappedLogger, _method: str, event: Event) -> Event:
        event.setdefault("service", service)
        event.setdefault("node", node)
        return event

    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        origin,
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        mask_event_but_meta,
        _no_control_characters,
    ]


def _renderer(settings: Settings) -> Processor:
    if settings.log_format == "text":
        return structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), timestamp_key="at", exception_formatter=structlog.dev.plain_traceback
        )
    return structlog.processors.JSONRenderer(ensure_ascii=False)


def _route_libraries() -> None:
    logging.captureWarnings(True)
    for name, level in _QUIET.items():
        logging.getLogger(name).setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True


def _catch_unhandled(service: str) -> None:
    """An exception nobody caught is a line like any other: masked, and complete with its traceback."""
    log = logging.getLogger(service)

    def in_main(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            return
        log.critical("unhandled exception", exc_info=(kind, error, trace))

    def in_thread(caught: threading.ExceptHookArgs) -> None:
        if caught.exc_value is not None:
            in_main(caught.exc_type, caught.exc_value, caught.exc_traceback)

    sys.excepthook = in_main
    threading.excepthook = in_thread
