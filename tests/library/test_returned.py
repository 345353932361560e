"""A text that was returned: its editor reads so in `check`, with the reason."""

from __future__ import annotations

from datetime import datetime

from bot.core.model import SHANGHAI
from bot.library import approvals
from bot.library.approvals import Approval
from bot.library.returned import returned
from tests.library.shelves import folders, item, put, read

NOW = datetime(2026, 6, 15, 9, 17, tzinfo=SHANGHAI)


def test_the_editor_is_told_by_whom_and_why_until_the_words_are_others(tmp_path):
    where = folders(tmp_path)
    path = put(where, "cases/SC-01.md", item())
    words = read(where).item("SC-01")
    assert returned(where, read(where).items) == []
    said = Approval(
        id="SC-01",
        digest=words.digest,
        step="终审",
        who="王五",
        when=NOW,
        how=approvals.PERSONAL_LINK,
        sources_checked=False,
        verdict=approvals.RETURNED,
        note="金额与来源不符",
    )
    approvals.write(where.approvals, said, approvals.seal_key(where.data))
    [told] = returned(where, read(where).items)
    assert (told.path, told.code, told.severity) == ("cases/SC-01.md", "returned", "warning")
    assert "王五退回：金额与来源不符" in told.message
    path.write_text(item().replace("谁请客", "谁做东"), "utf-8")
    assert returned(where, read(where).items) == []
