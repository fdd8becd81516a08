"""The mailbox to which mails come back: read over IMAP every few minutes, each mail once. Noun: Mailbox."""
