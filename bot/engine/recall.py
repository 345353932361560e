"""What the trail remembers of returns, withdrawals and halts, read once in a process.

Where several workers write it, what the others have said is read at every tick.
"""

from __future__ import annotations

from datetime import datetime

from bot.engine.bureau import Bureau
from bot.library.approvals import RETURNED, WITHDRAWN, Approval
from bot.library.holds import Hold
from bot.store import AuditEntry

VERDICTS = {"returned": RETURNED, "withdrawn": WITHDRAWN}  # as the trail calls them


async def recall(bureau: Bureau, _: datetime) -> int:
    """Read the trail into the library's memory, once; OSError where it cannot be read.

    Then the files alone speak, as they do anyway; it is tried again at the next tick.
    """
    memory = bureau.shelf.folders.memory
    if memory.recalled and not bureau.several:
        return 0
    found = await bureau.store.audits(memory.upto)
    trail = [one.entry for one in found]
    for entry in trail:
        if entry.what in VERDICTS:
            memory.said(_said(entry))
        elif entry.what == "deferred":
            memory.put_off(entry.at)
        elif entry.what == "held":
            when = entry.at.isoformat(timespec="seconds")
            memory.held(Hold(word=entry.about, who=entry.who, when=when))
        elif entry.what == "lifted":
            memory.lifted(entry.about)
    memory.recalled, memory.upto = True, found[-1].number if found else memory.upto
    return len(trail)


def _said(entry: AuditEntry) -> Approval:
    return Approval(
        id=entry.about,
        digest=entry.digest,
        step=entry.detail.get("step", ""),
        who=entry.who,
        when=entry.at,
        how=entry.detail.get("how", ""),
        sources_checked=False,
        verdict=VERDICTS[entry.what],
        note=entry.detail.get("note", ""),
    )
