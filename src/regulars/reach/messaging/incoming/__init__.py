"""What a mail that came in says: a returned mail and whose address is dead, a complaint, an automatic answer, a reply."""

from .boxes import mails_in
from .reading import Kind, Reading, Returned, read
from .verdict import is_about_the_mail, is_dead

__all__ = ["Kind", "Reading", "Returned", "is_about_the_mail", "is_dead", "mails_in", "read"]
