"""QR codes: as an SVG that stands in a page, or as rows of squares for a picture."""

from __future__ import annotations

import segno


def svg_address(address: str) -> str:
    """Return the code of an address as a data: address, "" for none."""
    return segno.make(address, error="m", micro=False).svg_data_uri(scale=1) if address else ""


def svg(address: str) -> str:
    """Return the code as SVG for the middle of a page, "" for none."""
    if not address:
        return ""
    return segno.make(address, error="m", micro=False).svg_inline(scale=1, omitsize=True)
