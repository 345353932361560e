"""Print docs/handbook/wecom-errors.md from the table of bot/wecom/errors.py, so that it cannot lag.

.venv/bin/python docs/make_wecom_errors.py > docs/handbook/wecom-errors.md
"""

from __future__ import annotations

from bot.wecom.errors import BANNED, OFF, STOPPED, TABLE, Outcome, Reaction, Then, reaction

HEAD = """\
# 企业微信的错误码

这张表由程序里的同一张表生成，请不要手改。

发不出去的时候，控制台和周报里会写一句话，后面括号里是企业微信的错误码。照码在这里查：是什么意思、程序怎么办、要不要您动手。

企业微信没有答复、断了线，不算错误码：那一条记作“结果不明”，见[发重了](faq.md#发重了)和[结果不明](faq.md#结果不明)。

| 错误码 | 意思和办法 | 这一条 | 程序接着 |
|---|---|---|---|
"""
TAIL = """
表里没有的错误码，程序会说“{}”，这一条不再发。

应用发的（三级）遇到 -1，程序会自己再发一次：企业微信会去掉一模一样的，不会收到两条。

在自己的群里试一条，看地址对不对：控制台“对象”→“试发一条”。逐项检查：控制台“检查”。
"""
ENDS = {
    Outcome.RETRY: "没发出，会自动再发；过了时间就不发",
    Outcome.REFUSED: "没发出，不再发",
    Outcome.UNKNOWN: "结果不明，请核实",
}


def page() -> str:
    """Return the whole page: one line for the codes that mean the same."""
    rows: dict[tuple[str, str, str], list[int]] = {}
    busy = reaction(-1, deduplicated=False)
    for code, one in {-1: busy, **TABLE}.items():
        rows.setdefault(_row(one), []).append(code)
    lines = [
        f"| {_numbers(codes)} | {sentence} | {end} | {then} |"
        for (sentence, end, then), codes in rows.items()
    ]
    unknown = reaction(0, deduplicated=False).sentence
    return HEAD + "\n".join(lines) + "\n" + TAIL.format(unknown)


def _row(one: Reaction) -> tuple[str, str, str]:
    return one.sentence, ENDS[one.outcome], _then(one.then)


def _then(then: Then) -> str:
    if then == OFF:
        return "停用这个对象，等您恢复"
    if then in (BANNED, STOPPED):
        return f"这个应用或机器人先不发，{then.seconds // 60} 分钟后再试"
    return f"等 {then.seconds} 秒" if then.kind == "wait" else "别的照发"


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
