"""What a sandbox that runs for months may forget, so that its memory does not grow.

A world in a test keeps everything. `World.keep(lines)` bounds the log and the messages on the
phones; whenever the oldest of them go, everything that is over by WeCom's own rules goes too.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from bot.sandbox.world import World

Line = TypeVar("Line")
OVER = timedelta(days=1)  # so long something that is over is still told from the unknown


class Kept(list[Line]):
    """A list that forgets its oldest entries; `total` counts those as well.

    Nothing is forgotten by `append` itself: `full` says when it is time, which is a quarter
    over `most`, so that the work is rare.
    """

    def __init__(self, lines: Iterable[Line] = ()) -> None:
        super().__init__(lines)
        self.forgotten = 0
        self.most = 0  # 0: all

    @property
    def total(self) -> int:
        return self.forgotten + len(self)

    @property
    def full(self) -> bool:
        return 0 < self.most * 5 // 4 < len(self)

    def since(self, number: int) -> list[Line]:
        """The entries from the `number`th of all on, without those that are forgotten."""
        return self[max(0, number - self.forgotten) :]

    def shorten(self, most: int) -> None:
        """Keep the newest `most`."""
        gone = max(0, len(self) - most)
        del self[:gone]
        self.forgotten += gone


def forget(world: "World", lines: int) -> None:
    """Keep the newest `lines` of the log and of the messages, and nothing that is over."""
    world.log.shorten(lines)
    world.posted.shorten(lines)
    first = world.posted.forgotten + 1  # number of the oldest message that is left
    world.forget_messages(first)
    sweep(world, first)


def sweep(world: "World", first: int) -> None:
    """Drop codes, tokens, files and frames that are over, and what belongs to lost messages."""
    before = world.now() - OVER
    world.card_desk.sweep(before, first)
    world.oauth.sweep(before)
    world.tokens.sweep(before)
    world.shelf.sweep(before)
    world.app_desk.sweep(before, world.known_tasks())
    world.offers.sweep(world.now())
    for robot in world.robots.values():
        robot.sweep(before, world.known_tasks())
