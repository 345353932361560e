"""The demonstration: a local WeCom, the whole bot, and people who tap. No credentials.

stage   builds the make-believe bureau and a copy of the installation beside it
story   lets the clock jump, tells what happens, and counts once more from the sandbox's log
alone   the local WeCom without the bot, which it does not load: it starts in half the time
"""
