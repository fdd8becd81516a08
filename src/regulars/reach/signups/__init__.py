"""Sign-ups: forms by which people ask to hear from the shop, and the double opt-in that makes a consent of it.

Nouns: SignupForm, FormText (its frozen words in a language), Signup (one person's request and its confirmation).
"""
