"""年度演练: a whole year on a clock that jumps, against the local WeCom, in a copy of the unit.

stage    a copy of the unit's texts and schedules, its targets, and make-believe people
acts     what those people do: as Events behind the parsers, every hundredth over the network
play     the clock jumps from a tick to a tap to a tick; receipts are counted a second time
figures  what came of it, as one JSON
page     the same, to be looked at

Nothing here decides anything: the ticks, the outbox and the channels are those of `run`.
"""
