"""The WeCom protocol, knowing nothing of us: imports nothing of `bot` but itself.

errors  <- client <- token        ways out
errors  <- callback, replies      ways in, and the answers to them
quiet   <- client                 keeps addresses, keys and all, out of the log
"""
