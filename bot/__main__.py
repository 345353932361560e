"""`python -m bot` is `qingfeng`."""

from bot.cli import main

main()
