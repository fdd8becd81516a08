"""The address of the mail server, as REGULARS_SMTP_URL says it."""

import pytest

from regulars.channels.smtp.connection import Server


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://127.0.0.1:2525", ("127.0.0.1", 2525, "none", "")),
        ("smtp://mail.example.com", ("mail.example.com", 25, "starttls", "")),
        ("smtp://u%40x:p@mail.example.com", ("mail.example.com", 587, "starttls", "u@x")),
        ("smtps://u:p@mail.example.com", ("mail.example.com", 465, "tls", "u")),
        ("smtp://mail.example.com?tls=off", ("mail.example.com", 25, "none", "")),
    ],
)
def test_urls(url: str, server: tuple[str, int, str, str]) -> None:
    made = Server.from_url(url)
    assert (made.host, made.port, made.security, made.username) == server
    with pytest.raises(ValueError, match="REGULARS_SMTP_URL"):
        Server.from_url("http://mail.example.com")
