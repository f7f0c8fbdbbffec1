"""Identifiers of records: UUID version 7 (RFC 9562), so that records sort by the time they were made.

Within a process each id is greater than the one before (method 1 of section 6.2: a counter in
`rand_a`), whatever the clock does: the forwarder delivers a call's records in this order.
"""

from __future__ import annotations

import os
import threading
import time
from uuid import UUID

_COUNTER_BITS = 12
_last = 0
_lock = threading.Lock()


def new_record_id() -> str:
    """A new id as text, greater than all this process made before."""
    global _last
    with _lock:
        _last = max(time.time_ns() // 1_000_000 << _COUNTER_BITS, _last + 1)
        milliseconds, counter = divmod(_last, 1 << _COUNTER_BITS)
    random = int.from_bytes(os.urandom(8), "big") & (1 << 62) - 1
    value = milliseconds << 80 | 0x7 << 76 | counter << 64 | 0b10 << 62 | random
    return str(UUID(int=value))
