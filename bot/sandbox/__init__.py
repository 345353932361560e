"""A local WeCom that enforces the published limits (wecom/api.md §11).

Import rule: nothing here imports anything of `bot` outside `bot.sandbox`, so that the judge of
what the bot sends never shares a mistake with the bot. Inside:

    records, errors, limits, faults, crypto <- judging, cards <- judge_webhook, judge_app
        <- desk_webhook, desk_app <- world <- taps <- cast, server (pages, control) ; serving
    records <- phone_markdown, phone_cards <- phone
"""
