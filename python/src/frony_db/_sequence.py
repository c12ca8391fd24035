"""A result is the sequence of its matches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from ._types import Match


class MatchSequence:
    """Lets a result be iterated and indexed as the list of its matches."""

    __slots__ = ()

    matches: list[Match]

    def __iter__(self) -> Iterator[Match]:
        return iter(self.matches)

    def __len__(self) -> int:
        return len(self.matches)

    @overload
    def __getitem__(self, i: int) -> Match: ...
    @overload
    def __getitem__(self, i: slice) -> Sequence[Match]: ...
    def __getitem__(self, i: int | slice) -> Match | Sequence[Match]:
        return self.matches[i]
