"""《教育提醒送达说明》: what became of one text for one person, when two others agree on a reason.

Off unless the unit turned it on. There is no list and no export: one person, one text, each time
asked and agreed to anew, in the trail, and told to that person under 我的记录.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.core import messages
from bot.core.model import Item, Member, Push, State, Step
from bot.engine import lookups
from bot.engine.bureau import Bureau
from bot.verbs.asking import Mistake, Params, item_of

ON = "on_request"
SHORTEST, LONGEST = 4, 200  # characters of a reason


async def statement(bureau: Bureau, now: datetime, params: Params) -> dict[str, Any]:
    """Ask, or with `agree` agree to what another has asked and get the statement."""
    if bureau.person_lookup != ON:
        raise Mistake(
            "没有开启个人送达查询（[receipts] person_lookup = off）；本人可回“我的记录”自己查看"
        )
    member = await _member(str(params["person"]).strip(), bureau)
    item = item_of(bureau, now, str(params["item"]))
    who = str(params.get("who") or "").strip()
    if not who or not who.isprintable():
        raise Mistake("请用 --as 写明您是谁")
    if params.get("agree") is not True:
        why = _reason(str(params.get("reason") or "").strip(), member)
        await lookups.ask(member.id, item.id, who, why, now, bureau)
        return {"asked": True, "item": item.id, "who": who}
    asked = await lookups.waiting(member.id, item.id, now, bureau)
    if asked is None:
        raise Mistake("没有等待同意的查询：请先由一人写明事由提出，14 天内由另一人同意")
    if asked.who.casefold() == who.casefold():
        raise Mistake("提出的人不能自己同意，请由另一人同意")
    await lookups.agree(member.id, item.id, asked, who, now, bureau)
    lines = await _lines(member, item, bureau)
    return {
        "asked": False,
        "item": item.id,
        "document": messages.STATEMENT.format(
            name=member.name,
            title=item.title,
            lines="\n".join(lines) or messages.STATEMENT_NONE,
            reason=asked.why,
            asked=asked.who,
            agreed=who,
            day=f"{now:%Y-%m-%d}",
            note=messages.NOT_FOR_APPRAISAL,
        ),
    }


async def _member(account: str, bureau: Bureau) -> Member:
    """Return the one person of the roster with this account: nobody is searched for by name."""
    for member in await bureau.store.members():
        if account and member.id.casefold() == account.casefold():
            return member
    raise Mistake(f"名册里没有账号“{account}”；一次只查一个账号、一篇内容")


def _reason(why: str, member: Member) -> str:
    if not SHORTEST <= len(why) <= LONGEST or not why.isprintable():
        raise Mistake(f"请用 --reason 写明事由，{SHORTEST} 到 {LONGEST} 个字")
    if member.id.casefold() in why.casefold() or (member.name and member.name in why):
        raise Mistake("事由会留痕，里面请不要写本人的账号和姓名")
    return why


async def _lines(member: Member, item: Item, bureau: Bureau) -> list[str]:
    """Return one line for each time the text went to this person."""
    found = []
    for push in await bureau.store.pushes([State.SENT, State.UNKNOWN]):
        if push.item.casefold() != item.id.casefold():
            continue
        cohort = await bureau.store.cohort(push.key)
        if cohort is None or not _among(member.id, cohort.covered):
            continue
        found.append(await _line(member, push, bureau))
    return found


async def _line(member: Member, push: Push, bureau: Bureau) -> str:
    moment = push.sent_at or push.due
    way = bureau.ways.get(push.channel, push.channel)
    returned = any(
        _among(member.id, (*row.invalid, *row.unlicensed))
        for row in await bureau.store.deliveries(push.key)
    )
    if returned or push.state is State.UNKNOWN:
        state = messages.STATEMENT_RETURNED if returned else messages.STATES[push.state]
        return messages.STATEMENT_LINE.format(moment, way, state)
    acts = [
        receipt
        for receipt in await bureau.store.receipts(push.key)
        if _among(member.id, (receipt.person,)) and receipt.step is not Step.OPENED
    ]
    told = "、".join(
        messages.STATEMENT_ACT.format(one.at, messages.STEPS[one.step], one.means) for one in acts
    )
    return messages.STATEMENT_LINE.format(moment, way, told or messages.STATEMENT_NO_RECEIPT)


def _among(account: str, accounts: tuple[str, ...]) -> bool:
    return account.casefold() in {one.casefold() for one in accounts}
