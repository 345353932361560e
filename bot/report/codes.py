"""QR codes: as the address of a picture in a page, or as SVG for a sheet."""

from __future__ import annotations


def svg_address(address: str) -> str:
    """Return the code of an address as a data: address, "" for none."""
    if not address:
        return ""
    import segno  # late: the bot starts without it

    return segno.make(address, error="m", micro=False).svg_data_uri(scale=1)


def svg(address: str) -> str:
    """Return the code of an address as SVG, "" for none."""
    if not address:
        return ""
    import segno

    return segno.make(address, error="m", micro=False).svg_inline(scale=1, omitsize=True)
