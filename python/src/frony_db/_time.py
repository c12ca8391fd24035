"""Times of the API."""

from datetime import datetime


def parse_time(text: str) -> datetime:
    """Parses RFC 3339. Digits behind the microsecond are dropped."""
    return datetime.fromisoformat(text)
