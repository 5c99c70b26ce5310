"""The one way in which a text becomes a hash."""

from __future__ import annotations

import hashlib


def sha256(text: str) -> str:
    """Hex digits of the text in UTF-8; lone surrogates, which JSON can spell, have a hash too."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
