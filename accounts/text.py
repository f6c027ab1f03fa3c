"""Names and reasons that people type."""

import unicodedata

from accounts.errors import Unacceptable


def cleaned(text: str, *, field: str, maximum: int) -> str:
    """Trim; refuse what is empty, too long, or holds control characters (NUL cannot be stored at all)."""
    text = text.strip()
    if not text:
        raise Unacceptable("This must not be empty.", field=field)
    if len(text) > maximum:
        raise Unacceptable(f"This must have at most {maximum} characters.", field=field)
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in text):
        raise Unacceptable("This must not contain control characters.", field=field)
    return text
