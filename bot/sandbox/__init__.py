"""A local WeCom that enforces the published limits (wecom/api.md §11).

Import rule: nothing here imports anything of `bot` outside `bot.sandbox`, so that the judge of
what the bot sends never shares a mistake with the bot. Inside:

    records, errors, limits, faults, switches, media, crypto, asks <- judging, cards <- judge_*
        <- tokens, desk_* (one for each kind of call), talks (what people do to a robot)
        <- registry <- phones <- world <- taps <- app_events, url_mode, writing <- people, staff
        <- cast, server (pages, pages_doing, control) ; serving
    records <- phone_markdown, phone_files <- phone_cards <- phone_news
        <- phone <- pages, cast_links
"""
