"""httpx writes full addresses at INFO, keys and tokens included; here it is told not to."""

import logging


def hush() -> None:
    """Let httpx and httpcore say nothing under WARNING. Called wherever a client is made."""
    for name in ("httpx", "httpcore"):
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, logging.WARNING))
