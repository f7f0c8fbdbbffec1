"""Which code comes next: a keyed permutation of all numbers, so that neighbours can't be guessed.

A Feistel network over 30 bits, walked until it lands below 10^9 (cycle walking), is one to one on
0…10^9-1: counting numbers gives each code exactly once, in an order only the key's holder knows.
(Black and Rogaway, "Ciphers with Arbitrary Finite Domains", 2002.)
"""

from __future__ import annotations

import hashlib

from persian.tracking_code import CAPACITY, is_valid_tracking_code, make_tracking_code

_HALF = 15
_MASK = (1 << _HALF) - 1
_ROUNDS = 10


class CodesExhausted(Exception):
    """All codes that exist have been leased."""


class CodePermutation:
    """Numbers to codes and back.

    Args:
        key: The secret `code_key`; another key gives another order.
    """

    def __init__(self, key: str) -> None:
        digest = hashlib.blake2b(key.encode(), person=b"line111 codes").digest()
        self._keyed = [hashlib.blake2b(bytes([i]), key=digest, digest_size=4) for i in range(_ROUNDS)]

    def code(self, number: int) -> str:
        """The code of a number. Raises CodesExhausted beyond the last one."""
        if not 0 <= number < CAPACITY:
            raise CodesExhausted(f"number {number} is beyond the last code")
        return make_tracking_code(self._walk(number, forward=True))

    def number(self, code: str) -> int | None:
        """The number of a code; None where its check digit does not fit."""
        if not is_valid_tracking_code(code):
            return None
        return self._walk(int(code[:-1]), forward=False)

    def _walk(self, value: int, *, forward: bool) -> int:
        step = self._encrypt if forward else self._decrypt
        value = step(value)
        while value >= CAPACITY:
            value = step(value)
        return value

    def _encrypt(self, value: int) -> int:
        left, right = value >> _HALF, value & _MASK
        for round_number in range(_ROUNDS):
            left, right = right, left ^ self._mix(round_number, right)
        return left << _HALF | right

    def _decrypt(self, value: int) -> int:
        left, right = value >> _HALF, value & _MASK
        for round_number in reversed(range(_ROUNDS)):
            left, right = right ^ self._mix(round_number, left), left
        return left << _HALF | right

    def _mix(self, round_number: int, half: int) -> int:
        state = self._keyed[round_number].copy()
        state.update(half.to_bytes(2, "big"))
        return int.from_bytes(state.digest(), "big") & _MASK
