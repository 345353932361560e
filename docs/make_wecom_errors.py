"""Print docs/handbook/wecom-errors.md from the table of bot/wecom/errors.py, so that it cannot lag.

.venv/bin/python docs/make_wecom_errors.py > docs/handbook/wecom-errors.md
"""

from __future__ import annotations

from bot.wecom.errors import A_MINUTE, OFF, TABLE, Outcome, Reaction, reaction

HEAD = """\
# 企业微信的错误码

这张表由程序里的同一张表生成，请不要手改。

发不出去的时候，控制台和周报里会写一句话，后面括号里是企业微信的错误码。照码在这里查：是什么意思、程序怎么办、要不要您动手。

企业微信没有答复、断了线，不算错误码：那一条记作“结果不明”，见[发重了](faq.md#发重了)和[结果不明](faq.md#结果不明)。

| 错误码 | 意思和办法 | 程序怎么办 |
|---|---|---|
"""
TAIL = """
表里没有的错误码，程序会说“{}”，这一条不再发。

应用发的（三级）遇到 -1，程序会自己再发一次：企业微信会去掉一模一样的，不会收到两条。

在自己的群里试一条，看地址对不对：控制台“对象”→“试发一条”。逐项检查：控制台“检查”。
"""


def page() -> str:
    """Return the whole page: one line for the codes that mean the same."""
    rows: dict[tuple[str, str], list[int]] = {}
    for code, one in {-1: reaction(-1, deduplicated=False), **TABLE}.items():
        rows.setdefault((one.sentence, _next(one)), []).append(code)
    lines = [f"| {_numbers(codes)} | {words} | {then} |" for (words, then), codes in rows.items()]
    unknown = reaction(0, deduplicated=False).sentence
    return HEAD + "\n".join(lines) + "\n" + TAIL.format(unknown)


def _next(one: Reaction) -> str:
    """Return what the program does about it."""
    if one.outcome is Outcome.UNKNOWN:
        return "记作结果不明，等您核实"
    if one.outcome is Outcome.REFUSED:
        return "不再发，停用这个对象，等您恢复" if one.then == OFF else "不再发"
    seconds = one.then.seconds
    wait = f"{seconds} 秒" if seconds <= A_MINUTE.seconds else f"{seconds // 60} 分钟"
    return f"过 {wait}再试，晚了就不发"


def _numbers(codes: list[int]) -> str:
    """Return codes in order, runs of them as 42027—42051."""
    runs: list[list[int]] = []
    for code in sorted(codes):
        if runs and code == runs[-1][-1] + 1:
            runs[-1].append(code)
        else:
            runs.append([code])
    told = [[f"{a}" for a in run] if len(run) < 3 else [f"{run[0]}—{run[-1]}"] for run in runs]
    return "、".join(word for words in told for word in words)


if __name__ == "__main__":
    print(page(), end="")
