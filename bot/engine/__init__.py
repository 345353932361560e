"""When things happen: a few idempotent ticks, and a clock that wakes them.

    plan       writes today's rows (and those a late window still admits) into the outbox
    notify     writes what the office's own group is to hear: drafts due, a calendar missing
    summarise  writes the week's summary as one more row
    deliver    sends what is due: ask again → render → begin → POST → finish

The scheduler is only a clock; the outbox is the truth. Running any tick twice changes nothing.
"""
