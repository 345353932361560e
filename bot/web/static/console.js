// Pages work without this; it only spares a tap here and there.
