"""Posts for social networks, prepared here and posted by a person: SocialDraft. It is no contact."""
