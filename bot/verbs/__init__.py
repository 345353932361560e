"""What each verb that touches state does. The command line and the console call the same ones.

A verb takes the bureau, the moment and its parameters (plain JSON), and returns plain JSON. What
the person got wrong is a Mistake with a Chinese sentence; it never becomes a traceback.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.verbs import (
    correcting,
    days,
    desk,
    entering,
    feeding,
    figures,
    importing,
    keeping,
    leaving,
    ledger,
    linking,
    lookup,
    minding,
    outlets,
    papers,
    pausing,
    people,
    planning,
    previewing,
    pushing,
    reviewing,
    sheets,
    shelving,
    stopping,
    targets,
    today,
)
from bot.verbs.asking import Mistake, Verb

__all__ = ["LOOKS", "VERBS", "Mistake", "Verb"]

VERBS: Mapping[str, Verb] = {
    "calendar-import": days.calendar_import,
    "plan": planning.plan,
    "pause": pausing.pause,
    "resume": pausing.resume,
    "pushes": pushing.pushes,
    "preview": previewing.preview,
    "send": pushing.send,
    "approve": reviewing.approve,
    "diff": reviewing.diff_of,
    "return": reviewing.returned,
    "withdraw": reviewing.withdraw,
    "reviewers": linking.listed,
    "reviewers-link": linking.link,
    "reviewers-revoke": linking.revoke,
    "desk": desk.desk,
    "desk-item": desk.desk_item,
    "desk-say": desk.desk_say,
    "console-enter": entering.enter,
    "console-link": entering.link,
    "today": today.today,
    "skip": today.skip,
    "texts": shelving.texts,
    "text": shelving.text,
    "text-open": shelving.opened,
    "text-try": shelving.tried,
    "text-save": shelving.save,
    "push": today.one,
    "import": importing.import_word,
    "form": papers.form,
    "approve-paper": papers.register,
    "hold": stopping.hold,
    "correct": correcting.correct,
    "roster-import": people.roster_import,
    "roster-sync": people.roster_sync,
    "roster-show": people.roster_show,
    "targets": targets.targets,
    "targets-bind": targets.bind,
    "targets-create": targets.create,
    "targets-members": targets.members,
    "targets-enable": targets.enable,
    "targets-disable": minding.disable,
    "targets-test": minding.test,
    "roster-file": minding.roster_file,
    "audit": minding.trail,
    "summary": figures.summary_of,
    "backup": keeping.backup,
    "restore": keeping.restore,
    "store-inspect": keeping.inspect,
    "store-verify": keeping.verify,
    "store-compact": keeping.compact,
    "forget": keeping.forget,
    "suggestions": keeping.suggestions,
    "statement": lookup.statement,
    "audit-verify": keeping.audit_verify,
    "ledger": ledger.export,
    "ledger-pack": ledger.pack,
    "ledger-show": ledger.show,
    "screen-data": outlets.screen_data,
    "screen-export": outlets.screen_export,
    "outlet-addresses": outlets.addresses,
    "outlet-item": outlets.item_page,
    "board": sheets.board,
    "outlet-board": sheets.board_page,
    "share": sheets.share,
    "outlet-feed": feeding.feed,
    "outlet-films": feeding.films,
    "outlet-feeds": feeding.addresses,
    "outlet-media": outlets.media,
    "outside": leaving.outside,
    "resolve": pushing.resolve,
    "recall": pushing.recall,
}

# Those that only look, and are asked for with every page: they need not go through the folder.
LOOKS = frozenset(
    {
        *("today", "push", "pushes", "texts", "text", "text-open", "text-try"),
        *("targets", "roster-show", "audit", "summary"),
    }
)
