"""Leasing blocks of codes, and telling whose block a code belongs to."""

from __future__ import annotations

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from casebridge.tracking_codes.models import CodeBlock, CodeCounter
from casebridge.tracking_codes.permutation import CodePermutation, CodesExhausted
from casebridge.tracking_codes.rules import Block
from line111.clock import now
from persian.tracking_code import CAPACITY


async def lease(
    session: AsyncSession, codes: CodePermutation, *, node: str, holder: str, count: int
) -> tuple[int, list[str]]:
    """Takes `count` numbers off the counter for good; returns the block's id and its codes.

    Codes are never taken back: a node that loses its block leaves a gap, not a double.

    Raises CodesExhausted where fewer than `count` are left.
    """
    first = await _advance(session, count) - count
    block_id = await session.scalar(
        insert(CodeBlock)
        .values(first=first, count=count, node=node, holder=holder, leased_at=now())
        .returning(CodeBlock.id)
    )
    if block_id is None:
        raise RuntimeError("the database gave no id to a new block")
    return int(block_id), [codes.code(first + i) for i in range(count)]


async def skip(session: AsyncSession, count: int) -> int:
    """Leaves out the next `count` numbers for good; returns the first that can still be leased.

    A database restored from a backup has forgotten what was leased since. Nodes still hold those
    codes, and some were told; without the gap they would be leased, and told, a second time.

    Raises CodesExhausted where so many are not left.
    """
    return await _advance(session, count)


async def block_of(session: AsyncSession, number: int) -> Block | None:
    """The block a number was leased in; None where it never was."""
    row = await session.scalar(
        select(CodeBlock).where(CodeBlock.first <= number).order_by(CodeBlock.first.desc()).limit(1)
    )
    if row is None or number >= row.first + row.count:
        return None
    return Block(row.first, row.first + row.count - 1, row.node)


async def _advance(session: AsyncSession, count: int) -> int:
    """Moves the counter on by `count`; returns where it stands then."""
    end = await session.scalar(
        update(CodeCounter)
        .where(CodeCounter.id == 1)
        .values(next_number=CodeCounter.next_number + count)
        .returning(CodeCounter.next_number)
        .execution_options(synchronize_session=False)
    )
    if end is None:
        raise RuntimeError("the code counter is missing; run `line111 setup` (migrations)")
    if end > CAPACITY:
        raise CodesExhausted(f"fewer than {count} codes are left")
    return int(end)
